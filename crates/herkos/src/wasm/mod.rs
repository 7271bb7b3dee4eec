//! A WebAssembly module, decoded and validated.

mod decode;
mod digests;
mod features;
mod index;
mod module;
mod names;
mod uses;

pub use index::{
    DataIdx, DefinedFunc, ElemIdx, FuncIdx, GlobalIdx, MAX_MEMORIES, MemoryIdx, MemorySet, SigId,
    TableIdx, TypeIdx,
};
pub use module::{
    ConstExpr, ExternKind, GlobalSource, Import, ImportType, Memory, Module, SegmentMode,
    Signature, Table,
};

pub use digests::{Digests, digests};
pub use features::WasmVersion;
pub use uses::{LAST_PAGE, Use, Uses};

pub(crate) use decode::{decode, decode_with, to_binary, val_type};
