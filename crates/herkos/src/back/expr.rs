//! Expressions as Rust text.

use super::func::Context;
use super::locals::LocalNames;
use super::template::{Template, by_constant, template};
use super::{Backend, decimal};
use crate::ir::{Expr, ExprId, Exprs};
use crate::memory::MemoryPlan;
use crate::op::{Class, Const, NumOp};
use herkos_runtime::ValType;
use std::fmt::Write as _;

/// How tightly a piece of text holds together; also what a place for an operand asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Prec {
    /// Anything: an operand of a function, or between parentheses.
    Any,
    /// The left side of `as`.
    Cast,
    /// An operand of an infix operator. (`a as T < b` would open generics, so a cast there
    /// stands in parentheses.)
    Infix,
    /// What a method is called on.
    Receiver,
}

/// Writes expressions of one function, or a constant expression of the module.
pub(super) struct ExprWriter<'a> {
    pub backend: &'a Backend<'a>,
    pub exprs: &'a Exprs,
    pub context: Context,
    pub local_names: &'a LocalNames,
    /// Which variables take what a load gives.
    pub loaded: &'a [bool],
}

impl ExprWriter<'_> {
    /// The expression where anything may stand and the type is known from the place.
    pub fn any(&self, out: &mut String, id: ExprId) {
        self.write(out, id, Prec::Any, false);
    }

    /// The expression where its text alone must give its type.
    pub fn typed(&self, out: &mut String, id: ExprId) {
        self.write(out, id, Prec::Any, true);
    }

    /// The left side of `as u32`.
    pub fn cast(&self, out: &mut String, id: ExprId) {
        self.write(out, id, Prec::Cast, true);
    }

    /// Several of them, as arguments are.
    pub fn list(&self, out: &mut String, ids: &[ExprId]) {
        for (position, id) in ids.iter().enumerate() {
            out.push_str(if position > 0 { ", " } else { "" });
            self.any(out, *id);
        }
    }

    /// Writes with parentheses where the place asks for more than the text holds.
    fn hold(
        &self,
        out: &mut String,
        has: Prec,
        wants: Prec,
        text: impl FnOnce(&Self, &mut String),
    ) {
        if has < wants {
            out.push('(');
            text(self, out);
            out.push(')');
        } else {
            text(self, out);
        }
    }

    fn write(&self, out: &mut String, id: ExprId, wants: Prec, typed: bool) {
        match *self.exprs.get(id) {
            Expr::Const(value) => {
                let has = if is_negative(value) { Prec::Infix } else { Prec::Receiver };
                // `5 as u32` needs no type on the 5.
                let small = |value: i64| (0..=i64::from(i32::MAX)).contains(&value);
                let typed = typed
                    && match value {
                        Const::I32(value) => wants != Prec::Cast || !small(value.into()),
                        Const::I64(value) => wants != Prec::Cast || !small(value),
                        Const::F32(_) | Const::F64(_) => true,
                    };
                self.hold(out, has, wants, |_, out| constant(out, value, typed));
            }
            Expr::Var(var) => out.push_str(self.local_names.get(var)),
            Expr::Unary(op, a) => self.numeric(out, op, a, None, wants),
            Expr::Binary(op, a, b) => self.numeric(out, op, a, Some(b), wants),
            Expr::Select { cond, then, other } if self.is_unpredictable(id, cond) => {
                let wide = self.exprs.ty(id) == ValType::I64;
                let function = if wide { "i64_select" } else { "i32_select" };
                out.push_str(self.backend.imports.name(function));
                out.push('(');
                self.condition(out, cond);
                for operand in [then, other] {
                    out.push_str(", ");
                    self.any(out, operand);
                }
                out.push(')');
            }
            Expr::Select { cond, then, other } => self.hold(out, Prec::Any, wants, |this, out| {
                out.push_str("if ");
                this.condition(out, cond);
                out.push_str(" { ");
                this.write(out, then, Prec::Any, typed);
                out.push_str(" } else { ");
                this.write(out, other, Prec::Any, typed);
                out.push_str(" }");
            }),
            Expr::GlobalGet(global) => self.backend.global_get(out, global, self.context),
            Expr::MemorySize(memory) => self.hold(out, Prec::Cast, wants, |_, out| {
                let plan = self.backend.plan(memory);
                let [mem, mem_len] = ["mem", "mem_len"].map(|name| Backend::numbered(name, memory));
                let _ = match plan {
                    plan if !plan.traps() => write!(out, "({mem_len} >> 16) as i32"),
                    MemoryPlan { may_be_partial: true, .. } => write!(out, "{mem_len} as i32"),
                    _ => write!(out, "({mem}.len() >> 16) as i32"),
                };
            }),
            Expr::TableSize(table) => {
                let _ = write!(out, "{}.t{}.size()", self.context.state(), table.0);
            }
            Expr::RefNull => match self.exprs.ty(id) {
                _ if !typed => out.push_str("None"),
                ty => {
                    let name = self.backend.imports.name(super::reference(ty));
                    let _ = write!(out, "None::<{name}>");
                }
            },
            Expr::RefFunc(func) => {
                let name = self.backend.imports.name("FuncRef");
                let _ = write!(out, "Some({name}::from_id({}))", self.backend.ref_id(func));
            }
            Expr::RefIsNull(_) => self.hold(out, Prec::Cast, wants, |this, out| {
                out.push('(');
                this.condition(out, id);
                out.push_str(") as i32");
            }),
        }
    }

    /// The expression as a `bool`: whether it is not zero.
    pub fn condition(&self, out: &mut String, id: ExprId) {
        match *self.exprs.get(id) {
            Expr::Unary(NumOp::I32Eqz, a) if self.is_test(a) => self.negated(out, a),
            Expr::Unary(op, a) if op.class() == Class::Test => self.pure(out, op, a, None),
            Expr::Binary(op, a, b) if op.class() == Class::Test => self.pure(out, op, a, Some(b)),
            Expr::RefIsNull(a) => match self.exprs.get(a) {
                Expr::RefNull => out.push_str("true"),
                Expr::RefFunc(_) => out.push_str("false"),
                _ => {
                    self.write(out, a, Prec::Receiver, true);
                    out.push_str(".is_none()");
                }
            },
            _ => {
                self.write(out, id, Prec::Infix, true);
                out.push_str(" != 0");
            }
        }
    }

    /// Whether the expression is zero, as a `bool`.
    pub fn negated(&self, out: &mut String, id: ExprId) {
        match *self.exprs.get(id) {
            Expr::Unary(NumOp::I32Eqz, a) => self.condition(out, a),
            Expr::Binary(op, a, b) if inverse(op).is_some() => {
                self.pure(out, inverse(op).unwrap_or(op), a, Some(b));
            }
            _ if self.is_test(id) => {
                out.push_str("!(");
                self.condition(out, id);
                out.push(')');
            }
            _ => {
                self.write(out, id, Prec::Infix, true);
                out.push_str(" == 0");
            }
        }
    }

    /// The same, for a conditional without `else`. rustc lays code out by the comparison that it gets:
    /// with the one that the module jumps by, it is in the order that the module's compiler chose.
    /// Whether values are equal makes no difference.
    pub fn skipped(&self, out: &mut String, id: ExprId) {
        if !self.is_ordered(id) {
            return self.negated(out, id);
        }
        out.push_str("!(");
        self.condition(out, id);
        out.push(')');
    }

    fn is_ordered(&self, id: ExprId) -> bool {
        match *self.exprs.get(id) {
            Expr::Unary(NumOp::I32Eqz, a) => self.is_ordered(a),
            Expr::Unary(NumOp::I64Eqz, _)
            | Expr::Binary(NumOp::I32Eq | NumOp::I32Ne | NumOp::I64Eq | NumOp::I64Ne, ..) => false,
            _ => self.is_test(id),
        }
    }

    /// Whether a `select` of integers should not become a branch: two values from memory are compared,
    /// as when sorting. Where one is not, LLVM knows better: a search for one value often goes the
    /// same way again.
    fn is_unpredictable(&self, id: ExprId, cond: ExprId) -> bool {
        let loaded = |id| match self.exprs.get(id) {
            Expr::Var(var) => self.loaded.get(var.index()) == Some(&true),
            _ => false,
        };
        matches!(self.exprs.ty(id), ValType::I32 | ValType::I64)
            && matches!(*self.exprs.get(cond), Expr::Binary(_, a, b) if loaded(a) && loaded(b))
    }

    fn is_test(&self, id: ExprId) -> bool {
        match *self.exprs.get(id) {
            Expr::Unary(op, _) | Expr::Binary(op, ..) => op.class() == Class::Test,
            Expr::RefIsNull(_) => true,
            _ => false,
        }
    }

    /// An operator's own text gives its type, whatever the place.
    fn numeric(&self, out: &mut String, op: NumOp, a: ExprId, b: Option<ExprId>, wants: Prec) {
        if op.class() == Class::Test {
            let id_is_eqz_of_test = op == NumOp::I32Eqz && self.is_test(a);
            return self.hold(out, Prec::Cast, wants, |this, out| {
                out.push('(');
                if id_is_eqz_of_test {
                    this.negated(out, a);
                } else {
                    this.pure(out, op, a, b);
                }
                out.push_str(") as i32");
            });
        }
        if let Some(wrapper) = self.nan_wrapper(op, a, b) {
            out.push_str(self.backend.imports.name(wrapper));
            out.push('(');
            self.template(out, op, a, b);
            out.push(')');
            return;
        }
        let prec = self.by_constant(op, b).map_or(template(op).prec, |(template, _)| template.prec);
        self.hold(out, prec, wants, |this, out| this.pure(out, op, a, b));
    }

    /// The text of an operator whose second operand is a constant, where it has one of its own.
    fn by_constant(
        &self,
        op: NumOp,
        b: Option<ExprId>,
    ) -> Option<(&'static Template, (&'static str, u64))> {
        by_constant(op, self.exprs.constant(b?)?)
    }

    fn pure(&self, out: &mut String, op: NumOp, a: ExprId, b: Option<ExprId>) {
        let Some((template, (sign, magnitude))) = self.by_constant(op, b) else {
            return self.template(out, op, a, b);
        };
        template.write(out, |out, is_first, wants| {
            if is_first {
                self.first(out, a, wants);
            } else {
                out.push_str(sign);
                decimal(out, magnitude);
            }
        });
    }

    /// The function that settles the NaN of a result, where one is needed.
    ///
    /// Without canonical NaNs that is where LLVM would drop an operation that makes a
    /// signalling NaN quiet: `x * 1.0`, `x - 0.0` and the like.
    fn nan_wrapper(&self, op: NumOp, a: ExprId, b: Option<ExprId>) -> Option<&'static str> {
        if op.class() != Class::Float {
            return None;
        }
        let wide = op.result() == ValType::F64;
        if self.backend.config.canonical_nans {
            return Some(if wide { "f64_canonicalize_nan" } else { "f32_canonicalize_nan" });
        }
        let neutral = |id: ExprId| match self.exprs.constant(id) {
            Some(Const::F32(bits)) => [0.0, 1.0].contains(&f32::from_bits(bits).abs()),
            Some(Const::F64(bits)) => [0.0, 1.0].contains(&f64::from_bits(bits).abs()),
            _ => false,
        };
        let arithmetic = matches!(
            op,
            NumOp::F32Add
                | NumOp::F32Sub
                | NumOp::F32Mul
                | NumOp::F32Div
                | NumOp::F64Add
                | NumOp::F64Sub
                | NumOp::F64Mul
                | NumOp::F64Div
        );
        (arithmetic && (neutral(a) || b.is_some_and(neutral))).then_some(if wide {
            "f64_quiet_nan"
        } else {
            "f32_quiet_nan"
        })
    }

    /// Writes an operator's text for any operands.
    pub fn template(&self, out: &mut String, op: NumOp, a: ExprId, b: Option<ExprId>) {
        self.backend.imports.numeric(op);
        let left_is_constant = self.exprs.constant(a).is_some();
        template(op).write(out, |out, is_first, wants| {
            if is_first {
                self.first(out, a, wants);
            } else if let Some(b) = b {
                let typed = wants != Prec::Any && (left_is_constant || wants != Prec::Infix);
                self.write(out, b, wants, typed);
            }
        });
    }

    /// A first operand. A literal has to say its type where no parameter does.
    fn first(&self, out: &mut String, a: ExprId, wants: Prec) {
        self.write(out, a, wants, wants != Prec::Any);
    }
}

/// The comparison that holds exactly where `op` does not. Floats have none: a NaN is neither
/// less nor not less.
fn inverse(op: NumOp) -> Option<NumOp> {
    Some(match op {
        NumOp::I32Eq => NumOp::I32Ne,
        NumOp::I32Ne => NumOp::I32Eq,
        NumOp::I32LtS => NumOp::I32GeS,
        NumOp::I32LtU => NumOp::I32GeU,
        NumOp::I32GtS => NumOp::I32LeS,
        NumOp::I32GtU => NumOp::I32LeU,
        NumOp::I32LeS => NumOp::I32GtS,
        NumOp::I32LeU => NumOp::I32GtU,
        NumOp::I32GeS => NumOp::I32LtS,
        NumOp::I32GeU => NumOp::I32LtU,
        NumOp::I64Eq => NumOp::I64Ne,
        NumOp::I64Ne => NumOp::I64Eq,
        NumOp::I64LtS => NumOp::I64GeS,
        NumOp::I64LtU => NumOp::I64GeU,
        NumOp::I64GtS => NumOp::I64LeS,
        NumOp::I64GtU => NumOp::I64LeU,
        NumOp::I64LeS => NumOp::I64GtS,
        NumOp::I64LeU => NumOp::I64GtU,
        NumOp::I64GeS => NumOp::I64LtS,
        NumOp::I64GeU => NumOp::I64LtU,
        _ => return None,
    })
}

fn is_negative(value: Const) -> bool {
    match value {
        Const::I32(value) => value < 0,
        Const::I64(value) => value < 0,
        Const::F32(bits) => f32::from_bits(bits).is_sign_negative(),
        Const::F64(bits) => f64::from_bits(bits).is_sign_negative(),
    }
}

fn integer(out: &mut String, value: i64, suffix: &str) {
    if value < 0 {
        out.push('-');
    }
    decimal(out, value.unsigned_abs());
    out.push_str(suffix);
}

/// A literal, bit-exact, with its type where the place does not give it.
pub(super) fn constant(out: &mut String, value: Const, typed: bool) {
    let _ = match value {
        Const::I32(value) => return integer(out, value.into(), if typed { "_i32" } else { "" }),
        Const::I64(value) => return integer(out, value, if typed { "_i64" } else { "" }),
        Const::F32(bits) => match f32::from_bits(bits) {
            value if value.is_nan() => write!(out, "f32::from_bits(0x{bits:08x})"),
            f32::INFINITY => write!(out, "f32::INFINITY"),
            f32::NEG_INFINITY => write!(out, "f32::NEG_INFINITY"),
            value => write!(out, "{value:?}{}", if typed { "_f32" } else { "" }),
        },
        Const::F64(bits) => match f64::from_bits(bits) {
            value if value.is_nan() => write!(out, "f64::from_bits(0x{bits:016x})"),
            f64::INFINITY => write!(out, "f64::INFINITY"),
            f64::NEG_INFINITY => write!(out, "f64::NEG_INFINITY"),
            value => write!(out, "{value:?}{}", if typed { "_f64" } else { "" }),
        },
    };
}
