//! Compiling one generated file.

use std::ffi::OsString;
use std::path::Path;

use super::{NativeError, Profile, Rustc};

/// What rustc should make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrateType {
    /// An executable: the source has a `main`.
    Bin,
    /// A Rust library for other crates to use.
    Rlib,
    /// A library for programs in C, with all that it needs of Rust's.
    StaticLib,
}

impl CrateType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bin => "bin",
            Self::Rlib => "rlib",
            Self::StaticLib => "staticlib",
        }
    }
}

/// One call of rustc: a root source file (and the modules beside it) to an executable or an rlib.
#[derive(Clone, Copy, Debug)]
pub struct CompileJob<'a> {
    /// The crate's root file.
    pub source: &'a Path,
    /// The file to write. rustc puts temporary files beside it, so jobs that run at once need different names.
    pub output: &'a Path,
    /// What to make.
    pub crate_type: CrateType,
    /// The crate's name, a Rust identifier.
    pub crate_name: &'a str,
    /// How to compile it.
    pub profile: &'a Profile,
    /// The runtime's rlib, from [`Rustc::runtime`] with the same profile.
    pub runtime: &'a Path,
    /// More arguments for rustc, after all others: `-Dwarnings`, `-Ctarget-cpu=native`, `--extern=…`.
    pub extra: &'a [OsString],
}

/// The variable by which rustc is told how large the stacks of its threads are, in bytes. It takes what it
/// uses of that.
const STACK: &str = "RUST_MIN_STACK";

impl Rustc {
    /// Compiles one crate, edition 2024, against the runtime. Warnings are not shown.
    ///
    /// # Errors
    ///
    /// [`NativeError::Failed`] with rustc's messages if it fails, [`NativeError::RustcNotFound`] if it can't be
    /// started any more.
    pub fn compile(&self, job: &CompileJob<'_>) -> Result<(), NativeError> {
        let mut external = OsString::from("herkos_runtime=");
        external.push(job.runtime);
        let mut command = self.command();
        // rustc follows calls into functions, and a module's may nest by the ten thousand.
        if std::env::var_os(STACK).is_none() {
            command.env(STACK, "1073741824");
        }
        command
            .arg("--edition=2024")
            .arg(format!("--crate-type={}", job.crate_type.as_str()))
            .arg(format!("--crate-name={}", job.crate_name))
            .args(job.profile.arguments())
            .arg("--extern")
            .arg(external)
            .arg("-o")
            .arg(job.output)
            .arg(job.source)
            .args(job.extra);
        self.run(command, job.crate_name)
    }
}
