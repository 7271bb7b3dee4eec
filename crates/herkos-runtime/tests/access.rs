//! Every load and store against a model that works byte by byte in 64 bits; bulk operations
//! likewise.

use herkos_runtime::*;

/// Addresses and offsets around everything that could go wrong: both ends of a memory of `len`
/// bytes, the sign bit of an `i32`, and the sums that wrap in 32 bits.
fn interesting(len: usize) -> Vec<u32> {
    let len = len as u32;
    let mut points: Vec<u32> = (0..=9).collect();
    points.extend((0..=18).map(|i| len.wrapping_add(9).wrapping_sub(i)));
    points.extend((0..=9).map(|i| 0x8000_0000_u32.wrapping_add(4).wrapping_sub(i)));
    points.extend((0..=9).map(|i| u32::MAX - i));
    points.extend((0..=9).map(|i| len.wrapping_neg().wrapping_add(4).wrapping_sub(i)));
    points.sort_unstable();
    points.dedup();
    points
}

const SIZES: [usize; 8] = [0, 1, 2, 7, 8, 9, 300, 65_536];

fn memory_of(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i as u8).wrapping_mul(167) ^ (i >> 8) as u8 ^ 0x80).collect()
}

/// What the specification says: the bytes at the sum of address and offset, all inside the memory.
fn model_range(
    memory: &[u8],
    addr: u32,
    offset: u32,
    width: usize,
) -> Option<core::ops::Range<usize>> {
    let start = u128::from(addr) + u128::from(offset);
    let end = start + width as u128;
    (end <= memory.len() as u128).then_some(start as usize..end as usize)
}

/// The bytes as an unsigned integer.
fn model_load(memory: &[u8], addr: u32, offset: u32, width: usize) -> Option<u64> {
    let range = model_range(memory, addr, offset, width)?;
    Some(memory[range].iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
}

/// A float is compared as bits.
trait Bits: Copy {
    fn bits(self) -> u64;
}

impl Bits for i32 {
    fn bits(self) -> u64 {
        self as u32 as u64
    }
}

impl Bits for i64 {
    fn bits(self) -> u64 {
        self as u64
    }
}

impl Bits for f32 {
    fn bits(self) -> u64 {
        u64::from(self.to_bits())
    }
}

impl Bits for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

/// Checks a load at every pair of interesting address and offset in memories of several sizes.
/// `extend` makes the result out of the loaded unsigned integer.
fn check_load<T: Bits>(
    load: fn(&[u8], i32, u32) -> (T, bool),
    width: usize,
    extend: fn(u64) -> u64,
) {
    let mut inside = 0;
    for size in SIZES {
        let memory = memory_of(size);
        for &addr in &interesting(size) {
            for &offset in &interesting(size) {
                let (value, ok) = load(&memory, addr as i32, offset);
                let expected = model_load(&memory, addr, offset, width).map(extend);
                assert_eq!(
                    (value.bits(), ok),
                    (expected.unwrap_or(0), expected.is_some()),
                    "{size} {addr:#x}+{offset:#x}"
                );
                inside += u32::from(ok);
            }
        }
    }
    assert!(inside > 100, "the addresses chosen are nearly all outside");
}

macro_rules! load_tests {
    ($($name:ident, $width:literal, $extend:expr;)*) => {$(
        #[test]
        fn $name() {
            check_load(herkos_runtime::$name, $width, $extend);
        }
    )*};
}

/// Modules, so that the tests can have the names of what they test.
mod loads {
    use super::check_load;

    load_tests! {
        i32_load, 4, |v| v;
        i64_load, 8, |v| v;
        f32_load, 4, |v| v;
        f64_load, 8, |v| v;
        i32_load8_s, 1, |v| v as i8 as i32 as u32 as u64;
        i32_load8_u, 1, |v| v;
        i32_load16_s, 2, |v| v as i16 as i32 as u32 as u64;
        i32_load16_u, 2, |v| v;
        i64_load8_s, 1, |v| v as i8 as i64 as u64;
        i64_load8_u, 1, |v| v;
        i64_load16_s, 2, |v| v as i16 as i64 as u64;
        i64_load16_u, 2, |v| v;
        i64_load32_s, 4, |v| v as i32 as i64 as u64;
        i64_load32_u, 4, |v| v;
    }
}

/// Checks a store likewise: the right bytes change, or none.
fn check_store<T: Bits>(store: fn(&mut [u8], i32, u32, T) -> bool, width: usize, values: &[T]) {
    for size in SIZES {
        let mut memory = memory_of(size);
        for &addr in &interesting(size) {
            for &offset in &interesting(size) {
                for &value in values {
                    let range = model_range(&memory, addr, offset, width);
                    // The neighbourhood is enough to notice bytes that should not have changed.
                    let around = range.clone().map_or(0..size.min(16), |r| {
                        r.start.saturating_sub(8)..size.min(r.end + 8)
                    });
                    let tail = size.saturating_sub(16)..size;
                    let mut expected = memory[around.clone()].to_vec();
                    let expected_tail = range.is_none().then(|| memory[tail.clone()].to_vec());
                    if let Some(range) = &range {
                        let at = range.start - around.start;
                        expected[at..at + width]
                            .copy_from_slice(&value.bits().to_le_bytes()[..width]);
                    }
                    assert_eq!(
                        store(&mut memory, addr as i32, offset, value),
                        range.is_some(),
                        "{size} {addr:#x}+{offset:#x}"
                    );
                    assert_eq!(memory[around], expected, "{size} {addr:#x}+{offset:#x}");
                    if let Some(expected) = expected_tail {
                        assert_eq!(memory[tail], expected, "{size} {addr:#x}+{offset:#x}");
                    }
                }
            }
        }
    }
}

macro_rules! store_tests {
    ($($name:ident, $width:literal, $values:expr;)*) => {$(
        #[test]
        fn $name() {
            check_store(herkos_runtime::$name, $width, &$values);
        }
    )*};
}

const I32_VALUES: [i32; 2] = [0x1234_5678, -2];
const I64_VALUES: [i64; 2] = [0x0123_4567_89ab_cdef, -2];

mod stores {
    use super::{I32_VALUES, I64_VALUES, check_store};

    store_tests! {
        i32_store, 4, I32_VALUES;
        i64_store, 8, I64_VALUES;
        f32_store, 4, [-1.5, f32::from_bits(0x7fa0_1234)];
        f64_store, 8, [-1.5, f64::from_bits(0x7ff4_0000_1234_5678)];
        i32_store8, 1, I32_VALUES;
        i32_store16, 2, I32_VALUES;
        i64_store8, 1, I64_VALUES;
        i64_store16, 2, I64_VALUES;
        i64_store32, 4, I64_VALUES;
    }
}

#[test]
fn nan_payloads_survive_memory() {
    let mut memory = [0; 8];
    for bits in [0x7f80_0001_u32, 0xffa5_5a5a, 0x7fc0_0000, 0x7fff_ffff] {
        assert!(f32_store(&mut memory, 1, 0, f32::from_bits(bits)));
        assert_eq!(i32_load(&memory, 1, 0), (bits as i32, true));
        assert_eq!(f32_load(&memory, 1, 0).0.to_bits(), bits);
    }
    for bits in [0x7ff0_0000_0000_0001_u64, 0xfff5_5555_5555_5555, 0x7fff_ffff_ffff_ffff] {
        assert!(f64_store(&mut memory, 0, 0, f64::from_bits(bits)));
        assert_eq!(i64_load(&memory, 0, 0), (bits as i64, true));
        assert_eq!(f64_load(&memory, 0, 0).0.to_bits(), bits);
    }
}

/// Starts and lengths for bulk operations on a memory of `len` bytes.
fn bulk_points(len: usize) -> Vec<u32> {
    let len = len as u32;
    let mut points = vec![
        0,
        1,
        3,
        len / 2,
        len.wrapping_sub(1),
        len,
        len + 1,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX - len,
        u32::MAX,
    ];
    points.sort_unstable();
    points.dedup();
    points
}

fn model_bulk(len: usize, start: u32, count: u32) -> Option<core::ops::Range<usize>> {
    let end = u64::from(start) + u64::from(count);
    (end <= len as u64).then_some(start as usize..end as usize)
}

#[test]
fn fill() {
    for size in [0, 1, 16, 300] {
        for &dest in &bulk_points(size) {
            for &len in &bulk_points(size) {
                for value in [0x1ab, -1, 0] {
                    let mut memory = memory_of(size);
                    let mut expected = memory.clone();
                    let range = model_bulk(size, dest, len);
                    if let Some(range) = range.clone() {
                        expected[range].iter_mut().for_each(|byte| *byte = value as u8);
                    }
                    assert_eq!(
                        memory_fill(&mut memory, dest as i32, value, len as i32),
                        range.is_some(),
                        "{size} {dest} {len}"
                    );
                    assert_eq!(memory, expected, "{size} {dest} {len}");
                }
            }
        }
    }
}

/// Checks the three copying operations, which differ in where the bytes come from.
#[test]
fn copy_and_init() {
    for size in [0, 1, 16, 300] {
        for other_size in [0, 5, 16, 400] {
            let other: Vec<u8> = (0..other_size).map(|i| i as u8 ^ 0x55).collect();
            for &dest in &bulk_points(size) {
                for &src in &bulk_points(other_size) {
                    for &len in &bulk_points(size.min(other_size)) {
                        let what = format!("{size} {other_size}: {dest} {src} {len}");
                        let before = memory_of(size);
                        let run = |operation: &dyn Fn(&mut [u8]) -> bool, source: &[u8]| {
                            let mut expected = before.clone();
                            let ranges =
                                model_bulk(size, dest, len).zip(model_bulk(source.len(), src, len));
                            if let Some((to, from)) = ranges.clone() {
                                let bytes = source[from].to_vec(); // as if through a buffer: overlap does not matter
                                expected[to].copy_from_slice(&bytes);
                            }
                            let mut memory = before.clone();
                            assert_eq!(operation(&mut memory), ranges.is_some(), "{what}");
                            assert_eq!(memory, expected, "{what}");
                        };
                        let (dest, src, len) = (dest as i32, src as i32, len as i32);
                        run(&|memory| memory_copy(memory, dest, src, len), &before);
                        run(&|memory| memory_copy_between(memory, &other, dest, src, len), &other);
                        run(&|memory| memory_init(memory, &other, dest, src, len), &other);
                    }
                }
            }
        }
    }
}

#[test]
fn overlapping_copies_both_ways() {
    for dest in 0..24 {
        for src in 0..24 {
            let mut memory = memory_of(32);
            let bytes = memory[src..src + 8].to_vec();
            assert!(memory_copy(&mut memory, dest as i32, src as i32, 8));
            assert_eq!(memory[dest..dest + 8], bytes);
        }
    }
}

#[test]
fn dropped_segment_allows_only_nothing() {
    let mut memory = memory_of(8);
    assert!(memory_init(&mut memory, &[], 8, 0, 0));
    assert!(!memory_init(&mut memory, &[], 9, 0, 0));
    assert!(!memory_init(&mut memory, &[], 0, 1, 0));
    assert!(!memory_init(&mut memory, &[], 0, 0, 1));
    assert_eq!(memory, memory_of(8));
}
