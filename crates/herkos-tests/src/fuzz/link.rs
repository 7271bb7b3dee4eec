//! Two or three modules that import from each other, linked.

use anyhow::{Result, bail, ensure};
use arbitrary::{Arbitrary, Unstructured};
use herkos::{Config, Error};
use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType, Module, RefType,
    StartSection, TableSection, TableType, TypeSection, ValType,
};
use wasmparser::Validator;

use super::Outcome;
use super::tokens;
use super::translate::FEATURES;

/// Few, so that they meet.
const NAMES: [&str; 8] = ["a", "b", "c", "memory", "a.b", "", "*/", "a_b"];

/// A function's type is one of two: `() -> ()` and `(i32) -> i32`.
const TYPES: u32 = 2;

/// How far the type of an import is looked up: it may be of what its exporter imports itself, in a circle even.
const DEPTH: usize = 3;

#[derive(Debug, Arbitrary)]
struct Plan {
    name: u8,
    imports: Vec<Import>,
    functions: u8,
    memory: Option<Limits>,
    table: Option<Limits>,
    globals: Vec<(bool, Option<u8>)>,
    exports: Vec<(u8, u8, u8)>,
    start: Option<u8>,
    calls: Vec<u8>,
}

/// What another module of the plans exports, as it is there; or what the names and the item say.
#[derive(Debug, Arbitrary)]
struct Import {
    module: u8,
    name: u8,
    item: Item,
}

#[derive(Debug, Arbitrary)]
enum Item {
    Func(bool),
    Global(bool),
    Memory(Limits),
    Table(Limits),
}

#[derive(Clone, Copy, Debug, Arbitrary)]
struct Limits {
    min: u8,
    more: Option<u8>,
}

impl Limits {
    fn min(self) -> u64 {
        u64::from(self.min % 5)
    }

    fn max(self) -> Option<u64> {
        self.more.map(|more| self.min() + u64::from(more % 5))
    }

    fn memory(self) -> MemoryType {
        MemoryType {
            minimum: self.min(),
            maximum: self.max(),
            memory64: false,
            shared: false,
            page_size_log2: None,
        }
    }

    fn table(self) -> TableType {
        TableType {
            element_type: RefType::FUNCREF,
            minimum: self.min(),
            maximum: self.max(),
            table64: false,
            shared: false,
        }
    }
}

impl Item {
    fn ty(&self) -> EntityType {
        match self {
            Self::Func(takes) => EntityType::Function((*takes).into()),
            Self::Global(mutable) => EntityType::Global(global_type(*mutable)),
            Self::Memory(limits) => EntityType::Memory(limits.memory()),
            Self::Table(limits) => EntityType::Table(limits.table()),
        }
    }
}

fn name(index: u8) -> &'static str {
    NAMES[usize::from(index) % NAMES.len()]
}

fn global_type(mutable: bool) -> GlobalType {
    GlobalType { val_type: ValType::I32, mutable, shared: false }
}

/// The items of a module, the imported ones first.
#[derive(Default)]
struct Items {
    imports: Vec<(&'static str, &'static str, EntityType)>,
    /// The type of each function.
    funcs: Vec<u32>,
    globals: Vec<GlobalType>,
    memory: Option<MemoryType>,
    tables: Vec<TableType>,
}

impl Items {
    /// Those of a plan.
    fn new(plans: &[Plan], plan: &Plan, depth: usize) -> Self {
        let mut items = Self::default();
        for import in plan.imports.iter().take(8) {
            let exporter = &plans[usize::from(import.module) % plans.len()];
            let mut exports = Vec::new();
            // Some are of nobody, or of another type.
            if depth > 0 && import.module < 230 {
                exports = Self::new(plans, exporter, depth - 1).exports(exporter);
            }
            let (from, field, ty) =
                match exports.get(usize::from(import.name) % exports.len().max(1)) {
                    Some((field, ty, ..)) => (name(exporter.name), *field, *ty),
                    None => (name(import.module), name(import.name), import.item.ty()),
                };
            if items.add(ty) {
                items.imports.push((from, field, ty));
            }
        }
        for index in 0..u32::from(plan.functions % 5) {
            items.add(EntityType::Function(index % TYPES));
        }
        if let Some(limits) = plan.table {
            items.add(EntityType::Table(limits.table()));
        }
        if let Some(limits) = plan.memory {
            items.add(EntityType::Memory(limits.memory()));
        }
        for (mutable, _) in plan.globals.iter().take(5) {
            items.add(EntityType::Global(global_type(*mutable)));
        }
        items
    }

    /// Not a second memory: a module has one at the most.
    fn add(&mut self, ty: EntityType) -> bool {
        match ty {
            EntityType::Function(ty) => self.funcs.push(ty),
            EntityType::Global(ty) => self.globals.push(ty),
            EntityType::Table(ty) => self.tables.push(ty),
            EntityType::Memory(ty) if self.memory.is_none() => self.memory = Some(ty),
            _ => return false,
        }
        true
    }

    /// How many imports are what `is` says.
    fn imported(&self, is: fn(&EntityType) -> bool) -> usize {
        self.imports.iter().filter(|(_, _, ty)| is(ty)).count()
    }

    /// What is exported: under which name, of what type, and where it is among its like.
    fn exports(&self, plan: &Plan) -> Vec<(&'static str, EntityType, ExportKind, usize)> {
        let mut found: Vec<(_, _, _, _)> = Vec::new();
        for (field, kind, index) in &plan.exports {
            let at = |count: usize| usize::from(*index).checked_rem(count);
            let item = match kind % 4 {
                0 => at(self.funcs.len())
                    .map(|at| (EntityType::Function(self.funcs[at]), ExportKind::Func, at)),
                1 => at(self.globals.len())
                    .map(|at| (EntityType::Global(self.globals[at]), ExportKind::Global, at)),
                2 => self.memory.map(|ty| (EntityType::Memory(ty), ExportKind::Memory, 0)),
                _ => at(self.tables.len())
                    .map(|at| (EntityType::Table(self.tables[at]), ExportKind::Table, at)),
            };
            let is_free = found.iter().all(|(taken, ..)| *taken != name(*field));
            if let Some((ty, kind, at)) = item
                && is_free
            {
                found.push((name(*field), ty, kind, at));
            }
        }
        found
    }
}

impl Plan {
    /// The module; not every plan gives a valid one.
    fn module(&self, plans: &[Self]) -> Vec<u8> {
        let items = Items::new(plans, self, DEPTH);
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([ValType::I32], [ValType::I32]);
        module.section(&types);
        let mut imports = ImportSection::new();
        for (from, field, ty) in &items.imports {
            imports.import(from, field, *ty);
        }
        module.section(&imports);
        let own = &items.funcs[items.imported(|ty| matches!(ty, EntityType::Function(_)))..];
        let mut functions = FunctionSection::new();
        for ty in own {
            functions.function(*ty);
        }
        module.section(&functions);
        if let Some(limits) = self.table {
            module.section(TableSection::new().table(limits.table()));
        }
        if let Some(ty) = items.memory
            && items.imported(|ty| matches!(ty, EntityType::Memory(_))) == 0
        {
            module.section(MemorySection::new().memory(ty));
        }
        module.section(&self.globals(&items));
        let mut exports = ExportSection::new();
        for (field, _, kind, at) in items.exports(self) {
            exports.export(field, kind, at as u32);
        }
        module.section(&exports);
        let starts: Vec<_> = (0..items.funcs.len()).filter(|at| items.funcs[*at] == 0).collect();
        if let Some(start) = self.start
            && let Some(at) = starts.get(usize::from(start) % starts.len().max(1))
        {
            module.section(&StartSection { function_index: *at as u32 });
        }
        let mut code = CodeSection::new();
        for ty in own {
            code.function(&self.body(*ty, &items));
        }
        module.section(&code);
        module.finish()
    }

    /// The module's own globals; some begin as imported ones.
    fn globals(&self, items: &Items) -> GlobalSection {
        let imported = items.imported(|ty| matches!(ty, EntityType::Global(_)));
        let constants: Vec<_> = (0..imported).filter(|at| !items.globals[*at].mutable).collect();
        let mut globals = GlobalSection::new();
        for ((_, other), ty) in self.globals.iter().zip(&items.globals[imported..]) {
            let init = match other {
                Some(index) if !constants.is_empty() => {
                    ConstExpr::global_get(constants[usize::from(*index) % constants.len()] as u32)
                }
                _ => ConstExpr::i32_const(7),
            };
            globals.global(*ty, &init);
        }
        globals
    }

    /// Calls some functions, and reaches memory, tables and globals.
    fn body(&self, ty: u32, items: &Items) -> Function {
        let mut body = Function::new([]);
        let mut code = body.instructions();
        for call in self.calls.iter().take(6) {
            let callee = usize::from(*call) % items.funcs.len();
            if items.funcs[callee] == 1 {
                code.i32_const(5).call(callee as u32).drop();
            } else {
                code.call(callee as u32);
            }
        }
        if items.memory.is_some() {
            code.i32_const(4).memory_grow(0).drop();
        }
        if !items.tables.is_empty() {
            code.i32_const(1).call_indirect(0, 0);
        }
        if let Some(index) = items.globals.iter().position(|ty| ty.mutable) {
            code.global_get(index as u32).global_set(index as u32);
        }
        if ty == 1 {
            code.local_get(0);
        }
        code.end();
        body
    }
}

/// A module's name and bytes.
type Named = (&'static str, Vec<u8>);

/// Whether to instantiate separately, and the modules.
fn modules(data: &[u8]) -> Option<(bool, Vec<Named>)> {
    let (three, separately, plans) =
        Unstructured::new(data).arbitrary::<(bool, bool, [Plan; 3])>().ok()?;
    let plans = &plans[..2 + usize::from(three)];
    let modules = plans.iter().map(|plan| (name(plan.name), plan.module(plans)));
    Some((separately, modules.collect()))
}

/// Links what the bytes describe.
///
/// # Errors
///
/// If the linked module is not valid, or not Rust.
pub fn link(data: &[u8]) -> Result<Outcome> {
    let Some((separately, modules)) = modules(data) else { return Ok(Outcome::Nothing) };
    let modules: Vec<(&str, &[u8])> =
        modules.iter().map(|(name, bytes)| (*name, &**bytes)).collect();
    let config = Config::new().threads(1).by_name(true).instantiate_separately(separately);
    match config.link(&modules) {
        Ok(output) => {
            let linked = config.link_to_wasm(&modules)?;
            let features = FEATURES | wasmparser::WasmFeatures::MULTI_MEMORY;
            Validator::new_with_features(features).validate_all(&linked)?;
            tokens::read(&output.source)?;
            ensure!(config.link(&modules)?.source == output.source, "not the same again");
            Ok(Outcome::Accepted)
        }
        Err(Error::Internal { message, .. }) => bail!("internal error: {message}"),
        Err(_) => Ok(Outcome::Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Dice;

    /// Whatever the bytes, most modules are valid, and many fit; of those some bring a memory each.
    #[test]
    fn many_plans_link() -> Result<()> {
        let (mut accepted, mut memories) = (0, 0);
        let mut dice = Dice::new(1);
        for _ in 0..300 {
            let data: Vec<u8> = (0..200).map(|_| dice.next() as u8).collect();
            if link(&data)? != Outcome::Accepted {
                continue;
            }
            accepted += 1;
            let Some((_, modules)) = modules(&data) else { bail!("accepted") };
            let own = |bytes: &[u8]| {
                wasmparser::Parser::new(0)
                    .parse_all(bytes)
                    .any(|part| matches!(part, Ok(wasmparser::Payload::MemorySection(_))))
            };
            memories += usize::from(modules.iter().filter(|(_, bytes)| own(bytes)).count() > 1);
        }
        ensure!(accepted > 80 && memories > 10, "{accepted} link, {memories} with memories");
        Ok(())
    }
}
