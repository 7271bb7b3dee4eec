//! `herkos INPUT -o OUTPUT`.

use std::fs;

use crate::place::Place;

const ADD: &str = r#"(module (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))"#;

#[test]
fn a_module_becomes_rust_source() {
    let place = Place::new();
    place.write("add.wat", ADD);
    place.herkos(["add.wat", "--output", "add.rs"]).quiet_success();
    let source = place.read("add.rs");
    assert!(source.contains("pub struct Instance"), "{source}");
    assert!(source.contains("pub fn add"), "{source}");
    assert!(!source.contains("herkos_runtime::Module for"), "not by name unless asked");

    place.herkos(["transpile", "add.wat", "-o", "again.rs"]).quiet_success();
    assert_eq!(place.read("again.rs"), source, "the command's name changes nothing");
    place.herkos(["-o", "third.rs", "--threads", "3", "add.wat"]).quiet_success();
    assert_eq!(place.read("third.rs"), source, "nor does the number of threads");
    assert_eq!(place.list(), ["add.rs", "add.wat", "again.rs", "third.rs"]);
}

#[test]
fn pipes_work_for_text_and_binary() {
    let place = Place::new();
    let text = place.herkos_reading(ADD.as_bytes(), ["-", "-o", "-"]);
    assert!(text.success().contains("pub fn add"));
    assert_eq!(text.stderr, "");
    let binary = place.herkos_reading(&wat::parse_str(ADD).unwrap(), ["-", "-o", "-"]);
    assert!(binary.success().contains("pub fn add"));
    assert_eq!(place.list(), [""; 0]);
}

#[test]
fn options_reach_the_translation() {
    let place = Place::new();
    place.write(
        "m.wat",
        r#"(module (memory (export "memory") 1 9) (func (export "f") (param f32) (result f32)
        (f32.add (local.get 0) (local.get 0)))
        (func $g (call $g)))"#,
    );
    let plain = place.herkos(["m.wat", "-o", "-"]).success().to_owned();
    for option in [
        &["--by-name"][..],
        &["--max-pages", "3"],
        &["--bounds", "wrap"],
        &["--bounds", "reserve"],
        &["--memory", "lent"],
        &["--memory", "lent", "--memory-bytes", "64"],
        &["--canonical-nans"],
        &["--stack-budget", "4096"],
        &["--trap-offsets"],
        &["--emit", "ir"],
    ] {
        let arguments = ["m.wat", "-o", "-"].iter().chain(option);
        let changed = place.herkos(arguments);
        assert_ne!(changed.success(), plain, "{option:?} changes nothing");
    }
    let heap = place.herkos(["m.wat", "-o", "-", "--memory", "heap"]);
    assert_eq!(heap.success(), plain, "the heap is the default");
    let trap = place.herkos(["m.wat", "-o", "-", "--bounds", "trap"]);
    assert_eq!(trap.success(), plain, "so are traps");
    let rust = place.herkos(["m.wat", "-o", "-", "--emit=rust"]);
    assert_eq!(rust.success(), plain, "so is Rust");
    place.herkos(["m.wat", "-o", "-", "--emit", "ir=front"]).success();
    place.herkos(["m.wat", "-o", "-", "--emit", "ir=nothing"]).failure(1, &["nothing"]);
    for wrong in [
        &["--max-pages", "65537"][..],
        &["--max-pages", "many"],
        &["--memory", "stack"],
        &["--memory-bytes", "few"],
        &["--threads", "0"],
        &["--bounds", "none"],
        &["--emit", "c"],
        &["--wasm-version", "4"],
        &["--no-such-option"],
    ] {
        let arguments = ["m.wat", "-o", "-"].iter().chain(wrong);
        place.herkos(arguments).failure(2, &[wrong[0]]);
    }
}

#[test]
fn a_failure_leaves_the_output_as_it_was() {
    let place = Place::new();
    place.write("bad.wat", "(module (func (result i32)))");
    place.write("out.rs", "precious");
    place.herkos(["bad.wat", "-o", "out.rs"]).failure(1, &["invalid"]);
    assert_eq!(place.read("out.rs"), "precious");
    place.herkos(["bad.wat", "-o", "new.rs"]).failure(1, &["invalid"]);
    assert_eq!(place.list(), ["bad.wat", "out.rs"]);
}

#[test]
fn the_output_must_be_named() {
    let place = Place::new();
    place.write("add.wat", ADD);
    place.herkos(["add.wat"]).failure(2, &["no output", "--output -"]);
    place.herkos(["transpile", "add.wat"]).failure(2, &["no output"]);
    place.herkos(["-"]).failure(2, &["no output"]);
    place.herkos([""; 0]).failure(2, &["INPUT"]);
    place.herkos(["inspct"]).failure(1, &["inspct", "--help"]);
}

#[test]
fn outputs_that_cannot_be_written_are_refused() {
    let place = Place::new();
    let input = place.write("add.wat", ADD);
    fs::create_dir(place.path("dir")).unwrap();
    place.herkos(["add.wat", "-o", "dir"]).failure(1, &["`", "dir`", "is a directory"]);
    place.herkos(["add.wat", "-o", "none/out.rs"]).failure(1, &["out.rs", "create `none` first"]);
    place.herkos(["add.wat", "-o", "./add.wat"]).failure(1, &["it is the input"]);
    assert_eq!(fs::read_to_string(&input).unwrap(), ADD);

    let output = place.write("out.rs", "mine");
    let mut permissions = fs::metadata(&output).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&output, permissions).unwrap();
    place.herkos(["add.wat", "-o", "out.rs"]).failure(1, &["out.rs", "read-only"]);
    assert_eq!(place.read("out.rs"), "mine");
}

#[cfg(unix)]
#[test]
fn links_permissions_and_devices_survive() {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
    let place = Place::new();
    place.write("add.wat", ADD);
    let real = place.write("real.rs", "old");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.rs", place.path("link.rs")).unwrap();
    place.herkos(["add.wat", "-o", "link.rs"]).quiet_success();
    assert!(fs::symlink_metadata(place.path("link.rs")).unwrap().is_symlink());
    assert!(place.read("real.rs").contains("pub fn add"));
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);

    place.herkos(["add.wat", "-o", "/dev/null"]).quiet_success();
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_none() {
    let place = Place::new();
    place.write("add.wat", ADD);
    place.herkos(["add.wat", "-o", "/dev/full"]).failure(1, &["/dev/full", "No space"]);

    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = place.command().args(["add.wat", "-o", "-"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));

    // More than a pipe holds, so that the writer meets the closed end.
    let functions: String = (0..4000).map(|i| format!("(func (export \"f{i}\"))")).collect();
    place.write("large.wat", format!("(module {functions})"));
    let mut command = place.command();
    command.args(["large.wat", "-o", "-"]).stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn inputs_that_cannot_be_read_are_explained() {
    let place = Place::new();
    fs::create_dir(place.path("dir")).unwrap();
    place.herkos(["dir", "-o", "x.rs"]).failure(1, &["`dir` is a directory", "hint: "]);
    place.herkos(["none.wasm", "-o", "x.rs"]).failure(1, &["none.wasm", "hint: check the path"]);
    place.write("there.wat", ADD);
    place.herkos(["there.wasm", "-o", "x.rs"]).failure(1, &["hint: there is `there.wat`"]);
    for (name, content) in [
        ("empty", &b""[..]),
        ("cut", b"\0asm\x01\0\0"),
        ("magic", b"\0ASM\x01\0\0\0"),
        ("version", b"\0asm\x02\0\0\0"),
        ("section", b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f"),
        ("utf8", b"(module \xff)"),
        ("prose", b"It was a dark and stormy night"),
    ] {
        place.write(name, content);
        place.herkos([name, "-o", "x.rs"]).failure(1, &[]);
    }
    assert!(!place.path("x.rs").exists());
}

#[cfg(unix)]
#[test]
fn an_input_without_end_is_refused() {
    let place = Place::new();
    place.herkos(["/dev/zero", "-o", "x.rs"]).failure(1, &["/dev/zero", "larger than 1024 MiB"]);
}

#[test]
fn a_component_is_named_as_such() {
    let place = Place::new();
    place.write("c.wasm", wat::parse_str("(component)").unwrap());
    place.herkos(["c.wasm", "-o", "x.rs"]).failure(1, &["component"]);
}

#[test]
fn the_output_says_that_accesses_do_not_trap() {
    let place = Place::new();
    place.write("m.wat", "(module (memory 1 4))");
    place.write("open.wat", "(module (memory 1))");
    place.write("library.wat", r#"(module (import "a" "b" (memory 1 2)))"#);
    let trap = place.herkos(["m.wat", "-o", "-"]);
    assert!(!trap.success().contains("Bounds policy"));
    let wrap = place.herkos(["m.wat", "-o", "-", "--bounds", "wrap"]);
    let policy =
        |source: &str| source.lines().nth(2).unwrap().split(". ").next().map(str::to_owned);
    assert_eq!(policy(wrap.success()).as_deref(), Some("// Bounds policy: wrap"));
    let reserve = place.herkos(["open.wat", "-o", "-", "--bounds", "reserve"]);
    assert_eq!(policy(reserve.success()).as_deref(), Some("// Bounds policy: reserve"));
    place
        .herkos(["m.wat", "-o", "-", "--bounds", "reserve", "--memory", "lent"])
        .failure(1, &["memories on the heap"]);
    place.herkos(["open.wat", "-o", "-", "--bounds", "wrap"]).failure(1, &["--max-pages"]);
    place.herkos(["open.wat", "-o", "-", "--bounds", "wrap", "--max-pages", "9"]).success();
    place
        .herkos(["library.wat", "-o", "-", "--bounds", "wrap"])
        .failure(1, &["imports its memory"]);
    place
        .herkos(["library.wat", "-o", "-", "--bounds", "reserve"])
        .failure(1, &["imports its memory"]);
}
