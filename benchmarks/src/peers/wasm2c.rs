//! wabt's translator to C, and clang. Memory is checked by guard pages and a signal handler, or in software.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Kind;
use crate::command;
use crate::suite::{CLANG_OPT, Suite, create_parent};

/// Where distributions put the sources of the runtime.
const RUNTIME_DIRS: [&str; 3] =
    ["/usr/share/wabt/wasm2c", "/usr/local/share/wabt/wasm2c", "/usr/src/wasm2c"];

/// Without guard pages wasm2c counts calls, and stops at 500 unless told otherwise.
const CHECKS: [&str; 2] =
    ["-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0", "-DWASM_RT_MAX_CALL_STACK_DEPTH=1000000000"];

/// The driver that runs a program.
pub const DRIVERS: [&str; 3] = ["main.c", "clock.c", "wasm2c.c"];

/// wasm2c with one of its ways to check.
pub struct Wasm2c {
    checks: bool,
    runtime: PathBuf,
}

impl Wasm2c {
    pub fn find(checks: bool) -> Result<(String, Kind)> {
        const HINT: &str = "Debian has it in the package `wabt`";
        let version = command::version(Path::new("wasm2c"), "--version").context(HINT)?;
        let mut dirs = RUNTIME_DIRS.iter().map(PathBuf::from);
        let Some(runtime) = dirs.find(|dir| dir.join("wasm-rt-impl.c").is_file()) else {
            bail!("no wasm-rt-impl.c in {}: {HINT}", RUNTIME_DIRS.join(" or "));
        };
        let how = if checks { "bounds checked in software" } else { "guard pages" };
        let about = format!("wabt {version}, then clang `{CLANG_OPT}`; {how}");
        Ok((about, Kind::Wasm2c(Self { checks, runtime })))
    }

    /// The executable of a module and files of drivers/ that call it.
    pub fn program(
        &self,
        suite: &Suite,
        module: &Path,
        place: &Path,
        drivers: &[&str],
        flags: &[&str],
    ) -> Result<PathBuf> {
        let c = self.translate(module, place)?;
        let mut clang = suite.clang();
        clang.args(self.arguments(suite, &c)).args(flags);
        let inputs = vec![c.clone(), c.with_extension("h"), suite.driver("wasm2c-trap.h")];
        suite.link(place, &mut clang, drivers, inputs)
    }

    /// The module as C: guest.c, beside guest.h.
    pub fn translate(&self, module: &Path, place: &Path) -> Result<PathBuf> {
        let c = place.join("guest.c");
        create_parent(&c)?;
        let mut wasm2c = Command::new("wasm2c");
        wasm2c.arg(module).args(["--module-name", "guest", "--output"]).arg(&c);
        command::make(&c, &mut wasm2c, &[module.to_owned()])?;
        Ok(c)
    }

    /// What clang needs to compile the translated module and the runtime.
    pub fn arguments(&self, suite: &Suite, c: &Path) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["-w".into(), "-I".into()];
        arguments.extend([
            c.parent().unwrap_or(c).into(),
            "-I".into(),
            self.runtime.clone().into(),
        ]);
        arguments.extend(["-include".into(), suite.driver("wasm2c-trap.h").into()]);
        if self.checks {
            arguments.extend(CHECKS.map(OsString::from));
        }
        arguments.extend([c.into(), self.runtime.join("wasm-rt-impl.c").into()]);
        arguments
    }
}
