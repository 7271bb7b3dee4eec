;; setup --opt-level 0
;; call x61 i32:00000000
;; call x61 i32:00000001
;; call x61 i32:00000002
;; call x61 i32:00000003
;; call x61 i32:00000004
;; call x61 i32:00000005
;; call x61 i32:00000007
;; call x62 i32:00000000
;; call x62 i32:00000001
;; call x62 i32:00000002
;; call x62 i32:00000003
;; call x62 i32:00000004
;; call x62 i32:00000005
;; call x62 i32:00000007
;; call x63 i32:00000000
;; call x63 i32:00000001
;; call x63 i32:00000002
;; call x63 i32:00000003
;; call x63 i32:00000004
;; call x63 i32:00000005
;; call x63 i32:00000007
;; call x64 i32:00000000
;; call x64 i32:00000001
;; call x64 i32:00000002
;; call x64 i32:00000003
;; call x64 i32:00000004
;; call x64 i32:00000005
;; call x64 i32:00000007
;; call x65 i32:00000000
;; call x65 i32:00000001
;; call x65 i32:00000002
;; call x65 i32:00000003
;; call x65 i32:00000004
;; call x65 i32:00000005
;; call x65 i32:00000007
;; call x66 i32:00000000
;; call x66 i32:00000001
;; call x66 i32:00000002
;; call x66 i32:00000003
;; call x66 i32:00000004
;; call x66 i32:00000005
;; call x66 i32:00000007
(module
  ;; What only one arm of a switch leads to goes there: the ends of those pieces, in all constructs; and what must not go.
  (global $t (mut i32) (i32.const 0))
  (func $n (param i32)
    (global.set $t (i32.add (i32.mul (global.get $t) (i32.const 31)) (local.get 0))))
  ;; Falls through from 1 to 2; 0 and the default go to the end.
  (func (export "a") (param i32) (result i32)
    (block $end (block $d (block $c2 (block $c1 (block $c0
      (br_table $c0 $c1 $c2 $d (local.get 0)))
      (call $n (i32.const 1)) (br $end))
      (call $n (i32.const 2)))
      (call $n (i32.const 3)) (br $end))
      (call $n (i32.const 4)))
    (call $n (i32.const 5))
    (global.get $t))
  ;; In a loop: repeats, returns, or falls out of it.
  (func (export "b") (param i32) (result i32)
    (loop $again (block $d (block $c1 (block $c0
      (call $n (local.get 0))
      (br_table $c0 $c1 $d (local.get 0)))
      (local.set 0 (i32.const 5)) (br $again))
      (return (global.get $t)))
      (call $n (i32.const 7)))
    (call $n (i32.const 8))
    (global.get $t))
  ;; Values, carried by the switch and by the ends of the pieces.
  (func (export "c") (param i32) (result i32)
    (i32.add (i32.const 1000)
      (block $x (result i32) (block $y (result i32) (block $z (result i32)
        (i32.const 10) (br_table $x $y $z (local.get 0)))
        (i32.mul (i32.const 3)))
        (i32.mul (i32.const 5)))))
  ;; The switch is in a loop that the piece is not in, and in one that it is in.
  (func (export "d") (param i32) (result i32)
    (block $out (block $c1 (block $c0
      (loop $again
        (call $n (local.get 0))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_table $c0 $c1 $again (local.get 0))))
      (call $n (i32.const 1)) (br $out))
      (call $n (i32.const 2)))
    (loop $again
      (block $c1 (block $c0
        (br_table $c0 $c1 (global.get $t)))
        (call $n (i32.const 3)) (br $again))
      (call $n (i32.const 4)))
    (global.get $t))
  ;; Switches in the pieces of others, and in arms of conditionals.
  (func (export "e") (param i32) (result i32)
    (block $end
      (if (i32.and (local.get 0) (i32.const 1))
        (then
          (block $c1 (block $c0
            (br_table $c0 $c1 $end (i32.shr_u (local.get 0) (i32.const 1))))
            (call $n (i32.const 1))
            (block $d1 (block $d0
              (br_table $d0 $d1 (i32.shr_u (local.get 0) (i32.const 2))))
              (call $n (i32.const 2)) (br $c1))
            (call $n (i32.const 3))
            (br_if $end (i32.eq (local.get 0) (i32.const 5))))
          (call $n (i32.const 4)))
        (else
          (block $c1 (block $c0
            (br_table $c0 $c1 (i32.shr_u (local.get 0) (i32.const 1))))
            (call $n (i32.const 5)))
          (call $n (i32.const 6))))
      (call $n (i32.const 7)))
    (global.get $t))
  ;; The end of a piece is that of the function; the last break of a block is its end.
  (func (export "f") (param i32) (result i32)
    (block $c1 (block $c0
      (br_table $c0 $c1 (local.get 0)))
      (call $n (i32.const 1)) (br $c1))
    (call $n (i32.const 2))
    (block $d1 (block $d0
      (br_table $d0 $d1 (local.get 0)))
      (return (i32.const 77)))
    (call $n (i32.const 3))
    (global.get $t)))
