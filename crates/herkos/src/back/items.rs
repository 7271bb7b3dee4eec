//! The identifiers of a module's items; see [`super::names`] for the rules.

use super::imports::called;
use super::names::{Ident, Namespace, camel_case, sanitise};
use crate::op::{Check, LoadOp, NumOp, StoreOp};
use crate::pass::effects::Effects;
use crate::wasm::{ExternKind, FuncIdx, ImportType, MemoryIdx, Module, SigId};
use std::collections::HashMap;

/// What the generated module uses of the runtime, as one list for its `use`.
pub(super) const RUNTIME_TYPES: &[&str] = &[
    "CallFunc",
    "Export",
    "Denied",
    "ExternRef",
    "ExternType",
    "Fuel",
    "FuncRef",
    "FuncType",
    "GuestHeap",
    "HostFn",
    "Hosted",
    "Import",
    "InvokeError",
    "IsolatedMemory",
    "LibraryModule",
    "Module",
    "ReservedMemory",
    "Snapshot",
    "SnapshotError",
    "SnapshotReader",
    "SnapshotWriter",
    "StackLimit",
    "Table",
    "TrapKind",
    "TrapLocation",
    "TryClone",
    "ValType",
    "Value",
    "WasmResult",
    "WasmTrap",
    "WrappingMemory",
];

/// The one that the runtime has with its feature `std` alone.
pub(super) const RESERVED_MEMORY: &str = "ReservedMemory";

/// Those that the runtime has with its feature `alloc` alone: with lent storage the output has no
/// use for them, but a stranger's word in a comment may be one.
pub(super) const HEAP_TYPES: &[&str] = &[
    "Snapshot",
    "SnapshotError",
    "SnapshotReader",
    "SnapshotWriter",
    "TryClone",
    "WrappingMemory",
];

/// Runtime functions that no operator's row names.
pub(super) const RUNTIME_FUNCTIONS: &[&str] = &[
    "memory_fill",
    "memory_copy",
    "memory_copy_between",
    "memory_init",
    "memory_of",
    "count_ne",
    "count_lt",
    "count_le",
    "in_bounds",
    "distance",
    "copy_forward",
    "burn",
    "i32_select",
    "i64_select",
    "f32_quiet_nan",
    "f64_quiet_nan",
    "f32_canonicalize_nan",
    "f64_canonicalize_nan",
];

/// Every runtime function that the output may call.
pub(super) fn runtime_functions() -> Vec<&'static str> {
    let mut functions: Vec<&'static str> = NumOp::ALL.iter().filter_map(|op| called(*op)).collect();
    for check in Check::ALL {
        functions.extend(LoadOp::ALL.iter().map(|op| op.function(check)));
        functions.extend(StoreOp::ALL.iter().map(|op| op.function(check)));
    }
    functions.extend(LoadOp::ALL.iter().map(|op| op.always_function()));
    functions.extend(StoreOp::ALL.iter().map(|op| op.always_function()));
    functions.extend(RUNTIME_FUNCTIONS);
    functions
}

/// Values of the generated module, or of all its functions, that are no function of the module's:
/// see `data.rs` and `effect.rs`. (`ExternRef` is also its constructor.)
const VALUES: &[&str] = &[
    "locate",
    "FUNCTION_NAMES",
    "SITES",
    "ExternRef",
    "items",
    "UNREACHABLE",
    "OOB",
    "TABLE_OOB",
    "UNDEFINED_ELEMENT",
    "TRAP",
];

/// Methods that every instance has.
const METHODS: &[&str] = &[
    "new",
    "host",
    "host_mut",
    "memory",
    "memory_mut",
    "host_and_memory",
    "fuel",
    "fuel_mut",
    "set_stack_budget",
    "limit",
    "call_func",
    "locate",
    "invoke",
    "global",
    "enter",
    "initialize",
];

/// Identifiers of a capability trait and its methods.
#[derive(Debug)]
pub(super) struct TraitNames {
    pub name: Ident,
    scope: Namespace,
}

/// Identifiers of an imported item.
#[derive(Clone, Debug)]
pub(super) struct ImportNames {
    /// Position of the trait in [`Effects::traits`].
    pub trait_index: usize,
    /// The method: the function, or the global's getter.
    pub method: Ident,
    /// The global's setter.
    pub setter: Option<Ident>,
    /// Whether an earlier import is the same function.
    pub is_again: bool,
}

/// Identifiers of an export.
#[derive(Clone, Debug)]
pub(super) struct ExportNames {
    pub method: Ident,
    /// `set_…` of a mutable global, `…_mut` of a table.
    pub write: Option<Ident>,
}

/// All identifiers of a module's items.
#[derive(Debug)]
pub(super) struct ItemNames {
    items: Namespace,
    funcs: Vec<Option<Ident>>,
    indirect: Vec<Ident>,
    pub traits: Vec<TraitNames>,
    /// By position in the import section; `None` for what no trait provides.
    pub imports: Vec<Option<ImportNames>>,
    pub exports: Vec<ExportNames>,
    func_imports: Vec<usize>,
}

impl ItemNames {
    pub fn new(module: &Module<'_>, effects: &Effects) -> Self {
        let types = RUNTIME_TYPES.iter().chain(&[
            "Instance",
            "Memory",
            "Bytes",
            "State",
            "Context",
            "Caller",
            "Capabilities",
            "H",
        ]);
        let mut type_scope = Namespace::with(types.copied());
        for memory in 1..module.memories.len() {
            type_scope.claim(&format!("Bytes{memory}"));
        }
        let mut traits: Vec<TraitNames> = (effects.traits.iter())
            .map(|name| TraitNames {
                name: type_scope.claim(&camel_case(name).unwrap_or_else(|| "Host".to_owned())),
                scope: Namespace::default(),
            })
            .collect();
        let mut seen = HashMap::new();
        let imports = (0..module.imports.len())
            .map(|import| import_names(module, effects, &mut traits, &mut seen, import))
            .collect();
        let mut items =
            Namespace::with(runtime_functions().into_iter().chain(VALUES.iter().copied()));
        for index in 0..module.data.len() {
            items.claim(&format!("DATA_{index}"));
        }
        for index in 0..module.elems.len() {
            items.claim(&format!("ELEM_{index}"));
        }
        let mut idents = vec![None; module.imported_funcs.len()];
        let exported = exported_names(module);
        for (index, exported) in exported.iter().enumerate().skip(module.imported_funcs.len()) {
            let named = module.func_names.get(&(index as u32)).copied().or(*exported);
            let wanted = named.and_then(sanitise).unwrap_or_else(|| format!("func_{index}"));
            idents.push(Some(items.claim_unless(&wanted, looks_local)));
        }
        let indirect = (0..module.sigs.len())
            .map(|sig| items.claim(&format!("call_indirect_{sig}")))
            .collect();
        let exports = export_names(module);
        let func_imports = module.imported_funcs.clone();
        Self { items, funcs: idents, indirect, traits, imports, exports, func_imports }
    }

    /// Whether an identifier means a function in the whole generated module.
    pub fn is_item(&self, ident: &str) -> bool {
        self.items.contains(ident)
    }

    /// The identifier of a defined function.
    pub fn func(&self, func: FuncIdx) -> &str {
        self.funcs[func.index()].as_ref().map_or("", Ident::as_str)
    }

    /// The identifiers of the parts of a function. Nothing else ends in `_part` and a number:
    /// they are different from those of all other functions.
    pub fn parts(&self, func: FuncIdx, count: usize) -> Vec<Ident> {
        let mut scope = Namespace::default();
        let claim = |part| {
            let wanted = format!("{}_part{part}", self.func(func));
            scope.claim_unless(&wanted, |name| self.is_item(name))
        };
        (0..count).map(claim).collect()
    }

    /// The identifier of the dispatch of indirect calls of a type.
    pub fn indirect(&self, sig: SigId) -> &Ident {
        &self.indirect[sig.index()]
    }

    /// The path of an imported function, by its function index.
    pub fn import_func(&self, func: usize) -> String {
        match &self.imports[self.func_imports[func]] {
            Some(names) => format!("{}::{}", self.traits[names.trait_index].name, names.method),
            None => String::new(),
        }
    }
}

/// Names that functions leave to parameters and temporaries: `p0`, `l1`, `v2`, `cx` …
fn looks_local(name: &str) -> bool {
    let (first, rest) = name.split_at(1.min(name.len()));
    let rest = if first == "a" { rest.strip_prefix('t').unwrap_or("_") } else { rest };
    matches!(first, "p" | "l" | "v" | "n" | "i" | "a") && rest.bytes().all(|b| b.is_ascii_digit())
        || super::func::LOCAL_NAMES.contains(&name.trim_end_matches(|c: char| c.is_ascii_digit()))
}

pub(super) fn exported_names<'a>(module: &Module<'a>) -> Vec<Option<&'a str>> {
    let mut names = vec![None; module.funcs.len()];
    for export in &module.exports {
        if let ExternKind::Func(func) = export.kind {
            names[func.index()].get_or_insert(export.name);
        }
    }
    names
}

fn import_names<'a>(
    module: &Module<'a>,
    effects: &Effects,
    traits: &mut [TraitNames],
    seen: &mut HashMap<(&'a str, &'a str, u32), ImportNames>,
    import: usize,
) -> Option<ImportNames> {
    let definition = &module.imports[import];
    // Linked modules import a function each with a memory of its own: for the host it is one.
    let key = match definition.ty {
        ImportType::Func(sig) if definition.memory.is_some() => {
            Some((definition.module, definition.name, sig.0))
        }
        _ => None,
    };
    if let Some(names) = key.and_then(|key| seen.get(&key)) {
        return Some(ImportNames { is_again: true, ..names.clone() });
    }
    let trait_index = effects.trait_of(import)?;
    let scope = &mut traits[trait_index].scope;
    let name = sanitise(definition.name);
    match definition.ty {
        ImportType::Func(_) => {
            let method = scope.claim(&name.unwrap_or_else(|| "func".to_owned()));
            let names = ImportNames { trait_index, method, setter: None, is_again: false };
            seen.extend(key.map(|key| (key, names.clone())));
            Some(names)
        }
        ImportType::Global(global) => {
            let name = name.unwrap_or_else(|| "global".to_owned());
            let method = scope.claim(&name);
            let mutable = module.globals[global.index()].mutable;
            let setter = mutable.then(|| scope.claim(&format!("set_{name}")));
            Some(ImportNames { trait_index, method, setter, is_again: false })
        }
        ImportType::Table(_) | ImportType::Memory(_) => None,
    }
}

fn export_names(module: &Module<'_>) -> Vec<ExportNames> {
    let mut scope = Namespace::with(METHODS.iter().copied());
    let mut memories = vec![None; module.memories.len()];
    (module.exports.iter())
        .map(|export| {
            let name = sanitise(export.name);
            let or = |default: &str| name.clone().unwrap_or_else(|| default.to_owned());
            match export.kind {
                ExternKind::Func(_) => {
                    ExportNames { method: scope.claim(&or("func")), write: None }
                }
                ExternKind::Global(global) => {
                    let name = or("global");
                    let method = scope.claim(&name);
                    let mutable = module.globals[global.index()].mutable;
                    let write = mutable.then(|| scope.claim(&format!("set_{name}")));
                    ExportNames { method, write }
                }
                ExternKind::Table(_) => {
                    let name = or("table");
                    let method = scope.claim(&name);
                    let write = Some(scope.claim(&format!("{name}_mut")));
                    ExportNames { method, write }
                }
                // The instance's `memory` and `memory_mut`, whatever the export's name.
                ExternKind::Memory(MemoryIdx(0)) if module.memories.len() == 1 => ExportNames {
                    method: Namespace::default().claim("memory"),
                    write: Some(Namespace::default().claim("memory_mut")),
                },
                ExternKind::Memory(memory) => {
                    let name = or("memory");
                    let names = memories[memory.index()].get_or_insert_with(|| ExportNames {
                        method: scope.claim(&name),
                        write: Some(scope.claim(&format!("{name}_mut"))),
                    });
                    names.clone()
                }
            }
        })
        .collect()
}

impl super::Backend<'_> {
    /// The identifiers of the capability traits.
    pub(crate) fn trait_names(&self) -> impl Iterator<Item = String> {
        self.names.traits.iter().map(|names| names.name.to_string())
    }

    /// The identifiers of the methods that exports become.
    pub(crate) fn export_methods(&self) -> impl Iterator<Item = String> {
        self.names.exports.iter().map(|names| names.method.to_string())
    }

    /// The trait, the method and the setter that an import becomes, unless an earlier one is the same
    /// function.
    pub(crate) fn import_methods(&self, import: usize) -> Option<(usize, String, Option<String>)> {
        let names = self.names.imports[import].as_ref().filter(|names| !names.is_again)?;
        let setter = names.setter.as_ref().map(ToString::to_string);
        Some((names.trait_index, names.method.to_string(), setter))
    }
}
