//! Makes COUNT instances one after the other, then COUNT at once. Prints microseconds and bytes: the median time to
//! make one, the median time to make one, call it and drop it, and the memory that each of many takes.

#[allow(dead_code)]
mod guest;

use std::time::Instant;

use guest::Instance;
use herkos_runtime::WasmResult;

fn main() -> WasmResult<()> {
    let count = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let (mut make, mut life) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let start = Instant::now();
        let mut guest = Instance::new()?;
        make.push(start.elapsed().as_secs_f64());
        guest.touch(7)?;
        drop(guest);
        life.push(start.elapsed().as_secs_f64());
    }
    let mut guests = Vec::with_capacity(count);
    let before = resident_bytes();
    for _ in 0..count {
        let mut guest = Instance::new()?;
        guest.touch(7)?;
        guests.push(guest);
    }
    let bytes = (resident_bytes() - before) / count as f64;
    println!("{} {} {bytes}", median(make) * 1e6, median(life) * 1e6);
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn resident_bytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap_or_default();
    let kilobytes = line.split_whitespace().next().and_then(|number| number.parse().ok());
    kilobytes.unwrap_or(0.0_f64) * 1024.0
}
