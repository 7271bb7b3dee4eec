//! Several modules to one: imports that name another module's exports are resolved, and the result is
//! a module like any other, whose imports are those that no one provides.
//!
//! It is made as bytes and decoded again, so nothing behind this has to know of linking, and the
//! validator has the last word on it.

mod layout;
mod merge;
mod resolve;

use crate::error::Error;
use crate::wasm::{MemoryIdx, Module};
use std::collections::HashSet;

/// One of the modules that are linked.
pub struct Part<'a> {
    /// The name by which others import from it.
    pub name: &'a str,
    /// The module, decoded and validated.
    pub module: Module<'a>,
    /// The module's bytes.
    pub bytes: &'a [u8],
}

/// What comes out.
pub struct Linked {
    /// A binary module, with as many memories as are needed.
    pub bytes: Vec<u8>,
    /// For each of its imports the memory of the module that imports: the host gets it with a call.
    pub import_memories: Vec<Option<MemoryIdx>>,
}

/// When the parts are instantiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instantiation {
    /// All at once, in their order.
    Together,
    /// Each by a function of its own, which is exported. What it imports may have grown by then: it
    /// traps if a memory or table is still smaller than the part asks for.
    Separate,
}

/// Links modules.
///
/// # Errors
///
/// [`Error::Link`] if two have the same name, or an import names a module that is there and doesn't
/// export such an item.
pub fn link(parts: &[Part<'_>], instantiation: Instantiation) -> Result<Linked, Error> {
    let mut names = HashSet::new();
    if let Some(part) = parts.iter().find(|part| !names.insert(part.name)) {
        return Err(Error::link(format!("two modules are named `{}`", part.name.escape_debug())));
    }
    let sources = resolve::resolve(parts, instantiation)?;
    let layout = layout::Layout::new(parts, &sources)?;
    merge::merge(parts, &sources, &layout, instantiation)
}
