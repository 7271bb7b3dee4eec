//! Grants.

use std::fmt;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use crate::clock::{Clocks, Random};
use crate::fs::Dir;
use crate::fs::host::HostDir;
use crate::fs::memory::MemoryFs;
use crate::grant::{Access, DirGrant};
use crate::stdio::{Inherited, Stdin, Stdout, Stream};
use crate::table::{Descriptor, Object, OpenDir, Table};
use crate::types::{FdFlags, rights};
use crate::wasi::{Exit, Wasi};

/// Bounds of what a guest can use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Descriptors that are open at once, those that were granted included; then calls give `EMFILE`.
    /// 1,024 by default, and 65,536 at most.
    pub open_files: usize,
    /// Bytes that are written, to files, standard output and sockets together, and that `fd_allocate` and
    /// `fd_filestat_set_size` add to files; then calls give `EDQUOT`. No limit by default. A file may have holes: it
    /// can be longer than what was written to it.
    pub written: u64,
    /// Bytes of the host's memory for lists of directory entries; then `fd_readdir` gives `ENOMEM`. 64 MiB by
    /// default.
    pub listings: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { open_files: 1024, written: u64::MAX, listings: 64 << 20 }
    }
}

/// What a guest is granted. It gets nothing that is not named here.
///
/// ```
/// use herkos_wasi::{Access, Capture, Clocks, MemoryFs, Stdin, Stdout, Wasi};
///
/// let files = MemoryFs::new(1 << 20);
/// let output = Capture::new(1 << 20);
/// let wasi = Wasi::builder()
///     .args(["sort", "names.txt"])
///     .env("LANG", "C")
///     .memory_dir(&files, "/", Access::ReadWrite)
///     .stdin(Stdin::bytes("a line\n"))
///     .stdout(Stdout::capture(&output))
///     .clocks(Clocks::fixed(0, 1_000_000))
///     .build()?;
/// # drop(wasi);
/// # Ok::<(), herkos_wasi::BuildError>(())
/// ```
#[derive(Debug, Default)]
pub struct Builder {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    stdin: Stdin,
    stdout: Stdout,
    stderr: Stdout,
    dirs: Vec<(Place, Vec<u8>, Access)>,
    sockets: Vec<Object>,
    clocks: Clocks,
    random: Random,
    limits: Limits,
}

#[derive(Debug)]
enum Place {
    Host(PathBuf),
    Memory(MemoryFs),
}

impl Builder {
    /// Adds an argument. The first one is by custom the program's name.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<Vec<u8>>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<T: Into<Vec<u8>>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds a variable to the environment; one of that name from before is replaced.
    #[must_use]
    pub fn env(mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        let mut variable = name.into();
        variable.push(b'=');
        self.env.retain(|other| !other.starts_with(&variable));
        variable.extend(value.into());
        self.env.push(variable);
        self
    }

    /// Adds the host's own environment.
    #[must_use]
    pub fn inherit_env(self) -> Self {
        std::env::vars_os().fold(self, |builder, (name, value)| {
            builder.env(name.into_encoded_bytes(), value.into_encoded_bytes())
        })
    }

    /// Grants a directory of the host's under a name of the guest's, and everything below it.
    #[must_use]
    pub fn dir(
        mut self,
        host: impl AsRef<Path>,
        guest: impl Into<Vec<u8>>,
        access: Access,
    ) -> Self {
        self.dirs.push((Place::Host(host.as_ref().to_owned()), guest.into(), access));
        self
    }

    /// Grants a directory of the host's.
    #[must_use]
    pub fn grant(self, grant: &DirGrant) -> Self {
        self.dir(&grant.host, grant.guest.as_str(), grant.access)
    }

    /// Grants a directory in memory under a name of the guest's.
    #[must_use]
    pub fn memory_dir(
        mut self,
        files: &MemoryFs,
        guest: impl Into<Vec<u8>>,
        access: Access,
    ) -> Self {
        self.dirs.push((Place::Memory(files.clone()), guest.into(), access));
        self
    }

    /// What the guest reads from standard input.
    #[must_use]
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }

    /// What becomes of standard output.
    #[must_use]
    pub fn stdout(mut self, stdout: Stdout) -> Self {
        self.stdout = stdout;
        self
    }

    /// What becomes of standard error.
    #[must_use]
    pub fn stderr(mut self, stderr: Stdout) -> Self {
        self.stderr = stderr;
        self
    }

    /// The host's own standard input, output and error.
    #[must_use]
    pub fn inherit_stdio(self) -> Self {
        self.stdin(Stdin::inherit()).stdout(Stdout::inherit()).stderr(Stdout::inherit())
    }

    /// The clocks.
    #[must_use]
    pub fn clocks(mut self, clocks: Clocks) -> Self {
        self.clocks = clocks;
        self
    }

    /// The random bytes.
    #[must_use]
    pub fn random(mut self, random: Random) -> Self {
        self.random = random;
        self
    }

    /// Grants a connection. It gets the next descriptor after the directories.
    #[must_use]
    pub fn connection(mut self, stream: TcpStream) -> Self {
        self.sockets.push(Object::Connection(stream));
        self
    }

    /// Grants a socket on which connections come in. It gets the next descriptor after the directories.
    #[must_use]
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.sockets.push(Object::Listener(listener));
        self
    }

    /// The bounds.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The host of a guest that is granted all this.
    ///
    /// # Errors
    ///
    /// See [`BuildError`].
    pub fn build(self) -> Result<Wasi, BuildError> {
        for text in self.args.iter().chain(&self.env) {
            if text.contains(&0) {
                return Err(BuildError::Text(String::from_utf8_lossy(text).into_owned()));
            }
        }
        let mut table = Table::new(self.limits.open_files.min(1 << 16));
        let mut add = |object, base, inheriting| {
            let flags = FdFlags::default();
            let added = table.insert(Descriptor { object, flags, base, inheriting });
            added.map(drop).map_err(|_| BuildError::OpenFiles)
        };
        for stream in [
            Stream::input(self.stdin),
            Stream::output(self.stdout, Inherited::Output),
            Stream::output(self.stderr, Inherited::Error),
        ] {
            let base = stream.rights();
            add(Object::Stream(stream), base, 0)?;
        }
        let mut memories: Vec<MemoryFs> = Vec::new();
        for (place, guest, access) in self.dirs {
            let writable = access == Access::ReadWrite;
            let dir = match place {
                Place::Memory(files) => {
                    let known = memories.iter().position(|other| other.is(&files));
                    let number = known.unwrap_or(memories.len());
                    let dir = Dir::Memory(files.root(writable, number));
                    memories.push(files);
                    dir
                }
                Place::Host(path) => match HostDir::open_ambient(&path, writable) {
                    Ok(dir) => Dir::Host(dir),
                    Err(source) => return Err(BuildError::Dir { path, source }),
                },
            };
            let dir = OpenDir::new(dir, Some(guest));
            add(Object::Dir(dir), rights::DIRECTORY, rights::DIRECTORY | rights::FILE)?;
        }
        for socket in self.sockets {
            let base = match &socket {
                Object::Listener(_) => rights::LISTENER,
                _ => rights::SOCKET,
            };
            add(socket, base, rights::SOCKET)?;
        }
        Ok(Wasi {
            args: self.args,
            env: self.env,
            table,
            clocks: self.clocks,
            random: self.random,
            limits: self.limits,
            written: 0,
            exit: Exit::default(),
        })
    }
}

/// Why a host can't be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// An argument or a variable of the environment has a zero byte in it: the guest would see its start only.
    Text(String),
    /// A directory of the host's can't be opened.
    Dir {
        /// The directory.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// More descriptors are granted than [`Limits::open_files`] says.
    OpenFiles,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?} has a zero byte"),
            Self::Dir { path, source } => {
                write!(f, "cannot open the directory `{}`: {source}", path.display())
            }
            Self::OpenFiles => {
                f.write_str("more files and directories are granted than may be open")
            }
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Dir { source, .. } => Some(source),
            Self::Text(_) | Self::OpenFiles => None,
        }
    }
}
