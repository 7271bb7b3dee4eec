//! One loop a rule: which are counted, and which are rerolled.
#![allow(clippy::unwrap_used)]

use crate::Config;

/// The function of this body after the pass: `$p`, `$q` and `$n` come in, all locals go out.
fn ir(body: &str) -> String {
    let text = format!(
        r#"(module
            (import "env" "host" (func $host))
            (memory 1)
            (table 1 funcref)
            (global $g (mut i32) (i32.const 0))
            (func (param $p i32) (param $q i32) (param $n i32)
                (result i32 i32 i64 f32)
                (local $i i32) (local $s i32) (local $t i32) (local $l i64) (local $f f32)
                {body}
                local.get $i local.get $s local.get $l local.get $f))"#
    );
    Config::new().emit_ir(text.as_bytes(), Some("counted")).unwrap()
}

/// The head of the only counted loop, and its streams; or nothing.
fn head(body: &str) -> String {
    let ir = ir(body);
    let lines: Vec<&str> = (ir.lines().map(str::trim))
        .filter(|line| line.starts_with("counted ") || line.starts_with("stream "))
        .collect();
    // Without the label and the brace.
    let mut words = lines.join("; ").replace(" {", "");
    if let Some(start) = words.strip_prefix("counted L") {
        words = start.split_once(' ').map_or_else(String::new, |(_, rest)| rest.to_owned());
    }
    words
}

/// The fast form of the only counted loop.
fn fast(body: &str) -> Vec<String> {
    let ir = ir(body);
    let lines = ir.lines().map(str::trim).skip_while(|line| !line.starts_with("counted "));
    let lines = lines.skip(1).take_while(|line| *line != "} else {");
    let lines = lines.filter(|line| !line.starts_with("stream "));
    // Without the place in the module.
    lines.map(|line| line.split(" @").next().unwrap().to_owned()).collect()
}

/// A loop over the bytes from `$p` on, with this step, test, and more in its body.
fn bytes(more: &str, step: i32, test: &str) -> String {
    format!(
        "(loop $loop (i32.store8 (local.get $p) (i32.const 1)) {more}
            (local.set $p (i32.add (local.get $p) (i32.const {step}))) (br_if $loop {test}))"
    )
}

const UNTIL_N: &str = "(i32.ne (local.get $p) (local.get $n))";

#[test]
fn tests_of_all_kinds_are_counted() {
    let p = "(local.get $p)";
    let n = "(local.get $n)";
    for (op, step, swapped, expected) in [
        ("ne", 4, false, "Ne step 4 times 1 (i32.add(p0, i32:4), p2, p0)"),
        ("ne", 4, true, "Ne step 4 times 1 (i32.add(p0, i32:4), p2, p0)"),
        ("lt_u", 4, false, "Lt step 4 times 1 (i32.add(p0, i32:4), p2, p0)"),
        ("gt_u", 4, true, "Lt step 4 times 1 (i32.add(p0, i32:4), p2, p0)"),
        ("le_u", 4, false, "Le step 4 times 1 (i32.add(p0, i32:4), p2, p0)"),
        ("ge_u", 4, true, "Le step 4 times 1 (i32.add(p0, i32:4), p2, p0)"),
        (
            "lt_s",
            4,
            false,
            "Lt step 4 times 1 (i32.xor(i32.add(p0, i32:4), i32:-2147483648), \
             i32.xor(p2, i32:-2147483648), p0)",
        ),
        (
            "ge_s",
            4,
            true,
            "Le step 4 times 1 (i32.xor(i32.add(p0, i32:4), i32:-2147483648), \
             i32.xor(p2, i32:-2147483648), p0)",
        ),
        // The value moves away from the bound.
        ("gt_u", 4, false, ""),
        ("lt_u", 4, true, ""),
        ("ge_s", 4, false, ""),
        ("eq", 4, false, ""),
        // It never moves.
        ("ne", 0, false, ""),
    ] {
        let (a, b) = if swapped { (n, p) } else { (p, n) };
        let head = head(&bytes("", step, &format!("(i32.{op} {a} {b})")));
        let found = head.split("; stream").next().unwrap();
        assert_eq!(found, expected, "{op} {step} {swapped}");
    }
}

/// A loop over the bytes from `$p` on that is counted by `$i`.
fn by_counter(step: i32, test: &str) -> String {
    let step =
        format!("(local.set $i (i32.add (local.get $i) (i32.const {step}))) (local.set $t {test})");
    bytes(&step, 1, "(local.get $t)")
}

#[test]
fn falling_counters_are_turned_round() {
    for (test, expected) in [
        (
            "(i32.ne (local.get $i) (local.get $n))",
            "Ne step 2 times 1 (p2, i32.add(l3, i32:-2), p0)",
        ),
        ("(local.get $i)", "Ne step 2 times 1 (i32:0, i32.add(l3, i32:-2), p0)"),
        (
            "(i32.gt_u (local.get $i) (local.get $n))",
            "Lt step 2 times 1 (i32.xor(i32.add(l3, i32:-2), i32:-1), i32.xor(p2, i32:-1), p0)",
        ),
        (
            "(i32.ge_s (local.get $i) (i32.const 0))",
            "Le step 2 times 1 (i32.xor(i32.add(l3, i32:-2), i32:2147483647), i32:2147483647, p0)",
        ),
        ("(i32.lt_u (local.get $i) (local.get $n))", ""),
    ] {
        let head = head(&by_counter(-2, test));
        assert_eq!(head.split("; stream").next().unwrap(), expected, "{test}");
    }
}

#[test]
fn wrapping_is_counted_by_the_value_before() {
    let up = "(i32.add (local.get $i) (i32.const 16))";
    let wraps = |step| by_counter(step, &format!("(i32.ge_u {up} (local.get $i))"));
    assert_eq!(
        head(&wraps(16)).split("; stream").next().unwrap(),
        "Le step 16 times 1 (i32.add(l3, i32:16), i32:-17, p0)"
    );
    // It is not the step that is tested.
    assert_eq!(head(&wraps(8)), "");
}

#[test]
fn bounds_do_not_change() {
    let changing = "(local.set $n (i32.load8_u (local.get $p)))";
    assert_eq!(head(&bytes(changing, 1, UNTIL_N)), "");
    let steps = "(local.set $n (i32.add (local.get $n) (i32.const 4)))";
    // Both move, by the same amount: for ever, or once.
    assert_eq!(head(&bytes(steps, 4, UNTIL_N)), "");
    let global = "(i32.ne (local.get $p) (global.get $g))";
    assert_eq!(head(&bytes("", 1, global)), "");
}

#[test]
fn bodies_that_call_grow_or_nest_are_left_alone() {
    for more in [
        "(call $host)",
        "(call_indirect (i32.const 0))",
        "(drop (memory.grow (i32.const 1)))",
        "(loop (br_if 0 (i32.load (local.get $q))))",
        // It goes on in two places.
        "(br_if $loop (i32.load8_u (local.get $p)))",
        // It leaves in the middle.
        "(if (i32.load8_u (local.get $p)) (then (return (i32.const 0) (i32.const 0) (i64.const 0) (f32.const 0))))",
    ] {
        assert_eq!(head(&bytes(more, 1, UNTIL_N)), "", "{more}");
    }
    // Few accesses walk: this one does, the first load stays, and where the others are is not known.
    let list =
        |loads| format!("(drop {}(local.get $q){})", "(i32.load ".repeat(loads), ")".repeat(loads));
    assert_ne!(head(&bytes(&list(7), 1, UNTIL_N)), "");
    assert_eq!(head(&bytes(&list(8), 1, UNTIL_N)), "");
    for more in [
        "(global.set $g (i32.const 1))",
        "(block (br_if 0 (local.get $q)) (unreachable))",
        "(local.set $s (i32.div_u (local.get $s) (local.get $q)))",
        "(memory.fill (local.get $q) (i32.const 0) (i32.const 8))",
    ] {
        assert_ne!(head(&bytes(more, 1, UNTIL_N)), "", "{more}");
    }
}

#[test]
fn long_bodies_are_left_alone() {
    let more = |count| "(local.set $s (i32.rotl (local.get $s) (i32.const 3)))".repeat(count);
    assert_ne!(head(&bytes(&more(110), 1, UNTIL_N)), "");
    assert_eq!(head(&bytes(&more(120), 1, UNTIL_N)), "");
    let branches = "(if (local.get $q) (then (local.set $s (i32.const 1))))".repeat(60);
    assert_eq!(head(&bytes(&branches, 1, UNTIL_N)), "");
}

#[test]
fn what_only_counts_is_advanced_behind_the_loop() {
    let step = "(local.set $i (i32.add (local.get $i) (i32.const 3)))";
    let advanced = |more: &str| -> Vec<String> {
        let lines = fast(&bytes(more, 1, UNTIL_N));
        lines
            .into_iter()
            .filter(|line| line.starts_with("advance") || line.contains("l3"))
            .collect()
    };
    // Nothing reads `$p` behind the loop.
    assert_eq!(advanced(step), ["advance l3 by 3"]);
    assert_eq!(advanced(&format!("{step} {step}")), ["advance l3 by 6"]);
    // In the loop it is read for something else, before, behind and in a conditional.
    let read = "(local.set $l (i64.extend_i32_u (local.get $i)))";
    for more in [
        format!("{read} {step}"),
        format!("{step} {read}"),
        format!("{step} (if (local.get $q) (then {read}))"),
        format!("(if (local.get $q) (then {step}) (else {step}))"),
    ] {
        let lines = advanced(&more);
        assert!(lines.contains(&"l3 = i32.add(l3, i32:3)".to_owned()), "{more}: {lines:?}");
        assert!(!lines.contains(&"advance l3 by 3".to_owned()), "{more}: {lines:?}");
    }
}

#[test]
fn what_a_stream_proved_is_checked() {
    let load = |addr: &str, offset: u32| {
        format!("(local.set $s (i32.add (local.get $s) (i32.load offset={offset} {addr})))")
    };
    let bounds = |body: String| -> Vec<String> {
        let lines = fast(&body).into_iter().filter(|line| line.contains("i32.load offset="));
        lines.map(|line| line.split_once(" = ").unwrap().1.to_owned()).collect()
    };
    // Too far for the stream of the first one.
    let p = "(local.get $p)";
    let far = bounds(bytes(&(load(p, 0) + &load(p, 600_000)), 4, UNTIL_N));
    assert_eq!(far.len(), 1, "{far:?}");
    assert!(far[0].contains("600004") && !far[0].contains("proven"), "{far:?}");
    // The same value, once not as a sum.
    let and = "(i32.and (local.get $q) (local.get $n))";
    let other = bounds(
        format!("(local.set $t {and})")
            + &bytes(&(load("(local.get $t)", 0) + &load(and, 100)), 4, UNTIL_N),
    );
    assert_eq!(other.len(), 1, "{other:?}");
    assert!(other[0].contains("104") && !other[0].contains("proven"), "{other:?}");
    // The same below the memory's minimum.
    let mask = "(i32.and (local.get $q) (i32.const 255))";
    let low = bounds(
        format!("(local.set $t {mask})")
            + &bytes(&(load("(local.get $t)", 0) + &load(mask, 100)), 4, UNTIL_N),
    );
    assert_eq!(low.len(), 1, "{low:?}");
    assert!(low[0].contains("below_proven=65536"), "{low:?}");
}

/// The streams and the fast form of a loop that counts what it loads from `$p` on, in a table.
#[track_caller]
fn table(index: &str, offset: u32) -> String {
    let place = format!("(local.tee $t {index})");
    let count = format!(
        "(i32.store offset={offset} {place} (i32.add (i32.const 1) (i32.load offset={offset} (local.get $t))))"
    );
    let body = format!(
        "(loop $loop {count} (local.set $p (i32.add (local.get $p) (i32.const 1))) (br_if $loop {UNTIL_N}))"
    );
    let streams = head(&body).split("; ").skip(1).collect::<Vec<_>>().join("; ");
    let accesses = fast(&body).into_iter().filter(|line| line.starts_with("i32.store"));
    format!("{streams}: {}", accesses.collect::<String>())
}

#[test]
fn tables_are_checked_before_the_loop() {
    let byte = "(i32.load8_u (local.get $p))";
    let q = "(local.get $q)";
    let bytes = "stream S0 stride 1 extent 1";
    let at = |index: &str| table(&format!("(i32.add {q} {index})"), 0);
    for (index, extent) in [
        (byte.to_owned(), 259),
        (format!("(i32.shl {byte} (i32.const 2))"), 1024),
        (format!("(i32.mul {byte} (i32.const 3))"), 769),
        (format!("(i32.and {byte} (i32.const 15))"), 19),
        (format!("(i32.and (i32.load {q}) (i32.const 15))"), 19),
        (format!("(i32.shr_u (i32.load {q}) (i32.const 28))"), 19),
        (format!("(i32.add {byte} (i32.shl {byte} (i32.const 1)))"), 769),
        ("(i32.wrap_i64 (i64.and (i64.load (local.get $p)) (i64.const 7)))".to_owned(), 11),
        ("(i32.and (i32.load16_u (local.get $p)) (i32.const 0x7fff))".to_owned(), 32_771),
    ] {
        let found = at(&index);
        let stream = format!("stride 0 extent {extent}: i32.store S");
        assert!(found.contains(&stream), "{index}: {found}");
    }
    // Anything, too much, or at an address that changes.
    for index in [
        "(i32.load (local.get $p))".to_owned(),
        "(i32.load8_s (local.get $p))".to_owned(),
        "(i32.load16_u (local.get $p))".to_owned(),
        format!("(i32.shl {byte} (i32.const 9))"),
        format!("(i32.and {byte} (local.get $n))").replace("load8_u", "load"),
        format!("(i32.add {byte} (local.get $p))"),
        "(i32.wrap_i64 (i64.and (i64.load (local.get $p)) (i64.const -1)))".to_owned(),
    ] {
        let found = at(&index);
        assert!(!found.contains("i32.store S"), "{index}: {found}");
    }
    // Further on, by the address and by the offset.
    let further = format!("(i32.add (i32.add {q} {byte}) (i32.const -8))");
    let further = table(&further, 12);
    let wanted = format!("{bytes}; stream S1 stride 0 extent 271: i32.store S1 offset=12(");
    assert!(further.starts_with(&wanted), "{further}");
    // Constants below the memory's minimum, and not.
    let low = table(byte, 1024);
    assert!(low.contains("below_proven=65536"), "{low}");
    let high = table(byte, 65_500);
    assert!(high.contains("stride 0 extent 65759: i32.store S1 offset=65500"), "{high}");
}

#[test]
fn many_tables_leave_room_for_streams() {
    let byte = "(i32.load8_u (local.get $p))";
    let table = |at: u32| {
        format!(
            "(local.set $s (i32.load8_u (i32.add (i32.add (i32.const {at}) (local.get $q)) {byte})))"
        )
    };
    let body: String = (1..12).map(|at| table(at * 1_000_000)).collect();
    let ir = ir(&bytes(&body, 1, UNTIL_N));
    assert_eq!(ir.matches("stream S").count(), 8, "{ir}");
    assert_eq!(ir.matches("stream S0 stride 1 ").count(), 1, "{ir}");
}

#[test]
fn what_is_known_of_a_table_is_forgotten() {
    let byte = "(local.set $t (i32.load8_u (local.get $p)))";
    let put = "(i32.store (i32.add (local.get $q) (local.get $t)) (i32.const 1))";
    let is_table = |between: &str| {
        let body = format!(
            "(loop $loop {byte} {between} {put} (local.set $p (i32.add (local.get $p) (i32.const 1)))
                (br_if $loop {UNTIL_N}))"
        );
        ir(&body).contains("i32.store S1")
    };
    assert!(is_table(""));
    assert!(is_table("(if (local.get $s) (then (local.set $s (i32.const 1))))"));
    assert!(!is_table("(local.set $t (i32.load (local.get $q)))"));
    assert!(!is_table("(local.set $t (i32.rotl (local.get $t) (i32.const 30)))"));
    assert!(!is_table("(if (local.get $s) (then (local.set $t (i32.load16_u (local.get $p)))))"));
    assert!(!is_table("(block (br_if 0 (local.get $s)) (local.set $t (i32.load (local.get $p))))"));
}

#[test]
fn copies_are_one_call() {
    let value = |delta: u32| format!("(i64.load offset={delta} (local.get $p))");
    let copy = |delta: u32| format!("(i64.store offset={delta} (local.get $q) {})", value(delta));
    let copies = |step: u32, body: &str| {
        let ir = ir(&format!(
            "(loop $loop {body} (local.set $p (i32.add (local.get $p) (i32.const {step})))
                (local.set $q (i32.add (local.get $q) (i32.const {step}))) (br_if $loop {UNTIL_N}))"
        ));
        ir.lines().any(|line| line.trim() == "copies S0 S1")
    };
    assert!(copies(8, &copy(0)));
    assert!(copies(16, &(copy(0) + &copy(8))));
    assert!(copies(4, "(i32.store (local.get $q) (i32.load (local.get $p)))"));
    assert!(copies(4, "(f32.store (local.get $q) (f32.load (local.get $p)))"));
    assert!(copies(4, "(i64.store32 (local.get $q) (i64.load32_s (local.get $p)))"));
    // All of a step are loaded before, in any order.
    let both = |first: u32, second: u32| {
        let loads = format!("(local.get $q) {} (local.get $q) {}", value(first), value(second));
        format!("{loads} i64.store offset={second} i64.store offset={first}")
    };
    assert!(copies(16, &both(0, 8)));
    assert!(copies(16, &both(8, 0)));
    // Downwards, the second piece may be what the first one has written.
    assert!(!copies(16, &(copy(8) + &copy(0))));
    // Not everything, more, or something else.
    assert!(!copies(16, &copy(0)));
    assert!(!copies(8, &(copy(0) + &copy(8))));
    assert!(!copies(8, &(copy(0) + "(global.set $g (local.get $n))")));
    let changed = "(i32.add (i32.const 1) (i32.load (local.get $p)))";
    assert!(!copies(4, &format!("(i32.store (local.get $q) {changed})")));
    assert!(!copies(4, "(i32.store16 (local.get $q) (i32.load (local.get $p)))"));
    assert!(!copies(8, &format!("(i64.store (local.get $q) {})", value(8))));
    // What is loaded is used behind the loop.
    let kept = format!("(local.set $l {}) (i64.store (local.get $q) (local.get $l))", value(0));
    assert!(!copies(8, &kept));
}

#[test]
fn copies_of_single_bytes_are_left_alone() {
    let load = "(i32.load8_u (local.get $p))";
    let looped = |body: &str| {
        head(&format!(
            "(loop $loop {body} (local.set $p (i32.add (local.get $p) (i32.const 1)))
                (local.set $q (i32.add (local.get $q) (i32.const 1))) (br_if $loop {UNTIL_N}))"
        ))
    };
    assert_eq!(looped(&format!("(i32.store8 (local.get $q) {load})")), "");
    for counted in [
        format!("(i32.store8 (local.get $p) (i32.load8_u offset=1024 {load}))"),
        // What is loaded is not stored, or not as it is.
        format!("(local.set $s (i32.add (local.get $s) {load}))"),
        format!("(i32.store8 (local.get $q) (i32.add (i32.const 1) {load}))"),
        "(i32.store8 (local.get $q) (local.get $n))".to_owned(),
    ] {
        assert!(looped(&counted).starts_with("Ne step 1 "), "{counted}");
    }
    // Many at once are a long copy that was unrolled.
    let copy = "(i32.store8 offset=@ (local.get $q) (i32.load8_u offset=@ (local.get $p)))";
    let many = |count: usize| {
        let body: String = (0..count).map(|at| copy.replace('@', &at.to_string())).collect();
        let steps = ["p", "q"].map(|var| {
            format!("(local.set ${var} (i32.add (local.get ${var}) (i32.const {count})))")
        });
        times(&format!("(loop {body} {} (br_if 0 {UNTIL_N}))", steps.concat()))
    };
    assert_eq!([2, 4, 8].map(many), [0, 0, 8]);
}

#[test]
fn loops_that_stay_where_they_are_are_left_alone() {
    let still = "(loop (i32.store (local.get $q) (i32.load (local.get $q)))
        (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))";
    assert_eq!(head(still), "");
    let backwards = bytes("", -1, UNTIL_N);
    assert_eq!(head(&backwards), "");
}

#[test]
fn streams_are_sums() {
    let head = head(&bytes(
        "(local.set $i (i32.add (local.get $i) (i32.const 3)))
         (i32.store offset=5 (i32.add (local.get $q) (i32.shl (local.get $i) (i32.const 2)))
            (i32.load (i32.sub (i32.mul (local.get $i) (i32.const 12)) (local.get $q))))
         (i64.store offset=40 (local.get $q) (i64.const 0))",
        1,
        UNTIL_N,
    ));
    assert_eq!(
        head,
        "Ne step 1 times 1 (i32.add(p0, i32:1), p2, p0, \
         i32.add(i32.add(i32.mul(p1, i32:-1), i32.mul(l3, i32:12)), i32:36), \
         i32.add(i32.add(p1, i32.shl(l3, i32:2)), i32:12), p1, l3); \
         stream S0 stride 1 extent 1; stream S1 stride 36 extent 4; \
         stream S2 stride 12 extent 9; stream S3 stride 0 extent 48"
    );
}

#[test]
fn values_are_known_where_ways_meet() {
    let walked = |ways: &str| {
        let more = format!("{ways} (i32.store8 (local.get $t) (i32.const 1))");
        head(&bytes(&more, 1, UNTIL_N)).matches("stream").count()
    };
    let set = |n: i32| {
        format!("(local.set $t (i32.add (local.get $p) (i32.mul (local.get $q) (i32.const {n}))))")
    };
    let on = |then: &str, other: &str| format!("(if (local.get $q) (then {then}) (else {other}))");
    let (near, far) = (set(1), set(2));
    assert_eq!(walked(&near), 2);
    // On every way the same one.
    assert_eq!(walked(&on(&near, &near)), 2);
    assert_eq!(
        walked(&format!("(block {near} (br_if 0 (local.get $q)) (local.set $s (local.get $t)))")),
        2
    );
    assert_eq!(walked(&on(&near, "(unreachable)")), 2);
    assert_eq!(walked(&on("(unreachable)", &near)), 2);
    // Each way another one, or none.
    assert_eq!(walked(&on(&near, &far)), 1);
    assert_eq!(walked(&on(&near, "")), 1);
    assert_eq!(walked(&on("", &near)), 1);
    assert_eq!(walked(&format!("(block (br_if 0 (local.get $q)) {near})")), 1);
    assert_eq!(walked(&format!("(block {near} (br_if 0 (local.get $q)) {far})")), 1);
    // Before the ways part, and on one of them again.
    assert_eq!(walked(&(near.clone() + &on(&near, ""))), 2);
    assert_eq!(walked(&(near.clone() + &on(&far, ""))), 1);
    assert_eq!(walked(&(near + &on(&(far + "(unreachable)"), ""))), 2);
}

#[test]
fn steps_may_be_taken_on_either_way() {
    let step = |other: &str| {
        format!(
            "(loop $loop (i32.store8 (local.get $p) (i32.const 1))
                (if (local.get $q)
                    (then (local.set $p (i32.add (local.get $p) (i32.const 1))) (local.set $s (i32.const 1)))
                    (else {other}))
                (br_if $loop (i32.ne (local.get $p) (local.get $n))))"
        )
    };
    assert_ne!(head(&step("(local.set $p (i32.add (local.get $p) (i32.const 1)))")), "");
    assert_eq!(head(&step("(local.set $p (i32.add (local.get $p) (i32.const 2)))")), "");
    assert_eq!(head(&step("")), "");
}

#[test]
fn streams_start_at_the_lowest_address() {
    let more = "(drop (i32.load offset=8 (i32.sub (local.get $p) (i32.const 12))))";
    assert!(
        head(&bytes(more, 1, UNTIL_N)).ends_with(
            "(i32.add(p0, i32:1), p2, i32.add(p0, i32:-12)); stream S0 stride 1 extent 13"
        )
    );
    // The offset is added to an address that may have wrapped: the start is as low as that one,
    // else the first repetition would be in bounds where it is not.
    let more = "(drop (i32.load8_u offset=12 (i32.sub (local.get $p) (i32.const 12))))";
    assert!(
        head(&bytes(more, 1, UNTIL_N)).ends_with(
            "(i32.add(p0, i32:1), p2, i32.add(p0, i32:-12)); stream S0 stride 1 extent 13"
        )
    );
}

#[test]
fn far_offsets_make_no_streams() {
    let far = |offset| {
        let more = format!("(drop (i32.load offset={offset} (local.get $p)))");
        head(&bytes(&more, 1, UNTIL_N)).split_once("; ").unwrap().1.to_owned()
    };
    assert_eq!(far(500_000), "stream S0 stride 1 extent 500004");
    assert_eq!(far(600_000), "stream S0 stride 1 extent 1");
    assert_eq!(far(0xfffe_ffff_u32), "stream S0 stride 1 extent 1");
}

/// A loop of this body, `step` bytes from `$p` on at a time.
fn unrolled(body: &str, step: i32) -> String {
    format!(
        "(loop {body} (local.set $p (i32.add (local.get $p) (i32.const {step}))) (br_if 0 {UNTIL_N}))"
    )
}

fn times(body: &str) -> u32 {
    let head = head(body);
    let words: Vec<&str> = head.split(' ').collect();
    words.iter().position(|word| *word == "times").map_or(0, |at| words[at + 1].parse().unwrap())
}

/// So many copies of a body; `@` is the number of each, four times.
fn copies(count: usize, text: &str) -> String {
    (0..count).map(|copy| text.replace('@', &(4 * copy).to_string())).collect()
}

const ADD_ONE: &str = "(i32.store offset=@ (local.get $p)
    (i32.add (i32.load offset=@ (local.get $p)) (i32.const 1)))";

#[test]
fn unrolled_bodies_are_rerolled() {
    for count in [2, 3, 4, 8] {
        assert_eq!(times(&unrolled(&copies(count, ADD_ONE), 4 * count as i32)), count as u32);
    }
    assert_eq!(times(&unrolled(&copies(5, ADD_ONE), 20)), 1);
    assert_eq!(times(&unrolled(&copies(16, ADD_ONE), 64)), 8);
    assert_eq!(
        fast(&unrolled(&copies(4, ADD_ONE), 16)),
        ["v12 = i32.load S0+0()", "i32.store S0+0(i32.add(v12, i32:1))"]
    );
}

#[test]
fn bodies_that_are_almost_unrolled_are_not() {
    let four = copies(4, ADD_ONE);
    let body = |from: &str, to: &str| {
        assert!(four.contains(from), "{from}");
        let at = four.rfind(from).unwrap();
        four[..at].to_owned() + to + &four[at + from.len()..]
    };
    assert_eq!(times(&unrolled(&four, 16)), 4);
    for (from, to) in [
        ("i32.const 1", "i32.const 2"),
        ("i32.add", "i32.sub"),
        ("load offset=12", "load offset=8"),
        ("store offset=12", "store offset=16"),
        ("i32.load offset=12", "i32.load16_u offset=12"),
        ("(i32.store", "(nop) (i32.store offset=4 (local.get $q) (i32.const 0)) (i32.store"),
    ] {
        assert_eq!(times(&unrolled(&body(from, to), 16)), 1, "{from} -> {to}");
    }
    // A step that does not go with the distances.
    assert_eq!(times(&unrolled(&four, 32)), 1);
    assert_eq!(times(&unrolled(&four, 18)), 1);
    // The other way round.
    let backwards: String =
        (0..4).rev().map(|copy| ADD_ONE.replace('@', &(4 * copy).to_string())).collect();
    assert_eq!(times(&unrolled(&backwards, 16)), 1);
}

#[test]
fn sums_of_integers_are_rerolled() {
    let sum = |ty: &str, op: &str, sum: &str| {
        format!(
            "(local.set ${sum} ({ty}.{op} (local.get ${sum}) ({ty}.load offset=@ (local.get $p))))"
        )
    };
    assert_eq!(times(&unrolled(&copies(4, &sum("i32", "add", "s")), 16)), 4);
    assert_eq!(times(&unrolled(&copies(2, &sum("i64", "xor", "l")), 8)), 2);
    // What depends on the last repetition is not faster; a sum of floats has an order.
    assert_eq!(times(&unrolled(&copies(4, &sum("i32", "mul", "s")), 16)), 1);
    assert_eq!(times(&unrolled(&copies(4, &sum("f32", "add", "f")), 16)), 1);
    assert_eq!(
        fast(&unrolled(&copies(2, &sum("i32", "add", "s")), 8)),
        ["v10 = i32.load S0+0()", "v11 = i32.add(l4, v10)", "l4 = v11"]
    );
    // Two terms into one sum, and another one from the start on.
    let tree = "(local.set $s (i32.add (local.get $s) (i32.add
        (i32.load (local.get $p)) (i32.load offset=4 (local.get $p)))))";
    assert_eq!(times(&unrolled(tree, 8)), 1);
}

#[test]
fn a_value_of_the_repetition_before_is_rerolled() {
    let differ = "(local.set $t (i32.load offset=@ (local.get $p)))
        (i32.store offset=@ (local.get $q) (i32.sub (local.get $t) (local.get $s)))
        (local.set $s (local.get $t))";
    let steps = |step: i32| format!("(local.set $q (i32.add (local.get $q) (i32.const {step})))");
    assert_eq!(times(&unrolled(&(copies(4, differ) + &steps(16)), 16)), 4);
    assert_eq!(times(&unrolled(&(copies(4, differ) + &steps(20)), 16)), 1);
    // Each from what the one before stored: as fast unrolled.
    let chain = "(local.set $s (i32.add (local.get $s) (i32.load offset=@ (local.get $p))))
        (i32.store offset=@ (local.get $p) (local.get $s))";
    assert_eq!(times(&unrolled(&copies(4, chain), 16)), 1);
}

#[test]
fn variables_that_are_live_afterwards_keep_their_values() {
    let count = |step: i32| {
        let step = format!("(local.set $i (i32.add (local.get $i) (i32.const {step})))");
        unrolled(&(copies(4, ADD_ONE) + &step), 16)
    };
    assert_eq!(times(&count(4)), 4);
    assert!(fast(&count(4)).contains(&"advance l3 by 1".to_owned()));
    assert!(fast(&count(-8)).contains(&"advance l3 by -2".to_owned()));
    // It can't grow by a quarter of that; and it need not where nothing reads it.
    assert_eq!(times(&count(6)), 2);
    assert_eq!(times(&count(5)), 1);
    assert_eq!(times(&(count(5) + "(local.set $i (i32.const 0))")), 4);
    // The number of the repetition would have to be scaled.
    let numbers = "(i32.store offset=@ (local.get $p) (local.get $i))";
    let step = "(local.set $i (i32.add (local.get $i) (i32.const 4)))";
    assert_eq!(times(&unrolled(&(copies(4, numbers) + step), 16)), 1);
    // The last value that was loaded, and what the last repetition made of it.
    let last = "(local.set $s (i32.load offset=@ (local.get $p)))";
    assert_eq!(times(&unrolled(&copies(4, last), 16)), 4);
    let last = "(local.set $s (i32.add (i32.const 1) (i32.load offset=@ (local.get $p))))";
    assert_eq!(times(&unrolled(&copies(4, last), 16)), 4);
}

#[test]
fn bodies_with_other_effects_are_not_rerolled() {
    for more in [
        "(global.set $g (i32.const 1))",
        "(local.set $s (i32.load (local.get $q)))",
        "(if (local.get $q) (then (local.set $s (i32.const 1))))",
        "(local.set $s (i32.div_u (i32.const 7) (local.get $q)))",
        "(local.set $s (global.get $g))",
    ] {
        assert_eq!(times(&unrolled(&(copies(4, ADD_ONE) + more), 16)), 1, "{more}");
    }
}

#[test]
fn what_grows_beyond_measure_is_not_rerolled() {
    // As a tree it has 2 to the power of 60 nodes.
    let twice = "(local.set $s (i32.add (local.get $s) (i32.rotl (local.get $s) (i32.const 3))))";
    let store = "(i32.store offset=@ (local.get $p) (local.get $s))";
    let body =
        format!("(local.set $s (i32.load offset=@ (local.get $p))) {} {store}", twice.repeat(30));
    assert_eq!(times(&unrolled(&copies(2, &body), 8)), 1);
    assert_eq!(times(&unrolled(&copies(2, &body.replace(&twice.repeat(30), twice)), 8)), 2);
}
