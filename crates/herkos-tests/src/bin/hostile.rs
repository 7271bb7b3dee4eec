//! Gives damaged modules to the translator.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use herkos_tests::hostile::{Options, run};
use herkos_tests::record::{Row, arguments, record};

/// Damages modules and gives them to the translator: each must give an output or an error. It may not panic, report an
/// internal error, or take long.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// The number of the first input
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many inputs
    #[arg(long, default_value_t = 100_000)]
    count: u64,
    /// Where to save inputs that fail
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Write what came of it to docs/reliability.md
    #[arg(long)]
    record: bool,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let summary =
        run(&Options { seed: args.seed, count: args.count, save: args.save, verbose: true })?;
    for text in &summary.failures {
        println!("{text}");
    }
    if args.record {
        let command =
            format!("cargo run --release -p herkos-tests --bin hostile -- {}", arguments());
        record(&Row { what: "Damaged modules", command: &command, figure: &summary.to_string() })?;
    }
    println!("{summary}");
    Ok(if summary.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
