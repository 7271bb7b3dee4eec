//! How much rustc optimises, and which checks it adds.

use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;

/// rustc's `-C opt-level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum OptLevel {
    /// No optimisation: the fastest build.
    O0,
    /// Basic optimisation.
    O1,
    /// Some optimisation.
    O2,
    /// All optimisation.
    #[default]
    O3,
    /// Small code.
    Size,
    /// The smallest code: loops are not vectorised either.
    MinSize,
}

impl OptLevel {
    /// Every level, in the order in which rustc documents them.
    pub const ALL: [Self; 6] = [Self::O0, Self::O1, Self::O2, Self::O3, Self::Size, Self::MinSize];

    /// The text that rustc takes: `0`, `1`, `2`, `3`, `s` or `z`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::O0 => "0",
            Self::O1 => "1",
            Self::O2 => "2",
            Self::O3 => "3",
            Self::Size => "s",
            Self::MinSize => "z",
        }
    }
}

impl OptLevel {
    /// The level as a manifest has it: letters in quotes.
    pub(super) fn in_manifest(self) -> String {
        match self {
            Self::Size | Self::MinSize => format!("\"{self}\""),
            Self::O0 | Self::O1 | Self::O2 | Self::O3 => self.to_string(),
        }
    }
}

impl fmt::Display for OptLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no optimisation level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseOptLevelError;

impl fmt::Display for ParseOptLevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an optimisation level is 0, 1, 2, 3, s or z")
    }
}

impl std::error::Error for ParseOptLevelError {}

impl FromStr for OptLevel {
    type Err = ParseOptLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(ParseOptLevelError)
    }
}

/// What rustc is asked for. The runtime and the code that uses it should share one profile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    /// How much to optimise.
    pub opt_level: OptLevel,
    /// `-C debug-assertions`: the runtime's own checks of its invariants.
    pub debug_assertions: bool,
    /// `-C overflow-checks`: arithmetic that overflows panics. Generated code never overflows by accident.
    pub overflow_checks: bool,
}

impl Profile {
    /// Fully optimised, without checks: what is shipped.
    pub const fn release() -> Self {
        Self { opt_level: OptLevel::O3, debug_assertions: false, overflow_checks: false }
    }

    /// Not optimised, with every check: what a debugger and a test want.
    pub const fn debug() -> Self {
        Self { opt_level: OptLevel::O0, debug_assertions: true, overflow_checks: true }
    }

    /// The profile as rustc's arguments.
    pub(super) fn arguments(&self) -> [OsString; 3] {
        let yes_no = |on: bool| if on { "yes" } else { "no" };
        [
            format!("-Copt-level={}", self.opt_level).into(),
            format!("-Cdebug-assertions={}", yes_no(self.debug_assertions)).into(),
            format!("-Coverflow-checks={}", yes_no(self.overflow_checks)).into(),
        ]
    }
}

impl Default for Profile {
    /// [`Profile::release`].
    fn default() -> Self {
        Self::release()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_survive_their_text() {
        for level in OptLevel::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert_eq!("4".parse::<OptLevel>(), Err(ParseOptLevelError));
    }
}
