//! What `Config::report` says of calls and memory, held against what can be reasoned by hand, and against a slower
//! way to find the same.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use herkos::{Config, Error, MemoryMap, RegionKind, Report, Root, SegmentOffset};

fn report(text: &str) -> Report {
    Config::new().report(text.as_bytes()).unwrap()
}

/// The functions that can reach each capability.
fn reached(report: &Report) -> Vec<Vec<u32>> {
    let functions =
        |item: &herkos::Capability| item.functions.iter().map(|reach| reach.function).collect();
    report.capabilities.iter().map(functions).collect()
}

/// Functions, and whether each is called indirectly.
fn steps(path: &herkos::CallPath) -> Vec<(u32, bool)> {
    path.steps.iter().map(|step| (step.function, step.indirect)).collect()
}

#[test]
fn capabilities_are_reached_by_shortest_paths() {
    let report = report(
        r#"(module
        (import "env" "write" (func $write (param i32)))          ;; 0
        (import "env" "never" (func $never))                      ;; 1
        (import "env" "seen" (global $seen (mut i32)))
        (import "env" "size" (global i32))
        (import "env" "memory" (memory 1))
        (type $t (func (param i32)))
        (table 2 funcref) (elem (i32.const 0) $leaf $write)
        (func $leaf (param i32) (call $write (local.get 0)))      ;; 2
        (func $far (call $near))                                  ;; 3
        (func $near (call_indirect (type $t) (i32.const 1) (i32.const 0)))  ;; 4
        (func $alone (drop (global.get $seen)) (global.set $seen (i32.const 1)))  ;; 5
        (func $unused (call $never))                              ;; 6
        (func $start (call $alone))                               ;; 7
        (start $start)
        (export "far" (func $far)) (export "also" (func $far)) (export "none" (func $none))
        (func $none))"#, // 8
    );
    assert_eq!(reached(&report), [vec![2, 3, 4], vec![], vec![5, 7]]);
    let [write, never, seen] = &report.capabilities[..] else { panic!("three capabilities") };
    // The table may have the import itself, so `$near` needs one call.
    let path = write.path.as_ref().unwrap();
    assert_eq!(path.root, Root::Export(0));
    assert_eq!(steps(path), [(3, false), (4, false), (0, true)]);
    let next: Vec<_> = write.functions.iter().map(|reach| (reach.next, reach.calls)).collect();
    assert_eq!(next, [(Some(0), 1), (Some(4), 2), (Some(0), 1)]);
    let entries: Vec<_> = write.exports.iter().map(|entry| (entry.root, entry.calls)).collect();
    assert_eq!(entries, [(Root::Export(0), 2), (Root::Export(1), 2)]);
    assert!(never.path.is_none() && never.exports.is_empty());
    assert_eq!((seen.import, seen.function), (2, None));
    let path = seen.path.as_ref().unwrap();
    assert_eq!((path.root, steps(path)), (Root::Start, vec![(7, false), (5, false)]));
    let unused = report.functions.iter().find(|function| !function.used).unwrap();
    assert_eq!((unused.index, unused.depth, unused.calls.len()), (6, None, 0));
}

#[test]
fn an_import_that_is_exported_is_its_own_path() {
    let report = report(r#"(module (import "env" "f" (func $f)) (export "g" (func $f)))"#);
    let [capability] = &report.capabilities[..] else { panic!("one capability") };
    assert!(capability.functions.is_empty());
    assert_eq!(steps(capability.path.as_ref().unwrap()), [(0, false)]);
    assert_eq!(capability.exports[0].calls, 0);
    assert_eq!(report.stack.worst_depth, Some(0));
}

#[test]
fn the_worst_depth_is_that_of_the_longest_path() {
    let report = report(
        r#"(module
        (import "env" "host" (func $host))                                ;; 0
        (type $t (func (param i64 f32)))
        (table funcref (elem $deep))
        (func $a (export "a") (param i32) (local i64) (call $b) (call $c)) ;; 1
        (func $b (call $host))                                            ;; 2
        (func $c (call_indirect (type $t) (i64.const 0) (f32.const 0) (i32.const 0)))  ;; 3
        (func $deep (param i64 f32) (local i32 i32 f64) (call $b))        ;; 4
        (func $longer (call $unused2)) (func $unused2 (call $unused3)) (func $unused3 (call $a (i32.const 0))))"#,
    );
    let stack = &report.stack;
    assert_eq!((stack.recursive, stack.indirect_calls, stack.worst_depth), (0, true, Some(4)));
    let path = stack.worst_path.as_ref().unwrap();
    assert_eq!(steps(path), [(1, false), (3, false), (4, true), (2, false)]);
    assert_eq!(stack.worst_path_local_bytes, Some(4 + 8 + 8 + 4 + 4 + 4 + 8));
    assert_eq!(stack.calls_between_checks, None);
    let depths: Vec<_> = report.functions.iter().map(|function| function.depth).collect();
    assert_eq!(depths, [Some(4), Some(1), Some(3), Some(2), None, None, None]);
}

#[test]
fn recursion_has_no_worst_depth() {
    let report = report(
        r#"(module
        (table funcref (elem $even $leaf1)) (type $t (func (param i32)))
        (func $even (export "even") (param i32) (call $odd (local.get 0)))  ;; 0
        (func $odd (param i32) (call_indirect (type $t) (local.get 0) (i32.const 0)) (call $leaf2))  ;; 1
        (func $leaf1 (param i32) (call $leaf2))  ;; 2
        (func $leaf2 (call $leaf3))              ;; 3
        (func $leaf3)                            ;; 4
        (func $bounded (export "bounded") (call $leaf2))
        (func $unused (call $unused)))"#,
    );
    let stack = &report.stack;
    assert_eq!((stack.recursive, stack.worst_depth, &stack.worst_path), (2, None, &None));
    // From `$odd` through the table: `$leaf1`, `$leaf2`, `$leaf3`.
    assert_eq!(stack.calls_between_checks, Some(3));
    let depths: Vec<_> = report.functions.iter().map(|function| function.depth).collect();
    assert_eq!(depths, [None, None, Some(3), Some(2), Some(1), Some(3), None]);
}

/// A program of Rust's for WASI: what is found is compared with a search that goes the other way, from each function.
#[test]
fn a_real_program_is_searched_from_both_ends() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../herkos-tests/corpora/wasi/std.wasm");
    let bytes = std::fs::read(path).unwrap();
    let report = Config::new().report(&bytes).unwrap();
    let first = report.functions[0].index;
    let callees = |index: u32| -> Vec<u32> {
        let Some(index) = index.checked_sub(first) else { return Vec::new() };
        let function = &report.functions[index as usize];
        let indirect = function.calls_indirect.iter();
        let indirect = indirect.flat_map(|position| &report.indirect[*position].functions);
        function.calls.iter().chain(indirect).copied().collect()
    };
    let mut found: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); report.capabilities.len()];
    for function in report.functions.iter().filter(|function| function.used) {
        let (mut seen, mut pending) = (BTreeSet::new(), vec![function.index]);
        while let Some(index) = pending.pop() {
            if seen.insert(index) {
                pending.extend(callees(index));
            }
        }
        for (capability, found) in report.capabilities.iter().zip(&mut found) {
            if seen.contains(&capability.function.unwrap()) {
                found.insert(function.index);
            }
        }
        // On a cycle is who can come back to where it was.
        let mut after: Vec<u32> = callees(function.index);
        let mut beyond = BTreeSet::new();
        while let Some(index) = after.pop() {
            if beyond.insert(index) {
                after.extend(callees(index));
            }
        }
        assert_eq!(function.recursive, beyond.contains(&function.index), "{}", function.index);
    }
    let expected: Vec<Vec<u32>> = found.into_iter().map(|set| set.into_iter().collect()).collect();
    assert_eq!(reached(&report), expected);
    assert!(expected.iter().filter(|set| set.len() > 10).count() >= 20, "{expected:?}");
    // Every hop is a call, and each leads one call nearer.
    for capability in &report.capabilities {
        let own = capability.function.unwrap();
        for reach in &capability.functions {
            let next = reach.next.unwrap();
            assert!(callees(reach.function).contains(&next));
            let rest = capability.functions.iter().find(|other| other.function == next);
            let rest = rest.map_or(0, |other| other.calls);
            assert_eq!((reach.calls, next == own), (rest + 1, rest == 0));
        }
    }
}

/// The functions of the output that take the host, and those that check the stack.
fn hosts_and_guards(source: &str) -> (Vec<u32>, Vec<u32>) {
    let (mut hosts, mut guards, mut current) = (Vec::new(), Vec::new(), None);
    for line in source.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("/// func ") {
            current = rest.split(' ').next().and_then(|index| index.parse().ok());
        } else if line.starts_with("/// ") {
            current = None;
        }
        let Some(index) = current else { continue };
        if line.contains("fn ") && line.contains("<H: ") {
            hosts.push(index);
        }
        if line.contains(".stack.exhausted()") || line.contains(".stack.lacks(") {
            guards.push(index);
        }
    }
    // A function with a large frame is two.
    hosts.dedup();
    (hosts, guards)
}

/// rustc sees to it that a function calls the host only if its signature says so.
#[test]
fn the_output_has_the_same_hosts_and_guards() {
    for name in ["std", "walk", "calc"] {
        let path =
            format!("{}/../herkos-tests/corpora/wasi/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path).unwrap();
        let report = Config::new().report(&bytes).unwrap();
        let (hosts, guards) = hosts_and_guards(&Config::new().transpile(&bytes).unwrap().source);
        let reached: BTreeSet<u32> = reached(&report).into_iter().flatten().collect();
        assert_eq!(reached.into_iter().collect::<Vec<_>>(), hosts, "{name}");
        let recursive = report.functions.iter().filter(|function| function.recursive);
        let recursive: Vec<u32> = recursive.map(|function| function.index).collect();
        assert_eq!(report.stack.recursive, recursive.len());
        // Beside those, some check from which calls lead far down.
        let others = guards.iter().filter(|guard| !recursive.contains(guard)).count();
        assert_eq!(recursive.len() + others, guards.len(), "{name}: {recursive:?} {guards:?}");
        assert!(others < 10, "{name}: {recursive:?} {guards:?}");
        assert!(hosts.len() > 5 && !guards.is_empty(), "{name}: {hosts:?} {guards:?}");
    }
}

#[test]
fn the_stack_alone_is_the_same() {
    let text = b"(module (func $f (export \"f\") (call $g)) (func $g (param) (call $h)) (func $h))";
    let stack = Config::new().stack(text).unwrap();
    assert_eq!(stack.worst_depth, Some(3));
    assert_eq!(stack.worst_path, Config::new().report(text).unwrap().stack.worst_path);
}

#[test]
fn reports_that_would_be_far_too_large_are_refused() {
    let mut text = String::from("(module");
    for index in 0..3000 {
        write!(text, "(import \"env\" \"i{index}\" (func $i{index}))").unwrap();
    }
    for index in 0..3000 {
        write!(text, "(func $f{index} (call $f{}))", index + 1).unwrap();
    }
    text += "(func $f3000";
    (0..3000).for_each(|index| write!(text, "(call $i{index})").unwrap());
    text += ") (export \"f\" (func $f0)))";
    let error = Config::new().report(text.as_bytes()).unwrap_err();
    assert!(
        matches!(&error, Error::Limit { message, .. } if message.contains("report")),
        "{error}"
    );
    Config::new().inspect(text.as_bytes()).unwrap();
}

/// Kind, start and end of each region of the first memory.
fn regions(map: &MemoryMap) -> Vec<(RegionKind, u64, u64)> {
    map.regions.iter().map(|region| (region.kind, region.start, region.end)).collect()
}

#[test]
fn a_stack_above_the_data_is_found() {
    let module = |more: &str| {
        let text = format!(
            r#"(module (memory 2) (global $__stack_pointer (mut i32) (i32.const 67584))
            (data $.rodata (i32.const 1024) "abcd") (data $.data (i32.const 2000) "12345678") {more})"#
        );
        report(&text).memory_maps.remove(0)
    };
    let map = module("");
    let data = (RegionKind::Data, 1024, 2008);
    let heap = (RegionKind::Heap, 67584, 131_072);
    assert_eq!(regions(&map), [data, (RegionKind::ZeroedAndStack, 2008, 67584), heap]);
    let landmark = &map.landmarks[0];
    assert_eq!((landmark.name, landmark.value), ("__stack_pointer", Some(67584)));
    assert!(landmark.mutable);
    let segments: Vec<_> =
        map.segments.iter().map(|item| (item.name.as_deref(), item.offset, item.bytes)).collect();
    let expected = [
        (Some(".rodata"), SegmentOffset::At(1024), 4),
        (Some(".data"), SegmentOffset::At(2000), 8),
    ];
    assert_eq!(segments, expected);
    // With what a linker exports when it is asked to, nothing is left open.
    let map = module(
        r#"(global (export "__data_end") i32 (i32.const 2048))
        (global (export "__heap_base") i32 (i32.const 67584))"#,
    );
    let between = [(RegionKind::Zeroed, 2008, 2048), (RegionKind::Stack, 2048, 67584)];
    assert_eq!(regions(&map), [&[data][..], &between, &[heap]].concat());
}

#[test]
fn a_stack_below_the_data_is_found() {
    let text = r#"(module (memory 2) (global $__stack_pointer (mut i32) (i32.const 65536))
        (data (i32.const 65536) "abcd") %)"#;
    let stack = (RegionKind::Stack, 0, 65536);
    let data = (RegionKind::Data, 65536, 65540);
    let map = &report(&text.replace('%', "")).memory_maps[0];
    assert_eq!(regions(map), [stack, data, (RegionKind::ZeroedAndHeap, 65540, 131_072)]);
    let base = r#"(global (export "__heap_base") i32 (i32.const 65552))"#;
    let map = &report(&text.replace('%', base)).memory_maps[0];
    let rest = [(RegionKind::Zeroed, 65540, 65552), (RegionKind::Heap, 65552, 131_072)];
    assert_eq!(regions(map), [&[stack, data][..], &rest].concat());
}

#[test]
fn what_the_module_does_not_say_is_not_made_up() {
    let map = &report(
        r#"(module (import "env" "base" (global $base i32)) (memory 1)
        (data (global.get $base) "ab") (data "passive") (data (i32.const 70000) "far"))"#,
    )
    .memory_maps[0];
    assert_eq!(regions(map), []);
    let offsets: Vec<_> = map.segments.iter().map(|segment| segment.offset).collect();
    assert_eq!(
        offsets,
        [SegmentOffset::Computed, SegmentOffset::Passive, SegmentOffset::At(70000)]
    );
    // A stack pointer beyond the memory, and one in the middle of the data.
    for pointer in ["-16", "18"] {
        let text = format!(
            r#"(module (memory 1) (global $__stack_pointer (mut i32) (i32.const {pointer}))
            (data (i32.const 16) "abcd"))"#
        );
        let found = regions(&report(&text).memory_maps[0]);
        assert_eq!(found[0], (RegionKind::Data, 16, 20), "{pointer}");
        assert!(found.iter().all(|(kind, ..)| *kind != RegionKind::Stack), "{found:?}");
    }
    assert!(report("(module)").memory_maps.is_empty());
}
