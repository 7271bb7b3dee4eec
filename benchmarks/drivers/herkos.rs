//! The program around a module that herkos translated: takes n, prints what `run(n)` gives and its CPU seconds.

#[allow(dead_code)]
mod guest;

use std::process::ExitCode;

// clock.c
unsafe extern "C" {
    safe fn thread_cpu_seconds() -> f64;
}

const STACK: usize = 256 << 20;
const GUEST_STACK: usize = 64 << 20;

fn main() -> ExitCode {
    let n = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || timed(n));
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok((sum, seconds)))) => {
            println!("{sum} {seconds:.9}");
            ExitCode::SUCCESS
        }
        Ok(Ok(Err(trap))) => {
            eprintln!("trap: {trap}");
            ExitCode::from(134)
        }
        _ => ExitCode::FAILURE,
    }
}

fn timed(n: i32) -> herkos_runtime::WasmResult<(i32, f64)> {
    let mut guest = guest::Instance::new()?;
    guest.set_stack_budget(GUEST_STACK);
    guest._initialize()?;
    let start = thread_cpu_seconds();
    let sum = guest.run(n)?;
    Ok((sum, thread_cpu_seconds() - start))
}
