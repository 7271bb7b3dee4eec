//! Input from strangers: whatever the bytes, an output or an error, in bounded time and memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use herkos::{Config, Error, Output};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use syn::{ImplItem, Item, TraitItem};

fn config() -> Config {
    Config::new().threads(1)
}

fn transpile(input: impl AsRef<[u8]>) -> Result<Output, Error> {
    config().transpile(input.as_ref())
}

/// Modules that are worth damaging: the small ones of the corpora.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../herkos-tests/corpora/c");
    ["mandelbrot", "nbody", "format"]
        .map(|name| {
            let path = dir.join(name).with_extension("wasm");
            (name.to_owned(), std::fs::read(&path).expect("a corpus module"))
        })
        .into()
}

/// A module in the binary format, from the contents of its sections.
fn binary(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    for (id, content) in sections {
        out.push(*id);
        out.extend(leb(content.len()));
        out.extend(content);
    }
    out
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

/// A module of one exported function `() -> i32` with these locals and this code.
fn one_function(locals: &[(usize, u8)], code: &[u8]) -> Vec<u8> {
    one_function_of(vec![1, 0x60, 0, 1, 0x7f], locals, code)
}

/// The same with another type section, whose type 0 is the function's.
fn one_function_of(types: Vec<u8>, locals: &[(usize, u8)], code: &[u8]) -> Vec<u8> {
    let mut body = leb(locals.len());
    for (count, ty) in locals {
        body.extend(leb(*count));
        body.push(*ty);
    }
    body.extend(code);
    let mut section = vec![1];
    section.extend(leb(body.len()));
    section.extend(body);
    let export = b"\x01\x01f\x00\x00".to_vec();
    binary(&[(1, types), (3, vec![1, 0]), (7, export), (10, section)])
}

#[test]
fn every_prefix_is_an_error_or_a_module() {
    for (name, bytes) in corpus() {
        for end in 0..bytes.len() {
            let prefix = &bytes[..end];
            let valid = wasmparser::validate(prefix).is_ok();
            match transpile(prefix) {
                Ok(_) => assert!(valid, "{name}[..{end}] is no module"),
                Err(Error::Invalid { .. }) => assert!(!valid, "{name}[..{end}] is a module"),
                Err(error) => panic!("{name}[..{end}]: {error}"),
            }
        }
    }
}

#[test]
fn changed_bytes_never_panic() {
    let mut state = 1_u64;
    let mut next = |limit: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % limit
    };
    let mut accepted = 0;
    for (name, original) in corpus() {
        for _ in 0..1_000 {
            let mut bytes = original.clone();
            let (position, value) = (next(bytes.len()), next(256) as u8);
            bytes[position] = value;
            let result = std::panic::catch_unwind(|| {
                let output = transpile(&bytes)?;
                // What can be translated can be described, and compared with what it was.
                let report = config().report(&bytes)?;
                assert_eq!(report.interface.digest, output.interface.digest);
                assert_eq!(
                    config().diff(&original, &bytes)?.new.interface.digest,
                    report.interface.digest
                );
                Ok(output)
            });
            let Ok(result) = result else { panic!("{name}: byte {position} = {value}") };
            if let Err(Error::Internal { message, .. }) = &result {
                panic!("{name}: byte {position} = {value}: {message}");
            }
            accepted += usize::from(result.is_ok());
        }
    }
    assert!(accepted > 100, "{accepted} of the changes are harmless");
}

#[test]
fn what_is_no_module_is_invalid() {
    let inputs: &[&[u8]] = &[
        b"",
        b"\0",
        b"\0asm",
        b"\0asm\x02\0\0\0",
        b"(module",
        b"(module (func (result i32)))",
        b"(module (func (local.get 0)))",
        b"(module (func $a) (func $a))",
        b"(module (func (export \"x\")) (func (export \"x\")))",
        b"(module (func (i32.const 99999999999)))",
        b"\xff\xfe",
        b"hello",
        b"(module (memory 65537))",
        b"\x7fELF\x02\x01\x01\0",
    ];
    for input in inputs {
        match transpile(input) {
            Err(Error::Invalid { message, .. }) => assert!(!message.is_empty()),
            other => panic!("{input:?}: {other:?}"),
        }
    }
    // The two that are modules, of no use.
    transpile(b"\0asm\x01\0\0\0").unwrap();
    transpile("(module)").unwrap();
}

#[test]
fn a_component_is_unsupported() {
    let error = transpile("(component)").unwrap_err();
    assert!(matches!(&error, Error::Unsupported { feature, .. } if feature.contains("component")));
    assert_eq!(error.place().offset, Some(4));
}

#[test]
fn errors_name_the_function_and_the_offset() {
    let error =
        transpile("(module (func) (func $bad_one (result i32) i32.const 0 drop i64.const 0))")
            .unwrap_err();
    assert_eq!(error.place().function, Some("`bad_one`".to_owned()), "{error}");
    assert!(error.place().offset.is_some(), "{error}");
}

#[test]
fn other_proposals_are_unsupported_by_name() {
    let cases = [
        ("fixed-width SIMD", "(func (result v128) v128.const i64x2 0 0)"),
        ("fixed-width SIMD", "(func (param v128))"),
        ("fixed-width SIMD", "(global v128 (v128.const i64x2 0 0))"),
        (
            "relaxed SIMD",
            "(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))",
        ),
        ("threads and atomics", "(memory 1 1 shared)"),
        ("threads and atomics", "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))"),
        ("threads and atomics", "(func atomic.fence)"),
        ("tail calls", "(func $f return_call $f)"),
        ("tail calls", "(table 1 funcref) (func (return_call_indirect (i32.const 0)))"),
        ("multiple memories", "(memory 1) (memory 1)"),
        ("64-bit memory", "(memory i64 1)"),
        ("64-bit memory", "(table i64 1 funcref)"),
        ("exception handling", "(tag) (func (throw 0))"),
        ("exception handling", "(tag (export \"t\"))"),
        ("exception handling", "(func (block (try_table (catch_all 0))))"),
        (
            "typed function references",
            "(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))",
        ),
        ("typed function references", "(func (param (ref null func)) (param (ref func)))"),
        ("garbage collection", "(type (struct (field i32)))"),
        ("garbage collection", "(type (array i8))"),
        ("garbage collection", "(func (drop (ref.i31 (i32.const 0))))"),
        ("garbage collection", "(rec (type (func)) (type (func)))"),
        ("custom page sizes", "(memory 1 (pagesize 1))"),
        (
            "wide arithmetic",
            "(func (param i64 i64 i64 i64) (result i64 i64) local.get 0 local.get 1 local.get 2 \
             local.get 3 i64.add128)",
        ),
        (
            "stack switching",
            "(type $f (func)) (type $c (cont $f)) (func (param (ref $c)) \
             (resume $c (local.get 0)))",
        ),
    ];
    let mut wrong = Vec::new();
    for (wanted, text) in cases {
        match transpile(format!("(module {text})")) {
            Err(Error::Unsupported { feature, place })
                if feature.contains(wanted) && place.offset.is_some() => {}
            other => wrong.push(format!("{wanted}: {:?}", other.map(|_| ()))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsupported_code_names_its_function() {
    let error = transpile("(module (func) (func (drop (v128.const i64x2 0 0))))").unwrap_err();
    assert_eq!(error.place().function, Some("1".to_owned()));
}

/// `count` blocks in each other. With a branch out of each, none can be left out.
fn nest(count: usize, branches: bool) -> Vec<u8> {
    let mut code = [0x02, 0x40].repeat(count);
    for _ in 0..count {
        if branches {
            code.extend([0x41, 0, 0x0d, 0]); // i32.const 0, br_if 0
        }
        code.push(0x0b);
    }
    code.extend([0x41, 1, 0x0b]);
    one_function(&[], &code)
}

#[test]
fn a_hundred_thousand_nested_blocks() {
    transpile(nest(100_000, false)).unwrap();
    let output = transpile(nest(100_000, true)).unwrap();
    assert_nesting(&output.source, 300);
}

/// Every construct of the source nests at most `most` deep.
fn assert_nesting(source: &str, most: usize) {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in source.bytes() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    assert!(deepest <= most, "{deepest} levels");
}

#[test]
fn nests_of_everything() {
    for open in [&[0x02, 0x40][..], &[0x03, 0x40], &[0x41, 1, 0x04, 0x40]] {
        let mut code = open.repeat(20_000);
        for _ in 0..20_000 {
            code.extend([0x41, 0, 0x0d, 0, 0x0b]);
        }
        code.extend([0x41, 1, 0x0b]);
        assert_nesting(&transpile(one_function(&[], &code)).unwrap().source, 600);
    }
    // Unreachable ones are gone.
    let mut code = vec![0x00];
    code.extend([0x02, 0x40].repeat(100_000));
    code.extend([0x0b].repeat(100_000));
    code.extend([0x41, 1, 0x0b]);
    assert!(transpile(one_function(&[], &code)).unwrap().source.len() < 5_000);
}

/// A statement before each of many blocks: what closes a block must not move them all.
#[test]
fn many_blocks_around_many_statements() {
    let mut code = [0x41, 1, 0x21, 0, 0x02, 0x40].repeat(200_000);
    code.extend([0x0b].repeat(200_000));
    code.extend([0x41, 1, 0x0b]);
    transpile(one_function(&[(1, 0x7f)], &code)).unwrap();
}

#[test]
fn deep_text_is_an_error_or_a_module() {
    for text in ["(block ", "(i32.eqz ", "(if (i32.const 1) (then "] {
        let input = format!("(module (func {}", text.repeat(100_000));
        assert!(matches!(transpile(input), Err(Error::Invalid { .. })));
    }
}

#[test]
fn an_impossible_branch_table() {
    let mut code = vec![0x41, 0, 0x0e];
    code.extend(leb(0xffff_fffc));
    code.extend([0, 0, 0x0b]);
    assert!(matches!(transpile(one_function(&[], &code)), Err(Error::Invalid { .. })));
}

#[test]
fn locals_by_the_thousand_and_by_the_billion() {
    let code = [0x20, 0, 0x0b];
    transpile(one_function(&[(50_000, 0x7f)], &code)).unwrap();
    for locals in [
        vec![(50_001, 0x7f)],
        vec![(4_000_000_000, 0x7f)],
        vec![(0xffff_ffff, 0x7f), (0xffff_ffff, 0x7e)],
    ] {
        assert!(matches!(transpile(one_function(&locals, &code)), Err(Error::Invalid { .. })));
    }
}

/// A small module of many functions, each with as many locals as are allowed.
#[test]
fn many_functions_of_many_locals() {
    let count = 20_000;
    let mut functions = leb(count);
    functions.extend([0].repeat(count));
    let mut body = vec![1];
    body.extend(leb(50_000));
    body.extend([0x7f, 0x0b]);
    let mut code = leb(count);
    for _ in 0..count {
        code.extend(leb(body.len()));
        code.extend(&body);
    }
    let module = binary(&[(1, vec![1, 0x60, 0, 0]), (3, functions), (10, code)]);
    match transpile(module) {
        Ok(_) | Err(Error::Limit { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_sum_of_a_hundred_thousand_terms() {
    let terms = 100_000;
    for associates_left in [true, false] {
        let mut code = vec![0x20, 0];
        if associates_left {
            code.extend([0x20, 0, 0x6a].repeat(terms));
        } else {
            code.extend([0x20, 0].repeat(terms));
            code.extend([0x6a].repeat(terms));
        }
        code.push(0x0b);
        let types = vec![1, 0x60, 1, 0x7f, 1, 0x7f];
        let output = transpile(one_function_of(types, &[], &code)).unwrap();
        let longest = output.source.lines().map(str::len).max().unwrap();
        assert!(longest < 100_000, "a line of {longest}");
    }
}

/// `() -> i32` and `() -> (i32 ^ 1000)`.
fn wide_types() -> Vec<u8> {
    let mut types = vec![2, 0x60, 0, 1, 0x7f, 0x60, 0];
    types.extend(leb(1_000));
    types.extend([0x7f].repeat(1_000));
    types
}

/// Branches that carry a thousand values in a few bytes can't fill the memory.
#[test]
fn wide_results_repeated_meet_a_limit() {
    // block (result i32 ^ 1000) … end, nested: each end carries a thousand values on.
    let count = 50_000;
    let mut code = [0x02, 1].repeat(count);
    code.extend([0x41, 0].repeat(1_000));
    for _ in 0..count {
        code.extend([0x41, 0, 0x0d, 0, 0x0b]);
    }
    code.extend([0x0f, 0x0b]);
    let error = transpile(one_function_of(wide_types(), &[], &code)).unwrap_err();
    assert!(matches!(&error, Error::Limit { .. }), "{error}");
    assert!(error.place().offset.is_some());
}

#[test]
fn a_wide_branch_table_with_values_meets_a_limit() {
    let count = 20_000;
    let mut code = [0x02, 1].repeat(count);
    code.extend([0x41, 0].repeat(1_001));
    code.push(0x0e);
    code.extend(leb(count - 1));
    for target in 0..count {
        code.extend(leb(target));
    }
    code.extend([0x0b].repeat(count));
    code.extend([0x0f, 0x0b]);
    let error = transpile(one_function_of(wide_types(), &[], &code)).unwrap_err();
    assert!(matches!(&error, Error::Limit { .. }), "{error}");
}

/// Many functions, each within its own limit.
#[test]
fn wide_calls_in_many_functions_meet_a_limit() {
    let count = 300;
    let mut functions = leb(count + 1);
    functions.push(1);
    functions.extend([0].repeat(count));
    let mut body = vec![0];
    body.extend([0x10, 0].repeat(100));
    body.extend([0x00, 0x0b]);
    let mut first = vec![0, 0x00, 0x0b];
    let mut code = leb(count + 1);
    code.extend(leb(first.len()));
    code.append(&mut first);
    for _ in 0..count {
        code.extend(leb(body.len()));
        code.extend(&body);
    }
    let module = binary(&[(1, wide_types()), (3, functions), (10, code)]);
    let error = transpile(module).unwrap_err();
    assert!(matches!(&error, Error::Limit { .. }), "{error}");
}

#[test]
fn the_output_is_the_same_for_any_number_of_threads() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../herkos-tests/corpora/c");
    let bytes = std::fs::read(dir.join("json.wasm")).unwrap();
    for config in [Config::new(), Config::new().by_name(true).trap_offsets(true)] {
        let outputs =
            [1, 2, 4].map(|n| config.clone().threads(n).transpile(&bytes).unwrap().source);
        assert!(outputs[0] == outputs[1] && outputs[0] == outputs[2]);
    }
}

/// The first error by position is reported, whichever thread finds one first.
#[test]
fn the_error_is_the_same_for_any_number_of_threads() {
    let mut text = String::from("(module");
    for index in 0..200 {
        let wrong = if index % 7 == 3 { "i64.const 0" } else { "i32.const 0" };
        write!(text, "(func (result i32) {wrong})").unwrap();
    }
    text.push(')');
    let error = |threads| Config::new().threads(threads).transpile(text.as_bytes()).unwrap_err();
    let first = error(1);
    assert_eq!(first.place().function.as_deref(), Some("3"));
    for threads in [2, 4, 4, 4] {
        assert_eq!(error(threads), first);
    }
}

// Names.

/// Names with which a stranger would try to change what the output is, and names that clash with
/// the output's own.
const HOSTILE: &[&str] = &[
    "*/",
    "/*",
    "//",
    "*/ fn evil() {} /*",
    "\"",
    "\\",
    "\\\"",
    "a\nb",
    "\r\n",
    "\n#![allow(x)]",
    "\u{202e}",
    "\u{2028}",
    "\u{feff}",
    "r#",
    "r#fn",
    "r#\"",
    "#",
    "{",
    "}",
    "{}",
    "%s",
    "`",
    "```",
    "fn",
    "self",
    "Self",
    "crate",
    "super",
    "unsafe",
    "async",
    "gen",
    "_",
    "__",
    "",
    " ",
    "9",
    "9a",
    "a-b",
    "a_b",
    "a b",
    "a.b",
    "a::b",
    "ß",
    "é",
    "日本",
    "🦀",
    "p0",
    "p0_2",
    "v1",
    "l2",
    "g0",
    "t0",
    "r0",
    "State",
    "Instance",
    "Context",
    "Memory",
    "Host",
    "H",
    "memory",
    "mem",
    "memory_mut",
    "i32_load",
    "call_indirect_0",
    "f_part0",
    "n0_part0",
    "Ok",
    "Err",
    "Some",
    "None",
    "new",
    "invoke",
    "global",
    "locate",
    "enter",
    "initialize",
    "host",
    "host_mut",
    "set_stack_budget",
    "DATA_0",
    "ELEM_0",
    "SITES",
    "FUNCTION_NAMES",
    "OOB",
    "TRAP",
    "UNREACHABLE",
    "TABLE_OOB",
    "UNDEFINED_ELEMENT",
    "items",
    "instance",
    "ExternRef",
    "FuncRef",
    "WasmTrap",
    "WasmResult",
    "Value",
    "Module",
    "LibraryModule",
    "Table",
    "TrapKind",
    "IsolatedMemory",
    "herkos_runtime",
    "core",
    "std",
    "main",
    "callee",
    "cx",
    "st",
    "state",
    "kind",
    "v",
    "t",
    "drop",
    "vec",
    "String",
    "Default",
    "Iterator",
    "u8",
    "i32",
    "f64",
    "str",
    "bool",
    "usize",
    "module",
    "format",
    "panic",
    "set_g",
    "g",
    "'l1",
    "l1",
    "name",
    "args",
    "results",
    "site",
    "func_0",
    "func_1",
    "Env",
];

/// `name` as a string of the text format.
fn quoted(name: &str) -> String {
    let bytes: String = name.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    format!("\"{bytes}\"")
}

/// A module in which each name is that of an import module, two imports, a function, a local and
/// exports of every kind, one list of names a use.
fn named(names: &[String]) -> String {
    let mut imports = String::new();
    let mut defined = String::new();
    for (index, name) in names.iter().enumerate() {
        let name = quoted(name);
        writeln!(
            imports,
            "(import {name} {name} (func (param i32))) (import {name} {name} (func (result i64))) \
             (import {name} {name} (global (mut i32)))
             (import \"env\" {name} (func (param f32)))"
        )
        .unwrap();
        let export = format!("(export {name})");
        match index % 8 {
            0 => writeln!(defined, "(global {export} (mut i32) (i32.const 1))"),
            1 => writeln!(defined, "(table {export} 3 funcref)"),
            2 => writeln!(defined, "(func (@name {name}) {export} (param (@name {name}) i32))"),
            _ => writeln!(
                defined,
                "(func (@name {name}) {export} (param (@name {name}) i32) (result i32)
                   (local (@name {name}) i32) (local externref)
                   (local.set 1 (i32.load (local.get 0)))
                   (drop (call_indirect 0 (param i32) (result i32) (local.get 1) (local.get 0)))
                   (call $all (local.get 0))
                   (i32.add (local.get 0) (local.get 1)))"
            ),
        }
        .unwrap();
    }
    let calls: String = (0..names.len())
        .map(|index| {
            let first = 3 * index;
            format!("(call {first} (local.get 0)) (drop (call {})) ", first + 1)
        })
        .collect();
    format!(
        "(module (@name {}) {imports} (memory 1) (table 10 funcref) {defined}
           (func $all (@name \"the end\") (param i32) {calls})
           (data \"x\") (data (i32.const 0) \"y\") (elem (i32.const 0) func $all) (elem func $all))",
        quoted(&names[0])
    )
}

/// What there is in a list of items, without the names.
fn shape(items: &[Item]) -> Vec<String> {
    let mut out = Vec::new();
    for item in items {
        match item {
            Item::Mod(module) => {
                out.push("mod".to_owned());
                out.extend(shape(&module.content.as_ref().expect("an inline module").1));
            }
            Item::Fn(item) => {
                out.push(format!("fn {} {}", item.sig.inputs.len(), item.block.stmts.len()));
            }
            Item::Trait(item) => {
                let methods = item.items.iter().map(|item| match item {
                    TraitItem::Fn(method) => method.sig.inputs.len(),
                    _ => panic!("something else in a trait"),
                });
                out.push(format!("trait {:?}", methods.collect::<Vec<_>>()));
            }
            Item::Impl(item) => {
                let methods = item.items.iter().map(|item| match item {
                    ImplItem::Fn(method) => format!("{}", method.sig.inputs.len()),
                    ImplItem::Const(_) => "const".to_owned(),
                    ImplItem::Type(_) => "type".to_owned(),
                    _ => panic!("something else in an impl"),
                });
                out.push(format!("impl {:?}", methods.collect::<Vec<_>>()));
            }
            Item::Struct(item) => out.push(format!("struct {}", item.fields.len())),
            Item::Static(_) => out.push("static".to_owned()),
            Item::Type(_) => out.push("type".to_owned()),
            Item::Use(_) => out.push("use".to_owned()),
            Item::Macro(_) => out.push("macro".to_owned()),
            _ => panic!("an item of another kind"),
        }
    }
    out
}

/// Names that occur twice where they must not.
fn duplicates(items: &[Item]) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |scope: &mut HashSet<String>, name: String| {
        if !scope.insert(name.clone()) {
            found.push(name);
        }
    };
    let (mut types, mut values) = (HashSet::new(), HashSet::new());
    for item in items {
        match item {
            Item::Fn(item) => note(&mut values, item.sig.ident.to_string()),
            Item::Static(item) => note(&mut values, item.ident.to_string()),
            // Exported by a `use`, which takes the name of a value as well.
            Item::Macro(item) => note(&mut values, item.ident.as_ref().unwrap().to_string()),
            Item::Struct(item) => note(&mut types, item.ident.to_string()),
            Item::Type(item) => note(&mut types, item.ident.to_string()),
            Item::Trait(item) => {
                note(&mut types, item.ident.to_string());
                let mut methods = HashSet::new();
                for item in &item.items {
                    if let TraitItem::Fn(method) = item {
                        note(&mut methods, method.sig.ident.to_string());
                    }
                }
            }
            Item::Impl(item) => {
                let mut methods = HashSet::new();
                for item in &item.items {
                    if let ImplItem::Fn(method) = item {
                        note(&mut methods, method.sig.ident.to_string());
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn parse(config: &Config, names: &[String], source_name: &str) -> syn::File {
    let config = config.clone().source_name(source_name);
    let output = config.transpile(named(names).as_bytes()).expect("a module");
    // Rust reads these in comments and strings too, and refuses the ones that change the order of
    // the text.
    let odd = output.source.chars().find(|c| !c.is_ascii_graphic() && !matches!(c, ' ' | '\n'));
    assert_eq!(odd, None);
    syn::parse_file(&output.source).expect("Rust")
}

#[test]
fn names_do_not_change_the_items() {
    let hostile: Vec<String> = HOSTILE.iter().map(|name| (*name).to_owned()).collect();
    let harmless: Vec<String> = (0..HOSTILE.len()).map(|index| format!("n{index}x")).collect();
    let by_name = Config::new().by_name(true).trap_offsets(true);
    let for_hosts = Config::new().host_impls(true).snapshots(true);
    for config in [Config::new(), by_name, for_hosts] {
        for rotation in 0..8 {
            let mut hostile = hostile.clone();
            hostile.rotate_left(rotation);
            let wanted = parse(&config, &harmless, "module.wasm");
            let found = parse(&config, &hostile, "*/\nfn evil() {}\u{202e}");
            assert_eq!(shape(&found.items), shape(&wanted.items));
            for item in &found.items {
                if let Item::Mod(module) = item {
                    let twice = duplicates(&module.content.as_ref().unwrap().1);
                    assert!(twice.is_empty(), "{twice:?}");
                }
            }
        }
    }
}

/// The interface names what the source has.
#[test]
fn equal_names_become_different_identifiers_in_linear_time() {
    let count = 30_000;
    let mut text = String::from("(module");
    for index in 0..count {
        // All of them are `a` to Rust.
        write!(text, "(import \"m\" \"{}\" (func))", if index % 2 == 0 { "a" } else { "-a" })
            .unwrap();
    }
    for _ in 0..count {
        text.push_str("(func (@name \"b\"))");
    }
    text.push(')');
    let output = transpile(text).unwrap();
    let methods = &output.interface.traits[0].methods;
    let distinct: HashSet<&str> = methods.iter().map(|method| method.rust_name.as_str()).collect();
    assert_eq!(distinct.len(), count);
}

/// Import modules by the thousand, each a trait.
#[test]
fn many_import_modules() {
    let mut text = String::from("(module");
    for index in 0..20_000 {
        write!(text, "(import \"m{index}\" \"f\" (func))").unwrap();
    }
    text.push_str("(func (export \"f\") (call 0) (call 19999)))");
    assert_eq!(transpile(text).unwrap().interface.traits.len(), 20_000);
}
