;; setup --opt-level 0
;; call x6630 i32:00000001
;; call x6631 i32:00000000
;; call x6631 i32:00000001
;; What lies on the stack where a `br` leaves a block is dropped there, also when the `br` is that block's last statement.
(module
  (func (export "f0") (param i32) (result i64)
    (i64.const 7)
    (block (i32.const 5) (block (br 1)) (drop)))
  (func (export "f1") (param i32) (result f64)
    (f64.const 2.5)
    (block
      (i32.const 5)
      (i64.const 6)
      (block (br_if 0 (local.get 0)) (br 1))
      (drop) (drop))))
