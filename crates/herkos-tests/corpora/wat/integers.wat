;; Integer arithmetic at its edges: 128-bit products, counts, rotations, division, sign extension.
(module
  ;; The full product of two unsigned 64-bit numbers, high half first, from 32-bit halves.
  (func $wide_mul (export "wide_mul") (param $a i64) (param $b i64) (result i64 i64)
    (local $al i64) (local $ah i64) (local $bl i64) (local $bh i64) (local $mid i64) (local $low i64)
    (local.set $al (i64.and (local.get $a) (i64.const 0xffffffff)))
    (local.set $ah (i64.shr_u (local.get $a) (i64.const 32)))
    (local.set $bl (i64.extend_i32_u (i32.wrap_i64 (local.get $b))))
    (local.set $bh (i64.shr_u (local.get $b) (i64.const 32)))
    (local.set $low (i64.mul (local.get $al) (local.get $bl)))
    (local.set $mid (i64.add
      (i64.mul (local.get $ah) (local.get $bl))
      (i64.shr_u (local.get $low) (i64.const 32))))
    (i64.add
      (i64.add
        (i64.mul (local.get $ah) (local.get $bh))
        (i64.shr_u (local.get $mid) (i64.const 32)))
      (i64.shr_u
        (i64.add
          (i64.mul (local.get $al) (local.get $bh))
          (i64.and (local.get $mid) (i64.const 0xffffffff)))
        (i64.const 32)))
    (i64.mul (local.get $a) (local.get $b)))

  ;; a * b modulo m by doubling, then powers: Fermat's test to base 2.
  (func $mul_mod (param $a i64) (param $b i64) (param $m i64) (result i64)
    (local $r i64)
    loop $next
      (if (i64.ne (i64.and (local.get $b) (i64.const 1)) (i64.const 0))
        (then (local.set $r (i64.rem_u (i64.add (local.get $r) (local.get $a)) (local.get $m)))))
      (local.set $a (i64.rem_u (i64.shl (local.get $a) (i64.const 1)) (local.get $m)))
      (br_if $next (i64.ne (i64.const 0) (local.tee $b (i64.shr_u (local.get $b) (i64.const 1)))))
    end
    local.get $r)
  (func (export "fermat") (param $n i64) (result i64)
    (local $base i64) (local $r i64) (local $e i64)
    (local.set $base (i64.const 2))
    (local.set $r (i64.const 1))
    (local.set $e (i64.sub (local.get $n) (i64.const 1)))
    block $end
      loop $next
        (br_if $end (i64.eqz (local.get $e)))
        (if (i32.wrap_i64 (i64.and (local.get $e) (i64.const 1)))
          (then (local.set $r (call $mul_mod (local.get $r) (local.get $base) (local.get $n)))))
        (local.set $base (call $mul_mod (local.get $base) (local.get $base) (local.get $n)))
        (local.set $e (i64.shr_u (local.get $e) (i64.const 1)))
        br $next
      end
    end
    local.get $r)

  (func (export "counts32") (param i32) (result i32 i32 i32)
    (i32.clz (local.get 0)) (i32.ctz (local.get 0)) (i32.popcnt (local.get 0)))
  (func (export "counts64") (param i64) (result i64 i64 i64)
    (i64.clz (local.get 0)) (i64.ctz (local.get 0)) (i64.popcnt (local.get 0)))
  ;; Shift counts are taken modulo the width.
  (func (export "shifts32") (param i32 i32) (result i32 i32 i32 i32 i32)
    (i32.shl (local.get 0) (local.get 1))
    (i32.shr_s (local.get 0) (local.get 1))
    (i32.shr_u (local.get 0) (local.get 1))
    (i32.rotl (local.get 0) (local.get 1))
    (i32.rotr (local.get 0) (local.get 1)))
  (func (export "shifts64") (param i64 i64) (result i64 i64 i64 i64 i64)
    (i64.shl (local.get 0) (local.get 1))
    (i64.shr_s (local.get 0) (local.get 1))
    (i64.shr_u (local.get 0) (local.get 1))
    (i64.rotl (local.get 0) (local.get 1))
    (i64.rotr (local.get 0) (local.get 1)))
  (func (export "divide32") (param i32 i32) (result i32 i32 i32)
    (i32.div_u (local.get 0) (local.get 1))
    (i32.rem_s (local.get 0) (local.get 1))
    (i32.rem_u (local.get 0) (local.get 1)))
  (func (export "divide64") (param i64 i64) (result i64 i64 i64)
    (i64.div_u (local.get 0) (local.get 1))
    (i64.rem_s (local.get 0) (local.get 1))
    (i64.rem_u (local.get 0) (local.get 1)))
  (func (export "div_s32") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  ;; A division whose result nobody wants still traps.
  (func (export "div_dropped") (param i64 i64)
    (drop (i64.div_s (local.get 0) (local.get 1))))
  (func (export "extend32") (param i32) (result i32 i32)
    (i32.extend8_s (local.get 0)) (i32.extend16_s (local.get 0)))
  (func (export "extend64") (param i64) (result i64 i64 i64)
    (i64.extend8_s (local.get 0)) (i64.extend16_s (local.get 0)) (i64.extend32_s (local.get 0)))

  ;; xorshift128+ with rotations: n steps from a seed.
  (func (export "random") (param $n i32) (param $seed i64) (result i64)
    (local $a i64) (local $b i64) (local $sum i64)
    (local.set $a (local.get $seed))
    (local.set $b (i64.xor (local.get $seed) (i64.const 0x9e3779b97f4a7c15)))
    block $end
      loop $next
        (br_if $end (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $sum (i64.add (local.get $a) (local.get $b)))
        (local.set $b (i64.xor (local.get $b) (local.get $a)))
        (local.set $a (i64.xor (i64.xor (i64.rotl (local.get $a) (i64.const 24)) (local.get $b))
                               (i64.shl (local.get $b) (i64.const 16))))
        (local.set $b (i64.rotr (local.get $b) (i64.const 27)))
        br $next
      end
    end
    local.get $sum)

  ;; Unsigned and signed comparisons as bits, lt_s lt_u ge_s ge_u from the highest.
  (func (export "compare") (param $a i64) (param $b i64) (result i32)
    (i32.add
      (i32.add (i32.mul (i64.lt_s (local.get $a) (local.get $b)) (i32.const 8))
               (i32.mul (i64.lt_u (local.get $a) (local.get $b)) (i32.const 4)))
      (i32.add (i32.mul (i64.ge_s (local.get $a) (local.get $b)) (i32.const 2))
               (i64.ge_u (local.get $a) (local.get $b))))))
