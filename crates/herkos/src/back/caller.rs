//! The instance as a function of the host gets it that may call back, and calls by reference.

use super::instance::Receiver;
use super::{Backend, rust_type, tuple_type};
use crate::config::MemoryStorage;
use crate::wasm::{MemoryIdx, SigId};
use std::fmt::Write as _;

impl Backend<'_> {
    /// Whether any function of the host may call back.
    pub(super) fn has_callers(&self) -> bool {
        self.module.imports.iter().any(|import| import.reentrant)
    }

    /// Whether any function of a trait may.
    pub(super) fn is_reentrant_trait(&self, trait_index: usize) -> bool {
        let mut imports = self.module.imports.iter().zip(&self.names.imports);
        imports.any(|(import, names)| {
            import.reentrant && names.as_ref().is_some_and(|names| names.trait_index == trait_index)
        })
    }

    /// The generic parameters of a caller: `lifetime` writes each of the lifetimes.
    pub(super) fn caller_generics(&self, lifetime: impl Fn(&str) -> String, host: &str) -> String {
        let mut names = vec![lifetime("'a")];
        if self.state_is_lent() {
            names.push(lifetime("'c"));
        }
        if self.config.memory == MemoryStorage::Lent {
            let memories = 0..self.module.memories.len();
            names.extend(memories.map(|memory| lifetime(&format!("'m{memory}"))));
        }
        names.push(host.to_owned());
        format!("<{}>", names.join(", "))
    }

    /// What a function of the host gets before its parameters: `cx` is the context by reference,
    /// `path` its path, and `memory` writes a memory as an argument.
    pub(super) fn host_arguments(
        &self,
        func_import: usize,
        cx: &str,
        path: &str,
        memory: impl Fn(MemoryIdx) -> String,
    ) -> Vec<String> {
        let import = &self.module.imports[self.module.imported_funcs[func_import]];
        if !import.reentrant {
            let host = format!("&mut {path}.host");
            return [host].into_iter().chain(import.memory.map(memory)).collect();
        }
        let field = |name: &str, value: &str| match name == value {
            true => name.to_owned(),
            false => format!("{name}: {value}"),
        };
        let mut fields = vec![field("cx", cx)];
        for index in (0..self.module.memories.len() as u32).map(MemoryIdx) {
            fields.push(field(&Self::numbered("memory", index), &memory(index)));
        }
        if let Some(memory) = import.memory.filter(|_| self.module.memories.len() > 1) {
            fields.push(format!("calling: {}", memory.0));
        }
        vec![format!("&mut Caller {{ {} }}", fields.join(", "))]
    }

    /// The type of callers.
    pub(super) fn callers(&self, out: &mut String) {
        if !self.has_callers() {
            return;
        }
        let (bounds, named) = self.receiver(Receiver::Caller);
        let _ = writeln!(
            out,
            "/// The instance that calls a function of the host, as long as that is running: its host, its\n\
             /// memory, and its exports, which count to the same stack.\n\
             pub struct {named} {{"
        );
        let lifetime = if self.state_is_lent() { "'c, " } else { "" };
        let _ = writeln!(out, "    cx: &'a mut Context<{lifetime}H>,");
        for index in (0..self.module.memories.len() as u32).map(MemoryIdx) {
            let name = Self::numbered("memory", index);
            let _ = writeln!(out, "    {name}: &'a mut {},", self.callers_memory(index));
        }
        let calling = self.module.memories.len() > 1 && self.module.has_memory();
        if calling {
            out.push_str("    calling: u32,\n");
        }
        out.push_str("}\n\n");
        let _ = writeln!(out, "impl{bounds} {named} {{");
        self.accessors(out, Receiver::Caller);
        if calling {
            self.calling_memory(out);
        } else if self.module.has_memory() {
            let _ = writeln!(
                out,
                "    /// The host and the memory, to change both.\n    \
                     pub fn host_and_memory(&mut self) -> (&mut H, &mut {}) {{ (&mut self.cx.host, self.memory) }}\n",
                self.callers_memory(MemoryIdx(0))
            );
        }
        self.exports(out, Receiver::Caller);
        out.push_str("}\n\n");
    }

    /// The type of a memory that a caller has.
    fn callers_memory(&self, memory: MemoryIdx) -> String {
        match self.config.memory {
            MemoryStorage::Heap => "Memory".to_owned(),
            MemoryStorage::Lent => format!("Memory<'m{}>", memory.0),
        }
    }

    /// Of several memories, that of the linked module that calls.
    fn calling_memory(&self, out: &mut String) {
        // With lent storage each has a type of its own.
        if self.config.memory == MemoryStorage::Lent {
            return;
        }
        let others = (1..self.module.memories.len() as u32).map(MemoryIdx);
        let arms: Vec<String> = others
            .map(|index| {
                let name = Self::numbered("memory", index);
                format!("{} => &mut *self.{name}, ", index.0)
            })
            .collect();
        let _ = writeln!(
            out,
            "    /// The host, and the memory of the module that calls, to change both.\n    \
                 pub fn host_and_memory(&mut self) -> (&mut H, &mut Memory) {{\n        \
                     let memory = match self.calling {{ {}_ => &mut *self.memory }};\n        \
                     (&mut self.cx.host, memory)\n    }}\n",
            arms.concat()
        );
    }

    /// The check of a caller's methods: by way of the host, what is on no cycle of calls may call
    /// itself.
    pub(super) fn guard(&self, out: &mut String) {
        out.push_str(
            "        if self.cx.state.stack.exhausted() { return Err(WasmTrap::new(TrapKind::StackExhausted)); }\n",
        );
    }

    /// For an `impl`: generic parameters with their bounds, and the type.
    pub(super) fn receiver(&self, receiver: Receiver) -> (String, String) {
        match receiver {
            Receiver::Instance => {
                let named = format!("Instance{}", self.instance_generics(false));
                (self.instance_generics(true), named)
            }
            Receiver::Caller => {
                let host = format!("H: {}", self.trait_bounds());
                let named = format!("Caller{}", self.caller_generics(str::to_owned, "H"));
                (self.caller_generics(str::to_owned, &host), named)
            }
        }
    }

    /// Calls by reference, of the instance and its callers.
    pub(super) fn call_func(&self, out: &mut String) {
        if !self.effects.refs_escape {
            return;
        }
        for (sig, funcs) in self.effects.table_funcs.iter().enumerate() {
            if funcs.is_empty() {
                continue;
            }
            self.call_func_by(out, SigId(sig as u32), Receiver::Instance);
            if self.has_callers() {
                self.call_func_by(out, SigId(sig as u32), Receiver::Caller);
            }
        }
    }

    fn call_func_by(&self, out: &mut String, sig: SigId, receiver: Receiver) {
        let signature = &self.module.sigs[sig.index()];
        let (mut types, mut names) = (Vec::new(), Vec::new());
        if self.module.is_library() && receiver == Receiver::Instance {
            types.push(format!("&mut {}", self.memory_type()));
            names.push("memory".to_owned());
        }
        let args = (0..signature.params.len()).map(|index| format!("p{index}"));
        names.extend(args.clone());
        types.extend(signature.params.iter().map(|ty| rust_type(*ty).to_owned()));
        let tuple = |items: &[String]| match items {
            [item] => format!("({item},)"),
            items => format!("({})", items.join(", ")),
        };
        let (params, results) = (tuple(&types), tuple_type(&signature.results));
        let (generics, named) = self.receiver(receiver);
        let _ = writeln!(
            out,
            "impl{generics} CallFunc<{params}, {results}> for {named} {{\n    \
                 fn call_func(&mut self, func: FuncRef, {}: {params}) -> WasmResult<{results}> {{",
            tuple(&names)
        );
        match receiver {
            Receiver::Instance => self.enter(out),
            Receiver::Caller => self.guard(out),
        }
        let needs = self.effects.indirect[sig.index()];
        let mut call = Vec::new();
        if needs.host() {
            call.push("&mut self.cx".to_owned());
        } else if needs.state {
            call.push(format!("&mut {}", self.self_state()));
        }
        let memories = needs.memories.iter();
        call.extend(memories.map(|(memory, used)| self.pass_memory(receiver, memory, used)));
        call.push("Some(func)".to_owned());
        call.extend(args);
        let name = self.names.indirect(sig);
        let _ = writeln!(out, "        {name}({})\n    }}\n}}\n", call.join(", "));
    }
}
