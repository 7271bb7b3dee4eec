//! The ways to run a program that are compared. Each makes a [`Guest`] of a module.

mod herkos;
mod native;
mod wasm2c;
mod wasm2rs;
#[cfg(feature = "wasmtime")]
mod wasmtime;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::args::{Args, Variant};
use crate::command;
use crate::programs::Program;
use crate::rustc::Profile;
use crate::suite::Suite;

pub use herkos::Herkos;
pub use wasm2c::{DRIVERS as WASM2C_DRIVERS, Wasm2c};
pub use wasm2rs::Wasm2rs;
#[cfg(feature = "wasmtime")]
pub use wasmtime::Wasmtime;

/// The column that all others are compared with.
pub const BASELINE: &str = "native";

/// A column of the tables.
pub struct Peer {
    pub name: String,
    /// What it is, with its version.
    pub about: String,
    pub kind: Kind,
}

/// How a peer works.
pub enum Kind {
    Native,
    Wasm2c(Wasm2c),
    #[cfg(feature = "wasmtime")]
    Wasmtime(Wasmtime),
    Wasm2rs(Wasm2rs),
    Herkos(Herkos),
}

/// A program ready to run.
pub enum Guest {
    /// Takes n, prints the sum and the CPU seconds.
    Executable(PathBuf),
    #[cfg(feature = "wasmtime")]
    Wasmtime(wasmtime::Guest),
}

/// What one run gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub sum: i32,
    pub cpu_seconds: f64,
}

impl Peer {
    /// Makes what this peer runs. `module` is the program as WebAssembly.
    pub fn prepare(&self, suite: &Suite, program: &Program, module: &Path) -> Result<Guest> {
        let place = suite.place(&self.name, &program.name);
        match &self.kind {
            Kind::Native => suite.native(program).map(Guest::Executable),
            Kind::Wasm2c(wasm2c) => {
                wasm2c.program(suite, module, &place, &wasm2c::DRIVERS, &[]).map(Guest::Executable)
            }
            #[cfg(feature = "wasmtime")]
            Kind::Wasmtime(wasmtime) => wasmtime.program(module).map(Guest::Wasmtime),
            Kind::Wasm2rs(wasm2rs) => {
                let main = wasm2rs.sources(suite, module, &place)?;
                wasm2rs.make(&main, Profile::Release).map(Guest::Executable)
            }
            Kind::Herkos(herkos) => {
                let main = herkos.sources(suite, module, &place, "herkos.rs")?;
                herkos.make(&main, Profile::Release).map(Guest::Executable)
            }
        }
    }
}

impl Guest {
    /// Runs the program once, in a fresh instance.
    pub fn run(&self, n: i32) -> Result<Sample> {
        match self {
            Self::Executable(file) => {
                let text = command::output(Command::new(file).arg(n.to_string()))?;
                let (sum, seconds) = text.trim().split_once(' ').context("it printed no sample")?;
                Ok(Sample { sum: sum.parse()?, cpu_seconds: seconds.parse()? })
            }
            #[cfg(feature = "wasmtime")]
            Self::Wasmtime(guest) => guest.run(n),
        }
    }
}

/// The columns, and those that are wanted but not there.
pub struct Found {
    pub peers: Vec<Peer>,
    /// Names and reasons.
    pub skipped: Vec<(String, String)>,
}

/// The peers that are wanted and there, in the order of the columns. Says which are missing, and how to get them.
pub fn find(args: &Args, suite: &Suite) -> Result<Found> {
    let found = Found { peers: Vec::new(), skipped: Vec::new() };
    let mut finder = Finder { wanted: &args.peers, known: Vec::new(), found };
    finder.add(BASELINE, || native::find(suite));
    finder.add("wasm2c", || Wasm2c::find(false));
    finder.add("wasm2c-checks", || Wasm2c::find(true));
    #[cfg(feature = "wasmtime")]
    {
        finder.add("wasmtime", || Wasmtime::find(false));
        finder.add("wasmtime-checks", || Wasmtime::find(true));
    }
    #[cfg(not(feature = "wasmtime"))]
    finder.add("wasmtime", || bail!("built without the feature `wasmtime`"));
    finder.add("wasm2rs", || Wasm2rs::find(&args.wasm2rs, suite));
    let mut own = None;
    for variant in [Variant::plain(), Variant::reserve()].iter().chain(&args.variants) {
        if finder.known.contains(&variant.name) {
            bail!("two peers can't both be {}", variant.name);
        }
        finder.add(&variant.name, || Herkos::find(args, variant, suite, &mut own));
    }
    finder.finish()
}

struct Finder<'a> {
    /// Empty for all.
    wanted: &'a [String],
    known: Vec<String>,
    found: Found,
}

impl Finder<'_> {
    fn add(&mut self, name: &str, find: impl FnOnce() -> Result<(String, Kind)>) {
        let name = name.to_owned();
        self.known.push(name.clone());
        if name != BASELINE && !self.wanted.is_empty() && !self.wanted.contains(&name) {
            return;
        }
        match find() {
            Ok((about, kind)) => self.found.peers.push(Peer { name, about, kind }),
            Err(error) => {
                eprintln!("skipped {name}: {error:#}");
                self.found.skipped.push((name, format!("{error:#}")));
            }
        }
    }

    fn finish(self) -> Result<Found> {
        if let Some(name) = self.wanted.iter().find(|name| !self.known.contains(name)) {
            bail!("there is no peer {name}; there are {}", self.known.join(", "));
        }
        if self.found.peers.first().is_none_or(|peer| peer.name != BASELINE) {
            bail!("there is nothing to compare with: {BASELINE} is missing");
        }
        Ok(self.found)
    }
}
