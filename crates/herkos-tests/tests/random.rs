//! Random programs: translated, compiled and run, against an interpreter of their own tree.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use herkos::Config;
use herkos::native::{OptLevel, Profile};
use herkos_tests::generated::Crate;
use herkos_tests::program::{Machine, Shape, generate};

/// Units that a run may burn.
const FUEL: u32 = 3_000;

const ARGUMENTS: &[(i32, i64)] = &[(0, 0), (1, -1), (i32::MIN, 0x1234_5678_9abc), (77, i64::MIN)];

/// The other half: runs a module and prints what [`expected`] says.
const DRIVER: &str = r#"
use herkos_runtime::WasmResult;
use std::hash::Hasher as _;

struct Host;

fn answer(memory: &mut herkos_runtime::IsolatedMemory, argument: i32) -> WasmResult<i32> {
    memory.write(64, &argument.to_le_bytes())?;
    if argument & 63 == 0 {
        memory.grow(1);
    }
    Ok(argument.wrapping_mul(31) ^ 0x55)
}

macro_rules! run {
    ($name:ident, $a:expr, $b:expr) => {{
        let mut instance = $name::Instance::new(Host).unwrap();
        instance.set_stack_budget(1 << 29);
        let result = match instance.run($a, $b) {
            Ok(value) => value.to_string(),
            Err(trap) => trap.to_string(),
        };
        let mut hash = std::hash::DefaultHasher::new();
        hash.write(instance.memory().bytes());
        let globals = (instance.g0(), instance.g1(), instance.g2());
        println!("{}({}, {}): {result} {globals:?} {:x}", stringify!($name), $a, $b, hash.finish());
    }};
}

fn main() {
    std::thread::Builder::new().stack_size(1 << 30).spawn(all).unwrap().join().unwrap();
}
"#;

/// What the program prints of one run.
fn expected(name: &str, program: &herkos_tests::program::Program, a: i32, b: i64) -> String {
    use std::hash::Hasher as _;
    let mut machine = Machine::new(program, FUEL);
    let result = match machine.run(0, &[a.into(), b]) {
        Ok(values) => values[0].to_string(),
        Err(stop) => stop.to_owned(),
    };
    let mut hash = std::hash::DefaultHasher::new();
    hash.write(&machine.memory);
    let [x, y, z] = [0, 1, 2].map(|global| machine.globals[global]);
    let hash = hash.finish();
    format!("{name}({a}, {b}): {result} ({x}, {y}, {z}) {hash:x}")
}

fn check(
    label: &'static str,
    profile: Profile,
    seeds: std::ops::Range<u64>,
    shape: Shape,
) -> Result<()> {
    // The trees are as deep as the programs.
    let thread = std::thread::Builder::new().stack_size(1 << 30);
    thread.spawn(move || compare(label, profile, seeds, shape))?.join().expect("no panic")
}

fn compare(label: &str, profile: Profile, seeds: std::ops::Range<u64>, shape: Shape) -> Result<()> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("random");
    let mut generated = Crate::new(dir.join(label))?;
    let config = Config::new();
    let (mut hosts, mut runs) = (String::new(), String::from("fn all() {\n"));
    let mut wanted = Vec::new();
    for seed in seeds {
        let program = generate(seed, shape);
        let name = format!("r{seed}");
        let text = program.text(FUEL);
        std::fs::write(dir.join(label).join(format!("{name}.wat")), &text)?;
        generated.module(&name, &config, text.as_bytes())?;
        writeln!(
            hosts,
            "impl {name}::Env for Host {{\n    fn host(&mut self, memory: &mut {name}::Memory, \
             p0: i32) -> WasmResult<i32> {{ answer(memory, p0) }}\n}}"
        )?;
        for (a, b) in ARGUMENTS {
            writeln!(runs, "    run!({name}, {a}_i32, {b}_i64);")?;
            wanted.push((name.clone(), program.clone(), *a, *b));
        }
    }
    runs.push_str("}\n");
    let wanted: Vec<String> =
        wanted.iter().map(|(name, program, a, b)| expected(name, program, *a, *b)).collect();
    let main = format!("{DRIVER}{hosts}{runs}");
    let printed = generated.run(&main, &profile, &["-Cdebuginfo=0", "-Ccodegen-units=16"])?;
    let mut wrong = Vec::new();
    for (line, wanted) in printed.lines().zip(&wanted) {
        if line != wanted {
            wrong.push(format!("wanted {wanted}\n   got {line}"));
        }
    }
    assert_eq!(printed.lines().count(), wanted.len());
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

const SMALL: Shape =
    Shape { funcs: 4, size: 40, depth: 4, expr: 4, risk: 200, nest: 0, steady: false };

/// Traps end most runs.
const RISKY: Shape = Shape { risk: 12, ..SMALL };

/// Nested far higher than what `flatten` keeps.
const NESTED: Shape = Shape { size: 150, depth: 3, nest: 700, funcs: 2, ..SMALL };

/// Straight-line code above the threshold of `split`, in loops too.
const LONG: Shape =
    Shape { funcs: 3, size: 2_500, depth: 0, expr: 3, risk: 0, nest: 4, steady: true };

/// So large that `split` takes it apart everywhere.
const LARGE: Shape =
    Shape { funcs: 4, size: 14_000, depth: 4, expr: 3, risk: 0, nest: 0, steady: true };

fn optimised() -> Profile {
    Profile { opt_level: OptLevel::O1, ..Profile::release() }
}

#[test]
fn small_debug() -> Result<()> {
    check("small-debug", Profile::debug(), 0..60, SMALL)
}

#[test]
fn small_optimised() -> Result<()> {
    check("small-optimised", Profile::release(), 1000..1020, SMALL)
}

#[test]
fn risky_debug() -> Result<()> {
    check("risky-debug", Profile::debug(), 2000..2040, RISKY)
}

#[test]
fn nested_debug() -> Result<()> {
    check("nested-debug", Profile::debug(), 3000..3003, NESTED)
}

#[test]
fn nested_optimised() -> Result<()> {
    check("nested-optimised", optimised(), 3100..3102, NESTED)
}

#[test]
fn long_debug() -> Result<()> {
    check("long-debug", Profile::debug(), 4000..4002, LONG)
}

#[test]
fn large_debug() -> Result<()> {
    check("large-debug", Profile::debug(), 5000..5001, LARGE)
}
