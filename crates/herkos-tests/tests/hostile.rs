//! Damaged modules: an output or an error, whatever the bytes. The command `hostile` tries as many as one likes.

use anyhow::{Result, ensure};
use herkos_tests::hostile::{Options, run};

#[test]
fn damaged_modules_give_an_output_or_an_error() -> Result<()> {
    let summary = run(&Options { seed: 0, count: 4_000, save: None, verbose: false })?;
    println!("{summary}");
    ensure!(summary.failures.is_empty(), "{}", summary.failures.join("\n"));
    ensure!(summary.accepted > 400, "{summary}");
    Ok(())
}
