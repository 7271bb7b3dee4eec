//! A memory is lent for one call: neither a library nor its host can keep it.

use herkos_runtime::WasmResult;

mod library {
    herkos_macros::include_wasm!("library.wat");
}

struct Keeper<'a> {
    kept: Option<&'a mut library::Memory>,
}

impl library::Env for Keeper<'_> {
    fn log(&mut self, memory: &mut library::Memory, _: i32) -> WasmResult<()> {
        self.kept = Some(memory);
        Ok(())
    }
}

fn main() {}
