//! `herkos build`: what the executable needs, and what becomes of it.

use std::fs;
use std::process::Command;

use crate::place::{Place, end};

const ADD: &str = r#"(module (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))"#;

#[test]
fn missing_imports_are_all_listed() {
    let place = Place::new();
    place.write(
        "m.wat",
        r#"(module
        (import "env" "log" (func (param i32 i64)))
        (import "env" "answer" (global i32))
        (import "host" "two words" (func (result f64)))
        (import "env" "memory" (memory 1)))"#,
    );
    let ended = place.herkos(["build", "m.wat", "-o", "m"]);
    ended.failure(
        1,
        &[
            "\"env\" \"log\": func (i32, i64) -> ()",
            "\"env\" \"answer\": global i32",
            "\"host\" \"two words\": func () -> f64",
            "hint: ",
        ],
    );
    assert!(!ended.stderr.contains("memory"), "a memory can be provided: {ended:?}");
    assert!(!place.path("m").exists());
}

#[test]
fn an_imported_memory_and_table_are_provided() {
    let place = Place::new();
    let guest = place.build(r#"(module
        (import "env" "memory" (memory 2 4))
        (import "env" "table" (table 3 funcref))
        (type $getter (func (result i32)))
        (func $seven (type $getter) (i32.const 7))
        (elem (i32.const 1) $seven)
        (data (i32.const 8) "\2a")
        (func (export "pages") (result i32) (memory.size))
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "call") (param i32) (result i32) (call_indirect (type $getter) (local.get 0))))"#);
    assert_eq!(guest.invoke("pages", &[]), "2\n");
    assert_eq!(guest.invoke("load", &["8"]), "42\n");
    guest.invoke_trap("load", &["131072"], "out of bounds memory access");
    assert_eq!(guest.invoke("call", &["1"]), "7\n");
    guest.invoke_trap("call", &["0"], "uninitialized element");
    guest.invoke_trap("call", &["3"], "undefined element");
}

#[test]
fn start_functions_and_initializers_run_first() {
    let place = Place::new();
    let counting = r#"(global $n (mut i32) (i32.const 1))
        (func $times (param i32) (global.set $n (i32.mul (global.get $n) (local.get 0))))
        (func $start (call $times (i32.const 2)))
        (start $start)
        (func (export "n") (result i32) (global.get $n))"#;
    let guest = place.build(&format!("(module {counting})"));
    assert_eq!(guest.invoke("n", &[]), "2\n");
    let guest = place.build(&format!(
        r#"(module {counting} (func (export "_initialize") (call $times (i32.const 3))))"#
    ));
    assert_eq!(guest.invoke("n", &[]), "6\n");
    let guest = place.build(&format!(
        r#"(module {counting} (func (export "_initialize") (result i32) (unreachable)))"#
    ));
    assert_eq!(guest.invoke("n", &[]), "2\n", "an `_initialize` of another type is no initializer");
    let guest =
        place.build("(module (func $start (unreachable)) (start $start) (func (export \"f\")))");
    guest.invoke_trap("f", &[], "unreachable");
}

#[test]
fn a_command_is_started_without_arguments() {
    let place = Place::new();
    let guest = place.build(r#"(module (func (export "_start") (unreachable)))"#);
    let ended = guest.run([""; 0]);
    assert_eq!(ended.status, Some(134), "{ended:?}");
    let guest = place.build(r#"(module (func (export "_start")))"#);
    guest.run([""; 0]).quiet_success();
    guest.run(["argument"]).failure(2, &["argument"]);

    let guest = place.build(r#"(module (func (export "add") (param i32)))"#);
    guest.run([""; 0]).failure(2, &["_start", "usage: guest", "\"add\" (i32) -> ()"]);
    assert!(guest.run(["--help"]).success().contains("\"add\" (i32) -> ()"));
}

#[test]
fn deep_recursion_is_a_trap() {
    let place = Place::new();
    let guest = place.build(r#"(module
        (func $down (export "down") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                (else (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1))))))))"#);
    assert_eq!(guest.invoke("down", &["20000"]), "20000\n");
    guest.invoke_trap("down", &["-1"], "call stack exhausted");
}

#[test]
fn a_trap_says_where() {
    let place = Place::new();
    let guest = place.build(
        r#"(module (func) (func $divide (export "div") (param i32 i32) (result i32)
        (i32.div_s (local.get 0) (local.get 1))))"#,
    );
    assert_eq!(guest.invoke("div", &["-7", "2"]), "-3\n");
    let ended = guest.invoke_trap("div", &["1", "0"], "integer divide by zero");
    assert!(ended.stderr.contains("in function 1"), "{ended:?}");
    guest.invoke_trap("div", &["0x80000000", "-1"], "integer overflow");
}

#[test]
fn the_output_is_an_executable_or_untouched() {
    let place = Place::new();
    place.write("bad.wat", "(module");
    place.write("guest", "precious");
    place.herkos(["build", "bad.wat", "-o", "guest"]).failure(1, &[]);
    assert_eq!(place.read("guest"), "precious");
    let guest = place.build(ADD);
    assert_eq!(guest.invoke("add", &["2", "40"]), "42\n");
    assert_eq!(place.list(), ["bad.wat", "guest", "guest.wat"]);

    fs::create_dir(place.path("dir")).unwrap();
    place.herkos(["build", "guest.wat", "-o", "dir"]).failure(1, &["is a directory"]);
    place.herkos(["build", "guest.wat", "-o", "-"]).failure(2, &["hint: name a file"]);
    place.herkos(["build", "guest.wat"]).failure(2, &["--output"]);
    place
        .herkos(["build", "guest.wat", "-o", "x", "--opt-level", "4"])
        .failure(2, &["0, 1, 2, 3, s or z"]);
}

#[test]
fn kept_sources_are_a_cargo_project() {
    let place = Place::new();
    place.write("guest.wat", ADD);
    let arguments =
        ["build", "guest.wat", "-o", "guest", "--opt-level", "s", "--keep-sources", "src/kept"];
    place.herkos(arguments).quiet_success();
    let project = place.path("src/kept");
    assert!(
        fs::read_to_string(project.join("src/main.rs"))
            .unwrap()
            .contains("#![forbid(unsafe_code)]")
    );
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--offline", "--quiet"])
        .current_dir(&project)
        .env_remove("CARGO_TARGET_DIR");
    let ended = end(&mut cargo);
    ended.success();
    assert_eq!(ended.stderr, "", "no warnings");
    let mut program = Command::new(project.join("target/debug/module"));
    assert_eq!(end(program.args(["--invoke", "add", "1", "2"])).success(), "3\n");
}

#[test]
fn a_missing_compiler_is_explained() {
    let place = Place::with_own_cache();
    place.write("guest.wat", ADD);
    let build = ["build", "guest.wat", "-o", "guest"];
    end(place.command().args(build).env("RUSTC", "/nonexistent/rustc"))
        .failure(1, &["/nonexistent/rustc", "hint: install Rust"]);
    end(place.command().args(build).env("PATH", "")).failure(1, &["cannot run `rustc`", "RUSTC"]);
    end(place.command().args(build).env("RUSTC", env!("CARGO_BIN_EXE_herkos")))
        .failure(1, &["not a usable rustc"]);
}

#[test]
fn an_installed_program_needs_no_repository() {
    let place = Place::with_installed_program();
    let guest = place.build(ADD);
    assert_eq!(guest.invoke("add", &["2", "40"]), "42\n");
}
