//! What lies where in a memory, as far as the module says.
//!
//! Data segments are the module's own; stack and heap are customs of compilers. LLVM's linker names the places by
//! globals, and puts the stack below all data or between data and heap. Nothing of the isolation rests on it.

use super::{Landmark, MemoryMap, Region, RegionKind, SegmentItem, SegmentOffset};
use crate::ir::Expr;
use crate::op::Const;
use crate::wasm::{ConstExpr, ExternKind, GlobalIdx, GlobalSource, MemoryIdx, Module, SegmentMode};
use herkos_runtime::PAGE_SIZE;

/// The globals by which LLVM's linker says what lies where.
const LANDMARKS: [&str; 10] = [
    "__stack_pointer",
    "__stack_low",
    "__stack_high",
    "__global_base",
    "__data_end",
    "__heap_base",
    "__heap_end",
    "__memory_base",
    "__table_base",
    "__tls_base",
];

/// The maps of all memories.
pub(super) fn memory_maps(module: &Module<'_>) -> Vec<MemoryMap> {
    let landmarks = landmarks(module);
    let map = |(index, memory): (u32, &crate::wasm::Memory)| {
        let segments = segments(module, MemoryIdx(index));
        // The linker's names are those of the first memory.
        let landmarks = if index == 0 { landmarks.clone() } else { Vec::new() };
        let size = u64::from(memory.min_pages) * PAGE_SIZE as u64;
        let regions = regions(&segments, &landmarks, size);
        MemoryMap { segments, landmarks, regions }
    };
    (0..).zip(&module.memories).map(map).collect()
}

/// Passive segments belong to whichever memory they are copied to: they are listed with the first.
fn segments(module: &Module<'_>, memory: MemoryIdx) -> Vec<SegmentItem> {
    let mut found = Vec::new();
    for (index, data) in (0..).zip(&module.data) {
        let offset = match &data.mode {
            SegmentMode::Active { target, offset } if *target == memory => {
                match i32_value(offset) {
                    Some(address) => SegmentOffset::At(address),
                    None => SegmentOffset::Computed,
                }
            }
            SegmentMode::Passive if memory == MemoryIdx(0) => SegmentOffset::Passive,
            SegmentMode::Active { .. } | SegmentMode::Passive | SegmentMode::Declared => continue,
        };
        let name = module.data_names.get(&index).map(|name| (*name).to_owned());
        found.push(SegmentItem { index, name, offset, bytes: data.bytes.len() });
    }
    found
}

fn i32_value(init: &ConstExpr) -> Option<u32> {
    match init.exprs.constant(init.root) {
        Some(Const::I32(value)) => Some(value as u32),
        _ => None,
    }
}

/// By the name section first, then by the exports.
fn landmarks(module: &Module<'_>) -> Vec<Landmark> {
    let global = |name: &str| {
        let named = module.global_names.iter().filter(|(_, own)| **own == name);
        let named = named.map(|(index, _)| GlobalIdx(*index)).min();
        let exported = || {
            module.exports.iter().find_map(|export| match export.kind {
                ExternKind::Global(global) if export.name == name => Some(global),
                _ => None,
            })
        };
        // A name section may name what isn't there.
        named.filter(|global| global.index() < module.globals.len()).or_else(exported)
    };
    let landmark = |name: &'static str| {
        let index = global(name)?;
        let item = &module.globals[index.index()];
        let value = match &item.source {
            GlobalSource::Init(init) => match init.exprs.get(init.root) {
                Expr::Const(Const::I32(value)) => Some(*value as u32),
                _ => None,
            },
            GlobalSource::Import(_) => None,
        };
        Some(Landmark { name, global: index.0, mutable: item.mutable, value })
    };
    LANDMARKS.into_iter().filter_map(landmark).collect()
}

fn regions(segments: &[SegmentItem], landmarks: &[Landmark], size: u64) -> Vec<Region> {
    let of = |name: &str| {
        let landmark = landmarks.iter().find(|landmark| landmark.name == name);
        landmark.and_then(|landmark| landmark.value).map(u64::from)
    };
    let placed = segments.iter().filter_map(|segment| match segment.offset {
        SegmentOffset::At(start) if segment.bytes > 0 => {
            Some((u64::from(start), u64::from(start) + segment.bytes as u64))
        }
        _ => None,
    });
    let data = placed.reduce(|all, next| (all.0.min(next.0), all.1.max(next.1)));
    let mut regions = Vec::new();
    let mut region = |kind, start: u64, end: u64| {
        if start < end && end <= size {
            regions.push(Region { kind, start, end });
        }
    };
    if let Some((start, end)) = data {
        region(RegionKind::Data, start, end);
    }
    let (data_start, data_end) = data.unwrap_or((size, 0));
    let (named_end, heap_base) = (of("__data_end"), of("__heap_base"));
    let stack_top = of("__stack_pointer");
    // Where bytes end that are known to be no heap.
    let mut known = data_end;
    if let Some(top) = stack_top {
        if top <= data_start {
            region(RegionKind::Stack, of("__stack_low").unwrap_or(0), top);
            known = known.max(top);
        } else if top >= data_end {
            let bottom = of("__stack_low").or(named_end).filter(|bottom| *bottom >= data_end);
            match bottom {
                Some(bottom) => {
                    region(RegionKind::Zeroed, data_end, bottom);
                    region(RegionKind::Stack, bottom, top);
                }
                None => region(RegionKind::ZeroedAndStack, data_end, top),
            }
            known = top;
        }
    }
    match (heap_base, named_end) {
        (Some(base), _) if base >= known => {
            region(RegionKind::Zeroed, known, base);
            region(RegionKind::Heap, base, size);
        }
        // Of a stack above the data it is known that the heap begins where it does.
        _ if stack_top.is_some_and(|top| top == known && top > data_start) => {
            region(RegionKind::Heap, known, size);
        }
        (_, Some(end)) if end >= known => {
            region(RegionKind::Zeroed, known, end);
            region(RegionKind::Heap, end, size);
        }
        _ if stack_top.is_some() => region(RegionKind::ZeroedAndHeap, known, size),
        _ => region(RegionKind::Rest, known, size),
    }
    regions.sort_unstable_by_key(|region| (region.start, region.end));
    regions
}
