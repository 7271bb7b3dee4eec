//! The counts of `Config::checks`, held against the output.
#![allow(clippy::unwrap_used)]

use herkos::{Bounds, CheckCounts, Config, Optimization};

/// Functions by what their accesses are. No unrolled loop: such accesses are more than the output shows.
const MODULE: &str = r#"(module
  (import "env" "host" (func $host)) (memory 1 %)
  (func (export "checked") (param i32 i32) (result i32)
    (i32.store8 (local.get 0) (i32.const 1))
    (i32.add (i32.load16_s (local.get 1)) (i32.load8_u offset=1 (local.get 0))))
  (func (export "minimum") (param i32)
    (i64.store (i32.const 65528) (i64.const 1))
    (f32.store offset=64 (i32.and (local.get 0) (i32.const 4095)) (f32.const 1)))
  (func (export "dominated") (param i32) (result i64)
    (i64.add (i64.load (local.get 0)) (i64.load offset=16 (local.get 0))))
  (func (export "again") (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 1)) (call $host)
    (i32.add (i32.load (local.get 0)) (i32.load8_u (local.get 0))))
  (func (export "repeated") (param i32) (result i32)
    (loop (drop (i32.load (local.get 0))) (call $host) (br_if 0 (i32.load (local.get 0))))
    (i32.load8_u (local.get 0)))
  (func (export "loop") (param $p i32) (param $q i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
      (local.set $sum (i32.add (local.get $sum) (i32.load16_u offset=2 (local.get $p))))
      (i32.store8 (local.get $q) (local.get $sum))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (local.set $q (i32.add (local.get $q) (i32.const 1)))
      (br_if $next (i32.ne (local.get $p) (local.get $end))))
    (local.get $sum))
  (func $unused (drop (i32.load (i32.const 0)))))"#;

fn module(max: &str) -> String {
    MODULE.replace('%', max)
}

/// Checked, minimum, dominated, in a loop, confined.
fn list(counts: &CheckCounts) -> [usize; 5] {
    let CheckCounts { checked, minimum, dominated, in_loop, confined, .. } = *counts;
    assert_eq!(counts.accesses(), checked + counts.proven());
    [checked, minimum, dominated, in_loop, confined]
}

/// How many calls in the output end in this, among those of loads and stores.
fn calls(source: &str, suffix: &str) -> usize {
    let call = format!("{suffix}(mem, ");
    let names = source.match_indices(&call).map(|(end, _)| &source[..end]);
    let word = |text: &str| {
        let start = text.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap();
        text[start + 1..].to_owned() + suffix
    };
    names.map(word).filter(|name| name.contains("_load") || name.contains("_store")).count()
}

#[test]
fn functions_are_counted_by_reason() {
    let checks = Config::new().checks(module("9").as_bytes()).unwrap();
    let found: Vec<_> = (checks.functions.iter())
        .map(|function| (function.index, list(&function.counts)))
        .collect();
    let expected = [
        (1, [3, 0, 0, 0, 0]),
        (2, [0, 2, 0, 0, 0]),
        (3, [1, 0, 1, 0, 0]),
        // After the call the memory may have another size.
        (4, [2, 0, 1, 0, 0]),
        (5, [2, 0, 1, 0, 0]),
        (6, [0, 0, 0, 3, 0]),
    ];
    assert_eq!(found, expected);
    assert_eq!(list(&checks.total), [8, 2, 3, 3, 0]);
}

#[test]
fn a_size_that_never_changes_stays_known() {
    let checks = Config::new().checks(module("1").as_bytes()).unwrap();
    assert_eq!(list(&checks.functions[3].counts), [1, 0, 2, 0, 0]);
    assert_eq!(list(&checks.functions[4].counts), [1, 0, 2, 0, 0]);
}

#[test]
fn the_output_shows_the_same_numbers() {
    for (config, max) in [
        (Config::new(), "9"),
        (Config::new(), "1"),
        (Config::new().bounds(Bounds::Wrap), "9"),
        (Config::new().bounds(Bounds::Reserve), "9"),
        (Config::new().without(Optimization::Extents), "9"),
        (Config::new().without(Optimization::Counted), "9"),
    ] {
        let text = module(max);
        let source = config.transpile(text.as_bytes()).unwrap().source;
        let [checked, minimum, dominated, in_loop, confined] =
            list(&config.checks(text.as_bytes()).unwrap().total);
        let (at, always) = (calls(&source, "_at"), calls(&source, "_always"));
        let below = calls(&source, "_below") + calls(&source, "_below_proven");
        assert_eq!((at, below), (in_loop, minimum), "{source}");
        // The loop's other form has its accesses, too.
        let others = calls(&source, "") - at - below - always;
        let expected = match confined {
            0 => (checked + dominated + in_loop, 0),
            _ => (0, confined + in_loop),
        };
        assert_eq!((others, always), expected, "{source}");
    }
}

#[test]
fn a_module_without_accesses_has_none() {
    let checks = Config::new().checks(b"(module (func))").unwrap();
    assert_eq!((checks.functions.len(), checks.total.accesses()), (0, 0));
}
