//! Random programs whose loops walk over memory, as compilers write them and almost so: counted in
//! all ways, unrolled, with streams that overlap, up to the end of the memory and beyond it.

mod streams;

use super::dice::Dice;
use super::{Binary, Body, Construct, Expr, Func, Kind, Number, Program, Stmt, Ty, Unary, Width};

/// Parameters: two bases, a number of repetitions, and anything.
const PARAMS: [Ty; 4] = [Ty::I32, Ty::I32, Ty::I32, Ty::I64];

/// The local that is the number of repetitions, and the one that is anything.
const TIMES: usize = 2;
const ANYTHING: usize = 3;

/// Locals of each type, after the parameters.
const INTS: std::ops::Range<usize> = 4..13;
const LONGS: std::ops::Range<usize> = 13..16;
const FLOATS: std::ops::Range<usize> = 16..18;
const DOUBLES: std::ops::Range<usize> = 18..20;

const LAST_PAGE: i64 = 0x1_0000;

/// A program of so many functions, all exported, that only depends on the seed.
pub fn walks(seed: u64, funcs: usize) -> Program {
    let mut walks = Walks {
        dice: Dice::new(seed ^ 0x5eed),
        globals: vec![Ty::I32, Ty::I64, Ty::I32],
        depth: 0,
        func: 0,
        funcs,
        risky: false,
        walked: INTS.start,
    };
    let funcs = (0..funcs).map(|func| walks.func(func)).collect::<Vec<_>>();
    Program { exported: funcs.len(), funcs, globals: walks.globals }
}

/// So many lists of arguments for the functions of [`walks`].
pub fn arguments(seed: u64, count: usize) -> Vec<[Number; 4]> {
    let mut dice = Dice::new(seed ^ 0xa55);
    (0..count)
        .map(|_| {
            let first = base(&mut dice);
            // Often close to one another.
            let second = match dice.below(3) {
                0 => base(&mut dice),
                1 => first + dice.pick(&[0, 1, 4, 8, -1, -4, -8, 16, 64, -64]),
                _ => first + 512,
            };
            let times = match dice.below(12) {
                0 => 0,
                1 => -1,
                2 => i64::from(i32::MIN),
                3 => i64::from(i32::MAX),
                4 => 1,
                5 => dice.below(5_000) as i64,
                _ => dice.below(40) as i64,
            };
            let int = |value: i64| i64::from(value as i32);
            [int(first), int(second), int(times), dice.next() as i64]
        })
        .collect()
}

fn base(dice: &mut Dice) -> i64 {
    match dice.below(20) {
        0 => 0,
        1 => dice.below(64) as i64,
        2..4 => LAST_PAGE - dice.below(400) as i64,
        4 => -(dice.below(300) as i64),
        5 => dice.next() as i64,
        6 => dice.below(LAST_PAGE as usize) as i64,
        _ => 0x1000 + 8 * dice.below(0x1000) as i64,
    }
}

struct Walks {
    dice: Dice,
    globals: Vec<Ty>,
    /// Open labels, the function's own not counted.
    depth: usize,
    func: usize,
    funcs: usize,
    /// Whether the current function may well trap.
    risky: bool,
    /// A variable of the last walk.
    walked: usize,
}

const WHOLE_OPERATORS: &[Binary] =
    &[Binary::Add, Binary::Add, Binary::Sub, Binary::Mul, Binary::And, Binary::Or, Binary::Xor];

fn int(value: i64) -> Expr {
    Expr::Const(Ty::I32, i64::from(value as i32))
}

fn local(index: usize) -> Expr {
    Expr::Local(index)
}

fn binary(op: Binary, ty: Ty, a: Expr, b: Expr) -> Expr {
    Expr::Binary(op, ty, a.into(), b.into())
}

fn add(a: Expr, b: Expr) -> Expr {
    binary(Binary::Add, Ty::I32, a, b)
}

fn body(stmts: Vec<Stmt>) -> Body {
    Body { sinks: Vec::new(), kept: None, stmts, results: Vec::new() }
}

fn construct(kind: Kind, stmts: Vec<Stmt>) -> Stmt {
    let body = body(stmts);
    Stmt::Construct(Construct { kind, params: Vec::new(), results: Vec::new(), body }, Vec::new())
}

impl Walks {
    fn func(&mut self, index: usize) -> Func {
        self.func = index;
        let locals = [
            vec![Ty::I32; INTS.len()],
            vec![Ty::I64; LONGS.len()],
            vec![Ty::F32; FLOATS.len()],
            vec![Ty::F64; DOUBLES.len()],
        ]
        .concat();
        self.depth = 0;
        self.risky = self.dice.chance(30);
        let mut stmts = Vec::new();
        for index in INTS {
            if self.dice.chance(60) {
                let mask = int(self.dice.pick(&[0xff8, 0x7ff8, 0xffff, 0x3ff]));
                let value = local(self.dice.below(2));
                stmts.push(Stmt::Set(index, binary(Binary::And, Ty::I32, value, mask)));
            }
        }
        for index in LONGS {
            stmts.push(Stmt::Set(index, local(ANYTHING)));
        }
        for (ty, range) in [(Ty::F32, FLOATS), (Ty::F64, DOUBLES)] {
            for index in range {
                let value = 0.25 + self.dice.below(9) as f64;
                let bits = match ty {
                    Ty::F32 => Number::from((value as f32).to_bits()),
                    _ => value.to_bits() as Number,
                };
                stmts.push(Stmt::Set(index, Expr::Const(ty, bits)));
            }
        }
        let count = 2 + self.dice.below(4);
        stmts.extend(self.stmts(count, 0));
        let results = vec![self.digest()];
        let body = Body { sinks: Vec::new(), kept: None, stmts, results };
        Func { params: PARAMS.to_vec(), results: vec![Ty::I64], locals, body }
    }

    /// A number that depends on some of the locals: the others are dead at the end.
    fn digest(&mut self) -> Expr {
        let kept = self.dice.pick(&[0, 0, 15, 50, 100]);
        let mut sum = local(ANYTHING);
        for (range, ty) in
            [(INTS, Ty::I32), (LONGS, Ty::I64), (FLOATS, Ty::F32), (DOUBLES, Ty::F64)]
        {
            for index in range {
                if !self.dice.chance(kept) {
                    continue;
                }
                let unary = |op, ty, a: Expr| Expr::Unary(op, ty, a.into());
                let value = match ty {
                    Ty::I32 => unary(Unary::ExtendUnsigned, Ty::I32, local(index)),
                    Ty::I64 => local(index),
                    Ty::F64 => unary(Unary::Reinterpret, ty, local(index)),
                    Ty::F32 => {
                        let bits = unary(Unary::Reinterpret, ty, local(index));
                        unary(Unary::ExtendSigned, Ty::I32, bits)
                    }
                };
                let rotated = binary(Binary::Rotl, Ty::I64, sum, Expr::Const(Ty::I64, 7));
                sum = binary(Binary::Xor, Ty::I64, rotated, value);
            }
        }
        sum
    }

    fn some(&mut self, range: std::ops::Range<usize>) -> usize {
        range.start + self.dice.below(range.len())
    }

    fn of(&mut self, ty: Ty) -> usize {
        match ty {
            Ty::I32 => self.some(INTS),
            Ty::I64 => self.some(LONGS),
            Ty::F32 => self.some(FLOATS),
            Ty::F64 => self.some(DOUBLES),
        }
    }

    /// A parameter or local that is an `i32`.
    fn any_int(&mut self) -> usize {
        let most = if self.dice.chance(50) { 3 } else { INTS.end };
        match self.dice.below(most) {
            ANYTHING => 0,
            local => local,
        }
    }

    fn width(&mut self) -> Width {
        let (ty, bytes) = self.dice.pick(&[
            (Ty::I32, 4),
            (Ty::I32, 4),
            (Ty::I32, 1),
            (Ty::I32, 1),
            (Ty::I32, 2),
            (Ty::I64, 8),
            (Ty::I64, 8),
            (Ty::I64, 1),
            (Ty::I64, 2),
            (Ty::I64, 4),
            (Ty::F32, 4),
            (Ty::F64, 8),
        ]);
        Width { ty, bytes, signed: self.dice.chance(50) }
    }

    fn operator(&mut self, ty: Ty) -> Binary {
        match ty {
            Ty::F32 | Ty::F64 => self.dice.pick(&[Binary::Add, Binary::Sub, Binary::Mul]),
            _ if self.dice.chance(10) => self.dice.pick(&[Binary::Shl, Binary::ShrU, Binary::Rotl]),
            _ => self.dice.pick(WHOLE_OPERATORS),
        }
    }

    fn stmts(&mut self, count: usize, nested: usize) -> Vec<Stmt> {
        (0..count).flat_map(|_| self.stmt(nested)).collect()
    }

    fn stmt(&mut self, nested: usize) -> Vec<Stmt> {
        let few = 1 + self.dice.below(4);
        match self.dice.below(100) {
            0..34 => self.walk(),
            34..48 => self.accesses(),
            48..60 if nested < 3 => {
                // Goes on to its start from within, too.
                let counter = self.some(INTS);
                let mut stmts = self.within(few, nested);
                let limit = 1 + self.dice.below(4) as i64;
                let up = add(local(counter), int(1));
                let test = Expr::Tee(counter, up.into());
                let test = binary(
                    Binary::LtS,
                    Ty::I32,
                    binary(Binary::And, Ty::I32, test, int(7)),
                    int(limit),
                );
                stmts.push(Stmt::BrIf(0, Vec::new(), test, Vec::new()));
                vec![construct(Kind::Loop, stmts)]
            }
            60..68 if nested < 3 => {
                let stmts = self.within(few, nested);
                vec![construct(Kind::Block, stmts)]
            }
            68..75 if nested < 3 => {
                let condition = self.condition();
                let then = self.within(few, nested);
                let other = self.dice.chance(50).then(|| self.within(1, nested)).map(body);
                vec![construct(Kind::If(condition, other), then)]
            }
            75..83 if self.depth > 0 => {
                let depth = self.dice.below(self.depth);
                vec![Stmt::BrIf(depth, Vec::new(), self.condition(), Vec::new())]
            }
            83 if self.depth > 0 => vec![Stmt::Return(vec![self.digest()])],
            84 => vec![Stmt::Drop(Expr::MemoryGrow(int(self.dice.below(2) as i64).into()))],
            85 if self.func + 1 < self.funcs => {
                let args =
                    vec![local(0), local(1), int(self.dice.below(9) as i64), local(ANYTHING)];
                vec![Stmt::Call(self.func + 1, args, vec![self.some(LONGS)])]
            }
            86 => vec![Stmt::Drop(Expr::Host(local(self.any_int()).into()))],
            87 => vec![Stmt::SetGlobal(0, local(self.any_int()))],
            88..94 => {
                // Reads what a walk has left, maybe in the repetition before.
                let value = self.some(INTS);
                vec![self.read(value)]
            }
            94..97 if nested < 3 => self.restarts(),
            _ => {
                let value = self.index();
                vec![Stmt::Set(self.some(INTS), value)]
            }
        }
    }

    fn within(&mut self, count: usize, nested: usize) -> Vec<Stmt> {
        self.depth += 1;
        let stmts = self.stmts(count, nested + 1);
        self.depth -= 1;
        stmts
    }

    fn read(&mut self, value: usize) -> Stmt {
        let sum = self.some(LONGS);
        let value = Expr::Unary(Unary::ExtendSigned, Ty::I32, local(value).into());
        Stmt::Set(sum, binary(Binary::Add, Ty::I64, local(sum), value))
    }

    /// Two loops around a walk; the inner one may go on to the start of the outer one, or to the
    /// end of a block in it. What the walk leaves is read there, or assigned on another way.
    fn restarts(&mut self) -> Vec<Stmt> {
        let long = |value| Expr::Const(Ty::I64, value);
        let next = binary(Binary::Add, Ty::I64, Expr::Global(1), long(1));
        let low = binary(Binary::And, Ty::I64, Expr::Global(1), long(3));
        let some = long(self.dice.below(4) as i64);
        let jumps = binary(Binary::Eq, Ty::I64, low, some);
        let limit = long(self.dice.pick(&[2, 5, 9, 14]));
        let more = binary(Binary::LtS, Ty::I64, Expr::Global(1), limit);
        let (outer, again) = (Stmt::BrIf(1, Vec::new(), jumps, Vec::new()), more.clone());
        let mut inner = vec![Stmt::SetGlobal(1, next), outer];
        inner.extend(self.walk());
        let walked = self.walked;
        inner.push(Stmt::BrIf(0, Vec::new(), more, Vec::new()));
        let mut stmts = vec![construct(Kind::Loop, inner)];
        if self.dice.chance(70) {
            stmts.push(Stmt::Set(walked, int(0)));
        }
        if self.dice.chance(50) {
            stmts = vec![construct(Kind::Block, stmts)];
            stmts.push(Stmt::BrIf(0, Vec::new(), again, Vec::new()));
        }
        let read = self.read(walked);
        let position = self.dice.pick(&[0, 0, stmts.len() - 1]);
        stmts.insert(position, read);
        vec![construct(Kind::Loop, stmts)]
    }

    fn condition(&mut self) -> Expr {
        let (a, b) = (self.any_int(), self.any_int());
        let op = self.dice.pick(&[Binary::Eq, Binary::LtU, Binary::GtS, Binary::Ne, Binary::LeU]);
        let operand = if self.dice.chance(50) { local(b) } else { int(b as i64) };
        let masked = binary(Binary::And, Ty::I32, local(a), int(3));
        binary(op, Ty::I32, if self.dice.chance(70) { masked } else { local(a) }, operand)
    }

    /// A number with a range that is known, or about so.
    fn index(&mut self) -> Expr {
        let value = local(self.any_int());
        let mask = self.dice.pick(&[0xff, 0xfff, 0x3fff, 0x7fff, 0xfff8, 0xffff, 3]);
        let masked = binary(Binary::And, Ty::I32, value.clone(), int(mask));
        let narrow = |bytes| Width { ty: Ty::I32, bytes, signed: false };
        let value = match self.dice.below(10) {
            0 => {
                let divisor = int(self.dice.pick(&[1, 7, 1000, 65_521, -1]));
                binary(Binary::RemU, Ty::I32, value, divisor)
            }
            1 => Expr::Load(narrow(1), masked.into(), self.dice.below(9) as u32),
            2 => Expr::Load(narrow(2), masked.into(), self.dice.below(9) as u32),
            3 => {
                let shift = int(self.dice.below(34) as i64);
                binary(Binary::ShrU, Ty::I32, value, shift)
            }
            4 => {
                let other = self.dice.pick(&[0xf, 0x1000, 0xc000]);
                let op = self.dice.pick(&[Binary::Or, Binary::Xor]);
                binary(op, Ty::I32, masked, int(other))
            }
            5 => {
                let other = local(self.any_int());
                Expr::Select(masked.into(), int(77).into(), other.into())
            }
            6 => int(self.dice.below(70_000) as i64),
            7 => {
                let divisor = int(self.dice.pick(&[3, 256, 65_536]));
                binary(Binary::DivU, Ty::I32, value, divisor)
            }
            8 => binary(Binary::LtU, Ty::I32, value, masked),
            _ => masked,
        };
        match self.dice.below(4) {
            0 => {
                let shift = self.dice.below(5) as i64;
                let op = if self.dice.chance(80) { Binary::Shl } else { Binary::Mul };
                let scaled = binary(op, Ty::I32, value, int(shift));
                add(scaled, int(self.dice.pick(&[0, 8, 1000, 65_000, -8])))
            }
            1 => add(value, int(self.dice.pick(&[4, 100, 0x8000, -1, -100]))),
            _ => value,
        }
    }

    /// Loads and stores off few bases.
    fn accesses(&mut self) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        let bases = [self.any_int(), self.any_int()];
        for _ in 0..1 + self.dice.below(7) {
            let base = self.dice.pick(&bases);
            let width = self.width();
            let offset = match self.dice.below(40) {
                0 if self.risky => self.dice.pick(&[0xffff_fffc, 0x8000_0000, 0xffff, 0x10_0000]),
                _ => self.dice.pick(&[0, 0, 4, 8, 12, 16, 24, 100, 255]),
            };
            let address = match self.dice.below(12) {
                0 => add(local(base), int(self.dice.pick(&[4, -4, 16, -256]))),
                1 => self.index(),
                2 => int(self.dice.below(66_000) as i64),
                _ => local(base),
            };
            let address = if self.risky {
                address
            } else {
                binary(Binary::And, Ty::I32, address, int(0x7fff))
            };
            let keeps = self.of(width.ty);
            let load = Expr::Load(width, address.clone().into(), offset);
            match self.dice.below(16) {
                0..9 => stmts.push(Stmt::Set(keeps, load)),
                9..13 => stmts.push(Stmt::Store(width, address, local(keeps), offset)),
                13 => stmts.push(construct(
                    Kind::If(self.condition(), None),
                    vec![Stmt::Store(width, address, local(keeps), offset)],
                )),
                14 => stmts.push(construct(
                    Kind::If(self.condition(), self.dice.chance(50).then(|| body(Vec::new()))),
                    vec![Stmt::Set(keeps, load)],
                )),
                _ => stmts.push(Stmt::Set(base, self.index())),
            }
        }
        stmts
    }
}
