//! n calls of the export `add`, through a pointer that hides it from the optimiser; prints the sum and CPU seconds.

#[allow(dead_code)]
mod guest;

use std::hint::black_box;

use guest::Instance;
use herkos_runtime::WasmResult;

// clock.c
unsafe extern "C" {
    safe fn thread_cpu_seconds() -> f64;
}

fn main() -> WasmResult<()> {
    let n = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut guest = Instance::new()?;
    let add: fn(&mut Instance, i32, i32) -> WasmResult<i32> = black_box(Instance::add);
    let start = thread_cpu_seconds();
    let mut sum = 0;
    for i in 0..n {
        sum = add(&mut guest, sum, i)?;
    }
    let seconds = thread_cpu_seconds() - start;
    println!("{sum} {seconds:.9}");
    Ok(())
}
