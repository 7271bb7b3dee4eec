//! The compiler itself: where it is, and whether it will do.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::NativeError;

/// The oldest rustc that compiles the runtime and the output: this workspace's `rust-version`.
const NEEDED: &str = env!("CARGO_PKG_RUST_VERSION");

/// A rustc that has answered, and is new enough.
#[derive(Clone, Debug)]
pub struct Rustc {
    pub(super) program: PathBuf,
    /// All of `rustc -vV`: version, commit and host.
    identity: String,
}

impl Rustc {
    /// Finds the compiler: `$RUSTC` if that is set and not empty, otherwise `rustc` on the `PATH`.
    ///
    /// # Errors
    ///
    /// [`NativeError::RustcNotFound`], [`NativeError::NotRustc`] or [`NativeError::RustcTooOld`].
    pub fn find() -> Result<Self, NativeError> {
        let program = env::var_os("RUSTC").filter(|program| !program.is_empty());
        Self::at(program.unwrap_or_else(|| OsString::from("rustc")))
    }

    /// Uses the compiler at `program`, a path or a name to look for on the `PATH`.
    ///
    /// # Errors
    ///
    /// As for [`Rustc::find`].
    pub fn at(program: impl Into<PathBuf>) -> Result<Self, NativeError> {
        let program = program.into();
        let output = match Command::new(&program).arg("-vV").stdin(Stdio::null()).output() {
            Ok(output) => output,
            Err(source) => return Err(NativeError::RustcNotFound { program, source }),
        };
        let identity = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || !identity.starts_with("rustc ") {
            let detail = complaint(&output);
            return Err(NativeError::NotRustc { program, detail });
        }
        let rustc = Self { program, identity };
        rustc.check_age()?;
        Ok(rustc)
    }

    /// The compiler's one-line version, such as `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub fn version(&self) -> &str {
        self.identity.lines().next().unwrap_or_default()
    }

    /// All that `rustc -vV` says (version, commit, host): what a cache key needs of the compiler.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// A command that runs this compiler with no input to wait for and no colours to strip.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.stdin(Stdio::null()).arg("--color=never");
        command
    }

    /// Runs a command made by [`Rustc::command`]; what rustc says when it succeeds is dropped.
    pub(super) fn run(&self, mut command: Command, crate_name: &str) -> Result<(), NativeError> {
        let output = command.output().map_err(|source| NativeError::RustcNotFound {
            program: self.program.clone(),
            source,
        })?;
        if output.status.success() { Ok(()) } else { Err(NativeError::failed(crate_name, &output)) }
    }

    /// A version that can't be read is accepted: the compiler will say what it lacks.
    fn check_age(&self) -> Result<(), NativeError> {
        let found = self.version().split(' ').nth(1).unwrap_or_default();
        match (major_minor(found), major_minor(NEEDED)) {
            (Some(has), Some(needs)) if has < needs => {
                Err(NativeError::RustcTooOld { found: found.to_owned(), needed: NEEDED })
            }
            _ => Ok(()),
        }
    }
}

/// The first line that a program printed instead of a version.
fn complaint(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let mut lines = stderr.lines().chain(stdout.lines());
    match lines.find(|line| !line.trim().is_empty()) {
        Some(line) => format!("`-vV` gave `{}` ({})", line.trim(), output.status),
        None => format!("`-vV` gave nothing ({})", output.status),
    }
}

/// `1.95.0-nightly` is `(1, 95)`.
fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(major_minor("1.95.0"), Some((1, 95)));
        assert_eq!(major_minor("1.100.0-nightly"), Some((1, 100)));
        assert!(major_minor("1.100.0") > major_minor("1.95"));
        assert_eq!(major_minor("unknown"), None);
    }

    #[test]
    fn an_old_compiler_is_refused() {
        let rustc = Rustc {
            program: PathBuf::from("rustc"),
            identity: "rustc 1.60.0 (7737e0b5c 2022-04-04)\nhost: any".to_owned(),
        };
        assert!(matches!(
            rustc.check_age(),
            Err(NativeError::RustcTooOld { found, .. }) if found == "1.60.0"
        ));
    }

    #[test]
    fn a_missing_compiler_is_an_error_with_a_hint() {
        let error = Rustc::at("/nonexistent/rustc").err();
        assert!(matches!(error, Some(NativeError::RustcNotFound { .. })));
        assert!(error.and_then(|error| error.hint()).is_some());
    }
}
