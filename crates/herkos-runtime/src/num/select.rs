//! `select` of two integers whose condition is hard to predict.

use core::hint::select_unpredictable;

macro_rules! selects {
    ($($name:ident: $ty:ty, $wasm:literal;)*) => {$(
        #[doc = concat!("`select` of two `", $wasm, "`: `then` if the condition holds, else `other`, without a branch where the target can.")]
        #[inline]
        #[must_use]
        pub fn $name(cond: bool, then: $ty, other: $ty) -> $ty {
            select_unpredictable(cond, then, other)
        }
    )*};
}

selects! {
    i32_select: i32, "i32";
    i64_select: i64, "i64";
}
