//! Loads and stores that can't trap, because wherever they go there is an array.
//!
//! They are for modules that were translated with the bounds policies `wrap` and `reserve`. The
//! length of the array says which:
//!
//! - A power of two of bytes and [`WRAP_SLACK`] more: of an address plus offset only the bits below
//!   that power count, so that the access starts below it, and the slack holds what an access at the
//!   very end has beyond it.
//! - More than [`ADDRESS_SPACE`]: there is a byte for every address, and for offsets behind it as
//!   many more as the module has need of.
//!
//! LLVM sees as much and leaves neither a comparison nor a branch; and if it did not, the access
//! would still be checked.

/// Bytes behind the last address that wraps: as many as the widest access has.
pub const WRAP_SLACK: usize = 8;

/// How many addresses of 32 bits there are: 4 GiB.
pub const ADDRESS_SPACE: u64 = 1 << 32;

/// The position of an access in an array of `N` bytes.
#[inline]
fn position<const N: usize>(addr: i32, offset: u32) -> usize {
    if const { N as u64 > ADDRESS_SPACE } {
        return (addr as u32 as usize).wrapping_add(offset as usize);
    }
    const {
        let wraps =
            N > WRAP_SLACK && (N - WRAP_SLACK).is_power_of_two() && N - WRAP_SLACK <= 1 << 31;
        assert!(wraps || N as u64 > ADDRESS_SPACE);
    }
    // The bits that are kept are those of the sum without bounds.
    (addr as u32).wrapping_add(offset) as usize & (N - WRAP_SLACK - 1)
}

macro_rules! loads {
    ($($(#[$doc:meta])* $name:ident: $raw:ty as $value:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// Of address plus offset, the bits below `N -` [`WRAP_SLACK`] count; or all, if `N` is more
        /// than [`ADDRESS_SPACE`].
        #[inline]
        #[must_use]
        pub fn $name<const N: usize>(memory: &[u8; N], addr: i32, offset: u32) -> $value {
            const WIDTH: usize = size_of::<$raw>();
            let start = position::<N>(addr, offset);
            match memory.get(start..start + WIDTH).and_then(<[u8]>::first_chunk::<WIDTH>) {
                Some(bytes) => <$raw>::from_le_bytes(*bytes) as $value,
                None => 0 as $value, // never
            }
        }
    )*};
}

loads! {
    /// `i32.load`.
    i32_load_always: i32 as i32;
    /// `i64.load`.
    i64_load_always: i64 as i64;
    /// `f32.load`. The bits of a NaN are kept.
    f32_load_always: f32 as f32;
    /// `f64.load`. The bits of a NaN are kept.
    f64_load_always: f64 as f64;
    /// `i32.load8_s`.
    i32_load8_s_always: i8 as i32;
    /// `i32.load8_u`.
    i32_load8_u_always: u8 as i32;
    /// `i32.load16_s`.
    i32_load16_s_always: i16 as i32;
    /// `i32.load16_u`.
    i32_load16_u_always: u16 as i32;
    /// `i64.load8_s`.
    i64_load8_s_always: i8 as i64;
    /// `i64.load8_u`.
    i64_load8_u_always: u8 as i64;
    /// `i64.load16_s`.
    i64_load16_s_always: i16 as i64;
    /// `i64.load16_u`.
    i64_load16_u_always: u16 as i64;
    /// `i64.load32_s`.
    i64_load32_s_always: i32 as i64;
    /// `i64.load32_u`.
    i64_load32_u_always: u32 as i64;
}

macro_rules! stores {
    ($($(#[$doc:meta])* $name:ident: $value:ty as $raw:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// Of address plus offset, the bits below `N -` [`WRAP_SLACK`] count; or all, if `N` is more
        /// than [`ADDRESS_SPACE`].
        #[inline]
        pub fn $name<const N: usize>(memory: &mut [u8; N], addr: i32, offset: u32, value: $value) {
            const WIDTH: usize = size_of::<$raw>();
            let start = position::<N>(addr, offset);
            if let Some(bytes) =
                memory.get_mut(start..start + WIDTH).and_then(<[u8]>::first_chunk_mut::<WIDTH>)
            {
                *bytes = (value as $raw).to_le_bytes();
            }
        }
    )*};
}

stores! {
    /// `i32.store`.
    i32_store_always: i32 as i32;
    /// `i64.store`.
    i64_store_always: i64 as i64;
    /// `f32.store`. The bits of a NaN are kept.
    f32_store_always: f32 as f32;
    /// `f64.store`. The bits of a NaN are kept.
    f64_store_always: f64 as f64;
    /// `i32.store8`.
    i32_store8_always: i32 as u8;
    /// `i32.store16`.
    i32_store16_always: i32 as u16;
    /// `i64.store8`.
    i64_store8_always: i64 as u8;
    /// `i64.store16`.
    i64_store16_always: i64 as u16;
    /// `i64.store32`.
    i64_store32_always: i64 as u32;
}

/// The first `size` bytes of an array: the memory, for operations that don't wrap. All of it if it
/// has fewer.
#[inline]
pub fn memory_of<const N: usize>(memory: &mut [u8; N], size: usize) -> &mut [u8] {
    let size = size.min(N);
    memory.get_mut(..size).unwrap_or_default()
}
