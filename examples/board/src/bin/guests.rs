//! The image with the modules that herkos translated. Their memories and state are statics.
#![cfg_attr(target_os = "none", no_std, no_main)]

use herkos_example_board::{Partitions, image};
use herkos_example_partitions::{MAILBOX, System};
use static_cell::{ConstStaticCell, StaticCell};

/// The module of `build.rs`.
mod checksum {
    include!(concat!(env!("OUT_DIR"), "/checksum.rs"));
}

struct Guests {
    system: System<'static>,
    checksum: checksum::Instance<'static>,
}

static MAILBOX_BYTES: ConstStaticCell<[u8; MAILBOX]> = ConstStaticCell::new([0; MAILBOX]);
static CHECKSUM_BYTES: ConstStaticCell<[u8; 256]> = ConstStaticCell::new([0; 256]);
static GUESTS: StaticCell<Guests> = StaticCell::new();

fn start() -> Option<&'static mut Guests> {
    let system = System::new(MAILBOX_BYTES.take()).ok()?;
    let checksum = checksum::Instance::new(CHECKSUM_BYTES.take()).ok()?;
    Some(GUESTS.init(Guests { system, checksum }))
}

impl Partitions for &mut Guests {
    fn exchange(&mut self, reading: i32) -> Option<i32> {
        self.system.exchange(reading).ok()
    }

    fn status(&self) -> (i32, i32) {
        self.system.status()
    }

    fn put(&mut self, data: &[u8]) -> bool {
        self.checksum.memory_mut().write(0, data).is_ok()
    }

    fn adler32(&mut self, address: i32, len: i32) -> Option<u32> {
        self.checksum.adler32(address, len).ok().map(|sum| sum as u32)
    }
}

image!(start);
