//! IR to Rust source.

mod by_name;
mod c_abi;
mod caller;
mod control;
mod data;
mod dispatch;
mod effect;
mod expr;
mod func;
mod hosts;
mod imports;
mod instance;
mod items;
mod locals;
mod names;
mod snapshot;
mod template;
mod traits;
pub(crate) mod wasi;

use crate::Config;
use crate::config::{Bounds, MemoryStorage};
use crate::error::Error;
use crate::interface::Interface;
use crate::ir::{Expr, Func};
use crate::lower::each_function;
use crate::memory::MemoryPlan;
use crate::pass::effects::{Effects, MemoryUse, Needs};
use crate::pass::{Facts, PASSES};
use crate::wasm::{ElemIdx, FuncIdx, GlobalIdx, MemoryIdx, Module, SigId};
use expr::ExprWriter;
use func::{Context, count_sites};
use herkos_runtime::ValType;
use imports::Imports;
use items::{HEAP_TYPES, ItemNames, RESERVED_MEMORY};
use locals::LocalNames;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

/// Text that grows without being moved: a large module's is large.
struct Pieces(Vec<String>);

impl Pieces {
    /// Bytes of a text that is a piece by itself.
    const LONG: usize = 1 << 12;

    /// Bytes of a piece of several texts.
    const SIZE: usize = 1 << 14;

    fn push(&mut self, text: String) {
        match self.0.last_mut() {
            Some(last) if text.len() <= last.capacity() - last.len() => last.push_str(&text),
            _ if text.len() > Self::LONG => self.0.push(text),
            _ => {
                let mut piece = String::with_capacity(Self::SIZE);
                piece.push_str(&text);
                self.0.push(piece);
            }
        }
    }
}

/// Everything that writing the output needs to know; immutable, but for the note of what was
/// written of the runtime.
pub(crate) struct Backend<'a> {
    facts: &'a Facts<'a>,
    pub config: &'a Config,
    pub module: &'a Module<'a>,
    pub effects: &'a Effects,
    names: ItemNames,
    ref_ids: HashMap<FuncIdx, u32>,
    imports: Imports,
    /// Whether functions stand in inner modules, [`FUNCS_PER_GROUP`] in each.
    grouped: bool,
}

/// How many functions share an inner module. rustc makes a codegen unit of each such module, works
/// on several at a time, and compiles again only those that changed. By number, not by size: a
/// function that grows moves no other one to another group.
const FUNCS_PER_GROUP: u32 = 32;

/// Modules of fewer functions are one group, without an inner module.
const MIN_GROUPED: usize = 2 * FUNCS_PER_GROUP as usize;

impl<'a> Backend<'a> {
    pub fn new(facts: &'a Facts<'a>) -> Self {
        let Facts { config, module, memories: _, effects } = *facts;
        // Functions of one type get neighbouring numbers, so that a dispatch is dense.
        let referenced = effects.table_funcs.iter().flatten();
        let ref_ids = referenced.enumerate().map(|(id, func)| (*func, id as u32)).collect();
        Self {
            facts,
            config,
            module,
            effects,
            names: ItemNames::new(module, effects),
            ref_ids,
            imports: Imports::new(),
            grouped: module.bodies.len() >= MIN_GROUPED,
        }
    }

    /// The whole output, in pieces.
    pub fn write(&self) -> Result<Vec<String>, Error> {
        let first_sites = self.first_sites()?;
        let mut start = String::new();
        self.instance(&mut start);
        self.runtime_traits(&mut start);
        if self.config.host_impls {
            self.host_impls(&mut start);
        }
        if self.config.snapshots {
            self.snapshot(&mut start);
        }
        self.elements(&mut start);
        self.imports.search(&start);
        let mut code = Pieces(Vec::new());
        let (mut sites, mut group) = (Vec::new(), None);
        each_function(
            self.facts,
            PASSES,
            |scratch, index, func| {
                let first_site = first_sites.get(index.index()).copied().unwrap_or(0);
                let reachable = self.effects.reachable[index.index()];
                reachable.then(|| func::write(scratch, self, index, &func, first_site))
            },
            |index, written| {
                if let Some((text, offsets)) = written {
                    let own = Some(index.0 / FUNCS_PER_GROUP);
                    if self.grouped && group != own {
                        code.push(group_boundary(group, own));
                        group = own;
                    }
                    code.push(text);
                    if self.config.trap_offsets {
                        sites.push((index, offsets));
                    }
                }
            },
        )?;
        let mut end = group_boundary(group, None);
        for (sig, used) in self.effects.indirect_used.iter().enumerate() {
            if *used {
                self.dispatcher(&mut end, SigId(sig as u32));
            }
        }
        self.locate(&mut end, &sites);
        if self.config.by_name {
            self.by_name(&mut end);
        }
        self.imports.search(&end);
        end.truncate(end.trim_end().len());
        end.push_str("\n}\n");
        code.0.push(end);
        if cfg!(debug_assertions) {
            self.imports.check(&[start.as_str(), &code.0.concat()].concat())?;
        }
        // What data says is nobody's name.
        code.0.splice(0..0, [self.header(), start, self.data()]);
        Ok(code.0)
    }

    /// The number of each function's first site, where sites are told apart. That takes a
    /// translation of its own: the text of a function has the numbers in it.
    fn first_sites(&self) -> Result<Vec<u32>, Error> {
        let (mut first_sites, mut next) = (Vec::new(), 0);
        if self.config.trap_offsets {
            let count = |_: &mut (), _, func: Func| count_sites(&func);
            each_function(self.facts, PASSES, count, |index, sites| {
                first_sites.push(next);
                if self.effects.reachable[index.index()] {
                    next += sites;
                }
            })?;
        }
        Ok(first_sites)
    }

    /// What comes before the code: comments, what the wrapper module exports, and what it imports.
    fn header(&self) -> String {
        let mut out = String::new();
        let source = (self.config.source_name.as_deref())
            .map(|name| format!(" from {}", names::in_comment(name)))
            .unwrap_or_default();
        let policy = match self.config.bounds {
            Bounds::Trap => "",
            Bounds::Wrap => {
                "// Bounds policy: wrap. Loads and stores beyond the memory do not trap.\n"
            }
            Bounds::Reserve => {
                "// Bounds policy: reserve. Loads and stores beyond the memory do not trap.\n"
            }
        };
        let _ = write!(
            out,
            "// Generated by herkos {}{source}. Do not edit: translate the module again.\n\
             // WebAssembly version 1, {} bytes, SHA-256 {}\n{policy}\n\
             #[allow(unused_imports)]\n\
             pub use module::{};\n{}\n\
             #[allow(unused, nonstandard_style, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]\n\
             mod module {{\n",
            env!("CARGO_PKG_VERSION"),
            self.module.size,
            self.module.digest,
            one_or_group(&self.public_items()),
            self.macro_reexport(),
        );
        let heap = self.config.memory == MemoryStorage::Heap;
        let reserved = self.config.bounds == Bounds::Reserve;
        let is_there = |name: &&str| match *name {
            RESERVED_MEMORY => reserved,
            name => heap || !HEAP_TYPES.contains(&name),
        };
        let uses: Vec<&str> = self.imports.written().filter(is_there).collect();
        let mut line = String::from("use herkos_runtime::{");
        for (index, name) in uses.iter().enumerate() {
            if line.len() + name.len() > 110 {
                out.push_str(line.trim_end());
                out.push('\n');
                line = String::from("    ");
            }
            line.push_str(name);
            line.push_str(if index + 1 == uses.len() { "" } else { ", " });
        }
        out.push_str(&line);
        out.push_str("};\n\n");
        out
    }

    /// The structured description of the output.
    pub fn interface(&self) -> Interface {
        Interface::new(self)
    }

    // Small vocabulary of the writers.

    /// How the output calls something that each memory has: the first one's has no number.
    fn numbered(name: &'static str, memory: MemoryIdx) -> Cow<'static, str> {
        if memory.0 == 0 { name.into() } else { format!("{name}{}", memory.0).into() }
    }

    /// The plan for a memory.
    fn plan(&self, memory: MemoryIdx) -> MemoryPlan {
        self.facts.memories.of(memory)
    }

    /// The type of a memory, as a parameter.
    fn memory_type(&self) -> &'static str {
        match self.config.memory {
            MemoryStorage::Heap => "Memory",
            MemoryStorage::Lent => "Memory<'_>",
        }
    }

    /// The type that functions get a memory's bytes as, by reference.
    fn bytes_type(&self, memory: MemoryIdx) -> Cow<'static, str> {
        match self.plan(memory).array {
            Some(_) => Self::numbered("Bytes", memory),
            None => "[u8]".into(),
        }
    }

    /// How a [`Self::memory_type`] gives its bytes, where a trap can be returned.
    fn take_bytes(&self, memory: MemoryIdx) -> &'static str {
        match self.plan(memory) {
            MemoryPlan { bounds: Bounds::Wrap, .. } => ".whole_mut()?.0",
            MemoryPlan { bounds: Bounds::Reserve, .. } => ".reserved_mut().0",
            MemoryPlan { array: Some(_), .. } => ".array_mut()?",
            MemoryPlan { array: None, .. } => ".bytes_mut()",
        }
    }

    /// How a function that has the whole of a memory takes its bytes and, because those don't tell, its
    /// size; none if it needs only bytes. `reads_size` says whether it has a use for the size in pages.
    fn take_sized(&self, memory: MemoryIdx, reads_size: bool) -> Option<&'static str> {
        let plan = self.plan(memory);
        match plan.fixed_pages {
            None if plan.bounds == Bounds::Wrap => Some(".whole_mut()?"),
            None if plan.bounds == Bounds::Reserve => Some(".reserved_mut()"),
            None if plan.may_be_partial && reads_size => Some(".sized_mut()"),
            None | Some(_) => None,
        }
    }

    /// The generic parameters of a function: the host, bound by what it must provide.
    fn bounds(&self, needs: Needs) -> String {
        if !needs.host() {
            return String::new();
        }
        if needs.traits.is_all() {
            return "<H: Capabilities>".to_owned();
        }
        let traits: Vec<&str> = (self.names.traits.iter().enumerate())
            .filter(|(index, _)| needs.traits.contains(*index))
            .map(|(_, names)| names.name.as_str())
            .collect();
        format!("<H: {}>", traits.join(" + "))
    }

    /// Whether the state borrows its tables' storage.
    fn state_is_lent(&self) -> bool {
        self.config.memory == MemoryStorage::Lent && !self.module.tables.is_empty()
    }

    /// The parameters for state, host and memories.
    fn context_params(&self, needs: Needs) -> Vec<String> {
        let mut params = Vec::new();
        if needs.host() {
            let lifetime = if self.state_is_lent() { "'_, " } else { "" };
            params.push(format!("cx: &mut Context<{lifetime}H>"));
        } else if needs.state {
            let lifetime = if self.state_is_lent() { "<'_>" } else { "" };
            params.push(format!("st: &mut State{lifetime}"));
        }
        for (memory, memory_use) in needs.memories.iter() {
            let name = memory_argument(memory, memory_use);
            params.push(match memory_use {
                MemoryUse::Whole => format!("{name}: &mut {}", self.memory_type()),
                MemoryUse::None | MemoryUse::Slice => {
                    format!("{name}: &mut {}", self.bytes_type(memory))
                }
            });
        }
        params
    }

    /// The number by which references name a function.
    fn ref_id(&self, func: FuncIdx) -> u32 {
        self.ref_ids.get(&func).copied().unwrap_or(u32::MAX - 1)
    }

    /// Whether all elements of a segment are known now.
    fn elem_is_static(&self, elem: ElemIdx) -> bool {
        (self.module.elems[elem.index()].items.iter())
            .all(|item| matches!(item.exprs.get(item.root), Expr::RefNull | Expr::RefFunc(_)))
    }

    /// Whether a global lives in the host.
    fn is_host_global(&self, global: GlobalIdx) -> bool {
        let definition = &self.module.globals[global.index()];
        definition.mutable && self.module.global_import(global).is_some()
    }

    fn host_global(&self, global: GlobalIdx) -> Option<(&str, &items::ImportNames)> {
        let import = self.module.global_import(global)?;
        let names = self.names.imports[import].as_ref()?;
        Some((self.names.traits[names.trait_index].name.as_str(), names))
    }

    fn global_get(&self, out: &mut String, global: GlobalIdx, context: Context) {
        if let Some((name, names)) = self.host_global(global)
            && self.is_host_global(global)
        {
            let _ = write!(out, "{name}::{}(&{})", names.method, context.host());
            return;
        }
        if context != Context::Constructor {
            out.push_str(context.state());
            out.push('.');
        }
        out.push('g');
        decimal(out, global.0.into());
    }

    fn global_set(&self, global: GlobalIdx, value: &str, context: Context) -> String {
        match self.host_global(global) {
            Some((name, names)) if self.is_host_global(global) => {
                let setter = names.setter.as_ref().map_or("", names::Ident::as_str);
                format!("{name}::{setter}(&mut {}, {value});", context.host())
            }
            _ => format!("{}.g{} = {value};", context.state(), global.0),
        }
    }

    /// A constant expression of the module.
    fn const_expr(&self, expr: &crate::wasm::ConstExpr, context: Context) -> String {
        let mut out = String::new();
        let writer = ExprWriter {
            backend: self,
            exprs: &expr.exprs,
            context,
            local_names: LocalNames::NONE,
            loaded: &[],
        };
        writer.any(&mut out, expr.root);
        out
    }
}

/// By what name functions have a memory that they use like that.
fn memory_argument(memory: MemoryIdx, memory_use: MemoryUse) -> Cow<'static, str> {
    let name = if memory_use == MemoryUse::Whole { "memory" } else { "mem" };
    Backend::numbered(name, memory)
}

/// What ends one group of functions and begins the next.
fn group_boundary(ended: Option<u32>, begun: Option<u32>) -> String {
    let mut out = String::new();
    if ended.is_some() {
        out.push_str("}\n\n");
    }
    if let Some(group) = begun {
        let _ = write!(out, "use code{group}::*;\nmod code{group} {{\nuse super::*;\n\n");
    }
    out
}

/// Writes a number as `{}` does, without the formatting machinery.
fn decimal(out: &mut String, value: u64) {
    if value < 10 {
        return out.push(char::from(b'0' + value as u8));
    }
    out.push_str(itoa::Buffer::new().format(value));
}

/// A value of a structure.
fn braced(name: &str, fields: &[String]) -> String {
    if fields.is_empty() {
        return format!("{name} {{}}");
    }
    format!("{name} {{ {} }}", fields.join(", "))
}

/// What a `use` names: in braces, if it is not one item alone.
fn one_or_group(items: &[&str]) -> String {
    match items {
        [item] => (*item).to_owned(),
        items => format!("{{{}}}", items.join(", ")),
    }
}

/// The Rust type that carries a value type.
fn rust_type(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::FuncRef => "Option<FuncRef>",
        ValType::ExternRef => "Option<ExternRef>",
    }
}

/// The type that a nullable reference refers to.
fn reference(ty: ValType) -> &'static str {
    if ty == ValType::ExternRef { "ExternRef" } else { "FuncRef" }
}

/// The value that a local has at first.
fn zero(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 | ValType::I64 => "0",
        ValType::F32 | ValType::F64 => "0.0",
        ValType::FuncRef | ValType::ExternRef => "None",
    }
}

/// The Rust type of a list of results.
fn tuple_type(types: &[ValType]) -> String {
    match types {
        [ty] => rust_type(*ty).to_owned(),
        types => {
            let types: Vec<&str> = types.iter().map(|ty| rust_type(*ty)).collect();
            format!("({})", types.join(", "))
        }
    }
}
