//! How long herkos takes, on one thread, for modules from small to very large.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::command::{self, Usage};
use crate::peers::{Herkos, Kind, Peer};
use crate::programs::{self, Program};
use crate::progress;
use crate::report::Part;
use crate::stats::{line, median};
use crate::suite::{Suite, create_parent};
use crate::synthetic;
use crate::table::{Table, number};

/// What the synthetic modules are made of: 1.3 megabytes of code.
const PATTERN: &str = "sqlite";
/// How many copies of it they have.
const COPIES: [u32; 6] = [1, 2, 4, 8, 16, 40];

/// A module to translate.
struct Job {
    name: String,
    file: PathBuf,
    synthetic: bool,
    /// Megabytes of code.
    code: f64,
    functions: u32,
    usages: Vec<Usage>,
    /// Megabytes of Rust.
    rust: f64,
}

/// A table for each herkos.
pub fn measure(
    suite: &Suite,
    programs: &[Program],
    peers: &[Peer],
    rounds: usize,
    quick: bool,
) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for peer in peers {
        if let Kind::Herkos(herkos) = &peer.kind {
            let mut jobs = jobs(suite, programs, if quick { 3 } else { COPIES.len() })?;
            translate(suite, herkos, &mut jobs, rounds)?;
            parts.push(part(&peer.name, &jobs));
        }
    }
    Ok(parts)
}

fn jobs(suite: &Suite, programs: &[Program], sizes: usize) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for program in programs.iter().filter(|program| program.kind == programs::Kind::Real) {
        let file = suite.module(program)?;
        jobs.push(job(&program.name, file, false)?);
    }
    jobs.sort_by(|a, b| a.code.total_cmp(&b.code));
    let pattern = match programs.iter().find(|program| program.name == PATTERN) {
        Some(program) => program.clone(),
        None => programs::load(&suite.root, &[PATTERN.to_owned()])?.remove(0),
    };
    let pattern = command::read(&suite.module(&pattern)?)?;
    for copies in &COPIES[..sizes] {
        let file = suite.place("wasm", "synthetic").join(format!("{copies}.wasm"));
        command::write(&file, synthetic::repeat(&pattern, *copies)?)?;
        jobs.push(job(&format!("{copies} × {PATTERN}"), file, true)?);
    }
    Ok(jobs)
}

fn job(name: &str, file: PathBuf, synthetic: bool) -> Result<Job> {
    let (size, functions) = synthetic::code_size(&command::read(&file)?)?;
    let (name, code) = (name.to_owned(), size as f64 / 1e6);
    Ok(Job { name, file, synthetic, code, functions, usages: Vec::new(), rust: 0.0 })
}

fn translate(suite: &Suite, herkos: &Herkos, jobs: &mut [Job], rounds: usize) -> Result<()> {
    let rust = suite.place("transpile", "out.rs");
    create_parent(&rust)?;
    for round in 1..=rounds {
        for job in &mut *jobs {
            progress::show(format_args!("translating, round {round} of {rounds}: {}", job.name));
            let mut command = herkos.command(&job.file, &rust);
            job.usages.push(command::measured(command.args(["--threads", "1"]))?);
            let metadata = rust.metadata().context("herkos wrote nothing")?;
            job.rust = metadata.len() as f64 / 1e6;
            // Replacing it would be counted to the next one: hundreds of megabytes, perhaps.
            std::fs::remove_file(&rust)
                .with_context(|| format!("can't remove {}", rust.display()))?;
        }
    }
    progress::clear();
    Ok(())
}

fn part(peer: &str, jobs: &[Job]) -> Part {
    let mut table = Table::new("module");
    for heading in ["code, MB", "functions", "CPU s", "MB/s", "peak memory, MB", "Rust, MB"] {
        table.column(heading);
    }
    let seconds = |job: &Job| {
        let all: Vec<_> =
            job.usages.iter().map(|usage| usage.user_seconds + usage.system_seconds).collect();
        median(&all).unwrap_or_default()
    };
    for job in jobs {
        let peak: Vec<_> = job.usages.iter().map(|usage| usage.peak_bytes as f64 / 1e6).collect();
        let cells = vec![
            format!("{:.3}", job.code),
            job.functions.to_string(),
            format!("{:.3}", seconds(job)),
            format!("{:.2}", job.code / seconds(job)),
            number(median(&peak), 0),
            format!("{:.1}", job.rust),
        ];
        table.row(&job.name, cells);
    }
    let points: Vec<_> =
        jobs.iter().filter(|job| job.synthetic).map(|job| (job.code, seconds(job))).collect();
    let mut part = Part::new(peer, table);
    if let (Some((slope, start)), [first, .., last]) = (line(&points), points.as_slice()) {
        part.after = format!(
            "The line of least squares through the synthetic modules: {slope:.3} s for each MB, and {start:.2} s at zero. \
             A megabyte of the largest takes {:.2} times as long as one of the smallest.",
            (last.1 / last.0) / (first.1 / first.0)
        );
    }
    part
}
