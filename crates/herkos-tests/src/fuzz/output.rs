//! One module under two sets of names: what the fuzzer chose, and plain ones. The Rust must be the same, but for identifiers.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail, ensure};
use herkos::{CAbi, Config, Error};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    IndirectNameMap, MemArg, MemArgTarget, MemorySection, MemoryType, Module, NameMap, NameSection,
    RefType, TableSection, TableType, TypeSection, ValType,
};

use super::Outcome;
use super::input::{calls_back, options};
use super::scopes::same_meaning;
use super::tokens::{lexed, read, same_but_names};

/// Ends a name in the input: a byte that UTF-8 does not have.
const END: u8 = 0xff;

/// The longest name that is tried.
const LONGEST: usize = 200;

/// How many there are of what has names.
#[derive(Clone, Copy, Debug)]
struct Shape {
    imports: usize,
    globals: usize,
    functions: usize,
    locals: usize,
    exports: usize,
}

/// Hands out names, in order.
struct Names<'a> {
    strange: &'a [String],
    next: usize,
    /// Plain names in their place.
    plain: bool,
    /// Where equal names mean something, what stands for each.
    imported: HashMap<String, String>,
}

impl<'a> Names<'a> {
    fn new(strange: &'a [String], plain: bool) -> Self {
        Self { strange, next: 0, plain, imported: HashMap::new() }
    }

    /// The strange name that comes next, and what is to be used.
    fn both(&mut self) -> (&'a str, String) {
        let index = self.next;
        self.next += 1;
        let strange = self.strange.get(index % self.strange.len().max(1)).map_or("", |name| name);
        (strange, if self.plain { format!("n{index}x") } else { strange.to_owned() })
    }

    fn any(&mut self) -> String {
        self.both().1
    }

    /// A name of which equal ones mean the same.
    fn shared(&mut self) -> String {
        let (strange, name) = self.both();
        self.imported.entry(strange.to_owned()).or_insert(name).clone()
    }

    /// Where the first import is from: that took the first name.
    fn first_module(&self) -> Option<&str> {
        self.imported.get(self.strange.first()?).map(|name| &**name)
    }
}

const I32: ValType = ValType::I32;

/// The types of functions; each is that of some.
const TYPES: [(&[ValType], &[ValType]); 4] =
    [(&[], &[]), (&[I32], &[I32]), (&[], &[ValType::I64]), (&[ValType::F32, I32], &[])];

/// A module with names wherever there can be some.
fn named(shape: Shape, names: &mut Names<'_>) -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    for (params, results) in TYPES {
        types.ty().function(params.iter().copied(), results.iter().copied());
    }
    module.section(&types);

    let variable = GlobalType { val_type: I32, mutable: true, shared: false };
    let mut imports = ImportSection::new();
    let mut callees = Vec::new();
    let mut globals = 0;
    for index in 0..shape.imports {
        let (from, name) = (names.shared(), names.shared());
        if index % 5 == 4 {
            imports.import(&from, &name, EntityType::Global(variable));
            globals += 1;
        } else {
            let ty = index % TYPES.len();
            imports.import(&from, &name, EntityType::Function(ty as u32));
            callees.push(ty);
        }
    }
    module.section(&imports);
    let imported = callees.len();

    let mut functions = FunctionSection::new();
    for index in 0..shape.functions {
        functions.function((index % TYPES.len()) as u32);
        callees.push(index % TYPES.len());
    }
    module.section(&functions);
    let size = callees.len() as u64;
    let table = TableType {
        element_type: RefType::FUNCREF,
        minimum: size,
        maximum: None,
        table64: false,
        shared: false,
    };
    module.section(TableSection::new().table(table));
    let memory = MemoryType {
        minimum: 1,
        maximum: Some(2),
        memory64: false,
        shared: false,
        page_size_log2: None,
    };
    module.section(MemorySection::new().memory(memory));
    let mut section = GlobalSection::new();
    for _ in 0..shape.globals {
        section.global(variable, &ConstExpr::i32_const(3));
    }
    module.section(&section);
    globals += shape.globals;

    let mut exports = ExportSection::new();
    let mut taken = HashSet::new();
    for index in 0..shape.exports {
        let (strange, name) = names.both();
        let (kind, index) = match index % 4 {
            0 if globals > 0 => (ExportKind::Global, index % globals),
            1 => (ExportKind::Memory, 0),
            2 => (ExportKind::Table, 0),
            _ if callees.is_empty() => (ExportKind::Memory, 0),
            _ => (ExportKind::Func, index % callees.len()),
        };
        if taken.insert(strange) {
            exports.export(&name, kind, index as u32);
        }
    }
    module.section(&exports);
    let all: Vec<u32> = (0..callees.len() as u32).collect();
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions((&all).into()));
    module.section(&elements);

    let mut code = CodeSection::new();
    for ty in &callees[imported..] {
        code.function(&body(*ty, shape.locals, globals, &callees));
    }
    module.section(&code);
    module.section(DataSection::new().active(0, &ConstExpr::i32_const(8), *b"data"));
    module.section(&name_section(shape, names, &callees[imported..], imported, globals));
    module.finish()
}

/// Uses its locals, the memory, the globals, and calls everything.
fn body(ty: usize, locals: usize, globals: usize, callees: &[usize]) -> Function {
    let (params, results) = TYPES[ty];
    let mut body = Function::new([(locals as u32, I32)]);
    let mut code = body.instructions();
    let first = params.len() as u32;
    for local in first..first + locals as u32 {
        code.local_get(local).i32_load(MemArg {
            offset: 4,
            align: 2,
            target: MemArgTarget::Memory(0),
            ordering: None,
        });
        code.local_set(local);
    }
    for global in 0..globals as u32 {
        code.global_get(global).i32_const(1).i32_add().global_set(global);
    }
    let arguments = |code: &mut wasm_encoder::InstructionSink<'_>, ty: usize| {
        for param in TYPES[ty].0 {
            if *param == I32 {
                if locals > 0 {
                    code.local_get(first)
                } else {
                    code.i32_const(1)
                };
            } else {
                code.f32_const(1.0.into());
            }
        }
    };
    for (index, callee) in callees.iter().enumerate() {
        arguments(&mut code, *callee);
        code.call(index as u32);
        for _ in TYPES[*callee].1 {
            code.drop();
        }
    }
    arguments(&mut code, ty);
    code.i32_const(0).call_indirect(0, ty as u32);
    debug_assert!(results.len() < 2);
    code.end();
    body
}

/// The name section, with every kind of name.
fn name_section(
    shape: Shape,
    names: &mut Names<'_>,
    functions: &[usize],
    imported: usize,
    globals: usize,
) -> NameSection {
    let mut list = |count: usize| {
        let mut map = NameMap::new();
        for index in 0..count {
            map.append(index as u32, &names.any());
        }
        map
    };
    let mut section = NameSection::new();
    let of_functions = list(imported + functions.len());
    let mut locals = IndirectNameMap::new();
    for (index, ty) in functions.iter().enumerate() {
        locals.append((imported + index) as u32, &list(TYPES[*ty].0.len() + shape.locals));
    }
    let (types, tables, memories) = (list(TYPES.len()), list(1), list(1));
    let (global_names, elements, data) = (list(globals), list(1), list(1));
    section.module(&names.any());
    section.functions(&of_functions);
    section.locals(&locals);
    section.types(&types);
    section.tables(&tables);
    section.memories(&memories);
    section.globals(&global_names);
    section.elements(&elements);
    section.data(&data);
    section
}

/// Translates a module under the names that the bytes say and under plain names, and compares.
///
/// # Errors
///
/// If the output differs in more than identifiers.
pub fn output(data: &[u8]) -> Result<Outcome> {
    let Some((config, rest)) = options(data) else { return Ok(Outcome::Nothing) };
    let Some((&[a, b, c], rest)) = rest.split_first_chunk() else { return Ok(Outcome::Nothing) };
    let shape = Shape {
        imports: usize::from(a % 8),
        globals: usize::from(a / 16 % 4),
        functions: usize::from(b % 4),
        locals: usize::from(b / 4 % 4),
        exports: usize::from(c % 8),
    };
    let strange: Vec<String> = rest
        .split(|byte| *byte == END)
        .map(|name| String::from_utf8_lossy(&name[..name.len().min(LONGEST)]).into_owned())
        .collect();
    // Two names may mean one import there: `a::b` of `c`, and `b` of `a`.
    let calls_back = calls_back(data) && !strange.iter().any(|name| name.contains("::"));
    let made = |plain| {
        let mut names = Names::new(&strange, plain);
        let module = named(shape, &mut names);
        let mut config = config.clone().source_name(names.any());
        if calls_back && let Some(first) = names.first_module() {
            config = config.reentrant(first);
        }
        (config, module)
    };
    let ((config, found), (plain_config, plain)) = (made(false), made(true));
    match (config.transpile(&found), plain_config.transpile(&plain)) {
        (Ok(found), Ok(plain)) => same_but_for_names(&found.source, &plain.source)?,
        (Err(error @ (Error::Internal { .. } | Error::Invalid { .. })), _) => {
            return Err(error.into());
        }
        (Err(_), Err(_)) => return Ok(Outcome::Refused),
        (found, _) => bail!("with one set of names alone: {:?}", found.err()),
    }
    let c = |config: Config, module: &[u8]| config.c_prefix("guest").c_abi(module);
    match (c(config, &found), c(plain_config, &plain)) {
        (Ok(found), Ok(plain)) => same_c(&found, &plain)?,
        (Err(error @ Error::Internal { .. }), _) => return Err(error.into()),
        // Not all options can be had from C.
        (Err(_), Err(_)) => {}
        (found, _) => bail!("in C with one set of names alone: {:?}", found.err()),
    }
    Ok(Outcome::Accepted)
}

/// Compares the Rust of a module with that of the same module under plain names: the same items, of the same tokens but
/// for identifiers and strings, and each identifier means what it meant.
///
/// # Errors
///
/// If a name changed more than that.
pub fn same_but_for_names(found: &str, plain: &str) -> Result<()> {
    let (found, plain) = (read(found)?, read(plain)?);
    same_but_names(&found.tokens, &plain.tokens)?;
    same_meaning(&found.file, &plain.file)
}

fn same_c(found: &CAbi, plain: &CAbi) -> Result<()> {
    // It has `unsafe`, and macros: those of the plain one.
    same_but_names(&lexed(&found.shim)?, &lexed(&plain.shim)?)?;
    for (found, plain) in [(&found.header, &plain.header), (&found.example, &plain.example)] {
        let (found, plain) = (without_comments(found)?, without_comments(plain)?);
        ensure!(found == plain, "in C:\n{found}\ninstead of\n{plain}");
    }
    Ok(())
}

/// C without comments and the text of strings, each identifier a `_`.
fn without_comments(source: &str) -> Result<String> {
    let odd = source.chars().find(|c| !c.is_ascii_graphic() && !matches!(c, ' ' | '\n'));
    ensure!(odd.is_none(), "the character {odd:?} in C");
    // Either way of writing a backslash at the end of a line continues it, a comment as well.
    ensure!(!source.contains("\\\n") && !source.contains("??/\n"), "a line that goes on");
    let mut out = String::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let word =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let skip = if let Some(comment) = rest.strip_prefix("/*") {
            let end = comment.find("*/").map_or(rest.len(), |end| end + 4);
            ensure!(
                !comment[..end.saturating_sub(4).min(comment.len())].contains("/*"),
                "a comment in a comment"
            );
            end
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            out.push_str("\"\"");
            let text = &rest[1..];
            let mut escaped = false;
            let end = text.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |end| end + 2)
        } else if word > 0 {
            if first.is_ascii_digit() {
                out.push_str(&rest[..word])
            } else {
                out.push('_')
            }
            word
        } else {
            if !first.is_whitespace() {
                out.push(first);
            }
            1
        };
        rest = &rest[skip..];
    }
    ensure!(!out.contains("??"), "a trigraph");
    Ok(out)
}
