// The half of tests/corpora.rs that lives inside a generated program: carries out the steps of an expectation file,
// one a line on standard input, and answers each with one line. The generated `start` in front of it knows the modules.
//
//   program LANGUAGE/NAME        a fresh instance of that module          ok | trap KIND
//   instance                     the same module once more                ok | trap KIND
//   invoke NAME TYPE:BITS…       calls an export                          ok TYPE:BITS… | trap KIND
//   global NAME                  reads an exported global                 ok TYPE:BITS
//
// BITS are hexadecimal, or `null` for a reference. Whatever cannot be carried out is answered by `error TEXT`.

use herkos_runtime::{ExternRef, InvokeError, Module, Value, WasmResult};
use std::io::{self, BufRead, Write};

/// Bytes of stack that the instances run on, and what they may use of it.
const STACK: usize = 64 << 20;
const BUDGET: usize = 16 << 20;

/// What is needed of an instance, whatever its type.
trait Program {
    fn invoke(&mut self, name: &str, args: &[Value], results: &mut [Value]) -> Result<usize, InvokeError>;
    fn global(&self, name: &str) -> Option<Value>;
}

impl<M: Module> Program for M {
    fn invoke(&mut self, name: &str, args: &[Value], results: &mut [Value]) -> Result<usize, InvokeError> {
        Module::invoke(self, name, args, results)
    }

    fn global(&self, name: &str) -> Option<Value> {
        Module::global(self, name)
    }
}

fn main() -> io::Result<()> {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(serve)?;
    thread.join().unwrap_or_else(|_| Err(io::Error::other("the guest's thread panicked")))
}

fn serve() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut current = String::new();
    let mut program: Option<Box<dyn Program>> = None;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match (words.as_slice(), &mut program) {
            (["program", name], _) => {
                (*name).clone_into(&mut current);
                instantiate(&current, &mut program)
            }
            (["instance"], _) => instantiate(&current, &mut program),
            (["invoke", name, args @ ..], Some(program)) => invoke(program.as_mut(), name, args),
            (["global", name], Some(program)) => match program.global(name) {
                Some(value) => format!("ok {}", show(value)),
                None => format!("error no global {name}"),
            },
            _ => format!("error what is {line:?}?"),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn instantiate(name: &str, program: &mut Option<Box<dyn Program>>) -> String {
    *program = None;
    match start(name, BUDGET) {
        None => format!("error no program {name}"),
        Some(Err(trap)) => format!("trap {trap}"),
        Some(Ok(instance)) => {
            *program = Some(instance);
            "ok".to_owned()
        }
    }
}

fn invoke(program: &mut dyn Program, name: &str, args: &[&str]) -> String {
    let Some(args) = args.iter().map(|arg| parse(arg)).collect::<Option<Vec<_>>>() else {
        return format!("error arguments {args:?}");
    };
    let mut results = [Value::I32(0); 16];
    match program.invoke(name, &args, &mut results) {
        Ok(count) => {
            let texts = results[..count].iter().map(|value| show(*value));
            std::iter::once("ok".to_owned()).chain(texts).collect::<Vec<_>>().join(" ")
        }
        Err(InvokeError::Trap(trap)) => format!("trap {trap}"),
        Err(error) => format!("error {error}"),
    }
}

fn parse(text: &str) -> Option<Value> {
    let (ty, bits) = text.split_once(':')?;
    if bits == "null" {
        return (ty == "externref").then_some(Value::ExternRef(None));
    }
    let bits = u64::from_str_radix(bits, 16).ok()?;
    Some(match ty {
        "i32" => Value::I32(bits as u32 as i32),
        "i64" => Value::I64(bits as i64),
        "f32" => Value::F32(f32::from_bits(bits as u32)),
        "f64" => Value::F64(f64::from_bits(bits)),
        "externref" => Value::ExternRef(Some(ExternRef(bits as u32))),
        _ => return None,
    })
}

fn show(value: Value) -> String {
    match value {
        Value::I32(v) => format!("i32:{:x}", v as u32),
        Value::I64(v) => format!("i64:{:x}", v as u64),
        Value::F32(v) => format!("f32:{:x}", v.to_bits()),
        Value::F64(v) => format!("f64:{:x}", v.to_bits()),
        Value::ExternRef(Some(token)) => format!("externref:{:x}", token.0),
        Value::ExternRef(None) => "externref:null".to_owned(),
        Value::FuncRef(Some(function)) => format!("funcref:{:x}", function.id()),
        Value::FuncRef(None) => "funcref:null".to_owned(),
    }
}
