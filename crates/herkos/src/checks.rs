//! How many loads and stores need a bounds check of their own when they are executed.

use crate::error::Error;
use crate::ir::{Block, BlockId, Bound, Counted, Func, Op, Stmt};
use crate::lower::each_function;
use crate::pass::counted::counted;
use crate::pass::extents::dominators;
use crate::pass::{Facts, PASSES};
use crate::wasm::DefinedFunc;
use std::collections::HashMap;

/// Loads and stores, by what their bounds checks are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckCounts {
    /// Checked when they are executed.
    pub checked: usize,
    /// Always below the memory's minimum, a constant address for instance: one comparison, with that
    /// minimum, serves all of them, or none if the size is a constant.
    pub minimum: usize,
    /// The same check has passed before on every path.
    pub dominated: usize,
    /// Part of a counted loop: checked once, before its first repetition.
    pub in_loop: usize,
    /// There is a byte of the instance's own wherever it goes ([`Bounds::Wrap`](crate::Bounds::Wrap),
    /// [`Bounds::Reserve`](crate::Bounds::Reserve)).
    pub confined: usize,
}

impl CheckCounts {
    /// All loads and stores.
    #[must_use]
    pub fn accesses(&self) -> usize {
        self.checked + self.proven()
    }

    /// Those that need no check of their own.
    #[must_use]
    pub fn proven(&self) -> usize {
        self.minimum + self.dominated + self.in_loop + self.confined
    }

    fn add(&mut self, other: &Self) {
        self.checked += other.checked;
        self.minimum += other.minimum;
        self.dominated += other.dominated;
        self.in_loop += other.in_loop;
        self.confined += other.confined;
    }
}

/// The loads and stores of a function.
#[derive(Clone, Debug)]
pub struct FunctionChecks {
    /// The function's index in the module.
    pub index: u32,
    /// Its name, from the name section.
    pub name: Option<String>,
    /// Its loads and stores.
    pub counts: CheckCounts,
}

/// The loads and stores of a module, from [`Config::checks`](crate::Config::checks).
///
/// Each load or store of the module is counted once, as herkos writes it; what LLVM proves beyond
/// that is not known here. A counted loop is in the output twice, in a form whose accesses were
/// checked before it and in one for when they are out of bounds: its accesses count as those of the
/// first. So do they where unrolling was taken back, as often as they were there.
#[derive(Clone, Debug)]
pub struct Checks {
    /// Every function that is in the output and has any, by index.
    pub functions: Vec<FunctionChecks>,
    /// All of them together.
    pub total: CheckCounts,
}

/// A statement's block, and its position there.
type Place = (BlockId, usize);

/// Counts a module's loads and stores.
pub(crate) fn checks(facts: &Facts<'_>) -> Result<Checks, Error> {
    let mut checks = Checks { functions: Vec::new(), total: CheckCounts::default() };
    let before = PASSES.iter().position(|(name, _)| *name == "counted").unwrap_or(PASSES.len());
    each_function(
        facts,
        &PASSES[..before],
        |(), index, mut func| {
            if !facts.effects.reachable[index.index()] {
                return CheckCounts::default();
            }
            let dominated = Dominated::find(&func, facts);
            counted(&mut func, facts);
            dominated.count(&func, facts)
        },
        |index: DefinedFunc, counts| {
            if counts.accesses() > 0 {
                let index = facts.module.func_idx(index).0;
                let name = facts.module.func_names.get(&index).map(|name| (*name).to_owned());
                checks.total.add(&counts);
                checks.functions.push(FunctionChecks { index, name, counts });
            }
        },
    )?;
    Ok(checks)
}

/// Places of accesses that repeat a check which has passed.
struct Dominated(HashMap<Place, bool>);

impl Dominated {
    fn find(func: &Func, facts: &Facts<'_>) -> Self {
        let mut epochs = Epochs { func, facts, epoch: 0, found: HashMap::new() };
        epochs.block(func.body);
        let epochs = epochs.found;
        let repeats = |place: Place, dominator: Place| {
            // Where the memory is taken again, its size has to be compared with again.
            extent(func, place) <= extent(func, dominator)
                && epochs.get(&place) == epochs.get(&dominator)
        };
        let accesses = dominators(func).into_iter().map(|access| {
            (access.place, access.dominator.is_some_and(|other| repeats(access.place, other)))
        });
        Self(accesses.collect())
    }

    fn count(&self, func: &Func, facts: &Facts<'_>) -> CheckCounts {
        let mut counts = CheckCounts::default();
        self.block(func, facts, func.body, &mut counts);
        counts
    }

    fn block(&self, func: &Func, facts: &Facts<'_>, id: BlockId, counts: &mut CheckCounts) {
        for (position, stmt) in func.block(id).stmts.iter().enumerate() {
            match stmt {
                Stmt::Counted(counted) => self.counted(func, facts, counted, counts),
                _ => {
                    self.access(func, facts, (id, position), counts);
                    for block in stmt.blocks() {
                        self.block(func, facts, block, counts);
                    }
                }
            }
        }
    }

    fn access(&self, func: &Func, facts: &Facts<'_>, place: Place, counts: &mut CheckCounts) {
        let Some(bound) = bound(func.block(place.0), place.1) else { return };
        let count = match bound {
            _ if func.memory.is_some_and(|memory| !facts.memories.of(memory).traps()) => {
                &mut counts.confined
            }
            Bound::Below(_) => &mut counts.minimum,
            _ if self.0.get(&place) == Some(&true) => &mut counts.dominated,
            Bound::Own | Bound::Extent(_) => &mut counts.checked,
        };
        *count += 1;
    }

    /// The form with a check at each access tells how many there are; the other one is a copy of it,
    /// in the same order, unless unrolling was taken back: then all accesses are the loop's.
    fn counted(&self, func: &Func, facts: &Facts<'_>, loops: &Counted, counts: &mut CheckCounts) {
        let (mut fast, mut slow) = (Vec::new(), Vec::new());
        accesses(func, loops.fast, &mut fast);
        accesses(func, loops.slow, &mut slow);
        let is_copy = fast.len() == slow.len();
        for (index, place) in slow.into_iter().enumerate() {
            if is_copy && bound(func.block(fast[index].0), fast[index].1).is_some() {
                self.access(func, facts, place, counts);
            } else {
                counts.in_loop += 1;
            }
        }
    }
}

/// What the check of an access by address asks for.
fn bound(block: &Block, position: usize) -> Option<Bound> {
    match block.stmts.get(position)? {
        Stmt::Do { op: Op::Load { bound, .. } | Op::Store { bound, .. }, .. } => Some(*bound),
        _ => None,
    }
}

/// How many bytes from the address on an access checks.
fn extent(func: &Func, (block, position): Place) -> u64 {
    let own = match &func.block(block).stmts[position] {
        Stmt::Do { op: Op::Load { op, offset, .. }, .. } => op.extent(*offset),
        Stmt::Do { op: Op::Store { op, offset, .. }, .. } => op.extent(*offset),
        _ => 0,
    };
    match bound(func.block(block), position) {
        Some(Bound::Extent(bytes)) => bytes.into(),
        // Its check is of the memory's minimum, which says nothing of other accesses.
        Some(Bound::Below(_)) | None => 0,
        Some(Bound::Own) => own,
    }
}

/// The places of all loads and stores in a block, in order.
fn accesses(func: &Func, id: BlockId, found: &mut Vec<Place>) {
    for (position, stmt) in func.block(id).stmts.iter().enumerate() {
        if let Stmt::Do {
            op: Op::Load { .. } | Op::Store { .. } | Op::LoadAt { .. } | Op::StoreAt { .. },
            ..
        } = stmt
        {
            found.push((id, position));
        }
        for block in stmt.blocks() {
            accesses(func, block, found);
        }
    }
}

/// Numbers the stretches of a function in which the slice of the memory stays the same.
struct Epochs<'a> {
    func: &'a Func,
    facts: &'a Facts<'a>,
    epoch: u32,
    found: HashMap<Place, u32>,
}

impl Epochs<'_> {
    fn block(&mut self, id: BlockId) {
        let func = self.func;
        for (position, stmt) in func.block(id).stmts.iter().enumerate() {
            self.found.insert((id, position), self.epoch);
            // A repetition follows what stands behind it.
            let repeats = matches!(stmt, Stmt::Loop(..)) && self.any_renews(stmt);
            self.epoch += u32::from(repeats || self.renews(stmt));
            for block in stmt.blocks() {
                self.block(block);
            }
        }
    }

    fn any_renews(&self, stmt: &Stmt) -> bool {
        let mut pending: Vec<BlockId> = stmt.blocks().collect();
        while let Some(block) = pending.pop() {
            for stmt in &self.func.block(block).stmts {
                if self.renews(stmt) {
                    return true;
                }
                pending.extend(stmt.blocks());
            }
        }
        false
    }

    /// Whether the slice is taken from the memory again after a statement, of another size perhaps.
    fn renews(&self, stmt: &Stmt) -> bool {
        let Stmt::Do { op, .. } = stmt else { return false };
        let Facts { module, effects, memories, .. } = self.facts;
        let renewed = match op {
            Op::MemoryGrow { memory, .. } => return memories.of(*memory).array.is_none(),
            Op::Call(func, _) => effects.needs(module, *func).memories.wholes(),
            Op::CallIndirect { sig, .. } => effects.indirect[sig.index()].memories.wholes(),
            _ => return false,
        };
        renewed.iter().any(|memory| memories.of(memory).array.is_none())
    }
}
