//! Loads and stores whose addresses wrap, against a model.
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

use herkos_runtime::*;

const SIZE: usize = 1 << 16;
const N: usize = SIZE + WRAP_SLACK;

fn bytes() -> Box<[u8; N]> {
    let bytes: Vec<u8> = (0..N).map(|i| (i as u8).wrapping_mul(167) ^ (i >> 8) as u8).collect();
    bytes.into_boxed_slice().try_into().unwrap()
}

/// Both ends, the sign bit, and sums that wrap in 32 bits.
fn places() -> Vec<(i32, u32)> {
    let mut points: Vec<u32> = Vec::new();
    for centre in [0, SIZE as u32 / 2, SIZE as u32, 2 * SIZE as u32, 0x8000_0000] {
        points.extend((0..=18).map(|i| centre.wrapping_add(9).wrapping_sub(i)));
    }
    let offsets = [0, 1, 4, 8, 4096, SIZE as u32 - 3, SIZE as u32, 0x7fff_ffff, u32::MAX - 2];
    (points.iter().flat_map(|point| offsets.map(|offset| (*point as i32, offset)))).collect()
}

/// What address and offset mean: the sum without bounds, below the end of the memory.
fn position(addr: i32, offset: u32) -> usize {
    ((u128::from(addr as u32) + u128::from(offset)) % SIZE as u128) as usize
}

macro_rules! check_loads {
    ($($name:ident: $raw:ty as $value:ty;)*) => {$({
        let memory = bytes();
        for (addr, offset) in places() {
            let start = position(addr, offset);
            let raw = memory[start..start + size_of::<$raw>()].try_into().unwrap();
            let expected = <$raw>::from_le_bytes(raw) as $value;
            let found = $name(&memory, addr, offset);
            assert_eq!(found.to_le_bytes(), expected.to_le_bytes(), "{addr:#x} {offset:#x}");
        }
    })*};
}

#[test]
fn loads_wrap() {
    check_loads! {
        i32_load_always: i32 as i32;
        i64_load_always: i64 as i64;
        f32_load_always: f32 as f32;
        f64_load_always: f64 as f64;
        i32_load8_s_always: i8 as i32;
        i32_load8_u_always: u8 as i32;
        i32_load16_s_always: i16 as i32;
        i32_load16_u_always: u16 as i32;
        i64_load8_s_always: i8 as i64;
        i64_load8_u_always: u8 as i64;
        i64_load16_s_always: i16 as i64;
        i64_load16_u_always: u16 as i64;
        i64_load32_s_always: i32 as i64;
        i64_load32_u_always: u32 as i64;
    }
}

macro_rules! check_stores {
    ($($name:ident: $value:expr, $raw:ty;)*) => {$({
        let (mut memory, mut model) = (bytes(), bytes());
        for (addr, offset) in places() {
            let value = $value;
            $name(&mut memory, addr, offset, value);
            let start = position(addr, offset);
            let raw = (value as $raw).to_le_bytes();
            model[start..start + raw.len()].copy_from_slice(&raw);
            assert!(memory == model, "{addr:#x} {offset:#x}");
        }
    })*};
}

#[test]
fn stores_wrap() {
    check_stores! {
        i32_store_always: 0x7162_0304_i32, i32;
        i64_store_always: 0x1122_3344_5566_7788_i64, i64;
        f32_store_always: 1.5_f32, f32;
        f64_store_always: -2.5_f64, f64;
        i32_store8_always: 0x7162_0304_i32, u8;
        i32_store16_always: 0x7162_0304_i32, u16;
        i64_store8_always: 0x1122_3344_5566_7788_i64, u8;
        i64_store16_always: 0x1122_3344_5566_7788_i64, u16;
        i64_store32_always: 0x1122_3344_5566_7788_i64, u32;
    }
}

#[test]
fn the_smallest_memory_has_one_address() {
    let mut memory = [0; 1 + WRAP_SLACK];
    i64_store_always(&mut memory, -1, u32::MAX, -1);
    assert_eq!(memory, [255, 255, 255, 255, 255, 255, 255, 255, 0]);
    assert_eq!(i32_load8_u_always(&memory, 77, 5), 255);
}

fn check_memory<S: Storage>(memory: &mut IsolatedMemory<S>) {
    assert_eq!((memory.pages(), memory.max_pages()), (1, 3));
    let (bytes, size) = memory.whole_mut::<{ 4 * SIZE + WRAP_SLACK }>().unwrap();
    assert_eq!(size, SIZE);
    assert!(bytes.iter().all(|byte| *byte == 0));
    // A stray store is no part of the memory, and gone where the memory grows to.
    i32_store_always(bytes, SIZE as i32 - 2, 0, -1);
    assert_eq!((memory_of(bytes, size).len(), memory_of(bytes, usize::MAX).len()), (SIZE, 262_152));
    assert_eq!(memory.bytes().len(), SIZE);
    assert!(memory.read(SIZE as u32, &mut [0]).is_err());
    assert_eq!((memory.grow(3), memory.grow(1), memory.grow(2)), (-1, 1, -1));
    assert_eq!(memory.slice(SIZE as u32 - 4, 8), Ok(&[0, 0, 255, 255, 0, 0, 0, 0][..]));
    assert!(memory.whole_mut::<{ 2 * SIZE }>().is_err());
}

#[test]
fn memories_have_all_bytes_from_the_start() {
    const CAPACITY: usize = 4 * SIZE + WRAP_SLACK;
    let mut buffer = vec![7; CAPACITY + 1];
    check_memory(&mut IsolatedMemory::wrapping_from_buffer(&mut buffer, 1, 3, CAPACITY).unwrap());
    assert_eq!(buffer[CAPACITY], 7);
    let failed = |size: usize, min, max| {
        let mut buffer = vec![7; size];
        IsolatedMemory::wrapping_from_buffer(&mut buffer, min, max, CAPACITY).is_err()
    };
    assert!(failed(CAPACITY - 1, 1, 3) && failed(CAPACITY, 2, 1) && failed(CAPACITY, 5, 5));
    assert!(failed(CAPACITY, u32::MAX, u32::MAX) && !failed(CAPACITY, 0, 0));
    #[cfg(feature = "alloc")]
    {
        check_memory(&mut WrappingMemory::wrapping(1, 3, CAPACITY).unwrap());
        assert!(WrappingMemory::wrapping(2, 1, CAPACITY).is_err());
        assert!(WrappingMemory::wrapping(0, 0, 0).is_ok());
        let refused = WrappingMemory::wrapping(0, 0, isize::MAX as usize);
        assert_eq!(refused.err().map(|trap| trap.kind()), Some(TrapKind::AllocationFailed));
    }
}

#[test]
#[cfg(all(feature = "std", target_pointer_width = "64"))]
fn every_address_has_a_byte_where_all_are_reserved() {
    const CAPACITY: usize = (1 << 32) + SIZE;
    let mut memory = ReservedMemory::<CAPACITY>::reserved(1, 3).unwrap();
    let (bytes, size) = memory.reserved_mut();
    assert_eq!(size, SIZE);
    let last = SIZE as u32 - 8;
    for (addr, offset) in [(0, 0), (-1, 0), (-1, last), (i32::MIN, 7), (i32::MAX, 1)] {
        let position = u64::from(addr as u32) + u64::from(offset);
        i64_store_always(bytes, addr, offset, position as i64);
        assert_eq!(i64_load_always(bytes, addr, offset), position as i64);
        let raw = bytes[position as usize..][..8].try_into().unwrap();
        assert_eq!(u64::from_le_bytes(raw), position);
        bytes[position as usize..][..8].fill(0);
    }
    // An offset that the array is too small for reaches nothing.
    i32_store_always(bytes, -1, u32::MAX, -1);
    assert_eq!(i32_load_always(bytes, -1, u32::MAX), 0);
    // What is behind the memory is no part of it, and gone where the memory grows to.
    i32_store_always(bytes, SIZE as i32 - 2, 0, -1);
    assert!(memory.read(SIZE as u32, &mut [0]).is_err());
    let copies = [memory.clone(), memory.try_clone().unwrap()];
    assert_eq!((memory.grow(3), memory.grow(1), memory.grow(2)), (-1, 1, -1));
    for mut memory in copies.into_iter().chain([memory]) {
        let (bytes, _) = memory.reserved_mut();
        assert_eq!(bytes[SIZE - 4..][..8], [0, 0, 255, 255, 0, 0, 0, 0]);
    }
}
