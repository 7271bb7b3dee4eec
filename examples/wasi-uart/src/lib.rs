//! A module for WASI in a library that has neither the standard library nor a heap: its host is one function,
//! `fd_write`, which sends bytes to a UART.
//!
//! Test it with `cargo test -p herkos-example-wasi-uart`.
#![no_std]

use herkos_runtime::WasmResult;

/// The module, as Rust. The build script wrote it.
mod sensor {
    include!(concat!(env!("OUT_DIR"), "/sensor.rs"));
}

/// What sends a byte, and waits until there is room for it.
pub trait Uart {
    /// Sends one byte.
    fn send(&mut self, byte: u8);
}

/// Preview 1's numbers for errors: bad file descriptor, bad address, invalid argument.
const EBADF: i32 = 8;
const EFAULT: i32 = 21;
const EINVAL: i32 = 28;

/// The most buffers that one call may have.
const MAX_BUFFERS: u32 = 16;

/// The host: all that the module can do is to write to its standard output.
struct Host<U>(U);

impl<U: Uart> sensor::WasiSnapshotPreview1 for Host<U> {
    fn fd_write(
        &mut self,
        memory: &mut sensor::Memory<'_>,
        fd: i32,
        list: i32,
        count: i32,
        written: i32,
    ) -> WasmResult<i32> {
        if fd != 1 {
            return Ok(EBADF);
        }
        if count as u32 > MAX_BUFFERS {
            return Ok(EINVAL);
        }
        // All is checked before the first byte is sent.
        let Some(total) = checked_total(memory, list, count, written) else { return Ok(EFAULT) };
        for index in 0..count {
            if let Some(bytes) = buffer(memory, list, index) {
                bytes.iter().for_each(|byte| self.0.send(*byte));
            }
        }
        memory.write(written, &total.to_le_bytes())?;
        Ok(0)
    }
}

/// The bytes in all buffers, none if one of them or the result is not inside the memory.
fn checked_total(memory: &sensor::Memory<'_>, list: i32, count: i32, written: i32) -> Option<u32> {
    memory.slice(written, 4).ok()?;
    (0..count).try_fold(0_u32, |total, index| {
        total.checked_add(u32::try_from(buffer(memory, list, index)?.len()).ok()?)
    })
}

/// A buffer of a list: its address and its length stand in the list.
fn buffer<'m>(memory: &'m sensor::Memory<'_>, list: i32, index: i32) -> Option<&'m [u8]> {
    let entry = (list as u32).checked_add(index as u32 * 8)?;
    let word = |at: u32| {
        let bytes = memory.slice(at, 4_u32).ok()?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    memory.slice(word(entry)?, word(entry.checked_add(4)?)?).ok()
}

/// Lets the module report a value. The bytes that it sent, or less than 0: -1 and an error's number.
///
/// # Errors
///
/// A trap: `AllocationFailed` if the buffer is smaller than a page.
pub fn report(uart: impl Uart, buffer: &mut [u8], value: u32) -> WasmResult<i32> {
    sensor::Instance::new(Host(uart), buffer)?.report(value as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use herkos_runtime::PAGE_SIZE;
    use sensor::WasiSnapshotPreview1 as _;

    /// A UART that keeps what it sent.
    struct Line<'l> {
        bytes: &'l mut [u8],
        count: &'l mut usize,
    }

    impl Uart for Line<'_> {
        fn send(&mut self, byte: u8) {
            if let Some(place) = self.bytes.get_mut(*self.count) {
                *place = byte;
            }
            *self.count += 1;
        }
    }

    #[test]
    fn the_module_prints_to_the_uart() -> WasmResult<()> {
        let (mut memory, mut bytes, mut count) = ([0; PAGE_SIZE], [0; 64], 0);
        let uart = Line { bytes: &mut bytes, count: &mut count };
        assert_eq!(report(uart, &mut memory, 2026)?, 16);
        assert_eq!(&bytes[..count], b"reading 2026 ok\n");
        Ok(())
    }

    #[test]
    fn what_is_wrong_sends_nothing() -> WasmResult<()> {
        let (mut buffer, mut bytes, mut count) = ([0; PAGE_SIZE], [0; 64], 0);
        let mut host = Host(Line { bytes: &mut bytes, count: &mut count });
        let mut memory = sensor::Memory::from_buffer(&mut buffer, 1, 1)?;
        memory.write(0_u32, &[0, 1, 0, 0, 4, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0])?;
        assert_eq!(host.fd_write(&mut memory, 2, 0, 1, 32)?, EBADF);
        assert_eq!(host.fd_write(&mut memory, 1, 0, 2, 32)?, EFAULT);
        assert_eq!(host.fd_write(&mut memory, 1, 0, 1, 65533)?, EFAULT);
        assert_eq!(host.fd_write(&mut memory, 1, 65530, 1, 32)?, EFAULT);
        assert_eq!(host.fd_write(&mut memory, 1, -1, 1, 32)?, EFAULT);
        assert_eq!(host.fd_write(&mut memory, 1, 0, -1, 32)?, EINVAL);
        assert_eq!(host.fd_write(&mut memory, 1, 0, 1, 32)?, 0);
        assert_eq!(count, 4);
        Ok(())
    }
}
