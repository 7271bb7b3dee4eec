//! Integer division and remainder, the integer operators that can trap.

use crate::trap::TrapKind;

macro_rules! divisions {
    ($($div_s:ident $div_u:ident $rem_s:ident $rem_u:ident:
       $int:ident $unsigned:ident $wasm:literal;)*) => {$(
        #[doc = concat!("`", $wasm, ".div_s`: the quotient, rounded towards zero.")]
        ///
        /// # Errors
        ///
        /// [`TrapKind::IntegerDivideByZero`]; [`TrapKind::IntegerOverflow`] for the least integer
        /// divided by -1.
        #[inline]
        pub fn $div_s(a: $int, b: $int) -> Result<$int, TrapKind> {
            match a.checked_div(b) {
                Some(quotient) => Ok(quotient),
                None if b == 0 => Err(TrapKind::IntegerDivideByZero),
                None => Err(TrapKind::IntegerOverflow),
            }
        }

        #[doc = concat!("`", $wasm, ".div_u`: the quotient, rounded down; all are read as unsigned.")]
        ///
        /// # Errors
        ///
        /// [`TrapKind::IntegerDivideByZero`].
        #[inline]
        pub fn $div_u(a: $int, b: $int) -> Result<$int, TrapKind> {
            match (a as $unsigned).checked_div(b as $unsigned) {
                Some(quotient) => Ok(quotient as $int),
                None => Err(TrapKind::IntegerDivideByZero),
            }
        }

        #[doc = concat!("`", $wasm, ".rem_s`: the remainder; its sign is that of the dividend `a`.")]
        /// That of the least integer by -1 is 0, although their quotient overflows.
        ///
        /// # Errors
        ///
        /// [`TrapKind::IntegerDivideByZero`].
        #[inline]
        pub fn $rem_s(a: $int, b: $int) -> Result<$int, TrapKind> {
            if b == 0 { Err(TrapKind::IntegerDivideByZero) } else { Ok(a.wrapping_rem(b)) }
        }

        #[doc = concat!("`", $wasm, ".rem_u`: the remainder; all are read as unsigned.")]
        ///
        /// # Errors
        ///
        /// [`TrapKind::IntegerDivideByZero`].
        #[inline]
        pub fn $rem_u(a: $int, b: $int) -> Result<$int, TrapKind> {
            match (a as $unsigned).checked_rem(b as $unsigned) {
                Some(remainder) => Ok(remainder as $int),
                None => Err(TrapKind::IntegerDivideByZero),
            }
        }
    )*};
}

divisions! {
    i32_div_s i32_div_u i32_rem_s i32_rem_u: i32 u32 "i32";
    i64_div_s i64_div_u i64_rem_s i64_rem_u: i64 u64 "i64";
}
