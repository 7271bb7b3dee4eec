//! `herkos diff`.

use crate::place::Place;

const OLD: &str = r#"(module (import "env" "log" (func (param i32))) (import "env" "gone" (func))
    (memory (export "memory") 1 4) (global (mut i32) (i32.const 0)) (func (export "run")))"#;

/// The text that `diff` prints, and its exit status.
fn diff(old: &str, new: &str, more: &[&str]) -> (String, Option<i32>) {
    let place = Place::new();
    place.write("old.wat", old);
    place.write("new.wat", new);
    let ended = place.herkos(["diff", "old.wat", "new.wat"].iter().chain(more));
    assert_eq!(ended.stderr, "");
    (ended.stdout, ended.status)
}

#[test]
fn all_that_a_host_sees_is_compared() {
    let new = r#"(module (import "env" "log" (func (param i64)))
        (import "wasi_snapshot_preview1" "path_open" (func))
        (memory (export "memory") 1 16) (table 3 funcref)
        (func $s) (start $s) (func (export "run") (param i32)) (func (export "\1b[31m\e2\80\ae")))"#;
    let expected = r#"Capabilities
  - "env" "gone"  func () -> ()
  ~ "env" "log"  func (i32) -> (), now func (i64) -> ()
  + "wasi_snapshot_preview1" "path_open" (files)  func () -> ()

Exports
  + "\u{1b}[31m\u{202e}"  func () -> ()
  ~ "memory"  memory, 1 to 4 pages, now memory, 1 to 16 pages
  ~ "run"  func () -> (), now func (i32) -> ()

Memories
  ~ 0  1 to 4 pages, now 1 to 16 pages

Tables
  + 0  funcref, 3 elements or more

Start function
  + function 2

Content
  the code differs: 1 function of 2 bytes, now 3 functions of 6 bytes
"#;
    assert_eq!(diff(OLD, new, &[]), (expected.to_owned(), Some(1)));
    assert_eq!(diff(OLD, new, &["--only", "capabilities"]).1, Some(1));
}

/// What differs, and the exit statuses without and with `--only capabilities`.
#[test]
fn the_exit_status_says_what_changed() {
    for (what, new, statuses) in [
        ("nothing", OLD.to_owned(), [0, 0]),
        ("a name", OLD.replace("(func (export", "(func $name (export"), [0, 0]),
        ("code", OLD.replace("\"run\")", "\"run\") (nop)"), [0, 0]),
        ("a lost import", OLD.replace(r#"(import "env" "gone" (func))"#, ""), [1, 0]),
        ("a new import", OLD.replace("(memory", r#"(import "env" "new" (func)) (memory"#), [1, 1]),
        ("a new type", OLD.replace("(param i32)", "(param f32)"), [1, 1]),
        (
            "the same import again",
            OLD.replace("(memory", r#"(import "env" "gone" (func)) (memory"#),
            [0, 0],
        ),
        (
            "a second type",
            OLD.replace("(memory", r#"(import "env" "gone" (func (result i32))) (memory"#),
            [1, 1],
        ),
        ("a lost export", OLD.replace("(export \"run\")", ""), [1, 0]),
        ("a larger memory", OLD.replace("1 4", "1 5"), [1, 0]),
        ("a table", OLD.replace("(memory", "(table 1 1 funcref) (memory"), [1, 0]),
        ("a global", OLD.replace("(memory", "(global i64 (i64.const 1)) (memory"), [0, 0]),
        ("an exported global", OLD.replace("(global (mut", "(global (export \"g\") (mut"), [1, 0]),
        ("a start function", OLD.replace("(func (export", "(start 2) (func (export"), [1, 0]),
    ] {
        let found = [&[][..], &["--only", "capabilities"]].map(|more| diff(OLD, &new, more).1);
        assert_eq!(found, statuses.map(Some), "{what}");
    }
}

#[test]
fn the_content_is_told_from_what_tools_leave() {
    let content = |new: &str| diff(OLD, new, &[]).0.lines().last().unwrap().trim().to_owned();
    assert_eq!(content(OLD), "the modules are identical");
    let named = OLD.replace("(func (export", "(func $name (export");
    assert_eq!(content(&named), "nothing but custom sections differs");
    let data = OLD.replace("(global", "(data (i32.const 0) \"x\") (global");
    assert_eq!(content(&data), "the code is equal; something else differs");
}

#[test]
fn programs_get_json() {
    let (text, status) = diff(OLD, &OLD.replace("\"gone\" (func)", "\"go\" (func)"), &["--json"]);
    assert_eq!(status, Some(1));
    for expected in [
        "{\n  \"schema\": 1,\n  \"herkos\": \"",
        "\"content_digest\": \"",
        "\"gains_capabilities\": true,",
        "\"same_code\": true,",
        "\"name\": \"go\",\n      \"wasi\": null,\n      \"gain\": true,\n      \"old\": [],",
        "\"exports\": [],",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert_eq!(diff(OLD, OLD, &["--format", "json", "--only", "capabilities"]).1, Some(0));
}

#[test]
fn what_cannot_be_compared_has_a_status_of_its_own() {
    let place = Place::new();
    place.write("m.wat", OLD);
    place.write("bad.wat", "(module (func (result i32)))");
    place.write("simd.wat", "(module (func (result v128) (v128.const i64x2 0 0)))");
    place.herkos(["diff", "m.wat", "none.wat"]).failure(2, &["cannot read"]);
    place.herkos(["diff", "m.wat", "bad.wat"]).failure(2, &["invalid", "`new`"]);
    place.herkos(["diff", "simd.wat", "m.wat"]).failure(2, &["SIMD", "`old`"]);
    place.herkos(["diff", "-", "-"]).failure(2, &["standard input"]);
    place.herkos(["diff", "m.wat"]).failure(2, &["NEW"]);
    place.herkos(["diff", "m.wat", "m.wat", "--only", "names"]).failure(2, &["names"]);
    let ended = place.herkos_reading(OLD.as_bytes(), ["diff", "-", "m.wat"]);
    assert!(ended.success().contains("identical"));
}
