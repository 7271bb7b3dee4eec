//! `herkos new`: a crate around a module.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use herkos::{Config, ConstructorParam, ExportKind, Interface, MethodItem, MethodKind, ModuleKind};
use herkos_runtime::ValType;

use super::args::New;
use super::failure::Failure;
use super::input::Input;
use super::new_c;
use super::project::{failed, write, write_runtime};

pub(crate) fn run(args: &New) -> Result<(), Failure> {
    let name = crate_name(&args.path)?;
    let input = Input::read(&args.module)?;
    let output = Config::new().source_name(input.name()).transpile(&input.bytes)?;
    if fs::read_dir(&args.path).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::new(format!("`{}` is not empty", args.path.display()))
            .hint("name a directory that is not there yet"));
    }
    let crates = args.herkos.as_ref().map(|herkos| {
        let crates = herkos.join("crates");
        fs::canonicalize(&crates).map_err(|error| failed("find", &crates, &error))
    });
    let crates = crates.transpose()?;
    let dir = &args.path;
    if args.c_abi {
        return new_c::write_crate(dir, &name, &input, &output.source, crates.as_deref());
    }
    let extension = if input.bytes.starts_with(b"\0asm") { "wasm" } else { "wat" };
    let module = format!("guest.{extension}");
    write(&dir.join(&module), &input.bytes)?;
    let dependency = match crates {
        Some(crates) => {
            write(&dir.join("build.rs"), BUILD.replace("{MODULE}", &module))?;
            write(&dir.join("src/guest.rs"), INCLUDED)?;
            dependencies(&crates)
        }
        None => {
            write_runtime(dir)?;
            write(&dir.join("src/guest.rs"), &output.source)?;
            format!(
                "# `herkos {module} -o src/guest.rs` translates the module again.\n\n\
                 [dependencies]\nherkos-runtime = {{ path = \"herkos-runtime\" }}\n"
            )
        }
    };
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{dependency}\n[workspace]\n"
    );
    write(&dir.join("Cargo.toml"), manifest)?;
    write(&dir.join("src/main.rs"), main(&output.interface))
}

/// On the crates of a clone, for a build script that translates.
pub(super) fn dependencies(crates: &Path) -> String {
    let path = |name| format!("{:?}", crates.join(name).display().to_string());
    format!(
        "[dependencies]\nherkos-runtime = {{ path = {} }}\n\n\
         [build-dependencies]\nherkos = {{ path = {} }}\n",
        path("herkos-runtime"),
        path("herkos")
    )
}

/// The crate's name: that of its directory.
fn crate_name(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if good {
        return Ok(name);
    }
    Err(Failure::usage(format!("`{name}` can't be the name of a crate"))
        .hint("take letters, digits, `-` and `_`, a letter first"))
}

const BUILD: &str = r#"//! Translates the module to `$OUT_DIR/guest.rs`, and again whenever it changes.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    herkos::Config::new().compile("{MODULE}")
}
"#;

const INCLUDED: &str = r#"//! The module, as Rust. The build script wrote it.

include!(concat!(env!("OUT_DIR"), "/guest.rs"));
"#;

/// A host that grants nothing yet, and a `main` that instantiates the module.
fn main(interface: &Interface) -> String {
    let mut out = String::from("/// The module, as Rust.\nmod guest;\n");
    if !interface.traits.is_empty() {
        out.push_str(
            "\n/// The host: what it implements is all that the module can do.\nstruct Host;\n",
        );
    }
    for item in &interface.traits {
        let _ = writeln!(out, "\nimpl guest::{} for Host {{", item.rust_name);
        for (position, method) in item.methods.iter().enumerate() {
            out.push_str(if position == 0 { "" } else { "\n" });
            stub(&mut out, interface, &item.module, method);
        }
        out.push_str("}\n");
    }
    out.push_str("\nfn main() -> Result<(), Box<dyn std::error::Error>> {\n");
    let mut arguments = Vec::new();
    for param in &interface.constructor {
        arguments.push(match param {
            ConstructorParam::Host => "Host".to_owned(),
            ConstructorParam::Memory { min_pages, max_pages } => {
                let _ = writeln!(
                    out,
                    "    let mut memory = guest::Memory::new({min_pages}, {max_pages})?;"
                );
                "&mut memory".to_owned()
            }
            ConstructorParam::Table { min, max, .. } => {
                format!("herkos_runtime::Table::new({min}, {max}, None)?")
            }
            // Storage that is lent was not asked for.
            ConstructorParam::MemoryBuffer { .. } | ConstructorParam::TableBuffer { .. } => {
                "&mut []".to_owned()
            }
        });
    }
    let arguments = arguments.join(", ");
    let library = if interface.kind == ModuleKind::Library { "&mut memory, " } else { "" };
    let mut calls = String::new();
    for export in &interface.exports {
        if let ExportKind::Func { params, results } = &export.kind {
            let params: Vec<&str> = params.iter().map(|ty| rust_type(*ty)).collect();
            let arguments = format!("{library}{}", params.join(", "));
            let _ = writeln!(
                calls,
                "    //   instance.{}({})? -> {}",
                export.rust_name,
                arguments.trim_end_matches(", "),
                tuple(results)
            );
        }
    }
    let _ = writeln!(out, "    let _instance = guest::Instance::new({arguments})?;");
    if !calls.is_empty() {
        let _ = write!(out, "    // Its exports:\n{calls}");
    }
    out.push_str("    println!(\"The module is instantiated.\");\n    Ok(())\n}\n");
    out
}

/// A method that grants nothing.
fn stub(out: &mut String, interface: &Interface, module: &str, method: &MethodItem) {
    let _ = writeln!(out, "    // {module:?} {:?}", method.field);
    let name = &method.rust_name;
    match method.kind {
        MethodKind::Func => {
            let memory = ", _memory: &mut guest::Memory".to_owned();
            let mut params = if interface.has_memory() { vec![memory] } else { Vec::new() };
            let types = method.params.iter().enumerate();
            params.extend(types.map(|(i, ty)| format!(", _p{i}: {}", rust_type(*ty))));
            let _ = writeln!(
                out,
                "    fn {name}(&mut self{}) -> herkos_runtime::WasmResult<{}> {{\n        \
                 Err(herkos_runtime::TrapKind::Host.into()) // Not granted yet.\n    }}",
                params.concat(),
                tuple(&method.results)
            );
        }
        MethodKind::GlobalGet => {
            let ty = method.results.first().copied().unwrap_or(ValType::I32);
            let value = match ty {
                ValType::I32 | ValType::I64 => "0",
                ValType::F32 | ValType::F64 => "0.0",
                ValType::FuncRef | ValType::ExternRef => "None",
            };
            let _ = writeln!(
                out,
                "    fn {name}(&self) -> {} {{\n        {value}\n    }}",
                rust_type(ty)
            );
        }
        MethodKind::GlobalSet => {
            let ty = method.params.first().copied().unwrap_or(ValType::I32);
            let _ = writeln!(out, "    fn {name}(&mut self, _value: {}) {{}}", rust_type(ty));
        }
    }
}

fn rust_type(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::FuncRef => "Option<herkos_runtime::FuncRef>",
        ValType::ExternRef => "Option<herkos_runtime::ExternRef>",
    }
}

fn tuple(types: &[ValType]) -> String {
    let types: Vec<&str> = types.iter().map(|ty| rust_type(*ty)).collect();
    match types.as_slice() {
        [ty] => (*ty).to_owned(),
        types => format!("({})", types.join(", ")),
    }
}
