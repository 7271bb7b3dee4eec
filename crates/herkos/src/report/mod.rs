//! A module as evidence: all that herkos knows of what it may do, for whoever has to decide whether to trust it.

mod calls;
mod map;

use crate::back::Backend;
use crate::checks::{CheckCounts, Checks, checks};
use crate::error::Error;
use crate::interface::Interface;
use crate::pass::Facts;
use crate::wasm::{DefinedFunc, ExternKind, FuncIdx, Module};
use calls::Calls;
use herkos_runtime::ValType;
use wasmparser::FunctionBody;

/// What a module may do, from [`Config::report`](crate::Config::report).
///
/// It is an upper bound: calls that never happen count if the code has them, and an indirect call counts as one of
/// every function of its type that can be in a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The version of herkos that made the report.
    pub herkos: &'static str,
    /// What the module asks for and what it offers.
    pub interface: Interface,
    /// The bounds checks of its loads and stores.
    pub checks: Checks,
    /// What is in each memory.
    pub memory_maps: Vec<MemoryMap>,
    /// The functions that it defines, by index.
    pub functions: Vec<FunctionItem>,
    /// For each type that is called indirectly, what such a call can reach.
    pub indirect: Vec<IndirectItem>,
    /// What it can call or set of its host, and from where.
    pub capabilities: Vec<Capability>,
    /// How deep its calls can go.
    pub stack: StackReport,
}

/// What is in a memory.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MemoryMap {
    /// The data segments that are copied into it when the module is instantiated; with the first memory also those
    /// that the module copies later.
    pub segments: Vec<SegmentItem>,
    /// The globals by which LLVM's linker says what lies where, as far as they are exported or named.
    pub landmarks: Vec<Landmark>,
    /// What lies where at first, by address. All but the data is what compilers use to do; nothing of the isolation
    /// rests on it.
    pub regions: Vec<Region>,
}

/// A data segment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SegmentItem {
    /// Its index.
    pub index: u32,
    /// Its name, from the name section.
    pub name: Option<String>,
    /// Where it is copied to.
    pub offset: SegmentOffset,
    /// Its size.
    pub bytes: usize,
}

/// Where a data segment is copied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentOffset {
    /// To this address.
    At(u32),
    /// To an address that an imported global decides.
    Computed,
    /// Nowhere, until the module does so.
    Passive,
}

/// A global by which a linker says what lies where.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Landmark {
    /// Its name.
    pub name: &'static str,
    /// Its index.
    pub global: u32,
    /// Whether the module can change it.
    pub mutable: bool,
    /// Its first value, if that is a constant.
    pub value: Option<u32>,
}

/// A range of addresses, by what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// What is there.
    pub kind: RegionKind,
    /// Its first byte.
    pub start: u64,
    /// The byte behind its last one.
    pub end: u64,
}

/// What a range of addresses is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegionKind {
    /// From the first data segment to the last.
    Data,
    /// Data that is zero at first.
    Zeroed,
    /// The stack of C, C++ or Rust in the memory.
    Stack,
    /// The heap.
    Heap,
    /// Data that is zero at first, and above it the stack.
    ZeroedAndStack,
    /// Data that is zero at first, and above it the heap.
    ZeroedAndHeap,
    /// Unknown.
    Rest,
}

impl RegionKind {
    /// The kind in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Zeroed => "zeroed data",
            Self::Stack => "stack",
            Self::Heap => "heap",
            Self::ZeroedAndStack => "zeroed data and stack",
            Self::ZeroedAndHeap => "zeroed data and heap",
            Self::Rest => "not known",
        }
    }
}

/// A function that the module defines.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FunctionItem {
    /// Its index.
    pub index: u32,
    /// Its name, from the name section.
    pub name: Option<String>,
    /// The names by which it is exported.
    pub exports: Vec<String>,
    /// Whether it is in the output: called, exported, started or referred to.
    pub used: bool,
    /// Bytes of its body.
    pub code_bytes: usize,
    /// Bytes of its parameters and locals. What rustc makes of them is not known: registers, or more than that.
    pub local_bytes: u64,
    /// Whether it can call itself, directly or through others, and so checks the stack.
    pub recursive: bool,
    /// The most frames that it and what it calls can have at a time; none if it can reach a recursive function, or is
    /// not used.
    pub depth: Option<u32>,
    /// The functions that it calls, by index.
    pub calls: Vec<u32>,
    /// What it calls indirectly, as positions in [`Report::indirect`].
    pub calls_indirect: Vec<usize>,
    /// Its loads and stores.
    pub checks: CheckCounts,
}

/// The indirect calls of a type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IndirectItem {
    /// Parameter types.
    pub params: Vec<ValType>,
    /// Result types.
    pub results: Vec<ValType>,
    /// The functions of that type that can be in a table, by index.
    pub functions: Vec<u32>,
}

/// Something of the host's that the module can call, or a global that it can read and write at any time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Capability {
    /// Its position in [`Interface::imports`].
    pub import: usize,
    /// The function's index; none for a global.
    pub function: Option<u32>,
    /// The functions of the module that can reach it, by index.
    pub functions: Vec<Reach>,
    /// From where the host can make that happen.
    pub exports: Vec<ExportReach>,
    /// A shortest path to it from one of them.
    pub path: Option<CallPath>,
}

/// A function that can reach a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Its index.
    pub function: u32,
    /// What it calls on a shortest path: another function of the list, or the capability; none if it is itself what
    /// uses a global.
    pub next: Option<u32>,
    /// Whether that is an indirect call.
    pub indirect: bool,
    /// The calls on that path.
    pub calls: u32,
}

/// From where the host enters a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// An export, by its position in [`Interface::exports`].
    Export(usize),
    /// The start function, when the module is instantiated.
    Start,
}

/// An entry from which a capability can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportReach {
    /// The entry.
    pub root: Root,
    /// The function behind it, by index.
    pub function: u32,
    /// The calls on a shortest path from that function to the capability.
    pub calls: u32,
}

/// A chain of calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPath {
    /// Where it begins.
    pub root: Root,
    /// The functions on it, from that behind the root on.
    pub steps: Vec<Step>,
}

/// A function on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its index.
    pub function: u32,
    /// Whether it is called indirectly.
    pub indirect: bool,
}

/// How deep a module's calls can go.
///
/// What is counted are frames of the module's own functions. How many bytes they take is rustc's affair, and no stable
/// rustc tells: see `docs/inspect.md`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StackReport {
    /// Functions that can call themselves, directly or through others. Each checks the stack against the budget.
    pub recursive: usize,
    /// Whether there are indirect calls. They count as calls of every function that can be in a table.
    pub indirect_calls: bool,
    /// The most frames that a call from outside can have at a time; none if it can reach a recursive function: then
    /// the budget is the bound.
    pub worst_depth: Option<u32>,
    /// A path that deep.
    pub worst_path: Option<CallPath>,
    /// Bytes of the parameters and locals on that path.
    pub worst_path_local_bytes: Option<u64>,
    /// With recursion: the most calls that can follow one another after a check before the next one.
    pub calls_between_checks: Option<u32>,
}

/// How deep the calls of a module can go.
pub(crate) fn stack(facts: &Facts<'_>) -> StackReport {
    let calls = Calls::new(facts);
    calls.stack(&calls.depths(), &locals(facts.module))
}

/// Puts the report of a module together.
pub(crate) fn report(facts: &Facts<'_>) -> Result<Report, Error> {
    let module = facts.module;
    let calls = Calls::new(facts);
    let capabilities = calls.capabilities()?;
    let checks = checks(facts)?;
    let depths = calls.depths();
    let locals = locals(module);
    // Positions of the types that are called indirectly among those that are listed.
    let indirect = calls.indirect();
    let mut listed = 0;
    let positions: Vec<usize> = (indirect.iter())
        .map(|list| {
            listed += usize::from(list.is_some());
            listed - usize::from(list.is_some())
        })
        .collect();
    let mut exports = vec![Vec::new(); module.funcs.len()];
    for export in &module.exports {
        if let ExternKind::Func(func) = export.kind {
            exports[func.index()].push(export.name.to_owned());
        }
    }
    let mut counts = checks.functions.iter().peekable();
    let function = |(defined, body): (usize, &FunctionBody<'_>)| {
        let index = module.func_idx(DefinedFunc(defined as u32)).0;
        let node = index as usize;
        let (direct, by_type): (Vec<u32>, Vec<u32>) =
            calls.callees[node].iter().partition(|callee| (**callee as usize) < module.funcs.len());
        FunctionItem {
            index,
            name: module.func_names.get(&index).map(|name| (*name).to_owned()),
            exports: std::mem::take(&mut exports[node]),
            used: facts.effects.reachable[defined],
            code_bytes: (body.range().end - body.range().start) as usize,
            local_bytes: locals[defined],
            recursive: calls.is_recursive(index),
            depth: depths.frames[node].filter(|_| facts.effects.reachable[defined]),
            calls: direct,
            calls_indirect: by_type
                .iter()
                .map(|sig| positions[*sig as usize - module.funcs.len()])
                .collect(),
            checks: counts
                .next_if(|function| function.index == index)
                .map(|function| function.counts)
                .unwrap_or_default(),
        }
    };
    let functions = module.bodies.iter().enumerate().map(function).collect();
    let indirect = module.sigs.iter().zip(indirect).filter_map(|(sig, functions)| {
        let (params, results) = (sig.params.clone(), sig.results.clone());
        functions.map(|functions| IndirectItem { params, results, functions })
    });
    Ok(Report {
        herkos: env!("CARGO_PKG_VERSION"),
        interface: Backend::new(facts).interface(),
        memory_maps: map::memory_maps(module),
        functions,
        indirect: indirect.collect(),
        capabilities,
        stack: calls.stack(&depths, &locals),
        checks,
    })
}

/// Bytes of the parameters and locals of each function that the module defines.
fn locals(module: &Module<'_>) -> Vec<u64> {
    let bodies = (0..).map(DefinedFunc).zip(&module.bodies);
    bodies.map(|(index, body)| local_bytes(module, index, body)).collect()
}

/// Bytes of a function's parameters and locals; a reference has four.
fn local_bytes(module: &Module<'_>, index: DefinedFunc, body: &FunctionBody<'_>) -> u64 {
    let own = |ty: ValType| match ty {
        ValType::I32 | ValType::F32 | ValType::FuncRef | ValType::ExternRef => 4,
        ValType::I64 | ValType::F64 => 8,
    };
    let func: FuncIdx = module.func_idx(index);
    let params: u64 = module.sig(func).params.iter().map(|ty| own(*ty)).sum();
    let locals = body.get_locals_reader().into_iter().flatten().filter_map(Result::ok);
    let locals = locals.map(|(count, ty)| match ty {
        wasmparser::ValType::I64 | wasmparser::ValType::F64 => 8 * u64::from(count),
        _ => 4 * u64::from(count),
    });
    params + locals.sum::<u64>()
}
