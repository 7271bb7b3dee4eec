//! An image that does nothing but print what the others print: what they would take without partitions.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use herkos_example_board::{Partitions, image};

struct Bare;

fn start() -> Option<Bare> {
    black_box(Some(Bare))
}

impl Partitions for Bare {
    fn exchange(&mut self, reading: i32) -> Option<i32> {
        black_box(Some(reading))
    }

    fn status(&self) -> (i32, i32) {
        black_box((0, 0))
    }

    fn put(&mut self, data: &[u8]) -> bool {
        black_box(data.len() == 9)
    }

    fn adler32(&mut self, address: i32, len: i32) -> Option<u32> {
        black_box((address == 0).then_some(len as u32))
    }
}

image!(start);
