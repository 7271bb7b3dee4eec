//! What one call into a module costs: of a function that only adds, through a pointer or from another file, so that
//! no optimiser removes it.

use anyhow::Result;

use crate::peers::{Guest, Kind, Peer};
use crate::rustc::Profile;
use crate::stats::median;
use crate::suite::Suite;
use crate::table::{Table, number};

/// Calls that take about half a second.
const FAST: i32 = 200_000_000;
const SLOW: i32 = 10_000_000;

/// One way to call.
struct Way {
    name: String,
    guest: Guest,
    count: i32,
}

/// Nanoseconds of a call for each peer that knows how.
pub fn measure(suite: &Suite, peers: &[Peer], rounds: usize, quick: bool) -> Result<Table> {
    let module = suite.driver_module("add.c", "add", "add", &[])?;
    let mut ways = Vec::new();
    for peer in peers {
        let place = suite.place(&peer.name, "calls");
        let mut way = |what: &str, guest, count: i32| {
            let name = format!("{}{what}", peer.name);
            ways.push(Way { name, guest, count: if quick { count / 10 } else { count } });
        };
        match &peer.kind {
            Kind::Native => {
                let drivers = ["main.c", "clock.c", "native-calls.c", "add.c"];
                let file = suite.link(&place, &mut suite.clang(), &drivers, Vec::new())?;
                way("", Guest::Executable(file), FAST);
            }
            Kind::Wasm2c(wasm2c) => {
                let drivers = ["main.c", "clock.c", "wasm2c-calls.c"];
                let file = wasm2c.program(suite, &module, &place, &drivers, &[])?;
                way("", Guest::Executable(file), FAST);
                let place = place.join("catching");
                let file = wasm2c.program(suite, &module, &place, &drivers, &["-DCATCH"])?;
                way(", traps caught", Guest::Executable(file), SLOW);
            }
            #[cfg(feature = "wasmtime")]
            Kind::Wasmtime(wasmtime) => {
                way("", Guest::Wasmtime(wasmtime.calls(&module)?), SLOW);
            }
            Kind::Wasm2rs(_) => {}
            Kind::Herkos(herkos) => {
                let main = herkos.sources(suite, &module, &place, "herkos-calls.rs")?;
                way("", Guest::Executable(herkos.make(&main, Profile::Release)?), FAST);
            }
        }
    }
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..rounds {
        for (way, times) in ways.iter().zip(&mut times) {
            times.push(way.guest.run(way.count)?.cpu_seconds * 1e9 / f64::from(way.count));
        }
    }
    let mut table = Table::new("call of `add`");
    table.column("ns");
    for (way, times) in ways.iter().zip(times) {
        table.row(&way.name, vec![number(median(&times), 2)]);
    }
    Ok(table)
}
