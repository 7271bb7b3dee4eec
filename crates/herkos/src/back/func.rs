//! One function as Rust text.

use super::expr::ExprWriter;
use super::locals::LocalNames;
use super::names::{Ident, in_comment};
use super::{Backend, decimal, rust_type};
use crate::ir::{BlockId, Expr, ExprId, Func, LabelId, Op, Stmt, Stream, StreamId, VarId};
use crate::pass::effects::{Guard, Needs};
use crate::pass::scopes::Scopes;
use crate::wasm::{DefinedFunc, FuncIdx, MemoryIdx, MemorySet};
use herkos_runtime::{TrapKind, ValType};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Where the state is found in the function being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// `cx: &mut Context<H>`: state and host.
    Host,
    /// `st: &mut State`.
    State,
    /// In the constructor, before there is a state: globals are locals, the host is `host`.
    Constructor,
}

impl Context {
    pub fn of(needs: Needs) -> Self {
        if needs.host() { Self::Host } else { Self::State }
    }

    /// The path of the state.
    pub fn state(self) -> &'static str {
        match self {
            Self::Host => "cx.state",
            Self::State => "st",
            Self::Constructor => "state",
        }
    }

    /// The path of the host.
    pub fn host(self) -> &'static str {
        match self {
            Self::Host => "cx.host",
            Self::State | Self::Constructor => "host",
        }
    }
}

/// From this many loads and stores on, their traps share an exit; below, `return` reads better.
const MIN_SHARED: usize = 3;

/// Functions of more statements are not inlined. What made the module has inlined what pays; again,
/// it costs rustc a fifth of its time and gains nothing. A part was taken out to be compiled alone.
const MAX_INLINED: usize = 44;

/// Names that a function's own variables must not take.
pub(super) const LOCAL_NAMES: &[&str] =
    &["cx", "st", "memory", "mem", "mem_len", "v", "t", "kind", "state", "host", "callee", "fuel"];

/// How many sites [`write`] numbers for a function.
pub(super) fn count_sites(func: &Func) -> u32 {
    let (mut count, mut pending) = (0, func.roots().collect::<Vec<_>>());
    while let Some(block) = pending.pop() {
        for stmt in &func.block(block).stmts {
            pending.extend(stmt.blocks());
            count += u32::from(match stmt {
                Stmt::Do { .. } | Stmt::Trap(..) => true,
                Stmt::Spend { checked, .. } => *checked,
                Stmt::Counted(counted) => counted.units > 0,
                _ => false,
            });
        }
    }
    count
}

/// The innermost statement that every call is in or comes after, outside of loops. Ways through a
/// function on which nothing is called need no check of the stack, and no registers saved.
fn first_call(func: &Func, root: BlockId) -> Option<(BlockId, usize)> {
    let mut calls = vec![None; func.blocks.len()];
    calls_from(func, root, &mut calls);
    let mut block = root;
    loop {
        let first = calls[block.index()]?;
        let (stmt, rest) = func.block(block).stmts[first..].split_first()?;
        let nested = |stmt: &Stmt| stmt.blocks().any(|block| calls[block.index()].is_some());
        let is_alone = !rest.iter().any(|stmt| is_call(stmt) || nested(stmt));
        let mut arms = stmt.blocks().filter(|block| calls[block.index()].is_some());
        block = match (stmt, arms.next(), arms.next()) {
            (Stmt::Block(..) | Stmt::If { .. } | Stmt::Switch { .. }, Some(arm), None)
                if is_alone =>
            {
                arm
            }
            _ => return Some((block, first)),
        };
    }
}

/// Finds the first statement of each block that calls or contains a call.
fn calls_from(func: &Func, block: BlockId, calls: &mut [Option<usize>]) {
    for (position, stmt) in func.block(block).stmts.iter().enumerate() {
        let mut found = is_call(stmt);
        for nested in stmt.blocks() {
            calls_from(func, nested, calls);
            found |= calls[nested.index()].is_some();
        }
        if found {
            calls[block.index()].get_or_insert(position);
        }
    }
}

fn is_call(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Do { op: Op::Call(..) | Op::CallIndirect { .. } | Op::Part(..), .. })
}

/// A function and its parts, and the byte offsets of their sites. `first_site` is the number of
/// the first one; `scratch` saves allocations.
pub(super) fn write(
    scratch: &mut String,
    backend: &Backend<'_>,
    defined: DefinedFunc,
    func: &Func,
    first_site: u32,
) -> (String, Vec<u32>) {
    let index = backend.module.func_idx(defined);
    let has_room = matches!(backend.effects.guards[defined.index()], Guard::Room(_));
    let parts = backend.names.parts(index, func.parts.len() + usize::from(has_room));
    let names = LocalNames::new(backend, index, func, &parts);
    let loaded = loaded(func);
    let mut writer = FuncWriter {
        backend,
        func,
        index,
        part: None,
        root: func.body,
        params: Vec::new(),
        results: Vec::new(),
        needs: backend.effects.funcs[defined.index()],
        scopes: Scopes::new(func),
        names: &names,
        part_names: &parts,
        broken: vec![false; func.labels as usize],
        shared_exit: false,
        guarded: None,
        checks_stack: false,
        inlinable: false,
        keeps_fuel: false,
        named: vec![false; func.labels as usize],
        innermost: None,
        streams: (0..func.streams)
            .map(|id| (0, Stream { id: StreamId(id), stride: 0, extent: 0 }))
            .collect(),
        out: std::mem::take(scratch),
        indent: 1,
        kinds: Vec::new(),
        loaded: &loaded,
        slices: MemorySet::default(),
        reads_size: func.exprs.any(|expr| matches!(expr, Expr::MemorySize(_))),
        stale: MemorySet::default(),
        first_site,
        sites: Vec::new(),
    };
    let mut text = String::new();
    writer.part(&mut text, None);
    for part in 0..func.parts.len() {
        writer.part(&mut text, Some(part));
    }
    if backend.config.trap_offsets {
        debug_assert_eq!(count_sites(func) as usize, writer.sites.len());
    }
    *scratch = writer.out;
    (text, writer.sites)
}

/// Which variables take what a load gives, where a `select` asks; else none.
fn loaded(func: &Func) -> Vec<bool> {
    let mut loaded = Vec::new();
    if func.exprs.any(|expr| matches!(expr, Expr::Select { .. })) {
        loaded.resize(func.vars.len(), false);
        for stmt in func.blocks.iter().flat_map(|block| &block.stmts) {
            if let Stmt::Do {
                op: Op::Load { .. } | Op::LoadAt { .. } | Op::LoadIn { .. },
                results,
                ..
            } = stmt
            {
                results.iter().for_each(|var| loaded[var.index()] = true);
            }
        }
    }
    loaded
}

/// Writes a function, then its parts: each is a Rust function.
pub(super) struct FuncWriter<'a> {
    pub(super) backend: &'a Backend<'a>,
    pub(super) func: &'a Func,
    pub(super) index: FuncIdx,
    pub(super) part: Option<usize>,
    pub(super) root: BlockId,
    pub(super) params: Vec<VarId>,
    pub(super) results: Vec<ValType>,
    pub(super) needs: Needs,
    pub(super) scopes: Scopes,
    pub(super) names: &'a LocalNames,
    pub(super) part_names: &'a [Ident],
    /// Labels that a `break` goes to. No label is used in two parts.
    pub(super) broken: Vec<bool>,
    /// Whether bounds checks leave by one common exit: fewer edges for LLVM to sort out.
    pub(super) shared_exit: bool,
    /// The statement before which it is to check the stack.
    pub(super) guarded: Option<(BlockId, usize)>,
    /// Whether it has. Else it does so where it begins.
    pub(super) checks_stack: bool,
    /// Whether rustc may inline it.
    pub(super) inlinable: bool,
    /// Whether fuel is counted, and in a variable: a function that pays but once has no use for one.
    pub(super) keeps_fuel: bool,
    /// Labels that have to be named: of loops those that something in an inner one goes to.
    pub(super) named: Vec<bool>,
    /// The loop that is meant where none is named.
    pub(super) innermost: Option<LabelId>,
    /// The counter of each stream in scope, and the stream.
    pub(super) streams: Vec<(u32, Stream)>,
    /// The statements written so far.
    pub(super) out: String,
    pub(super) indent: usize,
    /// Trap kinds that the function, or part, raises itself.
    pub(super) kinds: Vec<TrapKind>,
    /// Which variables take what a load gives.
    pub(super) loaded: &'a [bool],
    /// Memories whose bytes it uses.
    pub(super) slices: MemorySet,
    /// Whether any expression reads a memory's size.
    pub(super) reads_size: bool,
    /// Memories whose `mem` has to be taken from `memory` again before its next use.
    pub(super) stale: MemorySet,
    pub(super) first_site: u32,
    /// Byte offsets of the effects written so far; the first one's site is `first_site`.
    pub(super) sites: Vec<u32>,
}

impl<'a> FuncWriter<'a> {
    /// Finds which labels are left by `break`, and which memories' bytes are used.
    pub(super) fn survey(&mut self) {
        let (func, mut checks, mut stmts, mut payments) = (self.func, 0, 0, 0);
        self.slices = MemorySet::default();
        let mut pending = vec![(self.root, None)];
        while let Some((block, innermost)) = pending.pop() {
            stmts += func.block(block).stmts.len();
            for stmt in &func.block(block).stmts {
                match stmt {
                    Stmt::Block(_, body) => pending.push((*body, None)),
                    Stmt::Loop(label, body) => pending.push((*body, Some(*label))),
                    Stmt::Counted(counted) => {
                        pending.push((counted.fast, Some(counted.label)));
                        pending.push((counted.slow, innermost));
                    }
                    _ => pending.extend(stmt.blocks().map(|block| (block, innermost))),
                }
                match stmt {
                    Stmt::Break(label) => {
                        self.broken[label.index()] = true;
                        self.named[label.index()] |= innermost != Some(*label);
                    }
                    Stmt::Continue(label) => {
                        self.named[label.index()] |= innermost != Some(*label);
                    }
                    // A loop's is many.
                    Stmt::Spend { .. } => payments += 1,
                    Stmt::Loop(..) | Stmt::Counted(_) => payments += 2,
                    Stmt::Do { op, .. } if op.bulk_len().is_some() => payments += 2,
                    Stmt::Do { op: Op::Load { bound, .. } | Op::Store { bound, .. }, .. } => {
                        checks += usize::from(bound.traps());
                    }
                    Stmt::Do { op: Op::LoadAt { .. } | Op::StoreAt { .. }, .. } => checks += 1,
                    _ => {}
                }
                self.slices = self.slices.union(self.stmt_slices(stmt));
            }
        }
        self.keeps_fuel = self.backend.config.fuel.is_some() && payments > 1;
        self.inlinable = self.part.is_none() && stmts <= MAX_INLINED;
        self.shared_exit = checks >= MIN_SHARED
            && !self.backend.config.trap_offsets
            && func.memory.is_none_or(|memory| self.backend.plan(memory).traps());
    }

    /// The memories whose bytes a statement uses, without what it contains.
    pub(super) fn stmt_slices(&self, stmt: &Stmt) -> MemorySet {
        let mut slices = MemorySet::default();
        let effects = self.backend.effects;
        match stmt {
            Stmt::Do { op, .. } => match op {
                Op::Load { memory, .. }
                | Op::Store { memory, .. }
                | Op::MemoryFill { memory, .. }
                | Op::MemoryInit { memory, .. } => slices.insert(*memory),
                Op::MemoryCopy { dest_memory, src_memory, .. } => {
                    slices.extend([*dest_memory, *src_memory]);
                }
                Op::LoadAt { .. } | Op::StoreAt { .. } | Op::LoadIn { .. } | Op::StoreIn { .. } => {
                    slices.insert(self.stream_memory());
                }
                Op::Call(func, _) => {
                    slices = effects.needs(self.backend.module, *func).memories.slices();
                }
                Op::Part(..) => slices = self.needs.memories.slices(),
                Op::CallIndirect { sig, .. } => {
                    slices = effects.indirect[sig.index()].memories.slices();
                }
                _ => {}
            },
            Stmt::Counted(_) => slices.insert(self.stream_memory()),
            _ => {}
        }
        if self.reads_size {
            for operand in stmt.operands() {
                self.func.exprs.walk(operand, &mut |expr: &Expr| {
                    if let Expr::MemorySize(memory) = expr {
                        slices.insert(*memory);
                    }
                });
            }
        }
        slices
    }

    /// The memory of counted loops.
    pub(super) fn stream_memory(&self) -> MemoryIdx {
        self.func.memory.unwrap_or(MemoryIdx(0))
    }

    /// Writes the function itself, or a part of it.
    fn part(&mut self, out: &mut String, part: Option<usize>) {
        let func = self.func;
        self.part = part;
        match part.map(|part| &func.parts[part]) {
            None => {
                let sig = self.backend.module.sig(self.index);
                self.params.extend((0..sig.params.len() as u32).map(VarId));
                self.results.clone_from(&sig.results);
            }
            Some(part) => {
                self.root = part.body;
                self.params.clone_from(&part.params);
                self.results.clear();
                self.results.extend(part.results.iter().map(|var| func.vars[var.index()].ty));
            }
        }
        self.scopes.find(func, self.root, &self.params);
        self.survey();
        // Fuel would have to be given back there.
        self.checks_stack = false;
        self.guarded = (self.guard() == Guard::Frame && !self.keeps_fuel)
            .then(|| first_call(func, self.root))
            .flatten();
        self.kinds.clear();
        self.out.clear();
        self.indent = if self.shared_exit { 2 } else { 1 };
        self.block_stmts(self.root);
        if !self.ends(self.root) {
            // Not reached; rustc can't always see that.
            let unreachable = self.trap(TrapKind::Unreachable, None);
            self.line(&format!("return {unreachable};"));
        }
        let start = out.len();
        self.header(out);
        self.backend.imports.search(&out[start..]);
        self.prologue(out);
        if self.shared_exit {
            let trap = self.trap(TrapKind::MemoryOutOfBounds, None);
            self.put("    }\n");
            self.indent = 1;
            self.put_fuel();
            self.put("    ");
            self.put(&trap);
            self.put("\n");
            out.push_str("    'oob: {\n");
        }
        self.put("}\n\n");
        // Most of the output is these: nothing is left over.
        out.reserve_exact(self.out.len());
        out.push_str(&self.out);
    }

    pub(super) fn header(&self, out: &mut String) {
        let (backend, module) = (self.backend, self.backend.module);
        let name = match module.func_names.get(&self.index.0) {
            Some(name) => format!(" {}", in_comment(name)),
            None => String::new(),
        };
        let ident = match self.part {
            None => {
                let signature = module.sig(self.index);
                let _ = writeln!(out, "/// func {}{name}: {signature}", self.index.0);
                backend.names.func(self.index)
            }
            Some(part) => {
                let _ = writeln!(out, "/// func {}{name}: part {part}", self.index.0);
                self.part_names[part].as_str()
            }
        };
        if !self.inlinable {
            out.push_str("#[inline(never)]\n");
        }
        let visibility = if backend.grouped { "pub(super) " } else { "" };
        let _ = write!(out, "{visibility}fn {ident}{}(", backend.bounds(self.needs));
        let mut params = backend.context_params(self.needs);
        for var in &self.params {
            let mutable = if self.scopes.is_mutable(*var) { "mut " } else { "" };
            let ty = rust_type(self.func.vars[var.index()].ty);
            params.push(format!("{mutable}{}: {ty}", self.name(*var)));
        }
        let results = super::tuple_type(&self.results);
        let guard = self.guard();
        if let Guard::Room(bytes) = guard {
            // It is called before it has its frame.
            let plain: Vec<&str> =
                params.iter().map(|param| param.strip_prefix("mut ").unwrap_or(param)).collect();
            let _ = writeln!(out, "{}) -> WasmResult<{results}> {{", plain.join(", "));
            let state = Context::of(self.needs).state();
            let check = self.check_stack(&format!("lacks({bytes}, {state}.stack_budget)"));
            let _ = writeln!(out, "    {check}");
            let frame = self.part_names.last().map_or("", Ident::as_str);
            let mut args = self.pass_context(self.needs);
            args.extend(self.params.iter().map(|var| Cow::from(self.name(*var))));
            let _ = write!(
                out,
                "    {frame}({})\n}}\n\n/// func {}{name}: its frame\n#[inline(never)]\n{visibility}fn {frame}{}(",
                args.join(", "),
                self.index.0,
                backend.bounds(self.needs)
            );
        }
        let _ = writeln!(out, "{}) -> WasmResult<{results}> {{", params.join(", "));
        if guard == Guard::Frame && !self.checks_stack {
            let check = self.check_stack("exhausted()");
            let _ = writeln!(out, "    {check}");
        }
    }

    /// What it checks of the stack; a part is called by what did that already.
    fn guard(&self) -> Guard {
        match (self.backend.module.defined(self.index), self.part) {
            (Ok(defined), None) => self.backend.effects.guards[defined.index()],
            _ => Guard::None,
        }
    }

    pub(super) fn check_stack(&self, exhausted: &str) -> String {
        self.backend.imports.name("TrapKind");
        self.backend.imports.name("WasmTrap");
        format!(
            "if {}.stack.{exhausted} {{ return Err(WasmTrap::at(TrapKind::StackExhausted, {})); }}",
            Context::of(self.needs).state(),
            if self.backend.config.trap_offsets { u32::MAX } else { self.index.0 },
        )
    }

    pub(super) fn prologue(&self, out: &mut String) {
        if !self.kinds.is_empty() {
            self.backend.imports.name("TrapKind");
            self.backend.imports.name("WasmTrap");
        }
        if !self.backend.config.trap_offsets {
            for kind in &self.kinds {
                let _ = writeln!(
                    out,
                    "    const {}: WasmResult<{}> = Err(WasmTrap::at(TrapKind::{kind:?}, {}));",
                    constant_name(*kind),
                    super::tuple_type(&self.results),
                    self.index.0
                );
            }
        }
        if self.keeps_fuel {
            let state = Context::of(self.needs).state();
            let _ = writeln!(out, "    let mut fuel = {state}.fuel.slice();");
        }
        for memory in self.needs.memories.wholes().intersection(self.slices).iter() {
            let [whole, mem, mem_len, bytes] =
                ["memory", "mem", "mem_len", "Bytes"].map(|name| Backend::numbered(name, memory));
            let take = self.backend.take_bytes(memory);
            let sized = self.backend.take_sized(memory, self.reads_size);
            let _ = match self.backend.plan(memory).array {
                Some(_) if let Some(sized) = sized => writeln!(
                    out,
                    "    let (mut {mem}, mut {mem_len}): (&mut {bytes}, usize) = {whole}{sized};"
                ),
                None if let Some(sized) = sized => {
                    writeln!(out, "    let (mut {mem}, mut {mem_len}) = {whole}{sized};")
                }
                Some(_) => writeln!(out, "    let mut {mem}: &mut {bytes} = {whole}{take};"),
                None => writeln!(out, "    let mut {mem} = {whole}{take};"),
            };
        }
        for var in self.scopes.top() {
            out.push_str("    let ");
            out.push_str(if self.scopes.is_mutable(*var) { "mut " } else { "" });
            out.push_str(self.name(*var));
            out.push_str(": ");
            out.push_str(self.type_of(*var));
            out.push_str(" = ");
            out.push_str(super::zero(self.func.vars[var.index()].ty));
            out.push_str(";\n");
        }
    }

    // Text.

    pub(super) fn line(&mut self, text: &str) {
        self.begin();
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Begins a line. Very deep nests are not worth their white space.
    pub(super) fn begin(&mut self) {
        const SPACE: &str = "                                                ";
        self.out.push_str(&SPACE[..(4 * self.indent).min(SPACE.len())]);
    }

    pub(super) fn exprs(&self) -> ExprWriter<'a> {
        ExprWriter {
            backend: self.backend,
            exprs: &self.func.exprs,
            context: Context::of(self.needs),
            local_names: self.names,
            loaded: self.loaded,
        }
    }

    pub(super) fn any(&self, expr: ExprId) -> String {
        let mut out = String::new();
        self.exprs().any(&mut out, expr);
        out
    }

    pub(super) fn typed(&self, expr: ExprId) -> String {
        let mut out = String::new();
        self.exprs().typed(&mut out, expr);
        out
    }

    pub(super) fn list(&self, exprs: &[ExprId]) -> String {
        let mut out = String::new();
        self.exprs().list(&mut out, exprs);
        out
    }

    /// Adds to the line that is being written.
    pub(super) fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(super) fn put_any(&mut self, expr: ExprId) {
        self.exprs().any(&mut self.out, expr);
    }

    pub(super) fn put_number(&mut self, number: u32) {
        decimal(&mut self.out, number.into());
    }

    pub(super) fn put_label(&mut self, label: LabelId) {
        self.put("'l");
        self.put_number(label.0);
    }

    pub(super) fn name(&self, var: VarId) -> &'a str {
        self.names.get(var)
    }

    /// The Rust type of a variable.
    pub(super) fn type_of(&self, var: VarId) -> &'static str {
        let ty = self.func.vars[var.index()].ty;
        if matches!(ty, ValType::FuncRef | ValType::ExternRef) {
            self.backend.imports.name(super::reference(ty));
        }
        rust_type(ty)
    }

    // Traps.

    /// What the function returns for a trap. A constant of the whole result is cheaper to compile
    /// than a constructor at each place.
    pub(super) fn trap(&mut self, kind: TrapKind, site: Option<u32>) -> Cow<'static, str> {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
        if self.backend.config.trap_offsets {
            return match site {
                Some(site) => format!("Err(const {{ WasmTrap::at(TrapKind::{kind:?}, {site}) }})"),
                None => format!("Err(WasmTrap::new(TrapKind::{kind:?}))"),
            }
            .into();
        }
        constant_name(kind).into()
    }

    /// Leaves the function with a trap.
    pub(super) fn raise(&mut self, kind: TrapKind, site: u32) -> Cow<'static, str> {
        if self.shared_exit && kind == TrapKind::MemoryOutOfBounds {
            self.trap(kind, None);
            return "break 'oob".into();
        }
        let trap = self.trap(kind, Some(site));
        match trap {
            _ if self.keeps_fuel => {
                let state = Context::of(self.needs).state();
                format!("{{ {state}.fuel.put(fuel); return {trap} }}").into()
            }
            Cow::Borrowed("OOB") => "return OOB".into(),
            trap => format!("return {trap}").into(),
        }
    }

    pub(super) fn add_site(&mut self, offset: u32) -> u32 {
        self.sites.push(offset);
        self.first_site + self.sites.len() as u32 - 1
    }

    /// The site of a trap whose kind is known at run time only.
    pub(super) fn site_number(&self, site: u32) -> u32 {
        if self.backend.config.trap_offsets { site } else { self.index.0 }
    }

    // Statements.

    pub(super) fn ends(&self, block: BlockId) -> bool {
        let Some(last) = self.func.block(block).stmts.last() else { return false };
        match last {
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) | Stmt::Trap(..) => true,
            Stmt::If { then, other, .. } => self.ends(*then) && self.ends(*other),
            Stmt::Switch { arms, default, .. } => {
                self.ends(*default) && arms.iter().all(|arm| self.ends(arm.body))
            }
            Stmt::Block(label, body) => self.ends(*body) && !self.broken[label.index()],
            // A loop whose body never reaches its end is left by `break` alone.
            Stmt::Loop(label, body) => self.ends(*body) && !self.broken[label.index()],
            Stmt::Assign(..) | Stmt::Do { .. } | Stmt::Counted(_) | Stmt::Spend { .. } => false,
        }
    }
}

/// The constant that a function keeps for a trap it raises itself.
fn constant_name(kind: TrapKind) -> &'static str {
    match kind {
        TrapKind::Unreachable => "UNREACHABLE",
        TrapKind::MemoryOutOfBounds => "OOB",
        TrapKind::TableOutOfBounds => "TABLE_OOB",
        TrapKind::UndefinedElement => "UNDEFINED_ELEMENT",
        _ => "TRAP",
    }
}
