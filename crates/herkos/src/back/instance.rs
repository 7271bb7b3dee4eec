//! The public face of the output: capability traits, the instance and its exports.

use super::func::Context;
use super::names::in_comment;
use super::{Backend, rust_type, tuple_type};
use crate::config::{Bounds, MemoryStorage};
use crate::memory::MemoryPlan;
use crate::pass::effects::MemoryUse;
use crate::wasm::{
    ExternKind, FuncIdx, GlobalSource, Import, ImportType, MemoryIdx, SegmentMode, Signature,
    Table, TableIdx,
};
use herkos_runtime::ValType;
use std::borrow::Cow;
use std::fmt::Write as _;

/// What has the exports of an instance as its methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receiver {
    /// The instance.
    Instance,
    /// An instance that calls the host, as the host gets it.
    Caller,
}

impl Backend<'_> {
    /// The names that the wrapper module exports.
    pub(super) fn public_items(&self) -> Vec<&str> {
        let mut items = vec!["Instance"];
        if self.module.has_memory() {
            items.push("Memory");
        }
        if self.has_callers() {
            items.push("Caller");
        }
        items.extend(self.names.traits.iter().map(|names| names.name.as_str()));
        items
    }

    pub(super) fn has_host(&self) -> bool {
        !self.names.traits.is_empty()
    }

    /// Whether the instance owns a memory.
    fn owns_memory(&self) -> bool {
        self.module.owned_memories().next().is_some()
    }

    fn instance_is_lent(&self) -> bool {
        self.config.memory == MemoryStorage::Lent
            && (self.owns_memory() || !self.module.tables.is_empty())
    }

    /// `<'m, H>` or what is needed of it, with bounds on the host if `bounds`.
    pub(super) fn instance_generics(&self, bounds: bool) -> String {
        let mut params = Vec::new();
        if self.instance_is_lent() {
            params.push("'m".to_owned());
        }
        if self.has_host() {
            params.push(if bounds {
                format!("H: {}", self.trait_bounds())
            } else {
                "H".to_owned()
            });
        }
        if params.is_empty() { String::new() } else { format!("<{}>", params.join(", ")) }
    }

    /// All capability traits as a bound.
    pub(super) fn trait_bounds(&self) -> String {
        let traits: Vec<&str> = self.names.traits.iter().map(|names| names.name.as_str()).collect();
        traits.join(" + ")
    }

    fn state_type(&self) -> &'static str {
        if self.state_is_lent() { "State<'m>" } else { "State" }
    }

    /// The path from the instance to its state.
    pub(super) fn self_state(&self) -> &'static str {
        if self.has_host() { "self.cx.state" } else { "self.state" }
    }

    pub(super) fn instance(&self, out: &mut String) {
        self.memory_alias(out);
        self.traits(out);
        self.wasi(out);
        self.structs(out);
        let (impl_generics, generics) =
            (self.instance_generics(true), self.instance_generics(false));
        let _ = writeln!(out, "impl{impl_generics} Instance{generics} {{");
        self.constructor(out);
        self.accessors(out, Receiver::Instance);
        self.settings(out);
        self.exports(out, Receiver::Instance);
        out.push_str("}\n\n");
        self.callers(out);
        self.call_func(out);
    }

    pub(super) fn exports(&self, out: &mut String, receiver: Receiver) {
        for position in 0..self.module.exports.len() {
            self.export(out, receiver, position);
        }
    }

    fn memory_alias(&self, out: &mut String) {
        if !self.module.has_memory() {
            return;
        }
        for (index, memory) in (0..).map(MemoryIdx).zip(&self.module.memories) {
            let which = match self.module.memories.len() {
                1 => String::new(),
                _ => format!(" {}", index.0),
            };
            let pages = match self.plan(index).fixed_pages {
                Some(pages) => pages.to_string(),
                None => format!("{} to {}", memory.min_pages, self.max_pages(index)),
            };
            let _ = write!(out, "/// The linear memory{which}: {pages} pages of 64 KiB");
            let _ = match self.plan(index).partial {
                Some(bytes) => writeln!(out, ", of which only the first {bytes} bytes are there."),
                None => writeln!(out, "."),
            };
        }
        let plan = self.plan(MemoryIdx(0));
        out.push_str(&match (self.config.memory, plan.bounds, plan.array) {
            (MemoryStorage::Lent, ..) => {
                "pub type Memory<'m> = IsolatedMemory<&'m mut [u8]>;\n\n".into()
            }
            (MemoryStorage::Heap, Bounds::Reserve, Some(bytes)) => {
                // The same for all memories of the module.
                Cow::from(format!("pub type Memory = ReservedMemory<{bytes}>;\n\n"))
            }
            (MemoryStorage::Heap, Bounds::Wrap, _) => {
                "pub type Memory = WrappingMemory;\n\n".into()
            }
            (MemoryStorage::Heap, _, _) => "pub type Memory = IsolatedMemory;\n\n".into(),
        });
        for index in (0..self.module.memories.len() as u32).map(MemoryIdx) {
            let plan = self.plan(index);
            let Some(bytes) = plan.array else { continue };
            let name = Self::numbered("Bytes", index);
            let about = match plan.bounds {
                Bounds::Trap => "Its bytes: their number never changes.",
                Bounds::Wrap => {
                    "Its bytes and all that it may grow into; addresses wrap at the power of two."
                }
                Bounds::Reserve => "Its bytes, and one for each address beyond them.",
            };
            let _ = writeln!(out, "/// {about}\ntype {name} = [u8; {bytes}];\n");
        }
    }

    /// The bytes of the buffer that the host lends for the module's memory, at least.
    pub(crate) fn lent_bytes(&self, memory: MemoryIdx) -> u64 {
        match self.plan(memory) {
            MemoryPlan { array: Some(bytes), .. } => bytes as u64,
            plan => plan.min_bytes,
        }
    }

    /// The maximum that a memory really gets, in pages.
    pub(crate) fn max_pages(&self, memory: MemoryIdx) -> u32 {
        self.plan(memory).max_pages
    }

    fn traits(&self, out: &mut String) {
        let mut imports = vec![Vec::new(); self.names.traits.len()];
        for (import, names) in self.module.imports.iter().zip(&self.names.imports) {
            if let Some(names) = names
                && !names.is_again
            {
                imports[names.trait_index].push((import, names));
            }
        }
        for (index, names) in self.names.traits.iter().enumerate() {
            let _ = writeln!(
                out,
                "/// What the module imports from {}: the host grants it by implementing this trait.\n\
                 pub trait {}{} {{",
                in_comment(&self.effects.traits[index]),
                names.name,
                if self.is_reentrant_trait(index) { ": Sized" } else { "" }
            );
            for (import, names) in &imports[index] {
                match import.ty {
                    ImportType::Func(sig) => {
                        let sig = &self.module.sigs[sig.index()];
                        let _ = writeln!(
                            out,
                            "    /// {}: {}\n    fn {}({}) -> WasmResult<{}>;",
                            in_comment(import.name),
                            sig,
                            names.method,
                            self.import_params(sig, import),
                            tuple_type(&sig.results)
                        );
                    }
                    ImportType::Global(global) => {
                        let ty = rust_type(self.module.globals[global.index()].ty);
                        let name = in_comment(import.name);
                        let _ = writeln!(
                            out,
                            "    /// The global {name}.\n    fn {}(&self) -> {ty};",
                            names.method
                        );
                        if let Some(setter) = &names.setter {
                            let _ = writeln!(
                                out,
                                "    /// Sets the global {name}.\n    fn {setter}(&mut self, value: {ty});"
                            );
                        }
                    }
                    ImportType::Table(_) | ImportType::Memory(_) => {}
                }
            }
            out.push_str("}\n\n");
        }
        if self.effects.funcs.iter().any(|needs| needs.traits.is_all()) {
            // Spelled out in every function, so many bounds would fill the output.
            let bounds = self.trait_bounds();
            let _ = write!(
                out,
                "trait Capabilities: {bounds} {{}}\n\nimpl<H: {bounds}> Capabilities for H {{}}\n\n"
            );
        }
    }

    pub(super) fn import_params(&self, sig: &Signature, import: &Import<'_>) -> String {
        let mut params = vec![self.host_receiver(import.reentrant)];
        let host_params = self.host_params(sig, import.memory.is_some() && !import.reentrant);
        params.extend(host_params.iter().map(|(name, ty)| format!("{name}: {ty}")));
        params.join(", ")
    }

    /// The first parameter of a function of the host.
    pub(super) fn host_receiver(&self, reentrant: bool) -> String {
        if !reentrant {
            return "&mut self".to_owned();
        }
        format!("caller: &mut Caller{}", self.caller_generics(|_| "'_".to_owned(), "Self"))
    }

    /// Names and types of what a function of the host gets.
    pub(super) fn host_params(&self, sig: &Signature, memory: bool) -> Vec<(String, String)> {
        let lent = ("memory".to_owned(), format!("&mut {}", self.memory_type()));
        let mut params = if memory { vec![lent] } else { Vec::new() };
        let types = sig.params.iter().enumerate();
        params.extend(types.map(|(index, ty)| (format!("p{index}"), rust_type(*ty).to_owned())));
        params
    }

    fn table_type(&self, table: &Table, lifetime: &str) -> String {
        let element = rust_type(table.element);
        match self.config.memory {
            MemoryStorage::Heap => format!("Table<{element}>"),
            MemoryStorage::Lent => format!("Table<{element}, &{lifetime} mut [{element}]>"),
        }
    }

    fn structs(&self, out: &mut String) {
        let generics = self.instance_generics(false);
        let derive = if self.config.snapshots { "#[derive(Clone)]\n" } else { "" };
        let name = self.module.name.map(|name| format!(" {}", in_comment(name)));
        let _ = writeln!(
            out,
            "/// An instance of the module{}.\n{derive}pub struct Instance{generics} {{",
            name.unwrap_or_default()
        );
        if self.has_host() {
            let lifetime = if self.state_is_lent() { "'m, " } else { "" };
            let _ = writeln!(out, "    cx: Context<{lifetime}H>,");
        } else {
            let _ = writeln!(out, "    state: {},", self.state_type());
        }
        for (memory, _) in self.module.owned_memories() {
            let lifetime = if self.config.memory == MemoryStorage::Lent { "<'m>" } else { "" };
            let name = Self::numbered("memory", memory);
            let _ = writeln!(out, "    {name}: Memory{lifetime},");
        }
        out.push_str("}\n\n");
        if self.has_host() {
            let lifetime = if self.state_is_lent() { "'m, " } else { "" };
            let _ = writeln!(
                out,
                "{derive}struct Context<{lifetime}H> {{\n    state: {},\n    host: H,\n}}\n",
                self.state_type()
            );
        }
        let _ = writeln!(
            out,
            "/// Globals, tables, and segments not dropped.\n{derive}struct {} {{",
            self.state_type()
        );
        for (name, ty, _) in self.fields() {
            let _ = writeln!(out, "    {name}: {ty},");
        }
        out.push_str("}\n\n");
    }

    /// The state's fields: name, type and initial value.
    pub(super) fn fields(&self) -> Vec<(String, String, String)> {
        let mut fields = Vec::new();
        if let Some(units) = self.config.fuel {
            fields.push(("fuel".to_owned(), "Fuel".to_owned(), format!("Fuel::new({units})")));
        }
        if self.effects.limits_stack {
            let value = "StackLimit::default()".to_owned();
            fields.push(("stack".to_owned(), "StackLimit".to_owned(), value));
            let value = format!("{}", self.config.stack_budget);
            fields.push(("stack_budget".to_owned(), "usize".to_owned(), value));
        }
        for (index, global) in self.module.globals.iter().enumerate() {
            if !self.is_host_global(crate::wasm::GlobalIdx(index as u32)) {
                let name = format!("g{index}");
                fields.push((name.clone(), rust_type(global.ty).to_owned(), name));
            }
        }
        for (index, table) in self.module.tables.iter().enumerate() {
            let name = format!("t{index}");
            fields.push((name.clone(), self.table_type(table, "'m"), name));
        }
        for (index, data) in self.module.data.iter().enumerate() {
            if matches!(data.mode, SegmentMode::Passive) {
                let value = format!("DATA_{index}");
                fields.push((format!("data_{index}"), "&'static [u8]".to_owned(), value));
            }
        }
        for (index, elem) in self.module.elems.iter().enumerate() {
            if !matches!(elem.mode, SegmentMode::Passive) {
                continue;
            }
            let ty = rust_type(elem.ty);
            if self.elem_is_static(crate::wasm::ElemIdx(index as u32)) {
                let value = format!("ELEM_{index}");
                fields.push((format!("elem_{index}"), format!("&'static [{ty}]"), value));
            } else {
                let items = self.elem_items(index);
                fields.push((
                    format!("elem_{index}"),
                    format!("[{ty}; {}]", elem.items.len()),
                    items,
                ));
                let name = format!("elem_{index}_dropped");
                fields.push((name, "bool".to_owned(), "false".to_owned()));
            }
        }
        fields
    }

    fn elem_items(&self, index: usize) -> String {
        let items: Vec<String> = (self.module.elems[index].items.iter())
            .map(|item| self.const_expr(item, Context::Constructor))
            .collect();
        format!("[{}]", items.join(", "))
    }

    fn constructor(&self, out: &mut String) {
        let mut params = Vec::new();
        let mut body = String::new();
        if self.has_host() {
            params.push("host: H".to_owned());
        }
        if self.module.is_library() {
            params.push(format!("memory: &mut {}", self.memory_type()));
        }
        for (index, table) in self.module.tables.iter().enumerate() {
            if table.imported {
                params.push(format!("t{index}: {}", self.table_type(table, "'m")));
            }
        }
        self.match_imports(&mut body);
        self.create_memories(&mut params, &mut body);
        self.create_tables(&mut params, &mut body);
        for (index, global) in self.module.globals.iter().enumerate() {
            let index = crate::wasm::GlobalIdx(index as u32);
            if self.is_host_global(index) {
                continue;
            }
            let value = match &global.source {
                GlobalSource::Init(init) => self.const_expr(init, Context::Constructor),
                GlobalSource::Import(_) => match self.host_global(index) {
                    Some((name, names)) => format!("{name}::{}(&host)", names.method),
                    None => super::zero(global.ty).to_owned(),
                },
            };
            let _ = writeln!(body, "        let g{}: {} = {value};", index.0, rust_type(global.ty));
        }
        let fields: Vec<String> = (self.fields().into_iter())
            .map(|(name, _, value)| if name == value { name } else { format!("{name}: {value}") })
            .collect();
        let _ = writeln!(body, "        let state = {};", super::braced("State", &fields));
        let mut parts = vec![if self.has_host() {
            "cx: Context { state, host }".into()
        } else {
            "state".into()
        }];
        let owned = self.module.owned_memories();
        parts.extend(owned.map(|(memory, _)| Self::numbered("memory", memory)));
        let _ = writeln!(body, "        let mut instance = Self {{ {} }};", parts.join(", "));
        let memory = if self.module.is_library() { "memory" } else { "" };
        let _ = writeln!(body, "        instance.initialize({memory})?;\n        Ok(instance)");
        let takes = self.module.is_library() || self.module.tables.iter().any(|it| it.imported);
        let imports = if takes { "an imported memory or table is not as declared, " } else { "" };
        let _ = writeln!(
            out,
            "    /// Instantiates the module: creates its memory and tables, copies its active segments,\n    \
                 /// and runs its start function.\n    ///\n    /// # Errors\n    ///\n    \
                 /// A trap if {imports}a segment does not fit, an allocation fails, or the start function traps.\n    \
                 pub fn new({}) -> WasmResult<Self> {{\n{body}    }}\n",
            params.join(", ")
        );
        self.initializer(out);
    }

    /// Refuses memories and tables that don't have the size that the module asks for.
    fn match_imports(&self, body: &mut String) {
        let memories = self.module.memories.iter().filter(|memory| memory.imported);
        let memories = memories.map(|it| ("memory".to_owned(), it.min_pages, it.max_pages));
        let tables = self.module.tables.iter().enumerate().filter(|(_, table)| table.imported);
        let tables = tables.map(|(index, it)| (format!("t{index}"), it.min, it.max));
        for (name, min, max) in memories.chain(tables) {
            let _ = writeln!(
                body,
                "        if !{name}.is_within({min}, {max:?}) {{ return Err(WasmTrap::new(TrapKind::IncompatibleImport)); }}"
            );
        }
    }

    fn create_memories(&self, params: &mut Vec<String>, body: &mut String) {
        for (index, memory) in self.module.owned_memories() {
            let name = Self::numbered("memory", index);
            let (min, max) = (memory.min_pages, self.max_pages(index));
            let plan = self.plan(index);
            let whole = plan.array.filter(|_| !plan.traps());
            let value = match self.config.memory {
                MemoryStorage::Heap => match (whole, plan.bounds) {
                    (_, Bounds::Reserve) => format!("Memory::reserved({min}, {max})?"),
                    (Some(bytes), _) => format!("Memory::wrapping({min}, {max}, {bytes})?"),
                    (None, _) => format!("Memory::new({min}, {max})?"),
                },
                MemoryStorage::Lent => {
                    params.push(format!("{name}: &'m mut [u8]"));
                    match (whole, plan.partial) {
                        (Some(bytes), _) => {
                            format!("Memory::wrapping_from_buffer({name}, {min}, {max}, {bytes})?")
                        }
                        (None, Some(bytes)) => {
                            format!("Memory::partial_from_buffer({name}, {min}, {bytes})?")
                        }
                        (None, None) => format!("Memory::from_buffer({name}, {min}, {max})?"),
                    }
                }
            };
            let _ = writeln!(body, "        let {name} = {value};");
        }
    }

    fn create_tables(&self, params: &mut Vec<String>, body: &mut String) {
        for (index, table) in self.module.tables.iter().enumerate() {
            if table.imported {
                continue;
            }
            let (min, max) = (table.min, self.table_max(TableIdx(index as u32)));
            let value = match self.config.memory {
                MemoryStorage::Heap => format!("Table::new({min}, {max}, None)?"),
                MemoryStorage::Lent => {
                    params.push(format!("t{index}: &'m mut [{}]", rust_type(table.element)));
                    format!("Table::from_buffer(t{index}, {min}, {max}, None)?")
                }
            };
            let _ = writeln!(body, "        let t{index} = {value};");
        }
    }

    /// The maximum that a table really gets, in elements.
    pub(crate) fn table_max(&self, table: TableIdx) -> u32 {
        let declared = self.module.tables[table.index()].max.unwrap_or(u32::MAX);
        declared.min(self.config.max_elements)
    }

    /// Segments and the start function (specification, "Instantiation", steps 13 on).
    fn initializer(&self, out: &mut String) {
        let memory = match self.module.is_library() {
            true => ", memory: &mut ".to_owned() + self.memory_type(),
            false => String::new(),
        };
        let _ = writeln!(out, "    fn initialize(&mut self{memory}) -> WasmResult<()> {{");
        if self.has_host() {
            out.push_str("        let cx = &mut self.cx;\n");
        } else {
            out.push_str("        let st = &mut self.state;\n");
        }
        let context = if self.has_host() { Context::Host } else { Context::State };
        for (index, elem) in self.module.elems.iter().enumerate() {
            let SegmentMode::Active { target, offset } = &elem.mode else { continue };
            let offset = self.const_expr(offset, context);
            let items = if self.elem_is_static(crate::wasm::ElemIdx(index as u32)) {
                format!("ELEM_{index}")
            } else {
                let items: Vec<String> =
                    elem.items.iter().map(|item| self.const_expr(item, context)).collect();
                format!("&[{}]", items.join(", "))
            };
            let _ = writeln!(
                out,
                "        let items: &[{}] = {items};\n        if !{}.t{}.init(items, {offset}, 0, {}) {{ return Err(WasmTrap::new(TrapKind::TableOutOfBounds)); }}",
                rust_type(elem.ty),
                context.state(),
                target.0,
                elem.items.len() as i32
            );
        }
        for (index, data) in self.module.data.iter().enumerate() {
            let SegmentMode::Active { target, offset } = &data.mode else { continue };
            let memory = self.memory_path(Receiver::Instance, *target);
            let offset = self.const_expr(offset, context);
            let _ = writeln!(
                out,
                "        if !memory_init({memory}.bytes_mut(), DATA_{index}, {offset}, 0, {}) {{ return Err(WasmTrap::new(TrapKind::MemoryOutOfBounds)); }}",
                data.bytes.len() as i32
            );
        }
        if let Some(start) = self.module.start {
            self.enter(out);
            let call = self.call_from(Receiver::Instance, start, &[]);
            let _ = writeln!(out, "        {call}?;");
        }
        out.push_str("        Ok(())\n    }\n\n");
    }

    /// Sets the stack limit for a call from outside.
    pub(super) fn enter(&self, out: &mut String) {
        if self.effects.limits_stack {
            let state = self.self_state();
            let _ = writeln!(
                out,
                "        {state}.stack = StackLimit::with_budget({state}.stack_budget);"
            );
        }
    }

    /// Where the instance's own methods find a memory, or those of a caller.
    pub(super) fn memory_path(&self, receiver: Receiver, memory: MemoryIdx) -> String {
        let name = Self::numbered("memory", memory);
        if self.is_borrowed(receiver, memory) { name.into_owned() } else { format!("self.{name}") }
    }

    /// Whether the method gets the memory for this call.
    fn is_borrowed(&self, receiver: Receiver, memory: MemoryIdx) -> bool {
        receiver == Receiver::Instance && self.module.memories[memory.index()].imported
    }

    /// A memory as an argument of a method's call.
    pub(super) fn pass_memory(
        &self,
        receiver: Receiver,
        memory: MemoryIdx,
        memory_use: MemoryUse,
    ) -> String {
        let path = self.memory_path(receiver, memory);
        match memory_use {
            MemoryUse::None | MemoryUse::Slice => format!("{path}{}", self.take_bytes(memory)),
            MemoryUse::Whole if self.is_borrowed(receiver, memory) => path,
            MemoryUse::Whole => format!("&mut {path}"),
        }
    }

    /// A call of a function by the instance's own methods, or those of a caller.
    fn call_from(&self, receiver: Receiver, func: FuncIdx, args: &[String]) -> String {
        let needs = self.effects.needs(self.module, func);
        let mut params = Vec::new();
        let callee = match self.module.defined(func) {
            Ok(_) => {
                if needs.host() {
                    params.push("&mut self.cx".to_owned());
                } else if needs.state {
                    params.push(format!("&mut {}", self.self_state()));
                }
                self.names.func(func).to_owned()
            }
            Err(import) => {
                let pass = |memory| self.pass_memory(receiver, memory, MemoryUse::Whole);
                params = self.host_arguments(import, "&mut self.cx", "self.cx", pass);
                params.extend(args.iter().cloned());
                return format!("{}({})", self.names.import_func(import), params.join(", "));
            }
        };
        for (memory, memory_use) in needs.memories.iter() {
            params.push(self.pass_memory(receiver, memory, memory_use));
        }
        params.extend(args.iter().cloned());
        format!("{callee}({})", params.join(", "))
    }

    pub(super) fn accessors(&self, out: &mut String, receiver: Receiver) {
        if self.has_host() {
            out.push_str(
                "    /// The host.\n    pub fn host(&self) -> &H { &self.cx.host }\n\n    \
                 /// The host, to change it.\n    pub fn host_mut(&mut self) -> &mut H { &mut self.cx.host }\n\n",
            );
        }
        if self.config.fuel.is_some() {
            let state = self.self_state();
            let _ = writeln!(
                out,
                "    /// The fuel that is left.\n    pub fn fuel(&self) -> &Fuel {{ &{state}.fuel }}\n\n    \
                     /// The fuel, to change it.\n    pub fn fuel_mut(&mut self) -> &mut Fuel {{ &mut {state}.fuel }}\n"
            );
        }
        // Of several memories, those that are exported have accessors.
        if self.module.memories.len() == 1 && !self.is_borrowed(receiver, MemoryIdx(0)) {
            let about = "The linear memory";
            self.memory_accessors(out, receiver, MemoryIdx(0), "memory", "memory_mut", about);
        }
    }

    /// What belongs to the instance alone.
    fn settings(&self, out: &mut String) {
        let set = if self.effects.limits_stack {
            format!("{}.stack_budget = bytes;", self.self_state())
        } else {
            "let _ = bytes; /* No function of this module can call itself. */".to_owned()
        };
        let _ = write!(
            out,
            "    /// How many bytes of the caller's stack a call may use before it traps with\n    \
             /// `StackExhausted`; {} at first.\n    pub fn set_stack_budget(&mut self, bytes: usize) {{ {set} }}\n\n",
            self.config.stack_budget
        );
        let memories = self.module.owned_memories();
        let memories = memories.map(|(index, _)| {
            format!("self.{}.limit(max_pages); ", Self::numbered("memory", index))
        });
        let tables = (0..self.module.tables.len())
            .map(|index| format!("{}.t{index}.limit(max_elements); ", self.self_state()));
        let limits: String = memories.chain(tables).collect();
        if !limits.is_empty() {
            let _ = write!(
                out,
                "    /// Lets memories and tables grow to so many pages and elements at the most, from now on. What is\n    \
                     /// larger already stays, and grows no more.\n    \
                     pub fn limit(&mut self, max_pages: u32, max_elements: u32) {{ {limits}}}\n\n"
            );
        }
        let _ = write!(
            out,
            "    /// Where a trap of this module happened, as far as it is known.\n    \
             pub fn locate(&self, trap: WasmTrap) -> Option<TrapLocation> {{ locate(trap) }}\n\n"
        );
    }

    fn export(&self, out: &mut String, receiver: Receiver, position: usize) {
        let export = &self.module.exports[position];
        let names = &self.names.exports[position];
        let name = in_comment(export.name);
        match export.kind {
            ExternKind::Func(func) => {
                let sig = self.module.sig(func);
                let mut params = vec!["&mut self".to_owned()];
                if self.module.is_library() && receiver == Receiver::Instance {
                    params.push(format!("memory: &mut {}", self.memory_type()));
                }
                params.extend(params_of(sig));
                let args: Vec<String> =
                    (0..sig.params.len()).map(|index| format!("p{index}")).collect();
                let _ = writeln!(
                    out,
                    "    /// Calls the export {name}: {}\n    pub fn {}({}) -> WasmResult<{}> {{",
                    sig,
                    names.method,
                    params.join(", "),
                    tuple_type(&sig.results)
                );
                match receiver {
                    Receiver::Instance => self.enter(out),
                    Receiver::Caller => self.guard(out),
                }
                let _ =
                    writeln!(out, "        {}\n    }}\n", self.call_from(receiver, func, &args));
            }
            ExternKind::Global(global) => {
                let ty = rust_type(self.module.globals[global.index()].ty);
                let (get, set) = self.global_access(global);
                let _ = writeln!(
                    out,
                    "    /// The exported global {name}.\n    pub fn {}(&self) -> {ty} {{ {get} }}\n",
                    names.method
                );
                if let Some(setter) = &names.write {
                    let _ = writeln!(
                        out,
                        "    /// Sets the exported global {name}.\n    pub fn {setter}(&mut self, value: {ty}) {{ {set} }}\n"
                    );
                }
            }
            ExternKind::Table(table) => {
                let lifetime = if receiver == Receiver::Caller { "'c" } else { "'m" };
                let ty = self.table_type(&self.module.tables[table.index()], lifetime);
                let state = self.self_state();
                let write = names.write.as_ref().map_or("table_mut", super::names::Ident::as_str);
                let _ = writeln!(
                    out,
                    "    /// The exported table {name}.\n    pub fn {}(&self) -> &{ty} {{ &{state}.t{1} }}\n\n    \
                     /// The exported table {name}, to change it.\n    pub fn {write}(&mut self) -> &mut {ty} {{ &mut {state}.t{1} }}\n",
                    names.method, table.0
                );
            }
            ExternKind::Memory(memory) => {
                let first = (self.module.exports[..position].iter())
                    .all(|earlier| earlier.kind != export.kind);
                // A single one's are there already.
                if first && !self.is_borrowed(receiver, memory) && self.module.memories.len() > 1 {
                    let write =
                        names.write.as_ref().map_or("memory_mut", super::names::Ident::as_str);
                    let about = format!("The exported memory {name}");
                    self.memory_accessors(
                        out,
                        receiver,
                        memory,
                        names.method.as_str(),
                        write,
                        &about,
                    );
                }
            }
        }
    }

    fn memory_accessors(
        &self,
        out: &mut String,
        receiver: Receiver,
        memory: MemoryIdx,
        read: &str,
        write: &str,
        about: &str,
    ) {
        let ty = match (self.config.memory, receiver) {
            (MemoryStorage::Heap, _) => "Memory".to_owned(),
            (MemoryStorage::Lent, Receiver::Instance) => "Memory<'m>".to_owned(),
            (MemoryStorage::Lent, Receiver::Caller) => format!("Memory<'m{}>", memory.0),
        };
        let path = self.memory_path(receiver, memory);
        let _ = write!(
            out,
            "    /// {about}.\n    pub fn {read}(&self) -> &{ty} {{ &{path} }}\n\n    \
             /// {about}, to write it.\n    pub fn {write}(&mut self) -> &mut {ty} {{ &mut {path} }}\n\n"
        );
    }

    /// How the instance reads and writes a global.
    pub(super) fn global_access(&self, global: crate::wasm::GlobalIdx) -> (String, String) {
        match self.host_global(global).filter(|_| self.is_host_global(global)) {
            Some((name, names)) => {
                let setter = names.setter.as_ref().map_or("", super::names::Ident::as_str);
                (
                    format!("{name}::{}(&self.cx.host)", names.method),
                    format!("{name}::{setter}(&mut self.cx.host, value)"),
                )
            }
            None => {
                let path = format!("{}.g{}", self.self_state(), global.0);
                (path.clone(), format!("{path} = value"))
            }
        }
    }
}

fn params_of(sig: &Signature) -> impl Iterator<Item = String> + '_ {
    sig.params
        .iter()
        .enumerate()
        .map(|(index, ty): (usize, &ValType)| format!("p{index}: {}", rust_type(*ty)))
}
