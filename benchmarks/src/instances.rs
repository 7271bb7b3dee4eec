//! What an instance costs: of a module with a memory of 1 MiB and no start function, without and with 64 KiB of data.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::peers::{Kind, Peer};
use crate::rustc::Profile;
use crate::stats::median;
use crate::suite::Suite;
use crate::table::{Table, number};

const MEMORY: &str = "-Wl,-z,stack-size=65536,--initial-memory=1048576";
const MODULES: [(&str, &str, &[&str]); 2] = [
    ("touch", "1 MiB of memory", &[MEMORY]),
    ("touch-data", "1 MiB of memory, 64 KiB of data", &[MEMORY, "-DDATA"]),
];

/// What was measured of one module and peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Microseconds to make an instance.
    pub make: f64,
    /// Microseconds to make an instance, call a function of it, and drop it.
    pub life: f64,
    /// Bytes of resident memory for each of many instances that have been called once.
    pub bytes: f64,
}

/// The costs of each module with each peer that knows how.
pub fn measure(suite: &Suite, peers: &[Peer], rounds: usize, count: usize) -> Result<Table> {
    let mut table = Table::new("module, peer");
    for heading in ["make, µs", "make, call, drop, µs", "resident, KiB"] {
        table.column(heading);
    }
    for (name, about, flags) in MODULES {
        let module = suite.driver_module("touch.c", name, "touch", flags)?;
        let mut costs = vec![Vec::new(); peers.len()];
        for _ in 0..rounds {
            for (peer, costs) in peers.iter().zip(&mut costs) {
                costs.extend(cost(suite, peer, name, &module, count)?);
            }
        }
        for (peer, costs) in peers.iter().zip(costs).filter(|(_, costs)| !costs.is_empty()) {
            let middle = |of: fn(&Cost) -> f64| median(&costs.iter().map(of).collect::<Vec<_>>());
            let cells = vec![
                number(middle(|cost| cost.make), 2),
                number(middle(|cost| cost.life), 2),
                number(middle(|cost| cost.bytes / 1024.0), 1),
            ];
            table.row(&format!("{about}: {}", peer.name), cells);
        }
    }
    Ok(table)
}

/// What `count` instances cost. `None` if the peer can make but one.
fn cost(
    suite: &Suite,
    peer: &Peer,
    name: &str,
    module: &Path,
    count: usize,
) -> Result<Option<Cost>> {
    match &peer.kind {
        Kind::Herkos(herkos) => {
            let place = suite.place(&peer.name, name);
            let main = herkos.sources(suite, module, &place, "herkos-instances.rs")?;
            let program = herkos.make(&main, Profile::Release)?;
            parse(&command::output(Command::new(&program).arg(count.to_string()))?).map(Some)
        }
        #[cfg(feature = "wasmtime")]
        Kind::Wasmtime(wasmtime) => wasmtime.instances(module, count).map(Some),
        Kind::Native | Kind::Wasm2c(_) | Kind::Wasm2rs(_) => Ok(None),
    }
}

/// What the driver for herkos prints.
fn parse(text: &str) -> Result<Cost> {
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let mut next = || numbers.next().context("too few numbers")?.context("not a number");
    Ok(Cost { make: next()?, life: next()?, bytes: next()? })
}

/// How much memory this process has.
#[cfg(feature = "wasmtime")]
pub fn resident_bytes() -> Result<f64> {
    let text = command::read_text(Path::new("/proc/self/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:")).context("no Rss")?;
    let kilobytes: f64 = line.split_whitespace().next().context("no number")?.parse()?;
    Ok(kilobytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_three_numbers() {
        let cost = parse("1.5 2 4096\n").unwrap();
        assert_eq!(cost, Cost { make: 1.5, life: 2.0, bytes: 4096.0 });
        assert!(parse("1 2").is_err());
        assert!(parse("1 2 x").is_err());
    }
}
