//! Where each variable is declared: as late as its uses allow.

use crate::ir::{BlockId, Expr, Func, VarId, VarKind};

/// How a variable comes into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declaration {
    /// It is never used.
    Unused,
    /// As a parameter of the function.
    Param,
    /// At the top of the function, zero or null at first.
    Top,
    /// By the statement that assigns it first.
    AtAssignment,
    /// Without a value, before a statement that assigns it on every path to its uses.
    Deferred,
}

/// The innermost place that covers all uses of a variable so far.
#[derive(Clone, Copy, Debug)]
struct Home {
    block: BlockId,
    /// The first statement there that uses the variable, itself or in a nested block.
    stmt: u32,
    /// Whether that statement assigns it without reading it.
    assigns: bool,
}

/// The declarations of the variables in a function's body, or in one of its parts.
#[derive(Debug)]
pub struct Scopes {
    declarations: Vec<Declaration>,
    /// Where uses of each variable have been found so far.
    homes: Vec<Option<Home>>,
    assignments: Vec<u32>,
    /// The variables with a home, and the parameters.
    found: Vec<VarId>,
    /// The outermost block.
    root: BlockId,
    /// Of each block: the statement it is nested in, and its depth.
    parents: Vec<(BlockId, u32, u32)>,
    /// The variables declared at the top, in order.
    top: Vec<VarId>,
    /// Where variables are deferred to, in order.
    deferred: Vec<(BlockId, u32, VarId)>,
}

impl Scopes {
    /// Of a function in which nothing has been found yet.
    pub fn new(func: &Func) -> Self {
        Self {
            declarations: vec![Declaration::Unused; func.vars.len()],
            homes: vec![None; func.vars.len()],
            assignments: vec![0; func.vars.len()],
            found: Vec::new(),
            root: func.body,
            parents: vec![(func.body, 0, 0); func.blocks.len()],
            top: Vec::new(),
            deferred: Vec::new(),
        }
    }

    /// Finds the declarations in the function's body, or in one of its parts with these
    /// `params`, in time that depends on that alone. Nesting must be bounded; see
    /// [`super::flatten`].
    pub fn find(&mut self, func: &Func, root: BlockId, params: &[VarId]) {
        for var in self.found.drain(..) {
            self.declarations[var.index()] = Declaration::Unused;
            self.homes[var.index()] = None;
            self.assignments[var.index()] = 0;
        }
        self.top.clear();
        self.deferred.clear();
        self.root = root;
        self.parents[root.index()] = (root, 0, 0);
        self.block(func, root, 0);
        for param in params {
            self.declarations[param.index()] = Declaration::Param;
        }
        for var in &self.found {
            if self.declarations[var.index()] == Declaration::Param {
                continue;
            }
            let declaration = match (func.vars[var.index()].kind, self.homes[var.index()]) {
                (_, None) => Declaration::Unused,
                (_, Some(home)) if home.assigns => Declaration::AtAssignment,
                (VarKind::Temp, Some(home)) => {
                    self.deferred.push((home.block, home.stmt, *var));
                    Declaration::Deferred
                }
                (
                    VarKind::Param(_) | VarKind::Local(_) | VarKind::LoopParam | VarKind::Spread,
                    Some(_),
                ) => {
                    self.top.push(*var);
                    Declaration::Top
                }
            };
            self.declarations[var.index()] = declaration;
        }
        self.found.extend(params);
        self.top.sort_unstable();
        self.deferred.sort_unstable();
    }

    /// How a variable is declared.
    pub fn declaration(&self, var: VarId) -> Declaration {
        self.declarations[var.index()]
    }

    /// Whether it is assigned after its declaration.
    pub fn is_mutable(&self, var: VarId) -> bool {
        let assignments = self.assignments[var.index()];
        match self.declaration(var) {
            Declaration::Param | Declaration::Top => assignments > 0,
            Declaration::AtAssignment => assignments > 1,
            Declaration::Unused | Declaration::Deferred => false,
        }
    }

    /// The variables that are declared at the top.
    pub fn top(&self) -> &[VarId] {
        &self.top
    }

    /// Whether a statement that assigns the variable declares it.
    pub fn declares(&self, block: BlockId, stmt: usize, var: VarId) -> bool {
        self.declarations[var.index()] == Declaration::AtAssignment
            && self.homes[var.index()]
                .is_some_and(|home| home.block == block && home.stmt as usize == stmt)
    }

    /// The variables declared right before a statement, without a value.
    pub fn deferred_to(&self, block: BlockId, stmt: usize) -> impl Iterator<Item = VarId> + '_ {
        let place = (block, stmt as u32);
        let first = self.deferred.partition_point(|(block, stmt, _)| (*block, *stmt) < place);
        (self.deferred[first..].iter())
            .take_while(move |(block, stmt, _)| (*block, *stmt) == place)
            .map(|(_, _, var)| *var)
    }

    fn block(&mut self, func: &Func, id: BlockId, depth: u32) {
        for (index, stmt) in func.block(id).stmts.iter().enumerate() {
            let index = index as u32;
            for operand in stmt.operands() {
                func.exprs.walk(operand, &mut |expr| {
                    if let Expr::Var(var) = expr {
                        self.touch(*var, Home { block: id, stmt: index, assigns: false });
                    }
                });
            }
            for block in stmt.blocks() {
                self.parents[block.index()] = (id, index, depth + 1);
                self.block(func, block, depth + 1);
            }
            for var in stmt.assigned() {
                self.assignments[var.index()] += 1;
                self.touch(*var, Home { block: id, stmt: index, assigns: true });
            }
        }
    }

    fn touch(&mut self, var: VarId, here: Home) {
        let home = match self.homes[var.index()] {
            None => {
                self.found.push(var);
                here
            }
            Some(home) if home.block == here.block || home.block == self.root => return,
            Some(home) => self.common(home, here.block),
        };
        self.homes[var.index()] = Some(home);
    }

    /// The innermost block around both; the earlier use is in `home`.
    fn common(&self, mut home: Home, mut block: BlockId) -> Home {
        let depth = |block: BlockId| self.parents[block.index()].2;
        while home.block != block {
            if depth(home.block) >= depth(block) {
                let (parent, stmt, _) = self.parents[home.block.index()];
                home = Home { block: parent, stmt, assigns: false };
            } else {
                block = self.parents[block.index()].0;
            }
        }
        home
    }
}
