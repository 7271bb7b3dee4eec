//! What `fuzz/run` writes: its command, and what libFuzzer says at its end.

use std::fmt;

use anyhow::{Context as _, Result};

/// A run that found nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The command.
    pub command: String,
    /// Inputs tried.
    pub inputs: u64,
    /// How long that took.
    pub seconds: u64,
    /// The most memory that the process had, in MiB.
    pub memory: u64,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command: _, inputs, seconds, memory } = self;
        write!(f, "{inputs} inputs in {seconds} s, 0 failures; at the most {memory} MiB of memory")
    }
}

impl Run {
    /// Reads the log of a run.
    ///
    /// # Errors
    ///
    /// If the run did not come to its end: then it found something, or was stopped.
    pub fn read(log: &str) -> Result<Self> {
        let command = log.lines().find(|line| line.starts_with("fuzz/run "));
        let command = command.context("the log does not begin with its command")?.to_owned();
        let done = log.lines().find_map(|line| {
            let (inputs, rest) = line.strip_prefix("Done ")?.split_once(" runs in ")?;
            Some((inputs.parse().ok()?, rest.split(' ').next()?.parse().ok()?))
        });
        let (inputs, seconds) = done.context("the log has no `Done N runs in M second(s)`")?;
        let memory = log
            .lines()
            .find_map(|line| line.strip_prefix("stat::peak_rss_mb:")?.trim().parse().ok());
        let memory = memory.context("the log has no `stat::peak_rss_mb`")?;
        Ok(Self { command, inputs, seconds, memory })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_an_end_is_none() -> Result<()> {
        let stats = "stat::number_of_executed_units: 97054\nstat::peak_rss_mb:              119\n";
        let command = "fuzz/run output 620";
        assert!(Run::read(&format!("{command}\n{stats}")).is_err());
        let log = format!("{command}\n#1\tpulse\nDone 97054 runs in 621 second(s)\n{stats}");
        let run = Run::read(&log)?;
        assert_eq!(
            run,
            Run { command: command.to_owned(), inputs: 97_054, seconds: 621, memory: 119 }
        );
        Ok(())
    }
}
