//! Where each variable is declared: as late as its uses allow.

use crate::ir::{BlockId, Expr, Func, VarId, VarKind};
use std::collections::HashMap;

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

/// The declarations of a function's variables.
#[derive(Debug)]
pub struct Scopes {
    declarations: Vec<Declaration>,
    mutable: Vec<bool>,
    /// The variables that each statement declares, or that are declared before it.
    by_stmt: HashMap<(BlockId, u32), Vec<VarId>>,
}

impl Scopes {
    /// How a variable is declared.
    pub fn declaration(&self, var: VarId) -> Declaration {
        self.declarations[var.index()]
    }

    /// Whether it is assigned after its declaration.
    pub fn is_mutable(&self, var: VarId) -> bool {
        self.mutable[var.index()]
    }

    /// The variables declared by or right before a statement.
    pub fn declared_at(&self, block: BlockId, stmt: usize) -> &[VarId] {
        self.by_stmt.get(&(block, stmt as u32)).map_or(&[], Vec::as_slice)
    }
}

/// The innermost place that covers all uses of a variable so far.
#[derive(Clone, Copy)]
struct Home {
    block: BlockId,
    /// The first statement there that uses the variable, itself or in a nested block.
    stmt: u32,
    /// Whether that statement assigns it without reading it.
    assigns: bool,
}

struct Walk<'a> {
    func: &'a Func,
    /// Of each block: the statement it is nested in, and its depth.
    parents: Vec<(BlockId, u32, u32)>,
    homes: Vec<Option<Home>>,
    assignments: Vec<u32>,
}

/// Finds the declarations in the function's body, or in one of its parts with these `params`.
/// Nesting must be bounded; see [`super::flatten`].
pub fn scopes(func: &Func, root: BlockId, params: &[VarId]) -> Scopes {
    let mut walk = Walk {
        func,
        parents: vec![(root, 0, 0); func.blocks.len()],
        homes: vec![None; func.vars.len()],
        assignments: vec![0; func.vars.len()],
    };
    walk.block(root, 0);
    let mut scopes = Scopes {
        declarations: Vec::with_capacity(func.vars.len()),
        mutable: Vec::with_capacity(func.vars.len()),
        by_stmt: HashMap::new(),
    };
    for (index, var) in func.vars.iter().enumerate() {
        let id = VarId(index as u32);
        let assignments = walk.assignments[index];
        let declaration = match (var.kind, walk.homes[index]) {
            _ if params.binary_search(&id).is_ok() => Declaration::Param,
            (_, None) => Declaration::Unused,
            (_, Some(home)) if home.assigns => {
                scopes.by_stmt.entry((home.block, home.stmt)).or_default().push(id);
                Declaration::AtAssignment
            }
            (VarKind::Temp, Some(home)) => {
                scopes.by_stmt.entry((home.block, home.stmt)).or_default().push(id);
                Declaration::Deferred
            }
            (
                VarKind::Param(_) | VarKind::Local(_) | VarKind::LoopParam | VarKind::Spread,
                Some(_),
            ) => Declaration::Top,
        };
        scopes.declarations.push(declaration);
        scopes.mutable.push(match declaration {
            Declaration::Param | Declaration::Top => assignments > 0,
            Declaration::AtAssignment => assignments > 1,
            Declaration::Unused | Declaration::Deferred => false,
        });
    }
    scopes
}

impl Walk<'_> {
    fn block(&mut self, id: BlockId, depth: u32) {
        let func = self.func;
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
                self.block(block, depth + 1);
            }
            for var in stmt.assigned() {
                self.assignments[var.index()] += 1;
                self.touch(*var, Home { block: id, stmt: index, assigns: true });
            }
        }
    }

    fn touch(&mut self, var: VarId, here: Home) {
        let home = match self.homes[var.index()] {
            None => here,
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
