//! The images, compiled for this machine, print what `run.sh` expects of them on the board.

use std::io;
use std::process::Command;

fn prints(program: &str) -> io::Result<String> {
    let output = Command::new(program).output()?;
    assert!(output.status.success(), "{program}: {}", output.status);
    String::from_utf8(output.stdout).map_err(io::Error::other)
}

#[test]
fn modules_and_native_code_do_the_same() -> io::Result<()> {
    let expected = include_str!("../expected.txt").replace("\r\n", "\n");
    assert_eq!(prints(env!("CARGO_BIN_EXE_guests"))?, expected);
    assert_eq!(prints(env!("CARGO_BIN_EXE_native"))?, expected);
    Ok(())
}

/// It has the same lines, so that it takes what they take.
#[test]
fn the_bare_image_prints_as_much() -> io::Result<()> {
    let expected = include_str!("../expected.txt").lines().count();
    assert_eq!(prints(env!("CARGO_BIN_EXE_bare"))?.lines().count(), expected);
    Ok(())
}
