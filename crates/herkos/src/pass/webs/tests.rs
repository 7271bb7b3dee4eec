//! One function a rule: which assignments get a variable of their own.
#![allow(clippy::unwrap_used)]

use crate::Config;

/// What the function of this body assigns, in order: `v` is a variable of one value. Its parameters
/// are 0 and 1, its locals 2 and 3.
fn targets_with(config: &Config, names: &str, body: &str) -> String {
    let text = format!(
        r#"(module (memory 1) (func $two (result i32 i32) i32.const 1 i32.const 2)
            (func (param {names} i32) (param i32) (result i32) (local i32 i32) {body}))"#
    );
    let ir = config.emit_ir(text.as_bytes(), Some("webs")).unwrap();
    let (_, function) = ir.split_once("func 1").unwrap();
    let lines = function.lines().filter_map(|line| line.trim().split_once(" = "));
    let targets: Vec<_> = (lines.flat_map(|(targets, _)| targets.split(", ")))
        .map(|target| if target.starts_with('v') { "v" } else { target })
        .collect();
    targets.join(" ")
}

fn targets(body: &str) -> String {
    targets_with(&Config::new(), "", body)
}

/// Assigns what was loaded to a local.
fn set(local: u32) -> String {
    format!("(local.set {local} (i32.load (local.get 0)))")
}

/// Uses a local.
fn with(local: u32) -> String {
    format!("(i32.store (local.get 1) (local.get {local}))")
}

/// Does something if there is anything where the second parameter points.
fn on(then: &str, other: &str) -> String {
    format!("(if (i32.load (local.get 1)) (then {then}) (else {other}))")
}

const END: &str = "(i32.const 0)";

#[test]
fn values_that_follow_each_other_are_apart() {
    assert_eq!(targets(&(set(2) + &with(2) + &set(2) + &with(2) + END)), "v v");
    // Parameters keep the first one.
    assert_eq!(targets(&(with(0) + &set(0) + &with(0) + END)), "v");
    // There is one, and what the local is at first is not used.
    assert_eq!(targets(&(set(2) + &with(2) + END)), "v");
    assert_eq!(targets(&(with(2) + &set(2) + &with(2) + END)), "v");
    let two = "(call $two) (local.set 2) (local.set 3)".to_owned() + &with(2) + &with(3);
    assert_eq!(targets(&(two.clone() + &two + END)), "v v v v v v v v");
}

#[test]
fn what_is_never_used_is_dropped() {
    let add = "(local.set 2 (i32.add (local.get 0) (local.get 1)))";
    assert_eq!(targets(&(add.to_owned() + &set(2) + &with(2) + END)), "v");
    // An effect is not.
    assert_eq!(targets(&(set(2) + &set(2) + &with(2) + END)), "v v");
}

#[test]
fn where_ways_meet_the_local_stays() {
    let ways = |then: &str, other: &str| targets(&(on(then, other) + &with(2) + END));
    // Conditions are loaded, and are values of their own.
    assert_eq!(ways(&set(2), &set(2)), "v l2 l2");
    // What it is at first.
    assert_eq!(ways(&set(2), ""), "v l2");
    let around = |then: &str, other: &str| {
        targets(&(set(2) + &with(2) + &on(then, other) + &set(2) + &with(2) + END))
    };
    assert_eq!(around(&(set(2) + &with(2)), ""), "v v v v");
    // A way that ends here, and one that jumps.
    let end = set(2) + &with(2) + "(return (i32.const 0))";
    assert_eq!(targets(&(set(2) + &on(&end, "") + &with(2) + END)), "v v v");
    let jump = |target| {
        let inner = set(2) + &on(&(set(2) + &format!("(br {target})")), "") + &with(2);
        targets(&format!("(block (block {inner}) {}) {} {END}", set(3), with(2)))
    };
    assert_eq!(jump(2), "l2 v l2 v");
    assert_eq!(jump(1), "l2 v l2 v");
    // Into another local, by way of what meets in the first.
    let chain = on(&(set(2) + "(br 1)"), &(set(2) + "(br 1)"));
    assert_eq!(targets(&format!("(block {chain}) {} {END}", with(2))), "v l2 l2");
    let table = format!(
        "(block (block (block (br_table 0 1 2 (local.get 1))) {} (br 1)) {}) {} {END}",
        set(2),
        set(2),
        with(2)
    );
    assert_eq!(targets(&table), "l2 l2");
}

#[test]
fn loops_keep_what_they_carry() {
    let around = |body: &str, after: &str| {
        targets(&format!(
            "{} (loop {body} (br_if 0 (i32.load (local.get 1)))) {after} {END}",
            set(2)
        ))
    };
    // The last is the condition of the loop.
    assert_eq!(around(&(with(2) + &set(2)), ""), "l2 l2 v");
    assert_eq!(around(&(set(2) + &with(2)), ""), "v v v");
    assert_eq!(around(&with(2), ""), "v v");
    // rustc does not see that a value is there behind the loop, nor that it is the last one.
    assert_eq!(around(&set(2), &with(2)), "v l2 v");
    // By way of an inner loop.
    let inner = format!("(loop {} (br_if 0 (i32.load (local.get 1))))", with(2));
    assert_eq!(around(&(inner + &set(2)), ""), "l2 v l2 v");
}

#[test]
fn names_are_kept() {
    let body = with(0) + &set(0) + &with(0) + &set(0) + &with(0) + END;
    assert_eq!(targets_with(&Config::new(), "", &body), "v v");
    assert_eq!(targets_with(&Config::new(), "$p", &body), "p0 p0");
}

#[test]
fn it_can_be_left_out() {
    let config = Config::new().without(crate::Optimization::Webs);
    let body = set(2) + &with(2) + &set(2) + &with(2) + END;
    assert_eq!(targets_with(&config, "", &body), "l2 l2");
}

#[test]
fn the_time_is_bounded() {
    // Each of the jumps has all of the locals to look at.
    let many: String =
        (2..1000).map(|local| format!("(local.set {local} (i32.load (local.get 0)))")).collect();
    let jumps = "(br_if 0 (i32.load (local.get 1)))".repeat(1000);
    let text = format!(
        "(module (memory 1) (func (param i32 i32) (local {}) (block {many} {many} {jumps})))",
        "i32 ".repeat(1000)
    );
    let ir = Config::new().emit_ir(text.as_bytes(), Some("webs")).unwrap();
    assert!(ir.contains("l999 = i32.load"));
}
