;; The trusted partition: takes messages from the mailbox, and drives a valve. What it knows (the
;; last sequence, the filtered value) no one else can reach. It imports no function.
(module
  (import "host" "mailbox" (memory 1))
  (global $sequence (mut i32) (i32.const 0))
  (global $level (export "level") (mut i32) (i32.const 0))
  (global $rejected (export "rejected") (mut i32) (i32.const 0))
  ;; The opening of the valve, 0 to 100.
  (func (export "step") (result i32) (local $next i32) (local $value i32)
    (local.set $next (i32.load (i32.const 0)))
    (local.set $value (i32.load (i32.const 4)))
    (if (i32.or
          (i32.or
            (i32.le_s (local.get $next) (global.get $sequence))
            (i32.gt_u (local.get $value) (i32.const 1000)))
          (i32.ne (i32.load (i32.const 8)) (i32.xor (local.get $next) (local.get $value))))
      (then (global.set $rejected (i32.add (global.get $rejected) (i32.const 1))))
      (else
        (global.set $sequence (local.get $next))
        (global.set $level (i32.div_s
          (i32.add (i32.mul (global.get $level) (i32.const 3)) (local.get $value))
          (i32.const 4)))))
    (i32.sub (i32.const 100) (i32.div_s (global.get $level) (i32.const 10)))))
