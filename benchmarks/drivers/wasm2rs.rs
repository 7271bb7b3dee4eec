//! The program around a module that wasm2rs translated: takes n, prints what `run(n)` gives and its CPU seconds.
//! INITIALIZE and RUN stand for the names of the exports, which are numbers there.

#[allow(warnings)]
mod guest;

use std::process::ExitCode;

// clock.c
unsafe extern "C" {
    safe fn thread_cpu_seconds() -> f64;
}

const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let n = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || timed(n));
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok((sum, seconds))) => {
            println!("{sum} {seconds:.9}");
            ExitCode::SUCCESS
        }
        _ => ExitCode::FAILURE,
    }
}

fn timed(n: i32) -> (i32, f64) {
    let mut guest = guest::Instance::new();
    guest.INITIALIZE();
    let start = thread_cpu_seconds();
    let sum = guest.RUN(n);
    (sum, thread_cpu_seconds() - start)
}
