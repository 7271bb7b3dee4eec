//! The half of the runner that lives inside a generated program.
//!
//! This file is compiled twice: as part of this crate, where it is linted and where the runner
//! uses [`token`] and [`parse_token`], and, copied as it stands, as a module of every generated
//! program. There it holds the instances of one test file, links them to each other, and obeys
//! one command a line:
//!
//! | command | answer |
//! |---|---|
//! | `new SLOT MODULE` | `ok`, or `trap KIND` |
//! | `call SLOT NAME VALUE…` | `ok VALUE…`, or `trap KIND` |
//! | `get SLOT NAME` | `ok VALUE` |
//!
//! A `NAME` is `x` and the hexadecimal digits of its UTF-8 bytes, a `VALUE` a [`token`], a `KIND`
//! the text of `TrapKind::message`. Whatever cannot be carried out is answered by `error TEXT`.
//!
//! Modules link here as a host of herkos links them: an imported function or global is a method
//! of the host, which calls the instance that exports it; an imported memory is lent by its owner
//! for the length of a call.

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
    /// Sets an exported mutable global that another module imports; `false` if there is none.
    fn set_global(&mut self, name: &str, value: Value) -> bool;
    /// The memory that the instance owns, to be lent to the modules that import it.
    fn memory(&mut self) -> Option<&mut IsolatedMemory>;
}

/// What the by-name interface does not offer; generated for the modules that others link to.
pub trait Exports {
    /// See [`Slot::set_global`].
    fn set_global(&mut self, _name: &str, _value: Value) -> bool {
        false
    }
    /// See [`Slot::memory`].
    fn own_memory(&mut self) -> Option<&mut IsolatedMemory> {
        None
    }
}

/// An instance that owns its memory or has none.
pub struct Owner<M>(pub M);

impl<M: Module + Exports> Slot for Owner<M> {
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

    fn set_global(&mut self, name: &str, value: Value) -> bool {
        self.0.set_global(name, value)
    }

    fn memory(&mut self) -> Option<&mut IsolatedMemory> {
        self.0.own_memory()
    }
}

/// An instance that imports its memory, and where it comes from.
pub struct Borrower<M> {
    /// The instance.
    pub instance: M,
    /// Who lends it the memory.
    pub lender: Lender,
}

impl<M: LibraryModule<Memory = IsolatedMemory> + Exports> Slot for Borrower<M> {
    fn invoke(
        &mut self,
        world: &World,
        name: &str,
        args: &[Value],
        results: &mut [Value],
    ) -> Result<usize, InvokeError> {
        let instance = &mut self.instance;
        world.lend(self.lender, |memory| instance.invoke(memory, name, args, results))?
    }

    fn global(&self, name: &str) -> Option<Value> {
        self.instance.global(name)
    }

    fn set_global(&mut self, name: &str, value: Value) -> bool {
        self.instance.set_global(name, value)
    }

    fn memory(&mut self) -> Option<&mut IsolatedMemory> {
        None
    }
}

/// The owner of an imported memory.
#[derive(Clone, Copy, Debug)]
pub enum Lender {
    /// The testsuite's module `spectest`.
    Spectest,
    /// The instance in this slot.
    Slot(u32),
}

/// An instance that others may call while nobody else does.
type Shared = Rc<RefCell<Box<dyn Slot>>>;

/// All instances of one test file, and the memory of `spectest`.
pub struct World {
    slots: RefCell<BTreeMap<u32, Shared>>,
    spectest: RefCell<IsolatedMemory>,
    /// The first thing that went wrong in linking during a command. A method of a host cannot
    /// always report it: a global's getter returns a plain value.
    fault: RefCell<Option<String>>,
}

impl World {
    fn new() -> WasmResult<Rc<Self>> {
        Ok(Rc::new(Self {
            slots: RefCell::default(),
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

    /// Runs `body` with the memory that `lender` owns.
    pub fn lend<R>(
        &self,
        lender: Lender,
        body: impl FnOnce(&mut IsolatedMemory) -> R,
    ) -> WasmResult<R> {
        let busy =
            || self.fault(format!("the memory of {lender:?} is in use further up the stack"));
        match lender {
            Lender::Spectest => Ok(body(&mut *self.spectest.try_borrow_mut().map_err(|_| busy())?)),
            Lender::Slot(slot) => {
                let cell = self.slot(slot)?;
                let mut owner = cell.try_borrow_mut().map_err(|_| busy())?;
                match owner.memory() {
                    Some(memory) => Ok(body(memory)),
                    None => Err(self.fault(format!("slot {slot} has no memory to lend"))),
                }
            }
        }
    }

    /// A call from one instance into another.
    pub fn call<const N: usize>(
        &self,
        slot: u32,
        name: &str,
        args: &[Value],
    ) -> WasmResult<[Value; N]> {
        let cell = self.slot(slot)?;
        let mut callee = cell
            .try_borrow_mut()
            .map_err(|_| self.fault(format!("slot {slot} is called while it is running")))?;
        let mut results = [Value::I32(0); N];
        match callee.invoke(self, name, args, &mut results) {
            Ok(count) if count == N => Ok(results),
            Ok(count) => Err(self.fault(format!("{name} gave {count} results, not {N}"))),
            Err(InvokeError::Trap(trap)) => Err(trap),
            Err(error) => Err(self.fault(format!("{name}: {error}"))),
        }
    }

    /// The value of a global that another instance exports.
    pub fn global(&self, slot: u32, name: &str) -> Value {
        let value = self.slot(slot).ok().and_then(|cell| {
            let owner = cell.try_borrow().ok()?;
            owner.global(name)
        });
        value.unwrap_or_else(|| {
            self.fault(format!("slot {slot} does not give its global {name}"));
            Value::I32(0)
        })
    }

    /// Sets a global that another instance exports.
    pub fn set_global(&self, slot: u32, name: &str, value: Value) {
        let done = self.slot(slot).ok().and_then(|cell| {
            let mut owner = cell.try_borrow_mut().ok()?;
            Some(owner.set_global(name, value))
        });
        if done != Some(true) {
            self.fault(format!("slot {slot} does not take a value for its global {name}"));
        }
    }

    /// `value` as the type that the caller knows it has.
    pub fn take<T: Wasm>(&self, value: Value) -> T {
        T::from_value(value).unwrap_or_else(|| {
            self.fault(format!("a link passed {} for another type", token(value)));
            T::default()
        })
    }
}

/// The host of every instance: it grants `spectest` and the exports of other instances.
#[derive(Clone)]
pub struct Host {
    /// The instances that it links to.
    pub world: Rc<World>,
}

/// A Rust type that stands for a WebAssembly value type.
pub trait Wasm: Sized + Default {
    /// The value, if it is of this type.
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! wasm_types {
    ($($variant:ident $ty:ty),*) => {$(
        impl Wasm for $ty {
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }
        }
    )*};
}

wasm_types!(
    I32 i32, I64 i64, F32 f32, F64 f64,
    FuncRef Option<FuncRef>, ExternRef Option<ExternRef>
);

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
fn parse_name(text: &str) -> Option<String> {
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
