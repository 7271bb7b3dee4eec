//! What all images for the board have in common: what they do, and how they start and end.
//!
//! Compiled for another machine they are ordinary programs that do the same.
#![no_std]

#[cfg(not(target_os = "none"))]
extern crate std;

#[cfg(target_os = "none")]
mod board;

#[cfg(target_os = "none")]
#[doc(hidden)]
pub use crate::board::{end, entry};

/// Two partitions with a mailbox, and a module with a memory of its own.
pub trait Partitions {
    /// The driver posts a reading, the controller answers with the opening of the valve, in percent.
    fn exchange(&mut self, reading: i32) -> Option<i32>;

    /// The filtered reading, and how many messages the controller did not accept.
    fn status(&self) -> (i32, i32);

    /// Puts bytes at the start of the third module's memory. `false` if they don't fit.
    fn put(&mut self, data: &[u8]) -> bool;

    /// Their Adler-32 checksum, or that of other bytes in that memory; none if they aren't all there.
    fn adler32(&mut self, address: i32, len: i32) -> Option<u32>;
}

/// Prints a line: by the debugger, or to standard output.
macro_rules! say {
    ($($argument:tt)*) => {{
        #[cfg(target_os = "none")]
        cortex_m_semihosting::hprintln!($($argument)*);
        #[cfg(not(target_os = "none"))]
        std::println!($($argument)*);
    }};
}

/// Does what the example does.
pub fn run(partitions: &mut impl Partitions) {
    // The third reading makes the driver write outside of the mailbox; the fourth one can't be.
    for reading in [400, 400, -1, 1001, 400] {
        match partitions.exchange(reading) {
            Some(opening) => say!("reading {reading}: valve {opening} %"),
            None => say!("reading {reading}: the controller trapped"),
        }
    }
    let (level, refused) = partitions.status();
    say!("level {level}, {refused} messages refused");
    say!("put 9 bytes: {}", partitions.put(b"Wikipedia"));
    say!("put 257 bytes: {}", partitions.put(&[0; 257]));
    for (address, len) in [(0, 9), (0, 256), (250, 7), (65_535, 1), (-1, 1)] {
        match partitions.adler32(address, len) {
            Some(sum) => say!("adler32 of {len} bytes at {address}: {sum:08x}"),
            None => say!("adler32 of {len} bytes at {address}: out of bounds"),
        }
    }
}

/// The entry point: `start` gives what [`run`] works with, if that could be had.
#[macro_export]
macro_rules! image {
    ($start:expr) => {
        #[cfg(target_os = "none")]
        #[$crate::entry]
        fn main() -> ! {
            $crate::end($start().as_mut().map($crate::run).is_some())
        }

        #[cfg(not(target_os = "none"))]
        fn main() -> std::process::ExitCode {
            match $start().as_mut().map($crate::run) {
                Some(()) => std::process::ExitCode::SUCCESS,
                None => std::process::ExitCode::FAILURE,
            }
        }
    };
}
