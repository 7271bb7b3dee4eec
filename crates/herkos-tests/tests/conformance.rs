//! The official testsuite, all of it, without optimisation; and whether the runner notices what is wrong.

use std::fs;

use herkos_tests::conformance::compile::Compiler;
use herkos_tests::conformance::outcome::Outcome;
use herkos_tests::conformance::{Options, cache_directory, docs, run, run_script};

/// How many failures are shown: a fault of the transpiler can fail all of them.
const SHOWN: usize = 200;

/// One test, because the page must agree with the run.
#[test]
fn the_testsuite_passes_and_the_page_says_so() -> anyhow::Result<()> {
    let report = run(&Options::all())?;
    let failures: Vec<String> = report.failures().lines().take(SHOWN).map(str::to_owned).collect();
    assert_eq!(report.total().failed(), 0, "\n{}\n{}", failures.join("\n"), report.table());
    let page = fs::read_to_string(docs::path()).unwrap_or_default();
    assert!(
        page.replace("\r\n", "\n").ends_with(&docs::body(&report)),
        "docs/conformance.md is stale; write it again:\n  \
         cargo run --release -p herkos-tests --bin conformance -- --write-docs"
    );
    Ok(())
}

/// Assertions that are false, each of which the runner must notice.
const FALSE: &str = r#"
(module
  (func (export "one") (result i32) (i32.const 1))
  (func (export "nan") (result f32) (f32.const nan:0x200000))
  (func (export "trap") (unreachable))
  (global (export "g") i32 (i32.const 3)))
(assert_return (invoke "one") (i32.const 2))
(assert_return (invoke "one"))
(assert_return (invoke "one") (i64.const 1))
(assert_return (invoke "nan") (f32.const nan:canonical))
(assert_return (invoke "nan") (f32.const nan:arithmetic))
(assert_return (invoke "trap"))
(assert_return (get "g") (i32.const 4))
(assert_return (invoke "none"))
(assert_trap (invoke "one") "unreachable")
(assert_trap (invoke "trap") "integer overflow")
(assert_exhaustion (invoke "one") "call stack exhausted")
(assert_invalid (module (func)) "type mismatch")
(assert_malformed (module quote "(func)") "unexpected token")
(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")
(assert_trap (module) "unreachable")
(assert_return (invoke $none "one") (i32.const 1))
(module (func (result i32)))
(module (import "spectest" "none" (func)))
(module (func $f (unreachable)) (start $f))
"#;

/// The same module, asserted rightly: what fails above fails for being false.
const TRUE: &str = r#"
(module
  (func (export "one") (result i32) (i32.const 1))
  (func (export "nan") (result f32) (f32.const nan:0x200000))
  (func (export "trap") (unreachable))
  (func $deep (export "deep") (call $deep))
  (global (export "g") i32 (i32.const 3)))
(assert_return (invoke "one") (i32.const 1))
(assert_return (invoke "nan") (f32.const nan:0x200000))
(assert_trap (invoke "trap") "unreachable")
(assert_exhaustion (invoke "deep") "call stack exhausted")
(assert_return (get "g") (i32.const 3))
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_malformed (module quote "(func") "unexpected token")
(assert_unlinkable (module (import "spectest" "none" (func))) "unknown import")
(assert_trap (module (func $f (unreachable)) (start $f)) "unreachable")
"#;

#[test]
fn the_runner_notices_what_is_false() -> anyhow::Result<()> {
    let compiler = Compiler::new(&cache_directory()?, false)?;
    for (name, text, first_false) in
        [("self-test-true", TRUE, usize::MAX), ("self-test-false", FALSE, 1)]
    {
        let (script, outcomes) = run_script(&compiler, name, text)?;
        for (index, (directive, outcome)) in script.iter().zip(&outcomes).enumerate() {
            let expected = index < first_false;
            let what = directive.kind.describe();
            assert_eq!(*outcome == Outcome::Passed, expected, "{what}: {outcome:?}");
        }
    }
    Ok(())
}
