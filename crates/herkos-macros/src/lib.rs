//! [`include_wasm!`]: a WebAssembly module as Rust, where the macro stands.
//!
//! For small modules. rustc translates the module again whenever it compiles the crate, and shows
//! errors at the macro instead of in a file; a build script with `herkos::Config` does neither.
#![forbid(unsafe_code)]

mod options;

use std::path::PathBuf;

use options::Invocation;
use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Translates a module, `.wasm` or `.wat`, and stands for the Rust that herkos makes of it. The path
/// begins at the directory of the file that it is written in or, if there is no such file, at that of
/// the crate's `Cargo.toml`.
///
/// ```
/// mod adder {
///     herkos_macros::include_wasm!("tests/adder.wat");
/// }
///
/// let mut instance = adder::Instance::new()?;
/// assert_eq!(instance.add(2, 40)?, 42);
/// # Ok::<(), herkos_runtime::WasmTrap>(())
/// ```
///
/// Options of `herkos::Config` may follow: `by_name = true`, `canonical_nans = true`,
/// `host_impls = true`, `snapshots = true`, `trap_offsets = true`, `lent = true` for memory that the
/// host lends, `memory_bytes = 4096` for less of it than a page, `max_pages = 16`,
/// `stack_budget = 65536`.
///
/// ```
/// mod counter {
///     herkos_macros::include_wasm!("tests/adder.wat", by_name = true, max_pages = 1);
/// }
/// # use herkos_runtime::Module;
/// assert_eq!(counter::Instance::EXPORTS.len(), 2);
/// ```
///
/// The crate needs `herkos-runtime` as a dependency.
#[proc_macro]
pub fn include_wasm(input: TokenStream) -> TokenStream {
    match Invocation::parse(input).and_then(|invocation| expand(&invocation)) {
        Ok(code) => code,
        Err((span, message)) => compile_error(span, &message),
    }
}

/// What went wrong, and where.
type Failure = (Span, String);

fn expand(invocation: &Invocation) -> Result<TokenStream, Failure> {
    let fail = |message: String| (invocation.span, message);
    let name = &invocation.path;
    let path = find(invocation.span, name);
    let text = path.to_str().ok_or_else(|| fail(format!("{name}: the path is not Unicode")))?;
    let input = std::fs::read(&path)
        .map_err(|error| fail(format!("cannot read `{}`: {error}", path.display())))?;
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let config = invocation.config.clone().source_name(file_name.unwrap_or_default());
    let output = config.transpile(&input).map_err(|error| fail(format!("{name}: {error}")))?;
    // Named so that rustc knows the file: a change of it makes the crate stale.
    let dependency = format!("const _: &[u8] = ::core::include_bytes!({text:?});");
    format!("{dependency}\n{}", output.source)
        .parse()
        .map_err(|error| fail(format!("{name}: herkos wrote what is no Rust: {error}")))
}

/// The file that a path at `span` names.
fn find(span: Span, name: &str) -> PathBuf {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(name);
    let beside = span.local_file().map(|file| file.with_file_name(name));
    match beside.and_then(|beside| std::path::absolute(beside).ok()) {
        Some(beside) if beside.exists() => beside,
        _ => root,
    }
}

/// `::core::compile_error!("…");`, all of it at `span`.
fn compile_error(span: Span, message: &str) -> TokenStream {
    let punct = |c, spacing| TokenTree::Punct(Punct::new(c, spacing));
    let argument = TokenStream::from(TokenTree::Literal(Literal::string(message)));
    let tokens = [
        punct(':', Spacing::Joint),
        punct(':', Spacing::Alone),
        TokenTree::Ident(Ident::new("core", span)),
        punct(':', Spacing::Joint),
        punct(':', Spacing::Alone),
        TokenTree::Ident(Ident::new("compile_error", span)),
        punct('!', Spacing::Alone),
        TokenTree::Group(Group::new(Delimiter::Parenthesis, argument)),
        punct(';', Spacing::Alone),
    ];
    let at_span = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(at_span).collect()
}
