//! `herkos new`: the crates that it writes compile as they are.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::place::{Ended, Place, end};

/// Everything that a host may have to provide.
const MODULE: &str = r#"(module
  (import "env" "*/ \22quoted\22\0a\e2\80\ae" (func $f (param i32 f64) (result i64)))
  (import "env" "global" (global (mut externref)))
  (import "env" "memory" (memory 1 2))
  (import "env" "table" (table 1 funcref))
  (import "a-b" "limit" (global f32))
  (func (export "run") (param i32 i32) (result i64 i32)
    (call $f (local.get 0) (f64.const 1)) (local.get 1)))"#;

pub(crate) fn cargo(dir: &Path, arguments: &[&str]) -> Ended {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).args(["--offline", "--quiet"]);
    end(cargo.current_dir(dir).env_remove("CARGO_TARGET_DIR").env("RUSTFLAGS", "-Dwarnings"))
}

#[test]
fn a_new_crate_runs_at_once_and_grants_nothing() {
    let place = Place::new();
    place.write("x.wat", MODULE);
    place.herkos(["new", "my-guest", "--module", "x.wat"]).quiet_success();
    let dir = place.path("my-guest");
    assert_eq!(cargo(&dir, &["run"]).success(), "The module is instantiated.\n");
    assert_eq!(fs::read_to_string(dir.join("guest.wat")).unwrap(), MODULE);
    let main = fs::read_to_string(dir.join("src/main.rs")).unwrap();
    assert!(main.contains(r#"// "env" "*/ \"quoted\"\n\u{202e}""#), "{main}");
    assert!(main.contains("//   instance.run(&mut memory, i32, i32)? -> (i64, i32)\n"), "{main}");
    assert_eq!(main.matches("impl guest::").count(), 2);
    // The same again would overwrite what the user wrote since.
    let again = place.herkos(["new", "my-guest", "--module", "x.wat"]);
    again.failure(1, &["`my-guest` is not empty"]);
}

#[test]
fn a_new_crate_may_translate_when_it_is_built() {
    let place = Place::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let module = place.write("x.wasm", b"\0asm\x01\0\0\0");
    let arguments = ["new", "guest", "--herkos", root.to_str().unwrap(), "--module"];
    place
        .herkos(arguments.iter().map(|word| (*word).into()).chain([module.into_os_string()]))
        .quiet_success();
    assert!(place.read("guest/build.rs").contains(r#".compile("guest.wasm")"#));
    let manifest = place.read("guest/Cargo.toml");
    assert!(manifest.contains("[build-dependencies]\nherkos = { path = \"/"), "{manifest}");
    assert!(manifest.contains("name = \"guest\""));
    // Whether it compiles shows in the example that does the same; here that would take minutes.
}

#[test]
fn what_makes_no_crate_is_refused() {
    let place = Place::new();
    place.write("x.wat", "(module)");
    place.herkos(["new", "9", "--module", "x.wat"]).failure(2, &["can't be the name of a crate"]);
    place.herkos(["new", "a", "--module", "y.wat"]).failure(1, &["cannot read `y.wat`"]);
    let lost = place.herkos(["new", "a", "--module", "x.wat", "--herkos", "nowhere"]);
    lost.failure(1, &["cannot find `nowhere/crates`"]);
}
