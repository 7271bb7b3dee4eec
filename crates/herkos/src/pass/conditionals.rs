//! Jumps out of blocks become conditionals.
//!
//! WebAssembly compilers write `if (c) { … }` as a block that a branch on `!c` leaves, and an `else` as
//! a second block around it. Where all jumps out of a block can be told by what they skip, the
//! statements they skip go into an arm of the conditional, and the block and its label go away: less
//! to read, and less for rustc to check.

#[cfg(test)]
mod tests;

use super::Facts;
use crate::ir::{BlockId, Func, LabelId, Stmt};

/// In a round nothing is moved into an arm this many levels down. Each move makes one more, and what
/// [`super::flatten`] leaves must not become twice as high.
const MAX_DEPTH: u32 = 100;

/// Where a block goes away, what it contained stands in another, and may do with another look. A third
/// one finds nothing in sqlite.
const ROUNDS: u32 = 2;

/// Takes blocks away that conditionals can do without. Nesting must be bounded; see
/// [`super::flatten`]. Returns whether anything changed.
pub fn conditionals(func: &mut Func, _: &Facts<'_>) -> bool {
    let labels = func.labels as usize;
    let mut jumps = vec![0; labels];
    for stmt in func.blocks.iter().flat_map(|block| &block.stmts) {
        if let Stmt::Break(label) = stmt {
            jumps[label.index()] += 1;
        }
    }
    if jumps.iter().all(|jumps| *jumps == 0) {
        return false;
    }
    let ends = vec![LabelId(0); labels];
    let mut pass = Conditionals { func, jumps, ends, loops: Vec::new(), changed: true };
    let mut changed = false;
    for _ in 0..ROUNDS {
        if !std::mem::take(&mut pass.changed) {
            break;
        }
        let roots: Vec<BlockId> = pass.func.roots().collect();
        for root in roots {
            pass.block(root, None, 0);
        }
        changed |= pass.changed;
    }
    changed
}

struct Conditionals<'a> {
    func: &'a mut Func,
    /// How many jumps leave the block with each label.
    jumps: Vec<u32>,
    /// Where each block in scope ends. Blocks that end at the same place, one in the other, share the
    /// label of the outermost.
    ends: Vec<LabelId>,
    /// The loops around, which end where a block does: to leave one is to leave the other.
    loops: Vec<(LabelId, LabelId)>,
    changed: bool,
}

impl Conditionals<'_> {
    /// Works on a list of statements after which control is at `end`, the end of a block.
    fn block(&mut self, id: BlockId, end: Option<LabelId>, depth: u32) {
        let mut rest = std::mem::take(&mut self.func.blocks[id.index()].stmts).into_iter();
        let mut stmts = Vec::new();
        while let Some(stmt) = rest.next() {
            let is_last = rest.len() == 0;
            // What is nested in the last statement ends where it does.
            let inner = if is_last { end } else { None };
            match stmt {
                Stmt::Block(label, body) => {
                    self.ends[label.index()] = inner.unwrap_or(label);
                    self.block(body, Some(inner.unwrap_or(label)), depth + 1);
                    if self.jumps[label.index()] == 0 {
                        stmts.append(&mut self.func.blocks[body.index()].stmts);
                        self.changed = true;
                        continue;
                    }
                }
                Stmt::Loop(label, body) => {
                    self.ends[label.index()] = inner.unwrap_or(label);
                    let loops = self.loops.len();
                    self.loops.extend(inner.map(|end| (end, label)));
                    self.block(body, None, depth + 1);
                    self.loops.truncate(loops);
                    self.trim(body, label);
                }
                Stmt::If { then, other, .. } => {
                    let mut arms_end = inner;
                    if !is_last
                        && depth < MAX_DEPTH
                        && let Some(empty) = self.empty_arm(then, other, end)
                    {
                        // What follows is skipped by one arm, so it is the other one.
                        self.func.blocks[empty.index()].stmts = rest.collect();
                        rest = Vec::new().into_iter();
                        arms_end = end;
                        self.changed = true;
                    }
                    self.block(then, arms_end, depth + 1);
                    self.block(other, arms_end, depth + 1);
                    let is_empty = |arm: BlockId| self.func.block(arm).stmts.is_empty();
                    if is_empty(then) && is_empty(other) {
                        self.changed = true;
                        continue;
                    }
                }
                Stmt::Switch { ref arms, default, .. } => {
                    for arm in arms {
                        self.block(arm.body, inner, depth + 1);
                    }
                    self.block(default, inner, depth + 1);
                }
                Stmt::Counted(ref counted) => {
                    self.ends[counted.label.index()] = counted.label;
                    self.block(counted.fast, None, depth + 1);
                    self.block(counted.slow, inner, depth + 1);
                }
                Stmt::Break(label) => {
                    let goes_to = self.ends[label.index()];
                    if end == Some(goes_to) {
                        self.jumps[label.index()] -= 1;
                        self.changed = true;
                        continue;
                    }
                    if let Some((_, around)) =
                        self.loops.iter().rfind(|(end, around)| *end == goes_to && *around != label)
                    {
                        self.jumps[label.index()] -= 1;
                        self.jumps[around.index()] += 1;
                        stmts.push(Stmt::Break(*around));
                        self.changed = true;
                        continue;
                    }
                }
                _ => {}
            }
            stmts.push(stmt);
        }
        self.func.blocks[id.index()].stmts = stmts;
    }

    /// A loop leaves at its end, so there is no need to say so.
    fn trim(&mut self, body: BlockId, label: LabelId) {
        let stmts = &mut self.func.blocks[body.index()].stmts;
        if stmts.last() == Some(&Stmt::Break(label)) {
            stmts.pop();
            self.jumps[label.index()] -= 1;
            self.changed = true;
        }
    }

    /// The arm that does nothing, where the other one goes to `end`.
    fn empty_arm(&self, then: BlockId, other: BlockId, end: Option<LabelId>) -> Option<BlockId> {
        let stmts = |arm: BlockId| self.func.block(arm).stmts.as_slice();
        let (empty, last) = match (stmts(then), stmts(other)) {
            ([], [.., last]) => (then, last),
            ([.., last], []) => (other, last),
            _ => return None,
        };
        match last {
            Stmt::Break(label) if end == Some(self.ends[label.index()]) => Some(empty),
            _ => None,
        }
    }
}
