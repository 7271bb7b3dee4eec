//! Which variables are read after a loop before they are assigned.

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
    /// What each loop reads before it assigns it.
    heads: HashMap<LabelId, Set>,
    empty: Set,
    /// What is live here.
    live: Set,
    after: HashMap<LabelId, Set>,
    /// The first walk finds `heads`, each without what is live after its loop.
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
                let after = if self.final_walk {
                    self.live.clone()
                } else {
                    std::mem::replace(&mut self.live, self.empty.clone())
                };
                if let Some(set) = self.after.get_mut(label) {
                    set.clone_from(&after);
                }
                self.labels[label.index()].clone_from(&self.live);
                self.block(*body);
                self.labels[label.index()] = Set::new();
                if !self.final_walk {
                    self.heads.insert(*label, self.live.clone());
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
            Stmt::Break(label) => self.live.clone_from(&self.labels[label.index()]),
            Stmt::Continue(label) => {
                self.live.clone_from(&self.empty);
                if self.final_walk {
                    if let Some(head) = self.heads.get(label) {
                        self.live.clone_from(head);
                    }
                    // What is live after the loop and not assigned in it is live at its start.
                    union(&mut self.live, &self.labels[label.index()]);
                }
            }
            Stmt::Return(_) | Stmt::Trap(..) => self.live.clone_from(&self.empty),
        }
        for operand in stmt.operands() {
            self.read(operand);
        }
    }
}
