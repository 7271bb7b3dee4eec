//! Float operators: rounding, square root, minimum, maximum, and the forms of NaN.
//!
//! Rust leaves the bits of a NaN that a float operation returns open, and processors differ. Here
//! the bits of NaNs come from integer operations only, so that every function gives the same bits
//! everywhere; the specification ("NaN Propagation") allows each choice made.

macro_rules! floats {
    ($float:ident, $wasm:literal, $quiet_bit:literal, $canonical:literal;
     $min:ident $max:ident $ceil:ident $floor:ident $trunc:ident $nearest:ident $sqrt:ident
     $of_nan:ident $quiet_nan:ident $canonicalize_nan:ident) => {
        #[doc = concat!("`", $wasm, ".min`: the lesser operand; -0 is less than +0.")]
        /// If either is a NaN, so is the result: the first of them, made quiet.
        #[inline]
        #[must_use]
        pub fn $min(a: $float, b: $float) -> $float {
            if a.is_nan() || b.is_nan() {
                return $of_nan(if a.is_nan() { a } else { b });
            }
            // One and the same number, unless the operands are equal; then they differ in nothing
            // but the sign of a zero. Two instructions, where the sign alone would take a branch.
            let (x, y) = (if a < b { a } else { b }, if b < a { b } else { a });
            $float::from_bits(x.to_bits() | y.to_bits())
        }

        #[doc = concat!("`", $wasm, ".max`: the greater operand; +0 is greater than -0.")]
        /// If either is a NaN, so is the result: the first of them, made quiet.
        #[inline]
        #[must_use]
        pub fn $max(a: $float, b: $float) -> $float {
            if a.is_nan() || b.is_nan() {
                return $of_nan(if a.is_nan() { a } else { b });
            }
            // One and the same number, unless the operands are equal; then they differ in nothing
            // but the sign of a zero. Two instructions, where the sign alone would take a branch.
            let (x, y) = (if a > b { a } else { b }, if b > a { b } else { a });
            $float::from_bits(x.to_bits() & y.to_bits())
        }

        #[doc = concat!("`", $wasm, ".ceil`: the least integer that is not less than `a`.")]
        /// A NaN becomes quiet.
        #[inline]
        #[must_use]
        pub fn $ceil(a: $float) -> $float {
            if a.is_nan() { $of_nan(a) } else { dispatch::$ceil(a) }
        }

        #[doc = concat!("`", $wasm, ".floor`: the greatest integer that is not greater than `a`.")]
        /// A NaN becomes quiet.
        #[inline]
        #[must_use]
        pub fn $floor(a: $float) -> $float {
            if a.is_nan() { $of_nan(a) } else { dispatch::$floor(a) }
        }

        #[doc = concat!("`", $wasm, ".trunc`: `a` without its fraction.")]
        /// A NaN becomes quiet.
        #[inline]
        #[must_use]
        pub fn $trunc(a: $float) -> $float {
            if a.is_nan() { $of_nan(a) } else { dispatch::$trunc(a) }
        }

        #[doc = concat!("`", $wasm, ".nearest`: the nearest integer, of two the even one.")]
        /// A NaN becomes quiet.
        #[inline]
        #[must_use]
        pub fn $nearest(a: $float) -> $float {
            if a.is_nan() { $of_nan(a) } else { dispatch::$nearest(a) }
        }

        #[doc = concat!("`", $wasm, ".sqrt`: the square root. A NaN becomes quiet.")]
        /// That of a negative number is the positive canonical NaN.
        #[inline]
        #[must_use]
        pub fn $sqrt(a: $float) -> $float {
            let root = dispatch::$sqrt(a);
            if !root.is_nan() {
                root
            } else if a.is_nan() {
                $of_nan(a)
            } else {
                core::hint::cold_path();
                $float::from_bits($canonical) // processors differ in the sign
            }
        }

        /// What an operator makes of a NaN. That is rare: without the hint, LLVM computes it every
        /// time, after the result and before whatever waits for that.
        #[inline]
        fn $of_nan(a: $float) -> $float {
            core::hint::cold_path();
            $quiet_nan(a)
        }

        /// Makes a NaN quiet (an "arithmetic NaN"), keeping its sign and payload; any other value
        /// is unchanged.
        #[inline]
        #[must_use]
        pub fn $quiet_nan(a: $float) -> $float {
            if a.is_nan() { $float::from_bits(a.to_bits() | $quiet_bit) } else { a }
        }

        #[doc = concat!("Makes every NaN `", stringify!($canonical), "`, the positive canonical one;")]
        /// any other value is unchanged.
        #[inline]
        #[must_use]
        pub fn $canonicalize_nan(a: $float) -> $float {
            if a.is_nan() { $float::from_bits($canonical) } else { a }
        }
    };
}

floats! {
    f32, "f32", 0x0040_0000, 0x7fc0_0000;
    f32_min f32_max f32_ceil f32_floor f32_trunc f32_nearest f32_sqrt
    f32_of_nan f32_quiet_nan f32_canonicalize_nan
}

floats! {
    f64, "f64", 0x0008_0000_0000_0000, 0x7ff8_0000_0000_0000;
    f64_min f64_max f64_ceil f64_floor f64_trunc f64_nearest f64_sqrt
    f64_of_nan f64_quiet_nan f64_canonicalize_nan
}

/// The standard library's methods, which compile to the target's instructions where it has them.
#[cfg(feature = "std")]
mod dispatch {
    macro_rules! methods {
        ($($name:ident: $float:ident $method:ident;)*) => {$(
            #[inline]
            pub(super) fn $name(a: $float) -> $float {
                a.$method()
            }
        )*};
    }

    methods! {
        f32_ceil: f32 ceil;
        f32_floor: f32 floor;
        f32_trunc: f32 trunc;
        f32_nearest: f32 round_ties_even;
        f32_sqrt: f32 sqrt;
        f64_ceil: f64 ceil;
        f64_floor: f64 floor;
        f64_trunc: f64 trunc;
        f64_nearest: f64 round_ties_even;
        f64_sqrt: f64 sqrt;
    }
}

/// `core` has none of these methods, and the intrinsics of `core::arch` can only be called with
/// `unsafe` from a function that has no `#[target_feature]` of its own, even where the build
/// enables the feature.
#[cfg(not(feature = "std"))]
use crate::num::soft as dispatch;
