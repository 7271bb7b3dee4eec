//! How a command fails: an exit status, a message and hints.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Style};
use herkos::native::NativeError;

/// Bad input, or a build that failed.
const FAILED: u8 = 1;
/// Wrong usage; the argument parser uses the same.
pub(crate) const USAGE: u8 = 2;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Why a command could not be carried out.
#[derive(Debug)]
pub(crate) struct Failure {
    status: u8,
    message: String,
    hints: Vec<String>,
}

impl Failure {
    /// The input or the machine is at fault.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { status: FAILED, message: message.into(), hints: Vec::new() }
    }

    /// The command line is at fault.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { status: USAGE, ..Self::new(message) }
    }

    /// The same failure, with another exit status.
    pub(crate) fn with_status(self, status: u8) -> Self {
        Self { status, ..self }
    }

    /// The same failure, with a line of advice.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Prints the failure on standard error; the exit status that goes with it.
    pub(crate) fn report(self) -> ExitCode {
        let mut text = format!("{ERROR}error:{ERROR:#} {}\n", printable(&self.message));
        for hint in &self.hints {
            // Writing to a String can't fail.
            let _ = writeln!(text, "{HINT}hint:{HINT:#} {}", printable(hint));
        }
        // If standard error is closed, the exit status has to do.
        let _ = anstream::stderr().write_all(text.as_bytes());
        ExitCode::from(self.status)
    }
}

impl From<herkos::Error> for Failure {
    fn from(error: herkos::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<NativeError> for Failure {
    fn from(error: NativeError) -> Self {
        let failure = Self::new(error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// Names in messages come from strangers: no character of theirs moves the cursor or turns the text around.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let bidirectional = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if bidirectional || (c.is_control() && c != '\n' && c != '\t') {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[31m\u{202e}b\r\nc"), "a\\u{1b}[31m\\u{202e}b\\u{d}\nc");
        assert_eq!(printable("héllo\t…"), "héllo\t…");
    }
}
