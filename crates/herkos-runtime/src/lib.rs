//! The runtime of [herkos](https://github.com/herkos/herkos): what the Rust that is generated from
//! a WebAssembly module calls, and what a host needs to talk to it.
//!
//! There is no engine here. Generated code holds the control flow of the module; this crate holds
//! what both sides share: isolated memories and tables, traps, the memory accesses with their one
//! check, the numeric operators that Rust's own do not already say, a guard against runaway
//! recursion, and the interface by which exports are called by name. Every item is re-exported at
//! the crate root under WebAssembly's own name: `i32.load` is [`i32_load`].
//!
//! For hosts there are typed data in a guest's memory ([`GuestPtr`], [`guest_record!`], [`Untrusted`]),
//! memory from a guest's own heap ([`GuestHeap`]), and errors of the host's own that pass through a
//! guest ([`HostError`]). Instances can be copied and saved (`Snapshot`), if they were generated for
//! it.
//!
//! The crate contains no `unsafe`, has no dependencies, and no function of it panics or aborts,
//! whatever its arguments.
//!
//! # Features
//!
//! - `std` (default): float rounding and square root through the standard library; implies `alloc`.
//! - `alloc`: memories and tables on the heap. Without it they live in buffers that the host lends.
//! - `source`: the crate's own source text, as `SOURCE`, for tools that compile it without a
//!   repository at hand.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use herkos_runtime::{IsolatedMemory, i32_load, i32_store};
//!
//! let mut memory = IsolatedMemory::new(1, 2)?; // pages of 64 KiB: one now, two at most
//! assert!(i32_store(memory.bytes_mut(), 0x100, 4, -7));
//! assert_eq!(i32_load(memory.bytes(), 0x104, 0), (-7, true));
//! assert_eq!(i32_load(memory.bytes(), 0xffff, 0), (0, false)); // the last three bytes are outside
//! assert_eq!(memory.grow(1), 1);
//! assert_eq!(memory.grow(1), -1);
//! # }
//! # Ok::<(), herkos_runtime::WasmTrap>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod access;
mod always;
mod fuel;
mod guest;
mod host;
mod loops;
mod memory;
mod module;
mod num;
#[cfg(feature = "alloc")]
mod snapshot;
#[cfg(feature = "source")]
mod source;
mod stack;
mod table;
mod trap;

pub use access::*;
pub use always::*;
pub use fuel::Fuel;
#[cfg(feature = "std")]
pub use fuel::Gauge;
#[doc(hidden)]
pub use fuel::burn;
#[doc(hidden)]
pub use guest::RecordLayout;
pub use guest::{GuestBox, GuestError, GuestHeap, GuestPtr, GuestSlice, GuestValue, Untrusted};
pub use host::{CallError, Denied, DeniedImport, ErrorSlot, HostError, HostFn, Hosted};
pub use loops::{copy_forward, count_le, count_lt, count_ne, distance, in_bounds};
#[cfg(feature = "std")]
pub use memory::ReservedMemory;
pub use memory::{AsU32, IsolatedMemory, MAX_PAGES, PAGE_SIZE, Storage};
#[cfg(feature = "alloc")]
pub use memory::{HeapStorage, WrappingMemory};
pub use module::{
    Export, ExternType, FuncType, Import, InvokeError, LibraryModule, Module, ValType, Value,
};
pub use num::*;
#[cfg(feature = "alloc")]
pub use snapshot::{Snapshot, SnapshotError, TryClone};
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use snapshot::{SnapshotReader, SnapshotValue, SnapshotWriter};
#[cfg(feature = "source")]
pub use source::SOURCE;
pub use stack::StackLimit;
pub use table::{CallFunc, ExternRef, FuncRef, MAX_TABLE_SIZE, Table, TableStorage};
pub use trap::{TrapKind, TrapLocation, WasmResult, WasmTrap};

/// What generated code names and may not be in its prelude.
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub mod prelude {
    pub use alloc::boxed::Box;
    pub use alloc::vec::Vec;
}
