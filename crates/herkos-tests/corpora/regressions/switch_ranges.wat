;; setup --opt-level 0
;; call x72756e i32:00000000
;; call x72756e i32:00000001
;; call x72756e i32:00000002
;; call x72756e i32:00000003
;; call x72756e i32:00000004
;; call x72756e i32:00000005
;; call x72756e i32:00000006
;; call x72756e i32:ffffffff
(module
  ;; Neighbouring indices with the same target, which is not the default.
  (func (export "run") (param i32) (result i32)
    (block $default
      (block $b
        (block $a
          (br_table $a $a $a $b $b $a $default (local.get 0)))
        (return (i32.const 1)))
      (return (i32.const 2)))
    (i32.const 3)))
