//! What tests herkos from the outside: conformance, corpora, end-to-end programs.

pub mod conformance;
pub mod corpus;
pub mod differential;
pub mod fuzz;
pub mod generated;
pub mod hostile;
pub mod planted;
pub mod program;
pub mod record;
