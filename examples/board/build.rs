//! Translates a module with a memory of its own; and where the image goes on the board.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

/// Flash and RAM of the LM3S6965.
const MEMORY: &str = "MEMORY {\n  FLASH : ORIGIN = 0x00000000, LENGTH = 256K\n  RAM : ORIGIN = 0x20000000, LENGTH = 64K\n}\n";

fn main() -> Result<(), Box<dyn Error>> {
    let config = herkos::Config::new().memory(herkos::MemoryStorage::Lent);
    // It declares a page. 256 bytes are all it gets.
    config.memory_bytes(256).compile("../no-std/checksum.wat")?;
    if env::var("CARGO_CFG_TARGET_OS")? == "none" {
        let directory = PathBuf::from(env::var("OUT_DIR")?);
        fs::write(directory.join("memory.x"), MEMORY)?;
        println!("cargo::rustc-link-search={}", directory.display());
        println!("cargo::rustc-link-arg-bins=-Tlink.x");
    }
    Ok(())
}
