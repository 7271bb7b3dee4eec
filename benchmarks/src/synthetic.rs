//! Large modules, made of many copies of a real one's functions.

use anyhow::{Context, Result, bail};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, ElementSection, Elements, FunctionSection, Module, RawSection, TableSection,
    TableType,
};
use wasmparser::{ElementItems, ElementKind, FunctionBody, Operator, Parser, Payload};

/// What of a module is repeated.
struct Parts<'a> {
    /// The type of each function.
    types: Vec<u32>,
    bodies: Vec<FunctionBody<'a>>,
    /// Where the elements of the table start, and which functions they are.
    offset: u32,
    elements: Vec<u32>,
}

/// The size of a module's code section, and how many functions it has.
pub fn code_size(module: &[u8]) -> Result<(usize, u32)> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionStart { count, size, .. } = payload? {
            return Ok((usize::try_from(size)?, count));
        }
    }
    Ok((0, 0))
}

/// A module with all functions of `module` `copies` times. Each copy calls its own functions, and all are in the table,
/// so that none is dead. `module` imports no functions and has at most one segment of elements, as clang makes them.
pub fn repeat(module: &[u8], copies: u32) -> Result<Vec<u8>> {
    let parts = parts(module)?;
    let count = u32::try_from(parts.types.len())?;
    let length = u32::try_from(parts.elements.len())?;
    let mut made = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::FunctionSection(_) => {
                let mut functions = FunctionSection::new();
                for _ in 0..copies {
                    for ty in &parts.types {
                        functions.function(*ty);
                    }
                }
                made.section(&functions);
            }
            Payload::TableSection(section) => {
                let mut tables = TableSection::new();
                for table in section {
                    let size = u64::from(parts.offset) + u64::from(length) * u64::from(copies);
                    let ty: TableType = table?.ty.try_into()?;
                    tables.table(TableType { minimum: size, maximum: Some(size), ..ty });
                }
                made.section(&tables);
            }
            Payload::ElementSection(_) => {
                let all: Vec<u32> = (0..copies)
                    .flat_map(|copy| parts.elements.iter().map(move |index| index + copy * count))
                    .collect();
                let offset = wasm_encoder::ConstExpr::i32_const(parts.offset.cast_signed());
                let mut elements = ElementSection::new();
                elements.active(None, &offset, Elements::Functions(all.into()));
                made.section(&elements);
            }
            Payload::CodeSectionStart { .. } => {
                let mut code = CodeSection::new();
                for copy in 0..copies {
                    let mut shift = Shift { by: copy * count };
                    for body in &parts.bodies {
                        shift.parse_function_body(&mut code, body.clone())?;
                    }
                }
                made.section(&code);
            }
            Payload::CustomSection(_) => {}
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
                    let data = module.get(range).context("a section beyond the end")?;
                    made.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(made.finish())
}

fn parts(module: &[u8]) -> Result<Parts<'_>> {
    let mut parts =
        Parts { types: Vec::new(), bodies: Vec::new(), offset: 0, elements: Vec::new() };
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(_) => bail!("the module has imports"),
            Payload::FunctionSection(section) => {
                parts.types = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element?;
                    let (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(items)) =
                        (element.kind, element.items)
                    else {
                        bail!("the module has a segment of elements that is not active");
                    };
                    let Operator::I32Const { value } = offset_expr.get_operators_reader().read()?
                    else {
                        bail!("the module has elements at an offset that is not constant");
                    };
                    parts.offset = value.cast_unsigned();
                    parts.elements = items.into_iter().collect::<Result<_, _>>()?;
                }
            }
            Payload::CodeSectionEntry(body) => parts.bodies.push(body),
            _ => {}
        }
    }
    Ok(parts)
}

/// Encodes functions as they were, but for the functions they name.
struct Shift {
    by: u32,
}

impl Reencode for Shift {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        Ok(function + self.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{ConstExpr, Function, TypeSection};

    /// Two functions, one of which calls the other, both in the table.
    fn small() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(0).function(0);
        let mut tables = TableSection::new();
        let element_type = wasm_encoder::RefType::FUNCREF;
        tables.table(TableType {
            element_type,
            minimum: 3,
            maximum: Some(3),
            table64: false,
            shared: false,
        });
        let mut elements = ElementSection::new();
        elements.active(
            None,
            &ConstExpr::i32_const(1),
            Elements::Functions([0, 1].as_slice().into()),
        );
        let mut code = CodeSection::new();
        for calls in [false, true] {
            let mut function = Function::new([]);
            if calls {
                function.instructions().call(0);
            }
            function.instructions().end();
            code.function(&function);
        }
        let mut module = Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&tables)
            .section(&elements)
            .section(&code);
        module.finish()
    }

    #[test]
    fn copies_are_valid_and_call_their_own() {
        let module = repeat(&small(), 3).unwrap();
        wasmparser::validate(&module).unwrap();
        let parts = parts(&module).unwrap();
        assert_eq!(parts.types, [0; 6]);
        assert_eq!((parts.offset, parts.elements), (1, vec![0, 1, 2, 3, 4, 5]));
        let mut last = parts.bodies[5].get_operators_reader().unwrap();
        assert_eq!(last.read().unwrap(), Operator::Call { function_index: 4 });
        assert_eq!(code_size(&module).unwrap().1, 6);
    }
}
