//! Bounds checks that cover more than their own access.
//!
//! An access of `width` bytes at `base + offset` needs `base + offset + width` bytes of memory;
//! that sum is its *extent* over the base. Two observations let accesses share a check:
//!
//! - A memory never shrinks. Once a check has passed, an access off the same base with a smaller
//!   extent can repeat that very check, which LLVM then drops as redundant.
//! - A load whose function is bound to reach a larger extent off the same base, with nothing
//!   observable in between, can check that one at once: it traps exactly if the later access would,
//!   with the same kind, before anything else was seen. Only its place is another one, so traps
//!   that know their place leave this out.
//!
//! Addresses that differ by constants of 16 bits are taken for one base, counted from the lowest one
//! that has passed or is bound to be asked for. A sum of the two might wrap, and be in bounds where the
//! check is not. But then the lowest address is in the last 64 KiB of the address space, which a
//! memory of fewer than 65,536 pages never has: its own access traps. Where the memory may have that
//! many, or is imported, only equal addresses are one base.
//!
//! So each access gets the largest extent that is known to hold, or bound to be asked for. Where the
//! check of that has passed, and the slice of the memory is still the same, the access is *proven*:
//! it has that check again for LLVM to drop, but no trap. A fault in this pass could make a module
//! trap or read zeros, but not reach memory that is not its own.
//!
//! Where the address is known to be below the memory's declared minimum (a constant, a masked index
//! into a table), that minimum is checked instead: one comparison for all such accesses.

#[cfg(test)]
mod tests;

use super::counted::is_plain;
use super::range::greatest;
use super::{Facts, Optimization};
use crate::ir::{BlockId, Bound, Expr, ExprId, Exprs, Func, LabelId, Op, Stmt, VarId};
use crate::op::{Const, NumOp};
use crate::wasm::{GlobalIdx, Module};
use foldhash::{HashMap, HashMapExt};
use herkos_runtime::ValType;
use smallvec::SmallVec;

/// How many bases are tracked backwards at a time; the last used stay.
const MAX_ANTICIPATED: usize = 24;

/// Extents beyond this are not asked for early: nothing is gained by a check that never repeats.
const MAX_EXTENT: u64 = 1 << 20;

/// What is told of variables at the start of loops: counters up to here.
const MAX_SMALL: u32 = 16;

/// A memory's minimum counts up to here: what is asked for has to fit into 32 bits.
const MAX_MINIMUM: u64 = 1 << 31;

/// Where ways meet on which the memory's slice is not the same one.
const MIXED: u32 = u32::MAX;

/// The base of accesses that are always below the memory's minimum.
const MINIMUM: ValueNumber = ValueNumber::MAX;

/// A value: two expressions with the same number are equal wherever both are defined.
type ValueNumber = u32;

/// Bytes from one distance from a base to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    low: i64,
    high: i64,
}

impl Span {
    fn len(self) -> u64 {
        self.high.abs_diff(self.low)
    }

    /// Both, and what is between them, unless that is too much.
    fn and(self, other: Self) -> Option<Self> {
        let both = Self { low: self.low.min(other.low), high: self.high.max(other.high) };
        (both.len() <= MAX_EXTENT).then_some(both)
    }

    /// What is in both.
    fn common(self, other: Self) -> Option<Self> {
        let common = Self { low: self.low.max(other.low), high: self.high.min(other.high) };
        (common.low < common.high).then_some(common)
    }
}

/// A load or store, in program order.
struct Access {
    block: BlockId,
    stmt: u32,
    base: ValueNumber,
    /// From its address to the end of its bytes.
    span: Span,
    /// The access off the same base that every path to this one passes last.
    dominator: Option<u32>,
    /// Which slice of the memory it is in: with the same number it is the same slice.
    slice: u32,
    is_store: bool,
}

/// Sets the extents of a function's accesses; the memory has `min_bytes` bytes at least. Nesting
/// must be bounded; see [`super::flatten`]. Returns whether anything changed.
pub fn extents(func: &mut Func, facts: &Facts<'_>) -> bool {
    let Some(memory) = func.memory else { return false };
    if !facts.memories.of(memory).traps() || facts.config.is_without(Optimization::Extents) {
        return false;
    }
    let plan = facts.memories.of(memory);
    let min_bytes = plan.min_bytes.min(MAX_MINIMUM);
    let survey = Survey::new(func, facts);
    let mut forward = Forward::new(func, &survey, facts, min_bytes);
    forward.has_sums = plan.ends_early;
    forward.block(forward.func.body);
    let Forward { accesses, low, small, .. } = forward;
    func.small = small.into_iter().filter(|(_, small)| !small.is_empty()).collect();
    let mut backward = Backward {
        func,
        survey: &survey,
        next: accesses.len(),
        spans: accesses.iter().map(|access| access.span).collect(),
        accesses: &accesses,
        labels: vec![Vec::new(); func.labels as usize],
        state: Vec::new(),
        module: facts.module,
        asks_host: asks_host(facts.module),
    };
    if !facts.config.trap_offsets {
        backward.block(func.body);
    }
    let mut spans = backward.spans;
    let mut changed = false;
    // What has passed before proves an access, or makes its check a larger one.
    let mut proven = vec![false; accesses.len()];
    let mut proves = vec![false; accesses.len()];
    for (index, access) in accesses.iter().enumerate() {
        let Some(dominator) = access.dominator.map(|dominator| dominator as usize) else {
            continue;
        };
        let known = spans[dominator];
        if let Some(both) = spans[index].and(known) {
            proven[index] = both == known && access.slice == accesses[dominator].slice;
            proves[dominator] |= proven[index];
            spans[index] = both;
        }
    }
    for (index, access) in accesses.iter().enumerate() {
        let (span, proven) = (spans[index], proven[index]);
        // Off another address it is worth no more than its own, unless it proves something.
        let is_lower = span.low < access.span.low;
        if !proven && (span == access.span || (is_lower && !proves[index])) {
            continue;
        }
        let stmt = &mut func.blocks[access.block.index()].stmts[access.stmt as usize];
        if let Stmt::Do {
            op: Op::Load { bound, addr, offset, .. } | Op::Store { bound, addr, offset, .. },
            ..
        } = stmt
            && let Ok(extent) = u32::try_from(span.len())
        {
            // From the lowest address on, which is no sum that wraps.
            let by = access.span.low.abs_diff(span.low) as u32;
            *offset += by;
            *addr = less(&mut func.exprs, *addr, by);
            *bound = if proven { Bound::Proven(extent) } else { Bound::Extent(extent) };
            changed = true;
        }
    }
    for (block, stmt, proven) in low {
        let stmt = &mut func.blocks[block.index()].stmts[stmt as usize];
        if let Stmt::Do { op: Op::Load { bound, .. } | Op::Store { bound, .. }, .. } = stmt {
            let limit = min_bytes as u32;
            *bound = if proven { Bound::BelowProven(limit) } else { Bound::Below(limit) };
            changed = true;
        }
    }
    changed
}

/// `addr - by`
fn less(exprs: &mut Exprs, addr: ExprId, by: u32) -> ExprId {
    let (value, by) = match *exprs.get(addr) {
        _ if by == 0 => return addr,
        Expr::Binary(NumOp::I32Add, value, constant) => match exprs.constant(constant) {
            Some(Const::I32(more)) => (value, by.wrapping_sub(more as u32)),
            _ => (addr, by),
        },
        _ => (addr, by),
    };
    if by == 0 {
        return value;
    }
    let by = Expr::Const(Const::I32(by.wrapping_neg() as i32));
    let by = exprs.add(by, ValType::I32);
    exprs.add(Expr::Binary(NumOp::I32Add, value, by), ValType::I32)
}

/// Whether the slice is taken from the memory again after a statement, of another size perhaps.
fn renews(stmt: &Stmt, facts: &Facts<'_>) -> bool {
    let Stmt::Do { op, .. } = stmt else { return false };
    let Facts { module, effects, memories, .. } = facts;
    let renewed = match op {
        Op::MemoryGrow { memory, .. } => return memories.of(*memory).array.is_none(),
        Op::Call(func, _) => effects.needs(module, *func).memories.wholes(),
        Op::CallIndirect { sig, .. } => effects.indirect[sig.index()].memories.wholes(),
        _ => return false,
    };
    renewed.iter().any(|memory| memories.of(memory).array.is_none())
}

/// Whether there are globals that the host is asked for.
fn asks_host(module: &Module<'_>) -> bool {
    (0..module.globals.len() as u32).any(|global| is_of_host(module, GlobalIdx(global)))
}

/// Whether reading a global is a call of the host.
fn is_of_host(module: &Module<'_>, global: GlobalIdx) -> bool {
    module.globals[global.index()].mutable && module.global_import(global).is_some()
}

/// What the walks ask about blocks and loops.
struct Survey {
    /// Whether control never reaches the end of each block.
    ends: Vec<bool>,
    /// Whether each label is left by a break.
    broken: Vec<bool>,
    /// The variables assigned in each loop, by its label.
    assigned: Vec<Vec<VarId>>,
    /// Whether the slice of the memory is renewed in each loop.
    renewed: Vec<bool>,
    /// Whether each loop may be counted: it has no loop in it, and no call.
    countable: Vec<bool>,
    /// Loops and calls so far.
    obstacles: usize,
}

impl Survey {
    fn new(func: &Func, facts: &Facts<'_>) -> Self {
        let mut survey = Self {
            ends: vec![false; func.blocks.len()],
            broken: vec![false; func.labels as usize],
            assigned: vec![Vec::new(); func.labels as usize],
            renewed: vec![false; func.labels as usize],
            countable: vec![false; func.labels as usize],
            obstacles: 0,
        };
        survey.block(func, facts, func.body, &mut Vec::new());
        survey
    }

    /// Returns whether the slice of the memory is renewed.
    fn block(
        &mut self,
        func: &Func,
        facts: &Facts<'_>,
        block: BlockId,
        assigned: &mut Vec<VarId>,
    ) -> bool {
        let (mut ends, mut renewed) = (false, false);
        for stmt in &func.block(block).stmts {
            ends = match stmt {
                Stmt::Assign(var, _) => {
                    assigned.push(*var);
                    false
                }
                Stmt::Do { results, op, .. } => {
                    assigned.extend(results);
                    self.obstacles += usize::from(!is_plain(op));
                    renewed |= renews(stmt, facts);
                    false
                }
                Stmt::Block(label, body) => {
                    renewed |= self.block(func, facts, *body, assigned);
                    self.ends[body.index()] && !self.broken[label.index()]
                }
                Stmt::Loop(label, body) => {
                    let (mut inner, obstacles) = (Vec::new(), self.obstacles);
                    self.renewed[label.index()] = self.block(func, facts, *body, &mut inner);
                    self.countable[label.index()] = self.obstacles == obstacles;
                    self.obstacles += 1;
                    renewed |= self.renewed[label.index()];
                    inner.sort_unstable();
                    inner.dedup();
                    assigned.extend(&inner);
                    self.assigned[label.index()] = inner;
                    self.ends[body.index()] && !self.broken[label.index()]
                }
                Stmt::If { .. } | Stmt::Switch { .. } | Stmt::Counted(_) => {
                    let mut ends = true;
                    for nested in stmt.blocks() {
                        renewed |= self.block(func, facts, nested, assigned);
                        ends &= self.ends[nested.index()];
                    }
                    ends
                }
                Stmt::Break(label) => {
                    self.broken[label.index()] = true;
                    true
                }
                Stmt::Continue(_) | Stmt::Return(_) | Stmt::Trap(..) => true,
                Stmt::Spend { .. } => false,
            };
        }
        self.ends[block.index()] = ends;
        renewed
    }

    /// The branches of a conditional, the only one with a way on last, if there is just one.
    /// Both walks take them in this order, so that accesses are met in the same one.
    fn branches(&self, stmt: &Stmt) -> (SmallVec<[BlockId; 4]>, bool) {
        let mut blocks: SmallVec<[BlockId; 4]> = stmt.blocks().collect();
        let mut open = (0..blocks.len()).filter(|index| !self.ends[blocks[*index].index()]);
        let single = match (open.next(), open.next()) {
            (Some(index), None) => Some(index),
            _ => None,
        };
        if let Some(index) = single {
            let block = blocks.remove(index);
            blocks.push(block);
        }
        (blocks, single.is_some())
    }
}

/// What a scope has to undo at its end.
enum Change {
    /// A variable got a new value; the old one, and its range.
    Value(VarId, ValueNumber, u32),
    /// A base got a new last access.
    Last(ValueNumber, Option<u32>),
}

/// Numbers values and finds each access' dominator, forwards.
struct Forward<'a> {
    func: &'a Func,
    /// The value of each variable.
    values: Vec<ValueNumber>,
    next_value: ValueNumber,
    numbers: HashMap<(NumOp, u64, u64), ValueNumber>,
    /// The values that are others and a constant.
    sums: HashMap<ValueNumber, (ValueNumber, i32)>,
    /// Whether accesses at such values are related to each other.
    has_sums: bool,
    /// The last access off each base on the path to here; for [`MINIMUM`], the slice of the last one that
    /// is below that.
    last: HashMap<ValueNumber, u32>,
    log: Vec<Change>,
    /// The variables that were assigned on the ways that meet next.
    met: Vec<VarId>,
    /// For each variable, the join that last put it into `met`.
    met_at: Vec<u32>,
    joins: u32,
    /// For each open label that was left by a break: how much of the log holds at its end.
    keep: Vec<usize>,
    open: Vec<LabelId>,
    survey: &'a Survey,
    accesses: Vec<Access>,
    /// The greatest value, unsigned, that each variable can have.
    ranges: Vec<u32>,
    /// Accesses that are always below the memory's minimum, and whether the check of that has passed.
    low: Vec<(BlockId, u32, bool)>,
    /// See [`Func::small`].
    small: Vec<(LabelId, Vec<(VarId, u32)>)>,
    min_bytes: u64,
    /// The number of the memory's slice, and of the newest one.
    slice: u32,
    slices: u32,
    /// The slice with which each open block or loop was left.
    left: Vec<Option<u32>>,
    facts: &'a Facts<'a>,
}

impl<'a> Forward<'a> {
    fn new(func: &'a Func, survey: &'a Survey, facts: &'a Facts<'a>, min_bytes: u64) -> Self {
        Self {
            values: (0..func.vars.len() as u32).collect(),
            next_value: func.vars.len() as u32,
            numbers: HashMap::new(),
            sums: HashMap::new(),
            has_sums: false,
            last: HashMap::new(),
            log: Vec::new(),
            met: Vec::new(),
            met_at: vec![0; func.vars.len()],
            joins: 0,
            keep: vec![usize::MAX; func.labels as usize],
            open: Vec::new(),
            survey,
            accesses: Vec::new(),
            low: Vec::new(),
            small: Vec::new(),
            ranges: vec![u32::MAX; func.vars.len()],
            min_bytes,
            slice: 0,
            slices: 0,
            left: vec![None; func.labels as usize],
            facts,
            func,
        }
    }

    fn renew(&mut self) {
        self.slices += 1;
        self.slice = self.slices;
    }

    fn fresh(&mut self) -> ValueNumber {
        self.next_value += 1;
        self.next_value - 1
    }

    fn set(&mut self, var: VarId, value: ValueNumber, range: u32) {
        let old = std::mem::replace(&mut self.values[var.index()], value);
        let old_range = std::mem::replace(&mut self.ranges[var.index()], range);
        self.log.push(Change::Value(var, old, old_range));
    }

    /// The greatest value, unsigned, that a 32-bit expression can have.
    fn range(&self, expr: ExprId) -> u32 {
        greatest(&self.func.exprs, expr, &|var| self.ranges[var.index()])
    }

    fn number(&mut self, expr: ExprId) -> ValueNumber {
        match *self.func.exprs.get(expr) {
            Expr::Var(var) => self.values[var.index()],
            Expr::Binary(op, a, b) => {
                let (a, b) = (self.operand(a), self.operand(b));
                let next = self.next_value;
                let number = self.binary(op, a, b);
                if self.has_sums
                    && number == next
                    && let (NumOp::I32Add, Ok(value), true) = (op, u32::try_from(a), b >> 32 == 1)
                {
                    let (base, more) = self.sums.get(&value).copied().unwrap_or((value, 0));
                    self.sums.insert(number, (base, more.wrapping_add(b as i32)));
                }
                number
            }
            _ => self.fresh(),
        }
    }

    fn binary(&mut self, op: NumOp, a: u64, b: u64) -> ValueNumber {
        let next = self.next_value;
        let number = *self.numbers.entry((op, a, b)).or_insert(next);
        self.next_value += u32::from(number == next);
        number
    }

    /// An address as the sum of a base and a distance, which has 16 bits.
    fn place(&mut self, addr: ExprId) -> (ValueNumber, i64) {
        let number = self.number(addr);
        let Some((base, sum)) = self.sums.get(&number).copied() else { return (number, 0) };
        let near = i32::from(sum as i16);
        match sum.wrapping_sub(near) {
            0 => (base, near.into()),
            far => {
                let far = u64::from(far as u32) | 1 << 32;
                (self.binary(NumOp::I32Add, base.into(), far), near.into())
            }
        }
    }

    /// A value's number, or a constant: told apart by the upper half.
    fn operand(&mut self, expr: ExprId) -> u64 {
        match self.func.exprs.constant(expr) {
            Some(Const::I32(value)) => u64::from(value as u32) | 1 << 32,
            _ => u64::from(self.number(expr)),
        }
    }

    /// Takes back everything since the log had `len` entries; the variables that were assigned are
    /// added to `met`, each once.
    fn undo(&mut self, len: usize) {
        self.joins += 1;
        while self.log.len() > len {
            match self.log.pop() {
                Some(Change::Value(var, old, range)) => {
                    self.values[var.index()] = old;
                    self.ranges[var.index()] = range;
                    if std::mem::replace(&mut self.met_at[var.index()], self.joins) != self.joins {
                        self.met.push(var);
                    }
                }
                Some(Change::Last(base, Some(old))) => {
                    self.last.insert(base, old);
                }
                Some(Change::Last(base, None)) => {
                    self.last.remove(&base);
                }
                None => break,
            }
        }
        for label in &self.open {
            let keep = &mut self.keep[label.index()];
            if *keep != usize::MAX {
                *keep = (*keep).min(len);
            }
        }
    }

    /// What a variable is, is not known.
    fn forget(&mut self, var: VarId) {
        let value = self.fresh();
        self.set(var, value, u32::MAX);
    }

    /// After a join: what was assigned on one of the ways is not known.
    fn forget_met(&mut self, first: usize) {
        for index in first..self.met.len() {
            self.forget(self.met[index]);
        }
        self.met.truncate(first);
    }

    fn leave(&mut self, label: LabelId) {
        let keep = &mut self.keep[label.index()];
        *keep = (*keep).min(self.log.len());
        let left = &mut self.left[label.index()];
        *left = Self::both(*left, self.slice);
    }

    /// The slice where one more way meets those with the slice `met`: [`MIXED`] if it is another.
    fn both(met: Option<u32>, slice: u32) -> Option<u32> {
        Some(if met.is_none_or(|met| met == slice) { slice } else { MIXED })
    }

    /// Goes on where ways meet.
    fn take_up(&mut self, slice: Option<u32>) {
        match slice {
            Some(MIXED) => self.renew(),
            Some(slice) => self.slice = slice,
            // There are none.
            None => {}
        }
    }

    fn block(&mut self, id: BlockId) {
        let func = self.func;
        for (position, stmt) in func.block(id).stmts.iter().enumerate() {
            self.stmt(id, position as u32, stmt);
        }
    }

    fn stmt(&mut self, block: BlockId, position: u32, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(var, value) => {
                let exprs = &self.func.exprs;
                // No address is of another type, nor a sum in one.
                let (value, range) = match *exprs.get(*value) {
                    _ if exprs.ty(*value) != ValType::I32 => (self.fresh(), u32::MAX),
                    Expr::Var(source) => (self.values[source.index()], self.ranges[source.index()]),
                    Expr::Binary(..) => (self.number(*value), self.range(*value)),
                    _ => (self.fresh(), self.range(*value)),
                };
                self.set(*var, value, range);
            }
            Stmt::Do { results, op, .. } => {
                let mut range = u32::MAX;
                match *op {
                    Op::Load { op, addr, offset, .. } => {
                        range = op.greatest().unwrap_or(u32::MAX);
                        self.access(block, position, addr, op.extent(offset), false);
                    }
                    Op::Store { op, addr, offset, .. } => {
                        self.access(block, position, addr, op.extent(offset), true);
                    }
                    _ => {}
                }
                for var in results {
                    let value = self.fresh();
                    self.set(*var, value, range);
                }
                if renews(stmt, self.facts) {
                    self.renew();
                }
            }
            Stmt::Block(label, body) => self.scope(*label, *body),
            Stmt::Loop(label, body) => {
                let small = self.survey.assigned[label.index()].iter();
                let small = small.map(|var| (*var, self.ranges[var.index()]));
                self.small.push((*label, small.filter(|(_, range)| *range <= MAX_SMALL).collect()));
                for var in &self.survey.assigned[label.index()] {
                    self.forget(*var);
                }
                if self.survey.renewed[label.index()] {
                    self.renew();
                }
                // If the loop is counted, it is there twice, and in one of the two some checks are
                // smaller: they prove nothing for what follows.
                if self.survey.countable[label.index()] {
                    self.keep[label.index()] = self.log.len();
                }
                self.scope(*label, *body);
            }
            Stmt::If { .. } | Stmt::Switch { .. } | Stmt::Counted(_) => self.branches(stmt),
            Stmt::Break(label) => self.leave(*label),
            Stmt::Continue(_) | Stmt::Return(_) | Stmt::Trap(..) | Stmt::Spend { .. } => {}
        }
    }

    /// A block or loop: at its end holds what held at the first break, if nothing undid it.
    fn scope(&mut self, label: LabelId, body: BlockId) {
        self.open.push(label);
        self.left[label.index()] = None;
        self.block(body);
        if !self.survey.ends[body.index()] {
            self.leave(label);
        }
        let keep = self.keep[label.index()].min(self.log.len());
        let first = self.met.len();
        self.undo(keep);
        self.open.pop();
        self.forget_met(first);
        self.take_up(self.left[label.index()]);
    }

    fn branches(&mut self, stmt: &Stmt) {
        let start = self.log.len();
        let (blocks, single) = self.survey.branches(stmt);
        let (first, mut left) = (self.met.len(), SmallVec::<[VarId; 16]>::new());
        let (slice, mut met) = (self.slice, None);
        for (index, block) in blocks.iter().enumerate() {
            if single && index + 1 == blocks.len() {
                break;
            }
            self.block(*block);
            let own = self.met.len();
            self.undo(start);
            if self.survey.ends[block.index()] {
                // These don't change here, but where the branch went.
                left.extend(self.met.drain(own..));
            } else {
                met = Self::both(met, self.slice);
            }
            self.slice = slice;
        }
        self.take_up(met);
        for var in left {
            self.set(var, self.values[var.index()], self.ranges[var.index()]);
        }
        self.forget_met(first);
        if let (true, Some(block)) = (single, blocks.last()) {
            self.block(*block);
        }
    }

    fn access(&mut self, block: BlockId, stmt: u32, addr: ExprId, extent: u64, is_store: bool) {
        if u64::from(self.range(addr)) + extent <= self.min_bytes {
            let before = self.last.insert(MINIMUM, self.slice);
            self.log.push(Change::Last(MINIMUM, before));
            return self.low.push((block, stmt, before == Some(self.slice)));
        }
        if matches!(self.func.exprs.get(addr), Expr::Const(_)) {
            return;
        }
        let (base, low) = self.place(addr);
        let index = self.accesses.len() as u32;
        let dominator = self.last.insert(base, index);
        self.log.push(Change::Last(base, dominator));
        let (slice, span) = (self.slice, Span { low, high: low + extent as i64 });
        self.accesses.push(Access { block, stmt, base, span, dominator, slice, is_store });
    }
}

/// Finds the extents that a function is bound to ask for, backwards.
struct Backward<'a> {
    func: &'a Func,
    survey: &'a Survey,
    accesses: &'a [Access],
    spans: Vec<Span>,
    /// Accesses before this one are still to come.
    next: usize,
    /// What is bound to be asked for after each open block or loop.
    labels: Vec<Vec<(ValueNumber, Span)>>,
    /// What is bound to be asked for from here on, the next last.
    state: Vec<(ValueNumber, Span)>,
    module: &'a Module<'a>,
    /// Whether there are globals that the host is asked for.
    asks_host: bool,
}

impl Backward<'_> {
    fn block(&mut self, id: BlockId) {
        let func = self.func;
        for (position, stmt) in func.block(id).stmts.iter().enumerate().rev() {
            self.stmt(id, position as u32, stmt);
        }
    }

    fn stmt(&mut self, block: BlockId, position: u32, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(..) => {}
            Stmt::Do { op, .. } => {
                if !matches!(op, Op::Load { .. }) {
                    self.state.clear();
                }
                if let Some(access) = self.next.checked_sub(1).map(|index| &self.accesses[index])
                    && (access.block, access.stmt) == (block, position)
                {
                    self.next -= 1;
                    self.access();
                }
            }
            Stmt::Block(label, body) | Stmt::Loop(label, body) => {
                self.labels[label.index()] = self.state.clone();
                self.block(*body);
                self.labels[label.index()] = Vec::new();
            }
            Stmt::If { .. } | Stmt::Switch { .. } | Stmt::Counted(_) => self.branches(stmt),
            Stmt::Break(label) => self.state = self.labels[label.index()].clone(),
            // A loop may repeat for ever.
            Stmt::Continue(_) | Stmt::Return(_) | Stmt::Trap(..) => self.state.clear(),
            Stmt::Spend { .. } => {}
        }
        if self.asks_host && stmt.operands().any(|operand| self.operand_asks_host(operand)) {
            self.state.clear();
        }
    }

    fn operand_asks_host(&self, operand: ExprId) -> bool {
        let mut asks = false;
        self.func.exprs.walk(operand, &mut |expr| {
            asks |= matches!(expr, Expr::GlobalGet(global) if is_of_host(self.module, *global));
        });
        asks
    }

    fn branches(&mut self, stmt: &Stmt) {
        let after = std::mem::take(&mut self.state);
        let mut joined: Option<Vec<(ValueNumber, Span)>> = None;
        for block in self.survey.branches(stmt).0.into_iter().rev() {
            self.state.clone_from(&after);
            self.block(block);
            joined = Some(match joined {
                None => std::mem::take(&mut self.state),
                Some(mut joined) => {
                    joined.retain_mut(|(base, span)| {
                        let other = self.state.iter().find(|(other, _)| other == base);
                        let common = other.and_then(|(_, other)| span.common(*other));
                        *span = common.unwrap_or(*span);
                        common.is_some()
                    });
                    joined
                }
            });
        }
        self.state = joined.unwrap_or_default();
    }

    /// The access `next`.
    fn access(&mut self) {
        let Access { base, mut span, is_store, .. } = self.accesses[self.next];
        if let Some(position) = self.state.iter().position(|(other, _)| *other == base) {
            let (_, known) = self.state.remove(position);
            // A store is seen before what follows it.
            if !is_store && let Some(both) = span.and(known) {
                span = both;
                self.spans[self.next] = span;
            }
        } else if self.state.len() >= MAX_ANTICIPATED {
            self.state.remove(0);
        }
        self.state.push((base, span));
    }
}
