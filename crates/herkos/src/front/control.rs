//! Control constructs: blocks, loops, conditionals and branches.

use super::Translator;
use crate::error::Error;
use crate::ir::{
    Args, Arm, Block, BlockId, Expr, ExprId, Func, LabelId, Stmt, VarId, VarKind, Vars,
};
use crate::wasm::TypeIdx;
use herkos_runtime::ValType;
use smallvec::{SmallVec, smallvec};
use std::collections::HashMap;
use wasmparser::{BlockType, BrTable};

/// How many tails may be in one another, with a switch in each: one after the other, switches that
/// one arm goes on from would make a nest as high as there are such.
const MAX_OPEN_TAILS: u32 = 16;

/// Types of parameters or results.
pub(super) type Types = SmallVec<[ValType; 16]>;

#[derive(Debug)]
enum Kind {
    Function,
    Block,
    Loop {
        params: Vars,
    },
    /// The first arm, with what the second needs: the condition and the parameters.
    Then {
        cond: ExprId,
        params: Args,
    },
    /// The second arm; whether control surely does not reach the end of the first.
    Else {
        cond: ExprId,
        then: BlockId,
        then_dead: bool,
    },
}

/// An open control construct.
#[derive(Debug)]
pub(super) struct Frame {
    kind: Kind,
    label: LabelId,
    /// Branches to the label.
    branches: u32,
    /// The last arm of a switch that does.
    arm: Option<SwitchArm>,
    /// How many loops are open around it.
    loops: u32,
    /// What goes into arms of switches, from these statements on to the next or to the end.
    tails: Vec<Tail>,
    result_types: Types,
    /// The variables that carry the results, once something needs them: a branch, or the end of an arm.
    results: Option<Vars>,
    /// Height of the value stack below the construct's parameters.
    pub(super) stack_base: usize,
    /// How many statements stand before the construct's own.
    pub(super) first_stmt: usize,
    outer_height: u32,
}

/// An arm of a switch that leaves a construct.
#[derive(Clone, Copy, Debug)]
struct SwitchArm {
    body: BlockId,
    /// How many loops are open around the switch.
    loops: u32,
}

/// Statements that only one arm of a switch leads to.
#[derive(Debug)]
struct Tail {
    arm: BlockId,
    first: usize,
}

impl Frame {
    /// How many loops are open in it.
    fn loops_within(&self) -> u32 {
        self.loops + u32::from(matches!(self.kind, Kind::Loop { .. }))
    }

    pub(super) fn function(func: &mut Func, result_types: Types) -> Self {
        Self {
            kind: Kind::Function,
            label: func.add_label(),
            branches: 0,
            arm: None,
            loops: 0,
            tails: Vec::new(),
            result_types,
            results: None,
            stack_base: 0,
            first_stmt: 0,
            outer_height: 0,
        }
    }
}

impl Translator<'_, '_> {
    fn block_type(&self, ty: BlockType) -> Result<(Types, Types), Error> {
        match ty {
            BlockType::Empty => Ok((Types::new(), Types::new())),
            BlockType::Type(ty) => Ok((Types::new(), smallvec![crate::wasm::val_type(ty)?])),
            BlockType::FuncType(ty) => {
                let sig = &self.module.sigs[self.module.type_sig(TypeIdx(ty)).index()];
                Ok((sig.params.as_slice().into(), sig.results.as_slice().into()))
            }
        }
    }

    fn open(&mut self, kind: Kind, result_types: Types, stack_base: usize) {
        let frame = Frame {
            kind,
            label: self.func.add_label(),
            branches: 0,
            arm: None,
            loops: self.frames.last().map_or(0, Frame::loops_within),
            tails: Vec::new(),
            result_types,
            results: None,
            stack_base,
            first_stmt: self.stmts.len(),
            outer_height: std::mem::take(&mut self.height),
        };
        self.frames.push(frame);
    }

    pub(super) fn open_block(&mut self, ty: BlockType) -> Result<(), Error> {
        let (params, results) = self.block_type(ty)?;
        self.spill_all();
        let base = self.first_of(params.len())?;
        self.open(Kind::Block, results, base);
        Ok(())
    }

    pub(super) fn open_loop(&mut self, ty: BlockType) -> Result<(), Error> {
        let (params, results) = self.block_type(ty)?;
        self.spill_all();
        let values = self.pop_many(params.len())?;
        let base = self.stack.len();
        let vars: Vars =
            params.iter().map(|ty| self.func.add_var(*ty, VarKind::LoopParam)).collect();
        for (var, value) in vars.iter().zip(values) {
            self.stmts.push(Stmt::Assign(*var, value));
        }
        self.open(Kind::Loop { params: vars.clone() }, results, base);
        for (var, ty) in vars.into_iter().zip(params) {
            self.push_stable(Expr::Var(var), ty);
        }
        Ok(())
    }

    pub(super) fn open_if(&mut self, ty: BlockType) -> Result<(), Error> {
        let (params, results) = self.block_type(ty)?;
        let cond = self.pop()?;
        self.spill_all();
        let count = params.len();
        self.make_repeatable(count)?;
        let base = self.first_of(count)?;
        let params = self.stack[base..].iter().map(|entry| entry.expr).collect();
        self.open(Kind::Then { cond, params }, results, base);
        Ok(())
    }

    /// Ends the first arm of the innermost conditional and begins the second.
    pub(super) fn open_else(&mut self) -> Result<(), Error> {
        let mut frame = self.pop_frame()?;
        let Kind::Then { cond, params } = std::mem::replace(&mut frame.kind, Kind::Block) else {
            return Err(Error::internal("else without if"));
        };
        let then_dead = self.dead.is_some();
        let then = self.close_arm(&mut frame)?;
        for param in params {
            let ty = self.func.exprs.ty(param);
            let again = self.func.exprs.get(param).clone();
            self.push_stable(again, ty);
        }
        self.frames.push(Frame { kind: Kind::Else { cond, then, then_dead }, ..frame });
        Ok(())
    }

    fn pop_frame(&mut self) -> Result<Frame, Error> {
        self.frames.pop().ok_or_else(|| Error::internal("no open construct"))
    }

    /// Assigns the fall-through values of an arm to the result variables, and makes the
    /// statements so far a block.
    fn close_arm(&mut self, frame: &mut Frame) -> Result<BlockId, Error> {
        self.settle(frame)?;
        if self.dead.take().is_none() {
            let values = self.pop_many(frame.result_types.len())?;
            let vars = self.result_vars(&mut frame.results, &frame.result_types);
            self.assign_all(&vars, &values);
        }
        self.truncate(frame.stack_base)?;
        Ok(self.take_block(frame))
    }

    /// Makes the construct's own statements a block.
    fn take_block(&mut self, frame: &Frame) -> BlockId {
        let stmts = self.stmts_from(frame.first_stmt);
        self.func.add_block(Block { stmts, height: std::mem::take(&mut self.height) })
    }

    /// Takes the statements from a position on.
    fn stmts_from(&mut self, first: usize) -> Vec<Stmt> {
        match first {
            0 => std::mem::take(&mut self.stmts),
            first => self.stmts.split_off(first),
        }
    }

    fn result_vars(&mut self, slot: &mut Option<Vars>, types: &[ValType]) -> Vars {
        let func = &mut self.func;
        slot.get_or_insert_with(|| {
            types.iter().map(|ty| func.add_var(*ty, VarKind::Temp)).collect()
        })
        .clone()
    }

    /// `vars = values`, all at once. The values are evaluated in order, so one that an earlier
    /// assignment would change goes through a temporary. `vars` are in the order in which they
    /// were made.
    fn assign_all(&mut self, vars: &[VarId], values: &[ExprId]) {
        let mut stmts: SmallVec<[Stmt; 2]> = SmallVec::new();
        for (position, (var, value)) in vars.iter().zip(values).enumerate() {
            let mut value = *value;
            let mut clobbered = false;
            self.func.exprs.walk(value, &mut |expr| {
                if let Expr::Var(read) = expr {
                    clobbered |= vars[..position].binary_search(read).is_ok();
                }
            });
            if clobbered {
                let ty = self.func.exprs.ty(value);
                let temp = self.func.add_var(ty, VarKind::Temp);
                self.stmts.push(Stmt::Assign(temp, value));
                value = self.add_expr(Expr::Var(temp), ty);
            }
            if *self.func.exprs.get(value) != Expr::Var(*var) {
                stmts.push(Stmt::Assign(*var, value));
            }
        }
        self.stmts.extend(stmts);
    }

    /// Ends the innermost construct.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        let frame = self.pop_frame()?;
        match frame.kind {
            Kind::Function => self.end_function(frame),
            Kind::Block | Kind::Loop { .. } => self.end_block(frame),
            Kind::Then { .. } | Kind::Else { .. } => self.end_if(frame),
        }
    }

    /// Moves what only one arm of a switch leads to into that arm. Compilers leave a nest of blocks
    /// for a switch, as high as it has cases, with the code of a case behind each; this way it
    /// becomes as flat as it was in their source.
    fn settle(&mut self, frame: &mut Frame) -> Result<(), Error> {
        while let Some(Tail { arm, first }) = frame.tails.pop() {
            self.open_tails -= 1;
            if self.dead.is_none() {
                let values = self.pop_many(frame.result_types.len())?;
                if matches!(frame.kind, Kind::Function) {
                    self.stmts.push(Stmt::Return(values));
                } else {
                    let vars = self.result_vars(&mut frame.results, &frame.result_types);
                    self.assign_all(&vars, &values);
                    self.stmts.push(Stmt::Break(frame.label));
                    frame.branches += 1;
                }
                self.truncate(frame.stack_base)?;
                self.dead = Some(0);
            }
            let tail = self.stmts.split_off(first);
            let arm = &mut self.func.blocks[arm.index()].stmts;
            arm.pop(); // its break
            arm.extend(tail);
            self.is_moved = true;
        }
        Ok(())
    }

    fn end_function(&mut self, mut frame: Frame) -> Result<(), Error> {
        self.settle(&mut frame)?;
        if self.dead.take().is_none() {
            let values = self.pop_many(frame.result_types.len())?;
            self.stmts.push(Stmt::Return(values));
        }
        self.func.body = self.take_block(&frame);
        if self.is_moved {
            self.func.measure();
        }
        Ok(())
    }

    fn end_block(&mut self, mut frame: Frame) -> Result<(), Error> {
        let is_loop = matches!(frame.kind, Kind::Loop { .. });
        let repeats = is_loop && frame.branches > 0;
        let branches = frame.branches;
        self.settle(&mut frame)?;
        let is_left = frame.branches > branches;
        let mut falls = self.dead.take().is_none();
        // A last `br` out of a block is a fall-through.
        if !is_loop && !falls && self.stmts.last() == Some(&Stmt::Break(frame.label)) {
            self.stmts.pop();
            frame.branches -= 1;
            falls = true;
        } else if falls && (frame.results.is_some() || repeats) {
            let values = self.pop_many(frame.result_types.len())?;
            let vars = self.result_vars(&mut frame.results, &frame.result_types);
            self.assign_all(&vars, &values);
        }
        if frame.branches == 0 {
            // No one branches here: the statements may stand in the outer construct.
            self.height = self.height.max(frame.outer_height);
            if !falls {
                self.truncate(frame.stack_base)?;
                self.dead = Some(0);
            } else if let Some(vars) = frame.results {
                self.truncate(frame.stack_base)?;
                self.push_vars(&vars);
            }
            return Ok(());
        }
        if !is_loop
            && !falls
            && frame.branches == 1
            && self.open_tails < MAX_OPEN_TAILS
            && let Some(SwitchArm { body: arm, loops }) = frame.arm
            && loops == frame.loops
            && let Some(outer) = self.frames.last_mut()
        {
            outer.tails.push(Tail { arm, first: self.stmts.len() });
            self.open_tails += 1;
            self.height = self.height.max(frame.outer_height);
            self.truncate(frame.stack_base)?;
            self.push_vars(&frame.results.unwrap_or_default());
            return Ok(());
        }
        let exits = falls || !repeats || is_left;
        let label = frame.label;
        self.truncate(frame.stack_base)?;
        let body = self.take_block(&frame);
        let stmt = if repeats { Stmt::Loop(label, body) } else { Stmt::Block(label, body) };
        self.close(stmt, body, frame, exits);
        Ok(())
    }

    fn end_if(&mut self, mut frame: Frame) -> Result<(), Error> {
        let arm_dead = self.dead.is_some();
        let arm = self.close_arm(&mut frame)?;
        let (cond, then, other, dead) = match std::mem::replace(&mut frame.kind, Kind::Block) {
            Kind::Else { cond, then, then_dead } => (cond, then, arm, then_dead && arm_dead),
            Kind::Then { cond, params } => {
                // No `else`: the parameters are the results.
                let vars = self.result_vars(&mut frame.results, &frame.result_types);
                let values: Args = params.into_iter().map(|param| self.repeat(param)).collect();
                self.assign_all(&vars, &values);
                (cond, arm, self.take_block(&frame), false)
            }
            Kind::Function | Kind::Block | Kind::Loop { .. } => {
                return Err(Error::internal("end of an arm without a conditional"));
            }
        };
        let exits = frame.branches > 0 || !dead;
        let stmt = Stmt::If { cond, then, other };
        if frame.branches == 0 {
            let height = self.func.block(then).height.max(self.func.block(other).height);
            self.height = frame.outer_height.max(height + 1);
            self.stmts.push(stmt);
            self.after(frame.results, exits);
        } else {
            let height = self.func.block(then).height.max(self.func.block(other).height) + 1;
            let body = self.func.add_block(Block { stmts: vec![stmt], height });
            let stmt = Stmt::Block(frame.label, body);
            self.close(stmt, body, frame, exits);
        }
        Ok(())
    }

    fn close(&mut self, stmt: Stmt, body: BlockId, frame: Frame, exits: bool) {
        self.height = frame.outer_height.max(self.func.block(body).height + 1);
        self.stmts.push(stmt);
        self.after(frame.results, exits);
    }

    fn after(&mut self, results: Option<Vars>, exits: bool) {
        if exits {
            self.push_vars(&results.unwrap_or_default());
        } else {
            self.dead = Some(0);
        }
    }

    fn push_vars(&mut self, vars: &[VarId]) {
        for var in vars {
            self.push_stable(Expr::Var(*var), self.func.vars[var.index()].ty);
        }
    }

    /// How many values a branch to `depth` carries.
    fn label_arity(&self, depth: u32) -> Result<usize, Error> {
        let frame = &self.frames[self.frame_at(depth)?];
        Ok(match &frame.kind {
            Kind::Loop { params } => params.len(),
            _ => frame.result_types.len(),
        })
    }

    fn frame_at(&self, depth: u32) -> Result<usize, Error> {
        (self.frames.len().checked_sub(1 + depth as usize))
            .ok_or_else(|| Error::internal("branch depth"))
    }

    fn frame_of(&mut self, depth: u32) -> Result<&mut Frame, Error> {
        let position = self.frame_at(depth)?;
        Ok(&mut self.frames[position])
    }

    /// A branch to `depth` that carries `values`.
    fn branch(&mut self, depth: u32, values: Args) -> Result<(), Error> {
        let position = self.frame_at(depth)?;
        let frame = &mut self.frames[position];
        let label = frame.label;
        let (vars, jump) = match &frame.kind {
            Kind::Function => {
                self.stmts.push(Stmt::Return(values));
                return Ok(());
            }
            Kind::Loop { params } => (params.clone(), Stmt::Continue(label)),
            Kind::Block | Kind::Then { .. } | Kind::Else { .. }
                if frame.result_types.is_empty() =>
            {
                frame.results = Some(Vars::new());
                (Vars::new(), Stmt::Break(label))
            }
            Kind::Block | Kind::Then { .. } | Kind::Else { .. } => {
                let mut results = frame.results.take();
                let types = frame.result_types.clone();
                let vars = self.result_vars(&mut results, &types);
                self.frames[position].results = results;
                (vars, Stmt::Break(label))
            }
        };
        self.frames[position].branches += 1;
        if !vars.is_empty() {
            self.assign_all(&vars, &values);
        }
        self.stmts.push(jump);
        Ok(())
    }

    pub(super) fn br(&mut self, depth: u32) -> Result<(), Error> {
        let arity = self.label_arity(depth)?;
        let values = self.pop_many(arity)?;
        self.branch(depth, values)?;
        self.terminate()
    }

    pub(super) fn br_if(&mut self, depth: u32) -> Result<(), Error> {
        let cond = self.pop()?;
        let arity = self.label_arity(depth)?;
        let then = self.branch_block(depth, arity)?;
        let other = self.func.add_block(Block::default());
        self.stmts.push(Stmt::If { cond, then, other });
        self.height = self.height.max(1);
        Ok(())
    }

    pub(super) fn br_table(&mut self, table: &BrTable<'_>) -> Result<(), Error> {
        let index = self.pop()?;
        let arity = self.label_arity(table.default())?;
        self.make_repeatable(arity)?;
        let mut arms: Vec<(u32, Vec<(u32, u32)>)> = Vec::new();
        let mut by_target: HashMap<u32, usize> = HashMap::new();
        for (position, target) in table.targets().enumerate() {
            let target = target.map_err(|error| Error::internal(format!("br_table: {error}")))?;
            if target == table.default() {
                continue;
            }
            let position = position as u32;
            let arm = *by_target.entry(target).or_insert_with(|| {
                arms.push((target, Vec::new()));
                arms.len() - 1
            });
            match arms[arm].1.last_mut() {
                Some((_, last)) if *last + 1 == position => *last = position,
                _ => arms[arm].1.push((position, position)),
            }
        }
        let loops = self.frames.last().map_or(0, Frame::loops_within);
        let mut out = Vec::with_capacity(arms.len());
        for (target, ranges) in arms {
            let body = self.branch_block(target, arity)?;
            self.frame_of(target)?.arm = Some(SwitchArm { body, loops });
            out.push(Arm { ranges, body });
        }
        let default = self.branch_block(table.default(), arity)?;
        if out.is_empty() {
            let stmts = std::mem::take(&mut self.func.blocks[default.index()].stmts);
            self.stmts.extend(stmts);
        } else {
            self.frame_of(table.default())?.arm = Some(SwitchArm { body: default, loops });
            self.stmts.push(Stmt::Switch { index, arms: out, default });
            self.height = self.height.max(1);
        }
        self.terminate()
    }

    fn branch_block(&mut self, depth: u32, arity: usize) -> Result<BlockId, Error> {
        self.check_size()?;
        let values = self.copy_top(arity)?;
        let first = self.stmts.len();
        self.branch(depth, values)?;
        let stmts = self.stmts.split_off(first);
        Ok(self.func.add_block(Block { stmts, height: 0 }))
    }

    pub(super) fn ret(&mut self) -> Result<(), Error> {
        let values = self.pop_many(self.func.results.len())?;
        self.stmts.push(Stmt::Return(values));
        self.terminate()
    }

    /// Nothing after this is reachable, up to the end of the construct.
    pub(super) fn terminate(&mut self) -> Result<(), Error> {
        let base = self.frames.last().map_or(0, |frame| frame.stack_base);
        self.truncate(base)?;
        self.dead = Some(0);
        Ok(())
    }
}
