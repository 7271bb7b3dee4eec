//! Operators as they are read, without a value of [`wasmparser::Operator`] in memory for each.

/// The methods of a [`wasmparser::VisitOperator`], by a method `operator` of the same type,
/// which the compiler reduces to what it does for that operator.
macro_rules! visit_by_operator {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {$(
        fn $visit(&mut self $($(, $arg: $ty)*)?) -> Self::Output {
            self.operator(&wasmparser::Operator::$op $({ $($arg),* })?)
        }
    )*};
}

pub(crate) use visit_by_operator;
