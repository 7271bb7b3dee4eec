;; setup --opt-level 0
;; call x72756e i32:00000001
;; call x72756e i32:00000003
(module
  ;; What the last loop assigns is read in the next repetition of the loop around it, and only after another loop.
  (memory (export "m") 1)
  (data (i32.const 508) "\07")
  (func (export "run") (param $n i32) (result i32)
    (local $p i32) (local $v i32) (local $s i32) (local $i i32)
    (loop $outer
      (local.set $i (i32.const 3))
      (loop $other
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (br_if $other (local.get $i)))
      (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31)) (local.get $v)))
      (local.set $p (i32.const 0))
      (loop $copy
        (i32.store offset=1024 (local.get $p) (i32.load (local.get $p)))
        (local.set $v (i32.load offset=4 (local.get $p)))
        (i32.store offset=1028 (local.get $p) (local.get $v))
        (br_if $copy
          (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 8))) (i32.const 512))))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s)))
