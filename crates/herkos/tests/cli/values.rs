//! Values as text, and exports with names that nobody would choose.

use crate::place::Place;

const SAME: &str = r#"(module
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "extern") (param externref) (result externref) (local.get 0))
    (func (export "func") (param funcref) (result funcref) (local.get 0))
    (func (export "both") (result i32 f64) (i32.const -1) (f64.const 0.5)))"#;

#[test]
fn arguments_and_results_are_text() {
    let place = Place::new();
    let guest = place.build(SAME);
    for (name, text, shown) in [
        ("i32", "-2147483648", "-2147483648"),
        ("i32", "4294967295", "-1"),
        ("i32", "0xffffFFFF", "-1"),
        ("i32", "-0x1", "-1"),
        ("i32", "+7", "7"),
        ("i64", "-9223372036854775808", "-9223372036854775808"),
        ("i64", "18446744073709551615", "-1"),
        ("i64", "0x8000000000000000", "-9223372036854775808"),
        ("f32", "0.1", "0.1"),
        ("f32", "-0", "-0"),
        ("f32", "16777216", "16777216"),
        ("f32", "1e-45", "0.000000000000000000000000000000000000000000001"),
        ("f32", "inf", "inf"),
        ("f32", "-inf", "-inf"),
        ("f32", "nan", "nan"),
        ("f32", "-nan", "-nan"),
        ("f32", "nan:0x400000", "nan"),
        ("f32", "nan:0x400001", "nan:0x400001"),
        ("f32", "-nan:0x7fffff", "-nan:0x7fffff"),
        ("f64", "-0.0", "-0"),
        ("f64", "0.1", "0.1"),
        ("f64", "1.7976931348623157e308", &format!("17976931348623157{}", "0".repeat(292))),
        ("f64", "nan", "nan"),
        ("f64", "-nan:0x8000000000001", "-nan:0x8000000000001"),
        ("extern", "null", "null"),
        ("extern", "7", "ref.extern 7"),
        ("func", "null", "null"),
    ] {
        assert_eq!(guest.invoke(name, &[text]), format!("{shown}\n"), "{name} of {text}");
    }
    assert_eq!(guest.invoke("both", &[]), "-1\n0.5\n");
}

#[test]
fn arguments_that_are_not_values_are_refused() {
    let place = Place::new();
    let guest = place.build(SAME);
    for (name, text) in [
        ("i32", ""),
        ("i32", "4294967296"),
        ("i32", "-2147483649"),
        ("i32", "0x100000000"),
        ("i32", "0x"),
        ("i32", "0x-1"),
        ("i32", "--1"),
        ("i32", "1.0"),
        ("i32", "1 "),
        ("i32", "one"),
        ("i64", "18446744073709551616"),
        ("i64", "-9223372036854775809"),
        ("f32", ""),
        ("f32", "1,5"),
        ("f32", "nan:0x0"),
        ("f32", "nan:0x800000"),
        ("f32", "nan:1"),
        ("f64", "nan:0x10000000000000"),
        ("f64", "nan:0x+1"),
        ("extern", "-1"),
        ("func", "1"),
    ] {
        let ended = guest.run(["--invoke", name, text]);
        ended.failure(2, &["argument 1 of", &format!("{text:?}")]);
    }
    guest.run(["--invoke", "i32"]).failure(2, &["takes 1 argument, not 0"]);
    guest.run(["--invoke", "both", "1"]).failure(2, &["takes 0 arguments, not 1"]);
    guest.run(["--invoke"]).failure(2, &["--invoke"]);
    guest.run(["--frobnicate"]).failure(2, &["--frobnicate", "usage"]);
}

#[test]
fn any_name_can_be_invoked() {
    let names = [
        "",
        " ",
        "two words",
        "--invoke",
        "--help",
        "-1",
        "a-b",
        "a_b",
        "fn",
        "r#fn",
        "Instance",
        "new",
        "memory",
        "host",
        "quote\"s",
        "*/ unsafe { } /*",
        "line\nbreak",
        "\u{202e}turned",
        "{brace}",
        "back\\slash",
        "ünïcödé 😀",
    ];
    let functions: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            format!("(func (export \"{}\") (result i32) (i32.const {index}))", escaped(name))
        })
        .collect();
    let place = Place::new();
    let guest = place.build(&format!("(module {})", functions.join("\n")));
    for (index, name) in names.iter().enumerate() {
        assert_eq!(guest.invoke(name, &[]), format!("{index}\n"), "{name:?}");
    }
    let ended = guest.run(["--invoke", "none of them"]);
    ended.failure(2, &["\"line\\nbreak\" () -> i32", "\\u{202e}"]);
    assert!(!ended.stderr.contains('\u{202e}'));
}

/// A name as the text format has it: every byte as two hexadecimal digits.
fn escaped(name: &str) -> String {
    name.bytes().map(|byte| format!("\\{byte:02x}")).collect()
}
