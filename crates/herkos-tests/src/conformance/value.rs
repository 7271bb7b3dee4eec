//! Values: what the testsuite passes, what it expects, and whether ours agrees.

use std::fmt;

use anyhow::{Result, bail};
use herkos_runtime::{ExternRef, TrapKind, ValType, Value};
use wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

/// Every kind of trap that a generated program can report.
pub const TRAP_KINDS: [TrapKind; 13] = [
    TrapKind::Unreachable,
    TrapKind::MemoryOutOfBounds,
    TrapKind::TableOutOfBounds,
    TrapKind::UndefinedElement,
    TrapKind::UninitializedElement,
    TrapKind::IndirectCallTypeMismatch,
    TrapKind::IntegerOverflow,
    TrapKind::IntegerDivideByZero,
    TrapKind::InvalidConversionToInteger,
    TrapKind::StackExhausted,
    TrapKind::AllocationFailed,
    TrapKind::Host,
    TrapKind::IncompatibleImport,
];

/// The kind that the testsuite's text names.
///
/// A text may say more than the kind's own message (`uninitialized element 2` names the element)
/// or less (`uninitialized`): one must be a prefix of the other, and only one kind may fit.
pub fn trap_kind(text: &str) -> Result<TrapKind> {
    let fits = |kind: &&TrapKind| {
        text.starts_with(kind.message()) || (!text.is_empty() && kind.message().starts_with(text))
    };
    let mut kinds = TRAP_KINDS.iter().filter(fits);
    match (kinds.next(), kinds.next()) {
        (Some(kind), None) => Ok(*kind),
        _ => bail!("the text {text:?} does not name one kind of trap"),
    }
}

/// The kind whose message is `text`, letter for letter.
pub fn reported_kind(text: &str) -> Option<TrapKind> {
    TRAP_KINDS.into_iter().find(|kind| kind.message() == text)
}

/// A floating-point result: bits, or a class of NaN (specification, appendix of the testsuite's
/// script format: `nan:canonical` and `nan:arithmetic` leave the sign open).
#[derive(Clone, Debug)]
pub enum Float {
    /// Exactly these bits.
    Bits(u64),
    /// A NaN whose payload is the quiet bit alone.
    Canonical,
    /// A NaN whose quiet bit is set.
    Arithmetic,
}

/// One expected result.
#[derive(Clone, Debug)]
pub enum Expected {
    /// This `i32`.
    I32(i32),
    /// This `i64`.
    I64(i64),
    /// This `f32`, as bits.
    F32(Float),
    /// This `f64`, as bits.
    F64(Float),
    /// A null reference, of this type if one is named.
    Null(Option<ValType>),
    /// A function reference that is not null.
    Func,
    /// An external reference that is not null, and is this one if one is named.
    Extern(Option<u32>),
    /// Any of these.
    Either(Vec<Expected>),
}

/// The argument that the script passes.
pub fn argument(arg: &WastArg<'_>) -> Result<Value> {
    let WastArg::Core(arg) = arg else { bail!("an argument of the component model") };
    Ok(match arg {
        WastArgCore::I32(v) => Value::I32(*v),
        WastArgCore::I64(v) => Value::I64(*v),
        WastArgCore::F32(v) => Value::F32(f32::from_bits(v.bits)),
        WastArgCore::F64(v) => Value::F64(f64::from_bits(v.bits)),
        WastArgCore::RefNull(heap) => match reference_type(heap)? {
            ValType::ExternRef => Value::ExternRef(None),
            _ => Value::FuncRef(None),
        },
        WastArgCore::RefExtern(v) | WastArgCore::RefHost(v) => {
            Value::ExternRef(Some(ExternRef(*v)))
        }
        WastArgCore::V128(_) => bail!("an argument of type v128"),
    })
}

fn reference_type(heap: &HeapType<'_>) -> Result<ValType> {
    match heap {
        HeapType::Abstract { ty: AbstractHeapType::Func, .. } => Ok(ValType::FuncRef),
        HeapType::Abstract { ty: AbstractHeapType::Extern, .. } => Ok(ValType::ExternRef),
        other => bail!("a reference to {other:?}"),
    }
}

/// The result that the script expects.
pub fn expected(result: &WastRet<'_>) -> Result<Expected> {
    match result {
        WastRet::Core(result) => expected_core(result),
        other => bail!("a result that is not core WebAssembly: {other:?}"),
    }
}

fn expected_core(result: &WastRetCore<'_>) -> Result<Expected> {
    Ok(match result {
        WastRetCore::I32(v) => Expected::I32(*v),
        WastRetCore::I64(v) => Expected::I64(*v),
        WastRetCore::F32(v) => Expected::F32(float(v, |v| u64::from(v.bits))),
        WastRetCore::F64(v) => Expected::F64(float(v, |v| v.bits)),
        WastRetCore::RefNull(None) => Expected::Null(None),
        WastRetCore::RefNull(Some(heap)) => Expected::Null(Some(reference_type(heap)?)),
        WastRetCore::RefFunc(_) => Expected::Func,
        WastRetCore::RefExtern(v) => Expected::Extern(*v),
        WastRetCore::RefHost(v) => Expected::Extern(Some(*v)),
        WastRetCore::Either(cases) => {
            Expected::Either(cases.iter().map(expected_core).collect::<Result<_>>()?)
        }
        other => bail!("a result beyond WebAssembly 2.0: {other:?}"),
    })
}

fn float<T>(pattern: &NanPattern<T>, bits: impl Fn(&T) -> u64) -> Float {
    match pattern {
        NanPattern::CanonicalNan => Float::Canonical,
        NanPattern::ArithmeticNan => Float::Arithmetic,
        NanPattern::Value(value) => Float::Bits(bits(value)),
    }
}

impl Float {
    /// Whether `bits` are accepted, where `quiet` are the bits of the positive canonical NaN and
    /// `sign` is the sign bit.
    fn accepts(&self, bits: u64, quiet: u64, sign: u64) -> bool {
        match self {
            Self::Bits(expected) => bits == *expected,
            Self::Canonical => bits & !sign == quiet,
            Self::Arithmetic => bits & quiet == quiet,
        }
    }
}

impl Expected {
    /// Whether `value` is what the script expects.
    pub fn accepts(&self, value: Value) -> bool {
        match (self, value) {
            (Self::I32(expected), Value::I32(v)) => *expected == v,
            (Self::I64(expected), Value::I64(v)) => *expected == v,
            (Self::F32(expected), Value::F32(v)) => {
                expected.accepts(v.to_bits().into(), 0x7fc0_0000, 0x8000_0000)
            }
            (Self::F64(expected), Value::F64(v)) => {
                expected.accepts(v.to_bits(), 0x7ff8_0000_0000_0000, 1 << 63)
            }
            (Self::Null(ty), Value::FuncRef(None)) => *ty != Some(ValType::ExternRef),
            (Self::Null(ty), Value::ExternRef(None)) => *ty != Some(ValType::FuncRef),
            (Self::Func, Value::FuncRef(Some(_))) => true,
            (Self::Extern(expected), Value::ExternRef(Some(v))) => {
                expected.is_none_or(|expected| expected == v.0)
            }
            (Self::Either(cases), value) => cases.iter().any(|case| case.accepts(value)),
            _ => false,
        }
    }
}

/// Whether the results are as many as expected, and each is accepted.
pub fn accept_all(expected: &[Expected], values: &[Value]) -> bool {
    expected.len() == values.len()
        && expected.iter().zip(values).all(|(expected, value)| expected.accepts(*value))
}

/// A value for a person: the testsuite's own notation, and the bits where it hides them.
pub fn show(value: Value) -> String {
    match value {
        Value::I32(v) => format!("i32 {v}"),
        Value::I64(v) => format!("i64 {v}"),
        Value::F32(v) => format!("f32 {v:?} (bits 0x{:08x})", v.to_bits()),
        Value::F64(v) => format!("f64 {v:?} (bits 0x{:016x})", v.to_bits()),
        Value::FuncRef(None) => "ref.null func".into(),
        Value::FuncRef(Some(v)) => format!("ref.func (id {})", v.id()),
        Value::ExternRef(None) => "ref.null extern".into(),
        Value::ExternRef(Some(v)) => format!("ref.extern {}", v.0),
    }
}

/// Several values for a person.
pub fn show_all(values: &[Value]) -> String {
    list(values.iter().map(|value| show(*value)))
}

/// `parts` in one line, or `no result`.
pub fn list(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "no result".into() } else { parts.join(", ") }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32(v) => f.write_str(&show(Value::I32(*v))),
            Self::I64(v) => f.write_str(&show(Value::I64(*v))),
            Self::F32(Float::Bits(bits)) => {
                // The bits came from an f32, so nothing is lost.
                f.write_str(&show(Value::F32(f32::from_bits(*bits as u32))))
            }
            Self::F64(Float::Bits(bits)) => f.write_str(&show(Value::F64(f64::from_bits(*bits)))),
            Self::F32(Float::Canonical) => f.write_str("f32 nan:canonical"),
            Self::F64(Float::Canonical) => f.write_str("f64 nan:canonical"),
            Self::F32(Float::Arithmetic) => f.write_str("f32 nan:arithmetic"),
            Self::F64(Float::Arithmetic) => f.write_str("f64 nan:arithmetic"),
            Self::Null(None) => f.write_str("ref.null"),
            Self::Null(Some(ty)) => write!(f, "ref.null {ty}"),
            Self::Func => f.write_str("ref.func"),
            Self::Extern(None) => f.write_str("ref.extern"),
            Self::Extern(Some(v)) => write!(f, "ref.extern {v}"),
            Self::Either(cases) => {
                write!(f, "either of {}", list(cases.iter().map(ToString::to_string)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_testsuite_name_kinds() {
        let kind = |text| trap_kind(text).ok();
        assert_eq!(kind("uninitialized element 2"), Some(TrapKind::UninitializedElement));
        assert_eq!(kind("uninitialized"), Some(TrapKind::UninitializedElement));
        assert_eq!(kind("undefined element"), Some(TrapKind::UndefinedElement));
        assert_eq!(kind("out of bounds memory access"), Some(TrapKind::MemoryOutOfBounds));
        assert_eq!(kind("call stack exhausted"), Some(TrapKind::StackExhausted));
        assert_eq!(kind("out of bounds"), None, "two kinds fit");
        assert_eq!(kind("something else"), None);
        assert_eq!(kind(""), None);
    }

    #[test]
    fn classes_of_nan() {
        let f32 =
            |float: Float, bits| Expected::F32(float).accepts(Value::F32(f32::from_bits(bits)));
        assert!(f32(Float::Canonical, 0x7fc0_0000));
        assert!(f32(Float::Canonical, 0xffc0_0000));
        assert!(!f32(Float::Canonical, 0x7fc0_0001));
        assert!(f32(Float::Arithmetic, 0x7fc0_0001));
        assert!(f32(Float::Arithmetic, 0xffff_ffff));
        assert!(!f32(Float::Arithmetic, 0x7fa0_0000));
        assert!(!f32(Float::Arithmetic, 0x7f80_0000));
        assert!(f32(Float::Bits(0x8000_0000), 0x8000_0000));
        assert!(!f32(Float::Bits(0x8000_0000), 0));
        let f64 =
            |float: Float, bits| Expected::F64(float).accepts(Value::F64(f64::from_bits(bits)));
        assert!(f64(Float::Canonical, 0xfff8_0000_0000_0000));
        assert!(!f64(Float::Canonical, 0xfff8_0000_0000_0001));
        assert!(f64(Float::Arithmetic, 0x7fff_0000_0000_0001));
        assert!(!f64(Float::Arithmetic, 0x7ff4_0000_0000_0000));
    }

    #[test]
    fn references() {
        assert!(Expected::Null(None).accepts(Value::FuncRef(None)));
        assert!(Expected::Null(Some(ValType::ExternRef)).accepts(Value::ExternRef(None)));
        assert!(!Expected::Null(Some(ValType::ExternRef)).accepts(Value::FuncRef(None)));
        assert!(Expected::Extern(Some(3)).accepts(Value::ExternRef(Some(ExternRef(3)))));
        assert!(!Expected::Extern(Some(3)).accepts(Value::ExternRef(Some(ExternRef(4)))));
        assert!(!Expected::Func.accepts(Value::FuncRef(None)));
        let either = Expected::Either(vec![Expected::I32(1), Expected::I32(2)]);
        assert!(either.accepts(Value::I32(2)) && !either.accepts(Value::I32(3)));
    }
}
