//! Control: blocks, loops, conditionals and dispatches as Rust text.

use super::Backend;
use super::func::{Context, FuncWriter};
use crate::ir::{BlockId, CountOp, Counted, Expr, ExprId, LabelId, Stmt, Stream, VarId, Vars};
use crate::wasm::MemorySet;

impl FuncWriter<'_> {
    pub(super) fn block(&mut self, block: BlockId) {
        self.indent += 1;
        self.block_stmts(block);
        self.indent -= 1;
    }

    pub(super) fn block_stmts(&mut self, id: BlockId) {
        let func = self.func;
        self.stmts(id, &func.block(id).stmts);
        if !self.ends(id) {
            self.refresh();
        }
        // After a terminator nothing follows; what follows the construct finds `mem` fresh.
        self.stale = MemorySet::default();
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
                self.open_loop(label, "loop {\n");
                self.inside(label, |writer| writer.block(body));
                if !self.ends(body) {
                    self.line("    break;");
                }
                return self.line("}");
            }
        };
        self.open_loop(label, "loop {\n");
        self.indent += 1;
        self.inside(label, |writer| writer.stmts(body, stmts));
        self.refresh();
        if let Some(cond) = leave_if {
            self.begin();
            self.put("if ");
            self.exprs().negated(&mut self.out, cond);
            self.put(" { break; }\n");
        }
        self.indent -= 1;
        self.line("}");
    }

    /// The first line of a loop.
    fn open_loop(&mut self, label: LabelId, head: &str) {
        self.begin();
        if self.named[label.index()] {
            self.put_label(label);
            self.put(": ");
        }
        self.put(head);
    }

    /// Writes what is in a loop, or in a block, in which loops around it have to be named.
    fn inside(&mut self, label: impl Into<Option<LabelId>>, write: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.innermost, label.into());
        write(self);
        self.innermost = outer;
    }

    /// A counted loop: its repetitions and streams, the loop if these are in bounds, else the other.
    fn counted(&mut self, counted: &Counted) {
        let [first, bound, others @ ..] = counted.operands.as_slice() else { return };
        let (starts, before) = others.split_at(counted.streams.len());
        let counter = counted.counter;
        let name = match counted.op {
            CountOp::Ne => "count_ne",
            CountOp::Lt => "count_lt",
            CountOp::Le => "count_le",
        };
        self.backend.imports.name(name);
        let (first, bound) = (self.any(*first), self.any(*bound));
        let (step, unrolled) = (counted.step, counted.unrolled);
        self.line(&format!("let n{counter} = {name}({first}, {bound}, {step}, {unrolled});"));
        let memory = self.stream_memory();
        let mem = Backend::numbered("mem", memory);
        let mut checks = vec![format!("n{counter} != 0")];
        if counted.below > 0 {
            checks.push(format!("{mem}.len() >= {}", counted.below));
        }
        for (stream, start) in counted.streams.iter().zip(starts) {
            let Stream { id, stride, mut extent } = *stream;
            // Without the slack, which no address names.
            extent += self.backend.plan(memory).slack;
            self.streams[id.index()] = (counted.counter, *stream);
            let mut text = String::new();
            self.exprs().cast(&mut text, *start);
            self.line(&format!("let at{} = {text} as u32 as usize;", id.0));
            if counted.copies.is_none() {
                self.backend.imports.name("in_bounds");
                checks
                    .push(format!("in_bounds({mem}, at{}, {stride}, n{counter}, {extent})", id.0));
            }
        }
        if let Some((from, to)) = counted.copies {
            let copy = self.backend.imports.name("copy_forward");
            let (_, Stream { stride, .. }) = self.streams[from.index()];
            checks = vec![format!("{copy}({mem}, at{}, at{}, n{counter}, {stride})", from.0, to.0)];
            if counted.advanced.is_empty() {
                self.line(&format!("if !{} {{", checks[0]));
                self.block(counted.slow);
                return self.line("}");
            }
        }
        self.line(&format!("if {} {{", checks.join(" && ")));
        self.indent += 1;
        if counted.units > 0 {
            let site = self.add_site(self.func.offset);
            self.spend("spend_each", &format!("n{counter}, {}", counted.units), site);
        }
        if counted.copies.is_none() {
            self.open_loop(counted.label, &format!("for i{counter} in 0..n{counter} {{\n"));
            self.inside(counted.label, |writer| writer.block(counted.fast));
            self.line("}");
        }
        for ((var, before), by) in counted.advanced.iter().zip(before).zip(&counted.by) {
            let (var, before) = (self.name(*var), self.any(*before));
            let times = match *by as i32 {
                1 => format!("n{counter} as i32"),
                by => format!("(n{counter} as i32).wrapping_mul({by})"),
            };
            self.line(&format!("{var} = {before}.wrapping_add({times});"));
        }
        self.indent -= 1;
        self.line("} else {");
        self.block(counted.slow);
        self.line("}");
    }

    /// Spends fuel by one of its methods, the first argument of which is the slice and the last one the
    /// site of its trap.
    pub(super) fn spend(&mut self, method: &str, args: &str, site: u32) {
        let (state, site) = (Context::of(self.needs).state(), self.site_number(site));
        if !self.keeps_fuel {
            return self.line(&format!(
                "if let Err(t) = {state}.fuel.charge({args}, {site}) {{ return Err(t); }}"
            ));
        }
        self.line(&format!(
            "fuel = match {state}.fuel.{method}(fuel, {args}, {site}) {{ Ok(v) => v, Err(t) => return Err(t) }};"
        ));
    }

    /// Gives the fuel back, before it is somebody else's to spend.
    pub(super) fn put_fuel(&mut self) {
        if self.keeps_fuel {
            let state = Context::of(self.needs).state();
            self.line(&format!("{state}.fuel.put(fuel);"));
        }
    }

    /// Takes it again.
    pub(super) fn take_fuel(&mut self) {
        if self.keeps_fuel {
            let state = Context::of(self.needs).state();
            self.line(&format!("fuel = {state}.fuel.slice();"));
        }
    }

    /// The first statements of a block, or all of them.
    pub(super) fn stmts(&mut self, id: BlockId, stmts: &[Stmt]) {
        for (position, stmt) in stmts.iter().enumerate() {
            if self.guarded == Some((id, position)) {
                self.checks_stack = true;
                let check = self.check_stack("exhausted()");
                self.line(&check);
            }
            let deferred: Vars = self.scopes.deferred_to(id, position).collect();
            for var in deferred {
                let line = format!("let {}: {};", self.name(var), self.type_of(var));
                self.line(&line);
            }
            let leaves_function = matches!(stmt, Stmt::Return(_) | Stmt::Trap(..));
            let straight = matches!(stmt, Stmt::Assign(..) | Stmt::Do { .. } | Stmt::Spend { .. });
            let stays = !leaves_function && !straight;
            let is_used =
                |writer: &Self| !writer.stale.intersection(writer.stmt_slices(stmt)).is_empty();
            if !self.stale.is_empty() && (stays || is_used(self)) {
                self.refresh();
            }
            let is_tail = id == self.root && position + 1 == stmts.len() && !self.shared_exit;
            let declares = |var: &&VarId| self.scopes.declares(id, position, **var);
            let assigned = stmt.assigned();
            match assigned.iter().filter(declares).count() {
                0 => self.stmt(stmt, &[], is_tail),
                count if count == assigned.len() => self.stmt(stmt, assigned, is_tail),
                _ => {
                    let declared: Vars = assigned.iter().filter(declares).copied().collect();
                    self.stmt(stmt, &declared, is_tail);
                }
            }
        }
    }

    /// Takes the bytes of the memories again where that has to be done.
    pub(super) fn refresh(&mut self) {
        for memory in std::mem::take(&mut self.stale).iter() {
            let [whole, mem, mem_len] =
                ["memory", "mem", "mem_len"].map(|name| Backend::numbered(name, memory));
            if let Some(sized) = self.backend.take_sized(memory, self.reads_size) {
                self.line(&format!("({mem}, {mem_len}) = {whole}{sized};"));
            } else {
                self.line(&format!("{mem} = {whole}{};", self.backend.take_bytes(memory)));
            }
        }
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt, declares: &[VarId], is_tail: bool) {
        match stmt {
            Stmt::Assign(var, value) => {
                let declares = declares.contains(var);
                self.begin();
                self.put_target(*var, declares);
                self.put(" = ");
                if declares {
                    self.exprs().typed(&mut self.out, *value);
                } else {
                    self.put_any(*value);
                }
                self.put(";\n");
            }
            Stmt::Do { results, op, offset } => {
                let site = self.add_site(*offset);
                self.effect(results, op, declares, site);
            }
            Stmt::Block(label, body) => {
                self.begin();
                self.put_label(*label);
                self.put(": {\n");
                self.inside(None, |writer| writer.block(*body));
                self.line("}");
            }
            Stmt::Loop(label, body) => self.repeat(*label, *body),
            Stmt::Counted(counted) => self.counted(counted),
            Stmt::If { cond, then, other } => {
                self.begin();
                self.conditional(*cond, *then, *other);
            }
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
            Stmt::Break(_) | Stmt::Continue(_) => {
                self.begin();
                self.put_jump(stmt);
                self.put(";\n");
            }
            Stmt::Return(values) => {
                self.put_fuel();
                self.begin();
                self.put(if is_tail { "Ok(" } else { "return Ok(" });
                if let [value] = values.as_slice() {
                    self.put_any(*value);
                } else {
                    self.put("(");
                    self.exprs().list(&mut self.out, values);
                    self.put(")");
                }
                self.put(if is_tail { ")\n" } else { ");\n" });
            }
            Stmt::Spend { units, checked: false, .. } => {
                if self.keeps_fuel {
                    self.backend.imports.name("burn");
                    self.line(&format!("fuel = burn(fuel, {units});"));
                } else {
                    let state = Context::of(self.needs).state();
                    self.line(&format!("{state}.fuel.charge_later({units});"));
                }
            }
            Stmt::Spend { units, checked: true, offset } => {
                let site = self.add_site(*offset);
                self.spend("spend", &units.to_string(), site);
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
            self.begin();
            self.put(pattern);
            self.put(" => ");
            self.put_jump(stmt);
            return self.put(",\n");
        }
        if self.func.block(body).stmts.is_empty() {
            return self.line(&format!("{pattern} => {{}}"));
        }
        self.line(&format!("{pattern} => {{"));
        self.block(body);
        self.line("}");
    }

    /// A conditional, where a line has begun.
    pub(super) fn conditional(&mut self, cond: ExprId, then: BlockId, other: BlockId) {
        let is_empty = |block: BlockId| self.func.block(block).stmts.is_empty();
        let negates = is_empty(then) && !is_empty(other);
        let (first, second) = if negates { (other, then) } else { (then, other) };
        let second_is_empty = is_empty(second);
        self.put("if ");
        if negates {
            self.exprs().skipped(&mut self.out, cond);
        } else {
            self.exprs().condition(&mut self.out, cond);
        }
        if second_is_empty
            && let [stmt @ (Stmt::Break(_) | Stmt::Continue(_))] =
                self.func.block(first).stmts.as_slice()
        {
            self.put(" { ");
            self.put_jump(stmt);
            return self.put("; }\n");
        }
        self.put(" {\n");
        self.block(first);
        if let [Stmt::If { cond, then, other }] = self.func.block(second).stmts.as_slice()
            && self.scopes.deferred_to(second, 0).next().is_none()
        {
            self.begin();
            self.put("} else ");
            return self.conditional(*cond, *then, *other);
        }
        if !second_is_empty {
            self.line("} else {");
            self.block(second);
        }
        self.line("}");
    }

    /// `break` or `continue`, with a label if that is not the innermost loop's.
    fn put_jump(&mut self, jump: &Stmt) {
        let (word, label) = match jump {
            Stmt::Break(label) => ("break", *label),
            Stmt::Continue(label) => ("continue", *label),
            _ => return,
        };
        self.put(word);
        if self.innermost != Some(label) {
            self.put(" ");
            self.put_label(label);
        }
    }
}

fn range_pattern(range: &(u32, u32)) -> String {
    match *range {
        (first, last) if first == last => first.to_string(),
        (first, last) if first + 1 == last => format!("{first} | {last}"),
        (first, last) => format!("{first}..={last}"),
    }
}
