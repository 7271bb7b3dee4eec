//! A loop that walks over memory, and almost so.

use super::{INTS, LONGS, TIMES, WHOLE_OPERATORS, Walks, add, binary, construct, int, local};
use crate::program::{Binary, Expr, Kind, Stmt, Ty, Width};

/// An address that changes by the same amount with each repetition.
#[derive(Clone, Copy)]
struct Stream {
    /// A sum, without the variable; or nothing.
    base: Option<usize>,
    /// Where the base is the first parameter, masked: says so again, in place of its local.
    mask: Option<i64>,
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
    /// `local = from`, and again some bytes further, which may be out of bounds then.
    Twin {
        local: usize,
        from: usize,
        width: Width,
        by: u32,
        mask: Option<i64>,
    },
    /// Looks up, counts or stores in a table what is loaded, or a part of it.
    Table {
        from: usize,
        /// Where the table is: at an address in a local, or else at `constant`.
        base: Option<usize>,
        constant: i64,
        /// The bytes of the index.
        bytes: usize,
        mask: Option<i64>,
        shift: i64,
        width: Width,
        offset: u32,
        /// Where the address is kept, and the value.
        address: usize,
        value: usize,
        how: usize,
    },
    /// Copies so many pieces, in one of several orders.
    Copy {
        to: usize,
        from: usize,
        width: Width,
        pieces: u32,
        order: usize,
        /// What is loaded goes through these.
        locals: [usize; 2],
    },
    /// `memory.size`, which also reads.
    Size {
        local: usize,
    },
    Burn,
}

impl Walks {
    /// A loop, and what comes before it.
    pub(super) fn walk(&mut self) -> Vec<Stmt> {
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
        let mut streams: Vec<Stream> = (0..1 + self.dice.below(3))
            .map(|_| self.stream(vars, &units, bound, relative))
            .collect();
        let mut items: Vec<Item> =
            (0..1 + self.dice.below(3)).map(|_| self.item(streams.len(), vars)).collect();
        if self.dice.chance(15) {
            let mut mask = None;
            if relative && self.dice.chance(50) {
                // In the local as much as in each address of the twin.
                let (base, bits) = (self.some(INTS), self.dice.pick(&[0xffff, 0xfff8, 0xff]));
                stmts.push(Stmt::Set(base, binary(Binary::And, Ty::I32, local(0), int(bits))));
                streams[0].base = Some(base);
                mask = Some(bits);
            }
            items.push(self.twin(mask));
        }
        if relative
            && self.dice.chance(45)
            && let Some(copy) = self.copy(units[0])
        {
            let (var, unit, base) = (vars[0], units[0], self.dice.below(2));
            let from = Stream { base: Some(base), var, unit, factor: 1, mask: None, ..streams[0] };
            streams = vec![from, Stream { base: Some(1 - base), ..from }];
            items = vec![copy];
        }
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
            mask: None,
            var: vars[position],
            factor,
            shifts: self.dice.chance(70),
            unit: units[position],
            place: self.dice.below(3),
            constant,
            offset,
        }
    }

    fn twin(&mut self, mask: Option<i64>) -> Item {
        let far = if self.risky { 600_000 } else { 8 };
        Item::Twin {
            local: self.some(LONGS),
            from: 0,
            width: Width { ty: Ty::I64, bytes: self.dice.pick(&[1, 4, 8]), signed: false },
            by: self.dice.pick(&[0, 8, 100, far]),
            mask,
        }
    }

    /// A copy of so many bytes, if there is one.
    fn copy(&mut self, bytes: i64) -> Option<Item> {
        let pieces = self.dice.pick(&[1, 2]);
        let bytes = match bytes / pieces {
            bytes @ (1 | 2 | 4 | 8) => bytes as usize,
            _ => return None,
        };
        let (ty, signed) = (if bytes == 8 { Ty::I64 } else { Ty::I32 }, self.dice.chance(50));
        Some(Item::Copy {
            to: 1,
            from: 0,
            width: Width { ty, bytes, signed },
            pieces: pieces as u32,
            order: self.dice.below(4),
            locals: [self.of(ty), self.of(ty)],
        })
    }

    fn table(&mut self, from: usize, width: Width, value: usize) -> Item {
        let bytes = self.dice.pick(&[1, 1, 2, 4]);
        let masks: &[_] = match bytes {
            _ if self.risky => &[None, Some(15), Some(0xffff)],
            1 => &[None, None, Some(15)],
            _ => &[Some(15), Some(255), Some(0x3ff)],
        };
        Item::Table {
            from,
            base: match self.dice.below(6) {
                0 => None,
                1 if self.risky => Some(self.some(INTS)),
                _ => Some(self.dice.below(2)),
            },
            constant: match self.risky {
                true => self.dice.pick(&[0, -8, 0xff00]),
                false => self.dice.pick(&[0, 0, 16, 0x7000]),
            },
            bytes,
            mask: self.dice.pick(masks),
            shift: self.dice.pick(&[0, 0, 2, 3]),
            width,
            offset: self.dice.pick(&[0, 0, 4, 1024]),
            address: self.some(INTS),
            value,
            how: self.dice.below(4),
        }
    }

    fn item(&mut self, streams: usize, vars: &[usize]) -> Item {
        let width = self.width();
        let op = self.operator(width.ty);
        let [to, from, b] = [(); 3].map(|()| self.dice.below(streams));
        let operand = self.of(width.ty);
        match self.dice.below(46) {
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
            40.. => self.table(from, width, operand),
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
            let base = match stream.mask {
                Some(mask) => binary(Binary::And, Ty::I32, local(0), int(mask)),
                None => local(base),
            };
            sum = add(base, sum);
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
            Item::Twin { local, from, width, by, mask } => {
                stmts.push(Stmt::Set(local, load(width, from)));
                let from = &streams[from];
                let twin = Stream { offset: from.offset.wrapping_add(by), mask, ..*from };
                let (address, offset) = Self::address(&twin, copy);
                stmts.push(Stmt::Set(local, Expr::Load(width, address.into(), offset)));
            }
            Item::Table {
                from,
                base,
                constant,
                bytes,
                mask,
                shift,
                width,
                offset,
                address,
                value,
                how,
            } => {
                let narrow = Width { ty: Ty::I32, bytes, signed: false };
                let mut index = load(narrow, from);
                if let Some(mask) = mask {
                    index = binary(Binary::And, Ty::I32, index, int(mask));
                }
                if shift > 0 {
                    index = binary(Binary::Shl, Ty::I32, index, int(shift));
                }
                if let Some(base) = base {
                    index = add(local(base), index);
                }
                if constant != 0 {
                    index = add(index, int(constant));
                }
                let there = match style {
                    0 => index,
                    _ => {
                        stmts.push(Stmt::Set(address, index));
                        local(address)
                    }
                };
                let found = Expr::Load(width, there.clone().into(), offset);
                if how < 2 {
                    stmts.push(Stmt::Set(value, found));
                }
                if how > 0 {
                    let sum = match width.ty {
                        Ty::I32 => add(Expr::Load(width, there.clone().into(), offset), int(1)),
                        _ => local(value),
                    };
                    stmts.push(Stmt::Store(width, there, sum, offset));
                }
            }
            Item::Copy { to, from, width, pieces, order, locals } => {
                let [from, to] = [from, to].map(|stream| streams[stream]);
                let at = |stream: Stream, piece: u32| {
                    let further = piece * width.bytes as u32;
                    Self::address(
                        &Stream { offset: stream.offset.wrapping_add(further), ..stream },
                        copy,
                    )
                };
                let load = |piece: u32| {
                    let (address, offset) = at(from, piece);
                    Expr::Load(width, address.into(), offset)
                };
                let store = |piece: u32, value: Expr| {
                    let (address, offset) = at(to, piece);
                    Stmt::Store(width, address, value, offset)
                };
                let through = |piece: u32| locals[piece as usize];
                let loads = (0..pieces).map(|piece| Stmt::Set(through(piece), load(piece)));
                let stores = (0..pieces).map(|piece| store(piece, local(through(piece))));
                match order {
                    0 => stmts.extend((0..pieces).map(|piece| store(piece, load(piece)))),
                    1 => stmts.extend((0..pieces).rev().map(|piece| store(piece, load(piece)))),
                    2 => stmts.extend(loads.chain(stores)),
                    _ => stmts.extend(loads.rev().chain(stores.rev())),
                }
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
