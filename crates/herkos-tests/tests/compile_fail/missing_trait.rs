//! A host that lacks a trait.

mod library {
    herkos_macros::include_wasm!("library.wat");
}

struct Host;

fn start(memory: &mut library::Memory) {
    let _ = library::Instance::new(Host, memory);
}

fn main() {}
