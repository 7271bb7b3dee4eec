//! Runs a program as the specification says, straight from the tree.

use super::{
    Binary, Body, Construct, Expr, Kind, MAX_PAGES, Number, Program, Stmt, Ty, Unary, Width,
    host_result,
};

/// Bytes in a page.
pub const PAGE: usize = 65_536;

/// Why a program stopped early; the messages are the testsuite's.
pub type Stop = &'static str;

/// Why a program is not worth running to its end, if it has one.
pub const TOO_LONG: Stop = "too long";

/// Repetitions of loops that burn nothing.
const MAX_REPETITIONS: u32 = 20_000;

/// Where control goes on.
enum Flow {
    /// To the next statement.
    Next,
    /// To the label at this depth, with these values.
    Branch(usize, Vec<Number>),
    /// Out of the function.
    Return(Vec<Number>),
}

/// A trap, or a branch out of an expression.
enum Exit {
    Trap(Stop),
    Flow(Flow),
}

type Step<T> = Result<T, Exit>;

/// A program's state.
pub struct Machine<'a> {
    program: &'a Program,
    /// Left to burn.
    pub fuel: u32,
    /// The memory.
    pub memory: Vec<u8>,
    /// The globals but for the fuel.
    pub globals: Vec<Number>,
    /// Whether an operator gave a NaN, of which only some bits are specified.
    pub made_nan: bool,
    repetitions: u32,
}

impl<'a> Machine<'a> {
    /// The state before the first call.
    pub fn new(program: &'a Program, fuel: u32) -> Self {
        let globals = (0..).take(program.globals.len()).collect();
        let memory = vec![0; PAGE];
        Self { program, fuel, memory, globals, made_nan: false, repetitions: 0 }
    }

    /// Calls a function.
    ///
    /// # Errors
    ///
    /// The trap's message, or [`TOO_LONG`].
    pub fn run(&mut self, func: usize, args: &[Number]) -> Result<Vec<Number>, Stop> {
        self.call(func, args.to_vec())
    }

    fn call(&mut self, index: usize, args: Vec<Number>) -> Result<Vec<Number>, Stop> {
        let func = &self.program.funcs[index];
        self.burn()?;
        let mut locals = args;
        locals.resize(func.params.len() + func.locals.len(), 0);
        match self.body(&mut locals, &func.body, Vec::new()) {
            Ok(values) => Ok(values),
            Err(Exit::Trap(stop)) => Err(stop),
            Err(Exit::Flow(Flow::Branch(_, values) | Flow::Return(values))) => Ok(values),
            Err(Exit::Flow(Flow::Next)) => Ok(Vec::new()),
        }
    }

    fn burn(&mut self) -> Result<(), Stop> {
        self.fuel = self.fuel.checked_sub(1).ok_or("unreachable")?;
        Ok(())
    }

    /// The results of a body that control reaches the end of.
    fn body(
        &mut self,
        locals: &mut [Number],
        body: &Body,
        mut params: Vec<Number>,
    ) -> Step<Vec<Number>> {
        for sink in body.sinks.iter().rev() {
            if let Some(value) = params.pop() {
                locals[*sink] = value;
            }
        }
        for stmt in &body.stmts {
            match self.stmt(locals, stmt)? {
                Flow::Next => {}
                flow => return Err(Exit::Flow(flow)),
            }
        }
        let mut results = Vec::new();
        for (position, result) in body.results.iter().enumerate() {
            let mut value = self.expr(locals, result)?;
            if let (0, Some((op, ty)), Some(kept)) = (position, body.kept, params.first()) {
                value = binary(op, ty, *kept, value).map_err(Exit::Trap)?;
            }
            results.push(value);
        }
        Ok(results)
    }

    fn construct(&mut self, locals: &mut [Number], construct: &Construct) -> Step<Vec<Number>> {
        let mut params = Vec::new();
        for (_, param) in &construct.params {
            params.push(self.expr(locals, param)?);
        }
        let body = match &construct.kind {
            Kind::Block | Kind::Loop | Kind::Walk => &construct.body,
            Kind::If(condition, other) => {
                let taken = self.expr(locals, condition)? != 0;
                match other {
                    _ if taken => &construct.body,
                    Some(other) => other,
                    None => return Ok(params),
                }
            }
        };
        let is_loop = matches!(construct.kind, Kind::Loop | Kind::Walk);
        loop {
            if matches!(construct.kind, Kind::Loop) {
                self.burn().map_err(Exit::Trap)?;
            } else if is_loop {
                self.repetitions += 1;
                if self.repetitions > MAX_REPETITIONS {
                    return Err(Exit::Trap(TOO_LONG));
                }
            }
            match self.body(locals, body, params) {
                Err(Exit::Flow(Flow::Branch(0, values))) if is_loop => params = values,
                Err(Exit::Flow(Flow::Branch(0, values))) => return Ok(values),
                Err(Exit::Flow(Flow::Branch(depth, values))) => {
                    return Err(Exit::Flow(Flow::Branch(depth - 1, values)));
                }
                other => return other,
            }
        }
    }

    fn exprs(&mut self, locals: &mut [Number], exprs: &[Expr]) -> Step<Vec<Number>> {
        exprs.iter().map(|expr| self.expr(locals, expr)).collect()
    }

    fn stmt(&mut self, locals: &mut [Number], stmt: &Stmt) -> Step<Flow> {
        let sink = |locals: &mut [Number], sinks: &[usize], values: Vec<Number>| {
            for (sink, value) in sinks.iter().zip(values).rev() {
                locals[*sink] = value;
            }
        };
        match stmt {
            Stmt::Set(local, value) => locals[*local] = self.expr(locals, value)?,
            Stmt::SetGlobal(global, value) => self.globals[*global] = self.expr(locals, value)?,
            Stmt::Store(width, address, value, offset) => {
                let address = self.expr(locals, address)?;
                let value = self.expr(locals, value)?;
                let width = width.bytes;
                let start = self.range(address, *offset, width).map_err(Exit::Trap)?;
                self.memory[start..start + width].copy_from_slice(&value.to_le_bytes()[..width]);
            }
            Stmt::Drop(value) => {
                self.expr(locals, value)?;
            }
            Stmt::Construct(construct, sinks) => {
                let values = self.construct(locals, construct)?;
                sink(locals, sinks, values);
            }
            Stmt::Call(func, args, sinks) => {
                let args = self.exprs(locals, args)?;
                let values = self.call(*func, args).map_err(Exit::Trap)?;
                sink(locals, sinks, values);
            }
            Stmt::Br(depth, values) => {
                return Ok(Flow::Branch(*depth, self.exprs(locals, values)?));
            }
            Stmt::BrIf(depth, values, condition, sinks) => {
                let values = self.exprs(locals, values)?;
                if self.expr(locals, condition)? != 0 {
                    return Ok(Flow::Branch(*depth, values));
                }
                sink(locals, sinks, values);
            }
            Stmt::BrTable(targets, default, values, index) => {
                let values = self.exprs(locals, values)?;
                let index = self.expr(locals, index)? as u32 as usize;
                let depth = targets.get(index).unwrap_or(default);
                return Ok(Flow::Branch(*depth, values));
            }
            Stmt::Return(values) => return Ok(Flow::Return(self.exprs(locals, values)?)),
            Stmt::Unreachable => return Err(Exit::Trap("unreachable")),
        }
        Ok(Flow::Next)
    }

    fn range(&self, address: Number, offset: u32, width: usize) -> Result<usize, Stop> {
        let start = address as u32 as usize + offset as usize;
        if start + width <= self.memory.len() {
            Ok(start)
        } else {
            Err("out of bounds memory access")
        }
    }

    fn grow(&mut self, delta: Number) -> Number {
        let pages = self.memory.len() / PAGE;
        let new = pages + delta as u32 as usize;
        if new > MAX_PAGES as usize {
            return -1;
        }
        self.memory.resize(new * PAGE, 0);
        pages as Number
    }

    fn expr(&mut self, locals: &mut [Number], expr: &Expr) -> Step<Number> {
        Ok(match expr {
            Expr::Const(_, value) => *value,
            Expr::Local(local) => locals[*local],
            Expr::Tee(local, value) => {
                locals[*local] = self.expr(locals, value)?;
                locals[*local]
            }
            Expr::Global(global) => self.globals[*global],
            Expr::Unary(op, ty, operand) => unary(*op, *ty, self.expr(locals, operand)?),
            Expr::Binary(op, ty, a, b) => {
                let a = self.expr(locals, a)?;
                let b = self.expr(locals, b)?;
                if ty.is_float() {
                    let value = float_binary(*op, *ty, a, b);
                    self.made_nan |= float(*ty, value).is_nan();
                    return Ok(value);
                }
                binary(*op, *ty, a, b).map_err(Exit::Trap)?
            }
            Expr::Select(a, b, condition) => {
                let a = self.expr(locals, a)?;
                let b = self.expr(locals, b)?;
                if self.expr(locals, condition)? != 0 { a } else { b }
            }
            Expr::Load(Width { ty, bytes: width, signed }, address, offset) => {
                let address = self.expr(locals, address)?;
                let start = self.range(address, *offset, *width).map_err(Exit::Trap)?;
                let read = &self.memory[start..start + width];
                let extends = *signed && read.last().is_some_and(|byte| byte & 0x80 != 0);
                let mut bytes = [if extends { 0xff } else { 0 }; 8];
                bytes[..*width].copy_from_slice(read);
                wrap(*ty, Number::from_le_bytes(bytes))
            }
            Expr::MemorySize => (self.memory.len() / PAGE) as Number,
            Expr::MemoryGrow(delta) => {
                let delta = self.expr(locals, delta)?;
                self.grow(delta)
            }
            Expr::Call(func, args) => {
                let args = self.exprs(locals, args)?;
                let results = self.call(*func, args).map_err(Exit::Trap)?;
                results.first().copied().unwrap_or_default()
            }
            Expr::CallIndirect(func, args, index) => {
                let args = self.exprs(locals, args)?;
                let index = self.expr(locals, index)? as u32 as usize;
                let callee = self.indirect(*func, index).map_err(Exit::Trap)?;
                let results = self.call(callee, args).map_err(Exit::Trap)?;
                results.first().copied().unwrap_or_default()
            }
            Expr::Host(argument) => {
                let argument = self.expr(locals, argument)? as i32;
                self.memory[64..68].copy_from_slice(&argument.to_le_bytes());
                if argument & 63 == 0 {
                    self.grow(1);
                }
                host_result(argument).into()
            }
            Expr::Construct(construct) => {
                let results = self.construct(locals, construct)?;
                results.first().copied().unwrap_or_default()
            }
        })
    }

    fn indirect(&self, expected: usize, index: usize) -> Result<usize, Stop> {
        let funcs = &self.program.funcs;
        match funcs.get(index) {
            None if index < super::TABLE => Err("uninitialized element"),
            None => Err("undefined element"),
            Some(func)
                if func.params == funcs[expected].params
                    && func.results == funcs[expected].results =>
            {
                Ok(index)
            }
            Some(_) => Err("indirect call type mismatch"),
        }
    }
}

fn float(ty: Ty, value: Number) -> f64 {
    match ty {
        Ty::F32 => f32::from_bits(value as u32).into(),
        _ => f64::from_bits(value as u64),
    }
}

fn float_binary(op: Binary, ty: Ty, a: Number, b: Number) -> Number {
    let (wide_a, wide_b) = (float(ty, a), float(ty, b));
    let value = match op {
        Binary::Sub => wide_a - wide_b,
        Binary::Mul => wide_a * wide_b,
        _ => wide_a + wide_b,
    };
    // Twice the bits and two: rounding once more gives what rounding once does.
    match ty {
        Ty::F32 => (value as f32).to_bits().into(),
        _ => value.to_bits() as Number,
    }
}

fn wrap(ty: Ty, value: Number) -> Number {
    match ty {
        Ty::I32 => (value as i32).into(),
        Ty::F32 => (value as u32).into(),
        Ty::I64 | Ty::F64 => value,
    }
}

fn unary(op: Unary, ty: Ty, a: Number) -> Number {
    let bits = match ty {
        Ty::I32 | Ty::F32 => u64::from(a as u32),
        Ty::I64 | Ty::F64 => a as u64,
    };
    let size = 8 * ty.bytes() as u32;
    match op {
        Unary::Eqz => (bits == 0).into(),
        Unary::Clz => (bits.leading_zeros() - (64 - size)).into(),
        Unary::Ctz => bits.trailing_zeros().min(size).into(),
        Unary::Popcnt => bits.count_ones().into(),
        Unary::Extend8 => (a as i8).into(),
        Unary::Wrap => (a as i32).into(),
        Unary::ExtendSigned => a,
        Unary::ExtendUnsigned => (a as u32).into(),
        Unary::Reinterpret if ty == Ty::F32 => (a as i32).into(),
        Unary::Reinterpret => a,
        Unary::Neg => a ^ 1 << (size - 1),
    }
}

fn binary(op: Binary, ty: Ty, a: Number, b: Number) -> Result<Number, Stop> {
    let wide = ty == Ty::I64;
    let size = 8 * ty.bytes() as u32;
    let unsigned = |value: Number| {
        if wide { value as u64 } else { u64::from(value as u32) }
    };
    let (ua, ub) = (unsigned(a), unsigned(b));
    let count = ub as u32 & (size - 1);
    let rotate = |count: u32| {
        if wide { ua.rotate_left(count) } else { u64::from((ua as u32).rotate_left(count)) }
    };
    let least = if wide { Number::MIN } else { Number::from(i32::MIN) };
    if matches!(op, Binary::DivS | Binary::DivU | Binary::RemS | Binary::RemU) && b == 0 {
        return Err("integer divide by zero");
    }
    let value = match op {
        Binary::Add => a.wrapping_add(b),
        Binary::Sub => a.wrapping_sub(b),
        Binary::Mul => a.wrapping_mul(b),
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        Binary::Shl => a << count,
        Binary::ShrS => a >> count,
        Binary::ShrU => (ua >> count) as Number,
        Binary::Rotl => rotate(count) as Number,
        Binary::Rotr => rotate((size - count) & (size - 1)) as Number,
        Binary::DivS if a == least && b == -1 => return Err("integer overflow"),
        Binary::DivS => a / b,
        Binary::DivU => (ua / ub) as Number,
        Binary::RemS => a.wrapping_rem(b),
        Binary::RemU => (ua % ub) as Number,
        Binary::Eq => (a == b).into(),
        Binary::Ne => (a != b).into(),
        Binary::LtS => (a < b).into(),
        Binary::LtU => (ua < ub).into(),
        Binary::GtS => (a > b).into(),
        Binary::GtU => (ua > ub).into(),
        Binary::GeS => (a >= b).into(),
        Binary::GeU => (ua >= ub).into(),
        Binary::LeS => (a <= b).into(),
        Binary::LeU => (ua <= ub).into(),
    };
    Ok(wrap(if op.is_test() { Ty::I32 } else { ty }, value))
}
