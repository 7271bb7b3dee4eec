//! What a run found: counts, failures, and the table that shows them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::AddAssign;

use super::outcome::Outcome;
use super::script::Directive;
use super::skips::{self, Reason, SKIPS};
use super::suite::Suite;

/// How many directives ended in each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// As the testsuite says.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// With a reason.
    pub skipped: usize,
}

impl Tally {
    /// All of them.
    pub fn total(self) -> usize {
        self.passed + self.failed + self.skipped
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Assertions, and the directives that set the scene for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The directives `assert_…`.
    pub assertions: Tally,
    /// Modules, registrations and actions.
    pub others: Tally,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.assertions += other.assertions;
        self.others += other.others;
    }
}

impl Counts {
    /// Directives that failed.
    pub fn failed(self) -> usize {
        self.assertions.failed + self.others.failed
    }
}

/// A directive that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where it starts.
    pub line: usize,
    /// What it says.
    pub directive: String,
    /// What was expected, and what came.
    pub text: String,
}

/// One file of one suite.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// The suite.
    pub suite: Suite,
    /// The file.
    pub name: String,
    /// How its directives ended.
    pub counts: Counts,
    /// Skips by reason.
    pub skips: BTreeMap<Reason, Counts>,
    /// In order.
    pub failures: Vec<Failure>,
}

impl FileReport {
    /// Judges what came of a script as a file of `suite`.
    pub fn new(suite: Suite, name: &str, script: &[Directive], outcomes: &[Outcome]) -> Self {
        let mut report = Self {
            suite,
            name: name.to_owned(),
            counts: Counts::default(),
            skips: BTreeMap::new(),
            failures: Vec::new(),
        };
        for (directive, outcome) in script.iter().zip(outcomes) {
            report.judge(directive, outcome);
        }
        report.check_skips(script);
        report
    }

    /// A file that could not be run at all.
    pub fn broken(suite: Suite, name: &str, text: String) -> Self {
        let mut report = Self::new(suite, name, &[], &[]);
        report.fail(0, "the whole file".into(), text);
        report
    }

    fn fail(&mut self, line: usize, directive: String, text: String) {
        self.counts.others.failed += 1;
        self.failures.push(Failure { line, directive, text });
    }

    fn judge(&mut self, directive: &Directive, outcome: &Outcome) {
        let reason = skips::reason(self.suite, &self.name, directive.line);
        let assertion = directive.kind.is_assertion();
        let mut one = Tally::default();
        match (reason, failure(outcome)) {
            (None, None) => one.passed = 1,
            (Some(reason), _) if reason.excuses(outcome) => {
                one.skipped = 1;
                *self.skips.entry(reason).or_default() += counts(assertion, one);
            }
            (reason, text) => {
                one.failed = 1;
                let text = match (reason, text) {
                    (Some(reason), None) => format!(
                        "it passes, but is skipped ({}): remove the line from skips.rs",
                        reason.name()
                    ),
                    (_, text) => text.unwrap_or_default().to_owned(),
                };
                let directive_text = directive.kind.describe();
                self.failures.push(Failure {
                    line: directive.line,
                    directive: directive_text,
                    text,
                });
            }
        }
        self.counts += counts(assertion, one);
    }

    /// Every line of the skip list must be the line of a directive.
    fn check_skips(&mut self, script: &[Directive]) {
        let here =
            SKIPS.iter().filter(|skips| skips.suite == self.suite && skips.file == self.name);
        let lines = here.flat_map(|skips| skips.lines.iter().copied());
        let known = |line: &usize| script.iter().any(|directive| directive.line == *line);
        for line in lines.filter(|line| !known(line)).collect::<Vec<_>>() {
            self.fail(line, "skips.rs".into(), "no directive starts at this line".into());
        }
    }
}

/// A tally of the right sort.
fn counts(assertion: bool, tally: Tally) -> Counts {
    if assertion {
        Counts { assertions: tally, ..Counts::default() }
    } else {
        Counts { others: tally, ..Counts::default() }
    }
}

/// The text of an outcome that is not a pass.
fn failure(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Passed => None,
        Outcome::Mismatch(text)
        | Outcome::Broken(text)
        | Outcome::Died(text)
        | Outcome::Unlinked(text) => Some(text),
    }
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct Report {
    /// By suite, then by name.
    pub files: Vec<FileReport>,
    /// Whether the programs were optimised.
    pub release: bool,
    /// The compiler's version.
    pub rustc: String,
}

impl Report {
    /// The files of one suite.
    pub fn suite(&self, suite: Suite) -> impl Iterator<Item = &FileReport> {
        self.files.iter().filter(move |file| file.suite == suite)
    }

    /// The sum over files.
    pub fn counts<'f>(files: impl Iterator<Item = &'f FileReport>) -> Counts {
        let mut sum = Counts::default();
        for file in files {
            sum += file.counts;
        }
        sum
    }

    /// The sum over all files.
    pub fn total(&self) -> Counts {
        Self::counts(self.files.iter())
    }

    /// The table by file, then the totals.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{:<34}{:>11}{:>9}{:>8}{:>9}   {}\n",
            "file", "assertions", "passed", "failed", "skipped", "modules and actions"
        );
        for suite in Suite::ALL {
            let files: Vec<_> = self.suite(suite).collect();
            for file in &files {
                row(&mut text, &format!("{suite}/{}", file.name), file.counts);
            }
            if !files.is_empty() {
                row(&mut text, suite.title(), Self::counts(files.into_iter()));
            }
        }
        let total = self.total();
        let _ = writeln!(text, "\n{}", sentence("assertions", total.assertions));
        let _ = writeln!(text, "{}", sentence("modules and actions", total.others));
        text
    }

    /// The failures, a line each.
    pub fn failures(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            for Failure { line, directive, text: what } in &file.failures {
                let _ = writeln!(text, "{}/{}:{line}: {directive}: {what}", file.suite, file.name);
            }
        }
        text
    }
}

fn row(text: &mut String, name: &str, counts: Counts) {
    let Tally { passed, failed, skipped } = counts.assertions;
    let total = counts.assertions.total();
    let _ = write!(text, "{name:<34}{total:>11}{passed:>9}{failed:>8}{skipped:>9}   ");
    let Tally { passed, failed, skipped } = counts.others;
    let _ = writeln!(text, "{passed} passed, {failed} failed, {skipped} skipped");
}

fn sentence(what: &str, tally: Tally) -> String {
    let Tally { passed, failed, skipped } = tally;
    format!("{passed} passed, {failed} failed, {skipped} skipped ({what})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::script::{Input, Kind};

    /// What becomes of one directive of `elem.wast` with this line and outcome.
    fn judged(line: usize, outcome: Outcome) -> (Tally, Option<String>) {
        let kind = Kind::AssertInvalid(Input::Text(Vec::new()), String::new());
        let script = [Directive { line, kind }];
        let report = FileReport::new(Suite::V1, "elem.wast", &script, &[outcome]);
        (report.counts.assertions, report.failures.first().map(|failure| failure.text.clone()))
    }

    #[test]
    fn a_skip_needs_its_line_and_its_reason() {
        const LISTED: usize = 366;
        let unlinked = || Outcome::Unlinked("a".into());
        assert_eq!(judged(LISTED, unlinked()).0.skipped, 1);
        assert_eq!(judged(LISTED, Outcome::Mismatch("a".into())).0.skipped, 1);
        assert_eq!(judged(LISTED, Outcome::Broken("a".into())).0.failed, 1);
        assert_eq!(judged(LISTED, Outcome::Died("a".into())).0.failed, 1);
        assert_eq!(judged(1, unlinked()).0.failed, 1);
        assert_eq!(judged(1, Outcome::Passed).0.passed, 1);
    }

    #[test]
    fn a_skip_that_passes_fails() {
        let (tally, text) = judged(366, Outcome::Passed);
        assert_eq!(tally.failed, 1);
        assert!(text.is_some_and(|text| text.contains("remove the line")));
    }

    #[test]
    fn a_skip_of_a_line_without_a_directive_fails() {
        let report = FileReport::new(Suite::V1, "elem.wast", &[], &[]);
        assert!(report.counts.failed() > 0);
    }
}
