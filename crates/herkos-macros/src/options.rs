//! What stands between the parentheses.

use herkos::{Config, MemoryStorage};
use proc_macro::{Span, TokenStream, TokenTree};

use crate::Failure;

/// A path and options.
pub(crate) struct Invocation {
    pub(crate) path: String,
    /// Where the path stands.
    pub(crate) span: Span,
    pub(crate) config: Config,
}

impl Invocation {
    pub(crate) fn parse(input: TokenStream) -> Result<Self, Failure> {
        let mut tokens = input.into_iter();
        let first = tokens.next();
        let span = first.as_ref().map_or_else(Span::call_site, TokenTree::span);
        let path = first.as_ref().and_then(string).ok_or_else(|| {
            (
                span,
                "expected the path of a .wasm or .wat file, as a plain string literal".to_owned(),
            )
        })?;
        let mut config = Config::new();
        while let Some(comma) = tokens.next() {
            if comma.to_string() != "," {
                return Err((comma.span(), "expected a comma".to_owned()));
            }
            let Some(name) = tokens.next() else { break };
            let value = match (tokens.next(), tokens.next()) {
                (Some(equals), Some(value)) if equals.to_string() == "=" => value,
                _ => return Err((name.span(), "expected `option = value`".to_owned())),
            };
            config = set(config, &name, &value)?;
        }
        Ok(Self { path, span, config })
    }
}

/// The text of a string literal. A path needs no escapes: those of a raw string would be its own.
fn string(token: &TokenTree) -> Option<String> {
    let text = token.to_string();
    let text = match text.strip_prefix('r') {
        Some(raw) => raw.trim_matches('#').to_owned(),
        None => text.replace(r"\\", "/"),
    };
    let text = text.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains('\\')).then(|| text.to_owned())
}

fn set(config: Config, name: &TokenTree, value: &TokenTree) -> Result<Config, Failure> {
    let expected = |what: &str| (value.span(), format!("expected {what}"));
    let text = value.to_string().replace('_', "");
    let flag = || text.parse::<bool>().map_err(|_| expected("true or false"));
    let number = || text.parse::<u32>().map_err(|_| expected("a number"));
    Ok(match name.to_string().as_str() {
        "by_name" => config.by_name(flag()?),
        "canonical_nans" => config.canonical_nans(flag()?),
        "host_impls" => config.host_impls(flag()?),
        "snapshots" => config.snapshots(flag()?),
        "trap_offsets" => config.trap_offsets(flag()?),
        "lent" => config.memory(match flag()? {
            true => MemoryStorage::Lent,
            false => MemoryStorage::Heap,
        }),
        "memory_bytes" => config.memory_bytes(number()? as usize),
        "max_pages" => config.max_pages(number()?),
        "stack_budget" => config.stack_budget(number()? as usize),
        other => return Err((name.span(), format!("no option `{other}`"))),
    })
}
