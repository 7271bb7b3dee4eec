//! Takes back the unrolling of a loop.
//!
//! A body that does the same `n` times, each time a constant distance further, becomes a body that
//! does it once, repeated `n` times as often. The order of all loads, stores and operators stays as
//! it was, so that the results are the same to the last bit.
//!
//! The body is read as what it stores and what it carries to its next repetition, as expressions
//! over its loads and over the values at its start. Shared subexpressions are one node, so two
//! expressions are equal if their numbers are.

use super::{Access, AccessOp, Liveness, Plan};
use crate::ir::{Expr, ExprId, Func, Op, Stmt, StreamId, VarId, VarKind, Vars};
use crate::op::{Const, NumOp};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use herkos_runtime::ValType;
use smallvec::smallvec;

/// How often a body may be there.
const FACTORS: [usize; 4] = [8, 4, 3, 2];

/// The new body may have this many nodes.
const MAX_NODES: usize = 400;

/// The number of a node.
type NodeId = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node {
    Const(Const),
    /// A variable's value at the start of the body.
    Var(VarId),
    /// What an access has loaded.
    Load(usize),
    Unary(NumOp, NodeId),
    Binary(NumOp, NodeId, NodeId),
    Select(NodeId, NodeId, NodeId),
}

/// A body that was unrolled.
pub struct Rerolled {
    /// The statements of the body once.
    pub stmts: Vec<Stmt>,
    /// How often it was there.
    pub times: u32,
    /// Variables that it has nothing to do with, and by how much they change each time.
    pub steps: Vec<(VarId, u32)>,
}

/// The body once, if it is there several times. The loop's accesses are all of its effects.
pub fn reroll(
    func: &mut Func,
    plan: &Plan,
    live: &mut Liveness,
    stream_id: &impl Fn(usize) -> StreamId,
) -> Option<Rerolled> {
    let body = Body::read(func, plan)?;
    let len = body.accesses.len();
    FACTORS.iter().filter(|factor| len > 0 && len % **factor == 0).find_map(|factor| {
        let once = Once::find(func, &body, plan, live, *factor)?;
        let stmts = once.write(func, &body, stream_id)?;
        Some(Rerolled { stmts, times: *factor as u32, steps: once.steps })
    })
}

/// Nodes, each once.
#[derive(Clone, Default)]
struct Nodes {
    nodes: Vec<(Node, ValType)>,
    numbers: HashMap<Node, NodeId>,
}

impl Nodes {
    fn add(&mut self, node: Node, ty: ValType) -> NodeId {
        let next = self.nodes.len();
        let number = *self.numbers.entry(node).or_insert(next);
        if number == next {
            self.nodes.push((node, ty));
        }
        number
    }

    fn operands(&self, id: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        let operands = match self.nodes[id].0 {
            Node::Const(_) | Node::Var(_) | Node::Load(_) => [None; 3],
            Node::Unary(_, a) => [Some(a), None, None],
            Node::Binary(_, a, b) => [Some(a), Some(b), None],
            Node::Select(a, b, c) => [Some(a), Some(b), Some(c)],
        };
        operands.into_iter().flatten()
    }

    /// The node with other operands and leaves.
    fn replace(
        &mut self,
        id: NodeId,
        done: &mut HashMap<NodeId, NodeId>,
        leaf: &impl Fn(Node) -> Option<LeafOr>,
    ) -> Option<NodeId> {
        if let Some(done) = done.get(&id) {
            return Some(*done);
        }
        let (node, ty) = self.nodes[id];
        let new = match node {
            Node::Const(_) => id,
            Node::Var(_) | Node::Load(_) => match leaf(node)? {
                LeafOr::Leaf(node) => self.add(node, ty),
                LeafOr::Node(node) => node,
            },
            Node::Unary(op, a) => {
                let a = self.replace(a, done, leaf)?;
                self.add(Node::Unary(op, a), ty)
            }
            Node::Binary(op, a, b) => {
                let (a, b) = (self.replace(a, done, leaf)?, self.replace(b, done, leaf)?);
                self.add(Node::Binary(op, a, b), ty)
            }
            Node::Select(a, b, c) => {
                let (a, b) = (self.replace(a, done, leaf)?, self.replace(b, done, leaf)?);
                let c = self.replace(c, done, leaf)?;
                self.add(Node::Select(a, b, c), ty)
            }
        };
        done.insert(id, new);
        Some(new)
    }
}

/// What a leaf becomes.
enum LeafOr {
    Leaf(Node),
    Node(NodeId),
}

/// The body as it is.
struct Body {
    nodes: Nodes,
    /// In order; with the value, if it is a store.
    accesses: Vec<(Access, Option<NodeId>)>,
    offsets: Vec<u32>,
    /// The values at the end.
    values: HashMap<VarId, NodeId>,
}

impl Body {
    /// A body without jumps whose accesses all belong to streams that move.
    fn read(func: &Func, plan: &Plan) -> Option<Self> {
        let mut body = Self {
            nodes: Nodes::default(),
            accesses: Vec::new(),
            offsets: Vec::new(),
            values: HashMap::new(),
        };
        let stmts = &func.block(plan.body).stmts;
        for (position, stmt) in stmts[..stmts.len() - 1].iter().enumerate() {
            match stmt {
                Stmt::Assign(var, value) => {
                    let value = body.node(func, *value)?;
                    body.values.insert(*var, value);
                }
                Stmt::Do { results, op, offset } => {
                    let access = *plan.accesses.get(&(plan.body, position))?;
                    if plan.streams[access.stream].stride == 0 {
                        return None;
                    }
                    let value = match op {
                        Op::Store { value, .. } => Some(body.node(func, *value)?),
                        _ => None,
                    };
                    if let [var] = results.as_slice() {
                        let ty = func.vars[var.index()].ty;
                        let value = body.nodes.add(Node::Load(body.accesses.len()), ty);
                        body.values.insert(*var, value);
                    }
                    body.accesses.push((access, value));
                    body.offsets.push(*offset);
                }
                _ => return None,
            }
        }
        Some(body)
    }

    fn node(&mut self, func: &Func, expr: ExprId) -> Option<NodeId> {
        let ty = func.exprs.ty(expr);
        let node = match *func.exprs.get(expr) {
            Expr::Const(value) => Node::Const(value),
            Expr::Var(var) => match self.values.get(&var) {
                Some(value) => return Some(*value),
                None => Node::Var(var),
            },
            Expr::Unary(op, a) => Node::Unary(op, self.node(func, a)?),
            Expr::Binary(op, a, b) => Node::Binary(op, self.node(func, a)?, self.node(func, b)?),
            Expr::Select { cond, then, other } => Node::Select(
                self.node(func, cond)?,
                self.node(func, then)?,
                self.node(func, other)?,
            ),
            _ => return None,
        };
        Some(self.nodes.add(node, ty))
    }
}

/// The body once.
struct Once {
    nodes: Nodes,
    /// How many accesses it has.
    len: usize,
    /// What it carries to its next repetition.
    carried: Vec<(VarId, NodeId)>,
    /// Variables that grow by a constant, and by how much.
    steps: Vec<(VarId, u32)>,
}

impl Once {
    fn find(
        func: &Func,
        body: &Body,
        plan: &Plan,
        live: &mut Liveness,
        factor: usize,
    ) -> Option<Self> {
        let len = body.accesses.len() / factor;
        for (index, (next, _)) in body.accesses.iter().enumerate().skip(len) {
            let (access, _) = &body.accesses[index - len];
            let stride = plan.streams[access.stream].stride;
            let distance = stride / factor as u32;
            if (access.op, access.stream) != (next.op, next.stream)
                || !stride.is_multiple_of(factor as u32)
                || access.delta.checked_add(distance) != Some(next.delta)
            {
                return None;
            }
        }
        let mut once =
            Self { nodes: body.nodes.clone(), len, carried: Vec::new(), steps: Vec::new() };
        let carried = once.carried_vars(func, body, plan, live, factor)?;
        for var in carried {
            let value = once.first_value(body, var, factor)?;
            once.carried.push((var, value));
        }
        (once.is_independent(body) && once.is_right(body, factor)).then_some(once)
    }

    /// Whether repetitions depend on earlier ones in no other way than LLVM can vectorise: by sums
    /// and the like of integers that nothing else uses, or by what just the previous one has loaded.
    /// Else unrolled is faster.
    fn is_independent(&self, body: &Body) -> bool {
        use NumOp::{I32Add, I32And, I32Or, I32Xor, I64Add, I64And, I64Or, I64Xor};
        let chained: HashSet<VarId> = (self.carried.iter())
            .filter(|(_, value)| self.mentions(*value, body))
            .map(|(var, _)| *var)
            .collect();
        let uses_chained = |root: NodeId| {
            self.reached(root).into_iter().any(
                |id| matches!(self.nodes.nodes[id].0, Node::Var(var) if chained.contains(&var)),
            )
        };
        let reduces = |var: VarId, value: NodeId| match self.nodes.nodes[value].0 {
            Node::Binary(
                I32Add | I32And | I32Or | I32Xor | I64Add | I64And | I64Or | I64Xor,
                a,
                b,
            ) => [(a, b), (b, a)].into_iter().any(|(old, other)| {
                self.nodes.nodes[old].0 == Node::Var(var) && !uses_chained(other)
            }),
            _ => false,
        };
        self.carried.iter().all(|(var, value)| !chained.contains(var) || reduces(*var, *value))
            && !body.accesses[..self.len].iter().filter_map(|(_, value)| *value).any(uses_chained)
    }

    /// The variables whose values at the end are needed, apart from those that grow by constants.
    fn carried_vars(
        &mut self,
        func: &Func,
        body: &Body,
        plan: &Plan,
        live: &mut Liveness,
        factor: usize,
    ) -> Option<Vec<VarId>> {
        let mut needed: Vec<VarId> = Vec::new();
        let mut pending: Vec<NodeId> =
            body.accesses.iter().filter_map(|(_, value)| *value).collect();
        let mut assigned: Vec<VarId> = body.values.keys().copied().collect();
        assigned.sort_unstable();
        for var in assigned {
            if !live.is_live_after(func, plan.label, var) {
                continue;
            }
            match plan.steps.get(&var) {
                Some(step) if *step as i32 % factor as i32 == 0 => {
                    self.steps.push((var, (*step as i32 / factor as i32) as u32));
                }
                Some(_) => return None,
                None => {
                    needed.push(var);
                    pending.push(body.values[&var]);
                }
            }
        }
        let mut seen = HashSet::new();
        while let Some(id) = pending.pop() {
            if !seen.insert(id) {
                continue;
            }
            pending.extend(self.nodes.operands(id));
            if let Node::Var(var) = self.nodes.nodes[id].0
                && let Some(value) = body.values.get(&var)
            {
                // A value that depends on the number of the repetition would have to be scaled.
                if plan.steps.contains_key(&var) {
                    return None;
                }
                if !needed.contains(&var) {
                    needed.push(var);
                    pending.push(*value);
                }
            }
        }
        Some(needed)
    }

    /// What a variable would be after the body once: a guess that [`Self::is_right`] checks.
    fn first_value(&mut self, body: &Body, var: VarId, factor: usize) -> Option<NodeId> {
        let last = body.values[&var];
        let (len, first_of_last) = (self.len, self.len * (factor - 1));
        let loads = self.loads(last);
        let carries = self.mentions(last, body);
        if !carries && loads.iter().all(|load| *load >= first_of_last) {
            // It depends on the last repetition alone.
            let back = |node| match node {
                Node::Load(index) => Some(LeafOr::Leaf(Node::Load(index - first_of_last))),
                node => Some(LeafOr::Leaf(node)),
            };
            return self.nodes.replace(last, &mut HashMap::new(), &back);
        }
        // The largest part of it that only loads what the first repetition does.
        let mut pending = std::collections::VecDeque::from([last]);
        let mut budget = MAX_NODES;
        while let (Some(id), true) = (pending.pop_front(), budget > 0) {
            budget -= 1;
            let loads = self.loads(id);
            let first_only = loads.iter().all(|load| *load < len) && !loads.is_empty();
            if first_only && self.mentions(id, body) {
                return Some(id);
            }
            pending.extend(self.nodes.operands(id));
        }
        None
    }

    fn reached(&self, root: NodeId) -> HashSet<NodeId> {
        let (mut seen, mut pending) = (HashSet::new(), vec![root]);
        while let Some(id) = pending.pop() {
            if seen.insert(id) {
                pending.extend(self.nodes.operands(id));
            }
        }
        seen
    }

    fn loads(&self, root: NodeId) -> Vec<usize> {
        let load = |id: NodeId| match self.nodes.nodes[id].0 {
            Node::Load(index) => Some(index),
            _ => None,
        };
        self.reached(root).into_iter().filter_map(load).collect()
    }

    /// Whether a value depends on a variable that the body assigns.
    fn mentions(&self, root: NodeId, body: &Body) -> bool {
        self.reached(root).into_iter().any(
            |id| matches!(self.nodes.nodes[id].0, Node::Var(var) if body.values.contains_key(&var)),
        )
    }

    /// Whether the body once, repeated, stores and carries what the body does.
    fn is_right(&mut self, body: &Body, factor: usize) -> bool {
        let mut values: HashMap<VarId, NodeId> = HashMap::new();
        for (var, _) in &self.carried {
            let ty = self.nodes.nodes[body.values[var]].1;
            values.insert(*var, self.nodes.add(Node::Var(*var), ty));
        }
        for repetition in 0..factor {
            let shift = repetition * self.len;
            let leaf = |node| match node {
                Node::Load(index) => Some(LeafOr::Leaf(Node::Load(index + shift))),
                Node::Var(var) => Some(match values.get(&var) {
                    Some(value) => LeafOr::Node(*value),
                    None => LeafOr::Leaf(node),
                }),
                node => Some(LeafOr::Leaf(node)),
            };
            let mut done = HashMap::new();
            for index in 0..self.len {
                let (Some(once), Some(there)) =
                    (body.accesses[index].1, body.accesses[index + shift].1)
                else {
                    continue;
                };
                if self.nodes.replace(once, &mut done, &leaf) != Some(there) {
                    return false;
                }
            }
            let mut next = values.clone();
            for (var, value) in &self.carried {
                match self.nodes.replace(*value, &mut done, &leaf) {
                    Some(value) => next.insert(*var, value),
                    None => return false,
                };
            }
            values = next;
            if self.nodes.nodes.len() > 64 * MAX_NODES {
                return false;
            }
        }
        self.carried.iter().all(|(var, _)| values[var] == body.values[var])
    }

    fn write(
        &self,
        func: &mut Func,
        body: &Body,
        stream_id: &impl Fn(usize) -> StreamId,
    ) -> Option<Vec<Stmt>> {
        let mut writer = Writer { func, nodes: &self.nodes, loads: Vec::new(), count: 0 };
        let mut stmts = Vec::new();
        for (index, (access, value)) in body.accesses[..self.len].iter().enumerate() {
            let (stream, delta) = (stream_id(access.stream), access.delta);
            let offset = body.offsets[index];
            let (results, op) = match access.op {
                AccessOp::Load(op) => {
                    let var = writer.func.add_var(op.ty(), VarKind::Temp);
                    writer.loads.push(Some(var));
                    (smallvec![var], Op::LoadAt { op, stream, delta })
                }
                AccessOp::Store(op) => {
                    let value = writer.expr((*value)?)?;
                    writer.loads.push(None);
                    (Vars::new(), Op::StoreAt { op, stream, delta, value })
                }
            };
            stmts.push(Stmt::Do { results, op, offset });
        }
        // All of them change at once.
        let mut changes = Vec::new();
        for (var, value) in &self.carried {
            let ty = writer.func.vars[var.index()].ty;
            let value = writer.expr(*value)?;
            let temp = writer.func.add_var(ty, VarKind::Temp);
            stmts.push(Stmt::Assign(temp, value));
            changes.push(Stmt::Assign(*var, writer.func.exprs.add(Expr::Var(temp), ty)));
        }
        stmts.extend(changes);
        Some(stmts)
    }
}

/// Nodes back to expressions.
struct Writer<'a> {
    func: &'a mut Func,
    nodes: &'a Nodes,
    /// The variable that holds what each access has loaded.
    loads: Vec<Option<VarId>>,
    count: usize,
}

impl Writer<'_> {
    fn expr(&mut self, id: NodeId) -> Option<ExprId> {
        self.count += 1;
        if self.count > MAX_NODES {
            return None;
        }
        let (node, ty) = self.nodes.nodes[id];
        let expr = match node {
            Node::Const(value) => Expr::Const(value),
            Node::Var(var) => Expr::Var(var),
            Node::Load(index) => Expr::Var((*self.loads.get(index)?)?),
            Node::Unary(op, a) => Expr::Unary(op, self.expr(a)?),
            Node::Binary(op, a, b) => Expr::Binary(op, self.expr(a)?, self.expr(b)?),
            Node::Select(a, b, c) => {
                Expr::Select { cond: self.expr(a)?, then: self.expr(b)?, other: self.expr(c)? }
            }
        };
        Some(self.func.exprs.add(expr, ty))
    }
}
