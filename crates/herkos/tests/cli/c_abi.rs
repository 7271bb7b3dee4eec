//! `--emit c-abi` and `herkos new --c-abi`. What C programs get is tested in `herkos-tests`.

use std::fs;
use std::process::Command;

use crate::new::cargo;
use crate::place::{Place, end};

const MODULE: &str = r#"(module (import "env" "log" (func (param i32))) (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

#[test]
fn a_file_and_a_header_are_written_beside_the_module() {
    let place = Place::new();
    place.write("my-adder.wat", MODULE);
    place.herkos(["my-adder.wat", "-o", "m.rs"]).quiet_success();
    let module = place.read("m.rs");
    place.herkos(["my-adder.wat", "--emit", "c-abi", "-o", "my_adder_c.rs"]).quiet_success();
    assert_eq!(place.list(), ["m.rs", "my-adder.wat", "my_adder_c.h", "my_adder_c.rs"]);
    let shim = place.read("my_adder_c.rs");
    assert!(shim.contains("use super::super::my_adder as guest;"), "{shim}");
    assert!(shim.lines().take(6).any(|line| line.contains("`unsafe`")), "{shim}");
    assert!(place.read("my_adder_c.h").contains("my_adder_status my_adder_add("));
    // Each `unsafe` that does something has a reason right above it.
    let lines: Vec<&str> = shim.lines().collect();
    let code = |line: &&str| line.contains("unsafe {") && !line.trim_start().starts_with("//");
    let uses: Vec<usize> = (0..lines.len()).filter(|at| code(&lines[*at])).collect();
    assert!(uses.len() > 5);
    for at in uses {
        assert!(lines[at - 1].contains("// SAFETY: "), "{}", lines[at]);
    }
    // The module itself has not changed.
    place.herkos(["my-adder.wat", "-o", "again.rs"]).quiet_success();
    assert_eq!(place.read("again.rs"), module);
    assert!(!module.contains("unsafe"));
}

#[test]
fn names_follow_the_prefix() {
    let place = Place::new();
    place.write("m.wat", MODULE);
    let emit = |more: &[&str]| {
        let words = ["m.wat", "--emit", "c-abi", "-o", "m_c.rs"];
        let ended = place.herkos(words.iter().chain(more));
        (ended, fs::read_to_string(place.path("m_c.h")).unwrap_or_default())
    };
    let (ended, header) = emit(&["--c-prefix", "sums"]);
    ended.quiet_success();
    assert!(header.contains("#ifndef SUMS_HERKOS_H\n") && header.contains("sums_add("), "{header}");
    assert!(!header.contains("m_add"), "{header}");
    for (bad, good) in [
        ("a-b", "a_b"),
        ("9", "guest_9"),
        ("a__b", "a_b"),
        ("_a", "a"),
        ("fn", "fn_2"),
        ("", "guest"),
    ] {
        let (ended, unchanged) = emit(&["--c-prefix", bad]);
        let would_do = format!("`{bad}` as the prefix of C names; `{good}` would do");
        ended.failure(1, &[would_do.as_str()]);
        assert_eq!(unchanged, header);
    }
    let read = ["-", "--emit", "c-abi", "-o", "read_c.rs"];
    place.herkos_reading(MODULE.as_bytes(), read).quiet_success();
    assert!(place.read("read_c.h").contains("guest_add("));
}

#[test]
fn what_c_cannot_have_is_said_and_nothing_is_written() {
    let place = Place::new();
    place.write("m.wat", MODULE);
    place.write(
        "w.wat",
        r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))))"#,
    );
    for (arguments, status, words) in [
        (&["m.wat", "-o", "-"][..], 2, &["standard output", "FILE.h"][..]),
        (&["m.wat", "-o", "m.h"], 2, &["both the Rust file and the header"]),
        (&["m.wat", "-o", "m.wat"], 1, &["it is the input"]),
        (&["m.wat", "-o", "nowhere/m.rs"], 1, &["its directory does not exist"]),
        (&["m.wat", "-o", "m.rs", "--memory", "lent"], 1, &["C ABI", "the host lends"]),
        (&["w.wat", "-o", "m.rs", "--wasi"], 1, &["C ABI", "WASI"]),
    ] {
        place.herkos(["--emit", "c-abi"].iter().chain(arguments)).failure(status, words);
    }
    // The header can't be: then the file isn't, either.
    fs::create_dir(place.path("n.h")).unwrap();
    place.herkos(["m.wat", "--emit", "c-abi", "-o", "n.rs"]).failure(1, &["n.h", "directory"]);
    assert_eq!(place.list(), ["m.wat", "n.h", "w.wat"]);
    // Without a host of herkos' own, WASI is like all other imports.
    place.herkos(["w.wat", "--emit", "c-abi", "-o", "w_c.rs"]).quiet_success();
    assert!(place.read("w_c.h").contains("(*wasi_snapshot_preview1_sched_yield)(void *user"));
}

#[test]
fn linked_modules_have_one_header() {
    let place = Place::new();
    place.write("a.wat", r#"(module (import "b" "f" (func $f)) (func (export "run") (call $f)))"#);
    place.write("b.wat", r#"(module (func (export "f")))"#);
    let link = ["link", "app=a.wat", "b=b.wat", "--emit", "c-abi", "-o"];
    place.herkos(link.iter().chain(&["both.rs"])).quiet_success();
    let header = place.read("both.h");
    assert!(header.contains("app_run(") && header.contains("app_b_f("), "{header}");
    place.herkos(link.iter().chain(&["-"])).failure(2, &["standard output"]);
}

/// In the shape of a command, as the C compiler is one.
#[cfg(unix)]
#[test]
fn a_new_library_is_linked_to_its_program_at_once() {
    let place = Place::new();
    place.write("x.wat", MODULE);
    place.herkos(["new", "my-adder", "--c-abi", "--module", "x.wat"]).quiet_success();
    let dir = place.path("my-adder");
    assert_eq!(fs::read_to_string(dir.join("my_adder.wat")).unwrap(), MODULE);
    // At the top of `main.c` stands how.
    let main = fs::read_to_string(dir.join("main.c")).unwrap();
    let commands: Vec<&str> = main.lines().take(3).map(|line| &line[3..]).collect();
    cargo(&dir, &commands[0].split(' ').skip(1).collect::<Vec<_>>()).quiet_success();
    for command in &commands[1..] {
        let ended = end(Command::new("sh").args(["-c", command]).current_dir(&dir));
        let said = if command.starts_with("cc ") { "" } else { "The module is instantiated.\n" };
        assert_eq!(ended.success(), said, "{command}");
    }
    let name = ["new", "fn", "--c-abi", "--module", "x.wat"];
    place.herkos(name).failure(1, &["`fn` as the prefix"]);
    assert!(!place.path("fn").exists());
}

#[test]
fn a_build_script_writes_all_three_files() {
    let place = Place::new();
    place.write("adder.wat", MODULE);
    let header = place.path("include/adder.h");
    let config = herkos::Config::new().out_dir(place.path(""));
    config.compile_c_abi(place.path("adder.wat"), &header).unwrap();
    assert!(fs::read_to_string(&header).unwrap().contains("adder_add("));
    assert!(place.read("adder_c.rs").contains("use super::super::adder as guest;"));
    assert!(place.read("adder.rs").contains("pub struct Instance"));
    let written = fs::metadata(&header).unwrap().modified().unwrap();
    config.compile_c_abi(place.path("adder.wat"), &header).unwrap();
    assert_eq!(fs::metadata(&header).unwrap().modified().unwrap(), written, "nothing changed");
    let error = config.c_prefix("9").compile_c_abi(place.path("adder.wat"), &header).unwrap_err();
    assert!(error.to_string().contains("adder.wat: unsupported feature: `9`"), "{error}");
}

#[test]
fn a_new_library_may_translate_when_it_is_built() {
    let place = Place::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    place.write("x.wat", MODULE);
    let words = ["new", "adder", "--c-abi", "--module", "x.wat", "--herkos"];
    place.herkos(words.iter().chain(&[root.to_str().unwrap()])).quiet_success();
    let build = place.read("adder/build.rs");
    assert!(build.contains(r#".compile_c_abi("adder.wat", "include/adder.h")"#), "{build}");
    assert!(place.read("adder/src/lib.rs").contains("/adder_c.rs"));
    assert!(place.read("adder/Cargo.toml").contains("[build-dependencies]\nherkos = { path"));
}
