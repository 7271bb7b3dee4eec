//! Transformations and analyses of the IR, one a file. Each transformation takes a verified
//! function and leaves a verified function.

mod conditionals;
pub mod counted;
pub mod effects;
pub mod extents;
pub mod flatten;
pub mod fuel;
mod liveness;
mod range;
pub mod scopes;
pub mod split;
mod webs;

use crate::Config;
use crate::ir::Func;
use crate::memory::MemoryPlans;
use crate::wasm::Module;
use effects::Effects;

/// The whole module, known before its first function is translated.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The options.
    pub config: &'a Config,
    /// The module.
    pub module: &'a Module<'a>,
    /// How functions get the memories.
    pub memories: &'a MemoryPlans,
    /// What each function can reach and change through the functions it calls.
    pub effects: &'a Effects,
}

/// A pass that makes the output faster, and changes nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Optimization {
    /// Accesses share bounds checks: each checks the largest extent that holds, or is bound to be
    /// asked for, or the memory's minimum where it is sure to be below that.
    Extents,
    /// Loops that walk over memory are checked once, before they begin; unrolling is taken back.
    Counted,
    /// Values that have nothing to do with each other get variables of their own, not one local.
    Webs,
}

impl Optimization {
    /// Every one, in the order in which they run.
    pub const ALL: [Self; 3] = [Self::Extents, Self::Counted, Self::Webs];

    /// Its name: that of the pass.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Extents => "extents",
            Self::Counted => "counted",
            Self::Webs => "webs",
        }
    }
}

/// A transformation of a function; whether it changed anything.
pub type Pass = fn(&mut Func, &Facts<'_>) -> bool;

/// The transformations, in the order in which they run.
pub const PASSES: &[(&str, Pass)] = &[
    ("flatten", flatten::flatten),
    ("extents", extents::extents),
    ("counted", counted::counted),
    ("split", split::split),
    ("webs", webs::webs),
    ("fuel", fuel::fuel),
    ("conditionals", conditionals::conditionals),
];
