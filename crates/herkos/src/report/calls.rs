//! The call graph as evidence: who reaches which capability and by which calls, and how deep calls go.
//!
//! Only functions that are in the output count. Indirect calls are calls of every function of their type
//! that can be in a table, as in [`crate::pass::effects`], so all that is found here is an upper bound.

use super::{CallPath, Capability, ExportReach, Reach, Root, StackReport, Step};
use crate::error::Error;
use crate::pass::Facts;
use crate::pass::effects::components;
use crate::wasm::{ExternKind, FuncIdx, GlobalIdx, ImportType, Use};
use std::collections::{HashMap, VecDeque};

/// The most steps that looking for the callers of all capabilities may take: some seconds. Every function may
/// reach every one of them, and both are as many as a stranger likes.
const MAX_STEPS: usize = 1 << 29;

/// What an entry of the report counts as: it has to be kept and printed.
const STEPS_PER_ENTRY: usize = 64;

/// The calls of a module. Nodes are functions by their index, imported ones included, and behind them the
/// indirect calls of each type.
pub(super) struct Calls<'a> {
    facts: &'a Facts<'a>,
    imported: usize,
    funcs: usize,
    /// What each node calls.
    pub(super) callees: Vec<Vec<u32>>,
    /// Who calls each node.
    callers: Vec<Vec<u32>>,
    /// Where a host can call from: exported functions in order, then the start function.
    roots: Vec<(Root, u32)>,
}

impl<'a> Calls<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        let module = facts.module;
        let (imported, funcs) = (module.imported_funcs.len(), module.funcs.len());
        let nodes = funcs + module.sigs.len();
        let mut callees = vec![Vec::new(); nodes];
        for (index, uses) in module.uses.iter().enumerate() {
            if facts.effects.reachable[index] {
                let calls = uses.items.iter().filter_map(|item| match *item {
                    Use::Call(func) => Some(func.0),
                    Use::CallIndirect(sig) => Some((funcs + sig.index()) as u32),
                    Use::GlobalGet(_) | Use::GlobalSet(_) | Use::RefFunc(_) => None,
                });
                callees[imported + index] = calls.collect();
            }
        }
        for (sig, list) in facts.effects.table_funcs.iter().enumerate() {
            callees[funcs + sig] = list.iter().map(|func| func.0).collect();
        }
        let mut callers = vec![Vec::new(); nodes];
        for (caller, list) in callees.iter().enumerate() {
            list.iter().for_each(|callee| callers[*callee as usize].push(caller as u32));
        }
        let exports = module.exports.iter().enumerate();
        let exports = exports.filter_map(|(position, export)| match export.kind {
            ExternKind::Func(func) => Some((Root::Export(position), func.0)),
            ExternKind::Table(_) | ExternKind::Memory(_) | ExternKind::Global(_) => None,
        });
        let start = module.start.map(|func| (Root::Start, func.0));
        let roots = exports.chain(start).collect();
        Self { facts, imported, funcs, callees, callers, roots }
    }

    /// Whether a function is in the output and checks the stack before it calls.
    pub(super) fn is_recursive(&self, func: u32) -> bool {
        let effects = self.facts.effects;
        (func as usize)
            .checked_sub(self.imported)
            .is_some_and(|index| effects.recursive[index] && effects.reachable[index])
    }

    fn is_sig(&self, node: u32) -> bool {
        node as usize >= self.funcs
    }

    /// Imported functions, and imported globals that can be written, with who reaches them.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] if that would be far more than the module is large.
    pub(super) fn capabilities(&self) -> Result<Vec<Capability>, Error> {
        let module = self.facts.module;
        let users = self.global_users();
        let mut search = Search::new(self);
        let mut found = Vec::new();
        let mut func = 0;
        for (import, item) in module.imports.iter().enumerate() {
            let (own, direct): (Option<u32>, &[u32]) = match item.ty {
                ImportType::Func(_) => {
                    func += 1;
                    (Some(func - 1), &[])
                }
                ImportType::Global(global) if module.globals[global.index()].mutable => {
                    (None, users.get(&global).map_or(&[], Vec::as_slice))
                }
                // Read once, when the instance is made; borrowed or moved into it.
                ImportType::Global(_) | ImportType::Table(_) | ImportType::Memory(_) => continue,
            };
            found.push(search.capability(import, own, direct)?);
        }
        Ok(found)
    }

    /// The functions that read or write each global.
    fn global_users(&self) -> HashMap<GlobalIdx, Vec<u32>> {
        let mut users: HashMap<GlobalIdx, Vec<u32>> = HashMap::new();
        for (index, uses) in self.facts.module.uses.iter().enumerate() {
            if self.facts.effects.reachable[index] {
                for item in &uses.items {
                    if let Use::GlobalGet(global) | Use::GlobalSet(global) = item {
                        users.entry(*global).or_default().push((self.imported + index) as u32);
                    }
                }
            }
        }
        users
    }

    /// How deep the calls go below each function, itself included; unknown if it can reach a recursive one.
    pub(super) fn depths(&self) -> Depths {
        let nodes = self.callees.len();
        let mut depths = Depths {
            frames: vec![Some(0); nodes],
            next: vec![None; nodes],
            beyond: vec![0; nodes],
        };
        for mut component in components(&self.callees) {
            // What an indirect call can be is known from the functions alone.
            component.sort_unstable_by_key(|node| !self.is_sig(*node));
            for node in &component {
                depths.beyond[*node as usize] = self.beyond(*node, &depths.beyond);
            }
            let cyclic = component.len() > 1
                || component.iter().any(|node| self.callees[*node as usize].contains(node));
            for node in component {
                let (frames, next) =
                    if cyclic { (None, None) } else { self.deepest(node, &depths.frames) };
                depths.frames[node as usize] = frames;
                depths.next[node as usize] = next;
            }
        }
        depths
    }

    fn deepest(&self, node: u32, frames: &[Option<u32>]) -> (Option<u32>, Option<u32>) {
        let own = u32::from(!self.is_sig(node) && node as usize >= self.imported);
        let mut most = (0, None);
        for callee in &self.callees[node as usize] {
            match frames[*callee as usize] {
                None => return (None, None),
                Some(below) if below > most.0 => most = (below, Some(*callee)),
                Some(_) => {}
            }
        }
        (Some(own + most.0), most.1)
    }

    /// How many calls can follow one another below a node until one of them checks the stack.
    fn beyond(&self, node: u32, known: &[u32]) -> u32 {
        let below = self.callees[node as usize].iter().map(|callee| {
            if self.is_sig(*callee) {
                known[*callee as usize]
            } else if (*callee as usize) < self.imported {
                // The host's; what it needs is its own affair.
                0
            } else if self.is_recursive(*callee) {
                1
            } else {
                1 + known[*callee as usize]
            }
        });
        below.max().unwrap_or(0)
    }

    pub(super) fn stack(&self, depths: &Depths, locals: &[u64]) -> StackReport {
        let defined = self.imported as u32..self.funcs as u32;
        let guarded: Vec<u32> = defined.filter(|func| self.is_recursive(*func)).collect();
        let deepest = |root: &&(Root, u32)| depths.frames[root.1 as usize];
        let bounded = self.roots.iter().all(|root| deepest(&root).is_some());
        // The first of those that are equally deep.
        let from = self.roots.iter().rev().max_by_key(deepest).filter(|_| bounded);
        let path = from.map(|(root, func)| {
            let mut steps = Vec::new();
            let (mut at, mut indirect) = (Some(*func), false);
            while let Some(node) = at {
                if !self.is_sig(node) {
                    steps.push(Step { function: node, indirect });
                }
                indirect = self.is_sig(node);
                at = depths.next[node as usize];
            }
            CallPath { root: *root, steps }
        });
        let local_bytes = |step: &Step| {
            let defined = (step.function as usize).checked_sub(self.imported);
            defined.and_then(|index| locals.get(index)).copied().unwrap_or(0)
        };
        StackReport {
            recursive: guarded.len(),
            indirect_calls: self.facts.effects.indirect_used.contains(&true),
            worst_depth: if bounded {
                Some(from.and_then(|root| deepest(&root)).unwrap_or(0))
            } else {
                None
            },
            worst_path_local_bytes: path
                .as_ref()
                .map(|path| path.steps.iter().map(local_bytes).sum()),
            worst_path: path,
            calls_between_checks: guarded.iter().map(|func| depths.beyond[*func as usize]).max(),
        }
    }

    /// The functions that an indirect call of each type can reach, of those types that are called so.
    pub(super) fn indirect(&self) -> Vec<Option<Vec<u32>>> {
        let used = self.facts.effects.indirect_used.iter().zip(&self.facts.effects.table_funcs);
        used.map(|(used, list)| used.then(|| list.iter().map(|func: &FuncIdx| func.0).collect()))
            .collect()
    }
}

/// What [`Calls::depths`] finds for each node.
pub(super) struct Depths {
    /// Frames below it and its own.
    pub(super) frames: Vec<Option<u32>>,
    /// The callee by which they are so many.
    next: Vec<Option<u32>>,
    /// Frames below it up to one that checks the stack.
    beyond: Vec<u32>,
}

/// Finds who reaches a capability; what it works with is used again for the next one.
struct Search<'a> {
    calls: &'a Calls<'a>,
    /// What is known of each function.
    reach: Vec<Option<Reach>>,
    /// Whether the callers of each type's indirect calls were visited.
    sigs_seen: Vec<bool>,
    /// The roots at each function.
    roots: HashMap<u32, Vec<Root>>,
    steps: usize,
}

impl<'a> Search<'a> {
    fn new(calls: &'a Calls<'a>) -> Self {
        let mut roots: HashMap<u32, Vec<Root>> = HashMap::new();
        for (root, func) in &calls.roots {
            roots.entry(*func).or_default().push(*root);
        }
        let sigs_seen = vec![false; calls.callees.len() - calls.funcs];
        Self { calls, reach: vec![None; calls.funcs], sigs_seen, roots, steps: 0 }
    }

    /// Goes from what is imported to its callers, and to theirs, so that the shortest way is found first.
    fn capability(
        &mut self,
        import: usize,
        own: Option<u32>,
        direct: &[u32],
    ) -> Result<Capability, Error> {
        let mut queue = VecDeque::new();
        let (mut visited, mut sigs) = (Vec::new(), Vec::new());
        let first = own.into_iter().chain(direct.iter().copied());
        for function in first {
            // One that reads and writes a global is there twice.
            if self.reach[function as usize].is_none() {
                let reach = Reach { function, next: None, indirect: false, calls: 0 };
                self.reach[function as usize] = Some(reach);
                queue.push_back(reach);
            }
        }
        while let Some(Reach { function, calls, .. }) = queue.pop_front() {
            visited.push(function);
            let mut visit = |caller: u32, indirect| {
                let seen = &mut self.reach[caller as usize];
                if seen.is_none() {
                    let next = Some(function);
                    let reach = Reach { function: caller, next, indirect, calls: calls + 1 };
                    *seen = Some(reach);
                    queue.push_back(reach);
                }
            };
            let callers = &self.calls.callers[function as usize];
            self.steps += STEPS_PER_ENTRY + callers.len();
            for node in callers.iter().filter(|node| !self.calls.is_sig(**node)) {
                visit(*node, false);
            }
            for sig in callers.iter().filter(|node| self.calls.is_sig(**node)) {
                let position = *sig as usize - self.calls.funcs;
                if !std::mem::replace(&mut self.sigs_seen[position], true) {
                    sigs.push(position);
                    let callers = &self.calls.callers[*sig as usize];
                    self.steps += callers.len();
                    callers.iter().for_each(|caller| visit(*caller, true));
                }
            }
            if self.steps > MAX_STEPS {
                return Err(Error::limit(
                    "too many functions can reach too many imports for a report of all of them",
                ));
            }
        }
        let exports = self.exports(&visited);
        let path = exports.iter().min_by_key(|from| from.calls).map(|from| self.path(from));
        self.steps += STEPS_PER_ENTRY * exports.len();
        self.steps += STEPS_PER_ENTRY * path.as_ref().map_or(0, |path| path.steps.len());
        sigs.into_iter().for_each(|sig| self.sigs_seen[sig] = false);
        visited.sort_unstable();
        let functions = visited.into_iter().filter_map(|func| self.reach[func as usize].take());
        let functions = functions.filter(|reach| reach.function as usize >= self.calls.imported);
        Ok(Capability { import, function: own, functions: functions.collect(), exports, path })
    }

    fn exports(&self, visited: &[u32]) -> Vec<ExportReach> {
        let mut exports: Vec<ExportReach> = Vec::new();
        for function in visited {
            let calls = self.reach[*function as usize].map_or(0, |reach| reach.calls);
            let roots = self.roots.get(function).into_iter().flatten();
            exports.extend(roots.map(|root| ExportReach {
                root: *root,
                function: *function,
                calls,
            }));
        }
        exports.sort_unstable_by_key(|from| from.root);
        exports
    }

    fn path(&self, from: &ExportReach) -> CallPath {
        let mut at = from.function;
        let mut steps = vec![Step { function: at, indirect: false }];
        while let Some(Reach { next: Some(next), indirect, .. }) = self.reach[at as usize] {
            steps.push(Step { function: next, indirect });
            at = next;
        }
        CallPath { root: from.root, steps }
    }
}
