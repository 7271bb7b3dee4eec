//! The programs of `corpora/`: sources in the text format, C and Rust, their modules, and what their calls must give.
//!
//! A program is three files: `NAME.wat`, `NAME.c` or `NAME.rs`; `NAME.wasm` (made by `corpora/rebuild.sh`; a text
//! module is assembled when it is asked for); and `NAME.expect`, one step a line:
//!
//! ```text
//! # a comment
//! invoke NAME ARGUMENT… = RESULT…
//! invoke NAME ARGUMENT… = trap KIND
//! global NAME = VALUE
//! instance
//! ```
//!
//! To add a C or Rust program, write its source, with the sizes to call it with on a line `// sizes: …`, and run
//! `corpora/rebuild.sh`, which computes the expectations from a native build. Those of a text module are reasoned and
//! written by hand; the script then lists them.
//!
//! The steps share one instance, until `instance` makes a fresh one. A value is `TYPE:NUMBER`: an integer in decimal
//! (signed or unsigned) or as `0x` and its bits; a float in decimal, as `inf` or `nan`, or as `0x` and its bits;
//! `externref:null` or `externref:` and a token. A result may also be `f32:nan:canonical` or `f64:nan:arithmetic`, the
//! classes of the specification ("NaN Propagation"). `KIND` is the text of
//! [`TrapKind::message`](herkos_runtime::TrapKind::message).

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use sha2::{Digest as _, Sha256};

/// What a program is written in; also the name of its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// WebAssembly's text format.
    Wat,
    /// C, for `wasm32-wasi` without imports.
    C,
    /// Rust, for `wasm32-unknown-unknown`.
    Rust,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::Wat, Self::C, Self::Rust];

    /// The folder in `corpora/`.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Wat => "wat",
            Self::C => "c",
            Self::Rust => "rust",
        }
    }

    /// What a source file's name ends in.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Wat => "wat",
            Self::C => "c",
            Self::Rust => "rs",
        }
    }
}

/// One program of the corpora.
#[derive(Clone, Debug)]
pub struct Program {
    /// What its source is written in.
    pub language: Language,
    /// The file's name without its extension, a Rust identifier.
    pub name: String,
    /// The source file.
    pub source: PathBuf,
}

impl fmt::Display for Program {
    /// For instance `c/json`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.language.folder(), self.name)
    }
}

impl Program {
    /// The module's bytes.
    ///
    /// # Errors
    ///
    /// If the file can't be read, or, of a text module, assembled.
    pub fn wasm(&self) -> Result<Vec<u8>> {
        match self.language {
            Language::Wat => Ok(wat::parse_file(&self.source)?),
            Language::C | Language::Rust => read(&self.source.with_extension("wasm")),
        }
    }

    /// What its calls must give, in order.
    ///
    /// # Errors
    ///
    /// If the file is missing, empty, or has a line that is no step.
    pub fn steps(&self) -> Result<Vec<Step>> {
        let path = self.source.with_extension("expect");
        let text = String::from_utf8(read(&path)?)?;
        let mut steps = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let number = index + 1;
            let action =
                parse_step(line).with_context(|| format!("{}:{number}: {line}", path.display()))?;
            steps.push(Step { line: number, text: line.to_owned(), action });
        }
        ensure!(!steps.is_empty(), "{} expects nothing", path.display());
        Ok(steps)
    }
}

/// One line of an expectation file.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number, from 1.
    pub line: usize,
    /// The line itself.
    pub text: String,
    /// What it says.
    pub action: Action,
}

/// What a step does, and what that must give.
#[derive(Clone, Debug)]
pub enum Action {
    /// Replaces the instance by a fresh one.
    Instance,
    /// Calls an exported function.
    Invoke {
        /// The export.
        name: String,
        /// What it is given.
        arguments: Vec<Literal>,
        /// What it must give.
        outcome: Outcome,
    },
    /// Reads an exported global.
    Global {
        /// The export.
        name: String,
        /// What it must hold.
        value: Expected,
    },
}

/// What a call must give.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// These results.
    Results(Vec<Expected>),
    /// A trap with this message.
    Trap(String),
}

/// The type of a literal: those of [`ValType`](herkos_runtime::ValType) that a host can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiteralType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `externref`
    ExternRef,
}

impl LiteralType {
    const ALL: [(&'static str, Self); 5] = [
        ("i32", Self::I32),
        ("i64", Self::I64),
        ("f32", Self::F32),
        ("f64", Self::F64),
        ("externref", Self::ExternRef),
    ];

    fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(_, ty)| *ty == self);
        named.map_or("", |(name, _)| name)
    }
}

/// A value as its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Its type.
    pub ty: LiteralType,
    /// The bits in the low part, or the token of a reference; `None` is null.
    pub bits: Option<u64>,
}

impl fmt::Display for Literal {
    /// As the generated programs read and print it: `TYPE:` and the bits in hexadecimal, or `null`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bits {
            Some(bits) => write!(f, "{}:{bits:x}", self.ty.name()),
            None => write!(f, "{}:null", self.ty.name()),
        }
    }
}

impl Literal {
    /// Reads what [`Literal`]'s `Display` writes.
    #[must_use]
    pub fn from_bits_text(text: &str) -> Option<Self> {
        let (ty, bits) = typed(text)?;
        let bits = match bits {
            "null" => None,
            bits => Some(u64::from_str_radix(bits, 16).ok()?),
        };
        Some(Self { ty, bits })
    }
}

/// A result that must come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Exactly these bits.
    Value(Literal),
    /// A NaN whose payload is the canonical one, of either sign.
    CanonicalNan(LiteralType),
    /// A quiet NaN.
    ArithmeticNan(LiteralType),
}

impl Expected {
    /// Whether `value` is such a result.
    #[must_use]
    pub fn accepts(&self, value: Literal) -> bool {
        // The bits of a canonical NaN, and all bits but the sign.
        let shape = |ty| match ty {
            LiteralType::F32 => (0x7fc0_0000, 0x7fff_ffff),
            LiteralType::F64 => (0x7ff8_0000_0000_0000, 0x7fff_ffff_ffff_ffff),
            LiteralType::I32 | LiteralType::I64 | LiteralType::ExternRef => (0, 0),
        };
        match (*self, value.bits) {
            (Self::Value(expected), _) => expected == value,
            (Self::CanonicalNan(ty), Some(bits)) => {
                let (canonical, magnitude) = shape(ty);
                ty == value.ty && bits & magnitude == canonical
            }
            (Self::ArithmeticNan(ty), Some(bits)) => {
                let (canonical, _) = shape(ty);
                ty == value.ty && bits & canonical == canonical
            }
            (Self::CanonicalNan(_) | Self::ArithmeticNan(_), None) => false,
        }
    }
}

fn parse_step(line: &str) -> Result<Action> {
    let (left, right) = match line.split_once(" =") {
        Some((left, right)) => (left, Some(right.trim())),
        None => (line, None),
    };
    let words: Vec<&str> = left.split_whitespace().collect();
    match (words.as_slice(), right) {
        (["instance"], None) => Ok(Action::Instance),
        (["invoke", name, arguments @ ..], Some(right)) => Ok(Action::Invoke {
            name: (*name).to_owned(),
            arguments: arguments.iter().map(|text| parse_literal(text)).collect::<Result<_>>()?,
            outcome: match right.strip_prefix("trap ") {
                Some(kind) => Outcome::Trap(kind.to_owned()),
                None => Outcome::Results(
                    right.split_whitespace().map(parse_expected).collect::<Result<_>>()?,
                ),
            },
        }),
        (["global", name], Some(right)) => {
            Ok(Action::Global { name: (*name).to_owned(), value: parse_expected(right)? })
        }
        _ => bail!("not a step"),
    }
}

fn parse_expected(text: &str) -> Result<Expected> {
    match typed(text) {
        Some((ty @ (LiteralType::F32 | LiteralType::F64), number)) => match number {
            "nan:canonical" => Ok(Expected::CanonicalNan(ty)),
            "nan:arithmetic" => Ok(Expected::ArithmeticNan(ty)),
            "nan" => bail!("which NaN? `nan:canonical`, `nan:arithmetic` or its bits"),
            _ => Ok(Expected::Value(parse_literal(text)?)),
        },
        _ => Ok(Expected::Value(parse_literal(text)?)),
    }
}

fn typed(text: &str) -> Option<(LiteralType, &str)> {
    let (name, number) = text.split_once(':')?;
    let (_, ty) = LiteralType::ALL.iter().find(|(known, _)| *known == name)?;
    Some((*ty, number))
}

fn parse_literal(text: &str) -> Result<Literal> {
    let (ty, number) = typed(text).ok_or_else(|| anyhow!("{text:?} is not TYPE:NUMBER"))?;
    let width = match ty {
        LiteralType::I32 | LiteralType::F32 | LiteralType::ExternRef => 32,
        LiteralType::I64 | LiteralType::F64 => 64,
    };
    let bits = match (number.strip_prefix("0x"), ty) {
        (Some(digits), _) => Some(u64::from_str_radix(digits, 16)?),
        (None, LiteralType::ExternRef) if number == "null" => None,
        (None, LiteralType::ExternRef) => Some(u64::from(number.parse::<u32>()?)),
        (None, LiteralType::F32) => Some(u64::from(number.parse::<f32>()?.to_bits())),
        (None, LiteralType::F64) => Some(number.parse::<f64>()?.to_bits()),
        (None, LiteralType::I32) => {
            let value: i64 = number.parse()?;
            let fits = (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&value);
            ensure!(fits, "{number} is no i32");
            Some(value.cast_unsigned() & u64::from(u32::MAX))
        }
        (None, LiteralType::I64) if number.starts_with('-') => {
            Some(number.parse::<i64>()?.cast_unsigned())
        }
        (None, LiteralType::I64) => Some(number.parse()?),
    };
    let fits = bits.is_none_or(|bits| width == 64 || bits >> width == 0);
    ensure!(fits, "{text} has too many bits");
    Ok(Literal { ty, bits })
}

/// Where the corpora are.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora")
}

/// All programs of a language, by name.
///
/// # Errors
///
/// If the folder can't be read, or has no program.
pub fn programs(language: Language) -> Result<Vec<Program>> {
    let folder = root().join(language.folder());
    let mut programs = Vec::new();
    for file in files(&folder)? {
        let Some(name) =
            file.strip_suffix(language.extension()).and_then(|stem| stem.strip_suffix('.'))
        else {
            continue;
        };
        // `corpus.in.rs` and the like are parts of programs.
        if name.contains('.') {
            continue;
        }
        programs.push(Program { language, name: name.to_owned(), source: folder.join(&file) });
    }
    ensure!(!programs.is_empty(), "no programs in {}", folder.display());
    Ok(programs)
}

/// Where `corpora/MANIFEST` and the files disagree, a line each: a file that it does not list, one that it lists and
/// that is not there, one whose SHA-256 differs. Empty if `rebuild.sh` ran after the last change.
///
/// # Errors
///
/// If a file can't be read, or a line of the manifest is not a digest and a path.
pub fn stale() -> Result<Vec<String>> {
    let root = root();
    let manifest = String::from_utf8(read(&root.join("MANIFEST"))?)?;
    let mut listed = BTreeMap::new();
    for line in manifest.lines().filter(|line| !line.starts_with('#')) {
        let (digest, path) = line.split_once("  ").ok_or_else(|| anyhow!("MANIFEST: {line}"))?;
        listed.insert(path.to_owned(), digest.to_owned());
    }
    let mut present = vec!["rebuild.sh".to_owned()];
    for language in Language::ALL {
        let folder = language.folder();
        let names = files(&root.join(folder))?;
        present.extend(names.into_iter().map(|name| format!("{folder}/{name}")));
    }
    let mut faults = Vec::new();
    for path in present {
        let digest = hex(&Sha256::digest(read(&root.join(&path))?));
        match listed.remove(&path) {
            None => faults.push(format!("{path} is not in MANIFEST")),
            Some(listed) if listed != digest => faults.push(format!("{path} has changed")),
            Some(_) => {}
        }
    }
    faults.extend(listed.into_keys().map(|path| format!("{path} is in MANIFEST only")));
    Ok(faults)
}

/// The names of a folder's files, sorted.
fn files(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> Option<u64> {
        parse_literal(text).ok()?.bits
    }

    #[test]
    fn literals_are_bits() {
        assert_eq!(bits("i32:-1"), Some(0xffff_ffff));
        assert_eq!(bits("i32:4294967295"), Some(0xffff_ffff));
        assert_eq!(bits("i64:-9223372036854775808"), Some(1 << 63));
        assert_eq!(bits("f32:-0"), Some(0x8000_0000));
        assert_eq!(bits("f64:0x7ff4000000000001"), Some(0x7ff4_0000_0000_0001));
        assert_eq!(bits("externref:7"), Some(7));
        assert_eq!(parse_literal("externref:null").ok().map(|l| l.bits), Some(None));
        for wrong in ["i32:4294967296", "i32:0x100000000", "i16:1", "7", "f32:x", "externref:-1"] {
            assert!(parse_literal(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nan_classes_are_told_apart() -> Result<()> {
        let canonical = parse_expected("f32:nan:canonical")?;
        let arithmetic = parse_expected("f32:nan:arithmetic")?;
        let value = |bits| Literal { ty: LiteralType::F32, bits: Some(bits) };
        for (bits, is_canonical, is_arithmetic) in [
            (0x7fc0_0000, true, true),
            (0xffc0_0000, true, true),
            (0x7fc0_0001, false, true),
            (0x7fa0_0000, false, false),
            (0x7f80_0000, false, false),
        ] {
            assert_eq!(canonical.accepts(value(bits)), is_canonical, "{bits:x}");
            assert_eq!(arithmetic.accepts(value(bits)), is_arithmetic, "{bits:x}");
        }
        assert!(parse_expected("f64:nan").is_err());
        Ok(())
    }
}
