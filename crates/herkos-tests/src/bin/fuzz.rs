//! Gives the targets of `fuzz/` their kept inputs and changes of them, without a fuzzer.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use herkos_tests::fuzz::{Options, Run, TARGETS, replay};
use herkos_tests::record::{Row, arguments, record};

/// Gives each fuzz target the inputs that are kept for it, and changes of them. Any toolchain will do.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Only this target
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The number of the first change
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many changes a target gets
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// Where to save inputs that fail
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Write what came of it to docs/reliability.md
    #[arg(long)]
    record: bool,
    /// Try nothing, and record what libFuzzer says of a target at the end of this log
    #[arg(long, value_name = "FILE", requires_all = ["target", "record"])]
    log: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let is_wanted = |name: &str| args.target.as_deref().is_none_or(|target| target == name);
    let targets: Vec<_> = TARGETS.iter().filter(|(name, _)| is_wanted(name)).collect();
    ensure!(
        !targets.is_empty(),
        "no such target; there are {}",
        TARGETS.map(|(name, _)| name).join(", ")
    );
    if let Some(path) = &args.log {
        let log = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let run = Run::read(&log)?;
        for (name, _) in targets {
            let what = format!("libFuzzer: `{name}`");
            record(&Row { what: &what, command: &run.command, figure: &run.to_string() })?;
            println!("{what}: {run}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options { seed: args.seed, count: args.count, save: args.save };
    let (mut figures, mut failures) = (Vec::new(), 0);
    for (name, target) in targets {
        let summary = replay(name, *target, &options)?;
        summary.failures.iter().for_each(|text| println!("{text}"));
        println!("{summary}");
        failures += summary.failures.len();
        figures.push(summary.to_string());
    }
    if args.record {
        let what = "Fuzz targets: kept inputs, and changes of them";
        let command = format!("cargo run --release -p herkos-tests --bin fuzz -- {}", arguments());
        record(&Row { what, command: &command, figure: &figures.join("; ") })?;
    }
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
