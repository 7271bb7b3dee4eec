//! Modules where a macro stands.
#![forbid(unsafe_code)]
#![deny(warnings)]

use herkos_runtime::{IsolatedMemory, Module, PAGE_SIZE, WasmResult};

mod adder {
    herkos_macros::include_wasm!("adder.wat");
}

mod with_options {
    herkos_macros::include_wasm!(
        "tests/adder.wat",
        by_name = true,
        lent = true,
        max_pages = 1,
        stack_budget = 65_536,
    );
}

#[test]
fn a_module_stands_where_the_macro_does() -> WasmResult<()> {
    let mut instance = adder::Instance::new()?;
    assert_eq!(instance.add(2, 40)?, 42);
    let memory: &mut IsolatedMemory = instance.memory_mut();
    assert_eq!(memory.max_pages(), 2);
    Ok(())
}

#[test]
fn options_reach_the_translation() -> WasmResult<()> {
    let mut buffer = [0; PAGE_SIZE];
    let instance = with_options::Instance::new(&mut buffer)?;
    assert_eq!(instance.memory().max_pages(), 1);
    let names: Vec<&str> =
        with_options::Instance::EXPORTS.iter().map(|export| export.name).collect();
    assert_eq!(names, ["memory", "add"]);
    Ok(())
}
