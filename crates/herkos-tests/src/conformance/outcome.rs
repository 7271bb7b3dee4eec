//! How a directive ended.

/// How a directive ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the testsuite says.
    Passed,
    /// It ran, and gave something else: the text has the expected value and ours.
    Mismatch(String),
    /// It could not be carried out: a module was rejected, by herkos or by rustc, or a command
    /// was not understood.
    Broken(String),
    /// The process died or hung.
    Died(String),
}
