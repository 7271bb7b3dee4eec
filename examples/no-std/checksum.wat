;; A module with a memory, for a machine without a heap.
(module
  (memory (export "memory") 1 4)

  ;; The Adler-32 checksum of the `length` bytes at `bytes`.
  (func $adler32 (export "adler32") (param $bytes i32) (param $length i32) (result i32)
    (local $a i32) (local $b i32)
    (local.set $a (i32.const 1))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $length)))
        (local.set $a
          (i32.rem_u (i32.add (local.get $a) (i32.load8_u (local.get $bytes))) (i32.const 65521)))
        (local.set $b
          (i32.rem_u (i32.add (local.get $b) (local.get $a)) (i32.const 65521)))
        (local.set $bytes (i32.add (local.get $bytes) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
    (i32.or (i32.shl (local.get $b) (i32.const 16)) (local.get $a))))
