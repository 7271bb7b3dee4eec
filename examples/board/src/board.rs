//! The end of an image, and what it says of a panic. Neither partitions nor runtime have one.

use core::panic::PanicInfo;

use cortex_m as _; // Critical sections, for the console.
pub use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};

/// Ends the emulation, with success or without.
pub fn end(success: bool) -> ! {
    debug::exit(if success { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    loop {}
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    end(false)
}
