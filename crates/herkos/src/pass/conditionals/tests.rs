//! One function a rule: what becomes of blocks and jumps.
#![allow(clippy::unwrap_used)]

use super::MAX_DEPTH;
use crate::{Config, Optimization};

/// What the function of this body becomes, on one line. Parameters are 0 and 1.
fn shape(body: &str) -> String {
    let text = format!("(module (func (param i32 i32) (result i32) {body} (local.get 1)))");
    let ir = Config::new()
        .without(Optimization::Webs)
        .emit_ir(text.as_bytes(), Some("conditionals"))
        .unwrap();
    let (_, function) = ir.split_once("{\n").unwrap();
    let words: Vec<_> = function.split_whitespace().collect();
    words.join(" ").replace(" else { }", "").replace("return p1 }", "").trim_end().to_owned()
}

/// Goes to the block with this label if the first parameter is not zero.
fn br_if(label: &str) -> String {
    format!("(br_if ${label} (local.get 0))")
}

/// Goes there if it is this number.
fn br_if_is(label: &str, number: i32) -> String {
    format!("(br_if ${label} (i32.eq (local.get 0) (i32.const {number})))")
}

/// Something to skip.
fn set(number: i32) -> String {
    format!("(local.set 1 (i32.const {number}))")
}

#[test]
fn what_a_jump_skips_is_an_arm() {
    assert_eq!(
        shape(&format!("(block $a {} {}) {}", br_if("a"), set(1), set(2))),
        "if p0 { } else { p1 = i32:1 } p1 = i32:2"
    );
    // What comes before it stays there.
    assert_eq!(
        shape(&format!("(block $a {} {} {})", set(1), br_if("a"), set(2))),
        "p1 = i32:1 if p0 { } else { p1 = i32:2 }"
    );
    assert_eq!(
        shape(&format!("(block $a {} {} {} {})", br_if("a"), set(1), br_if_is("a", 7), set(2))),
        "if p0 { } else { p1 = i32:1 if i32.eq(p0, i32:7) { } else { p1 = i32:2 } }"
    );
    // Nothing.
    assert_eq!(shape(&format!("(block $a {}) {}", br_if("a"), set(1))), "p1 = i32:1");
}

#[test]
fn two_blocks_are_two_arms() {
    let two = format!(
        "(block $end (block $else {} {} (br $end)) {}) {}",
        br_if("else"),
        set(1),
        set(2),
        set(3)
    );
    assert_eq!(shape(&two), "if p0 { p1 = i32:2 } else { p1 = i32:1 } p1 = i32:3");
    let three = format!(
        "(block $end (block $c (block $b {} {} (br $end)) {} {} (br $end)) {})",
        br_if("b"),
        set(1),
        br_if_is("c", 7),
        set(2),
        set(3)
    );
    assert_eq!(
        shape(&three),
        "if p0 { if i32.eq(p0, i32:7) { p1 = i32:3 } else { p1 = i32:2 } } else { p1 = i32:1 }"
    );
    // A jump in an arm that skips the rest of that arm, and one that skips both.
    let inner = format!(
        "(block $end (block $else {} {} {} (br $end)) {} {} {})",
        br_if("else"),
        br_if_is("end", 7),
        set(1),
        set(2),
        br_if_is("end", 8),
        set(3)
    );
    assert_eq!(
        shape(&inner),
        "if p0 { p1 = i32:2 if i32.eq(p0, i32:8) { } else { p1 = i32:3 } } \
         else { if i32.eq(p0, i32:7) { } else { p1 = i32:1 } }"
    );
}

#[test]
fn loops_are_left_themselves() {
    let count = "(local.set 0 (i32.sub (local.get 0) (i32.const 1)))";
    assert_eq!(
        shape(&format!(
            "(block $end (loop $again {} {count} {} {count} (br $again)))",
            br_if_is("end", 7),
            br_if_is("end", 8)
        )),
        "loop L2 { if i32.eq(p0, i32:7) { break L2 } p0 = i32.sub(p0, i32:1) \
         if i32.eq(p0, i32:8) { break L2 } p0 = i32.sub(p0, i32:1) continue L2 }"
    );
    // From an inner loop.
    assert_eq!(
        shape(&format!(
            "(block $end (loop $outer (loop $inner {} {count} {}) (br $outer)))",
            br_if_is("end", 7),
            br_if("inner")
        )),
        "loop L2 { loop L3 { if i32.eq(p0, i32:7) { break L2 } p0 = i32.sub(p0, i32:1) \
         if p0 { continue L3 } } continue L2 }"
    );
    // There is something behind the loop that the jump skips.
    assert_eq!(
        shape(&format!(
            "(block $end (loop $again {} {count} {}) {})",
            br_if_is("end", 7),
            br_if("again"),
            set(1)
        )),
        "block L1 { loop L2 { if i32.eq(p0, i32:7) { break L1 } p0 = i32.sub(p0, i32:1) \
         if p0 { continue L2 } } p1 = i32:1 }"
    );
    // The loop ends where another block does.
    assert_eq!(
        shape(&format!(
            "(block $end (block $next (loop $again {} {} {count} (br $again))) {})",
            br_if_is("end", 7),
            br_if_is("next", 8),
            set(1)
        )),
        "block L1 { loop L3 { if i32.eq(p0, i32:7) { break L1 } if i32.eq(p0, i32:8) { break L3 } \
         p0 = i32.sub(p0, i32:1) continue L3 } p1 = i32:1 }"
    );
}

#[test]
fn arms_of_a_switch_end_where_it_does() {
    let body = format!(
        "(block $end (block $two (block $one (br_table $one $two $end (local.get 0))) {} (br $end)) {} {} {})",
        set(1),
        set(2),
        br_if_is("end", 7),
        set(3)
    );
    assert_eq!(
        shape(&body),
        "switch p0 { case [(0, 0)]: p1 = i32:1 case [(1, 1)]: p1 = i32:2 \
         if i32.eq(p0, i32:7) { } else { p1 = i32:3 } default: }"
    );
}

#[test]
fn jumps_over_more_than_an_arm_stay() {
    // Into the middle of what another jump skips.
    let body = format!(
        "(block $a (block $b {} (block $c {} {} (br $a)) {}) {})",
        br_if("b"),
        br_if_is("c", 7),
        br_if_is("b", 8),
        set(1),
        set(2)
    );
    assert!(shape(&body).contains("break"), "{}", shape(&body));
}

#[test]
fn arms_do_not_nest_without_end() {
    let body: String = (0..1_000).map(|number| br_if_is("a", number) + &set(number)).collect();
    let shape = shape(&format!("(block $a {body})"));
    let (mut depth, mut deepest) = (0, 0);
    for character in shape.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    assert!(deepest > MAX_DEPTH && deepest < MAX_DEPTH + 3, "{deepest}");
    assert_eq!(shape.matches("break").count(), 1_000 - MAX_DEPTH as usize + 1);
}
