//! What a run found: counts, failures, and the table that shows them.

use std::fmt::Write as _;
use std::ops::AddAssign;

use super::outcome::Outcome;
use super::script::Directive;
use super::suite::Suite;

/// How many directives ended in each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// As the testsuite says.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
}

impl Tally {
    /// All of them.
    pub fn total(self) -> usize {
        self.passed + self.failed
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
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
    /// In order.
    pub failures: Vec<Failure>,
}

impl FileReport {
    /// Judges what came of a script as a file of `suite`.
    pub fn new(suite: Suite, name: &str, script: &[Directive], outcomes: &[Outcome]) -> Self {
        let mut report =
            Self { suite, name: name.to_owned(), counts: Counts::default(), failures: Vec::new() };
        for (directive, outcome) in script.iter().zip(outcomes) {
            report.judge(directive, outcome);
        }
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
        let mut one = Tally::default();
        match failure(outcome) {
            None => one.passed = 1,
            Some(text) => {
                one.failed = 1;
                self.failures.push(Failure {
                    line: directive.line,
                    directive: directive.kind.describe(),
                    text: text.to_owned(),
                });
            }
        }
        self.counts += counts(directive.kind.is_assertion(), one);
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
        Outcome::Mismatch(text) | Outcome::Broken(text) | Outcome::Died(text) => Some(text),
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
            "{:<34}{:>11}{:>9}{:>8}   {}\n",
            "file", "assertions", "passed", "failed", "modules and actions"
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
    let Tally { passed, failed } = counts.assertions;
    let total = counts.assertions.total();
    let _ = write!(text, "{name:<34}{total:>11}{passed:>9}{failed:>8}   ");
    let Tally { passed, failed } = counts.others;
    let _ = writeln!(text, "{passed} passed, {failed} failed");
}

fn sentence(what: &str, tally: Tally) -> String {
    let Tally { passed, failed } = tally;
    format!("{passed} passed, {failed} failed ({what})")
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
    fn what_does_not_pass_fails() {
        assert_eq!(judged(1, Outcome::Passed), (Tally { passed: 1, failed: 0 }, None));
        for outcome in [Outcome::Mismatch, Outcome::Broken, Outcome::Died] {
            let (tally, text) = judged(1, outcome("a".into()));
            assert_eq!((tally.passed, tally.failed, text.as_deref()), (0, 1, Some("a")));
        }
    }
}
