//! Loads and stores (specification, "Memory Instructions").

use herkos_runtime::ValType;
use wasmparser::{MemArg, Operator};

macro_rules! accesses {
    ($(#[$doc:meta])* $enum:ident: $($variant:ident $name:literal $ty:ident $function:literal;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum $enum { $($variant),* }

        impl $enum {
            /// Every operator, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The operator that `wasmparser` decoded, with its immediate.
            #[inline(always)]
            pub fn from_operator(operator: &Operator<'_>) -> Option<(Self, MemArg)> {
                match *operator {
                    $(Operator::$variant { memarg } => Some((Self::$variant, memarg)),)*
                    _ => None,
                }
            }

            /// The operator's name in the text format.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The type of the value loaded or stored.
            pub fn ty(self) -> ValType {
                match self { $(Self::$variant => ValType::$ty),* }
            }

            /// The runtime function that does it.
            pub fn function(self) -> &'static str {
                match self { $(Self::$variant => $function),* }
            }
        }
    };
}

accesses! {
    /// A load.
    LoadOp:
    I32Load "i32.load" I32 "i32_load";
    I64Load "i64.load" I64 "i64_load";
    F32Load "f32.load" F32 "f32_load";
    F64Load "f64.load" F64 "f64_load";
    I32Load8S "i32.load8_s" I32 "i32_load8_s";
    I32Load8U "i32.load8_u" I32 "i32_load8_u";
    I32Load16S "i32.load16_s" I32 "i32_load16_s";
    I32Load16U "i32.load16_u" I32 "i32_load16_u";
    I64Load8S "i64.load8_s" I64 "i64_load8_s";
    I64Load8U "i64.load8_u" I64 "i64_load8_u";
    I64Load16S "i64.load16_s" I64 "i64_load16_s";
    I64Load16U "i64.load16_u" I64 "i64_load16_u";
    I64Load32S "i64.load32_s" I64 "i64_load32_s";
    I64Load32U "i64.load32_u" I64 "i64_load32_u";
}

accesses! {
    /// A store.
    StoreOp:
    I32Store "i32.store" I32 "i32_store";
    I64Store "i64.store" I64 "i64_store";
    F32Store "f32.store" F32 "f32_store";
    F64Store "f64.store" F64 "f64_store";
    I32Store8 "i32.store8" I32 "i32_store8";
    I32Store16 "i32.store16" I32 "i32_store16";
    I64Store8 "i64.store8" I64 "i64_store8";
    I64Store16 "i64.store16" I64 "i64_store16";
    I64Store32 "i64.store32" I64 "i64_store32";
}
