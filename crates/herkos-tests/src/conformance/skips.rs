//! The directives that herkos is not expected to pass, one by one.
//!
//! A directive that is listed must not pass: when it does, the run fails until its line is
//! removed here. A directive that is not listed is never skipped. So a skip can neither hide a
//! new fault elsewhere nor outlive its reason.

use super::outcome::Outcome;
use super::suite::Suite;

/// Why a directive is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It needs modules that share what a host cannot pass between them.
    Linking,
    /// It exhausts the stack, and the process dies instead of trapping.
    Exhaustion,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::Linking, Self::Exhaustion];

    /// The name for a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linking => "linking",
            Self::Exhaustion => "exhaustion",
        }
    }

    /// The reason in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Linking => {
                "the directive needs an instance that shares a table or a function reference \
                 with another module, or sees the effect of such an instance"
            }
            Self::Exhaustion => "the process dies instead of trapping when the stack is exhausted",
        }
    }

    /// Whether an outcome is what the reason predicts. A module that herkos or rustc rejects, or
    /// a process that dies, is not excused by linking.
    pub fn excuses(self, outcome: &Outcome) -> bool {
        match self {
            Self::Linking => matches!(outcome, Outcome::Unlinked(_) | Outcome::Mismatch(_)),
            Self::Exhaustion => matches!(outcome, Outcome::Died(_)),
        }
    }
}

/// The skipped directives of one file, by the lines where they start.
pub struct Skips {
    /// The suite.
    pub suite: Suite,
    /// The file.
    pub file: &'static str,
    /// The reason.
    pub reason: Reason,
    /// The lines, in order.
    pub lines: &'static [usize],
}

/// All skips.
pub const SKIPS: &[Skips] = &[];

/// The reason to skip what starts at `line`, if there is one.
pub fn reason(suite: Suite, file: &str, line: usize) -> Option<Reason> {
    let here =
        |skips: &&Skips| skips.suite == suite && skips.file == file && skips.lines.contains(&line);
    SKIPS.iter().find(here).map(|skips| skips.reason)
}
