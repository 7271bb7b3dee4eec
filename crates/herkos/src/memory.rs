//! What is decided about the module's memories before its first function is translated.

use crate::config::{Bounds, Config, MemoryStorage};
use crate::error::Error;
use crate::op::Const;
use crate::wasm::{LAST_PAGE, MAX_MEMORIES, Memory, MemoryIdx, Module, SegmentMode};
use herkos_runtime::{ADDRESS_SPACE, MAX_PAGES, PAGE_SIZE, WRAP_SLACK};

/// The most bytes that a memory may have for its size to become part of a type: 256 MiB. What a
/// module declares is a stranger's, and an array must stay possible wherever the output is compiled.
const MAX_ARRAY_BYTES: u64 = 256 << 20;

/// The most pages that a memory whose addresses wrap may grow to: 1 GiB, all of which is there from
/// the start.
pub const MAX_WRAP_PAGES: u32 = 16_384;

/// The most bytes from its address on that an access may need where the address space is reserved: 1 GiB. So
/// many more than the address space are reserved.
pub const MAX_RESERVED_EXTENT: u64 = 1 << 30;

/// How functions get a memory, and what is known of its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryPlan {
    /// The bytes that it has at least; of an imported memory nothing is known.
    pub min_bytes: u64,
    /// The maximum that it really gets, in pages.
    pub max_pages: u32,
    /// The bytes that are there, if those are fewer than its pages have: see [`Config::memory_bytes`].
    pub partial: Option<usize>,
    /// The size in pages, if it never changes: the memory is the module's own, and can't grow.
    pub fixed_pages: Option<u32>,
    /// The bytes of the array by which functions get it; none if they get a slice.
    pub array: Option<usize>,
    /// Whether it never has the last page of the address space: no access off an address there is in bounds.
    pub ends_early: bool,
    /// What accesses beyond it do.
    pub bounds: Bounds,
    /// The bytes of the array behind those that addresses name; 0 where accesses trap.
    pub slack: u32,
    /// Whether the host decides how many of its bytes are there: only the memory itself knows its size in pages.
    pub may_be_partial: bool,
}

impl MemoryPlan {
    fn new(
        config: &Config,
        module: &Module<'_>,
        memory: Memory,
        partial: Option<usize>,
    ) -> Result<Self, Error> {
        let declared = memory.max_pages.unwrap_or(memory.min_pages.max(MAX_PAGES - 1));
        let max_pages = match partial {
            Some(_) => memory.min_pages,
            None => declared.min(config.max_pages),
        };
        let bounds = config.bounds;
        if memory.imported {
            if bounds != Bounds::Trap {
                return Err(Error::limit(format!(
                    "the module imports its memory; the bounds policy `{bounds}` is for memories of the module's own",
                )));
            }
            return Ok(Self {
                max_pages,
                may_be_partial: config.memory == MemoryStorage::Lent,
                ..Self::default()
            });
        }
        let plan = Self {
            min_bytes: partial.map_or(memory.bytes(), |bytes| bytes as u64),
            max_pages,
            partial,
            fixed_pages: (memory.min_pages == max_pages).then_some(max_pages),
            ends_early: max_pages < MAX_PAGES,
            bounds,
            ..Self::default()
        };
        let (bytes, slack) = match bounds {
            Bounds::Trap => {
                let is_array = plan.fixed_pages.is_some() && plan.min_bytes <= MAX_ARRAY_BYTES;
                return Ok(Self { array: is_array.then_some(plan.min_bytes as usize), ..plan });
            }
            Bounds::Wrap => (wrapping_bytes(memory, max_pages)?, WRAP_SLACK as u32),
            Bounds::Reserve => (ADDRESS_SPACE, reserved_slack(config, module, plan)?),
        };
        let array = usize::try_from(bytes + u64::from(slack)).map_err(|_| {
            Error::limit("the bounds policy `reserve` needs addresses of 64 bits, here too")
        })?;
        Ok(Self { array: Some(array), slack, ..plan })
    }

    /// Whether an access with this offset is beyond it, whatever its address is, and traps.
    pub fn is_beyond(&self, offset: u32) -> bool {
        u64::from(offset) >= LAST_PAGE && self.ends_early && self.bounds != Bounds::Wrap
    }

    /// Whether a load or store beyond it traps, so that each has to be checked.
    pub fn traps(&self) -> bool {
        self.bounds == Bounds::Trap
    }
}

/// The bytes at whose end addresses wrap.
fn wrapping_bytes(memory: Memory, max_pages: u32) -> Result<u64, Error> {
    if max_pages <= MAX_WRAP_PAGES {
        return Ok((u64::from(max_pages) * PAGE_SIZE as u64).next_power_of_two());
    }
    let declared = match memory.max_pages {
        Some(pages) => format!("{pages} pages"),
        None => "none".to_owned(),
    };
    Err(Error::limit(format!(
        "the bounds policy `wrap` needs a maximum of {MAX_WRAP_PAGES} pages (1 GiB) for the memory, or less; \
         the module declares {declared}: choose one with --max-pages (`Config::max_pages`)"
    )))
}

/// The bytes that accesses need behind the last address: their offsets and widths.
fn reserved_slack(config: &Config, module: &Module<'_>, plan: MemoryPlan) -> Result<u32, Error> {
    if config.memory == MemoryStorage::Lent {
        return Err(Error::limit(
            "the bounds policy `reserve` is for memories on the heap: nobody has more than 4 GiB to lend",
        ));
    }
    // Where accesses that far are beyond the memory, they trap.
    let extents = module.uses.iter().map(|uses| match plan.ends_early {
        true => uses.extent,
        false => uses.extent.max(uses.far_extent),
    });
    let extent = extents.max().unwrap_or(0);
    match u32::try_from(extent.next_multiple_of(PAGE_SIZE as u64)) {
        Ok(slack) if extent <= MAX_RESERVED_EXTENT => Ok(slack.max(PAGE_SIZE as u32)),
        _ => Err(Error::limit(format!(
            "an access reaches {extent} bytes beyond its address, and the bounds policy `reserve` supports \
             {MAX_RESERVED_EXTENT}: choose another one (--bounds, `Config::bounds`)"
        ))),
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
    /// [`Error::Limit`] if there are too many memories, several imported ones, their accesses can't be without
    /// checks and shall be, or the numbers of bytes chosen don't go with the memories.
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
        let mut partial = partial_memories(config, module)?.iter();
        let plans = module.memories.iter().map(|memory| {
            let partial = if memory.imported { None } else { partial.next() };
            MemoryPlan::new(config, module, *memory, partial.copied())
        });
        let plans = Self(plans.collect::<Result<_, _>>()?);
        plans.check_segments(module)?;
        Ok(plans)
    }

    /// Refuses active segments that lie, for all that is known, beyond the bytes that were chosen for their
    /// memory. Those of whole memories trap when the module is instantiated, as the specification says.
    fn check_segments(&self, module: &Module<'_>) -> Result<(), Error> {
        for (index, data) in module.data.iter().enumerate() {
            let SegmentMode::Active { target, offset } = &data.mode else { continue };
            let (Some(bytes), Some(Const::I32(start))) =
                (self.of(*target).partial, offset.exprs.constant(offset.root))
            else {
                continue;
            };
            let end = u64::from(start as u32) + data.bytes.len() as u64;
            if end > bytes as u64 {
                return Err(Error::limit(format!(
                    "data segment {index} ends at byte {end} of memory {}, and {bytes} bytes were chosen for it: \
                     choose more with --memory-bytes (`Config::memory_bytes`)",
                    target.0
                )));
            }
        }
        Ok(())
    }

    /// The plan for a memory.
    pub fn of(&self, memory: MemoryIdx) -> MemoryPlan {
        self.0.get(memory.index()).copied().unwrap_or_default()
    }
}

/// The bytes that were chosen for each of the module's own memories; none if they have all.
fn partial_memories<'a>(config: &'a Config, module: &Module<'_>) -> Result<&'a [usize], Error> {
    let chosen = &config.memory_bytes;
    if chosen.is_empty() {
        return Ok(chosen);
    }
    if config.memory != MemoryStorage::Lent {
        return Err(Error::limit(
            "a number of bytes (--memory-bytes, `Config::memory_bytes`) is for memories that the host lends: add \
             --memory lent (`Config::memory(MemoryStorage::Lent)`)",
        ));
    }
    if config.bounds != Bounds::Trap {
        return Err(Error::limit(format!(
            "the bounds policy `{}` is for memories of whole pages: it does not go with a number of bytes \
             (--memory-bytes, `Config::memory_bytes`)",
            config.bounds
        )));
    }
    let owned = module.owned_memories().count();
    if owned == 0 {
        return Err(Error::limit(
            "a number of bytes (--memory-bytes, `Config::memory_bytes`) is for memories of the module's own, and it \
             has none; for one that it imports, the host decides: `IsolatedMemory::partial_from_buffer`",
        ));
    }
    if chosen.len() != owned {
        return Err(Error::limit(format!(
            "{} numbers of bytes for memories (--memory-bytes, `Config::memory_bytes`), and {owned} memories of the \
             module's own: one is needed for each",
            chosen.len()
        )));
    }
    for (bytes, (index, memory)) in chosen.iter().zip(module.owned_memories()) {
        if *bytes as u64 > memory.bytes() {
            return Err(Error::limit(format!(
                "{bytes} bytes were chosen for memory {}, which declares {}; without a number it has what it declares, \
                 and grows into what is lent to it",
                index.0,
                memory.bytes()
            )));
        }
    }
    Ok(chosen)
}
