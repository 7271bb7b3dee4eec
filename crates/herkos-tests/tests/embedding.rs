//! Hosts and what the output gives them: typed data, the guest's heap, errors of their own, parts that
//! are put together, snapshots. Every module is in one crate, whose `main` checks.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use anyhow::Result;
use herkos::native::{OptLevel, Profile};
use herkos::{Bounds, Config, MemoryStorage};
use herkos_tests::generated::Crate;

/// A heap that only grows. What it does with `size` bytes is told to the host, which may refuse.
const HEAP: &str = r#"(module
  (import "env" "check" (func $check (param i32 i32)))
  (import "clock" "now" (func $now (result i64)))
  (memory (export "memory") 1 2)
  (global $next (mut i32) (i32.const 16))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size)))
    (if (i32.gt_u (global.get $next) (i32.const 65536)) (then (return (i32.const 0)))))
  (func (export "free") (param $address i32) (global.set $next (local.get $address)))
  (func (export "next") (result i32) (global.get $next))
  (func (export "sum") (param $at i32) (param $len i32) (result i32) (local $sum i32)
    (call $check (local.get $at) (local.get $len))
    (block $done (loop $more
      (br_if $done (i32.eqz (local.get $len)))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $len (i32.sub (local.get $len) (i32.const 1)))
      (br $more)))
    (local.get $sum))
  (func (export "time") (result i64) (call $now))
  (func (export "fail") unreachable))"#;

/// Allocators that are none: other types, or no memory of the module's own.
const NO_HEAP: &str = r#"(module (memory 1) (func (export "malloc") (param i64) (result i32) (i32.const 0))
  (func (export "free") (param i32)))"#;
const LENT_HEAP: &str = r#"(module (memory (export "m") 1 1)
  (func (export "malloc") (param i32) (result i32) (i32.const 8)) (func (export "free") (param i32)))"#;

/// A trait of functions and globals, one of one function, one with names that are no identifiers.
const HOSTS: &str = r#"(module
  (import "env" "log" (func $log (param i32 i32)))
  (import "env" "log" (func (param i32 i32)))
  (import "env" "pass" (func $pass (param externref) (result externref i32)))
  (import "env" "limit" (global $limit i32))
  (import "env" "depth" (global $depth (mut i32)))
  (import "clock" "now" (func $now (result i64)))
  (import "a-b" "x\22y" (func $forbidden))
  (memory 1) (data (i32.const 8) "hi")
  (func (export "run") (result i32)
    (call $log (i32.const 8) (i32.const 2))
    (global.set $depth (i32.const 3))
    (drop (drop (call $pass (ref.null extern))))
    (i32.add (i32.add (i32.wrap_i64 (call $now)) (global.get $limit)) (global.get $depth)))
  (func (export "forbidden") (call $forbidden)))"#;

const SINGLE: &str = r#"(module (import "env" "f" (func $f (param i32) (result i32)))
  (memory 1) (data (i32.const 8) "hi") (func (export "run") (param i32) (result i32) (call $f (local.get 0))))"#;

/// The host puts a smaller memory in place of the module's.
const SHRUNK: &str = r#"(module (import "env" "shrink" (func $shrink)) (memory 2)
  (func (export "constant") (result i32)
    (i32.store (i32.const 100000) (i32.const 7)) (call $shrink)
    (i32.store (i32.const 100000) (i32.const 9)) (i32.load (i32.const 100000)))
  (func (export "pointer") (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 7)) (call $shrink) (i32.load (local.get 0))))"#;

/// All kinds of state: globals, one of them from the host, references, tables, dropped segments.
const STATE: &str = r#"(module
  (import "env" "tell" (func $tell (param i32))) (import "env" "base" (global $base i32))
  (import "env" "first" (global $first funcref))
  (memory (export "memory") 1 4)
  (global $count (export "count") (mut i32) (i32.const 40))
  (global (mut i64) (i64.const -1)) (global (mut f32) (f32.const nan)) (global (mut f64) (f64.const 0.5))
  (global $ref (mut funcref) (ref.func $one))
  (table $t (export "t") 2 4 funcref) (table $e 1 externref)
  (elem (i32.const 0) $one $two) (elem $late funcref (ref.func $two) (global.get $first))
  (elem $static func $one $two)
  (data $bytes "abc")
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "call_at") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
  (func (export "change")
    (call $tell (global.get $base)) (call $deep (i32.const 3))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (drop (memory.grow (i32.const 1))) (drop (table.grow $t (global.get $ref) (i32.const 1)))
    (table.set $t (i32.const 0) (ref.null func))
    (f64.store (i32.const 65536) (f64.convert_i32_s (global.get $count))))
  (func (export "init")
    (memory.init $bytes (i32.const 0) (i32.const 0) (i32.const 3))
    (table.init $t $late (i32.const 0) (i32.const 0) (i32.const 1))
    (table.init $t $static (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "drop_segments") (data.drop $bytes) (elem.drop $late) (elem.drop $static)))"#;

const WRAPPED: &str = r#"(module (memory (export "memory") 1 4)
  (func (export "get") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "put") (param i32 i32) (i32.store (local.get 0) (local.get 1))))"#;

/// Names that the implementations for hosts have themselves.
const ODD: &str = r#"(module (import "t" "f" (func)) (import "f" "f" (func)) (import "h" "self" (global i32))
  (import "delegate_t" "memory" (func)) (import "Memory" "Option" (func (param funcref) (result funcref)))
  (memory 1) (func (export "delegate_t")) (func (export "delegate_h")) (func (export "from") (call 0) (call 1) (call 2)))"#;

/// Calls the host, which calls back: by function pointers, by exports, and by what is passed through.
const CALLS: &str = r#"(module
  (import "env" "sort" (func $sort (param i32 i32 i32)))
  (import "env" "again" (func $again (param i32) (result i32)))
  (import "env" "plain" (func $plain (param i32) (result i32)))
  (import "clock" "now" (func $now (result i64)))
  (memory (export "memory") 1 3)
  (table (export "table") 6 funcref)
  (elem (i32.const 0) $less $more $again $none $plain)
  (global $count (export "count") (mut i32) (i32.const 0))
  (func $tick (global.set $count (i32.add (global.get $count) (i32.const 1))))
  (func $less (param i32 i32) (result i32) (call $tick) (i32.sub (local.get 0) (local.get 1)))
  (func $more (param i32 i32) (result i32) (call $tick) (i32.sub (local.get 1) (local.get 0)))
  (func $none)
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "free") (param i32) (call $tick))
  (func (export "sorted") (param $order i32) (result i32) (local $before i32)
    (local.set $before (global.get $count))
    (i32.store (i32.const 0) (i32.const 20)) (i32.store (i32.const 4) (i32.const 10)) (i32.store (i32.const 8) (i32.const 30))
    (call $sort (i32.const 0) (i32.const 3) (local.get $order))
    (i32.sub (global.get $count) (local.get $before)))
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $again (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "grown") (result i32)
    (i32.store (i32.const 16) (i32.const 5))
    (drop (call $plain (i32.const -1)))
    (i32.store (i32.const 65536) (i32.const 37))
    (i32.add (i32.load (i32.const 65536)) (i32.load (i32.const 16))))
  (func (export "at") (param i32 i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (local.get 1)))
  (export "again" (func $again)))"#;

/// The same with a memory, and a table, of somebody else's.
const CALLS_LENT: &str = r#"(module
  (import "env" "memory" (memory 1)) (import "env" "back" (func $back (param i32) (result i32)))
  (table (export "table") 1 funcref) (elem (i32.const 0) $put)
  (func $put (param i32) (result i32) (i32.store (i32.const 0) (local.get 0)) (i32.const 9))
  (func (export "put") (param i32) (result i32) (call $put (local.get 0)))
  (func (export "run") (param i32) (result i32)
    (i32.add (call $back (local.get 0)) (i32.load (i32.const 0)))))"#;

/// Two modules with a memory each that call the same function of the host.
const CALLS_FIRST: &str = r#"(module (import "env" "back" (func $back (result i32)))
  (import "second" "run" (func $run (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "\01")
  (func (export "one") (result i32) (i32.const 1))
  (func (export "run") (result i32) (i32.add (i32.mul (call $back) (i32.const 10)) (call $run))))"#;
const CALLS_SECOND: &str = r#"(module (import "env" "back" (func $back (result i32)))
  (memory 1) (data (i32.const 0) "\02") (func (export "run") (result i32) (call $back)))"#;

/// A word of the runtime's that is there with its feature `alloc` alone.
const WORDS: &str =
    r#"(module (memory 1) (func (export "Snapshot")) (func (export "WrappingMemory")))"#;

#[test]
fn words_are_not_imports() {
    let config = Config::new().memory(MemoryStorage::Lent);
    let source = config.transpile(WORDS.as_bytes()).unwrap().source;
    let imports = source.split("use herkos_runtime::{").nth(1).unwrap().split('}').next().unwrap();
    assert!(imports.contains("IsolatedMemory"), "{imports}");
    assert!(!imports.contains("WrappingMemory") && !imports.contains("Snapshot"), "{imports}");
}

#[test]
fn hosts_get_what_they_need() -> Result<()> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("embedding").join("program");
    let mut program = Crate::new(dir)?;
    let lent = Config::new().memory(MemoryStorage::Lent);
    program.module("heap", &Config::new(), HEAP.as_bytes())?;
    program.module("no_heap", &Config::new(), NO_HEAP.as_bytes())?;
    program.module("lent_heap", &lent, LENT_HEAP.as_bytes())?;
    program.module("layout", &Config::new(), include_bytes!("embedding/layout.wasm"))?;
    let impls = Config::new().host_impls(true);
    program.module("hosts", &impls, HOSTS.as_bytes())?;
    program.module("odd", &impls.clone().snapshots(true), ODD.as_bytes())?;
    program.module("single", &lent.host_impls(true), SINGLE.as_bytes())?;
    program.module("shrunk", &Config::new(), SHRUNK.as_bytes())?;
    let snapshots = Config::new().snapshots(true);
    program.module("state", &snapshots, STATE.as_bytes())?;
    let calls = Config::new().reentrant("env");
    program.module("calls", &calls, CALLS.as_bytes())?;
    let one = Config::new().reentrant("env::sort").reentrant("env::again").host_impls(true);
    program.module("calls_by_name", &one.canonical_nans(true), CALLS.as_bytes())?;
    program.module("library", &calls, CALLS_LENT.as_bytes())?;
    program.module(
        "library_lent",
        &calls.clone().memory(MemoryStorage::Lent),
        CALLS_LENT.as_bytes(),
    )?;
    program.module("calls_lent", &calls.clone().memory(MemoryStorage::Lent), CALLS.as_bytes())?;
    let linked = [("first", CALLS_FIRST.as_bytes()), ("second", CALLS_SECOND.as_bytes())];
    program.linked("calls_linked", &calls, &linked)?;
    program.linked("calls_linked_lent", &calls.memory(MemoryStorage::Lent), &linked)?;
    program.module("wrapped", &snapshots.clone().bounds(Bounds::Wrap), WRAPPED.as_bytes())?;
    program.module("reserved", &snapshots.bounds(Bounds::Reserve), WRAPPED.as_bytes())?;
    let main = [
        include_str!("embedding/main.rs.in"),
        "mod test_hosts {",
        include_str!("embedding/hosts.rs.in"),
        "}\nmod test_layout {",
        include_str!("embedding/layout.rs.in"),
        "}\nmod test_calls {",
        include_str!("embedding/calls.rs.in"),
        "}\nmod test_snapshots {",
        include_str!("embedding/snapshots.rs.in"),
        "}\n",
    ];
    let profile = Profile { opt_level: OptLevel::O0, ..Profile::release() };
    let deny = ["-Dwarnings", "-Adead_code", "-Cdebuginfo=0"];
    program.run(&main.join("\n"), &profile, &deny)?;
    Ok(())
}

#[test]
fn snapshots_need_the_heap() {
    let config = Config::new().snapshots(true).memory(MemoryStorage::Lent);
    let error = config.transpile(b"(module)").unwrap_err().to_string();
    assert!(error.contains("snapshots need memories and tables on the heap"), "{error}");
}

#[test]
fn what_can_not_be_reentrant_is_refused() {
    for (config, wanted) in [
        (Config::new().reentrant("env::gone"), "the module imports no function `env::gone`"),
        (Config::new().reentrant("env::limit"), "the module imports no function `env::limit`"),
        (Config::new().reentrant("en"), "the module imports no function `en` that"),
        (Config::new().reentrant("envv::log"), "the module imports no function `envv::log`"),
    ] {
        let error = config.transpile(HOSTS.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let wasi = r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (memory 1))"#;
    let config = Config::new().wasi(true).reentrant("wasi_snapshot_preview1");
    let error = config.transpile(wasi.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("the host of herkos-wasi does not call back"), "{error}");
}

/// The signature of a function is its permission: a host comes with what it reaches, and no other.
#[test]
fn who_reaches_no_capability_takes_no_host() -> Result<()> {
    let module = br#"(module (import "env" "log" (func $log (param i32))) (import "clock" "now" (func $now (result i64)))
      (memory 1) (table 1 funcref) (elem (i32.const 0) $logs) (type $t (func (param i32)))
      (func $pure (export "pure") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func $reads (export "reads") (param i32) (result i32) (i32.load (local.get 0)))
      (func $logs (export "logs") (param i32) (call $log (local.get 0)))
      (func $tells (export "tells") (result i64) (call $now))
      (func $any (export "any") (call_indirect (type $t) (i32.const 7) (i32.const 0))))"#;
    let source = Config::new().transpile(module)?.source;
    for signature in [
        "fn pure(p0: i32)",
        "fn reads(mem: &mut [u8], p0: i32)",
        "fn logs<H: Env>(cx: &mut Context<H>, memory: &mut Memory, p0: i32)",
        "fn tells<H: Clock>(cx: &mut Context<H>, memory: &mut Memory)",
        "fn any<H: Env>(cx: &mut Context<H>, memory: &mut Memory)",
    ] {
        assert!(source.contains(signature), "no `{signature}` in\n{source}");
    }
    Ok(())
}
