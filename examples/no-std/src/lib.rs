//! `checksum.wat` in a library that has neither the standard library nor a heap.
//!
//! Test it with `cargo test -p herkos-example-no-std`.
#![no_std]

use herkos_runtime::{PAGE_SIZE, WasmResult};

/// The module, as Rust. The build script wrote it.
mod checksum {
    include!(concat!(env!("OUT_DIR"), "/checksum.rs"));
}

/// Bytes of the module's memory: one page, which is what the module asks for at least.
pub const BUFFER: usize = PAGE_SIZE;

/// The Adler-32 checksum of `data`, computed by the module in the memory that is lent to it.
///
/// # Errors
///
/// A trap: `AllocationFailed` if the buffer has less than [`BUFFER`] bytes, `MemoryOutOfBounds`
/// if the data does not fit in the module's memory.
pub fn adler32(buffer: &mut [u8], data: &[u8]) -> WasmResult<u32> {
    let mut instance = checksum::Instance::new(buffer)?;
    instance.memory_mut().write(0_u32, data)?;
    Ok(instance.adler32(0, data.len() as i32)? as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use herkos_runtime::{TrapKind, WasmTrap};

    #[test]
    fn the_caller_lends_the_memory() -> WasmResult<()> {
        let mut buffer = [0; BUFFER];
        assert_eq!(adler32(&mut buffer, b"Wikipedia")?, 0x11e6_0398);
        // The next instance finds nothing of this one: it clears its memory first.
        assert_eq!(adler32(&mut buffer, b"")?, 1);

        let kind = |result: WasmResult<u32>| result.err().map(WasmTrap::kind);
        assert_eq!(kind(adler32(&mut buffer[1..], b"")), Some(TrapKind::AllocationFailed));
        assert_eq!(kind(adler32(&mut buffer, &[0; BUFFER + 1])), Some(TrapKind::MemoryOutOfBounds));
        Ok(())
    }
}
