//! The index spaces of the linked module: what was imported, then what each part defines.

use super::Part;
use super::resolve::Source;
use crate::error::Error;
use crate::wasm::{ExternKind, ImportType, MemoryIdx, SigId};
use std::collections::HashMap;

/// An import that is left.
pub struct HostImport {
    /// The part and the position of the (first) import.
    pub part: usize,
    /// See `part`.
    pub import: usize,
    /// The memory of that part.
    pub memory: Option<MemoryIdx>,
    /// The limits of a table or memory: what all parts accept.
    pub limits: (u32, Option<u32>),
}

/// Where the items of one part are.
#[derive(Default)]
pub struct PartLayout {
    pub first_type: u32,
    /// A type for each distinct one.
    pub types: Vec<u32>,
    pub first_elem: u32,
    pub first_data: u32,
    pub funcs: Vec<u32>,
    pub tables: Vec<u32>,
    pub memories: Vec<u32>,
    pub globals: Vec<u32>,
}

/// Where everything is.
pub struct Layout {
    /// By part.
    pub parts: Vec<PartLayout>,
    /// In order.
    pub imports: Vec<HostImport>,
    /// For each global that is defined, the part and its index there.
    pub globals: HashMap<u32, (usize, u32)>,
    /// How many functions, types, segments there are.
    pub funcs: u32,
    pub types: u32,
}

/// The kinds of items, as positions in a list of counts.
const KINDS: usize = 4;

fn kind_of(ty: ImportType) -> usize {
    match ty {
        ImportType::Func(_) => 0,
        ImportType::Table(_) => 1,
        ImportType::Memory(_) => 2,
        ImportType::Global(_) => 3,
    }
}

impl Layout {
    pub fn new(parts: &[Part<'_>], sources: &[Vec<Source>]) -> Result<Self, Error> {
        let mut layout = Self {
            parts: Vec::new(),
            imports: Vec::new(),
            globals: HashMap::new(),
            funcs: 0,
            types: 0,
        };
        // Indices of imports that are left, by part and position. Those of functions come last: they
        // are told apart by the memory of their part, too.
        let mut counts = [0_u32; KINDS];
        let mut host = HashMap::new();
        let mut keys = HashMap::new();
        for kind in [1, 2, 3] {
            layout.host_imports(parts, kind, &mut counts, &mut host, &mut keys, &[])?;
        }
        let memory_indices = defined(parts, counts[2], |part| {
            part.module.memories.iter().filter(|memory| !memory.imported).count()
        })?;
        let first_memories: Vec<Option<MemoryIdx>> = (parts.iter().zip(sources).enumerate())
            .map(|(index, (part, sources))| {
                let memory = part.module.memories.first()?;
                if !memory.imported {
                    return Some(MemoryIdx(memory_indices[index]));
                }
                let import = (part.module.imports.iter())
                    .position(|import| import.ty == ImportType::Memory(MemoryIdx(0)))?;
                match sources[import] {
                    Source::Host { part, import } => host.get(&(part, import)).copied(),
                    Source::Defined { part, kind: ExternKind::Memory(memory) } => {
                        let imported = parts[part].module.memories.iter().filter(|it| it.imported);
                        Some(memory_indices[part] + memory.0 - imported.count() as u32)
                    }
                    Source::Defined { .. } => None,
                }
                .map(MemoryIdx)
            })
            .collect();
        layout.host_imports(parts, 0, &mut counts, &mut host, &mut keys, &first_memories)?;
        let func_indices = defined(parts, counts[0], |part| part.module.bodies.len())?;
        let table_indices = defined(parts, counts[1], |part| {
            part.module.tables.iter().filter(|table| !table.imported).count()
        })?;
        let is_defined = |part: &Part<'_>, index: usize| {
            part.module.global_import(crate::wasm::GlobalIdx(index as u32)).is_none()
        };
        let global_indices = defined(parts, counts[3], |part| {
            (0..part.module.globals.len()).filter(|index| is_defined(part, *index)).count()
        })?;
        let first_types = defined(parts, 0, |part| part.module.types.len())?;
        let first_elems = defined(parts, 0, |part| part.module.elems.len())?;
        let first_data = defined(parts, 0, |part| part.module.data.len())?;
        let firsts = [&func_indices, &table_indices, &memory_indices, &global_indices];
        // How many of each kind a part imports.
        let imported = |part: usize, kind: usize| {
            let imports = parts[part].module.imports.iter();
            imports.filter(|import| kind_of(import.ty) == kind).count() as u32
        };
        let resolved = |source: Source| match source {
            Source::Host { part, import } => host.get(&(part, import)).copied().unwrap_or(0),
            Source::Defined { part, kind } => {
                let (kind, index) = match kind {
                    ExternKind::Func(func) => (0, func.0),
                    ExternKind::Table(table) => (1, table.0),
                    ExternKind::Memory(memory) => (2, memory.0),
                    ExternKind::Global(global) => (3, global.0),
                };
                firsts[kind][part] + index - imported(part, kind)
            }
        };
        for (index, part) in parts.iter().enumerate() {
            let mut spaces: [Vec<u32>; KINDS] = Default::default();
            for (import, source) in part.module.imports.iter().zip(&sources[index]) {
                spaces[kind_of(import.ty)].push(resolved(*source));
            }
            let sizes = [
                part.module.funcs.len(),
                part.module.tables.len(),
                part.module.memories.len(),
                part.module.globals.len(),
            ];
            for kind in 0..KINDS {
                let own = sizes[kind] - spaces[kind].len();
                let first = firsts[kind][index];
                if kind == 3 {
                    let imported = spaces[kind].len() as u32;
                    let places = (0..own as u32).map(|own| (first + own, (index, imported + own)));
                    layout.globals.extend(places);
                }
                spaces[kind].extend(first..first + own as u32);
            }
            let [funcs, tables, memories, globals] = spaces;
            let mut types = vec![0; part.module.sigs.len()];
            for (ty, sig) in (first_types[index]..).zip(&part.module.types) {
                types[sig.index()] = ty;
            }
            layout.parts.push(PartLayout {
                first_type: first_types[index],
                types,
                first_elem: first_elems[index],
                first_data: first_data[index],
                funcs,
                tables,
                memories,
                globals,
            });
        }
        layout.funcs = func_indices[parts.len()];
        layout.types = first_types[parts.len()];
        Ok(layout)
    }

    /// Adds the imports of one kind that no part provides, each once.
    fn host_imports<'a>(
        &mut self,
        parts: &[Part<'a>],
        kind: usize,
        counts: &mut [u32; KINDS],
        host: &mut HashMap<(usize, usize), u32>,
        keys: &mut HashMap<Key<'a>, (u32, usize)>,
        memories: &[Option<MemoryIdx>],
    ) -> Result<(), Error> {
        let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
        for (part, it) in parts.iter().enumerate() {
            for (position, import) in it.module.imports.iter().enumerate() {
                if kind_of(import.ty) != kind || names.contains(&import.module) {
                    continue;
                }
                let memory = memories.get(part).copied().flatten();
                let (ty, limits) = match import.ty {
                    ImportType::Func(sig) => (it.module.sigs[sig.index()].to_string(), (0, None)),
                    ImportType::Table(table) => {
                        let table = &it.module.tables[table.index()];
                        (table.element.to_string(), (table.min, table.max))
                    }
                    ImportType::Memory(memory) => {
                        let memory = &it.module.memories[memory.index()];
                        (String::new(), (memory.min_pages, memory.max_pages))
                    }
                    ImportType::Global(global) => {
                        let global = &it.module.globals[global.index()];
                        (format!("{} {}", global.mutable, global.ty), (0, None))
                    }
                };
                let key = Key { module: import.module, name: import.name, kind, ty, memory };
                let index = match keys.get(&key) {
                    Some((index, place)) => {
                        let limits_so_far = &mut self.imports[*place].limits;
                        limits_so_far.0 = limits_so_far.0.max(limits.0);
                        limits_so_far.1 = match (limits_so_far.1, limits.1) {
                            (Some(a), Some(b)) => Some(a.min(b)),
                            (a, b) => a.or(b),
                        };
                        if limits_so_far.1.is_some_and(|max| max < limits_so_far.0) {
                            return Err(Error::link(format!(
                                "no limits suit all modules that import `{}` from `{}`",
                                import.name.escape_debug(),
                                import.module.escape_debug()
                            )));
                        }
                        *index
                    }
                    None => {
                        let index = counts[kind];
                        counts[kind] += 1;
                        keys.insert(key, (index, self.imports.len()));
                        self.imports.push(HostImport { part, import: position, memory, limits });
                        index
                    }
                };
                host.insert((part, position), index);
            }
        }
        Ok(())
    }

    /// The index, in the linked module, of a type of a part.
    pub fn type_of(&self, part: usize, sig: SigId) -> u32 {
        self.parts[part].types.get(sig.index()).copied().unwrap_or(0)
    }
}

/// What two imports have in common if they are one.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    module: &'a str,
    name: &'a str,
    kind: usize,
    ty: String,
    memory: Option<MemoryIdx>,
}

/// The first index of each part's own items, and behind the last one the number of all.
fn defined<'a, 'b>(
    parts: &'a [Part<'b>],
    first: u32,
    count: impl Fn(&'a Part<'b>) -> usize,
) -> Result<Vec<u32>, Error> {
    let mut indices = vec![first];
    let mut next = first;
    for part in parts {
        next = (u32::try_from(count(part)).ok())
            .and_then(|count| next.checked_add(count))
            .ok_or_else(|| Error::limit("the modules have more than 2^32 items together"))?;
        indices.push(next);
    }
    Ok(indices)
}
