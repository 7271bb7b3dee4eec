//! Where built modules stay, so that the second `herkos run` starts at once.
//!
//! ```text
//! $HERKOS_CACHE_DIR | $XDG_CACHE_HOME/herkos | ~/.cache/herkos
//! └── built/            all that herkos ever writes or removes here
//!     ├── modules/      one executable a key
//!     ├── runtime/      the runtime's rlibs
//!     ├── wasi/         the WASI host's rlibs, with all that they depend on
//!     └── work/         builds under way
//! ```

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use herkos::native::{Grants, Profile, Rustc, WASI_LOCK};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::args::{self, CacheAction, Translation};
use super::failure::Failure;
use super::output;

/// `herkos cache path` and `herkos cache clear`.
pub(crate) fn run(args: &args::Cache) -> Result<(), Failure> {
    let Some(dir) = location()? else {
        return Err(Failure::new("there is no cache directory")
            .hint("set HERKOS_CACHE_DIR, XDG_CACHE_HOME or HOME"));
    };
    match args.action {
        CacheAction::Path => {
            let mut line = dir.into_os_string().into_encoded_bytes();
            line.push(b'\n');
            output::print(&line)
        }
        CacheAction::Clear => {
            let built = dir.join("built");
            match fs::remove_dir_all(&built) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(failed("remove", &built, &error))
                }
                _ => Ok(()),
            }
        }
    }
}

/// The directory of built modules.
#[derive(Debug)]
pub(crate) struct Cache {
    built: PathBuf,
    /// Keeps a stand-in directory alive while this process needs it.
    temporary: Option<TempDir>,
}

impl Cache {
    /// Opens the cache, making its directory if need be. Where no one chose a directory and the usual one can't be
    /// written (no home, a read-only one), a temporary directory stands in.
    pub(crate) fn open() -> Result<Self, Failure> {
        if let Some(dir) = location()? {
            let built = dir.join("built");
            match create_private(&built) {
                Ok(()) => {
                    return Ok(Self { built, temporary: None });
                }
                Err(error) if explicit().is_some() => return Err(failed("create", &built, &error)),
                Err(_) => {}
            }
        }
        match tempfile::Builder::new().prefix("herkos-").tempdir() {
            Ok(dir) => Ok(Self { built: dir.path().to_owned(), temporary: Some(dir) }),
            Err(error) => Err(failed("write in", &env::temp_dir(), &error)),
        }
    }

    /// What is built now will be gone when this process ends.
    pub(crate) fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// Where the runtime's rlibs are.
    pub(crate) fn runtime(&self) -> PathBuf {
        self.built.join("runtime")
    }

    /// Where the rlibs of the WASI host are.
    pub(crate) fn wasi(&self) -> PathBuf {
        self.built.join("wasi")
    }

    /// Where the executable for a key is, once it is built.
    pub(crate) fn program(&self, key: &Key) -> PathBuf {
        self.built.join("modules").join(format!("{}{}", key.0, env::consts::EXE_SUFFIX))
    }

    /// A new directory to build in, on the same file system.
    pub(crate) fn work(&self) -> Result<TempDir, Failure> {
        let dir = self.built.join("work");
        fs::create_dir_all(&dir)
            .and_then(|()| TempDir::new_in(&dir))
            .map_err(|error| failed("write in", &dir, &error))
    }

    /// Moves a finished executable into the cache. Whoever comes second replaces it with its like.
    pub(crate) fn insert(&self, key: &Key, executable: &Path) -> Result<PathBuf, Failure> {
        let program = self.program(key);
        let dir = self.built.join("modules");
        let moved = fs::create_dir_all(&dir).and_then(|()| fs::rename(executable, &program));
        match moved {
            Err(error) if !program.is_file() => Err(failed("write", &program, &error)),
            _ => Ok(program),
        }
    }
}

/// The name of a build: a hash of everything that the executable depends on.
#[derive(Debug)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn new(
        module: &[u8],
        translation: &Translation,
        profile: &Profile,
        grants: &Grants,
        rustc: &Rustc,
    ) -> Self {
        // The number of threads is not in here: it changes nothing.
        let Translation {
            version,
            max_pages,
            max_elements,
            bounds,
            canonical_nans,
            trap_offsets,
            fuel,
            without,
            threads: _,
        } = translation;
        let options = format!(
            "{version:?} {max_pages:?} {max_elements:?} {bounds:?} {canonical_nans} {trap_offsets} {fuel:?} {without:?} {profile:?} {grants:?}"
        );
        let mut hash = Sha256::new();
        let mut feed = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        feed(env!("CARGO_PKG_VERSION").as_bytes());
        feed(this_build().as_bytes());
        feed(rustc.identity().as_bytes());
        feed(options.as_bytes());
        for (path, text) in herkos_runtime::SOURCE.iter().chain(herkos_wasi::SOURCE) {
            feed(path.as_bytes());
            feed(text.as_bytes());
        }
        feed(WASI_LOCK.as_bytes());
        feed(module);
        let digest = hash.finalize();
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Tells two builds of one version apart, as whoever works on herkos has them: size and time of the executable.
fn this_build() -> String {
    let metadata = env::current_exe().and_then(fs::metadata).ok();
    let stamp = metadata.map(|found| (found.len(), found.modified().ok()));
    format!("{stamp:?}")
}

fn explicit() -> Option<PathBuf> {
    directory_from("HERKOS_CACHE_DIR")
}

/// The cache's directory, which need not exist; none if the environment names none.
fn location() -> Result<Option<PathBuf>, Failure> {
    let dir = explicit()
        .or_else(|| {
            // A relative path there is to be ignored, says the XDG base directory specification.
            let base = directory_from("XDG_CACHE_HOME").filter(|base| base.is_absolute());
            let local = || directory_from("LOCALAPPDATA").filter(|_| cfg!(windows));
            Some(base.or_else(local)?.join("herkos"))
        })
        .or_else(|| Some(env::home_dir()?.join(".cache").join("herkos")))
        .filter(|dir| !dir.as_os_str().is_empty());
    match dir.map(std::path::absolute) {
        None => Ok(None),
        Some(Ok(dir)) => Ok(Some(dir)),
        Some(Err(error)) => Err(Failure::new(format!("cannot find the cache directory: {error}"))),
    }
}

fn directory_from(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable)?;
    (!value.is_empty()).then(|| PathBuf::from(value))
}

/// Creates a directory that only its owner can write: what is in it will be executed.
fn create_private(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)
}

fn failed(action: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot {action} `{}`: {error}", path.display()))
}
