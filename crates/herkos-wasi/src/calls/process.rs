//! Arguments, environment, clocks, randomness, signals.

use crate::clock::Clock;
use crate::errno::{Errno, Outcome};
use crate::guest;
use crate::wasi::Wasi;

/// Writes each string to `buffer`, with a zero byte behind it, and its address to `list`.
pub(super) fn strings(strings: &[Vec<u8>], memory: &mut [u8], list: i32, buffer: i32) -> Outcome {
    let (count, bytes) = sizes(strings)?;
    guest::check(memory, list, count.checked_mul(4).ok_or(Errno::Overflow)?)?;
    guest::check(memory, buffer, bytes)?;
    let (mut entry, mut address) = (list, buffer);
    for string in strings {
        guest::write_u32(memory, entry, address as u32)?;
        guest::write(memory, address, string)?;
        address = address.wrapping_add(string.len() as i32);
        guest::write(memory, address, &[0])?;
        address = address.wrapping_add(1);
        entry = entry.wrapping_add(4);
    }
    Ok(())
}

pub(super) fn string_sizes(
    strings: &[Vec<u8>],
    memory: &mut [u8],
    count: i32,
    bytes: i32,
) -> Outcome {
    guest::check(memory, count, 4)?;
    guest::check(memory, bytes, 4)?;
    let sizes = sizes(strings)?;
    guest::write_u32(memory, count, sizes.0)?;
    guest::write_u32(memory, bytes, sizes.1)
}

/// How many strings there are, and the bytes that they take.
fn sizes(strings: &[Vec<u8>]) -> Result<(u32, u32), Errno> {
    let bytes: usize = strings.iter().map(|string| string.len() + 1).sum();
    let count = u32::try_from(strings.len()).map_err(|_| Errno::Overflow)?;
    Ok((count, u32::try_from(bytes).map_err(|_| Errno::Overflow)?))
}

/// The exit code that a signal leads to, none if it is ignored.
pub(super) fn effect(signal: i32) -> Result<Option<u32>, Errno> {
    // The numbers of preview 1 are those of POSIX on Linux, but for what comes after SIGTERM (15).
    match signal {
        // No signal, or one that is ignored: SIGCHLD, SIGCONT, SIGURG, SIGWINCH.
        0 | 16 | 17 | 22 | 27 => Ok(None),
        1..=15 => Ok(Some(128 + signal as u32)),
        // SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU.
        18..=21 => Err(Errno::NotSup),
        // SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF: 24 to 27 elsewhere. SIGPOLL, SIGPWR, SIGSYS: 29 to 31.
        23..=26 | 28..=30 => Ok(Some(129 + signal as u32)),
        _ => Err(Errno::Inval),
    }
}

impl Wasi {
    pub(super) fn clock_res(&self, memory: &mut [u8], clock: i32, result: i32) -> Outcome {
        guest::check(memory, result, 8)?;
        let resolution = self.clocks.resolution(Clock::new(clock)?)?;
        guest::write_u64(memory, result, resolution)
    }

    pub(super) fn clock_time(&mut self, memory: &mut [u8], clock: i32, result: i32) -> Outcome {
        guest::check(memory, result, 8)?;
        let time = self.clocks.time(Clock::new(clock)?)?;
        guest::write_u64(memory, result, time)
    }

    pub(super) fn random_bytes(&mut self, memory: &mut [u8], buffer: i32, length: i32) -> Outcome {
        self.random.fill(guest::slice_mut(memory, buffer, length as u32)?)
    }
}
