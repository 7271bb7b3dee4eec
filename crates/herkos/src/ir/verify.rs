//! Checks that every pass keeps: a fault is reported, never emitted.

use super::{BlockId, Counted, Expr, ExprId, Func, LabelId, Op, Stmt, VarId};
use crate::error::Error;
use crate::op::Class;
use herkos_runtime::ValType;

/// Verifies types, labels in scope, that each expression is used once, and that nothing
/// follows a terminator.
///
/// # Errors
///
/// [`Error::Internal`] with the first fault found.
pub fn verify(func: &Func) -> Result<(), Error> {
    let mut verifier = Verifier {
        func,
        used: vec![false; func.exprs.len()],
        visited: vec![false; func.blocks.len()],
        labels: vec![None; func.labels as usize],
        streams: vec![false; func.streams as usize],
        results: func.results.clone(),
    };
    verifier.root(func.body)?;
    for part in &func.parts {
        verifier.results = part.results.iter().map(|var| func.vars[var.index()].ty).collect();
        verifier.root(part.body)?;
    }
    Ok(())
}

struct Verifier<'a> {
    func: &'a Func,
    used: Vec<bool>,
    visited: Vec<bool>,
    /// For a label in scope, whether it is a loop's.
    labels: Vec<Option<bool>>,
    /// Whether a stream is in scope.
    streams: Vec<bool>,
    /// What a `return` gives.
    results: Vec<ValType>,
}

/// What is left to do: nested blocks are kept on a list instead of the call stack.
enum Step<'a> {
    Streams(&'a Counted, bool),
    Enter(BlockId),
    Open(LabelId, bool),
    Close(LabelId),
}

impl<'a> Verifier<'a> {
    fn root(&mut self, root: BlockId) -> Result<(), Error> {
        let mut steps = vec![Step::Enter(root)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Streams(counted, open) => {
                    for stream in &counted.streams {
                        self.streams[stream.id.index()] = open;
                    }
                }
                Step::Open(label, is_loop) => self.labels[label.index()] = Some(is_loop),
                Step::Close(label) => self.labels[label.index()] = None,
                Step::Enter(block) => self.block(block, &mut steps)?,
            }
        }
        Ok(())
    }

    fn block(&mut self, id: BlockId, steps: &mut Vec<Step<'a>>) -> Result<(), Error> {
        if std::mem::replace(&mut self.visited[id.index()], true) {
            return fault(format!("block {} is in two places", id.0));
        }
        let stmts = &self.func.block(id).stmts;
        let nested = steps.len();
        for (position, stmt) in stmts.iter().enumerate() {
            if stmt.is_terminator() && position + 1 != stmts.len() {
                return fault(format!("statements after a terminator in block {}", id.0));
            }
            self.stmt(stmt)?;
            match stmt {
                Stmt::Block(label, body) | Stmt::Loop(label, body) => {
                    let is_loop = matches!(stmt, Stmt::Loop(..));
                    steps.push(Step::Open(*label, is_loop));
                    steps.push(Step::Enter(*body));
                    steps.push(Step::Close(*label));
                }
                Stmt::Counted(counted) => {
                    steps.push(Step::Streams(counted, true));
                    steps.push(Step::Open(counted.label, false));
                    steps.push(Step::Enter(counted.fast));
                    steps.push(Step::Close(counted.label));
                    steps.push(Step::Streams(counted, false));
                    steps.push(Step::Enter(counted.slow));
                }
                _ => steps.extend(stmt.blocks().map(Step::Enter)),
            }
        }
        // The last one comes first.
        steps[nested..].reverse();
        Ok(())
    }

    fn stmt(&mut self, stmt: &Stmt) -> Result<(), Error> {
        match stmt {
            Stmt::Assign(var, value) => {
                let ty = self.expr(*value)?;
                self.var(*var, ty)
            }
            Stmt::Do { results, op, .. } => {
                for operand in op.operands() {
                    self.expr(operand)?;
                }
                self.op(op, results)
            }
            Stmt::If { cond, .. } => self.expect(*cond, ValType::I32),
            Stmt::Switch { index, arms, .. } => {
                let mut ranges: Vec<_> = arms.iter().flat_map(|arm| &arm.ranges).collect();
                ranges.sort_unstable();
                if ranges.windows(2).any(|pair| pair[0].1 >= pair[1].0) {
                    return fault("overlapping switch arms");
                }
                self.expect(*index, ValType::I32)
            }
            Stmt::Return(values) => {
                let mut agrees = values.len() == self.results.len();
                for (position, value) in values.iter().enumerate() {
                    let ty = self.expr(*value)?;
                    agrees = agrees && self.results[position] == ty;
                }
                if agrees { Ok(()) } else { fault("return of a wrong type") }
            }
            Stmt::Counted(counted) => {
                let Counted { operands, streams, advanced, by, .. } = &**counted;
                if operands.len() != 2 + streams.len() + advanced.len()
                    || by.len() != advanced.len()
                {
                    return fault("operands of a counted loop");
                }
                advanced.iter().try_for_each(|var| self.var(*var, ValType::I32))?;
                (counted.operands.iter())
                    .try_for_each(|operand| self.expect(*operand, ValType::I32))
            }
            Stmt::Break(label) => self.label(*label, false),
            Stmt::Continue(label) => self.label(*label, true),
            Stmt::Block(..) | Stmt::Loop(..) | Stmt::Trap(..) | Stmt::Spend { .. } => Ok(()),
        }
    }

    fn label(&self, label: LabelId, needs_loop: bool) -> Result<(), Error> {
        match self.labels.get(label.index()).copied().flatten() {
            Some(is_loop) if is_loop || !needs_loop => Ok(()),
            Some(_) => fault(format!("continue of block {}", label.0)),
            None => fault(format!("label {} is not in scope", label.0)),
        }
    }

    fn var(&self, var: VarId, ty: ValType) -> Result<(), Error> {
        match self.func.vars.get(var.index()) {
            Some(found) if found.ty == ty => Ok(()),
            Some(_) => fault(format!("variable {} of another type", var.0)),
            None => fault(format!("no variable {}", var.0)),
        }
    }

    fn op(&self, op: &Op, results: &[VarId]) -> Result<(), Error> {
        let expected = match op {
            Op::Checked(op, ..) if op.class() != Class::Trap => {
                return fault(format!("{} can't trap", op.name()));
            }
            Op::Checked(op, ..) => Some(op.result()),
            Op::Load { op, .. } => Some(op.ty()),
            Op::LoadAt { op, stream, .. } | Op::LoadIn { op, stream, .. }
                if self.streams[stream.index()] =>
            {
                Some(op.ty())
            }
            Op::StoreAt { op, stream, value, .. } | Op::StoreIn { op, stream, value, .. }
                if self.streams[stream.index()] && self.func.exprs.ty(*value) == op.ty() =>
            {
                None
            }
            Op::LoadAt { .. } | Op::StoreAt { .. } | Op::LoadIn { .. } | Op::StoreIn { .. } => {
                return fault("access of a stream");
            }
            Op::MemoryGrow { .. } | Op::TableGrow { .. } => Some(ValType::I32),
            // Their types come from the module, which the validator has checked.
            Op::TableGet(..) | Op::Call(..) | Op::CallIndirect { .. } => return Ok(()),
            Op::Part(part, _) => return self.part(*part, results),
            Op::Store { op, value, .. } if self.func.exprs.ty(*value) != op.ty() => {
                return fault(format!("{} of another type", op.name()));
            }
            Op::Store { .. }
            | Op::MemoryFill { .. }
            | Op::MemoryCopy { .. }
            | Op::MemoryInit { .. }
            | Op::DataDrop(_)
            | Op::GlobalSet(..)
            | Op::TableSet(..)
            | Op::TableFill { .. }
            | Op::TableCopy { .. }
            | Op::TableInit { .. }
            | Op::ElemDrop(_) => None,
        };
        match (expected, results) {
            (None, []) => Ok(()),
            (Some(ty), [var]) => self.var(*var, ty),
            _ => fault("a wrong number of results"),
        }
    }

    fn part(&self, part: u32, results: &[VarId]) -> Result<(), Error> {
        match self.func.parts.get(part as usize) {
            Some(part) if part.results == results => Ok(()),
            _ => fault(format!("results of part {part}")),
        }
    }

    fn expect(&mut self, expr: ExprId, ty: ValType) -> Result<(), Error> {
        if self.expr(expr)? == ty { Ok(()) } else { fault(format!("expected {ty}")) }
    }

    /// Marks the whole tree as used and checks it; trees are shallow by construction.
    fn expr(&mut self, id: ExprId) -> Result<ValType, Error> {
        let Some(used) = self.used.get_mut(id.index()) else {
            return fault(format!("no expression {}", id.0));
        };
        if std::mem::replace(used, true) {
            return fault(format!("expression {} is used twice", id.0));
        }
        let ty = self.func.exprs.ty(id);
        match *self.func.exprs.get(id) {
            Expr::Const(value) if value.ty() != ty => fault("a constant of another type")?,
            Expr::Var(var) => self.var(var, ty)?,
            Expr::Unary(op, a) => {
                if op.class() == Class::Trap || op.params().len() != 1 || op.result() != ty {
                    return fault(format!("{} as a pure unary operator", op.name()));
                }
                self.expect(a, op.params()[0])?;
            }
            Expr::Binary(op, a, b) => {
                if op.params().len() != 2 || op.result() != ty {
                    return fault(format!("{} as a pure binary operator", op.name()));
                }
                self.expect(a, op.params()[0])?;
                self.expect(b, op.params()[1])?;
            }
            Expr::Select { cond, then, other } => {
                self.expect(cond, ValType::I32)?;
                self.expect(then, ty)?;
                self.expect(other, ty)?;
            }
            Expr::RefIsNull(a) => {
                self.expr(a)?;
            }
            Expr::Const(_)
            | Expr::GlobalGet(_)
            | Expr::MemorySize(_)
            | Expr::TableSize(_)
            | Expr::RefNull
            | Expr::RefFunc(_) => {}
        }
        Ok(ty)
    }
}

fn fault<T>(message: impl Into<String>) -> Result<T, Error> {
    Err(Error::internal(format!("IR: {}", message.into())))
}
