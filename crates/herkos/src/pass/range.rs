//! The greatest value that an expression can have.

use crate::ir::{Expr, ExprId, Exprs, VarId};
use crate::op::{Class, Const, NumOp};

/// The greatest value, unsigned, that a 32-bit expression can have, given that of variables.
pub fn greatest(exprs: &Exprs, expr: ExprId, of_var: &impl Fn(VarId) -> u32) -> u32 {
    use NumOp::{I32Add, I32And, I32DivU, I32Mul, I32Or, I32RemU, I32Shl, I32ShrU, I32Xor};
    let of = |expr| greatest(exprs, expr, of_var);
    match *exprs.get(expr) {
        Expr::Const(Const::I32(value)) => value as u32,
        Expr::Var(var) => of_var(var),
        Expr::Select { then, other, .. } => of(then).max(of(other)),
        Expr::Unary(op, _) if op.class() == Class::Test => 1,
        Expr::Unary(NumOp::I32WrapI64, a) => match *exprs.get(a) {
            Expr::Binary(op, _, b) => match (op, exprs.constant(b)) {
                (NumOp::I64And, Some(Const::I64(mask))) => u32::try_from(mask).unwrap_or(u32::MAX),
                (NumOp::I64ShrU, Some(Const::I64(shift))) => {
                    (u64::MAX >> (shift & 63)).min(u32::MAX.into()) as u32
                }
                _ => u32::MAX,
            },
            _ => u32::MAX,
        },
        Expr::Binary(op, a, b) => {
            let constant = match exprs.constant(b) {
                Some(Const::I32(value)) => Some(value as u32),
                _ => None,
            };
            match (op, constant) {
                _ if op.class() == Class::Test => 1,
                (I32And, _) => of(a).min(of(b)),
                (I32Or | I32Xor, _) => {
                    let bits = of(a) | of(b);
                    u32::MAX.checked_shr(bits.leading_zeros()).unwrap_or(0)
                }
                (I32Add, _) => of(a).saturating_add(of(b)),
                (I32Mul, _) => of(a).saturating_mul(of(b)),
                (I32Shl, Some(shift)) => of(a).saturating_mul(1_u32.wrapping_shl(shift)),
                (I32ShrU, Some(shift)) => of(a).wrapping_shr(shift),
                (I32RemU, Some(divisor @ 1..)) => divisor - 1,
                (I32DivU, Some(divisor @ 1..)) => of(a) / divisor,
                _ => u32::MAX,
            }
        }
        _ => u32::MAX,
    }
}
