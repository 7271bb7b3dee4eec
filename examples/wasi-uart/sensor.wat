;; What a compiler makes of a program that prints: it asks for one function of WASI.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $list i32) (param $count i32) (param $written i32) (result i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 64) "reading ")
  (data (i32.const 80) " ok\0a")

  ;; Writes the decimal digits of a number, the last one before $end; where the first one is.
  (func $digits (param $number i32) (param $end i32) (result i32)
    (loop $next
      (local.set $end (i32.sub (local.get $end) (i32.const 1)))
      (i32.store8 (local.get $end)
        (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (br_if $next (local.get $number)))
    (local.get $end))

  ;; Prints "reading N ok"; the bytes written, or -1 and an error's number.
  (func (export "report") (param $value i32) (result i32)
    (local $text i32)
    (local $error i32)
    (local.set $text (call $digits (local.get $value) (i32.const 128)))
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 8))
    (i32.store (i32.const 8) (local.get $text))
    (i32.store (i32.const 12) (i32.sub (i32.const 128) (local.get $text)))
    (i32.store (i32.const 16) (i32.const 80))
    (i32.store (i32.const 20) (i32.const 4))
    (local.set $error (call $fd_write (i32.const 1) (i32.const 0) (i32.const 3) (i32.const 24)))
    (if (result i32) (local.get $error)
      (then (i32.sub (i32.const -1) (local.get $error)))
      (else (i32.load (i32.const 24))))))
