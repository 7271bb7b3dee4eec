//! Plants faults in a copy of the workspace, and says which tests find them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use herkos_tests::conformance::cache_directory;
use herkos_tests::planted::{FAULTS, Fault, Field, run};
use herkos_tests::record::{Row, record};

/// Plants faults in a copy of the workspace, one at a time, and runs the tests until one fails. A fault that none finds
/// is named, and the exit status is 1.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Only the faults whose name contains this
    #[arg(long, value_name = "PART", default_value = "")]
    only: String,
    /// Not the first so many of them
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    skip: usize,
    /// Don't run the tests without a fault first
    #[arg(long)]
    trust: bool,
    /// Write what came of it to docs/reliability.md
    #[arg(long, conflicts_with_all = ["only", "skip"])]
    record: bool,
    /// Where to put the copy
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let target = cache_directory()?.with_file_name("herkos-planted");
    let dir = args.dir.unwrap_or_else(|| target.join("workspace"));
    let field = Field::new(&dir, &target.join("target"))?;
    let wanted = |fault: &&Fault| fault.name.contains(&args.only);
    let faults: Vec<Fault> = FAULTS.iter().filter(wanted).skip(args.skip).copied().collect();
    if !args.trust {
        field.is_sound(&faults)?;
    }
    let found = run(&field, &faults)?;
    if args.record {
        let figure = format!("{found} of {} found", faults.len());
        let command = "cargo run -p herkos-tests --bin planted-faults";
        record(&Row { what: "Planted faults", command, figure: &figure })?;
    }
    println!("{found} of {} faults found", faults.len());
    Ok(if found == faults.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
