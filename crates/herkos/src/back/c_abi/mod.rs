//! The module for C: a header, and a Rust file with the functions that it declares.
//!
//! All identifiers that C sees are decided here, and what the two files have in common; `header.rs`
//! and `shim.rs` write them.

mod example;
mod header;
mod shim;

use super::Backend;
use super::names::{Ident, Namespace, in_comment, sanitise};
use crate::config::{CAbi, MemoryStorage};
use crate::error::{Error, Place};
use crate::wasm::{ExternKind, ImportType, MemoryIdx, Signature};
use herkos_runtime::{TrapKind, ValType};

/// Status codes that are no traps. The kinds of traps have the codes below.
const NULL_ARGUMENT: u8 = 64;
const BUSY: u8 = 65;

/// Words of C and C++, and names that their libraries define as macros, in which there is an `_`: all
/// others can't be a member's name.
const WORDS: &[&str] = &[
    "and_eq",
    "char16_t",
    "char32_t",
    "char8_t",
    "co_await",
    "co_return",
    "co_yield",
    "const_cast",
    "dynamic_cast",
    "not_eq",
    "or_eq",
    "reinterpret_cast",
    "static_assert",
    "static_cast",
    "thread_local",
    "typeof_unqual",
    "wchar_t",
    "xor_eq",
];

/// All that both files know.
struct Plan<'a> {
    backend: &'a Backend<'a>,
    /// What every identifier in C begins with, but for members; also the name of the module's Rust.
    prefix: String,
    /// The same in capitals.
    capitals: String,
    members: Vec<Member<'a>>,
    exports: Vec<Export<'a>>,
    memories: Vec<Memory<'a>>,
    /// Which of `funcref` and `externref` there are.
    references: Vec<ValType>,
}

/// A function pointer that C provides for an import.
struct Member<'a> {
    name: Ident,
    /// The import, for comments: module and name.
    import: (&'a str, &'a str),
    /// Position of its capability trait, and the method.
    trait_index: usize,
    method: &'a Ident,
    kind: MemberKind<'a>,
}

enum MemberKind<'a> {
    Func { sig: &'a Signature, memory: bool },
    Get(ValType),
    Set(ValType),
}

/// A function of C's for an export.
struct Export<'a> {
    name: Ident,
    /// The export's own name.
    export: &'a str,
    /// The method of the instance.
    method: &'a Ident,
    kind: ExportFunction<'a>,
}

enum ExportFunction<'a> {
    Func(&'a Signature),
    GlobalGet(ValType),
    GlobalSet(ValType),
    TableSize,
    TableGet(ValType),
    TableSet(ValType),
    TableGrow(ValType),
}

impl Export<'_> {
    /// What the function takes and gives, beside the instance and the status.
    fn signature(&self) -> Signature {
        let (params, results) = match &self.kind {
            ExportFunction::Func(sig) => return (*sig).clone(),
            ExportFunction::GlobalGet(ty) => (vec![], vec![*ty]),
            ExportFunction::GlobalSet(ty) => (vec![*ty], vec![]),
            ExportFunction::TableSize => (vec![], vec![ValType::I32]),
            ExportFunction::TableGet(ty) => (vec![ValType::I32], vec![*ty]),
            ExportFunction::TableSet(ty) | ExportFunction::TableGrow(ty) => {
                (vec![ValType::I32, *ty], vec![])
            }
        };
        Signature { params, results }
    }

    /// Names of its parameters and results.
    fn names(&self) -> (Vec<String>, Vec<String>) {
        let params: &[&str] = match &self.kind {
            ExportFunction::Func(sig) => {
                return (param_names(&sig.params), result_names(&sig.results));
            }
            ExportFunction::GlobalGet(_) | ExportFunction::TableSize => &[],
            ExportFunction::GlobalSet(_) => &["value"],
            ExportFunction::TableGet(_) => &["index"],
            ExportFunction::TableSet(_) => &["index", "value"],
            ExportFunction::TableGrow(_) => &["count", "value"],
        };
        let params = params.iter().map(|name| (*name).to_owned()).collect();
        (params, result_names(&self.signature().results))
    }
}

/// A memory that C can look at.
struct Memory<'a> {
    /// What it is called in a comment.
    about: String,
    view: Ident,
    read: Ident,
    write: Ident,
    grow: Ident,
    /// The method of the instance; of a memory that is imported, and made for the instance, none.
    method: Option<&'a str>,
}

impl Backend<'_> {
    /// The C ABI of the module. `fallback` is what the prefix is made of if none was chosen.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if the prefix is none, or the options leave out what C needs.
    pub fn c_abi(&self, fallback: &str) -> Result<CAbi, Error> {
        if self.config.memory == MemoryStorage::Lent {
            return Err(unsupported("the C ABI with memories and tables that the host lends"));
        }
        if self.implements_wasi() {
            return Err(unsupported(
                "the C ABI with a host for WASI; without that option the C program provides the functions",
            ));
        }
        if self.has_callers() {
            return Err(unsupported("the C ABI with functions of the host that call back"));
        }
        let plan = Plan::new(self, prefix(self.config.c_prefix.as_deref(), fallback)?);
        Ok(CAbi {
            shim: shim::write(&plan),
            header: header::write(&plan),
            example: example::write(&plan),
            prefix: plan.prefix,
        })
    }
}

fn unsupported(feature: impl Into<String>) -> Error {
    Error::Unsupported { feature: feature.into(), place: Place::default() }
}

/// The prefix: as it was chosen, or as near to the fallback as can be.
fn prefix(chosen: Option<&str>, fallback: &str) -> Result<String, Error> {
    let near = |name: &str| {
        let name = words(name).unwrap_or_default();
        let letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let name = if letter { name } else { format!("guest_{name}") };
        Namespace::default().claim(name.trim_end_matches('_')).to_string()
    };
    match chosen {
        None => Ok(near(fallback)),
        Some(chosen) if near(chosen) == chosen => Ok(chosen.to_owned()),
        Some(chosen) => Err(unsupported(format!(
            "{} as the prefix of C names; {} would do",
            in_comment(chosen),
            in_comment(&near(chosen))
        ))),
    }
}

/// What can stand in an identifier of C's and C++'s, behind a prefix: they reserve two `_` in a row,
/// and one at the start.
fn words(name: &str) -> Option<String> {
    let name = sanitise(name)?;
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    Some(words.join("_"))
}

/// A stranger's name in a comment of C's: nothing in it begins or ends one.
fn in_c_comment(name: &str) -> String {
    in_comment(name).replace("*/", r"*\u{2f}").replace("/*", r"\u{2f}*")
}

/// The constant for a trap: `TRAP_OUT_OF_BOUNDS` for `OutOfBounds`.
fn trap_constant(kind: TrapKind) -> String {
    let mut out = String::from("TRAP");
    for c in format!("{kind:?}").chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

impl<'a> Plan<'a> {
    fn new(backend: &'a Backend<'a>, prefix: String) -> Self {
        let capitals = prefix.to_ascii_uppercase();
        let mut scope = Namespace::default();
        for name in ["instance", "host", "view", "view_at", "status", "status_message"] {
            scope.claim(&format!("{prefix}_{name}"));
        }
        for name in ["new", "free", "set_stack_budget", "fuel", "set_fuel", "last_trap"] {
            scope.claim(&format!("{prefix}_instance_{name}"));
        }
        for name in ["funcref", "externref"] {
            scope.claim(&format!("{prefix}_{name}"));
        }
        for name in ["OK", "NULL_ARGUMENT", "BUSY", "HERKOS_H"] {
            scope.claim(&format!("{capitals}_{name}"));
        }
        for kind in TrapKind::ALL {
            scope.claim(&format!("{capitals}_{}", trap_constant(*kind)));
        }
        let memories = memories(backend, &prefix, &mut scope);
        let exports = exports(backend, &prefix, &mut scope);
        let members = members(backend);
        let mut plan =
            Self { backend, prefix, capitals, members, exports, memories, references: Vec::new() };
        plan.references = [ValType::FuncRef, ValType::ExternRef]
            .into_iter()
            .filter(|reference| plan.types().any(|ty| ty == *reference))
            .collect();
        plan
    }

    /// Every type in a signature, with repetitions.
    fn types(&self) -> impl Iterator<Item = ValType> + '_ {
        let members = self.members.iter().flat_map(|member| match &member.kind {
            MemberKind::Func { sig, .. } => [&sig.params[..], &sig.results].concat(),
            MemberKind::Get(ty) | MemberKind::Set(ty) => vec![*ty],
        });
        let exports = self.exports.iter().flat_map(|export| {
            let Signature { params, results } = export.signature();
            [params, results].concat()
        });
        members.chain(exports)
    }

    /// Whether C provides something.
    fn has_host(&self) -> bool {
        !self.members.is_empty()
    }

    fn has_fuel(&self) -> bool {
        self.backend.config.fuel.is_some()
    }

    /// Whether functions of C's get a view of memory, or ask for one.
    fn has_memory(&self) -> bool {
        self.backend.module.has_memory()
    }

    /// The type of a value in C.
    fn c_type(&self, ty: ValType) -> String {
        match ty {
            ValType::I32 => "int32_t".to_owned(),
            ValType::I64 => "int64_t".to_owned(),
            ValType::F32 => "float".to_owned(),
            ValType::F64 => "double".to_owned(),
            ValType::FuncRef | ValType::ExternRef => format!("{}_{ty}", self.prefix),
        }
    }

    /// The beginning of both files: what they are, and what of.
    fn origin(&self) -> (String, String) {
        let name = self.backend.config.source_name.as_deref();
        let of = name.map_or_else(|| "a module".to_owned(), in_c_comment);
        let module = &self.backend.module;
        let identity =
            format!("WebAssembly version 1, {} bytes, SHA-256 {}", module.size, module.digest);
        (of, identity)
    }
}

/// Names of a function's parameters.
fn param_names(params: &[ValType]) -> Vec<String> {
    (0..params.len()).map(|index| format!("p{index}")).collect()
}

/// Names of a function's results, as parameters.
fn result_names(results: &[ValType]) -> Vec<String> {
    match results.len() {
        1 => vec!["result".to_owned()],
        count => (0..count).map(|index| format!("result{index}")).collect(),
    }
}

fn members<'a>(backend: &'a Backend<'a>) -> Vec<Member<'a>> {
    let mut scope = Namespace::with(WORDS.iter().copied());
    let mut members = Vec::new();
    for (import, names) in backend.module.imports.iter().zip(&backend.names.imports) {
        let Some(names) = names.as_ref().filter(|names| !names.is_again) else { continue };
        let module = words(import.module).unwrap_or_else(|| "host".to_owned());
        let mut push = |what: &str, method, kind| {
            let field = words(import.name).unwrap_or_else(|| "item".to_owned());
            let mut name = format!("{module}_{what}{field}");
            // No digit first; and macros of C's are in capitals.
            if name.starts_with(|c: char| c.is_ascii_digit())
                || !name.contains(|c: char| c.is_ascii_lowercase())
            {
                name.insert_str(0, "host_");
            }
            members.push(Member {
                name: scope.claim(&name),
                import: (import.module, import.name),
                trait_index: names.trait_index,
                method,
                kind,
            });
        };
        match import.ty {
            ImportType::Func(sig) => {
                let sig = &backend.module.sigs[sig.index()];
                let memory = import.memory.is_some();
                push("", &names.method, MemberKind::Func { sig, memory });
            }
            ImportType::Global(global) => {
                let ty = backend.module.globals[global.index()].ty;
                push("get_", &names.method, MemberKind::Get(ty));
                if let Some(setter) = &names.setter {
                    push("set_", setter, MemberKind::Set(ty));
                }
            }
            ImportType::Table(_) | ImportType::Memory(_) => {}
        }
    }
    members
}

fn exports<'a>(backend: &'a Backend<'a>, prefix: &str, scope: &mut Namespace) -> Vec<Export<'a>> {
    let mut exports = Vec::new();
    for (export, names) in backend.module.exports.iter().zip(&backend.names.exports) {
        let item = |default: &str| words(export.name).unwrap_or_else(|| default.to_owned());
        let mut push = |name: String, method, kind| {
            let name = scope.claim(&format!("{prefix}_{name}"));
            exports.push(Export { name, export: export.name, method, kind });
        };
        let write = names.write.as_ref();
        match export.kind {
            ExternKind::Func(func) => {
                let sig = backend.module.sig(func);
                push(item("func"), &names.method, ExportFunction::Func(sig));
            }
            ExternKind::Global(global) => {
                let (ty, name) = (backend.module.globals[global.index()].ty, item("global"));
                push(format!("get_{name}"), &names.method, ExportFunction::GlobalGet(ty));
                if let Some(write) = write {
                    push(format!("set_{name}"), write, ExportFunction::GlobalSet(ty));
                }
            }
            ExternKind::Table(table) => {
                let (ty, name) = (backend.module.tables[table.index()].element, item("table"));
                push(format!("{name}_size"), &names.method, ExportFunction::TableSize);
                push(format!("{name}_get"), &names.method, ExportFunction::TableGet(ty));
                if let Some(write) = write {
                    push(format!("{name}_set"), write, ExportFunction::TableSet(ty));
                    push(format!("{name}_grow"), write, ExportFunction::TableGrow(ty));
                }
            }
            // See `memories`.
            ExternKind::Memory(_) => {}
        }
    }
    exports
}

/// A single memory is C's to look at, as it is a Rust host's; of several, those that are exported.
fn memories<'a>(backend: &'a Backend<'a>, prefix: &str, scope: &mut Namespace) -> Vec<Memory<'a>> {
    let module = backend.module;
    let mut memories = Vec::new();
    for (index, memory) in (0..).map(MemoryIdx).zip(&module.memories) {
        let exported = (module.exports.iter().zip(&backend.names.exports))
            .find(|(export, _)| export.kind == ExternKind::Memory(index));
        let single = module.memories.len() == 1;
        if !single && !memory.imported && exported.is_none() {
            continue;
        }
        let name = match exported {
            Some((export, _)) if !single => words(export.name),
            _ => None,
        };
        let name = name.unwrap_or_else(|| "memory".to_owned());
        let mut claim = |what: &str| scope.claim(&format!("{prefix}_{name}_{what}"));
        memories.push(Memory {
            about: match exported {
                Some((export, _)) => format!("the memory {}", in_c_comment(export.name)),
                None => "the memory".to_owned(),
            },
            view: claim("view"),
            read: claim("read"),
            write: claim("write"),
            grow: claim("grow"),
            method: match exported.and_then(|(_, names)| names.write.as_ref()) {
                _ if memory.imported => None,
                Some(write) if !single => Some(write.as_str()),
                Some(_) | None => Some("memory_mut"),
            },
        });
    }
    memories
}
