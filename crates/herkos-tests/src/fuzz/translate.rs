//! Bytes to Rust: an output or an error, neither of them out of proportion.

use anyhow::{Result, bail, ensure};
use herkos::Error;
use wasmparser::{Validator, WasmFeatures};

use super::Outcome;
use super::input::{calls_back, module, options};

/// What an output may have whatever the input, and for each byte of the input. Locals, and parameters that many functions have, take
/// few bytes in a module; herkos has limits for what becomes of them.
const MOST: (usize, usize) = (100 << 20, 1_000);

/// The features that herkos accepts at the most.
pub const FEATURES: WasmFeatures =
    WasmFeatures::WASM2.difference(WasmFeatures::SIMD).union(WasmFeatures::EXTENDED_CONST);

/// Translates what the bytes are, with the options that they choose.
///
/// # Errors
///
/// If herkos is not of the validator's opinion, reports an internal error, or writes far too much or no Rust.
pub fn translate(data: &[u8]) -> Result<Outcome> {
    let Some((mut config, rest)) = options(data) else { return Ok(Outcome::Nothing) };
    let Some(input) = module(rest) else { return Ok(Outcome::Nothing) };
    if calls_back(data) {
        config = config.reentrant("env");
    }
    let is_text = !input.starts_with(b"\0asm");
    let valid = || Validator::new_with_features(FEATURES).validate_all(&input).is_ok();
    match config.transpile(&input) {
        Ok(output) => {
            ensure!(is_text || valid(), "no module, and translated");
            let most = MOST.0 + MOST.1 * input.len();
            ensure!(output.source.len() <= most, "{} bytes of Rust", output.source.len());
            if output.source.len() < 100_000 {
                super::tokens::read(&output.source)?;
            }
            Ok(Outcome::Accepted)
        }
        Err(Error::Internal { message, .. }) => bail!("internal error: {message}"),
        // The module may be valid by the newer version alone.
        Err(Error::Invalid { message, .. }) => {
            ensure!(is_text || !valid(), "a module, and invalid: {message}");
            Ok(Outcome::Refused)
        }
        Err(Error::Unsupported { .. } | Error::Limit { .. } | Error::Link { .. }) => {
            Ok(Outcome::Refused)
        }
        Err(error) => bail!("{error}"),
    }
}
