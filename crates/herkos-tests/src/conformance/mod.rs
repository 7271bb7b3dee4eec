//! herkos against the official testsuite.
//!
//! script → plan (transpile, link) → glue → compile → process → outcome → report. Each step has
//! its file; [`run`] does them all for every file that [`Options`] select.

pub mod compile;
pub mod docs;
pub mod driver;
pub mod glue;
pub mod link;
pub mod outcome;
pub mod plan;
pub mod process;
pub mod report;
pub mod script;
pub mod suite;
pub mod unite;
pub mod value;

mod check;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use herkos::{Config, Optimization};

use compile::Compiler;
use outcome::Outcome;
use report::{FileReport, Report};
use script::Directive;
use suite::{File, Suite};

/// Stack of the threads that transpile, in bytes: what a main thread has.
const STACK: usize = 8 << 20;

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The suites.
    pub suites: Vec<Suite>,
    /// Only the files whose name contains this.
    pub file: Option<String>,
    /// Whether rustc optimises the programs.
    pub release: bool,
    /// Optimisations to leave out.
    pub without: Vec<Optimization>,
    /// Whether to say on standard error which file is done, and how long it took.
    pub verbose: bool,
}

impl Options {
    /// All of both suites, without optimisation and with all of rustc's checks.
    pub fn all() -> Self {
        Self {
            suites: Suite::ALL.to_vec(),
            file: None,
            release: false,
            without: Vec::new(),
            verbose: false,
        }
    }

    fn selects(&self, file: &File) -> bool {
        self.file.as_ref().is_none_or(|part| file.name.contains(part))
            && file.suites.iter().any(|suite| self.suites.contains(suite))
    }
}

/// Runs what the options select.
pub fn run(options: &Options) -> Result<Report> {
    let compiler = Compiler::new(&cache_directory()?, options.release)?.with_config(
        options.without.iter().fold(Config::new(), |config, pass| config.without(*pass)),
    );
    let mut files = suite::files();
    files.retain(|file| options.selects(file));
    // The longest first, so that no thread is left alone with it at the end.
    files.sort_by_key(|file| std::cmp::Reverse(file.text.len()));
    let mut files = run_files(&compiler, &files, options)?;
    files.retain(|file| options.suites.contains(&file.suite));
    files.sort_by(|a, b| (a.suite, &a.name).cmp(&(b.suite, &b.name)));
    Ok(Report { files, release: options.release, rustc: compiler.version().to_owned() })
}

/// Runs the files, each thread taking the next when it is done with one.
///
/// These are plain threads, not rayon's: herkos transpiles in a pool of its own, and a thread of
/// one pool that waits for another begins other work on top of its stack.
fn run_files(compiler: &Compiler, files: &[File], options: &Options) -> Result<Vec<FileReport>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let take = || files.get(next.fetch_add(1, Ordering::Relaxed));
        let mut reports = Vec::new();
        while let Some(file) = take() {
            reports.extend(run_file(compiler, file, options));
        }
        reports
    };
    let threads = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        let spawn = |_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let running = (0..threads).map(spawn).collect::<Result<Vec<_>, _>>()?;
        let mut reports = Vec::new();
        for thread in running {
            reports.extend(thread.join().map_err(|_| anyhow!("the runner panicked"))?);
        }
        Ok(reports)
    })
}

/// Runs a file once and judges it for every suite that holds it.
fn run_file(compiler: &Compiler, file: &File, options: &Options) -> Vec<FileReport> {
    let start = Instant::now();
    let ran = run_script(compiler, &file.directory(), file.text);
    let report = |suite: &Suite| match &ran {
        Ok((script, outcomes)) => FileReport::new(*suite, &file.name, script, outcomes),
        Err(error) => FileReport::broken(*suite, &file.name, format!("{error:#}")),
    };
    let reports: Vec<FileReport> = file.suites.iter().map(report).collect();
    if options.verbose {
        let failed = reports.iter().map(|report| report.counts.failed()).max().unwrap_or_default();
        let seconds = start.elapsed().as_secs_f64();
        eprintln!("{:<28} {failed:>5} failed {seconds:>7.1} s", file.directory());
    }
    reports
}

/// Runs one script: its directives, and how each ended. `name` is its program's directory.
pub fn run_script(
    compiler: &Compiler,
    name: &str,
    text: &str,
) -> Result<(Vec<Directive>, Vec<Outcome>)> {
    let script = script::read(text)?;
    let outcomes = check::outcomes(compiler, name, &script)?;
    Ok((script, outcomes))
}

/// The directory for the programs.
pub fn cache_directory() -> Result<PathBuf> {
    Ok(target_directory()?.join("herkos-conformance"))
}

/// Cargo's target directory: the one that this program lies in, as Cargo marks it.
fn target_directory() -> Result<PathBuf> {
    let program = std::env::current_exe().context("this program has no path")?;
    let marked = |dir: &&Path| dir.join("CACHEDIR.TAG").exists();
    let fallback = || Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")).to_owned();
    Ok(program.ancestors().skip(1).find(marked).map_or_else(fallback, Path::to_owned))
}
