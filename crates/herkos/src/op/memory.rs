//! Loads and stores (specification, "Memory Instructions").

use crate::ir::Bound;
use herkos_runtime::ValType;
use wasmparser::{MemArg, Operator};

/// What the bounds check of an access covers, and how it names the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The accessed bytes alone.
    Own,
    /// A larger extent from the address on.
    Within,
    /// An extent from the address on for which a check has passed.
    Proven,
    /// The first bytes of the memory.
    Below,
    /// The first bytes of the memory, for which a check has passed.
    BelowProven,
    /// A position in the memory.
    At,
}

impl Check {
    /// Every form.
    pub const ALL: [Self; 6] =
        [Self::Own, Self::Within, Self::Proven, Self::Below, Self::BelowProven, Self::At];

    /// The form of an access by address.
    pub fn of(bound: Bound) -> Self {
        match bound {
            Bound::Own => Self::Own,
            Bound::Extent(_) => Self::Within,
            Bound::Proven(_) => Self::Proven,
            Bound::Below(_) => Self::Below,
            Bound::BelowProven(_) => Self::BelowProven,
        }
    }
}

macro_rules! accesses {
    ($(#[$doc:meta])* $enum:ident: $($variant:ident $name:literal $ty:ident $width:literal $function:literal;)*) => {
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

            /// How many bytes are accessed.
            pub fn width(self) -> u32 {
                match self { $(Self::$variant => $width),* }
            }

            /// How many bytes from the address on an access with this offset needs.
            pub fn extent(self, offset: u32) -> u64 {
                u64::from(offset) + u64::from(self.width())
            }

            /// The runtime function that does it where it can't trap.
            pub fn always_function(self) -> &'static str {
                match self { $(Self::$variant => concat!($function, "_always")),* }
            }

            /// The runtime function that does it.
            pub fn function(self, check: Check) -> &'static str {
                match (self, check) {$(
                    (Self::$variant, Check::Own) => $function,
                    (Self::$variant, Check::Within) => concat!($function, "_within"),
                    (Self::$variant, Check::Proven) => concat!($function, "_proven"),
                    (Self::$variant, Check::Below) => concat!($function, "_below"),
                    (Self::$variant, Check::BelowProven) => concat!($function, "_below_proven"),
                    (Self::$variant, Check::At) => concat!($function, "_at"),
                )*}
            }
        }
    };
}

accesses! {
    /// A load.
    LoadOp:
    I32Load "i32.load" I32 4 "i32_load";
    I64Load "i64.load" I64 8 "i64_load";
    F32Load "f32.load" F32 4 "f32_load";
    F64Load "f64.load" F64 8 "f64_load";
    I32Load8S "i32.load8_s" I32 1 "i32_load8_s";
    I32Load8U "i32.load8_u" I32 1 "i32_load8_u";
    I32Load16S "i32.load16_s" I32 2 "i32_load16_s";
    I32Load16U "i32.load16_u" I32 2 "i32_load16_u";
    I64Load8S "i64.load8_s" I64 1 "i64_load8_s";
    I64Load8U "i64.load8_u" I64 1 "i64_load8_u";
    I64Load16S "i64.load16_s" I64 2 "i64_load16_s";
    I64Load16U "i64.load16_u" I64 2 "i64_load16_u";
    I64Load32S "i64.load32_s" I64 4 "i64_load32_s";
    I64Load32U "i64.load32_u" I64 4 "i64_load32_u";
}

impl LoadOp {
    /// The greatest value, unsigned, that it can load, if that is less than what its type can hold.
    pub fn greatest(self) -> Option<u32> {
        match self {
            Self::I32Load8U => Some(u8::MAX.into()),
            Self::I32Load16U => Some(u16::MAX.into()),
            _ => None,
        }
    }
}

accesses! {
    /// A store.
    StoreOp:
    I32Store "i32.store" I32 4 "i32_store";
    I64Store "i64.store" I64 8 "i64_store";
    F32Store "f32.store" F32 4 "f32_store";
    F64Store "f64.store" F64 8 "f64_store";
    I32Store8 "i32.store8" I32 1 "i32_store8";
    I32Store16 "i32.store16" I32 2 "i32_store16";
    I64Store8 "i64.store8" I64 1 "i64_store8";
    I64Store16 "i64.store16" I64 2 "i64_store16";
    I64Store32 "i64.store32" I64 4 "i64_store32";
}
