//! Generated Rust as tokens. Comments are gone, so what a name would bring out of one is seen.

use std::collections::HashSet;
use std::str::FromStr as _;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Attributes that herkos writes.
const ATTRIBUTES: &[&str] = &["allow", "doc", "derive", "inline", "cold", "must_use"];

/// Macros that herkos writes, and calls.
const MACROS: &[&str] = &["macro_rules"];

/// What Rust 2024 reserves.
const KEYWORDS: &[&str] = &[
    "_", "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// A token. Groups are taken apart, so that what stands beside each other is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Ident(String),
    Punct(char),
    Literal(String),
    Open(char),
    Close(char),
}

/// A source, read.
pub struct Source {
    pub tokens: Vec<Token>,
    pub file: syn::File,
}

/// Reads a source, with a look at what it has.
///
/// # Errors
///
/// If it is no Rust, or has `unsafe`, an attribute, a macro or a character that herkos does not write.
pub fn read(source: &str) -> Result<Source> {
    let odd = source.chars().find(|c| !c.is_ascii_graphic() && !matches!(c, ' ' | '\n'));
    ensure!(odd.is_none(), "the character {odd:?}");
    let stream = stream(source)?;
    let file = syn::parse2(stream.clone()).context("the output is no Rust")?;
    let tokens = tokens(stream);
    for (index, token) in tokens.iter().enumerate() {
        let next = |by: usize| tokens.get(index + by);
        match token {
            Token::Ident(ident) if ident == "unsafe" => bail!("`unsafe`"),
            Token::Ident(ident)
                if next(1) == Some(&Token::Punct('!'))
                    && matches!(next(2), Some(Token::Open(_) | Token::Ident(_)))
                    // Not `a != b`, nor a keyword before a negation.
                    && !is_keyword(ident) =>
            {
                ensure!(MACROS.contains(&ident.as_str()), "the macro `{ident}!`");
            }
            Token::Punct('#') => {
                let Some(Token::Ident(name)) = next(2) else { bail!("`#`, and no attribute") };
                ensure!(next(1) == Some(&Token::Open('[')), "an attribute of the file");
                ensure!(ATTRIBUTES.contains(&name.as_str()), "the attribute `{name}`");
            }
            _ => {}
        }
    }
    Ok(Source { tokens, file })
}

fn stream(source: &str) -> Result<TokenStream> {
    TokenStream::from_str(source).map_err(|error| anyhow!("the output is no Rust: {error}"))
}

/// The tokens, whatever they are.
pub fn lexed(source: &str) -> Result<Vec<Token>> {
    Ok(tokens(stream(source)?))
}

fn tokens(stream: TokenStream) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut open = vec![(stream.into_iter(), None)];
    while let Some((stream, end)) = open.last_mut() {
        match stream.next() {
            None => {
                tokens.extend(end.map(Token::Close));
                open.pop();
            }
            Some(TokenTree::Ident(ident)) => tokens.push(Token::Ident(ident.to_string())),
            Some(TokenTree::Punct(punct)) => tokens.push(Token::Punct(punct.as_char())),
            Some(TokenTree::Literal(literal)) => tokens.push(Token::Literal(literal.to_string())),
            Some(TokenTree::Group(group)) => {
                let (start, end) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Brace => ('{', '}'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::None => (' ', ' '),
                };
                tokens.push(Token::Open(start));
                open.push((group.stream().into_iter(), Some(end)));
            }
        }
    }
    tokens
}

/// Words that can't be an identifier.
fn is_keyword(ident: &str) -> bool {
    KEYWORDS.contains(&ident)
}

/// Compares the tokens of a module's Rust with those of the same module under plain names: they differ in identifiers and
/// in the text of strings.
///
/// # Errors
///
/// If they differ in more.
pub fn same_but_names(found: &[Token], plain: &[Token]) -> Result<()> {
    let (found, found_uses) = without_uses(found);
    let (plain, plain_uses) = without_uses(plain);
    // Which names of the runtime are written is found in the text, where a method may have such a name, too.
    ensure!(plain_uses.is_subset(&found_uses), "less is taken of the runtime");
    let mut in_sites = false;
    for (index, (now, then)) in found.iter().zip(&plain).enumerate() {
        let differ = || {
            let around = |tokens: &[&Token]| {
                format!("{:?}", &tokens[index.saturating_sub(12)..tokens.len().min(index + 4)])
            };
            format!("{}\ninstead of\n{}", around(&found), around(&plain))
        };
        match (now, then) {
            (Token::Ident(now), Token::Ident(then)) => {
                let word = is_keyword(now) || is_keyword(then);
                ensure!(now == then || !word, "a keyword:\n{}", differ());
                in_sites = then == "SITES" || in_sites;
            }
            (Token::Literal(now), Token::Literal(then)) => {
                // The places of traps are after the names in a module.
                let names = now.starts_with('"') && then.starts_with('"');
                ensure!(names || in_sites || now == then, "{}", differ());
            }
            _ => ensure!(now == then, "{}", differ()),
        }
        in_sites &= **then != Token::Punct(';');
    }
    ensure!(found.len() == plain.len(), "{} tokens, not {}", found.len(), plain.len());
    Ok(())
}

/// The tokens but for what is taken of the runtime by `use`, and that.
fn without_uses(tokens: &[Token]) -> (Vec<&Token>, HashSet<&str>) {
    let mut rest = Vec::new();
    let mut names = HashSet::new();
    let mut inside = false;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Ident(ident) if inside => {
                names.insert(ident.as_str());
            }
            Token::Close('}') if inside => inside = false,
            Token::Punct(',') if inside => {}
            _ => rest.push(token),
        }
        let begins = index.checked_sub(4).is_some_and(|first| {
            matches!(&tokens[first..=index], [
                Token::Ident(before),
                Token::Ident(runtime),
                Token::Punct(':'),
                Token::Punct(':'),
                Token::Open('{'),
            ] if before == "use" && runtime == "herkos_runtime")
        });
        inside |= begins;
    }
    (rest, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(found: &str, plain: &str) -> Result<()> {
        same_but_names(&read(found)?.tokens, &read(plain)?.tokens)
    }

    #[test]
    fn what_is_not_ours_is_seen() {
        assert!(read("#[inline]\nfn f() { a != b; }").is_ok());
        for source in [
            "unsafe fn f() {}",
            "fn f() { unsafe { } }",
            "#[no_mangle] fn f() {}",
            "#![allow(x)]",
            "fn f() { println!() }",
            "/* a */ fn evil() {} */",
            "fn f() {} // \u{202e}",
        ] {
            assert!(read(source).is_err(), "{source}");
        }
    }

    #[test]
    fn names_may_differ_and_nothing_else() -> Result<()> {
        let plain = "use herkos_runtime::{A};\n/// `n1`\nfn n1() { call(\"n1\", 5) }";
        compared(plain, plain)?;
        compared(
            "use herkos_runtime::{A, B};\n/// `*/`\nfn a() { call(\"*/\", 5) } // fn b() {}",
            plain,
        )?;
        for other in [
            "use herkos_runtime::{A};\n/// `n1`\nfn n1() { call(\"n1\", 6) }",
            "use herkos_runtime::{B};\n/// `n1`\nfn n1() { call(\"n1\", 5) }",
            "use herkos_runtime::{A};\n/// `n1`\nfn n1() { call(\"n1\", 5) } fn evil() {}",
            "use herkos_runtime::{A};\n/// `n1`\nfn n1() { Self(\"n1\", 5) }",
            "use herkos_runtime::{A};\n/// `n1`\nfn n1() { call(b\"n1\", 5) }",
        ] {
            assert!(compared(other, plain).is_err(), "{other}");
        }
        Ok(())
    }
}
