//! A crate of translated modules around a `main` of the test's own, compiled and run.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use herkos::native::{CompileJob, CrateType, Profile, Rustc};
use herkos::{Config, Interface, Output};

/// Modules, each translated to a file, and the directory that they are in.
#[derive(Debug)]
pub struct Crate {
    dir: PathBuf,
    root: String,
}

impl Crate {
    /// An empty crate in `dir`, which is kept for a look at what was generated.
    ///
    /// # Errors
    ///
    /// If the directory can't be created.
    pub fn new(dir: PathBuf) -> Result<Self> {
        fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
        let root = "#![forbid(unsafe_code)]\n\n".to_owned();
        Ok(Self { dir, root })
    }

    /// Translates a module, text or binary, to the Rust module `name`.
    ///
    /// # Errors
    ///
    /// If herkos rejects it, or its output can't be written.
    pub fn module(&mut self, name: &str, config: &Config, input: &[u8]) -> Result<Interface> {
        let output = config.transpile(input).with_context(|| format!("module {name}"))?;
        self.add(name, output)
    }

    /// Adds what modules that are linked become.
    ///
    /// # Errors
    ///
    /// If herkos can't link them, or the output can't be written.
    pub fn linked(
        &mut self,
        name: &str,
        config: &Config,
        modules: &[(&str, &[u8])],
    ) -> Result<Interface> {
        let output = config.link(modules).with_context(|| format!("modules of {name}"))?;
        self.add(name, output)
    }

    fn add(&mut self, name: &str, output: Output) -> Result<Interface> {
        fs::write(self.dir.join(format!("{name}.rs")), output.source)?;
        writeln!(self.root, "mod {name};")?;
        Ok(output.interface)
    }

    /// Compiles the crate with `main`, the rest of its text, to an executable.
    ///
    /// # Errors
    ///
    /// If rustc can't be found or rejects the crate.
    pub fn compile(&self, main: &str, profile: &Profile, extra: &[&str]) -> Result<PathBuf> {
        let source = self.dir.join("main.rs");
        fs::write(&source, format!("{}\n{main}", self.root))?;
        let rustc = Rustc::find()?;
        let executable = self.dir.join(format!("program{}", std::env::consts::EXE_SUFFIX));
        let runtimes = self.dir.parent().unwrap_or(&self.dir).join("runtime");
        let extra: Vec<OsString> = extra.iter().map(OsString::from).collect();
        rustc.compile(&CompileJob {
            source: &source,
            output: &executable,
            crate_type: CrateType::Bin,
            crate_name: "program",
            profile,
            runtime: &rustc.runtime(&runtimes, profile)?,
            extra: &extra,
        })?;
        Ok(executable)
    }

    /// Compiles and runs the crate; what it prints.
    ///
    /// # Errors
    ///
    /// As for [`Self::compile`], or if it does not exit with success.
    pub fn run(&self, main: &str, profile: &Profile, extra: &[&str]) -> Result<String> {
        output(&self.compile(main, profile, extra)?)
    }
}

fn output(executable: &Path) -> Result<String> {
    let output = Command::new(executable)
        .stdin(Stdio::null())
        .output()
        .with_context(|| executable.display().to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{}: {text}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text)
}
