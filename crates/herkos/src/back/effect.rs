//! Effects and assignments as Rust text.

use super::func::{Context, FuncWriter};
use super::rust_type;
use crate::ir::{ExprId, Op, VarId};
use crate::pass::effects::{MemoryUse, Needs};
use crate::pass::scopes::Declaration;
use crate::wasm::{DataIdx, ElemIdx, FuncIdx, SigId};
use herkos_runtime::TrapKind;

impl FuncWriter<'_> {
    /// The left side of an assignment.
    pub(super) fn target(&self, var: VarId, declares: bool) -> String {
        let mutable = if self.scopes.is_mutable(var) { "mut " } else { "" };
        if declares {
            format!("let {mutable}{}", self.name(var))
        } else {
            self.name(var).to_owned()
        }
    }

    pub(super) fn effect(&mut self, results: &[VarId], op: &Op, declares: &[VarId], site: u32) {
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
            Op::Load { op, addr, offset, extent, .. } => {
                let addr = self.any(*addr);
                let raise = self.raise(TrapKind::MemoryOutOfBounds, site);
                let call = if *extent == op.extent(*offset) {
                    format!("{}(mem, {addr}, {offset})", op.function())
                } else {
                    format!("{}(mem, {addr}, {offset}, {extent})", op.function_within())
                };
                self.checked_value(results, declares, &call, &raise);
            }
            Op::Store { op, addr, offset, value, extent, .. } => {
                let (addr, value) = (self.any(*addr), self.any(*value));
                let call = if *extent == op.extent(*offset) {
                    format!("{}(mem, {addr}, {offset}, {value})", op.function())
                } else {
                    format!("{}(mem, {addr}, {offset}, {extent}, {value})", op.function_within())
                };
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
            Op::Call(func, args) => self.call(results, declares, *func, args, site),
            Op::Part(part, args) => {
                let mut params = self.pass_context(self.needs);
                params.extend(args.iter().map(|arg| self.any(*arg)));
                let callee = &self.part_names[*part as usize];
                let call = format!("{callee}({})", params.join(", "));
                self.finish_call(results, declares, &call, self.needs, None);
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

    /// `call` gives a value and a `bool`: false is the trap.
    pub(super) fn checked_value(
        &mut self,
        results: &[VarId],
        declares: &[VarId],
        call: &str,
        raise: &str,
    ) {
        match results {
            [var] if declares.contains(var) => {
                let mutable = if self.scopes.is_mutable(*var) { "mut " } else { "" };
                let name = self.name(*var);
                let line = format!("let ({mutable}{name}, true) = {call} else {{ {raise} }};");
                self.line(&line);
            }
            [var] if self.scopes.declaration(*var) != Declaration::Unused => {
                let name = self.name(*var);
                let line = format!("{name} = match {call} {{ (v, true) => v, _ => {raise} }};");
                self.line(&line);
            }
            _ => self.line(&format!("let (_, true) = {call} else {{ {raise} }};")),
        }
    }

    /// Assigns the results of something; `value` has their tuple's type.
    pub(super) fn assign(&mut self, results: &[VarId], declares: &[VarId], value: &str) {
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

    pub(super) fn call(
        &mut self,
        results: &[VarId],
        declares: &[VarId],
        func: FuncIdx,
        args: &[ExprId],
        site: u32,
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
        // A host's trap says nothing of the place.
        let site = backend.module.defined(func).is_err().then_some(site);
        let call = format!("{callee}({})", params.join(", "));
        self.finish_call(results, declares, &call, needs, site);
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
        let mut params = self.pass_context(needs);
        params.push("callee".to_owned());
        params.extend(args.iter().map(|arg| self.any(*arg)));
        let call = format!("{}({})", self.backend.names.indirect(sig), params.join(", "));
        self.finish_call(results, declares, &call, needs, Some(site));
    }

    /// The arguments for a callee's context parameters.
    pub(super) fn pass_context(&self, needs: Needs) -> Vec<String> {
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

    /// Writes a call. A trap that doesn't know its site gets `site`, if there is one.
    pub(super) fn finish_call(
        &mut self,
        results: &[VarId],
        declares: &[VarId],
        call: &str,
        needs: Needs,
        site: Option<u32>,
    ) {
        let trap = match site {
            Some(site) => format!("t.or_at({})", self.site_number(site)),
            None => "t".to_owned(),
        };
        if results.is_empty() {
            self.line(&format!("if let Err(t) = {call} {{ return Err({trap}); }}"));
        } else {
            let value = format!("match {call} {{ Ok(v) => v, Err(t) => return Err({trap}) }}");
            self.assign(results, declares, &value);
        }
        if needs.memory == MemoryUse::Whole {
            self.stale = self.uses_slice;
        }
    }
}
