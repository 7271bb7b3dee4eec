//! What a module asks for and offers, by its own names and by the output's.

use crate::back::Backend;
use crate::config::Bounds;
use crate::wasm::{ExternKind, GlobalIdx, ImportType, MemoryIdx, TableIdx};
use herkos_runtime::ValType;

/// Whose memory a module works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleKind {
    /// Its own, or none: [`herkos_runtime::Module`].
    Module,
    /// Its caller's: it imports its memory, [`herkos_runtime::LibraryModule`].
    Library,
}

/// The interface of a module.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Interface {
    /// SHA-256 of the binary module, in lower-case hexadecimal.
    pub digest: String,
    /// The module's own name, from the name section.
    pub name: Option<String>,
    /// Whose memory it works on.
    pub kind: ModuleKind,
    /// What its loads and stores do beyond the memory.
    pub bounds: Bounds,
    /// Whether the source implements the trait of WASI preview 1 for the host of `herkos-wasi`; see
    /// [`Config::wasi`](crate::Config::wasi).
    pub wasi: bool,
    /// The capability traits that a host implements.
    pub traits: Vec<TraitItem>,
    /// Every import, in order.
    pub imports: Vec<ImportItem>,
    /// Every export, in order.
    pub exports: Vec<ExportItem>,
    /// Memories, imported ones first.
    pub memories: Vec<MemoryItem>,
    /// Tables, imported ones first.
    pub tables: Vec<TableItem>,
    /// What `Instance::new` takes, in order.
    pub constructor: Vec<ConstructorParam>,
    /// The start function, by function index.
    pub start: Option<u32>,
    /// Functions that the module defines.
    pub functions: usize,
    /// Bytes of their bodies.
    pub code_bytes: usize,
    /// Bytes of the data segments.
    pub data_bytes: usize,
    /// Bytes of the binary module.
    pub module_bytes: usize,
}

/// A capability trait: what is imported from one module name.
#[derive(Clone, Debug)]
pub struct TraitItem {
    /// The module name.
    pub module: String,
    /// The trait's identifier.
    pub rust_name: String,
    /// Its methods.
    pub methods: Vec<MethodItem>,
}

/// What a trait's method stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// An imported function. If the module has a memory, the method takes it first; a
    /// [reentrant](crate::Config::reentrant) one takes a `Caller` instead of `self` and the memory.
    Func,
    /// Reads an imported global.
    GlobalGet,
    /// Writes an imported mutable global.
    GlobalSet,
}

/// A method of a capability trait.
#[derive(Clone, Debug)]
pub struct MethodItem {
    /// The import's name.
    pub field: String,
    /// The method's identifier.
    pub rust_name: String,
    /// What it stands for.
    pub kind: MethodKind,
    /// Whether it may call back.
    pub reentrant: bool,
    /// Parameters, without the memory.
    pub params: Vec<ValType>,
    /// Results.
    pub results: Vec<ValType>,
}

/// The type of an import or export.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExportKind {
    /// A function.
    Func {
        /// Parameter types.
        params: Vec<ValType>,
        /// Result types.
        results: Vec<ValType>,
    },
    /// A memory.
    Memory {
        /// Minimum size in pages of 64 KiB.
        min_pages: u32,
        /// Declared maximum in pages.
        max_pages: Option<u32>,
    },
    /// A table.
    Table {
        /// The reference type of the elements.
        element: ValType,
        /// Minimum number of elements.
        min: u32,
        /// Declared maximum.
        max: Option<u32>,
    },
    /// A global.
    Global {
        /// Its type.
        ty: ValType,
        /// Whether it can be written.
        mutable: bool,
    },
}

/// An import.
#[derive(Clone, Debug)]
pub struct ImportItem {
    /// The module name.
    pub module: String,
    /// The item's name.
    pub name: String,
    /// Its type.
    pub kind: ExportKind,
}

/// An export.
#[derive(Clone, Debug)]
pub struct ExportItem {
    /// The exported name.
    pub name: String,
    /// The identifier of the instance's method.
    pub rust_name: String,
    /// Its type.
    pub kind: ExportKind,
}

/// A memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryItem {
    /// Whether it is imported.
    pub imported: bool,
    /// Minimum size in pages of 64 KiB.
    pub min_pages: u32,
    /// Declared maximum in pages.
    pub max_pages: Option<u32>,
    /// The maximum that the generated code allows, in pages.
    pub effective_max_pages: u32,
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableItem {
    /// Whether it is imported.
    pub imported: bool,
    /// The reference type of the elements.
    pub element: ValType,
    /// Minimum number of elements.
    pub min: u32,
    /// Declared maximum.
    pub max: Option<u32>,
}

/// A parameter of `Instance::new`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstructorParam {
    /// The host, by value.
    Host,
    /// The imported memory, borrowed.
    Memory {
        /// Pages that it must have.
        min_pages: u32,
        /// The most it may have.
        max_pages: u32,
    },
    /// An imported table, by value.
    Table {
        /// The reference type of the elements.
        element: ValType,
        /// Elements that it must have.
        min: u32,
        /// The most it may have.
        max: u32,
    },
    /// A buffer for the memory, with lent storage.
    MemoryBuffer {
        /// Its size in pages at first. They must fit, unless fewer bytes were chosen.
        min_pages: u32,
        /// Pages that it can grow to.
        max_pages: u32,
        /// Bytes that it must have.
        bytes: u64,
    },
    /// A buffer for a table, with lent storage.
    TableBuffer {
        /// The reference type of the elements.
        element: ValType,
        /// Elements that must fit.
        min: u32,
    },
}

impl Interface {
    /// Whether the module has a memory, its own or its caller's.
    pub fn has_memory(&self) -> bool {
        !self.memories.is_empty()
    }

    /// Whether it imports from `wasi_snapshot_preview1`.
    pub fn imports_wasi(&self) -> bool {
        self.imports.iter().any(|import| import.module == crate::back::wasi::MODULE)
    }

    pub(crate) fn new(backend: &Backend<'_>) -> Self {
        let module = backend.module;
        let extent =
            |body: &wasmparser::FunctionBody<'_>| (body.range().end - body.range().start) as usize;
        Self {
            digest: module.digest.clone(),
            name: module.name.map(str::to_owned),
            wasi: backend.implements_wasi(),
            kind: if module.is_library() { ModuleKind::Library } else { ModuleKind::Module },
            bounds: backend.config.bounds,
            traits: traits(backend),
            imports: (module.imports.iter())
                .map(|import| ImportItem {
                    module: import.module.to_owned(),
                    name: import.name.to_owned(),
                    kind: match import.ty {
                        ImportType::Func(sig) => func_kind(&module.sigs[sig.index()]),
                        ImportType::Table(table) => item_kind(backend, ExternKind::Table(table)),
                        ImportType::Memory(memory) => {
                            item_kind(backend, ExternKind::Memory(memory))
                        }
                        ImportType::Global(global) => {
                            item_kind(backend, ExternKind::Global(global))
                        }
                    },
                })
                .collect(),
            exports: (module.exports.iter().zip(backend.export_methods()))
                .map(|(export, method)| ExportItem {
                    name: export.name.to_owned(),
                    rust_name: method,
                    kind: item_kind(backend, export.kind),
                })
                .collect(),
            memories: (0..)
                .zip(&module.memories)
                .map(|(index, memory)| MemoryItem {
                    imported: memory.imported,
                    min_pages: memory.min_pages,
                    max_pages: memory.max_pages,
                    effective_max_pages: backend.max_pages(MemoryIdx(index)),
                })
                .collect(),
            tables: (module.tables.iter())
                .map(|table| TableItem {
                    imported: table.imported,
                    element: table.element,
                    min: table.min,
                    max: table.max,
                })
                .collect(),
            constructor: constructor(backend),
            start: module.start.map(|func| func.0),
            functions: module.bodies.len(),
            code_bytes: module.bodies.iter().map(extent).sum(),
            data_bytes: module.data.iter().map(|data| data.bytes.len()).sum(),
            module_bytes: module.size,
        }
    }
}

fn func_kind(sig: &crate::wasm::Signature) -> ExportKind {
    ExportKind::Func { params: sig.params.clone(), results: sig.results.clone() }
}

fn item_kind(backend: &Backend<'_>, kind: ExternKind) -> ExportKind {
    let module = backend.module;
    match kind {
        ExternKind::Func(func) => func_kind(module.sig(func)),
        ExternKind::Table(table) => {
            let table = &module.tables[table.index()];
            ExportKind::Table { element: table.element, min: table.min, max: table.max }
        }
        ExternKind::Memory(memory) => {
            let memory = &module.memories[memory.index()];
            ExportKind::Memory { min_pages: memory.min_pages, max_pages: memory.max_pages }
        }
        ExternKind::Global(global) => {
            let global = &module.globals[global.index()];
            ExportKind::Global { ty: global.ty, mutable: global.mutable }
        }
    }
}

fn traits(backend: &Backend<'_>) -> Vec<TraitItem> {
    let mut traits: Vec<TraitItem> = (backend.effects.traits.iter().zip(backend.trait_names()))
        .map(|(module, rust_name)| TraitItem {
            module: module.clone(),
            rust_name,
            methods: Vec::new(),
        })
        .collect();
    for (position, import) in backend.module.imports.iter().enumerate() {
        let Some((trait_index, method, setter)) = backend.import_methods(position) else {
            continue;
        };
        let methods = &mut traits[trait_index].methods;
        let mut push = |rust_name, kind, params, results| {
            methods.push(MethodItem {
                field: import.name.to_owned(),
                rust_name,
                kind,
                reentrant: import.reentrant,
                params,
                results,
            });
        };
        match import.ty {
            ImportType::Func(sig) => {
                let sig = &backend.module.sigs[sig.index()];
                push(method, MethodKind::Func, sig.params.clone(), sig.results.clone());
            }
            ImportType::Global(GlobalIdx(global)) => {
                let ty = backend.module.globals[global as usize].ty;
                push(method, MethodKind::GlobalGet, Vec::new(), vec![ty]);
                if let Some(setter) = setter {
                    push(setter, MethodKind::GlobalSet, vec![ty], Vec::new());
                }
            }
            ImportType::Table(_) | ImportType::Memory(_) => {}
        }
    }
    traits
}

/// In the order of the generated constructor: host, imported memory, imported tables, then
/// buffers for what the module defines.
fn constructor(backend: &Backend<'_>) -> Vec<ConstructorParam> {
    let module = backend.module;
    let lent = backend.config.memory == crate::MemoryStorage::Lent;
    let mut params = Vec::new();
    if !backend.effects.traits.is_empty() {
        params.push(ConstructorParam::Host);
    }
    let memories = (0..).map(MemoryIdx).zip(&module.memories);
    for (index, memory) in memories.filter(|(_, memory)| memory.imported) {
        let (min_pages, max_pages) = (memory.min_pages, backend.max_pages(index));
        params.push(ConstructorParam::Memory { min_pages, max_pages });
    }
    for (index, table) in module.tables.iter().enumerate().filter(|(_, table)| table.imported) {
        let max = backend.table_max(TableIdx(index as u32));
        params.push(ConstructorParam::Table { element: table.element, min: table.min, max });
    }
    if lent {
        for (index, memory) in module.owned_memories() {
            let (min_pages, max_pages) = (memory.min_pages, backend.max_pages(index));
            let bytes = backend.lent_bytes(index);
            params.push(ConstructorParam::MemoryBuffer { min_pages, max_pages, bytes });
        }
        for table in module.tables.iter().filter(|table| !table.imported) {
            let (element, min) = (table.element, table.min);
            params.push(ConstructorParam::TableBuffer { element, min });
        }
    }
    params
}
