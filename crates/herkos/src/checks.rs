//! How many loads and stores need a bounds check of their own when they are executed.

use crate::error::Error;
use crate::ir::{Block, BlockId, Bound, Counted, Func, Op, Stmt};
use crate::lower::each_function;
use crate::pass::counted::counted;
use crate::pass::{Facts, PASSES};
use crate::wasm::DefinedFunc;

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
            counted(&mut func, facts);
            let mut counts = CheckCounts::default();
            count(&func, facts, func.body, &mut counts);
            counts
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

/// Counts the loads and stores of a block and of all in it.
fn count(func: &Func, facts: &Facts<'_>, id: BlockId, counts: &mut CheckCounts) {
    for (position, stmt) in func.block(id).stmts.iter().enumerate() {
        match stmt {
            Stmt::Counted(loops) => count_loop(func, facts, loops, counts),
            _ => {
                count_access(func, facts, (id, position), counts);
                for block in stmt.blocks() {
                    count(func, facts, block, counts);
                }
            }
        }
    }
}

fn count_access(func: &Func, facts: &Facts<'_>, place: Place, counts: &mut CheckCounts) {
    let Some(bound) = bound(func.block(place.0), place.1) else { return };
    let count = match bound {
        _ if func.memory.is_some_and(|memory| !facts.memories.of(memory).traps()) => {
            &mut counts.confined
        }
        Bound::Below(_) | Bound::BelowProven(_) => &mut counts.minimum,
        Bound::Proven(_) => &mut counts.dominated,
        Bound::Own | Bound::Extent(_) => &mut counts.checked,
    };
    *count += 1;
}

/// The form with a check at each access tells how many there are; the other one is a copy of it,
/// in the same order, unless unrolling was taken back: then all accesses are the loop's.
fn count_loop(func: &Func, facts: &Facts<'_>, loops: &Counted, counts: &mut CheckCounts) {
    let (mut fast, mut slow) = (Vec::new(), Vec::new());
    accesses(func, loops.fast, &mut fast);
    accesses(func, loops.slow, &mut slow);
    let is_copy = fast.len() == slow.len();
    for (index, place) in slow.into_iter().enumerate() {
        if is_copy && bound(func.block(fast[index].0), fast[index].1).is_some() {
            count_access(func, facts, place, counts);
        } else {
            counts.in_loop += 1;
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

/// The places of all loads and stores in a block, in order.
fn accesses(func: &Func, id: BlockId, found: &mut Vec<Place>) {
    for (position, stmt) in func.block(id).stmts.iter().enumerate() {
        if let Stmt::Do {
            op:
                Op::Load { .. }
                | Op::Store { .. }
                | Op::LoadAt { .. }
                | Op::StoreAt { .. }
                | Op::LoadIn { .. }
                | Op::StoreIn { .. },
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
