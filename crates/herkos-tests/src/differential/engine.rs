//! The engines that herkos is compared with.

use anyhow::Result;
use herkos::{ExportItem, ExportKind, ImportItem, Interface};
use herkos_runtime::ValType;

use super::guest::Call;

/// Units of an engine's fuel for each step.
pub const FUEL: u64 = 50_000;

/// Calls that may nest in an engine.
pub const DEPTH: usize = 1_500;

/// The most pages that a memory may have.
pub const MAX_PAGES: u32 = 64;

/// What an engine made of a module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The lines of each step that ended, the instantiation first.
    pub steps: Vec<Vec<String>>,
    /// Whether the step after the last one ran into a limit that is the engine's own.
    pub cut: bool,
}

/// Something that runs modules.
pub trait Engine: Sync {
    /// Instantiates a module, and makes calls until all are done or one is cut.
    ///
    /// # Errors
    ///
    /// If the engine does not accept the module, or can't make a call.
    fn run(&self, wasm: &[u8], interface: &Interface, calls: &[Call]) -> Result<Run>;
}

/// What of a module is observed after each step, in order.
pub struct Observed<'a> {
    /// Exported globals and tables.
    pub exports: Vec<&'a ExportItem>,
    /// Imported globals that may change.
    pub imports: Vec<&'a ImportItem>,
    /// Whether there is a memory that can be seen.
    pub memory: bool,
}

impl<'a> Observed<'a> {
    /// Of this module.
    pub fn of(interface: &'a Interface) -> Self {
        let seen = |item: &&ExportItem| {
            matches!(item.kind, ExportKind::Global { .. } | ExportKind::Table { .. })
        };
        let changes =
            |item: &&ImportItem| matches!(item.kind, ExportKind::Global { mutable: true, .. });
        Self {
            exports: interface.exports.iter().filter(seen).collect(),
            imports: interface.imports.iter().filter(changes).collect(),
            memory: interface.memories.iter().any(|memory| memory.imported)
                || interface
                    .exports
                    .iter()
                    .any(|item| matches!(item.kind, ExportKind::Memory { .. })),
        }
    }
}

/// The key of an imported item.
pub fn key(module: &str, field: &str) -> String {
    format!("{module}.{field}").replace([' ', '\n', '\r'], "_")
}

/// The exported functions of a module: name, parameters, results.
pub fn functions(interface: &Interface) -> Vec<(&str, &[ValType], &[ValType])> {
    interface
        .exports
        .iter()
        .filter_map(|item| match &item.kind {
            ExportKind::Func { params, results } => {
                Some((item.name.as_str(), params.as_slice(), results.as_slice()))
            }
            ExportKind::Memory { .. } | ExportKind::Table { .. } | ExportKind::Global { .. } => {
                None
            }
        })
        .collect()
}
