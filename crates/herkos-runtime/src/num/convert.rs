//! Conversions between floats and integers that can trap, and between floats of different widths.
//!
//! The saturating conversions (`i32.trunc_sat_f32_s` and its family) are Rust's `as`.

use crate::trap::TrapKind;

/// Each row gives the two floats next to the accepted ones: the greatest and the least whose
/// integer part does not fit. Both are exact.
macro_rules! truncations {
    ($($name:ident: $float:ident -> $int:ident as $result:ident,
       $below:literal, $above:literal, $wasm:literal;)*) => {$(
        #[doc = concat!("`", $wasm, "`: `a` rounded towards zero, as an integer.")]
        ///
        /// # Errors
        ///
        /// [`TrapKind::InvalidConversionToInteger`] for a NaN; [`TrapKind::IntegerOverflow`] if the
        /// integer does not fit, which goes for the infinities.
        #[inline]
        pub fn $name(a: $float) -> Result<$result, TrapKind> {
            if a > $below && a < $above {
                Ok(a as $int as $result)
            } else if a.is_nan() {
                Err(TrapKind::InvalidConversionToInteger)
            } else {
                Err(TrapKind::IntegerOverflow)
            }
        }
    )*};
}

truncations! {
    i32_trunc_f32_s: f32 -> i32 as i32,
        -2147483904.0, 2147483648.0, "i32.trunc_f32_s";
    i32_trunc_f32_u: f32 -> u32 as i32,
        -1.0, 4294967296.0, "i32.trunc_f32_u";
    i32_trunc_f64_s: f64 -> i32 as i32,
        -2147483649.0, 2147483648.0, "i32.trunc_f64_s";
    i32_trunc_f64_u: f64 -> u32 as i32,
        -1.0, 4294967296.0, "i32.trunc_f64_u";
    i64_trunc_f32_s: f32 -> i64 as i64,
        -9223373136366403584.0, 9223372036854775808.0, "i64.trunc_f32_s";
    i64_trunc_f32_u: f32 -> u64 as i64,
        -1.0, 18446744073709551616.0, "i64.trunc_f32_u";
    i64_trunc_f64_s: f64 -> i64 as i64,
        -9223372036854777856.0, 9223372036854775808.0, "i64.trunc_f64_s";
    i64_trunc_f64_u: f64 -> u64 as i64,
        -1.0, 18446744073709551616.0, "i64.trunc_f64_u";
}

/// `f32.demote_f64`: the nearest `f32`. A NaN keeps its sign and the high bits of its payload, and
/// becomes quiet.
#[inline]
#[must_use]
pub fn f32_demote_f64(a: f64) -> f32 {
    if a.is_nan() {
        let bits = a.to_bits();
        let sign = (bits >> 32) as u32 & 0x8000_0000;
        f32::from_bits(sign | F32_QUIET_NAN | (bits >> 29) as u32 & F32_PAYLOAD)
    } else {
        a as f32
    }
}

/// `f64.promote_f32`: the same value. A NaN keeps its sign and payload, and becomes quiet.
#[inline]
#[must_use]
pub fn f64_promote_f32(a: f32) -> f64 {
    if a.is_nan() {
        let bits = a.to_bits();
        let sign = u64::from(bits & 0x8000_0000) << 32;
        f64::from_bits(sign | F64_QUIET_NAN | u64::from(bits & F32_PAYLOAD) << 29)
    } else {
        f64::from(a)
    }
}

/// The positive quiet NaN without payload: the canonical one.
const F32_QUIET_NAN: u32 = 0x7fc0_0000;
const F64_QUIET_NAN: u64 = 0x7ff8_0000_0000_0000;

/// The bits of an `f32` NaN's payload below the quiet bit.
const F32_PAYLOAD: u32 = 0x003f_ffff;
