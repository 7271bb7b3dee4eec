;; Globals of every numeric type, and a start function that makes the tables which the exports use.
(module
  (memory (export "memory") 1)
  (global $polynomial i32 (i32.const 0xedb88320))
  (global (export "version") i32 (i32.const -7))
  (global (export "epoch") i64 (i64.const 0x8000000000000000))
  (global (export "pi") f64 (f64.const 0x1.921fb54442d18p+1))
  (global (export "odd_nan") f64 (f64.const nan:0x4000000000001))
  (global (export "negative_zero") f32 (f32.const -0))
  (global $calls (export "calls") (mut i64) (i64.const 0))
  (global $last (export "last") (mut f64) (f64.const nan))
  (global $ready (export "ready") (mut i32) (i32.const 0))
  (global $mean (mut f32) (f32.const 0))
  (start $make_table)

  ;; The CRC-32 table at 1024, then a mark.
  (func $make_table
    (local $i i32) (local $k i32) (local $c i32)
    loop $next
      (local.set $c (local.get $i))
      (local.set $k (i32.const 8))
      loop $bit
        (local.set $c (i32.xor
          (i32.shr_u (local.get $c) (i32.const 1))
          (i32.and (global.get $polynomial) (i32.sub (i32.const 0) (i32.and (local.get $c) (i32.const 1))))))
        (br_if $bit (local.tee $k (i32.sub (local.get $k) (i32.const 1))))
      end
      (i32.store offset=1024 (i32.shl (local.get $i) (i32.const 2)) (local.get $c))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 256)))
    end
    (global.set $ready (i32.const 1)))

  (func (export "crc32") (param $p i32) (param $len i32) (result i32)
    (local $c i32)
    (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
    (local.set $c (i32.const -1))
    block $end
      loop $next
        (br_if $end (i32.eqz (local.get $len)))
        (local.set $c (i32.xor
          (i32.shr_u (local.get $c) (i32.const 8))
          (i32.load offset=1024 (i32.shl
            (i32.and (i32.xor (local.get $c) (i32.load8_u (local.get $p))) (i32.const 255))
            (i32.const 2)))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
        br $next
      end
    end
    (i32.xor (local.get $c) (i32.const -1)))

  ;; A running mean: the global is written before the trap of a later access, and stays written.
  (func (export "observe") (param $v f64) (param $address i32) (result f32)
    (global.set $last (local.get $v))
    (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
    (global.set $mean (f32.demote_f64 (f64.div
      (f64.add (f64.promote_f32 (global.get $mean)) (local.get $v))
      (f64.const 2))))
    (f32.store (local.get $address) (global.get $mean))
    (f32.load (local.get $address)))

  ;; Reads a global before and after a call that changes it.
  (func $bump (result i64)
    (global.set $calls (i64.mul (global.get $calls) (i64.const 3)))
    (global.get $calls))
  (func (export "around") (result i64)
    (i64.sub (i64.mul (global.get $calls) (i64.const 1000)) (i64.add (call $bump) (global.get $calls))))

  (data (i32.const 16) "123456789"))
