;; What a host embeds: a module with a memory of its own that asks for one capability.
(module
  (import "env" "log" (func $log (param $text i32) (param $length i32)))
  (memory (export "memory") 1 16)
  (data (i32.const 16) "averaging")

  ;; The average of `count` 32-bit integers at `numbers`, rounded towards zero. It traps where
  ;; `count` is 0, and where the numbers are not all inside the memory.
  (func $average (export "average") (param $numbers i32) (param $count i32) (result i32)
    (local $sum i32) (local $left i32)
    (call $log (i32.const 16) (i32.const 9))
    (local.set $left (local.get $count))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $numbers))))
        (local.set $numbers (i32.add (local.get $numbers) (i32.const 4)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (i32.div_s (local.get $sum) (local.get $count)))

  ;; Calls itself without end.
  (func $forever (export "forever") (result i32)
    (i32.add (call $forever) (i32.const 1))))
