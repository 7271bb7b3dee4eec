//! Programs in WebAssembly's text format.

use std::fmt::Write as _;

use super::{
    Binary, Body, Construct, Expr, Func, Kind, MAX_PAGES, Program, Stmt, TABLE, Ty, Unary, Width,
};

impl Program {
    /// The module.
    pub fn text(&self, fuel: u32) -> String {
        let mut out = String::from("(module\n");
        for (index, func) in self.funcs.iter().enumerate() {
            let _ = writeln!(out, "(type $t{index} (func{}))", signature(func));
        }
        let _ = write!(
            out,
            "(import \"env\" \"host\" (func $host (param i32) (result i32)))\n\
             (memory (export \"memory\") 1 {MAX_PAGES})\n(table {TABLE} funcref)\n(elem (i32.const 0)"
        );
        for index in 0..self.funcs.len().min(TABLE) {
            let _ = write!(out, " $f{index}");
        }
        let _ = writeln!(out, ")\n(global $fuel (mut i32) (i32.const {fuel}))");
        for (index, ty) in self.globals.iter().enumerate() {
            let ty = name(*ty);
            let _ = writeln!(
                out,
                "(global $g{index} (export \"g{index}\") (mut {ty}) ({ty}.const {index}))"
            );
        }
        for (index, func) in self.funcs.iter().enumerate() {
            let export = match index {
                0 => " (export \"run\")".to_owned(),
                _ if index < self.exported => format!(" (export \"run{index}\")"),
                _ => String::new(),
            };
            let _ = writeln!(out, "(func $f{index}{export} (type $t{index})");
            for ty in &func.locals {
                let _ = write!(out, " (local {})", name(*ty));
            }
            let mut writer = Writer { out: &mut out };
            writer.burn();
            writer.body(&func.body);
            out.push_str(")\n");
        }
        out.push(')');
        out
    }
}

fn name(ty: Ty) -> &'static str {
    match ty {
        Ty::I32 => "i32",
        Ty::I64 => "i64",
        Ty::F32 => "f32",
        Ty::F64 => "f64",
    }
}

/// `i64.store32` and the like; without the sign.
fn access(verb: &str, width: Width) -> String {
    match width.bytes {
        bytes if bytes == width.ty.bytes() => format!("{}.{verb}", name(width.ty)),
        bytes => format!("{}.{verb}{}", name(width.ty), 8 * bytes),
    }
}

fn list(keyword: &str, types: impl Iterator<Item = Ty>) -> String {
    let mut out = format!(" ({keyword}");
    for ty in types {
        out.push(' ');
        out.push_str(name(ty));
    }
    out.push(')');
    out
}

fn signature(func: &Func) -> String {
    list("param", func.params.iter().copied()) + &list("result", func.results.iter().copied())
}

struct Writer<'a> {
    out: &'a mut String,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn burn(&mut self) {
        self.line("global.get $fuel i32.eqz if unreachable end");
        self.line("global.get $fuel i32.const 1 i32.sub global.set $fuel");
    }

    fn body(&mut self, body: &Body) {
        for sink in body.sinks.iter().rev() {
            self.line(&format!("local.set {sink}"));
        }
        self.stmts(&body.stmts);
        self.exprs(&body.results[..usize::from(!body.results.is_empty())]);
        if let Some((op, ty)) = body.kept {
            self.line(&binary(op, ty));
        }
        self.exprs(body.results.get(1..).unwrap_or_default());
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Const(Ty::F32, value) => {
                self.line(&format!("f32.const {}", f32::from_bits(*value as u32)));
            }
            Expr::Const(Ty::F64, value) => {
                self.line(&format!("f64.const {}", f64::from_bits(*value as u64)));
            }
            Expr::Const(ty, value) => self.line(&format!("{}.const {value}", name(*ty))),
            Expr::Local(local) => self.line(&format!("local.get {local}")),
            Expr::Tee(local, value) => {
                self.expr(value);
                self.line(&format!("local.tee {local}"));
            }
            Expr::Global(global) => self.line(&format!("global.get $g{global}")),
            Expr::Unary(op, ty, operand) => {
                self.expr(operand);
                self.line(&unary(*op, *ty));
            }
            Expr::Binary(op, ty, a, b) => {
                self.expr(a);
                self.expr(b);
                self.line(&binary(*op, *ty));
            }
            Expr::Select(a, b, condition) => {
                self.expr(a);
                self.expr(b);
                self.expr(condition);
                self.line("select");
            }
            Expr::Load(width, address, offset) => {
                self.expr(address);
                let sign = match width {
                    _ if width.bytes == width.ty.bytes() => "",
                    Width { signed: true, .. } => "_s",
                    _ => "_u",
                };
                self.line(&format!("{}{sign} offset={offset}", access("load", *width)));
            }
            Expr::MemorySize => self.line("memory.size"),
            Expr::MemoryGrow(delta) => {
                self.expr(delta);
                self.line("memory.grow");
            }
            Expr::Call(func, args) => {
                self.exprs(args);
                self.line(&format!("call $f{func}"));
            }
            Expr::CallIndirect(func, args, index) => {
                self.exprs(args);
                self.expr(index);
                self.line(&format!("call_indirect (type $t{func})"));
            }
            Expr::Host(argument) => {
                self.expr(argument);
                self.line("call $host");
            }
            Expr::Construct(construct) => self.construct(construct),
        }
    }

    fn construct(&mut self, construct: &Construct) {
        for (_, param) in &construct.params {
            self.expr(param);
        }
        let ty = list("param", construct.params.iter().map(|(ty, _)| *ty))
            + &list("result", construct.results.iter().copied());
        match &construct.kind {
            Kind::Block => self.line(&format!("block{ty}")),
            Kind::Loop => {
                self.line(&format!("loop{ty}"));
                self.burn();
            }
            Kind::Walk => self.line(&format!("loop{ty}")),
            Kind::If(condition, _) => {
                self.expr(condition);
                self.line(&format!("if{ty}"));
            }
        }
        self.body(&construct.body);
        if let Kind::If(_, Some(other)) = &construct.kind {
            self.line("else");
            self.body(other);
        }
        self.line("end");
    }

    fn sinks(&mut self, sinks: &[usize]) {
        for sink in sinks.iter().rev() {
            self.line(&format!("local.set {sink}"));
        }
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match stmt {
                Stmt::Set(local, value) => {
                    self.expr(value);
                    self.line(&format!("local.set {local}"));
                }
                Stmt::SetGlobal(global, value) => {
                    self.expr(value);
                    self.line(&format!("global.set $g{global}"));
                }
                Stmt::Store(width, address, value, offset) => {
                    self.expr(address);
                    self.expr(value);
                    self.line(&format!("{} offset={offset}", access("store", *width)));
                }
                Stmt::Drop(value) => {
                    self.expr(value);
                    self.line("drop");
                }
                Stmt::Construct(construct, sinks) => {
                    self.construct(construct);
                    self.sinks(sinks);
                }
                Stmt::Call(func, args, sinks) => {
                    self.exprs(args);
                    self.line(&format!("call $f{func}"));
                    self.sinks(sinks);
                }
                Stmt::Br(depth, values) => {
                    self.exprs(values);
                    self.line(&format!("br {depth}"));
                }
                Stmt::BrIf(depth, values, condition, sinks) => {
                    self.exprs(values);
                    self.expr(condition);
                    self.line(&format!("br_if {depth}"));
                    self.sinks(sinks);
                }
                Stmt::BrTable(targets, default, values, index) => {
                    self.exprs(values);
                    self.expr(index);
                    self.out.push_str("br_table");
                    for target in targets.iter().chain([default]) {
                        let _ = write!(self.out, " {target}");
                    }
                    self.out.push('\n');
                }
                Stmt::Return(values) => {
                    self.exprs(values);
                    self.line("return");
                }
                Stmt::Unreachable => self.line("unreachable"),
            }
        }
    }
}

fn unary(op: Unary, ty: Ty) -> String {
    let ty = name(ty);
    match op {
        Unary::Eqz => format!("{ty}.eqz"),
        Unary::Clz => format!("{ty}.clz"),
        Unary::Ctz => format!("{ty}.ctz"),
        Unary::Popcnt => format!("{ty}.popcnt"),
        Unary::Extend8 => format!("{ty}.extend8_s"),
        Unary::Wrap => "i32.wrap_i64".to_owned(),
        Unary::ExtendSigned => "i64.extend_i32_s".to_owned(),
        Unary::ExtendUnsigned => "i64.extend_i32_u".to_owned(),
        Unary::Reinterpret => format!("i{}.reinterpret_{ty}", &ty[1..]),
        Unary::Neg => format!("{ty}.neg"),
    }
}

fn binary(op: Binary, ty: Ty) -> String {
    let op = match op {
        Binary::Add => "add",
        Binary::Sub => "sub",
        Binary::Mul => "mul",
        Binary::And => "and",
        Binary::Or => "or",
        Binary::Xor => "xor",
        Binary::Shl => "shl",
        Binary::ShrS => "shr_s",
        Binary::ShrU => "shr_u",
        Binary::Rotl => "rotl",
        Binary::Rotr => "rotr",
        Binary::DivS => "div_s",
        Binary::DivU => "div_u",
        Binary::RemS => "rem_s",
        Binary::RemU => "rem_u",
        Binary::Eq => "eq",
        Binary::Ne => "ne",
        Binary::LtS => "lt_s",
        Binary::LtU => "lt_u",
        Binary::GtS => "gt_s",
        Binary::GtU => "gt_u",
        Binary::GeS => "ge_s",
        Binary::GeU => "ge_u",
        Binary::LeS => "le_s",
        Binary::LeU => "le_u",
    };
    format!("{}.{op}", name(ty))
}
