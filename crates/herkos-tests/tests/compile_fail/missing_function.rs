//! A host that lacks a function of a trait.

mod library {
    herkos_macros::include_wasm!("library.wat");
}

struct Host;

impl library::Env for Host {}

fn main() {}
