//! Counts fuel, if it was asked for.
//!
//! What is executed together is paid together: at the beginning of a function, of each repetition of a
//! loop, and of branches that are not small. Only functions and loops check whether there was so
//! much, because nothing is executed for long without one of them. A counted loop pays for all of its
//! repetitions before the first one.
//!
//! A small function that calls nothing and has no loops does not count at all: whoever calls it pays.
//!
//! A unit is an operator, about: those of the function as it is written, after all other passes.

use super::Facts;
use crate::ir::{BlockId, Expr, ExprId, Func, LabelId, Op, Stmt};
use crate::wasm::{FuncIdx, Use};

/// Branches of so few units are paid for by whoever may take them, the dearest of them.
const SMALL: u32 = 24;

/// Bytes of a function that its callers pay for, at the most.
const LEAF: u32 = 64;

/// What those who call a function pay for it, half a unit for a byte; nothing, unless it is a small leaf.
fn price(facts: &Facts<'_>, func: FuncIdx) -> Option<u32> {
    let defined = facts.module.defined(func).ok()?;
    let uses = &facts.module.uses[defined.index()];
    let is_bulk = !uses.bulk.is_empty() || uses.tables;
    let calls = |item: &Use| matches!(item, Use::Call(_) | Use::CallIndirect(_));
    let range = facts.module.bodies[defined.index()].range();
    let size = u32::try_from(range.end - range.start).ok().filter(|size| *size <= LEAF)?;
    (!uses.loops && !is_bulk && !uses.items.iter().any(calls)).then_some(size / 2)
}

/// Makes a function spend fuel. Nesting must be bounded; see [`super::flatten`].
pub fn fuel(func: &mut Func, facts: &Facts<'_>) -> bool {
    let index = facts.module.func_idx(func.index);
    if facts.config.fuel.is_none() || price(facts, index).is_some() {
        return false;
    }
    let mut meter = Meter { depths: vec![0; func.labels as usize], depth: 0, func, facts };
    let units = meter.block(meter.func.body).units;
    let offset = meter.func.offset;
    meter.charge(meter.func.body, units + 1, Some(offset));
    for part in 0..meter.func.parts.len() {
        let body = meter.func.parts[part].body;
        let units = meter.block(body).units;
        meter.charge(body, units, None);
    }
    true
}

/// What a piece of code costs, and how far it may jump.
#[derive(Clone, Copy)]
struct Cost {
    /// What whoever executes it pays at once.
    units: u32,
    /// The depth of the outermost label that it may jump to, 0 for the function's end.
    leaves: usize,
}

impl Cost {
    const NONE: Self = Self { units: 0, leaves: usize::MAX };
}

struct Meter<'a> {
    facts: &'a Facts<'a>,
    func: &'a mut Func,
    /// The depth of each label, the outermost one's is 1.
    depths: Vec<usize>,
    depth: usize,
}

impl Meter<'_> {
    /// Meters what is in a block. What follows a statement that may jump away is paid for by itself.
    fn block(&mut self, block: BlockId) -> Cost {
        let stmts = std::mem::take(&mut self.func.blocks[block.index()].stmts);
        let mut out: Vec<Stmt> = Vec::with_capacity(stmts.len() + 1);
        let mut cost = Cost::NONE;
        // Where the current run of statements begins, and what it costs; the first is the caller's.
        let (mut start, mut units, mut first) = (0, 0_u32, true);
        for mut stmt in stmts {
            let own = self.stmt(&mut stmt);
            units = units.saturating_add(own.units);
            cost.leaves = cost.leaves.min(own.leaves);
            out.push(stmt);
            if own.leaves != usize::MAX {
                end_run(&mut out, start, units, first, &mut cost.units);
                (start, units, first) = (out.len(), 0, false);
            }
        }
        end_run(&mut out, start, units, first, &mut cost.units);
        self.func.blocks[block.index()].stmts = out;
        cost
    }

    fn stmt(&mut self, stmt: &mut Stmt) -> Cost {
        let operands: u32 = stmt.operands().map(|operand| self.expr(operand)).sum();
        let mut cost = Cost { units: operands, ..Cost::NONE };
        match stmt {
            Stmt::Assign(..) | Stmt::Spend { .. } => {}
            Stmt::Do { op, .. } => cost.units += 1 + self.callee(op),
            Stmt::Trap(..) | Stmt::Return(_) => (cost.units, cost.leaves) = (operands + 1, 0),
            Stmt::Break(label) | Stmt::Continue(label) => {
                (cost.units, cost.leaves) = (operands + 1, self.depths[label.index()]);
            }
            Stmt::Block(label, body) => {
                let inner = self.labelled(*label, *body);
                cost = Cost { units: operands.saturating_add(inner.units), ..inner };
            }
            Stmt::Loop(label, body) => {
                let inner = self.labelled(*label, *body);
                let offset = self.first_offset(*body);
                self.charge(*body, inner.units.saturating_add(1), Some(offset));
                cost.leaves = inner.leaves;
            }
            Stmt::If { .. } | Stmt::Switch { .. } => {
                let branches: Vec<BlockId> = stmt.blocks().collect();
                let costs: Vec<Cost> = branches.iter().map(|branch| self.block(*branch)).collect();
                let dearest = costs.iter().map(|branch| branch.units).max().unwrap_or(0);
                cost.units += 1;
                if dearest <= SMALL {
                    cost.units += dearest;
                } else {
                    for (branch, own) in branches.iter().zip(&costs) {
                        self.charge(*branch, own.units, None);
                    }
                }
                let leaves = costs.iter().map(|branch| branch.leaves).min();
                cost.leaves = leaves.unwrap_or(usize::MAX);
            }
            Stmt::Counted(counted) => {
                let fast = self.labelled(counted.label, counted.fast);
                counted.units = fast.units.saturating_add(1 + counted.taken);
                let slow = self.block(counted.slow);
                self.charge(counted.slow, slow.units, None);
                cost.leaves = fast.leaves.min(slow.leaves);
            }
        }
        cost
    }

    fn labelled(&mut self, label: LabelId, body: BlockId) -> Cost {
        self.depth += 1;
        self.depths[label.index()] = self.depth;
        let mut cost = self.block(body);
        if cost.leaves >= self.depth {
            cost.leaves = usize::MAX;
        }
        self.depth -= 1;
        cost
    }

    /// What a call costs beside what its callee pays.
    fn callee(&self, op: &Op) -> u32 {
        match op {
            Op::Call(func, _) => price(self.facts, *func).unwrap_or(0),
            Op::CallIndirect { sig, .. } => {
                let funcs = &self.facts.effects.table_funcs[sig.index()];
                // Of many, not all are looked at each time.
                let prices = funcs.iter().take(16).filter_map(|func| price(self.facts, *func));
                if funcs.len() > 16 { LEAF / 2 } else { prices.max().unwrap_or(0) }
            }
            _ => 0,
        }
    }

    fn expr(&self, expr: ExprId) -> u32 {
        let mut units = 0;
        self.func.exprs.walk(expr, &mut |expr| {
            units += u32::from(!matches!(expr, Expr::Const(_) | Expr::Var(_)));
        });
        units
    }

    /// Makes a block pay at its beginning; `offset` is that of the trap, if it also checks.
    fn charge(&mut self, block: BlockId, units: u32, offset: Option<u32>) {
        if units > 0 {
            let (checked, offset) = (offset.is_some(), offset.unwrap_or(0));
            let spend = Stmt::Spend { units, checked, offset };
            self.func.blocks[block.index()].stmts.insert(0, spend);
        }
    }

    /// An offset for a trap at the beginning of a block: that of its first operator with an effect, or
    /// else the function's.
    fn first_offset(&self, block: BlockId) -> u32 {
        let stmts = &self.func.block(block).stmts;
        let offset = stmts.iter().find_map(|stmt| match stmt {
            Stmt::Do { offset, .. } => Some(*offset),
            _ => None,
        });
        offset.unwrap_or(self.func.offset)
    }
}

/// Ends a run of statements that are executed together: who enters the block pays for it, if it is the
/// first one or small, or it pays at its beginning.
fn end_run(out: &mut Vec<Stmt>, start: usize, units: u32, first: bool, entry: &mut u32) {
    if first || units <= SMALL {
        *entry = entry.saturating_add(units);
    } else {
        out.insert(start, Stmt::Spend { units, checked: false, offset: 0 });
    }
}
