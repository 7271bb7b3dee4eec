//! What changed between two modules, for whoever has to decide whether the newer one may take the older one's place.

use crate::back::Backend;
use crate::interface::{ExportKind, Interface, MemoryItem, TableItem};
use crate::pass::Facts;
use crate::wasm::Digests;
use std::collections::{BTreeMap, HashSet};

/// The difference of two modules, from [`Config::diff`](crate::Config::diff).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diff {
    /// The older module.
    pub old: DiffSide,
    /// The newer module.
    pub new: DiffSide,
    /// Imports that only one of them has, or that have other types, by module name and name.
    pub capabilities: Vec<ImportChange>,
    /// Exports that only one of them has, or that have another type, by name.
    pub exports: Vec<ExportChange>,
    /// Memories that are not the same: imported, minimum, maximum.
    pub memories: Vec<IndexChange<MemoryItem>>,
    /// Tables that are not the same: imported, type, minimum, maximum.
    pub tables: Vec<IndexChange<TableItem>>,
}

/// One of the two modules.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DiffSide {
    /// What it asks for and what it offers.
    pub interface: Interface,
    /// SHA-256 of the binary module without its custom sections: names, debug information and what tools left.
    pub content_digest: String,
    /// SHA-256 of the code section; of nothing, if there is none.
    pub code_digest: String,
    /// Globals, imported ones included.
    pub globals: usize,
    /// Those that can be written.
    pub mutable_globals: usize,
}

/// An import that is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportChange {
    /// The module name.
    pub module: String,
    /// The item's name.
    pub name: String,
    /// The types that it is imported with in the older module, most often one; none if it is new.
    pub old: Vec<ExportKind>,
    /// Those in the newer one; none if it is gone.
    pub new: Vec<ExportKind>,
}

impl ImportChange {
    /// Whether the newer module asks for something that the older one did not: another name, or another type.
    #[must_use]
    pub fn is_gain(&self) -> bool {
        let old: HashSet<&ExportKind> = self.old.iter().collect();
        self.new.iter().any(|kind| !old.contains(kind))
    }
}

/// An export that is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportChange {
    /// Its name.
    pub name: String,
    /// Its type in the older module; none if it is new.
    pub old: Option<ExportKind>,
    /// Its type in the newer one; none if it is gone.
    pub new: Option<ExportKind>,
}

/// A memory or table that is not the same.
#[derive(Clone, Copy, Debug)]
pub struct IndexChange<T> {
    /// Its index.
    pub index: usize,
    /// As it is in the older module; none if it is new.
    pub old: Option<T>,
    /// As it is in the newer one; none if it is gone.
    pub new: Option<T>,
}

impl Diff {
    /// The difference of two modules that are described.
    pub(crate) fn new(old: DiffSide, new: DiffSide) -> Self {
        let (before, after) = (&old.interface, &new.interface);
        Self {
            capabilities: imports(before, after),
            exports: exports(before, after),
            memories: by_index(&before.memories, &after.memories),
            tables: by_index(&before.tables, &after.tables),
            old,
            new,
        }
    }

    /// Whether the newer module asks for something that the older one did not.
    #[must_use]
    pub fn gains_capabilities(&self) -> bool {
        self.capabilities.iter().any(ImportChange::is_gain)
    }

    /// Whether one of them runs code when it is instantiated, and the other does not.
    #[must_use]
    pub fn start_changed(&self) -> bool {
        self.old.interface.start.is_some() != self.new.interface.start.is_some()
    }

    /// Whether anything differs that a host can see without calling the module: imports, exports, limits, and whether
    /// there is a start function.
    #[must_use]
    pub fn interface_changed(&self) -> bool {
        !self.capabilities.is_empty()
            || !self.exports.is_empty()
            || !self.memories.is_empty()
            || !self.tables.is_empty()
            || self.start_changed()
    }

    /// Whether all but custom sections is equal.
    #[must_use]
    pub fn same_content(&self) -> bool {
        self.old.content_digest == self.new.content_digest
    }

    /// Whether the code sections are equal.
    #[must_use]
    pub fn same_code(&self) -> bool {
        self.old.code_digest == self.new.code_digest
    }
}

/// Describes one of the modules.
pub(crate) fn side(facts: &Facts<'_>, digests: Digests) -> DiffSide {
    let globals = &facts.module.globals;
    DiffSide {
        interface: Backend::new(facts).interface(),
        content_digest: digests.content,
        code_digest: digests.code,
        globals: globals.len(),
        mutable_globals: globals.iter().filter(|global| global.mutable).count(),
    }
}

/// The same name may be imported several times, with several types: what counts is which there are.
fn imports(old: &Interface, new: &Interface) -> Vec<ImportChange> {
    let mut found: BTreeMap<(&str, &str), [Vec<ExportKind>; 2]> = BTreeMap::new();
    for (side, interface) in [old, new].into_iter().enumerate() {
        let mut seen = HashSet::new();
        for import in &interface.imports {
            if seen.insert((&import.module, &import.name, &import.kind)) {
                let kinds = &mut found.entry((&import.module, &import.name)).or_default()[side];
                kinds.push(import.kind.clone());
            }
        }
    }
    let same = |[old, new]: &[Vec<ExportKind>; 2]| {
        old.iter().collect::<HashSet<_>>() == new.iter().collect::<HashSet<_>>()
    };
    let changed = found.into_iter().filter(|(_, kinds)| !same(kinds));
    let change = |((module, name), [old, new]): ((&str, &str), [Vec<ExportKind>; 2])| {
        ImportChange { module: module.to_owned(), name: name.to_owned(), old, new }
    };
    changed.map(change).collect()
}

fn exports(old: &Interface, new: &Interface) -> Vec<ExportChange> {
    let mut found: BTreeMap<&str, [Option<&ExportKind>; 2]> = BTreeMap::new();
    for (side, interface) in [old, new].into_iter().enumerate() {
        for export in &interface.exports {
            found.entry(&export.name).or_default()[side] = Some(&export.kind);
        }
    }
    let changed = found.into_iter().filter(|(_, [old, new])| old != new);
    let change = |(name, [old, new]): (&str, [Option<&ExportKind>; 2])| ExportChange {
        name: name.to_owned(),
        old: old.cloned(),
        new: new.cloned(),
    };
    changed.map(change).collect()
}

fn by_index<T: Copy + PartialEq>(old: &[T], new: &[T]) -> Vec<IndexChange<T>> {
    let indices = 0..old.len().max(new.len());
    let pair =
        |index| IndexChange { index, old: old.get(index).copied(), new: new.get(index).copied() };
    indices.map(pair).filter(|change| change.old != change.new).collect()
}
