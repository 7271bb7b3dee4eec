//! One function as Rust text.

use super::expr::ExprWriter;
use super::names::{Ident, Namespace, in_comment, sanitise};
use super::{Backend, rust_type};
use crate::ir::{BlockId, Expr, ExprId, Func, Op, Stmt, VarId, VarKind};
use crate::pass::effects::{MemoryUse, Needs};
use crate::pass::scopes::{Declaration, Scopes, scopes};
use crate::wasm::{DefinedFunc, FuncIdx};
use herkos_runtime::{TrapKind, ValType};
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

/// Names that a function's own variables must not take.
pub(super) const LOCAL_NAMES: &[&str] =
    &["cx", "st", "memory", "mem", "v", "t", "kind", "state", "host", "callee"];

/// How many sites [`write`] numbers for a function.
pub(super) fn count_sites(func: &Func) -> u32 {
    let (mut count, mut pending) = (0, func.roots().collect::<Vec<_>>());
    while let Some(block) = pending.pop() {
        for stmt in &func.block(block).stmts {
            pending.extend(stmt.blocks());
            count += u32::from(matches!(stmt, Stmt::Do { .. } | Stmt::Trap(..)));
        }
    }
    count
}

/// A function and its parts, and the byte offsets of their sites; `first_site` is the number of
/// the first one.
pub(super) fn write(
    backend: &Backend<'_>,
    defined: DefinedFunc,
    func: &Func,
    first_site: u32,
) -> (String, Vec<u32>) {
    let index = backend.module.func_idx(defined);
    let parts = backend.names.parts(index, func.parts.len());
    let locals = local_names(backend, index, func, &parts);
    let writer = |part, first_site| {
        FuncWriter::new(backend, defined, func, part, (&locals, &parts), first_site)
    };
    let (mut text, mut sites) = writer(None, first_site).write();
    for part in 0..func.parts.len() {
        let (part_text, part_sites) = writer(Some(part), first_site + sites.len() as u32).write();
        text.push_str(&part_text);
        sites.extend(part_sites);
    }
    (text, sites)
}

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
    pub(super) names: &'a [String],
    pub(super) part_names: &'a [Ident],
    /// Labels that a `break` goes to.
    pub(super) broken: Vec<bool>,
    /// Whether bounds checks leave by one common exit: fewer edges for LLVM to sort out.
    pub(super) shared_exit: bool,
    /// How often each label is named.
    pub(super) references: Vec<u32>,
    pub(super) out: String,
    pub(super) indent: usize,
    /// Trap kinds that the function raises itself.
    pub(super) kinds: Vec<TrapKind>,
    pub(super) uses_slice: bool,
    /// Whether `mem` has to be taken from `memory` again before its next use.
    pub(super) stale: bool,
    pub(super) first_site: u32,
    /// Byte offsets of the effects written so far; the first one's site is `first_site`.
    pub(super) sites: Vec<u32>,
}

impl<'a> FuncWriter<'a> {
    pub(super) fn new(
        backend: &'a Backend<'a>,
        defined: DefinedFunc,
        func: &'a Func,
        part: Option<usize>,
        (names, part_names): (&'a [String], &'a [Ident]),
        first_site: u32,
    ) -> Self {
        let index = backend.module.func_idx(defined);
        let (root, params, results) = match part {
            None => {
                let sig = backend.module.sig(index);
                let params = (0..sig.params.len() as u32).map(VarId).collect();
                (func.body, params, sig.results.clone())
            }
            Some(part) => {
                let part = &func.parts[part];
                let types = part.results.iter().map(|var| func.vars[var.index()].ty);
                (part.body, part.params.clone(), types.collect())
            }
        };
        let mut writer = Self {
            backend,
            func,
            index,
            part,
            root,
            needs: backend.effects.funcs[defined.index()],
            scopes: scopes(func, root, &params),
            params,
            results,
            names,
            part_names,
            broken: vec![false; func.labels as usize],
            shared_exit: false,
            references: vec![0; func.labels as usize],
            out: String::new(),
            indent: 1,
            kinds: Vec::new(),
            uses_slice: false,
            stale: false,
            first_site,
            sites: Vec::new(),
        };
        writer.survey();
        writer
    }

    /// Finds which labels are left by `break`, and whether the slice is used.
    pub(super) fn survey(&mut self) {
        let mut checks = 0;
        let mut pending = vec![self.root];
        while let Some(block) = pending.pop() {
            for stmt in &self.func.block(block).stmts {
                pending.extend(stmt.blocks());
                match stmt {
                    Stmt::Break(label) => {
                        self.broken[label.index()] = true;
                        self.references[label.index()] += 1;
                    }
                    Stmt::Continue(label) => self.references[label.index()] += 1,
                    Stmt::Do { op: Op::Load { .. } | Op::Store { .. }, .. } => checks += 1,
                    _ => {}
                }
                self.uses_slice |= self.stmt_uses_slice(stmt);
            }
        }
        self.shared_exit = checks >= MIN_SHARED && !self.backend.config.trap_offsets;
    }

    pub(super) fn stmt_uses_slice(&self, stmt: &Stmt) -> bool {
        let mut uses = match stmt {
            Stmt::Do { op, .. } => match op {
                Op::Load { .. }
                | Op::Store { .. }
                | Op::MemoryFill { .. }
                | Op::MemoryCopy { .. }
                | Op::MemoryInit { .. } => true,
                Op::Call(func, _) => self.callee_memory(*func) == MemoryUse::Slice,
                Op::Part(..) => self.needs.memory == MemoryUse::Slice,
                Op::CallIndirect { sig, .. } => {
                    self.backend.effects.indirect[sig.index()].memory == MemoryUse::Slice
                }
                _ => false,
            },
            _ => false,
        };
        for operand in stmt.operands() {
            self.func.exprs.walk(operand, &mut |expr| uses |= matches!(expr, Expr::MemorySize(_)));
        }
        uses
    }

    pub(super) fn callee_memory(&self, func: FuncIdx) -> MemoryUse {
        self.backend.effects.needs(self.backend.module, func).memory
    }

    /// The text, and the byte offsets of its sites.
    pub(super) fn write(mut self) -> (String, Vec<u32>) {
        self.indent = if self.shared_exit { 2 } else { 1 };
        self.block_stmts(self.root);
        if !self.ends(self.root) {
            // Not reached; rustc can't always see that.
            let unreachable = self.trap(TrapKind::Unreachable, None);
            self.line(&format!("return {unreachable};"));
        }
        let body = std::mem::take(&mut self.out);
        let mut out = self.header();
        self.prologue(&mut out);
        if self.shared_exit {
            let trap = self.trap(TrapKind::MemoryOutOfBounds, None);
            let _ = write!(out, "    'oob: {{\n{body}    }}\n    {trap}\n}}\n\n");
        } else {
            let _ = write!(out, "{body}}}\n\n");
        }
        (out, self.sites)
    }

    pub(super) fn header(&self) -> String {
        let (backend, module) = (self.backend, self.backend.module);
        let mut out = String::new();
        let name = match module.func_names.get(&self.index.0) {
            Some(name) => format!(" {}", in_comment(name)),
            None => String::new(),
        };
        let ident = match self.part {
            None => {
                let signature = super::signature(module.sig(self.index));
                let _ = writeln!(out, "/// func {}{name}: {signature}", self.index.0);
                backend.names.func(self.index)
            }
            Some(part) => {
                // Inlined again, it would be as slow to compile as if it were not a part.
                let _ =
                    writeln!(out, "/// func {}{name}: part {part}\n#[inline(never)]", self.index.0);
                self.part_names[part].as_str()
            }
        };
        let _ = write!(out, "fn {ident}{}(", backend.bounds(self.needs));
        let mut params = backend.context_params(self.needs);
        for var in &self.params {
            let mutable = if self.scopes.is_mutable(*var) { "mut " } else { "" };
            let ty = rust_type(self.func.vars[var.index()].ty);
            params.push(format!("{mutable}{}: {ty}", self.name(*var)));
        }
        let results = super::tuple_type(&self.results);
        let _ = writeln!(out, "{}) -> WasmResult<{results}> {{", params.join(", "));
        out
    }

    pub(super) fn prologue(&self, out: &mut String) {
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
        if let (Ok(defined), None) = (self.backend.module.defined(self.index), self.part)
            && self.backend.effects.recursive[defined.index()]
        {
            let _ = writeln!(
                out,
                "    if {}.stack.exhausted() {{ return Err(WasmTrap::at(TrapKind::StackExhausted, {})); }}",
                Context::of(self.needs).state(),
                if self.backend.config.trap_offsets { u32::MAX } else { self.index.0 },
            );
        }
        if self.needs.memory == MemoryUse::Whole && self.uses_slice {
            out.push_str("    let mut mem = memory.bytes_mut();\n");
        }
        for (index, var) in self.func.vars.iter().enumerate() {
            let id = VarId(index as u32);
            if self.scopes.declaration(id) == Declaration::Top {
                let mutable = if self.scopes.is_mutable(id) { "mut " } else { "" };
                let _ = writeln!(
                    out,
                    "    let {mutable}{}: {} = {};",
                    self.names[index],
                    rust_type(var.ty),
                    super::zero(var.ty)
                );
            }
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
        self.out.extend(std::iter::repeat_n("    ", self.indent.min(24)));
    }

    pub(super) fn exprs(&self) -> ExprWriter<'_> {
        ExprWriter {
            backend: self.backend,
            exprs: &self.func.exprs,
            context: Context::of(self.needs),
            local_names: self.names,
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
        exprs.iter().map(|expr| self.any(*expr)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn name(&self, var: VarId) -> &str {
        &self.names[var.index()]
    }

    // Traps.

    /// What the function returns for a trap. A constant of the whole result is cheaper to compile
    /// than a constructor at each place.
    pub(super) fn trap(&mut self, kind: TrapKind, site: Option<u32>) -> String {
        if self.backend.config.trap_offsets {
            return match site {
                Some(site) => format!("Err(const {{ WasmTrap::at(TrapKind::{kind:?}, {site}) }})"),
                None => format!("Err(WasmTrap::new(TrapKind::{kind:?}))"),
            };
        }
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
        constant_name(kind).to_owned()
    }

    /// Leaves the function with a trap.
    pub(super) fn raise(&mut self, kind: TrapKind, site: u32) -> String {
        if self.shared_exit && kind == TrapKind::MemoryOutOfBounds {
            self.trap(kind, None);
            return "break 'oob".to_owned();
        }
        format!("return {}", self.trap(kind, Some(site)))
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
            Stmt::Assign(..) | Stmt::Do { .. } => false,
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

/// Names of a function's variables: from the name section, else by kind and number.
fn local_names(backend: &Backend<'_>, index: FuncIdx, func: &Func, parts: &[Ident]) -> Vec<String> {
    let taken = LOCAL_NAMES.iter().copied().chain(parts.iter().map(Ident::as_str));
    let mut scope = Namespace::with(taken);
    let named = backend.module.local_names.get(&index.0);
    let from_section = |local: u32| {
        let name = named?.get(&local)?;
        sanitise(name).map(|name| name.to_ascii_lowercase())
    };
    (func.vars.iter().enumerate())
        .map(|(number, var)| {
            let wanted = match var.kind {
                VarKind::Param(local) => from_section(local).unwrap_or_else(|| format!("p{local}")),
                VarKind::Local(local) => from_section(local).unwrap_or_else(|| format!("l{local}")),
                VarKind::Temp | VarKind::LoopParam | VarKind::Spread => format!("v{number}"),
            };
            scope.claim_unless(&wanted, |name| backend.names.is_item(name)).to_string()
        })
        .collect()
}
