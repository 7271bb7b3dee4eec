//! Random loops that walk over memory: translated, compiled and run, against an interpreter of
//! their own tree.
//!
//! `HERKOS_WALKS=N` runs `N` times as many programs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::hash::Hasher as _;
use std::path::Path;

use anyhow::Result;
use herkos::Config;
use herkos::native::Profile;
use herkos_tests::generated::Crate;
use herkos_tests::program::{Machine, Program, TOO_LONG, arguments, walks};

/// Units that a run may burn.
const FUEL: u32 = 300;

/// Functions in a module.
const FUNCS: usize = 12;

/// Runs of each function.
const RUNS: usize = 12;

/// The other half: runs functions and prints what [`expected`] says.
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

fn fill(memory: &mut [u8]) {
    for (index, byte) in memory.iter_mut().enumerate() {
        *byte = ((index * 7 + (index >> 7) * 5) & 0x3f) as u8;
    }
}

macro_rules! module {
    ($name:ident, [$($run:ident)*], $runs:expr) => {{
        let funcs = [$($name::Instance::<Host>::$run),*];
        for &(func, a, b, c, d) in $runs {
            let mut instance = $name::Instance::new(Host).unwrap();
            fill(instance.memory_mut().bytes_mut());
            let result = match funcs[func](&mut instance, a, b, c, d) {
                Ok(value) => value.to_string(),
                Err(trap) => trap.to_string(),
            };
            let mut hash = std::hash::DefaultHasher::new();
            hash.write(instance.memory().bytes());
            let globals = (instance.g0(), instance.g1(), instance.g2());
            let name = stringify!($name);
            println!("{name}.{func}{:?}: {result} {globals:?} {:x}", (a, b, c, d), hash.finish());
        }
    }};
}
"#;

fn fill(memory: &mut [u8]) {
    for (index, byte) in memory.iter_mut().enumerate() {
        *byte = ((index * 7 + (index >> 7) * 5) & 0x3f) as u8;
    }
}

/// What the program prints of one run; `None` if it runs for too long, or what it gives is not
/// specified.
fn expected(name: &str, program: &Program, func: usize, args: [i64; 4]) -> Option<String> {
    let mut machine = Machine::new(program, FUEL);
    fill(&mut machine.memory);
    let result = match machine.run(func, &args) {
        Ok(values) => values[0].to_string(),
        Err(TOO_LONG) => return None,
        Err(stop) => stop.to_owned(),
    };
    if machine.made_nan {
        return None;
    }
    let mut hash = std::hash::DefaultHasher::new();
    hash.write(&machine.memory);
    let [x, y, z] = [0, 1, 2].map(|global| machine.globals[global]);
    let [a, b, c, d] = args;
    let (args, globals, hash) = ((a, b, c, d), (x, y, z), hash.finish());
    Some(format!("{name}.{func}{args:?}: {result} {globals:?} {hash:x}"))
}

/// How many loops were counted, rerolled, and copy, and how many accesses are of their tables.
fn compare(label: &str, profile: &Profile, seeds: std::ops::Range<u64>) -> Result<[usize; 4]> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("walks");
    let mut generated = Crate::new(dir.join(label))?;
    let (mut hosts, mut main) = (String::new(), String::from("fn main() {\n"));
    let mut wanted = Vec::new();
    let (mut dropped, mut trapped, mut counted, mut rerolled) = (0, 0, 0, 0);
    let (mut tables, mut copies) = (0, 0);
    for seed in seeds {
        let program = walks(seed, FUNCS);
        let name = format!("w{seed}");
        let text = program.text(FUEL);
        std::fs::write(dir.join(label).join(format!("{name}.wat")), &text)?;
        // Checks are merged in other ways where traps know their place.
        let config = Config::new().trap_offsets(seed % 4 == 3);
        generated.module(&name, &config, text.as_bytes())?;
        let source = std::fs::read_to_string(dir.join(label).join(format!("{name}.rs")))?;
        for line in source.lines().filter(|line| line.contains(" = count_")) {
            counted += 1;
            rerolled += usize::from(!line.ends_with(", 1);"));
        }
        tables += source.matches("distance(at").count();
        copies += source.matches("copy_forward(mem").count();
        writeln!(
            hosts,
            "impl {name}::Env for Host {{\n    fn host(&mut self, memory: &mut {name}::Memory, \
             p0: i32) -> WasmResult<i32> {{ answer(memory, p0) }}\n}}"
        )?;
        let mut runs = String::new();
        for func in 0..FUNCS {
            for args in arguments(seed * FUNCS as u64 + func as u64, RUNS) {
                let Some(line) = expected(&name, &program, func, args) else {
                    dropped += 1;
                    continue;
                };
                let [a, b, c, d] = args;
                write!(runs, "({func}, {a}, {b}, {c}, {d}), ")?;
                trapped += usize::from(line.contains("out of bounds"));
                wanted.push(line);
            }
        }
        let names: Vec<String> = (0..FUNCS)
            .map(|func| if func == 0 { "run".to_owned() } else { format!("run{func}") })
            .collect();
        writeln!(main, "    module!({name}, [{}], &[{runs}]);", names.join(" "))?;
    }
    main.push_str("}\n");
    let main = format!("{DRIVER}{hosts}{main}");
    let printed = generated.run(&main, profile, &["-Cdebuginfo=0", "-Ccodegen-units=16"])?;
    let mut wrong = Vec::new();
    for (line, wanted) in printed.lines().zip(&wanted) {
        if line != wanted {
            wrong.push(format!("wanted {wanted}\n   got {line}"));
        }
    }
    println!(
        "{label}: {} runs, {trapped} out of bounds, {dropped} dropped; {counted} loops counted, {rerolled} rerolled; {copies} copy; {tables} accesses of tables",
        wanted.len()
    );
    assert_eq!(printed.lines().count(), wanted.len());
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    Ok([counted, rerolled, copies, tables])
}

/// As many more as the environment asks for, in batches.
fn check(label: &str, profile: &Profile, seeds: std::ops::Range<u64>) -> Result<()> {
    let times = std::env::var("HERKOS_WALKS").ok().map_or(1, |times| times.parse().unwrap());
    for batch in 0..times {
        let further = batch * 100_000;
        let found = compare(label, profile, seeds.start + further..seeds.end + further)?;
        assert!(found.iter().all(|count| *count > 0), "{found:?}");
    }
    Ok(())
}

#[test]
fn walks_debug() -> Result<()> {
    check("debug", &Profile::debug(), 0..10)
}

#[test]
fn walks_optimised() -> Result<()> {
    check("optimised", &Profile::release(), 1000..1008)
}
