//! Loops whose accesses are checked once, before the first repetition.
//!
//! A generated loop may come in two forms: one with a check at every access, and one that is taken
//! when its number of repetitions and the range of each of its accesses are known to be in bounds.
//! These functions find out; the second form is then free of wrapping 32-bit addresses, and LLVM
//! can prove its checks and vectorise it.

/// The repetitions of a loop that goes on while a value is not `bound`: `first` after the first
/// repetition, `step` more after each further one. 0 if there are 2³² or the value skips the bound.
/// One repetition counts `unrolled` times.
#[inline]
#[must_use]
pub fn count_ne(first: i32, bound: i32, step: u32, unrolled: u32) -> usize {
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
pub fn count_lt(first: i32, bound: i32, step: u32, unrolled: u32) -> usize {
    let (first, bound) = (first as u32, bound as u32);
    if first >= bound {
        return unrolled as usize;
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
pub fn count_le(first: i32, bound: i32, step: u32, unrolled: u32) -> usize {
    match (bound as u32).checked_add(1) {
        Some(bound) => count_lt(first, bound as i32, step, unrolled),
        None => 0,
    }
}

#[inline]
fn times(steps: u32, unrolled: u32) -> usize {
    let count = u64::from(steps.wrapping_add(1)) * u64::from(unrolled);
    usize::try_from(count).unwrap_or(0)
}

/// Whether `count` accesses, of `extent` bytes each, at `start` and every `stride` bytes after it,
/// are all in bounds. `count` is not 0.
#[inline]
#[must_use]
pub fn in_bounds(memory: &[u8], start: usize, stride: u32, count: usize, extent: u32) -> bool {
    #[cfg(target_pointer_width = "64")]
    let end = start + (count - 1) * stride as usize + extent as usize;
    #[cfg(not(target_pointer_width = "64"))]
    let end = ((count - 1) as u64 * u64::from(stride))
        .checked_add(start as u64 + u64::from(extent))
        .and_then(|end| usize::try_from(end).ok())
        .unwrap_or(usize::MAX);
    end <= memory.len()
}
