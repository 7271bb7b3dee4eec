//! An instance that owns its memory can't be given another's.

mod owner {
    herkos_macros::include_wasm!("owner.wat");
}

fn main() -> herkos_runtime::WasmResult<()> {
    let mut one = owner::Instance::new()?;
    let two = owner::Instance::new(one.memory_mut())?;
    one.memory = two.memory;
    Ok(())
}
