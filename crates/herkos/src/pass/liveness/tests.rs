//! What is live after loops, as their rerolled forms show.
#![allow(clippy::unwrap_used)]

use crate::Config;

/// Whether `$v` keeps its value at the end of a rerolled loop that it is a pointer of, `$D` in the
/// body.
fn keeps(body: &str) -> bool {
    let inner = "(local.set $v (local.get $p))
        (loop
            (i32.store8 (local.get $v) (i32.const 1))
            (i32.store8 offset=1 (local.get $v) (i32.const 1))
            (local.set $v (i32.add (local.get $v) (i32.const 2)))
            (br_if 0 (i32.ne (local.get $v) (local.get $n))))";
    let text = format!(
        "(module (memory 1) (func (param $p i32) (param $n i32) (result i32)
            (local $v i32) (local $s i32) {} (local.get $s)))",
        body.replace("$D", inner)
            .replace("$READ", "(local.set $s (i32.add (local.get $s) (local.get $v)))")
            .replace("$KILL", "(local.set $v (i32.const 0))")
            .replace("$MAYBE", "(local.tee $s (i32.mul (local.get $s) (i32.const 5)))")
    );
    let ir = Config::new().emit_ir(text.as_bytes(), Some("counted")).unwrap();
    assert!(ir.contains(" times 2 "), "{ir}");
    let fast: Vec<&str> = (ir.lines().map(str::trim))
        .skip_while(|line| !line.starts_with("counted "))
        .take_while(|line| *line != "} else {")
        .collect();
    fast.contains(&"advance l2 by 1")
}

#[test]
fn what_is_read_afterwards_is_live() {
    for (body, live) in [
        ("$D", false),
        ("$D $READ", true),
        ("$D $KILL $READ", false),
        ("$D (if $MAYBE (then $READ))", true),
        ("$D (if $MAYBE (then $KILL)) $READ", true),
        ("$D (if $MAYBE (then $KILL) (else $KILL)) $READ", false),
        ("$D (if $MAYBE (then (return (i32.const 1)))) $KILL $READ", false),
        ("$D (if $MAYBE (then (return (local.get $v)))) $KILL $READ", true),
        ("$D (if $MAYBE (then (unreachable)) (else $KILL)) $READ", false),
        ("(block $b $D (br_if $b $MAYBE) $KILL) $READ", true),
        ("(block $b $D (br_if $b $MAYBE) $READ) $KILL", true),
        ("(block $b $D (br_if $b $MAYBE) $KILL) $KILL", false),
        ("(block $b (block $c $D (br_table $b $c $MAYBE)) $READ)", true),
        ("(block $b (block $c $D (br_table $b $c $MAYBE)) $KILL)", false),
    ] {
        assert_eq!(keeps(body), live, "{body}");
    }
}

#[test]
fn what_a_later_repetition_reads_is_live() {
    for (body, live) in [
        ("(loop $a $READ $D (br_if $a $MAYBE))", true),
        ("(loop $a $KILL $READ $D (br_if $a $MAYBE))", false),
        ("(loop $a $READ $D $KILL (br_if $a $MAYBE))", false),
        ("(loop $a $READ (loop $b $D (br_if $b $MAYBE)) (br_if $a $MAYBE))", true),
        ("(loop $a $READ (loop $b $D (br_if $b $MAYBE)) $KILL (br_if $a $MAYBE))", false),
        ("(loop $a (loop $b $READ (br_if $b $MAYBE)) $D (br_if $a $MAYBE))", true),
        ("(loop $a (loop $b $KILL $READ (br_if $b $MAYBE)) $D (br_if $a $MAYBE))", false),
        // The inner loop goes to the start of the outer one.
        ("(loop $a $READ (loop $b (br_if $a $MAYBE) $D (br_if $b $MAYBE)) $KILL)", true),
        ("(loop $a $KILL (loop $b (br_if $a $MAYBE) $D (br_if $b $MAYBE)) $KILL)", false),
        // It goes to the end of a block in the outer one.
        (
            "(loop $a $READ
                (block $c (loop $b (br_if $c $MAYBE) $D (br_if $b $MAYBE)) $KILL)
                (br_if $a $MAYBE))",
            true,
        ),
        (
            "(loop $a $READ
                (block $c (loop $b (br_if $c $MAYBE) $D (br_if $b $MAYBE)) $KILL)
                $KILL (br_if $a $MAYBE))",
            false,
        ),
        // By way of another one.
        (
            "(loop $a $READ
                (loop $x (br_if $a $MAYBE)
                    (loop $y (br_if $x $MAYBE) $D (br_if $y $MAYBE)) $KILL
                    (br_if $x $MAYBE)))",
            true,
        ),
    ] {
        assert_eq!(keeps(body), live, "{body}");
    }
}
