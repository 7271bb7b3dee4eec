//! Compiles a generated program, unless nothing changed since the last time.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use herkos::Config;
use herkos::native::{CompileJob, CrateType, NativeError, Profile, Rustc};
use sha2::{Digest, Sha256};

use super::glue::{self, SourceFile};
use super::plan::Module;

/// The compiler, its settings, and where the programs go.
pub struct Compiler {
    rustc: Rustc,
    profile: Profile,
    /// The runtime's rlib.
    runtime: PathBuf,
    /// The directory that holds a directory for every program.
    root: PathBuf,
    extra: Vec<OsString>,
    config: Config,
    /// Locked as long as this lives: two runs at once would overwrite each other's programs.
    _lock: fs::File,
}

/// A compiled program.
pub struct Program {
    /// The executable; `None` if there was nothing to compile, or nothing compiled.
    pub executable: Option<PathBuf>,
    /// The modules that rustc rejected, by slot, with its first message.
    pub rejected: HashMap<usize, String>,
}

/// What rustc says to a program.
type Compiled = Result<(), NativeError>;

impl Compiler {
    /// Finds rustc and compiles the runtime. Programs go below `root`.
    pub fn new(root: &Path, release: bool) -> Result<Self> {
        let rustc = Rustc::find()?;
        let (profile, name) =
            if release { (Profile::release(), "release") } else { (Profile::debug(), "debug") };
        let root = root.join(name);
        fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
        let lock = fs::File::create(root.join("lock"))?;
        lock.lock().with_context(|| format!("cannot lock {}", root.display()))?;
        let runtime = rustc.runtime(&root.join("runtime"), &profile)?;
        // One line a message, so that many modules' faults fit in what is kept of them. Debug
        // information would double the time that linking takes.
        let extra = ["--error-format=short", "-Cdebuginfo=0", "-Ccodegen-units=4"];
        let extra = extra.map(OsString::from).to_vec();
        let config = Config::new();
        Ok(Self { rustc, profile, runtime, root, extra, config, _lock: lock })
    }

    /// Sets the options of the translation.
    #[must_use]
    pub fn with_config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// The options of the translation.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The compiler's version.
    pub fn version(&self) -> &str {
        self.rustc.version()
    }

    /// Compiles `modules` into the program `name`. A module that rustc rejects is left out, so
    /// that the others can be tested.
    pub fn program(&self, name: &str, modules: &[Module]) -> Result<Program> {
        let dir = self.root.join(name);
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let mut rejected = HashMap::new();
        loop {
            let kept: Vec<&Module> =
                modules.iter().filter(|module| !rejected.contains_key(&module.slot)).collect();
            if kept.is_empty() {
                return Ok(Program { executable: None, rejected });
            }
            let (executable, compiled) = self.compile(&dir, &kept)?;
            let Err(error) = compiled else {
                return Ok(Program { executable: Some(executable), rejected });
            };
            let mut culprits = culprits(&error.to_string(), &kept);
            if culprits.is_empty() {
                culprits = self.search(&dir, &kept)?;
            }
            if culprits.is_empty() {
                culprits = kept.iter().map(|module| (module.slot, first_lines(&error))).collect();
            }
            rejected.extend(culprits);
        }
    }

    /// The modules that rustc rejects when they are alone, for when its messages name none: it
    /// may have crashed.
    fn search(&self, dir: &Path, modules: &[&Module]) -> Result<HashMap<usize, String>> {
        let mut found = HashMap::new();
        for module in modules {
            if let (_, Err(error)) = self.compile(dir, &[module])? {
                found.insert(module.slot, first_lines(&error));
            }
        }
        Ok(found)
    }

    /// The executable of the program of `modules`, and what rustc says to it.
    fn compile(&self, dir: &Path, modules: &[&Module]) -> Result<(PathBuf, Compiled)> {
        let files = glue::program(modules);
        let key = self.key(&files);
        let key_file = dir.join("key");
        let executable = dir.join(format!("program{}", std::env::consts::EXE_SUFFIX));
        if executable.exists() && fs::read_to_string(&key_file).is_ok_and(|old| old == key) {
            return Ok((executable, Ok(())));
        }
        remove_sources(dir)?;
        for (name, text) in &files {
            let path = dir.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let job = CompileJob {
            source: &dir.join("main.rs"),
            output: &executable,
            crate_type: CrateType::Bin,
            crate_name: "program",
            profile: &self.profile,
            runtime: &self.runtime,
            extra: &self.extra,
        };
        let compiled = self.rustc.compile(&job);
        if compiled.is_ok() {
            fs::write(&key_file, key)?;
        }
        Ok((executable, compiled))
    }

    /// What the executable depends on. The runtime's path names its source, compiler and profile.
    fn key(&self, files: &[SourceFile]) -> String {
        let mut hash = Sha256::new();
        let mut feed = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        feed(self.rustc.identity().as_bytes());
        feed(self.runtime.as_os_str().as_encoded_bytes());
        for argument in &self.extra {
            feed(argument.as_encoded_bytes());
        }
        for (name, text) in files {
            feed(name.as_bytes());
            feed(text.as_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Removes the files of an earlier program, which may have had more modules, and its key.
fn remove_sources(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let source = path.extension().is_some_and(|extension| extension == "rs");
        if source || path.file_name().is_some_and(|name| name == "key") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// The modules that rustc's messages name, each with the first message about it.
fn culprits(messages: &str, modules: &[&Module]) -> HashMap<usize, String> {
    let mut found = HashMap::new();
    for line in messages.lines() {
        let Some((path, message)) = line.split_once(".rs:") else {
            continue;
        };
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let Ok(slot) = file.trim_start_matches(['m', 'g']).parse::<usize>() else {
            continue;
        };
        if modules.iter().any(|module| module.slot == slot) {
            found.entry(slot).or_insert_with(|| format!("rustc: {file}.rs:{message}"));
        }
    }
    found
}

fn first_lines(error: &NativeError) -> String {
    let text = error.to_string();
    text.lines().take(5).collect::<Vec<_>>().join("; ")
}
