//! Typed data in the memory of a guest, for hosts.
//!
//! Whatever a guest says may be wrong: an address, a length, a number in a record. Addresses and
//! lengths are checked when they are used, by the memory. All else is [`Untrusted`] until the host
//! has looked at it.

mod heap;
mod pointer;
mod untrusted;
mod value;

pub use heap::{GuestBox, GuestHeap};
pub use pointer::{GuestPtr, GuestSlice};
pub use untrusted::{GuestError, Untrusted};
pub use value::GuestValue;
#[doc(hidden)]
pub use value::RecordLayout;
