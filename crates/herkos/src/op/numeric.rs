//! The numeric operators (specification, "Numeric Instructions").
//!
//! A row gives the operator's variant (named as in `wasmparser`), its WebAssembly name, its
//! class, its signature, and its meaning as a Rust expression over `a` and `b`. The emitter
//! writes that expression into the output and the constant folder evaluates the very same
//! expression, so folding can't drift from execution.

use super::{Const, Scalar};
use herkos_runtime::ValType;
#[allow(clippy::wildcard_imports)]
use herkos_runtime::*;
use wasmparser::Operator;

/// How an operator behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Total; the expression has the result type.
    Pure,
    /// Total; the expression is a `bool` that stands for an `i32` of 0 or 1.
    Test,
    /// Total; the result may be a NaN that arithmetic made or passed on.
    Float,
    /// Partial; the expression is a `Result<_, TrapKind>`.
    Trap,
}

macro_rules! result {
    (Pure, $body:expr) => {
        Some(Scalar::into_const($body))
    };
    (Float, $body:expr) => {
        Some(Scalar::into_const($body))
    };
    (Test, $body:expr) => {
        Some(Const::I32(i32::from($body)))
    };
    (Trap, $body:expr) => {
        $body.ok().map(Scalar::into_const)
    };
}

macro_rules! operators {
    ($($variant:ident $name:literal $class:ident ($($arg:ident: $param:ident),+) -> $result:ident = $body:expr;)*) => {
        /// A numeric operator.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum NumOp { $($variant),* }

        impl NumOp {
            /// Every numeric operator, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The operator that `wasmparser` decoded, if it is a numeric one.
            #[inline(always)]
            pub fn from_operator(operator: &Operator<'_>) -> Option<Self> {
                match operator {
                    $(Operator::$variant => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The operator's name in the text format.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How the operator behaves.
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class),* }
            }

            /// Operand types: one or two.
            pub fn params(self) -> &'static [ValType] {
                match self { $(Self::$variant => &[$(<$param as Scalar>::TY),+]),* }
            }

            /// The type of the result.
            pub fn result(self) -> ValType {
                match self { $(Self::$variant => <$result as Scalar>::TY),* }
            }

            /// The operator's meaning as Rust text over `a` and `b`.
            pub fn template(self) -> &'static str {
                match self { $(Self::$variant => stringify!($body)),* }
            }

            /// The value for constant operands; `None` where the operator traps.
            #[allow(clippy::float_cmp, clippy::cast_possible_truncation)]
            pub fn fold(self, operands: &[Const]) -> Option<Const> {
                match self {
                    $(Self::$variant => {
                        let mut operands = operands.iter();
                        $(let $arg: $param = Scalar::from_const(*operands.next()?)?;)+
                        result!($class, $body)
                    })*
                }
            }
        }
    };
}

operators! {
    I32Eqz "i32.eqz" Test (a: i32) -> i32 = a == 0;
    I32Eq "i32.eq" Test (a: i32, b: i32) -> i32 = a == b;
    I32Ne "i32.ne" Test (a: i32, b: i32) -> i32 = a != b;
    I32LtS "i32.lt_s" Test (a: i32, b: i32) -> i32 = a < b;
    I32LtU "i32.lt_u" Test (a: i32, b: i32) -> i32 = (a as u32) < (b as u32);
    I32GtS "i32.gt_s" Test (a: i32, b: i32) -> i32 = a > b;
    I32GtU "i32.gt_u" Test (a: i32, b: i32) -> i32 = (a as u32) > (b as u32);
    I32LeS "i32.le_s" Test (a: i32, b: i32) -> i32 = a <= b;
    I32LeU "i32.le_u" Test (a: i32, b: i32) -> i32 = (a as u32) <= (b as u32);
    I32GeS "i32.ge_s" Test (a: i32, b: i32) -> i32 = a >= b;
    I32GeU "i32.ge_u" Test (a: i32, b: i32) -> i32 = (a as u32) >= (b as u32);
    I64Eqz "i64.eqz" Test (a: i64) -> i32 = a == 0;
    I64Eq "i64.eq" Test (a: i64, b: i64) -> i32 = a == b;
    I64Ne "i64.ne" Test (a: i64, b: i64) -> i32 = a != b;
    I64LtS "i64.lt_s" Test (a: i64, b: i64) -> i32 = a < b;
    I64LtU "i64.lt_u" Test (a: i64, b: i64) -> i32 = (a as u64) < (b as u64);
    I64GtS "i64.gt_s" Test (a: i64, b: i64) -> i32 = a > b;
    I64GtU "i64.gt_u" Test (a: i64, b: i64) -> i32 = (a as u64) > (b as u64);
    I64LeS "i64.le_s" Test (a: i64, b: i64) -> i32 = a <= b;
    I64LeU "i64.le_u" Test (a: i64, b: i64) -> i32 = (a as u64) <= (b as u64);
    I64GeS "i64.ge_s" Test (a: i64, b: i64) -> i32 = a >= b;
    I64GeU "i64.ge_u" Test (a: i64, b: i64) -> i32 = (a as u64) >= (b as u64);
    F32Eq "f32.eq" Test (a: f32, b: f32) -> i32 = a == b;
    F32Ne "f32.ne" Test (a: f32, b: f32) -> i32 = a != b;
    F32Lt "f32.lt" Test (a: f32, b: f32) -> i32 = a < b;
    F32Gt "f32.gt" Test (a: f32, b: f32) -> i32 = a > b;
    F32Le "f32.le" Test (a: f32, b: f32) -> i32 = a <= b;
    F32Ge "f32.ge" Test (a: f32, b: f32) -> i32 = a >= b;
    F64Eq "f64.eq" Test (a: f64, b: f64) -> i32 = a == b;
    F64Ne "f64.ne" Test (a: f64, b: f64) -> i32 = a != b;
    F64Lt "f64.lt" Test (a: f64, b: f64) -> i32 = a < b;
    F64Gt "f64.gt" Test (a: f64, b: f64) -> i32 = a > b;
    F64Le "f64.le" Test (a: f64, b: f64) -> i32 = a <= b;
    F64Ge "f64.ge" Test (a: f64, b: f64) -> i32 = a >= b;

    I32Clz "i32.clz" Pure (a: i32) -> i32 = a.leading_zeros() as i32;
    I32Ctz "i32.ctz" Pure (a: i32) -> i32 = a.trailing_zeros() as i32;
    I32Popcnt "i32.popcnt" Pure (a: i32) -> i32 = a.count_ones() as i32;
    I32Add "i32.add" Pure (a: i32, b: i32) -> i32 = a.wrapping_add(b);
    I32Sub "i32.sub" Pure (a: i32, b: i32) -> i32 = a.wrapping_sub(b);
    I32Mul "i32.mul" Pure (a: i32, b: i32) -> i32 = a.wrapping_mul(b);
    I32DivS "i32.div_s" Trap (a: i32, b: i32) -> i32 = i32_div_s(a, b);
    I32DivU "i32.div_u" Trap (a: i32, b: i32) -> i32 = i32_div_u(a, b);
    I32RemS "i32.rem_s" Trap (a: i32, b: i32) -> i32 = i32_rem_s(a, b);
    I32RemU "i32.rem_u" Trap (a: i32, b: i32) -> i32 = i32_rem_u(a, b);
    I32And "i32.and" Pure (a: i32, b: i32) -> i32 = a & b;
    I32Or "i32.or" Pure (a: i32, b: i32) -> i32 = a | b;
    I32Xor "i32.xor" Pure (a: i32, b: i32) -> i32 = a ^ b;
    I32Shl "i32.shl" Pure (a: i32, b: i32) -> i32 = a.wrapping_shl(b as u32);
    I32ShrS "i32.shr_s" Pure (a: i32, b: i32) -> i32 = a.wrapping_shr(b as u32);
    I32ShrU "i32.shr_u" Pure (a: i32, b: i32) -> i32 = (a as u32).wrapping_shr(b as u32) as i32;
    I32Rotl "i32.rotl" Pure (a: i32, b: i32) -> i32 = a.rotate_left(b as u32 & 31);
    I32Rotr "i32.rotr" Pure (a: i32, b: i32) -> i32 = a.rotate_right(b as u32 & 31);
    I64Clz "i64.clz" Pure (a: i64) -> i64 = i64::from(a.leading_zeros());
    I64Ctz "i64.ctz" Pure (a: i64) -> i64 = i64::from(a.trailing_zeros());
    I64Popcnt "i64.popcnt" Pure (a: i64) -> i64 = i64::from(a.count_ones());
    I64Add "i64.add" Pure (a: i64, b: i64) -> i64 = a.wrapping_add(b);
    I64Sub "i64.sub" Pure (a: i64, b: i64) -> i64 = a.wrapping_sub(b);
    I64Mul "i64.mul" Pure (a: i64, b: i64) -> i64 = a.wrapping_mul(b);
    I64DivS "i64.div_s" Trap (a: i64, b: i64) -> i64 = i64_div_s(a, b);
    I64DivU "i64.div_u" Trap (a: i64, b: i64) -> i64 = i64_div_u(a, b);
    I64RemS "i64.rem_s" Trap (a: i64, b: i64) -> i64 = i64_rem_s(a, b);
    I64RemU "i64.rem_u" Trap (a: i64, b: i64) -> i64 = i64_rem_u(a, b);
    I64And "i64.and" Pure (a: i64, b: i64) -> i64 = a & b;
    I64Or "i64.or" Pure (a: i64, b: i64) -> i64 = a | b;
    I64Xor "i64.xor" Pure (a: i64, b: i64) -> i64 = a ^ b;
    I64Shl "i64.shl" Pure (a: i64, b: i64) -> i64 = a.wrapping_shl(b as u32);
    I64ShrS "i64.shr_s" Pure (a: i64, b: i64) -> i64 = a.wrapping_shr(b as u32);
    I64ShrU "i64.shr_u" Pure (a: i64, b: i64) -> i64 = (a as u64).wrapping_shr(b as u32) as i64;
    I64Rotl "i64.rotl" Pure (a: i64, b: i64) -> i64 = a.rotate_left(b as u32 & 63);
    I64Rotr "i64.rotr" Pure (a: i64, b: i64) -> i64 = a.rotate_right(b as u32 & 63);

    F32Abs "f32.abs" Pure (a: f32) -> f32 = a.abs();
    F32Neg "f32.neg" Pure (a: f32) -> f32 = -a;
    F32Ceil "f32.ceil" Float (a: f32) -> f32 = f32_ceil(a);
    F32Floor "f32.floor" Float (a: f32) -> f32 = f32_floor(a);
    F32Trunc "f32.trunc" Float (a: f32) -> f32 = f32_trunc(a);
    F32Nearest "f32.nearest" Float (a: f32) -> f32 = f32_nearest(a);
    F32Sqrt "f32.sqrt" Float (a: f32) -> f32 = f32_sqrt(a);
    F32Add "f32.add" Float (a: f32, b: f32) -> f32 = a + b;
    F32Sub "f32.sub" Float (a: f32, b: f32) -> f32 = a - b;
    F32Mul "f32.mul" Float (a: f32, b: f32) -> f32 = a * b;
    F32Div "f32.div" Float (a: f32, b: f32) -> f32 = a / b;
    F32Min "f32.min" Float (a: f32, b: f32) -> f32 = f32_min(a, b);
    F32Max "f32.max" Float (a: f32, b: f32) -> f32 = f32_max(a, b);
    F32Copysign "f32.copysign" Pure (a: f32, b: f32) -> f32 = a.copysign(b);
    F64Abs "f64.abs" Pure (a: f64) -> f64 = a.abs();
    F64Neg "f64.neg" Pure (a: f64) -> f64 = -a;
    F64Ceil "f64.ceil" Float (a: f64) -> f64 = f64_ceil(a);
    F64Floor "f64.floor" Float (a: f64) -> f64 = f64_floor(a);
    F64Trunc "f64.trunc" Float (a: f64) -> f64 = f64_trunc(a);
    F64Nearest "f64.nearest" Float (a: f64) -> f64 = f64_nearest(a);
    F64Sqrt "f64.sqrt" Float (a: f64) -> f64 = f64_sqrt(a);
    F64Add "f64.add" Float (a: f64, b: f64) -> f64 = a + b;
    F64Sub "f64.sub" Float (a: f64, b: f64) -> f64 = a - b;
    F64Mul "f64.mul" Float (a: f64, b: f64) -> f64 = a * b;
    F64Div "f64.div" Float (a: f64, b: f64) -> f64 = a / b;
    F64Min "f64.min" Float (a: f64, b: f64) -> f64 = f64_min(a, b);
    F64Max "f64.max" Float (a: f64, b: f64) -> f64 = f64_max(a, b);
    F64Copysign "f64.copysign" Pure (a: f64, b: f64) -> f64 = a.copysign(b);

    I32WrapI64 "i32.wrap_i64" Pure (a: i64) -> i32 = a as i32;
    I32TruncF32S "i32.trunc_f32_s" Trap (a: f32) -> i32 = i32_trunc_f32_s(a);
    I32TruncF32U "i32.trunc_f32_u" Trap (a: f32) -> i32 = i32_trunc_f32_u(a);
    I32TruncF64S "i32.trunc_f64_s" Trap (a: f64) -> i32 = i32_trunc_f64_s(a);
    I32TruncF64U "i32.trunc_f64_u" Trap (a: f64) -> i32 = i32_trunc_f64_u(a);
    I64ExtendI32S "i64.extend_i32_s" Pure (a: i32) -> i64 = a as i64;
    I64ExtendI32U "i64.extend_i32_u" Pure (a: i32) -> i64 = a as u32 as i64;
    I64TruncF32S "i64.trunc_f32_s" Trap (a: f32) -> i64 = i64_trunc_f32_s(a);
    I64TruncF32U "i64.trunc_f32_u" Trap (a: f32) -> i64 = i64_trunc_f32_u(a);
    I64TruncF64S "i64.trunc_f64_s" Trap (a: f64) -> i64 = i64_trunc_f64_s(a);
    I64TruncF64U "i64.trunc_f64_u" Trap (a: f64) -> i64 = i64_trunc_f64_u(a);
    F32ConvertI32S "f32.convert_i32_s" Pure (a: i32) -> f32 = a as f32;
    F32ConvertI32U "f32.convert_i32_u" Pure (a: i32) -> f32 = a as u32 as f32;
    F32ConvertI64S "f32.convert_i64_s" Pure (a: i64) -> f32 = a as f32;
    F32ConvertI64U "f32.convert_i64_u" Pure (a: i64) -> f32 = a as u64 as f32;
    F32DemoteF64 "f32.demote_f64" Float (a: f64) -> f32 = f32_demote_f64(a);
    F64ConvertI32S "f64.convert_i32_s" Pure (a: i32) -> f64 = a as f64;
    F64ConvertI32U "f64.convert_i32_u" Pure (a: i32) -> f64 = a as u32 as f64;
    F64ConvertI64S "f64.convert_i64_s" Pure (a: i64) -> f64 = a as f64;
    F64ConvertI64U "f64.convert_i64_u" Pure (a: i64) -> f64 = a as u64 as f64;
    F64PromoteF32 "f64.promote_f32" Float (a: f32) -> f64 = f64_promote_f32(a);
    I32ReinterpretF32 "i32.reinterpret_f32" Pure (a: f32) -> i32 = a.to_bits() as i32;
    I64ReinterpretF64 "i64.reinterpret_f64" Pure (a: f64) -> i64 = a.to_bits() as i64;
    F32ReinterpretI32 "f32.reinterpret_i32" Pure (a: i32) -> f32 = f32::from_bits(a as u32);
    F64ReinterpretI64 "f64.reinterpret_i64" Pure (a: i64) -> f64 = f64::from_bits(a as u64);

    I32Extend8S "i32.extend8_s" Pure (a: i32) -> i32 = a as i8 as i32;
    I32Extend16S "i32.extend16_s" Pure (a: i32) -> i32 = a as i16 as i32;
    I64Extend8S "i64.extend8_s" Pure (a: i64) -> i64 = a as i8 as i64;
    I64Extend16S "i64.extend16_s" Pure (a: i64) -> i64 = a as i16 as i64;
    I64Extend32S "i64.extend32_s" Pure (a: i64) -> i64 = a as i32 as i64;

    I32TruncSatF32S "i32.trunc_sat_f32_s" Pure (a: f32) -> i32 = a as i32;
    I32TruncSatF32U "i32.trunc_sat_f32_u" Pure (a: f32) -> i32 = a as u32 as i32;
    I32TruncSatF64S "i32.trunc_sat_f64_s" Pure (a: f64) -> i32 = a as i32;
    I32TruncSatF64U "i32.trunc_sat_f64_u" Pure (a: f64) -> i32 = a as u32 as i32;
    I64TruncSatF32S "i64.trunc_sat_f32_s" Pure (a: f32) -> i64 = a as i64;
    I64TruncSatF32U "i64.trunc_sat_f32_u" Pure (a: f32) -> i64 = a as u64 as i64;
    I64TruncSatF64S "i64.trunc_sat_f64_s" Pure (a: f64) -> i64 = a as i64;
    I64TruncSatF64U "i64.trunc_sat_f64_u" Pure (a: f64) -> i64 = a as u64 as i64;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_evaluates_the_row() {
        let fold = |op: NumOp, a, b| op.fold(&[Const::I32(a), Const::I32(b)]);
        assert_eq!(fold(NumOp::I32Add, i32::MAX, 1), Some(Const::I32(i32::MIN)));
        assert_eq!(fold(NumOp::I32ShrU, -1, 33), Some(Const::I32(i32::MAX)));
        assert_eq!(fold(NumOp::I32LtU, -1, 0), Some(Const::I32(0)));
        assert_eq!(fold(NumOp::I32DivS, 1, 0), None);
        assert_eq!(fold(NumOp::I32DivS, i32::MIN, -1), None);
        assert_eq!(fold(NumOp::I32RemS, i32::MIN, -1), Some(Const::I32(0)));
        assert_eq!(NumOp::I64ExtendI32U.fold(&[Const::I32(-1)]), Some(Const::I64(0xffff_ffff)));
    }

    #[test]
    fn templates_keep_their_spelling() {
        // The emitter parses the text that `stringify!` gives; a compiler that spells it
        // otherwise must not go unnoticed.
        assert_eq!(NumOp::I32Add.template(), "a.wrapping_add(b)");
        assert_eq!(NumOp::I32LtU.template(), "(a as u32) < (b as u32)");
        assert_eq!(NumOp::I64Rotr.template(), "a.rotate_right(b as u32 & 63)");
        assert_eq!(NumOp::F64Neg.template(), "-a");
    }

    #[test]
    fn every_operator_folds_or_traps_on_zero_and_one() {
        for op in NumOp::ALL {
            let operands: Vec<Const> = (op.params().iter())
                .map(|ty| match ty {
                    ValType::I32 => Const::I32(1),
                    ValType::I64 => Const::I64(1),
                    ValType::F32 => Const::F32(1f32.to_bits()),
                    _ => Const::F64(1f64.to_bits()),
                })
                .collect();
            let value = op.fold(&operands);
            assert_eq!(value.map(Const::ty), Some(op.result()), "{}", op.name());
        }
    }
}
