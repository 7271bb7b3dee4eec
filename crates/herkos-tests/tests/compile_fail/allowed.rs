//! What is allowed: the owner lends its memory for a call, again and again, and goes on.

use herkos_runtime::WasmResult;

mod owner {
    herkos_macros::include_wasm!("owner.wat");
}

mod library {
    herkos_macros::include_wasm!("library.wat");
}

#[derive(Default)]
struct Host(Vec<i32>);

impl library::Env for Host {
    fn log(&mut self, memory: &mut library::Memory, value: i32) -> WasmResult<()> {
        self.0.push(value);
        memory.write(0, &[2])
    }
}

fn main() -> WasmResult<()> {
    let mut owner = owner::Instance::new()?;
    let mut library = library::Instance::new(Host::default(), owner.memory_mut())?;
    for _ in 0..2 {
        library.run(owner.memory_mut(), 0)?;
        assert_eq!(owner.next()?, 16);
    }
    assert_eq!(library.host().0, [0, 2]);
    Ok(())
}
