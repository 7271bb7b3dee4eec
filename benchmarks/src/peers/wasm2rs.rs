//! wasm2rs, another translator to Rust.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use wasmparser::{ExternalKind, Parser, Payload};

use super::Kind;
use crate::command;
use crate::rustc::{self, Job, Profile};
use crate::suite::Suite;

/// wasm2rs and rustc.
pub struct Wasm2rs {
    wasm2rs: PathBuf,
    clock: PathBuf,
}

impl Wasm2rs {
    pub fn find(path: &Path, suite: &Suite) -> Result<(String, Kind)> {
        // It has no option that tells its version.
        Command::new(path).arg("--version").output().with_context(|| {
            format!(
                "can't run {}: `cargo install wasm2rs@0.2.0`, or --wasm2rs PATH",
                path.display()
            )
        })?;
        let about = format!("wasm2rs 0.2, then {}, `-C opt-level=3`", rustc::version()?);
        Ok((about, Kind::Wasm2rs(Self { wasm2rs: path.to_owned(), clock: suite.clock()? })))
    }

    /// The translated module and the program around it, whose main file this gives.
    pub fn sources(&self, suite: &Suite, module: &Path, place: &Path) -> Result<PathBuf> {
        let (main, guest) = (place.join("main.rs"), place.join("guest.rs"));
        let exports = exports(&command::read(module)?)?;
        let mut driver = command::read_text(&suite.driver("wasm2rs.rs"))?;
        for (word, export) in [("INITIALIZE", "_initialize"), ("RUN", "run")] {
            let (_, index) = exports
                .iter()
                .find(|(name, _)| name == export)
                .ok_or_else(|| anyhow!("the module exports no {export}"))?;
            driver = driver.replace(&format!("guest.{word}"), &format!("guest.func{index}"));
        }
        command::write(&main, driver)?;
        let mut wasm2rs = Command::new(&self.wasm2rs);
        command::make(&guest, wasm2rs.arg(module).arg(&guest), &[module.to_owned()])?;
        Ok(main)
    }

    /// The executable of those sources.
    pub fn make(&self, main: &Path, profile: Profile) -> Result<PathBuf> {
        self.job(main, profile).make()
    }

    /// The command that makes `file` of those sources.
    pub fn rustc(&self, main: &Path, profile: Profile, file: &Path) -> Command {
        self.job(main, profile).command(file)
    }

    fn job<'a>(&'a self, main: &'a Path, profile: Profile) -> Job<'a> {
        Job { main, clock: &self.clock, runtime: None, profile, options: &[] }
    }
}

/// The exported functions of a module and their indices.
fn exports(module: &[u8]) -> Result<Vec<(String, u32)>> {
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ExportSection(exports) = payload? {
            for export in exports {
                let export = export?;
                if export.kind == ExternalKind::Func {
                    functions.push((export.name.to_owned(), export.index));
                }
            }
        }
    }
    Ok(functions)
}
