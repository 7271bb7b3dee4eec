//! rustc, with the flags that `herkos build` gives it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command;

/// How much rustc optimises, and what else it is told about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// What `herkos build` uses.
    Release,
    /// The same in one unit: on one thread, which LLVM sees as a whole.
    ReleaseOneUnit,
    /// Not optimised, with every check: what Cargo uses for a debug build, but for debug information.
    Debug,
}

impl Profile {
    /// rustc's arguments.
    pub fn arguments(self) -> &'static [&'static str] {
        const RELEASE: [&str; 4] =
            ["-Copt-level=3", "-Cdebug-assertions=no", "-Coverflow-checks=no", "-Ccodegen-units=1"];
        const DEBUG: [&str; 3] =
            ["-Copt-level=0", "-Cdebug-assertions=yes", "-Coverflow-checks=yes"];
        match self {
            Self::Release => &RELEASE[..3],
            Self::ReleaseOneUnit => &RELEASE,
            Self::Debug => &DEBUG,
        }
    }
}

/// rustc itself: `$RUSTC`, or the one on the `PATH`.
fn command() -> Command {
    let program = std::env::var_os("RUSTC").filter(|program| !program.is_empty());
    let mut rustc = Command::new(program.unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition=2024", "--cap-lints=allow"]);
    rustc
}

/// rustc's version.
pub fn version() -> Result<String> {
    let program = command().get_program().to_owned();
    command::version(Path::new(&program), "--version")
}

/// A program to compile: `main.rs`, with the translated module as `guest.rs` beside it.
pub struct Job<'a> {
    pub main: &'a Path,
    /// An object file to link with.
    pub clock: &'a Path,
    /// herkos' runtime, if the module needs it.
    pub runtime: Option<&'a Path>,
    pub profile: Profile,
    /// More arguments.
    pub options: &'a [String],
}

impl Job<'_> {
    /// The command that makes the executable `file`.
    pub fn command(&self, file: &Path) -> Command {
        let mut rustc = command();
        rustc.args(["--crate-type=bin", "--crate-name=program"]);
        rustc.args(self.profile.arguments()).args(self.options);
        rustc.arg(format!("-Clink-arg={}", self.clock.display()));
        if let Some(runtime) = self.runtime {
            rustc.arg(format!("--extern=herkos_runtime={}", runtime.display()));
        }
        rustc.arg("-o").arg(file).arg(self.main);
        rustc
    }

    /// Makes the executable `program` beside the sources, unless it is there.
    pub fn make(&self) -> Result<PathBuf> {
        let file = self.main.with_file_name("program");
        let guest = self.main.with_file_name("guest.rs");
        let mut inputs = vec![self.main.to_owned(), guest, self.clock.to_owned()];
        inputs.extend(self.runtime.map(Path::to_owned));
        command::make(&file, &mut self.command(&file), &inputs)?;
        Ok(file)
    }
}

/// Compiles herkos' runtime to the library `rlib`.
pub fn runtime(source: &Path, rlib: &Path, profile: Profile, options: &[String]) -> Result<()> {
    let mut rustc = command();
    rustc.args(["--crate-type=rlib", "--crate-name=herkos_runtime"]);
    rustc.args(["--cfg=feature=\"std\"", "--cfg=feature=\"alloc\""]);
    rustc.args(profile.arguments()).args(options).arg("-o").arg(rlib);
    command::output(rustc.arg(source.join("lib.rs"))).map(drop)
}
