//! A line on standard error that says what is going on, if someone is there to see it.

use std::fmt::Display;
use std::io::{IsTerminal, stderr};

/// Shows `what` instead of what was shown before.
pub fn show(what: impl Display) {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K{what}");
    }
}

/// Removes it.
pub fn clear() {
    show("");
}
