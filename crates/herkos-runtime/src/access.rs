//! Loads, stores and bulk operations on a memory, each with its bounds check.
//!
//! These are what generated code calls most, so their form was chosen by measuring it. On 64-bit
//! hosts an access is one comparison, one conditional jump and one move: the address is
//! zero-extended before anything is added to it, so LLVM sees that the range cannot wrap and drops
//! the first of the two comparisons in `get(start..end)` (`get(start..)` followed by a check of the
//! length keeps both). No panic path is left, where indexing leaves one a byte for LLVM to remove.
//! None of them is generic, and all are `#[inline]` but too big for rustc's own inliner, so that in
//! the caller an access stays a single MIR terminator until LLVM inlines the already simplified
//! function. `(value, true)` in place of `Some(value)` saves a stack slot an access. That is why the
//! forms that can't fail, `_proven` and `_below_proven`, repeat the text of those that can.

/// The effective address of an access: address and offset are unsigned, and their sum does not wrap
/// (specification, "Memory Instructions").
///
/// Adding the width of an access to it cannot overflow either. Where a `usize` is narrower than the
/// sum, the sum is lowered to 8 below the greatest: no slice reaches that far (`isize::MAX` bytes
/// is the most), so what was out of bounds still is.
#[inline]
fn effective_address(addr: i32, offset: u32) -> usize {
    let address = addr as u32 as u64 + offset as u64;
    #[cfg(not(target_pointer_width = "64"))]
    let address = address.min(usize::MAX as u64 - 8);
    address as usize
}

macro_rules! loads {
    ($($(#[$doc:meta])* $name:ident $within:ident $proven:ident $below:ident $below_proven:ident $at:ident: $raw:ty as $value:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// The value and `true`; or 0 and `false` if an accessed byte is out of bounds.
        #[inline]
        #[must_use]
        pub fn $name(memory: &[u8], addr: i32, offset: u32) -> ($value, bool) {
            const WIDTH: usize = size_of::<$raw>();
            let start = effective_address(addr, offset);
            if let Some(range) = memory.get(start..start + WIDTH)
                && let Some(bytes) = range.first_chunk::<WIDTH>()
            {
                (<$raw>::from_le_bytes(*bytes) as $value, true)
            } else {
                core::hint::cold_path();
                (0 as $value, false)
            }
        }

        /// The same after a check of `extent` bytes from `addr` on, which must cover the access.
        #[inline]
        #[must_use]
        pub fn $within(memory: &[u8], addr: i32, offset: u32, extent: u32) -> ($value, bool) {
            const WIDTH: usize = size_of::<$raw>();
            let (start, offset) = (effective_address(addr, 0), offset as usize);
            if let Some(range) = memory.get(start..start.saturating_add(extent as usize))
                && let Some(range) = range.get(offset..offset + WIDTH)
                && let Some(bytes) = range.first_chunk::<WIDTH>()
            {
                (<$raw>::from_le_bytes(*bytes) as $value, true)
            } else {
                core::hint::cold_path();
                (0 as $value, false)
            }
        }

        /// The value alone, where a check of `extent` bytes from `addr` on has passed before, so that LLVM
        /// drops this one. 0 if it had not passed.
        #[inline]
        #[must_use]
        pub fn $proven(memory: &[u8], addr: i32, offset: u32, extent: u32) -> $value {
            const WIDTH: usize = size_of::<$raw>();
            let (start, offset) = (effective_address(addr, 0), offset as usize);
            if let Some(range) = memory.get(start..start.saturating_add(extent as usize))
                && let Some(range) = range.get(offset..offset + WIDTH)
                && let Some(bytes) = range.first_chunk::<WIDTH>()
            {
                <$raw>::from_le_bytes(*bytes) as $value
            } else {
                core::hint::cold_path();
                0 as $value // never
            }
        }

        /// The same within the first `limit` bytes, which the memory always has, and where the access
        /// always is: the range of the address says so.
        #[inline]
        #[must_use]
        pub fn $below(memory: &[u8], addr: i32, offset: u32, limit: u32) -> ($value, bool) {
            const WIDTH: usize = size_of::<$raw>();
            let start = effective_address(addr, offset);
            if let Some(range) = memory.get(..limit as usize)
                && let Some(range) = range.get(start..start + WIDTH)
                && let Some(bytes) = range.first_chunk::<WIDTH>()
            {
                (<$raw>::from_le_bytes(*bytes) as $value, true)
            } else {
                core::hint::cold_path();
                (0 as $value, false)
            }
        }

        /// The value alone, where a check with this `limit` has passed before, so that LLVM drops this
        /// one. 0 if it had not passed.
        #[inline]
        #[must_use]
        pub fn $below_proven(memory: &[u8], addr: i32, offset: u32, limit: u32) -> $value {
            const WIDTH: usize = size_of::<$raw>();
            let start = effective_address(addr, offset);
            if let Some(range) = memory.get(..limit as usize)
                && let Some(range) = range.get(start..start + WIDTH)
                && let Some(bytes) = range.first_chunk::<WIDTH>()
            {
                <$raw>::from_le_bytes(*bytes) as $value
            } else {
                core::hint::cold_path();
                0 as $value // never
            }
        }

        /// The same at a position of the memory, which a loop has checked for all of its accesses:
        /// LLVM then drops this check.
        #[inline]
        #[must_use]
        pub fn $at(memory: &[u8], position: usize) -> ($value, bool) {
            const WIDTH: usize = size_of::<$raw>();
            if let Some(range) = memory.get(position..position.wrapping_add(WIDTH))
                && let Some(bytes) = range.first_chunk::<WIDTH>()
            {
                (<$raw>::from_le_bytes(*bytes) as $value, true)
            } else {
                core::hint::cold_path();
                (0 as $value, false)
            }
        }
    )*};
}

loads! {
    /// `i32.load`.
    i32_load i32_load_within i32_load_proven i32_load_below i32_load_below_proven i32_load_at: i32 as i32;
    /// `i64.load`.
    i64_load i64_load_within i64_load_proven i64_load_below i64_load_below_proven i64_load_at: i64 as i64;
    /// `f32.load`. The bits of a NaN are kept.
    f32_load f32_load_within f32_load_proven f32_load_below f32_load_below_proven f32_load_at: f32 as f32;
    /// `f64.load`. The bits of a NaN are kept.
    f64_load f64_load_within f64_load_proven f64_load_below f64_load_below_proven f64_load_at: f64 as f64;
    /// `i32.load8_s`.
    i32_load8_s i32_load8_s_within i32_load8_s_proven i32_load8_s_below i32_load8_s_below_proven i32_load8_s_at: i8 as i32;
    /// `i32.load8_u`.
    i32_load8_u i32_load8_u_within i32_load8_u_proven i32_load8_u_below i32_load8_u_below_proven i32_load8_u_at: u8 as i32;
    /// `i32.load16_s`.
    i32_load16_s i32_load16_s_within i32_load16_s_proven i32_load16_s_below i32_load16_s_below_proven i32_load16_s_at: i16 as i32;
    /// `i32.load16_u`.
    i32_load16_u i32_load16_u_within i32_load16_u_proven i32_load16_u_below i32_load16_u_below_proven i32_load16_u_at: u16 as i32;
    /// `i64.load8_s`.
    i64_load8_s i64_load8_s_within i64_load8_s_proven i64_load8_s_below i64_load8_s_below_proven i64_load8_s_at: i8 as i64;
    /// `i64.load8_u`.
    i64_load8_u i64_load8_u_within i64_load8_u_proven i64_load8_u_below i64_load8_u_below_proven i64_load8_u_at: u8 as i64;
    /// `i64.load16_s`.
    i64_load16_s i64_load16_s_within i64_load16_s_proven i64_load16_s_below i64_load16_s_below_proven i64_load16_s_at: i16 as i64;
    /// `i64.load16_u`.
    i64_load16_u i64_load16_u_within i64_load16_u_proven i64_load16_u_below i64_load16_u_below_proven i64_load16_u_at: u16 as i64;
    /// `i64.load32_s`.
    i64_load32_s i64_load32_s_within i64_load32_s_proven i64_load32_s_below i64_load32_s_below_proven i64_load32_s_at: i32 as i64;
    /// `i64.load32_u`.
    i64_load32_u i64_load32_u_within i64_load32_u_proven i64_load32_u_below i64_load32_u_below_proven i64_load32_u_at: u32 as i64;
}

macro_rules! stores {
    ($($(#[$doc:meta])* $name:ident $within:ident $proven:ident $below:ident $below_proven:ident $at:ident: $value:ty as $raw:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// `false`, and nothing written, if an accessed byte is out of bounds.
        #[inline]
        #[must_use]
        pub fn $name(memory: &mut [u8], addr: i32, offset: u32, value: $value) -> bool {
            const WIDTH: usize = size_of::<$raw>();
            let start = effective_address(addr, offset);
            if let Some(range) = memory.get_mut(start..start + WIDTH)
                && let Some(bytes) = range.first_chunk_mut::<WIDTH>()
            {
                *bytes = (value as $raw).to_le_bytes();
                true
            } else {
                core::hint::cold_path();
                false
            }
        }

        /// The same after a check of `extent` bytes from `addr` on, which must cover the access.
        #[inline]
        #[must_use]
        pub fn $within(
            memory: &mut [u8],
            addr: i32,
            offset: u32,
            extent: u32,
            value: $value,
        ) -> bool {
            const WIDTH: usize = size_of::<$raw>();
            let (start, offset) = (effective_address(addr, 0), offset as usize);
            if let Some(range) = memory.get_mut(start..start.saturating_add(extent as usize))
                && let Some(range) = range.get_mut(offset..offset + WIDTH)
                && let Some(bytes) = range.first_chunk_mut::<WIDTH>()
            {
                *bytes = (value as $raw).to_le_bytes();
                true
            } else {
                core::hint::cold_path();
                false
            }
        }

        /// The same where a check of `extent` bytes from `addr` on has passed before, so that LLVM drops
        /// this one. Nothing is written if it had not passed.
        #[inline]
        pub fn $proven(memory: &mut [u8], addr: i32, offset: u32, extent: u32, value: $value) {
            const WIDTH: usize = size_of::<$raw>();
            let (start, offset) = (effective_address(addr, 0), offset as usize);
            if let Some(range) = memory.get_mut(start..start.saturating_add(extent as usize))
                && let Some(range) = range.get_mut(offset..offset + WIDTH)
                && let Some(bytes) = range.first_chunk_mut::<WIDTH>()
            {
                *bytes = (value as $raw).to_le_bytes();
            } else {
                core::hint::cold_path(); // never
            }
        }

        /// The same within the first `limit` bytes, which the memory always has, and where the access
        /// always is: the range of the address says so.
        #[inline]
        #[must_use]
        pub fn $below(memory: &mut [u8], addr: i32, offset: u32, limit: u32, value: $value) -> bool {
            const WIDTH: usize = size_of::<$raw>();
            let start = effective_address(addr, offset);
            if let Some(range) = memory.get_mut(..limit as usize)
                && let Some(range) = range.get_mut(start..start + WIDTH)
                && let Some(bytes) = range.first_chunk_mut::<WIDTH>()
            {
                *bytes = (value as $raw).to_le_bytes();
                true
            } else {
                core::hint::cold_path();
                false
            }
        }

        /// The same where a check with this `limit` has passed before, so that LLVM drops this one.
        /// Nothing is written if it had not passed.
        #[inline]
        pub fn $below_proven(memory: &mut [u8], addr: i32, offset: u32, limit: u32, value: $value) {
            const WIDTH: usize = size_of::<$raw>();
            let start = effective_address(addr, offset);
            if let Some(range) = memory.get_mut(..limit as usize)
                && let Some(range) = range.get_mut(start..start + WIDTH)
                && let Some(bytes) = range.first_chunk_mut::<WIDTH>()
            {
                *bytes = (value as $raw).to_le_bytes();
            } else {
                core::hint::cold_path(); // never
            }
        }

        /// The same at a position of the memory, which a loop has checked for all of its accesses:
        /// LLVM then drops this check.
        #[inline]
        #[must_use]
        pub fn $at(memory: &mut [u8], position: usize, value: $value) -> bool {
            const WIDTH: usize = size_of::<$raw>();
            if let Some(range) = memory.get_mut(position..position.wrapping_add(WIDTH))
                && let Some(bytes) = range.first_chunk_mut::<WIDTH>()
            {
                *bytes = (value as $raw).to_le_bytes();
                true
            } else {
                core::hint::cold_path();
                false
            }
        }
    )*};
}

stores! {
    /// `i32.store`.
    i32_store i32_store_within i32_store_proven i32_store_below i32_store_below_proven i32_store_at: i32 as i32;
    /// `i64.store`.
    i64_store i64_store_within i64_store_proven i64_store_below i64_store_below_proven i64_store_at: i64 as i64;
    /// `f32.store`. The bits of a NaN are kept.
    f32_store f32_store_within f32_store_proven f32_store_below f32_store_below_proven f32_store_at: f32 as f32;
    /// `f64.store`. The bits of a NaN are kept.
    f64_store f64_store_within f64_store_proven f64_store_below f64_store_below_proven f64_store_at: f64 as f64;
    /// `i32.store8`.
    i32_store8 i32_store8_within i32_store8_proven i32_store8_below i32_store8_below_proven i32_store8_at: i32 as u8;
    /// `i32.store16`.
    i32_store16 i32_store16_within i32_store16_proven i32_store16_below i32_store16_below_proven i32_store16_at: i32 as u16;
    /// `i64.store8`.
    i64_store8 i64_store8_within i64_store8_proven i64_store8_below i64_store8_below_proven i64_store8_at: i64 as u8;
    /// `i64.store16`.
    i64_store16 i64_store16_within i64_store16_proven i64_store16_below i64_store16_below_proven i64_store16_at: i64 as u16;
    /// `i64.store32`.
    i64_store32 i64_store32_within i64_store32_proven i64_store32_below i64_store32_below_proven i64_store32_at: i64 as u32;
}

/// `memory.fill`: sets `len` bytes from `dest` on to the low byte of `value`.
///
/// `dest` and `len` are unsigned. `false`, and nothing written, if the range is out of bounds.
#[inline]
#[must_use]
pub fn memory_fill(memory: &mut [u8], dest: i32, value: i32, len: i32) -> bool {
    let start = effective_address(dest, 0);
    let end = effective_address(dest, len as u32);
    match memory.get_mut(start..end) {
        Some(range) => {
            range.fill(value as u8);
            true
        }
        None => false,
    }
}

/// `memory.copy` within one memory: copies `len` bytes from `src` on to `dest` on; the ranges may
/// overlap.
///
/// `dest`, `src` and `len` are unsigned. `false`, and nothing written, if either range is out of
/// bounds.
#[inline]
#[must_use]
pub fn memory_copy(memory: &mut [u8], dest: i32, src: i32, len: i32) -> bool {
    let dest_start = effective_address(dest, 0);
    let dest_end = effective_address(dest, len as u32);
    let src_start = effective_address(src, 0);
    let src_end = effective_address(src, len as u32);
    let fits = dest_end <= memory.len() && src_end <= memory.len();
    if fits {
        memory.copy_within(src_start..src_end, dest_start);
    }
    fits
}

/// `memory.copy` from one memory to another: copies `len` bytes from `src` of `src_memory` on to
/// `dest` of `dest_memory` on.
///
/// `dest`, `src` and `len` are unsigned. `false`, and nothing written, if either range is out of
/// bounds.
#[inline]
#[must_use]
pub fn memory_copy_between(
    dest_memory: &mut [u8],
    src_memory: &[u8],
    dest: i32,
    src: i32,
    len: i32,
) -> bool {
    let to = dest_memory.get_mut(effective_address(dest, 0)..effective_address(dest, len as u32));
    let from = src_memory.get(effective_address(src, 0)..effective_address(src, len as u32));
    match (to, from) {
        (Some(to), Some(from)) => {
            to.copy_from_slice(from);
            true
        }
        _ => false,
    }
}

/// `memory.init`: copies `len` bytes of a data segment from `src` on to `dest` on. A dropped
/// segment is the empty slice.
///
/// `dest`, `src` and `len` are unsigned. `false`, and nothing written, if either range is out of
/// bounds.
#[inline]
#[must_use]
pub fn memory_init(memory: &mut [u8], data: &[u8], dest: i32, src: i32, len: i32) -> bool {
    memory_copy_between(memory, data, dest, src, len)
}
