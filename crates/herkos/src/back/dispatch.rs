//! The dispatch of indirect calls.

use super::{Backend, memory_argument, rust_type};
use crate::pass::effects::MemoryUse;
use crate::wasm::SigId;
use std::fmt::Write as _;

impl Backend<'_> {
    /// The dispatch of indirect calls of one type: a `match` over the functions that can be
    /// in a table with that type.
    pub(super) fn dispatcher(&self, out: &mut String, sig: SigId) {
        let needs = self.effects.indirect[sig.index()];
        let signature = &self.module.sigs[sig.index()];
        let mut params = self.context_params(needs);
        params.push("callee: Option<FuncRef>".to_owned());
        let args: Vec<String> =
            (0..signature.params.len()).map(|index| format!("p{index}")).collect();
        for (arg, ty) in args.iter().zip(&signature.params) {
            params.push(format!("{arg}: {}", rust_type(*ty)));
        }
        let _ = write!(
            out,
            "/// `call_indirect` of {}\nfn {}{}({}) -> WasmResult<{}> {{\n",
            signature,
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
                    for (memory, wanted) in callee.memories.iter() {
                        let mut argument = memory_argument(memory, needs.memories.of(memory));
                        if wanted != needs.memories.of(memory) {
                            argument.to_mut().push_str(self.take_bytes(memory));
                        }
                        call.push(argument.into_owned());
                    }
                    (self.names.func(*func).to_string(), call)
                }
                Err(import) => {
                    let memory = |memory| memory_argument(memory, MemoryUse::Whole).into_owned();
                    let call = self.host_arguments(import, "cx", "cx", memory);
                    (self.names.import_func(import), call)
                }
            };
            call.extend(args.iter().cloned());
            let _ = writeln!(out, "        {} => {name}({}),", self.ref_id(*func), call.join(", "));
        }
        out.push_str(
            "        _ => Err(WasmTrap::new(TrapKind::IndirectCallTypeMismatch)),\n    }\n}\n\n",
        );
    }
}
