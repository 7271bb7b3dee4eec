//! What the types promise, as programs that must not compile. `TRYBUILD=overwrite` writes what rustc
//! says now; read the diff as the user who made the mistake.

#[test]
fn the_isolation_is_checked_by_rustc() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile_fail/allowed.rs");
    cases.compile_fail("tests/compile_fail/[!a]*.rs");
}
