//! Effects and assignments as Rust text.

use super::func::{Context, FuncWriter};
use super::{Backend, memory_argument};
use crate::ir::{Bound, ExprId, Op, Stream, StreamId, VarId};
use crate::op::Check;
use crate::pass::effects::{MemoryUse, Needs};
use crate::pass::scopes::Declaration;
use crate::wasm::{DataIdx, ElemIdx, FuncIdx, MemoryIdx, SigId};
use herkos_runtime::TrapKind;
use std::borrow::Cow;
use std::fmt::Write as _;

impl FuncWriter<'_> {
    /// The left side of an assignment.
    pub(super) fn put_target(&mut self, var: VarId, declares: bool) {
        if declares {
            self.put("let ");
            self.put_mut(var);
        }
        self.put(self.name(var));
    }

    fn put_mut(&mut self, var: VarId) {
        if self.scopes.is_mutable(var) {
            self.put("mut ");
        }
    }

    pub(super) fn effect(&mut self, results: &[VarId], op: &Op, declares: &[VarId], site: u32) {
        let state = Context::of(self.needs).state();
        let traps = self.backend.plan(self.stream_memory()).traps();
        self.spend_bulk(op, site);
        match op {
            Op::Checked(op, a, b) => {
                self.backend.imports.name("WasmTrap");
                let site = self.site_number(site);
                self.assign_with(results, declares, |this| {
                    this.put("match ");
                    this.exprs().template(&mut this.out, *op, *a, *b);
                    this.put(" { Ok(v) => v, Err(kind) => ");
                    let has_fuel = this.keeps_fuel;
                    if has_fuel {
                        this.put("{ ");
                        this.put(state);
                        this.put(".fuel.put(fuel); ");
                    }
                    this.put("return Err(WasmTrap::at(kind, ");
                    this.put_number(site);
                    this.put(if has_fuel { ")) } }" } else { ")) }" });
                });
            }
            Op::Load { op, memory, addr, offset, bound } => {
                let has_traps = self.backend.plan(*memory).traps();
                let load = |this: &mut Self| {
                    let imports = &this.backend.imports;
                    this.put(match has_traps {
                        true => imports.load(*op, Check::of(*bound)),
                        false => imports.name(op.always_function()),
                    });
                    this.put_place(*memory, *addr, *offset, *bound);
                    this.put(")");
                };
                if has_traps && bound.traps() {
                    let raise = self.raise(TrapKind::MemoryOutOfBounds, site);
                    self.checked_value(results, declares, &raise, load);
                } else {
                    self.assign_with(results, declares, load);
                }
            }
            Op::Store { op, memory, addr, offset, bound, value } => {
                let has_traps = self.backend.plan(*memory).traps();
                let function = match has_traps {
                    true => self.backend.imports.store(*op, Check::of(*bound)),
                    false => self.backend.imports.name(op.always_function()),
                };
                let is_checked = has_traps && bound.traps();
                self.begin();
                self.put(if is_checked { "if !" } else { "" });
                self.put(function);
                self.put_place(*memory, *addr, *offset, *bound);
                self.finish_store(*value, is_checked, site);
            }
            // Without traps, these have been found to be in bounds.
            Op::LoadAt { op, stream, delta } => {
                let load = |this: &mut Self| {
                    this.put(this.backend.imports.load(*op, Check::At));
                    this.put_position(*stream, *delta);
                    this.put(")");
                };
                if traps {
                    let raise = self.raise(TrapKind::MemoryOutOfBounds, site);
                    self.checked_value(results, declares, &raise, load);
                } else {
                    self.assign_with(results, declares, |this| {
                        load(this);
                        this.put(".0");
                    });
                }
            }
            Op::StoreAt { op, stream, delta, value } => {
                self.begin();
                self.put(if traps { "if !" } else { "let _ = " });
                self.put(self.backend.imports.store(*op, Check::At));
                self.put_position(*stream, *delta);
                self.finish_store(*value, traps, site);
            }
            Op::LoadIn { op, stream, addr, offset } => {
                self.assign_with(results, declares, |this| {
                    this.put(this.backend.imports.load(*op, Check::Proven));
                    this.put_within(*stream, *addr, *offset);
                    this.put(")");
                });
            }
            Op::StoreIn { op, stream, addr, offset, value } => {
                self.begin();
                self.put(self.backend.imports.store(*op, Check::Proven));
                self.put_within(*stream, *addr, *offset);
                self.finish_store(*value, false, site);
            }
            Op::MemoryGrow { memory, delta } => {
                let delta = self.any(*delta);
                let name = Backend::numbered("memory", *memory);
                self.assign(results, declares, &format!("{name}.grow({delta})"));
                if self.slices.contains(*memory) {
                    self.stale.insert(*memory);
                }
            }
            Op::MemoryFill { memory, dest, value, len } => {
                let args = self.list(&[*dest, *value, *len]);
                let function = self.backend.imports.name("memory_fill");
                let memory = self.exact_memory(*memory);
                let call = format!("{function}({memory}, {args})");
                self.check(&call, TrapKind::MemoryOutOfBounds, site);
            }
            Op::MemoryCopy { dest_memory, src_memory, dest, src, len } => {
                let args = self.list(&[*dest, *src, *len]);
                let memory = self.exact_memory(*dest_memory);
                let call = if dest_memory == src_memory {
                    let function = self.backend.imports.name("memory_copy");
                    format!("{function}({memory}, {args})")
                } else {
                    let function = self.backend.imports.name("memory_copy_between");
                    format!("{function}({memory}, {}, {args})", self.exact_memory(*src_memory))
                };
                self.check(&call, TrapKind::MemoryOutOfBounds, site);
            }
            Op::MemoryInit { memory, data, dest, src, len } => {
                let segment = self.data_segment(*data);
                let args = self.list(&[*dest, *src, *len]);
                let function = self.backend.imports.name("memory_init");
                let memory = self.exact_memory(*memory);
                let call = format!("{function}({memory}, {segment}, {args})");
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
            Op::Call(func, args) => self.call(results, declares, *func, args, site),
            Op::Part(part, args) => {
                let callee = self.part_names[*part as usize].as_str();
                let context = self.pass_context(self.needs);
                self.finish_call(results, declares, self.needs, None, |this| {
                    this.put_call(callee, &context, args);
                });
            }
            Op::CallIndirect { table, sig, index, args } => {
                let index = self.any(*index);
                let raise = self.raise(TrapKind::UndefinedElement, site);
                let table = table.0;
                self.line(&format!(
                    "let callee = match {state}.t{table}.get({index}) {{ Some(v) => v, None => {raise} }};"
                ));
                self.call_indirect(results, declares, *sig, args, site);
            }
            Op::TableGet(table, index) => {
                let index = self.any(*index);
                let raise = self.raise(TrapKind::TableOutOfBounds, site);
                let value = format!(
                    "match {state}.t{}.get({index}) {{ Some(v) => v, None => {raise} }}",
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

    /// Pays for what a bulk operation works on.
    fn spend_bulk(&mut self, op: &Op, site: u32) {
        if self.backend.config.fuel.is_none() {
            return;
        }
        if let Some(len) = op.bulk_len() {
            let len = self.any(len);
            self.spend("spend_bulk", &len, site);
        }
    }

    /// The bytes of a memory and no others, for bulk operations.
    fn exact_memory(&self, memory: MemoryIdx) -> Cow<'static, str> {
        let plan = self.backend.plan(memory);
        let mem = Backend::numbered("mem", memory);
        if plan.traps() {
            return mem;
        }
        let function = self.backend.imports.name("memory_of");
        match plan.fixed_pages {
            Some(pages) => format!("{function}({mem}, {})", u64::from(pages) << 16).into(),
            None => {
                let mem_len = Backend::numbered("mem_len", memory);
                format!("{function}({mem}, {mem_len})").into()
            }
        }
    }

    /// The beginning of the arguments of an access: the bytes that it is in.
    fn put_memory(&mut self, memory: MemoryIdx) {
        self.put("(mem");
        if memory.0 != 0 {
            self.put_number(memory.0);
        }
        self.put(", ");
    }

    /// The arguments that say where an access is.
    fn put_place(&mut self, memory: MemoryIdx, addr: ExprId, offset: u32, bound: Bound) {
        self.put_memory(memory);
        self.put_any(addr);
        self.put(", ");
        self.put_number(offset);
        if let Bound::Extent(bytes)
        | Bound::Proven(bytes)
        | Bound::Below(bytes)
        | Bound::BelowProven(bytes) = bound
        {
            self.put(", ");
            self.put_number(bytes);
        }
    }

    /// The last argument of a store, and what follows it.
    fn finish_store(&mut self, value: ExprId, is_checked: bool, site: u32) {
        self.put(", ");
        self.put_any(value);
        if is_checked {
            let raise = self.raise(TrapKind::MemoryOutOfBounds, site);
            self.put(") { ");
            self.put(&raise);
            self.put("; }\n");
        } else {
            self.put(");\n");
        }
    }

    /// The arguments that say where an access of a stream is.
    fn put_position(&mut self, stream: StreamId, delta: u32) {
        let (counter, Stream { stride, .. }) = self.streams[stream.index()];
        self.put_memory(self.stream_memory());
        self.put("at");
        self.put_number(stream.0);
        if stride != 0 {
            self.put(" + i");
            self.put_number(counter);
            self.put(" as usize");
        }
        if stride > 1 {
            self.put(" * ");
            self.put_number(stride);
        }
        if delta != 0 {
            self.put(" + ");
            self.put_number(delta);
        }
    }

    /// The arguments that say where in the bytes of a stream an access is.
    fn put_within(&mut self, stream: StreamId, addr: ExprId, offset: u32) {
        let (_, Stream { id, extent, .. }) = self.streams[stream.index()];
        self.put_memory(self.stream_memory());
        let distance = self.backend.imports.name("distance");
        let addr = self.any(addr);
        let _ =
            write!(self.out, "at{0} as i32, {distance}(at{0}, {addr}, {offset}), {extent}", id.0);
    }

    pub(super) fn data_segment(&self, data: DataIdx) -> String {
        if self.backend.module.data_is_active(data) {
            // Dropped by the instantiation.
            "&[]".to_owned()
        } else {
            format!("{}.data_{}", Context::of(self.needs).state(), data.0)
        }
    }

    pub(super) fn elem_segment(&self, elem: ElemIdx) -> String {
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
    pub(super) fn check(&mut self, call: &str, kind: TrapKind, site: u32) {
        let raise = self.raise(kind, site);
        self.line(&format!("if !{call} {{ {raise}; }}"));
    }

    /// `call` writes what gives a value and a `bool`: false is the trap.
    pub(super) fn checked_value(
        &mut self,
        results: &[VarId],
        declares: &[VarId],
        raise: &str,
        call: impl FnOnce(&mut Self),
    ) {
        self.begin();
        match results {
            [var] if declares.contains(var) => {
                self.put("let (");
                self.put_mut(*var);
                self.put(self.name(*var));
                self.put(", true) = ");
            }
            [var] if self.scopes.declaration(*var) != Declaration::Unused => {
                self.put(self.name(*var));
                self.put(" = match ");
                call(self);
                self.put(" { (v, true) => v, _ => ");
                self.put(raise);
                return self.put(" };\n");
            }
            _ => self.put("let (_, true) = "),
        }
        call(self);
        self.put(" else { ");
        self.put(raise);
        self.put(" };\n");
    }

    /// Assigns the results of something; `value` has their tuple's type.
    pub(super) fn assign(&mut self, results: &[VarId], declares: &[VarId], value: &str) {
        self.assign_with(results, declares, |this| this.put(value));
    }

    /// Assigns the results of something that `value` writes.
    pub(super) fn assign_with(
        &mut self,
        results: &[VarId],
        declares: &[VarId],
        value: impl FnOnce(&mut Self),
    ) {
        let is_used =
            |this: &Self, var: &VarId| this.scopes.declaration(*var) != Declaration::Unused;
        let any_used = results.iter().any(|var| is_used(self, var));
        let all_declared = results.iter().all(|var| declares.contains(var) || !is_used(self, var));
        if any_used && results.len() > 1 && !all_declared {
            for var in results.iter().filter(|var| declares.contains(var)) {
                self.begin();
                self.put_target(*var, true);
                self.put(": ");
                self.put(self.type_of(*var));
                self.put(";\n");
            }
        }
        self.begin();
        match results {
            _ if !any_used => self.put("let _"),
            [var] => self.put_target(*var, declares.contains(var)),
            results => {
                self.put(if all_declared { "let (" } else { "(" });
                for (position, var) in results.iter().enumerate() {
                    self.put(if position > 0 { ", " } else { "" });
                    if !is_used(self, var) {
                        self.put("_");
                        continue;
                    }
                    if all_declared {
                        self.put_mut(*var);
                    }
                    self.put(self.name(*var));
                }
                self.put(")");
            }
        }
        self.put(" = ");
        value(self);
        self.put(";\n");
    }

    pub(super) fn call(
        &mut self,
        results: &[VarId],
        declares: &[VarId],
        func: FuncIdx,
        args: &[ExprId],
        site: u32,
    ) {
        let backend = self.backend;
        let needs = backend.effects.needs(backend.module, func);
        match backend.module.defined(func) {
            Ok(_) => {
                let context = self.pass_context(needs);
                self.finish_call(results, declares, needs, None, |this| {
                    this.put_call(backend.names.func(func), &context, args);
                });
            }
            Err(import) => {
                let callee = backend.names.import_func(import);
                let memory = |memory| memory_argument(memory, MemoryUse::Whole).into_owned();
                let context = backend.host_arguments(import, "cx", "cx", memory);
                let context: Vec<_> = context.into_iter().map(Cow::from).collect();
                // A host's trap says nothing of the place.
                self.finish_call(results, declares, needs, Some(site), |this| {
                    this.put_call(&callee, &context, args);
                });
            }
        }
    }

    pub(super) fn call_indirect(
        &mut self,
        results: &[VarId],
        declares: &[VarId],
        sig: SigId,
        args: &[ExprId],
        site: u32,
    ) {
        let needs = self.backend.effects.indirect[sig.index()];
        let mut context = self.pass_context(needs);
        context.push("callee".into());
        let callee = self.backend.names.indirect(sig).as_str();
        self.finish_call(results, declares, needs, Some(site), |this| {
            this.put_call(callee, &context, args);
        });
    }

    /// The arguments for a callee's context parameters.
    pub(super) fn pass_context(&self, needs: Needs) -> Vec<Cow<'static, str>> {
        let state = if needs.host() {
            Some("cx")
        } else if !needs.state {
            None
        } else if self.needs.host() {
            Some("&mut cx.state")
        } else {
            Some("st")
        };
        let memories = needs.memories.iter().map(|(memory, used)| memory_argument(memory, used));
        state.into_iter().map(Cow::from).chain(memories).collect()
    }

    /// A call with these arguments, then those that `args` give.
    pub(super) fn put_call(&mut self, callee: &str, context: &[Cow<'_, str>], args: &[ExprId]) {
        self.put(callee);
        self.put("(");
        let mut separator = "";
        for argument in context {
            self.put(separator);
            self.put(argument);
            separator = ", ";
        }
        if !args.is_empty() {
            self.put(separator);
            self.exprs().list(&mut self.out, args);
        }
        self.put(")");
    }

    /// Writes a statement around a call. A trap that doesn't know its site gets `site`, if there
    /// is one.
    pub(super) fn finish_call(
        &mut self,
        results: &[VarId],
        declares: &[VarId],
        needs: Needs,
        site: Option<u32>,
        call: impl FnOnce(&mut Self),
    ) {
        self.put_fuel();
        if results.is_empty() {
            self.begin();
            self.put("if let Err(t) = ");
            call(self);
            self.put(" { return Err(");
            self.put_trap(site);
            self.put("); }\n");
        } else {
            self.assign_with(results, declares, |this| {
                this.put("match ");
                call(this);
                this.put(" { Ok(v) => v, Err(t) => return Err(");
                this.put_trap(site);
                this.put(") }");
            });
        }
        self.take_fuel();
        self.stale = self.stale.union(needs.memories.wholes().intersection(self.slices));
    }

    /// The trap `t` of a callee, at `site` unless it knows its place.
    fn put_trap(&mut self, site: Option<u32>) {
        self.put("t");
        if let Some(site) = site {
            self.put(".or_at(");
            self.put_number(self.site_number(site));
            self.put(")");
        }
    }
}
