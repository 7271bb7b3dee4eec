//! What compilers take for the output of the translators: rustc for herkos and wasm2rs, clang for wasm2c.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command::{self, Usage};
use crate::peers::{Kind, Peer, WASM2C_DRIVERS};
use crate::programs::Program;
use crate::progress;
use crate::report::Part;
use crate::rustc::Profile;
use crate::stats::median;
use crate::suite::Suite;
use crate::table::{Table, number};

/// A middle-sized module, a large one, and a very large one.
const PROGRAMS: [&str; 3] = ["lua", "zstd", "sqlite"];

const PROFILES: [(&str, Profile); 3] = [
    ("-O3, one unit", Profile::ReleaseOneUnit),
    ("-O3", Profile::Release),
    ("-O0", Profile::Debug),
];

/// One way to compile one program.
struct Job {
    row: String,
    /// Which peer.
    column: usize,
    command: Command,
    file: PathBuf,
    usages: Vec<Usage>,
    /// Bytes of the executable, once it is there.
    size: Option<u64>,
}

/// The seconds, the memory and the size of the executable, each as a table.
pub fn measure(
    suite: &Suite,
    programs: &[Program],
    peers: &[Peer],
    rounds: usize,
) -> Result<Vec<Part>> {
    let peers: Vec<&Peer> = peers.iter().filter(|peer| compiles(&peer.kind)).collect();
    let mut jobs = Vec::new();
    for program in programs.iter().filter(|program| PROGRAMS.contains(&program.name.as_str())) {
        let module = suite.module(program)?;
        for (profile_name, profile) in PROFILES {
            for (column, peer) in peers.iter().enumerate() {
                let place = suite.place("build", &program.name).join(&peer.name);
                let file = place.join("program");
                if let Some(command) = job(suite, peer, &module, &place, profile, &file)? {
                    let row = format!("{} {profile_name}", program.name);
                    jobs.push(Job { row, column, command, file, usages: Vec::new(), size: None });
                }
            }
        }
    }
    for round in 1..=rounds {
        for job in &mut jobs {
            let what = format!("{}, {}", job.row, peers[job.column].name);
            progress::show(format_args!("compiling, round {round} of {rounds}: {what}"));
            match command::measured(&job.command) {
                Ok(usage) => job.usages.push(usage),
                Err(error) => {
                    progress::clear();
                    eprintln!("{what}: {error:#}");
                }
            }
            job.size = job.file.metadata().ok().map(|metadata| metadata.len());
        }
    }
    progress::clear();
    let middle =
        |job: &Job, of: fn(&Usage) -> f64| median(&job.usages.iter().map(of).collect::<Vec<_>>());
    let part = |heading: &str, value: &dyn Fn(&Job) -> Option<f64>, places| {
        let mut table = Table::new("program");
        peers.iter().for_each(|peer| table.column(&peer.name));
        let mut rows: Vec<&str> = jobs.iter().map(|job| job.row.as_str()).collect();
        rows.dedup();
        for row in rows {
            let mut cells = vec![number(None, 0); peers.len()];
            for job in jobs.iter().filter(|job| job.row == row) {
                cells[job.column] = number(value(job), places);
            }
            table.row(row, cells);
        }
        Part::new(heading, table)
    };
    Ok(vec![
        part("User seconds", &|job| middle(job, |usage| usage.user_seconds), 2),
        part("Peak memory, MB", &|job| middle(job, |usage| usage.peak_bytes as f64 / 1e6), 0),
        part(
            "Size of the stripped executable, kB",
            &|job| job.size.map(|size| size as f64 / 1e3),
            0,
        ),
    ])
}

fn compiles(kind: &Kind) -> bool {
    match kind {
        Kind::Wasm2c(_) | Kind::Wasm2rs(_) | Kind::Herkos(_) => true,
        #[cfg(feature = "wasmtime")]
        Kind::Wasmtime(_) => false,
        Kind::Native => false,
    }
}

/// The command that makes `file`. clang has no units, so it has one row less.
fn job(
    suite: &Suite,
    peer: &Peer,
    module: &Path,
    place: &Path,
    profile: Profile,
    file: &Path,
) -> Result<Option<Command>> {
    let strip = "-Cstrip=symbols";
    Ok(match &peer.kind {
        Kind::Wasm2c(wasm2c) => {
            let level = match profile {
                Profile::ReleaseOneUnit => return Ok(None),
                Profile::Release => "-O3",
                Profile::Debug => "-O0",
            };
            let c = wasm2c.translate(module, place)?;
            let mut clang = Command::new(&suite.clang);
            clang.arg(level).args(wasm2c.arguments(suite, &c));
            clang.args(WASM2C_DRIVERS.map(|name| suite.driver(name)));
            clang.args(["-lm", "-pthread", "-s", "-o"]).arg(file);
            Some(clang)
        }
        Kind::Wasm2rs(wasm2rs) => {
            let main = wasm2rs.sources(suite, module, place)?;
            let mut rustc = wasm2rs.rustc(&main, profile, file);
            rustc.arg(strip);
            Some(rustc)
        }
        Kind::Herkos(herkos) => {
            let main = herkos.sources(suite, module, place, "herkos.rs")?;
            let mut rustc = herkos.rustc(&main, profile, file)?;
            rustc.arg(strip);
            Some(rustc)
        }
        _ => None,
    })
}
