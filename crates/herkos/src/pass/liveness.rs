//! Which variables are read after a loop before they are assigned.

#[cfg(test)]
mod tests;

use crate::ir::{BlockId, Expr, ExprId, Func, LabelId, Stmt, VarId};
use foldhash::HashMap;
use std::ops::Range;

/// A set of variables, by their slots.
type Set = Vec<u64>;

/// The variables that are live after some loops, found when first asked for.
pub struct Liveness {
    loops: Vec<LabelId>,
    found: Option<Found>,
}

/// What was found.
struct Found {
    slots: Slots,
    after: HashMap<LabelId, Set>,
}

/// The places in a set of the variables that are told apart: those that the loops assign.
struct Slots {
    slots: Vec<u32>,
    count: u32,
}

impl Slots {
    const NONE: u32 = u32::MAX;

    fn of(&self, var: VarId) -> Option<(usize, u32)> {
        let slot = *self.slots.get(var.index())?;
        (slot != Self::NONE).then_some((slot as usize / 64, slot % 64))
    }

    /// Gives slots to what a block assigns, if it is in one of the loops.
    fn find(&mut self, func: &Func, block: BlockId, loops: &HashMap<LabelId, Set>, inside: bool) {
        for stmt in &func.block(block).stmts {
            let inside = match stmt {
                Stmt::Loop(label, _) => inside || loops.contains_key(label),
                _ => inside,
            };
            for var in stmt.assigned().iter().filter(|_| inside) {
                let slot = &mut self.slots[var.index()];
                if *slot == Self::NONE {
                    *slot = self.count;
                    self.count += 1;
                }
            }
            stmt.blocks().for_each(|block| self.find(func, block, loops, inside));
        }
    }
}

impl Liveness {
    /// Of these loops.
    pub fn new(loops: Vec<LabelId>) -> Self {
        Self { loops, found: None }
    }

    /// Whether a variable that the loop with this label assigns may be read after it. Nesting must be bounded; see
    /// [`super::flatten`]. Between two questions, the function may change as long as it does the same.
    pub fn is_live_after(&mut self, func: &Func, label: LabelId, var: VarId) -> bool {
        let found = self.found.get_or_insert_with(|| live_after(func, &self.loops));
        match (found.after.get(&label), found.slots.of(var)) {
            (Some(set), Some((word, bit))) => set.get(word).is_none_or(|word| word >> bit & 1 != 0),
            _ => true,
        }
    }
}

/// Sets of more bits than this in all are not computed: everything is live then.
const MAX_BITS: usize = 1 << 27;

/// What is live after `loops`.
fn live_after(func: &Func, loops: &[LabelId]) -> Found {
    let mut slots = Slots { slots: vec![Slots::NONE; func.vars.len()], count: 0 };
    let after: HashMap<_, _> = loops.iter().map(|label| (*label, Set::new())).collect();
    slots.find(func, func.body, &after, false);
    if slots.count as usize * func.labels as usize > MAX_BITS {
        return Found { slots, after: HashMap::default() };
    }
    let words = slots.count.div_ceil(64) as usize;
    let labels = func.labels as usize;
    let mut walk = Walk {
        func,
        slots: &slots,
        labels: vec![0; labels * words],
        is_open: vec![false; labels],
        heads: vec![0; labels * words],
        has_head: vec![false; labels],
        jumps: HashMap::default(),
        open: Vec::new(),
        live: vec![0; words],
        kept: Vec::new(),
        after,
        final_walk: false,
    };
    walk.block(func.body);
    walk.final_walk = true;
    walk.live.fill(0);
    walk.block(func.body);
    let after = walk.after;
    Found { slots, after }
}

struct Walk<'a> {
    func: &'a Func,
    slots: &'a Slots,
    /// What is live where a break of each label goes to, one set after the other.
    labels: Set,
    is_open: Vec<bool>,
    /// What is live at the start of each loop. The first walk finds what it reads before it
    /// assigns it, in one repetition; the final one adds what is live wherever the loop goes to.
    heads: Set,
    has_head: Vec<bool>,
    /// Where each loop jumps to, apart from itself and what is in it, and whether by a `Continue`.
    jumps: HashMap<LabelId, Vec<(LabelId, bool)>>,
    /// The same of each open loop so far, in the first walk.
    open: Vec<Vec<(LabelId, bool)>>,
    /// What is live here.
    live: Set,
    /// Sets that are needed again, the last one first.
    kept: Set,
    after: HashMap<LabelId, Set>,
    final_walk: bool,
}

fn union(set: &mut [u64], other: &[u64]) {
    for (word, other) in set.iter_mut().zip(other) {
        *word |= other;
    }
}

impl Walk<'_> {
    fn block(&mut self, id: BlockId) {
        let func = self.func;
        for stmt in func.block(id).stmts.iter().rev() {
            self.stmt(stmt);
        }
    }

    fn read(&mut self, expr: ExprId) {
        let (live, slots) = (&mut self.live, self.slots);
        self.func.exprs.walk(expr, &mut |expr| {
            if let Expr::Var(var) = expr
                && let Some((word, bit)) = slots.of(*var)
            {
                live[word] |= 1 << bit;
            }
        });
    }

    /// The place of a label's set among those of all labels.
    fn range(&self, label: LabelId) -> Range<usize> {
        let words = self.live.len();
        label.index() * words..(label.index() + 1) * words
    }

    /// A break of the label goes to what is live here.
    fn begin(&mut self, label: LabelId) {
        let range = self.range(label);
        self.labels[range].copy_from_slice(&self.live);
        self.is_open[label.index()] = true;
    }

    fn keep(&mut self) {
        self.kept.extend_from_slice(&self.live);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let words = self.live.len();
        match stmt {
            Stmt::Assign(..) | Stmt::Do { .. } => {
                for var in stmt.assigned() {
                    if let Some((word, bit)) = self.slots.of(*var) {
                        self.live[word] &= !(1 << bit);
                    }
                }
            }
            Stmt::Block(label, body) => {
                self.begin(*label);
                self.block(*body);
                self.is_open[label.index()] = false;
            }
            Stmt::Loop(label, body) => {
                self.keep();
                if let Some(set) = self.after.get_mut(label) {
                    set.clone_from(&self.live);
                }
                if self.final_walk {
                    self.goes_to(*label);
                } else {
                    self.live.fill(0);
                    self.open.push(Vec::new());
                }
                self.begin(*label);
                self.block(*body);
                self.is_open[label.index()] = false;
                if !self.final_walk {
                    let range = self.range(*label);
                    self.heads[range].copy_from_slice(&self.live);
                    self.has_head[label.index()] = true;
                    self.close(*label);
                }
                // The loop may assign a variable before it reads it, or it may not: both hold.
                let after = self.kept.len() - words;
                union(&mut self.live, &self.kept[after..]);
                self.kept.truncate(after);
            }
            Stmt::If { .. } | Stmt::Switch { .. } | Stmt::Counted(_) => {
                if let Stmt::Counted(counted) = stmt {
                    self.begin(counted.label);
                }
                self.keep();
                let after = self.kept.len() - words;
                let joined = self.kept.len();
                self.kept.resize(joined + words, 0);
                for block in stmt.blocks() {
                    self.live.copy_from_slice(&self.kept[after..joined]);
                    self.block(block);
                    union(&mut self.kept[joined..], &self.live);
                }
                self.live.copy_from_slice(&self.kept[joined..]);
                self.kept.truncate(after);
            }
            Stmt::Break(label) => {
                self.jump(*label, false);
                let range = self.range(*label);
                self.live.copy_from_slice(&self.labels[range]);
            }
            Stmt::Continue(label) => {
                self.jump(*label, true);
                if self.final_walk && self.has_head[label.index()] {
                    let range = self.range(*label);
                    self.live.copy_from_slice(&self.heads[range]);
                } else {
                    self.live.fill(0);
                }
            }
            Stmt::Return(_) | Stmt::Trap(..) => self.live.fill(0),
            Stmt::Spend { .. } => {}
        }
        for operand in stmt.operands() {
            self.read(operand);
        }
    }

    fn jump(&mut self, label: LabelId, continues: bool) {
        if let (false, Some(jumps)) = (self.final_walk, self.open.last_mut()) {
            jumps.push((label, continues));
        }
    }

    /// In the first walk, at the end of a loop: those around it jump where it jumps.
    fn close(&mut self, label: LabelId) {
        let mut jumps = self.open.pop().unwrap_or_default();
        // What is in the loop is closed.
        jumps.retain(|(to, _)| *to != label && self.is_open[to.index()]);
        jumps.sort_unstable();
        jumps.dedup();
        if let Some(around) = self.open.last_mut() {
            around.extend(&jumps);
        }
        self.jumps.insert(label, jumps);
    }

    /// In the final walk, at the start of a loop: what is live where it goes to may be live at the
    /// start of each repetition.
    fn goes_to(&mut self, label: LabelId) {
        let head = self.range(label);
        union(&mut self.heads[head.clone()], &self.live);
        for (to, continues) in self.jumps.get(&label).into_iter().flatten() {
            let other = self.range(*to);
            if *continues && self.has_head[to.index()] {
                for (word, other) in head.clone().zip(other) {
                    self.heads[word] |= self.heads[other];
                }
            } else {
                union(&mut self.heads[head.clone()], &self.labels[other]);
            }
        }
    }
}
