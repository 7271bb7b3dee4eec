//! Sums of multiples of variables, modulo 2³²: what addresses in loops mostly are.

use crate::ir::{Expr, ExprId, Exprs, Func, VarId};
use crate::op::{Const, NumOp};
use foldhash::HashMap;
use herkos_runtime::ValType;

/// Sums of more variables than this are not followed.
const MAX_TERMS: usize = 6;

/// `constant` and `factor * variable` for each of the terms, which are sorted by variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linear {
    pub terms: Vec<(VarId, u32)>,
    pub constant: u32,
}

/// The values of variables that were assigned, where they are sums.
pub type Values = HashMap<VarId, Option<Linear>>;

impl Linear {
    pub fn var(var: VarId) -> Self {
        Self { terms: vec![(var, 1)], constant: 0 }
    }

    pub fn constant(value: u32) -> Self {
        Self { terms: Vec::new(), constant: value }
    }

    /// The sum that an expression is, given the values of the variables that were assigned.
    pub fn of(exprs: &Exprs, expr: ExprId, values: &Values) -> Option<Self> {
        match *exprs.get(expr) {
            Expr::Const(Const::I32(value)) => Some(Self::constant(value as u32)),
            Expr::Var(var) => match values.get(&var) {
                Some(value) => value.clone(),
                None => Some(Self::var(var)),
            },
            Expr::Binary(NumOp::I32Add, a, b) => {
                Self::of(exprs, a, values)?.plus(&Self::of(exprs, b, values)?, 1)
            }
            Expr::Binary(NumOp::I32Sub, a, b) => {
                Self::of(exprs, a, values)?.plus(&Self::of(exprs, b, values)?, u32::MAX)
            }
            Expr::Binary(NumOp::I32Mul, a, b) => {
                let (a, b) = (Self::of(exprs, a, values)?, Self::of(exprs, b, values)?);
                match (a.terms.is_empty(), b.terms.is_empty()) {
                    (true, _) => Self::default().plus(&b, a.constant),
                    (_, true) => Self::default().plus(&a, b.constant),
                    _ => None,
                }
            }
            Expr::Binary(NumOp::I32Shl, a, b) => {
                let (a, b) = (Self::of(exprs, a, values)?, Self::of(exprs, b, values)?);
                let shift = b.terms.is_empty().then_some(b.constant)?;
                Self::default().plus(&a, 1_u32.wrapping_shl(shift))
            }
            _ => None,
        }
    }

    /// This and `factor` times another.
    pub fn plus(mut self, other: &Self, factor: u32) -> Option<Self> {
        self.constant = self.constant.wrapping_add(other.constant.wrapping_mul(factor));
        for (var, times) in &other.terms {
            let times = times.wrapping_mul(factor);
            match self.terms.binary_search_by_key(var, |(var, _)| *var) {
                Ok(index) => {
                    self.terms[index].1 = self.terms[index].1.wrapping_add(times);
                }
                Err(index) => self.terms.insert(index, (*var, times)),
            }
        }
        self.terms.retain(|(_, times)| *times != 0);
        (self.terms.len() <= MAX_TERMS).then_some(self)
    }

    /// The sum as an expression.
    pub fn build(&self, func: &mut Func) -> ExprId {
        let constant = |func: &mut Func, value: u32| {
            func.exprs.add(Expr::Const(Const::I32(value as i32)), ValType::I32)
        };
        let binary =
            |func: &mut Func, op, a, b| func.exprs.add(Expr::Binary(op, a, b), ValType::I32);
        let mut sum = None;
        for (var, times) in &self.terms {
            let mut term = func.exprs.add(Expr::Var(*var), ValType::I32);
            if times.is_power_of_two() && *times > 1 {
                let shift = constant(func, times.trailing_zeros());
                term = binary(func, NumOp::I32Shl, term, shift);
            } else if *times != 1 {
                let times = constant(func, *times);
                term = binary(func, NumOp::I32Mul, term, times);
            }
            sum = Some(match sum {
                None => term,
                Some(sum) => binary(func, NumOp::I32Add, sum, term),
            });
        }
        match sum {
            None => constant(func, self.constant),
            Some(sum) if self.constant == 0 => sum,
            Some(sum) => {
                let constant = constant(func, self.constant);
                binary(func, NumOp::I32Add, sum, constant)
            }
        }
    }
}
