//! Rounding, square root, minimum and maximum: the public functions, whatever the features choose,
//! and the integer implementations, bit by bit against the standard library.

use herkos_runtime::*;

/// The implementations that hosts without the standard library get, tested with every feature.
#[path = "../src/num/soft.rs"]
mod soft;

/// Pseudo-random bits (xorshift64*), the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// A prime, so that every field of the float takes many values.
const F32_STRIDE: usize = 1009;

fn f32_patterns(stride: usize) -> impl Iterator<Item = f32> {
    let edges = (0..=255_u32).flat_map(|exponent| {
        [0, 1, 2, 0x003f_ffff, 0x0040_0000, 0x0040_0001, 0x007f_ffff]
            .map(|fraction| exponent << 23 | fraction)
    });
    let edges = edges.flat_map(|bits| [bits, bits | 0x8000_0000]);
    edges.chain((0..=u32::MAX).step_by(stride)).map(f32::from_bits)
}

fn f64_patterns() -> impl Iterator<Item = f64> {
    let edges = (0..=2047_u64).flat_map(|exponent| {
        [0, 1, 2, 1 << 50, (1 << 51) - 1, 1 << 51, (1 << 51) + 1, (1 << 52) - 1]
            .map(|fraction| exponent << 52 | fraction)
    });
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let random = (0..1_500_000_u64).map(move |i| {
        let bits = random.next();
        match i % 4 {
            0 | 1 => bits,
            // Exponents where fractions begin and end, and few bits in the fraction: halves,
            // integers.
            2 => bits & 0x800f_ffff_ffff_ffff | (1015 + bits % 70) << 52,
            _ => {
                bits & 0x8000_0000_0000_0000
                    | (1015 + bits % 70) << 52
                    | (bits & 7) << (bits >> 8 & 63).min(49)
            }
        }
    });
    edges.flat_map(|bits| [bits, bits | 1 << 63]).chain(random).map(f64::from_bits)
}

macro_rules! rounding_tests {
    ($($name:ident: $float:ident $method:ident $patterns:expr, $quiet_bit:expr;)*) => {$(
        #[test]
        fn $name() {
            for a in $patterns {
                let actual = herkos_runtime::$name(a).to_bits();
                if a.is_nan() {
                    assert_eq!(actual, a.to_bits() | $quiet_bit, "{:#x}", a.to_bits());
                    assert!(soft::$name(a).is_nan());
                } else {
                    assert_eq!(actual, a.$method().to_bits(), "{a:?} ({:#x})", a.to_bits());
                    assert_eq!(soft::$name(a).to_bits(), a.$method().to_bits(), "soft: {a:?} ({:#x})", a.to_bits());
                }
            }
        }
    )*};
}

/// Modules, so that the tests can have the names of what they test.
mod rounding {
    use super::{F32_STRIDE, f32_patterns, f64_patterns, soft};

    rounding_tests! {
        f32_ceil: f32 ceil f32_patterns(F32_STRIDE), 1 << 22;
        f32_floor: f32 floor f32_patterns(F32_STRIDE), 1 << 22;
        f32_trunc: f32 trunc f32_patterns(F32_STRIDE), 1 << 22;
        f32_nearest: f32 round_ties_even f32_patterns(F32_STRIDE), 1 << 22;
        f64_ceil: f64 ceil f64_patterns(), 1 << 51;
        f64_floor: f64 floor f64_patterns(), 1 << 51;
        f64_trunc: f64 trunc f64_patterns(), 1 << 51;
        f64_nearest: f64 round_ties_even f64_patterns(), 1 << 51;
    }
}

macro_rules! sqrt_tests {
    ($($name:ident: $float:ident $patterns:expr, $quiet_bit:expr;)*) => {$(
        #[test]
        fn $name() {
            for a in $patterns {
                let actual = herkos_runtime::$name(a).to_bits();
                if a.is_nan() {
                    assert_eq!(actual, a.to_bits() | $quiet_bit, "{:#x}", a.to_bits());
                    assert!(soft::$name(a).is_nan());
                } else if a < 0.0 {
                    assert_eq!(actual, $float::INFINITY.to_bits() | $quiet_bit, "{a:?}");
                    assert!(soft::$name(a).is_nan());
                } else {
                    assert_eq!(actual, a.sqrt().to_bits(), "{a:?} ({:#x})", a.to_bits());
                    assert_eq!(soft::$name(a).to_bits(), a.sqrt().to_bits(), "soft: {a:?} ({:#x})", a.to_bits());
                }
            }
        }
    )*};
}

mod square_root {
    use super::{F32_STRIDE, f32_patterns, f64_patterns, soft};

    sqrt_tests! {
        f32_sqrt: f32 f32_patterns(F32_STRIDE), 1 << 22;
        f64_sqrt: f64 f64_patterns(), 1 << 51;
    }
}

/// Roots next to a tie are where a square root goes wrong: squares of short fractions, and their
/// neighbours.
#[test]
fn sqrt_of_squares() {
    let mut random = Random(7);
    for _ in 0..300_000 {
        let bits = random.next();
        let root = f64::from_bits(bits >> 12 & !0x7ff_ffff | (700 + bits % 600) << 52);
        let square = root * root; // exact: the root has 26 significant bits
        assert_eq!(soft::f64_sqrt(square).to_bits(), root.to_bits());
        for a in [square.next_up(), square.next_down()] {
            assert_eq!(soft::f64_sqrt(a).to_bits(), a.sqrt().to_bits(), "{a:?}");
        }
        let root = f32::from_bits((bits >> 41) as u32 & !0xfff | (70 + bits as u32 % 110) << 23);
        let square = root * root;
        assert_eq!(soft::f32_sqrt(square).to_bits(), root.to_bits());
        for a in [square.next_up(), square.next_down()] {
            assert_eq!(soft::f32_sqrt(a).to_bits(), a.sqrt().to_bits(), "{a:?}");
        }
    }
}

/// All 2³² floats: a minute in release.
#[test]
#[ignore = "exhaustive; run with --release"]
fn every_f32() {
    for a in f32_patterns(1).filter(|a| !a.is_nan()) {
        let bits = a.to_bits();
        assert_eq!(soft::f32_ceil(a).to_bits(), a.ceil().to_bits(), "{bits:#x}");
        assert_eq!(soft::f32_floor(a).to_bits(), a.floor().to_bits(), "{bits:#x}");
        assert_eq!(soft::f32_trunc(a).to_bits(), a.trunc().to_bits(), "{bits:#x}");
        assert_eq!(soft::f32_nearest(a).to_bits(), a.round_ties_even().to_bits(), "{bits:#x}");
        if a >= 0.0 {
            assert_eq!(soft::f32_sqrt(a).to_bits(), a.sqrt().to_bits(), "{bits:#x}");
        }
    }
}

#[test]
fn nearest_goes_to_even() {
    for (a, nearest) in [
        (0.5, 0.0),
        (1.5, 2.0),
        (2.5, 2.0),
        (3.5, 4.0),
        (4.5, 4.0),
        (0.50000006, 1.0),
        (0.49999997, 0.0),
        (8388607.5, 8388608.0),
    ] {
        assert_eq!(f32_nearest(a).to_bits(), (nearest as f32).to_bits());
        assert_eq!(f32_nearest(-a).to_bits(), (-nearest as f32).to_bits());
    }
    assert_eq!(f64_nearest(4503599627370495.5), 4503599627370496.0);
    assert_eq!(f64_nearest(-0.5).to_bits(), (-0.0_f64).to_bits());
    assert_eq!(f64_ceil(-0.9).to_bits(), (-0.0_f64).to_bits(), "the sign stays");
}

macro_rules! min_max_tests {
    ($module:ident: $float:ident $bits:ident, $min:ident $max:ident $quiet_nan:ident $canonicalize_nan:ident, $quiet_bit:expr) => {
        mod $module {
            use super::*;

            const CANONICAL: $bits = $float::INFINITY.to_bits() | $quiet_bit;
            const SIGN: $bits = 1 << ($bits::BITS - 1);

            fn numbers() -> Vec<$float> {
                let mut numbers = vec![
                    0.0,
                    $float::from_bits(1),
                    $float::MIN_POSITIVE,
                    0.5,
                    1.0,
                    (1.0 as $float).next_up(),
                    1e10,
                    $float::MAX,
                    $float::INFINITY,
                ];
                numbers.extend(numbers.clone().iter().map(|a| -a));
                numbers
            }

            fn nans() -> Vec<$float> {
                let payloads = [
                    1,
                    2,
                    $quiet_bit,
                    $quiet_bit - 1,
                    $quiet_bit | 1,
                    $quiet_bit | ($quiet_bit - 1),
                ];
                let positive = payloads.map(|payload| $float::INFINITY.to_bits() | payload);
                positive
                    .iter()
                    .flat_map(|&bits| [bits, bits | SIGN])
                    .map($float::from_bits)
                    .collect()
            }

            #[test]
            fn numbers_are_ordered_with_their_signs() {
                for a in numbers() {
                    for b in numbers() {
                        let (less, greater) = if a.total_cmp(&b).is_le() { (a, b) } else { (b, a) };
                        assert_eq!($min(a, b).to_bits(), less.to_bits(), "{a:?} {b:?}");
                        assert_eq!($max(a, b).to_bits(), greater.to_bits(), "{a:?} {b:?}");
                    }
                }
            }

            #[test]
            fn one_nan_is_enough() {
                for nan in nans() {
                    for a in numbers() {
                        for result in [$min(nan, a), $min(a, nan), $max(nan, a), $max(a, nan)] {
                            assert_eq!(result.to_bits(), nan.to_bits() | $quiet_bit);
                        }
                    }
                    for other in nans() {
                        for result in [$min(nan, other), $max(nan, other)] {
                            assert_eq!(result.to_bits(), nan.to_bits() | $quiet_bit);
                        }
                    }
                }
            }

            #[test]
            fn forms_of_nan() {
                for nan in nans() {
                    assert_eq!($quiet_nan(nan).to_bits(), nan.to_bits() | $quiet_bit);
                    assert_eq!($canonicalize_nan(nan).to_bits(), CANONICAL);
                }
                for a in numbers() {
                    assert_eq!($quiet_nan(a).to_bits(), a.to_bits());
                    assert_eq!($canonicalize_nan(a).to_bits(), a.to_bits());
                }
            }
        }
    };
}

min_max_tests! { bits_32: f32 u32, f32_min f32_max f32_quiet_nan f32_canonicalize_nan, (1 << 22) }
min_max_tests! { bits_64: f64 u64, f64_min f64_max f64_quiet_nan f64_canonicalize_nan, (1 << 51) }
