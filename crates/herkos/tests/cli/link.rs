//! `herkos link NAME=MODULE… -o OUTPUT`.

use crate::place::Place;

const PROGRAM: &str = r#"(module (import "math" "double" (func $double (param i32) (result i32)))
    (func (export "quadruple") (param i32) (result i32) (call $double (call $double (local.get 0)))))"#;

const MATH: &str = r#"(module (memory (export "memory") 1)
    (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#;

fn place() -> Place {
    let place = Place::new();
    place.write("program.wat", PROGRAM);
    place.write("math.wat", MATH);
    place
}

#[test]
fn modules_become_one_source() {
    let place = place();
    let modules = ["link", "program=program.wat", "math=math.wat", "--output"];
    place.herkos(modules.iter().chain(&["both.rs"])).quiet_success();
    let source = place.read("both.rs");
    for part in ["`program=program.wat math=math.wat`", "pub fn quadruple(", "pub fn math_double("]
    {
        assert!(source.contains(part), "{part} is not in {source}");
    }
    assert!(!source.contains("pub trait"), "nothing is left to import: {source}");
    let again = place.herkos(modules.iter().chain(&["-"]));
    assert_eq!(again.success(), source);
    let apart = place.herkos(modules.iter().chain(&["-", "--instantiate-separately"]));
    assert!(apart.success().contains("pub fn instantiate_math(&mut self) -> WasmResult<()>"));
    place.herkos(modules.iter().chain(&["both.wasm", "--emit", "wasm"])).quiet_success();
    place.herkos(["inspect", "both.wasm"]).success();
}

#[test]
fn what_does_not_fit_is_said_and_nothing_is_written() {
    let place = place();
    place.write("other.wat", r#"(module (func (export "double") (param i64)))"#);
    place
        .herkos(["link", "program=program.wat", "math=other.wat", "-o", "x.rs"])
        .failure(1, &["`program` imports `double` from `math`", "(i32) -> i32", "(i64) -> ()"]);
    place
        .herkos(["link", "program=program.wat", "math=none.wat", "-o", "x.rs"])
        .failure(1, &["none.wat"]);
    place.herkos(["link", "program.wat", "-o", "x.rs"]).failure(2, &["NAME=MODULE"]);
    place.herkos(["link", "a=math.wat", "a=math.wat", "-o", "x.rs"]).failure(1, &["named `a`"]);
    place
        .herkos(["link", "a=math.wat", "b=program.wat", "-o", "program.wat"])
        .failure(1, &["program.wat"]);
    assert_eq!(place.list(), ["math.wat", "other.wat", "program.wat"]);
}
