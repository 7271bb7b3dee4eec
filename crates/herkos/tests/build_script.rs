//! What `build.rs` files call, with a directory of the test's own instead of `OUT_DIR`.
#![allow(clippy::unwrap_used)]

use std::fs;

use herkos::Config;

const LIB: &str = r#"(module (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#;
const APP: &str = r#"(module (import "lib" "double" (func $double (param i32) (result i32)))
  (func (export "run") (result i32) (call $double (i32.const 4))))"#;

#[test]
fn files_texts_and_linked_files_become_rust() {
    let dir = tempfile::tempdir().unwrap();
    let (lib, app) = (dir.path().join("lib.wat"), dir.path().join("app.wat"));
    fs::write(&lib, LIB).unwrap();
    fs::write(&app, APP).unwrap();
    let config = Config::new().out_dir(dir.path());
    let written = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();

    config.compile(&app).unwrap();
    assert!(
        written("app.rs").contains("from `app.wat`") && written("app.rs").contains("trait Lib")
    );
    config.compile_wat("text", LIB).unwrap();
    assert_eq!(written("text.rs"), Config::new().transpile(LIB.as_bytes()).unwrap().source);
    config.compile_linked("program", &[("app", &app), ("lib", &lib)]).unwrap();
    let program = written("program.rs");
    assert!(program.contains("from `app=app.wat lib=lib.wat`") && program.contains("pub fn run("));
    assert!(!program.contains("trait Lib"), "{program}");

    // Errors name the file, and leave what was there.
    fs::write(&app, APP.replace("(param i32) ", "")).unwrap();
    let error = config.compile_linked("program", &[("app", &app), ("lib", &lib)]).unwrap_err();
    assert!(error.to_string().starts_with("program: "), "{error}");
    assert_eq!(written("program.rs"), program);
    let error = config.compile(dir.path().join("none.wasm")).unwrap_err().to_string();
    assert!(error.contains("none.wasm: "), "{error}");
    fs::write(&app, "(module").unwrap();
    let error = config.compile(&app).unwrap_err().to_string();
    assert!(error.contains("app.wat: "), "{error}");
    let error = Config::new().out_dir(dir.path().join("gone")).compile(&lib).unwrap_err();
    assert!(error.to_string().contains("lib.rs: "), "{error}");
    // Nothing else is left behind.
    let mut names: Vec<_> =
        fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["app.rs", "app.wat", "lib.wat", "program.rs", "text.rs"]);
}
