//! What modules import and export, and who provides an import.
//!
//! Types are read from the binary by `wasmparser`, not taken from herkos: the runner decides
//! what can be linked without the word of what it tests.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use herkos::{ExportKind, Interface};
use herkos_runtime::ValType;
use wasmparser::types::{EntityType, Types};
use wasmparser::{ExternalKind, Parser, Payload, Validator, WasmFeatures};

/// The type of an import or an export.
#[derive(Clone, Debug, PartialEq)]
pub enum Extern {
    /// A function.
    Func(Vec<ValType>, Vec<ValType>),
    /// A table and its size in elements.
    Table(ValType, Limits),
    /// A memory and its size in pages.
    Memory(Limits),
    /// A global, and whether it is mutable.
    Global(ValType, bool),
}

/// The smallest and the largest size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The initial size.
    pub min: u64,
    /// The declared maximum.
    pub max: Option<u64>,
}

impl Limits {
    /// Whether an import with these limits accepts a thing with `provided` (specification,
    /// section "External Types", import matching).
    fn accept(self, provided: Self) -> bool {
        provided.min >= self.min
            && self.max.is_none_or(|max| provided.max.is_some_and(|provided| provided <= max))
    }
}

/// How strictly limits are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitCheck {
    /// As declared.
    Declared,
    /// Not at all: the provider may have grown since it was declared.
    None,
}

impl Extern {
    /// Whether an import of this type accepts what is `provided`.
    pub fn accepts(&self, provided: &Self, check: LimitCheck) -> bool {
        let limits =
            |import: &Limits, given: &Limits| check == LimitCheck::None || import.accept(*given);
        match (self, provided) {
            (Self::Table(element, import), Self::Table(other, given)) => {
                element == other && limits(import, given)
            }
            (Self::Memory(import), Self::Memory(given)) => limits(import, given),
            (import, given) => import == given,
        }
    }
}

impl From<&ExportKind> for Extern {
    fn from(kind: &ExportKind) -> Self {
        let limits =
            |min: u32, max: Option<u32>| Limits { min: min.into(), max: max.map(Into::into) };
        match kind {
            ExportKind::Func { params, results } => Self::Func(params.clone(), results.clone()),
            ExportKind::Memory { min_pages, max_pages } => {
                Self::Memory(limits(*min_pages, *max_pages))
            }
            ExportKind::Table { element, min, max } => Self::Table(*element, limits(*min, *max)),
            ExportKind::Global { ty, mutable } => Self::Global(*ty, *mutable),
        }
    }
}

/// The outside of a module.
#[derive(Clone, Debug)]
pub struct Shape {
    /// In order.
    pub imports: Vec<Import>,
    /// By name.
    pub exports: HashMap<String, Export>,
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// The module that it names.
    pub module: String,
    /// The name in that module.
    pub field: String,
    /// Its type.
    pub ty: Extern,
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its type.
    pub ty: Extern,
    /// The position in [`Shape::imports`] of the import that it passes on.
    pub import: Option<usize>,
}

impl Shape {
    /// Reads a module in either format.
    pub fn read(input: &[u8]) -> Result<Self> {
        let binary = wat::parse_bytes(input)?;
        let types = Validator::new_with_features(WasmFeatures::WASM2).validate_all(&binary)?;
        let mut shape = Self { imports: Vec::new(), exports: HashMap::new() };
        for payload in Parser::new(0).parse_all(&binary) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        let ty = types.as_ref().entity_type_from_import(&import);
                        let ty = of_entity(&types, ty.context("an import without a type")?)?;
                        let (module, field) = (import.module.into(), import.name.into());
                        shape.imports.push(Import { module, field, ty });
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        let ty = types.as_ref().entity_type_from_export(&export);
                        let ty = of_entity(&types, ty.context("an export without a type")?)?;
                        let import = imported(&shape.imports, export.kind, export.index);
                        shape.exports.insert(export.name.to_owned(), Export { ty, import });
                    }
                }
                _ => {}
            }
        }
        Ok(shape)
    }
}

/// Where herkos describes a module otherwise than it is, if anywhere.
pub fn misdescribed(shape: &Shape, interface: &Interface) -> Option<String> {
    let counts = (interface.imports.len(), interface.exports.len());
    if counts != (shape.imports.len(), shape.exports.len()) {
        return Some(format!("herkos counts {} imports and {} exports", counts.0, counts.1));
    }
    for (import, described) in shape.imports.iter().zip(&interface.imports) {
        let same = import.module == described.module
            && import.field == described.name
            && import.ty == Extern::from(&described.kind);
        if !same {
            return Some(format!("herkos describes {import:?} as {described:?}"));
        }
    }
    let wrong = interface.exports.iter().find(|described| {
        let export = shape.exports.get(&described.name);
        export.is_none_or(|export| export.ty != Extern::from(&described.kind))
    });
    wrong.map(|described| format!("herkos describes an export wrongly: {described:?}"))
}

/// The position among the imports of item `index` of the index space of `kind`, if it is one.
fn imported(imports: &[Import], kind: ExternalKind, index: u32) -> Option<usize> {
    let same = |import: &Import| {
        matches!(
            (kind, &import.ty),
            (ExternalKind::Func, Extern::Func(..))
                | (ExternalKind::Table, Extern::Table(..))
                | (ExternalKind::Memory, Extern::Memory(_))
                | (ExternalKind::Global, Extern::Global(..))
        )
    };
    let mut positions = imports.iter().enumerate().filter(|(_, import)| same(import));
    positions.nth(usize::try_from(index).ok()?).map(|(position, _)| position)
}

fn of_entity(types: &Types, ty: EntityType) -> Result<Extern> {
    Ok(match ty {
        EntityType::Func(id) | EntityType::FuncExact(id) => {
            let ty = types.as_ref().get(id).context("a function without a type")?.unwrap_func();
            Extern::Func(val_types(ty.params())?, val_types(ty.results())?)
        }
        EntityType::Table(ty) => Extern::Table(
            val_type(wasmparser::ValType::Ref(ty.element_type))?,
            Limits { min: ty.initial, max: ty.maximum },
        ),
        EntityType::Memory(ty) => Extern::Memory(Limits { min: ty.initial, max: ty.maximum }),
        EntityType::Global(ty) => Extern::Global(val_type(ty.content_type)?, ty.mutable),
        EntityType::Tag(_) => bail!("a tag is not WebAssembly 2.0"),
    })
}

fn val_types(types: &[wasmparser::ValType]) -> Result<Vec<ValType>> {
    types.iter().map(|ty| val_type(*ty)).collect()
}

fn val_type(ty: wasmparser::ValType) -> Result<ValType> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        ty if ty == wasmparser::ValType::FUNCREF => ValType::FuncRef,
        ty if ty == wasmparser::ValType::EXTERNREF => ValType::ExternRef,
        other => bail!("a value of type {other}"),
    })
}

/// The limits of `spectest`'s table, in elements (testsuite, "The spectest module").
pub const SPECTEST_TABLE: Limits = Limits { min: 10, max: Some(20) };

/// What the testsuite's own module `spectest` exports under `field`.
pub fn spectest(field: &str) -> Option<Extern> {
    use ValType::{F32, F64, FuncRef, I32, I64};
    let print = |params: &[ValType]| Extern::Func(params.to_vec(), Vec::new());
    Some(match field {
        "print" => print(&[]),
        "print_i32" => print(&[I32]),
        "print_i64" => print(&[I64]),
        "print_f32" => print(&[F32]),
        "print_f64" => print(&[F64]),
        "print_i32_f32" => print(&[I32, F32]),
        "print_f64_f64" => print(&[F64, F64]),
        "global_i32" => Extern::Global(I32, false),
        "global_i64" => Extern::Global(I64, false),
        "global_f32" => Extern::Global(F32, false),
        "global_f64" => Extern::Global(F64, false),
        "table" => Extern::Table(FuncRef, SPECTEST_TABLE),
        "memory" => Extern::Memory(Limits { min: 1, max: Some(2) }),
        _ => return None,
    })
}

/// Why an import has no provider, in the testsuite's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// Nothing of that name.
    Unknown,
    /// Something of another type.
    Incompatible,
}

impl LinkError {
    /// The testsuite's words.
    pub fn message(self) -> &'static str {
        match self {
            Self::Unknown => "unknown import",
            Self::Incompatible => "incompatible import type",
        }
    }
}

/// Who provides an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// The testsuite's own module.
    Spectest,
    /// The instance in this slot.
    Slot(usize),
}

/// The registered instances of a script, as far as it has been read.
#[derive(Default)]
pub struct Registry {
    names: HashMap<String, (usize, Shape)>,
}

impl Registry {
    /// Makes the instance in `slot` known under `name`.
    pub fn register(&mut self, name: &str, slot: usize, shape: Shape) {
        self.names.insert(name.to_owned(), (slot, shape));
    }

    /// The slot that each name stands for.
    pub fn slots(&self) -> HashMap<String, usize> {
        self.names.iter().map(|(name, (slot, _))| (name.clone(), *slot)).collect()
    }

    /// Finds the provider of an import.
    pub fn resolve(&self, import: &Import, check: LimitCheck) -> Result<Provider, LinkError> {
        let (provider, ty) = if let Some((slot, shape)) = self.names.get(&import.module) {
            let export = shape.exports.get(&import.field);
            (Provider::Slot(*slot), export.map(|export| export.ty.clone()))
        } else if import.module == "spectest" {
            (Provider::Spectest, spectest(&import.field))
        } else {
            (Provider::Spectest, None)
        };
        let ty = ty.ok_or(LinkError::Unknown)?;
        if import.ty.accepts(&ty, check) { Ok(provider) } else { Err(LinkError::Incompatible) }
    }

    /// Why the first import that cannot be linked cannot be.
    pub fn link_error(&self, imports: &[Import]) -> Option<LinkError> {
        imports.iter().find_map(|import| self.resolve(import, LimitCheck::Declared).err())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spectest_is_matched_by_type() -> Result<()> {
        use LinkError::{Incompatible, Unknown};
        let registry = Registry::default();
        for (text, expected) in [
            (r#"(import "spectest" "print_i32" (func (param i32)))"#, None),
            (r#"(import "spectest" "print_i32" (func (param i64)))"#, Some(Incompatible)),
            (r#"(import "spectest" "none" (func))"#, Some(Unknown)),
            (r#"(import "other" "print" (func))"#, Some(Unknown)),
            (r#"(import "spectest" "memory" (memory 1 3))"#, None),
            (r#"(import "spectest" "memory" (memory 2))"#, Some(Incompatible)),
            (r#"(import "spectest" "table" (table 10 15 funcref))"#, Some(Incompatible)),
            (r#"(import "spectest" "global_i32" (global (mut i32)))"#, Some(Incompatible)),
        ] {
            let shape = Shape::read(text.as_bytes())?;
            assert_eq!(registry.link_error(&shape.imports), expected, "{text}");
        }
        Ok(())
    }

    #[test]
    fn exports_know_the_import_they_pass_on() -> Result<()> {
        let text = r#"(module (import "a" "f" (func)) (import "a" "m" (memory 1))
            (import "a" "g" (func)) (func) (export "g" (func 1)) (export "own" (func 2))
            (export "m" (memory 0)))"#;
        let shape = Shape::read(text.as_bytes())?;
        assert_eq!(shape.exports["g"].import, Some(2));
        assert_eq!(shape.exports["own"].import, None);
        assert_eq!(shape.exports["m"].import, Some(1));
        Ok(())
    }
}
