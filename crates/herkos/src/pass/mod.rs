//! Transformations and analyses of the IR, one a file. Each transformation takes a verified
//! function and leaves a verified function.

pub mod effects;
pub mod flatten;
pub mod scopes;
