//! Writes the linked module.

use super::layout::Layout;
use super::resolve::Source;
use super::{Instantiation, Linked, Part};
use crate::error::Error;
use crate::wasm::{ExternKind, ImportType, SegmentMode};
use herkos_runtime::ValType;
use std::collections::{BTreeMap, HashMap, HashSet};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    IndirectNameMap, Instruction, MemorySection, MemoryType, Module, NameMap, NameSection, RefType,
    StartSection, TableSection, TableType, TypeSection,
};
use wasmparser::{Parser, Payload};

/// Constant expressions of more operators, or through more globals, are refused.
const MAX_CONST_EXPR: usize = 1_000;
const MAX_GLOBALS_DEEP: usize = 100;

/// The sections of a part that are written again.
#[derive(Default)]
struct Sections<'a> {
    globals: Vec<wasmparser::Global<'a>>,
    elems: Vec<wasmparser::Element<'a>>,
    data: Vec<wasmparser::Data<'a>>,
}

impl<'a> Sections<'a> {
    fn read(part: &Part<'a>) -> Result<Self, Error> {
        let read = || -> Result<Self, wasmparser::BinaryReaderError> {
            let mut sections = Self::default();
            for payload in Parser::new(0).parse_all(part.bytes) {
                match payload? {
                    Payload::GlobalSection(reader) => {
                        sections.globals = reader.into_iter().collect::<Result<_, _>>()?;
                    }
                    Payload::ElementSection(reader) => {
                        sections.elems = reader.into_iter().collect::<Result<_, _>>()?;
                    }
                    Payload::DataSection(reader) => {
                        sections.data = reader.into_iter().collect::<Result<_, _>>()?;
                    }
                    _ => {}
                }
            }
            Ok(sections)
        };
        // It was read before.
        read().map_err(|error| Error::internal(format!("linking: {error}")))
    }
}

/// Gives the items of a part their indices in the linked module.
struct Remap<'l, 'a> {
    layout: &'l Layout,
    sections: &'l [Sections<'a>],
    part: usize,
    /// Globals whose values are being written.
    depth: usize,
}

type Failure = reencode::Error<Error>;

impl Remap<'_, '_> {
    fn own(&self) -> &super::layout::PartLayout {
        &self.layout.parts[self.part]
    }
}

fn index(space: &[u32], index: u32) -> Result<u32, Failure> {
    let found = space.get(index as usize).copied();
    found.ok_or_else(|| {
        reencode::Error::UserError(Error::internal("linking: an index is out of range"))
    })
}

impl Reencode for Remap<'_, '_> {
    type Error = Error;

    fn function_index(&mut self, func: u32) -> Result<u32, Failure> {
        index(&self.own().funcs, func)
    }

    fn table_index(&mut self, table: u32) -> Result<u32, Failure> {
        index(&self.own().tables, table)
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, Failure> {
        index(&self.own().memories, memory)
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Failure> {
        index(&self.own().globals, global)
    }

    fn type_index(&mut self, ty: u32) -> Result<u32, Failure> {
        Ok(self.own().first_type + ty)
    }

    fn element_index(&mut self, elem: u32) -> Result<u32, Failure> {
        Ok(self.own().first_elem + elem)
    }

    fn data_index(&mut self, data: u32) -> Result<u32, Failure> {
        Ok(self.own().first_data + data)
    }

    fn const_expr(&mut self, expr: wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Failure> {
        let mut bytes = Vec::new();
        let mut budget = MAX_CONST_EXPR;
        write_const(self, &expr, &mut bytes, &mut budget)?;
        Ok(ConstExpr::raw(bytes))
    }
}

/// Writes the operators of a constant expression. An immutable global of another part stands for its
/// own expression: constant expressions may read imported globals alone.
fn write_const(
    remap: &mut Remap<'_, '_>,
    expr: &wasmparser::ConstExpr<'_>,
    out: &mut Vec<u8>,
    budget: &mut usize,
) -> Result<(), Failure> {
    use wasm_encoder::Encode as _;
    let mut reader = expr.get_operators_reader();
    while !reader.is_end_then_eof() {
        *budget = budget.checked_sub(1).ok_or_else(|| too_much("operators"))?;
        let operator = reader.read()?;
        if let wasmparser::Operator::GlobalGet { global_index } = operator {
            let global = remap.global_index(global_index)?;
            if let Some((part, own)) = remap.layout.globals.get(&global) {
                if remap.depth >= MAX_GLOBALS_DEEP {
                    return Err(too_much("globals that depend on each other"));
                }
                let sections = remap.sections;
                let imported =
                    remap.layout.parts[*part].globals.len() - sections[*part].globals.len();
                let init = sections[*part].globals.get(*own as usize - imported);
                let init = &init.ok_or(reencode::Error::InvalidConstExpr)?.init_expr;
                let mut inner =
                    Remap { layout: remap.layout, sections, part: *part, depth: remap.depth + 1 };
                write_const(&mut inner, init, out, budget)?;
                continue;
            }
        }
        remap.instruction(operator)?.encode(out);
    }
    Ok(())
}

fn too_much(what: &str) -> Failure {
    reencode::Error::UserError(Error::limit(format!(
        "the value of a global takes too many {what} to write, or depends on itself"
    )))
}

/// Everything but the imports' memories is as in the parts, with other indices.
pub fn merge(
    parts: &[Part<'_>],
    sources: &[Vec<Source>],
    layout: &Layout,
    instantiation: Instantiation,
) -> Result<Linked, Error> {
    let sections: Vec<Sections<'_>> = parts.iter().map(Sections::read).collect::<Result<_, _>>()?;
    let remap = |part: usize| Remap { layout, sections: &sections, part, depth: 0 };
    // Without a start function in between, the segments of all parts can be copied together.
    let last = parts.len().saturating_sub(1);
    let apart = instantiation == Instantiation::Separate
        || parts.iter().take(last).any(|part| part.module.start.is_some());
    let written = || -> Result<Vec<u8>, Failure> {
        let mut module = Module::new();
        module.section(&types(parts));
        module.section(&imports(parts, layout));
        let mut functions = FunctionSection::new();
        for (index, part) in parts.iter().enumerate() {
            for sig in &part.module.funcs[part.module.imported_funcs.len()..] {
                functions.function(layout.type_of(index, *sig));
            }
        }
        // The functions that instantiate a part, and the one that calls them.
        let instantiate = |part: usize| layout.funcs + part as u32;
        if apart {
            for _ in 0..=parts.len() {
                functions.function(layout.types);
            }
        }
        module.section(&functions);
        module.section(&tables(parts));
        module.section(&memories(parts));
        let mut globals = GlobalSection::new();
        for (index, own) in sections.iter().enumerate() {
            for global in &own.globals {
                remap(index).parse_global(&mut globals, global.clone())?;
            }
        }
        module.section(&globals);
        module.section(&exports(parts, layout, instantiation));
        if apart && instantiation == Instantiation::Together {
            module.section(&StartSection { function_index: instantiate(parts.len()) });
        } else if let Some(start) = parts.last().and_then(|part| part.module.start)
            && !apart
        {
            module.section(&StartSection { function_index: remap(last).function_index(start.0)? });
        }
        let (elems, data) = segments(&sections, apart, &remap)?;
        module.section(&elems);
        let count = data.len();
        if count > 0 {
            module.section(&DataCountSection { count });
        }
        let mut code = CodeSection::new();
        for (index, part) in parts.iter().enumerate() {
            for body in &part.module.bodies {
                remap(index).parse_function_body(&mut code, body.clone())?;
            }
        }
        if apart {
            for (index, part) in parts.iter().enumerate() {
                let mut function = Function::new([]);
                check_sizes(parts, index, &sources[index], &mut remap(index), &mut function)?;
                instantiate_part(part, &sections[index], &mut remap(index), &mut function)?;
                code.function(&function);
            }
            let mut all = Function::new([]);
            for index in 0..parts.len() {
                all.instruction(&Instruction::Call(instantiate(index)));
            }
            all.instruction(&Instruction::End);
            code.function(&all);
        }
        module.section(&code);
        module.section(&data);
        module.section(&names(parts, layout));
        Ok(module.finish())
    };
    let bytes = written().map_err(|error| match error {
        reencode::Error::UserError(error) => error,
        error => Error::internal(format!("linking: {error}")),
    })?;
    let import_memories = layout.imports.iter().map(|import| import.memory).collect();
    Ok(Linked { bytes, import_memories })
}

fn types(parts: &[Part<'_>]) -> TypeSection {
    let mut types = TypeSection::new();
    for part in parts {
        for ty in &part.module.types {
            let sig = &part.module.sigs[ty.index()];
            let list = |types: &[ValType]| types.iter().map(|ty| val_type(*ty)).collect::<Vec<_>>();
            types.ty().function(list(&sig.params), list(&sig.results));
        }
    }
    types.ty().function([], []);
    types
}

fn imports(parts: &[Part<'_>], layout: &Layout) -> ImportSection {
    let mut imports = ImportSection::new();
    for import in &layout.imports {
        let module = &parts[import.part].module;
        let definition = &module.imports[import.import];
        let (min, max) = import.limits;
        let ty = match definition.ty {
            ImportType::Func(sig) => EntityType::Function(layout.type_of(import.part, sig)),
            ImportType::Table(table) => {
                EntityType::Table(table_type(module.tables[table.index()].element, min, max))
            }
            ImportType::Memory(_) => EntityType::Memory(memory_type(min, max)),
            ImportType::Global(global) => {
                let global = &module.globals[global.index()];
                EntityType::Global(GlobalType {
                    val_type: val_type(global.ty),
                    mutable: global.mutable,
                    shared: false,
                })
            }
        };
        imports.import(definition.module, definition.name, ty);
    }
    imports
}

fn tables(parts: &[Part<'_>]) -> TableSection {
    let mut tables = TableSection::new();
    for table in parts.iter().flat_map(|part| &part.module.tables).filter(|it| !it.imported) {
        tables.table(table_type(table.element, table.min, table.max));
    }
    tables
}

fn memories(parts: &[Part<'_>]) -> MemorySection {
    let mut memories = MemorySection::new();
    for (_, memory) in parts.iter().flat_map(|part| part.module.owned_memories()) {
        memories.memory(memory_type(memory.min_pages, memory.max_pages));
    }
    memories
}

/// The first part's exports keep their names; those of the others begin with the part's.
fn exports(parts: &[Part<'_>], layout: &Layout, instantiation: Instantiation) -> ExportSection {
    let mut exports = ExportSection::new();
    let mut taken = HashSet::new();
    let mut unique = |name: String| {
        let mut name = name;
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        name
    };
    for (index, part) in parts.iter().enumerate() {
        let own = &layout.parts[index];
        for export in &part.module.exports {
            let name = match index {
                0 => export.name.to_owned(),
                _ => format!("{}.{}", part.name, export.name),
            };
            let (kind, position) = match export.kind {
                ExternKind::Func(func) => (ExportKind::Func, own.funcs[func.index()]),
                ExternKind::Table(table) => (ExportKind::Table, own.tables[table.index()]),
                ExternKind::Memory(memory) => (ExportKind::Memory, own.memories[memory.index()]),
                ExternKind::Global(global) => (ExportKind::Global, own.globals[global.index()]),
            };
            exports.export(&unique(name), kind, position);
        }
    }
    if instantiation == Instantiation::Separate {
        for (index, part) in parts.iter().enumerate() {
            let name = unique(format!("instantiate {}", part.name));
            exports.export(&name, ExportKind::Func, layout.funcs + index as u32);
        }
    }
    exports
}

/// The segments. If parts are instantiated one after the other, active ones become passive.
fn segments<'l, 'a: 'l>(
    sections: &'l [Sections<'a>],
    apart: bool,
    remap: &dyn Fn(usize) -> Remap<'l, 'a>,
) -> Result<(ElementSection, DataSection), Failure> {
    let (mut elems, mut data) = (ElementSection::new(), DataSection::new());
    for (index, own) in sections.iter().enumerate() {
        let mut remap = remap(index);
        for elem in &own.elems {
            match &elem.kind {
                wasmparser::ElementKind::Active { .. } if apart => {
                    elems.passive(remap.element_items(elem.items.clone())?);
                }
                _ => remap.parse_element(&mut elems, elem.clone())?,
            }
        }
        for segment in &own.data {
            match &segment.kind {
                wasmparser::DataKind::Active { .. } if apart => {
                    data.passive(segment.data.iter().copied());
                }
                _ => remap.parse_data(&mut data, segment.clone())?,
            }
        }
    }
    Ok((elems, data))
}

/// Traps if an imported memory or table is not as large as the part asks for.
fn check_sizes(
    parts: &[Part<'_>],
    part: usize,
    sources: &[Source],
    remap: &mut Remap<'_, '_>,
    function: &mut Function,
) -> Result<(), Failure> {
    let module = &parts[part].module;
    for (import, source) in module.imports.iter().zip(sources) {
        let Source::Defined { part: provider, kind } = source else { continue };
        let given = &parts[*provider].module;
        let (size, declared, asked) = match (import.ty, kind) {
            (ImportType::Memory(memory), ExternKind::Memory(given_memory)) => (
                Instruction::MemorySize(remap.memory_index(memory.0)?),
                given.memories[given_memory.index()].min_pages,
                module.memories[memory.index()].min_pages,
            ),
            (ImportType::Table(table), ExternKind::Table(given_table)) => (
                Instruction::TableSize(remap.table_index(table.0)?),
                given.tables[given_table.index()].min,
                module.tables[table.index()].min,
            ),
            _ => continue,
        };
        if declared < asked {
            function.instruction(&size);
            function.instruction(&Instruction::I32Const(asked.cast_signed()));
            function.instruction(&Instruction::I32LtU);
            function.instruction(&Instruction::If(BlockType::Empty));
            function.instruction(&Instruction::Unreachable);
            function.instruction(&Instruction::End);
        }
    }
    Ok(())
}

/// Copies a part's active segments and calls its start function (specification, "Instantiation").
fn instantiate_part(
    part: &Part<'_>,
    sections: &Sections<'_>,
    remap: &mut Remap<'_, '_>,
    function: &mut Function,
) -> Result<(), Failure> {
    let offset = |function: &mut Function, remap: &mut Remap<'_, '_>, expr| {
        let (mut bytes, mut budget) = (Vec::new(), MAX_CONST_EXPR);
        write_const(remap, expr, &mut bytes, &mut budget)?;
        function.raw(bytes);
        Ok::<(), Failure>(())
    };
    for (index, elem) in sections.elems.iter().enumerate() {
        let elem_index = remap.element_index(index as u32)?;
        if let wasmparser::ElementKind::Active { table_index, offset_expr } = &elem.kind {
            offset(function, remap, offset_expr)?;
            let count = part.module.elems[index].items.len() as i32;
            let table = remap.table_index(table_index.unwrap_or(0))?;
            function.instruction(&Instruction::I32Const(0));
            function.instruction(&Instruction::I32Const(count));
            function.instruction(&Instruction::TableInit { elem_index, table });
        }
        if !matches!(part.module.elems[index].mode, SegmentMode::Passive) {
            function.instruction(&Instruction::ElemDrop(elem_index));
        }
    }
    for (index, data) in sections.data.iter().enumerate() {
        let data_index = remap.data_index(index as u32)?;
        if let wasmparser::DataKind::Active { memory_index, offset_expr } = &data.kind {
            offset(function, remap, offset_expr)?;
            let mem = remap.memory_index(*memory_index)?;
            function.instruction(&Instruction::I32Const(0));
            function.instruction(&Instruction::I32Const(data.data.len() as i32));
            function.instruction(&Instruction::MemoryInit { mem, data_index });
            function.instruction(&Instruction::DataDrop(data_index));
        }
    }
    if let Some(start) = part.module.start {
        function.instruction(&Instruction::Call(remap.function_index(start.0)?));
    }
    function.instruction(&Instruction::End);
    Ok(())
}

/// The names of functions, locals and globals. Those of parts but the first begin with the part's.
fn names(parts: &[Part<'_>], layout: &Layout) -> NameSection {
    let (mut funcs, mut globals) = (BTreeMap::new(), BTreeMap::new());
    let mut locals: BTreeMap<u32, &HashMap<u32, &str>> = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        let (own, module) = (&layout.parts[index], &part.module);
        let full = |name: &str| match index {
            0 => name.to_owned(),
            _ => format!("{}.{name}", part.name),
        };
        let imported = module.imported_funcs.len() as u32;
        for (func, name) in module.func_names.iter().filter(|(func, _)| **func >= imported) {
            if let Some(func) = own.funcs.get(*func as usize) {
                funcs.insert(*func, full(name));
            }
        }
        for (global, name) in &module.global_names {
            if let Some(global) = own.globals.get(*global as usize) {
                globals.entry(*global).or_insert_with(|| full(name));
            }
        }
        for (func, names) in module.local_names.iter().filter(|(func, _)| **func >= imported) {
            if let Some(func) = own.funcs.get(*func as usize) {
                locals.insert(*func, names);
            }
        }
    }
    let map = |names: &BTreeMap<u32, String>| {
        let mut map = NameMap::new();
        names.iter().for_each(|(index, name)| map.append(*index, name));
        map
    };
    let mut section = NameSection::new();
    section.functions(&map(&funcs));
    let mut all_locals = IndirectNameMap::new();
    for (func, names) in locals {
        let names = names.iter().map(|(index, name)| (*index, (*name).to_owned())).collect();
        all_locals.append(func, &map(&names));
    }
    section.locals(&all_locals);
    section.globals(&map(&globals));
    section
}

fn val_type(ty: ValType) -> wasm_encoder::ValType {
    match ty {
        ValType::I32 => wasm_encoder::ValType::I32,
        ValType::I64 => wasm_encoder::ValType::I64,
        ValType::F32 => wasm_encoder::ValType::F32,
        ValType::F64 => wasm_encoder::ValType::F64,
        ValType::FuncRef => wasm_encoder::ValType::FUNCREF,
        ValType::ExternRef => wasm_encoder::ValType::EXTERNREF,
    }
}

fn table_type(element: ValType, min: u32, max: Option<u32>) -> TableType {
    TableType {
        element_type: match element {
            ValType::ExternRef => RefType::EXTERNREF,
            _ => RefType::FUNCREF,
        },
        table64: false,
        minimum: min.into(),
        maximum: max.map(u64::from),
        shared: false,
    }
}

fn memory_type(min: u32, max: Option<u32>) -> MemoryType {
    MemoryType {
        minimum: min.into(),
        maximum: max.map(u64::from),
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}
