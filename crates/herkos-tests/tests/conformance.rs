//! The official testsuite, all of it, without optimisation.

use std::fs;

use herkos_tests::conformance::{Options, docs, run};

/// How many failures are shown: a fault of the transpiler can fail all of them.
const SHOWN: usize = 200;

/// One test, because the page must agree with the run.
#[test]
fn the_testsuite_passes_and_the_page_says_so() -> anyhow::Result<()> {
    let report = run(&Options::all())?;
    let failures: Vec<String> = report
        .failures()
        .lines()
        .take(SHOWN)
        .map(str::to_owned)
        .collect();
    assert_eq!(
        report.total().failed(),
        0,
        "\n{}\n{}",
        failures.join("\n"),
        report.table()
    );
    let page = fs::read_to_string(docs::path()).unwrap_or_default();
    assert!(
        page.replace("\r\n", "\n").ends_with(&docs::body(&report)),
        "docs/conformance.md is stale; write it again:\n  \
         cargo run --release -p herkos-tests --bin conformance -- --write-docs"
    );
    Ok(())
}
