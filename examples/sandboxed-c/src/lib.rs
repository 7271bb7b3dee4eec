//! A QOI decoder that is written in C, in safe Rust.
//!
//! `c/qoi.c` has a memory fault. It is compiled to WebAssembly, and that is translated by the build
//! script; so the fault can reach the decoder's own memory, and ends there.

use std::fmt;

use herkos_runtime::{GuestError, GuestHeap, GuestPtr, WasmTrap, guest_record};

/// The C library, as Rust. The build script wrote it.
mod qoi {
    include!(concat!(env!("OUT_DIR"), "/qoi.rs"));
}

guest_record! {
    /// `struct qoi_desc` of `c/qoi.h`.
    struct Desc {
        width: u32,
        height: u32,
        channels: u8,
        colorspace: u8,
    }
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green, blue and alpha of each pixel, row by row.
    pub pixels: Vec<u8>,
}

/// Why a file was not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The decoder says that it is no QOI image.
    NotQoi,
    /// The decoder went wrong, and was stopped.
    Trap(WasmTrap),
    /// The decoder says what can't be.
    Nonsense(GuestError),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotQoi => f.write_str("not a QOI image"),
            Self::Trap(trap) => write!(f, "the decoder was stopped: {trap}"),
            Self::Nonsense(error) => write!(f, "the decoder talks nonsense: {error}"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl From<WasmTrap> for DecodeError {
    fn from(trap: WasmTrap) -> Self {
        Self::Trap(trap)
    }
}

impl From<GuestError> for DecodeError {
    fn from(error: GuestError) -> Self {
        Self::Nonsense(error)
    }
}

/// The most columns and rows that are accepted.
const SIDE: std::ops::RangeInclusive<u32> = 1..=2048;

/// Decodes a QOI image.
///
/// Each image gets an instance of its own: whatever a file does to one, it does to no other file.
///
/// # Errors
///
/// [`DecodeError`], for every file that is not an image of at most 2048 by 2048 pixels.
pub fn decode(file: &[u8]) -> Result<Image, DecodeError> {
    let mut decoder = qoi::Instance::new()?;
    decoder._initialize()?;
    decoder.with_bytes(file, |decoder, file, size| {
        let empty = Desc { width: 0, height: 0, channels: 0, colorspace: 0 };
        let mut desc = decoder.alloc_value(empty)?;
        let desc_at = desc.data.start();
        let pixels = GuestPtr::<[u8; 4]>::new(desc.qoi_decode(file, size, desc_at.raw())?);
        if pixels.is_null() {
            return Err(DecodeError::NotQoi);
        }
        // What the decoder says is not to be trusted: not the size, and not that so many pixels are
        // where it says.
        let (width, height) = desc_at.load(desc.memory())?.validate(|desc| {
            (SIDE.contains(&desc.width) && SIDE.contains(&desc.height))
                .then_some((desc.width, desc.height))
                .ok_or(GuestError::Rejected)
        })?;
        let pixels = pixels.slice(width * height).bytes(desc.memory())?.to_vec();
        Ok(Image { width, height, pixels })
    })
}

/// The image as PPM, without its alpha.
#[must_use]
pub fn to_ppm(image: &Image) -> Vec<u8> {
    let mut ppm = format!("P6\n{} {}\n255\n", image.width, image.height).into_bytes();
    ppm.extend(image.pixels.as_chunks::<4>().0.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]));
    ppm
}
