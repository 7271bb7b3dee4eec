//! What both sides of a comparison share: the host that modules import from, the text of what is observed, and the
//! loop of the generated program.
//!
//! Like `conformance/driver.rs`, this file is compiled twice: as part of this crate, and, copied as it stands, in the
//! library that generated programs are linked with.
//!
//! A step is the instantiation of a module, or one call. What is observed of it is some lines:
//!
//! | line | of |
//! |---|---|
//! | `host NAME VALUE…` | a call of the host |
//! | `ok VALUE…`, `trap KIND`, `panic TEXT` | how the step ended |
//! | `state …` | memory, exported globals and tables, imported mutable globals; the last line of each step |

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::rc::Rc;

use herkos_runtime::{
    ExternRef, FuncRef, InvokeError, IsolatedMemory, Storage, TrapKind, ValType, Value, WasmResult,
};

use super::driver::{parse_name, parse_token, token};

/// Bytes of stack that generated programs run on; modules may use most of it.
pub const STACK: usize = 1 << 30;

/// More results than any generated function has.
const MAX_RESULTS: usize = 1024;

/// The lines of the step under way.
pub type Log = Rc<RefCell<Vec<String>>>;

/// A value as it is compared: a reference to a function is one, whichever it is.
pub fn shown(value: Value) -> String {
    match value {
        Value::FuncRef(Some(_)) => "funcref:func".into(),
        other => token(other),
    }
}

fn mix(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn hash(bytes: &[u8]) -> u64 {
    let chunks = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        u64::from_le_bytes(word)
    });
    chunks.fold(bytes.len() as u64, |hash, word| {
        (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

/// A value of a type that only depends on the dice; those at the edges are likely.
pub fn value(ty: ValType, dice: u64) -> Value {
    let bits = mix(dice);
    let edge = (bits >> 8) as usize & 15;
    match ty {
        ValType::I32 => Value::I32(match edge {
            0 => 0,
            1 => 1,
            2 => -1,
            3 => i32::MIN,
            4 => i32::MAX,
            5..9 => (bits >> 32) as i32 & 0xff,
            9..12 => (bits >> 32) as i32 & 0xffff,
            12 => 0x0001_0000 - ((bits >> 32) as i32 & 15),
            _ => (bits >> 32) as i32,
        }),
        ValType::I64 => Value::I64(match edge {
            0 => 0,
            1 => 1,
            2 => -1,
            3 => i64::MIN,
            4 => i64::MAX,
            5 => i64::from(i32::MIN),
            6..11 => (bits >> 32) as i64 & 0xff,
            _ => mix(bits) as i64,
        }),
        ValType::F32 => Value::F32(match edge {
            0 => 0.0,
            1 => -0.0,
            2 => f32::INFINITY,
            3 => f32::NEG_INFINITY,
            4 => f32::from_bits(0x7fc0_0000),
            5 => f32::from_bits(0x7fa0_0001),
            6 => f32::MIN_POSITIVE,
            7 => 2_147_483_648.0,
            8 => -2_147_483_648.0,
            9..12 => (bits >> 40) as f32 / 256.0,
            _ => f32::from_bits((bits >> 32) as u32),
        }),
        ValType::F64 => Value::F64(match edge {
            0 => 0.0,
            1 => -0.0,
            2 => f64::INFINITY,
            3 => f64::NEG_INFINITY,
            4 => f64::from_bits(0x7ff8_0000_0000_0000),
            5 => f64::from_bits(0x7ff4_0000_0000_0001),
            6 => f64::MIN_POSITIVE,
            7 => 9_223_372_036_854_775_808.0,
            8 => -2_147_483_649.0,
            9..12 => (bits >> 40) as f64 / 256.0,
            _ => f64::from_bits(mix(bits)),
        }),
        ValType::FuncRef => Value::FuncRef(None),
        ValType::ExternRef => Value::ExternRef((edge > 3).then_some(ExternRef(bits as u32 & 0xff))),
    }
}

/// What the host does in one call.
pub struct Answer {
    /// Bytes that it writes to the memory, if there is one and they fit.
    pub write: Option<(u32, [u8; 4])>,
    /// Whether it grows the memory by a page.
    pub grows: bool,
    /// Whether it fails.
    pub fails: bool,
    /// What it returns else.
    pub results: Vec<Value>,
}

/// The host of all modules: it notes what it is called with, and answers by the number of the call.
pub struct Host {
    log: Log,
    calls: u64,
    globals: Vec<(String, Value)>,
}

impl Host {
    /// A host that has not been called.
    pub fn new(log: &Log) -> Self {
        Self { log: Rc::clone(log), calls: 0, globals: Vec::new() }
    }

    /// Notes a call; what to do.
    pub fn answer(&mut self, name: &str, args: &[Value], results: &[ValType]) -> Answer {
        let mut line = format!("host {name}");
        for arg in args {
            let _ = write!(line, " {}", shown(*arg));
        }
        self.log.borrow_mut().push(line);
        self.calls += 1;
        let dice = mix(self.calls);
        let write = (dice & 7 == 0)
            .then_some(((dice >> 8) as u32 & 0x1_ffff, ((dice >> 32) as u32).to_le_bytes()));
        let results =
            results.iter().zip(1..).map(|(ty, index)| value(*ty, dice.wrapping_add(index)));
        Answer {
            write,
            grows: (dice >> 3) & 31 == 0,
            fails: (dice >> 3) & 31 == 1,
            results: results.collect(),
        }
    }

    /// A call by the generated code.
    ///
    /// # Errors
    ///
    /// The host fails now and then.
    pub fn call(
        &mut self,
        name: &str,
        memory: Option<&mut dyn HostMemory>,
        args: &[Value],
        results: &[ValType],
    ) -> WasmResult<std::vec::IntoIter<Value>> {
        let answer = self.answer(name, args, results);
        if let Some(memory) = memory {
            memory.change(&answer);
        }
        if answer.fails { Err(TrapKind::Host.into()) } else { Ok(answer.results.into_iter()) }
    }

    /// The value of an imported global.
    pub fn global(&self, name: &str, ty: ValType) -> Value {
        let found = self.globals.iter().find(|(key, value)| key == name && value.ty() == ty);
        found.map_or_else(|| value(ty, hash(name.as_bytes())), |(_, value)| *value)
    }

    /// Sets an imported global.
    pub fn set_global(&mut self, name: &str, value: Value) {
        self.globals.retain(|(key, old)| key != name || old.ty() != value.ty());
        self.globals.push((name.to_owned(), value));
    }
}

/// The memory that a host function is given.
pub trait HostMemory {
    /// Does to it what the answer says.
    fn change(&mut self, answer: &Answer);
}

impl<S: Storage> HostMemory for IsolatedMemory<S> {
    fn change(&mut self, answer: &Answer) {
        if let Some((address, bytes)) = answer.write {
            // What does not fit is not written.
            let _ = self.write(address, &bytes);
        }
        if answer.grows {
            self.grow(1);
        }
    }
}

/// A Rust type that stands for a value type.
pub trait Wasm: Sized {
    /// The next value, which the caller knows to be of this type.
    fn take(values: &mut std::vec::IntoIter<Value>) -> Self;
}

macro_rules! wasm_types {
    ($($variant:ident $ty:ty = $default:expr),*) => {$(
        impl Wasm for $ty {
            fn take(values: &mut std::vec::IntoIter<Value>) -> Self {
                match values.next() {
                    Some(Value::$variant(value)) => value,
                    _ => $default,
                }
            }
        }
    )*};
}

wasm_types!(
    I32 i32 = 0, I64 i64 = 0, F32 f32 = 0.0, F64 f64 = 0.0,
    FuncRef Option<FuncRef> = None, ExternRef Option<ExternRef> = None
);

/// What can be seen of an instance, as text.
#[derive(Default)]
pub struct State(String);

impl State {
    /// The memory.
    pub fn memory(&mut self, bytes: &[u8]) {
        let _ = write!(self.0, " memory:{}:{:x}", bytes.len(), hash(bytes));
    }

    /// A global.
    pub fn value(&mut self, value: Value) {
        let _ = write!(self.0, " {}", shown(value));
    }

    /// A table.
    pub fn table<T: Into<Value>>(&mut self, elements: impl Iterator<Item = T>) {
        let shown: Vec<String> = elements.map(|element| shown(element.into())).collect();
        let _ = write!(self.0, " table:{}:[{}]", shown.len(), shown.join(","));
    }

    /// The line.
    pub fn line(self) -> String {
        format!("state{}", self.0)
    }
}

/// An instance of a generated module, with the memory that it imports.
pub trait Guest {
    /// Calls an exported function; gives the number of results written.
    fn invoke(
        &mut self,
        name: &str,
        args: &[Value],
        results: &mut [Value],
    ) -> Result<usize, InvokeError>;
    /// What can be seen of it.
    fn state(&self) -> String;
}

/// A call of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// The arguments.
    pub args: Vec<Value>,
}

impl Call {
    /// As a line of a plan: `call`, `x` and the hexadecimal digits of the name, and the arguments' tokens.
    pub fn line(&self) -> String {
        let name: String = self.name.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.args.iter().fold(format!("call x{name}"), |line, arg| line + " " + &token(*arg))
    }

    /// Reads what [`Self::line`] writes.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("call ")?.split(' ');
        let name = parse_name(words.next()?)?;
        Some(Self { name, args: words.map(parse_token).collect::<Option<_>>()? })
    }
}

/// How a step ended.
pub fn ended(outcome: Result<&[Value], TrapKind>) -> String {
    match outcome {
        Ok(results) => {
            results.iter().fold("ok".to_owned(), |line, value| line + " " + &shown(*value))
        }
        Err(kind) => format!("trap {}", kind.message()),
    }
}

/// Makes an instance of the module with this number.
pub type Instantiate = fn(usize, &Log) -> WasmResult<Box<dyn Guest>>;

/// Runs the modules of a plan from one on, and prints what is observed.
///
/// The arguments are the plan's path and the number of the first module. A plan is, for each module, a line `module`
/// and its calls.
pub fn serve(instantiate: Instantiate) -> ExitCode {
    let thread = std::thread::Builder::new().stack_size(STACK);
    let served = thread.spawn(move || {
        let mut args = std::env::args().skip(1);
        let plan = std::fs::read_to_string(args.next()?).ok()?;
        let first: usize = args.next()?.parse().ok()?;
        std::panic::set_hook(Box::new(|_| {}));
        for (index, calls) in plan.split("module\n").skip(1).enumerate().skip(first) {
            println!("module {index}");
            run(instantiate, index, calls);
            println!("end {index}");
            std::io::stdout().flush().ok()?;
        }
        Some(())
    });
    match served.map(std::thread::JoinHandle::join) {
        Ok(Ok(Some(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The steps of one module, until it can't go on.
fn run(instantiate: Instantiate, index: usize, calls: &str) {
    let log = Log::default();
    let mut guest = None;
    let new = || match instantiate(index, &log) {
        Ok(made) => {
            let state = made.state();
            guest = Some(made);
            (ended(Ok(&[])), state)
        }
        Err(trap) => (ended(Err(trap.kind())), State::default().line()),
    };
    if !step(&log, new) {
        return;
    }
    let Some(mut guest) = guest else { return };
    for call in calls.lines().filter_map(Call::parse) {
        let mut results = vec![Value::I32(0); MAX_RESULTS];
        let go_on = step(&log, || {
            let end = match guest.invoke(&call.name, &call.args, &mut results) {
                Ok(count) => ended(Ok(results.get(..count).unwrap_or_default())),
                Err(InvokeError::Trap(trap)) => ended(Err(trap.kind())),
                Err(error) => format!("error {error}"),
            };
            (end, guest.state())
        });
        if !go_on {
            return;
        }
    }
}

/// Prints a step; whether it did not panic.
fn step(log: &Log, body: impl FnOnce() -> (String, String)) -> bool {
    let outcome = catch_unwind(AssertUnwindSafe(body));
    let host: Vec<String> = log.take();
    for line in &host {
        println!("{line}");
    }
    match outcome {
        Ok((end, state)) => {
            println!("{end}\n{state}");
            true
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            println!("panic {}\nstate", text.unwrap_or_default().replace('\n', " "));
            false
        }
    }
}
