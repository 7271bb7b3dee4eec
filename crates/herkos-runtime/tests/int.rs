//! Division and remainder, at every boundary and against wide arithmetic.

use herkos_runtime::{TrapKind::IntegerDivideByZero, TrapKind::IntegerOverflow, *};

macro_rules! division_tests {
    ($module:ident: $int:ident $unsigned:ident, $div_s:ident $div_u:ident $rem_s:ident $rem_u:ident) => {
        mod $module {
            use super::*;

            /// Both ends, the neighbourhood of zero, of the sign bit and of some powers of two.
            fn operands() -> Vec<$int> {
                let mut operands: Vec<$int> = (-9..=9).collect();
                for shift in [7, 8, 15, 16, 24, $int::BITS - 2, $int::BITS - 1] {
                    let power = (1 as $int) << shift;
                    operands.extend((-2..=2).flat_map(|i| {
                        [power.wrapping_add(i), power.wrapping_neg().wrapping_add(i)]
                    }));
                }
                operands.sort_unstable();
                operands.dedup();
                operands
            }

            /// 128 bits hold every quotient.
            #[test]
            fn against_wide_arithmetic() {
                for a in operands() {
                    for b in operands() {
                        let (wide_a, wide_b) = (i128::from(a), i128::from(b));
                        let (wide_ua, wide_ub) =
                            (u128::from(a as $unsigned), u128::from(b as $unsigned));
                        if b == 0 {
                            assert_eq!($div_s(a, b), Err(IntegerDivideByZero));
                            assert_eq!($div_u(a, b), Err(IntegerDivideByZero));
                            assert_eq!($rem_s(a, b), Err(IntegerDivideByZero));
                            assert_eq!($rem_u(a, b), Err(IntegerDivideByZero));
                            continue;
                        }
                        assert_eq!(
                            $div_s(a, b),
                            $int::try_from(wide_a / wide_b).map_err(|_| IntegerOverflow),
                            "{a} / {b}"
                        );
                        assert_eq!(
                            $div_u(a, b).map(|q| u128::from(q as $unsigned)),
                            Ok(wide_ua / wide_ub),
                            "{a} / {b}"
                        );
                        assert_eq!($rem_s(a, b).map(i128::from), Ok(wide_a % wide_b), "{a} % {b}");
                        assert_eq!(
                            $rem_u(a, b).map(|r| u128::from(r as $unsigned)),
                            Ok(wide_ua % wide_ub),
                            "{a} % {b}"
                        );
                    }
                }
            }

            #[test]
            fn the_two_special_cases() {
                assert_eq!($div_s($int::MIN, -1), Err(IntegerOverflow));
                assert_eq!($rem_s($int::MIN, -1), Ok(0));
                assert_eq!($div_u($int::MIN, -1), Ok(0));
                assert_eq!($rem_u($int::MIN, -1), Ok($int::MIN));
                assert_eq!($div_s($int::MIN, 0), Err(IntegerDivideByZero), "not an overflow");
                assert_eq!($div_s(-7, 2), Ok(-3), "towards zero");
                assert_eq!($rem_s(-7, 2), Ok(-1), "the sign of the dividend");
                assert_eq!($rem_s(7, -2), Ok(1), "the sign of the dividend");
            }
        }
    };
}

division_tests! { bits_32: i32 u32, i32_div_s i32_div_u i32_rem_s i32_rem_u }
division_tests! { bits_64: i64 u64, i64_div_s i64_div_u i64_rem_s i64_rem_u }
