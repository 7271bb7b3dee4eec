//! From a fuzzer's bytes to options and modules.

use std::borrow::Cow;

use arbitrary::Unstructured;
use herkos::{Bounds, Config, MemoryStorage, Optimization, WasmVersion};

use crate::differential::generate::accepted;

/// How many bytes say which options.
pub const OPTIONS: usize = 3;

/// The options that the first bytes choose, and the bytes that are left.
pub fn options(data: &[u8]) -> Option<(Config, &[u8])> {
    let (&[a, b, c], rest) = data.split_first_chunk::<OPTIONS>()?;
    let is = |byte: u8, bit: u8| byte >> bit & 1 == 1;
    let mut config = Config::new()
        .threads(1)
        .by_name(is(a, 0))
        .trap_offsets(is(a, 1))
        .canonical_nans(is(a, 2))
        .host_impls(is(a, 3))
        .snapshots(is(a, 4));
    if is(a, 5) {
        config = config.fuel(u64::from(c));
    }
    if is(a, 6) {
        config = config.memory(MemoryStorage::Lent);
    }
    if is(a, 7) {
        config = match is(c, 0) {
            true => config.bounds(Bounds::Reserve),
            false => config.bounds(Bounds::Wrap).max_pages(64),
        };
    }
    if is(b, 0) {
        config = config.without(Optimization::Extents);
    }
    if is(b, 1) {
        config = config.without(Optimization::Counted);
    }
    // Both bits together are for `calls_back`.
    if is(b, 5) && !is(b, 6) {
        config = config.without(Optimization::Webs);
    }
    if is(b, 2) {
        config = config.wasm_version(WasmVersion::V1);
    }
    if is(b, 3) {
        config = config.max_elements(100);
    }
    if is(b, 4) && is(a, 6) {
        config = config.memory_bytes(64 * usize::from(c));
    }
    Some((config, rest))
}

/// Whether functions of the host may call back, by the options. Which ones is the target's to say.
pub fn calls_back(data: &[u8]) -> bool {
    // Seldom: most modules do not import what may.
    data.get(1).is_some_and(|byte| byte >> 5 == 7)
}

/// A module: the bytes themselves, or one that they make of wasm-smith's choices.
pub fn module(data: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (kind, rest) = data.split_first()?;
    if kind % 4 != 3 {
        return Some(Cow::Borrowed(rest));
    }
    let config = wasm_smith::Config {
        max_instructions: 400,
        max_funcs: 12,
        max_memory32_bytes: 1 << 20,
        disallow_traps: kind / 4 % 2 == 1,
        ..accepted()
    };
    let made = wasm_smith::Module::new(config, &mut Unstructured::new(rest)).ok()?;
    Some(Cow::Owned(made.to_bytes()))
}
