//! Faults planted in the translator and the runtime, one at a time, to see whether the tests find them.
//!
//! What differs in the text of the output alone does not count: snapshots are no part of this.

mod faults;

pub use faults::FAULTS;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

/// A fault.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// What is wrong then.
    pub name: &'static str,
    /// The file, below `crates/`.
    pub file: &'static str,
    /// The text that stands there once.
    pub right: &'static str,
    /// What it becomes.
    pub wrong: &'static str,
    /// The tests that should find it, and soonest.
    pub first: Suite,
}

/// A part of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// The runtime's own.
    Runtime,
    /// The translator's unit tests.
    Unit,
    /// A file of the official testsuite.
    Conformance(&'static str),
    /// Random loops against an interpreter.
    Walks,
    /// Random programs against an interpreter.
    Random,
    /// Options, limits, hosts and odd shapes.
    Output,
    /// C programs.
    CAbi,
    /// Random modules against another engine.
    Differential,
    /// What hosts get.
    Embedding,
    /// Fuel, interruption, sizes, the stack.
    Limits,
}

impl Suite {
    /// All parts, the cheapest first.
    const ALL: [Self; 10] = [
        Self::Runtime,
        Self::Unit,
        Self::Walks,
        Self::Output,
        Self::CAbi,
        Self::Embedding,
        Self::Limits,
        Self::Random,
        Self::Differential,
        Self::Conformance(""),
    ];

    /// What `cargo` is told to do.
    fn arguments(self) -> Vec<&'static str> {
        match self {
            Self::Runtime => vec!["test", "-p", "herkos-runtime"],
            Self::Unit => vec!["test", "-p", "herkos", "--lib"],
            Self::Conformance(file) => {
                vec!["run", "-p", "herkos-tests", "--bin", "conformance", "--", "--file", file]
            }
            Self::Walks => vec!["test", "-p", "herkos-tests", "--test", "walks"],
            Self::Random => vec!["test", "-p", "herkos-tests", "--test", "random"],
            Self::CAbi => vec!["test", "-p", "herkos-tests", "--test", "c_abi"],
            Self::Embedding => vec!["test", "-p", "herkos-tests", "--test", "embedding"],
            Self::Limits => vec!["test", "-p", "herkos-tests", "--test", "limits"],
            Self::Output => vec!["test", "-p", "herkos-tests", "--test", "output"],
            Self::Differential => vec!["test", "-p", "herkos-tests", "--test", "differential"],
        }
    }
}

impl Fault {
    /// The file's text with the fault.
    ///
    /// # Errors
    ///
    /// If the right text does not stand in it exactly once.
    pub fn plant(&self, text: &str) -> Result<String> {
        let count = text.matches(self.right).count();
        ensure!(count == 1, "{}: {}: the text stands there {count} times", self.name, self.file);
        Ok(text.replacen(self.right, self.wrong, 1))
    }
}

/// What became of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// These tests failed.
    By(String),
    /// Nothing failed.
    Survived,
}

/// The directory of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A copy of the workspace to plant faults in.
pub struct Field {
    dir: PathBuf,
    target: PathBuf,
}

impl Field {
    /// Copies the workspace to `dir`. What is compiled goes to `target`.
    ///
    /// # Errors
    ///
    /// If it can't be copied.
    pub fn new(dir: &Path, target: &Path) -> Result<Self> {
        if dir.exists() {
            fs::remove_dir_all(dir)?;
        }
        fs::create_dir_all(dir)?;
        let from = workspace();
        for name in ["Cargo.toml", "Cargo.lock", "README.md", "crates", "examples", "docs"] {
            copy(&from.join(name), &dir.join(name))?;
        }
        Ok(Self { dir: dir.to_owned(), target: target.to_owned() })
    }

    /// Plants a fault, runs tests until one fails, and takes the fault out again.
    ///
    /// # Errors
    ///
    /// If the fault's place is not found, or cargo can't be run.
    pub fn try_fault(&self, fault: &Fault) -> Result<Found> {
        let path = self.dir.join("crates").join(fault.file);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        fs::write(&path, fault.plant(&text)?)?;
        let found = self.find(fault);
        fs::write(&path, text)?;
        found
    }

    fn find(&self, fault: &Fault) -> Result<Found> {
        let package = fault.file.split('/').next().unwrap_or_default();
        ensure!(self.cargo(&["build", "-p", package])?, "{} does not compile", fault.name);
        let rest = Suite::ALL.into_iter().filter(|suite| *suite != fault.first);
        for suite in std::iter::once(fault.first).chain(rest) {
            if !self.cargo(&suite.arguments())? {
                return Ok(Found::By(format!("cargo {}", suite.arguments().join(" "))));
            }
        }
        Ok(Found::Survived)
    }

    /// That the tests which faults name first pass without one.
    ///
    /// # Errors
    ///
    /// If they don't.
    pub fn is_sound(&self, faults: &[Fault]) -> Result<()> {
        let mut commands: Vec<_> = faults.iter().map(|fault| fault.first.arguments()).collect();
        commands.sort_unstable();
        commands.dedup();
        for arguments in commands {
            let sound = self.cargo(&arguments)?;
            ensure!(sound, "cargo {} fails without a fault", arguments.join(" "));
        }
        Ok(())
    }

    /// Whether a command succeeds. That it can't be carried out is an error.
    fn cargo(&self, arguments: &[&str]) -> Result<bool> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(arguments)
            .current_dir(&self.dir)
            .env("CARGO_TARGET_DIR", &self.target)
            // There is nothing to debug, and a lot to link.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .stdin(Stdio::null())
            .output()?;
        let text = String::from_utf8_lossy(&output.stderr);
        for broken in ["No space left on device", "error: could not compile `herkos"] {
            ensure!(!text.contains(broken), "cargo {}: {broken}", arguments.join(" "));
        }
        Ok(output.status.success())
    }
}

/// Plants faults, and says what became of each; how many were found.
///
/// # Errors
///
/// As for [`Field::try_fault`].
pub fn run(field: &Field, faults: &[Fault]) -> Result<usize> {
    let mut found = 0;
    for fault in faults {
        let start = Instant::now();
        let what = match field.try_fault(fault)? {
            Found::By(command) => {
                found += 1;
                format!("found by `{command}`")
            }
            Found::Survived => "SURVIVED".to_owned(),
        };
        println!("{}: {what} ({:.0} s)", fault.name, start.elapsed().as_secs_f64());
    }
    Ok(found)
}

/// Copies a file, or a directory with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else {
        fs::copy(from, to).with_context(|| from.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_place() -> Result<()> {
        ensure!(FAULTS.len() >= 25);
        for fault in FAULTS {
            let text = fs::read_to_string(workspace().join("crates").join(fault.file))?;
            let planted = fault.plant(&text)?;
            ensure!(planted != text, "{} changes nothing", fault.name);
        }
        Ok(())
    }
}
