//! herkos against other engines, on modules that nobody wrote.
//!
//! generate → case (an engine runs it) → glue → batch (compile, run, compare) → shrink → regression. Each step has its
//! file; [`run`] does them all for as many modules as are asked for.

pub mod batch;
pub mod case;
pub mod engine;
pub mod generate;
pub mod guest;
pub mod instrument;
pub mod regression;
pub mod setup;
pub mod shrink;
pub mod with_wasmi;
#[cfg(feature = "wasmtime")]
pub mod with_wasmtime;

mod glue;

use crate::conformance::driver;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, anyhow};

use crate::program::Dice;
use batch::{Verdict, Workshop};
use case::{Case, Made, random_calls};
use engine::Engine;
use generate::Generator;
use setup::Setup;

/// What to compare.
pub struct Options<'a> {
    /// The number of the first module.
    pub seed: u64,
    /// How many modules.
    pub count: usize,
    /// How many are compiled together.
    pub batch: usize,
    /// Calls of each module.
    pub calls: usize,
    /// The setups, a batch each in turn.
    pub setups: Vec<Setup>,
    /// What herkos is compared with.
    pub engine: &'a dyn Engine,
    /// Where programs go.
    pub dir: PathBuf,
    /// Where failing modules are saved after they were shrunk, if they are.
    pub save: Option<PathBuf>,
    /// Whether to say what is done.
    pub verbose: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Modules compared.
    pub modules: usize,
    /// Calls compared, the instantiations not counted.
    pub calls: usize,
    /// Calls and instantiations that trapped.
    pub traps: usize,
    /// Calls of the host.
    pub host_calls: usize,
    /// Modules left out: a limit of herkos or of the engine is in the way.
    pub unfit: usize,
    /// What differs, a text each.
    pub mismatches: Vec<String>,
}

impl Summary {
    fn count(&mut self, case: &Case) {
        self.modules += 1;
        self.calls += case.expected.len().saturating_sub(1);
        let lines = || case.expected.iter().flatten();
        self.traps += lines().filter(|line| line.starts_with("trap ")).count();
        self.host_calls += lines().filter(|line| line.starts_with("host ")).count();
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} modules, {} calls, {} traps, {} calls of the host, {} mismatches; {} modules left out",
            self.modules,
            self.calls,
            self.traps,
            self.host_calls,
            self.mismatches.len(),
            self.unfit
        )
    }
}

/// Compares as many modules as the options ask for.
///
/// # Errors
///
/// If something fails that is no mismatch.
pub fn run(options: &Options<'_>) -> Result<Summary> {
    // Generated programs are deep trees, and so are their texts to a parser.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(guest::STACK);
        let running = thread.spawn_scoped(scope, || compare(options))?;
        running.join().map_err(|_| anyhow!("a generator or an engine panicked"))?
    })
}

fn compare(options: &Options<'_>) -> Result<Summary> {
    let generator = Generator::new()?;
    let mut summary = Summary::default();
    let mut seed = options.seed;
    let mut number = 0;
    while summary.modules < options.count {
        let start = Instant::now();
        let setup =
            options.setups.get(number % options.setups.len().max(1)).cloned().unwrap_or_default();
        let workshop = Workshop::new(&options.dir, &setup)?;
        let mut cases = Vec::new();
        let wanted = options.batch.min(options.count - summary.modules);
        while cases.len() < wanted {
            let name = format!("seed_{seed}");
            let wasm = generator.module(seed)?;
            let mut dice = Dice::new(!seed);
            let made = Case::make(&name, &wasm, &setup, options.engine, |interface| {
                random_calls(interface, &mut dice, options.calls)
            });
            match made {
                Ok(Made::Case(case)) => cases.push(*case),
                Ok(Made::Unfit) => summary.unfit += 1,
                Err(error) => {
                    let text = format!("{name} ({setup}): {error:#}");
                    if options.verbose {
                        eprintln!("{text}");
                    }
                    summary.mismatches.push(text);
                    if let Some(dir) = &options.save {
                        regression::save(dir, &name, &setup, &[], &wasm)?;
                    }
                }
            }
            seed += 1;
        }
        let verdicts = workshop.compare("batch", &cases)?;
        for (case, verdict) in cases.iter().zip(verdicts) {
            summary.count(case);
            if let Verdict::Differs(text) = verdict {
                let text = format!("{} ({setup}): {text}", case.name);
                if options.verbose {
                    eprintln!("{text}");
                }
                summary.mismatches.push(text);
                if let Some(dir) = &options.save {
                    let small = shrink::shrink(&workshop, &setup, options.engine, case)?;
                    regression::save(dir, &small.name, &setup, &small.calls, &small.original)?;
                }
            }
        }
        number += 1;
        if options.verbose {
            let seconds = start.elapsed().as_secs_f64();
            eprintln!("{seconds:.1} s ({setup}), up to {seed}: {summary}");
        }
    }
    Ok(summary)
}
