//! Operators to IR, one function at a time, without recursion.
//!
//! The value stack holds pending expressions: a pure operator only builds a tree, which is
//! written where it is consumed. A pending tree that reads a local is assigned to a
//! temporary before that local changes; one that reads a global or a size, before a call or
//! whatever else may change those. Everything else becomes a statement at once, so effects
//! and traps keep their order.

mod control;
mod operators;
mod stack;

use crate::error::{Error, Place};
use crate::ir::{BlockId, Expr, ExprId, Exprs, Func, Op, Stmt, VarId, VarKind};
use crate::wasm::{DefinedFunc, Module, val_type};
use control::Frame;
use herkos_runtime::ValType;
use stack::Entry;
use wasmparser::FunctionBody;

/// A function may become this many IR nodes for each byte of its body, plus a constant:
/// branches that carry a thousand values in two bytes can't fill the memory.
pub const MAX_NODES_PER_BYTE: usize = 16;
const MIN_NODES: usize = 1 << 18;

/// Options of the translation that the IR depends on.
#[derive(Clone, Copy, Debug)]
pub struct FrontOptions {
    /// Whether NaN results are canonical, also those computed here.
    pub canonical_nans: bool,
}

/// Translates the body of one function.
///
/// # Errors
///
/// [`Error::Unsupported`] for an operator outside the feature set, [`Error::Internal`] when
/// the validator and this translator disagree.
pub fn translate(
    module: &Module<'_>,
    func: DefinedFunc,
    options: FrontOptions,
) -> Result<Func, Error> {
    let body = &module.bodies[func.index()];
    let mut translator = Translator::new(module, func, options, body)?;
    let mut reader =
        body.get_operators_reader().map_err(|error| Error::internal(format!("body: {error}")))?;
    while !reader.eof() {
        let (operator, offset) = reader
            .read_with_offset()
            .map_err(|error| Error::internal(format!("operator: {error}")))?;
        translator.offset = offset as u32;
        translator.check_size()?;
        translator.operator(&operator).map_err(|error| match error {
            Error::Unsupported { feature, place: Place { offset: None, function } } => {
                Error::Unsupported {
                    feature,
                    place: Place { offset: Some(offset as usize), function },
                }
            }
            other => other,
        })?;
    }
    translator.finish()
}

pub(super) struct Translator<'m, 'a> {
    module: &'m Module<'a>,
    options: FrontOptions,
    func: Func,
    /// The most nodes that the function may become.
    max_nodes: usize,
    /// Byte offset of the current operator.
    offset: u32,
    /// The value stack.
    stack: Vec<Entry>,
    /// Variables read by the pending expressions, entry by entry.
    reads: Vec<VarId>,
    /// How often each parameter and local occurs in `reads`.
    read_counts: Vec<u32>,
    /// The sum of `read_counts`.
    live_reads: usize,
    /// How many pending expressions read a global or a size.
    state_readers: usize,
    /// Open control constructs.
    frames: Vec<Frame>,
    /// The statements so far: those of the outermost construct, then of the one in it, and so on.
    stmts: Vec<Stmt>,
    /// Nesting in the innermost construct so far.
    height: u32,
    /// Inside unreachable code: how many constructs were opened in it.
    dead: Option<u32>,
}

impl<'m, 'a> Translator<'m, 'a> {
    fn new(
        module: &'m Module<'a>,
        func: DefinedFunc,
        options: FrontOptions,
        body: &FunctionBody<'_>,
    ) -> Result<Self, Error> {
        let sig = module.sig(module.func_idx(func));
        let mut out = Func {
            vars: Vec::new(),
            exprs: Exprs::default(),
            blocks: Vec::new(),
            body: BlockId(0),
            labels: 0,
            results: sig.results.clone(),
            offset: body.range().start as u32,
            parts: Vec::new(),
        };
        for (index, ty) in sig.params.iter().enumerate() {
            out.add_var(*ty, VarKind::Param(index as u32));
        }
        let locals = body
            .get_locals_reader()
            .map_err(|error| Error::internal(format!("locals: {error}")))?;
        for local in locals {
            let (count, ty) = local.map_err(|error| Error::internal(format!("local: {error}")))?;
            let ty = val_type(ty)?;
            for _ in 0..count {
                let index = out.vars.len() as u32;
                out.add_var(ty, VarKind::Local(index));
            }
        }
        let bytes = (body.range().end - body.range().start) as usize;
        let read_counts = vec![0; out.vars.len()];
        let frame = Frame::function(&mut out, sig.results.clone());
        Ok(Self {
            module,
            options,
            func: out,
            max_nodes: MIN_NODES + MAX_NODES_PER_BYTE * bytes,
            offset: 0,
            stack: Vec::new(),
            reads: Vec::new(),
            read_counts,
            live_reads: 0,
            state_readers: 0,
            frames: vec![frame],
            stmts: Vec::new(),
            height: 0,
            dead: None,
        })
    }

    fn check_size(&self) -> Result<(), Error> {
        let limit = self.max_nodes;
        if self.func.nodes() <= limit {
            return Ok(());
        }
        Err(Error::Limit {
            message: format!("the function's branches carry values beyond {limit} nodes"),
            place: Place::offset(self.offset as usize),
        })
    }

    fn finish(self) -> Result<Func, Error> {
        if self.frames.is_empty() {
            Ok(self.func)
        } else {
            Err(Error::internal("function body ends inside a construct"))
        }
    }

    /// Adds an effect; its results go onto the stack.
    fn effect(&mut self, op: Op, results: &[ValType]) {
        let vars: Vec<VarId> =
            results.iter().map(|ty| self.func.add_var(*ty, VarKind::Temp)).collect();
        self.stmts.push(Stmt::Do { results: vars.clone(), op, offset: self.offset });
        for var in vars {
            self.push_stable(Expr::Var(var), self.func.vars[var.index()].ty);
        }
    }

    fn add_expr(&mut self, expr: Expr, ty: ValType) -> ExprId {
        self.func.exprs.add(expr, ty)
    }
}
