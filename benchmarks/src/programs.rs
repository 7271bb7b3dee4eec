//! The programs to run, from programs/manifest.toml.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;

use crate::command;

/// The two kinds of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One file of our own.
    Kernel,
    /// A library that people use, and a file of ours that gives it work.
    Real,
}

/// A program in C with a function `int run(int n)`.
#[derive(Clone, Debug)]
pub struct Program {
    pub name: String,
    pub kind: Kind,
    /// The work of one run.
    pub n: i32,
    /// Arguments for the compiler: flags and directories of headers.
    pub flags: Vec<String>,
    pub sources: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    kernel: Vec<Entry>,
    real: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    n: i32,
    #[serde(default)]
    flags: Vec<String>,
    /// A directory of ours whose headers come before the library's.
    config: Option<String>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    sources: Vec<String>,
}

/// All programs below `root`, or those whose names are in `only`.
pub fn load(root: &Path, only: &[String]) -> Result<Vec<Program>> {
    let path = root.join("programs/manifest.toml");
    let text = command::read_text(&path)?;
    let manifest: Manifest =
        toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let known: Vec<&str> =
        manifest.kernel.iter().chain(&manifest.real).map(|entry| entry.name.as_str()).collect();
    if let Some(name) = only.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no program {name}; there are {}", known.join(", "));
    }
    let wanted = |entry: &&Entry| only.is_empty() || only.contains(&entry.name);
    let mut programs = Vec::new();
    for entry in manifest.kernel.iter().filter(wanted) {
        programs.push(kernel(&root.join("programs/kernels"), entry));
    }
    let real: Vec<&Entry> = manifest.real.iter().filter(wanted).collect();
    if !real.is_empty() {
        let crates = crate_directories(root)?;
        for entry in real {
            let program = library(&root.join("programs/real"), entry, &crates);
            programs.push(program.with_context(|| format!("program {}", entry.name))?);
        }
    }
    Ok(programs)
}

fn kernel(dir: &Path, entry: &Entry) -> Program {
    Program {
        name: entry.name.clone(),
        kind: Kind::Kernel,
        n: entry.n,
        flags: entry.flags.clone(),
        sources: vec![dir.join(format!("{}.c", entry.name))],
    }
}

fn library(dir: &Path, entry: &Entry, crates: &HashMap<String, PathBuf>) -> Result<Program> {
    let mut flags = vec!["-DNDEBUG".to_owned(), "-Wno-everything".to_owned()];
    let mut include = |path: PathBuf| flags.push(format!("-I{}", path.display()));
    include(dir.to_owned());
    if let Some(config) = &entry.config {
        include(dir.join(config));
    }
    for path in &entry.include {
        include(in_crate(path, crates)?);
    }
    flags.extend(entry.flags.iter().cloned());
    let mut sources = vec![dir.join(format!("{}.c", entry.name))];
    for pattern in entry.sources.iter().flat_map(|pattern| expand_braces(pattern)) {
        sources.extend(expand_star(&in_crate(&pattern, crates)?)?);
    }
    let (name, n) = (entry.name.clone(), entry.n);
    Ok(Program { name, kind: Kind::Real, n, flags, sources })
}

/// Where Cargo has put each crate that sources/Cargo.toml names. Fetches them if need be.
fn crate_directories(root: &Path) -> Result<HashMap<String, PathBuf>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        manifest_path: PathBuf,
    }
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--quiet", "--locked", "--format-version=1", "--manifest-path"]);
    let text = command::output(cargo.arg(root.join("sources/Cargo.toml")))?;
    let metadata: Metadata =
        serde_json::from_str(&text).context("can't read the output of cargo metadata")?;
    let directory =
        |package: Package| Some((package.name, package.manifest_path.parent()?.to_owned()));
    Ok(metadata.packages.into_iter().filter_map(directory).collect())
}

/// A path whose first part is the name of a crate.
fn in_crate(path: &str, crates: &HashMap<String, PathBuf>) -> Result<PathBuf> {
    let (name, rest) = path.split_once('/').ok_or_else(|| anyhow!("{path} has no crate"))?;
    let dir = crates.get(name).ok_or_else(|| anyhow!("sources/Cargo.toml has no {name}"))?;
    Ok(dir.join(rest))
}

/// `a/{b,c}.d` as `a/b.d` and `a/c.d`.
fn expand_braces(pattern: &str) -> Vec<String> {
    let braces = pattern.split_once('{').and_then(|(before, rest)| {
        let (choices, after) = rest.split_once('}')?;
        Some((before, choices, after))
    });
    match braces {
        None => vec![pattern.to_owned()],
        Some((before, choices, after)) => choices
            .split(',')
            .flat_map(|choice| expand_braces(&format!("{before}{choice}{after}")))
            .collect(),
    }
}

/// `dir/*.c` as the files in `dir` that end so, sorted; anything else as itself.
fn expand_star(path: &Path) -> Result<Vec<PathBuf>> {
    let ending =
        path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix('*'));
    let (Some(ending), Some(dir)) = (ending, path.parent()) else {
        return Ok(vec![path.to_owned()]);
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("can't read {}", dir.display()))? {
        let entry = entry.with_context(|| format!("can't read {}", dir.display()))?;
        if entry.file_name().to_string_lossy().ends_with(ending) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_expand_as_in_a_shell() {
        assert_eq!(expand_braces("a/b.c"), ["a/b.c"]);
        assert_eq!(expand_braces("a/{b,c}.d"), ["a/b.d", "a/c.d"]);
        assert_eq!(expand_braces("{a,b}/{c,d}"), ["a/c", "a/d", "b/c", "b/d"]);
    }

    #[test]
    fn each_kernel_of_the_manifest_has_a_file_and_each_file_an_entry() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(root.join("programs/manifest.toml")).unwrap();
        let manifest: Manifest = toml::from_str(&text).unwrap();
        let mut names: Vec<_> =
            manifest.kernel.iter().map(|entry| format!("{}.c", entry.name)).collect();
        names.sort();
        let files = expand_star(&root.join("programs/kernels/*.c")).unwrap();
        let files: Vec<_> =
            files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, files);
    }
}
