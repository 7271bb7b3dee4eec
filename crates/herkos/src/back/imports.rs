//! What the output imports of the runtime: exactly what it names.
//!
//! What functions call is noted as it is written. All else is so little text that it is
//! searched for the names; a stranger's word in a comment or a string counts, too.

use super::items::{RUNTIME_FUNCTIONS, RUNTIME_TYPES};
use crate::error::Error;
use crate::op::{Check, LoadOp, NumOp, StoreOp};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// The names of the runtime, and which of them were written so far, by whatever thread.
pub(super) struct Imports {
    names: Vec<&'static str>,
    positions: HashMap<&'static [u8], usize>,
    /// Bytes that names begin with.
    first: [bool; 256],
    /// The length of the shortest one.
    shortest: usize,
    written: Vec<AtomicBool>,
    /// Positions of the functions of operators.
    numeric: Vec<Option<usize>>,
    loads: Vec<[usize; 6]>,
    stores: Vec<[usize; 6]>,
}

impl Imports {
    pub fn new() -> Self {
        let mut names: Vec<&'static str> = RUNTIME_TYPES.to_vec();
        let mut add = |name| {
            names.push(name);
            names.len() - 1
        };
        let numeric = NumOp::ALL.iter().map(|op| called(*op).map(&mut add)).collect();
        let loads = (LoadOp::ALL.iter())
            .map(|op| Check::ALL.map(|check| add(op.function(check))))
            .collect();
        let stores = (StoreOp::ALL.iter())
            .map(|op| Check::ALL.map(|check| add(op.function(check))))
            .collect();
        names.extend(LoadOp::ALL.iter().map(|op| op.always_function()));
        names.extend(StoreOp::ALL.iter().map(|op| op.always_function()));
        names.extend(RUNTIME_FUNCTIONS);
        let bytes = names.iter().map(|name| name.as_bytes());
        let positions = bytes.enumerate().map(|(index, name)| (name, index)).collect();
        let mut first = [false; 256];
        names
            .iter()
            .flat_map(|name| name.bytes().next())
            .for_each(|byte| first[byte as usize] = true);
        let shortest = names.iter().map(|name| name.len()).min().unwrap_or(0);
        let written = names.iter().map(|_| AtomicBool::new(false)).collect();
        Self { names, positions, first, shortest, written, numeric, loads, stores }
    }

    fn write(&self, position: usize) -> &'static str {
        // Most are known to be written: all threads may read that at once.
        if !self.written[position].load(Ordering::Relaxed) {
            self.written[position].store(true, Ordering::Relaxed);
        }
        self.names[position]
    }

    /// Notes a name that is written.
    pub fn name(&self, name: &'static str) -> &'static str {
        self.positions.get(name.as_bytes()).map_or(name, |position| self.write(*position))
    }

    /// Notes that the text of an operator is written.
    pub fn numeric(&self, op: NumOp) {
        self.numeric[op as usize].map(|position| self.write(position));
    }

    /// The function of a load, which is written.
    pub fn load(&self, op: LoadOp, check: Check) -> &'static str {
        self.write(self.loads[op as usize][check as usize])
    }

    /// The function of a store, which is written.
    pub fn store(&self, op: StoreOp, check: Check) -> &'static str {
        self.write(self.stores[op as usize][check as usize])
    }

    /// Notes the names that stand in a text as whole words.
    pub fn search(&self, text: &str) {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        for word in text.as_bytes().split(|byte| !is_word(byte)) {
            // Most words begin as no name does, or are too short for one.
            let may_be_name = word.len() >= self.shortest
                && word.first().is_some_and(|byte| self.first[*byte as usize]);
            if may_be_name && let Some(position) = self.positions.get(word) {
                self.write(*position);
            }
        }
    }

    /// Checks that the names that were noted are those in the whole text.
    pub fn check(&self, code: &str) -> Result<(), Error> {
        let found = Self::new();
        found.search(code);
        let (found, noted): (Vec<_>, Vec<_>) =
            (found.written().collect(), self.written().collect());
        if found == noted {
            return Ok(());
        }
        Err(Error::internal(format!("imports: {noted:?} noted, {found:?} found")))
    }

    /// The names that were written, in the order of the runtime's lists.
    pub fn written(&self) -> impl Iterator<Item = &'static str> + '_ {
        let written = |position: &usize| self.written[*position].load(Ordering::Relaxed);
        (0..self.names.len()).filter(written).map(|position| self.names[position])
    }
}

/// The function of the runtime that an operator calls.
pub(super) fn called(op: NumOp) -> Option<&'static str> {
    let (name, _) = op.template().split_once('(')?;
    (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        .then_some(name)
}
