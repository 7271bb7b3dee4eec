//! One function as Rust text.

use super::expr::ExprWriter;
use super::names::{Namespace, in_comment, sanitise};
use super::{Backend, rust_type};
use crate::ir::{BlockId, Expr, Func, LabelId, Op, Stmt, VarId, VarKind};
use crate::pass::effects::{MemoryUse, Needs};
use crate::pass::scopes::{Declaration, Scopes, scopes};
use crate::wasm::{DataIdx, DefinedFunc, ElemIdx, FuncIdx, SigId};
use herkos_runtime::{TrapKind, ValType};
use std::fmt::Write as _;

/// Where the state is found in the function being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// `cx: &mut Context<H>`: state and host.
    Host,
    /// `st: &mut State`.
    State,
    /// In the constructor, before there is a state: globals are locals, the host is `host`.
    Constructor,
}

impl Context {
    pub fn of(needs: Needs) -> Self {
        if needs.host() { Self::Host } else { Self::State }
    }

    /// The path of the state.
    pub fn state(self) -> &'static str {
        match self {
            Self::Host => "cx.state",
            Self::State => "st",
            Self::Constructor => "state",
        }
    }

    /// The path of the host.
    pub fn host(self) -> &'static str {
        match self {
            Self::Host => "cx.host",
            Self::State | Self::Constructor => "host",
        }
    }
}

/// Names that a function's own variables must not take.
pub(super) const LOCAL_NAMES: &[&str] =
    &["cx", "st", "memory", "mem", "v", "t", "kind", "state", "host", "callee"];

/// How many sites [`write`] numbers for a function.
pub(super) fn count_sites(func: &Func) -> u32 {
    let (mut count, mut pending) = (0, func.roots().collect::<Vec<_>>());
    while let Some(block) = pending.pop() {
        for stmt in &func.block(block).stmts {
            pending.extend(stmt.blocks());
            count += u32::from(matches!(stmt, Stmt::Do { .. } | Stmt::Trap(..)));
        }
    }
    count
}

/// A function and its parts, and the byte offsets of their sites; `first_site` is the number of
/// the first one.
pub(super) fn write(
    backend: &Backend<'_>,
    defined: DefinedFunc,
    first_site: u32,
) -> (String, Vec<u32>) {
    let func = &backend.funcs[defined.index()];
    let names = local_names(backend, backend.module.func_idx(defined), func);
    let (mut text, mut sites) = FuncWriter::new(backend, defined, None, &names, first_site).write();
    for part in 0..func.parts.len() {
        let next_site = first_site + sites.len() as u32;
        let writer = FuncWriter::new(backend, defined, Some(part), &names, next_site);
        let (part_text, part_sites) = writer.write();
        text.push_str(&part_text);
        sites.extend(part_sites);
    }
    (text, sites)
}

struct FuncWriter<'a> {
    backend: &'a Backend<'a>,
    func: &'a Func,
    index: FuncIdx,
    part: Option<usize>,
    root: BlockId,
    params: Vec<VarId>,
    results: Vec<ValType>,
    needs: Needs,
    scopes: Scopes,
    names: &'a [String],
    /// Labels that a `break` goes to.
    broken: Vec<bool>,
    /// How often each label is named.
    references: Vec<u32>,
    out: String,
    indent: usize,
    /// Trap kinds that the function raises itself.
    kinds: Vec<TrapKind>,
    uses_slice: bool,
    /// Whether `mem` has to be taken from `memory` again before its next use.
    stale: bool,
    first_site: u32,
    /// Byte offsets of the effects written so far; the first one's site is `first_site`.
    sites: Vec<u32>,
}

impl<'a> FuncWriter<'a> {
    fn new(
        backend: &'a Backend<'a>,
        defined: DefinedFunc,
        part: Option<usize>,
        names: &'a [String],
        first_site: u32,
    ) -> Self {
        let func = &backend.funcs[defined.index()];
        let index = backend.module.func_idx(defined);
        let (root, params, results) = match part {
            None => {
                let sig = backend.module.sig(index);
                let params = (0..sig.params.len() as u32).map(VarId).collect();
                (func.body, params, sig.results.clone())
            }
            Some(part) => {
                let part = &func.parts[part];
                let types = part.results.iter().map(|var| func.vars[var.index()].ty);
                (part.body, part.params.clone(), types.collect())
            }
        };
        let mut writer = Self {
            backend,
            func,
            index,
            part,
            root,
            needs: backend.effects.funcs[defined.index()],
            scopes: scopes(func, root, &params),
            params,
            results,
            names,
            broken: vec![false; func.labels as usize],
            references: vec![0; func.labels as usize],
            out: String::new(),
            indent: 1,
            kinds: Vec::new(),
            uses_slice: false,
            stale: false,
            first_site,
            sites: Vec::new(),
        };
        writer.survey();
        writer
    }

    /// Finds which labels are left by `break`, and whether the slice is used.
    fn survey(&mut self) {
        let mut pending = vec![self.root];
        while let Some(block) = pending.pop() {
            for stmt in &self.func.block(block).stmts {
                pending.extend(stmt.blocks());
                if let Stmt::Break(label) = stmt {
                    self.broken[label.index()] = true;
                }
                if let Stmt::Break(label) | Stmt::Continue(label) = stmt {
                    self.references[label.index()] += 1;
                }
                self.uses_slice |= self.stmt_uses_slice(stmt);
            }
        }
    }

    fn stmt_uses_slice(&self, stmt: &Stmt) -> bool {
        let mut uses = match stmt {
            Stmt::Do { op, .. } => match op {
                Op::Load { .. }
                | Op::Store { .. }
                | Op::MemoryFill { .. }
                | Op::MemoryCopy { .. }
                | Op::MemoryInit { .. } => true,
                Op::Call(func, _) => self.callee_memory(*func) == MemoryUse::Slice,
                Op::Part(..) => self.needs.memory == MemoryUse::Slice,
                Op::CallIndirect { sig, .. } => {
                    self.backend.effects.indirect[sig.index()].memory == MemoryUse::Slice
                }
                _ => false,
            },
            _ => false,
        };
        for operand in stmt.operands() {
            self.func.exprs.walk(operand, &mut |expr| uses |= matches!(expr, Expr::MemorySize(_)));
        }
        uses
    }

    fn callee_memory(&self, func: FuncIdx) -> MemoryUse {
        self.backend.effects.needs(self.backend.module, func).memory
    }

    /// The text, and the byte offsets of its sites.
    fn write(mut self) -> (String, Vec<u32>) {
        self.block_stmts(self.root);
        if !self.ends(self.root) {
            // Not reached; rustc can't always see that.
            let unreachable = self.trap(TrapKind::Unreachable, None);
            self.line(&format!("Err({unreachable})"));
        }
        let body = std::mem::take(&mut self.out);
        let mut out = self.header();
        self.prologue(&mut out);
        out.push_str(&body);
        out.push_str("}\n\n");
        (out, self.sites)
    }

    fn header(&self) -> String {
        let (backend, module) = (self.backend, self.backend.module);
        let mut out = String::new();
        let name = match module.func_names.get(&self.index.0) {
            Some(name) => format!(" {}", in_comment(name)),
            None => String::new(),
        };
        let ident = match self.part {
            None => {
                let signature = super::signature(module.sig(self.index));
                let _ = writeln!(out, "/// func {}{name}: {signature}", self.index.0);
                backend.names.func(self.index)
            }
            Some(part) => {
                // Inlined again, it would be as slow to compile as if it were not a part.
                let _ =
                    writeln!(out, "/// func {}{name}: part {part}\n#[inline(never)]", self.index.0);
                backend.names.part(self.index, part)
            }
        };
        let _ = write!(out, "fn {ident}{}(", backend.bounds(self.needs));
        let mut params = backend.context_params(self.needs);
        for var in &self.params {
            let mutable = if self.scopes.is_mutable(*var) { "mut " } else { "" };
            let ty = rust_type(self.func.vars[var.index()].ty);
            params.push(format!("{mutable}{}: {ty}", self.name(*var)));
        }
        let results = super::tuple_type(&self.results);
        let _ = writeln!(out, "{}) -> WasmResult<{results}> {{", params.join(", "));
        out
    }

    fn prologue(&self, out: &mut String) {
        if !self.backend.config.trap_offsets {
            for kind in &self.kinds {
                let _ = writeln!(
                    out,
                    "    const {}: WasmTrap = WasmTrap::at(TrapKind::{kind:?}, {});",
                    constant_name(*kind),
                    self.index.0
                );
            }
        }
        if let (Ok(defined), None) = (self.backend.module.defined(self.index), self.part)
            && self.backend.effects.recursive[defined.index()]
        {
            let _ = writeln!(
                out,
                "    if {}.stack.exhausted() {{ return Err(WasmTrap::at(TrapKind::StackExhausted, {})); }}",
                Context::of(self.needs).state(),
                if self.backend.config.trap_offsets { u32::MAX } else { self.index.0 },
            );
        }
        if self.needs.memory == MemoryUse::Whole && self.uses_slice {
            out.push_str("    let mut mem = memory.bytes_mut();\n");
        }
        for (index, var) in self.func.vars.iter().enumerate() {
            let id = VarId(index as u32);
            if self.scopes.declaration(id) == Declaration::Top {
                let mutable = if self.scopes.is_mutable(id) { "mut " } else { "" };
                let _ = writeln!(
                    out,
                    "    let {mutable}{}: {} = {};",
                    self.names[index],
                    rust_type(var.ty),
                    super::zero(var.ty)
                );
            }
        }
    }

    // Text.

    fn line(&mut self, text: &str) {
        self.begin();
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Begins a line. Very deep nests are not worth their white space.
    fn begin(&mut self) {
        self.out.extend(std::iter::repeat_n("    ", self.indent.min(24)));
    }

    fn exprs(&self) -> ExprWriter<'_> {
        ExprWriter {
            backend: self.backend,
            exprs: &self.func.exprs,
            context: Context::of(self.needs),
            local_names: self.names,
        }
    }

    fn any(&self, expr: crate::ir::ExprId) -> String {
        let mut out = String::new();
        self.exprs().any(&mut out, expr);
        out
    }

    fn typed(&self, expr: crate::ir::ExprId) -> String {
        let mut out = String::new();
        self.exprs().typed(&mut out, expr);
        out
    }

    fn list(&self, exprs: &[crate::ir::ExprId]) -> String {
        exprs.iter().map(|expr| self.any(*expr)).collect::<Vec<_>>().join(", ")
    }

    fn name(&self, var: VarId) -> &str {
        &self.names[var.index()]
    }

    // Traps.

    /// The trap as an expression.
    fn trap(&mut self, kind: TrapKind, site: Option<u32>) -> String {
        if self.backend.config.trap_offsets {
            return match site {
                Some(site) => format!("const {{ WasmTrap::at(TrapKind::{kind:?}, {site}) }}"),
                None => format!("WasmTrap::new(TrapKind::{kind:?})"),
            };
        }
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
        constant_name(kind).to_owned()
    }

    fn add_site(&mut self, offset: u32) -> u32 {
        self.sites.push(offset);
        self.first_site + self.sites.len() as u32 - 1
    }

    /// The site of a trap whose kind is known at run time only.
    fn site_number(&self, site: u32) -> u32 {
        if self.backend.config.trap_offsets { site } else { self.index.0 }
    }

    // Statements.

    fn ends(&self, block: BlockId) -> bool {
        let Some(last) = self.func.block(block).stmts.last() else { return false };
        match last {
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) | Stmt::Trap(..) => true,
            Stmt::If { then, other, .. } => self.ends(*then) && self.ends(*other),
            Stmt::Switch { arms, default, .. } => {
                self.ends(*default) && arms.iter().all(|arm| self.ends(arm.body))
            }
            Stmt::Block(label, body) => self.ends(*body) && !self.broken[label.index()],
            // A loop whose body never reaches its end is left by `break` alone.
            Stmt::Loop(label, body) => self.ends(*body) && !self.broken[label.index()],
            Stmt::Assign(..) | Stmt::Do { .. } => false,
        }
    }

    fn block(&mut self, block: BlockId) {
        self.indent += 1;
        self.block_stmts(block);
        self.indent -= 1;
    }

    fn block_stmts(&mut self, id: BlockId) {
        let func = self.func;
        self.stmts(id, &func.block(id).stmts);
        if self.stale && !self.ends(id) {
            self.refresh();
        }
        // After a terminator nothing follows; what follows the construct finds `mem` fresh.
        self.stale = false;
    }

    /// A loop. WebAssembly's leaves at its end and Rust's repeats there.
    fn repeat(&mut self, label: LabelId, body: BlockId) {
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
    fn stmts(&mut self, id: BlockId, stmts: &[Stmt]) {
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
            if self.stale && !leaves_function && (!straight || self.stmt_uses_slice(stmt)) {
                self.refresh();
            }
            let declares = self.scopes.declared_at(id, position).to_vec();
            let is_tail = id == self.root && position + 1 == stmts.len();
            self.stmt(stmt, &declares, is_tail);
        }
    }

    fn refresh(&mut self) {
        self.stale = false;
        self.line("mem = memory.bytes_mut();");
    }

    fn stmt(&mut self, stmt: &Stmt, declares: &[VarId], is_tail: bool) {
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
                let trap = self.trap(*kind, Some(site));
                self.line(&format!("return Err({trap});"));
            }
        }
    }

    fn switch_index(&self, index: crate::ir::ExprId) -> String {
        match self.func.exprs.get(index) {
            Expr::Var(var) => format!("{} as u32", self.name(*var)),
            Expr::Const(_) => format!("{} as u32", self.typed(index)),
            _ => format!("({}) as u32", self.typed(index)),
        }
    }

    fn arm(&mut self, pattern: &str, body: BlockId) {
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

    fn conditional(&mut self, cond: crate::ir::ExprId, then: BlockId, other: BlockId) {
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

    /// The left side of an assignment.
    fn target(&self, var: VarId, declares: bool) -> String {
        let mutable = if self.scopes.is_mutable(var) { "mut " } else { "" };
        if declares {
            format!("let {mutable}{}", self.name(var))
        } else {
            self.name(var).to_owned()
        }
    }

    fn effect(&mut self, results: &[VarId], op: &Op, declares: &[VarId], site: u32) {
        let state = Context::of(self.needs).state();
        match op {
            Op::Checked(op, a, b) => {
                let mut call = String::new();
                self.exprs().template(&mut call, op.template(), *a, *b);
                let site = self.site_number(site);
                let value = format!(
                    "match {call} {{ Ok(v) => v, Err(kind) => return Err(WasmTrap::at(kind, {site})) }}"
                );
                self.assign(results, declares, &value);
            }
            Op::Load { op, addr, offset, .. } => {
                let addr = self.any(*addr);
                let trap = self.trap(TrapKind::MemoryOutOfBounds, Some(site));
                let call = format!("{}(mem, {addr}, {offset})", op.function());
                self.checked_value(results, declares, &call, &trap);
            }
            Op::Store { op, addr, offset, value, .. } => {
                let (addr, value) = (self.any(*addr), self.any(*value));
                let call = format!("{}(mem, {addr}, {offset}, {value})", op.function());
                self.check(&call, TrapKind::MemoryOutOfBounds, site);
            }
            Op::MemoryGrow { delta, .. } => {
                let delta = self.any(*delta);
                self.assign(results, declares, &format!("memory.grow({delta})"));
                self.stale = self.uses_slice;
            }
            Op::MemoryFill { dest, value, len, .. } => {
                let args = self.list(&[*dest, *value, *len]);
                self.check(&format!("memory_fill(mem, {args})"), TrapKind::MemoryOutOfBounds, site);
            }
            Op::MemoryCopy { dest, src, len, .. } => {
                let args = self.list(&[*dest, *src, *len]);
                self.check(&format!("memory_copy(mem, {args})"), TrapKind::MemoryOutOfBounds, site);
            }
            Op::MemoryInit { data, dest, src, len, .. } => {
                let segment = self.data_segment(*data);
                let args = self.list(&[*dest, *src, *len]);
                let call = format!("memory_init(mem, {segment}, {args})");
                self.check(&call, TrapKind::MemoryOutOfBounds, site);
            }
            Op::DataDrop(data) => {
                if !self.backend.module.data_is_active(*data) {
                    self.line(&format!("{state}.data_{} = &[];", data.0));
                }
            }
            Op::GlobalSet(global, value) => {
                let value = self.any(*value);
                let line = self.backend.global_set(*global, &value, Context::of(self.needs));
                self.line(&line);
            }
            Op::Call(func, args) => self.call(results, declares, *func, args),
            Op::Part(part, args) => {
                let mut params = self.pass_context(self.needs);
                params.extend(args.iter().map(|arg| self.any(*arg)));
                let callee = self.backend.names.part(self.index, *part as usize);
                let call = format!("{callee}({})", params.join(", "));
                self.finish_call(results, declares, &call, self.needs);
            }
            Op::CallIndirect { table, sig, index, args } => {
                let index = self.any(*index);
                let trap = self.trap(TrapKind::UndefinedElement, Some(site));
                self.call_indirect(results, declares, *sig, args, &format!(
                    "match {state}.t{}.get({index}) {{ Some(v) => v, None => return Err({trap}) }}",
                    table.0
                ));
            }
            Op::TableGet(table, index) => {
                let index = self.any(*index);
                let trap = self.trap(TrapKind::TableOutOfBounds, Some(site));
                let value = format!(
                    "match {state}.t{}.get({index}) {{ Some(v) => v, None => return Err({trap}) }}",
                    table.0
                );
                self.assign(results, declares, &value);
            }
            Op::TableSet(table, index, value) => {
                let args = self.list(&[*index, *value]);
                let call = format!("{state}.t{}.set({args})", table.0);
                self.check(&call, TrapKind::TableOutOfBounds, site);
            }
            Op::TableGrow { table, value, delta } => {
                let args = self.list(&[*delta, *value]);
                self.assign(results, declares, &format!("{state}.t{}.grow({args})", table.0));
            }
            Op::TableFill { table, start, value, len } => {
                let args = self.list(&[*start, *value, *len]);
                let call = format!("{state}.t{}.fill({args})", table.0);
                self.check(&call, TrapKind::TableOutOfBounds, site);
            }
            Op::TableCopy { dest_table, src_table, dest, src, len } => {
                let args = self.list(&[*dest, *src, *len]);
                let call = if dest_table == src_table {
                    format!("{state}.t{}.copy_within({args})", dest_table.0)
                } else {
                    format!(
                        "{state}.t{}.copy_from(&{state}.t{}, {args})",
                        dest_table.0, src_table.0
                    )
                };
                self.check(&call, TrapKind::TableOutOfBounds, site);
            }
            Op::TableInit { table, elem, dest, src, len } => {
                let segment = self.elem_segment(*elem);
                let args = self.list(&[*dest, *src, *len]);
                let call = format!("{state}.t{}.init({segment}, {args})", table.0);
                self.check(&call, TrapKind::TableOutOfBounds, site);
            }
            Op::ElemDrop(elem) => {
                if !self.backend.module.elem_is_dropped(*elem) {
                    let line = if self.backend.elem_is_static(*elem) {
                        format!("{state}.elem_{} = &[];", elem.0)
                    } else {
                        format!("{state}.elem_{}_dropped = true;", elem.0)
                    };
                    self.line(&line);
                }
            }
        }
    }

    fn data_segment(&self, data: DataIdx) -> String {
        if self.backend.module.data_is_active(data) {
            // Dropped by the instantiation.
            "&[]".to_owned()
        } else {
            format!("{}.data_{}", Context::of(self.needs).state(), data.0)
        }
    }

    fn elem_segment(&self, elem: ElemIdx) -> String {
        let state = Context::of(self.needs).state();
        if self.backend.module.elem_is_dropped(elem) {
            "&[]".to_owned()
        } else if self.backend.elem_is_static(elem) {
            format!("{state}.elem_{}", elem.0)
        } else {
            format!(
                "if {state}.elem_{0}_dropped {{ &[][..] }} else {{ &{state}.elem_{0}[..] }}",
                elem.0
            )
        }
    }

    /// `call` gives a `bool`: false is the trap.
    fn check(&mut self, call: &str, kind: TrapKind, site: u32) {
        let trap = self.trap(kind, Some(site));
        self.line(&format!("if !{call} {{ return Err({trap}); }}"));
    }

    /// `call` gives a value and a `bool`: false is the trap.
    fn checked_value(&mut self, results: &[VarId], declares: &[VarId], call: &str, trap: &str) {
        match results {
            [var] if declares.contains(var) => {
                let mutable = if self.scopes.is_mutable(*var) { "mut " } else { "" };
                let name = self.name(*var);
                let line =
                    format!("let ({mutable}{name}, true) = {call} else {{ return Err({trap}) }};");
                self.line(&line);
            }
            [var] if self.scopes.declaration(*var) != Declaration::Unused => {
                let name = self.name(*var);
                let line =
                    format!("{name} = match {call} {{ (v, true) => v, _ => return Err({trap}) }};");
                self.line(&line);
            }
            _ => self.line(&format!("let (_, true) = {call} else {{ return Err({trap}) }};")),
        }
    }

    /// Assigns the results of something; `value` has their tuple's type.
    fn assign(&mut self, results: &[VarId], declares: &[VarId], value: &str) {
        let used = |var: &VarId| self.scopes.declaration(*var) != Declaration::Unused;
        if !results.iter().any(used) {
            return self.line(&format!("let _ = {value};"));
        }
        if let [var] = results {
            let target = self.target(*var, declares.contains(var));
            return self.line(&format!("{target} = {value};"));
        }
        let all_declared = results.iter().all(|var| declares.contains(var) || !used(var));
        let part = |var: &VarId| match (used(var), all_declared && self.scopes.is_mutable(*var)) {
            (false, _) => "_".to_owned(),
            (true, true) => format!("mut {}", self.name(*var)),
            (true, false) => self.name(*var).to_owned(),
        };
        let pattern = results.iter().map(part).collect::<Vec<_>>().join(", ");
        if all_declared {
            return self.line(&format!("let ({pattern}) = {value};"));
        }
        for var in results.iter().filter(|var| declares.contains(var)) {
            let line = format!(
                "{}: {};",
                self.target(*var, true),
                rust_type(self.func.vars[var.index()].ty)
            );
            self.line(&line);
        }
        self.line(&format!("({pattern}) = {value};"));
    }

    fn call(
        &mut self,
        results: &[VarId],
        declares: &[VarId],
        func: FuncIdx,
        args: &[crate::ir::ExprId],
    ) {
        let backend = self.backend;
        let context = Context::of(self.needs);
        let needs = backend.effects.needs(backend.module, func);
        let (callee, mut params) = match backend.module.defined(func) {
            Ok(_) => (backend.names.func(func).to_string(), self.pass_context(needs)),
            Err(import) => {
                let mut params = vec![format!("&mut {}", context.host())];
                if needs.memory == MemoryUse::Whole {
                    params.push("memory".to_owned());
                }
                (backend.names.import_func(import), params)
            }
        };
        params.extend(args.iter().map(|arg| self.any(*arg)));
        self.finish_call(results, declares, &format!("{callee}({})", params.join(", ")), needs);
    }

    fn call_indirect(
        &mut self,
        results: &[VarId],
        declares: &[VarId],
        sig: SigId,
        args: &[crate::ir::ExprId],
        callee: &str,
    ) {
        self.line(&format!("let callee = {callee};"));
        let needs = self.backend.effects.indirect[sig.index()];
        let mut params = self.pass_context(needs);
        params.push("callee".to_owned());
        params.extend(args.iter().map(|arg| self.any(*arg)));
        let call = format!("{}({})", self.backend.names.indirect(sig), params.join(", "));
        self.finish_call(results, declares, &call, needs);
    }

    /// The arguments for a callee's context parameters.
    fn pass_context(&self, needs: Needs) -> Vec<String> {
        let mut params = Vec::new();
        if needs.host() {
            params.push("cx".to_owned());
        } else if needs.state {
            params.push(if self.needs.host() { "&mut cx.state" } else { "st" }.to_owned());
        }
        match needs.memory {
            MemoryUse::None => {}
            MemoryUse::Slice => params.push("mem".to_owned()),
            MemoryUse::Whole => params.push("memory".to_owned()),
        }
        params
    }

    fn finish_call(&mut self, results: &[VarId], declares: &[VarId], call: &str, needs: Needs) {
        if results.is_empty() {
            self.line(&format!("if let Err(t) = {call} {{ return Err(t); }}"));
        } else {
            let value = format!("match {call} {{ Ok(v) => v, Err(t) => return Err(t) }}");
            self.assign(results, declares, &value);
        }
        if needs.memory == MemoryUse::Whole {
            self.stale = self.uses_slice;
        }
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

/// The constant that a function keeps for a trap it raises itself.
fn constant_name(kind: TrapKind) -> &'static str {
    match kind {
        TrapKind::Unreachable => "UNREACHABLE",
        TrapKind::MemoryOutOfBounds => "OOB",
        TrapKind::TableOutOfBounds => "TABLE_OOB",
        TrapKind::UndefinedElement => "UNDEFINED_ELEMENT",
        _ => "TRAP",
    }
}

/// Names of a function's variables: from the name section, else by kind and number.
fn local_names(backend: &Backend<'_>, index: FuncIdx, func: &Func) -> Vec<String> {
    let mut scope = Namespace::with(LOCAL_NAMES.iter().copied());
    let named = backend.module.local_names.get(&index.0);
    let from_section = |local: u32| {
        let name = named?.get(&local)?;
        sanitise(name).map(|name| name.to_ascii_lowercase())
    };
    (func.vars.iter().enumerate())
        .map(|(number, var)| {
            let wanted = match var.kind {
                VarKind::Param(local) => from_section(local).unwrap_or_else(|| format!("p{local}")),
                VarKind::Local(local) => from_section(local).unwrap_or_else(|| format!("l{local}")),
                VarKind::Temp | VarKind::LoopParam | VarKind::Spread => format!("v{number}"),
            };
            scope.claim_unless(&wanted, |name| backend.names.is_item(name)).to_string()
        })
        .collect()
}

impl Backend<'_> {
    /// The dispatch of indirect calls of one type: a `match` over the functions that can be
    /// in a table with that type.
    pub(super) fn dispatcher(&self, sig: SigId) -> String {
        let needs = self.effects.indirect[sig.index()];
        let signature = &self.module.sigs[sig.index()];
        let mut params = self.context_params(needs);
        params.push("callee: Option<FuncRef>".to_owned());
        let args: Vec<String> =
            (0..signature.params.len()).map(|index| format!("p{index}")).collect();
        for (arg, ty) in args.iter().zip(&signature.params) {
            params.push(format!("{arg}: {}", rust_type(*ty)));
        }
        let mut out = format!(
            "/// `call_indirect` of {}\nfn {}{}({}) -> WasmResult<{}> {{\n",
            super::signature(signature),
            self.names.indirect(sig),
            self.bounds(needs),
            params.join(", "),
            super::tuple_type(&signature.results),
        );
        out.push_str("    let Some(callee) = callee else { return Err(WasmTrap::new(TrapKind::UninitializedElement)) };\n");
        out.push_str("    match callee.id() {\n");
        for func in &self.effects.table_funcs[sig.index()] {
            let callee = self.effects.needs(self.module, *func);
            let (name, mut call) = match self.module.defined(*func) {
                Ok(_) => {
                    let mut call = Vec::new();
                    if callee.host() {
                        call.push("cx".to_owned());
                    } else if callee.state {
                        call.push(if needs.host() { "&mut cx.state" } else { "st" }.to_owned());
                    }
                    match (callee.memory, needs.memory) {
                        (MemoryUse::None, _) => {}
                        (MemoryUse::Slice, MemoryUse::Whole) => {
                            call.push("memory.bytes_mut()".to_owned())
                        }
                        (MemoryUse::Slice, _) => call.push("mem".to_owned()),
                        (MemoryUse::Whole, _) => call.push("memory".to_owned()),
                    }
                    (self.names.func(*func).to_string(), call)
                }
                Err(import) => {
                    let mut call = vec!["&mut cx.host".to_owned()];
                    if callee.memory == MemoryUse::Whole {
                        call.push("memory".to_owned());
                    }
                    (self.names.import_func(import), call)
                }
            };
            call.extend(args.iter().cloned());
            let _ = writeln!(out, "        {} => {name}({}),", self.ref_id(*func), call.join(", "));
        }
        out.push_str(
            "        _ => Err(WasmTrap::new(TrapKind::IndirectCallTypeMismatch)),\n    }\n}\n\n",
        );
        out
    }
}
