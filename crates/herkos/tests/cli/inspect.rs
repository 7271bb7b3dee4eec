//! `herkos inspect`.

use crate::place::Place;

const EVERYTHING: &str = r#"(module $decoder
    (import "env" "log" (func (param i32 i64)))
    (import "env" "log" (func (result f64)))
    (import "env" "counter" (global (mut i32)))
    (import "env" "memory" (memory 1 16))
    (import "host \"x\"" "\e2\80\ae" (func))
    (table (export "table") 2 funcref)
    (global (export "limit") i64 (i64.const 5))
    (func $start)
    (start $start)
    (data (i32.const 0) "abc")
    (func (export "fn") (param f32 externref) (result i32 i64) (i32.const 1) (i64.const 2)))"#;

/// The cells of the line that starts with `first`, which runs of spaces separate.
fn cells<'a>(text: &'a str, first: &str) -> Vec<&'a str> {
    let line = text.lines().find(|line| line.trim_start().starts_with(first));
    let line = line.unwrap_or_else(|| panic!("no line {first:?} in\n{text}"));
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn people_get_aligned_text() {
    let place = Place::new();
    place.write("m.wat", EVERYTHING);
    let ended = place.herkos(["inspect", "m.wat"]);
    let text = ended.success();
    assert_eq!(ended.stderr, "");
    assert!(text.starts_with("m.wat\n"), "{text}");
    assert_eq!(cells(text, "name"), ["name", "\"decoder\""]);
    assert_eq!(cells(text, "start"), ["start", "function 3, when it is instantiated"]);
    assert_eq!(cells(text, "data"), ["data", "3 bytes"]);
    assert_eq!(cells(text, "memory "), ["memory", "its caller's: each call borrows it"]);
    assert_eq!(cells(text, "\"env\"")[..3], ["\"env\"", "\"log\"", "func (i32, i64) -> ()"]);
    assert!(text.contains("func () -> f64"), "the same name with another type: {text}");
    assert!(text.contains("Env::counter, Env::set_counter"), "{text}");
    assert!(text.contains(r#""host \"x\""  "\u{202e}""#), "{text}");
    assert!(!text.contains('\u{202e}'));
    assert_eq!(cells(text, "\"fn\"")[1], "func (f32, externref) -> (i32, i64)");
    assert_eq!(cells(text, "\"limit\"")[1], "global i64");
    assert_eq!(cells(text, "\"table\"")[1], "table of funcref, 2 elements or more");
    assert_eq!(cells(text, "0  imported")[1..3], ["imported", "1 to 16 pages"]);
    assert_eq!(cells(text, "0  imported")[3], "65536 bytes, 1048576 at most");
    assert_eq!(cells(text, "0  defined")[1..], ["defined", "funcref", "2 elements or more"]);
    assert!(text.contains("Instance::new(host: impl Env"), "{text}");
}

#[test]
fn programs_get_json() {
    let place = Place::new();
    place.write("m.wat", EVERYTHING);
    let ended = place.herkos(["inspect", "m.wat", "--format", "json"]);
    let text = ended.success();
    for expected in [
        "{\n  \"schema\": 1,\n  \"herkos\": \"",
        "\"digest\": \"",
        "\"name\": \"decoder\"",
        "\"kind\": \"library\"",
        "\"start\": 3,",
        "\"params\": [\"i32\", \"i64\"],",
        "\"results\": [],",
        "\"setter\": \"set_counter\"",
        "\"module\": \"host \\\"x\\\"\"",
        "\"name\": \"\\u202e\"",
        "\"max_pages\": 16,",
        "\"effective_max_bytes\": 1048576",
        "\"trait\": \"Env\"",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(text.is_ascii());
    assert!(text.ends_with("\n}\n"));
    assert_eq!(place.herkos(["inspect", "m.wat", "--json"]).success(), text);
}

#[test]
fn a_description_can_go_to_a_file() {
    let place = Place::new();
    place.write("m.wat", EVERYTHING);
    place.herkos(["inspect", "m.wat", "-o", "m.txt", "--color", "always"]).quiet_success();
    assert_eq!(place.read("m.txt"), place.herkos(["inspect", "m.wat"]).success());
    place.herkos(["inspect", "m.wat", "--json", "--checks", "-o", "m.json"]).quiet_success();
    assert!(place.read("m.json").contains("\"checks\": {"));
    place.herkos(["inspect", "m.wat", "-o", "m.wat"]).failure(1, &["it is the input"]);
    place.herkos(["inspect", "m.wat", "--json", "--format", "text"]).failure(2, &["--json"]);
}

#[test]
fn the_depth_of_calls_is_shown() {
    let place = Place::new();
    for (module, shown, depth) in [
        ("(module)", "0 frames at most", "0"),
        ("(module (func (export \"f\")))", "1 frame at most", "1"),
        ("(module (func (export \"f\") (call 1)) (func))", "2 frames at most", "2"),
        (
            "(module (func (export \"f\") (call 0)))",
            "the budget: 1 recursive function checks it",
            "null",
        ),
        (
            "(module (func (export \"f\") (call 1)) (func (call 0)))",
            "the budget: 2 recursive functions check it",
            "null",
        ),
    ] {
        place.write("m.wat", module);
        assert_eq!(cells(place.herkos(["inspect", "m.wat"]).success(), "stack")[1], shown);
        let json = place.herkos(["inspect", "m.wat", "--json"]);
        assert!(json.success().contains(&format!("\"worst_depth\": {depth},")), "{json:?}");
    }
}

#[test]
fn a_module_with_nothing_is_described_too() {
    let place = Place::new();
    let ended = place.herkos_reading(b"(module)", ["inspect", "-"]);
    assert!(ended.success().contains("Exports\n  none\n"), "{ended:?}");
    assert!(ended.stdout.contains("Instance::new()"));
}

#[test]
fn what_is_unsupported_is_the_error() {
    let place = Place::new();
    place.write("simd.wat", "(module (func (result v128) (v128.const i64x2 0 0)))");
    place.herkos(["inspect", "simd.wat"]).failure(1, &["unsupported", "SIMD", "offset 0x"]);
    place.write("bad.wat", "(module (func (result i32)))");
    place.herkos(["inspect", "bad.wat", "--format", "json"]).failure(1, &["invalid"]);
    place.write("two.wat", "(module (func (result i32 i32) (i32.const 1) (i32.const 2)))");
    place.herkos(["inspect", "two.wat"]).success();
    place.herkos(["inspect", "two.wat", "--wasm-version", "1"]).failure(1, &[]);
}

#[test]
fn headings_are_styled_only_when_asked() {
    let place = Place::new();
    place.write("m.wat", "(module)");
    assert!(!place.herkos(["inspect", "m.wat"]).success().contains('\x1b'));
    assert!(place.herkos(["inspect", "m.wat", "--color", "always"]).success().contains("\x1b["));
    let json = place.herkos(["inspect", "m.wat", "--color", "always", "--format", "json"]);
    assert!(!json.success().contains('\x1b'));
}

#[test]
fn the_bounds_policy_is_shown() {
    let place = Place::new();
    place.write("m.wat", "(module (memory 1 4))");
    let inspect =
        |more: &[&str]| place.herkos(["inspect", "m.wat"].iter().chain(more)).success().to_owned();
    assert!(!inspect(&[]).contains("bounds"));
    assert_eq!(cells(&inspect(&["--bounds", "wrap"]), "bounds")[0], "bounds");
    assert!(inspect(&["--format", "json"]).contains("\"bounds\": \"trap\""));
    assert!(inspect(&["--format", "json", "--bounds", "wrap"]).contains("\"bounds\": \"wrap\""));
}

#[test]
fn checks_are_counted_if_asked_for() {
    let place = Place::new();
    place.write(
        "m.wat",
        r#"(module (memory 1) (func $f (export "f") (param i32) (result i32)
        (i32.add (i32.load (local.get 0)) (i32.load8_u (local.get 0)))))"#,
    );
    assert!(!place.herkos(["inspect", "m.wat"]).success().contains("Bounds checks"));
    let text = place.herkos(["inspect", "m.wat", "--checks"]).success().to_owned();
    assert_eq!(cells(&text, "accesses")[..3], ["accesses", "checked", "proven"]);
    assert_eq!(cells(&text, "0    \"f\""), ["0", "\"f\"", "2", "1", "1", "0", "1", "0", "0"]);
    assert_eq!(cells(&text, "all"), ["all", "2", "1", "1", "0", "1", "0", "0"]);
    assert_eq!(cells(&text, "100.0 %")[1], "50.0 %");
    let json = place.herkos(["inspect", "m.wat", "--checks", "--format", "json"]);
    for expected in ["\"accesses\": 2", "\"checked\": 1", "\"dominated\": 1", "\"index\": 0"] {
        assert!(json.success().contains(expected), "{json:?}");
    }
}
