//! Random programs.

use super::dice::Dice;
use super::{Binary, Body, Construct, Expr, Func, Kind, Program, Stmt, Ty, Unary, Width};

/// What programs look like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Functions.
    pub funcs: usize,
    /// About the number of statements in a function; of a steady program, in the first one.
    pub size: usize,
    /// How deep constructs nest at the most.
    pub depth: usize,
    /// How deep expressions nest.
    pub expr: usize,
    /// One in so many addresses, divisors and indices is anything, and so likely to trap.
    pub risk: u64,
    /// How many blocks are around the body of the first function.
    pub nest: usize,
    /// Whether most of the code runs: branches are seldom taken, and only conditionals are left
    /// for good.
    pub steady: bool,
}

/// A program that only depends on the seed and the shape.
pub fn generate(seed: u64, shape: Shape) -> Program {
    let mut generator = Generator {
        dice: Dice::new(seed),
        shape,
        signatures: Vec::new(),
        globals: vec![Ty::I32, Ty::I64, Ty::I32],
        locals: Vec::new(),
        labels: Vec::new(),
        budget: 0,
        current: 0,
    };
    generator.signatures = (0..shape.funcs)
        .map(|index| match index {
            0 => (vec![Ty::I32, Ty::I64], vec![Ty::I64]),
            _ => generator.signature(),
        })
        .collect();
    let funcs = (0..shape.funcs).map(|index| generator.func(index)).collect();
    Program { exported: 1, funcs, globals: generator.globals }
}

struct Generator {
    dice: Dice,
    shape: Shape,
    signatures: Vec<(Vec<Ty>, Vec<Ty>)>,
    globals: Vec<Ty>,
    /// The current function's, parameters included.
    locals: Vec<Ty>,
    /// What a branch to each label carries, the outermost first.
    labels: Vec<Vec<Ty>>,
    /// Statements still wanted in the function.
    budget: usize,
    /// The current function.
    current: usize,
}

const OPERATORS: &[Binary] = &[
    Binary::Add,
    Binary::Sub,
    Binary::Mul,
    Binary::And,
    Binary::Or,
    Binary::Xor,
    Binary::Shl,
    Binary::ShrS,
    Binary::ShrU,
    Binary::Rotl,
    Binary::Rotr,
    Binary::DivS,
    Binary::DivU,
    Binary::RemS,
    Binary::RemU,
];

const TESTS: &[Binary] =
    &[Binary::Eq, Binary::Ne, Binary::LtS, Binary::LtU, Binary::GtS, Binary::GeU, Binary::LeU];

impl Generator {
    fn risky(&mut self) -> bool {
        self.shape.risk > 0 && self.dice.next().is_multiple_of(self.shape.risk)
    }

    fn ty(&mut self) -> Ty {
        self.dice.pick(&[Ty::I32, Ty::I32, Ty::I64])
    }

    fn types(&mut self, most: usize) -> Vec<Ty> {
        (0..self.dice.below(most + 1)).map(|_| self.ty()).collect()
    }

    fn signature(&mut self) -> (Vec<Ty>, Vec<Ty>) {
        match self.dice.below(3) {
            0 => (vec![Ty::I32], vec![Ty::I32]),
            1 => (self.types(3), vec![self.ty()]),
            _ => (self.types(3), self.types(3)),
        }
    }

    fn func(&mut self, index: usize) -> Func {
        let (params, results) = self.signatures[index].clone();
        let locals = vec![Ty::I32, Ty::I64, Ty::I32, Ty::I32, Ty::I64];
        self.locals = params.iter().chain(&locals).copied().collect();
        self.labels = vec![results.clone()];
        let small = self.shape.steady && index > 0;
        self.budget = if small { 20 } else { self.shape.size };
        self.current = index;
        let nest = if index == 0 { self.shape.nest } else { 0 };
        let body = self.nested(nest, &results);
        Func { params, results, locals, body }
    }

    /// A body inside so many constructs, each of which goes on a little after the one in it.
    fn nested(&mut self, nest: usize, results: &[Ty]) -> Body {
        let mut around = Vec::new();
        for _ in 0..nest {
            let types = self.types(2);
            let kind = self.dice.below(8);
            // Loops take no parameters here.
            self.labels.push(if kind == 0 { Vec::new() } else { types.clone() });
            around.push((kind, types));
        }
        let innermost = around.last().map_or(results, |(_, types)| types).to_vec();
        let mut body = self.body(&[], &innermost, 0, false);
        while let Some((kind, types)) = around.pop() {
            let kind = match kind {
                0 => Kind::Loop,
                1 => {
                    let other = self.leaf(&types);
                    self.labels.pop();
                    let condition = self.expr(Ty::I32, 1);
                    self.labels.push(Vec::new());
                    Kind::If(condition, Some(other))
                }
                _ => Kind::Block,
            };
            self.labels.pop();
            let sinks = self.sinks(&types);
            let construct = Construct { kind, params: Vec::new(), results: types, body };
            let mut stmts = vec![Stmt::Construct(construct, sinks)];
            if self.dice.chance(30) {
                stmts.push(self.stmt(usize::MAX));
            }
            let outer = around.last().map_or(results, |(_, types)| types).to_vec();
            let results = self.values(&outer, 1);
            body = Body { sinks: Vec::new(), kept: None, stmts, results };
        }
        body
    }

    fn leaf(&mut self, results: &[Ty]) -> Body {
        Body { sinks: Vec::new(), kept: None, stmts: Vec::new(), results: self.values(results, 1) }
    }

    fn local(&mut self, ty: Ty) -> usize {
        let start = self.dice.below(self.locals.len());
        let len = self.locals.len();
        (0..len)
            .map(|offset| (start + offset) % len)
            .find(|local| self.locals[*local] == ty)
            .unwrap_or(0)
    }

    fn sinks(&mut self, types: &[Ty]) -> Vec<usize> {
        types.iter().map(|ty| self.local(*ty)).collect()
    }

    fn values(&mut self, types: &[Ty], depth: usize) -> Vec<Expr> {
        types.iter().map(|ty| self.expr(*ty, depth)).collect()
    }

    fn body(&mut self, params: &[Ty], results: &[Ty], depth: usize, may_end: bool) -> Body {
        let keeps = matches!((params.first(), results.first()), (Some(a), Some(b)) if a == b)
            && self.dice.chance(50);
        let kept = match params.first() {
            Some(ty) if keeps => Some((self.dice.pick(&OPERATORS[..11]), *ty)),
            _ => None,
        };
        let sinks = self.sinks(&params[usize::from(keeps)..]);
        let mut stmts = Vec::new();
        // The outermost body goes on until the function is large enough.
        let mut count = if depth == 0 { usize::MAX } else { 1 + self.dice.below(6) };
        while count > 0 && self.budget > 0 {
            count -= 1;
            self.budget -= 1;
            let stmt = self.stmt(depth);
            let ends = matches!(
                stmt,
                Stmt::Br(..) | Stmt::BrTable(..) | Stmt::Return(_) | Stmt::Unreachable
            );
            // What follows is dead code; a little of it.
            if ends && !may_end {
                continue;
            }
            if ends {
                count = count.min(1);
            }
            stmts.push(stmt);
        }
        Body { sinks, kept, stmts, results: self.values(results, self.shape.expr.min(2)) }
    }

    fn construct(&mut self, results: Vec<Ty>, depth: usize) -> Construct {
        let mut params: Vec<Ty> = self.types(2);
        let kind = self.dice.below(10);
        let condition = self.expr(Ty::I32, 2);
        let carried = if (4..7).contains(&kind) { params.clone() } else { results.clone() };
        if kind == 9 {
            params.clone_from(&results);
        }
        let values = self.values(&params, self.shape.expr);
        self.labels.push(carried);
        let may_end = kind >= 7 || !self.shape.steady;
        let body = self.body(&params, &results, depth + 1, may_end);
        let kind = match kind {
            0..4 => Kind::Block,
            4..7 => Kind::Loop,
            9 => Kind::If(condition, None),
            _ => {
                let other = self.body(&params, &results, depth + 1, !self.shape.steady);
                Kind::If(condition, Some(other))
            }
        };
        self.labels.pop();
        let params = params.into_iter().zip(values).collect();
        Construct { kind, params, results, body }
    }

    fn stmt(&mut self, depth: usize) -> Stmt {
        let leaf = depth >= self.shape.depth || self.labels.len() > 12 + self.shape.nest;
        let expr = self.shape.expr;
        match self.dice.below(100) {
            0..30 => {
                let ty = self.ty();
                let value = self.expr(ty, expr);
                Stmt::Set(self.local(ty), value)
            }
            30..36 => {
                let global = self.dice.below(self.globals.len());
                let value = self.expr(self.globals[global], expr);
                Stmt::SetGlobal(global, value)
            }
            36..46 => {
                let ty = self.ty();
                let address = self.address();
                let offset = if self.risky() { self.offset() } else { 0 };
                Stmt::Store(Width::whole(ty), address, self.expr(ty, expr), offset)
            }
            46..50 => {
                let ty = self.ty();
                Stmt::Drop(self.expr(ty, expr))
            }
            50..54 => {
                let Some(func) = self.callee() else { return self.stmt(depth) };
                let (params, results) = self.signatures[func].clone();
                let args = self.values(&params, 1);
                Stmt::Call(func, args, self.sinks(&results))
            }
            54..80 if !leaf => {
                let results = self.types(2);
                let construct = self.construct(results.clone(), depth);
                Stmt::Construct(construct, self.sinks(&results))
            }
            80..92 if !self.shape.steady || self.dice.chance(10) => {
                let depth = self.dice.below(self.labels.len());
                let types = self.carried(depth);
                let values = self.values(&types, 1);
                let condition = self.condition();
                Stmt::BrIf(depth, values, condition, self.sinks(&types))
            }
            92..95 => {
                let depth = self.dice.below(self.labels.len());
                let types = self.carried(depth);
                Stmt::Br(depth, self.values(&types, 1))
            }
            95..98 => self.br_table(),
            98 => {
                let types = self.labels[0].clone();
                Stmt::Return(self.values(&types, 1))
            }
            99 if self.shape.risk > 0 && self.dice.chance(20) => Stmt::Unreachable,
            _ => {
                let value = self.expr(Ty::I32, 1);
                Stmt::Set(self.local(Ty::I32), value)
            }
        }
    }

    /// Whether to branch; in steady programs seldom true.
    fn condition(&mut self) -> Expr {
        let value = self.expr(Ty::I32, 2);
        if !self.shape.steady {
            return value;
        }
        let mask = Expr::Const(Ty::I32, 63);
        let masked = Expr::Binary(Binary::And, Ty::I32, value.into(), mask.into());
        let one = self.dice.below(64) as i64;
        Expr::Binary(Binary::Eq, Ty::I32, masked.into(), Expr::Const(Ty::I32, one).into())
    }

    fn carried(&self, depth: usize) -> Vec<Ty> {
        self.labels[self.labels.len() - 1 - depth].clone()
    }

    fn br_table(&mut self) -> Stmt {
        let default = self.dice.below(self.labels.len());
        let types = self.carried(default);
        let alike: Vec<usize> =
            (0..self.labels.len()).filter(|depth| self.carried(*depth) == types).collect();
        let targets = (0..self.dice.below(7)).map(|_| self.dice.pick(&alike)).collect();
        let values = self.values(&types, 1);
        let index = self.expr(Ty::I32, 1);
        let index =
            Expr::Binary(Binary::And, Ty::I32, index.into(), Expr::Const(Ty::I32, 7).into());
        Stmt::BrTable(targets, default, values, index)
    }

    fn offset(&mut self) -> u32 {
        self.dice.pick(&[0, 0, 4, 8, 65_528])
    }

    fn address(&mut self) -> Expr {
        let address = self.expr(Ty::I32, 1);
        if self.risky() {
            return address;
        }
        let mask = Expr::Const(Ty::I32, 0x7fff);
        Expr::Binary(Binary::And, Ty::I32, address.into(), mask.into())
    }

    fn constant(&mut self, ty: Ty) -> Expr {
        let value = match self.dice.below(8) {
            0 => -1,
            1 => i64::MIN,
            2 => i64::from(i32::MIN),
            3 => i64::from(i32::MAX),
            4 => 0,
            5 => self.dice.next() as i64,
            _ => self.dice.below(100) as i64,
        };
        Expr::Const(
            ty,
            match ty {
                Ty::I32 => (value as i32).into(),
                _ => value,
            },
        )
    }

    fn expr(&mut self, ty: Ty, depth: usize) -> Expr {
        if depth == 0 {
            return match self.dice.below(4) {
                0 => self.constant(ty),
                _ => Expr::Local(self.local(ty)),
            };
        }
        let depth = depth - 1;
        match self.dice.below(100) {
            0..8 => self.constant(ty),
            8..25 => Expr::Local(self.local(ty)),
            25..32 => {
                let value = self.expr(ty, depth).into();
                Expr::Tee(self.local(ty), value)
            }
            32..38 => {
                let global = if ty == Ty::I64 { 1 } else { 2 * self.dice.below(2) };
                Expr::Global(global)
            }
            38..62 => self.binary(ty, depth),
            62..70 => self.unary(ty, depth),
            70..74 => {
                let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
                let condition = self.expr(Ty::I32, depth);
                Expr::Select(a.into(), b.into(), condition.into())
            }
            74..84 => {
                let address = self.address();
                let offset = if self.risky() { self.offset() } else { 4 };
                Expr::Load(Width::whole(ty), address.into(), offset)
            }
            84..86 if ty == Ty::I32 => Expr::MemorySize,
            86 if ty == Ty::I32 => {
                let delta = self.dice.below(2) as i64;
                Expr::MemoryGrow(Expr::Const(Ty::I32, delta).into())
            }
            87 if ty == Ty::I32 => Expr::MemoryGrow(Expr::MemorySize.into()),
            88..90 if ty == Ty::I32 => Expr::Host(self.expr(ty, depth).into()),
            90..94 => self.call(ty),
            94..98 if self.budget > 0 && self.labels.len() < 8 + self.shape.nest => {
                self.budget -= 1;
                let depth = self.shape.depth.saturating_sub(1);
                Expr::Construct(self.construct(vec![ty], depth).into())
            }
            _ => self.expr(ty, depth),
        }
    }

    /// Mostly a later function, if there is one: cycles burn all the fuel.
    fn callee(&mut self) -> Option<usize> {
        let (all, next) = (self.signatures.len(), self.current + 1);
        if !self.shape.steady && self.dice.chance(5) {
            Some(self.dice.below(all))
        } else if next < all {
            Some(next + self.dice.below(all - next))
        } else {
            None
        }
    }

    fn call(&mut self, ty: Ty) -> Expr {
        let Some(func) = self.callee().filter(|func| self.signatures[*func].1 == [ty]) else {
            return Expr::Local(self.local(ty));
        };
        let params = self.signatures[func].0.clone();
        let args = self.values(&params, 1);
        if self.dice.chance(50) {
            return Expr::Call(func, args);
        }
        let index =
            if self.risky() { self.expr(Ty::I32, 1) } else { Expr::Const(Ty::I32, func as i64) };
        Expr::CallIndirect(func, args, index.into())
    }

    fn binary(&mut self, ty: Ty, depth: usize) -> Expr {
        if ty == Ty::I32 && self.dice.chance(25) {
            let (op, ty) = (self.dice.pick(TESTS), self.ty());
            let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
            return Expr::Binary(op, ty, a.into(), b.into());
        }
        let op = self.dice.pick(OPERATORS);
        let a = self.expr(ty, depth);
        let divides = matches!(op, Binary::DivS | Binary::DivU | Binary::RemS | Binary::RemU);
        let b = if divides && !self.risky() {
            let divisor = self.dice.pick(&[1, 2, 3, -5, 7, 16, -128]);
            Expr::Const(ty, divisor)
        } else {
            self.expr(ty, depth)
        };
        Expr::Binary(op, ty, a.into(), b.into())
    }

    fn unary(&mut self, ty: Ty, depth: usize) -> Expr {
        let (op, from) = match (ty, self.dice.below(6)) {
            (Ty::I32, 0) => (Unary::Wrap, Ty::I64),
            (Ty::I32, 1) => (Unary::Eqz, Ty::I64),
            (Ty::I32, 2) => (Unary::Eqz, Ty::I32),
            (Ty::I64, 0 | 1) => (Unary::ExtendSigned, Ty::I32),
            (Ty::I64, 2) => (Unary::ExtendUnsigned, Ty::I32),
            (_, 3) => (Unary::Clz, ty),
            (_, 4) => (Unary::Ctz, ty),
            (_, _) => (self.dice.pick(&[Unary::Popcnt, Unary::Extend8]), ty),
        };
        Expr::Unary(op, from, self.expr(from, depth).into())
    }
}
