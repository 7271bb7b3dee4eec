//! The operators' Rust text, taken apart once.

use super::expr::Prec;
use crate::op::{Const, NumOp};
use std::sync::LazyLock;

/// Rust text with places for the operands.
pub(super) struct Template {
    /// Text, and the operand that follows it: whether it is the first one, and what its place
    /// asks for.
    operands: Vec<(&'static str, bool, Prec)>,
    /// The text after the last operand.
    rest: &'static str,
    /// How the text holds together.
    pub prec: Prec,
}

impl Template {
    fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let is_word = |index: usize| {
            bytes.get(index).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        let mut operands = Vec::new();
        let mut start = 0;
        for (index, byte) in bytes.iter().enumerate() {
            let alone = !is_word(index + 1) && (index == 0 || !is_word(index - 1));
            if !alone || !matches!(byte, b'a' | b'b') {
                continue;
            }
            let (before, after) = (&text[..index], &text[index + 1..]);
            let opens = before.ends_with('(') || before.ends_with(", ");
            let closes = after.starts_with(')') || after.starts_with(',');
            let wants = if after.starts_with('.') {
                Prec::Receiver
            } else if after.starts_with(" as ") {
                Prec::Cast
            } else if opens && closes {
                Prec::Any
            } else {
                Prec::Infix
            };
            operands.push((&text[start..index], *byte == b'a', wants));
            start = index + 1;
        }
        Self { operands, rest: &text[start..], prec: prec(text) }
    }

    /// Writes the text, with an operand wherever one belongs: whether it is the first, and what
    /// its place asks for.
    pub fn write(&self, out: &mut String, mut operand: impl FnMut(&mut String, bool, Prec)) {
        for (text, is_first, wants) in &self.operands {
            out.push_str(text);
            operand(out, *is_first, *wants);
        }
        out.push_str(self.rest);
    }
}

/// The text of an operator.
pub(super) fn template(op: NumOp) -> &'static Template {
    static TEMPLATES: LazyLock<Vec<Template>> =
        LazyLock::new(|| NumOp::ALL.iter().map(|op| Template::new(op.template())).collect());
    &TEMPLATES[op as usize]
}

/// How a constant operand is written.
#[derive(Clone, Copy)]
enum Literal {
    Signed,
    Unsigned,
    /// The number of bits that a shift really shifts by.
    Count,
}

/// The text of an operator with a constant as its second operand, and that constant (its sign
/// and its magnitude), where there is a better text than for any operand.
pub(super) fn by_constant(
    op: NumOp,
    operand: Const,
) -> Option<(&'static Template, (&'static str, u64))> {
    static TEMPLATES: LazyLock<Vec<Option<(Template, Literal)>>> = LazyLock::new(|| {
        let row = |op: &NumOp| {
            let (text, literal) = with_constant(*op)?;
            Some((Template::new(text), literal))
        };
        NumOp::ALL.iter().map(row).collect()
    });
    let (template, literal) = TEMPLATES[op as usize].as_ref()?;
    let (signed, unsigned, bits) = match operand {
        Const::I32(value) => (value.into(), u64::from(value as u32), 32),
        Const::I64(value) => (value, value as u64, 64),
        Const::F32(_) | Const::F64(_) => return None,
    };
    let number = match literal {
        Literal::Signed => (if signed < 0 { "-" } else { "" }, signed.unsigned_abs()),
        Literal::Unsigned => ("", unsigned),
        Literal::Count => ("", unsigned % bits),
    };
    Some((template, number))
}

/// Shifts, divisions and unsigned comparisons with a constant: as Rust operators, which can't
/// fail for this operand and which both the reader and the compiler see through.
fn with_constant(op: NumOp) -> Option<(&'static str, Literal)> {
    Some(match op {
        NumOp::I32Shl | NumOp::I64Shl => ("a << b", Literal::Count),
        NumOp::I32ShrS | NumOp::I64ShrS => ("a >> b", Literal::Count),
        NumOp::I32ShrU => ("((a as u32) >> b) as i32", Literal::Count),
        NumOp::I64ShrU => ("((a as u64) >> b) as i64", Literal::Count),
        NumOp::I32LtU => ("(a as u32) < b", Literal::Unsigned),
        NumOp::I32GtU => ("(a as u32) > b", Literal::Unsigned),
        NumOp::I32LeU => ("(a as u32) <= b", Literal::Unsigned),
        NumOp::I32GeU => ("(a as u32) >= b", Literal::Unsigned),
        NumOp::I64LtU => ("(a as u64) < b", Literal::Unsigned),
        NumOp::I64GtU => ("(a as u64) > b", Literal::Unsigned),
        NumOp::I64LeU => ("(a as u64) <= b", Literal::Unsigned),
        NumOp::I64GeU => ("(a as u64) >= b", Literal::Unsigned),
        NumOp::I32Rotl | NumOp::I64Rotl => ("a.rotate_left(b)", Literal::Count),
        NumOp::I32Rotr | NumOp::I64Rotr => ("a.rotate_right(b)", Literal::Count),
        NumOp::I32DivS | NumOp::I64DivS => ("a / b", Literal::Signed),
        NumOp::I32RemS | NumOp::I64RemS => ("a % b", Literal::Signed),
        NumOp::I32DivU => ("((a as u32) / b) as i32", Literal::Unsigned),
        NumOp::I32RemU => ("((a as u32) % b) as i32", Literal::Unsigned),
        NumOp::I64DivU => ("((a as u64) / b) as i64", Literal::Unsigned),
        NumOp::I64RemU => ("((a as u64) % b) as i64", Literal::Unsigned),
        _ => return None,
    })
}

/// How a template's text holds together.
fn prec(template: &str) -> Prec {
    let mut depth = 0;
    let mut has = Prec::Receiver;
    for (index, byte) in template.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'-' | b'!' if index == 0 => has = Prec::Infix,
            b' ' if depth == 0 && template[index..].starts_with(" as ") => {
                has = has.min(Prec::Cast)
            }
            // Not the space between `as` and its type.
            b' ' if depth == 0 && !template[..index].ends_with(" as") => has = Prec::Any,
            _ => {}
        }
    }
    has
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_hold_together_as_rust_reads_them() {
        assert_eq!(prec("a.wrapping_add(b)"), Prec::Receiver);
        assert_eq!(prec("a & b"), Prec::Any);
        assert_eq!(prec("-a"), Prec::Infix);
        assert_eq!(prec("a as u32 as i64"), Prec::Cast);
        assert_eq!(prec("((a as u32) / b) as i32"), Prec::Cast);
        assert_eq!(prec("f32::from_bits(a as u32)"), Prec::Receiver);
        assert_eq!(prec("(a as u32) < (b as u32)"), Prec::Any);
    }
}
