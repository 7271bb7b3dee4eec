//! Bounds the nesting of control constructs.
//!
//! rustc recurses over the source it compiles and overflows its stack on some 800 nested
//! blocks, while a large `switch` in C becomes a nest of thousands. Constructs that nest too
//! high are turned into the states of a loop around a `switch`; whatever they contain that
//! is not too high itself keeps its structure. Everything here works on lists: this is the
//! pass that makes recursion safe for those after it.

use super::Facts;
use crate::ir::{Arm, Block, BlockId, Expr, Func, LabelId, Stmt, VarId, VarKind};
use crate::op::Const;
use herkos_runtime::ValType;
use std::collections::HashMap;

/// Constructs that contain more than this many levels become states.
pub const MAX_HEIGHT: u32 = 250;

/// Flattens what nests higher than [`MAX_HEIGHT`]. Returns whether anything changed.
pub fn flatten(func: &mut Func, _: &Facts<'_>) -> bool {
    if func.block(func.body).height <= MAX_HEIGHT {
        return false;
    }
    let state = func.add_var(ValType::I32, VarKind::Spread);
    let dispatch = func.add_label();
    let mut flattener = Flattener {
        func,
        state,
        dispatch,
        states: vec![Vec::new()],
        current: 0,
        targets: HashMap::new(),
    };
    flattener.run();
    let states = flattener.states;
    spread_shared(func, &states);
    let mut bodies: Vec<BlockId> = (states.into_iter())
        .map(|stmts| func.add_block(Block { stmts, height: MAX_HEIGHT + 1 }))
        .collect();
    // The last state is the default, so that the switch is exhaustive without a trap.
    let default = bodies.pop().unwrap_or(func.body);
    let arms = (bodies.into_iter().enumerate())
        .map(|(index, body)| Arm { ranges: vec![(index as u32, index as u32)], body })
        .collect();
    let index = func.exprs.add(Expr::Var(state), ValType::I32);
    let switch = Stmt::Switch { index, arms, default };
    let body = func.add_block(Block { stmts: vec![switch], height: MAX_HEIGHT + 2 });
    let stmts = vec![Stmt::Loop(dispatch, body)];
    func.body = func.add_block(Block { stmts, height: MAX_HEIGHT + 3 });
    true
}

/// Statements still to be placed.
struct Task {
    stmts: std::vec::IntoIter<Stmt>,
    /// The state that they begin, unless they go on in the current one.
    start: Option<usize>,
    /// The state that follows them.
    next: Option<usize>,
}

struct Flattener<'a> {
    func: &'a mut Func,
    state: VarId,
    dispatch: LabelId,
    states: Vec<Vec<Stmt>>,
    current: usize,
    /// For the label of a dissolved construct, the states that `break` and `continue` go to.
    targets: HashMap<LabelId, (usize, usize)>,
}

impl Flattener<'_> {
    fn run(&mut self) {
        let mut tasks = vec![self.task(self.func.body, None, None)];
        while let Some(task) = tasks.last_mut() {
            if let Some(start) = task.start.take() {
                self.current = start;
            }
            match task.stmts.next() {
                Some(stmt) => self.place(stmt, &mut tasks),
                None => {
                    if let Some(next) = task.next {
                        if !self.states[self.current].last().is_some_and(Stmt::is_terminator) {
                            self.go_to(next);
                        }
                        self.current = next;
                    }
                    tasks.pop();
                }
            }
        }
    }

    fn task(&mut self, block: BlockId, start: Option<usize>, next: Option<usize>) -> Task {
        let stmts = std::mem::take(&mut self.func.blocks[block.index()].stmts).into_iter();
        Task { stmts, start, next }
    }

    fn new_state(&mut self) -> usize {
        self.states.push(Vec::new());
        self.states.len() - 1
    }

    fn jump(&mut self, target: usize) -> [Stmt; 2] {
        let value = Expr::Const(Const::I32(target as i32));
        let value = self.func.exprs.add(value, ValType::I32);
        [Stmt::Assign(self.state, value), Stmt::Continue(self.dispatch)]
    }

    fn go_to(&mut self, target: usize) {
        let jump = self.jump(target);
        self.states[self.current].extend(jump);
    }

    fn is_high(&self, block: BlockId) -> bool {
        self.func.block(block).height >= MAX_HEIGHT
    }

    fn place(&mut self, stmt: Stmt, tasks: &mut Vec<Task>) {
        if !stmt.blocks().any(|block| self.is_high(block)) {
            self.retarget(stmt.blocks().collect());
            self.place_flat(stmt);
            return;
        }
        let after = self.new_state();
        match stmt {
            Stmt::Block(label, body) => {
                self.targets.insert(label, (after, after));
                let task = self.task(body, None, Some(after));
                tasks.push(task);
            }
            Stmt::Loop(label, body) => {
                let head = self.new_state();
                self.targets.insert(label, (after, head));
                self.go_to(head);
                let task = self.task(body, Some(head), Some(after));
                tasks.push(task);
            }
            Stmt::If { cond, then, other } => {
                let then = self.outline(then, after, tasks);
                let other = self.outline(other, after, tasks);
                self.states[self.current].push(Stmt::If { cond, then, other });
            }
            Stmt::Switch { index, arms, default } => {
                let default = self.outline(default, after, tasks);
                let arms = (arms.into_iter())
                    .map(|arm| Arm { body: self.outline(arm.body, after, tasks), ..arm })
                    .collect();
                self.states[self.current].push(Stmt::Switch { index, arms, default });
            }
            other => self.states[self.current].push(other),
        }
    }

    /// Makes a nested block a state of its own; returns a block that goes there.
    fn outline(&mut self, body: BlockId, after: usize, tasks: &mut Vec<Task>) -> BlockId {
        let start = self.new_state();
        let task = self.task(body, Some(start), Some(after));
        tasks.push(task);
        let stmts = self.jump(start).to_vec();
        self.func.add_block(Block { stmts, height: 0 })
    }

    fn place_flat(&mut self, stmt: Stmt) {
        match self.target(&stmt) {
            Some(target) => self.go_to(target),
            None => self.states[self.current].push(stmt),
        }
    }

    fn target(&self, stmt: &Stmt) -> Option<usize> {
        match stmt {
            Stmt::Break(label) => self.targets.get(label).map(|targets| targets.0),
            Stmt::Continue(label) => self.targets.get(label).map(|targets| targets.1),
            _ => None,
        }
    }

    /// Redirects branches in kept constructs that leave for a dissolved one.
    fn retarget(&mut self, mut blocks: Vec<BlockId>) {
        while let Some(block) = blocks.pop() {
            let stmts = &self.func.block(block).stmts;
            blocks.extend(stmts.iter().flat_map(Stmt::blocks));
            if let Some(target) = stmts.last().and_then(|stmt| self.target(stmt)) {
                let jump = self.jump(target);
                let stmts = &mut self.func.blocks[block.index()].stmts;
                stmts.pop();
                stmts.extend(jump);
            }
        }
    }
}

/// Temporaries that several states use are given their type's zero at first: that the
/// assignment comes before the use can't be seen from the text any more.
fn spread_shared(func: &mut Func, states: &[Vec<Stmt>]) {
    let mut seen: Vec<Option<usize>> = vec![None; func.vars.len()];
    let mut shared = Vec::new();
    for (index, stmts) in states.iter().enumerate() {
        let mut touch = |var: VarId| {
            if *seen[var.index()].get_or_insert(index) != index {
                shared.push(var);
            }
        };
        let mut pending: Vec<&Stmt> = stmts.iter().collect();
        while let Some(stmt) = pending.pop() {
            stmt.assigned().iter().copied().for_each(&mut touch);
            for operand in stmt.operands() {
                func.exprs.walk(operand, &mut |expr| {
                    if let Expr::Var(var) = expr {
                        touch(*var);
                    }
                });
            }
            for block in stmt.blocks() {
                pending.extend(&func.block(block).stmts);
            }
        }
    }
    for var in shared {
        let kind = &mut func.vars[var.index()].kind;
        if *kind == VarKind::Temp || *kind == VarKind::LoopParam {
            *kind = VarKind::Spread;
        }
    }
}
