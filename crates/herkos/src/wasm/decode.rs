//! Bytes to a validated [`Module`].

use super::digests::hexadecimal;
use super::features::{WasmVersion, classify};
use super::module::{
    ConstExpr, DataSegment, ElemSegment, Export, ExternKind, Global, GlobalSource, Import,
    ImportType, Memory, Module, SegmentMode, Signature, Table,
};
use super::names::read_names;
use super::uses::{Uses, validate};
use super::{FuncIdx, GlobalIdx, MemoryIdx, SigId, TableIdx};
use crate::error::{Error, Place};
use crate::ir::{Expr, ExprId, Exprs};
use crate::op::{Const, NumOp};
use herkos_runtime::ValType;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use wasmparser::{
    BinaryReaderError, ElementItems, ElementKind, ExternalKind, FuncValidatorAllocations, Operator,
    Parser, Payload, TypeRef, ValidPayload, Validator, WasmFeatures,
};

/// A constant expression is kept as a tree and written as one Rust expression.
const MAX_CONST_EXPR_NODES: usize = 1_000;

/// The binary module in `input`, which may be in the text format.
pub fn to_binary(input: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    if input.is_empty() {
        let message = "the input is empty".to_owned();
        return Err(Error::Invalid { message, place: Place::offset(0) });
    }
    wat::parse_bytes(input).map_err(|error| Error::Invalid {
        message: error.to_string().trim_end().to_owned(),
        place: Place::default(),
    })
}

/// Decodes and validates a binary module.
pub fn decode(bytes: &[u8], version: WasmVersion) -> Result<Module<'_>, Error> {
    decode_with(bytes, version.features())
}

/// Decodes and validates a binary module that may have these features.
pub fn decode_with(bytes: &[u8], features: WasmFeatures) -> Result<Module<'_>, Error> {
    if Parser::is_component(bytes) {
        return Err(Error::Unsupported {
            feature: "component model (expected a core module)".to_owned(),
            place: Place::offset(4),
        });
    }
    let mut decoder = Decoder::default();
    let decoded = decoder.read(bytes, features);
    let module = decoder.module;
    match decoded {
        Ok(()) => {}
        Err(Failure::Herkos(error)) => return Err(error),
        Err(Failure::Wasm(error)) => return Err(classify(bytes, features, &error, &module)),
    }
    let mut module = Module { digest: digest(bytes), size: bytes.len(), ..module };
    let memory = module.has_memory().then_some(MemoryIdx(0));
    module.imports.iter_mut().for_each(|import| import.memory = memory);
    Ok(module)
}

fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

enum Failure {
    Wasm(BinaryReaderError),
    Herkos(Error),
}

impl From<BinaryReaderError> for Failure {
    fn from(error: BinaryReaderError) -> Self {
        Self::Wasm(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Herkos(error)
    }
}

#[derive(Default)]
struct Decoder<'a> {
    module: Module<'a>,
    sig_ids: HashMap<Signature, SigId>,
}

impl<'a> Decoder<'a> {
    fn read(&mut self, bytes: &'a [u8], features: WasmFeatures) -> Result<(), Failure> {
        let mut validator = Validator::new_with_features(features);
        let mut parser = Parser::new(0);
        parser.set_features(features);
        let mut to_validate = Vec::new();
        for payload in parser.parse_all(bytes) {
            let payload = payload?;
            match validator.payload(&payload)? {
                ValidPayload::Func(func, body) => {
                    self.module.bodies.push(body.clone());
                    to_validate.push((func, body));
                }
                ValidPayload::Ok | ValidPayload::Parser(_) | ValidPayload::End(_) => {}
            }
            self.section(payload)?;
        }
        // The first error by position, whatever the number of threads.
        let module = &self.module;
        let validated: Vec<Result<Uses, BinaryReaderError>> = to_validate
            .into_par_iter()
            .with_min_len(16)
            .map_init(FuncValidatorAllocations::default, |allocs, (func, body)| {
                let mut validator = func.into_validator(std::mem::take(allocs));
                let uses = validate(&mut validator, &body, module);
                *allocs = validator.into_allocations();
                uses
            })
            .collect();
        self.module.uses = validated.into_iter().collect::<Result<_, _>>()?;
        Ok(())
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), Failure> {
        match payload {
            Payload::TypeSection(reader) => {
                for ty in reader.into_iter_err_on_gc_types() {
                    self.func_type(&ty?)?;
                }
            }
            Payload::ImportSection(reader) => {
                for import in reader.into_imports() {
                    self.import(&import?)?;
                }
            }
            Payload::FunctionSection(reader) => {
                for ty in reader {
                    let ty = self.module.types[ty? as usize];
                    self.module.funcs.push(ty);
                }
            }
            Payload::TableSection(reader) => {
                for table in reader {
                    let table = table?.ty;
                    self.table(&table, false)?;
                }
            }
            Payload::MemorySection(reader) => {
                for memory in reader {
                    self.memory(memory?, false);
                }
            }
            Payload::GlobalSection(reader) => {
                for global in reader {
                    let global = global?;
                    let init = self.const_expr(&global.init_expr)?;
                    let ty = val_type(global.ty.content_type)?;
                    let source = GlobalSource::Init(init);
                    self.module.globals.push(Global { ty, mutable: global.ty.mutable, source });
                }
            }
            Payload::ExportSection(reader) => {
                for export in reader {
                    let export = export?;
                    let kind = match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => {
                            ExternKind::Func(FuncIdx(export.index))
                        }
                        ExternalKind::Table => ExternKind::Table(TableIdx(export.index)),
                        ExternalKind::Memory => ExternKind::Memory(MemoryIdx(export.index)),
                        ExternalKind::Global => ExternKind::Global(GlobalIdx(export.index)),
                        ExternalKind::Tag => return Err(unlisted("exception handling")),
                    };
                    self.module.exports.push(Export { name: export.name, kind });
                }
            }
            Payload::StartSection { func, .. } => self.module.start = Some(FuncIdx(func)),
            Payload::ElementSection(reader) => {
                for elem in reader {
                    self.elem(elem?)?;
                }
            }
            Payload::DataSection(reader) => {
                for data in reader {
                    self.data(data?)?;
                }
            }
            Payload::CustomSection(reader) => {
                if let wasmparser::KnownCustom::Name(names) = reader.as_known() {
                    read_names(names, &mut self.module);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn func_type(&mut self, ty: &wasmparser::FuncType) -> Result<(), Failure> {
        let types = |list: &[wasmparser::ValType]| {
            list.iter().map(|ty| val_type(*ty)).collect::<Result<Vec<_>, _>>()
        };
        let sig = Signature { params: types(ty.params())?, results: types(ty.results())? };
        let next = SigId(self.module.sigs.len() as u32);
        let id = *self.sig_ids.entry(sig.clone()).or_insert(next);
        if id == next {
            self.module.sigs.push(sig);
        }
        self.module.types.push(id);
        Ok(())
    }

    fn import(&mut self, import: &wasmparser::Import<'a>) -> Result<(), Failure> {
        let position = self.module.imports.len();
        let ty = match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                let sig = self.module.types[ty as usize];
                self.module.funcs.push(sig);
                self.module.imported_funcs.push(position);
                ImportType::Func(sig)
            }
            TypeRef::Table(table) => {
                self.table(&table, true)?;
                ImportType::Table(TableIdx(self.module.tables.len() as u32 - 1))
            }
            TypeRef::Memory(memory) => {
                self.memory(memory, true);
                ImportType::Memory(MemoryIdx(self.module.memories.len() as u32 - 1))
            }
            TypeRef::Global(global) => {
                let ty = val_type(global.content_type)?;
                let source = GlobalSource::Import(position);
                self.module.globals.push(Global { ty, mutable: global.mutable, source });
                ImportType::Global(GlobalIdx(self.module.globals.len() as u32 - 1))
            }
            TypeRef::Tag(_) => return Err(unlisted("exception handling")),
        };
        self.module.imports.push(Import {
            module: import.module,
            name: import.name,
            ty,
            memory: None,
            reentrant: false,
        });
        Ok(())
    }

    fn table(&mut self, table: &wasmparser::TableType, imported: bool) -> Result<(), Failure> {
        self.module.tables.push(Table {
            element: val_type(wasmparser::ValType::Ref(table.element_type))?,
            min: saturate(table.initial),
            max: table.maximum.map(saturate),
            imported,
        });
        Ok(())
    }

    fn memory(&mut self, memory: wasmparser::MemoryType, imported: bool) {
        self.module.memories.push(Memory {
            min_pages: saturate(memory.initial),
            max_pages: memory.maximum.map(saturate),
            imported,
        });
    }

    fn elem(&mut self, elem: wasmparser::Element<'a>) -> Result<(), Failure> {
        let (ty, items) = match elem.items {
            ElementItems::Functions(reader) => {
                let mut items = Vec::new();
                for func in reader {
                    let mut exprs = Exprs::default();
                    let root = exprs.add(Expr::RefFunc(FuncIdx(func?)), ValType::FuncRef);
                    items.push(ConstExpr { exprs, root });
                }
                (ValType::FuncRef, items)
            }
            ElementItems::Expressions(ty, reader) => {
                let mut items = Vec::new();
                for expr in reader {
                    items.push(self.const_expr(&expr?)?);
                }
                (val_type(wasmparser::ValType::Ref(ty))?, items)
            }
        };
        let mode = match elem.kind {
            ElementKind::Passive => SegmentMode::Passive,
            ElementKind::Declared => SegmentMode::Declared,
            ElementKind::Active { table_index, offset_expr } => SegmentMode::Active {
                target: TableIdx(table_index.unwrap_or(0)),
                offset: self.const_expr(&offset_expr)?,
            },
        };
        self.module.elems.push(ElemSegment { ty, items, mode });
        Ok(())
    }

    fn data(&mut self, data: wasmparser::Data<'a>) -> Result<(), Failure> {
        let mode = match data.kind {
            wasmparser::DataKind::Passive => SegmentMode::Passive,
            wasmparser::DataKind::Active { memory_index, offset_expr } => SegmentMode::Active {
                target: MemoryIdx(memory_index),
                offset: self.const_expr(&offset_expr)?,
            },
        };
        self.module.data.push(DataSegment { bytes: data.data, mode });
        Ok(())
    }

    /// Builds the tree of a constant expression, folding what is known already.
    fn const_expr(&self, expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Failure> {
        let mut exprs = Exprs::default();
        let mut stack: Vec<ExprId> = Vec::new();
        let mut reader = expr.get_operators_reader();
        while !reader.eof() {
            let (operator, offset) = reader.read_with_offset()?;
            let (node, ty) = match operator {
                Operator::End => break,
                Operator::I32Const { value } => (Expr::Const(Const::I32(value)), ValType::I32),
                Operator::I64Const { value } => (Expr::Const(Const::I64(value)), ValType::I64),
                Operator::F32Const { value } => {
                    (Expr::Const(Const::F32(value.bits())), ValType::F32)
                }
                Operator::F64Const { value } => {
                    (Expr::Const(Const::F64(value.bits())), ValType::F64)
                }
                Operator::RefNull { hty } => (Expr::RefNull, heap_type(hty)?),
                Operator::RefFunc { function_index } => {
                    (Expr::RefFunc(FuncIdx(function_index)), ValType::FuncRef)
                }
                Operator::GlobalGet { global_index } => {
                    let ty = self.module.globals[global_index as usize].ty;
                    (self.global_value(GlobalIdx(global_index)), ty)
                }
                ref other => {
                    let operands = stack.pop().zip(stack.pop());
                    let (Some(op), Some((b, a))) = (NumOp::from_operator(other), operands) else {
                        return Err(unlisted("this constant expression"));
                    };
                    let folded = (exprs.constant(a).zip(exprs.constant(b)))
                        .and_then(|(a, b)| op.fold(&[a, b]));
                    match folded {
                        Some(value) => (Expr::Const(value), op.result()),
                        None => (Expr::Binary(op, a, b), op.result()),
                    }
                }
            };
            if exprs.len() >= MAX_CONST_EXPR_NODES {
                return Err(Error::Limit {
                    message: format!(
                        "a constant expression of more than {MAX_CONST_EXPR_NODES} operators"
                    ),
                    place: Place::offset(offset as usize),
                }
                .into());
            }
            stack.push(exprs.add(node, ty));
        }
        let root = stack.pop().ok_or_else(|| Error::internal("empty constant expression"))?;
        Ok(ConstExpr { exprs, root })
    }

    /// `global.get` in a constant expression: the value itself where it is known.
    fn global_value(&self, global: GlobalIdx) -> Expr {
        match &self.module.globals[global.index()].source {
            GlobalSource::Init(init) => match init.exprs.get(init.root) {
                constant @ (Expr::Const(_) | Expr::RefNull | Expr::RefFunc(_)) => constant.clone(),
                _ => Expr::GlobalGet(global),
            },
            GlobalSource::Import(_) => Expr::GlobalGet(global),
        }
    }
}

fn saturate(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Behind validation with an explicit feature set nothing unlisted can appear; if it does,
/// that is said, not guessed.
fn unlisted(feature: &str) -> Failure {
    Failure::Herkos(Error::Unsupported { feature: feature.to_owned(), place: Place::default() })
}

fn heap_type(ty: wasmparser::HeapType) -> Result<ValType, Failure> {
    match ty {
        wasmparser::HeapType::FUNC => Ok(ValType::FuncRef),
        wasmparser::HeapType::EXTERN => Ok(ValType::ExternRef),
        _ => Err(unlisted("typed function references")),
    }
}

/// The value type, if it is one of WebAssembly 2.0 without SIMD.
pub fn val_type(ty: wasmparser::ValType) -> Result<ValType, Error> {
    let unsupported = |feature: &str| {
        Err(Error::Unsupported { feature: feature.to_owned(), place: Place::default() })
    };
    match ty {
        wasmparser::ValType::I32 => Ok(ValType::I32),
        wasmparser::ValType::I64 => Ok(ValType::I64),
        wasmparser::ValType::F32 => Ok(ValType::F32),
        wasmparser::ValType::F64 => Ok(ValType::F64),
        wasmparser::ValType::FUNCREF => Ok(ValType::FuncRef),
        wasmparser::ValType::EXTERNREF => Ok(ValType::ExternRef),
        wasmparser::ValType::V128 => unsupported("fixed-width SIMD"),
        wasmparser::ValType::Ref(_) => unsupported("typed function references"),
    }
}
