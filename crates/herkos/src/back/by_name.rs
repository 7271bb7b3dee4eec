//! The by-name interface: `invoke`, and lists of imports and exports with their types.

use super::Backend;
use crate::config::MemoryStorage;
use crate::wasm::{ExternKind, GlobalIdx, ImportType, MemoryIdx, SigId, TableIdx};
use herkos_runtime::ValType;
use std::fmt::Write as _;

impl Backend<'_> {
    pub(super) fn by_name(&self, out: &mut String) {
        let library = self.module.is_library();
        let name = if library { "LibraryModule" } else { "Module" };
        let (impl_generics, generics) =
            (self.instance_generics(true), self.instance_generics(false));
        let _ = writeln!(out, "impl{impl_generics} {name} for Instance{generics} {{");
        if library {
            let ty = match self.config.memory {
                MemoryStorage::Heap => "Memory",
                MemoryStorage::Lent => "Memory<'static>",
            };
            let _ = writeln!(out, "    type Memory = {ty};");
        }
        let _ = writeln!(out, "    const DIGEST: &'static str = \"{}\";", self.module.digest);
        self.lists(out);
        self.invoke(out, library);
        out.push_str("    fn global(&self, name: &str) -> Option<Value> {\n        match name {\n");
        for export in &self.module.exports {
            if let ExternKind::Global(global) = export.kind {
                let ty = value_variant(self.module.globals[global.index()].ty);
                let (get, _) = self.global_access(global);
                let _ = writeln!(
                    out,
                    "            \"{}\" => Some(Value::{ty}({get})),",
                    export.name.escape_default()
                );
            }
        }
        out.push_str("            _ => None,\n        }\n    }\n\n");
        out.push_str(
            "    fn locate(&self, trap: WasmTrap) -> Option<TrapLocation> { locate(trap) }\n}\n",
        );
    }

    fn lists(&self, out: &mut String) {
        out.push_str("    const IMPORTS: &'static [Import] = &[\n");
        for import in &self.module.imports {
            let ty = match import.ty {
                ImportType::Func(sig) => self.func_type(sig),
                ImportType::Table(table) => self.table_extern(table),
                ImportType::Memory(memory) => self.memory_extern(memory),
                ImportType::Global(global) => self.global_extern(global),
            };
            let _ = writeln!(
                out,
                "        Import {{ module: \"{}\", name: \"{}\", ty: {ty} }},",
                import.module.escape_default(),
                import.name.escape_default()
            );
        }
        out.push_str("    ];\n    const EXPORTS: &'static [Export] = &[\n");
        for export in &self.module.exports {
            let ty = match export.kind {
                ExternKind::Func(func) => self.func_type(self.module.funcs[func.index()]),
                ExternKind::Table(table) => self.table_extern(table),
                ExternKind::Memory(memory) => self.memory_extern(memory),
                ExternKind::Global(global) => self.global_extern(global),
            };
            let _ = writeln!(
                out,
                "        Export {{ name: \"{}\", ty: {ty} }},",
                export.name.escape_default()
            );
        }
        out.push_str("    ];\n\n");
    }

    fn func_type(&self, sig: SigId) -> String {
        let sig = &self.module.sigs[sig.index()];
        format!(
            "ExternType::Func(FuncType {{ params: &[{}], results: &[{}] }})",
            val_types(&sig.params),
            val_types(&sig.results)
        )
    }

    fn table_extern(&self, table: TableIdx) -> String {
        let table = &self.module.tables[table.index()];
        format!(
            "ExternType::Table {{ element: ValType::{}, min: {}, max: {:?} }}",
            value_variant(table.element),
            table.min,
            table.max
        )
    }

    fn memory_extern(&self, memory: MemoryIdx) -> String {
        let memory = &self.module.memories[memory.index()];
        format!(
            "ExternType::Memory {{ min_pages: {}, max_pages: {:?} }}",
            memory.min_pages, memory.max_pages
        )
    }

    fn global_extern(&self, global: GlobalIdx) -> String {
        let global = &self.module.globals[global.index()];
        format!(
            "ExternType::Global {{ ty: ValType::{}, mutable: {} }}",
            value_variant(global.ty),
            global.mutable
        )
    }

    fn invoke(&self, out: &mut String, library: bool) {
        let memory = if library { "memory: &mut Self::Memory, " } else { "" };
        let _ = writeln!(
            out,
            "    fn invoke(&mut self, {memory}name: &str, args: &[Value], results: &mut [Value]) -> Result<usize, InvokeError> {{\n        match name {{"
        );
        for (export, names) in self.module.exports.iter().zip(&self.names.exports) {
            let name = export.name.escape_default();
            let ExternKind::Func(func) = export.kind else {
                let _ = writeln!(out, "            \"{name}\" => Err(InvokeError::NotAFunction),");
                continue;
            };
            let sig = self.module.sig(func);
            let args: Vec<String> = (sig.params.iter().enumerate())
                .map(|(index, ty)| format!("Value::{}(p{index})", value_variant(*ty)))
                .collect();
            let slots: Vec<String> =
                (0..sig.results.len()).map(|index| format!("r{index}")).collect();
            let mut params: Vec<String> =
                (0..sig.params.len()).map(|index| format!("p{index}")).collect();
            if library {
                params.insert(0, "memory".to_owned());
            }
            let values: Vec<String> =
                (0..sig.results.len()).map(|index| format!("v{index}")).collect();
            let pattern = if let [value] = values.as_slice() {
                value.clone()
            } else {
                format!("({})", values.join(", "))
            };
            let stores: String = (sig.results.iter().enumerate())
                .map(|(index, ty)| format!(" *r{index} = Value::{}(v{index});", value_variant(*ty)))
                .collect();
            let rest = if slots.is_empty() { ".." } else { ", .." };
            let _ = writeln!(
                out,
                "            \"{name}\" => match (args, results) {{\n                \
                 (&[{}], [{}{rest}]) => {{ let {pattern} = self.{}({})?;{stores} Ok({}) }}\n                \
                 (args, _) => Err(InvokeError::mismatch(&[{}], {}, args)),\n            }},",
                args.join(", "),
                slots.join(", "),
                names.method,
                params.join(", "),
                sig.results.len(),
                val_types(&sig.params),
                sig.results.len(),
            );
        }
        out.push_str("            _ => Err(InvokeError::UnknownExport),\n        }\n    }\n\n");
    }
}

/// The variant of `Value` and `ValType` for a type.
fn value_variant(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 => "I32",
        ValType::I64 => "I64",
        ValType::F32 => "F32",
        ValType::F64 => "F64",
        ValType::FuncRef => "FuncRef",
        ValType::ExternRef => "ExternRef",
    }
}

fn val_types(types: &[ValType]) -> String {
    let types: Vec<String> =
        types.iter().map(|ty| format!("ValType::{}", value_variant(*ty))).collect();
    types.join(", ")
}
