//! Modules that failed once, each with the setup and the calls that made it fail.
//!
//! `corpora/regressions/NAME.wat` begins with comments, one an option line and one for each call:
//!
//! ```text
//! ;; setup --opt-level 0 --without counted
//! ;; call x72756e i32:00000001
//! ```

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::guest::Call;
use super::setup::Setup;
use crate::corpus;

/// A module that failed once.
#[derive(Clone, Debug)]
pub struct Regression {
    /// The file's name without its extension.
    pub name: String,
    /// What it failed with.
    pub setup: Setup,
    /// The module.
    pub wasm: Vec<u8>,
    /// The calls.
    pub calls: Vec<Call>,
}

/// Where they are.
pub fn directory() -> PathBuf {
    corpus::root().join("regressions")
}

/// Writes a module, its setup and its calls to a directory.
///
/// # Errors
///
/// If that fails.
pub fn save(dir: &Path, name: &str, setup: &Setup, calls: &[Call], wasm: &[u8]) -> Result<()> {
    fs::create_dir_all(dir)?;
    let mut text = format!(";; setup {setup}\n");
    for call in calls {
        let _ = writeln!(text, ";; {}", call.line());
    }
    text.push_str(&wasmprinter::print_bytes(wasm)?);
    fs::write(dir.join(format!("{name}.wat")), text)?;
    Ok(())
}

/// All that are kept, by name.
///
/// # Errors
///
/// If one can't be read.
pub fn all() -> Result<Vec<Regression>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wat") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| load(path).with_context(|| path.display().to_string())).collect()
}

/// One of them.
///
/// # Errors
///
/// If it can't be read.
pub fn load(path: &Path) -> Result<Regression> {
    let text = fs::read_to_string(path)?;
    let comments = || text.lines().map_while(|line| line.strip_prefix(";; "));
    let setup = comments().find_map(|line| line.strip_prefix("setup ")).context("no setup")?;
    Ok(Regression {
        name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        setup: Setup::parse(setup)?,
        calls: comments().filter_map(Call::parse).collect(),
        wasm: wat::parse_str(&text)?,
    })
}
