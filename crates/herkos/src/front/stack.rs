//! The value stack of pending expressions.

use super::Translator;
use crate::error::Error;
use crate::ir::{Args, Expr, ExprId, Stmt, VarId, VarKind};
use herkos_runtime::ValType;

/// Trees higher than this are cut by a temporary: for the reader, and because rustc's own
/// passes recurse over expressions.
const MAX_HEIGHT: u16 = 12;

/// No variable: the mark of a read that a temporary has taken over.
const NONE: VarId = VarId(u32::MAX);

/// A pending expression.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub expr: ExprId,
    /// Where its part of the list of reads begins; it ends where the next entry's begins.
    reads: usize,
    /// Whether it reads a global or a size.
    reads_state: bool,
    height: u16,
}

impl Translator<'_, '_> {
    /// Pushes an expression that no statement can change.
    pub(super) fn push_stable(&mut self, expr: Expr, ty: ValType) {
        let expr = self.add_expr(expr, ty);
        let reads = self.reads.len();
        self.stack.push(Entry { expr, reads, reads_state: false, height: 0 });
    }

    /// Pushes the value of a parameter or local.
    pub(super) fn push_local(&mut self, var: VarId) {
        self.push_stable(Expr::Var(var), self.func.vars[var.index()].ty);
        self.reads.push(var);
        self.read_counts[var.index()] += 1;
        self.live_reads += 1;
    }

    /// Pushes an expression that reads a global or a size.
    pub(super) fn push_state(&mut self, expr: Expr, ty: ValType) {
        self.push_stable(expr, ty);
        if let Some(entry) = self.stack.last_mut() {
            entry.reads_state = true;
            self.state_readers += 1;
        }
    }

    /// Pushes an operator over the top `operands` entries, which it replaces.
    pub(super) fn push_operator(
        &mut self,
        operands: usize,
        ty: ValType,
        make: impl FnOnce(&[ExprId]) -> Expr,
    ) -> Result<(), Error> {
        let first = self.first_of(operands)?;
        for position in first..self.stack.len() {
            if self.stack[position].height >= MAX_HEIGHT {
                self.spill(position);
            }
        }
        let entries = &self.stack[first..];
        let mut exprs = [ExprId(0); 3];
        for (expr, entry) in exprs.iter_mut().zip(entries) {
            *expr = entry.expr;
        }
        let height = 1 + entries.iter().map(|entry| entry.height).max().unwrap_or(0);
        let readers = entries.iter().filter(|entry| entry.reads_state).count();
        let reads = entries.first().map_or(self.reads.len(), |entry| entry.reads);
        self.state_readers = self.state_readers + usize::from(readers > 0) - readers;
        self.stack.truncate(first);
        let expr = self.add_expr(make(&exprs[..operands]), ty);
        self.stack.push(Entry { expr, reads, reads_state: readers > 0, height });
        Ok(())
    }

    /// Pops the top entry.
    pub(super) fn pop(&mut self) -> Result<ExprId, Error> {
        let entry = self.stack.pop().ok_or_else(underflow)?;
        for var in &self.reads[entry.reads..] {
            if *var != NONE {
                self.read_counts[var.index()] -= 1;
                self.live_reads -= 1;
            }
        }
        self.reads.truncate(entry.reads);
        self.state_readers -= usize::from(entry.reads_state);
        Ok(entry.expr)
    }

    /// Pops `count` entries, the deepest first.
    pub(super) fn pop_many(&mut self, count: usize) -> Result<Args, Error> {
        let mut exprs = Args::from_elem(ExprId(0), count);
        for expr in exprs.iter_mut().rev() {
            *expr = self.pop()?;
        }
        Ok(exprs)
    }

    /// The position of the deepest of the top `count` entries.
    pub(super) fn first_of(&self, count: usize) -> Result<usize, Error> {
        self.stack.len().checked_sub(count).ok_or_else(underflow)
    }

    /// Drops all entries above `len`.
    pub(super) fn truncate(&mut self, len: usize) -> Result<(), Error> {
        while self.stack.len() > len {
            self.pop()?;
        }
        Ok(())
    }

    /// Assigns the entry at `position` to a temporary, which takes its place.
    fn spill(&mut self, position: usize) {
        let entry = self.stack[position];
        let ty = self.func.exprs.ty(entry.expr);
        let temp = self.func.add_var(ty, VarKind::Temp);
        self.stmts.push(Stmt::Assign(temp, entry.expr));
        let expr = self.add_expr(Expr::Var(temp), ty);
        let end = self.stack.get(position + 1).map_or(self.reads.len(), |next| next.reads);
        for var in &mut self.reads[entry.reads..end] {
            if *var != NONE {
                self.read_counts[var.index()] -= 1;
                self.live_reads -= 1;
                *var = NONE;
            }
        }
        self.state_readers -= usize::from(entry.reads_state);
        self.stack[position] = Entry { expr, reads_state: false, height: 0, ..entry };
    }

    /// Makes sure that no pending expression reads `var`, which is about to change.
    pub(super) fn spill_readers(&mut self, var: VarId) {
        let mut position = self.stack.len();
        let mut end = self.reads.len();
        while self.read_counts[var.index()] > 0 && position > 0 {
            position -= 1;
            let start = self.stack[position].reads;
            if self.reads[start..end].contains(&var) {
                self.spill(position);
            }
            end = start;
        }
    }

    /// Makes sure that no pending expression reads a global or a size, which may change.
    pub(super) fn spill_state_readers(&mut self) {
        let mut position = self.stack.len();
        while self.state_readers > 0 && position > 0 {
            position -= 1;
            if self.stack[position].reads_state {
                self.spill(position);
            }
        }
    }

    /// Makes every pending expression independent of what the statements of a nested
    /// construct may change.
    pub(super) fn spill_all(&mut self) {
        let mut position = self.stack.len();
        let mut end = self.reads.len();
        while (self.live_reads > 0 || self.state_readers > 0) && position > 0 {
            position -= 1;
            let entry = self.stack[position];
            if entry.reads_state || self.reads[entry.reads..end].iter().any(|var| *var != NONE) {
                self.spill(position);
            }
            end = entry.reads;
        }
    }

    /// Makes the top `count` entries constants or variables, so that they can be repeated.
    pub(super) fn make_repeatable(&mut self, count: usize) -> Result<(), Error> {
        for position in self.first_of(count)?..self.stack.len() {
            self.repeatable(position);
        }
        Ok(())
    }

    /// Makes the entry at `position` a constant or variable, and tells which.
    pub(super) fn repeatable(&mut self, position: usize) -> Expr {
        let expr = self.func.exprs.get(self.stack[position].expr);
        if !matches!(expr, Expr::Const(_) | Expr::Var(_)) {
            self.spill(position);
        }
        self.func.exprs.get(self.stack[position].expr).clone()
    }

    /// Copies of the top `count` entries, the deepest first; see [`Self::make_repeatable`].
    pub(super) fn copy_top(&mut self, count: usize) -> Result<Args, Error> {
        self.make_repeatable(count)?;
        let first = self.first_of(count)?;
        let exprs: Args = self.stack[first..].iter().map(|entry| entry.expr).collect();
        Ok(exprs.into_iter().map(|expr| self.repeat(expr)).collect())
    }

    /// A second node for a constant or variable.
    pub(super) fn repeat(&mut self, expr: ExprId) -> ExprId {
        let (node, ty) = (self.func.exprs.get(expr).clone(), self.func.exprs.ty(expr));
        self.add_expr(node, ty)
    }
}

fn underflow() -> Error {
    Error::internal("value stack underflow")
}
