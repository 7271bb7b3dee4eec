//! Conversions of floats: every boundary, and every NaN's bits.

use herkos_runtime::{TrapKind::IntegerOverflow, *};

/// The truncation of a float as a wide integer, or `None` if it needs more than 100 bits.
fn exact(a: f64) -> Option<i128> {
    (a.abs() < 1e30).then_some(a as i128)
}

macro_rules! truncation_tests {
    ($($name:ident: $float:ident -> $int:ident as $result:ident;)*) => {$(
        #[test]
        fn $name() {
            let check = |a: $float| {
                let expected = if a.is_nan() {
                    Err(InvalidConversionToInteger)
                } else {
                    exact(f64::from(a)).and_then(|n| $int::try_from(n).ok()).map(|n| n as $result).ok_or(IntegerOverflow)
                };
                assert_eq!(herkos_runtime::$name(a), expected, "{a:?}");
                a
            };
            // Around both bounds, zero and one: ten floats to either side.
            let (mut accepted, mut refused) = (0, 0);
            for middle in [0.0, -1.0, 1.0, $int::MIN as $float, $int::MAX as $float, $int::MIN as $float - 1.0] {
                let (mut up, mut down) = (middle, middle);
                for _ in 0..10 {
                    for a in [up, down, up - 0.5, up + 0.5, down - 0.5, down + 0.5, up + 1.0, down - 1.0] {
                        match herkos_runtime::$name(check(a)) {
                            Ok(_) => accepted += 1,
                            Err(_) => refused += 1,
                        }
                    }
                    (up, down) = (up.next_up(), down.next_down());
                }
            }
            assert!(accepted > 50 && refused > 20, "{accepted} {refused}");
            for a in [0.0, $float::MIN_POSITIVE, $float::from_bits(1), $float::MAX, $float::INFINITY, 0.9, 1.1, 1e9, 1e10, 1e18, 1e19, 1e20] {
                check(a);
                check(-a);
            }
            for nan in [$float::NAN, -$float::NAN, $float::from_bits($float::INFINITY.to_bits() + 1), $float::from_bits($float::NAN.to_bits() | 5)] {
                check(nan);
            }
            // A walk through all magnitudes.
            let mut a = 1e-3 as $float;
            while a < 1e25 {
                check(a);
                check(-a);
                a *= 1.37;
            }
        }
    )*};
}

/// A module, so that the tests can have the names of what they test.
mod truncation {
    use super::exact;
    use herkos_runtime::TrapKind::{IntegerOverflow, InvalidConversionToInteger};

    truncation_tests! {
        i32_trunc_f32_s: f32 -> i32 as i32;
        i32_trunc_f32_u: f32 -> u32 as i32;
        i32_trunc_f64_s: f64 -> i32 as i32;
        i32_trunc_f64_u: f64 -> u32 as i32;
        i64_trunc_f32_s: f32 -> i64 as i64;
        i64_trunc_f32_u: f32 -> u64 as i64;
        i64_trunc_f64_s: f64 -> i64 as i64;
        i64_trunc_f64_u: f64 -> u64 as i64;
    }
}

/// The last accepted and the first refused float on either side, as literals.
#[test]
fn truncation_bounds() {
    assert_eq!(i32_trunc_f32_s(2147483520.0), Ok(2147483520));
    assert_eq!(i32_trunc_f32_s(2147483648.0), Err(IntegerOverflow));
    assert_eq!(i32_trunc_f32_s(-2147483648.0), Ok(i32::MIN));
    assert_eq!(i32_trunc_f32_s(-2147483904.0), Err(IntegerOverflow));
    assert_eq!(i32_trunc_f64_s(2147483647.9), Ok(i32::MAX));
    assert_eq!(i32_trunc_f64_s(-2147483648.9), Ok(i32::MIN));
    assert_eq!(i32_trunc_f64_s(-2147483649.0), Err(IntegerOverflow));
    assert_eq!(i32_trunc_f64_u(4294967295.9), Ok(-1));
    assert_eq!(i32_trunc_f64_u(4294967296.0), Err(IntegerOverflow));
    assert_eq!(i32_trunc_f64_u(-0.9), Ok(0));
    assert_eq!(i32_trunc_f64_u(-1.0), Err(IntegerOverflow));
    assert_eq!(i64_trunc_f64_s(-9223372036854775808.0), Ok(i64::MIN));
    assert_eq!(i64_trunc_f64_s(-9223372036854777856.0), Err(IntegerOverflow));
    assert_eq!(i64_trunc_f64_s(9223372036854774784.0), Ok(9223372036854774784));
    assert_eq!(i64_trunc_f64_s(9223372036854775808.0), Err(IntegerOverflow));
    assert_eq!(i64_trunc_f64_u(18446744073709549568.0), Ok(-2048));
    assert_eq!(i64_trunc_f64_u(18446744073709551616.0), Err(IntegerOverflow));
    assert_eq!(i64_trunc_f32_u(18446742974197923840.0), Ok(-1099511627776));
    assert_eq!(i64_trunc_f32_s(-9223373136366403584.0), Err(IntegerOverflow));
}

#[test]
fn demotion_and_promotion_of_numbers() {
    for bits in (0..=u32::MAX).step_by(4099) {
        let a = f32::from_bits(bits);
        if !a.is_nan() {
            assert_eq!(f64_promote_f32(a).to_bits(), f64::from(a).to_bits());
            assert_eq!(f32_demote_f64(f64::from(a)).to_bits(), bits);
        }
    }
    // Ties to even, subnormals, overflow to infinity.
    assert_eq!(f32_demote_f64(1.0 + f64::from(f32::EPSILON) / 2.0), 1.0);
    assert_eq!(f32_demote_f64((1.0 + f64::from(f32::EPSILON) / 2.0).next_up()), 1.0 + f32::EPSILON);
    assert_eq!(f32_demote_f64(1e-45), f32::from_bits(1));
    assert_eq!(f32_demote_f64(-1e-60).to_bits(), 0x8000_0000);
    assert_eq!(f32_demote_f64(3.5e38), f32::INFINITY);
}

#[test]
fn nans_stay_nans_and_become_quiet() {
    for (from, to) in [
        (0x7ff8_0000_0000_0000_u64, 0x7fc0_0000_u32), // canonical to canonical
        (0xfff8_0000_0000_0000, 0xffc0_0000),
        (0x7ff0_0000_0000_0001, 0x7fc0_0000), // a payload that does not fit
        (0x7ff4_0000_0000_0000, 0x7fe0_0000),
        (0xffff_ffff_ffff_ffff, 0xffff_ffff),
        (0x7ff8_0000_2000_0000, 0x7fc0_0001),
    ] {
        assert_eq!(f32_demote_f64(f64::from_bits(from)).to_bits(), to, "{from:#x}");
    }
    for (from, to) in [
        (0x7fc0_0000_u32, 0x7ff8_0000_0000_0000_u64),
        (0xffc0_0000, 0xfff8_0000_0000_0000),
        (0x7f80_0001, 0x7ff8_0000_2000_0000),
        (0xffff_ffff, 0xffff_ffff_e000_0000),
    ] {
        assert_eq!(f64_promote_f32(f32::from_bits(from)).to_bits(), to, "{from:#x}");
        assert_eq!(
            f32_demote_f64(f64::from_bits(to)).to_bits(),
            from | 0x0040_0000,
            "there and back"
        );
    }
}
