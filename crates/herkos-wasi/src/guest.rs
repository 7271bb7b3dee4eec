//! The guest's memory: every address and every length is checked here, before it is used.

use std::io::IoSlice;

use crate::errno::Errno;

/// The most buffers that a call takes: what C's `IOV_MAX` is for the guest.
const MAX_BUFFERS: u32 = 1024;

/// Bytes that are read at once where several buffers are to be filled.
const BOUNCE: usize = 64 << 10;

/// A `usize` that can't be had is past every end.
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The `length` bytes from `address` on.
pub(crate) fn slice(memory: &[u8], address: i32, length: u32) -> Result<&[u8], Errno> {
    let rest = memory.get(index(address as u32)..).ok_or(Errno::Fault)?;
    rest.get(..index(length)).ok_or(Errno::Fault)
}

/// The `length` bytes from `address` on, to be written.
pub(crate) fn slice_mut(memory: &mut [u8], address: i32, length: u32) -> Result<&mut [u8], Errno> {
    let rest = memory.get_mut(index(address as u32)..).ok_or(Errno::Fault)?;
    rest.get_mut(..index(length)).ok_or(Errno::Fault)
}

/// That `length` bytes can be written at `address`: asked before a call has any effect.
pub(crate) fn check(memory: &[u8], address: i32, length: u32) -> Result<(), Errno> {
    slice(memory, address, length).map(drop)
}

/// Writes what [`check`] has found room for.
pub(crate) fn write(memory: &mut [u8], address: i32, bytes: &[u8]) -> Result<(), Errno> {
    let length = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
    slice_mut(memory, address, length)?.copy_from_slice(bytes);
    Ok(())
}

/// Writes a number of 32 bits.
pub(crate) fn write_u32(memory: &mut [u8], address: i32, value: u32) -> Result<(), Errno> {
    write(memory, address, &value.to_le_bytes())
}

/// Writes a number of 64 bits.
pub(crate) fn write_u64(memory: &mut [u8], address: i32, value: u64) -> Result<(), Errno> {
    write(memory, address, &value.to_le_bytes())
}

/// Up to eight bytes as a number; there are as many as a caller's slice has.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// A list of buffers in the guest's memory, each of them inside and none empty.
pub(crate) struct Buffers {
    list: Vec<(i32, u32)>,
    total: u32,
}

impl Buffers {
    /// Reads and checks the list of `count` pairs of address and length.
    ///
    /// # Errors
    ///
    /// [`Errno::Inval`] for more than 1,024 buffers or 4 GiB in all, [`Errno::Fault`] if the list or a
    /// buffer is not inside the memory.
    pub(crate) fn read(memory: &[u8], list: i32, count: i32) -> Result<Self, Errno> {
        let count = count as u32;
        if count > MAX_BUFFERS {
            return Err(Errno::Inval);
        }
        let mut buffers = Self { list: Vec::new(), total: 0 };
        for pair in slice(memory, list, count * 8)?.chunks_exact(8) {
            let (address, length) = pair.split_at(4);
            let (address, length) = (number(address) as u32 as i32, number(length) as u32);
            if length > 0 {
                check(memory, address, length)?;
                buffers.total = buffers.total.checked_add(length).ok_or(Errno::Inval)?;
                buffers.list.push((address, length));
            }
        }
        Ok(buffers)
    }

    /// Bytes in all of them.
    pub(crate) fn total(&self) -> u32 {
        self.total
    }

    /// The first `limit` bytes, to be written from.
    pub(crate) fn gather<'m>(&self, memory: &'m [u8], limit: u64) -> Vec<IoSlice<'m>> {
        let mut left = u32::try_from(limit).unwrap_or(u32::MAX);
        let mut slices = Vec::with_capacity(self.list.len());
        for (address, length) in &self.list {
            let length = left.min(*length);
            if let Ok(bytes) = slice(memory, *address, length)
                && length > 0
            {
                slices.push(IoSlice::new(bytes));
            }
            left -= length;
        }
        slices
    }

    /// Fills the buffers one after the other by `read`, which gets a position in the bytes to come, and
    /// says how many bytes there were. The bytes in all.
    ///
    /// Where `waits` is true, `read` may wait for bytes: it is then called once only, so that no byte that
    /// has come waits for others. If there are several buffers, it gets at most 64 KiB.
    pub(crate) fn fill(
        &self,
        memory: &mut [u8],
        waits: bool,
        mut read: impl FnMut(&mut [u8], u64) -> Result<usize, Errno>,
    ) -> Result<u32, Errno> {
        if let [(address, length)] = self.list.as_slice() {
            let into = slice_mut(memory, *address, *length)?;
            return read(into, 0).map(|count| count as u32);
        }
        if waits {
            let mut bytes = vec![0; BOUNCE.min(index(self.total))];
            let count = read(&mut bytes, 0)?;
            let mut left = bytes.get(..count).ok_or(Errno::Io)?;
            for (address, length) in &self.list {
                let (now, later) = left.split_at(left.len().min(index(*length)));
                write(memory, *address, now)?;
                left = later;
            }
            return Ok(count as u32);
        }
        let mut done = 0;
        for (address, length) in &self.list {
            let into = slice_mut(memory, *address, *length)?;
            let count = match read(into, u64::from(done)) {
                Ok(count) => count as u32,
                // What came before is not lost.
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            };
            done += count;
            if count < *length {
                break;
            }
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_of_the_memory() {
        let memory = [0; 16];
        assert!(check(&memory, 0, 16).is_ok());
        assert!(check(&memory, 16, 0).is_ok());
        assert_eq!(check(&memory, 16, 1), Err(Errno::Fault));
        assert_eq!(check(&memory, 17, 0), Err(Errno::Fault));
        assert_eq!(check(&memory, 8, u32::MAX), Err(Errno::Fault));
        assert_eq!(check(&memory, -1, 2), Err(Errno::Fault));
    }

    #[test]
    fn lists_of_buffers_are_bounded() {
        let mut memory = vec![0; 64];
        memory[0] = 32;
        memory[4] = 32;
        assert_eq!(Buffers::read(&memory, 0, 1).map(|buffers| buffers.total()), Ok(32));
        memory[4] = 33;
        assert!(Buffers::read(&memory, 0, 1).is_err());
        assert_eq!(Buffers::read(&memory, 0, -1).err(), Some(Errno::Inval));
        assert_eq!(Buffers::read(&memory, 0, 9).err(), Some(Errno::Fault));
    }
}
