//! What is decided about the module's memory before its first function is translated.

use crate::Config;
use crate::wasm::Module;
use herkos_runtime::{MAX_PAGES, PAGE_SIZE};

/// The most pages that a memory may have for its size to become part of a type: 256 MiB. What a
/// module declares is a stranger's, and an array must stay possible wherever the output is compiled.
pub const MAX_ARRAY_PAGES: u32 = 4096;

/// How functions get the module's memory, and what is known of its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryPlan {
    /// The size in pages, if it never changes: the memory is the module's own, and can't grow.
    pub fixed_pages: Option<u32>,
    /// The bytes of the array by which functions get it; none if they get a slice.
    pub array: Option<usize>,
}

impl MemoryPlan {
    /// The plan for a module that is within the limits of the options.
    pub fn new(config: &Config, module: &Module<'_>) -> Self {
        let Some(memory) = module.memories.first().filter(|memory| !memory.imported) else {
            return Self::default();
        };
        let max = max_pages(config, memory.max_pages);
        let fixed_pages = (memory.min_pages == max).then_some(max);
        let array = fixed_pages.filter(|pages| *pages <= MAX_ARRAY_PAGES);
        Self { fixed_pages, array: array.map(|pages| pages as usize * PAGE_SIZE) }
    }
}

/// The maximum that a memory really gets, in pages.
pub fn max_pages(config: &Config, declared: Option<u32>) -> u32 {
    declared.unwrap_or(MAX_PAGES).min(config.max_pages)
}
