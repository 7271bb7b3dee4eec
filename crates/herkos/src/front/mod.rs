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
use crate::ir::{BlockId, Expr, ExprId, Exprs, Func, Op, Stmt, VarId, VarKind, Vars};
use crate::memory::MemoryPlans;
use crate::wasm::{DefinedFunc, MemoryIdx, Module, val_type};
use control::Frame;
use herkos_runtime::ValType;
use stack::Entry;
use wasmparser::FunctionBody;

/// A function may become this many IR nodes for each byte of its body, plus a constant:
/// branches that carry a thousand values in two bytes can't fill the memory.
pub const MAX_NODES_PER_BYTE: usize = 16;
const MIN_NODES: usize = 1 << 18;

/// About as many bytes of code make an expression.
const BYTES_PER_EXPR: usize = 2;

/// Options of the translation that the IR depends on.
#[derive(Clone, Copy, Debug)]
pub struct FrontOptions<'a> {
    /// Whether NaN results are canonical, also those computed here.
    pub canonical_nans: bool,
    /// What is known of the memories' sizes.
    pub memories: &'a MemoryPlans,
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
    options: FrontOptions<'_>,
) -> Result<Func, Error> {
    let body = &module.bodies[func.index()];
    let mut translator = Translator::new(module, func, options, body)?;
    let mut reader =
        body.get_operators_reader().map_err(|error| Error::internal(format!("body: {error}")))?;
    while !reader.eof() {
        let offset = reader.original_position();
        translator.offset = offset as u32;
        translator.check_size()?;
        let translated = reader
            .visit_operator(&mut translator)
            .map_err(|error| Error::internal(format!("operator: {error}")))?;
        translated.map_err(|error| match error {
            Error::Unsupported { feature, place: Place { offset: None, function, module } } => {
                let place = Place { offset: Some(offset as usize), function, module };
                Error::Unsupported { feature, place }
            }
            other => other,
        })?;
    }
    translator.finish()
}

pub(super) struct Translator<'m, 'a> {
    module: &'m Module<'a>,
    options: FrontOptions<'m>,
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
    /// Whether statements were moved into the arms of switches.
    is_moved: bool,
    /// How many tails are open in all constructs.
    open_tails: u32,
    /// Inside unreachable code: how many constructs were opened in it.
    dead: Option<u32>,
}

impl<'m, 'a> Translator<'m, 'a> {
    fn new(
        module: &'m Module<'a>,
        func: DefinedFunc,
        options: FrontOptions<'m>,
        body: &FunctionBody<'_>,
    ) -> Result<Self, Error> {
        let sig = module.sig(module.func_idx(func));
        let bytes = (body.range().end - body.range().start) as usize;
        let mut out = Func {
            index: func,
            vars: Vec::new(),
            exprs: Exprs::with_capacity(bytes / BYTES_PER_EXPR),
            blocks: Vec::new(),
            body: BlockId(0),
            labels: 0,
            counters: 0,
            small: Default::default(),
            streams: 0,
            memory: only_memory(module, func),
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
        let read_counts = vec![0; out.vars.len()];
        let frame = Frame::function(&mut out, sig.results.as_slice().into());
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
            is_moved: false,
            open_tails: 0,
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
        let mut vars = Vars::new();
        for ty in results {
            vars.push(self.func.add_var(*ty, VarKind::Temp));
            self.push_stable(Expr::Var(vars[vars.len() - 1]), *ty);
        }
        self.stmts.push(Stmt::Do { results: vars, op, offset: self.offset });
    }

    fn add_expr(&mut self, expr: Expr, ty: ValType) -> ExprId {
        self.func.exprs.add(expr, ty)
    }
}

/// The memory that a function loads from and stores to; none if there are several.
fn only_memory(module: &Module<'_>, func: DefinedFunc) -> Option<MemoryIdx> {
    let uses = &module.uses[func.index()];
    let memories = uses.reads.union(uses.writes);
    if memories.is_empty() { Some(MemoryIdx(0)) } else { memories.only() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::WasmVersion;
    use crate::wasm::{LAST_PAGE, Use, Uses, decode, to_binary};

    fn access(uses: &mut Uses, extent: u64, offset: u32) {
        let most = match u64::from(offset) >= LAST_PAGE {
            true => &mut uses.far_extent,
            false => &mut uses.extent,
        };
        *most = extent.max(*most);
    }

    /// What the IR of a function uses.
    fn uses_of(func: &Func) -> Uses {
        let (mut uses, mut items) = (Uses::default(), Vec::new());
        for block in &func.blocks {
            for stmt in &block.stmts {
                let Stmt::Do { op, .. } = stmt else { continue };
                match op {
                    Op::Checked(..)
                    | Op::Part(..)
                    | Op::LoadAt { .. }
                    | Op::StoreAt { .. }
                    | Op::LoadIn { .. }
                    | Op::StoreIn { .. } => {}
                    Op::Load { op, memory, offset, .. } => {
                        uses.reads.insert(*memory);
                        access(&mut uses, op.extent(*offset), *offset);
                    }
                    Op::Store { op, memory, offset, .. } => {
                        uses.writes.insert(*memory);
                        access(&mut uses, op.extent(*offset), *offset);
                    }
                    Op::MemoryFill { memory, .. } => {
                        uses.writes.insert(*memory);
                        uses.bulk.insert(*memory);
                    }
                    Op::MemoryCopy { dest_memory, src_memory, .. } => {
                        uses.reads.insert(*src_memory);
                        uses.writes.insert(*dest_memory);
                        uses.bulk.extend([*src_memory, *dest_memory]);
                    }
                    Op::MemoryInit { memory, .. } => {
                        uses.bulk.insert(*memory);
                        uses.writes.insert(*memory);
                        uses.tables = true;
                    }
                    Op::MemoryGrow { memory, .. } => uses.grows.insert(*memory),
                    Op::GlobalSet(global, _) => items.push(Use::GlobalSet(*global)),
                    Op::Call(func, _) => items.push(Use::Call(*func)),
                    Op::CallIndirect { sig, .. } => {
                        uses.tables = true;
                        items.push(Use::CallIndirect(*sig));
                    }
                    Op::DataDrop(_)
                    | Op::TableGet(..)
                    | Op::TableSet(..)
                    | Op::TableGrow { .. }
                    | Op::TableFill { .. }
                    | Op::TableCopy { .. }
                    | Op::TableInit { .. }
                    | Op::ElemDrop(_) => uses.tables = true,
                }
            }
        }
        for id in 0..func.exprs.len() as u32 {
            match func.exprs.get(ExprId(id)) {
                Expr::MemorySize(memory) => uses.reads_size.insert(*memory),
                Expr::TableSize(_) => uses.tables = true,
                Expr::GlobalGet(global) => items.push(Use::GlobalGet(*global)),
                Expr::RefFunc(func) => items.push(Use::RefFunc(*func)),
                _ => {}
            }
        }
        items.sort_unstable();
        items.dedup();
        Uses { items: items.into_boxed_slice(), ..uses }
    }

    fn check(name: &str, input: &[u8]) {
        let bytes = to_binary(input).unwrap();
        let module = decode(&bytes, WasmVersion::V2).unwrap();
        for (index, uses) in module.uses.iter().enumerate() {
            let options = FrontOptions { canonical_nans: false, memories: &MemoryPlans::default() };
            let func = translate(&module, DefinedFunc(index as u32), options).unwrap();
            let mut uses = Uses { loops: false, frame: 0, returns: None, ..uses.clone() };
            // The front end writes what these are.
            let constant = |item: &Use| matches!(item, Use::GlobalGet(global) if module.global_constant(*global).is_some());
            uses.items = uses.items.iter().copied().filter(|item| !constant(item)).collect();
            assert_eq!(uses, uses_of(&func), "{name}, function {index}");
        }
    }

    #[test]
    fn reachable_code_is_what_the_uses_were_found_in() {
        let corpora = concat!(env!("CARGO_MANIFEST_DIR"), "/../herkos-tests/corpora");
        let mut modules = 0;
        for folder in std::fs::read_dir(corpora).unwrap().map(Result::unwrap) {
            let Ok(files) = std::fs::read_dir(folder.path()) else { continue };
            for path in files.map(|file| file.unwrap().path()) {
                if path.extension().is_some_and(|extension| extension == "wasm") {
                    check(&path.display().to_string(), &std::fs::read(&path).unwrap());
                    modules += 1;
                }
            }
        }
        assert!(modules > 20);
    }

    /// Whether the result of a call of a function with this body is its first argument.
    fn returns_its_argument(body: &str) -> bool {
        let text = format!(
            "(module
               (func $f (param i32 i32) (result i32) (local i32) {body})
               (func (param i32) (result i32)
                 (i32.sub (call $f (local.get 0) (i32.const 5))
                   (drop (local.tee 0 (i32.const 7))) (i32.const 3))))"
        );
        let ir = crate::Config::new().emit_ir(text.as_bytes(), Some("flatten")).unwrap();
        let (_, caller) = ir.split_once("func 1").unwrap();
        let returned = caller.split_once("return ").unwrap().1;
        let called = caller.lines().find(|line| line.contains("call")).unwrap();
        let result = called.trim().split_once(" = ").unwrap().0;
        // In any case it is a value from before the assignment.
        assert!(!returned.contains("p0") && caller.contains("p0 = i32:7"), "{caller}");
        !returned.contains(result)
    }

    #[test]
    fn results_that_are_arguments_are_found() {
        for (body, expected) in [
            ("(local.get 0)", true),
            ("(drop (i32.add (local.get 1) (i32.const 1))) (return (local.get 0))", true),
            ("(if (local.get 1) (then (return (local.get 0)))) (local.get 0)", true),
            ("(if (local.get 1) (then (unreachable))) (local.get 0)", true),
            ("(drop (block (result i32) (br 1 (local.get 0)))) (local.get 0)", true),
            ("(local.set 1 (i32.const 1)) (local.set 2 (i32.const 1)) (local.get 0)", true),
            ("(loop (br_if 0 (local.tee 1 (i32.const 0)))) (local.get 0)", true),
            // Another one, a local, or none at all.
            ("(local.get 2)", false),
            ("(i32.const 0)", false),
            ("(i32.add (local.get 0) (i32.const 1))", false),
            ("(unreachable)", false),
            // It may have changed.
            ("(local.set 0 (i32.const 1)) (local.get 0)", false),
            ("(local.tee 0 (i32.const 1)) (drop) (local.get 0)", false),
            // There are other ways out.
            ("(if (local.get 1) (then (return (i32.const 1)))) (local.get 0)", false),
            ("(if (local.get 1) (then (return (local.get 1)))) (local.get 0)", false),
            ("(if (local.get 1) (then (return (local.get 0)))) (i32.const 1)", false),
            ("(drop (br_if 0 (i32.const 1) (local.get 0))) (local.get 0)", false),
            (
                "(drop (block (result i32) (br_table 0 1 (i32.const 1) (local.get 1)))) (local.get 0)",
                false,
            ),
            ("(block (result i32) (br 1 (i32.const 1))) (drop) (local.get 0)", false),
        ] {
            assert_eq!(returns_its_argument(body), expected, "{body}");
        }
    }

    #[test]
    fn parameters_far_behind_are_not_followed() {
        let returns = |count: usize, body: &str| {
            let params = " i32".repeat(count);
            let text = format!("(module (func (param{params}) (result i32) {body}))");
            let bytes = to_binary(text.as_bytes()).unwrap();
            decode(&bytes, WasmVersion::V2).unwrap().uses[0].returns
        };
        assert_eq!(returns(64, "(local.get 63)"), Some(63));
        assert_eq!(returns(64, "(local.set 63 (i32.const 1)) (local.get 63)"), None);
        assert_eq!(returns(65, "(local.set 64 (i32.const 1)) (local.get 64)"), None);
        assert_eq!(returns(65, "(local.set 64 (i32.const 1)) (local.get 0)"), Some(0));
    }

    #[test]
    fn offsets_in_the_last_page_are_beyond_the_memory() {
        let traps = |memory: &str, offset: u32, bounds: crate::Bounds| {
            let text = format!(
                "(module (memory {memory}) (func (param i32) (result i32) (i32.load offset={offset} (local.get 0))))"
            );
            let config = crate::Config::new().bounds(bounds).max_pages(65_536);
            let ir =
                config.emit_ir(text.as_bytes(), Some("front")).map_err(|error| error.to_string());
            ir.map(|ir| ir.contains("trap"))
        };
        use crate::Bounds::{Reserve, Trap, Wrap};
        for bounds in [Trap, Reserve] {
            assert_eq!(traps("1", 0xffff_0000, bounds), Ok(true), "{bounds}");
            assert_eq!(traps("1 65535", u32::MAX, bounds), Ok(true), "{bounds}");
        }
        assert_eq!(traps("1", 0xfffe_ffff, Trap), Ok(false));
        assert_eq!(traps("1 65536", u32::MAX, Trap), Ok(false));
        assert_eq!(traps("1 2", u32::MAX, Wrap), Ok(false));
        for (memory, offset) in [("1", 0xfffe_ffff), ("1 65536", u32::MAX)] {
            let error = traps(memory, offset, Reserve).unwrap_err();
            assert!(error.contains("beyond its address"), "{error}");
        }
    }

    /// A switch over so many cases, with this text behind each block.
    fn cases(count: usize, text: &str) -> String {
        let labels: String = (0..count).map(|case| format!(" {case}")).collect();
        let (blocks, ends) = ("(block ".repeat(count), format!(") {text}").repeat(count));
        format!("{blocks} (br_table{labels} (local.get 0)) {ends}")
    }

    #[test]
    fn switches_are_as_flat_as_they_were() {
        let height = |text: &str| {
            let text =
                format!("(module (global (mut i32) (i32.const 0)) (func (param i32) {text}))");
            let bytes = to_binary(text.as_bytes()).unwrap();
            let module = decode(&bytes, WasmVersion::V2).unwrap();
            let options = FrontOptions { canonical_nans: false, memories: &MemoryPlans::default() };
            let func = translate(&module, DefinedFunc(0), options).unwrap();
            func.block(func.body).height
        };
        // Each case leaves, or goes on with the loop around the switch.
        assert_eq!(height(&cases(1_000, "(global.set 0 (i32.const 1)) (return)")), 1);
        let repeats = cases(1_000, "(global.set 0 (i32.const 1)) (br $next)");
        assert_eq!(height(&format!("(loop $next {repeats})")), 2);
        // Falls from each case into the next.
        assert!(height(&cases(100, "(global.set 0 (i32.const 1))")) >= 100);
        // One switch after the other, from each of which one arm goes on.
        let checked = "(block $ok (block (br_table 0 $ok 0 (local.get 0))) (return))";
        assert_eq!(height(&checked.repeat(3)), 3);
        assert!(height(&checked.repeat(1_000)) <= 20);
        // The loop would be around what leaves it.
        let inside = "(block (loop (br_table 0 1 (local.get 0)))) (global.set 0 (i32.const 1))";
        assert_eq!(height(inside), 3);
    }

    #[test]
    fn what_follows_each_construct_is_reachable_or_not() {
        let constructs = [
            "(block)",
            "(block (br 0))",
            "(block (br_if 0 (local.get 0)) (unreachable))",
            "(block (block (br 1)))",
            "(block (return))",
            "(block (loop (br 1)))",
            "(block (unreachable) (br 0))",
            "(loop)",
            "(loop (br 0))",
            "(loop (br_if 0 (local.get 0)))",
            "(loop (return))",
            "(if (local.get 0) (then (return)))",
            "(if (local.get 0) (then (return)) (else))",
            "(if (local.get 0) (then) (else (return)))",
            "(if (local.get 0) (then (return)) (else (unreachable)))",
            "(if (local.get 0) (then (br 0)) (else (unreachable)))",
            "(if (local.get 0) (then (br_if 0 (local.get 0)) (return)) (else (return)))",
            "(block (br_table 0 0 (local.get 0)))",
            "(block (block (br_table 1 1 (local.get 0))) (global.set 1 (i32.const 0)))",
            "(block (block (br_table 0 1 (local.get 0))) (global.set 1 (i32.const 0)))",
            "(unreachable) (block (br 0)) (if (local.get 0) (then (br 0)) (else))",
            "(block (unreachable) (if (local.get 0) (then) (else (br 1))))",
        ];
        for first in constructs {
            for second in constructs {
                let text = format!(
                    "(module (global (mut i32) (i32.const 0)) (global (mut i32) (i32.const 0))
                     (func (param i32) {first} {second} (global.set 0 (i32.const 1)))
                     (func (param i32) (block {first} {second} (global.set 0 (i32.const 1)))
                       (global.set 1 (i32.const 1)))
                     (func (param i32) (loop {first} (if (local.get 0) (then {second}))
                       (global.set 1 (i32.const 1)))))"
                );
                check(&text, text.as_bytes());
            }
        }
    }
}
