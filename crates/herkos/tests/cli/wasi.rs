//! WASI programs: grants, exit statuses, and what goes wrong around them. What the host does is tested elsewhere.

use std::fs;
use std::process::Command;

use crate::place::{Place, end};

/// Copies `from` to `to` in the directory that is granted, by one read and one write, and exits with the number of
/// the error that the last call gave.
const COPY: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "from")
  (data (i32.const 72) "to")
  (func $check (param $error i32) (if (local.get $error) (then (call $exit (local.get $error)))))
  (func (export "_start")
    (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 1024))
    (call $check (call $read (i32.load (i32.const 32)) (i32.const 0) (i32.const 1) (i32.const 4)))
    (call $check (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 40)))
    (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 72) (i32.const 2)
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32)))
    (call $check (call $write (i32.load (i32.const 32)) (i32.const 0) (i32.const 1) (i32.const 40)))))"#;

#[test]
fn programs_get_what_is_granted() {
    let place = Place::new();
    place.write("copy.wat", COPY);
    fs::create_dir(place.path("dir")).unwrap();
    place.write("dir/from", "some text\n");
    let run = |grants: &[&str]| {
        let arguments = ["run", "copy.wat", "--opt-level", "0"].iter().chain(grants);
        place.herkos(arguments)
    };
    // EBADF, EROFS and ENOTDIR, by their numbers.
    assert_eq!(run(&[]).status, Some(8));
    assert_eq!(run(&["--dir", "dir::/:ro"]).status, Some(69));
    assert!(!place.path("dir/to").exists());
    assert_eq!(run(&["--dir", "dir::/", "--env", "A=1", "--", "x"]).success(), "some text\n");
    assert_eq!(place.read("dir/to"), "some text\n");
    run(&["--dir", "none::/"]).failure(1, &["cannot open the directory `none`"]);
    run(&["--dir", "::/"]).failure(2, &["--dir `::/`", "HOST::GUEST"]);
    run(&["--env", "A"]).failure(2, &["--env `A`", "NAME=VALUE"]);

    // Built in, and when it is started.
    fs::remove_file(place.path("dir/to")).unwrap();
    let build = ["build", "copy.wat", "-o", "copy", "--opt-level", "0"];
    place.herkos(build.iter().chain(&["--dir", "dir::/"])).quiet_success();
    let mut program = Command::new(place.path("copy"));
    assert_eq!(end(program.current_dir(place.path(""))).success(), "some text\n");
    assert_eq!(place.read("dir/to"), "some text\n");
    place.herkos(build).quiet_success();
    let mut program = Command::new(place.path("copy"));
    program.args(["--dir", "dir::/:ro", "--"]);
    assert_eq!(end(program.current_dir(place.path(""))).status, Some(69));
}

#[test]
fn kept_sources_build_with_their_host() {
    let place = Place::new();
    place.write("copy.wat", COPY);
    let arguments =
        ["build", "copy.wat", "-o", "copy", "--opt-level", "0", "--keep-sources", "kept"];
    place.herkos(arguments).quiet_success();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["check", "--offline", "--locked", "--quiet"])
        .current_dir(place.path("kept"))
        .env_remove("CARGO_TARGET_DIR");
    let ended = end(&mut cargo);
    ended.success();
    assert_eq!(ended.stderr, "", "no warnings");
}

#[test]
fn what_is_missing_is_explained() {
    let place = Place::with_own_cache();
    place.write("copy.wat", COPY);
    let build = ["build", "copy.wat", "-o", "copy"];
    end(place.command().args(build).env("CARGO", "/nonexistent/cargo"))
        .failure(1, &["/nonexistent/cargo", "hint: a WASI program needs cargo"]);
    place.write(
        "mixed.wat",
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
        (import "env" "log" (func (param i32))))"#,
    );
    let ended = place.herkos(["build", "mixed.wat", "-o", "mixed"]);
    ended.failure(1, &["\"env\" \"log\"", "implement its traits"]);
    assert!(!ended.stderr.contains("proc_exit"), "{ended:?}");
    place.write("old.wat", r#"(module (import "wasi_unstable" "proc_exit" (func (param i32))))"#);
    place.herkos(["build", "old.wat", "-o", "old"]).failure(1, &["wasi_unstable", "preview 1"]);
    place.write("plain.wat", "(module)");
    place
        .herkos(["run", "plain.wat", "--dir", "x::y", "--opt-level", "0"])
        .failure(2, &["for modules that import WASI"]);
}

#[test]
fn inspect_says_what_a_module_asks_for() {
    let place = Place::new();
    place.write("copy.wat", COPY);
    let text = place.herkos(["inspect", "copy.wat"]);
    let text = text.success();
    assert!(
        text.contains("WASI (what that means)\n  files  path_open, fd_read, fd_write\n"),
        "{text}"
    );
    assert!(text.contains("\n  exit   proc_exit\n"), "{text}");
    let json = place.herkos(["inspect", "copy.wat", "--format", "json"]);
    let json = json.success();
    assert!(json.contains(r#""group""#) && json.contains(r#""files""#), "{json}");
}

#[test]
fn the_output_implements_the_trait_if_asked_to() {
    let place = Place::new();
    place.write("copy.wat", COPY);
    let plain = place.herkos(["copy.wat", "-o", "-"]);
    assert!(!plain.success().contains("herkos_wasi"));
    let wasi = place.herkos(["copy.wat", "--wasi", "-o", "-"]);
    let text = wasi.success();
    assert!(text.contains("impl WasiSnapshotPreview1 for ::herkos_wasi::Wasi {"), "{text}");
    assert!(
        text.contains("::herkos_wasi::Wasi::fd_read(self, memory.bytes_mut(), p0, p1, p2, p3)")
    );
}
