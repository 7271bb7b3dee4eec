//! Which item each import stands for.

use super::{Instantiation, Part};
use crate::error::Error;
use crate::wasm::{ExternKind, GlobalIdx, ImportType, MemoryIdx, Module, TableIdx};
use std::collections::HashMap;
use std::fmt;

/// Where an item comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// No part provides it: the import with this position in that part.
    Host { part: usize, import: usize },
    /// A part defines it.
    Defined { part: usize, kind: ExternKind },
}

/// For each part the sources of its imports, in order.
pub fn resolve(
    parts: &[Part<'_>],
    instantiation: Instantiation,
) -> Result<Vec<Vec<Source>>, Error> {
    let may_grow = instantiation == Instantiation::Separate;
    let names: HashMap<&str, usize> =
        parts.iter().enumerate().map(|(index, part)| (part.name, index)).collect();
    let exports: Vec<HashMap<&str, ExternKind>> = (parts.iter())
        .map(|part| part.module.exports.iter().map(|export| (export.name, export.kind)).collect())
        .collect();
    let imports: usize = parts.iter().map(|part| part.module.imports.len()).sum();
    let find = |part: usize, import: usize| {
        let mut place = (part, import);
        // An import can stand for an import of another part; more often than there are any is a cycle.
        for _ in 0..=imports {
            let (part, import) = place;
            let wanted = &parts[part].module.imports[import];
            let Some(&provider) = names.get(wanted.module) else {
                return Ok(Source::Host { part, import });
            };
            let describe = || {
                format!(
                    "`{}` imports `{}` from `{}`",
                    parts[part].name.escape_debug(),
                    wanted.name.escape_debug(),
                    wanted.module.escape_debug()
                )
            };
            let Some(&kind) = exports[provider].get(wanted.name) else {
                return Err(Error::link(format!("{}, which exports no such item", describe())));
            };
            let asked = ItemType::of_import(&parts[part].module, wanted.ty);
            let given = ItemType::of(&parts[provider].module, kind);
            if !asked.accepts(&given, may_grow) {
                return Err(Error::link(format!(
                    "{} as {asked}, which exports it as {given}",
                    describe()
                )));
            }
            match import_of(&parts[provider].module, kind) {
                Some(import) => place = (provider, import),
                None => return Ok(Source::Defined { part: provider, kind }),
            }
        }
        let wanted = &parts[part].module.imports[import];
        Err(Error::link(format!(
            "no module defines what `{}` imports as `{}` from `{}`: they only import it from each other",
            parts[part].name.escape_debug(),
            wanted.name.escape_debug(),
            wanted.module.escape_debug()
        )))
    };
    (parts.iter().enumerate())
        .map(|(part, it)| (0..it.module.imports.len()).map(|import| find(part, import)).collect())
        .collect()
}

/// The position of the import that an item is, if it is one.
pub fn import_of(module: &Module<'_>, kind: ExternKind) -> Option<usize> {
    let position = |ty: ImportType| module.imports.iter().position(|import| import.ty == ty);
    match kind {
        ExternKind::Func(func) => module.imported_funcs.get(func.index()).copied(),
        ExternKind::Table(table) => {
            module.tables[table.index()].imported.then(|| position(ImportType::Table(table)))?
        }
        ExternKind::Memory(memory) => module.memories[memory.index()]
            .imported
            .then(|| position(ImportType::Memory(memory)))?,
        ExternKind::Global(global) => module.global_import(global),
    }
}

/// The type of an item (specification, "External Types").
#[derive(Debug)]
enum ItemType {
    Func(String),
    Table { element: String, min: u32, max: Option<u32> },
    Memory { min: u32, max: Option<u32> },
    Global { ty: String, mutable: bool },
}

impl ItemType {
    fn of(module: &Module<'_>, kind: ExternKind) -> Self {
        match kind {
            ExternKind::Func(func) => Self::func(module, module.funcs[func.index()]),
            ExternKind::Table(table) => Self::table(module, table),
            ExternKind::Memory(memory) => Self::memory(module, memory),
            ExternKind::Global(global) => Self::global(module, global),
        }
    }

    fn of_import(module: &Module<'_>, ty: ImportType) -> Self {
        match ty {
            ImportType::Func(sig) => Self::func(module, sig),
            ImportType::Table(table) => Self::table(module, table),
            ImportType::Memory(memory) => Self::memory(module, memory),
            ImportType::Global(global) => Self::global(module, global),
        }
    }

    fn func(module: &Module<'_>, sig: crate::wasm::SigId) -> Self {
        Self::Func(module.sigs[sig.index()].to_string())
    }

    fn table(module: &Module<'_>, table: TableIdx) -> Self {
        let table = &module.tables[table.index()];
        Self::Table { element: table.element.to_string(), min: table.min, max: table.max }
    }

    fn memory(module: &Module<'_>, memory: MemoryIdx) -> Self {
        let memory = &module.memories[memory.index()];
        Self::Memory { min: memory.min_pages, max: memory.max_pages }
    }

    fn global(module: &Module<'_>, global: GlobalIdx) -> Self {
        let global = &module.globals[global.index()];
        Self::Global { ty: global.ty.to_string(), mutable: global.mutable }
    }

    /// Whether an import of this type accepts what is given (specification, "Import Matching"), or
    /// does so when that has grown.
    fn accepts(&self, given: &Self, may_grow: bool) -> bool {
        let within = |given_min: u32, given_max: Option<u32>, min: u32, max: Option<u32>| {
            (may_grow || given_min >= min)
                && max.is_none_or(|max| given_max.is_some_and(|given_max| given_max <= max))
        };
        match (self, given) {
            (Self::Func(asked), Self::Func(given)) => asked == given,
            (
                Self::Table { element, min, max },
                Self::Table { element: given_element, min: given_min, max: given_max },
            ) => element == given_element && within(*given_min, *given_max, *min, *max),
            (Self::Memory { min, max }, Self::Memory { min: given_min, max: given_max }) => {
                within(*given_min, *given_max, *min, *max)
            }
            (
                Self::Global { ty, mutable },
                Self::Global { ty: given_ty, mutable: given_mutable },
            ) => ty == given_ty && mutable == given_mutable,
            _ => false,
        }
    }
}

impl fmt::Display for ItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = |min: &u32, max: &Option<u32>| match max {
            Some(max) => format!("{min} to {max}"),
            None => format!("{min} or more"),
        };
        match self {
            Self::Func(sig) => write!(f, "a function {sig}"),
            Self::Table { element, min, max } => {
                write!(f, "a table of {} {element}", limits(min, max))
            }
            Self::Memory { min, max } => write!(f, "a memory of {} pages", limits(min, max)),
            Self::Global { ty, mutable: true } => write!(f, "a mutable global {ty}"),
            Self::Global { ty, mutable: false } => write!(f, "a global {ty}"),
        }
    }
}
