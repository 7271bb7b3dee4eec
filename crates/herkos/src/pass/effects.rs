//! What each function can reach through the functions it calls: memory, state, host.
//!
//! A generated function takes exactly the parameters that this analysis finds necessary, so
//! its signature says what it may touch. Indirect calls count as calls of every function
//! that can be in a table with the called type.

use crate::ir::Expr;
use crate::memory::MemoryPlans;
use crate::wasm::{
    DefinedFunc, ExternKind, FuncIdx, GlobalIdx, ImportType, MemoryIdx, MemorySet, Module, SigId,
    Signature, Use, Uses,
};
use herkos_runtime::ValType;
use std::collections::{BTreeSet, HashMap};

/// How a function uses a memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemoryUse {
    /// Not at all.
    #[default]
    None,
    /// It reads and writes, and what it calls does no more.
    Slice,
    /// It can reach `memory.grow` or the host: it needs the memory itself.
    Whole,
}

/// How a function uses each memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUses {
    /// Those that it uses.
    any: MemorySet,
    /// Those of them that it needs whole.
    whole: MemorySet,
}

impl MemoryUses {
    /// Whole use of one memory.
    fn whole(memory: MemoryIdx) -> Self {
        let mut uses = Self::default();
        uses.add(memory, MemoryUse::Whole);
        uses
    }

    fn add(&mut self, memory: MemoryIdx, memory_use: MemoryUse) {
        if memory_use != MemoryUse::None {
            self.any.insert(memory);
        }
        if memory_use == MemoryUse::Whole {
            self.whole.insert(memory);
        }
    }

    fn join(&mut self, other: Self) {
        self.any = self.any.union(other.any);
        self.whole = self.whole.union(other.whole);
    }

    /// How a memory is used.
    pub fn of(self, memory: MemoryIdx) -> MemoryUse {
        match (self.any.contains(memory), self.whole.contains(memory)) {
            (_, true) => MemoryUse::Whole,
            (true, false) => MemoryUse::Slice,
            (false, false) => MemoryUse::None,
        }
    }

    /// The memories that are used, in order, and how.
    pub fn iter(self) -> impl Iterator<Item = (MemoryIdx, MemoryUse)> {
        self.any.iter().map(move |memory| (memory, self.of(memory)))
    }

    /// The memories that are used by their bytes alone.
    pub fn slices(self) -> MemorySet {
        self.any.without(self.whole)
    }

    /// The memories that are needed whole.
    pub fn wholes(self) -> MemorySet {
        self.whole
    }
}

/// A set of capability traits, by their position in [`Effects::traits`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraitSet(u64);

impl TraitSet {
    /// From this position on, traits are not told apart: reaching one is reaching all.
    const SHARED: usize = 63;

    fn one(index: usize) -> Self {
        if index >= Self::SHARED { Self(u64::MAX) } else { Self(1 << index) }
    }

    /// Whether the trait is in the set.
    pub fn contains(self, index: usize) -> bool {
        self.0 & Self::one(index.min(Self::SHARED - 1)).0 != 0
            && (index < Self::SHARED || self.0 == u64::MAX)
    }

    /// Whether the set is not told apart from that of all traits.
    pub fn is_all(self) -> bool {
        self.0 == u64::MAX
    }

    /// Whether no trait is.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What a function needs from its caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The memories.
    pub memories: MemoryUses,
    /// Globals, tables, segments or the stack limit.
    pub state: bool,
    /// Capabilities of the host; if there are any, the state comes with them.
    pub traits: TraitSet,
}

impl Needs {
    /// Whether the function is generic over the host.
    pub fn host(self) -> bool {
        !self.traits.is_empty()
    }

    fn join(&mut self, other: Self) {
        self.memories.join(other.memories);
        self.state |= other.state;
        self.traits.0 |= other.traits.0;
    }
}

/// A set of globals, each by its index; those of high indices are not told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GlobalSet(u64);

impl GlobalSet {
    fn bit(global: GlobalIdx) -> u64 {
        1 << global.0.min(63)
    }

    fn insert(&mut self, global: GlobalIdx) {
        self.0 |= Self::bit(global);
    }

    /// Whether the global may be in the set.
    #[allow(dead_code)] // For passes to come.
    pub fn contains(self, global: GlobalIdx) -> bool {
        self.0 & Self::bit(global) != 0
    }
}

/// What a call can change, by itself or through what it calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The contents of these memories.
    pub memories: MemorySet,
    /// The sizes of these memories.
    pub memory_sizes: MemorySet,
    /// Globals.
    pub globals: GlobalSet,
}

impl Changes {
    fn join(&mut self, other: Self) {
        self.memories = self.memories.union(other.memories);
        self.memory_sizes = self.memory_sizes.union(other.memory_sizes);
        self.globals.0 |= other.globals.0;
    }
}

/// What the host can change: the memories, which it gets, and the globals that it keeps; if it may call
/// back, everything.
fn import_changes(module: &Module<'_>, plans: &MemoryPlans) -> Changes {
    let (mut memories, mut memory_sizes) = (MemorySet::default(), MemorySet::default());
    let reentrant = module.imports.iter().any(|import| import.reentrant);
    let all = if reentrant { module.memories.len() } else { 0 };
    let lent = module.imports.iter().filter_map(|import| import.memory);
    for memory in lent.chain((0..all as u32).map(MemoryIdx)) {
        memories.insert(memory);
        if plans.of(memory).fixed_pages.is_none() {
            memory_sizes.insert(memory);
        }
    }
    let mut globals = GlobalSet::default();
    for index in 0..module.globals.len() as u32 {
        let global = GlobalIdx(index);
        let is_in_reach = reentrant || module.global_import(global).is_some();
        if is_in_reach && module.globals[global.index()].mutable {
            globals.insert(global);
        }
    }
    Changes { memories, memory_sizes, globals }
}

/// What a function checks of the stack, before it calls another one at the latest.
///
/// Functions on cycles check, and so do those that begin a long way down: none can lead through more
/// than [`UNGUARDED`] bytes of frames, about, without a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    None,
    /// That its frame is above the limit, before its first call.
    Frame,
    /// That there is room for a frame of so many bytes, before it has one.
    Room(u32),
}

/// Bytes of frames, as [`Uses::frame`] has them, that functions may have below one that checked.
const UNGUARDED: u32 = 32 << 10;

/// The most room that a function asks for before it has its frame: with optimisation a frame is much smaller
/// than its estimate, and a function that can't be called is worse.
const MAX_ROOM: u32 = 256 << 10;

/// The result of the analysis.
#[derive(Debug)]
pub struct Effects {
    /// Module names of imports that become capability traits, in order of appearance.
    pub traits: Vec<String>,
    /// For each import the position of its trait, if its module name has one.
    import_traits: Vec<Option<usize>>,
    /// What each defined function needs.
    pub funcs: Vec<Needs>,
    /// What an indirect call of each type needs.
    pub indirect: Vec<Needs>,
    /// What each defined function can change.
    changes: Vec<Changes>,
    /// What an indirect call of each type can change.
    indirect_changes: Vec<Changes>,
    /// What an imported function can change.
    import_changes: Changes,
    /// Whether an indirect call of each type occurs.
    pub indirect_used: Vec<bool>,
    /// Whether each defined function is on a cycle of the call graph.
    pub recursive: Vec<bool>,
    /// What each defined function checks of the stack.
    pub guards: Vec<Guard>,
    /// Whether a call can need a limit of the stack: a function is on a cycle, or the host calls back.
    pub limits_stack: bool,
    /// Whether references to functions can come out of the module.
    pub refs_escape: bool,
    /// Functions that can be in a table, by type.
    pub table_funcs: Vec<Vec<FuncIdx>>,
    /// Whether the function is used at all: called, exported, started or referred to.
    pub reachable: Vec<bool>,
}

impl Effects {
    /// The position of an import's trait.
    pub fn trait_of(&self, import: usize) -> Option<usize> {
        self.import_traits[import]
    }

    /// What a call of a function can change, imported ones included.
    #[allow(dead_code)] // For passes to come.
    pub fn changes(&self, module: &Module<'_>, func: FuncIdx) -> Changes {
        match module.defined(func) {
            Ok(defined) => self.changes[defined.index()],
            Err(_) => self.import_changes,
        }
    }

    /// What an indirect call of a type can change.
    #[allow(dead_code)] // For passes to come.
    pub fn indirect_changes(&self, sig: SigId) -> Changes {
        self.indirect_changes[sig.index()]
    }

    /// What a function needs, imported ones included.
    pub fn needs(&self, module: &Module<'_>, func: FuncIdx) -> Needs {
        match module.defined(func) {
            Ok(defined) => self.funcs[defined.index()],
            Err(import) => {
                let import = module.imported_funcs[import];
                import_needs(module, import, self.trait_of(import).unwrap_or(0), self.traits.len())
            }
        }
    }
}

/// What a call of the host needs: for a function that may call back, all that there is.
fn import_needs(module: &Module<'_>, import: usize, trait_index: usize, traits: usize) -> Needs {
    let import = &module.imports[import];
    if !import.reentrant {
        let memories = import.memory.map(MemoryUses::whole).unwrap_or_default();
        return Needs { memories, state: true, traits: TraitSet::one(trait_index) };
    }
    let mut needs = Needs { state: true, ..Needs::default() };
    for memory in 0..module.memories.len() as u32 {
        needs.memories.join(MemoryUses::whole(MemoryIdx(memory)));
    }
    for index in 0..traits {
        needs.traits.0 |= TraitSet::one(index).0;
    }
    needs
}

/// Analyses a module. If it counts `fuel`, every function needs the state.
pub fn effects(module: &Module<'_>, memories: &MemoryPlans, fuel: bool) -> Effects {
    let funcs = module.uses.len();
    let traits = trait_names(module);
    let positions: HashMap<&str, usize> =
        traits.iter().enumerate().map(|(position, name)| (name.as_str(), position)).collect();
    let import_traits: Vec<Option<usize>> =
        module.imports.iter().map(|import| positions.get(import.module).copied()).collect();
    let mut table_funcs = vec![BTreeSet::new(); module.sigs.len()];
    for func in referenced_funcs(module) {
        table_funcs[module.funcs[func.index()].index()].insert(func);
    }
    let table_funcs: Vec<Vec<FuncIdx>> =
        table_funcs.into_iter().map(|set| set.into_iter().collect()).collect();
    let mut graph = Graph {
        module,
        trait_index: import_traits.iter().map(|index| index.unwrap_or(0)).collect(),
        needs: vec![Needs { state: fuel, ..Needs::default() }; funcs + module.sigs.len()],
        changes: vec![Changes::default(); funcs + module.sigs.len()],
        import_changes: import_changes(module, memories),
        memories,
        traits: traits.len(),
        callees: vec![Vec::new(); funcs + module.sigs.len()],
        indirect_used: vec![false; module.sigs.len()],
    };
    let refs_escape = refs_escape(module);
    if refs_escape {
        // The host may call them.
        for (used, funcs) in graph.indirect_used.iter_mut().zip(&table_funcs) {
            *used = !funcs.is_empty();
        }
    }
    for (index, uses) in module.uses.iter().enumerate() {
        graph.func(index, uses);
    }
    for (sig, list) in table_funcs.iter().enumerate() {
        for func in list {
            graph.call(funcs + sig, *func);
        }
    }
    let (recursive, guards) = graph.close(funcs);
    let reachable = graph.reachable(funcs, &table_funcs);
    let indirect = graph.needs.split_off(funcs);
    let indirect_changes = graph.changes.split_off(funcs);
    Effects {
        traits,
        import_traits,
        funcs: graph.needs,
        indirect,
        changes: graph.changes,
        indirect_changes,
        import_changes: graph.import_changes,
        indirect_used: graph.indirect_used,
        limits_stack: guards.iter().any(|guard| *guard != Guard::None)
            || module.imports.iter().any(|import| import.reentrant),
        refs_escape,
        recursive,
        guards,
        table_funcs,
        reachable,
    }
}

/// One trait for each module name from which functions, or globals that are read through the
/// host, are imported.
fn trait_names(module: &Module<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for import in &module.imports {
        if matches!(import.ty, ImportType::Func(_) | ImportType::Global(_))
            && seen.insert(import.module)
        {
            names.push(import.module.to_owned());
        }
    }
    names
}

/// Whether the host can get references to the module's functions.
fn refs_escape(module: &Module<'_>) -> bool {
    let is_ref = |ty: &ValType| *ty == ValType::FuncRef;
    let has_ref = |sig: &Signature| sig.params.iter().chain(&sig.results).any(is_ref);
    let exports = module.exports.iter().any(|export| match export.kind {
        ExternKind::Func(func) => has_ref(module.sig(func)),
        ExternKind::Table(table) => is_ref(&module.tables[table.index()].element),
        ExternKind::Global(global) => is_ref(&module.globals[global.index()].ty),
        ExternKind::Memory(_) => false,
    });
    exports
        || module.imports.iter().any(|import| match import.ty {
            ImportType::Func(sig) => has_ref(&module.sigs[sig.index()]),
            ImportType::Global(global) => is_ref(&module.globals[global.index()].ty),
            // It is moved into the instance.
            ImportType::Table(_) | ImportType::Memory(_) => false,
        })
}

fn referenced_funcs(module: &Module<'_>) -> Vec<FuncIdx> {
    let mut found = Vec::new();
    let mut visit = |expr: &Expr| {
        if let Expr::RefFunc(func) = expr {
            found.push(*func);
        }
    };
    for elem in &module.elems {
        elem.items.iter().for_each(|item| item.exprs.walk(item.root, &mut visit));
    }
    for global in &module.globals {
        if let crate::wasm::GlobalSource::Init(init) = &global.source {
            init.exprs.walk(init.root, &mut visit);
        }
    }
    let used = module.uses.iter().flat_map(|uses| &uses.items);
    found.extend(used.filter_map(|item| match item {
        Use::RefFunc(func) => Some(*func),
        _ => None,
    }));
    found
}

/// The call graph: defined functions, then one node for the indirect calls of each type.
struct Graph<'a, 'b> {
    module: &'a Module<'b>,
    memories: &'a MemoryPlans,
    /// How many traits there are.
    traits: usize,
    trait_index: Vec<usize>,
    needs: Vec<Needs>,
    changes: Vec<Changes>,
    import_changes: Changes,
    callees: Vec<Vec<u32>>,
    indirect_used: Vec<bool>,
}

impl Graph<'_, '_> {
    fn func(&mut self, node: usize, uses: &Uses) {
        for index in 0..self.module.memories.len() as u32 {
            self.memory(node, uses, MemoryIdx(index));
        }
        self.needs[node].state |= uses.tables;
        self.changes[node].memories = uses.writes;
        for item in &uses.items {
            match *item {
                Use::GlobalGet(global) if self.module.global_constant(global).is_some() => {}
                Use::GlobalGet(global) => self.global(node, global),
                Use::GlobalSet(global) => {
                    self.global(node, global);
                    self.changes[node].globals.insert(global);
                }
                Use::Call(func) => self.call(node, func),
                Use::CallIndirect(sig) => self.indirect(node, sig),
                // No call; whoever calls it indirectly counts it.
                Use::RefFunc(_) => {}
            }
        }
        self.callees[node].sort_unstable();
        self.callees[node].dedup();
    }

    fn memory(&mut self, node: usize, uses: &Uses, memory: MemoryIdx) {
        let plan = self.memories.of(memory);
        // The size is a constant then, and nothing grows.
        let is_fixed = plan.fixed_pages.is_some();
        let grows = uses.grows.contains(memory) && !is_fixed;
        // The array that functions get doesn't say what of it is the memory.
        let asks_size = uses.reads_size.union(uses.bulk).contains(memory);
        let reads_size = uses.reads_size.contains(memory) && !is_fixed;
        let asks_whole =
            asks_size && !plan.traps() && !is_fixed || reads_size && plan.may_be_partial;
        let memory_use = if grows || asks_whole {
            MemoryUse::Whole
        } else if uses.reads.union(uses.writes).contains(memory) || reads_size {
            MemoryUse::Slice
        } else {
            MemoryUse::None
        };
        self.needs[node].memories.add(memory, memory_use);
        if grows {
            self.changes[node].memory_sizes.insert(memory);
        }
    }

    fn indirect(&mut self, node: usize, sig: SigId) {
        self.indirect_used[sig.index()] = true;
        let callee = self.module.bodies.len() + sig.index();
        self.callees[node].push(callee as u32);
    }

    fn global(&mut self, node: usize, global: GlobalIdx) {
        self.needs[node].state = true;
        let mutable = self.module.globals[global.index()].mutable;
        if let (true, Some(import)) = (mutable, self.module.global_import(global)) {
            self.needs[node].traits.0 |= TraitSet::one(self.trait_index[import]).0;
        }
    }

    fn call(&mut self, node: usize, func: FuncIdx) {
        match self.module.defined(func) {
            Ok(DefinedFunc(callee)) => self.callees[node].push(callee),
            Err(import) => {
                let import = self.module.imported_funcs[import];
                let trait_index = self.trait_index[import];
                let needs = import_needs(self.module, import, trait_index, self.traits);
                self.needs[node].join(needs);
                self.changes[node].join(self.import_changes);
            }
        }
    }

    /// Closes the needs over the call graph, by Tarjan's strongly connected components, which
    /// come callees first. Returns which functions are on cycles, and which check the stack; those
    /// need the state, for its limit.
    fn close(&mut self, funcs: usize) -> (Vec<bool>, Vec<Guard>) {
        let mut recursive = vec![false; self.needs.len()];
        let mut guards = vec![Guard::None; self.needs.len()];
        // Bytes of frames that a call of each can take before the next check.
        let mut depths = vec![0_u32; self.needs.len()];
        for component in components(&self.callees) {
            let cyclic = component.len() > 1
                || component.iter().any(|node| self.callees[*node as usize].contains(node));
            for node in component.iter().map(|node| *node as usize) {
                let frame = self.module.uses.get(node).map_or(0, |uses| uses.frame);
                let below = self.callees[node].iter().map(|callee| depths[*callee as usize]);
                let depth = frame.saturating_add(below.max().unwrap_or(0));
                // A dispatch has no frame to speak of, and can't check.
                let checks = node < funcs && (cyclic || depth > UNGUARDED);
                (guards[node], depths[node]) = match checks {
                    false => (Guard::None, depth),
                    true if frame > UNGUARDED => (Guard::Room(frame.min(MAX_ROOM)), 0),
                    true => (Guard::Frame, frame),
                };
            }
            let checks = component.iter().any(|node| guards[*node as usize] != Guard::None);
            let mut joined = Needs { state: cyclic || checks, ..Needs::default() };
            let mut changes = Changes::default();
            for node in &component {
                joined.join(self.needs[*node as usize]);
                changes.join(self.changes[*node as usize]);
                for callee in &self.callees[*node as usize] {
                    joined.join(self.needs[*callee as usize]);
                    changes.join(self.changes[*callee as usize]);
                }
            }
            for node in component {
                self.needs[node as usize] = joined;
                self.changes[node as usize] = changes;
                recursive[node as usize] = cyclic;
            }
        }
        recursive.truncate(funcs);
        guards.truncate(funcs);
        (recursive, guards)
    }

    fn reachable(&self, funcs: usize, table_funcs: &[Vec<FuncIdx>]) -> Vec<bool> {
        let mut reached = vec![false; self.needs.len()];
        let exported = self.module.exports.iter().filter_map(|export| match export.kind {
            ExternKind::Func(func) => Some(func),
            _ => None,
        });
        let roots = exported.chain(self.module.start);
        let mut pending: Vec<u32> =
            roots.filter_map(|func| self.module.defined(func).ok()).map(|func| func.0).collect();
        // A reference in the table may come out through any indirect call of its type, those
        // of the host included.
        let any_indirect = self.indirect_used.iter().zip(table_funcs).enumerate();
        for (sig, (used, _)) in any_indirect {
            if *used {
                pending.push((funcs + sig) as u32);
            }
        }
        while let Some(node) = pending.pop() {
            if !std::mem::replace(&mut reached[node as usize], true) {
                pending.extend(&self.callees[node as usize]);
            }
        }
        reached.truncate(funcs);
        reached
    }
}

/// Strongly connected components, callees before callers (Tarjan 1972), without recursion.
pub fn components(callees: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const NEW: u32 = u32::MAX;
    let mut order = vec![NEW; callees.len()];
    let mut low = vec![0; callees.len()];
    let mut on_stack = vec![false; callees.len()];
    let (mut stack, mut out, mut next) = (Vec::new(), Vec::new(), 0);
    for root in 0..callees.len() as u32 {
        if order[root as usize] != NEW {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((node, edge)) = work.last_mut() {
            let index = *node as usize;
            if *edge == 0 {
                order[index] = next;
                low[index] = next;
                next += 1;
                stack.push(*node);
                on_stack[index] = true;
            }
            if let Some(callee) = callees[index].get(*edge) {
                *edge += 1;
                if order[*callee as usize] == NEW {
                    work.push((*callee, 0));
                } else if on_stack[*callee as usize] {
                    low[index] = low[index].min(order[*callee as usize]);
                }
                continue;
            }
            if low[index] == order[index] {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    on_stack[member as usize] = false;
                    component.push(member);
                    if member as usize == index {
                        break;
                    }
                }
                out.push(component);
            }
            let lowest = low[index];
            work.pop();
            if let Some((caller, _)) = work.last() {
                low[*caller as usize] = low[*caller as usize].min(lowest);
            }
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn components_come_callees_first() {
        // 0 -> 1 -> 2 -> 1, 2 -> 3, 4 -> 4
        let graph = [vec![1], vec![2], vec![1, 3], vec![], vec![4]];
        let mut found = components(&graph);
        found.iter_mut().for_each(|component| component.sort_unstable());
        assert_eq!(found, [vec![3], vec![1, 2], vec![0], vec![4]]);
    }

    #[test]
    fn changes_come_from_callees() {
        let text = r#"(module
            (import "env" "host" (func $host))
            (import "env" "far" (global $far (mut i32)))
            (memory 1) (table funcref (elem $store))
            (global $a (mut i32) (i32.const 0)) (global $b (mut i32) (i32.const 0))
            (func $store (i32.store (i32.const 0) (global.get $b)))
            (func $sets (global.set $a (i32.const 1)) (call $store))
            (func $grows (drop (memory.grow (i32.const 1))) (call $grows))
            (func $asks (call $host))
            (func $any (call_indirect (i32.const 0)))
            (func $none (drop (i32.load (i32.const 0))) (return) (call $asks)))"#;
        let bytes = crate::wasm::to_binary(text.as_bytes()).unwrap();
        let module = crate::wasm::decode(&bytes, crate::WasmVersion::V2).unwrap();
        let effects = effects(&module, &MemoryPlans::default(), false);
        let [far, a, b] = [0, 1, 2].map(GlobalIdx);
        let found: Vec<_> = (0..7)
            .map(|func| effects.changes(&module, FuncIdx(func)))
            .chain([effects.indirect_changes(module.type_sig(crate::wasm::TypeIdx(0)))])
            .map(|changes| {
                let globals = [far, a, b].map(|global| changes.globals.contains(global));
                (!changes.memories.is_empty(), !changes.memory_sizes.is_empty(), globals)
            })
            .collect();
        let store = (true, false, [false; 3]);
        let host = (true, true, [true, false, false]);
        let sets = (true, false, [false, true, false]);
        let grows = (false, true, [false; 3]);
        assert_eq!(
            found,
            [host, store, sets, grows, host, store, (false, false, [false; 3]), store]
        );
    }

    #[test]
    fn trait_sets_beyond_their_width_mean_all() {
        let set = TraitSet::one(100);
        assert!(set.contains(0) && set.contains(62) && set.contains(63) && set.contains(1000));
        let set = TraitSet::one(2);
        assert!(set.contains(2) && !set.contains(1) && !set.contains(62) && !set.contains(63));
    }
}
