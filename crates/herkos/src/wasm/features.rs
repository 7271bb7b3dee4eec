//! Which WebAssembly is accepted, and how a rejected module is explained.

use super::Module;
use crate::error::{Error, Place};
use wasmparser::{BinaryReaderError, Validator, WasmFeatures};

/// The version of the specification that a module must conform to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WasmVersion {
    /// WebAssembly 1.0, the minimum viable product.
    V1,
    /// WebAssembly 2.0 without SIMD, with extended constant expressions.
    #[default]
    V2,
}

impl WasmVersion {
    /// The explicit feature set.
    pub(crate) fn features(self) -> WasmFeatures {
        match self {
            Self::V1 => WasmFeatures::WASM1,
            Self::V2 => {
                WasmFeatures::WASM2.difference(WasmFeatures::SIMD) | WasmFeatures::EXTENDED_CONST
            }
        }
    }
}

/// Features that a module may need and herkos lacks, by the names of their proposals.
const PROPOSALS: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::SIMD, "fixed-width SIMD"),
    (WasmFeatures::RELAXED_SIMD, "relaxed SIMD"),
    (WasmFeatures::THREADS, "threads and atomics"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything threads"),
    (WasmFeatures::TAIL_CALL, "tail calls"),
    (WasmFeatures::MULTI_MEMORY, "multiple memories"),
    (WasmFeatures::MEMORY64, "64-bit memory"),
    (WasmFeatures::EXCEPTIONS, "exception handling"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exception handling"),
    (WasmFeatures::FUNCTION_REFERENCES, "typed function references"),
    (WasmFeatures::GC, "garbage collection"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom page sizes"),
    (WasmFeatures::STACK_SWITCHING, "stack switching"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide arithmetic"),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
    (WasmFeatures::MUTABLE_GLOBAL, "mutable globals"),
    (WasmFeatures::SIGN_EXTENSION, "sign-extension operators"),
    (WasmFeatures::SATURATING_FLOAT_TO_INT, "saturating float-to-integer conversions"),
    (WasmFeatures::MULTI_VALUE, "multiple values"),
    (WasmFeatures::BULK_MEMORY, "bulk memory operations"),
    (WasmFeatures::REFERENCE_TYPES, "reference types"),
    (WasmFeatures::EXTENDED_CONST, "extended constant expressions"),
];

/// Turns the validator's error into [`Error::Unsupported`] when the module is valid with
/// every feature on: then the one it needs is found by leaving each out in turn.
pub(super) fn classify(
    bytes: &[u8],
    base: WasmFeatures,
    error: &BinaryReaderError,
    module: &Module<'_>,
) -> Error {
    let offset = error.offset() as usize;
    let place = Place { function: function_at(module, offset), ..Place::offset(offset) };
    let valid_with = |features| Validator::new_with_features(features).validate_all(bytes).is_ok();
    let lacking: Vec<_> = PROPOSALS.iter().filter(|(flag, _)| !base.contains(*flag)).collect();
    let all = lacking.iter().fold(base, |all, (flag, _)| all | *flag);
    if valid_with(all) {
        let needed: Vec<&str> = (lacking.iter())
            .filter(|(flag, _)| !valid_with(all.difference(*flag)))
            .map(|(_, name)| *name)
            .collect();
        let feature = match needed.as_slice() {
            [] => "several alternative proposals".to_owned(),
            names => names.join(", "),
        };
        return Error::Unsupported { feature, place };
    }
    Error::Invalid { message: error.message().to_owned(), place }
}

fn function_at(module: &Module<'_>, offset: usize) -> Option<String> {
    let (index, _) = (module.bodies.iter().enumerate())
        .find(|(_, body)| body.range().contains(&(offset as u64)))?;
    let func = module.func_idx(super::DefinedFunc(index as u32));
    Some(module.describe_func(func))
}
