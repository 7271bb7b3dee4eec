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
pub const SKIPS: &[Skips] = &[
    Skips {
        suite: Suite::V1,
        file: "elem.wast",
        reason: Reason::Linking,
        lines: &[357, 366, 367, 370, 379, 380, 381],
    },
    Skips {
        suite: Suite::V1,
        file: "imports.wast",
        reason: Reason::Linking,
        lines: &[322, 323, 324],
    },
    Skips {
        suite: Suite::V1,
        file: "linking.wast",
        reason: Reason::Linking,
        lines: &[
            154, 170, 172, 173, 175, 176, 178, 179, 181, 182, 188, 190, 192, 206, 227, 372, 389,
            390,
        ],
    },
    Skips {
        suite: Suite::V2,
        file: "elem.wast",
        reason: Reason::Linking,
        lines: &[590, 599, 600, 603, 612, 613, 614, 665, 669, 683, 693],
    },
    Skips {
        suite: Suite::V2,
        file: "imports.wast",
        reason: Reason::Linking,
        lines: &[388, 389, 390, 391, 392, 393, 394, 395, 396, 397, 398, 399],
    },
    Skips {
        suite: Suite::V2,
        file: "linking.wast",
        reason: Reason::Linking,
        lines: &[
            104, 191, 207, 209, 210, 212, 213, 215, 216, 218, 219, 225, 227, 229, 243, 266, 275,
            278, 288, 297, 435, 452, 453,
        ],
    },
    Skips {
        suite: Suite::V2,
        file: "table_grow.wast",
        reason: Reason::Linking,
        lines: &[117, 122, 123, 124, 129],
    },
];

/// The reason to skip what starts at `line`, if there is one.
pub fn reason(suite: Suite, file: &str, line: usize) -> Option<Reason> {
    let here =
        |skips: &&Skips| skips.suite == suite && skips.file == file && skips.lines.contains(&line);
    SKIPS.iter().find(here).map(|skips| skips.reason)
}
