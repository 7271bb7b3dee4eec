//! The kept inputs and changes of them, without a fuzzer: the same ones for a seed.

use std::fmt;
use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use super::{Outcome, Target, seeds};
use crate::hostile::damage;
use crate::program::Dice;

/// What to try.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of the first change.
    pub seed: u64,
    /// How many changes of kept inputs.
    pub count: u64,
    /// Where inputs that fail are saved, if they are.
    pub save: Option<PathBuf>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The target's name.
    pub target: String,
    /// Inputs as they are kept.
    pub kept: u64,
    /// Inputs that were made of them.
    pub changed: u64,
    /// Those of both that herkos has an output for.
    pub accepted: u64,
    /// What failed, a text each.
    pub failures: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, kept, changed, accepted, failures } = self;
        let failures = failures.len();
        write!(
            f,
            "`{target}` {kept} kept and {changed} changed, {accepted} accepted, {failures} failures"
        )
    }
}

/// Gives a target its kept inputs, and as many changes of them as the options ask for.
///
/// # Errors
///
/// If the inputs can't be read, or a failure not be saved.
pub fn replay(name: &str, target: Target, options: &Options) -> Result<Summary> {
    std::thread::scope(|scope| {
        // What reads the output recurses, in debug builds with large frames.
        let thread = std::thread::Builder::new().stack_size(256 << 20);
        let running = thread.spawn_scoped(scope, || try_all(name, target, options))?;
        running.join().map_err(|_| anyhow::anyhow!("the runner panicked"))?
    })
}

fn try_all(name: &str, target: Target, options: &Options) -> Result<Summary> {
    let mut summary = Summary { target: name.to_owned(), ..Summary::default() };
    let mut attempt = |bytes: &[u8], what: String| -> Result<()> {
        let failure = match catch_unwind(|| target(bytes)) {
            Ok(Ok(Outcome::Accepted)) => {
                summary.accepted += 1;
                return Ok(());
            }
            Ok(Ok(Outcome::Nothing | Outcome::Refused)) => return Ok(()),
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => "it panicked".to_owned(),
        };
        if let Some(dir) = &options.save {
            fs::create_dir_all(dir)?;
            let path = dir.join(format!("{name}-{}", what.replace(' ', "-")));
            fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        }
        summary.failures.push(format!("{name}: {what}: {failure}"));
        Ok(())
    };
    let mut kept = Vec::new();
    for (path, bytes) in seeds(name)? {
        ensure!(!bytes.is_empty(), "{} is empty", path.display());
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        attempt(&bytes, file.into_owned())?;
        kept.push(bytes);
    }
    ensure!(!kept.is_empty(), "no input is kept for `{name}`");
    for seed in options.seed..options.seed + options.count {
        attempt(&changed(&kept, seed), format!("change {seed}"))?;
    }
    summary.kept = kept.len() as u64;
    summary.changed = options.count;
    Ok(summary)
}

/// One of the inputs with some bytes changed.
fn changed(kept: &[Vec<u8>], seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed ^ 0x6675_7a7a);
    let one = kept[dice.below(kept.len())].clone();
    damage(one, kept, 0, &mut dice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_which_change() {
        let kept = [vec![7; 40], (0..30).collect()];
        let all =
            |from: u64| (from..from + 200).map(|seed| changed(&kept, seed)).collect::<Vec<_>>();
        assert_eq!(all(0), all(0));
        assert_ne!(all(0), all(200));
        let unlike = all(0).iter().filter(|bytes| !kept.contains(bytes)).count();
        assert!(unlike > 150, "{unlike}");
    }
}
