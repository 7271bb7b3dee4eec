//! Transformations and analyses of the IR, one a file. Each transformation takes a verified
//! function and leaves a verified function.

pub mod counted;
pub mod effects;
pub mod extents;
pub mod flatten;
mod liveness;
pub mod scopes;
pub mod split;

use crate::Config;
use crate::ir::Func;
use crate::wasm::Module;
use effects::Effects;

/// The whole module, known before its first function is translated.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The options.
    pub config: &'a Config,
    /// The module.
    pub module: &'a Module<'a>,
    /// What each function can reach and change through the functions it calls.
    pub effects: &'a Effects,
}

/// A transformation of a function; whether it changed anything.
pub type Pass = fn(&mut Func, &Facts<'_>) -> bool;

/// The transformations, in the order in which they run.
pub const PASSES: &[(&str, Pass)] = &[
    ("flatten", flatten::flatten),
    ("extents", extents::extents),
    ("counted", counted::counted),
    ("split", split::split),
];
