//! Control: blocks, loops, conditionals and dispatches as Rust text.

use super::func::FuncWriter;
use super::rust_type;
use crate::ir::{BlockId, Expr, ExprId, LabelId, Stmt, VarId};
use crate::pass::scopes::Declaration;

impl FuncWriter<'_> {
    pub(super) fn block(&mut self, block: BlockId) {
        self.indent += 1;
        self.block_stmts(block);
        self.indent -= 1;
    }

    pub(super) fn block_stmts(&mut self, id: BlockId) {
        let func = self.func;
        self.stmts(id, &func.block(id).stmts);
        if self.stale && !self.ends(id) {
            self.refresh();
        }
        // After a terminator nothing follows; what follows the construct finds `mem` fresh.
        self.stale = false;
    }

    /// A loop. WebAssembly's leaves at its end and Rust's repeats there.
    pub(super) fn repeat(&mut self, label: LabelId, body: BlockId) {
        let func = self.func;
        let stmts = &func.block(body).stmts;
        let is_empty = |block: BlockId| func.block(block).stmts.is_empty();
        let repeats =
            |block: BlockId| func.block(block).stmts.as_slice() == [Stmt::Continue(label)];
        let (stmts, leave_if) = match stmts.split_last() {
            Some((Stmt::Continue(last), stmts)) if *last == label => (stmts, None),
            Some((Stmt::If { cond, then, other }, stmts)) if repeats(*then) && is_empty(*other) => {
                (stmts, Some(*cond))
            }
            _ => {
                self.line(&format!("{}: loop {{", label_name(label)));
                self.block(body);
                if !self.ends(body) {
                    self.line("    break;");
                }
                return self.line("}");
            }
        };
        let labelled = if self.references[label.index()] > 1 {
            format!("{}: ", label_name(label))
        } else {
            String::new()
        };
        self.line(&format!("{labelled}loop {{"));
        self.indent += 1;
        self.stmts(body, stmts);
        if self.stale {
            self.refresh();
        }
        if let Some(cond) = leave_if {
            let mut text = String::new();
            self.exprs().negated(&mut text, cond);
            self.line(&format!("if {text} {{ break; }}"));
        }
        self.indent -= 1;
        self.line("}");
    }

    /// The first statements of a block, or all of them.
    pub(super) fn stmts(&mut self, id: BlockId, stmts: &[Stmt]) {
        let func = self.func;
        for (position, stmt) in stmts.iter().enumerate() {
            for var in self.scopes.declared_at(id, position).to_vec() {
                if self.scopes.declaration(var) == Declaration::Deferred {
                    let ty = rust_type(func.vars[var.index()].ty);
                    let line = format!("let {}: {ty};", self.name(var));
                    self.line(&line);
                }
            }
            let leaves_function = matches!(stmt, Stmt::Return(_) | Stmt::Trap(..));
            let straight = matches!(stmt, Stmt::Assign(..) | Stmt::Do { .. });
            let stays = !leaves_function && !straight;
            if self.stale && (stays || self.stmt_uses_slice(stmt)) {
                self.refresh();
            }
            let declares = self.scopes.declared_at(id, position).to_vec();
            let is_tail = id == self.root && position + 1 == stmts.len() && !self.shared_exit;
            self.stmt(stmt, &declares, is_tail);
        }
    }

    pub(super) fn refresh(&mut self) {
        self.stale = false;
        self.line("mem = memory.bytes_mut();");
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt, declares: &[VarId], is_tail: bool) {
        match stmt {
            Stmt::Assign(var, value) => {
                let declares = declares.contains(var);
                let target = self.target(*var, declares);
                let value = if declares { self.typed(*value) } else { self.any(*value) };
                self.line(&format!("{target} = {value};"));
            }
            Stmt::Do { results, op, offset } => {
                let site = self.add_site(*offset);
                self.effect(results, op, declares, site);
            }
            Stmt::Block(label, body) => {
                self.line(&format!("{}: {{", label_name(*label)));
                self.block(*body);
                self.line("}");
            }
            Stmt::Loop(label, body) => self.repeat(*label, *body),
            Stmt::If { cond, then, other } => self.conditional(*cond, *then, *other),
            Stmt::Switch { index, arms, default } => {
                let index = self.switch_index(*index);
                self.line(&format!("match {index} {{"));
                self.indent += 1;
                for arm in arms {
                    let ranges: Vec<String> = arm.ranges.iter().map(range_pattern).collect();
                    self.arm(&ranges.join(" | "), arm.body);
                }
                self.arm("_", *default);
                self.indent -= 1;
                self.line("}");
            }
            Stmt::Break(label) => self.line(&format!("break {};", label_name(*label))),
            Stmt::Continue(label) => self.line(&format!("continue {};", label_name(*label))),
            Stmt::Return(values) => {
                let values = match values.as_slice() {
                    [value] => self.any(*value),
                    values => format!("({})", self.list(values)),
                };
                let text =
                    if is_tail { format!("Ok({values})") } else { format!("return Ok({values});") };
                self.line(&text);
            }
            Stmt::Trap(kind, offset) => {
                let site = self.add_site(*offset);
                let raise = self.raise(*kind, site);
                self.line(&format!("{raise};"));
            }
        }
    }

    pub(super) fn switch_index(&self, index: ExprId) -> String {
        match self.func.exprs.get(index) {
            Expr::Var(var) => format!("{} as u32", self.name(*var)),
            Expr::Const(_) => format!("{} as u32", self.typed(index)),
            _ => format!("({}) as u32", self.typed(index)),
        }
    }

    pub(super) fn arm(&mut self, pattern: &str, body: BlockId) {
        if let [stmt @ (Stmt::Break(_) | Stmt::Continue(_))] =
            self.func.block(body).stmts.as_slice()
        {
            let jump = match stmt {
                Stmt::Continue(label) => format!("continue {}", label_name(*label)),
                Stmt::Break(label) => format!("break {}", label_name(*label)),
                _ => String::new(),
            };
            self.line(&format!("{pattern} => {jump},"));
            return;
        }
        self.line(&format!("{pattern} => {{"));
        self.block(body);
        self.line("}");
    }

    pub(super) fn conditional(&mut self, cond: ExprId, then: BlockId, other: BlockId) {
        let mut text = String::new();
        let is_empty = |block: BlockId| self.func.block(block).stmts.is_empty();
        let (first, second) = if is_empty(then) && !is_empty(other) {
            self.exprs().negated(&mut text, cond);
            (other, then)
        } else {
            self.exprs().condition(&mut text, cond);
            (then, other)
        };
        let second_is_empty = self.func.block(second).stmts.is_empty();
        if second_is_empty
            && let [stmt @ (Stmt::Break(_) | Stmt::Continue(_))] =
                self.func.block(first).stmts.as_slice()
        {
            let jump = match stmt {
                Stmt::Continue(label) => format!("continue {}", label_name(*label)),
                Stmt::Break(label) => format!("break {}", label_name(*label)),
                _ => String::new(),
            };
            return self.line(&format!("if {text} {{ {jump}; }}"));
        }
        self.line(&format!("if {text} {{"));
        self.block(first);
        if !second_is_empty {
            self.line("} else {");
            self.block(second);
        }
        self.line("}");
    }
}

fn label_name(label: LabelId) -> String {
    format!("'l{}", label.0)
}

fn range_pattern(range: &(u32, u32)) -> String {
    match *range {
        (first, last) if first == last => first.to_string(),
        (first, last) if first + 1 == last => format!("{first} | {last}"),
        (first, last) => format!("{first}..={last}"),
    }
}
