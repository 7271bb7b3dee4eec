//! Loops that walk over memory: their accesses are checked once, before they begin.
//!
//! Where the number of a loop's repetitions can be computed, and addresses change by the same
//! amount each time, the range of all accesses of the loop is known before its first repetition.
//! Such a loop gets a second form, [`Counted`]: if the ranges are in bounds, a `for` over positions;
//! else the loop as it was, so that traps stay where they are. In the new form there is no sum left
//! in an address that can wrap: LLVM can prove every check from the one before the loop, and
//! vectorise. Each access is still checked as far as rustc is concerned: a fault in this pass cannot
//! reach memory that is not the module's own.
//!
//! Compilers unroll such loops before they emit WebAssembly, which stands in the way of vectorising
//! them; see [`reroll`] for how that is taken back.

mod linear;
mod reroll;
#[cfg(test)]
mod tests;

use super::liveness::Liveness;
use super::range::greatest;
use super::{Facts, Optimization};
use crate::ir::{
    Block, BlockId, Bound, CountOp, Counted, Expr, ExprId, Exprs, Func, LabelId, Op, Stmt, Stream,
    StreamId, VarId, VarKind,
};
use crate::op::{Const, LoadOp, NumOp, StoreOp};
use foldhash::{HashMap, HashMapExt, HashSet};
use herkos_runtime::ValType;
use linear::{Linear, Values};
use reroll::Rerolled;

/// One access in so many has to be a stream's, or the loop gains too little.
const MIN_SHARE: usize = 4;

/// Longer loops gain too little for being there twice.
const MAX_STMTS: usize = 120;

/// More ranges than these are not checked before a loop.
const MAX_STREAMS: usize = 8;

/// A loop that copies as many bytes at once was unrolled: it is not a short one.
const MIN_COPIES: usize = 8;

/// An address in a table may be one of so many bytes. Of 16 bits that were loaded no more is known than
/// this, and tables are smaller mostly: at the end of the memory, the check before the loop would fail.
const MAX_TABLE: u32 = 1 << 15;

/// Positions further from the start of a stream make another one.
const MAX_EXTENT: u32 = 1 << 20;

/// Gives loops their counted form. Nesting must be bounded; see [`super::flatten`]. Returns whether
/// anything changed.
pub fn counted(func: &mut Func, facts: &Facts<'_>) -> bool {
    if func.memory.is_none() || facts.config.is_without(Optimization::Counted) {
        return false;
    }
    let mut found = Vec::new();
    find(func, func.body, &mut found);
    let plans: Vec<Plan> =
        found.into_iter().filter_map(|place| Plan::new(func, place, facts)).collect();
    if plans.is_empty() {
        return false;
    }
    let mut live = Liveness::new(plans.iter().map(|plan| plan.label).collect());
    let mut uses = vec![0; func.vars.len()];
    each_use(func, func.body, &mut |var| uses[var.index()] += 1);
    for plan in plans {
        plan.apply(func, &mut live, &uses);
    }
    true
}

/// A loop: its block and its position there.
type Place = (BlockId, usize);

/// Finds the innermost loops; returns whether there are any, or anything that they can't be counted with.
fn find(func: &Func, block: BlockId, found: &mut Vec<Place>) -> bool {
    let mut any = false;
    for (position, stmt) in func.block(block).stmts.iter().enumerate() {
        let mut nested = false;
        for block in stmt.blocks() {
            nested |= find(func, block, found);
        }
        if matches!(stmt, Stmt::Loop(..)) {
            if !nested {
                found.push((block, position));
            }
            nested = true;
        }
        any |= nested || matches!(stmt, Stmt::Do { op, .. } if !is_plain(op));
    }
    any
}

/// Whether the memory is the same one after the operation, and its bounds, and no code was called.
pub fn is_plain(op: &Op) -> bool {
    !matches!(op, Op::MemoryGrow { .. } | Op::Call(..) | Op::CallIndirect { .. } | Op::Part(..))
}

/// What an access does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AccessOp {
    Load(LoadOp),
    Store(StoreOp),
}

impl AccessOp {
    fn width(self) -> u32 {
        match self {
            Self::Load(op) => op.width(),
            Self::Store(op) => op.width(),
        }
    }
}

/// An access at `delta` bytes from the position of a stream, or up to `slack` bytes after that.
#[derive(Clone, Copy, Debug)]
struct Access {
    op: AccessOp,
    /// Its stream's position in [`Plan::streams`].
    stream: usize,
    delta: u32,
    slack: u32,
}

/// A sum, and how much more a value can be: an address in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Near {
    sum: Linear,
    slack: u32,
}

/// A range that a loop walks over.
#[derive(Debug)]
struct Range {
    start: Linear,
    stride: u32,
}

/// A loop that can be counted.
struct Plan {
    place: Place,
    label: LabelId,
    body: BlockId,
    op: CountOp,
    /// What is compared after the first repetition, and what to.
    first: Linear,
    bound: Linear,
    /// A mask for both that makes the comparison an unsigned one.
    mask: u32,
    step: u32,
    streams: Vec<Range>,
    /// The accesses of streams, by block and position.
    accesses: HashMap<Place, Access>,
    /// Whether it may be done by copying bytes.
    may_copy: bool,
    /// How many bytes the memory must have for the accesses that are always below its minimum.
    below: u32,
    /// What each variable that changes by the same amount each time changes by.
    steps: HashMap<VarId, u32>,
}

/// A comparison of sums.
type Test = (NumOp, Linear, Linear);

/// The comparison that an expression is.
fn test(func: &Func, expr: ExprId, values: &Values) -> Option<Test> {
    use NumOp::{I32GeS, I32GeU, I32GtS, I32GtU, I32LeS, I32LeU, I32LtS, I32LtU, I32Ne};
    match *func.exprs.get(expr) {
        Expr::Binary(
            op @ (I32Ne | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU | I32GeS | I32GeU),
            a,
            b,
        ) => {
            let linear = |expr| Linear::of(&func.exprs, expr, values);
            Some((op, linear(a)?, linear(b)?))
        }
        _ => None,
    }
}

/// What is known of variables somewhere in a repetition.
#[derive(Clone, Default)]
struct Known {
    values: Values,
    /// The variables whose values are not sums, but near to one.
    near: HashMap<VarId, Near>,
    /// The variables that hold the result of a comparison of sums.
    tests: HashMap<VarId, Test>,
}

impl Known {
    fn forget(&mut self, vars: &[VarId]) {
        for var in vars {
            self.values.insert(*var, None);
            self.near.remove(var);
            self.tests.remove(var);
        }
    }

    /// The sum that an expression is near to.
    fn near(&self, exprs: &Exprs, expr: ExprId) -> Option<Near> {
        if let Some(sum) = Linear::of(exprs, expr, &self.values) {
            return Some(Near { sum, slack: 0 });
        }
        match *exprs.get(expr) {
            Expr::Var(var) => self.near.get(&var).cloned(),
            Expr::Binary(NumOp::I32Add, a, b) => {
                let (a, b) = (self.near(exprs, a)?, self.near(exprs, b)?);
                let slack = a.slack.checked_add(b.slack).filter(|slack| *slack < MAX_TABLE)?;
                Some(Near { sum: a.sum.plus(&b.sum, 1)?, slack })
            }
            _ => {
                let of_var = |var| match self.near.get(&var) {
                    Some(Near { sum, slack }) if sum.terms.is_empty() => {
                        sum.constant.saturating_add(*slack)
                    }
                    _ => u32::MAX,
                };
                let slack = greatest(exprs, expr, &of_var);
                (slack < MAX_TABLE).then(|| Near { sum: Linear::default(), slack })
            }
        }
    }

    /// Where one way meets others: what holds on all of them.
    fn meet(self, others: Option<Self>) -> Self {
        let Some(mut known) = others else { return self };
        for (var, value) in &mut known.values {
            if self.values.get(var) != Some(value) {
                *value = None;
            }
        }
        for var in self.values.keys() {
            known.values.entry(*var).or_insert(None);
        }
        known.near.retain(|var, near| self.near.get(var) == Some(near));
        known.tests.retain(|var, test| self.tests.get(var) == Some(test));
        known
    }
}

/// Follows the values of variables through one repetition.
struct Walk<'a> {
    func: &'a Func,
    label: LabelId,
    /// Whether accesses are checked at all: else a table's cost nothing as they are.
    has_tables: bool,
    known: Known,
    /// Whether control does not get here.
    ended: bool,
    /// What is known at the ends of the blocks around, from the breaks so far.
    exits: HashMap<LabelId, Option<Known>>,
    accesses: Vec<(Place, AccessOp, Option<Near>, u32)>,
    /// The limits of accesses that are always below them, and need not be a stream's.
    below: Vec<u32>,
    stmts: usize,
    /// How often the body leaves the loop in the middle, other than by a trap.
    jumps: usize,
    repeats: usize,
}

impl Walk<'_> {
    fn block(&mut self, id: BlockId) {
        let func = self.func;
        for (position, stmt) in func.block(id).stmts.iter().enumerate() {
            self.stmts += 1;
            if self.stmts > MAX_STMTS {
                return;
            }
            self.stmt((id, position), stmt);
        }
    }

    fn stmt(&mut self, place: Place, stmt: &Stmt) {
        let exprs = &self.func.exprs;
        match stmt {
            Stmt::Assign(var, value) => {
                let near = match self.func.vars[var.index()].ty {
                    ValType::I32 => self.known.near(exprs, *value),
                    _ => None,
                };
                let test = test(self.func, *value, &self.known.values);
                self.known.forget(&[*var]);
                if let Some(test) = test {
                    self.known.tests.insert(*var, test);
                }
                match near {
                    Some(Near { sum, slack: 0 }) => {
                        self.known.values.insert(*var, Some(sum));
                    }
                    Some(near) => {
                        self.known.near.insert(*var, near);
                    }
                    None => {}
                }
            }
            Stmt::Do { results, op, .. } => {
                let access = match *op {
                    Op::Load { op, addr, offset, bound, .. } => {
                        Some((AccessOp::Load(op), addr, offset, bound))
                    }
                    Op::Store { op, addr, offset, bound, .. } => {
                        Some((AccessOp::Store(op), addr, offset, bound))
                    }
                    _ => None,
                };
                if let Some((op, addr, offset, bound)) = access {
                    let addr = (self.known.near(exprs, addr))
                        .filter(|addr| addr.slack == 0 || self.has_tables);
                    let is_exact = addr.as_ref().is_some_and(|addr| addr.slack == 0);
                    match bound {
                        Bound::Below(limit) | Bound::BelowProven(limit) if !is_exact => {
                            self.below.push(limit);
                        }
                        _ => self.accesses.push((place, op, addr, offset)),
                    }
                }
                self.known.forget(results);
                if let (Op::Load { op, .. }, [var]) = (op, results.as_slice())
                    && let Some(slack) = op.greatest()
                {
                    self.known.near.insert(*var, Near { sum: Linear::default(), slack });
                }
            }
            Stmt::Continue(label) => {
                self.repeats += usize::from(*label == self.label);
                self.ended = true;
            }
            Stmt::Break(label) => self.leave(*label),
            Stmt::Return(_) => {
                self.jumps += 1;
                self.ended = true;
            }
            Stmt::Trap(..) => self.ended = true,
            Stmt::Block(label, body) => {
                self.exits.insert(*label, None);
                self.block(*body);
                if !self.ended {
                    self.leave(*label);
                }
                let exit = self.exits.remove(label);
                self.go_on(exit.flatten());
            }
            _ => {
                let (before, mut after) = (self.known.clone(), None);
                for block in stmt.blocks() {
                    self.known.clone_from(&before);
                    self.ended = false;
                    self.block(block);
                    if !self.ended {
                        after = Some(std::mem::take(&mut self.known).meet(after));
                    }
                }
                self.go_on(after);
            }
        }
    }

    fn leave(&mut self, label: LabelId) {
        match self.exits.get_mut(&label) {
            Some(exit) => *exit = Some(std::mem::take(&mut self.known).meet(exit.take())),
            None => self.jumps += 1,
        }
        self.ended = true;
    }

    /// After a block or branches, with what is known there, if control gets there.
    fn go_on(&mut self, known: Option<Known>) {
        self.ended = known.is_none();
        self.known = known.unwrap_or_default();
    }
}

impl Plan {
    fn new(func: &Func, place: Place, facts: &Facts<'_>) -> Option<Self> {
        let Stmt::Loop(label, body) = func.block(place.0).stmts[place.1] else { return None };
        let checks = facts.memories.of(func.memory?).traps();
        // It goes on at its end, and only there.
        let Some(Stmt::If { cond, then, other }) = func.block(body).stmts.last() else {
            return None;
        };
        if func.block(*then).stmts != [Stmt::Continue(label)]
            || !func.block(*other).stmts.is_empty()
        {
            return None;
        }
        let mut walk = Walk {
            func,
            label,
            has_tables: checks,
            known: Known::default(),
            ended: false,
            exits: HashMap::new(),
            accesses: Vec::new(),
            below: Vec::new(),
            stmts: 0,
            jumps: 0,
            repeats: 0,
        };
        walk.block(body);
        if walk.repeats != 1 || walk.stmts > MAX_STMTS || walk.jumps > 0 {
            return None;
        }
        let Walk { known: Known { values, tests, .. }, accesses, below, .. } = walk;
        let steps: HashMap<VarId, u32> = (values.iter())
            .filter_map(|(var, value)| {
                let value = value.as_ref()?;
                (value.terms == [(*var, 1)]).then_some((*var, value.constant))
            })
            .collect();
        // By how much a sum changes each time, if that is always the same.
        let stride = |sum: &Linear| -> Option<u32> {
            sum.terms.iter().try_fold(0_u32, |stride, (var, times)| match steps.get(var) {
                Some(step) => Some(stride.wrapping_add(step.wrapping_mul(*times))),
                None => (!values.contains_key(var)).then_some(stride),
            })
        };
        let (op, first, bound, mask, step) = {
            let test = match *func.exprs.get(*cond) {
                Expr::Var(var) => tests.get(&var).cloned(),
                _ => test(func, *cond, &values),
            };
            let nonzero = || {
                let value = Linear::of(&func.exprs, *cond, &values)?;
                Some((NumOp::I32Ne, value, Linear::constant(0)))
            };
            exit(test.or_else(nonzero)?, &stride)?
        };
        let mut plan = Self {
            place,
            label,
            body,
            op,
            first,
            bound,
            mask,
            step,
            streams: Vec::new(),
            accesses: HashMap::new(),
            // Fuel is for each repetition, before it.
            may_copy: checks && facts.config.fuel.is_none(),
            below: below.iter().copied().max().unwrap_or(0),
            steps: HashMap::new(),
        };
        if plan.is_short(func) || copies_bytes(func, body) {
            return None;
        }
        plan.find_streams(&accesses, &stride);
        plan.steps = steps;
        let enough = plan.accesses.len() * MIN_SHARE >= accesses.len();
        let moves = plan.streams.iter().any(|stream| stream.stride != 0)
            || plan.accesses.values().any(|access| access.slack > 0);
        (enough && moves && plan.streams.len() <= MAX_STREAMS).then_some(plan)
    }

    /// Whether the loop counts down a variable that is small: what is left over where another loop
    /// does most of the work.
    fn is_short(&self, func: &Func) -> bool {
        let small = func.small.get(&self.label).map_or(&[][..], Vec::as_slice);
        let by_itself = |var: &VarId| {
            (self.op, self.step, self.mask) == (CountOp::Ne, 1, 0)
                && self.first == Linear::constant(0)
                && self.bound.terms == [(*var, 1)]
        };
        small.iter().any(|(var, _)| by_itself(var))
    }

    fn find_streams(
        &mut self,
        accesses: &[(Place, AccessOp, Option<Near>, u32)],
        stride: &impl Fn(&Linear) -> Option<u32>,
    ) {
        /// Accesses whose addresses differ by constants.
        struct Group {
            start: Linear,
            stride: u32,
            members: Vec<Member>,
        }
        struct Member {
            place: Place,
            op: AccessOp,
            /// How far the address is from `start`, and the access from its address.
            distance: i64,
            offset: u32,
            slack: u32,
        }
        let mut groups: Vec<Group> = Vec::new();
        // Tables come last: more of them than there is room for are checked at each access.
        let known = |tables: bool| {
            accesses.iter().filter_map(move |(place, op, addr, offset)| {
                let Near { sum, slack } = addr.as_ref()?;
                ((*slack > 0) == tables).then_some((place, op, sum, slack, offset))
            })
        };
        for (place, op, addr, slack, offset) in known(false).chain(known(true)) {
            // Addresses that fall are left to the checked form.
            let most = if *slack == 0 { i32::MAX as u32 } else { 0 };
            let Some(stride) = stride(addr).filter(|stride| *stride <= most) else { continue };
            let distance =
                |group: &Group| i64::from(addr.constant.wrapping_sub(group.start.constant) as i32);
            let near = |group: &&mut Group| {
                let most = u64::from(MAX_EXTENT) / 2;
                group.start.terms == addr.terms
                    && group.stride == stride
                    && distance(group).unsigned_abs() < most
                    && (distance(group) + i64::from(*offset)).unsigned_abs() < most
            };
            let member = |distance| Member {
                place: *place,
                op: *op,
                distance,
                offset: *offset,
                slack: *slack,
            };
            let is_full = groups.len() >= MAX_STREAMS;
            match groups.iter_mut().find(near) {
                Some(group) => {
                    let distance = distance(group);
                    group.members.push(member(distance));
                }
                None if *slack > 0 && is_full => {}
                None if *offset < MAX_EXTENT / 4 => {
                    groups.push(Group { start: addr.clone(), stride, members: vec![member(0)] })
                }
                None => {}
            }
        }
        for (stream, mut group) in groups.into_iter().enumerate() {
            // The start is the lowest address, without its offset: no address wraps after it, or
            // some position would be out of bounds.
            let lowest = group.members.iter().map(|member| member.distance).min().unwrap_or(0);
            group.start.constant = group.start.constant.wrapping_add(lowest as u32);
            for Member { place, op, distance, offset, slack } in group.members {
                let delta = (distance - lowest + i64::from(offset)) as u32;
                self.accesses.insert(place, Access { op, stream, delta, slack });
            }
            self.streams.push(Range { start: group.start, stride: group.stride });
        }
    }

    /// Replaces the loop.
    fn apply(self, func: &mut Func, live: &mut Liveness, uses: &[u32]) {
        let label = func.add_label();
        let counter = func.counters;
        func.counters += 1;
        let first_stream = func.streams;
        func.streams += self.streams.len() as u32;
        let stream_id = |index: usize| StreamId(first_stream + index as u32);
        let (fast, unrolled, steps, taken) = match reroll::reroll(func, &self, live, &stream_id) {
            Some(Rerolled { stmts, times, steps }) => {
                let taken = steps.len() as u32;
                (func.add_block(Block { stmts, height: 0 }), times, steps, taken)
            }
            None => {
                let mut inside: HashMap<VarId, u32> = HashMap::new();
                each_use(func, self.body, &mut |var| *inside.entry(var).or_default() += 1);
                let mut copy = Copy {
                    plan: &self,
                    stream_id: &stream_id,
                    labels: HashMap::from_iter([(self.label, label)]),
                    vars: HashMap::new(),
                    own: |var: VarId| uses.get(var.index()) == inside.get(&var),
                };
                let fast = copy.block(func, self.body);
                let len = func.block(fast).stmts.len();
                let steps = self.take_steps(func, live, fast);
                (fast, 1, steps, (len - func.block(fast).stmts.len()) as u32)
            }
        };
        let mut extents = vec![0; self.streams.len()];
        for access in self.accesses.values() {
            let extent = &mut extents[access.stream];
            *extent = (*extent).max(access.delta + access.slack + access.op.width());
        }
        let streams: Vec<Stream> = (self.streams.iter().zip(extents).enumerate())
            .map(|(index, (range, extent))| Stream {
                id: stream_id(index),
                stride: range.stride / unrolled,
                extent: extent - range.stride / unrolled * (unrolled - 1),
            })
            .collect();
        let copies = copies(func, &streams, fast, uses.len()).filter(|_| self.may_copy);
        if copies.is_some() {
            func.blocks[fast.index()].stmts.clear();
        }
        let mut operands = Vec::new();
        for side in [&self.first, &self.bound] {
            let side = side.build(func);
            operands.push(masked(func, side, self.mask));
        }
        operands.extend(self.streams.iter().map(|range| range.start.build(func)));
        for (var, _) in &steps {
            operands.push(func.exprs.add(Expr::Var(*var), ValType::I32));
        }
        let (advanced, by) = steps.into_iter().unzip();
        let (block, position) = self.place;
        let slow = Stmt::Loop(self.label, self.body);
        let height = func.block(self.body).height + 1;
        let slow = func.add_block(Block { stmts: vec![slow], height });
        func.blocks[block.index()].stmts[position] = Stmt::Counted(Box::new(Counted {
            operands,
            op: self.op,
            step: self.step,
            unrolled,
            counter,
            units: 0,
            streams,
            copies,
            below: self.below,
            advanced,
            by,
            taken,
            label,
            fast,
            slow,
        }));
    }

    /// Takes the assignments out of a copy of the body that only count: of the variables that change
    /// by the same amount each time, and are read for nothing else. Returns those that are needed
    /// behind the loop: LLVM would make a vector of each, and add that up there.
    fn take_steps(&self, func: &mut Func, live: &mut Liveness, fast: BlockId) -> Vec<(VarId, u32)> {
        let mut only_counts = self.steps.clone();
        let is_own = |stmt: &Stmt, var: &VarId| matches!(stmt, Stmt::Assign(own, _) if own == var);
        let mut pending = vec![fast];
        while let Some(block) = pending.pop() {
            for stmt in &func.block(block).stmts {
                pending.extend(stmt.blocks());
                for operand in stmt.operands() {
                    func.exprs.walk(operand, &mut |expr| {
                        if let Expr::Var(var) = expr
                            && (block != fast || !is_own(stmt, var))
                        {
                            only_counts.remove(var);
                        }
                    });
                }
            }
        }
        let stmts = &mut func.blocks[fast.index()].stmts;
        stmts.retain(|stmt| !matches!(stmt, Stmt::Assign(var, _) if only_counts.contains_key(var)));
        only_counts.retain(|var, _| live.is_live_after(func, self.label, *var));
        let mut steps: Vec<(VarId, u32)> = only_counts.into_iter().collect();
        steps.sort_unstable();
        steps
    }
}

/// Where a body copies from and where to, if it does nothing else: all bytes of a step, by way of
/// variables of its own, which are those from `first_own` on. Either it has loaded them all before it
/// stores the first one, or it goes upwards.
fn copies(
    func: &Func,
    streams: &[Stream],
    body: BlockId,
    first_own: usize,
) -> Option<(StreamId, StreamId)> {
    let [a, b] = streams else { return None };
    let (mut loads, mut stores) = (Vec::new(), Vec::new());
    let (mut from, mut to, mut alternates) = (None, None, false);
    let mut loaded: HashMap<VarId, (u32, u32)> = HashMap::new();
    for stmt in &func.block(body).stmts {
        let Stmt::Do { results, op, .. } = stmt else { return None };
        match (op, results.as_slice()) {
            (Op::LoadAt { op, stream, delta }, [var]) if var.index() >= first_own => {
                let piece = (*delta, op.width());
                alternates |= to.is_some();
                from = Some(*stream);
                loads.push(piece);
                loaded.insert(*var, piece);
            }
            (Op::StoreAt { op, stream, delta, value }, _) => {
                let Expr::Var(var) = func.exprs.get(*value) else { return None };
                if loaded.get(var) != Some(&(*delta, op.width())) {
                    return None;
                }
                to = Some(*stream);
                stores.push((*delta, op.width()));
            }
            _ => return None,
        }
    }
    let (from, to) = (from?, to?);
    let step = a.stride;
    let is_all = |pieces: &mut Vec<(u32, u32)>| {
        if !alternates {
            pieces.sort_unstable();
        }
        let end =
            pieces.iter().try_fold(0, |end, (delta, width)| (*delta == end).then_some(end + width));
        end == Some(step)
    };
    let whole = b.stride == step && is_all(&mut loads) && is_all(&mut stores);
    (whole && from != to).then_some((from, to))
}

/// `value ^ mask`
fn masked(func: &mut Func, value: ExprId, mask: u32) -> ExprId {
    if mask == 0 {
        return value;
    }
    if let Some(Const::I32(value)) = func.exprs.constant(value) {
        let value = Const::I32(value ^ mask as i32);
        return func.exprs.add(Expr::Const(value), ValType::I32);
    }
    let mask = func.exprs.add(Expr::Const(Const::I32(mask as i32)), ValType::I32);
    func.exprs.add(Expr::Binary(NumOp::I32Xor, value, mask), ValType::I32)
}

/// Whether a loop does nothing but copy few single bytes. There are many of them, short ones, in what
/// packs and unpacks data, and vectorised they take rustc long.
fn copies_bytes(func: &Func, body: BlockId) -> bool {
    let mut loaded: HashSet<VarId> = HashSet::default();
    let mut stores = 0;
    func.block(body).stmts.iter().all(|stmt| match stmt {
        Stmt::Do { results, op: Op::Load { op: LoadOp::I32Load8U, addr, .. }, .. } => {
            let mut is_table = false;
            func.exprs.walk(*addr, &mut |expr| {
                is_table |= matches!(expr, Expr::Var(var) if loaded.contains(var));
            });
            loaded.extend(results);
            !is_table
        }
        Stmt::Do { op: Op::Store { op: StoreOp::I32Store8, value, .. }, .. } => {
            stores += 1;
            matches!(func.exprs.get(*value), Expr::Var(var) if loaded.contains(var))
        }
        Stmt::Do { .. } => false,
        _ => true,
    }) && (1..MIN_COPIES).contains(&stores)
}

/// How a loop that goes on while a test holds can be counted: the comparison, its sides at the end
/// of the first repetition, a mask that makes it unsigned and upwards, and the step.
fn exit(
    test: Test,
    stride: &impl Fn(&Linear) -> Option<u32>,
) -> Option<(CountOp, Linear, Linear, u32, u32)> {
    use NumOp::{I32GeS, I32GeU, I32GtS, I32GtU, I32LeS, I32LeU, I32LtS, I32LtU, I32Ne};
    let (op, mut value, mut bound) = test;
    if op == I32GeU
        && value.terms == bound.terms
        && let step = value.constant.wrapping_sub(bound.constant)
        && stride(&value)? == step
        && (1..1 << 31).contains(&step)
    {
        // Until the value wraps, that is, while the one before is at most this.
        return Some((CountOp::Le, bound, Linear::constant(u32::MAX - step), 0, step));
    }
    let mut swapped = false;
    if stride(&bound)? != 0 {
        std::mem::swap(&mut value, &mut bound);
        swapped = true;
    }
    let step = stride(&value)?;
    if stride(&bound)? != 0 || step == 0 {
        return None;
    }
    // Forms at the end of a repetition hold the values at its start.
    let falls = step > i32::MAX as u32;
    let size = if falls { step.wrapping_neg() } else { step };
    if op == I32Ne {
        // From the bound to the value is as far as from the value to the bound.
        return Some(match falls {
            true => (CountOp::Ne, bound, value, 0, size),
            false => (CountOp::Ne, value, bound, 0, size),
        });
    }
    let (rises, signed, count) = match op {
        I32LtS => (true, true, CountOp::Lt),
        I32LtU => (true, false, CountOp::Lt),
        I32LeS => (true, true, CountOp::Le),
        I32LeU => (true, false, CountOp::Le),
        I32GtS => (false, true, CountOp::Lt),
        I32GtU => (false, false, CountOp::Lt),
        I32GeS => (false, true, CountOp::Le),
        _ => (false, false, CountOp::Le),
    };
    if (rises != swapped) == falls {
        return None;
    }
    // Flipping the sign bit makes signed order unsigned; flipping all bits turns it round.
    let mask = if signed { 1 << 31 } else { 0 } ^ if falls { u32::MAX } else { 0 };
    Some((count, value, bound, mask, size))
}

/// Calls `visit` for a variable whenever it is read or assigned.
fn each_use(func: &Func, block: BlockId, visit: &mut impl FnMut(VarId)) {
    let mut pending = vec![block];
    while let Some(block) = pending.pop() {
        for stmt in &func.block(block).stmts {
            pending.extend(stmt.blocks());
            for operand in stmt.operands() {
                func.exprs.walk(operand, &mut |expr| {
                    if let Expr::Var(var) = expr {
                        visit(*var);
                    }
                });
            }
            stmt.assigned().iter().copied().for_each(&mut *visit);
        }
    }
}

/// Copies the body of a loop, with its accesses by stream.
struct Copy<'a, S, O> {
    plan: &'a Plan,
    stream_id: &'a S,
    labels: HashMap<LabelId, LabelId>,
    vars: HashMap<VarId, VarId>,
    /// Whether a variable is used in the loop alone.
    own: O,
}

impl<S: Fn(usize) -> StreamId, O: Fn(VarId) -> bool> Copy<'_, S, O> {
    fn block(&mut self, func: &mut Func, id: BlockId) -> BlockId {
        let Block { stmts, height } = func.block(id).clone();
        // The test at the end is replaced by the count.
        let len = stmts.len() - usize::from(id == self.plan.body);
        let mut copies = Vec::with_capacity(len);
        for (position, stmt) in stmts.into_iter().take(len).enumerate() {
            copies.push(self.stmt(func, (id, position), stmt));
        }
        func.add_block(Block { stmts: copies, height })
    }

    fn stmt(&mut self, func: &mut Func, place: Place, stmt: Stmt) -> Stmt {
        match stmt {
            Stmt::Assign(var, value) => {
                let value = self.expr(func, value);
                Stmt::Assign(self.var(func, var), value)
            }
            Stmt::Do { results, mut op, offset } => {
                match (&mut op, self.plan.accesses.get(&place)) {
                    (&mut Op::Load { op: load, addr, offset, .. }, Some(access)) => {
                        let stream = (self.stream_id)(access.stream);
                        op = if access.slack == 0 {
                            Op::LoadAt { op: load, stream, delta: access.delta }
                        } else {
                            Op::LoadIn { op: load, stream, addr: self.expr(func, addr), offset }
                        };
                    }
                    (&mut Op::Store { op: store, addr, offset, value, .. }, Some(access)) => {
                        let stream = (self.stream_id)(access.stream);
                        op = if access.slack == 0 {
                            let value = self.expr(func, value);
                            Op::StoreAt { op: store, stream, delta: access.delta, value }
                        } else {
                            let (addr, value) = (self.expr(func, addr), self.expr(func, value));
                            Op::StoreIn { op: store, stream, addr, offset, value }
                        };
                    }
                    _ => {
                        if let Op::Load { bound, .. } | Op::Store { bound, .. } = &mut op {
                            *bound = match *bound {
                                // The loop has checked that the memory is as large.
                                Bound::Below(limit) | Bound::BelowProven(limit)
                                    if limit <= self.plan.below =>
                                {
                                    Bound::BelowProven(limit)
                                }
                                // What proved it may be a stream's access now, which checks less.
                                bound => bound.checked(),
                            };
                        }
                        op.each_operand(|operand| *operand = self.expr(func, *operand));
                    }
                }
                let results = results.into_iter().map(|var| self.var(func, var)).collect();
                Stmt::Do { results, op, offset }
            }
            Stmt::Block(label, body) => {
                let copy = func.add_label();
                self.labels.insert(label, copy);
                Stmt::Block(copy, self.block(func, body))
            }
            Stmt::If { cond, then, other } => Stmt::If {
                cond: self.expr(func, cond),
                then: self.block(func, then),
                other: self.block(func, other),
            },
            Stmt::Switch { index, mut arms, default } => {
                let index = self.expr(func, index);
                for arm in &mut arms {
                    arm.body = self.block(func, arm.body);
                }
                Stmt::Switch { index, arms, default: self.block(func, default) }
            }
            Stmt::Break(label) => Stmt::Break(self.labels.get(&label).copied().unwrap_or(label)),
            Stmt::Return(values) => {
                Stmt::Return(values.into_iter().map(|value| self.expr(func, value)).collect())
            }
            // There are no loops in it, and none but the last statement goes on with it.
            Stmt::Loop(..)
            | Stmt::Counted(_)
            | Stmt::Continue(_)
            | Stmt::Trap(..)
            | Stmt::Spend { .. } => stmt,
        }
    }

    fn var(&mut self, func: &mut Func, var: VarId) -> VarId {
        if func.vars[var.index()].kind != VarKind::Temp || !(self.own)(var) {
            return var;
        }
        let ty = func.vars[var.index()].ty;
        *self.vars.entry(var).or_insert_with(|| func.add_var(ty, VarKind::Temp))
    }

    fn expr(&mut self, func: &mut Func, id: ExprId) -> ExprId {
        let ty = func.exprs.ty(id);
        let copy = match func.exprs.get(id).clone() {
            Expr::Var(var) => Expr::Var(self.vars.get(&var).copied().unwrap_or(var)),
            Expr::Unary(op, a) => Expr::Unary(op, self.expr(func, a)),
            Expr::Binary(op, a, b) => Expr::Binary(op, self.expr(func, a), self.expr(func, b)),
            Expr::Select { cond, then, other } => Expr::Select {
                cond: self.expr(func, cond),
                then: self.expr(func, then),
                other: self.expr(func, other),
            },
            Expr::RefIsNull(a) => Expr::RefIsNull(self.expr(func, a)),
            leaf => leaf,
        };
        func.exprs.add(copy, ty)
    }
}
