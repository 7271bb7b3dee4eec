//! `herkos new --c-abi`: a crate that becomes a library for C programs.

use std::path::Path;

use herkos::Config;

use super::failure::Failure;
use super::input::Input;
use super::new::dependencies;
use super::project::{write, write_runtime};

/// Writes the crate `name` to `dir`. `source` is the module in Rust; `crates` are those of a clone, for a crate that
/// translates the module when it is built.
pub(super) fn write_crate(
    dir: &Path,
    name: &str,
    input: &Input,
    source: &str,
    crates: Option<&Path>,
) -> Result<(), Failure> {
    let prefix = name.replace('-', "_");
    let c = Config::new().source_name(input.name()).c_prefix(&prefix).c_abi(&input.bytes)?;
    let extension = if input.bytes.starts_with(b"\0asm") { "wasm" } else { "wat" };
    let module = format!("{prefix}.{extension}");
    let header = format!("include/{prefix}.h");
    write(&dir.join(&module), &input.bytes)?;
    write(&dir.join(&header), &c.header)?;
    let library = dir.join("src/lib.rs");
    let dependencies = match crates {
        Some(crates) => {
            let build = BUILD.replace("{MODULE}", &module).replace("{HEADER}", &header);
            write(&dir.join("build.rs"), build)?;
            write(&library, INCLUDED.replace("{PREFIX}", &prefix))?;
            dependencies(crates)
        }
        None => {
            write_runtime(dir)?;
            write(&dir.join(format!("src/{prefix}.rs")), source)?;
            write(&dir.join(format!("src/{prefix}_c.rs")), &c.shim)?;
            write(&library, LIBRARY.replace("{PREFIX}", &prefix))?;
            format!(
                "# To translate the module again:\n\
                 #   herkos {module} -o src/{prefix}.rs\n\
                 #   herkos {module} --emit c-abi -o src/{prefix}_c.rs && mv src/{prefix}_c.h {header}\n\n\
                 [dependencies]\nherkos-runtime = {{ path = \"herkos-runtime\" }}\n"
            )
        }
    };
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"staticlib\", \"cdylib\"]\n\n\
         {dependencies}\n\
         # Nothing may unwind into C.\n\
         [profile.dev]\npanic = \"abort\"\n\n\
         [profile.release]\npanic = \"abort\"\n\n\
         [workspace]\n"
    );
    write(&dir.join("Cargo.toml"), manifest)?;
    write(&dir.join("main.c"), MAIN.replace("{PREFIX}", &prefix) + &c.example)
}

const BUILD: &str = r#"//! Translates the module, and again whenever it changes.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    herkos::Config::new().compile_c_abi("{MODULE}", "{HEADER}")
}
"#;

const LIBRARY: &str = r#"//! A WebAssembly module as a library for C.
#![deny(unsafe_code)]

#[forbid(unsafe_code)]
mod {PREFIX};
mod {PREFIX}_c; // What C calls. It allows itself `unsafe`.
"#;

const INCLUDED: &str = r#"//! A WebAssembly module as a library for C. The build script wrote both files.
#![deny(unsafe_code)]

#[forbid(unsafe_code)]
mod {PREFIX} {
    include!(concat!(env!("OUT_DIR"), "/{PREFIX}.rs"));
}

/// What C calls. It allows itself `unsafe`.
mod {PREFIX}_c {
    include!(concat!(env!("OUT_DIR"), "/{PREFIX}_c.rs"));
}
"#;

const MAIN: &str = "\
/* cargo build --release
 * cc -std=c99 -Iinclude main.c target/release/lib{PREFIX}.a -o main
 * ./main
 */
";
