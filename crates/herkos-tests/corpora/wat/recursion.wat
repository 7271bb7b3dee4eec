;; Recursion: direct, mutual, nested, through a table, with several results, and without an end.
(module
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const 0) $ping $pong)
  (type $count (func (param i32) (result i32)))
  (global $depth (export "depth") (mut i32) (i32.const 0))

  (func $fib (export "fib") (param i32) (result i64)
    (if (result i64) (i32.lt_s (local.get 0) (i32.const 2))
      (then (i64.extend_i32_s (local.get 0)))
      (else (i64.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))

  (func $ackermann (export "ackermann") (param $m i32) (param $n i32) (result i32)
    (if (i32.eqz (local.get $m)) (then (return (i32.add (local.get $n) (i32.const 1)))))
    (if (i32.eqz (local.get $n))
      (then (return (call $ackermann (i32.sub (local.get $m) (i32.const 1)) (i32.const 1)))))
    (call $ackermann (i32.sub (local.get $m) (i32.const 1))
      (call $ackermann (local.get $m) (i32.sub (local.get $n) (i32.const 1)))))

  ;; Takeuchi's function.
  (func $tak (export "tak") (param $x i32) (param $y i32) (param $z i32) (result i32)
    (if (result i32) (i32.ge_s (local.get $y) (local.get $x))
      (then (local.get $z))
      (else (call $tak
        (call $tak (i32.sub (local.get $x) (i32.const 1)) (local.get $y) (local.get $z))
        (call $tak (i32.sub (local.get $y) (i32.const 1)) (local.get $z) (local.get $x))
        (call $tak (i32.sub (local.get $z) (i32.const 1)) (local.get $x) (local.get $y))))))

  (func $even (export "even") (param i64) (result i32)
    (if (result i32) (i64.eqz (local.get 0))
      (then (i32.const 1))
      (else (call $odd (i64.sub (local.get 0) (i64.const 1))))))
  (func $odd (export "odd") (param i64) (result i32)
    (if (result i32) (i64.eqz (local.get 0))
      (then (i32.const 0))
      (else (call $even (i64.sub (local.get 0) (i64.const 1))))))

  ;; Hofstadter's female and male sequences.
  (func $female (export "female") (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.sub (local.get $n) (call $male (call $female (i32.sub (local.get $n) (i32.const 1))))))
      (else (i32.const 1))))
  (func $male (export "male") (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.sub (local.get $n) (call $female (call $male (i32.sub (local.get $n) (i32.const 1))))))
      (else (i32.const 0))))

  ;; Each calls the other through the table.
  (func $ping (type $count)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1)
        (call_indirect (type $count) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1))))
      (else (i32.const 0))))
  (func $pong (type $count)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 100)
        (call_indirect (type $count) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
      (else (i32.const 0))))
  (func (export "ping_pong") (param i32) (result i32) (call $ping (local.get 0)))

  ;; Towers of Hanoi: moves made and a checksum of them, as two results.
  (func $hanoi (export "hanoi") (param $n i32) (param $from i32) (param $to i32) (result i32 i32)
    (local $via i32) (local $moves i32) (local $sum i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0) (i32.const 0))))
    (local.set $via (i32.sub (i32.const 6) (i32.add (local.get $from) (local.get $to))))
    (call $hanoi (i32.sub (local.get $n) (i32.const 1)) (local.get $from) (local.get $via))
    local.set $sum
    local.set $moves
    (call $hanoi (i32.sub (local.get $n) (i32.const 1)) (local.get $via) (local.get $to))
    (i32.add (i32.mul (local.get $sum) (i32.const 3)))
    (i32.add (i32.mul (local.get $n) (i32.add (i32.mul (local.get $from) (i32.const 4)) (local.get $to))))
    local.set $sum
    (i32.add (local.get $moves))
    (i32.add (i32.const 1))
    local.get $sum)

  ;; Solutions of the n queens problem: columns and both diagonals as bit sets.
  (func $place (param $all i32) (param $columns i32) (param $left i32) (param $right i32) (result i32)
    (local $free i32) (local $bit i32) (local $count i32)
    (if (i32.eq (local.get $columns) (local.get $all)) (then (return (i32.const 1))))
    (local.set $free (i32.and (local.get $all)
      (i32.xor (i32.or (local.get $columns) (i32.or (local.get $left) (local.get $right))) (i32.const -1))))
    block $end
      loop $next
        (br_if $end (i32.eqz (local.get $free)))
        (local.set $bit (i32.and (local.get $free) (i32.sub (i32.const 0) (local.get $free))))
        (local.set $free (i32.xor (local.get $free) (local.get $bit)))
        (local.set $count (i32.add (local.get $count) (call $place
          (local.get $all)
          (i32.or (local.get $columns) (local.get $bit))
          (i32.shl (i32.or (local.get $left) (local.get $bit)) (i32.const 1))
          (i32.shr_u (i32.or (local.get $right) (local.get $bit)) (i32.const 1)))))
        br $next
      end
    end
    local.get $count)
  (func (export "queens") (param $n i32) (result i32)
    (call $place (i32.sub (i32.shl (i32.const 1) (local.get $n)) (i32.const 1)) (i32.const 0) (i32.const 0) (i32.const 0)))

  ;; No end: the stack runs out, and the instance goes on.
  (func $forever (export "forever") (param i32) (result i32)
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (i32.add (call $forever (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func $left (export "forever_mutual") (result f64)
    (f64.add (call $right (f64.const 1)) (f64.const 1)))
  (func $right (param f64) (result f64)
    (f64.mul (call $left) (local.get 0)))
  (func (export "deep_enough") (result i32)
    (i32.gt_u (global.get $depth) (i32.const 100))))
