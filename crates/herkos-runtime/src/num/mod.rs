//! The numeric operators that Rust's operators and methods on primitive types do not already say.
//!
//! Bit-exact on every target and with every feature: what the specification leaves open (the
//! payload of a NaN) is decided here, once.

mod convert;
mod float;
mod int;
mod select;
#[cfg(not(feature = "std"))]
mod soft;

pub use convert::*;
pub use float::*;
pub use int::*;
pub use select::*;
