//! Compares herkos with another engine, on random modules.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use herkos::native::OptLevel;
use herkos::{Bounds, Optimization};
use herkos_tests::conformance::cache_directory;
use herkos_tests::differential::engine::Engine;
use herkos_tests::differential::setup::{Level, Setup, bounds, optimization};
use herkos_tests::differential::with_wasmi::Wasmi;
use herkos_tests::differential::{Options, regression, run};
use herkos_tests::record::{Row, arguments, record};

/// Compares what generated modules do in herkos with what they do in another engine: results, traps, memories, globals,
/// tables, calls of the host. A module that differs is made small and saved among the regression tests.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// The number of the first module
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many modules
    #[arg(long, default_value_t = 200)]
    count: usize,
    /// How many modules are compiled together
    #[arg(long, default_value_t = 100)]
    batch: usize,
    /// How many calls of each module
    #[arg(long, default_value_t = 20)]
    calls: usize,
    /// What to compare with
    #[arg(long, value_enum, default_value = "wasmi")]
    engine: EngineArg,
    /// Go through many sets of the options below, a batch each
    #[arg(long)]
    all: bool,
    /// Leave out an optimisation: extents or counted
    #[arg(long, value_name = "PASS", value_parser = |name: &str| optimization(name))]
    without: Vec<Optimization>,
    /// What accesses beyond the memory do: trap, wrap or reserve
    #[arg(long, default_value = "trap", value_parser = |name: &str| bounds(name))]
    bounds: Bounds,
    /// Make NaNs canonical
    #[arg(long)]
    canonical_nans: bool,
    /// Let traps know their offset
    #[arg(long)]
    trap_offsets: bool,
    /// Count fuel, without end
    #[arg(long)]
    fuel: bool,
    /// How much rustc optimises
    #[arg(long, short = 'O', default_value = "0")]
    opt_level: OptLevel,
    /// Where to save modules that differ
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Where to make programs
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Write what came of it to docs/reliability.md
    #[arg(long)]
    record: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EngineArg {
    /// The interpreter wasmi
    Wasmi,
    /// The compiler wasmtime, if built with the feature of that name
    #[cfg(feature = "wasmtime")]
    Wasmtime,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let engine: Box<dyn Engine> = match args.engine {
        EngineArg::Wasmi => Box::new(Wasmi),
        #[cfg(feature = "wasmtime")]
        EngineArg::Wasmtime => {
            Box::new(herkos_tests::differential::with_wasmtime::Wasmtime::new()?)
        }
    };
    let one = Setup {
        without: args.without,
        bounds: args.bounds,
        canonical_nans: args.canonical_nans,
        trap_offsets: args.trap_offsets,
        fuel: args.fuel,
        opt_level: Level(args.opt_level),
    };
    let dir = match args.dir {
        Some(dir) => dir,
        None => cache_directory()?.with_file_name("herkos-differential"),
    };
    let summary = run(&Options {
        seed: args.seed,
        count: args.count,
        batch: args.batch,
        calls: args.calls,
        setups: if args.all { Setup::all() } else { vec![one] },
        engine: engine.as_ref(),
        dir,
        save: Some(args.save.unwrap_or_else(regression::directory)),
        verbose: true,
    })?;
    for text in &summary.mismatches {
        println!("{text}\n");
    }
    if args.record {
        let (what, features) = match args.engine {
            EngineArg::Wasmi => ("Random modules against wasmi", ""),
            #[cfg(feature = "wasmtime")]
            EngineArg::Wasmtime => ("Random modules against wasmtime", " --features wasmtime"),
        };
        let command = format!(
            "cargo run --release -p herkos-tests{features} --bin differential -- {}",
            arguments()
        );
        record(&Row { what, command: &command, figure: &summary.to_string() })?;
    }
    println!("{summary}");
    Ok(if summary.mismatches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
