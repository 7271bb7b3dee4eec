//! The decoded module. A value of this type has passed validation: later phases rely on it.

use super::{
    DataIdx, DefinedFunc, ElemIdx, FuncIdx, GlobalIdx, MemoryIdx, SigId, TableIdx, TypeIdx, Uses,
};
use crate::ir::{Expr, ExprId, Exprs};
use herkos_runtime::{PAGE_SIZE, ValType};
use std::collections::HashMap;
use std::fmt;
use wasmparser::FunctionBody;

/// A function type (specification, "Function Types").
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Signature {
    /// Parameter types, in order.
    pub params: Vec<ValType>,
    /// Result types, in order.
    pub results: Vec<ValType>,
}

impl fmt::Display for Signature {
    /// As in `(i32, i32) -> i32`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |types: &[ValType]| {
            let types: Vec<String> = types.iter().map(ToString::to_string).collect();
            types.join(", ")
        };
        match self.results.as_slice() {
            [result] => write!(f, "({}) -> {result}", list(&self.params)),
            results => write!(f, "({}) -> ({})", list(&self.params), list(results)),
        }
    }
}

/// What an import asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportType {
    /// A function of this type.
    Func(SigId),
    /// A table; its limits are in [`Module::tables`].
    Table(TableIdx),
    /// A memory; its limits are in [`Module::memories`].
    Memory(MemoryIdx),
    /// A global; its type is in [`Module::globals`].
    Global(GlobalIdx),
}

/// One import, in the order of the import section.
#[derive(Clone, Debug)]
pub struct Import<'a> {
    /// The module name.
    pub module: &'a str,
    /// The item's name in that module.
    pub name: &'a str,
    /// What is imported.
    pub ty: ImportType,
    /// The memory that the host gets with a call: that of the module that imports.
    pub memory: Option<MemoryIdx>,
    /// Whether the function gets the instance that calls it, and may call back.
    pub reentrant: bool,
}

/// A constant expression (specification, "Constant Expressions").
#[derive(Clone, Debug)]
pub struct ConstExpr {
    /// The nodes.
    pub exprs: Exprs,
    /// The node that gives the value.
    pub root: ExprId,
}

/// Where a global's initial value comes from.
#[derive(Clone, Debug)]
pub enum GlobalSource {
    /// From the host: the import with this position in [`Module::imports`].
    Import(usize),
    /// From a constant expression.
    Init(ConstExpr),
}

/// A global variable.
#[derive(Clone, Debug)]
pub struct Global {
    /// The value's type.
    pub ty: ValType,
    /// Whether `global.set` may write it.
    pub mutable: bool,
    /// Its initial value.
    pub source: GlobalSource,
}

/// A linear memory.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Minimum size in pages of 64 KiB.
    pub min_pages: u32,
    /// Declared maximum in pages, if any.
    pub max_pages: Option<u32>,
    /// Whether the module imports it.
    pub imported: bool,
}

impl Memory {
    /// Minimum size in bytes.
    pub fn bytes(self) -> u64 {
        u64::from(self.min_pages) * PAGE_SIZE as u64
    }
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// The reference type of its elements.
    pub element: ValType,
    /// Minimum number of elements.
    pub min: u32,
    /// Declared maximum number of elements, if any.
    pub max: Option<u32>,
    /// Whether the module imports it.
    pub imported: bool,
}

/// How a segment is used (specification, "Element Segments", "Data Segments").
#[derive(Clone, Debug)]
pub enum SegmentMode<T> {
    /// Copied at instantiation, then dropped.
    Active {
        /// The table or memory written to.
        target: T,
        /// Start position: elements or bytes.
        offset: ConstExpr,
    },
    /// Copied by `table.init` or `memory.init`.
    Passive,
    /// Only forward-declares function references.
    Declared,
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct ElemSegment {
    /// The reference type of the elements.
    pub ty: ValType,
    /// The elements.
    pub items: Vec<ConstExpr>,
    /// How it is used.
    pub mode: SegmentMode<TableIdx>,
}

/// A data segment.
#[derive(Clone, Debug)]
pub struct DataSegment<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// How it is used; never [`SegmentMode::Declared`].
    pub mode: SegmentMode<MemoryIdx>,
}

/// The item that an export names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternKind {
    /// A function.
    Func(FuncIdx),
    /// A table.
    Table(TableIdx),
    /// A memory.
    Memory(MemoryIdx),
    /// A global.
    Global(GlobalIdx),
}

/// One export, in the order of the export section.
#[derive(Clone, Debug)]
pub struct Export<'a> {
    /// The exported name.
    pub name: &'a str,
    /// The item.
    pub kind: ExternKind,
}

/// A validated module.
#[derive(Debug, Default)]
pub struct Module<'a> {
    /// SHA-256 of the binary module, in lower-case hexadecimal.
    pub digest: String,
    /// Size of the binary module in bytes.
    pub size: usize,
    /// The name from the name section.
    pub name: Option<&'a str>,
    /// Distinct function types.
    pub sigs: Vec<Signature>,
    /// Type section: the structural type of each type index.
    pub types: Vec<SigId>,
    /// Imports in order.
    pub imports: Vec<Import<'a>>,
    /// Type of each function, imported ones first.
    pub funcs: Vec<SigId>,
    /// For each imported function its position in [`Module::imports`].
    pub imported_funcs: Vec<usize>,
    /// Tables, imported ones first.
    pub tables: Vec<Table>,
    /// Memories, imported ones first.
    pub memories: Vec<Memory>,
    /// Globals, imported ones first.
    pub globals: Vec<Global>,
    /// Exports in order.
    pub exports: Vec<Export<'a>>,
    /// The start function.
    pub start: Option<FuncIdx>,
    /// Element segments.
    pub elems: Vec<ElemSegment>,
    /// Data segments.
    pub data: Vec<DataSegment<'a>>,
    /// Bodies of the defined functions.
    pub bodies: Vec<FunctionBody<'a>>,
    /// What each of them uses of the module.
    pub uses: Vec<Uses>,
    /// Function names from the name section.
    pub func_names: HashMap<u32, &'a str>,
    /// Names of locals from the name section, by function and local index.
    pub local_names: HashMap<u32, HashMap<u32, &'a str>>,
    /// Names of globals from the name section.
    pub global_names: HashMap<u32, &'a str>,
    /// Names of data segments from the name section.
    pub data_names: HashMap<u32, &'a str>,
}

impl Module<'_> {
    /// The structural type of a function.
    pub fn sig(&self, func: FuncIdx) -> &Signature {
        &self.sigs[self.funcs[func.index()].index()]
    }

    /// The structural type at a type index.
    pub fn type_sig(&self, ty: TypeIdx) -> SigId {
        self.types[ty.index()]
    }

    /// The defined function behind `func`, or `Err` with the import's number.
    pub fn defined(&self, func: FuncIdx) -> Result<DefinedFunc, usize> {
        match func.index().checked_sub(self.imported_funcs.len()) {
            Some(index) => Ok(DefinedFunc(index as u32)),
            None => Err(func.index()),
        }
    }

    /// The function index of a defined function.
    pub fn func_idx(&self, func: DefinedFunc) -> FuncIdx {
        FuncIdx(func.0 + self.imported_funcs.len() as u32)
    }

    /// The name by which messages call a function.
    pub fn describe_func(&self, func: FuncIdx) -> String {
        match self.func_names.get(&func.0) {
            Some(name) => format!("`{}`", name.escape_debug()),
            None => func.0.to_string(),
        }
    }

    /// Whether the module defines or imports a memory.
    pub fn has_memory(&self) -> bool {
        !self.memories.is_empty()
    }

    /// Whether a memory of the module is its caller's.
    pub fn is_library(&self) -> bool {
        self.memories.iter().any(|memory| memory.imported)
    }

    /// The memories that an instance owns.
    pub fn owned_memories(&self) -> impl Iterator<Item = (MemoryIdx, &Memory)> {
        let memories = (0..).map(MemoryIdx).zip(&self.memories);
        memories.filter(|(_, memory)| !memory.imported)
    }

    /// Whether a data segment is dropped right after instantiation.
    pub fn data_is_active(&self, data: DataIdx) -> bool {
        matches!(self.data[data.index()].mode, SegmentMode::Active { .. })
    }

    /// Whether an element segment is empty after instantiation (active or declared).
    pub fn elem_is_dropped(&self, elem: ElemIdx) -> bool {
        !matches!(self.elems[elem.index()].mode, SegmentMode::Passive)
    }

    /// The value that every `global.get` of a global gives, where it is known.
    pub fn global_constant(&self, global: GlobalIdx) -> Option<&Expr> {
        match &self.globals[global.index()] {
            Global { mutable: false, source: GlobalSource::Init(init), .. } => {
                let value = init.exprs.get(init.root);
                let known = matches!(value, Expr::Const(_) | Expr::RefNull | Expr::RefFunc(_));
                known.then_some(value)
            }
            _ => None,
        }
    }

    /// The import behind an imported global.
    pub fn global_import(&self, global: GlobalIdx) -> Option<usize> {
        match self.globals[global.index()].source {
            GlobalSource::Import(import) => Some(import),
            GlobalSource::Init(_) => None,
        }
    }
}
