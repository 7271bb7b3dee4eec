//! herkos against wasmi: random modules by fixed seeds, and all modules that failed once.
//!
//! `cargo run --release -p herkos-tests --bin differential` compares as many as one likes.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use herkos::Bounds;
use herkos::native::OptLevel;
use herkos_tests::differential::batch::{Verdict, Workshop};
use herkos_tests::differential::case::{Case, Made};
use herkos_tests::differential::setup::{Level, Setup};
use herkos_tests::differential::with_wasmi::Wasmi;
use herkos_tests::differential::{Options, regression, run};

fn dir(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential").join(name)
}

fn compare(name: &str, seed: u64, count: usize, setup: Setup) -> Result<()> {
    let summary = run(&Options {
        seed,
        count,
        batch: count,
        calls: 20,
        setups: vec![setup],
        engine: &Wasmi,
        dir: dir(name),
        save: None,
        verbose: false,
    })?;
    println!("{name}: {summary}");
    ensure!(summary.mismatches.is_empty(), "{}", summary.mismatches.join("\n\n"));
    // The seeds are fixed: what they give must be worth comparing.
    ensure!(summary.modules == count && summary.calls > count * 5, "{summary}");
    ensure!(summary.traps > 0 && summary.host_calls > 0, "{summary}");
    Ok(())
}

#[test]
fn plain() -> Result<()> {
    compare("plain", 1_000_000, 60, Setup::default())
}

#[test]
fn without_passes() -> Result<()> {
    let without = herkos::Optimization::ALL.to_vec();
    compare("without-passes", 2_000_000, 30, Setup { without, ..Setup::default() })
}

#[test]
fn wrapping() -> Result<()> {
    compare("wrapping", 3_000_000, 30, Setup { bounds: Bounds::Wrap, ..Setup::default() })
}

#[test]
fn reserving() -> Result<()> {
    compare("reserving", 3_100_000, 30, Setup { bounds: Bounds::Reserve, ..Setup::default() })
}

#[test]
fn canonical_nans() -> Result<()> {
    compare("canonical-nans", 4_000_000, 30, Setup { canonical_nans: true, ..Setup::default() })
}

#[test]
fn optimised() -> Result<()> {
    let opt_level = Level(OptLevel::O2);
    compare("optimised", 5_000_000, 20, Setup { opt_level, ..Setup::default() })
}

/// Each with the setup that it failed with. Setups are few, so many modules share a program.
#[test]
fn regressions() -> Result<()> {
    let mut setups: Vec<(Setup, Vec<Case>)> = Vec::new();
    for found in regression::all()? {
        let made = Case::make(&found.name, &found.wasm, &found.setup, &Wasmi, |_| found.calls)?;
        let Made::Case(case) = made else { anyhow::bail!("{} can't be compared", found.name) };
        match setups.iter_mut().find(|(setup, _)| *setup == found.setup) {
            Some((_, cases)) => cases.push(*case),
            None => setups.push((found.setup, vec![*case])),
        }
    }
    let mut failures = Vec::new();
    for (index, (setup, cases)) in setups.iter().enumerate() {
        let workshop = Workshop::new(&dir("regressions"), setup)?;
        let verdicts = workshop.compare(&format!("setup-{index}"), cases)?;
        for (case, verdict) in cases.iter().zip(verdicts) {
            if let Verdict::Differs(text) = verdict {
                failures.push(format!("{} ({setup}): {text}", case.name));
            }
        }
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n\n"));
    Ok(())
}
