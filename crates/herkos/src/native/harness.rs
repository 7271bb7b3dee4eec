//! The program around a module: `main.rs` of an executable.

use std::fmt;

use crate::back::wasi;
use crate::{ConstructorParam, Interface, MethodItem, MethodKind, ModuleKind};

/// The program, but for the part that depends on the module.
const TEMPLATE: &str = include_str!("harness.rs.in");

/// The host of a module that needs none, and that of a WASI program.
const PLAIN: &str = include_str!("plain.rs.in");
const WASI: &str = include_str!("wasi.rs.in");

/// The lines of the template that give way to what depends on the module.
const GUEST: &str = "//{GUEST}";
const HOST: &str = "//{HOST}";

/// Bytes of stack that every executable can spare: a [`Config::stack_budget`](crate::Config::stack_budget) for its
/// module. It holds while the module is instantiated; the executable then allows as much as the machine has granted.
pub const LEAST_STACK_BUDGET: usize = 12 << 20;

/// What the executable of a WASI program grants it without being asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grants {
    /// Directories, as `HOST::GUEST` or `HOST::GUEST:ro`. A relative path is one from where the program is started.
    pub dirs: Vec<String>,
    /// Variables of the environment, as `NAME=VALUE`.
    pub env: Vec<String>,
    /// The whole environment.
    pub inherit_env: bool,
    /// Nothing else can be granted when the program is started.
    pub sealed: bool,
}

impl Grants {
    /// The grants as Rust constants.
    fn source(&self) -> String {
        let list = |texts: &[String]| {
            let texts: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
            texts.join(", ")
        };
        let Self { dirs, env, inherit_env, sealed } = self;
        format!(
            "/// Grants that the program always has.\n\
             const DIRS: &[&str] = &[{}];\n\
             const ENV: &[&str] = &[{}];\n\
             const INHERIT_ENV: bool = {inherit_env};\n\
             /// No others are taken from the command line.\n\
             const SEALED: bool = {sealed};",
            list(dirs),
            list(env),
        )
    }
}

/// The `main.rs` of an executable that calls a module's exports by name.
///
/// It expects the module, translated with [`Config::by_name`](crate::Config::by_name) and memory on the heap, in
/// `guest.rs` beside it. An imported memory or table is made for the module, of the size that it asks for; functions
/// and globals it would have to import from nowhere, but for those of WASI preview 1: a module that was translated
/// with [`Config::wasi`](crate::Config::wasi) gets the host of the crate `herkos-wasi`, with `grants`.
///
/// The executable takes `--invoke NAME [ARGUMENT]...`, prints one result a line, and exits with status 2 for wrong
/// usage and 134 for a trap. Without arguments it calls `_start`. A WASI program with a `_start` gets all arguments,
/// and its exit code is the executable's, unless the arguments begin with grants (`--dir`, `--env`, `--inherit-env`,
/// `--grants`) that end with `--`.
///
/// # Errors
///
/// See [`HarnessError`].
pub fn executable_source(interface: &Interface, grants: &Grants) -> Result<String, HarnessError> {
    let missing = missing_imports(interface);
    if !missing.is_empty() {
        return Err(HarnessError::MissingImports(missing));
    }
    let host = match interface.wasi {
        true => WASI.replacen("//{GRANTS}", &grants.source(), 1),
        false => PLAIN.to_owned(),
    };
    let main = TEMPLATE.replacen(GUEST, guest(interface)?.trim_end(), 1);
    Ok(main.replacen(HOST, &in_module("host", &host), 1))
}

/// Text as a module of that name.
fn in_module(name: &str, text: &str) -> String {
    let mut module = format!("\nmod {name} {{\n");
    for line in text.trim_end().lines() {
        let indent = if line.is_empty() { "" } else { "    " };
        module += &format!("{indent}{line}\n");
    }
    module + "}"
}

/// Why a module can't be an executable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HarnessError {
    /// The module asks for functions or globals that nothing here provides: each as a line of text with module, name
    /// and type.
    MissingImports(Vec<String>),
    /// The module was translated for memory that its host lends.
    LentMemory,
}

fn missing_imports(interface: &Interface) -> Vec<String> {
    let mut imports = Vec::new();
    for item in &interface.traits {
        if interface.wasi && item.module == wasi::MODULE {
            continue;
        }
        imports.extend(item.methods.iter().filter_map(|method| import(&item.module, method)));
    }
    imports
}

/// A global that can be set has two methods and is one import.
fn import(module: &str, method: &MethodItem) -> Option<String> {
    let ty = match method.kind {
        MethodKind::Func => signature(method),
        MethodKind::GlobalGet => format!("global {}", list(&method.results)),
        MethodKind::GlobalSet => return None,
    };
    Some(format!("{module:?} {:?}: {ty}", method.field))
}

fn signature(method: &MethodItem) -> String {
    match method.results.as_slice() {
        [result] => format!("func ({}) -> {result}", list(&method.params)),
        results => format!("func ({}) -> ({})", list(&method.params), list(results)),
    }
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    let texts: Vec<String> = items.iter().map(T::to_string).collect();
    texts.join(", ")
}

impl fmt::Display for HarnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingImports(imports) => {
                write!(f, "the module imports what an executable can't provide:")?;
                imports.iter().try_for_each(|import| write!(f, "\n  {import}"))
            }
            Self::LentMemory => write!(f, "an executable needs the module's memory on the heap"),
        }
    }
}

impl std::error::Error for HarnessError {}

/// `struct Guest`: the instance beside the memory that it borrows, if it does, under one interface.
fn guest(interface: &Interface) -> Result<String, HarnessError> {
    let borrows = matches!(interface.kind, ModuleKind::Library);
    let interface_trait = if borrows { "LibraryModule" } else { "Module" };
    let (field, memory) =
        if borrows { ("    memory: guest::Memory,\n", "&mut self.memory, ") } else { ("", "") };
    let setup = setup(interface)?;
    let host = if interface.wasi { "<host::Host>" } else { "" };
    Ok(format!(
        "\
use herkos_runtime::{interface_trait};

const EXPORTS: &[Export] = <guest::Instance{host} as {interface_trait}>::EXPORTS;

/// The module's instance, and what it borrows.
struct Guest {{
    instance: guest::Instance{host},
{field}}}

impl Guest {{
    fn new(host: host::Host) -> WasmResult<Self> {{
{setup}    }}

    fn set_stack_budget(&mut self, bytes: usize) {{
        self.instance.set_stack_budget(bytes);
    }}

    fn invoke(
        &mut self,
        name: &str,
        arguments: &[Value],
        results: &mut [Value],
    ) -> Result<usize, InvokeError> {{
        {interface_trait}::invoke(&mut self.instance, {memory}name, arguments, results)
    }}

    fn locate(&self, trap: WasmTrap) -> Option<herkos_runtime::TrapLocation> {{
        {interface_trait}::locate(&self.instance, trap)
    }}
}}
"
    ))
}

/// The body of `Guest::new`: imported memory and tables, in the order in which the constructor takes them.
fn setup(interface: &Interface) -> Result<String, HarnessError> {
    let mut lines = match interface.wasi {
        true => String::new(),
        false => "        let () = host;\n".to_owned(),
    };
    let mut arguments = Vec::new();
    let mut fields = "instance";
    for (index, parameter) in interface.constructor.iter().enumerate() {
        match parameter {
            ConstructorParam::Host => arguments.push("host".to_owned()),
            ConstructorParam::Memory { min_pages, max_pages } => {
                lines += &format!(
                    "        let mut memory = guest::Memory::new({min_pages}, {max_pages})?;\n"
                );
                arguments.push("&mut memory".to_owned());
                fields = "instance, memory";
            }
            ConstructorParam::Table { min, max, .. } => {
                lines += &format!(
                    "        let table{index} = herkos_runtime::Table::new({min}, {max}, None)?;\n"
                );
                arguments.push(format!("table{index}"));
            }
            ConstructorParam::MemoryBuffer { .. } | ConstructorParam::TableBuffer { .. } => {
                return Err(HarnessError::LentMemory);
            }
        }
    }
    let arguments = arguments.join(", ");
    lines += &format!("        let instance = guest::Instance::new({arguments})?;\n");
    Ok(lines + &format!("        Ok(Self {{ {fields} }})\n"))
}
