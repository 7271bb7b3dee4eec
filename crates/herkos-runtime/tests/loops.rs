//! Counts of repetitions against loops that are run, and the accessors of checked ranges against
//! the plain ones.

use herkos_runtime::*;

/// A number of 8 bits at the upper end of 32: arithmetic and order wrap where those of 8 bits do.
fn wide(value: u8) -> i32 {
    (u32::from(value) << 24) as i32
}

/// The repetitions of a loop that goes on while `goes_on(value)`; 0 if `value` wraps or stays.
fn run(first: u8, step: u8, goes_on: impl Fn(u8) -> bool) -> u32 {
    let (mut value, mut repetitions) = (first, 1);
    while goes_on(value) {
        match value.checked_add(step) {
            Some(next) if step != 0 => value = next,
            _ => return 0,
        }
        repetitions += 1;
    }
    repetitions
}

/// Against a loop, everywhere in a small memory.
#[test]
fn copies_are_those_of_a_loop() {
    let memory: Vec<u8> = (0..24).collect();
    let (mut copied, mut overlapping) = (0, 0);
    for (unit, count) in [(1, 1), (1, 5), (4, 1), (4, 3), (8, 2), (8, 3), (8, 4)] {
        for from in 0..26 {
            for to in 0..26 {
                let mut found = memory.clone();
                if copy_forward(&mut found, from, to, count, unit) {
                    let mut wanted = memory.clone();
                    for step in 0..count as usize {
                        let step = step * unit as usize;
                        let units = from + step..from + step + unit as usize;
                        let bytes = wanted[units].to_vec();
                        wanted[to + step..][..bytes.len()].copy_from_slice(&bytes);
                    }
                    assert_eq!(found, wanted, "{count} of {unit}: {from} to {to}");
                    copied += 1;
                    overlapping += usize::from(from.abs_diff(to) < (count * unit) as usize);
                } else {
                    assert_eq!(found, memory);
                    let ends = from.max(to) + (count * unit) as usize;
                    let again = to >= from && to < from + (count * unit) as usize;
                    assert!(ends > memory.len() || again, "{count} of {unit}: {from} to {to}");
                }
            }
        }
    }
    assert!(copied > 500 && overlapping > 100, "{copied} {overlapping}");
    let mut found = memory.clone();
    for (from, to, count, unit) in
        [(0, 8, 0, 8), (usize::MAX, 0, 1, 1), (0, usize::MAX, 1, 1), (0, 8, u32::MAX, u32::MAX)]
    {
        assert!(!copy_forward(&mut found, from, to, count, unit));
    }
    assert_eq!(found, memory);
}

#[test]
fn distances_are_those_of_addresses() {
    for start in [0, 1, 0xffff, 0x7fff_fff0, 0x8000_0000, 0xffff_ff00_u32] {
        for index in [0, 1, 255] {
            let addr = start.wrapping_add(index) as i32;
            assert_eq!(distance(start as usize, addr, 3), index + 3);
        }
    }
    assert_eq!(distance(8, 4, 0), u32::MAX - 3);
}

#[test]
fn all_loops_of_eight_bits() {
    let mut counted = [0; 3];
    for first in 0..=u8::MAX {
        for bound in 0..=u8::MAX {
            for step in (0..40).chain([63, 64, 65, 127, 128, 129, 255]) {
                // From 0 on, it can't wrap before it is at the bound.
                let ne = run(0, step, |value| value != bound.wrapping_sub(first));
                let lt = run(first, step, |value| value < bound);
                let le = run(first, step, |value| value <= bound);
                let args = (wide(first), wide(bound), wide(step) as u32);
                let found = [
                    count_ne(args.0, args.1, args.2, 1),
                    count_lt(args.0, args.1, args.2, 1),
                    count_le(args.0, args.1, args.2, 1),
                ];
                let ne = if step == 0 { 0 } else { ne };
                assert_eq!(found, [ne, lt, le], "{first} {bound} {step}");
                for (counted, found) in counted.iter_mut().zip(found) {
                    *counted += u32::from(found > 1);
                }
                let unrolled = [
                    count_ne(args.0, args.1, args.2, 8),
                    count_lt(args.0, args.1, args.2, 3),
                    count_le(args.0, args.1, args.2, 2),
                ];
                assert_eq!(unrolled, [8 * ne, 3 * lt, 2 * le], "{first} {bound} {step}");
            }
        }
    }
    assert!(counted.iter().all(|counted| *counted > 10_000), "{counted:?}");
}

const MAX: i32 = u32::MAX as i32;

#[test]
fn counts_at_the_borders() {
    // Once, however it would go on.
    assert_eq!(count_ne(7, 7, 1, 4), 4);
    assert_eq!(count_lt(7, 7, 1, 4), 4);
    assert_eq!(count_lt(MAX, 0, u32::MAX, 1), 1);
    assert_eq!(count_le(8, 7, 1, 4), 4);
    assert_eq!(count_lt(0, 0, 0, 1), 1);
    // One step is too far, or just far enough.
    assert_eq!(count_ne(0, 3, 4, 1), 0);
    assert_eq!(count_lt(0, 3, 4, 1), 2);
    assert_eq!(count_lt(0, 4, 4, 1), 2);
    assert_eq!(count_le(0, 4, 4, 1), 3);
    // Nothing moves.
    assert_eq!(count_ne(0, 1, 0, 1), 0);
    assert_eq!(count_ne(1, 1, 0, 1), 0);
    assert_eq!(count_le(0, MAX - 1, 0, 1), 0);
    // Over the sign bit, both ways.
    assert_eq!(count_ne(i32::MAX, i32::MIN, 1, 1), 2);
    assert_eq!(count_lt(i32::MAX, i32::MIN, 1, 1), 2);
    assert_eq!(count_lt(i32::MIN, i32::MAX, 1, 1), 1);
    // Over the end: a value that is tested for its bound may wrap.
    assert_eq!(count_ne(MAX - 1, 2, 1, 1), 5);
    assert_eq!(count_lt(MAX - 1, MAX, 1, 1), 2);
    assert_eq!(count_lt(MAX - 1, MAX, 2, 1), 0);
    assert_eq!(count_le(MAX - 2, MAX - 1, 1, 1), 3);
    assert_eq!(count_le(MAX - 2, MAX - 1, 3, 1), 0);
    assert_eq!(count_le(0, MAX, 1, 1), 0);
    assert_eq!(count_lt(0, MAX, u32::MAX, 1), 2);
    assert_eq!(count_lt(0, MAX, 1 << 31, 1), 0);
    assert_eq!(count_lt(0, i32::MIN, 1 << 31, 1), 2);
    // All but one of 2³², and all of them.
    assert_eq!(count_ne(0, MAX, 1, 1), 0);
    assert_eq!(count_ne(1, 0, 1, 1), 0);
    assert_eq!(count_ne(1, MAX, 1, 1), u32::MAX);
    assert_eq!(count_lt(1, MAX, 1, 1), u32::MAX);
    assert_eq!(count_le(0, MAX - 1, 1, 1), 0);
    // Too often, and just not.
    let most = (u32::MAX / 8) as i32;
    assert_eq!(count_ne(1, MAX, 1, 8), 0);
    assert_eq!(count_lt(1, MAX, 1, 8), 0);
    assert_eq!(count_ne(1, most, 1, 8), u32::MAX - 7);
    assert_eq!(count_lt(1, most, 1, 8), u32::MAX - 7);
    assert_eq!(count_lt(0, most, 1, 8), 0);
}

#[test]
fn ranges_are_in_bounds_to_the_last_byte() {
    let memory = [0; 100];
    let within = |start, stride, count, extent| in_bounds(&memory, start, stride, count, extent);
    assert!(within(0, 0, 1, 100) && !within(0, 0, 1, 101) && !within(1, 0, 1, 100));
    assert!(within(0, 4, 25, 4) && !within(0, 4, 25, 5) && !within(0, 4, 26, 4));
    assert!(within(3, 8, 12, 9) && !within(4, 8, 12, 9));
    // Strides may be shorter than what is accessed, or nothing.
    assert!(within(90, 1, 3, 8) && !within(90, 1, 4, 8));
    assert!(within(96, 0, u32::MAX, 4) && !within(97, 0, u32::MAX, 4));
    assert!(within(100, 0, 1, 0) && !within(101, 0, 1, 0));
    // The most that generated code asks for.
    assert!(!within(u32::MAX as usize, 0, 1, 1 << 20));
    for extent in [0, 1, i32::MAX as u32, 1 << 20] {
        assert!(!within(u32::MAX as usize, i32::MAX as u32, u32::MAX, extent));
    }
    for size in 0..20 {
        let memory = vec![0; size];
        for start in 0..22 {
            for stride in 0..5 {
                for count in 1..6 {
                    for extent in 1..9 {
                        let all = (0..count).all(|repetition| {
                            start + (repetition * stride + extent) as usize <= size
                        });
                        assert_eq!(in_bounds(&memory, start, stride, count, extent), all);
                    }
                }
            }
        }
    }
}

/// Addresses and offsets at all ends of a memory of `len` bytes.
fn points(len: usize) -> Vec<u32> {
    let len = len as u32;
    let ends = [0, 4, len, i32::MAX as u32, u32::MAX, len.wrapping_neg()];
    let mut points: Vec<u32> = ends
        .into_iter()
        .flat_map(|end| (0..=9).map(move |i| end.wrapping_add(4).wrapping_sub(i)))
        .collect();
    points.sort_unstable();
    points.dedup();
    points
}

const SIZES: [usize; 6] = [0, 1, 7, 8, 30, 300];

fn memory_of(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i as u8).wrapping_mul(167) ^ 0x80).collect()
}

/// What the other accessors are asked for, and whether they have to grant it.
fn checks(
    size: usize,
    width: usize,
    mut within: impl FnMut(i32, u32, u32, bool),
    mut below: impl FnMut(i32, u32, u32, bool),
    mut at: impl FnMut(usize, bool),
) {
    let mut granted = [0; 3];
    for addr in points(size) {
        for offset in points(size) {
            let end = u64::from(addr) + u64::from(offset) + width as u64;
            let least = u64::from(offset) + width as u64;
            for more in [0, 1, 7, 300, u64::from(u32::MAX)] {
                // What does not cover the access is not granted either.
                let extent = u32::try_from(least + more).unwrap_or(u32::MAX);
                let fits = u64::from(addr) + u64::from(extent) <= size as u64;
                let grants = fits && least <= u64::from(extent);
                within(addr as i32, offset, extent, grants);
                granted[0] += u32::from(grants);
            }
            let limit = size as u32;
            for limit in [limit, limit / 2, limit.saturating_sub(1), limit + 1, 1 << 31] {
                let grants = end <= u64::from(limit) && limit as usize <= size;
                below(addr as i32, offset, limit, grants);
                granted[1] += u32::from(grants);
            }
        }
    }
    for position in (0..size + 12).chain(usize::MAX - 9..=usize::MAX) {
        let grants = position.checked_add(width).is_some_and(|end| end <= size);
        at(position, grants);
        granted[2] += u32::from(grants);
    }
    let some = size > width + 1;
    assert!(!some || granted.iter().all(|granted| *granted > 0), "{size} {width} {granted:?}");
}

macro_rules! loads {
    ($($name:ident $within:ident $proven:ident $below:ident $below_proven:ident $at:ident: $width:literal;)*) => {$(
        #[test]
        fn $name() {
            for size in SIZES {
                let memory = memory_of(size);
                let plain = |addr: i32, offset: u32, grants: bool| {
                    let (value, ok) = herkos_runtime::$name(&memory, addr, offset);
                    assert!(ok || !grants);
                    if grants { (value.to_le_bytes(), true) } else { (Default::default(), false) }
                };
                checks(
                    size,
                    $width,
                    |addr, offset, extent, grants| {
                        let (value, ok) = $within(&memory, addr, offset, extent);
                        let expected = plain(addr, offset, grants);
                        assert_eq!((value.to_le_bytes(), ok), expected, "{size} {addr} {offset} {extent}");
                        let value = $proven(&memory, addr, offset, extent);
                        assert_eq!(value.to_le_bytes(), expected.0, "{size} {addr} {offset} {extent}");
                    },
                    |addr, offset, limit, grants| {
                        let (value, ok) = $below(&memory, addr, offset, limit);
                        let expected = plain(addr, offset, grants);
                        assert_eq!((value.to_le_bytes(), ok), expected, "{size} {addr} {offset} {limit}");
                        let value = $below_proven(&memory, addr, offset, limit);
                        assert_eq!(value.to_le_bytes(), expected.0, "{size} {addr} {offset} {limit}");
                    },
                    |position, grants| {
                        let (value, ok) = $at(&memory, position);
                        let expected = plain(position as i32, 0, grants);
                        assert_eq!((value.to_le_bytes(), ok), expected, "{size} {position}");
                    },
                );
            }
        }
    )*};
}

mod loads {
    use super::{SIZES, checks, memory_of};
    use herkos_runtime::*;

    loads! {
        i32_load i32_load_within i32_load_proven i32_load_below i32_load_below_proven i32_load_at: 4;
        i64_load i64_load_within i64_load_proven i64_load_below i64_load_below_proven i64_load_at: 8;
        f32_load f32_load_within f32_load_proven f32_load_below f32_load_below_proven f32_load_at: 4;
        f64_load f64_load_within f64_load_proven f64_load_below f64_load_below_proven f64_load_at: 8;
        i32_load8_s i32_load8_s_within i32_load8_s_proven i32_load8_s_below i32_load8_s_below_proven i32_load8_s_at: 1;
        i32_load8_u i32_load8_u_within i32_load8_u_proven i32_load8_u_below i32_load8_u_below_proven i32_load8_u_at: 1;
        i32_load16_s i32_load16_s_within i32_load16_s_proven i32_load16_s_below i32_load16_s_below_proven i32_load16_s_at: 2;
        i32_load16_u i32_load16_u_within i32_load16_u_proven i32_load16_u_below i32_load16_u_below_proven i32_load16_u_at: 2;
        i64_load8_s i64_load8_s_within i64_load8_s_proven i64_load8_s_below i64_load8_s_below_proven i64_load8_s_at: 1;
        i64_load8_u i64_load8_u_within i64_load8_u_proven i64_load8_u_below i64_load8_u_below_proven i64_load8_u_at: 1;
        i64_load16_s i64_load16_s_within i64_load16_s_proven i64_load16_s_below i64_load16_s_below_proven i64_load16_s_at: 2;
        i64_load16_u i64_load16_u_within i64_load16_u_proven i64_load16_u_below i64_load16_u_below_proven i64_load16_u_at: 2;
        i64_load32_s i64_load32_s_within i64_load32_s_proven i64_load32_s_below i64_load32_s_below_proven i64_load32_s_at: 4;
        i64_load32_u i64_load32_u_within i64_load32_u_proven i64_load32_u_below i64_load32_u_below_proven i64_load32_u_at: 4;
    }
}

macro_rules! stores {
    ($($name:ident $within:ident $proven:ident $below:ident $below_proven:ident $at:ident: $width:literal $value:expr;)*) => {$(
        #[test]
        fn $name() {
            for size in SIZES {
                let original = memory_of(size);
                let check = |memory: Vec<u8>, ok: bool, addr: i32, offset: u32, grants: bool| {
                    let mut expected = original.clone();
                    if grants {
                        assert!(herkos_runtime::$name(&mut expected, addr, offset, $value));
                    }
                    assert_eq!((memory, ok), (expected, grants), "{size} {addr} {offset}");
                };
                checks(
                    size,
                    $width,
                    |addr, offset, extent, grants| {
                        let mut memory = original.clone();
                        let ok = $within(&mut memory, addr, offset, extent, $value);
                        check(memory, ok, addr, offset, grants);
                        let mut memory = original.clone();
                        $proven(&mut memory, addr, offset, extent, $value);
                        check(memory, grants, addr, offset, grants);
                    },
                    |addr, offset, limit, grants| {
                        let mut memory = original.clone();
                        let ok = $below(&mut memory, addr, offset, limit, $value);
                        check(memory, ok, addr, offset, grants);
                        let mut memory = original.clone();
                        $below_proven(&mut memory, addr, offset, limit, $value);
                        check(memory, grants, addr, offset, grants);
                    },
                    |position, grants| {
                        let mut memory = original.clone();
                        let ok = $at(&mut memory, position, $value);
                        check(memory, ok, position as i32, 0, grants);
                    },
                );
            }
        }
    )*};
}

mod stores {
    use super::{SIZES, checks, memory_of};
    use herkos_runtime::*;

    stores! {
        i32_store i32_store_within i32_store_proven i32_store_below i32_store_below_proven i32_store_at: 4 0x1234_5678;
        i64_store i64_store_within i64_store_proven i64_store_below i64_store_below_proven i64_store_at: 8 0x0123_4567_89ab_cdef;
        f32_store f32_store_within f32_store_proven f32_store_below f32_store_below_proven f32_store_at: 4 1.5;
        f64_store f64_store_within f64_store_proven f64_store_below f64_store_below_proven f64_store_at: 8 -2.75;
        i32_store8 i32_store8_within i32_store8_proven i32_store8_below i32_store8_below_proven i32_store8_at: 1 0x1234_5678;
        i32_store16 i32_store16_within i32_store16_proven i32_store16_below i32_store16_below_proven i32_store16_at: 2 -2;
        i64_store8 i64_store8_within i64_store8_proven i64_store8_below i64_store8_below_proven i64_store8_at: 1 -2;
        i64_store16 i64_store16_within i64_store16_proven i64_store16_below i64_store16_below_proven i64_store16_at: 2 0x0123_4567_89ab_cdef;
        i64_store32 i64_store32_within i64_store32_proven i64_store32_below i64_store32_below_proven i64_store32_at: 4 0x0123_4567_89ab_cdef;
    }
}
