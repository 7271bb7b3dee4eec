//! Names of a function's variables.

use super::func::LOCAL_NAMES;
use super::names::{Ident, Namespace, sanitise};
use super::{Backend, decimal};
use crate::ir::{Func, VarId, VarKind};
use crate::wasm::FuncIdx;

/// The names of all variables of a function: from the name section, else by kind and number.
#[derive(Debug, Default)]
pub(super) struct LocalNames {
    /// One after the other.
    text: String,
    /// Where each one ends.
    ends: Vec<u32>,
}

impl LocalNames {
    /// No names: for what has no variables.
    pub const NONE: &Self = {
        static NONE: LocalNames = LocalNames { text: String::new(), ends: Vec::new() };
        &NONE
    };

    pub fn new(backend: &Backend<'_>, index: FuncIdx, func: &Func, parts: &[Ident]) -> Self {
        let mut names = Self {
            text: String::with_capacity(5 * func.vars.len()),
            ends: Vec::with_capacity(func.vars.len()),
        };
        let named = backend.module.local_names.get(&index.0);
        // Functions leave the names by kind and number to their variables: without names of
        // the section, no two are the same.
        let mut scope = named.map(|_| {
            Namespace::with(LOCAL_NAMES.iter().copied().chain(parts.iter().map(Ident::as_str)))
        });
        if let Some(scope) = &mut scope {
            let memories = backend.module.memories.len() as u32;
            for (letters, count) in [
                ("n", func.counters),
                ("i", func.counters),
                ("at", func.streams),
                ("mem", memories),
                ("mem_len", memories),
                ("memory", memories),
            ] {
                for number in 0..count {
                    scope.claim(&format!("{letters}{number}"));
                }
            }
        }
        for (number, var) in func.vars.iter().enumerate() {
            let (letter, number) = match var.kind {
                VarKind::Param(local) => ('p', local),
                VarKind::Local(local) => ('l', local),
                VarKind::Temp | VarKind::LoopParam | VarKind::Spread => ('v', number as u32),
            };
            let start = names.text.len();
            names.text.push(letter);
            decimal(&mut names.text, number.into());
            if let (Some(scope), Some(named)) = (&mut scope, named) {
                let from_section = (letter != 'v').then(|| sanitise(named.get(&number)?)).flatten();
                let wanted = match from_section {
                    Some(name) => name.to_ascii_lowercase(),
                    None => names.text[start..].to_owned(),
                };
                names.text.truncate(start);
                let claimed = scope.claim_unless(&wanted, |name| backend.names.is_item(name));
                names.text.push_str(claimed.as_str());
            }
            names.ends.push(names.text.len() as u32);
        }
        names
    }

    /// The name of a variable.
    pub fn get(&self, var: VarId) -> &str {
        let start = var.index().checked_sub(1).map_or(0, |previous| self.ends[previous]);
        &self.text[start as usize..self.ends[var.index()] as usize]
    }
}
