//! What is decided about the module's memories before its first function is translated.

use crate::config::{Bounds, Config};
use crate::error::Error;
use crate::wasm::{MAX_MEMORIES, Memory, MemoryIdx, Module};
use herkos_runtime::{MAX_PAGES, PAGE_SIZE, WRAP_SLACK};

/// The most pages that a memory may have for its size to become part of a type: 256 MiB. What a
/// module declares is a stranger's, and an array must stay possible wherever the output is compiled.
pub const MAX_ARRAY_PAGES: u32 = 4096;

/// The most pages that a memory whose addresses wrap may grow to: 1 GiB, all of which is there from
/// the start.
pub const MAX_WRAP_PAGES: u32 = 16_384;

/// How functions get a memory, and what is known of its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryPlan {
    /// The size in pages, if it never changes: the memory is the module's own, and can't grow.
    pub fixed_pages: Option<u32>,
    /// The bytes of the array by which functions get it; none if they get a slice.
    pub array: Option<usize>,
    /// Whether addresses wrap, so that no load or store traps. The array is then a power of two, and
    /// [`WRAP_SLACK`].
    pub wraps: bool,
}

impl MemoryPlan {
    fn new(config: &Config, memory: Memory) -> Result<Self, Error> {
        let wraps = config.bounds == Bounds::Wrap;
        if memory.imported {
            return match wraps {
                true => Err(Error::limit(
                    "the module imports its memory; the bounds policy `wrap` is for memories of the module's own",
                )),
                false => Ok(Self::default()),
            };
        }
        let max = max_pages(config, memory.max_pages);
        let fixed_pages = (memory.min_pages == max).then_some(max);
        if !wraps {
            let array = fixed_pages.filter(|pages| *pages <= MAX_ARRAY_PAGES);
            let array = array.map(|pages| pages as usize * PAGE_SIZE);
            return Ok(Self { fixed_pages, array, wraps });
        }
        if max > MAX_WRAP_PAGES {
            let declared = match memory.max_pages {
                Some(pages) => format!("{pages} pages"),
                None => "none".to_owned(),
            };
            return Err(Error::limit(format!(
                "the bounds policy `wrap` needs a maximum of {MAX_WRAP_PAGES} pages (1 GiB) for the memory, or less; \
                 the module declares {declared}: choose one with --max-pages (`Config::max_pages`)"
            )));
        }
        let bytes = (max as usize * PAGE_SIZE).next_power_of_two();
        Ok(Self { fixed_pages, array: Some(bytes + WRAP_SLACK), wraps })
    }
}

/// The plans for all memories of a module.
#[derive(Clone, Debug, Default)]
pub struct MemoryPlans(Vec<MemoryPlan>);

impl MemoryPlans {
    /// The plans for a module that is within the limits of the options.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] if there are too many memories, several imported ones, or addresses are to
    /// wrap and can't.
    pub fn new(config: &Config, module: &Module<'_>) -> Result<Self, Error> {
        if module.memories.len() > MAX_MEMORIES {
            return Err(Error::limit(format!(
                "{} memories; herkos supports {MAX_MEMORIES}",
                module.memories.len()
            )));
        }
        if module.memories.iter().filter(|memory| memory.imported).count() > 1 {
            return Err(Error::limit(
                "several imported memories: a call can borrow one memory of its caller",
            ));
        }
        let plans = module.memories.iter().map(|memory| MemoryPlan::new(config, *memory));
        Ok(Self(plans.collect::<Result<_, _>>()?))
    }

    /// The plan for a memory.
    pub fn of(&self, memory: MemoryIdx) -> MemoryPlan {
        self.0.get(memory.index()).copied().unwrap_or_default()
    }
}

/// The maximum that a memory really gets, in pages.
pub fn max_pages(config: &Config, declared: Option<u32>) -> u32 {
    declared.unwrap_or(MAX_PAGES).min(config.max_pages)
}
