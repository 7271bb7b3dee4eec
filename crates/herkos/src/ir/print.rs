//! The IR as text, for `--emit ir` and snapshot tests.

use super::{BlockId, Bound, Expr, ExprId, Func, Stmt, Stream, VarId};
use std::fmt::{self, Write as _};

impl fmt::Display for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        Printer { func: self, out: &mut out }.block(self.body, 1)?;
        f.write_str("{\n")?;
        f.write_str(&out)?;
        for (index, part) in self.parts.iter().enumerate() {
            let mut out = String::new();
            Printer { func: self, out: &mut out }.block(part.body, 1)?;
            write!(f, "}} part {index} {{\n{out}")?;
        }
        f.write_str("}\n")
    }
}

struct Printer<'a> {
    func: &'a Func,
    out: &'a mut String,
}

impl Printer<'_> {
    fn block(&mut self, id: BlockId, depth: usize) -> fmt::Result {
        for stmt in &self.func.block(id).stmts {
            self.line(depth);
            self.stmt(stmt, depth)?;
        }
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    fn stmt(&mut self, stmt: &Stmt, depth: usize) -> fmt::Result {
        match stmt {
            Stmt::Assign(var, value) => {
                writeln!(self.out, "{} = {}", self.var(*var), self.expr(*value))
            }
            Stmt::Do { results, op, offset } => {
                let results: Vec<String> = results.iter().map(|var| self.var(*var)).collect();
                let arrow = if results.is_empty() { "" } else { " = " };
                let operands: Vec<String> =
                    op.operands().map(|operand| self.expr(operand)).collect();
                let (results, operands) = (results.join(", "), operands.join(", "));
                writeln!(self.out, "{results}{arrow}{}({operands}) @0x{offset:x}", op.mnemonic())
            }
            Stmt::Block(label, body) => {
                writeln!(self.out, "block L{} {{", label.0)?;
                self.nested(*body, depth)
            }
            Stmt::Loop(label, body) => {
                writeln!(self.out, "loop L{} {{", label.0)?;
                self.nested(*body, depth)
            }
            Stmt::Counted(counted) => {
                let operands: Vec<String> =
                    counted.operands.iter().map(|operand| self.expr(*operand)).collect();
                writeln!(
                    self.out,
                    "counted L{} {:?} step {} times {} ({}) {{",
                    counted.label.0,
                    counted.op,
                    counted.step,
                    counted.unrolled,
                    operands.join(", ")
                )?;
                if let Some((from, to)) = counted.copies {
                    self.line(depth + 1);
                    writeln!(self.out, "copies S{} S{}", from.0, to.0)?;
                }
                if counted.below > 0 {
                    self.line(depth + 1);
                    writeln!(self.out, "below {}", counted.below)?;
                }
                for Stream { id, stride, extent } in &counted.streams {
                    self.line(depth + 1);
                    writeln!(self.out, "stream S{} stride {stride} extent {extent}", id.0)?;
                }
                self.block(counted.fast, depth + 1)?;
                for (var, by) in counted.advanced.iter().zip(&counted.by) {
                    self.line(depth + 1);
                    writeln!(self.out, "advance {} by {}", self.var(*var), *by as i32)?;
                }
                self.line(depth);
                writeln!(self.out, "}} else {{")?;
                self.nested(counted.slow, depth)
            }
            Stmt::If { cond, then, other } => {
                writeln!(self.out, "if {} {{", self.expr(*cond))?;
                self.block(*then, depth + 1)?;
                self.line(depth);
                writeln!(self.out, "}} else {{")?;
                self.nested(*other, depth)
            }
            Stmt::Switch { index, arms, default } => {
                writeln!(self.out, "switch {} {{", self.expr(*index))?;
                for arm in arms {
                    self.line(depth);
                    writeln!(self.out, "case {:?}:", arm.ranges)?;
                    self.block(arm.body, depth + 1)?;
                }
                self.line(depth);
                writeln!(self.out, "default:")?;
                self.nested(*default, depth)
            }
            Stmt::Break(label) => writeln!(self.out, "break L{}", label.0),
            Stmt::Continue(label) => writeln!(self.out, "continue L{}", label.0),
            Stmt::Return(values) => {
                let values: Vec<String> = values.iter().map(|value| self.expr(*value)).collect();
                writeln!(self.out, "return {}", values.join(", "))
            }
            Stmt::Spend { units, checked, .. } => {
                writeln!(self.out, "{} {units}", if *checked { "spend" } else { "burn" })
            }
            Stmt::Trap(kind, offset) => writeln!(self.out, "trap {kind:?} @0x{offset:x}"),
        }
    }

    fn nested(&mut self, id: BlockId, depth: usize) -> fmt::Result {
        self.block(id, depth + 1)?;
        self.line(depth);
        writeln!(self.out, "}}")
    }

    fn var(&self, var: VarId) -> String {
        match self.func.vars[var.index()].kind {
            super::VarKind::Param(index) => format!("p{index}"),
            super::VarKind::Local(index) => format!("l{index}"),
            super::VarKind::Temp | super::VarKind::LoopParam | super::VarKind::Spread => {
                format!("v{}", var.0)
            }
        }
    }

    fn expr(&self, id: ExprId) -> String {
        let ty = self.func.exprs.ty(id);
        match *self.func.exprs.get(id) {
            Expr::Const(value) => format!("{ty}:{value}"),
            Expr::Var(var) => self.var(var),
            Expr::Unary(op, a) => format!("{}({})", op.name(), self.expr(a)),
            Expr::Binary(op, a, b) => format!("{}({}, {})", op.name(), self.expr(a), self.expr(b)),
            Expr::Select { cond, then, other } => {
                format!("select({}, {}, {})", self.expr(cond), self.expr(then), self.expr(other))
            }
            Expr::GlobalGet(global) => format!("global {}", global.0),
            Expr::MemorySize(memory) => format!("memory.size {}", memory.0),
            Expr::TableSize(table) => format!("table.size {}", table.0),
            Expr::RefNull => format!("ref.null {ty}"),
            Expr::RefFunc(func) => format!("ref.func {}", func.0),
            Expr::RefIsNull(a) => format!("ref.is_null({})", self.expr(a)),
        }
    }
}

impl super::Op {
    /// The operator's name in the text format, with its static immediates.
    fn mnemonic(&self) -> String {
        match self {
            Self::Checked(op, ..) => op.name().to_owned(),
            Self::Load { op, offset, bound, .. } => access(op.name(), *offset, *bound),
            Self::Store { op, offset, bound, .. } => access(op.name(), *offset, *bound),
            Self::LoadAt { op, stream, delta } => format!("{} S{}+{delta}", op.name(), stream.0),
            Self::StoreAt { op, stream, delta, .. } => {
                format!("{} S{}+{delta}", op.name(), stream.0)
            }
            Self::LoadIn { op, stream, offset, .. } => {
                format!("{} S{} offset={offset}", op.name(), stream.0)
            }
            Self::StoreIn { op, stream, offset, .. } => {
                format!("{} S{} offset={offset}", op.name(), stream.0)
            }
            Self::MemoryGrow { memory, .. } => format!("memory.grow {}", memory.0),
            Self::MemoryFill { memory, .. } => format!("memory.fill {}", memory.0),
            Self::MemoryCopy { dest_memory, src_memory, .. } => {
                format!("memory.copy {} {}", dest_memory.0, src_memory.0)
            }
            Self::MemoryInit { memory, data, .. } => {
                format!("memory.init {} {}", memory.0, data.0)
            }
            Self::DataDrop(data) => format!("data.drop {}", data.0),
            Self::GlobalSet(global, _) => format!("global.set {}", global.0),
            Self::TableGet(table, _) => format!("table.get {}", table.0),
            Self::TableSet(table, ..) => format!("table.set {}", table.0),
            Self::TableGrow { table, .. } => format!("table.grow {}", table.0),
            Self::TableFill { table, .. } => format!("table.fill {}", table.0),
            Self::TableCopy { dest_table, src_table, .. } => {
                format!("table.copy {} {}", dest_table.0, src_table.0)
            }
            Self::TableInit { table, elem, .. } => format!("table.init {} {}", table.0, elem.0),
            Self::ElemDrop(elem) => format!("elem.drop {}", elem.0),
            Self::Call(func, _) => format!("call {}", func.0),
            Self::Part(part, _) => format!("part {part}"),
            Self::CallIndirect { table, sig, .. } => {
                format!("call_indirect {} sig={}", table.0, sig.0)
            }
        }
    }
}

fn access(name: &str, offset: u32, bound: Bound) -> String {
    match bound {
        Bound::Own => format!("{name} offset={offset}"),
        Bound::Extent(extent) => format!("{name} offset={offset} extent={extent}"),
        Bound::Proven(extent) => format!("{name} offset={offset} proven={extent}"),
        Bound::Below(limit) => format!("{name} offset={offset} below={limit}"),
        Bound::BelowProven(limit) => format!("{name} offset={offset} below_proven={limit}"),
    }
}
