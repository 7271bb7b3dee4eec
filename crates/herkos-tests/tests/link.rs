//! Several modules linked to one, and what does not fit together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use anyhow::Result;
use herkos::native::Profile;
use herkos::{Bounds, Config, Error, MemoryStorage};
use herkos_tests::generated::Crate;

fn dir(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("link").join(name)
}

/// Uses the library's memory, table and globals, and is called back by it.
const APP: &str = r#"(module
  (import "lib" "alloc" (func $alloc (param i32) (result i32)))
  (import "lib" "memory" (memory 2)) (import "lib" "count" (global $count (mut i32)))
  (import "lib" "k" (global $k i32)) (import "lib" "t" (table 4 funcref))
  (import "env" "log" (func $log (param i32)))
  (elem (i32.const 2) $twice) (data (i32.const 0x20000) "")
  (global $own i32 (global.get $k))
  (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "callback") (param i32) (result i32)
    (call $log (local.get 0)) (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.add (local.get 0) (global.get $own)))
  (func (export "run") (result i32)
    (i32.store (call $alloc (i32.const 8)) (i32.const 77)) (i32.load (i32.const 1024)))
  (func (export "far") (result i32) (i32.load (i32.const 0x20000))))"#;

const LIB: &str = r#"(module
  (import "app" "callback" (func $callback (param i32) (result i32)))
  (memory (export "memory") 2 4) (global (export "count") (mut i32) (i32.const 0))
  (global (export "k") i32 (i32.add (i32.const 40) (i32.const 2)))
  (table (export "t") 4 8 funcref) (elem (i32.const 0) $callback)
  (type $unary (func (param i32) (result i32)))
  (global $next (mut i32) (i32.const 1024))
  (func (export "alloc") (param i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (call $callback (local.get 0)))))
  (func (export "call") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 1) (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;

/// Has a memory of its own, which the host gets, and starts.
const OTHER: &str = r#"(module
  (import "env" "log" (func $log (param i32))) (import "app" "run" (func $run (result i32)))
  (import "app" "far" (func $far (result i32)))
  (memory (export "own") 1 1) (data (i32.const 0) "\09")
  (func $start (call $log (i32.load (i32.const 0)))) (start $start)
  (func (export "mix") (result i32)
    (i32.store (i32.const 8) (call $run)) (i32.add (i32.load (i32.const 8)) (i32.load (i32.const 0))))
  (func (export "far") (result i32) (call $far)))"#;

const MAIN: &str = r#"
use herkos_runtime::{TrapKind, WasmResult};

#[derive(Default)]
struct Host(Vec<(i32, i32)>);

macro_rules! host {
    ($($module:ident)*) => {$(
        impl $module::Env for Host {
            fn log(&mut self, memory: &mut $module::Memory, p0: i32) -> WasmResult<()> {
                self.0.push((p0, memory.slice(0_u32, 1_u32)?[0].into()));
                Ok(())
            }
        }
    )*};
}

host!(linked lent wrapped reserved apart);

/// The same of all: one host, two memories, three modules.
macro_rules! program {
    ($instance:ident) => {{
        assert_eq!($instance.run(), Ok(77));
        assert_eq!($instance.host().0, [(9, 9), (8, 0)]);
        assert_eq!($instance.lib_count(), 1);
        // The start of the heap has moved by what the callback gave.
        assert_eq!($instance.lib_alloc(0), Ok(1024 + 8 + 42));
        assert_eq!($instance.lib_call(0, 1), Ok(43));
        assert_eq!($instance.lib_call(2, 21), Ok(42));
        assert_eq!($instance.lib_call(1, 21).map_err(|t| t.kind()), Err(TrapKind::UninitializedElement));
        assert_eq!($instance.lib_call(4, 21).map_err(|t| t.kind()), Err(TrapKind::UndefinedElement));
        assert_eq!($instance.other_mix(), Ok(77 + 9));
        assert_eq!($instance.lib_memory().slice(1024 + 8 + 42_u32, 1_u32), Ok(&[0][..]));
        assert_eq!($instance.other_own().slice(8_u32, 1_u32), Ok(&[77][..]));
    }};
}

fn main() {
    let mut linked = linked::Instance::new(Host::default()).unwrap();
    program!(linked);
    let trap = linked.other_far().unwrap_err();
    assert_eq!(trap.kind(), TrapKind::MemoryOutOfBounds);
    assert_eq!(linked.locate(trap).unwrap().name, "far");
    assert_eq!((linked.lib_grow(), linked.far()), (Ok(2), Ok(0)));
    assert_eq!(linked.lib_memory().pages(), 3);

    let (mut a, mut b, mut t) = (vec![0; 4 << 16], vec![0; 1 << 16], [None; 8]);
    let mut lent = lent::Instance::new(Host::default(), &mut a, &mut b, &mut t).unwrap();
    program!(lent);
    let mut wrapped = wrapped::Instance::new(Host::default()).unwrap();
    program!(wrapped);
    let mut reserved = reserved::Instance::new(Host::default()).unwrap();
    program!(reserved);

    // Each module starts when it is told to.
    let mut apart = apart::Instance::new(Host::default()).unwrap();
    assert!(apart.lib_call(2, 1).is_err() && apart.host().0.is_empty());
    assert_eq!(apart.instantiate_lib(), Ok(()));
    assert_eq!(apart.instantiate_app(), Ok(()));
    assert_eq!(apart.instantiate_other(), Ok(()));
    program!(apart);

    // The first one starts before the second one's segments are there.
    let mut order = order::Instance::new().unwrap();
    assert_eq!((order.seen(), order.b_now()), (Ok(0), Ok(7)));

    // What was too small has grown.
    let mut grown = grown::Instance::new().unwrap();
    assert_eq!(grown.instantiate_b().map_err(|t| t.kind()), Err(TrapKind::Unreachable));
    assert_eq!((grown.grow(), grown.instantiate_b()), (Ok(1), Ok(())));

    // A library: the memory is its caller's, in all modules.
    let mut memory = library::Memory::new(2, 2).unwrap();
    let mut library = library::Instance::new(&mut memory).unwrap();
    assert_eq!(library.put(&mut memory, 5), Ok(()));
    assert_eq!(library.b_get(&mut memory), Ok(5));
    for (min, max) in [(1, 2), (2, 3)] {
        let refused = library::Instance::new(&mut library::Memory::new(min, max).unwrap());
        assert_eq!(refused.err().map(|trap| trap.kind()), Some(TrapKind::IncompatibleImport));
    }
    println!("done");
}
"#;

fn everything(label: &str, profile: &Profile) -> Result<()> {
    let mut generated = Crate::new(dir(label))?;
    let config = Config::new();
    let modules = [("app", APP.as_bytes()), ("lib", LIB.as_bytes()), ("other", OTHER.as_bytes())];
    generated.linked("linked", &config, &modules)?;
    generated.linked("lent", &config.clone().memory(MemoryStorage::Lent), &modules)?;
    generated.linked("wrapped", &config.clone().bounds(Bounds::Wrap).max_pages(4), &modules)?;
    generated.linked("reserved", &config.clone().bounds(Bounds::Reserve), &modules)?;
    generated.linked("apart", &config.clone().instantiate_separately(true), &modules)?;
    let first = r#"(module (import "b" "m" (memory 1)) (global $seen (mut i32) (i32.const -1))
        (func $start (global.set $seen (i32.load (i32.const 0)))) (start $start)
        (func (export "seen") (result i32) (global.get $seen)))"#;
    let second = r#"(module (memory (export "m") 1) (data (i32.const 0) "\07")
        (func (export "now") (result i32) (i32.load (i32.const 0))))"#;
    let pair = [("a", first.as_bytes()), ("b", second.as_bytes())];
    generated.linked("order", &config, &pair)?;
    let small = r#"(module (memory (export "m") 1)
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    let large = r#"(module (import "a" "m" (memory 2)))"#;
    let pair = [("a", small.as_bytes()), ("b", large.as_bytes())];
    generated.linked("grown", &config.clone().instantiate_separately(true), &pair)?;
    let put = r#"(module (import "env" "memory" (memory 1 2))
        (func (export "put") (param i32) (i32.store (i32.const 65536) (local.get 0))))"#;
    let get = r#"(module (import "env" "memory" (memory 2 3))
        (func (export "get") (result i32) (i32.load (i32.const 65536))))"#;
    let pair = [("a", put.as_bytes()), ("b", get.as_bytes())];
    generated.linked("library", &config, &pair)?;
    assert_eq!(generated.run(MAIN, profile, &["-Dwarnings", "-Adead_code"])?, "done\n");
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

/// What linking says of a module `a` that imports this from a module `b` with these items.
fn refusal(import: &str, items: &str) -> String {
    let (a, b) = (format!("(module {import})"), format!("(module {items})"));
    match Config::new().link(&[("a", a.as_bytes()), ("b", b.as_bytes())]) {
        Err(error @ Error::Link { .. }) => error.to_string(),
        other => panic!("{import} and {items}: {other:?}"),
    }
}

#[test]
fn what_does_not_fit_names_both_sides() {
    for (import, items, said) in [
        (r#"(import "b" "f" (func))"#, "", "`a` imports `f` from `b`, which exports no such item"),
        (
            r#"(import "b" "f" (func (param i32)))"#,
            r#"(func (export "f") (result i64) (i64.const 0))"#,
            "`a` imports `f` from `b` as a function (i32) -> (), which exports it as a function () -> i64",
        ),
        (
            r#"(import "b" "f" (func))"#,
            r#"(memory (export "f") 1)"#,
            "as a function () -> (), which exports it as a memory of 1 or more pages",
        ),
        (
            r#"(import "b" "m" (memory 1 2))"#,
            r#"(memory (export "m") 1 3)"#,
            "a memory of 1 to 2 pages, which exports it as a memory of 1 to 3 pages",
        ),
        (r#"(import "b" "m" (memory 2))"#, r#"(memory (export "m") 1)"#, "2 or more pages"),
        (
            r#"(import "b" "t" (table 1 externref))"#,
            r#"(table (export "t") 1 funcref)"#,
            "a table of 1 or more externref, which exports it as a table of 1 or more funcref",
        ),
        (
            r#"(import "b" "g" (global i32))"#,
            r#"(global (export "g") (mut i32) (i32.const 0))"#,
            "as a global i32, which exports it as a mutable global i32",
        ),
        (
            r#"(import "b" "g" (func $g)) (export "f" (func $g))"#,
            r#"(import "a" "f" (func $f)) (export "g" (func $f))"#,
            "they only import it from each other",
        ),
    ] {
        let error = refusal(import, items);
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn names_and_modules_are_checked() {
    let empty: &[u8] = b"(module)";
    let link = |modules: &[(&str, &[u8])]| Config::new().link(modules).unwrap_err().to_string();
    assert!(link(&[("a", empty), ("a", empty)]).contains("two modules are named `a`"));
    assert!(link(&[("a", empty), ("b", b"\0asm")]).contains("in module `b`"));
    assert!(
        link(&[("a", empty), ("b", b"(module (func (result i32)))")]).contains("in module `b`")
    );
    let error = link(&[
        ("a", br#"(module (import "env" "m" (memory 1 1)))"#),
        ("b", br#"(module (import "env" "m" (memory 2)))"#),
    ]);
    assert!(error.contains("no limits suit all modules that import `m` from `env`"), "{error}");
}

/// A value that goes through many modules, or never ends.
#[test]
fn globals_that_depend_on_each_other_are_bounded() {
    let twice = |from: &str| {
        format!(
            r#"(module (import "{from}" "g" (global $g i32))
            (global (export "g") i32 (i32.add (global.get $g) (global.get $g))))"#
        )
    };
    let first = r#"(module (global (export "g") i32 (i32.const 1)))"#.to_owned();
    let names: Vec<String> = (0..40).map(|index| format!("m{index}")).collect();
    let texts: Vec<String> =
        std::iter::once(first).chain(names.iter().take(39).map(|name| twice(name))).collect();
    let modules: Vec<(&str, &[u8])> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    assert!(Config::new().link(&modules[..5]).is_ok());
    let error = Config::new().link(&modules).unwrap_err().to_string();
    assert!(error.contains("too many operators"), "{error}");
    let (a, b) = (twice("b"), twice("a"));
    let error = Config::new().link(&[("a", a.as_bytes()), ("b", b.as_bytes())]).unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error}");
}

/// The host has a function once, however often it is imported.
#[test]
fn the_same_import_is_one_method() -> Result<()> {
    let once = r#"(module (import "env" "f" (func $a)) (import "env" "f" (func $b)) (memory 1)
        (func (export "both") (call $a) (call $b)))"#;
    let methods = |output: herkos::Output| -> Vec<usize> {
        output.interface.traits.iter().map(|item| item.methods.len()).collect()
    };
    assert_eq!(methods(Config::new().transpile(once.as_bytes())?), [1]);
    let modules = [("a", once.as_bytes()), ("b", once.as_bytes())];
    assert_eq!(methods(Config::new().link(&modules)?), [1]);
    Ok(())
}

#[test]
fn the_linked_module_is_valid() -> Result<()> {
    let modules = [("app", APP.as_bytes()), ("lib", LIB.as_bytes()), ("other", OTHER.as_bytes())];
    let wasm = Config::new().link_to_wasm(&modules)?;
    use wasmparser::WasmFeatures;
    let features = WasmFeatures::WASM2 | WasmFeatures::EXTENDED_CONST | WasmFeatures::MULTI_MEMORY;
    wasmparser::Validator::new_with_features(features).validate_all(&wasm)?;
    Ok(())
}
