//! Values of their own for what locals hold one after the other.
//!
//! Compilers put values that have nothing to do with each other into one local, to need few of them.
//! An assignment that alone reaches its uses (a *web* of one definition) gets a variable of its own
//! here, which never changes. rustc then knows the value without an analysis, and a reader does, too.
//! What is assigned and never used is dropped.
//!
//! Definitions are followed over structured control. Where ways meet, a variable that has different
//! ones gets a *phi* for them; whatever a phi that is used can stand for stays in the local.
//!
//! A local with one value alone becomes a variable of that kind itself. Locals with a name in the
//! module keep it, and all of their values.

#[cfg(test)]
mod tests;

use super::{Facts, Optimization};
use crate::ir::{BlockId, Expr, ExprId, Func, LabelId, Op, Stmt, VarId, VarKind};
use foldhash::{HashMap, HashMapExt, HashSet};
use smallvec::SmallVec;

/// How much may be looked at where ways meet, for each node and statement: what takes longer stays
/// as it is.
const MAX_WORK: usize = 64;

/// A definition: by number, the value that each variable has at first, then those that were found.
type DefId = u32;

/// Gives values variables of their own. Nesting must be bounded; see [`super::flatten`]. Returns
/// whether anything changed.
pub fn webs(func: &mut Func, facts: &Facts<'_>) -> bool {
    if facts.config.is_without(Optimization::Webs) {
        return false;
    }
    let mut finder = Finder::new(func, facts);
    for root in func.roots() {
        finder.root(root);
    }
    if finder.work > finder.limit {
        return false;
    }
    finder.share();
    let Finder { defs, uses, .. } = finder;
    rename(func, &defs, &uses)
}

/// A definition of a variable.
#[derive(Clone, Copy)]
struct Def {
    var: VarId,
    /// The statement, and which of its results; none if it is a phi or the value at first.
    place: Option<(BlockId, u32, u32)>,
    /// The innermost loop around it.
    inside: u32,
    /// Whether anything uses it.
    used: bool,
    /// Whether it is not the only one that reaches a use, or can't have a variable of its own.
    shared: bool,
    /// If it is a phi: the last of [`Finder::phis`] that it stands for.
    last: u32,
}

impl Def {
    /// Whether it is an assignment of a value that nothing uses.
    fn is_dead(&self, func: &Func) -> bool {
        !self.used
            && self.place.is_some_and(|(block, position, _)| {
                matches!(func.block(block).stmts[position as usize], Stmt::Assign(..))
            })
    }
}

/// The end of a list.
const NONE: u32 = u32::MAX;

/// Ways that lead to one place: how many, and the variables that were assigned on each.
#[derive(Default)]
struct Ways {
    count: usize,
    defs: SmallVec<[(VarId, DefId); 6]>,
}

struct Label {
    /// How much of the log there was at the beginning of the block or loop.
    start: usize,
    ways: Ways,
}

struct Finder<'a> {
    func: &'a Func,
    /// Whether a variable is looked at.
    tracked: Vec<bool>,
    /// The definition that each variable has here.
    current: Vec<DefId>,
    /// What was current before each change.
    log: Vec<(VarId, DefId)>,
    defs: Vec<Def>,
    uses: Vec<(ExprId, DefId)>,
    /// What phis stand for, and where in here the one before is.
    phis: Vec<(DefId, u32)>,
    labels: Vec<Label>,
    /// Tracked variables that are assigned in each loop, by its label.
    assigned: Vec<Vec<VarId>>,
    /// Whether each loop is around the current statement, and the innermost one.
    open: Vec<bool>,
    inside: u32,
    /// For each variable, when it was last seen.
    seen: Vec<u32>,
    sights: u32,
    work: usize,
    limit: usize,
}

impl<'a> Finder<'a> {
    fn new(func: &'a Func, facts: &Facts<'_>) -> Self {
        let names = facts.module.local_names.get(&facts.module.func_idx(func.index).0);
        let named: HashSet<u32> =
            names.into_iter().flat_map(|names| names.keys().copied()).collect();
        let tracked = (func.vars.iter())
            .map(|var| match var.kind {
                VarKind::Param(local) | VarKind::Local(local) => !named.contains(&local),
                VarKind::LoopParam | VarKind::Spread => true,
                VarKind::Temp => false,
            })
            .collect();
        let first =
            |var| Def { var, place: None, inside: 0, used: false, shared: true, last: NONE };
        let stmts: usize = func.blocks.iter().map(|block| block.stmts.len()).sum();
        let mut defs = Vec::with_capacity(func.vars.len() + stmts);
        defs.extend((0..func.vars.len() as u32).map(VarId).map(first));
        Self {
            func,
            tracked,
            current: (0..func.vars.len() as DefId).collect(),
            log: Vec::with_capacity(stmts),
            defs,
            uses: Vec::with_capacity(func.exprs.len() / 2),
            phis: Vec::new(),
            labels: (0..func.labels).map(|_| Label { start: 0, ways: Ways::default() }).collect(),
            assigned: vec![Vec::new(); func.labels as usize],
            open: vec![true],
            inside: 0,
            seen: vec![0; func.vars.len()],
            sights: 0,
            work: 0,
            limit: MAX_WORK * (stmts + func.nodes()),
        }
    }

    /// Finds what is assigned in a block, and in each loop in it.
    fn survey(&mut self, block: BlockId, assigned: &mut Vec<VarId>) {
        for stmt in &self.func.block(block).stmts {
            assigned.extend(stmt.assigned().iter().filter(|var| self.tracked[var.index()]));
            match stmt {
                Stmt::Loop(label, body) => self.survey_loop(*label, *body, assigned),
                Stmt::Counted(counted) => {
                    self.survey_loop(counted.label, counted.fast, assigned);
                    self.survey(counted.slow, assigned);
                }
                _ => stmt.blocks().for_each(|block| self.survey(block, assigned)),
            }
        }
    }

    fn survey_loop(&mut self, label: LabelId, body: BlockId, assigned: &mut Vec<VarId>) {
        let mut inner = Vec::new();
        self.survey(body, &mut inner);
        inner.sort_unstable();
        inner.dedup();
        assigned.extend(&inner);
        self.assigned[label.index()] = inner;
    }

    fn root(&mut self, root: BlockId) {
        self.block(root);
        self.undo(0);
    }

    /// Returns whether control reaches the block's end.
    fn block(&mut self, id: BlockId) -> bool {
        let func = self.func;
        let mut goes_on = true;
        for (position, stmt) in func.block(id).stmts.iter().enumerate() {
            let place = |result| Some((id, position as u32, result));
            match stmt {
                Stmt::Assign(var, value) => {
                    self.use_all(*value);
                    self.define(*var, place(0), false);
                }
                Stmt::Do { results, op, .. } => {
                    op.operands().for_each(|operand| self.use_all(operand));
                    for (result, var) in (0..).zip(results) {
                        self.define(*var, place(result), matches!(op, Op::Part(..)));
                    }
                }
                _ => {
                    stmt.operands().for_each(|operand| self.use_all(operand));
                    goes_on = self.control(stmt);
                }
            }
        }
        goes_on
    }

    /// Returns whether control goes on after the statement.
    fn control(&mut self, stmt: &Stmt) -> bool {
        match stmt {
            Stmt::Block(label, body) => self.scope(*label, *body),
            Stmt::Loop(label, body) => self.repeat(*label, *body, |this| this.scope(*label, *body)),
            Stmt::If { .. } | Stmt::Switch { .. } => {
                let start = self.log.len();
                let mut ways = Ways::default();
                for block in stmt.blocks() {
                    if self.block(block) {
                        self.add_way(start, &mut ways);
                    }
                    self.undo(start);
                }
                self.meet(ways)
            }
            Stmt::Counted(counted) => {
                let start = self.log.len();
                let mut ways = Ways::default();
                self.repeat(counted.label, counted.fast, |this| {
                    // For rustc there may be no repetition.
                    let start = this.log.len();
                    let mut ways = Ways { count: 1, ..Ways::default() };
                    if this.scope(counted.label, counted.fast) {
                        this.go_back(counted.label);
                        this.add_way(start, &mut ways);
                        this.undo(start);
                    }
                    this.meet(ways)
                });
                // What it advances, the other loop reads before it assigns it: the local stays.
                self.add_way(start, &mut ways);
                self.undo(start);
                if self.block(counted.slow) {
                    self.add_way(start, &mut ways);
                }
                self.undo(start);
                self.meet(ways)
            }
            Stmt::Break(label) => {
                let Label { start, mut ways } = self.take(*label);
                self.add_way(start, &mut ways);
                self.labels[label.index()].ways = ways;
                false
            }
            Stmt::Continue(label) => {
                self.go_back(*label);
                false
            }
            Stmt::Return(_) | Stmt::Trap(..) => false,
            Stmt::Assign(..) | Stmt::Do { .. } | Stmt::Spend { .. } => true,
        }
    }

    fn take(&mut self, label: LabelId) -> Label {
        let label = &mut self.labels[label.index()];
        Label { start: label.start, ways: std::mem::take(&mut label.ways) }
    }

    /// A block, or the body of a loop, with the breaks out of it.
    fn scope(&mut self, label: LabelId, body: BlockId) -> bool {
        let start = self.log.len();
        self.labels[label.index()].start = start;
        let goes_on = self.block(body);
        let Label { mut ways, .. } = self.take(label);
        if goes_on {
            self.add_way(start, &mut ways);
        }
        self.undo(start);
        self.meet(ways)
    }

    /// A loop: what it assigns can be of an earlier repetition.
    fn repeat(
        &mut self,
        label: LabelId,
        block: BlockId,
        body: impl FnOnce(&mut Self) -> bool,
    ) -> bool {
        let outer = self.inside;
        if outer == 0 {
            self.survey_loop(label, block, &mut Vec::new());
        }
        self.inside = self.open.len() as u32;
        self.open.push(true);
        let assigned = std::mem::take(&mut self.assigned[label.index()]);
        self.work += assigned.len();
        for var in assigned {
            let before = self.current[var.index()];
            let phi = self.define(var, None, true);
            self.add(phi, before);
        }
        let goes_on = body(self);
        self.open[self.inside as usize] = false;
        self.inside = outer;
        goes_on
    }

    /// To the beginning of a loop.
    fn go_back(&mut self, label: LabelId) {
        let start = self.labels[label.index()].start;
        // What a variable had there is its phi.
        self.changed_since(start, |this, var, phi| this.add(phi, this.current[var.index()]));
    }

    /// Calls back for each variable that changed since the log had `start` entries, with what it had
    /// then, unless that is too much work.
    fn changed_since(&mut self, start: usize, mut each: impl FnMut(&mut Self, VarId, DefId)) {
        self.work += self.log.len() - start;
        if self.work > self.limit {
            return;
        }
        self.sights += 1;
        for index in start..self.log.len() {
            let (var, before) = self.log[index];
            if self.is_first(var) {
                each(self, var, before);
            }
        }
    }

    /// Whether a variable is seen for the first time since `sights` was counted up.
    fn is_first(&mut self, var: VarId) -> bool {
        std::mem::replace(&mut self.seen[var.index()], self.sights) != self.sights
    }

    /// A phi can stand for this.
    fn add(&mut self, phi: DefId, def: DefId) {
        let last = &mut self.defs[phi as usize].last;
        self.phis.push((def, std::mem::replace(last, self.phis.len() as u32)));
    }

    /// From here to where ways meet that began to part when the log had `start` entries.
    fn add_way(&mut self, start: usize, ways: &mut Ways) {
        ways.count += 1;
        self.changed_since(start, |this, var, _| ways.defs.push((var, this.current[var.index()])));
    }

    /// Where ways meet; the variables have what they had when these parted. Returns whether there
    /// is any.
    fn meet(&mut self, mut ways: Ways) -> bool {
        if ways.count > 1 {
            ways.defs.sort_unstable();
        }
        for defs in ways.defs.chunk_by(|a, b| a.0 == b.0) {
            let (var, first) = defs[0];
            let is_left_out = defs.len() < ways.count;
            if !is_left_out && defs.iter().all(|(_, def)| *def == first) {
                self.set(var, first);
                continue;
            }
            let before = self.current[var.index()];
            let phi = self.define(var, None, true);
            for (_, def) in defs {
                self.add(phi, *def);
            }
            if is_left_out {
                self.add(phi, before);
            }
        }
        ways.count > 0
    }

    fn undo(&mut self, len: usize) {
        for (var, def) in self.log.drain(len..).rev() {
            self.current[var.index()] = def;
        }
    }

    fn set(&mut self, var: VarId, def: DefId) {
        let old = std::mem::replace(&mut self.current[var.index()], def);
        self.log.push((var, old));
    }

    /// Where `place` is none, it is a phi.
    fn define(&mut self, var: VarId, place: Option<(BlockId, u32, u32)>, shared: bool) -> DefId {
        let def = self.defs.len() as DefId;
        if self.tracked[var.index()] {
            self.defs.push(Def {
                var,
                place,
                inside: self.inside,
                used: false,
                shared,
                last: NONE,
            });
            self.set(var, def);
        }
        def
    }

    fn use_all(&mut self, expr: ExprId) {
        match *self.func.exprs.get(expr) {
            Expr::Var(var) if self.tracked[var.index()] => {
                let current = self.current[var.index()];
                let def = &mut self.defs[current as usize];
                def.used = true;
                // What was found in a loop can't be seen behind it.
                def.shared |= !self.open[def.inside as usize];
                self.uses.push((expr, current));
            }
            Expr::Unary(_, a) | Expr::RefIsNull(a) => self.use_all(a),
            Expr::Binary(_, a, b) => {
                self.use_all(a);
                self.use_all(b);
            }
            Expr::Select { cond, then, other } => {
                [cond, then, other].into_iter().for_each(|operand| self.use_all(operand));
            }
            _ => {}
        }
    }

    /// What a phi that is used can stand for is used, and not alone.
    fn share(&mut self) {
        let is_used_phi = |def: &DefId| {
            let Def { place, used, .. } = self.defs[*def as usize];
            used && place.is_none()
        };
        let mut pending: Vec<DefId> = (0..self.defs.len() as DefId).filter(is_used_phi).collect();
        while let Some(phi) = pending.pop() {
            let mut next = self.defs[phi as usize].last;
            while let Some((def, before)) = self.phis.get(next as usize) {
                let found = &mut self.defs[*def as usize];
                found.shared = true;
                if !std::mem::replace(&mut found.used, true) && found.place.is_none() {
                    pending.push(*def);
                }
                next = *before;
            }
        }
    }
}

/// Puts what was found into effect.
fn rename(func: &mut Func, defs: &[Def], uses: &[(ExprId, DefId)]) -> bool {
    let mut counts = vec![0_u32; func.vars.len()];
    let mut names = vec![None; defs.len()];
    let mut dead: HashMap<BlockId, HashSet<u32>> = HashMap::new();
    for def in defs {
        let Some((block, position, _)) = def.place else { continue };
        if def.is_dead(func) {
            dead.entry(block).or_default().insert(position);
        } else {
            counts[def.var.index()] += 1;
        }
    }
    let mut changed = false;
    for (def, name) in defs.iter().zip(&mut names) {
        let Some((block, position, result)) = def.place else { continue };
        if def.shared || def.is_dead(func) {
            continue;
        }
        let var = &mut func.vars[def.var.index()];
        // The value at first is a definition, too, that of a parameter in any case.
        let is_only = counts[def.var.index()] == 1 && !defs[def.var.index()].used;
        if is_only && !matches!(var.kind, VarKind::Param(_)) {
            changed = true;
            var.kind = VarKind::Temp;
            continue;
        }
        let ty = var.ty;
        let var = func.add_var(ty, VarKind::Temp);
        *name = Some(var);
        match &mut func.blocks[block.index()].stmts[position as usize] {
            Stmt::Assign(target, _) => *target = var,
            Stmt::Do { results, .. } => results[result as usize] = var,
            _ => {}
        }
    }
    changed |= !dead.is_empty() || names.iter().any(Option::is_some);
    for (expr, def) in uses {
        if let Some(var) = names[*def as usize] {
            func.exprs.set(*expr, Expr::Var(var));
        }
    }
    for (block, positions) in dead {
        let mut position = 0;
        func.blocks[block.index()].stmts.retain(|_| {
            position += 1;
            !positions.contains(&(position - 1))
        });
    }
    changed
}
