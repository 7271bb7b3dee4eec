//! herkos turns a WebAssembly module into memory-safe Rust source with compile-time
//! isolation: if rustc accepts the output, the module can't reach memory that is not its own
//! nor call anything that it was not handed.
//!
//! [`Config`] is the way in, also for a `build.rs`; the program `herkos` is the same from the
//! command line. The generated source depends on the crate `herkos-runtime` alone, or with [`Config::wasi`] on
//! `herkos-wasi`, too.
#![forbid(unsafe_code)]

mod back;
mod build_script;
mod checks;
mod config;
mod diff;
mod error;
mod front;
mod interface;
mod ir;
mod link;
mod lower;
mod memory;
pub mod native;
mod op;
mod pass;
mod report;
mod wasm;

pub use checks::{CheckCounts, Checks, FunctionChecks};
pub use config::{Bounds, CAbi, Config, MemoryStorage, Output};
pub use diff::{Diff, DiffSide, ExportChange, ImportChange, IndexChange};
pub use error::{Error, Place};
pub use interface::{
    ConstructorParam, ExportItem, ExportKind, ImportItem, Interface, MemoryItem, MethodItem,
    MethodKind, ModuleKind, TableItem, TraitItem,
};
pub use pass::Optimization;
pub use report::{
    CallPath, Capability, ExportReach, FunctionItem, IndirectItem, Landmark, MemoryMap, Reach,
    Region, RegionKind, Report, Root, SegmentItem, SegmentOffset, StackReport, Step,
};
pub use wasm::WasmVersion;

/// Describes a module with the default options; see [`Config::inspect`].
///
/// # Errors
///
/// See [`Config::transpile`].
pub fn inspect(input: &[u8]) -> Result<Interface, Error> {
    Config::new().inspect(input)
}
