//! Two partitions that exchange messages through a mailbox, without a heap, without an operating
//! system, and without an MPU.
//!
//! Both modules import their memory: for each call, the host lends them the mailbox. In between
//! neither has a reference to it, nor to the other; rustc has checked that. What a partition keeps is
//! in its own globals, which the other can't name.
#![no_std]

use herkos_runtime::{IsolatedMemory, WasmResult};

/// The driver. It may read the bus, and nothing else.
mod sensor {
    include!(concat!(env!("OUT_DIR"), "/sensor.rs"));
}

/// The controller. It imports no function: it can compute, and return.
mod control {
    include!(concat!(env!("OUT_DIR"), "/control.rs"));
}

/// Bytes of the mailbox. The partitions ask for one page, which is 64 KiB; they use no more than this of it.
pub const MAILBOX: usize = 1024;

/// The bus that the driver reads: its one capability.
#[derive(Debug)]
struct Bus {
    next: i32,
}

impl sensor::Bus for Bus {
    fn reading(&mut self, _: &mut sensor::Memory<'_>) -> WasmResult<i32> {
        Ok(self.next)
    }
}

/// The two partitions, and the mailbox between them.
pub struct System<'m> {
    mailbox: IsolatedMemory<&'m mut [u8]>,
    sensor: sensor::Instance<Bus>,
    control: control::Instance,
}

impl<'m> System<'m> {
    /// Starts both partitions, with a mailbox in the buffer.
    ///
    /// # Errors
    ///
    /// `AllocationFailed` if the buffer has less than [`MAILBOX`] bytes.
    pub fn new(buffer: &'m mut [u8]) -> WasmResult<Self> {
        let mut mailbox = IsolatedMemory::partial_from_buffer(buffer, 1, MAILBOX)?;
        let sensor = sensor::Instance::new(Bus { next: 0 }, &mut mailbox)?;
        let control = control::Instance::new(&mut mailbox)?;
        Ok(Self { mailbox, sensor, control })
    }

    /// One exchange: the driver takes a reading and posts it, the controller takes it and says how
    /// far the valve is to be open, in percent.
    ///
    /// # Errors
    ///
    /// The traps of the controller. A driver that traps posts nothing.
    pub fn exchange(&mut self, reading: i32) -> WasmResult<i32> {
        self.sensor.host_mut().next = reading;
        if self.sensor.step(&mut self.mailbox).is_err() {
            // What it left there is no message.
            self.mailbox.write(0, &[0; 12])?;
        }
        self.control.step(&mut self.mailbox)
    }

    /// The filtered reading, and how many messages the controller did not accept.
    #[must_use]
    pub fn status(&self) -> (i32, i32) {
        (self.control.level(), self.control.rejected())
    }
}
