//! The interface by which a generated module's exports are called by name.

use core::fmt;

use crate::table::{ExternRef, FuncRef};
use crate::trap::{TrapLocation, WasmTrap};

/// A value type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `funcref`
    FuncRef,
    /// `externref`
    ExternRef,
}

impl fmt::Display for ValType {
    /// The name in the text format, for instance `funcref`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::FuncRef => "funcref",
            Self::ExternRef => "externref",
        })
    }
}

/// A value. Equality is Rust's, so a NaN is not equal to itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// An `i32`, signed or not.
    I32(i32),
    /// An `i64`, signed or not.
    I64(i64),
    /// An `f32`.
    F32(f32),
    /// An `f64`.
    F64(f64),
    /// A `funcref`; `None` is null.
    FuncRef(Option<FuncRef>),
    /// An `externref`; `None` is null.
    ExternRef(Option<ExternRef>),
}

impl Value {
    /// The type of the value.
    #[must_use]
    pub const fn ty(&self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::FuncRef(_) => ValType::FuncRef,
            Self::ExternRef(_) => ValType::ExternRef,
        }
    }
}

macro_rules! value_from {
    ($($variant:ident($ty:ty);)*) => {$(
        impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}

value_from! {
    I32(i32);
    I64(i64);
    F32(f32);
    F64(f64);
    FuncRef(Option<FuncRef>);
    ExternRef(Option<ExternRef>);
}

impl fmt::Display for Value {
    /// As a literal of the text format, for instance `-7`, `1.5`, `-inf`, `nan` (the canonical one)
    /// or `nan:0x200000`; a reference is `null`, `func` with an id, or `extern` with a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::F32(value) if value.is_nan() => {
                write_nan(f, value.is_sign_negative(), u64::from(value.to_bits() & 0x007f_ffff), 22)
            }
            Self::F64(value) if value.is_nan() => {
                write_nan(f, value.is_sign_negative(), value.to_bits() & 0x000f_ffff_ffff_ffff, 51)
            }
            // The shortest digits that give the value back, with an exponent where it is large or
            // small.
            Self::F32(value) => write!(f, "{value:?}"),
            Self::F64(value) => write!(f, "{value:?}"),
            Self::FuncRef(Some(value)) => write!(f, "func {}", value.id()),
            Self::ExternRef(Some(value)) => write!(f, "extern {}", value.0),
            Self::FuncRef(None) | Self::ExternRef(None) => f.pad("null"),
        }
    }
}

/// A NaN with this payload; a canonical one has only its `quiet_bit` set.
fn write_nan(
    f: &mut fmt::Formatter<'_>,
    negative: bool,
    payload: u64,
    quiet_bit: u32,
) -> fmt::Result {
    f.write_str(if negative { "-nan" } else { "nan" })?;
    if payload == 1 << quiet_bit { Ok(()) } else { write!(f, ":{payload:#x}") }
}

/// A function type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// The types of the parameters.
    pub params: &'static [ValType],
    /// The types of the results.
    pub results: &'static [ValType],
}

impl fmt::Display for FuncType {
    /// For instance `(i32, i32) -> i32`, `() -> ()`, or `(f64) -> (i32, i64)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_tuple(f, self.params)?;
        f.write_str(" -> ")?;
        match self.results {
            [result] => write!(f, "{result}"),
            results => write_tuple(f, results),
        }
    }
}

fn write_tuple(f: &mut fmt::Formatter<'_>, types: &[ValType]) -> fmt::Result {
    f.write_str("(")?;
    for (i, ty) in types.iter().enumerate() {
        write!(f, "{}{ty}", if i == 0 { "" } else { ", " })?;
    }
    f.write_str(")")
}

/// The type of an import or an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A memory; sizes in pages of 64 KiB.
    Memory {
        /// The least size, and of a memory that the module defines, the initial one.
        min_pages: u32,
        /// The greatest size, if declared.
        max_pages: Option<u32>,
    },
    /// A table; sizes in elements.
    Table {
        /// [`ValType::FuncRef`] or [`ValType::ExternRef`].
        element: ValType,
        /// The least size, and of a table that the module defines, the initial one.
        min: u32,
        /// The greatest size, if declared.
        max: Option<u32>,
    },
    /// A global.
    Global {
        /// The type of its value.
        ty: ValType,
        /// Whether it can be set.
        mutable: bool,
    },
}

/// An export of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Export {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: ExternType,
}

/// An import of a module: something it cannot work without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Import {
    /// The name of the module that it is to come from.
    pub module: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// Its type.
    pub ty: ExternType,
}

/// Why a call by name gave no results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvokeError {
    /// The module exports nothing by that name.
    UnknownExport,
    /// What the module exports by that name is not a function.
    NotAFunction,
    /// The number of arguments is not that of the parameters.
    ArgumentCount {
        /// How many parameters the function has.
        expected: usize,
        /// How many arguments there were.
        given: usize,
    },
    /// An argument has another type than its parameter.
    ArgumentType {
        /// Which argument, counted from 0.
        index: usize,
        /// The type of the parameter.
        expected: ValType,
        /// The type of the argument.
        given: ValType,
    },
    /// The slice for the results is too short. The function was not called.
    ResultsTooSmall {
        /// How many results the function has.
        needed: usize,
    },
    /// The function was called, and trapped.
    Trap(WasmTrap),
}

impl InvokeError {
    /// Why arguments and the room for results don't fit a function: what generated code returns
    /// when they don't.
    #[must_use]
    pub fn mismatch(params: &[ValType], needed: usize, args: &[Value]) -> Self {
        if args.len() != params.len() {
            return Self::ArgumentCount { expected: params.len(), given: args.len() };
        }
        let mut types = params.iter().zip(args).enumerate();
        match types.find(|(_, (expected, arg))| **expected != arg.ty()) {
            Some((index, (expected, arg))) => {
                Self::ArgumentType { index, expected: *expected, given: arg.ty() }
            }
            None => Self::ResultsTooSmall { needed },
        }
    }
}

impl fmt::Display for InvokeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownExport => f.write_str("no such export"),
            Self::NotAFunction => f.write_str("the export is not a function"),
            Self::ArgumentCount { expected, given } => {
                write!(f, "{expected} argument(s) expected, {given} given")
            }
            Self::ArgumentType { index, expected, given } => {
                write!(
                    f,
                    "argument {}: {expected} expected, {given} given",
                    index.saturating_add(1)
                )
            }
            Self::ResultsTooSmall { needed } => write!(f, "no room for {needed} result(s)"),
            Self::Trap(trap) => write!(f, "trap: {trap}"),
        }
    }
}

impl core::error::Error for InvokeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Trap(trap) => Some(trap),
            Self::UnknownExport
            | Self::NotAFunction
            | Self::ArgumentCount { .. }
            | Self::ArgumentType { .. }
            | Self::ResultsTooSmall { .. } => None,
        }
    }
}

impl From<WasmTrap> for InvokeError {
    fn from(trap: WasmTrap) -> Self {
        Self::Trap(trap)
    }
}

/// A generated module that owns its memory, or has none.
pub trait Module {
    /// SHA-256 of the `.wasm` file, in hexadecimal.
    const DIGEST: &'static str;
    /// What the module imports, in the order of the import section.
    const IMPORTS: &'static [Import];
    /// What the module exports, in the order of the export section.
    const EXPORTS: &'static [Export];

    /// Calls the exported function `name`; writes its results to the start of `results` and returns
    /// how many.
    ///
    /// # Errors
    ///
    /// [`InvokeError::Trap`] if the function traps. Every other error means that it was not called.
    fn invoke(
        &mut self,
        name: &str,
        args: &[Value],
        results: &mut [Value],
    ) -> Result<usize, InvokeError>;

    /// The value of the exported global `name`, or `None` if the module exports no such global.
    fn global(&self, name: &str) -> Option<Value>;

    /// Where a trap of this module was raised, if that is known.
    fn locate(&self, trap: WasmTrap) -> Option<TrapLocation>;
}

/// A generated module that imports its memory: each call borrows the caller's, and keeps nothing of
/// it.
pub trait LibraryModule {
    /// SHA-256 of the `.wasm` file, in hexadecimal.
    const DIGEST: &'static str;
    /// What the module imports, in the order of the import section.
    const IMPORTS: &'static [Import];
    /// What the module exports, in the order of the export section.
    const EXPORTS: &'static [Export];

    /// The memory that a call borrows: an [`IsolatedMemory`](crate::IsolatedMemory).
    type Memory;

    /// Calls the exported function `name`; writes its results to the start of `results` and returns
    /// how many.
    ///
    /// # Errors
    ///
    /// [`InvokeError::Trap`] if the function traps. Every other error means that it was not called.
    fn invoke(
        &mut self,
        memory: &mut Self::Memory,
        name: &str,
        args: &[Value],
        results: &mut [Value],
    ) -> Result<usize, InvokeError>;

    /// The value of the exported global `name`, or `None` if the module exports no such global.
    fn global(&self, name: &str) -> Option<Value>;

    /// Where a trap of this module was raised, if that is known.
    fn locate(&self, trap: WasmTrap) -> Option<TrapLocation>;
}
