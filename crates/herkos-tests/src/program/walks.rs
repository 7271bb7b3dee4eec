//! Random programs whose loops walk over memory, as compilers write them and almost so: counted in
//! all ways, unrolled, with streams that overlap, up to the end of the memory and beyond it.

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

/// An address that changes by the same amount with each repetition.
#[derive(Clone, Copy)]
struct Stream {
    /// A sum, without the variable; or nothing.
    base: Option<usize>,
    /// The variable, and what it is multiplied by.
    var: usize,
    factor: i64,
    shifts: bool,
    /// What the variable changes by from one copy of the body to the next.
    unit: i64,
    /// Where that goes: to the static offset, to the address or to the variable.
    place: usize,
    constant: i64,
    offset: u32,
}

/// What a loop does, once a copy of its body.
#[derive(Clone, Copy)]
enum Item {
    /// `to = from op operand`
    Map {
        to: usize,
        from: usize,
        width: Width,
        op: Binary,
        operand: usize,
    },
    /// `to = a op b`
    Zip {
        to: usize,
        a: usize,
        b: usize,
        width: Width,
        op: Binary,
    },
    /// `sum = sum op from`, or the other way round.
    Reduce {
        sum: usize,
        from: usize,
        width: Width,
        op: Binary,
        swapped: bool,
    },
    /// `to = from op last; last = from`
    Recur {
        last: usize,
        from: usize,
        to: usize,
        width: Width,
        op: Binary,
    },
    /// `to = op(last, from); last = to`
    Chain {
        last: usize,
        from: usize,
        to: usize,
        width: Width,
        op: Binary,
    },
    /// `to = local`
    Fill {
        to: usize,
        local: usize,
        width: Width,
    },
    /// `local = from`
    Keep {
        local: usize,
        from: usize,
        width: Width,
    },
    /// `if from { to = local }`
    Maybe {
        from: usize,
        to: usize,
        local: usize,
        width: Width,
    },
    /// Leaves the loop if `from` is this.
    Leave {
        from: usize,
        width: Width,
        value: i64,
    },
    /// `to = from / local`
    Divide {
        from: usize,
        to: usize,
        local: usize,
        width: Width,
    },
    /// `global = global op from`
    Global {
        from: usize,
        op: Binary,
    },
    /// `local = a variable of the loop op constant`
    Derive {
        local: usize,
        var: usize,
        op: Binary,
        value: i64,
    },
    /// `memory.size`, which also reads.
    Size {
        local: usize,
    },
    Burn,
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

    /// A loop, and what comes before it.
    fn walk(&mut self) -> Vec<Stmt> {
        let unrolled = self.dice.pick(&[1, 1, 1, 2, 2, 3, 4, 4, 8]);
        let mut vars: Vec<usize> = Vec::new();
        while vars.len() < 4 {
            let var = self.some(INTS);
            if !vars.contains(&var) {
                vars.push(var);
            }
        }
        let [bound, tested, vars @ ..] = vars.as_slice() else { return Vec::new() };
        let (bound, tested) = (*bound, *tested);
        let vars = &vars[..1 + self.dice.below(vars.len())];
        self.walked = vars[0];
        // What each variable changes by with each copy.
        let units: Vec<i64> = vars
            .iter()
            .map(|_| {
                let rises = self.dice.pick(&[1, 1, 1, 2, 4, 4, 8, 8, 12, 16, 24]);
                match self.dice.below(20) {
                    0..3 => -rises,
                    3 if self.risky => self.dice.next() as i64 >> self.dice.below(40),
                    _ => rises,
                }
            })
            .collect();
        let mut stmts = Vec::new();
        // Whether they are distances from a base, not addresses.
        let relative = self.dice.chance(45);
        for var in vars {
            let start = match self.dice.below(8) {
                _ if relative && !self.risky => int(self.dice.pick(&[0, 0, 0, 1, 8, 100])),
                0..3 if relative => int(0),
                0 => int(self.dice.pick(&[1, 8, 100, 1000, -8, -1, 60_000])),
                1 | 2 => local(1),
                3 => add(local(0), int(self.dice.pick(&[0, 4, 8, -4, 64, 512]))),
                4 => binary(Binary::And, Ty::I32, local(self.any_int()), int(0x7ff8)),
                _ => local(0),
            };
            stmts.push(Stmt::Set(*var, start));
        }
        let streams: Vec<Stream> = (0..1 + self.dice.below(3))
            .map(|_| self.stream(vars, &units, bound, relative))
            .collect();
        let items: Vec<Item> =
            (0..1 + self.dice.below(3)).map(|_| self.item(streams.len(), vars)).collect();
        let mut copies: Vec<Vec<Stmt>> = Vec::new();
        let odd = if self.dice.chance(25) { self.dice.below(unrolled) } else { usize::MAX };
        let style = self.dice.below(3);
        for copy in 0..unrolled {
            let (mut items, mut streams) = (items.clone(), streams.clone());
            if copy == odd {
                self.disturb(&mut items, &mut streams, vars);
            }
            let mut stmts = Vec::new();
            for item in &items {
                self.emit(&mut stmts, item, &streams, copy as i64, style);
            }
            copies.push(stmts);
        }
        if odd != usize::MAX && self.dice.chance(20) {
            let copy = &mut copies[odd];
            if copy.len() > 1 {
                let first = self.dice.below(copy.len() - 1);
                copy.swap(first, first + 1);
            }
        }
        let mut body: Vec<Stmt> = copies.concat();
        let steps: Vec<i64> = units.iter().map(|unit| unit * unrolled as i64).collect();
        self.finish(&mut stmts, &mut body, vars, &steps, bound, tested);
        let kind = if self.dice.chance(5) { Kind::Loop } else { Kind::Walk };
        // So that `Leave` has somewhere to go to.
        stmts.push(construct(Kind::Block, vec![construct(kind, body)]));
        stmts
    }

    fn stream(&mut self, vars: &[usize], units: &[i64], bound: usize, relative: bool) -> Stream {
        let position = self.dice.below(vars.len());
        let factor = match self.dice.below(10) {
            0 => self.dice.pick(&[3, -1, 5]),
            1..5 if relative || self.risky => self.dice.pick(&[2, 4, 4, 8]),
            _ => 1,
        };
        let base = match self.dice.below(8) {
            0 if self.risky => Some(self.any_int()).filter(|base| *base != bound),
            1 if self.risky => None,
            _ => relative.then(|| self.dice.below(2)),
        };
        let constant = match self.dice.below(8) {
            0 => self.dice.pick(&[-4, -8, -16, -1, 1024, -1024]),
            1 => self.dice.pick(&[4, 8, 16, 1, 256]),
            _ => 0,
        };
        let offset = match self.dice.below(16) {
            0 if self.risky => {
                self.dice.pick(&[0xffff_fff0, 0x8000_0000, 0x8_0000, 0x10_0000, 0xfff0])
            }
            1..6 => self.dice.pick(&[4, 8, 16, 1, 256]),
            _ => 0,
        };
        Stream {
            base,
            var: vars[position],
            factor,
            shifts: self.dice.chance(70),
            unit: units[position],
            place: self.dice.below(3),
            constant,
            offset,
        }
    }

    fn item(&mut self, streams: usize, vars: &[usize]) -> Item {
        let width = self.width();
        let op = self.operator(width.ty);
        let [to, from, b] = [(); 3].map(|()| self.dice.below(streams));
        let operand = self.of(width.ty);
        match self.dice.below(40) {
            0..9 => Item::Map { to, from, width, op, operand },
            9..14 => Item::Zip { to, a: from, b, width, op },
            14..19 => Item::Reduce { sum: operand, from, width, op, swapped: self.dice.chance(30) },
            19..22 => Item::Recur { last: operand, from, to, width, op },
            22..24 => Item::Chain { last: operand, from, to, width, op },
            24..27 => Item::Fill { to, local: operand, width },
            27..30 => Item::Keep { local: operand, from, width },
            30 => Item::Maybe { from, to, local: operand, width },
            31 => {
                let value = self.dice.below(70) as i64;
                let width = Width { ty: Ty::I32, bytes: width.bytes.min(4), ..width };
                Item::Leave { from, width, value }
            }
            32 => {
                let (ty, bytes) = self.dice.pick(&[(Ty::I32, 4), (Ty::I64, 8), (Ty::I32, 1)]);
                let width = Width { ty, bytes, signed: true };
                Item::Divide { from, to, local: self.of(ty), width }
            }
            33 => Item::Global { from, op: self.dice.pick(WHOLE_OPERATORS) },
            34 | 35 => {
                let (var, local) = (self.dice.pick(vars), self.some(INTS));
                let op = self.operator(Ty::I32);
                Item::Derive { local, var, op, value: self.dice.below(9) as i64 }
            }
            36 => Item::Size { local: self.some(INTS) },
            37 => Item::Burn,
            _ => Item::Fill { to, local: operand, width },
        }
    }

    /// Makes one of the copies another one.
    fn disturb(&mut self, items: &mut [Item], streams: &mut [Stream], vars: &[usize]) {
        let index = self.dice.below(items.len());
        match self.dice.below(4) {
            0 => {
                let stream = self.dice.below(streams.len());
                streams[stream].constant += self.dice.pick(&[1, -1, 4, -4]);
            }
            1 => {
                let stream = self.dice.below(streams.len());
                let offset = &mut streams[stream].offset;
                *offset = offset.wrapping_add(self.dice.pick(&[1, 4, 8]));
            }
            2 => items[index] = self.item(streams.len(), vars),
            _ => match &mut items[index] {
                Item::Map { op, width, .. }
                | Item::Zip { op, width, .. }
                | Item::Reduce { op, width, .. }
                | Item::Recur { op, width, .. } => *op = self.operator(width.ty),
                Item::Derive { value, .. } => *value += 1,
                Item::Fill { width, local, .. } => *local = self.of(width.ty),
                _ => {}
            },
        }
    }

    fn address(stream: &Stream, copy: i64) -> (Expr, u32) {
        let (mut var, mut constant, mut offset) =
            (local(stream.var), stream.constant, stream.offset);
        let further = copy * stream.unit;
        let scaled = further.wrapping_mul(stream.factor);
        match stream.place {
            0 if (0..1 << 20).contains(&scaled) => offset = offset.wrapping_add(scaled as u32),
            1 if further != 0 => var = add(var, int(further)),
            _ => constant = constant.wrapping_add(scaled),
        }
        let mut sum = match stream.factor {
            1 => var,
            factor @ (2 | 4 | 8) if stream.shifts => {
                binary(Binary::Shl, Ty::I32, var, int(i64::from(factor.trailing_zeros())))
            }
            -1 => binary(Binary::Sub, Ty::I32, int(0), var),
            factor => binary(Binary::Mul, Ty::I32, var, int(factor)),
        };
        if let Some(base) = stream.base {
            sum = add(local(base), sum);
        }
        if constant as i32 != 0 {
            sum = add(sum, int(constant));
        }
        (sum, offset)
    }

    fn emit(
        &mut self,
        stmts: &mut Vec<Stmt>,
        item: &Item,
        streams: &[Stream],
        copy: i64,
        style: usize,
    ) {
        let load = |width: Width, stream: usize| {
            let (address, offset) = Self::address(&streams[stream], copy);
            Expr::Load(width, address.into(), offset)
        };
        let store = |width: Width, stream: usize, value: Expr| {
            let (address, offset) = Self::address(&streams[stream], copy);
            Stmt::Store(width, address, value, offset)
        };
        match *item {
            Item::Map { to, from, width, op, operand } => {
                let value = binary(op, width.ty, load(width, from), local(operand));
                stmts.push(store(width, to, value));
            }
            Item::Zip { to, a, b, width, op } if style == 1 => {
                // By way of locals.
                let [x, y] = [self.of(width.ty), self.of(width.ty)];
                stmts.push(Stmt::Set(x, load(width, a)));
                stmts.push(Stmt::Set(y, load(width, b)));
                stmts.push(store(width, to, binary(op, width.ty, local(x), local(y))));
            }
            Item::Zip { to, a, b, width, op } => {
                let value = binary(op, width.ty, load(width, a), load(width, b));
                stmts.push(store(width, to, value));
            }
            Item::Reduce { sum, from, width, op, swapped } => {
                let (mut a, mut b) = (local(sum), load(width, from));
                if swapped {
                    std::mem::swap(&mut a, &mut b);
                }
                stmts.push(Stmt::Set(sum, binary(op, width.ty, a, b)));
            }
            Item::Recur { last, from, to, width, op } => {
                let first = width.ty == Ty::I32 || style == 2;
                let other = if last == LONGS.start { last + 1 } else { LONGS.start };
                if first || width.ty != Ty::I64 {
                    stmts.push(store(
                        width,
                        to,
                        binary(op, width.ty, load(width, from), local(last)),
                    ));
                    stmts.push(Stmt::Set(last, load(width, from)));
                } else {
                    stmts.push(Stmt::Set(other, load(width, from)));
                    stmts.push(store(width, to, binary(op, width.ty, local(other), local(last))));
                    stmts.push(Stmt::Set(last, local(other)));
                }
            }
            Item::Chain { last, from, to, width, op } => {
                let value = binary(op, width.ty, local(last), load(width, from));
                stmts.push(store(width, to, Expr::Tee(last, value.into())));
            }
            Item::Fill { to, local: value, width } => stmts.push(store(width, to, local(value))),
            Item::Keep { local, from, width } => stmts.push(Stmt::Set(local, load(width, from))),
            Item::Maybe { from, to, local: value, width } => {
                let narrow = Width { ty: Ty::I32, bytes: 1, signed: false };
                let condition = binary(Binary::And, Ty::I32, load(narrow, from), int(1));
                stmts.push(construct(
                    Kind::If(condition, None),
                    vec![store(width, to, local(value))],
                ));
            }
            Item::Leave { from, width, value } => {
                let test = binary(Binary::Eq, Ty::I32, load(width, from), int(value));
                stmts.push(Stmt::BrIf(1, Vec::new(), test, Vec::new()));
            }
            Item::Divide { from, to, local: divisor, width } => {
                let value = binary(Binary::DivS, width.ty, load(width, from), local(divisor));
                stmts.push(store(width, to, value));
            }
            Item::Global { from, op } => {
                let value = load(Width::whole(Ty::I32), from);
                stmts.push(Stmt::SetGlobal(0, binary(op, Ty::I32, Expr::Global(0), value)));
            }
            Item::Derive { local: kept, var, op, value } => {
                let value = int(value + copy);
                stmts.push(Stmt::Set(kept, binary(op, Ty::I32, local(var), value)));
            }
            Item::Size { local } => stmts.push(Stmt::Set(local, Expr::MemorySize)),
            Item::Burn => {
                let left = binary(Binary::Sub, Ty::I32, Expr::Global(2), int(1));
                stmts.push(Stmt::SetGlobal(2, left));
                let gone = binary(Binary::Eq, Ty::I32, Expr::Global(2), int(-300));
                stmts.push(construct(Kind::If(gone, None), vec![Stmt::Unreachable]));
            }
        }
    }

    /// The steps and the test at the end of a body.
    fn finish(
        &mut self,
        before: &mut Vec<Stmt>,
        body: &mut Vec<Stmt>,
        vars: &[usize],
        steps: &[i64],
        bound: usize,
        tested: usize,
    ) {
        let position = self.dice.below(vars.len());
        let (var, step) = (vars[position], steps[position]);
        let times = match self.dice.below(8) {
            0 => local(TIMES),
            1 => int(self.dice.below(300) as i64),
            2 => int(self.dice.pick(&[1, 2, 1000])),
            3 => int(1 + self.dice.below(12) as i64),
            _ => add(binary(Binary::And, Ty::I32, local(TIMES), int(31)), int(1)),
        };
        let own = self.dice.chance(20);
        let mut increments: Vec<Stmt> = (vars.iter().zip(steps))
            .map(|(var, step)| {
                let rises = *step >= 0 || self.dice.chance(50);
                let (op, size) = if rises { (Binary::Add, *step) } else { (Binary::Sub, -step) };
                Stmt::Set(*var, binary(op, Ty::I32, local(*var), int(size)))
            })
            .collect();
        // In any order with one another, or a part of them before the body.
        if self.dice.chance(30) {
            increments.reverse();
        }
        if self.dice.chance(8) {
            body.splice(0..0, increments.split_off(increments.len() / 2));
        }
        let tees = self.dice.chance(30);
        let keeps = self.dice.chance(15);
        let test = if own {
            // A counter that falls to 0, or close by.
            before.push(Stmt::Set(bound, times));
            let down = binary(Binary::Sub, Ty::I32, local(bound), int(1));
            increments.push(Stmt::Set(bound, down));
            match self.dice.below(4) {
                0 => binary(Binary::GtS, Ty::I32, local(bound), int(0)),
                1 => binary(Binary::Ne, Ty::I32, int(0), local(bound)),
                _ => local(bound),
            }
        } else if self.dice.chance(if self.risky { 8 } else { 2 }) {
            // Until it wraps.
            let next = add(local(var), int(step));
            let at_end = binary(Binary::GeU, Ty::I32, local(var), {
                binary(Binary::Sub, Ty::I32, local(var), int(step))
            });
            if self.dice.chance(50) {
                body.extend(increments);
                body.push(Stmt::BrIf(0, Vec::new(), at_end, Vec::new()));
                return;
            }
            body.push(Stmt::Set(tested, binary(Binary::GeU, Ty::I32, next, local(var))));
            body.extend(increments);
            body.push(Stmt::BrIf(0, Vec::new(), local(tested), Vec::new()));
            return;
        } else {
            let scaled = binary(Binary::Mul, Ty::I32, times, int(step));
            let often = if self.risky { 20 } else { 5 };
            let jitter =
                if self.dice.chance(often) { self.dice.pick(&[1, -1, 3, step]) } else { 0 };
            let end = add(add(local(var), scaled), int(jitter));
            let constant = self.dice.chance(often / 2);
            before.push(Stmt::Set(bound, end));
            let end = match constant {
                true => int(self.dice.pick(&[16, 64, 1024, 65_536, 0, -4, 65_500])),
                false => local(bound),
            };
            use Binary::{Eq, GeS, GeU, GtS, GtU, LeS, LeU, LtS, LtU, Ne};
            let rises = (step >= 0) != self.dice.chance(often / 3);
            let op = match (self.dice.below(10), rises) {
                (0..4, _) => Ne,
                (4, true) => LtS,
                (5 | 6, true) => LtU,
                (7, true) => LeS,
                (8, true) => LeU,
                (4, false) => GtS,
                (5 | 6, false) => GtU,
                (7, false) => GeS,
                (8, false) => GeU,
                _ => self.dice.pick(&[Eq, GeU, LtS, GtS]),
            };
            let value = local(var);
            if self.dice.chance(70) {
                binary(op, Ty::I32, value, end)
            } else {
                let swapped = match op {
                    LtS => GtS,
                    GtS => LtS,
                    LtU => GtU,
                    GtU => LtU,
                    LeS => GeS,
                    GeS => LeS,
                    LeU => GeU,
                    GeU => LeU,
                    other => other,
                };
                binary(swapped, Ty::I32, end, value)
            }
        };
        let test = match test {
            Expr::Binary(op, ty, a, b)
                if tees && matches!(*a, Expr::Local(index) if index == var) =>
            {
                // The step is a part of the test.
                let found = increments
                    .iter()
                    .position(|stmt| matches!(stmt, Stmt::Set(index, _) if *index == var));
                let a = match found.map(|found| increments.remove(found)) {
                    Some(Stmt::Set(_, value)) => Box::new(Expr::Tee(var, value.into())),
                    _ => a,
                };
                Expr::Binary(op, ty, a, b)
            }
            test => test,
        };
        if keeps {
            // The test may come before the steps, in a local.
            let early = self.dice.chance(50);
            let set = Stmt::Set(tested, test);
            if early {
                body.push(set);
                body.extend(increments);
            } else {
                body.extend(increments);
                body.push(set);
            }
            body.push(Stmt::BrIf(0, Vec::new(), local(tested), Vec::new()));
            return;
        }
        body.extend(increments);
        body.push(Stmt::BrIf(0, Vec::new(), test, Vec::new()));
    }
}
