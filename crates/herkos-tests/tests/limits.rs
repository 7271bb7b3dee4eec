//! What a host limits: fuel (what it counts, that it ends every call, and that the host can give more or interrupt),
//! memory and tables.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use anyhow::Result;
use herkos::native::{OptLevel, Profile};
use herkos::{Config, MemoryStorage, Optimization};
use herkos_tests::generated::Crate;

/// Every way to go on for ever, and some to work in proportion to a number.
const WORK: &str = r#"(module
  (import "env" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 2) (table $t 10 100 funcref) (elem (i32.const 0) $called)
  (global (export "ticks") (mut i64) (i64.const 0))
  (func $tick (global.set 0 (i64.add (global.get 0) (i64.const 1))))
  (func $called (param i32) (result i32) (call $tick) (local.get 0))
  (func (export "spin") (loop $l (br $l)))
  (func $down (export "recurse") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 7))))
  (func (export "leaf") (param i32) (result i32) (local.get 0))
  (func (export "calls") (param i32)
    (loop $l (drop (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func $small (param i32) (result i32)
    (i32.add (i32.add (i32.add (i32.add (i32.add (i32.add (i32.add (i32.add (i32.add (i32.add (local.get 0)
      (local.get 0)) (local.get 0)) (local.get 0)) (local.get 0)) (local.get 0)) (local.get 0)) (local.get 0))
      (local.get 0)) (local.get 0)) (local.get 0)))
  (func (export "small_calls") (param i32)
    (loop $l (drop (call $small (i32.const 1)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "asks") (param i32) (result i32) (call $ask (local.get 0)))
  ;; what was done before a trap counts: an access that shares its exit, a division, an instruction
  (func (export "traps") (param $n i32) (param $how i32)
    (loop $l
      (i32.store (i32.const 0) (i32.load (i32.const 4))) (i32.store (i32.const 8) (local.get $n))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (if (i32.eqz (local.get $how)) (then (i32.store (i32.const -1) (i32.const 0))))
    (drop (i32.div_s (i32.const 1) (i32.sub (local.get $how) (i32.const 1))))
    (unreachable))
  ;; counted, if that is not left out
  (func (export "add") (param $end i32) (result i32) (local $at i32)
    (loop $l
      (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 3)))
      (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
    (i32.load (i32.const 0)))
  ;; one branch costs nothing, the other one much
  (func (export "branches") (param $n i32) (param $dear i32) (result i32) (local $x i32)
    (loop $l
      (if (local.get $dear) (then
        (local.set $x (i32.mul (i32.add (i32.xor (i32.rotl (local.get $x) (i32.const 3)) (local.get $n)) (i32.const 9)) (i32.const 5)))
        (local.set $x (i32.mul (i32.add (i32.xor (i32.rotl (local.get $x) (i32.const 3)) (local.get $n)) (i32.const 9)) (i32.const 5)))
        (local.set $x (i32.mul (i32.add (i32.xor (i32.rotl (local.get $x) (i32.const 3)) (local.get $n)) (i32.const 9)) (i32.const 5)))
        (local.set $x (i32.mul (i32.add (i32.xor (i32.rotl (local.get $x) (i32.const 3)) (local.get $n)) (i32.const 9)) (i32.const 5)))
        (local.set $x (i32.mul (i32.add (i32.xor (i32.rotl (local.get $x) (i32.const 3)) (local.get $n)) (i32.const 9)) (i32.const 5)))
        (local.set $x (i32.mul (i32.add (i32.xor (i32.rotl (local.get $x) (i32.const 3)) (local.get $n)) (i32.const 9)) (i32.const 5)))
        (local.set $x (i32.mul (i32.add (i32.xor (i32.rotl (local.get $x) (i32.const 3)) (local.get $n)) (i32.const 9)) (i32.const 5)))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "copy") (param i32) (memory.copy (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "grow_table") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
  (func (export "fill_table") (param i32) (table.fill $t (i32.const 0) (ref.null func) (local.get 0))))"#;

const STARTS: &str = "(module (func $spin (loop $l (br $l))) (start $spin))";

/// Memory and tables that grow.
const GROWS: &str = r#"(module (memory (export "memory") 1) (table $a 2 funcref) (table $b 5 50 externref)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "a") (param i32) (result i32) (table.grow $a (ref.null func) (local.get 0)))
  (func (export "b") (param i32) (result i32) (table.grow $b (ref.null extern) (local.get 0))))"#;

#[test]
fn fuel_is_counted_and_ends_every_call() -> Result<()> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("limits");
    for (opt_level, without) in [(OptLevel::O0, &[][..]), (OptLevel::O2, &Optimization::ALL)] {
        let mut program = Crate::new(dir.join(format!("program-{opt_level}")))?;
        let config = Config::new().fuel(1_000_000).reentrant("env").snapshots(true);
        let config = without.iter().fold(config, |config, pass| config.without(*pass));
        program.module("work", &config, WORK.as_bytes())?;
        program.module("offsets", &config.clone().trap_offsets(true), WORK.as_bytes())?;
        program.module("grows", &Config::new().max_pages(20).max_elements(30), GROWS.as_bytes())?;
        program.module("starts", &Config::new().fuel(50), STARTS.as_bytes())?;
        let lent = Config::new().fuel(0).memory(MemoryStorage::Lent);
        program.module(
            "lent",
            &lent,
            STARTS.replace("(start $spin)", r#"(export "spin" (func 0))"#).as_bytes(),
        )?;
        let profile = match opt_level {
            OptLevel::O0 => Profile::debug(),
            opt_level => Profile { opt_level, ..Profile::release() },
        };
        let deny = ["-Dwarnings", "-Adead_code", "-Cdebuginfo=0"];
        program.run(include_str!("limits/main.rs.in"), &profile, &deny)?;
    }
    Ok(())
}

#[test]
fn what_is_larger_at_first_is_refused() {
    for (config, wanted) in [
        (Config::new().max_pages(0), "the module's memory has 1 pages at least"),
        (Config::new().max_elements(4), "a table of the module has 5 elements at least"),
    ] {
        let error = config.transpile(GROWS.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

/// Nothing is counted unless it was asked for.
#[test]
fn without_fuel_there_is_none() -> Result<()> {
    let source = Config::new().transpile(WORK.as_bytes())?.source;
    assert!(!source.contains("fuel") && !source.contains("Fuel"), "{source}");
    Ok(())
}

/// Functions that call the next one, each with so many locals that are there across the call, and what
/// else it does.
fn descent(functions: usize, locals: usize, extra: &str) -> String {
    let mut text = String::from(
        r#"(module (memory 1) (func $three (result i64 f64 i32) (i64.const 1) (f64.const 2) (i32.const 3))
           (func (export "fine") (result i64) (i64.const 7))"#,
    );
    for index in 0..functions {
        let export = if index == 0 { r#"(export "run")"# } else { "" };
        text += &format!("(func $f{index} {export} (param $p i64) (result i64) ");
        (0..locals).for_each(|local| text += &format!("(local $l{local} i64)"));
        for local in 0..locals {
            text += &format!("(local.set $l{local} (i64.add (local.get $p) (i64.const {local})))");
        }
        text += extra;
        text += &match index + 1 {
            next if next < functions => format!("(call $f{next} (local.get $p))"),
            _ => "(local.get $p)".to_owned(),
        };
        (0..locals).for_each(|local| text += &format!("(i64.xor (local.get $l{local}))"));
        text += ")";
    }
    text + ")"
}

/// The same with locals that nothing is done with but to pass them on.
fn passing(functions: usize, locals: usize) -> String {
    let chain = descent(functions, 0, "(call $sink)");
    let passed: String = (0..locals).map(|local| format!("(local.get $l{local})")).collect();
    let declared: String = (0..locals).map(|local| format!("(local $l{local} i64)")).collect();
    let sink = format!("(func $sink (param{}))", " i64".repeat(locals));
    chain
        .replace("(call $sink)", &format!("(call $sink {passed})"))
        .replace("(param $p i64) (result i64) ", &format!("(param $p i64) (result i64) {declared}"))
        .replacen("(memory 1)", &format!("(memory 1) {sink}"), 1)
}

/// No call ends the process, whether or not any function calls itself: half of a small thread's stack is
/// the budget, and each of these would take more than all of it, if rustc does not optimise.
#[test]
fn calls_end_before_the_stack_does() -> Result<()> {
    let calls = "(call $three) (drop) (drop) (drop)".repeat(40);
    let loads = "(local.set $p (i64.load (i32.wrap_i64 (local.get $p))))".repeat(100);
    let shapes = [
        ("long", descent(2_600, 0, "")),
        ("wide", descent(40, 500, "")),
        ("fat", descent(5, 5_000, "")),
        ("many_results", descent(130, 0, &calls)),
        ("loads", descent(230, 0, &loads)),
        ("passed", passing(30, 500)),
        ("fuel", descent(230, 0, &loads)),
    ];
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stack");
    for opt_level in [OptLevel::O0, OptLevel::O1] {
        let mut program = Crate::new(dir.join(format!("program-{opt_level}")))?;
        let mut main = String::from("use herkos_runtime::*;\nfn main() {\n");
        // With optimisation, frames are much smaller; what is long stays.
        let count = if opt_level == OptLevel::O0 { shapes.len() } else { 3 };
        for (name, text) in &shapes[..count] {
            let mut config = Config::new().stack_budget(64 << 10);
            if *name == "fuel" {
                config = config.fuel(u64::MAX).trap_offsets(true);
            }
            program.module(name, &config, text.as_bytes())?;
            let expected = match opt_level {
                OptLevel::O0 => "kind == Err(TrapKind::StackExhausted)",
                _ => "matches!(kind, Ok(_) | Err(TrapKind::StackExhausted))",
            };
            main += &format!(
                "    let call = || {{\n        let mut guest = {name}::Instance::new().unwrap();\n        \
                     let kind = guest.run(3).map_err(WasmTrap::kind);\n        \
                     assert!({expected}, \"{name}: {{kind:?}}\");\n        \
                     assert_eq!(guest.fine(), Ok(7));\n    }};\n    \
                 std::thread::Builder::new().stack_size(128 << 10).spawn(call).unwrap().join().unwrap();\n"
            );
        }
        main += "}\n";
        let profile = match opt_level {
            OptLevel::O0 => Profile::debug(),
            opt_level => Profile { opt_level, ..Profile::release() },
        };
        program.run(&main, &profile, &["-Adead_code", "-Cdebuginfo=0", "-Ccodegen-units=16"])?;
    }
    Ok(())
}
