;; setup --opt-level 0
;; call x72756e
;; call x72756e
(module
  (import "env" "f" (func $f (result i32)))
  (import "env" "f" (func $g (result i32)))
  (import "env" "f" (func $h (param i64)))
  (import "env" "g" (global $a (mut i32)))
  (import "env" "g" (global $b (mut i32)))
  (export "a" (global $a))
  (func (export "run") (result i32)
    (call $h (i64.const 3))
    (global.set $a (i32.add (global.get $b) (i32.const 1)))
    (i32.add (call $f) (i32.mul (call $g) (global.get $b)))))
