//! herkos, as it comes or with options.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;

use super::Kind;
use crate::args::{Args, Variant};
use crate::command;
use crate::rustc::{self, Job, Profile};
use crate::suite::{Suite, create_parent};

/// herkos with certain options, and the runtime it carries, compiled.
pub struct Herkos {
    program: PathBuf,
    /// The source of the runtime, and where to put it compiled.
    runtime: PathBuf,
    runtimes: PathBuf,
    clock: PathBuf,
    variant: Variant,
}

impl Herkos {
    /// `own` is the herkos of this repository once it has been built.
    pub fn find(
        args: &Args,
        variant: &Variant,
        suite: &Suite,
        own: &mut Option<PathBuf>,
    ) -> Result<(String, Kind)> {
        let program = match variant.herkos.as_ref().or(args.herkos.as_ref()).or(own.as_ref()) {
            Some(program) => program.clone(),
            None => own.insert(build(suite)?).clone(),
        };
        let mut version = command::version(&program, "--version")?;
        if own.as_ref() == Some(&program) {
            version += &commit(suite);
        }
        let runtime = unpack_runtime(&program, variant, suite)?;
        let words = [vec![version], variant.words()].concat().join(" ");
        let about = format!("`{words}`, then {}, `-C opt-level=3`", rustc::version()?);
        let herkos = Self {
            program,
            runtime,
            runtimes: suite.work.join("runtime"),
            clock: suite.clock()?,
            variant: variant.clone(),
        };
        // Many will ask for it at once.
        herkos.runtime(Profile::Release)?;
        Ok((about, Kind::Herkos(herkos)))
    }

    /// The translated module and a file of drivers/ that calls it: the path of that. Always anew: herkos may be
    /// another one, and it is fast.
    pub fn sources(
        &self,
        suite: &Suite,
        module: &Path,
        place: &Path,
        driver: &str,
    ) -> Result<PathBuf> {
        let main = place.join("main.rs");
        command::write(&main, command::read(&suite.driver(driver))?)?;
        command::output(&mut self.command(module, &place.join("guest.rs")))?;
        Ok(main)
    }

    /// The executable of those sources.
    pub fn make(&self, main: &Path, profile: Profile) -> Result<PathBuf> {
        self.job(main, &self.runtime(profile)?, profile).make()
    }

    /// The command that makes `file` of those sources.
    pub fn rustc(&self, main: &Path, profile: Profile, file: &Path) -> Result<Command> {
        Ok(self.job(main, &self.runtime(profile)?, profile).command(file))
    }

    fn job<'a>(&'a self, main: &'a Path, runtime: &'a Path, profile: Profile) -> Job<'a> {
        let (clock, options) = (&self.clock, &self.variant.rustc_options);
        Job { main, clock, runtime: Some(runtime), profile, options }
    }

    /// The runtime as a library, in a file of its own for each source and set of options.
    fn runtime(&self, profile: Profile) -> Result<PathBuf> {
        let options = &self.variant.rustc_options;
        let mut hash = DefaultHasher::new();
        (options, profile).hash(&mut hash);
        hash_files(&self.runtime, &mut hash)?;
        let rlib = format!("{:016x}/libherkos_runtime.rlib", hash.finish());
        let rlib = self.runtimes.join(rlib);
        if !rlib.exists() {
            create_parent(&rlib)?;
            rustc::runtime(&self.runtime, &rlib, profile, options)?;
        }
        Ok(rlib)
    }

    /// The command that translates `module`.
    pub fn command(&self, module: &Path, rust: &Path) -> Command {
        let mut herkos = Command::new(&self.program);
        herkos.arg(module).arg("--output").arg(rust).args(&self.variant.options);
        herkos
    }
}

/// Builds the herkos of the repository around this suite.
fn build(suite: &Suite) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
    }
    eprintln!("building herkos");
    let manifest = suite.root.join("../Cargo.toml");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--quiet", "--package=herkos", "--message-format=json"]);
    let text = command::output(cargo.arg("--manifest-path").arg(manifest))?;
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    messages
        .filter_map(|message| message.executable)
        .next_back()
        .ok_or_else(|| anyhow!("cargo built no herkos"))
}

/// Which commit of the repository that is, if it is one.
fn commit(suite: &Suite) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(&suite.root).args(["describe", "--always", "--dirty"]);
    command::output(&mut git).map_or(String::new(), |text| format!(" ({})", text.trim()))
}

/// The source of the runtime that `herkos` carries: `build --keep-sources` unpacks it.
fn unpack_runtime(herkos: &Path, variant: &Variant, suite: &Suite) -> Result<PathBuf> {
    let dir = suite.work.join("runtime").join(&variant.name);
    let module = dir.join("empty.wat");
    command::write(&module, "(module)")?;
    let sources = dir.join("sources");
    if sources.exists() {
        fs::remove_dir_all(&sources)
            .with_context(|| format!("can't remove {}", sources.display()))?;
    }
    let mut build = Command::new(herkos);
    build.arg("build").arg(&module).arg("--output").arg(dir.join("empty"));
    command::output(build.arg("--keep-sources").arg(&sources).env("XDG_CACHE_HOME", &dir))?;
    Ok(sources.join("herkos-runtime/src"))
}

fn hash_files(dir: &Path, hash: &mut DefaultHasher) -> Result<()> {
    let entries = fs::read_dir(dir).with_context(|| format!("can't read {}", dir.display()))?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            hash_files(&path, hash)?;
        } else {
            path.file_name().hash(hash);
            command::read(&path)?.hash(hash);
        }
    }
    Ok(())
}
