//! A directory of its own for each test, and the command run in it.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Once;

use tempfile::TempDir;

/// A temporary directory in which `herkos` is run, with an environment that holds next to nothing.
pub(crate) struct Place {
    dir: TempDir,
    cache: PathBuf,
    program: PathBuf,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    /// With the cache that all these tests share: the runtime is compiled once. Modules that an older herkos built
    /// there are of no use any more.
    pub(crate) fn new() -> Self {
        static CLEAR: Once = Once::new();
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-cache");
        CLEAR.call_once(|| {
            let _ = fs::remove_dir_all(shared.join("built/modules"));
        });
        Self {
            dir: TempDir::new().unwrap(),
            cache: shared,
            program: env!("CARGO_BIN_EXE_herkos").into(),
        }
    }

    /// With a cache of its own, empty.
    pub(crate) fn with_own_cache() -> Self {
        let mut place = Self::new();
        place.cache = place.path("cache");
        place
    }

    /// With a copy of the program that has nothing of the repository near it.
    pub(crate) fn with_installed_program() -> Self {
        let mut place = Self::with_own_cache();
        let installed = place.path("installed").with_extension(std::env::consts::EXE_EXTENSION);
        fs::copy(&place.program, &installed).unwrap();
        place.program = installed;
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names of all that is in the directory, in order.
    pub(crate) fn list(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `herkos`, not yet started.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(self.dir.path()).env_clear().env("HERKOS_CACHE_DIR", &self.cache);
        // What a compiler that rustup manages needs to be found.
        for name in ["PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "SystemRoot", "TEMP"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs `herkos` with these arguments.
    pub(crate) fn herkos<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ended {
        end(self.command().args(arguments))
    }

    /// Runs `herkos` with something on standard input.
    pub(crate) fn herkos_reading<A: AsRef<OsStr>>(
        &self,
        input: &[u8],
        arguments: impl IntoIterator<Item = A>,
    ) -> Ended {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// Builds `wat`, without optimisation, as the executable `guest`.
    pub(crate) fn build(&self, wat: &str) -> Guest {
        self.write("guest.wat", wat);
        self.herkos(["build", "guest.wat", "-o", "guest", "--opt-level", "0"]).quiet_success();
        Guest(self.path("guest"))
    }
}

/// An executable that `herkos build` made.
pub(crate) struct Guest(PathBuf);

impl Guest {
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ended {
        end(Command::new(&self.0).env_clear().args(arguments))
    }

    /// Calls an export, which returns.
    pub(crate) fn invoke(&self, name: &str, arguments: &[&str]) -> String {
        let ended = self.run(["--invoke", name].iter().chain(arguments));
        ended.success();
        ended.stdout
    }

    /// Calls an export, which traps with this message.
    pub(crate) fn invoke_trap(&self, name: &str, arguments: &[&str], message: &str) -> Ended {
        let ended = self.run(["--invoke", name].iter().chain(arguments));
        assert_eq!(ended.status, Some(134), "{ended:?}");
        assert_eq!(ended.stderr.lines().next(), Some(format!("trap: {message}").as_str()));
        assert_eq!(ended.stdout, "");
        ended
    }
}

/// Runs a command that reads nothing.
pub(crate) fn end(command: &mut Command) -> Ended {
    command.stdin(Stdio::null()).output().unwrap().into()
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// It succeeded; the standard output.
    #[track_caller]
    pub(crate) fn success(&self) -> &str {
        assert_eq!(self.status, Some(0), "{self:?}");
        &self.stdout
    }

    /// It succeeded and had nothing to say about it.
    #[track_caller]
    pub(crate) fn quiet_success(&self) {
        assert_eq!(self.success(), "");
        assert_eq!(self.stderr, "");
    }

    /// It failed with this status, printed nothing on standard output, and its message holds these words.
    #[track_caller]
    pub(crate) fn failure(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert!(self.stderr.starts_with("error: "), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not in {self:?}");
        }
    }
}
