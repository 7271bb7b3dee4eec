//! Changes to a module that make it comparable: everything in it exported, and every NaN that arithmetic gives the
//! canonical one.

use std::collections::HashSet;

use anyhow::{Context as _, Result};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, Ieee32, Ieee64, Instruction, Module,
    RawSection, SectionId,
};
use wasmparser::{
    FuncToValidate, FunctionBody, Operator, Parser, Payload, TypeRef, ValType, Validator,
    ValidatorResources, WasmFeatures,
};

/// How many items of each index space there are.
#[derive(Default)]
struct Counts {
    funcs: u32,
    tables: u32,
    memories: u32,
    globals: u32,
}

impl Counts {
    fn read(wasm: &[u8]) -> Result<Self> {
        let mut counts = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => counts.funcs += 1,
                            TypeRef::Table(_) => counts.tables += 1,
                            TypeRef::Memory(_) => counts.memories += 1,
                            TypeRef::Global(_) => counts.globals += 1,
                            TypeRef::Tag(_) => {}
                        }
                    }
                }
                Payload::FunctionSection(section) => counts.funcs += section.count(),
                Payload::TableSection(section) => counts.tables += section.count(),
                Payload::MemorySection(section) => counts.memories += section.count(),
                Payload::GlobalSection(section) => counts.globals += section.count(),
                _ => {}
            }
        }
        Ok(counts)
    }
}

/// The module with an export of everything in it, besides those it has.
///
/// # Errors
///
/// If it can't be parsed.
pub fn export_all(wasm: &[u8]) -> Result<Vec<u8>> {
    let counts = Counts::read(wasm)?;
    let mut exports = ExportSection::new();
    let mut names = HashSet::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(section) = payload? {
            for export in section {
                let export = export?;
                names.insert(export.name.to_owned());
                RoundtripReencoder.parse_export(&mut exports, export)?;
            }
        }
    }
    for (prefix, kind, count) in [
        ("f", ExportKind::Func, counts.funcs),
        ("t", ExportKind::Table, counts.tables),
        ("m", ExportKind::Memory, counts.memories),
        ("g", ExportKind::Global, counts.globals),
    ] {
        for index in 0..count {
            let name = format!("{prefix}{index}");
            if !names.contains(&name) {
                exports.export(&name, kind, index);
            }
        }
    }
    let after = |id: u8| id > SectionId::Export as u8;
    rebuild(wasm, |module, id| {
        let write = id.is_none_or(after) && !exports.is_empty();
        if write {
            module.section(&std::mem::replace(&mut exports, ExportSection::new()));
        }
        Ok(id == Some(SectionId::Export as u8))
    })
}

/// Copies a module section by section. `replace` sees the number of each, and `None` at the end; what it writes comes
/// first, and the section is left out if it says so.
fn rebuild(
    wasm: &[u8],
    mut replace: impl FnMut(&mut Module, Option<u8>) -> Result<bool>,
) -> Result<Vec<u8>> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else { continue };
        if id != 0 && replace(&mut module, Some(id))? {
            continue;
        }
        let data = wasm.get(range.start as usize..range.end as usize);
        module.section(&RawSection { id, data: data.context("a section beyond the end")? });
    }
    replace(&mut module, None)?;
    Ok(module.finish())
}

/// The module with a test after each operation whose NaN is not determined: `None` if it has no such operation.
///
/// # Errors
///
/// If it is not valid.
pub fn canonical_nans(wasm: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut validator = Validator::new_with_features(WasmFeatures::default());
    let mut code = CodeSection::new();
    let mut changed = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let body = validator.payload(&payload)?;
        if let wasmparser::ValidPayload::Func(func, body) = body {
            changed |= canonical_body(func, &body, &mut code)?;
        }
    }
    if !changed {
        return Ok(None);
    }
    rebuild(wasm, |module, id| {
        let here = id == Some(SectionId::Code as u8);
        if here {
            module.section(&code);
        }
        Ok(here)
    })
    .map(Some)
}

/// Whether anything was added.
fn canonical_body(
    func: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    code: &mut CodeSection,
) -> Result<bool> {
    let mut validator = func.into_validator(Default::default());
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let first = validator.len_locals();
    let mut locals = Vec::new();
    for local in body.get_locals_reader()? {
        let (count, ty) = local?;
        locals.push((count, RoundtripReencoder.val_type(ty)?));
    }
    locals.push((1, wasm_encoder::ValType::F32));
    locals.push((1, wasm_encoder::ValType::F64));
    let mut function = Function::new(locals);
    let mut changed = false;
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        let ty = made(&operator);
        function.instruction(&RoundtripReencoder.instruction(operator)?);
        let (local, nan, eq) = match ty {
            Some(ValType::F32) => {
                let nan = Instruction::F32Const(Ieee32::new(0x7fc0_0000));
                (first, nan, Instruction::F32Eq)
            }
            Some(_) => {
                let nan = Instruction::F64Const(Ieee64::new(0x7ff8_0000_0000_0000));
                (first + 1, nan, Instruction::F64Eq)
            }
            None => continue,
        };
        changed = true;
        function.instruction(&Instruction::LocalTee(local));
        function.instruction(&nan);
        function.instruction(&Instruction::LocalGet(local));
        function.instruction(&Instruction::LocalGet(local));
        function.instruction(&eq);
        function.instruction(&Instruction::Select);
    }
    code.function(&function);
    Ok(changed)
}

/// The type of the NaN that an operator may make.
fn made(operator: &Operator<'_>) -> Option<ValType> {
    use Operator as O;
    match operator {
        O::F32Ceil
        | O::F32Floor
        | O::F32Trunc
        | O::F32Nearest
        | O::F32Sqrt
        | O::F32Add
        | O::F32Sub
        | O::F32Mul
        | O::F32Div
        | O::F32Min
        | O::F32Max
        | O::F32DemoteF64 => Some(ValType::F32),
        O::F64Ceil
        | O::F64Floor
        | O::F64Trunc
        | O::F64Nearest
        | O::F64Sqrt
        | O::F64Add
        | O::F64Sub
        | O::F64Mul
        | O::F64Div
        | O::F64Min
        | O::F64Max
        | O::F64PromoteF32 => Some(ValType::F64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_exported_once() -> Result<()> {
        let wasm = wat::parse_str(
            r#"(module (import "a" "b" (func)) (memory 1) (global i32 (i32.const 0))
            (func (export "f0")) (data "x") (table 1 funcref))"#,
        )?;
        let all = export_all(&wasm)?;
        Validator::new().validate_all(&all)?;
        let mut names = Vec::new();
        for payload in Parser::new(0).parse_all(&all) {
            if let Payload::ExportSection(section) = payload? {
                for export in section {
                    names.push(export?.name.to_owned());
                }
            }
        }
        assert_eq!(names, ["f0", "f1", "t0", "m0", "g0"]);
        Ok(())
    }

    #[test]
    fn nans_are_made_canonical_after_arithmetic() -> Result<()> {
        let plain = wat::parse_str(
            "(module (func (param i32) (drop (i32.add (local.get 0) (i32.const 1)))))",
        )?;
        assert!(canonical_nans(&plain)?.is_none());
        let floats = wat::parse_str(
            "(module (func (param f32 f64) (result f64)
               (f64.add (local.get 1) (f64.promote_f32 (f32.neg (local.get 0))))))",
        )?;
        let changed = canonical_nans(&floats)?.context("nothing changed")?;
        Validator::new().validate_all(&changed)?;
        Ok(())
    }
}
