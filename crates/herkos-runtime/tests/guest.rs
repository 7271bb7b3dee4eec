//! Typed data in guest memory: layouts as in C, bounds, strings, and allocation on the guest's heap.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

use herkos_runtime::{
    GuestBox, GuestError, GuestHeap, GuestPtr, GuestSlice, GuestValue, IsolatedMemory, TrapKind,
    Untrusted, WasmResult, WasmTrap, guest_record,
};

guest_record! {
    /// `struct inner { uint8_t tag; uint64_t wide; uint16_t tail; };`
    #[derive(Debug, PartialEq)]
    struct Inner {
        tag: u8,
        wide: u64,
        tail: u16,
    }

    #[derive(Debug, PartialEq)]
    struct Outer {
        first: i8,
        inner: [Inner; 2],
        next: GuestPtr<Outer>,
        ratio: f32,
        odd: [u8; 3],
    }

    #[derive(Debug, PartialEq)]
    struct Empty {}
}

const OOB: WasmTrap = WasmTrap::new(TrapKind::MemoryOutOfBounds);

fn memory() -> IsolatedMemory {
    IsolatedMemory::new(1, 1).unwrap()
}

#[test]
fn records_lie_as_in_c() {
    assert_eq!((Inner::SIZE, Inner::ALIGN), (24, 8));
    assert_eq!((Outer::SIZE, Outer::ALIGN), (72, 8));
    assert_eq!((Empty::SIZE, Empty::ALIGN), (0, 1));

    let inner = |tag| Inner { tag, wide: 0x0102_0304_0506_0708, tail: 0xfffe };
    let record = Outer {
        first: -1,
        inner: [inner(1), inner(2)],
        next: GuestPtr::new(0x8000_0000_u32),
        ratio: 1.5,
        odd: [7, 8, 9],
    };
    let mut memory = memory();
    memory.bytes_mut().fill(0xaa);
    memory.store(100, record).unwrap();
    let bytes = memory.slice(100, 72).unwrap();
    assert_eq!(bytes[0], 0xff);
    assert_eq!(bytes[1..8], [0xaa; 7]); // padding is left alone
    assert_eq!(bytes[8], 1);
    assert_eq!(bytes[16..26], [8, 7, 6, 5, 4, 3, 2, 1, 0xfe, 0xff]);
    assert_eq!(bytes[32], 2);
    assert_eq!(bytes[56..60], [0, 0, 0, 0x80]);
    assert_eq!(bytes[60..67], [0, 0, 0xc0, 0x3f, 7, 8, 9]);
    assert_eq!(memory.load::<Outer>(100).unwrap().assume_valid(), record);
}

#[test]
fn accesses_stay_inside() {
    let mut memory = memory();
    assert_eq!(memory.store(65_532, 0x0403_0201_u32), Ok(()));
    assert_eq!(memory.load::<u16>(65_534).unwrap().in_range(..), Ok(0x0403));
    assert_eq!(memory.store(65_533, 9_u32), Err(OOB));
    assert_eq!(memory.bytes()[65_533..], [2, 3, 4]);
    assert_eq!(memory.load::<u8>(-1).err(), Some(OOB));
    assert_eq!(memory.load::<Empty>(65_536).map(|_| ()), Ok(()));
    assert_eq!(memory.load::<Empty>(65_537).err(), Some(OOB));
}

#[test]
fn slices_stay_inside() {
    let mut memory = memory();
    let numbers = GuestSlice::<u32>::new(65_528, 2);
    numbers.store(&mut memory, &[5, 6]).unwrap();
    assert_eq!(numbers.store(&mut memory, &[5]), Err(OOB));
    assert_eq!(numbers.bytes(&memory).unwrap(), [5, 0, 0, 0, 6, 0, 0, 0]);
    let sum: u32 = numbers.load(&memory).unwrap().map(Untrusted::assume_valid).sum();
    assert_eq!(sum, 11);
    assert_eq!(numbers.to_vec(&memory).unwrap().assume_valid(), [5, 6]);
    assert_eq!(numbers.get(1), Some(GuestPtr::new(65_532)));
    assert_eq!(numbers.get(2), None);
    numbers.bytes_mut(&mut memory).unwrap()[0] = 7;
    assert_eq!(numbers.start().load(&memory).unwrap().assume_valid(), 7);

    for (address, len) in [(65_528, 3), (65_536, 1), (-4, 1), (0, -1), (0, 1 << 30), (8, -1)] {
        let numbers = GuestSlice::<u32>::new(address, len);
        assert_eq!(numbers.bytes(&memory).err(), Some(OOB), "{numbers:?}");
        assert_eq!(numbers.load(&memory).err().map(WasmTrap::kind), Some(OOB.kind()));
        assert!(numbers.to_vec(&memory).is_err());
        assert_eq!(numbers.bytes_mut(&mut memory).err(), Some(OOB));
    }
    assert_eq!(GuestSlice::<u64>::new(-8, 9).get(1), None);
    assert_eq!(GuestSlice::<Empty>::new(0, -1).load(&memory).unwrap().len(), 0);
}

#[test]
fn strings_are_checked() {
    let mut memory = memory();
    memory.write(10, "grüße\0x".as_bytes()).unwrap();
    assert_eq!(memory.str(10, 7), Ok("grüße"));
    assert!(matches!(memory.str(10, 3), Err(GuestError::NotUtf8(_))));
    assert_eq!(memory.str(65_530, 7), Err(GuestError::OutOfBounds));
    assert_eq!(memory.c_str(10, 100).unwrap().to_str(), Ok("grüße"));
    assert_eq!(memory.c_str(10, 8).unwrap().to_bytes().len(), 7);
    assert_eq!(memory.c_str(10, 7), Err(GuestError::NotTerminated));
    assert_eq!(memory.c_str(10, 0), Err(GuestError::NotTerminated));
    memory.write(65_533, b"end").unwrap();
    assert_eq!(memory.c_str(65_533, 3), Err(GuestError::NotTerminated));
    assert_eq!(memory.c_str(65_533, 4), Err(GuestError::OutOfBounds));
    assert_eq!(memory.c_str(65_537, 1), Err(GuestError::OutOfBounds));

    let trap = |error: GuestError| WasmTrap::from(error).kind();
    assert_eq!(trap(GuestError::OutOfBounds), TrapKind::MemoryOutOfBounds);
    assert_eq!(trap(GuestError::NotTerminated), TrapKind::Host);
}

#[test]
fn lent_memories_do_the_same() {
    let mut buffer = [0; 65_536];
    let mut memory = IsolatedMemory::from_buffer(&mut buffer, 1, 1).unwrap();
    memory.store(4, 2.5_f64).unwrap();
    assert_eq!(memory.load::<f64>(4).unwrap().in_range(0.0..3.0), Ok(2.5));
    memory.store(4, f64::NAN).unwrap();
    assert_eq!(memory.load::<f64>(4).unwrap().in_range(..=0.0), Err(GuestError::Rejected));
}

/// A heap that only grows; it notes what comes back.
struct Guest {
    memory: IsolatedMemory,
    next: u32,
    released: Vec<(u32, u32)>,
    lie: bool,
}

impl Guest {
    fn new() -> Self {
        Self { memory: memory(), next: 16, released: Vec::new(), lie: false }
    }

    /// An export.
    fn sum(&mut self, address: i32, len: i32) -> WasmResult<i32> {
        let bytes = self.memory.slice(address, len)?;
        if bytes.contains(&0) {
            return Err(TrapKind::Unreachable.into());
        }
        Ok(bytes.iter().map(|byte| i32::from(*byte)).sum())
    }
}

impl GuestHeap for Guest {
    fn heap_bytes(&mut self) -> &mut [u8] {
        self.memory.bytes_mut()
    }

    fn allocate(&mut self, size: u32) -> WasmResult<u32> {
        if self.lie {
            return Ok(65_535);
        }
        let address = self.next;
        self.next += size;
        Ok(if self.next > 1000 { 0 } else { address })
    }

    fn release(&mut self, address: u32, size: u32) -> WasmResult<()> {
        self.released.push((address, size));
        if size == 13 { Err(TrapKind::Unreachable.into()) } else { Ok(()) }
    }
}

#[test]
fn what_is_allocated_comes_back() {
    let mut guest = Guest::new();
    assert_eq!(guest.with_bytes(&[1, 2, 3], Guest::sum), Ok(6));
    assert_eq!(guest.released, [(16, 3)]);
    // Also after a trap, which is what the caller sees.
    let trap = guest.with_bytes(&[0; 13], Guest::sum).map_err(WasmTrap::kind);
    assert_eq!(trap, Err(TrapKind::Unreachable));
    assert_eq!(guest.released, [(16, 3), (19, 13)]);
    assert_eq!(guest.with_bytes(&[], |_, _, len| Ok::<_, WasmTrap>(len)), Ok(0));
    assert_eq!(guest.released.last(), Some(&(32, 1)));

    guest.released.clear();
    {
        let mut numbers = guest.alloc_slice(&[1_u16, 2]).unwrap();
        let (address, len) = numbers.data.raw();
        assert_eq!((address, len), (33, 2));
        assert_eq!(numbers.sum(address, 1), Ok(1));
        // The guard stands for the instance, so the next one borrows it.
        let inner: GuestBox<'_, _, u64> = numbers.alloc(1).unwrap();
        assert_eq!(inner.data.start().address(), 37);
        inner.free().unwrap();
        assert_eq!(numbers.released, [(37, 8)]);
        let mut value = numbers.alloc_value(Inner { tag: 1, wide: 2, tail: 3 }).unwrap();
        let inner = value.data.start();
        assert_eq!(inner.load(&value.memory).unwrap().assume_valid().wide, 2);
        value.memory.bytes_mut().fill(0);
    }
    assert_eq!(guest.released, [(37, 8), (45, 24), (33, 4)]);
}

#[test]
fn a_guest_that_lies_is_harmless() {
    let mut guest = Guest::new();
    let kind = |result: WasmResult<GuestBox<'_, Guest, u8>>| result.err().map(WasmTrap::kind);
    assert_eq!(kind(guest.alloc(2000)), Some(TrapKind::AllocationFailed));
    assert!(guest.alloc::<u64>(u32::MAX).is_err());
    assert!(guest.released.is_empty());
    guest.lie = true;
    assert_eq!(kind(guest.alloc_slice(&[1, 2])), Some(TrapKind::MemoryOutOfBounds));
    assert_eq!(guest.released, [(65_535, 2)]);
}
