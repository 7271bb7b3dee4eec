//! Damaged modules by the million: whatever the bytes, the translator gives an output or an error.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use herkos::{Bounds, Config, Error, MemoryStorage, Optimization};

use crate::differential::generate::{Generator, mutate};
use crate::program::Dice;

/// Modules that are damaged.
const POOL: u64 = 400;

/// The longest that an input may take; they have a few kilobytes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to try.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of the first input.
    pub seed: u64,
    /// How many inputs.
    pub count: u64,
    /// Where inputs that fail are saved, if they are.
    pub save: Option<PathBuf>,
    /// Whether to say how far it is.
    pub verbose: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Inputs tried.
    pub inputs: u64,
    /// Those that became Rust.
    pub accepted: u64,
    /// The longest that one took, and its number.
    pub slowest: (Duration, u64),
    /// The most bytes of output for a byte of input, of outputs of 100 KB and more.
    pub ratio: usize,
    /// What failed, a text each.
    pub failures: Vec<String>,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} inputs, {} accepted, {} rejected, {} failures; the slowest ({}) took {} ms, the largest output was {} times its input",
            self.inputs,
            self.accepted,
            self.inputs - self.accepted,
            self.failures.len(),
            self.slowest.1,
            self.slowest.0.as_millis(),
            self.ratio
        )
    }
}

/// Tries as many inputs as the options ask for.
///
/// # Errors
///
/// If the modules to damage can't be made, or a failure not be saved.
pub fn run(options: &Options) -> Result<Summary> {
    std::thread::scope(|scope| {
        // The texts of generated programs are deep.
        let thread = std::thread::Builder::new().stack_size(1 << 30);
        let running = thread.spawn_scoped(scope, || try_all(options))?;
        running.join().map_err(|_| anyhow::anyhow!("the runner panicked"))?
    })
}

fn try_all(options: &Options) -> Result<Summary> {
    let generator = Generator::new()?;
    let pool = (0..POOL).map(|seed| generator.module(seed)).collect::<Result<Vec<_>>>()?;
    let mut summary = Summary::default();
    for seed in options.seed..options.seed + options.count {
        let mut dice = Dice::new(seed ^ 0x686f_7374);
        let input = damaged(&pool, &mut dice);
        let config = config(&mut dice);
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| config.transpile(&input)));
        let took = start.elapsed();
        summary.inputs += 1;
        summary.slowest = summary.slowest.max((took, seed));
        let failure = match result {
            Ok(Ok(output)) => {
                summary.accepted += 1;
                if output.source.len() >= 100_000 {
                    summary.ratio = summary.ratio.max(output.source.len() / input.len().max(1));
                }
                None
            }
            Ok(Err(error @ Error::Internal { .. })) => Some(error.to_string()),
            Ok(Err(_)) => None,
            Err(_) => Some("it panicked".to_owned()),
        };
        let slow = (took > PATIENCE).then(|| format!("it took {} s", took.as_secs()));
        if let Some(text) = failure.or(slow) {
            summary.failures.push(format!("{seed}: {text}"));
            if let Some(dir) = &options.save {
                fs::create_dir_all(dir)?;
                fs::write(dir.join(format!("{seed}.wasm")), &input)?;
            }
        }
        if options.verbose && summary.inputs.is_multiple_of(100_000) {
            eprintln!("{summary}");
        }
    }
    Ok(summary)
}

/// One of the pool, or two in one, with some bytes changed.
fn damaged(pool: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = pool[dice.below(pool.len())].clone();
    if dice.chance(3)
        && let Some(mutated) = mutate(&bytes, dice.next(), false)
    {
        bytes = mutated;
    }
    // Most of what is in the first bytes makes it no module at all.
    damage(bytes, pool, 8, dice)
}

/// Changes some bytes, seldom the first `keep` of them. None of `others` is empty.
pub fn damage(mut bytes: Vec<u8>, others: &[Vec<u8>], keep: usize, dice: &mut Dice) -> Vec<u8> {
    let times = dice.pick(&[1, 1, 1, 2, 5]);
    for _ in 0..times {
        if bytes.is_empty() {
            break;
        }
        let at = if bytes.len() > keep && dice.chance(98) {
            keep + dice.below(bytes.len() - keep)
        } else {
            dice.below(bytes.len())
        };
        match dice.below(24) {
            0..12 => bytes[at] ^= 1 << dice.below(8),
            12..20 => bytes[at] = dice.next() as u8,
            20 => bytes.insert(at, dice.next() as u8),
            21 => {
                bytes.remove(at);
            }
            22 => {
                let other = &others[dice.below(others.len())];
                let from = dice.below(other.len());
                let part = other[from..].iter().take(1 + dice.below(40));
                bytes.splice(at..at, part.copied());
            }
            _ => bytes.truncate(at.max(keep)),
        }
    }
    bytes
}

/// Options as well, so that all of the translator is met.
fn config(dice: &mut Dice) -> Config {
    let mut config = Config::new()
        .threads(1)
        .by_name(dice.chance(50))
        .canonical_nans(dice.chance(20))
        .trap_offsets(dice.chance(20));
    if dice.chance(10) {
        config = match dice.chance(50) {
            true => config.bounds(Bounds::Wrap).max_pages(64),
            false => config.bounds(Bounds::Reserve),
        };
    }
    if dice.chance(10) {
        config = config.memory(MemoryStorage::Lent);
    }
    if dice.chance(10) {
        config = config.without(Optimization::Extents);
    }
    config
}
