//! What a fuzzer gives bytes to: see `fuzz/` at the top of the repository. A test gives each target the inputs that are
//! kept there, and changes of them.

mod input;
mod link;
mod log;
mod output;
mod replay;
mod report;
mod scopes;
mod tokens;
mod translate;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

pub use link::link;
pub use log::Run;
pub use output::{output, same_but_for_names};
pub use replay::{Options, Summary, replay};
pub use report::report;
pub use translate::translate;

/// Takes any bytes. What it finds is an error, or a panic.
pub type Target = fn(&[u8]) -> Result<Outcome>;

/// What became of bytes in which nothing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They say nothing that could be tried.
    Nothing,
    /// herkos refuses what they say.
    Refused,
    /// herkos has an output for it, and that holds.
    Accepted,
}

/// Every target, by name.
pub const TARGETS: [(&str, Target); 4] =
    [("translate", translate), ("output", output), ("link", link), ("report", report)];

/// The inputs that are kept for a target.
///
/// # Errors
///
/// If they can't be read.
pub fn seeds(target: &str) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut found = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        found.push((path, bytes));
    }
    found.sort();
    Ok(found)
}
