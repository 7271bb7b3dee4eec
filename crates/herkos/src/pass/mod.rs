//! Transformations and analyses of the IR, one a file. Each transformation takes a verified
//! function and leaves a verified function.

pub mod effects;
pub mod flatten;
pub mod scopes;
pub mod split;

use crate::ir::Func;

/// A transformation; whether it changed anything.
pub type Pass = fn(&mut Func) -> bool;

/// The transformations, in the order in which they run.
pub const PASSES: &[(&str, Pass)] = &[("flatten", flatten::flatten), ("split", split::split)];
