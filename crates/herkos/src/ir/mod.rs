//! The intermediate representation: WebAssembly's own control structure, with expressions in
//! an arena and every node's type beside it.
//!
//! A function is a tree of [`Block`]s of [`Stmt`]s. Pure operators are expression trees;
//! whatever may trap, read what others write, or write is a statement of its own
//! ([`Stmt::Do`]), so the order of effects is the order of statements. Variables are the
//! function's parameters and locals plus temporaries. A [`VarKind::Temp`] has one value from
//! its assignment to its last use; only parameters, locals and loop parameters change.
//!
//! Everything refers by index into [`Func`]'s arenas: no recursion is needed to build or to
//! drop a function, however deeply a hostile module nests.

mod print;
mod verify;

pub use verify::verify;

use crate::op::{Const, LoadOp, NumOp, StoreOp};
use crate::wasm::{DataIdx, DefinedFunc, ElemIdx, FuncIdx, GlobalIdx, MemoryIdx, SigId, TableIdx};
use herkos_runtime::{TrapKind, ValType};
use smallvec::SmallVec;
use std::collections::HashMap;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The id as a position in its arena.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

id! {
    /// A variable of a function.
    VarId
    /// An expression of a function.
    ExprId
    /// A block of statements.
    BlockId
    /// The label of a block or loop.
    LabelId
    /// A stream of a [`Counted`] loop.
    StreamId
}

/// A few variables, or more of them: as small as a `Vec`, and mostly without an allocation.
pub type Vars = SmallVec<[VarId; 4]>;

/// A few operands; see [`Vars`].
pub type Args = SmallVec<[ExprId; 4]>;

/// What a variable is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarKind {
    /// A parameter, by local index.
    Param(u32),
    /// A local, by local index; zero or null at first.
    Local(u32),
    /// Assigned before every use, on each path once.
    Temp,
    /// The parameter of a loop: assigned before the loop and before each repetition.
    LoopParam,
    /// A temporary of a flattened function: zero at first, so that the assignment need not
    /// be visible from the use.
    Spread,
}

/// A variable.
#[derive(Clone, Copy, Debug)]
pub struct Var {
    /// Its type.
    pub ty: ValType,
    /// What it is for.
    pub kind: VarKind,
}

/// A pure, total expression: it neither traps nor writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number.
    Const(Const),
    /// A variable's value.
    Var(VarId),
    /// A numeric operator with one operand.
    Unary(NumOp, ExprId),
    /// A numeric operator with two operands.
    Binary(NumOp, ExprId, ExprId),
    /// `if cond != 0 { then } else { other }`; all three are evaluated at no one's cost.
    Select {
        /// The condition.
        cond: ExprId,
        /// The value where the condition is not zero.
        then: ExprId,
        /// The value where it is zero.
        other: ExprId,
    },
    /// `global.get`
    GlobalGet(GlobalIdx),
    /// `memory.size` in pages
    MemorySize(MemoryIdx),
    /// `table.size`
    TableSize(TableIdx),
    /// `ref.null`
    RefNull,
    /// `ref.func`
    RefFunc(FuncIdx),
    /// `ref.is_null`
    RefIsNull(ExprId),
}

/// Expressions and their types.
#[derive(Clone, Debug, Default)]
pub struct Exprs {
    nodes: Vec<(Expr, ValType)>,
}

impl Exprs {
    /// No expressions yet, and room for some.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { nodes: Vec::with_capacity(capacity) }
    }

    /// Adds an expression.
    pub fn add(&mut self, expr: Expr, ty: ValType) -> ExprId {
        self.nodes.push((expr, ty));
        ExprId(self.nodes.len() as u32 - 1)
    }

    /// The expression.
    pub fn get(&self, id: ExprId) -> &Expr {
        &self.nodes[id.index()].0
    }

    /// Puts another expression of the same type in its place.
    pub fn set(&mut self, id: ExprId, expr: Expr) {
        self.nodes[id.index()].0 = expr;
    }

    /// The expression's type.
    pub fn ty(&self, id: ExprId) -> ValType {
        self.nodes[id.index()].1
    }

    /// How many expressions there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The number that the expression is, if it is a constant.
    pub fn constant(&self, id: ExprId) -> Option<Const> {
        if let Expr::Const(value) = *self.get(id) { Some(value) } else { None }
    }

    /// Whether `is` holds for any expression, whether a statement uses it or not.
    pub fn any(&self, is: impl Fn(&Expr) -> bool) -> bool {
        self.nodes.iter().any(|(expr, _)| is(expr))
    }

    /// Calls `visit` for the expression and everything in it. Trees are shallow by construction.
    #[inline]
    pub fn walk(&self, root: ExprId, visit: &mut impl FnMut(&Expr)) {
        let expr = self.get(root);
        visit(expr);
        // Most have no operands.
        if !matches!(expr, Expr::Const(_) | Expr::Var(_)) {
            self.walk_operands(expr, visit);
        }
    }

    fn walk_operands(&self, expr: &Expr, visit: &mut impl FnMut(&Expr)) {
        match *expr {
            Expr::Const(_)
            | Expr::Var(_)
            | Expr::GlobalGet(_)
            | Expr::MemorySize(_)
            | Expr::TableSize(_)
            | Expr::RefNull
            | Expr::RefFunc(_) => {}
            Expr::Unary(_, a) | Expr::RefIsNull(a) => self.walk(a, visit),
            Expr::Binary(_, a, b) => {
                self.walk(a, visit);
                self.walk(b, visit);
            }
            Expr::Select { cond, then, other } => {
                self.walk(cond, visit);
                self.walk(then, visit);
                self.walk(other, visit);
            }
        }
    }
}

/// What the bounds check of an access asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The accessed bytes.
    Own,
    /// This many bytes from the address on, the accessed ones among them.
    Extent(u32),
    /// The same, where the check of that has passed before: there is nothing to trap on.
    Proven(u32),
    /// The first bytes of the memory, this many: the accessed ones are always among them.
    Below(u32),
    /// The same, where the check of that has passed before.
    BelowProven(u32),
}

impl Bound {
    /// The same check, with a trap: for where what proved it is no longer there.
    pub fn checked(self) -> Self {
        match self {
            Self::Proven(extent) => Self::Extent(extent),
            Self::BelowProven(limit) => Self::Below(limit),
            bound => bound,
        }
    }

    /// Whether there is a trap for when the access is out of bounds.
    pub fn traps(self) -> bool {
        matches!(self, Self::Own | Self::Extent(_) | Self::Below(_))
    }
}

/// Something with an effect. Operands are evaluated first, from left to right.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A numeric operator that may trap; the second operand is absent for conversions.
    Checked(NumOp, ExprId, Option<ExprId>),
    /// A load. It traps unless `bound` holds.
    Load { op: LoadOp, memory: MemoryIdx, addr: ExprId, offset: u32, bound: Bound },
    /// A store; see [`Op::Load`].
    Store { op: StoreOp, memory: MemoryIdx, addr: ExprId, offset: u32, bound: Bound, value: ExprId },
    /// A load in a [`Counted`] loop, `delta` bytes after the current position of one of its streams.
    LoadAt { op: LoadOp, stream: StreamId, delta: u32 },
    /// A store in a [`Counted`] loop; see [`Op::LoadAt`].
    StoreAt { op: StoreOp, stream: StreamId, delta: u32, value: ExprId },
    /// A load in a [`Counted`] loop from anywhere in the bytes of a stream that stays where it is.
    LoadIn { op: LoadOp, stream: StreamId, addr: ExprId, offset: u32 },
    /// A store in a [`Counted`] loop; see [`Op::LoadIn`].
    StoreIn { op: StoreOp, stream: StreamId, addr: ExprId, offset: u32, value: ExprId },
    /// `memory.grow`
    MemoryGrow { memory: MemoryIdx, delta: ExprId },
    /// `memory.fill`
    MemoryFill { memory: MemoryIdx, dest: ExprId, value: ExprId, len: ExprId },
    /// `memory.copy`
    MemoryCopy {
        dest_memory: MemoryIdx,
        src_memory: MemoryIdx,
        dest: ExprId,
        src: ExprId,
        len: ExprId,
    },
    /// `memory.init`
    MemoryInit { memory: MemoryIdx, data: DataIdx, dest: ExprId, src: ExprId, len: ExprId },
    /// `data.drop`
    DataDrop(DataIdx),
    /// `global.set`
    GlobalSet(GlobalIdx, ExprId),
    /// `table.get`
    TableGet(TableIdx, ExprId),
    /// `table.set`
    TableSet(TableIdx, ExprId, ExprId),
    /// `table.grow`
    TableGrow { table: TableIdx, value: ExprId, delta: ExprId },
    /// `table.fill`
    TableFill { table: TableIdx, start: ExprId, value: ExprId, len: ExprId },
    /// `table.copy`
    TableCopy { dest_table: TableIdx, src_table: TableIdx, dest: ExprId, src: ExprId, len: ExprId },
    /// `table.init`
    TableInit { table: TableIdx, elem: ElemIdx, dest: ExprId, src: ExprId, len: ExprId },
    /// `elem.drop`
    ElemDrop(ElemIdx),
    /// `call`
    Call(FuncIdx, Args),
    /// `call_indirect`
    CallIndirect { table: TableIdx, sig: SigId, index: ExprId, args: Args },
    /// A call of one of the function's own [`Func::parts`].
    Part(u32, Args),
}

/// One arm of a [`Stmt::Switch`].
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Inclusive ranges of the index, ascending, disjoint over all arms.
    pub ranges: Vec<(u32, u32)>,
    /// What to do.
    pub body: BlockId,
}

/// How a [`Counted`] loop goes on: while a value is, for its bound, ... (unsigned).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountOp {
    /// Another one.
    Ne,
    /// Less.
    Lt,
    /// At most as much.
    Le,
}

/// Bytes of the memory that a [`Counted`] loop walks over, at an address that changes by the same
/// amount each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its name.
    pub id: StreamId,
    /// Bytes from one repetition to the next.
    pub stride: u32,
    /// Bytes accessed from the position on, at each repetition.
    pub extent: u32,
}

/// A loop whose repetitions are counted, and its accesses checked, before it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// What is compared to the bound after the first repetition, the bound, the address at which
    /// each stream starts, and what each of `advanced` is before the loop.
    pub operands: Vec<ExprId>,
    /// When it goes on.
    pub op: CountOp,
    /// What the compared value grows by each time.
    pub step: u32,
    /// How many repetitions of `fast` one of `slow` is.
    pub unrolled: u32,
    /// The number of its counter in the function.
    pub counter: u32,
    /// Fuel for each repetition of `fast`.
    pub units: u32,
    /// The streams that `fast` uses.
    pub streams: Vec<Stream>,
    /// Where from and where to, if it does nothing but copy bytes: then `fast` is empty.
    pub copies: Option<(StreamId, StreamId)>,
    /// How many bytes the memory must have for what `fast` has [`Bound::BelowProven`].
    pub below: u32,
    /// Variables that `fast` has nothing to do with, and that change by a constant for each of its
    /// repetitions: assigned after them.
    pub advanced: Vars,
    /// Those constants.
    pub by: Vec<u32>,
    /// How many assignments of each repetition that replaces, which are paid for as before.
    pub taken: u32,
    /// The label of `fast`.
    pub label: LabelId,
    /// The body of a loop, repeated as often as was counted, if the streams are in bounds.
    pub fast: BlockId,
    /// What to do otherwise.
    pub slow: BlockId,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    /// `var = value`
    Assign(VarId, ExprId),
    /// An effect, its results, and the byte offset of the operator in the module.
    Do { results: Vars, op: Op, offset: u32 },
    /// A block that [`Stmt::Break`] leaves.
    Block(LabelId, BlockId),
    /// A loop: leaves at its end or by [`Stmt::Break`], repeats by [`Stmt::Continue`].
    Loop(LabelId, BlockId),
    /// A conditional.
    If { cond: ExprId, then: BlockId, other: BlockId },
    /// A dispatch on an unsigned 32-bit index.
    Switch { index: ExprId, arms: Vec<Arm>, default: BlockId },
    /// A loop that is counted, or another one that isn't.
    Counted(Box<Counted>),
    /// Leaves the block or loop with this label.
    Break(LabelId),
    /// Repeats the loop with this label.
    Continue(LabelId),
    /// Leaves the function with these results.
    Return(Args),
    /// Traps; the byte offset of the operator in the module.
    Trap(TrapKind, u32),
    /// Spends fuel, and traps if it is `checked` and there is not so much left; the byte offset that
    /// the trap gets.
    Spend { units: u32, checked: bool, offset: u32 },
}

impl Stmt {
    /// Whether control never goes on to the next statement because of this statement alone.
    pub fn is_terminator(&self) -> bool {
        matches!(self, Self::Break(_) | Self::Continue(_) | Self::Return(_) | Self::Trap(..))
    }
}

/// A sequence of statements.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The statements.
    pub stmts: Vec<Stmt>,
    /// How many blocks are nested in this one at the most, 0 for none; of interest to
    /// [`crate::pass::flatten`] alone, and not kept up after it.
    pub height: u32,
}

/// A piece of a function that was too large, as a function of its own. It shares the arenas.
#[derive(Clone, Debug)]
pub struct Part {
    /// The statements; the last one returns the results.
    pub body: BlockId,
    /// The variables that come in.
    pub params: Vec<VarId>,
    /// The variables that go out.
    pub results: Vec<VarId>,
}

/// A function body.
#[derive(Clone, Debug)]
pub struct Func {
    /// Which one it is.
    pub index: DefinedFunc,
    /// Variables: parameters first, then locals, then the rest.
    pub vars: Vec<Var>,
    /// Expressions.
    pub exprs: Exprs,
    /// Blocks.
    pub blocks: Vec<Block>,
    /// The outermost block. Control never reaches its end.
    pub body: BlockId,
    /// How many labels there are.
    pub labels: u32,
    /// How many counters there are.
    pub counters: u32,
    /// How many streams there are.
    pub streams: u32,
    /// The memory that it loads from and stores to; none if there are several. Streams are in it.
    pub memory: Option<MemoryIdx>,
    /// Result types.
    pub results: Vec<ValType>,
    /// Variables that are small, unsigned, where a loop begins, and how large they can be.
    pub small: HashMap<LabelId, Vec<(VarId, u32)>>,
    /// Byte offset of the body in the module.
    pub offset: u32,
    /// What was taken out of the body.
    pub parts: Vec<Part>,
}

impl Func {
    /// Adds a variable.
    pub fn add_var(&mut self, ty: ValType, kind: VarKind) -> VarId {
        self.vars.push(Var { ty, kind });
        VarId(self.vars.len() as u32 - 1)
    }

    /// Adds a label.
    pub fn add_label(&mut self) -> LabelId {
        self.labels += 1;
        LabelId(self.labels - 1)
    }

    /// Adds a block.
    pub fn add_block(&mut self, block: Block) -> BlockId {
        self.blocks.push(block);
        BlockId(self.blocks.len() as u32 - 1)
    }

    /// Finds the height of each block again, however high they are.
    pub fn measure(&mut self) {
        let mut found = vec![self.body];
        let mut next = 0;
        while let Some(id) = found.get(next).copied() {
            found.extend(self.block(id).stmts.iter().flat_map(Stmt::blocks));
            next += 1;
        }
        for id in found.into_iter().rev() {
            let nested = self.block(id).stmts.iter().flat_map(Stmt::blocks);
            let height = nested.map(|inner| self.block(inner).height + 1).max().unwrap_or(0);
            self.blocks[id.index()].height = height;
        }
    }

    /// How many expressions and variables there are.
    pub fn nodes(&self) -> usize {
        self.exprs.len() + self.vars.len()
    }

    /// The outermost blocks: the body's, then those of the parts.
    pub fn roots(&self) -> impl Iterator<Item = BlockId> + '_ {
        std::iter::once(self.body).chain(self.parts.iter().map(|part| part.body))
    }

    /// The block.
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }
}

/// Operands, in order of evaluation: those of a list, then up to three of their own.
#[derive(Clone, Debug, Default)]
pub struct Operands<'a> {
    list: &'a [ExprId],
    own: [Option<ExprId>; 3],
}

impl<'a> Operands<'a> {
    fn list(list: &'a [ExprId]) -> Self {
        Self { list, own: [None; 3] }
    }
}

impl Iterator for Operands<'_> {
    type Item = ExprId;

    fn next(&mut self) -> Option<ExprId> {
        if let Some((first, rest)) = self.list.split_first() {
            self.list = rest;
            return Some(*first);
        }
        let [a, b, c] = self.own;
        self.own = [b, c, None];
        a
    }
}

/// Blocks nested in a statement, in order: those of the arms, then up to two of its own.
#[derive(Clone, Debug, Default)]
pub struct Blocks<'a> {
    arms: &'a [Arm],
    own: [Option<BlockId>; 2],
}

impl Iterator for Blocks<'_> {
    type Item = BlockId;

    fn next(&mut self) -> Option<BlockId> {
        if let Some((first, rest)) = self.arms.split_first() {
            self.arms = rest;
            return Some(first.body);
        }
        let [a, b] = self.own;
        self.own = [b, None];
        a
    }
}

impl DoubleEndedIterator for Blocks<'_> {
    fn next_back(&mut self) -> Option<BlockId> {
        if let Some(last) = self.own[1].take().or_else(|| self.own[0].take()) {
            return Some(last);
        }
        let (last, rest) = self.arms.split_last()?;
        self.arms = rest;
        Some(last.body)
    }
}

impl Op {
    /// Calls `visit` for each operand, in order of evaluation.
    pub fn each_operand(&mut self, mut visit: impl FnMut(&mut ExprId)) {
        match self {
            Self::Checked(_, a, b) => std::iter::once(a).chain(b).for_each(visit),
            Self::Load { addr: a, .. }
            | Self::LoadIn { addr: a, .. }
            | Self::StoreAt { value: a, .. }
            | Self::MemoryGrow { delta: a, .. }
            | Self::GlobalSet(_, a)
            | Self::TableGet(_, a) => visit(a),
            Self::Store { addr: a, value: b, .. }
            | Self::StoreIn { addr: a, value: b, .. }
            | Self::TableSet(_, a, b)
            | Self::TableGrow { value: a, delta: b, .. } => [a, b].into_iter().for_each(visit),
            Self::MemoryFill { dest: a, value: b, len: c, .. }
            | Self::MemoryCopy { dest: a, src: b, len: c, .. }
            | Self::MemoryInit { dest: a, src: b, len: c, .. }
            | Self::TableFill { start: a, value: b, len: c, .. }
            | Self::TableCopy { dest: a, src: b, len: c, .. }
            | Self::TableInit { dest: a, src: b, len: c, .. } => {
                [a, b, c].into_iter().for_each(visit);
            }
            Self::LoadAt { .. } | Self::DataDrop(_) | Self::ElemDrop(_) => {}
            Self::Call(_, args) | Self::Part(_, args) => args.iter_mut().for_each(visit),
            Self::CallIndirect { index, args, .. } => {
                args.iter_mut().chain([index]).for_each(visit);
            }
        }
    }

    /// How many bytes or elements a bulk operation works on.
    pub fn bulk_len(&self) -> Option<ExprId> {
        match self {
            Self::MemoryFill { len, .. }
            | Self::MemoryCopy { len, .. }
            | Self::MemoryInit { len, .. }
            | Self::TableFill { len, .. }
            | Self::TableCopy { len, .. }
            | Self::TableInit { len, .. }
            | Self::TableGrow { delta: len, .. } => Some(*len),
            _ => None,
        }
    }

    /// The operands, in order of evaluation.
    pub fn operands(&self) -> Operands<'_> {
        let own = |own| Operands { list: &[], own };
        match self {
            Self::Checked(_, a, b) => own([Some(*a), *b, None]),
            Self::Load { addr, .. } | Self::LoadIn { addr, .. } => own([Some(*addr), None, None]),
            Self::Store { addr, value, .. } | Self::StoreIn { addr, value, .. } => {
                own([Some(*addr), Some(*value), None])
            }
            Self::LoadAt { .. } => Operands::default(),
            Self::StoreAt { value, .. } => own([Some(*value), None, None]),
            Self::MemoryGrow { delta, .. } => own([Some(*delta), None, None]),
            Self::MemoryFill { dest: a, value: b, len: c, .. }
            | Self::MemoryCopy { dest: a, src: b, len: c, .. }
            | Self::MemoryInit { dest: a, src: b, len: c, .. }
            | Self::TableFill { start: a, value: b, len: c, .. }
            | Self::TableCopy { dest: a, src: b, len: c, .. }
            | Self::TableInit { dest: a, src: b, len: c, .. } => {
                own([Some(*a), Some(*b), Some(*c)])
            }
            Self::DataDrop(_) | Self::ElemDrop(_) => Operands::default(),
            Self::GlobalSet(_, value) => own([Some(*value), None, None]),
            Self::TableGet(_, index) => own([Some(*index), None, None]),
            Self::TableSet(_, index, value) => own([Some(*index), Some(*value), None]),
            Self::TableGrow { value, delta, .. } => own([Some(*value), Some(*delta), None]),
            Self::Call(_, args) | Self::Part(_, args) => Operands::list(args),
            Self::CallIndirect { index, args, .. } => {
                Operands { list: args, own: [Some(*index), None, None] }
            }
        }
    }
}

impl Stmt {
    /// The expressions that the statement evaluates itself (not those of nested blocks).
    pub fn operands(&self) -> Operands<'_> {
        match self {
            Self::Assign(_, value) => Operands::list(std::slice::from_ref(value)),
            Self::Do { op, .. } => op.operands(),
            Self::If { cond, .. } => Operands::list(std::slice::from_ref(cond)),
            Self::Switch { index, .. } => Operands::list(std::slice::from_ref(index)),
            Self::Return(values) => Operands::list(values),
            Self::Counted(counted) => Operands::list(&counted.operands),
            Self::Block(..)
            | Self::Loop(..)
            | Self::Break(_)
            | Self::Continue(_)
            | Self::Trap(..)
            | Self::Spend { .. } => Operands::default(),
        }
    }

    /// The blocks nested directly in the statement.
    pub fn blocks(&self) -> Blocks<'_> {
        match self {
            Self::Block(_, body) | Self::Loop(_, body) => {
                Blocks { arms: &[], own: [Some(*body), None] }
            }
            Self::If { then, other, .. } => Blocks { arms: &[], own: [Some(*then), Some(*other)] },
            Self::Switch { arms, default, .. } => Blocks { arms, own: [Some(*default), None] },
            Self::Counted(counted) => {
                Blocks { arms: &[], own: [Some(counted.fast), Some(counted.slow)] }
            }
            Self::Assign(..)
            | Self::Do { .. }
            | Self::Break(_)
            | Self::Continue(_)
            | Self::Return(_)
            | Self::Trap(..)
            | Self::Spend { .. } => Blocks::default(),
        }
    }

    /// The variables that the statement assigns itself.
    pub fn assigned(&self) -> &[VarId] {
        match self {
            Self::Assign(var, _) => std::slice::from_ref(var),
            Self::Do { results, .. } => results,
            Self::Counted(counted) => &counted.advanced,
            _ => &[],
        }
    }
}
