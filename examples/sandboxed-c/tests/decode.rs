//! Good files are images, bad files are errors, and nothing else happens.
#![allow(clippy::unwrap_used, clippy::panic)]

use herkos_example_sandboxed_c::{DecodeError, decode, to_ppm};
use herkos_runtime::{GuestError, TrapKind};

const SMILE: &[u8] = include_bytes!("../images/smile.qoi");
const MALFORMED: &[u8] = include_bytes!("../images/malformed.qoi");

#[test]
fn a_good_file_is_an_image() {
    let image = decode(SMILE).unwrap();
    assert_eq!((image.width, image.height, image.pixels.len()), (64, 48, 64 * 48 * 4));
    assert_eq!(image.pixels[..8], [0, 0, 120, 255, 2, 0, 120, 255]);
    let ppm = to_ppm(&image);
    assert!(ppm.starts_with(b"P6\n64 48\n255\n\x00\x00\x78\x02"));
    assert_eq!(ppm.len(), 13 + 64 * 48 * 3);
}

#[test]
fn the_file_that_corrupts_memory_natively_is_an_error() {
    let trap = match decode(MALFORMED) {
        Err(DecodeError::Trap(trap)) => Some(trap.kind()),
        _ => None,
    };
    assert_eq!(trap, Some(TrapKind::MemoryOutOfBounds));
    decode(SMILE).unwrap();
}

#[test]
fn what_is_no_image_is_an_error() {
    assert_eq!(decode(b""), Err(DecodeError::NotQoi));
    assert_eq!(decode(&SMILE[1..]), Err(DecodeError::NotQoi));
    let mut wide = SMILE.to_vec();
    wide[6] = 16; // 4160 columns
    assert_eq!(decode(&wide), Err(DecodeError::Nonsense(GuestError::Rejected)));
}

/// Some thousand files with a few bytes changed: each is an image or an error.
#[test]
fn files_with_faults_do_no_harm() {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    for _ in 0..1000 {
        let mut file = SMILE.to_vec();
        for _ in 0..1 + random() % 4 {
            // Headers are where the sizes are; but not the high bytes, or each takes long.
            let at = if random() % 2 == 0 { 6 + random() % 8 } else { random() % file.len() };
            if ![4, 5, 6, 8, 9, 10].contains(&at) {
                file[at] = random() as u8;
            }
        }
        if let Ok(image) = decode(&file) {
            assert_eq!(image.pixels.len() as u32, image.width * image.height * 4);
        }
    }
}
