//! The runtime's traits for hosts, where the instance can have them.

use super::Backend;
use super::instance::Receiver;
use crate::wasm::{ExternKind, Signature};
use herkos_runtime::ValType;
use std::fmt::Write as _;

impl Backend<'_> {
    /// `Hosted`, `GuestHeap`: what needs nothing but what the instance has anyway.
    pub(super) fn runtime_traits(&self, out: &mut String) {
        self.traits_of(out, Receiver::Instance);
        if self.has_callers() {
            self.traits_of(out, Receiver::Caller);
        }
    }

    fn traits_of(&self, out: &mut String, receiver: Receiver) {
        let (bounds, named) = self.receiver(receiver);
        if self.has_host() {
            let _ = writeln!(
                out,
                "impl{bounds} Hosted for {named} {{\n    \
                     type Host = H;\n    \
                     fn host_mut(&mut self) -> &mut H {{ &mut self.cx.host }}\n}}\n"
            );
        }
        if let Some((malloc, free)) = self.allocator() {
            let _ = writeln!(
                out,
                "impl{bounds} GuestHeap for {named} {{\n    \
                     fn heap_bytes(&mut self) -> &mut [u8] {{ self.memory.bytes_mut() }}\n    \
                     fn allocate(&mut self, size: u32) -> WasmResult<u32> {{ Ok(self.{malloc}(size as i32)? as u32) }}\n    \
                     fn release(&mut self, address: u32, _: u32) -> WasmResult<()> {{ self.{free}(address as i32) }}\n}}\n"
            );
        }
    }

    /// The methods for the exports `malloc` and `free`, if they are what they are in C and there is
    /// a memory for them.
    fn allocator(&self) -> Option<(&str, &str)> {
        let method = |wanted: &str, params: &[ValType], results: &[ValType]| {
            let mut exports = self.module.exports.iter().zip(&self.names.exports);
            let (export, names) = exports.find(|(export, _)| export.name == wanted)?;
            let ExternKind::Func(func) = export.kind else { return None };
            let Signature { params: given, results: returned } = self.module.sig(func);
            (given == params && returned == results).then(|| names.method.as_str())
        };
        let malloc = method("malloc", &[ValType::I32], &[ValType::I32])?;
        let free = method("free", &[ValType::I32], &[])?;
        // Of several memories, nothing says whose addresses they are.
        let mut memories = self.module.owned_memories();
        (memories.next().is_some() && self.module.memories.len() == 1).then_some((malloc, free))
    }
}
