;; setup --opt-level 3
;; call x72756e i32:00000000 i32:00000008
;; call x72756e i32:00000008 i32:00000000
;; call x72756e i32:00000008 i32:00000010
;; call x72756e i32:00000010 i32:00000008
;; call x72756e i32:00000008 i32:00000008
(module
  (memory 1)
  (data (i32.const 0) "\ff\ff\ff\ff\ff\ff\ff\ff\01\00\00\00\00\00\00\00\02\00\00\00\00\00\00\80")
  ;; Which of two values from memory is the less, in each width and sign: two bits each.
  (func (export "run") (param $p i32) (param $q i32) (result i64)
    (local $a i32) (local $b i32) (local $c i64) (local $d i64)
    (local.set $a (i32.load (local.get $p)))
    (local.set $b (i32.load (local.get $q)))
    (local.set $c (i64.load (local.get $p)))
    (local.set $d (i64.load (local.get $q)))
    (i64.or
      (i64.extend_i32_u (i32.or
        (select (i32.const 1) (i32.const 2) (i32.lt_s (local.get $a) (local.get $b)))
        (select (local.get $p) (local.get $q) (i32.lt_u (local.get $a) (local.get $b)))))
      (i64.shl
        (i64.or
          (select (i64.const 1) (i64.const 2) (i64.lt_s (local.get $c) (local.get $d)))
          (select (local.get $c) (local.get $d) (i64.gt_u (local.get $c) (local.get $d))))
        (i64.const 8)))))
