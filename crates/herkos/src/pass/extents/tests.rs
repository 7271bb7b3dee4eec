//! One function a rule: which accesses share a check.
#![allow(clippy::unwrap_used)]

use crate::{Config, MemoryStorage};

/// What the accesses of the function of this body ask for, in order: their extent, behind `=` if it
/// is proven, or `<` and how many bytes the memory has at least.
fn bounds_with(config: &Config, body: &str) -> Vec<String> {
    let text = format!(
        r#"(module
            (import "env" "host" (func $host))
            (import "env" "far" (global $far (mut i32)))
            (memory 1)
            (global $g (mut i32) (i32.const 0))
            (func (param $p i32) (param $q i32) (result i32)
                (local $s i32) (local $l i64)
                {body}
                local.get $s))"#
    );
    let ir = config.emit_ir(text.as_bytes(), Some("extents")).unwrap();
    (ir.lines())
        .filter_map(|line| {
            let (_, place) = line.split_once(" offset=")?;
            let place = place.split('(').next().unwrap();
            Some(match place.split_once(' ') {
                Some((_, bound)) => (bound.replace("below_proven=", "=<"))
                    .replace("extent=", "")
                    .replace("proven", "")
                    .replace("below=", "<"),
                None => "own".to_owned(),
            })
        })
        .collect()
}

fn bounds(body: &str) -> String {
    bounds_with(&Config::new(), body).join(" ")
}

fn load(base: &str, offset: u32) -> String {
    format!("(local.set $s (i32.load offset={offset} (local.get ${base})))")
}

fn store(base: &str, offset: u32) -> String {
    format!("(i32.store offset={offset} (local.get ${base}) (local.get $s))")
}

#[test]
fn loads_ask_for_what_follows() {
    let two = load("p", 0) + &load("p", 8);
    assert_eq!(bounds(&two), "12 =12");
    assert_eq!(bounds(&(load("p", 8) + &load("p", 0))), "own =12");
    // A store can trap in place of a load, but not in place of another store.
    assert_eq!(bounds(&(load("p", 0) + &store("p", 8))), "12 =12");
    assert_eq!(bounds(&(store("p", 0) + &store("p", 8))), "own own");
    assert_eq!(bounds(&(store("p", 8) + &store("p", 0))), "own =12");
    assert_eq!(bounds(&(store("p", 8) + &load("p", 0))), "own =12");
    // What has passed, or will be asked for, may lie behind another base.
    assert_eq!(bounds(&(load("p", 0) + &load("q", 0) + &load("p", 8))), "12 own =12");
}

#[test]
fn nothing_is_asked_for_before_an_effect() {
    for between in [
        "(call $host)",
        "(global.set $g (i32.const 1))",
        "(i32.store offset=4 (local.get $q) (i32.const 1))",
        "(local.set $s (i32.div_u (local.get $s) (local.get $q)))",
        "(drop (memory.grow (i32.const 1)))",
        "(memory.fill (local.get $q) (i32.const 0) (i32.const 1))",
        "(if (local.get $q) (then (return (i32.const 0))))",
        "(if (local.get $q) (then (unreachable)))",
        "(loop (br_if 0 (local.get $q)))",
        // A call of the host.
        "(local.set $s (global.get $far))",
        "(if (global.get $far) (then (local.set $s (i32.const 1))))",
        "(global.set $far (i32.const 1))",
    ] {
        let body = load("p", 0) + between + &load("p", 8);
        let bounds = bounds(&body);
        assert!(bounds.starts_with("own ") && bounds.ends_with(" own"), "{between}: {bounds}");
        // What has passed still holds, but the memory may have grown: its slice is another one.
        let renews = between.contains("$host") || between.contains("grow");
        let body = load("p", 8) + between + &load("p", 0);
        let expected = if renews { " 12" } else { " =12" };
        assert!(self::bounds(&body).ends_with(expected), "{between}");
    }
    for between in [
        "(local.set $s (global.get $g))",
        "(local.set $s (i32.mul (local.get $s) (local.get $q)))",
        "(if (local.get $q) (then (local.set $s (i32.const 1))))",
        "(block (br_if 0 (local.get $q)) (local.set $s (i32.const 1)))",
    ] {
        assert_eq!(bounds(&(load("p", 0) + between + &load("p", 8))), "12 =12", "{between}");
    }
}

#[test]
fn a_slice_that_was_renewed_is_checked_again() {
    let around = |between: &str| bounds(&(load("p", 8) + between + &load("p", 0)));
    let call = "(call $host)";
    assert_eq!(around(&format!("(block (br_if 0 (local.get $q)) {call})")), "own 12");
    assert_eq!(around(&format!("(if (local.get $q) (then {call}))")), "own 12");
    assert_eq!(around(&format!("(if (local.get $q) (then) (else {call}))")), "own 12");
    assert_eq!(around(&format!("(loop {call} (br_if 0 (local.get $q)))")), "own 12");
    // A way that does not come back.
    let end = format!("{call} (return (i32.const 0))");
    assert_eq!(around(&format!("(if (local.get $q) (then {end}))")), "own =12");
    assert_eq!(around(&format!("(block (block (br_if 1 (local.get $q)) {end}))")), "own =12");
    assert_eq!(around(&format!("(block (block {call} (br_if 1 (local.get $q))) {end})")), "own 12");
    // An earlier repetition.
    let next = format!("(loop {} {call} (br_if 0 (local.get $q)))", load("p", 0));
    assert_eq!(bounds(&(load("p", 8) + &next)), "own 12");
}

#[test]
fn nothing_is_asked_for_early_by_traps_that_know_their_place() {
    let body = load("p", 0) + &load("p", 8) + &load("p", 4);
    assert_eq!(bounds(&body), "12 =12 =12");
    let config = Config::new().trap_offsets(true);
    assert_eq!(bounds_with(&config, &body), ["own", "own", "=12"]);
}

#[test]
fn far_extents_are_not_asked_for() {
    assert_eq!(bounds(&(load("p", 0) + &load("p", 1_048_572))), "1048576 =1048576");
    assert_eq!(bounds(&(load("p", 0) + &load("p", 1_048_576))), "own own");
    assert_eq!(bounds(&(load("p", 1_048_576) + &load("p", 0))), "own own");
    assert_eq!(bounds(&(load("p", 0) + &load("p", 0xfffe_ffff))), "own own");
}

#[test]
fn both_ways_have_to_ask() {
    let on = |then: &str, other: &str| format!("(if (local.get $q) (then {then}) (else {other}))");
    let near = load("p", 4);
    assert_eq!(bounds(&(load("p", 0) + &on(&load("p", 16), &load("p", 8)))), "12 own =12");
    assert_eq!(bounds(&(load("p", 0) + &on(&load("p", 16), ""))), "own own");
    // After one way only nothing holds; after both there is none that both have passed.
    assert_eq!(bounds(&(on(&load("p", 16), "") + &near)), "own own");
    assert_eq!(bounds(&(on(&load("p", 16), &load("p", 16)) + &near)), "own own own");
    // With one way on, what it has passed holds.
    let end = "(return (i32.const 0))";
    assert_eq!(bounds(&(on(&load("p", 16), end) + &near)), "own =20");
    assert_eq!(bounds(&(on(end, &load("p", 16)) + &near)), "own =20");
    let exit = format!("(block (br_if 0 (local.get $q)) {}) {near}", load("p", 16));
    assert_eq!(bounds(&exit), "own own");
    let exit =
        format!("(block {} (br_if 0 (local.get $q)) {}) {near}", load("p", 8), load("p", 16));
    assert_eq!(bounds(&exit), "own own =12");
}

#[test]
fn loops_forget_what_they_change() {
    let walk = |step: i32| {
        format!(
            "{} (loop {} (local.set $p (i32.add (local.get $p) (i32.const {step})))
                (br_if 0 (i32.load offset=16 (local.get $q))))",
            load("p", 8),
            load("p", 0) + &load("q", 0)
        )
    };
    // `$q` stays and is asked for in each repetition; `$p` is another one.
    assert_eq!(bounds(&walk(4)), "own own 20 =20");
    let still =
        load("p", 8) + "(loop " + &load("p", 0) + "(br_if 0 (local.get $s)))" + &load("p", 4);
    assert_eq!(bounds(&still), "own =12 =12");
    // What the next repetition asks for is not bound to come.
    let next = "(loop ".to_owned()
        + &load("p", 0)
        + "(br_if 0 (local.get $s))"
        + &load("p", 8)
        + "(br_if 0 (local.get $s)))";
    assert_eq!(bounds(&next), "own own");
}

#[test]
fn equal_sums_are_one_base() {
    let sum = |offset| {
        format!(
            "(local.set $s (i32.load offset={offset}
                (i32.add (local.get $p) (i32.shl (local.get $q) (i32.const 2)))))"
        )
    };
    assert_eq!(bounds(&(sum(0) + &sum(8))), "12 =12");
    assert_eq!(bounds(&(sum(0) + "(local.set $q (i32.const 9))" + &sum(8))), "own own");
    // A copy is as good, for as long as the original was not changed.
    let copied = "(local.set $q (local.get $p))".to_owned() + &load("p", 0);
    assert_eq!(bounds(&(copied.clone() + &load("q", 8))), "12 =12");
    let changed = copied + "(local.set $q (i32.mul (local.get $q) (i32.const 3)))" + &load("q", 8);
    assert_eq!(bounds(&changed), "own own");
}

/// A load of so many bytes behind (or before) a base.
fn load_off(base: &str, distance: i32, offset: u32) -> String {
    format!(
        "(local.set $s (i32.load offset={offset} (i32.add (local.get ${base}) (i32.const {distance}))))"
    )
}

#[test]
fn sums_with_constants_share_a_check_from_the_lowest_on() {
    let near =
        |first: i32, second: i32| bounds(&(load_off("p", first, 0) + &load_off("p", second, 0)));
    assert_eq!(near(8, 16), "12 =12");
    assert_eq!(near(16, 8), "12 =12");
    assert_eq!(near(-8, 8), "20 =20");
    assert_eq!(near(8, -8), "20 =20");
    // What is far away is another base; so is what may lie behind the end of the address space.
    assert_eq!(near(0, 32_767), "32771 =32771");
    assert_eq!(near(0, 32_768), "own own");
    assert_eq!(near(-32_768, 32_767), "65539 =65539");
    assert_eq!(near(-32_769, 0), "own own");
    assert_eq!(near(40_000, 40_008), "12 =12");
    assert_eq!(near(i32::MIN, i32::MIN + 8), "12 =12");
    assert_eq!(near(i32::MAX, i32::MIN), "5 =5");
    // By way of variables, in several steps.
    let up = |by: i32| format!("(local.set $p (i32.add (local.get $p) (i32.const {by})))");
    let steps = load("p", 0) + &up(4) + &load_off("p", 4, 4) + &up(-16) + &load("p", 8);
    assert_eq!(bounds(&steps), "28 =28 =28");
    // A store is seen before what follows: from then on as far as has been asked for.
    let stored = store("p", 8) + &load_off("p", -8, 0) + &load_off("p", 4, 0);
    assert_eq!(bounds(&stored), "own 20 =20");
    // One that comes on one way only is not asked for early.
    let one = |then: &str, other: &str| {
        bounds(&(load("p", 0) + &format!("(if (local.get $q) (then {then}) (else {other}))")))
    };
    assert_eq!(one(&load_off("p", -8, 0), ""), "own 12");
    assert_eq!(one(&load_off("p", -8, 0), &load_off("p", -4, 8)), "own 12 own");
    assert_eq!(one(&load_off("p", -8, 0), &load_off("p", -12, 8)), "12 =12 16");
}

#[test]
fn addresses_are_counted_from_the_lowest_one() {
    let ir = |memory: &str| {
        let text = format!(
            "(module (memory {memory}) (func (param $p i32) (result i64)
                (i64.add (i64.load offset=4 (i32.add (local.get $p) (i32.const 24)))
                    (i64.load (i32.add (local.get $p) (i32.const -8))))))"
        );
        let ir = Config::new().emit_ir(text.as_bytes(), Some("extents")).unwrap();
        let places = ir.lines().filter_map(|line| line.split_once(" offset="));
        places.map(|(_, place)| place.split(" @").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let low = ["36 extent=44(i32.add(p0, i32:-8))", "0 proven=44(i32.add(p0, i32:-8))"];
    for memory in ["1", "0", "1 65535", "65535"] {
        assert_eq!(ir(memory), low, "{memory}");
    }
    // The sum may be an address in the last page, and the one behind it the first of all.
    let apart = ["4(i32.add(p0, i32:24))", "0(i32.add(p0, i32:-8))"];
    for memory in ["0 65536", "65536", "65536 65536"] {
        assert_eq!(ir(memory), apart, "{memory}");
    }
}

#[test]
fn accesses_below_the_minimum_ask_for_that() {
    const P: &str = "(local.get $p)";
    let masked = |mask: u32| format!("(i32.and {P} (i32.const {mask}))");
    for (address, offset, is_low) in [
        ("(i32.const 65532)".to_owned(), 0, true),
        ("(i32.const 65533)".to_owned(), 0, false),
        ("(i32.const 0)".to_owned(), 65_532, true),
        ("(i32.const -4)".to_owned(), 0, false),
        ("(i32.const -4)".to_owned(), 8, false),
        (masked(255), 65_277, true),
        (masked(255), 65_278, false),
        (masked(255), u32::MAX, false),
        (format!("(i32.shl {} (i32.const 8))", masked(255)), 252, true),
        (format!("(i32.shl {} (i32.const 8))", masked(255)), 253, false),
        // By a multiple of 32, and out of the other end.
        (format!("(i32.shl {} (i32.const 32))", masked(255)), 0, true),
        (format!("(i32.shl {} (i32.const 24))", masked(255)), 0, false),
        (format!("(i32.shl {} (i32.const 31))", masked(255)), 0, false),
        (format!("(i32.mul {} (i32.const 256))", masked(255)), 252, true),
        (format!("(i32.mul {} (i32.const 257))", masked(255)), 252, false),
        (format!("(i32.add {} (i32.const 65277))", masked(255)), 0, true),
        (format!("(i32.add {} (i32.const 65278))", masked(255)), 0, false),
        (format!("(i32.add {} (i32.const -1))", masked(255)), 0, false),
        (format!("(i32.sub {} (i32.const 1))", masked(255)), 0, false),
        (format!("(i32.or {} (i32.const 256))", masked(255)), 65_021, true),
        (format!("(i32.or {} (i32.const 256))", masked(255)), 65_022, false),
        (format!("(i32.xor {} (i32.const -1))", masked(255)), 0, false),
        (format!("(i32.or {} (i32.const 0))", "(i32.const 0)"), 65_532, true),
        (format!("(i32.rem_u {P} (i32.const 65533))"), 0, true),
        (format!("(i32.rem_u {P} (i32.const 65534))"), 0, false),
        (format!("(i32.rem_s {P} (i32.const 16))"), 0, false),
        (format!("(i32.rem_u {P} (local.get $q))"), 0, false),
        (format!("(i32.div_u {P} (i32.const 65793))"), 252, true),
        (format!("(i32.shr_u {P} (i32.const 17))"), 32_765, true),
        (format!("(i32.shr_u {P} (i32.const 17))"), 32_766, false),
        (format!("(i32.shr_u {P} (i32.const 33))"), 0, false),
        (format!("(i32.shr_s {P} (i32.const 17))"), 0, false),
        (format!("(i32.eqz {P})"), 65_531, true),
        (format!("(i32.eqz {P})"), 65_532, false),
        (format!("(i32.lt_s {P} (local.get $q))"), 65_531, true),
        ("(i64.eqz (local.get $l))".to_owned(), 65_531, true),
        (format!("(i32.load8_u {P})"), 65_277, true),
        (format!("(i32.load8_u {P})"), 65_278, false),
        (format!("(i32.load8_s {P})"), 0, false),
        (format!("(i32.load16_u {P})"), 0, false),
        (format!("(i32.load16_u offset=1 {})", masked(255)), 0, false),
        (format!("(select {} (i32.const 9) {P})", masked(255)), 65_277, true),
        (format!("(select {} {P} {P})", masked(255)), 0, false),
        ("(i32.wrap_i64 (i64.and (local.get $l) (i64.const 255)))".to_owned(), 65_277, true),
        ("(i32.wrap_i64 (i64.and (local.get $l) (i64.const 255)))".to_owned(), 65_278, false),
        ("(i32.wrap_i64 (i64.and (local.get $l) (i64.const 0x100000001)))".to_owned(), 0, false),
        ("(i32.wrap_i64 (i64.and (local.get $l) (i64.const -1)))".to_owned(), 0, false),
        ("(i32.wrap_i64 (i64.shr_u (local.get $l) (i64.const 56)))".to_owned(), 65_277, true),
        ("(i32.wrap_i64 (i64.shr_u (local.get $l) (i64.const 56)))".to_owned(), 65_278, false),
        ("(i32.wrap_i64 (i64.shr_u (local.get $l) (i64.const 120)))".to_owned(), 65_277, true),
        ("(i32.wrap_i64 (i64.shr_u (local.get $l) (i64.const 31)))".to_owned(), 0, false),
        ("(i32.wrap_i64 (i64.shr_s (local.get $l) (i64.const 56)))".to_owned(), 0, false),
    ] {
        let direct = format!("(local.set $s (i32.load offset={offset} {address}))");
        // By way of a local, too.
        let local = format!("(local.set $s {address}) {}", load("s", offset));
        for body in [direct, local] {
            let bounds = bounds(&body);
            assert_eq!(bounds.ends_with("<65536"), is_low, "{address} + {offset}: {bounds}");
        }
    }
}

#[test]
fn the_minimum_is_checked_once() {
    let low = "(i32.store (i32.const 8) (local.get $s))";
    let after = |between: &str| bounds(&format!("{low} {between} {low}"));
    assert_eq!(after(""), "<65536 =<65536");
    assert_eq!(after("(local.set $p (i32.const 1))"), "<65536 =<65536");
    assert_eq!(after("(call $host)"), "<65536 <65536");
    let on = |then: &str| bounds(&format!("(if (local.get $q) (then {then})) {low}"));
    assert_eq!(on(low), "<65536 <65536");
    assert_eq!(on(&format!("{low} (return (i32.const 0))")), "<65536 <65536");
    let around = format!("(loop {low} (br_if 0 (local.get $q))) {low}");
    // A loop that is counted checks it in two places.
    assert_eq!(bounds(&around), "<65536 <65536");
}

#[test]
fn ranges_do_not_outlive_an_assignment() {
    let mask = "(local.set $s (i32.and (local.get $p) (i32.const 255)))";
    let join = format!("{mask} (if (local.get $q) (then (local.set $s (local.get $p))))");
    assert_eq!(bounds(&(mask.to_owned() + &load("s", 0))), "<65536");
    assert_eq!(bounds(&(join + &load("s", 0))), "own");
    let other = format!("{mask} (if (local.get $q) (then (local.set $q (local.get $p))))");
    assert_eq!(bounds(&(other + &load("s", 0))), "<65536");
    let around = format!(
        "{mask} (loop (i32.store (local.get $s) (i32.const 0))
            (local.set $s (i32.add (local.get $s) (i32.const 4))) (br_if 0 (local.get $q)))"
    );
    assert_eq!(bounds(&around), "own");
    let still = format!(
        "{mask} (loop (i32.store (local.get $s) (i32.const 0))
            (br_if 0 (local.tee $q (i32.sub (local.get $q) (i32.const 1)))))"
    );
    assert_eq!(bounds(&still), "<65536");
    // A block that is left before and after.
    let left = format!(
        "(block {mask} (br_if 0 (local.get $q)) (local.set $s (local.get $p))) {}",
        load("s", 0)
    );
    assert_eq!(bounds(&left), "own");
    // A branch that does not come back changes nothing here, but where it goes to.
    let branch = format!(
        "(block (block {mask}
            (if (local.get $q) (then (local.set $s (local.get $p)) (br 1)))
            {}) {}) {}",
        store("s", 0),
        store("s", 4),
        store("s", 8)
    );
    assert_eq!(bounds(&branch), "<65536 own own");
}

#[test]
fn the_minimum_is_what_is_there() {
    let config = Config::new().memory(MemoryStorage::Lent).memory_bytes(4096);
    let at = |address: &str| {
        bounds_with(&config, &format!("(local.set $s (i32.load {address}))")).join(" ")
    };
    assert_eq!(at("(i32.const 4092)"), "<4096");
    assert_eq!(at("(i32.const 4093)"), "own");
    assert_eq!(at("offset=3 (i32.and (local.get $p) (i32.const 4089))"), "<4096");
    assert_eq!(at("offset=4 (i32.and (local.get $p) (i32.const 4089))"), "own");
    // A page of which nothing is there.
    let config = Config::new().memory(MemoryStorage::Lent).memory_bytes(0);
    assert_eq!(bounds_with(&config, &load("p", 0)), ["own"]);
}
