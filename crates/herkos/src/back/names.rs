//! Every identifier of the output, decided once.
//!
//! Names in a module are a stranger's text. [`sanitise`] keeps ASCII letters, digits and
//! `_` and turns the rest into `_`; [`Namespace::claim`] then makes the result unique among
//! its neighbours and Rust's own words by a numeric suffix. So two different items never
//! share an identifier, and no name can change which items the output has.

use std::collections::{HashMap, HashSet};

/// Longer names are cut: some compilers mangle C++ names of thousands of characters.
const MAX_LEN: usize = 64;

/// Keywords and names of Rust's prelude that an identifier must not shadow.
const RESERVED: &[&str] = &[
    "as",
    "async",
    "await",
    "break",
    "const",
    "continue",
    "crate",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "fn",
    "for",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "mut",
    "pub",
    "ref",
    "return",
    "self",
    "Self",
    "static",
    "struct",
    "super",
    "trait",
    "true",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
    "abstract",
    "become",
    "box",
    "do",
    "final",
    "gen",
    "macro",
    "override",
    "priv",
    "try",
    "typeof",
    "unsized",
    "virtual",
    "yield",
    "union",
    "macro_rules",
    "raw",
    "safe",
    "_",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "f32",
    "f64",
    "bool",
    "char",
    "str",
    "Some",
    "None",
    "Ok",
    "Err",
    "Option",
    "Result",
    "Vec",
    "String",
    "Box",
    "Copy",
    "Clone",
    "Send",
    "Sync",
    "Sized",
    "Drop",
    "Fn",
    "FnMut",
    "FnOnce",
    "Iterator",
    "IntoIterator",
    "Extend",
    "Default",
    "From",
    "Into",
    "TryFrom",
    "TryInto",
    "AsRef",
    "AsMut",
    "PartialEq",
    "Eq",
    "PartialOrd",
    "Ord",
    "ToOwned",
    "ToString",
    "FromIterator",
    "Debug",
    "Hash",
    "drop",
    "core",
    "std",
    "alloc",
    "herkos_runtime",
    "main",
];

/// An identifier that [`Namespace::claim`] has handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident(String);

impl Ident {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Ident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identifiers of one scope of the output.
#[derive(Clone, Debug, Default)]
pub struct Namespace {
    taken: HashSet<String>,
    /// The last suffix that was tried for a name: a thousand equal names are not compared with
    /// each other.
    suffixes: HashMap<String, u32>,
}

impl Namespace {
    /// A scope in which `names` are taken already.
    pub fn with<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { taken: names.into_iter().map(str::to_owned).collect(), suffixes: HashMap::new() }
    }

    /// Whether an identifier is taken.
    pub fn contains(&self, ident: &str) -> bool {
        self.taken.contains(ident)
    }

    /// Takes an identifier as near to `wanted` as possible.
    pub fn claim(&mut self, wanted: &str) -> Ident {
        self.claim_unless(wanted, |_| false)
    }

    /// The same, for a scope inside another in which some names have a meaning.
    pub fn claim_unless(&mut self, wanted: &str, outer: impl Fn(&str) -> bool) -> Ident {
        let mut ident = wanted.to_owned();
        let mut suffix = self.suffixes.get(wanted).copied().unwrap_or(1);
        let first = suffix;
        while RESERVED.contains(&ident.as_str())
            || outer(&ident)
            || !self.taken.insert(ident.clone())
        {
            suffix += 1;
            ident = format!("{wanted}_{suffix}");
        }
        if suffix != first {
            self.suffixes.insert(wanted.to_owned(), suffix);
        }
        Ident(ident)
    }
}

/// What can stand in an identifier of a stranger's name; `None` if nothing can.
pub fn sanitise(name: &str) -> Option<String> {
    let mut out: String = (name.chars())
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(MAX_LEN)
        .collect();
    if !out.bytes().any(|b| b != b'_') {
        return None;
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, '_');
    }
    Some(out)
}

/// A type name from a stranger's name: `wasi_snapshot_preview1` becomes
/// `WasiSnapshotPreview1`.
pub fn camel_case(name: &str) -> Option<String> {
    let mut out = String::new();
    for word in sanitise(name)?.split('_') {
        let mut chars = word.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.extend(chars);
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, '_');
    }
    Some(out)
}

/// A stranger's name as text in a comment: one line, in backticks, nothing that a reader
/// or rustdoc could take for something else.
pub fn in_comment(name: &str) -> String {
    let mut out = String::from("`");
    for c in name.chars().take(4 * MAX_LEN) {
        if c.is_ascii_graphic() && c != '`' || c == ' ' {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out.push('`');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_become_distinct_identifiers() {
        let names = [
            "a-b", "a_b", "a b", "fn", "r#fn", "self", "", "_", "*/", "\n", "\u{202e}", "ß", "9",
            "a\"b", "Ok", "a_b_2", "a_b", "fn_2",
        ];
        let mut scope = Namespace::default();
        let mut seen = HashSet::new();
        for name in names {
            let ident = scope.claim(&sanitise(name).unwrap_or_else(|| "func".to_owned()));
            assert!(seen.insert(ident.to_string()), "{ident} twice");
            assert!(ident.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
            assert!(!ident.as_str().starts_with(|c: char| c.is_ascii_digit()));
            assert!(!RESERVED.contains(&ident.as_str()));
        }
    }

    #[test]
    fn comments_stay_on_their_line() {
        assert_eq!(in_comment("a*/\n`\u{202e}"), r"`a*/\u{a}\u{60}\u{202e}`");
    }

    #[test]
    fn trait_names() {
        assert_eq!(camel_case("wasi_snapshot_preview1").as_deref(), Some("WasiSnapshotPreview1"));
        assert_eq!(camel_case("env").as_deref(), Some("Env"));
        assert_eq!(camel_case("9p"), Some("_9p".to_owned()));
        assert_eq!(camel_case("::"), None);
    }
}
