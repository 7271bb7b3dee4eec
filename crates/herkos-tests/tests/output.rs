//! What the output does beyond a module's own computation: options, limits, hosts and odd shapes.
//! Every module is in one crate, whose `main` checks; it is compiled with and without optimisation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use herkos::native::{OptLevel, Profile};
use herkos::{Bounds, Config, MemoryStorage};
use herkos_tests::generated::Crate;
use wasmparser::{Operator, Parser, Payload};

/// Exports that `main` does not call are dead code of its own, not the modules'.
const DENY: &[&str] = &["-Dwarnings", "-Adead_code", "-Cdebuginfo=0", "-Ccodegen-units=16"];

fn dir(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("output").join(name)
}

/// Arguments that read what the call borrows; results that read what the statement before changed.
const BORROWS: &str = r#"(module
  (import "env" "a" (global $a (mut i32))) (import "env" "b" (global $b (mut i32)))
  (import "env" "f" (func $f (param i32) (result i32)))
  (global $c (mut i32) (i32.const 5)) (memory 1 9) (table 2 funcref) (elem (i32.const 0) $k $f)
  (func $k (param i32) (result i32)
    (global.set $c (i32.add (global.get $c) (local.get 0))) (i32.load (local.get 0)))
  (func $grow (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size_after_grow") (result i32) (drop (memory.grow (i32.const 1))) (memory.size))
  (func (export "grow_by_size") (result i32)
    (i32.store (i32.const 0) (i32.const 1)) (drop (memory.grow (memory.size))) (memory.size))
  (func (export "call_with_size") (result i32)
    (i32.store (i32.const 0) (i32.const 1)) (drop (call $grow (memory.size))) (memory.size))
  (func (export "a_from_b") (result i32) (global.set $a (global.get $b)) (global.get $a))
  (func (export "host_of_global") (result i32) (call $f (global.get $b)))
  (func (export "host_of_size") (result i32) (call $f (memory.size)))
  (func (export "indirect") (result i32)
    (call_indirect (param i32) (result i32) (global.get $b) (i32.const 1)))
  (func (export "own_global") (result i32)
    (drop (call $f (i32.const 1))) (drop (call $k (global.get $c))) (global.get $c))
  (func (export "both_arms_leave") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (if (i32.gt_s (local.get 0) (i32.const 1))
          (then (return (i32.const 1))) (else (return (i32.const 2)))) (unreachable))
      (else (unreachable)))))"#;

/// Functions by the names of what the output defines itself.
const NAMES: &str = r#"(module (memory 1) (table 1 funcref) (elem (i32.const 0) $i) (elem func $i)
  (data "abc") (func $i (@name "items")) (start $i)
  (func (@name "locate") (export "locate")) (func (@name "DATA_0") (export "DATA_0"))
  (func (@name "ELEM_0") (export "*/ \"\0a`")) (func (@name "SITES") (export "SITES"))
  (func (@name "OOB") (export "OOB") (unreachable)) (func (@name "TRAP") (export "TRAP"))
  (func (@name "ExternRef") (export "ExternRef") (param externref))
  (func (@name "FUNCTION_NAMES") (export "a-b")) (func (@name "UNREACHABLE") (export "a_b"))
  (func (export "all") (result i32) (drop (i32.load (i32.const 0)))
    (call 1) (call 2) (call 3) (call 4) (call 6) (call 7 (ref.null extern)) (call 8) (call 9)
    (call 5) (i32.const 1)))"#;

const DEEP: &str = r#"(module (table 3 funcref) (elem (i32.const 0) $direct $even $through)
  (func $direct (export "direct") (result i32) (i32.add (call $direct) (i32.const 1)))
  (func $even (export "mutual") (result i32) (i32.add (call $odd) (i32.const 1)))
  (func $odd (result i32) (i32.add (call $even) (i32.const 1)))
  (func $through (export "indirect") (result i32)
    (i32.add (call_indirect (result i32) (i32.const 2)) (i32.const 1)))
  ;; where the stack is checked depends on where the calls are
  (func $else (export "in_else") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 3))
      (else (i32.add (call $else (local.get 0)) (call $direct)))))
  (func $else_if (export "in_else_if") (param i32) (result i32) (local i32)
    (if (i32.eqz (local.get 0)) (then (local.set 1 (i32.const 3)))
      (else (if (i32.and (local.get 0) (i32.const 1))
        (then (local.set 1 (i32.add (i32.const 1) (call $else_if (local.get 0)))))
        (else (local.set 1 (i32.mul (i32.const 3) (call $else_if (local.get 0))))))))
    (local.get 1))
  (func $loop (export "in_loop") (param i32) (result i32)
    (loop $l (local.set 0 (i32.add (call $loop (local.get 0)) (i32.const 1))) (br_if $l (local.get 0)))
    (local.get 0))
  (func $case (export "in_case") (param i32) (result i32)
    (block $b (block $a (br_table $b $a $b (local.get 0))) (local.set 0 (i32.add (call $case (local.get 0)) (i32.const 1))))
    (local.get 0))
  (func $cases (export "in_cases") (param i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c (local.get 0)))
        (return (i32.add (call $cases (local.get 0)) (i32.const 1))))
      (return (i32.add (call $cases (local.get 0)) (i32.const 2))))
    (i32.const 3))
  (func (export "fine") (result i32) (i32.const 7)))"#;

const LENT: &str = r#"(module (memory (export "m") 1 4) (table (export "t") 2 4 funcref)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "grow_table") (param i32) (result i32)
    (table.grow (ref.null func) (local.get 0)))
  (func (export "put") (param i32) (i32.store (local.get 0) (i32.const 0x01020304))))"#;

const TRAPS: &str = r#"(module (import "env" "f" (func)) (memory 1)
  (func (export "copies") (param $p i32) (param $q i32) (param $n i32)
    (loop $l (i64.store (local.get $q) (i64.load (local.get $p)))
      (local.set $p (i32.add (local.get $p) (i32.const 8))) (local.set $q (i32.add (local.get $q) (i32.const 8)))
      (br_if $l (i32.ne (local.get $p) (local.get $n)))))
  (func $first (export "first") (param i32) (result i32)
    (i32.load (local.get 0)) (i32.div_s (i32.const 1)))
  (func $second (export "second") (param i32) (nop) (nop) (unreachable)))"#;

const NANS: &str = r#"(module
  (func (export "add") (param f32 f32) (result i32)
    (i32.reinterpret_f32 (f32.add (local.get 0) (local.get 1))))
  (func (export "folded") (result i64)
    (i64.reinterpret_f64 (f64.mul (f64.const -nan:0x8000000000123) (f64.const 1))))
  (func (export "kept") (result i32) (i32.reinterpret_f32 (f32.neg (f32.const nan:0x200000)))))"#;

const IMPORTED: &str = r#"(module (import "env" "memory" (memory 1 3))
  (import "env" "table" (table 2 funcref)) (import "env" "g" (global $g (mut i64)))
  (elem (i32.const 1) $x) (data (i32.const 8) "hi") (func $x)
  (func (export "bump") (result i64 i32 i64)
    (global.set $g (i64.add (global.get $g) (i64.const 1)))
    (global.get $g) (memory.grow (i32.const 1)) (i64.const -1)))"#;

const COUNTER: &str = r#"(module (memory 1) (global $g (export "count") (mut i32) (i32.const 0))
  (func (export "next") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (i32.store (i32.const 0) (global.get $g)) (global.get $g)))"#;

/// A memory that can't grow, used by itself and through the host. (`%` is the number of pages.)
const FIXED: &str = r#"(module (import "env" "f" (func $f)) (memory (export "m") % %)
  (data (i32.const 0) "") (table 2 funcref) (elem (i32.const 0) $get $both)
  (func $get (export "get") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "put") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "fill") (param i32 i32 i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func $both (export "both") (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 5)) (call $f)
    (i32.add (i32.load (local.get 0)) (call $get (local.get 0))))
  (func (export "any") (param i32 i32) (result i32)
    (call_indirect (param i32) (result i32) (local.get 0) (local.get 1)))
  (func (export "sizes") (param i32) (result i32 i32 i32 i32)
    (memory.size) (memory.grow (local.get 0)) (memory.grow (i32.const 0))
    (memory.grow (i32.const 1))))"#;

/// Accesses that wrap, and operations that don't. (`%` stands for the limits.)
const WRAPPED: &str = r#"(module (import "env" "f" (func $f)) (memory (export "m") %)
  (data (i32.const 65534) "\01\02") (data $late "abc")
  (table 2 funcref) (elem (i32.const 0) $get $both)
  (func $get (export "get") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "get_far") (param i32) (result i64) (i64.load offset=0xfffffff0 (local.get 0)))
  (func (export "put") (param i32 i64) (i64.store offset=4 (local.get 0) (local.get 1)))
  (func (export "put_byte") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "fill") (param i32 i32 i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32) (memory.init $late (local.get 0) (i32.const 0) (i32.const 3)))
  (func (export "sum") (param i32 i32) (result i32) (local i32)
    (loop (local.set 2 (i32.add (local.get 2) (i32.load8_u (local.get 0))))
      (i32.store8 offset=1 (local.get 0) (local.get 2))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br_if 0 (i32.ne (local.get 0) (local.get 1))))
    (local.get 2))
  (func $both (export "both") (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 5)) (call $f)
    (drop (i64.load (i32.const -1)))
    (i32.add (i32.load (local.get 0)) (call $get (local.get 0))))
  (func (export "any") (param i32 i32) (result i32)
    (call_indirect (param i32) (result i32) (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32 i32) (memory.grow (local.get 0)) (memory.size)))"#;

/// `count` blocks in each other around a `br_table` to all of them: leaving the one at depth `i`
/// adds up what comes after each end.
fn switch(count: usize) -> String {
    let mut text =
        String::from("(module (func (export \"run\") (param i32) (result i32) (local i32)\n");
    text.push_str(&"block ".repeat(count));
    text.push_str("local.get 0 br_table");
    for target in 0..count {
        write!(text, " {target}").unwrap();
    }
    for index in 0..count {
        write!(text, "\nend local.get 1 i32.const 3 i32.mul i32.const {index} i32.add local.set 1")
            .unwrap();
    }
    text.push_str(" local.get 1))");
    text
}

/// A loop around so many blocks, from within which it repeats. Each may be left by itself.
fn spiral(count: usize) -> String {
    let blocks = "block (br_if 0 (i32.eqz (local.get 0))) ".repeat(count);
    let ends = "end ".repeat(count);
    format!(
        "(module (func (export \"run\") (param i32) (result i32) (local i32) loop {blocks}
         (local.set 1 (i32.add (local.get 1) (i32.const 1)))
         (br_if {count} (i32.lt_u (local.get 1) (local.get 0)))
         {ends} end (local.get 1)))"
    )
}

/// A loop of so many stores. The local at its start is used nowhere else, and keeps its value.
fn counter(count: usize) -> String {
    let stores = "(i32.store offset=8 (local.get 0) (local.get 0)) ".repeat(count);
    format!(
        "(module (memory 1) (func (export \"run\") (param i32) (result i32) (local i32) loop
         (local.set 1 (i32.add (local.get 1) (i32.const 1)))
         (i32.store (i32.const 0) (local.get 1))
         {stores} (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
         (br_if 0 (local.get 0)) end (i32.load (i32.const 0))))"
    )
}

fn switched(count: u32, target: u32) -> i32 {
    (target.min(count - 1)..count)
        .fold(0, |sum: i32, index| sum.wrapping_mul(3).wrapping_add(index.cast_signed()))
}

/// A sum of so many loads, which are statements of their own.
fn loads(count: usize) -> String {
    let mut text = String::from(
        "(module (memory 1) (func (export \"run\") (param i32) (result i32) (local i32)\n\
         (i32.store8 (local.get 0) (i32.const 3))\n",
    );
    for index in 0..count {
        writeln!(
            text,
            "(local.set 1 (i32.add (local.get 1) (i32.load8_u offset={} (local.get 0))))",
            index % 10
        )
        .unwrap();
    }
    text.push_str("(local.get 1)))");
    text
}

/// A sum of so many terms in one expression.
fn terms(count: usize) -> String {
    let mut text = String::from("(module (func (export \"run\") (param i32) (result i32)\n");
    text.push_str(&"local.get 0\n".repeat(count));
    text.push_str(&"i32.add\n".repeat(count - 1));
    text.push_str("))");
    text
}

/// A chain of so many functions, which the output has in several inner modules: each adds its index
/// in memory and calls the next, every tenth one by its table, and the last one the host. `body` is
/// a statement of function 40.
fn chain(count: usize, body: &str) -> String {
    let mut text = String::from(
        "(module (import \"env\" \"f\" (func (result i32))) (memory 1) (table funcref (elem $code0 $last))
         (global $g (mut i32) (i32.const 0))
         (func $last (@name \"super\") (export \"last\") (result i32) (call 0))\n"
    );
    for index in 0..count {
        let own = if index == 40 { body } else { "" };
        let next = match index + 1 {
            next if next == count => "(call_indirect (result i32) (i32.const 1))".to_owned(),
            next if next % 10 == 0 => {
                format!("(global.set $g (i32.const {next})) (call $code{next})")
            }
            next => format!("(call $code{next})"),
        };
        writeln!(
            text,
            "(func $code{index} (export \"run{index}\") (result i32) {own}
             (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const {index})))
             (i32.add (i32.load (i32.const 0)) {next}))"
        )
        .unwrap();
    }
    text.push(')');
    text
}

/// Where the operators of a module stand that `wanted` picks.
fn offsets(module: &[u8], wanted: impl Fn(&Operator<'_>) -> bool) -> Vec<u64> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            let mut reader = body.get_operators_reader().unwrap();
            while !reader.eof() {
                let (operator, offset) = reader.read_with_offset().unwrap();
                if wanted(&operator) {
                    found.push(offset);
                }
            }
        }
    }
    found
}

const MAIN: &str = r#"
use herkos_runtime::{PAGE_SIZE, TrapKind, WasmResult};

struct Host { a: i32, b: i32, g: i64 }

impl borrows::Env for Host {
    fn a(&self) -> i32 { self.a }
    fn set_a(&mut self, value: i32) { self.a = value; }
    fn b(&self) -> i32 { self.b }
    fn set_b(&mut self, value: i32) { self.b = value; }
    fn f(&mut self, _memory: &mut borrows::Memory, p0: i32) -> WasmResult<i32> { Ok(p0 + 100) }
}

impl imported::Env for Host {
    fn g(&self) -> i64 { self.g }
    fn set_g(&mut self, value: i64) { self.g = value; }
}

impl traps::Env for Host {
    fn f(&mut self, _memory: &mut traps::Memory) -> WasmResult<()> { Ok(()) }
}

impl sites::Env for Host {
    fn f(&mut self, _memory: &mut sites::Memory) -> WasmResult<()> { Ok(()) }
}

macro_rules! chain_host {
    ($($module:ident)*) => {$(
        impl $module::Env for Host {
            fn f(&mut self, memory: &mut $module::Memory) -> WasmResult<i32> {
                Ok(memory.slice(0_u32, 1_u32)?[0].into())
            }
        }
    )*};
}

chain_host!(chain chain_lent);

fn chained() {
    // Sums of sums; the host adds the lowest byte of the last.
    let sums = (0..100_i32).scan(0, |sum, index| { *sum += index; Some(*sum) });
    let all = sums.sum::<i32>() + (4950 & 0xff);
    assert_eq!(chain::Instance::new(host()).unwrap().run0(), Ok(all));
    assert_eq!(chain::Instance::new(host()).unwrap().run99(), Ok(99 + 99));
    let (mut memory, mut table) = (vec![0; 65_536], [None; 2]);
    let mut lent = chain_lent::Instance::new(host(), &mut memory, &mut table).unwrap();
    assert_eq!(lent.run0(), Ok(all));
}

impl fixed::Env for Host {
    fn f(&mut self, memory: &mut fixed::Memory) -> WasmResult<()> {
        assert_eq!((memory.grow(1), memory.grow(0), memory.max_pages()), (-1, 2, 2));
        memory.write(8_u32, &[7])
    }
}

impl fixed_lent::Env for Host {
    fn f(&mut self, memory: &mut fixed_lent::Memory) -> WasmResult<()> { memory.write(8_u32, &[7]) }
}

impl fixed_none::Env for Host {
    fn f(&mut self, _memory: &mut fixed_none::Memory) -> WasmResult<()> { Ok(()) }
}

macro_rules! wrapped_host {
    ($($module:ident)*) => {$(
        impl $module::Env for Host {
            fn f(&mut self, memory: &mut $module::Memory) -> WasmResult<()> { memory.write(8_u32, &[7]) }
        }
    )*};
}

wrapped_host!(wrapped wrapped_fixed wrapped_lent reserved);

fn host() -> Host { Host { a: 1, b: 42, g: 10 } }

fn kind<T>(result: WasmResult<T>) -> Option<TrapKind> { result.err().map(|trap| trap.kind()) }

fn borrowing() {
    let new = || borrows::Instance::new(host()).unwrap();
    assert_eq!(new().size_after_grow(), Ok(2));
    assert_eq!(new().grow_by_size(), Ok(2));
    assert_eq!(new().call_with_size(), Ok(2));
    assert_eq!(new().a_from_b(), Ok(42));
    assert_eq!(new().host_of_global(), Ok(142));
    assert_eq!(new().host_of_size(), Ok(101));
    assert_eq!(new().indirect(), Ok(142));
    assert_eq!(new().own_global(), Ok(10));
    assert_eq!(new().both_arms_leave(2), Ok(1));
    assert_eq!(new().both_arms_leave(1), Ok(2));
    assert_eq!(kind(new().both_arms_leave(0)), Some(TrapKind::Unreachable));
}

fn exhaustion() {
    let mut instance = deep::Instance::new().unwrap();
    for budget in [1 << 20, 64 << 10, 0] {
        instance.set_stack_budget(budget);
        for _ in 0..2 {
            assert_eq!(kind(instance.direct()), Some(TrapKind::StackExhausted));
            assert_eq!(kind(instance.mutual()), Some(TrapKind::StackExhausted));
            assert_eq!(kind(instance.indirect()), Some(TrapKind::StackExhausted));
            let results = [
                instance.in_else(1),
                instance.in_else_if(1),
                instance.in_else_if(2),
                instance.in_loop(1),
                instance.in_case(1),
                instance.in_cases(0),
                instance.in_cases(1),
            ];
            assert_eq!(results.map(kind), [Some(TrapKind::StackExhausted); 7]);
            assert_eq!((instance.in_else(0), instance.in_else_if(0)), (Ok(3), Ok(3)));
            assert_eq!(instance.fine(), Ok(7));
        }
    }
}

fn lending() {
    let mut memory = vec![9_u8; 3 * PAGE_SIZE + 1];
    let mut table = [None; 3];
    let mut instance = lent::Instance::new(&mut memory, &mut table).unwrap();
    assert!(instance.memory().bytes().iter().all(|byte| *byte == 0));
    assert_eq!(instance.grow(1), Ok(1));
    assert_eq!(instance.grow(2), Ok(-1));
    assert_eq!(instance.grow(1), Ok(2));
    assert_eq!(instance.grow(1), Ok(-1));
    assert_eq!(instance.grow_table(1), Ok(2));
    assert_eq!(instance.grow_table(1), Ok(-1));
    assert_eq!(instance.put(3 * 65536 - 4), Ok(()));
    assert_eq!(kind(instance.put(3 * 65536 - 3)), Some(TrapKind::MemoryOutOfBounds));
    assert_eq!(memory[3 * PAGE_SIZE - 4..], [4, 3, 2, 1, 9]);
    let new = |memory: &mut [u8], table: &mut [_]| kind(lent::Instance::new(memory, table).map(drop));
    assert_eq!(new(&mut memory[..PAGE_SIZE - 1], &mut table), Some(TrapKind::AllocationFailed));
    assert_eq!(new(&mut memory, &mut table[..1]), Some(TrapKind::AllocationFailed));
}

fn places() {
    let mut instance = traps::Instance::new(host()).unwrap();
    let trap = instance.first(-1).err().unwrap();
    let place = instance.locate(trap).unwrap();
    assert_eq!((place.function, place.name, place.offset), (2, "first", None));
    let trap = instance.second(0).err().unwrap();
    let place = instance.locate(trap).unwrap();
    assert_eq!((place.function, place.name, place.offset), (3, "second", None));
    let mut instance = sites::Instance::new(host()).unwrap();
    assert_eq!(instance.copies(0, 65_000, 64), Ok(()));
    let trap = instance.copies(0, 65_528, 64).err().unwrap();
    assert_eq!(instance.locate(trap).unwrap().offset, Some(STORE));
    let trap = instance.first(-1).err().unwrap();
    let place = instance.locate(trap).unwrap();
    assert_eq!((place.function, place.name, place.offset), (2, "first", Some(LOAD)));
    let trap = instance.second(0).err().unwrap();
    let place = instance.locate(trap).unwrap();
    assert_eq!((place.function, place.name, place.offset), (3, "second", Some(UNREACHABLE)));
}

fn numbers() {
    let mut instance = nans::Instance::new().unwrap();
    let signalling = f32::from_bits(0xffa0_0001);
    assert_eq!(instance.add(signalling, 1.0), Ok(0x7fc0_0000));
    assert_eq!(instance.add(f32::INFINITY, f32::NEG_INFINITY), Ok(0x7fc0_0000));
    assert_eq!(instance.folded(), Ok(0x7ff8_0000_0000_0000));
    assert_eq!(instance.kept(), Ok(0xffa0_0000_u32 as i32));
}

fn sharing() {
    let mut memory = imported::Memory::new(1, 3).unwrap();
    let table = herkos_runtime::Table::new(2, 2, None).unwrap();
    let mut instance = imported::Instance::new(host(), &mut memory, table).unwrap();
    assert_eq!(memory.slice(8, 2), Ok(&b"hi"[..]));
    assert_eq!(instance.bump(&mut memory), Ok((11, 1, -1)));
    assert_eq!(instance.bump(&mut memory), Ok((12, 2, -1)));
    assert_eq!(instance.bump(&mut memory), Ok((13, -1, -1)));
    assert_eq!(instance.host().g, 13);
    let short = herkos_runtime::Table::new(1, 2, None).unwrap();
    let failed = imported::Instance::new(host(), &mut memory, short);
    assert_eq!(kind(failed.map(drop)), Some(TrapKind::IncompatibleImport));
    let (mut a, mut b) = (counter::Instance::new().unwrap(), counter::Instance::new().unwrap());
    assert_eq!((a.next(), a.next(), b.next()), (Ok(1), Ok(2), Ok(1)));
    a.set_count(40);
    assert_eq!((a.next(), b.next(), b.count()), (Ok(41), Ok(2), 2));
    assert_eq!((a.memory().bytes()[0], b.memory().bytes()[0]), (41, 2));
}

fn instantiation() {
    assert_eq!(kind(start::Instance::new().map(drop)), Some(TrapKind::Unreachable));
    assert_eq!(kind(segment::Instance::new().map(drop)), Some(TrapKind::MemoryOutOfBounds));
    let mut instance = pages::Instance::new().unwrap();
    assert_eq!(instance.grow(2), Ok(1));
    assert_eq!(instance.grow(1), Ok(-1));
    let mut instance = names::Instance::new().unwrap();
    assert_eq!(kind(instance.all()), Some(TrapKind::Unreachable));
}

/// What all of those have in common.
macro_rules! check_fixed {
    ($instance:ident, $pages:literal) => {
        let end: i32 = $pages * 65536;
        assert_eq!($instance.sizes(0), Ok(($pages, $pages, $pages, -1)));
        assert_eq!($instance.sizes(1), Ok(($pages, -1, $pages, -1)));
        assert_eq!($instance.sizes(-1), Ok(($pages, -1, $pages, -1)));
        assert_eq!($instance.fill(end, 1, 0), Ok(()));
        for at in [end - 3, end, end + 1, i32::MAX, -1, -4] {
            assert_eq!(kind($instance.get(at)), Some(TrapKind::MemoryOutOfBounds));
            assert_eq!(kind($instance.put(at, 1)), Some(TrapKind::MemoryOutOfBounds));
            assert_eq!(kind($instance.fill(at, 1, 4)), Some(TrapKind::MemoryOutOfBounds));
            assert_eq!(kind($instance.any(at, 0)), Some(TrapKind::MemoryOutOfBounds));
        }
        assert_eq!($instance.memory_mut().grow(1), -1);
        assert_eq!($instance.memory().len(), $pages * PAGE_SIZE);
    };
}

fn fixed_size() {
    let mut instance = fixed::Instance::new(host()).unwrap();
    check_fixed!(instance, 2);
    assert_eq!(instance.put(2 * 65536 - 4, 9), Ok(()));
    assert_eq!(instance.get(2 * 65536 - 4), Ok(9));
    assert_eq!((instance.both(8), instance.any(8, 1)), (Ok(14), Ok(14)));
    assert_eq!(instance.any(8, 0), Ok(7));
    // A memory of another size in its place is no memory of this module's.
    *instance.memory_mut() = fixed::Memory::new(1, 1).unwrap();
    assert_eq!(kind(instance.get(0)), Some(TrapKind::MemoryOutOfBounds));
    assert_eq!(kind(instance.both(0)), Some(TrapKind::MemoryOutOfBounds));
    assert_eq!(kind(instance.any(0, 0)), Some(TrapKind::MemoryOutOfBounds));
    let mut buffer = vec![9_u8; 3 * PAGE_SIZE];
    let mut table = [None; 2];
    let mut instance = fixed_lent::Instance::new(host(), &mut buffer, &mut table).unwrap();
    check_fixed!(instance, 2);
    assert_eq!((instance.both(8), instance.any(8, 1)), (Ok(14), Ok(14)));
    let short = &mut buffer[..2 * PAGE_SIZE - 1];
    let failed = fixed_lent::Instance::new(host(), short, &mut table);
    assert_eq!(kind(failed.map(drop)), Some(TrapKind::AllocationFailed));
    let mut instance = fixed_none::Instance::new(host()).unwrap();
    check_fixed!(instance, 0);
}

/// `$size` bytes of addresses; `$pages` are the memory's at first.
macro_rules! check_wrapped {
    ($instance:ident, $pages:literal, $size:literal) => {
        let (size, end): (i32, i32) = ($size, $pages * 65536);
        // The sum without bounds, below the power of two.
        assert_eq!($instance.put(size, 0x0807_0605_0403_0201), Ok(()));
        assert_eq!($instance.get(4), Ok(0x0403_0201));
        assert_eq!($instance.get(4 + 3 * size), Ok(0x0403_0201));
        assert_eq!($instance.get_far(20), Ok(0x0807_0605_0403_0201));
        assert_eq!($instance.get_far(20 - 2 * size), Ok(0x0807_0605_0403_0201));
        assert_eq!($instance.put(-4, -1), Ok(()));
        assert_eq!(($instance.get(0), $instance.get(4), $instance.get(8)), (Ok(-1), Ok(-1), Ok(0x0807_0605)));
        // Across the end: what was stored is loaded again, and nothing at the start changes.
        assert_eq!($instance.put(-7, 0x0102_0304_0506_0708), Ok(()));
        assert_eq!($instance.get(-3), Ok(0x0506_0708));
        assert_eq!($instance.get_far(13), Ok(0x0102_0304_0506_0708));
        assert_eq!(($instance.get(0), $instance.get(4)), (Ok(-1), Ok(-1)));
        // A loop across the end, and one inside.
        for at in -8..8 {
            assert_eq!($instance.put_byte(at, 0), Ok(()));
        }
        assert_eq!($instance.put_byte(-3, 1), Ok(()));
        assert_eq!($instance.sum(-3, 3), Ok(32));
        assert_eq!(($instance.byte(2), $instance.byte(size + 3)), (Ok(16), Ok(32)));
        assert_eq!(($instance.put_byte(100, 1), $instance.sum(100, 103)), (Ok(()), Ok(4)));
        // Exact: bulk operations, the host, the segments.
        for (at, ok) in [(end - 3, true), (end - 2, false), (-1, false), (end + 1, false)] {
            let expected = if ok { None } else { Some(TrapKind::MemoryOutOfBounds) };
            assert_eq!(kind($instance.fill(at, 3, 3)), expected);
            assert_eq!(kind($instance.copy(at, 0, 3)), expected);
            assert_eq!(kind($instance.copy(0, at, 3)), expected);
            assert_eq!(kind($instance.init(at)), expected);
            assert_eq!(kind($instance.memory_mut().write(at, &[1, 2, 3])), expected);
        }
        assert_eq!(($instance.both(8), $instance.any(8, 1), $instance.any(8, 0)), (Ok(14), Ok(14), Ok(7)));
        assert_eq!($instance.memory().len(), $pages * PAGE_SIZE);
    };
}

fn wrapping() {
    let mut instance = wrapped::Instance::new(host()).unwrap();
    assert_eq!((instance.byte(65_534), instance.byte(65_535)), (Ok(1), Ok(2)));
    check_wrapped!(instance, 1, 0x40000);
    // Beyond the size, below the power of two: not the memory's, and cleared when it becomes so.
    assert_eq!((instance.put_byte(65_536, 9), instance.byte(65_536)), (Ok(()), Ok(9)));
    assert_eq!((instance.grow(3), instance.grow(2)), (Ok((-1, 1)), Ok((1, 3))));
    assert_eq!((instance.byte(65_536), instance.memory().len()), (Ok(0), 3 * PAGE_SIZE));
    assert_eq!((instance.grow(1), instance.memory_mut().grow(1)), (Ok((-1, 3)), -1));
    *instance.memory_mut() = wrapped::Memory::wrapping(1, 1, 8).unwrap_or(wrapped::Memory::wrapping(0, 0, 9).unwrap());
    assert_eq!(kind(instance.get(0)), Some(TrapKind::MemoryOutOfBounds));
    let mut instance = wrapped_fixed::Instance::new(host()).unwrap();
    check_wrapped!(instance, 2, 0x20000);
    assert_eq!((instance.grow(1), instance.grow(0)), (Ok((-1, 2)), Ok((2, 2))));
    let mut table = [None; 2];
    let mut buffer = vec![9_u8; 4 * PAGE_SIZE + 9];
    let mut instance = wrapped_lent::Instance::new(host(), &mut buffer, &mut table).unwrap();
    check_wrapped!(instance, 1, 0x40000);
    assert_eq!((instance.grow(3), instance.grow(2)), (Ok((-1, 1)), Ok((1, 3))));
    assert_eq!(buffer[4 * PAGE_SIZE + 8], 9);
    let short = &mut buffer[..4 * PAGE_SIZE + 7];
    let failed = wrapped_lent::Instance::new(host(), short, &mut table);
    assert_eq!(kind(failed.map(drop)), Some(TrapKind::AllocationFailed));
}

fn reserving() {
    let mut instance = reserved::Instance::new(host()).unwrap();
    assert_eq!((instance.byte(65_534), instance.byte(65_535)), (Ok(1), Ok(2)));
    // Each address has a byte, and so have the offsets behind the last one.
    let far = 0x1_0000_0003_u64 - 0x3fff_fff0;
    assert_eq!(instance.put(-1, 0x0807_0605_0403_0201), Ok(()));
    assert_eq!((instance.get_far(far as i32), instance.get(3)), (Ok(0x0807_0605_0403_0201), Ok(0)));
    assert_eq!((instance.get_far(-1), instance.get(-1), instance.get(i32::MIN)), (Ok(0), Ok(0), Ok(0)));
    // A loop whose address wraps, and one that stays inside.
    assert_eq!((instance.put_byte(-3, 1), instance.sum(-3, 3)), (Ok(()), Ok(16)));
    assert_eq!([-2, -1, 0, 1, 2, 3].map(|at| instance.byte(at).unwrap()), [1, 2, 0, 4, 8, 16]);
    assert_eq!(instance.get_far(far as i32 - 4), Ok(0x0403_0201_0000_0402));
    assert_eq!((instance.put_byte(100, 1), instance.sum(100, 103)), (Ok(()), Ok(4)));
    assert_eq!((instance.put_byte(70_000, 1), instance.sum(70_000, 70_003)), (Ok(()), Ok(4)));
    // Exact: bulk operations, the host, the segments.
    for (at, ok) in [(65_533, true), (65_534, false), (-1, false), (65_537, false)] {
        let expected = if ok { None } else { Some(TrapKind::MemoryOutOfBounds) };
        assert_eq!(kind(instance.fill(at, 3, 3)), expected);
        assert_eq!(kind(instance.copy(at, 0, 3)), expected);
        assert_eq!(kind(instance.copy(0, at, 3)), expected);
        assert_eq!(kind(instance.init(at)), expected);
        assert_eq!(kind(instance.memory_mut().write(at, &[1, 2, 3])), expected);
    }
    assert_eq!((instance.both(8), instance.any(8, 1), instance.any(8, 0)), (Ok(14), Ok(14), Ok(7)));
    // Beyond the size: not the memory's, and cleared when it becomes so.
    assert_eq!((instance.memory().len(), instance.byte(70_000)), (PAGE_SIZE, Ok(1)));
    assert_eq!((instance.grow(65_535), instance.grow(2)), (Ok((-1, 1)), Ok((1, 3))));
    assert_eq!((instance.byte(70_000), instance.byte(65_535)), (Ok(0), Ok(3)));
    assert_eq!((instance.memory().len(), instance.grow(1)), (3 * PAGE_SIZE, Ok((-1, 3))));
    for (min, max) in [(2, 1), (65_537, 65_537)] {
        assert_eq!(kind(reserved::Memory::reserved(min, max)), Some(TrapKind::AllocationFailed));
    }
}

fn main() {
    // As much as a thread of a test has.
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread.spawn(exhaustion).unwrap().join().unwrap();
    borrowing();
    chained();
    lending();
    places();
    numbers();
    sharing();
    instantiation();
    fixed_size();
    wrapping();
    reserving();
    println!("done");
}
"#;

fn everything(label: &str, profile: &Profile) -> Result<()> {
    let mut generated = Crate::new(dir(label))?;
    let config = Config::new();
    let traps = wat::parse_str(TRAPS)?;
    let load = offsets(&traps, |operator| matches!(operator, Operator::I32Load { .. }))[0];
    let store = offsets(&traps, |operator| matches!(operator, Operator::I64Store { .. }))[0];
    let unreachable = offsets(&traps, |operator| matches!(operator, Operator::Unreachable))[0];
    let modules: &[(&str, &Config, &str)] = &[
        ("borrows", &config, BORROWS),
        ("names", &config, NAMES),
        ("deep", &config, DEEP),
        ("lent", &config.clone().memory(MemoryStorage::Lent), LENT),
        ("nans", &config.clone().canonical_nans(true), NANS),
        ("imported", &config, IMPORTED),
        ("counter", &config, COUNTER),
        ("start", &config, "(module (func $s unreachable) (start $s))"),
        ("segment", &config, "(module (memory 1) (data (i32.const 65535) \"ab\"))"),
        (
            "pages",
            &config.clone().max_pages(3),
            "(module (memory 1) (func (export \"grow\") (param i32) (result i32)
               (memory.grow (local.get 0))))",
        ),
    ];
    for (name, config, text) in modules {
        generated.module(name, config, text.as_bytes())?;
    }
    let lent = config.clone().memory(MemoryStorage::Lent).max_pages(1);
    generated.module("chain", &config, chain(100, "").as_bytes())?;
    generated.module("chain_lent", &lent, chain(100, "").as_bytes())?;
    let fixed = |pages: &str| FIXED.replace('%', pages);
    generated.module("fixed", &config, fixed("2").as_bytes())?;
    generated.module("fixed_none", &config, fixed("0").as_bytes())?;
    let open = FIXED.replace("% %", "2"); // by the options alone
    let lent = config.clone().memory(MemoryStorage::Lent).max_pages(2);
    generated.module("fixed_lent", &lent, open.as_bytes())?;
    let wrap = config.clone().bounds(Bounds::Wrap);
    let wrapped = |limits: &str| WRAPPED.replace('%', limits);
    generated.module("wrapped", &wrap, wrapped("1 3").as_bytes())?;
    generated.module("wrapped_fixed", &wrap, wrapped("2 2").as_bytes())?;
    let nearer = wrapped("1 3").replace("0xfffffff0", "0x3ffffff0");
    let reserve = config.clone().bounds(Bounds::Reserve);
    generated.module("reserved", &reserve, nearer.as_bytes())?;
    let lent = wrap.memory(MemoryStorage::Lent).max_pages(3);
    generated.module("wrapped_lent", &lent, wrapped("1").as_bytes())?;
    generated.module("traps", &config, &traps)?;
    generated.module("sites", &config.clone().trap_offsets(true), &traps)?;
    let places = [("LOAD", load), ("STORE", store), ("UNREACHABLE", unreachable)]
        .map(|(name, offset)| format!("const {name}: u32 = {offset};\n"))
        .concat();
    let main = format!("{places}{MAIN}");
    assert_eq!(generated.run(&main, profile, DENY)?, "done\n");
    Ok(())
}

#[test]
fn everything_debug() -> Result<()> {
    everything("debug", &Profile::debug())
}

#[test]
fn everything_optimised() -> Result<()> {
    everything("optimised", &Profile::release())
}

/// What rustc has to compile again is the group of the function that changed.
#[test]
fn a_change_stays_in_its_group() -> Result<()> {
    let groups = |body: &str| -> Result<Vec<String>> {
        let source = Config::new().transpile(chain(100, body).as_bytes())?.source;
        Ok(source.split("\nmod code").map(str::to_owned).collect())
    };
    let (before, after) = (groups("")?, groups("(global.set $g (memory.size))")?);
    assert_eq!((before.len(), after.len()), (5, 5));
    // The first part begins with the digest of the module; function 40 is the 42nd.
    let changed: Vec<usize> = (1..5).filter(|&group| before[group] != after[group]).collect();
    assert_eq!(changed, [2]);
    Ok(())
}

#[test]
fn a_memory_beyond_the_policy_is_refused() {
    let error = Config::new().max_pages(3).transpile(b"(module (memory 4))").unwrap_err();
    assert!(matches!(error, herkos::Error::Limit { .. }), "{error}");
}

#[test]
fn addresses_wrap_only_where_they_can() {
    let config = Config::new().bounds(Bounds::Wrap);
    let refused = |text: &str, config: &Config| {
        let error = config.transpile(text.as_bytes()).err()?;
        assert!(matches!(error, herkos::Error::Limit { .. }), "{error}");
        Some(error.to_string())
    };
    for text in ["(module)", "(module (memory 0 0))", "(module (memory 1 16384))"] {
        assert_eq!(refused(text, &config), None, "{text}");
    }
    for text in ["(module (memory 1))", "(module (memory 1 16385))"] {
        assert!(refused(text, &config).unwrap().contains("--max-pages"), "{text}");
        assert_eq!(refused(text, &config.clone().max_pages(100)), None, "{text}");
    }
    let library = "(module (import \"a\" \"b\" (memory 1 1)))";
    assert!(refused(library, &config).unwrap().contains("imports its memory"));
}

#[test]
fn all_addresses_are_reserved_only_where_they_can_be() {
    let config = Config::new().bounds(Bounds::Reserve);
    let refused = |text: &str, config: &Config| {
        let error = config.transpile(text.as_bytes()).err()?;
        assert!(matches!(error, herkos::Error::Limit { .. }), "{error}");
        Some(error.to_string())
    };
    let load = |offset: u32| {
        format!("(module (memory 1) (func (drop (i64.load offset={offset} (i32.const 0)))))")
    };
    for text in
        ["(module)", "(module (memory 0 0))", "(module (memory 65536))", &load((1 << 30) - 8)]
    {
        assert_eq!(refused(text, &config), None, "{text}");
    }
    // As many as the farthest access needs.
    for (offset, bytes) in [(0, (1_u64 << 32) + 65_536), ((1 << 30) - 8, (1 << 32) + (1 << 30))] {
        let source = config.transpile(load(offset).as_bytes()).unwrap().source;
        assert!(source.contains(&format!("type Bytes = [u8; {bytes}];")), "{source}");
    }
    assert!(refused(&load((1 << 30) - 7), &config).unwrap().contains("1073741825 bytes beyond"));
    let library = "(module (import \"a\" \"b\" (memory 1 1)))";
    assert!(refused(library, &config).unwrap().contains("imports its memory"));
    let lent = config.memory(MemoryStorage::Lent);
    assert!(refused("(module (memory 1))", &lent).unwrap().contains("on the heap"));
    // What a stranger says is no type of this policy's.
    let odd = r#"(module (memory 1) (func (export "ReservedMemory")))"#;
    let source = Config::new().transpile(odd.as_bytes()).unwrap().source;
    assert!(!source.split("};").nth(1).unwrap().contains("ReservedMemory"), "{source}");
}

/// Which memories are arrays: those whose size is known and not too large for a type.
#[test]
fn arrays_are_of_a_known_and_bounded_size() -> Result<()> {
    let source = |limits: &str, config: &Config| -> Result<String> {
        let text = format!(
            "(module {limits} (func (export \"f\") (result i32) (i32.load (memory.size))))"
        );
        Ok(config.transpile(text.as_bytes())?.source)
    };
    let config = Config::new();
    for (limits, config, bytes) in [
        ("(memory 1 1)", &config, Some(65_536)),
        ("(memory 0 0)", &config, Some(0)),
        ("(memory 1)", &config.clone().max_pages(1), Some(65_536)),
        ("(memory 1 5)", &config.clone().max_pages(1), Some(65_536)),
        ("(memory 4096 4096)", &config, Some(268_435_456)),
        ("(memory 4097 4097)", &config, None),
        ("(memory 65536)", &config, None),
        ("(memory 1 2)", &config, None),
        ("(import \"a\" \"b\" (memory 1 1))", &config, None),
    ] {
        let source = source(limits, config)?;
        let expected = bytes.map(|bytes| format!("type Bytes = [u8; {bytes}];"));
        let found = source.lines().find(|line| line.starts_with("type Bytes"));
        assert_eq!(found, expected.as_deref(), "{limits}");
    }
    // The size is a constant even so.
    assert!(!source("(memory 65536)", &config)?.contains("mem.len()"));
    Ok(())
}

/// Shapes that are too much for rustc as they are.
#[test]
fn large_shapes_debug() -> Result<()> {
    let mut generated = Crate::new(dir("large-debug"))?;
    generated.module("switch", &Config::new(), switch(5_000).as_bytes())?;
    generated.module("terms", &Config::new(), terms(100_000).as_bytes())?;
    generated.module("spiral", &Config::new(), spiral(400).as_bytes())?;
    generated.module("counter", &Config::new(), counter(3_500).as_bytes())?;
    let mut checks = String::new();
    for target in [0, 1, 17, 250, 2_499, 4_998, 4_999, 5_000, u32::MAX] {
        let wanted = switched(5_000, target);
        writeln!(checks, "    assert_eq!(switch.run({target}_u32 as i32), Ok({wanted}));")?;
    }
    let main = format!(
        "fn main() {{\n    let mut switch = switch::Instance::new().unwrap();\n    \
         let mut terms = terms::Instance::new().unwrap();\n    \
         assert_eq!(terms.run(3), Ok(300_000));\n    \
         assert_eq!(spiral::Instance::new().unwrap().run(7), Ok(7));\n    \
         assert_eq!(counter::Instance::new().unwrap().run(7), Ok(7));\n{checks}}}\n"
    );
    generated.run(&main, &Profile::debug(), DENY)?;
    Ok(())
}

#[test]
fn many_loads_optimised() -> Result<()> {
    let mut generated = Crate::new(dir("loads"))?;
    generated.module("loads", &Config::new(), loads(20_000).as_bytes())?;
    let main = "fn main() {\n    let mut loads = loads::Instance::new().unwrap();\n    \
                assert_eq!(loads.run(64), Ok(6_000));\n    \
                assert!(loads.run(65_530).is_err());\n}\n";
    let profile = Profile { opt_level: OptLevel::O1, ..Profile::release() };
    generated.run(main, &profile, DENY)?;
    Ok(())
}
