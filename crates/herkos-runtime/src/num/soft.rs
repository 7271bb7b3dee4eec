//! Rounding and square root in integer arithmetic, for hosts without the standard library.

macro_rules! soft {
    ($float:ident $bits:ident $wide:ident, $mantissa_bits:literal, $bias:literal;
     $ceil:ident $floor:ident $trunc:ident $nearest:ident $sqrt:ident) => {
        #[inline]
        pub(crate) fn $trunc(a: $float) -> $float {
            let bits = a.to_bits();
            let exponent = (bits >> $mantissa_bits) as i32 & (2 * $bias + 1);
            let fraction_bits = $mantissa_bits + $bias - exponent;
            if fraction_bits <= 0 {
                a // an integer, an infinity or a NaN
            } else if fraction_bits > $mantissa_bits {
                // Less than 1: a zero of the same sign.
                $float::from_bits(bits & (1 << ($bits::BITS - 1)))
            } else {
                $float::from_bits(bits & ($bits::MAX << fraction_bits))
            }
        }

        #[inline]
        pub(crate) fn $ceil(a: $float) -> $float {
            let truncated = $trunc(a);
            // The sum is exact; -0 must not become +0, so it is left out where nothing is to be
            // added.
            if truncated < a { truncated + 1.0 } else { truncated }
        }

        #[inline]
        pub(crate) fn $floor(a: $float) -> $float {
            let truncated = $trunc(a);
            if truncated > a { truncated - 1.0 } else { truncated }
        }

        #[inline]
        pub(crate) fn $nearest(a: $float) -> $float {
            let truncated = $trunc(a);
            let rest = (a - truncated).abs(); // exact
            // Odd: half of it is not an integer.
            let half = truncated * 0.5;
            let up = rest > 0.5 || rest == 0.5 && $trunc(half) != half;
            if up { truncated + (1.0 as $float).copysign(a) } else { truncated }
        }

        #[inline(never)]
        pub(crate) fn $sqrt(a: $float) -> $float {
            if a.is_nan() || a == 0.0 || a == $float::INFINITY {
                return a;
            }
            if a < 0.0 {
                return $float::NAN;
            }
            let bits = a.to_bits();
            // a = mantissa * 2^exponent, the mantissa with its leading bit at position
            // $mantissa_bits.
            let raw_exponent = (bits >> $mantissa_bits) as i32;
            let fraction = bits & ((1 << $mantissa_bits) - 1);
            let (mut mantissa, mut exponent) = if raw_exponent == 0 {
                let shift =
                    fraction.leading_zeros() as i32 - ($bits::BITS as i32 - 1 - $mantissa_bits);
                (fraction << shift, 1 - shift)
            } else {
                (fraction | 1 << $mantissa_bits, raw_exponent)
            };
            exponent -= $bias;
            // Now a = mantissa / 2^$mantissa_bits * 2^exponent; an even exponent halves.
            if exponent & 1 != 0 {
                mantissa <<= 1;
                exponent -= 1;
            }
            // One bit more than the result has, to round by. The remainder is never half a unit
            // exactly.
            let radicand = (mantissa as $wide) << ($mantissa_bits + 2);
            let root = radicand.isqrt() as $bits;
            let rounded = (root >> 1) + (root & 1);
            let exponent = exponent / 2 + $bias;
            // The leading bit of the root adds one to the exponent.
            $float::from_bits((((exponent - 1) as $bits) << $mantissa_bits) + rounded)
        }
    };
}

soft! { f32 u32 u64, 23, 127; f32_ceil f32_floor f32_trunc f32_nearest f32_sqrt }
soft! { f64 u64 u128, 52, 1023; f64_ceil f64_floor f64_trunc f64_nearest f64_sqrt }
