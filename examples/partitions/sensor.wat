;; The untrusted partition: a driver, made elsewhere. It asks for readings and puts each into the
;; mailbox, as { u32 sequence, i32 value, u32 check }. Its state is its own.
(module
  (import "host" "mailbox" (memory 1))
  (import "bus" "reading" (func $reading (result i32)))
  (global $sequence (mut i32) (i32.const 0))
  (func (export "step") (local $value i32)
    (local.set $value (call $reading))
    (global.set $sequence (i32.add (global.get $sequence) (i32.const 1)))
    ;; Its fault: a reading is also an index, and the bus is believed.
    (i32.store8 offset=16 (local.get $value) (i32.const 1))
    (i32.store (i32.const 0) (global.get $sequence))
    (i32.store (i32.const 4) (local.get $value))
    (i32.store (i32.const 8) (i32.xor (global.get $sequence) (local.get $value)))))
