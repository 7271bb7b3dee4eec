//! WASI preview 1: the capability trait implemented for the host of the crate `herkos-wasi`.

use super::{Backend, tuple_type};
use crate::error::Error;
use crate::wasm::{ImportType, Module, Signature};
use herkos_runtime::ValType;
use herkos_wasi::Function;
use std::fmt::Write as _;

/// The module name of preview 1.
pub(crate) const MODULE: &str = "wasi_snapshot_preview1";

/// The module name of what came before it.
const UNSTABLE: &str = "wasi_unstable";

/// That all that a module imports of WASI is there, with the types that preview 1 says.
///
/// # Errors
///
/// [`Error::Unsupported`] names the function, and both types if they differ.
pub(crate) fn check(module: &Module<'_>) -> Result<(), Error> {
    for import in &module.imports {
        if import.module == UNSTABLE {
            return Err(unsupported(format!(
                "`{UNSTABLE}`, the WASI before preview 1: build the module for `{MODULE}`"
            )));
        }
        if import.module != MODULE {
            continue;
        }
        let ImportType::Func(sig) = import.ty else {
            return Err(unsupported(format!(
                "the import {:?} from {MODULE:?}: preview 1 has functions only",
                import.name
            )));
        };
        let sig = &module.sigs[sig.index()];
        match Function::named(import.name) {
            None => {
                return Err(unsupported(format!(
                    "the function {:?} from {MODULE:?}: preview 1 has none of that name",
                    import.name
                )));
            }
            Some(function) if !agrees(function, sig) => {
                return Err(unsupported(format!(
                    "the function {:?} from {MODULE:?} as {}: preview 1 has it as ({}) -> {}",
                    import.name,
                    sig,
                    function.params.join(", "),
                    if function.result.is_empty() { "()" } else { function.result }
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn unsupported(feature: String) -> Error {
    Error::Unsupported { feature, place: crate::error::Place::default() }
}

fn agrees(function: &Function, sig: &Signature) -> bool {
    let same = |ty: &ValType, name: &str| match ty {
        ValType::I32 => name == "i32",
        ValType::I64 => name == "i64",
        ValType::F32 | ValType::F64 | ValType::FuncRef | ValType::ExternRef => false,
    };
    let results = match sig.results.as_slice() {
        [] => function.result.is_empty(),
        [result] => same(result, function.result),
        _ => false,
    };
    results
        && sig.params.len() == function.params.len()
        && sig.params.iter().zip(function.params).all(|(ty, name)| same(ty, name))
}

impl Backend<'_> {
    /// Whether the output implements the trait of preview 1.
    pub(crate) fn implements_wasi(&self) -> bool {
        self.config.wasi && self.wasi_trait().is_some()
    }

    fn wasi_trait(&self) -> Option<usize> {
        self.effects.traits.iter().position(|module| module == MODULE)
    }

    /// The implementation: each method calls the host's of that name.
    pub(super) fn wasi(&self, out: &mut String) {
        let Some(index) = self.wasi_trait().filter(|_| self.config.wasi) else { return };
        let _ = writeln!(
            out,
            "/// Preview 1 as the host of `herkos-wasi` has it.\n\
             impl {} for ::herkos_wasi::Wasi {{",
            self.names.traits[index].name
        );
        for (import, names) in self.module.imports.iter().zip(&self.names.imports) {
            let Some(names) =
                names.as_ref().filter(|names| names.trait_index == index && !names.is_again)
            else {
                continue;
            };
            // The function's name is one of the list's: `check` has seen to that.
            let (ImportType::Func(sig), Some(function)) = (import.ty, Function::named(import.name))
            else {
                continue;
            };
            let sig = &self.module.sigs[sig.index()];
            let memory = if import.memory.is_some() { "memory.bytes_mut()" } else { "&mut []" };
            let args: String = (0..sig.params.len()).map(|index| format!(", p{index}")).collect();
            let _ = writeln!(
                out,
                "    fn {}({}) -> WasmResult<{}> {{\n        \
                 ::herkos_wasi::Wasi::{}(self, {memory}{args})\n    }}",
                names.method,
                self.import_params(sig, import),
                tuple_type(&sig.results),
                function.name
            );
        }
        out.push_str("}\n\n");
    }
}
