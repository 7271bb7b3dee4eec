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
