//! The image that the other one is compared with: the same partitions, written in Rust. They do the same, and nothing
//! but their author's care keeps them apart.
#![cfg_attr(target_os = "none", no_std, no_main)]

use herkos_example_board::{Partitions, image};
use static_cell::{ConstStaticCell, StaticCell};

const MAILBOX: usize = 1024;

struct Native {
    mailbox: &'static mut [u8; MAILBOX],
    bytes: &'static mut [u8; 256],
    /// Of the driver.
    sent: i32,
    /// Of the controller, as what follows.
    received: i32,
    level: i32,
    rejected: i32,
}

static MAILBOX_BYTES: ConstStaticCell<[u8; MAILBOX]> = ConstStaticCell::new([0; MAILBOX]);
static CHECKSUM_BYTES: ConstStaticCell<[u8; 256]> = ConstStaticCell::new([0; 256]);
static NATIVE: StaticCell<Native> = StaticCell::new();

fn start() -> Option<&'static mut Native> {
    let (mailbox, bytes) = (MAILBOX_BYTES.take(), CHECKSUM_BYTES.take());
    Some(NATIVE.init(Native { mailbox, bytes, sent: 0, received: 0, level: 0, rejected: 0 }))
}

impl Native {
    fn get(&self, at: usize) -> Option<i32> {
        self.mailbox.get(at..)?.first_chunk().map(|bytes| i32::from_le_bytes(*bytes))
    }

    fn set(&mut self, at: usize, value: i32) -> Option<()> {
        *self.mailbox.get_mut(at..)?.first_chunk_mut()? = value.to_le_bytes();
        Some(())
    }

    fn send(&mut self, value: i32) -> Option<()> {
        self.sent = self.sent.wrapping_add(1);
        let index = usize::try_from(value as u32).ok()?.checked_add(16)?;
        *self.mailbox.get_mut(index)? = 1;
        self.set(0, self.sent)?;
        self.set(4, value)?;
        self.set(8, self.sent ^ value)
    }

    fn receive(&mut self) -> Option<i32> {
        let (next, value) = (self.get(0)?, self.get(4)?);
        if next <= self.received || value as u32 > 1000 || self.get(8)? != next ^ value {
            self.rejected = self.rejected.wrapping_add(1);
        } else {
            self.received = next;
            self.level = self.level.wrapping_mul(3).wrapping_add(value) / 4;
        }
        Some(100_i32.wrapping_sub(self.level / 10))
    }
}

impl Partitions for &mut Native {
    fn exchange(&mut self, reading: i32) -> Option<i32> {
        if self.send(reading).is_none() {
            self.mailbox.first_chunk_mut::<12>()?.fill(0);
        }
        self.receive()
    }

    fn status(&self) -> (i32, i32) {
        (self.level, self.rejected)
    }

    fn put(&mut self, data: &[u8]) -> bool {
        let into = self.bytes.get_mut(..data.len());
        into.map(|into| into.copy_from_slice(data)).is_some()
    }

    fn adler32(&mut self, address: i32, len: i32) -> Option<u32> {
        let (address, len) = (address as u32 as usize, len as u32 as usize);
        let (mut a, mut b) = (1, 0);
        for byte in self.bytes.get(address..)?.get(..len)? {
            a = (a + u32::from(*byte)) % 65_521;
            b = (b + a) % 65_521;
        }
        Some(b << 16 | a)
    }
}

image!(start);
