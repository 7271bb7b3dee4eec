;; setup --opt-level 0
;; call x66 i32:00000000
;; call x66 i32:00000001
;; call x66 i32:fffffff0
;; call x67 i32:00000000
;; call x67 i32:00000001
;; call x67 i32:fffffff0
(module
  ;; An offset in the last page is beyond every memory that has not got it; what was done before is seen.
  (memory (export "m") 1)
  (func (export "f") (param i32) (result f32)
    (if (local.get 0)
      (then
        (i32.store (i32.const 8) (local.get 0))
        (return (f32.load offset=4294967256 (local.get 0)))))
    (f32.const 1))
  (func (export "g") (param i32)
    (block
      (br_if 0 (i32.eqz (local.get 0)))
      (i64.store offset=4294901760 (local.get 0) (i64.const 1))
      (i32.store (i32.const 16) (local.get 0)))))
