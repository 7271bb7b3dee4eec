;; call_indirect: operators in a table, an interpreter over them, and its three traps.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (type $binary_again (func (param i32 i32) (result i32)))
  (type $unary (func (param i32) (result i32)))
  (type $wide (func (param i64) (result i64)))
  (type $none (func))
  (memory (export "memory") 1)
  (table $ops (export "ops") 12 16 funcref)
  (elem (i32.const 0) $add $sub $mul $div $neg $inc $square $wide_inc $nothing $apply_twice)
  ;; Entries 10 and 11 stay null.
  (global $calls (export "calls") (mut i32) (i32.const 0))

  (func $count (global.set $calls (i32.add (global.get $calls) (i32.const 1))))
  (func $add (type $binary) (call $count) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (call $count) (i32.sub (local.get 0) (local.get 1)))
  ;; Declared with the other type of the same shape: callable through both.
  (func $mul (type $binary_again) (call $count) (i32.mul (local.get 0) (local.get 1)))
  (func $div (type $binary) (call $count) (i32.div_s (local.get 0) (local.get 1)))
  (func $neg (type $unary) (call $count) (i32.sub (i32.const 0) (local.get 0)))
  (func $inc (type $unary) (call $count) (i32.add (local.get 0) (i32.const 1)))
  (func $square (type $unary) (call $count) (i32.mul (local.get 0) (local.get 0)))
  (func $wide_inc (type $wide) (call $count) (i64.add (local.get 0) (i64.const 1)))
  (func $nothing (type $none) (call $count))
  ;; Calls the unary operator named by its second parameter twice, through the table again.
  (func $apply_twice (type $binary)
    (call_indirect (type $unary)
      (call_indirect (type $unary) (local.get 0) (local.get 1))
      (local.get 1)))

  (func (export "binary") (param $a i32) (param $b i32) (param $op i32) (result i32)
    (call_indirect (type $binary) (local.get $a) (local.get $b) (local.get $op)))
  (func (export "binary_again") (param $a i32) (param $b i32) (param $op i32) (result i32)
    (call_indirect (type $binary_again) (local.get $a) (local.get $b) (local.get $op)))
  (func (export "unary") (param $a i32) (param $op i32) (result i32)
    (call_indirect (type $unary) (local.get $a) (local.get $op)))
  (func (export "wide") (param $a i64) (param $op i32) (result i64)
    (call_indirect (type $wide) (local.get $a) (local.get $op)))
  (func (export "none") (param $op i32)
    (call_indirect (type $none) (local.get $op)))

  ;; A stack machine in postfix notation: '0'-'9' push, + - * / ~ apply an operator from the table, NUL ends.
  ;; The operand stack is in memory from 1024 up. Any other character is an index far outside the table.
  (func (export "evaluate") (param $p i32) (result i32)
    (local $sp i32) (local $c i32) (local $op i32)
    (local.set $sp (i32.const 1024))
    block $end
      loop $next
        (local.set $c (i32.load8_u (local.get $p)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if $end (i32.eqz (local.get $c)))
        (if (i32.lt_u (i32.sub (local.get $c) (i32.const 48)) (i32.const 10))
          (then
            (i32.store (local.get $sp) (i32.sub (local.get $c) (i32.const 48)))
            (local.set $sp (i32.add (local.get $sp) (i32.const 4)))
            (br $next)))
        (local.set $op (i32.load8_u offset=256 (local.get $c)))
        (if (i32.eq (local.get $op) (i32.const 4))
          (then
            (i32.store (i32.sub (local.get $sp) (i32.const 4))
              (call_indirect (type $unary)
                (i32.load (i32.sub (local.get $sp) (i32.const 4)))
                (local.get $op)))
            (br $next)))
        (local.set $sp (i32.sub (local.get $sp) (i32.const 4)))
        (i32.store (i32.sub (local.get $sp) (i32.const 4))
          (call_indirect (type $binary)
            (i32.load (i32.sub (local.get $sp) (i32.const 4)))
            (i32.load (local.get $sp))
            (local.get $op)))
        br $next
      end
    end
    (i32.load (i32.const 1024)))

  ;; The index and the arguments are evaluated in order, before the table is looked at.
  (func $note (param i32) (result i32)
    (global.set $calls (i32.add (i32.mul (global.get $calls) (i32.const 10)) (local.get 0)))
    local.get 0)
  (func (export "order")
    (global.set $calls (i32.const 0))
    (drop (call_indirect (type $binary) (call $note (i32.const 1)) (call $note (i32.const 2))
      (i32.add (call $note (i32.const 3)) (i32.const 100)))))

  (data (i32.const 0) "34+2*\00")
  (data (i32.const 16) "82/5-~9*\00")
  (data (i32.const 32) "40/\00")
  (data (i32.const 48) "12?\00")
  (data (i32.const 64) "12!\00")
  ;; The operator of each character; 256 is added by the load.
  (data (i32.const 289) "\0b")  ;; '!' a null entry
  (data (i32.const 298) "\02\00")  ;; '*' '+'
  (data (i32.const 301) "\01")  ;; '-'
  (data (i32.const 303) "\03")  ;; '/'
  (data (i32.const 319) "\ff")  ;; '?' outside the table
  (data (i32.const 382) "\04"))  ;; '~'
