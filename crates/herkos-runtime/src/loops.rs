//! Loops whose accesses are checked once, before the first repetition.
//!
//! A generated loop may come in two forms: one with a check at every access, and one that is taken
//! when its number of repetitions and the range of each of its accesses are known to be in bounds.
//! These functions find out; the second form is then free of wrapping 32-bit addresses, and LLVM
//! can prove its checks and vectorise it.

/// The repetitions of a loop that goes on while a value is not `bound`: `first` after the first
/// repetition, `step` more after each further one. One repetition counts `unrolled` times. 0 if there
/// are 2³² or more, or the value skips the bound.
#[inline]
#[must_use]
pub fn count_ne(first: i32, bound: i32, step: u32, unrolled: u32) -> u32 {
    let distance = bound.wrapping_sub(first) as u32;
    match (distance.checked_rem(step), distance.checked_div(step)) {
        (Some(0), Some(steps)) => times(steps, unrolled),
        _ => 0,
    }
}

/// As [`count_ne`], while the value is less than `bound`, both unsigned. 0 if the value would wrap
/// or stay.
#[inline]
#[must_use]
pub fn count_lt(first: i32, bound: i32, step: u32, unrolled: u32) -> u32 {
    let (first, bound) = (first as u32, bound as u32);
    if first >= bound {
        return unrolled;
    }
    if step == 0 {
        return 0;
    }
    let steps = (bound - first).div_ceil(step);
    if u64::from(first) + u64::from(steps) * u64::from(step) > u64::from(u32::MAX) {
        return 0;
    }
    times(steps, unrolled)
}

/// As [`count_ne`], while the value is at most `bound`, both unsigned. 0 if the value would wrap
/// or stay.
#[inline]
#[must_use]
pub fn count_le(first: i32, bound: i32, step: u32, unrolled: u32) -> u32 {
    match (bound as u32).checked_add(1) {
        Some(bound) => count_lt(first, bound as i32, step, unrolled),
        None => 0,
    }
}

#[inline]
fn times(steps: u32, unrolled: u32) -> u32 {
    steps.checked_add(1).and_then(|count| count.checked_mul(unrolled)).unwrap_or(0)
}

/// Copies `count` times `unit` bytes from the position `from` on to `to` on, as a loop does that copies
/// one unit after the other.
///
/// `false`, and nothing written, if `count` is 0, which says that it is not known, if a range is out of
/// bounds, or if such a loop would copy again what it has written.
#[inline]
#[must_use]
pub fn copy_forward(memory: &mut [u8], from: usize, to: usize, count: u32, unit: u32) -> bool {
    let Some(len) = (count as usize).checked_mul(unit as usize) else { return false };
    let ends = from.checked_add(len).zip(to.checked_add(len));
    let Some((from_end, to_end)) = ends else { return false };
    let fits = from_end <= memory.len() && to_end <= memory.len();
    let copies = count != 0 && fits && to.wrapping_sub(from) >= len;
    if copies {
        memory.copy_within(from..from_end, to);
    }
    copies
}

/// How many bytes after the position `start` an access at `addr` and `offset` is. A loop has checked that
/// addresses in this range do not wrap.
#[inline]
#[must_use]
pub fn distance(start: usize, addr: i32, offset: u32) -> u32 {
    (addr as u32).wrapping_sub(start as u32).wrapping_add(offset)
}

/// Whether `count` accesses, of `extent` bytes each, at `start` and every `stride` bytes after it,
/// are all in bounds. `count` is not 0.
///
/// LLVM has to see from this that each access is. So no sum may wrap, as far as it can know, and
/// nothing is taken off: the last access ends at `start + count * stride + (extent - stride)`, and
/// where that difference is negative, it is on the other side.
#[inline]
#[must_use]
pub fn in_bounds(memory: &[u8], start: usize, stride: u32, count: u32, extent: u32) -> bool {
    let (more, less) = (extent.saturating_sub(stride), stride.saturating_sub(extent));
    let Some(limit) = memory.len().checked_add(less as usize) else { return false };
    #[cfg(target_pointer_width = "64")]
    let end = start + count as usize * stride as usize + more as usize;
    #[cfg(not(target_pointer_width = "64"))]
    let (end, limit) = (
        (u64::from(count) * u64::from(stride))
            .saturating_add(start as u64)
            .saturating_add(u64::from(more)),
        limit as u64,
    );
    end <= limit
}
