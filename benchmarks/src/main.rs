//! The benchmarks of herkos. See README.md.

#![forbid(unsafe_code)]

mod args;
mod calls;
mod command;
mod compile;
mod instances;
mod machine;
mod peers;
mod programs;
mod progress;
mod report;
mod run;
mod rustc;
mod stats;
mod suite;
mod svg;
mod synthetic;
mod table;
mod transpile;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Args, Section};
use peers::Found;
use programs::Program;
use report::{Part, Report};
use suite::Suite;
use table::Table;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1).peekable();
    let result = match words.next_if(|word| word == command::MEASURE) {
        Some(_) => command::measure(words).map(|()| true),
        None => measure(&Args::parse()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what is asked for, prints it, and writes it. Whether all was well.
fn measure(args: &Args) -> Result<bool> {
    let suite = Suite::new(args)?;
    let mut programs = programs::load(&suite.root, &args.only)?;
    if args.quick {
        programs.iter_mut().for_each(|program| program.n = (program.n / 4).max(1));
    }
    let found = peers::find(args, &suite)?;
    let mut report = Report::default();
    let mut good = true;
    for section in &args.sections {
        if let Err(error) = measure_one(*section, args, &suite, &programs, &found, &mut report) {
            eprintln!("error: {section:?}: {error:#}");
            good = false;
        }
    }
    good &= report.run.as_ref().is_none_or(|run| !run.failed);
    match &args.output {
        Some(dir) => write(dir, args, &found, &report)?,
        None if args.is_full() && good => {
            write(&suite.root.join("../docs"), args, &found, &report)?
        }
        None => eprintln!("wrote no report: --output DIR writes one of a part, too"),
    }
    Ok(good)
}

/// Measures one section and prints it.
fn measure_one(
    section: Section,
    args: &Args,
    suite: &Suite,
    programs: &[Program],
    found: &Found,
    report: &mut Report,
) -> Result<()> {
    let (peers, rounds) = (&found.peers, args.rounds());
    match section {
        Section::Run => {
            let results = run::measure(suite, programs, peers, rounds)?;
            show("Ratios of CPU time", &results.ratios());
            results.problems.iter().for_each(|problem| eprintln!("{problem}"));
            report.run = Some(results);
        }
        Section::Build => {
            report.build = compile::measure(suite, programs, peers, args.build_rounds())?;
            show_parts("Compilers", &report.build);
        }
        Section::Transpile => {
            let few = args.few_rounds();
            report.transpile = transpile::measure(suite, programs, peers, few, args.quick)?;
            show_parts("Translation", &report.transpile);
        }
        Section::Calls => {
            let table = calls::measure(suite, peers, rounds, args.quick)?;
            show("Calls", &table);
            report.calls = Some(table);
        }
        Section::Instances => {
            let count = if args.quick { 100 } else { 1000 };
            let table = instances::measure(suite, peers, rounds, count)?;
            show("Instances", &table);
            report.instances = Some(table);
        }
    }
    Ok(())
}

fn show(heading: &str, table: &Table) {
    println!("{heading}\n\n{}", table.text());
}

fn show_parts(heading: &str, parts: &[Part]) {
    for part in parts {
        show(&format!("{heading}: {}", part.heading), &part.table);
        if !part.after.is_empty() {
            println!("{}\n", part.after);
        }
    }
}

/// Writes the report to a directory.
fn write(dir: &Path, args: &Args, found: &Found, report: &Report) -> Result<()> {
    command::write(&dir.join("benchmarks.md"), report.markdown(args, found))?;
    if let Some(picture) = report.svg() {
        command::write(&dir.join("benchmarks.svg"), picture)?;
    }
    Ok(())
}
