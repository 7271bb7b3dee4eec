//! Transformations and analyses of the IR, one a file. Each transformation takes a verified
//! function and leaves a verified function.

pub mod effects;
pub mod extents;
pub mod flatten;
pub mod scopes;
pub mod split;

use crate::ir::Func;
use crate::wasm::Module;

/// A transformation; whether it changed anything.
pub type Pass = fn(&mut Func, &Module<'_>) -> bool;

/// The transformations, in the order in which they run.
pub const PASSES: &[(&str, Pass)] = &[
    ("flatten", |func, _| flatten::flatten(func)),
    ("extents", |func, module| extents::extents(func, module.min_bytes())),
    ("split", |func, _| split::split(func)),
];
