//! Which variables are read after a loop before they are assigned.

#[cfg(test)]
mod tests;

use crate::ir::{BlockId, Expr, ExprId, Func, LabelId, Stmt, VarId};
use std::collections::HashMap;

/// A set of variables.
type Set = Vec<u64>;

/// The variables that are live after each of the loops that were asked for.
#[derive(Default)]
pub struct Liveness {
    after: HashMap<LabelId, Set>,
}

impl Liveness {
    /// Whether a variable may be read after the loop with this label.
    pub fn is_live_after(&self, label: LabelId, var: VarId) -> bool {
        self.after
            .get(&label)
            .is_none_or(|set| set[var.index() / 64] >> (var.index() % 64) & 1 != 0)
    }
}

/// Sets of more bits than this in all are not computed: everything is live then.
const MAX_BITS: usize = 1 << 27;

/// Finds what is live after `loops`. Nesting must be bounded; see [`super::flatten`].
pub fn liveness(func: &Func, loops: Vec<LabelId>) -> Liveness {
    if func.vars.len().saturating_mul(func.labels as usize) > MAX_BITS {
        return Liveness::default();
    }
    let empty = vec![0; func.vars.len().div_ceil(64)];
    let mut walk = Walk {
        func,
        labels: vec![Set::new(); func.labels as usize],
        heads: HashMap::new(),
        jumps: HashMap::new(),
        open: Vec::new(),
        empty,
        live: Set::new(),
        after: loops.into_iter().map(|label| (label, Set::new())).collect(),
        final_walk: false,
    };
    walk.live.clone_from(&walk.empty);
    walk.block(func.body);
    walk.final_walk = true;
    walk.live.clone_from(&walk.empty);
    walk.block(func.body);
    Liveness { after: walk.after }
}

struct Walk<'a> {
    func: &'a Func,
    /// What is live where a break of each open label goes to.
    labels: Vec<Set>,
    /// What is live at the start of each loop. The first walk finds what it reads before it
    /// assigns it, in one repetition; the final one adds what is live wherever the loop goes to.
    heads: HashMap<LabelId, Set>,
    /// Where each loop jumps to, apart from itself and what is in it, and whether by a `Continue`.
    jumps: HashMap<LabelId, Vec<(LabelId, bool)>>,
    /// The same of each open loop so far, in the first walk.
    open: Vec<Vec<(LabelId, bool)>>,
    empty: Set,
    /// What is live here.
    live: Set,
    after: HashMap<LabelId, Set>,
    final_walk: bool,
}

fn union(set: &mut Set, other: &Set) {
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
        let live = &mut self.live;
        self.func.exprs.walk(expr, &mut |expr| {
            if let Expr::Var(var) = expr {
                live[var.index() / 64] |= 1 << (var.index() % 64);
            }
        });
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(..) | Stmt::Do { .. } => {
                for var in stmt.assigned() {
                    self.live[var.index() / 64] &= !(1 << (var.index() % 64));
                }
            }
            Stmt::Block(label, body) => {
                self.labels[label.index()].clone_from(&self.live);
                self.block(*body);
                self.labels[label.index()] = Set::new();
            }
            Stmt::Loop(label, body) => {
                let after = self.live.clone();
                if self.final_walk {
                    self.goes_to(*label);
                } else {
                    self.live.clone_from(&self.empty);
                    self.open.push(Vec::new());
                }
                if let Some(set) = self.after.get_mut(label) {
                    set.clone_from(&after);
                }
                self.labels[label.index()].clone_from(&self.live);
                self.block(*body);
                self.labels[label.index()] = Set::new();
                if !self.final_walk {
                    self.heads.insert(*label, self.live.clone());
                    self.close(*label);
                }
                // The loop may assign a variable before it reads it, or it may not: both hold.
                union(&mut self.live, &after);
            }
            Stmt::If { .. } | Stmt::Switch { .. } | Stmt::Counted(_) => {
                let after = self.live.clone();
                let mut joined = self.empty.clone();
                for block in stmt.blocks() {
                    self.live.clone_from(&after);
                    self.block(block);
                    union(&mut joined, &self.live);
                }
                self.live = joined;
            }
            Stmt::Break(label) => {
                self.jump(*label, false);
                self.live.clone_from(&self.labels[label.index()]);
            }
            Stmt::Continue(label) => {
                self.jump(*label, true);
                match self.heads.get(label).filter(|_| self.final_walk) {
                    Some(head) => self.live.clone_from(head),
                    None => self.live.clone_from(&self.empty),
                }
            }
            Stmt::Return(_) | Stmt::Trap(..) => self.live.clone_from(&self.empty),
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
        jumps.retain(|(to, _)| *to != label && !self.labels[to.index()].is_empty());
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
        let Some(mut head) = self.heads.remove(&label) else { return };
        union(&mut head, &self.live);
        for (to, continues) in self.jumps.get(&label).into_iter().flatten() {
            match self.heads.get(to).filter(|_| *continues) {
                Some(other) => union(&mut head, other),
                None => union(&mut head, &self.labels[to.index()]),
            }
        }
        self.heads.insert(label, head);
    }
}
