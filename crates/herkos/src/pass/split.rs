//! Splits very large functions.
//!
//! LLVM's time for a function grows with the square of its bounds checks: 20,000 loads in
//! one function take minutes. Runs of statements that control neither enters nor leaves in
//! the middle become functions of their own ([`Part`]): what they read comes in as arguments,
//! what they change goes out as results.

use super::Facts;
use crate::ir::{Args, Block, BlockId, Expr, Func, LabelId, Op, Part, Stmt, VarId, VarKind};
use std::collections::{BTreeMap, HashSet};

/// Straight-line code up to this weight stays whole: a hot loop must not be taken apart for the
/// compiler's sake. A statement weighs 1, and 1 for every [`NODES_PER_UNIT`] nodes of its
/// expressions.
const MAX_STRAIGHT: usize = 3_000;

/// From this weight on, a function is split wherever it can be.
const MAX_WEIGHT: usize = 40_000;

/// About the weight of a part.
const PART_WEIGHT: usize = 600;

const NODES_PER_UNIT: usize = 4;

/// More arguments or results than this cost more than the split gains.
const MAX_VARS: usize = 64;

/// Splits a function that is too large. Nesting must be bounded; see [`super::flatten`].
/// Returns whether anything changed.
pub fn split(func: &mut Func, _: &Facts<'_>) -> bool {
    // No statement weighs more than itself and its expressions.
    let stmts: usize = func.blocks.iter().map(|block| block.stmts.len()).sum();
    if stmts + func.exprs.len() / NODES_PER_UNIT <= MAX_STRAIGHT {
        return false;
    }
    let mut weights = vec![0; func.blocks.len()];
    let straight = weigh(func, func.body, &mut weights);
    let everywhere = weights[func.body.index()] > MAX_WEIGHT;
    if !everywhere && straight <= MAX_STRAIGHT {
        return false;
    }
    let mut accesses = vec![0; func.vars.len()];
    survey(func, &func.block(func.body).stmts, &mut |var, _, _| accesses[var.index()] += 1);
    let mut splitter = Splitter { func, weights, accesses, everywhere };
    splitter.block(splitter.func.body);
    !splitter.func.parts.is_empty()
}

fn stmt_weight(func: &Func, stmt: &Stmt) -> usize {
    let mut nodes = 0;
    for operand in stmt.operands() {
        func.exprs.walk(operand, &mut |_| nodes += 1);
    }
    1 + nodes / NODES_PER_UNIT
}

/// Notes the weight of each block; returns the weight of the longest straight-line code.
fn weigh(func: &Func, block: BlockId, weights: &mut [usize]) -> usize {
    let (mut own, mut weight, mut longest) = (0, 0, 0);
    for stmt in &func.block(block).stmts {
        own += stmt_weight(func, stmt);
        for nested in stmt.blocks() {
            longest = longest.max(weigh(func, nested, weights));
            weight += weights[nested.index()];
        }
    }
    weights[block.index()] = own + weight;
    longest.max(own)
}

/// Calls `visit` for each access of a variable in order: whether it assigns, and whether it
/// stands in `stmts` itself, not nested.
fn survey(func: &Func, stmts: &[Stmt], visit: &mut impl FnMut(VarId, bool, bool)) {
    let mut pending: Vec<(&Stmt, bool)> = stmts.iter().rev().map(|stmt| (stmt, true)).collect();
    while let Some((stmt, direct)) = pending.pop() {
        for operand in stmt.operands() {
            func.exprs.walk(operand, &mut |expr| {
                if let Expr::Var(var) = expr {
                    visit(*var, false, direct);
                }
            });
        }
        for var in stmt.assigned() {
            visit(*var, true, direct);
        }
        for block in stmt.blocks().rev() {
            pending.extend(func.block(block).stmts.iter().rev().map(|stmt| (stmt, false)));
        }
    }
}

struct Splitter<'a> {
    func: &'a mut Func,
    weights: Vec<usize>,
    /// Accesses of each variable in the whole function.
    accesses: Vec<usize>,
    /// Whether also code that is not straight is split.
    everywhere: bool,
}

/// What a run of statements does with a variable.
#[derive(Default)]
struct Usage {
    accesses: usize,
    assigned: bool,
    /// Whether the first access is an assignment on every path.
    assigned_first: bool,
}

impl Splitter<'_> {
    fn block(&mut self, block: BlockId) {
        if self.weights[block.index()] <= PART_WEIGHT {
            return;
        }
        let stmts = std::mem::take(&mut self.func.blocks[block.index()].stmts);
        let own: usize = stmts.iter().map(|stmt| stmt_weight(self.func, stmt)).sum();
        let splits = self.everywhere || own > MAX_STRAIGHT;
        let mut out = Vec::with_capacity(stmts.len());
        let mut run = Vec::new();
        let mut run_weight = 0;
        for stmt in stmts {
            // A part could not reach the streams and the counter of a counted loop.
            if !matches!(stmt, Stmt::Counted(_)) {
                for nested in stmt.blocks() {
                    self.block(nested);
                }
            }
            // Without the parts taken out of it, a nested construct may be light enough now.
            let weight = self.weight(&stmt);
            if splits && weight <= 2 * PART_WEIGHT && self.is_closed(&stmt) {
                run.push(stmt);
                run_weight += weight;
                if run_weight >= PART_WEIGHT {
                    out.extend(self.outline(std::mem::take(&mut run), run_weight));
                    run_weight = 0;
                }
            } else {
                out.extend(self.outline(std::mem::take(&mut run), run_weight));
                run_weight = 0;
                out.push(stmt);
            }
        }
        out.extend(self.outline(run, run_weight));
        self.weights[block.index()] = out.iter().map(|stmt| self.weight(stmt)).sum();
        self.func.blocks[block.index()].stmts = out;
    }

    fn weight(&self, stmt: &Stmt) -> usize {
        let nested = stmt.blocks().map(|block| self.weights[block.index()]);
        stmt_weight(self.func, stmt) + nested.sum::<usize>()
    }

    /// Whether control enters the statement at its start and leaves it at its end, or traps.
    fn is_closed(&self, stmt: &Stmt) -> bool {
        let mut inside: HashSet<LabelId> = HashSet::new();
        let mut jumps = Vec::new();
        let mut pending = vec![stmt];
        while let Some(stmt) = pending.pop() {
            match stmt {
                Stmt::Return(_) | Stmt::Trap(..) => return false,
                Stmt::Break(label) | Stmt::Continue(label) => jumps.push(*label),
                Stmt::Block(label, _) | Stmt::Loop(label, _) => {
                    inside.insert(*label);
                }
                Stmt::Counted(counted) => {
                    inside.insert(counted.label);
                }
                Stmt::Assign(..)
                | Stmt::Do { .. }
                | Stmt::If { .. }
                | Stmt::Switch { .. }
                | Stmt::Spend { .. } => {}
            }
            for block in stmt.blocks() {
                pending.extend(&self.func.block(block).stmts);
            }
        }
        jumps.iter().all(|label| inside.contains(label))
    }

    /// Makes a run of statements a part and returns its call; or the statements, where that
    /// does not pay.
    fn outline(&mut self, stmts: Vec<Stmt>, weight: usize) -> Vec<Stmt> {
        if weight < PART_WEIGHT / 4 {
            return stmts;
        }
        let mut usages: BTreeMap<VarId, Usage> = BTreeMap::new();
        survey(self.func, &stmts, &mut |var, assigns, direct| {
            let usage = usages.entry(var).or_default();
            usage.assigned_first |= usage.accesses == 0 && assigns && direct;
            usage.accesses += 1;
            usage.assigned |= assigns;
        });
        let (mut params, mut results) = (Vec::new(), Vec::new());
        for (var, usage) in usages {
            let kind = self.func.vars[var.index()].kind;
            let shared = usage.accesses < self.accesses[var.index()];
            // A local that nothing else uses still keeps its value around a loop.
            let carried = matches!(kind, VarKind::Local(_) | VarKind::Param(_) | VarKind::Spread);
            let comes_in = !usage.assigned_first && (shared || carried);
            if comes_in {
                params.push(var);
            }
            if usage.assigned && (shared || comes_in) {
                results.push(var);
            }
        }
        if params.len() > MAX_VARS || results.len() > MAX_VARS {
            return stmts;
        }
        for var in &params {
            // Where its first assignment is in the part, it has to have a value before that.
            let kind = &mut self.func.vars[var.index()].kind;
            if results.contains(var) && *kind == VarKind::Temp {
                *kind = VarKind::Spread;
            }
        }
        let read = |func: &mut Func, vars: &[VarId]| -> Args {
            let read = |var: &VarId| {
                let ty = func.vars[var.index()].ty;
                func.exprs.add(Expr::Var(*var), ty)
            };
            vars.iter().map(read).collect()
        };
        let args = read(self.func, &params);
        let values = read(self.func, &results);
        let mut body = stmts;
        body.push(Stmt::Return(values));
        let body = self.func.add_block(Block { stmts: body, height: 0 });
        self.weights.push(weight);
        let part = self.func.parts.len() as u32;
        self.func.parts.push(Part { body, params, results: results.clone() });
        let call = Stmt::Do {
            results: results.into(),
            op: Op::Part(part, args),
            offset: self.func.offset,
        };
        vec![call]
    }
}
