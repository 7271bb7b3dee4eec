//! An instance is `Send` when its host is, and only then.

use herkos_runtime::WasmResult;

mod library {
    herkos_macros::include_wasm!("library.wat");
}

struct Host(*mut u8);

impl library::Env for Host {
    fn log(&mut self, _: &mut library::Memory, _: i32) -> WasmResult<()> {
        Ok(())
    }
}

fn is_send<T: Send>() {}

fn main() {
    is_send::<library::Instance<u8>>();
    is_send::<library::Instance<Host>>();
}
