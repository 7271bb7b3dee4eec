//! The operators, listed once. Everything that has to know one derives from these tables.

mod memory;
mod numeric;

pub use memory::{Check, LoadOp, StoreOp};
pub use numeric::{Class, NumOp};

use herkos_runtime::ValType;
use std::fmt;

/// A constant of a numeric type; floats by their bits, so that NaN payloads survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Const {
    /// `i32.const`
    I32(i32),
    /// `i64.const`
    I64(i64),
    /// `f32.const`, as bits
    F32(u32),
    /// `f64.const`, as bits
    F64(u64),
}

impl Const {
    /// The type of the constant.
    pub fn ty(self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
        }
    }
}

impl fmt::Display for Const {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::I32(value) => write!(f, "{value}"),
            Self::I64(value) => write!(f, "{value}"),
            Self::F32(bits) => write!(f, "{:?}", f32::from_bits(bits)),
            Self::F64(bits) => write!(f, "{:?}", f64::from_bits(bits)),
        }
    }
}

/// A Rust type that carries a WebAssembly number: the bridge between the operator table's
/// Rust expressions and [`Const`].
trait Scalar: Copy {
    const TY: ValType;
    fn from_const(value: Const) -> Option<Self>;
    fn into_const(self) -> Const;
}

impl Scalar for i32 {
    const TY: ValType = ValType::I32;
    fn from_const(value: Const) -> Option<Self> {
        if let Const::I32(value) = value { Some(value) } else { None }
    }
    fn into_const(self) -> Const {
        Const::I32(self)
    }
}

impl Scalar for i64 {
    const TY: ValType = ValType::I64;
    fn from_const(value: Const) -> Option<Self> {
        if let Const::I64(value) = value { Some(value) } else { None }
    }
    fn into_const(self) -> Const {
        Const::I64(self)
    }
}

impl Scalar for f32 {
    const TY: ValType = ValType::F32;
    fn from_const(value: Const) -> Option<Self> {
        if let Const::F32(bits) = value { Some(Self::from_bits(bits)) } else { None }
    }
    fn into_const(self) -> Const {
        Const::F32(self.to_bits())
    }
}

impl Scalar for f64 {
    const TY: ValType = ValType::F64;
    fn from_const(value: Const) -> Option<Self> {
        if let Const::F64(bits) = value { Some(Self::from_bits(bits)) } else { None }
    }
    fn into_const(self) -> Const {
        Const::F64(self.to_bits())
    }
}
