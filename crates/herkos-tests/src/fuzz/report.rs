//! Two modules described and compared: what `inspect --report` and `diff` show.

use anyhow::{Result, bail, ensure};
use herkos::{Config, Diff, Error};

use super::Outcome;
use super::input::module;

/// Describes two modules, and compares them.
///
/// # Errors
///
/// If what can be translated can't be described, or a comparison contradicts another one.
pub fn report(data: &[u8]) -> Result<Outcome> {
    let Some((&at, rest)) = data.split_first() else { return Ok(Outcome::Nothing) };
    let (old, new) = rest.split_at(rest.len() * usize::from(at) / 256);
    let config = Config::new().threads(1);
    let mut described = Vec::new();
    for bytes in [old, new] {
        let Some(input) = module(bytes) else { return Ok(Outcome::Nothing) };
        let output = config.transpile(&input);
        match (output, config.report(&input)) {
            (Ok(output), Ok(report)) => {
                ensure!(output.interface.digest == report.interface.digest, "two modules");
                let functions = report.functions.len() + report.interface.imports.len();
                for capability in &report.capabilities {
                    for reach in &capability.functions {
                        ensure!((reach.function as usize) < functions, "no such function");
                    }
                }
                same(&config.diff(&input, &input)?)?;
            }
            (Err(one), Err(other)) => {
                ensure!(one == other, "{one}\n{other}");
                ensure!(!matches!(one, Error::Internal { .. }), "{one}");
            }
            (Ok(_), Err(Error::Limit { .. })) => {}
            (Ok(_), Err(error)) => bail!("translated, not described: {error}"),
            (Err(error), Ok(_)) => bail!("described, not translated: {error}"),
        }
        described.push(input);
    }
    let [old, new] = described.as_slice() else { return Ok(Outcome::Nothing) };
    match (config.diff(old, new), config.diff(new, old)) {
        (Ok(there), Ok(back)) => {
            ensure!(there.capabilities.len() == back.capabilities.len(), "capabilities");
            ensure!(there.exports.len() == back.exports.len(), "exports");
            for (one, other) in there.exports.iter().zip(&back.exports) {
                ensure!(one.old == other.new && one.new == other.old, "export `{}`", one.name);
            }
            ensure!(there.interface_changed() == back.interface_changed(), "interface");
            ensure!(there.same_code() == back.same_code(), "code");
            Ok(Outcome::Accepted)
        }
        (Err(Error::Internal { message, .. }), _) | (_, Err(Error::Internal { message, .. })) => {
            bail!("internal error: {message}")
        }
        (Err(_), Err(_)) => Ok(Outcome::Refused),
        (one, other) => bail!("in one direction only: {:?}, {:?}", one.err(), other.err()),
    }
}

/// Nothing differs.
fn same(diff: &Diff) -> Result<()> {
    ensure!(diff.same_content() && diff.same_code() && !diff.interface_changed(), "unlike itself");
    ensure!(!diff.gains_capabilities() && diff.exports.is_empty(), "unlike itself");
    Ok(())
}
