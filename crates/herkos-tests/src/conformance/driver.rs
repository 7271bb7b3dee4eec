//! The half of the runner that lives inside a generated program.
//!
//! This file is compiled twice: as part of this crate, where it is linted and where the runner
//! uses [`token`] and [`parse_token`], and, copied as it stands, as a module of every generated
//! program. There it holds the instances of one test file and obeys one command a line:
//!
//! | command | answer |
//! |---|---|
//! | `new SLOT MODULE` | `ok`, or `trap KIND` |
//! | `join SLOT UNIT` | `ok`, or `trap KIND` |
//! | `call SLOT NAME VALUE…` | `ok VALUE…`, or `trap KIND` |
//! | `get SLOT NAME` | `ok VALUE` |
//!
//! A `NAME` is `x` and the hexadecimal digits of its UTF-8 bytes, a `VALUE` a [`token`], a `KIND`
//! the text of `TrapKind::message`. Whatever cannot be carried out is answered by `error TEXT`.
//!
//! `join` instantiates one of the modules that herkos has linked to a unit, and makes the unit if that
//! is not there yet. In a unit, what a module exports begins with the name of its slot.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::rc::Rc;

use herkos_runtime::{
    ExternRef, FuncRef, InvokeError, IsolatedMemory, LibraryModule, Module, TrapKind, Value,
    WasmResult, WasmTrap,
};

/// Bytes of stack the instances run on: what a main thread has by default on Linux, so that a
/// module that needs more fails here as it would fail for a user.
const STACK: usize = 8 << 20;

/// More results than any function of the testsuite returns.
const MAX_RESULTS: usize = 256;

/// An instance behind its by-name interface, whoever owns its memory.
pub trait Slot {
    /// Calls an exported function; gives the number of results written.
    fn invoke(
        &mut self,
        world: &World,
        name: &str,
        args: &[Value],
        results: &mut [Value],
    ) -> Result<usize, InvokeError>;
    /// The value of an exported global.
    fn global(&self, name: &str) -> Option<Value>;
}

/// An instance that owns its memory or has none.
pub struct Owner<M>(pub M);

impl<M: Module> Slot for Owner<M> {
    fn invoke(
        &mut self,
        _world: &World,
        name: &str,
        args: &[Value],
        results: &mut [Value],
    ) -> Result<usize, InvokeError> {
        self.0.invoke(name, args, results)
    }

    fn global(&self, name: &str) -> Option<Value> {
        self.0.global(name)
    }
}

/// An instance that imports its memory: that of `spectest`.
pub struct Borrower<M>(pub M);

impl<M: LibraryModule<Memory = IsolatedMemory>> Slot for Borrower<M> {
    fn invoke(
        &mut self,
        world: &World,
        name: &str,
        args: &[Value],
        results: &mut [Value],
    ) -> Result<usize, InvokeError> {
        world.lend(|memory| self.0.invoke(memory, name, args, results))?
    }

    fn global(&self, name: &str) -> Option<Value> {
        self.0.global(name)
    }
}

/// One of the modules of a unit.
struct Member {
    unit: Shared,
    /// What the names of its exports begin with.
    prefix: String,
}

impl Slot for Member {
    fn invoke(
        &mut self,
        world: &World,
        name: &str,
        args: &[Value],
        results: &mut [Value],
    ) -> Result<usize, InvokeError> {
        let name = format!("{}{name}", self.prefix);
        match self.unit.try_borrow_mut() {
            Ok(mut unit) => unit.invoke(world, &name, args, results),
            Err(_) => Err(world.fault("the unit is called while it is running".into()).into()),
        }
    }

    fn global(&self, name: &str) -> Option<Value> {
        self.unit.try_borrow().ok()?.global(&format!("{}{name}", self.prefix))
    }
}

/// An instance that others may call while nobody else does.
type Shared = Rc<RefCell<Box<dyn Slot>>>;

/// All instances of one test file, and the memory of `spectest`.
pub struct World {
    slots: RefCell<BTreeMap<u32, Shared>>,
    units: RefCell<BTreeMap<u32, Shared>>,
    spectest: RefCell<IsolatedMemory>,
    /// The first thing that went wrong in linking during a command. A method of a host cannot
    /// always report it: a global's getter returns a plain value.
    fault: RefCell<Option<String>>,
}

impl World {
    fn new() -> WasmResult<Rc<Self>> {
        Ok(Rc::new(Self {
            slots: RefCell::default(),
            units: RefCell::default(),
            spectest: RefCell::new(IsolatedMemory::new(1, 2)?),
            fault: RefCell::default(),
        }))
    }

    /// Notes a fault of linking; the command under way is answered by `error`.
    fn fault(&self, text: String) -> WasmTrap {
        self.fault.borrow_mut().get_or_insert(text);
        WasmTrap::new(TrapKind::Host)
    }

    fn slot(&self, slot: u32) -> WasmResult<Shared> {
        let found = self.slots.borrow().get(&slot).cloned();
        found.ok_or_else(|| self.fault(format!("there is no instance in slot {slot}")))
    }

    /// Runs `body` with the memory of `spectest`.
    pub fn lend<R>(&self, body: impl FnOnce(&mut IsolatedMemory) -> R) -> WasmResult<R> {
        match self.spectest.try_borrow_mut() {
            Ok(mut memory) => Ok(body(&mut memory)),
            Err(_) => Err(self.fault("the memory of spectest is in use".into())),
        }
    }
}

/// The host of every instance: it grants `spectest`.
pub struct Host;

/// A value in the commands and answers: its type, a colon, and its bits.
pub fn token(value: Value) -> String {
    match value {
        Value::I32(v) => format!("i32:{v:08x}"),
        Value::I64(v) => format!("i64:{v:016x}"),
        Value::F32(v) => format!("f32:{:08x}", v.to_bits()),
        Value::F64(v) => format!("f64:{:016x}", v.to_bits()),
        Value::FuncRef(None) => "funcref:null".into(),
        Value::FuncRef(Some(v)) => format!("funcref:{:08x}", v.id()),
        Value::ExternRef(None) => "externref:null".into(),
        Value::ExternRef(Some(v)) => format!("externref:{:08x}", v.0),
    }
}

/// The value that [`token`] wrote.
pub fn parse_token(text: &str) -> Option<Value> {
    let (ty, bits) = text.split_once(':')?;
    let narrow = || u32::from_str_radix(bits, 16).ok();
    let wide = || u64::from_str_radix(bits, 16).ok();
    Some(match (ty, bits) {
        ("i32", _) => Value::I32(narrow()?.cast_signed()),
        ("i64", _) => Value::I64(wide()?.cast_signed()),
        ("f32", _) => Value::F32(f32::from_bits(narrow()?)),
        ("f64", _) => Value::F64(f64::from_bits(wide()?)),
        ("funcref", "null") => Value::FuncRef(None),
        ("funcref", _) => Value::FuncRef(Some(FuncRef::from_id(narrow()?))),
        ("externref", "null") => Value::ExternRef(None),
        ("externref", _) => Value::ExternRef(Some(ExternRef(narrow()?))),
        _ => return None,
    })
}

/// The name that `x` and hexadecimal digits stand for.
pub fn parse_name(text: &str) -> Option<String> {
    let digits = text.strip_prefix('x')?.as_bytes();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    String::from_utf8(bytes?).ok()
}

/// Makes the instance of a module of the generated program, by the module's number.
pub type Instantiate = fn(&Rc<World>, u32) -> WasmResult<Box<dyn Slot>>;

/// Obeys the commands on standard input until it ends.
pub fn serve(instantiate: Instantiate) -> ExitCode {
    let thread = std::thread::Builder::new().stack_size(STACK);
    let served = thread.spawn(move || {
        let world = World::new().map_err(|trap| std::io::Error::other(trap.to_string()))?;
        for line in std::io::stdin().lock().lines() {
            let answer = obey(&world, instantiate, &line?);
            let answer = world.fault.take().map_or(answer, |fault| format!("error {fault}"));
            let mut out = std::io::stdout().lock();
            writeln!(out, "{answer}")?;
            out.flush()?;
        }
        Ok::<(), std::io::Error>(())
    });
    match served.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The answer to one command.
fn obey(world: &Rc<World>, instantiate: Instantiate, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let answer = match words.as_slice() {
        ["new", slot, module] => new(world, instantiate, slot, module),
        ["join", slot, unit] => join(world, instantiate, slot, unit),
        ["call", slot, name, args @ ..] => call(world, slot, name, args),
        ["get", slot, name] => get(world, slot, name),
        _ => None,
    };
    answer.unwrap_or_else(|| format!("error not understood: {line}"))
}

fn new(world: &Rc<World>, instantiate: Instantiate, slot: &str, module: &str) -> Option<String> {
    let slot = slot.parse().ok()?;
    Some(match instantiate(world, module.parse().ok()?) {
        Ok(instance) => {
            world.slots.borrow_mut().insert(slot, Rc::new(RefCell::new(instance)));
            "ok".into()
        }
        Err(trap) => trapped(trap),
    })
}

fn join(world: &Rc<World>, instantiate: Instantiate, slot: &str, unit: &str) -> Option<String> {
    let (slot, unit): (u32, u32) = (slot.parse().ok()?, unit.parse().ok()?);
    let present = world.units.borrow().get(&unit).cloned();
    let shared = match present {
        Some(shared) => shared,
        None => match instantiate(world, unit) {
            Ok(instance) => Rc::new(RefCell::new(instance)),
            Err(trap) => return Some(trapped(trap)),
        },
    };
    world.units.borrow_mut().insert(unit, shared.clone());
    let started =
        shared.try_borrow_mut().ok()?.invoke(world, &format!("instantiate s{slot}"), &[], &mut []);
    Some(match started {
        Ok(_) => {
            let member: Box<dyn Slot> =
                Box::new(Member { unit: shared, prefix: format!("s{slot}.") });
            world.slots.borrow_mut().insert(slot, Rc::new(RefCell::new(member)));
            "ok".into()
        }
        Err(InvokeError::Trap(trap)) => trapped(trap),
        Err(error) => format!("error {error}"),
    })
}

fn call(world: &World, slot: &str, name: &str, args: &[&str]) -> Option<String> {
    let name = parse_name(name)?;
    let args: Option<Vec<Value>> = args.iter().copied().map(parse_token).collect();
    let cell = world.slot(slot.parse().ok()?).ok()?;
    let mut instance = cell.try_borrow_mut().ok()?;
    let mut results = [Value::I32(0); MAX_RESULTS];
    Some(match instance.invoke(world, &name, &args?, &mut results) {
        Ok(count) => results
            .iter()
            .take(count)
            .fold("ok".into(), |text, value| format!("{text} {}", token(*value))),
        Err(InvokeError::Trap(trap)) => trapped(trap),
        Err(error) => format!("error {error}"),
    })
}

fn get(world: &World, slot: &str, name: &str) -> Option<String> {
    let name = parse_name(name)?;
    let cell = world.slot(slot.parse().ok()?).ok()?;
    let instance = cell.try_borrow().ok()?;
    Some(match instance.global(&name) {
        Some(value) => format!("ok {}", token(value)),
        None => format!("error no exported global {name:?}"),
    })
}

fn trapped(trap: WasmTrap) -> String {
    format!("trap {}", trap.kind().message())
}
