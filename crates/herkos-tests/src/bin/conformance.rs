//! Runs the official testsuite and prints what came of it.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use herkos::Optimization;
use herkos_tests::conformance::{Options, docs, run, suite::Suite};
use herkos_tests::record::{Row, record};

/// Runs the official WebAssembly testsuite: transpiles its modules, compiles them with rustc, and checks every directive.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Compile the generated code with opt-level 3 instead of opt-level 0 and all checks
    #[arg(long)]
    release: bool,
    /// The version of the testsuite
    #[arg(long, value_enum, default_value = "all")]
    suite: SuiteArg,
    /// Only the files whose name contains this
    #[arg(long, value_name = "NAME-SUBSTRING")]
    file: Option<String>,
    /// Leave out an optimisation: extents or counted
    #[arg(long, value_name = "PASS", value_parser = optimization)]
    without: Vec<Optimization>,
    /// Say which file is done, and how long it took
    #[arg(long)]
    verbose: bool,
    /// Write docs/conformance.md
    #[arg(long)]
    write_docs: bool,
}

fn optimization(name: &str) -> Result<Optimization, String> {
    let mut all = Optimization::ALL.into_iter();
    all.find(|pass| pass.name() == name).ok_or_else(|| format!("no pass `{name}`"))
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SuiteArg {
    /// WebAssembly 1.0
    V1,
    /// WebAssembly 2.0 without SIMD
    V2,
    /// Both
    All,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let suites = match args.suite {
        SuiteArg::V1 => vec![Suite::V1],
        SuiteArg::V2 => vec![Suite::V2],
        SuiteArg::All => Suite::ALL.to_vec(),
    };
    if args.write_docs && (args.file.is_some() || suites != Suite::ALL) {
        bail!("--write-docs needs a run of every file");
    }
    let options = Options {
        suites,
        file: args.file,
        release: args.release,
        without: args.without,
        verbose: args.verbose,
    };
    let report = run(&options)?;
    if report.files.is_empty() {
        bail!("no file is selected");
    }
    print!("{}", report.failures());
    print!("{}", report.table());
    if args.write_docs {
        let path = docs::path();
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(&path, docs::page(&report))
            .with_context(|| format!("cannot write {}", path.display()))?;
        let total = report.total();
        record(&Row {
            what: "The official testsuite",
            command: "cargo run --release -p herkos-tests --bin conformance -- --write-docs",
            figure: &format!(
                "{} directives passed, {} failed",
                total.assertions.passed + total.others.passed,
                total.failed()
            ),
        })?;
    }
    Ok(if report.total().failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
