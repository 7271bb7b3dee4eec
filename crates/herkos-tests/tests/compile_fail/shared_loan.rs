//! Two instances can't work on one memory at the same time.

mod library {
    herkos_macros::include_wasm!("library.wat");
}

fn both<H: library::Env>(
    one: &mut library::Instance<H>,
    two: &mut library::Instance<H>,
    memory: &mut library::Memory,
) {
    let mut first = || one.run(memory, 0);
    let mut second = || two.run(memory, 0);
    let _ = (first(), second());
}

fn main() {}
