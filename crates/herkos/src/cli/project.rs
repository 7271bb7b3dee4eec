//! Writing Cargo projects.

use std::fs;
use std::path::Path;

use super::failure::Failure;

/// Writes the runtime as a crate in `dir`, so that the project needs no registry.
pub(crate) fn write_runtime(dir: &Path) -> Result<(), Failure> {
    let runtime = dir.join("herkos-runtime");
    write(&runtime.join("Cargo.toml"), RUNTIME_PROJECT)?;
    for (path, text) in herkos_runtime::SOURCE {
        write(&runtime.join("src").join(path), text)?;
    }
    Ok(())
}

const RUNTIME_PROJECT: &str = r#"[package]
name = "herkos-runtime"
version = "0.0.0"
edition = "2024"

[features]
default = ["std"]
std = ["alloc"]
alloc = []
source = []
"#;

/// Writes a file, and the directories above it.
pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<(), Failure> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(|error| failed("create", dir, &error))?;
    }
    fs::write(path, text).map_err(|error| failed("write", path, &error))
}

/// What could not be done to a file.
pub(crate) fn failed(action: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {action} `{}`: {error}", path.display()))
}
