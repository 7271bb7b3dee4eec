//! What can go wrong between a Rust source file and machine code.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output};

/// How many lines of rustc's own messages an error repeats; the first ones say what is wrong.
const SHOWN_LINES: usize = 40;

/// A failure to find, start or satisfy rustc, or to write the files that it needs.
#[derive(Debug)]
#[non_exhaustive]
pub enum NativeError {
    /// There is no rustc to run.
    RustcNotFound {
        /// The program that was tried: `$RUSTC`, or `rustc` on the `PATH`.
        program: PathBuf,
        /// Why it could not be started.
        source: io::Error,
    },
    /// The program that was found does not answer `-vV` as rustc does.
    NotRustc {
        /// The program that was tried.
        program: PathBuf,
        /// What it did instead.
        detail: String,
    },
    /// This rustc is older than the runtime needs.
    RustcTooOld {
        /// The version that was found.
        found: String,
        /// The oldest version that will do.
        needed: &'static str,
    },
    /// There is no cargo to run; it builds the WASI host.
    CargoNotFound {
        /// The program that was tried: `$CARGO`, or `cargo` on the `PATH`.
        program: PathBuf,
        /// Why it could not be started.
        source: io::Error,
    },
    /// rustc, or cargo, ran and failed.
    Failed {
        /// The crate that was being compiled.
        crate_name: String,
        /// How rustc ended, such as `exit status: 1`.
        status: String,
        /// The first lines of its standard error.
        stderr: String,
    },
    /// A file or directory could not be read or written.
    Io {
        /// What was being done, such as `create`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
}

impl NativeError {
    /// A line of advice, where there is any: what to install or to set.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::RustcNotFound { .. } => Some(
                "install Rust (https://rustup.rs), or set RUSTC to the path of a rustc".to_owned(),
            ),
            Self::NotRustc { .. } => Some("RUSTC must name a rustc executable".to_owned()),
            Self::RustcTooOld { needed, .. } => {
                Some(format!("run `rustup update`, or set RUSTC to a rustc {needed} or newer"))
            }
            Self::CargoNotFound { .. } => Some(
                "a WASI program needs cargo for its host: install Rust (https://rustup.rs), or set CARGO to the path \
                 of a cargo"
                    .to_owned(),
            ),
            Self::Failed { stderr, .. }
                if ["failed to download", "failed to get `", "Could not resolve host"]
                    .iter()
                    .any(|message| stderr.contains(message)) =>
            {
                Some(
                    "the WASI host uses crates from crates.io, which are fetched the first time: connect to the \
                     network once, or configure cargo to get them elsewhere"
                        .to_owned(),
                )
            }
            Self::Failed { stderr, .. } if stderr.contains("linker `") => {
                Some("rustc links with a C compiler: install one (gcc or clang)".to_owned())
            }
            Self::Failed { .. } | Self::Io { .. } => None,
        }
    }

    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }

    pub(super) fn failed(crate_name: &str, output: &Output) -> Self {
        Self::Failed {
            crate_name: crate_name.to_owned(),
            status: describe(output.status),
            stderr: first_lines(&String::from_utf8_lossy(&output.stderr)),
        }
    }
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RustcNotFound { program, source } | Self::CargoNotFound { program, source } => {
                write!(f, "cannot run `{}`: {source}", program.display())
            }
            Self::NotRustc { program, detail } => {
                write!(f, "`{}` is not a usable rustc: {detail}", program.display())
            }
            Self::RustcTooOld { found, needed } => {
                write!(f, "rustc {found} is too old: {needed} is needed")
            }
            Self::Failed { crate_name, status, stderr } => {
                write!(f, "rustc could not compile `{crate_name}` ({status})")?;
                if stderr.is_empty() { Ok(()) } else { write!(f, "\n{stderr}") }
            }
            Self::Io { action, path, source } => {
                write!(f, "cannot {action} `{}`: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for NativeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::RustcNotFound { source, .. }
            | Self::CargoNotFound { source, .. }
            | Self::Io { source, .. } => Some(source),
            Self::NotRustc { .. } | Self::RustcTooOld { .. } | Self::Failed { .. } => None,
        }
    }
}

/// How a process ended. A signal is how an exhausted machine or a crash of the compiler shows.
fn describe(status: ExitStatus) -> String {
    if status.code().is_some() {
        status.to_string()
    } else {
        format!("{status}; out of memory, or a crash of the compiler")
    }
}

fn first_lines(text: &str) -> String {
    let text = text.trim_end();
    let total = text.lines().count();
    if total <= SHOWN_LINES {
        return text.to_owned();
    }
    let mut shown: Vec<&str> = text.lines().take(SHOWN_LINES).collect();
    let more = format!("… and {} more lines", total - SHOWN_LINES);
    shown.push(&more);
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut_and_say_so() {
        let text: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let shown = first_lines(&text);
        assert!(shown.starts_with("line 0\n"));
        assert!(shown.ends_with("… and 60 more lines"));
        assert_eq!(first_lines("one\ntwo\n"), "one\ntwo");
    }

    #[test]
    fn a_missing_linker_has_a_hint() {
        let error = NativeError::Failed {
            crate_name: "guest".to_owned(),
            status: "exit status: 1".to_owned(),
            stderr: "error: linker `cc` not found".to_owned(),
        };
        assert!(error.hint().is_some_and(|hint| hint.contains("gcc")));
    }
}
