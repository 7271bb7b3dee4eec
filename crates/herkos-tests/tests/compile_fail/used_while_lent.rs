//! An instance can't be used while its memory is lent.

mod owner {
    herkos_macros::include_wasm!("owner.wat");
}

fn main() -> herkos_runtime::WasmResult<()> {
    let mut instance = owner::Instance::new()?;
    let bytes = instance.memory_mut().slice_mut(0, 4)?;
    let at = instance.next()?;
    bytes[0] = at as u8;
    Ok(())
}
