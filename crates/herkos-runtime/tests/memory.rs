//! Memories, in a lent buffer and on the heap.
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

use herkos_runtime::{IsolatedMemory, PAGE_SIZE, TrapKind};

/// Runs a check on a memory of each storage, made with the same sizes.
fn on_each_storage(min: u32, max: u32, check: impl Fn(&mut dyn Memory)) {
    let mut buffer = vec![0xaa; (max as usize).min(64) * PAGE_SIZE + 17];
    check(&mut IsolatedMemory::from_buffer(&mut buffer, min, max).unwrap());
    #[cfg(feature = "alloc")]
    check(&mut IsolatedMemory::new(min, max).unwrap());
}

/// The methods of both, for the checks.
trait Memory {
    fn pages(&self) -> i32;
    fn bytes(&mut self) -> &mut [u8];
    fn grow(&mut self, delta: i32) -> i32;
    fn read(&self, address: u32, into: &mut [u8]) -> bool;
    fn write(&mut self, address: u32, from: &[u8]) -> bool;
    fn slice(&self, address: u32, len: u32) -> Option<&[u8]>;
    fn slice_mut(&mut self, address: u32, len: u32) -> Option<&mut [u8]>;
}

impl<S: herkos_runtime::Storage> Memory for IsolatedMemory<S> {
    fn pages(&self) -> i32 {
        assert_eq!(self.len(), self.bytes().len());
        assert_eq!(self.len(), self.pages() as usize * PAGE_SIZE);
        assert_eq!(self.is_empty(), self.pages() == 0);
        self.pages()
    }

    fn bytes(&mut self) -> &mut [u8] {
        self.bytes_mut()
    }

    fn grow(&mut self, delta: i32) -> i32 {
        self.grow(delta)
    }

    fn read(&self, address: u32, into: &mut [u8]) -> bool {
        trapped_or_ok(self.read(address, into)).is_some()
    }

    fn write(&mut self, address: u32, from: &[u8]) -> bool {
        trapped_or_ok(self.write(address, from)).is_some()
    }

    fn slice(&self, address: u32, len: u32) -> Option<&[u8]> {
        trapped_or_ok(self.slice(address, len))
    }

    fn slice_mut(&mut self, address: u32, len: u32) -> Option<&mut [u8]> {
        trapped_or_ok(self.slice_mut(address, len))
    }
}

fn trapped_or_ok<T>(result: herkos_runtime::WasmResult<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(trap) => {
            assert_eq!((trap.kind(), trap.site()), (TrapKind::MemoryOutOfBounds, None));
            None
        }
    }
}

#[test]
fn grows_to_its_limit_and_no_further() {
    on_each_storage(1, 4, |memory| {
        assert_eq!(memory.pages(), 1);
        assert_eq!(memory.grow(0), 1);
        memory.bytes().fill(7);
        for delta in [4, 5, 65_535, 65_536, i32::MAX, i32::MIN, -1] {
            assert_eq!(memory.grow(delta), -1, "{delta}");
        }
        assert_eq!(memory.pages(), 1);
        assert_eq!(memory.grow(2), 1);
        assert_eq!(memory.pages(), 3);
        assert!(
            memory.bytes()[..PAGE_SIZE].iter().all(|&byte| byte == 7),
            "growing keeps the old bytes"
        );
        assert!(memory.bytes()[PAGE_SIZE..].iter().all(|&byte| byte == 0), "new pages are zero");
        memory.bytes().fill(8);
        assert_eq!(memory.grow(2), -1);
        assert_eq!(memory.grow(1), 3);
        assert_eq!(memory.grow(0), 4);
        assert_eq!(memory.grow(1), -1);
        assert!(memory.bytes()[..3 * PAGE_SIZE].iter().all(|&byte| byte == 8));
        assert!(memory.bytes()[3 * PAGE_SIZE..].iter().all(|&byte| byte == 0));
    });
}

#[test]
fn empty_memory() {
    on_each_storage(0, 0, |memory| {
        assert_eq!(memory.pages(), 0);
        assert_eq!(memory.bytes().len(), 0);
        assert_eq!(memory.grow(0), 0);
        assert_eq!(memory.grow(1), -1);
        assert!(memory.read(0, &mut []) && memory.write(0, &[]));
        assert!(!memory.read(1, &mut []) && !memory.write(0, &[1]));
    });
    on_each_storage(0, 2, |memory| {
        assert_eq!(memory.grow(1), 0);
        assert_eq!(memory.grow(1), 1);
        assert_eq!(memory.grow(1), -1);
        assert!(memory.bytes().iter().all(|&byte| byte == 0));
    });
}

#[test]
fn page_by_page() {
    on_each_storage(1, 50, |memory| {
        for page in 1..50 {
            let last = page as usize * PAGE_SIZE - 1;
            memory.bytes()[last] = page as u8;
            assert_eq!(memory.grow(1), page);
        }
        assert_eq!(memory.grow(1), -1);
        let bytes = memory.bytes();
        for page in 1..50 {
            assert_eq!(bytes[page * PAGE_SIZE - 1], page as u8);
        }
        assert_eq!(bytes.iter().filter(|&&byte| byte != 0).count(), 49);
    });
}

#[test]
fn host_access_is_checked() {
    on_each_storage(1, 1, |memory| {
        let end = PAGE_SIZE as u32;
        assert!(memory.write(end - 4, &[1, 2, 3, 4]));
        let mut four = [0; 4];
        assert!(memory.read(end - 4, &mut four));
        assert_eq!(four, [1, 2, 3, 4]);
        for address in [end - 3, end, end + 1, 0x8000_0000, u32::MAX - 3, u32::MAX] {
            assert!(!memory.write(address, &[9; 4]), "{address:#x}");
            assert!(!memory.read(address, &mut four), "{address:#x}");
            assert_eq!(memory.slice(address, 4), None, "{address:#x}");
            assert_eq!(memory.slice_mut(address, 4), None, "{address:#x}");
        }
        assert_eq!(four, [1, 2, 3, 4], "a failed read leaves the buffer as it was");
        assert_eq!(
            memory.slice(end - 4, 4),
            Some(&[1, 2, 3, 4][..]),
            "a failed write writes nothing"
        );
        assert_eq!(memory.slice(end, 0), Some(&[][..]));
        assert_eq!(memory.slice(end + 1, 0), None);
        for (address, len) in
            [(0, end + 1), (1, end), (0, u32::MAX), (1, u32::MAX), (u32::MAX, u32::MAX), (end, 1)]
        {
            assert_eq!(memory.slice(address, len), None, "{address:#x} {len:#x}");
            assert_eq!(memory.slice_mut(address, len), None, "{address:#x} {len:#x}");
        }
        memory.slice_mut(8, 2).unwrap().copy_from_slice(&[5, 6]);
        assert_eq!(memory.slice(7, 4), Some(&[0, 5, 6, 0][..]));
        assert_eq!(memory.slice(0, end).map(<[u8]>::len), Some(PAGE_SIZE));
    });
}

#[test]
fn the_array_has_exactly_the_memory() {
    let mut buffer = vec![0; 2 * PAGE_SIZE];
    let mut memory = IsolatedMemory::from_buffer(&mut buffer, 1, 2).unwrap();
    let array: &mut [u8; PAGE_SIZE] = memory.array_mut().unwrap();
    array[PAGE_SIZE - 1] = 3;
    assert_eq!(memory.bytes()[PAGE_SIZE - 1], 3);
    let kind = |result: herkos_runtime::WasmResult<()>| result.err().map(|trap| trap.kind());
    let out_of_bounds = Some(TrapKind::MemoryOutOfBounds);
    assert_eq!(kind(memory.array_mut::<0>().map(drop)), out_of_bounds);
    assert_eq!(kind(memory.array_mut::<{ PAGE_SIZE - 1 }>().map(drop)), out_of_bounds);
    assert_eq!(kind(memory.array_mut::<{ 2 * PAGE_SIZE }>().map(drop)), out_of_bounds);
    assert_eq!(memory.grow(1), 1);
    assert!(memory.array_mut::<{ 2 * PAGE_SIZE }>().is_ok());
    assert_eq!(kind(memory.array_mut::<PAGE_SIZE>().map(drop)), out_of_bounds);
}

#[test]
fn addresses_may_be_signed() {
    let mut buffer = vec![0; PAGE_SIZE];
    let mut memory = IsolatedMemory::from_buffer(&mut buffer, 1, 1).unwrap();
    let (pointer, len) = (100_i32, 2_i32); // as a host function receives them
    memory.write(pointer, &[1, 2]).unwrap();
    assert_eq!(memory.slice(pointer, len), Ok(&[1, 2][..]));
    assert!(memory.slice(-1, 0).is_err() && memory.slice(0, -1).is_err());
    assert!(memory.read(i32::MIN, &mut [0]).is_err());
}

#[test]
fn lent_buffer_bounds_the_memory() {
    let failed = |size: usize, min, max| {
        let mut buffer = vec![1; size];
        let result =
            IsolatedMemory::from_buffer(&mut buffer, min, max).map(|memory| memory.pages());
        assert!(
            result.is_ok() || buffer.iter().all(|&byte| byte == 1),
            "a failed start changes nothing"
        );
        result.err().map(|trap| trap.kind())
    };
    assert_eq!(failed(0, 0, 0), None);
    assert_eq!(failed(PAGE_SIZE - 1, 0, 9), None);
    assert_eq!(failed(PAGE_SIZE - 1, 1, 9), Some(TrapKind::AllocationFailed));
    assert_eq!(failed(PAGE_SIZE, 1, 9), None);
    assert_eq!(failed(2 * PAGE_SIZE, 2, 1), Some(TrapKind::AllocationFailed));
    assert_eq!(failed(2 * PAGE_SIZE, u32::MAX, u32::MAX), Some(TrapKind::AllocationFailed));

    let mut buffer = vec![0xaa; 3 * PAGE_SIZE - 1];
    let mut memory = IsolatedMemory::from_buffer(&mut buffer, 1, 100).unwrap();
    assert_eq!(memory.max_pages(), 2, "the whole pages of the buffer");
    assert_eq!((memory.grow(1), memory.grow(1)), (1, -1));
    memory.bytes_mut().fill(0x55);
    assert!(buffer[..2 * PAGE_SIZE].iter().all(|&byte| byte == 0x55));
    assert!(buffer[2 * PAGE_SIZE..].iter().all(|&byte| byte == 0xaa), "the rest is the host's");
}

#[test]
fn a_partial_memory_ends_where_its_bytes_do() {
    let mut buffer = vec![0xaa; 100];
    let mut memory = IsolatedMemory::partial_from_buffer(&mut buffer, 17, 99).unwrap();
    assert_eq!((memory.pages(), memory.max_pages(), memory.len()), (17, 17, 99));
    assert!(memory.bytes().iter().all(|&byte| byte == 0) && !memory.is_empty());
    assert!(memory.array_mut::<99>().is_ok() && memory.array_mut::<{ 17 * PAGE_SIZE }>().is_err());
    // The module sees the size that it declared, and an import of that size is what it asks for.
    assert!(memory.is_within(17, Some(17)) && !memory.is_within(18, None));
    assert_eq!((memory.grow(0), memory.grow(1), memory.pages()), (17, -1, 17));
    memory.limit(3);
    assert_eq!((memory.max_pages(), memory.grow(0)), (17, 17));
    assert!(memory.write(98_u32, &[7]).is_ok() && memory.write(98_u32, &[7, 7]).is_err());
    assert_eq!(memory.slice(98_u32, 1_u32), Ok(&[7][..]));
    assert!(memory.slice(99_u32, 0_u32).is_ok() && memory.slice(100_u32, 0_u32).is_err());
    assert!(memory.read(99_u32, &mut [0]).is_err());
    assert_eq!(herkos_runtime::i32_load(memory.bytes(), 95, 0), (0x0700_0000, true));
    assert_eq!(herkos_runtime::i32_load(memory.bytes(), 96, 0), (0, false));
    assert_eq!(buffer[98..], [7, 0xaa], "the rest is the host's");
}

#[test]
fn a_partial_memory_fits_in_its_buffer_and_its_pages() {
    let made = |size: usize, pages, bytes| {
        let mut buffer = vec![1; size];
        let made = IsolatedMemory::partial_from_buffer(&mut buffer, pages, bytes);
        let made = made.map(|memory| memory.len()).map_err(|trap| trap.kind());
        assert!(
            made.is_ok() || buffer.iter().all(|&byte| byte == 1),
            "a failed start changes nothing"
        );
        made
    };
    let failed = Err(TrapKind::AllocationFailed);
    assert_eq!((made(9, 1, 9), made(9, 1, 10), made(9, 1, 0)), (Ok(9), failed, Ok(0)));
    assert_eq!((made(0, 0, 0), made(9, 0, 1)), (Ok(0), failed));
    assert_eq!(made(PAGE_SIZE + 1, 1, PAGE_SIZE), Ok(PAGE_SIZE));
    assert_eq!(made(PAGE_SIZE + 1, 1, PAGE_SIZE + 1), failed);
    assert_eq!((made(9, 65_536, 9), made(9, 65_537, 9)), (Ok(9), failed));
}

#[cfg(feature = "alloc")]
mod heap {
    use herkos_runtime::MAX_PAGES;

    use super::*;

    #[test]
    fn sizes_that_cannot_be() {
        for (min, max) in
            [(2, 1), (1, 0), (MAX_PAGES + 1, u32::MAX), (u32::MAX, u32::MAX), (u32::MAX, 0)]
        {
            let trap = IsolatedMemory::new(min, max).map(|memory| memory.pages()).unwrap_err();
            assert_eq!(trap.kind(), TrapKind::AllocationFailed, "{min} {max}");
        }
        assert_eq!(IsolatedMemory::new(0, u32::MAX).unwrap().max_pages(), MAX_PAGES);
        assert_eq!(IsolatedMemory::new(1, 7).unwrap().max_pages(), 7);
    }

    #[test]
    fn debug_is_short() {
        let memory = IsolatedMemory::new(2, 3).unwrap();
        assert_eq!(format!("{memory:?}"), "IsolatedMemory { pages: 2, max_pages: 3, .. }");
    }

    /// Sizes that do and do not double; each page is marked before the memory grows on.
    #[test]
    fn growth_of_any_step_keeps_bytes() {
        for step in [1, 2, 3, 5, 8, 40] {
            let mut memory = IsolatedMemory::new(1, 100).unwrap();
            let mut pages = 1;
            while pages + step <= 100 {
                memory.bytes_mut()[pages as usize * PAGE_SIZE - 1] = pages as u8;
                assert_eq!(memory.grow(step), pages);
                pages += step;
            }
            assert_eq!(memory.grow(step), -1);
            let mut expected = vec![0; pages as usize * PAGE_SIZE];
            for page in (1..pages).step_by(step as usize) {
                expected[page as usize * PAGE_SIZE - 1] = page as u8;
            }
            assert!(memory.bytes() == expected, "step {step}");
        }
    }

    /// The memory that this process has in use, in bytes.
    #[cfg(all(feature = "std", target_os = "linux"))]
    fn resident() -> usize {
        let status = std::fs::read_to_string("/proc/self/statm").unwrap();
        status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }

    #[cfg(all(feature = "std", target_os = "linux", target_pointer_width = "64"))]
    #[test]
    fn large_memories_are_not_touched() {
        let before = resident();
        let mut memories = Vec::new();
        for _ in 0..4 {
            memories.push(IsolatedMemory::new(16_384, 65_536).unwrap()); // 1 GiB
            let mut grown = IsolatedMemory::new(1, 65_536).unwrap();
            grown.write(9, b"kept").unwrap();
            assert_eq!(grown.grow(16_383), 1);
            assert_eq!(grown.slice(9, 4), Ok(&b"kept"[..]));
            memories.push(grown);
        }
        assert!(memories.iter_mut().all(|memory| memory.bytes_mut()[1 << 29] == 0));
        let used = resident().saturating_sub(before);
        assert!(used < 512 << 20, "8 GiB of memories use {used} bytes");
    }

    /// Only run by `allocation_failure_is_no_abort`, in a process with little address space.
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    #[test]
    #[ignore = "needs a process of limited address space"]
    fn with_little_address_space() {
        let mut refused = 0;
        for pages in
            [0, 1, 17, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 16_384, 30_000, 65_535, 65_536]
        {
            match IsolatedMemory::new(pages, 65_536) {
                Ok(mut memory) => {
                    assert_eq!(memory.pages(), pages as i32);
                    let mut size = memory.pages();
                    memory.write(0, &[1; 8]).unwrap_or_default();
                    // Grow until it fails: by the same, by half of that, and so on.
                    let mut delta = pages.max(1) as i32;
                    while delta > 0 {
                        match memory.grow(delta) {
                            -1 => delta /= 2,
                            old => {
                                assert_eq!(old, size);
                                size += delta;
                            }
                        }
                        assert_eq!(memory.pages(), size);
                    }
                    refused += u32::from(size < 65_536);
                }
                Err(trap) => {
                    assert_eq!(trap.kind(), TrapKind::AllocationFailed);
                    refused += 1;
                }
            }
        }
        assert_eq!(refused, 14, "the limit was not in force");
        let mut table =
            herkos_runtime::Table::new(0, u32::MAX, None::<herkos_runtime::FuncRef>).unwrap();
        while table.grow(1_000_000, None) != -1 {}
    }

    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    #[test]
    fn allocation_failure_is_no_abort() {
        for kilobytes in [150_000, 250_000] {
            let status = std::process::Command::new("sh")
                .arg("-c")
                .arg(format!("ulimit -v {kilobytes}; exec \"$0\" \"$@\""))
                .arg(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "heap::with_little_address_space",
                    "--ignored",
                    "--test-threads=1",
                ])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&status.stdout);
            assert!(
                status.status.success() && said.contains("1 passed"),
                "at {kilobytes} KiB: {said}\n{status:?}"
            );
        }
    }
}
