;; Floats as bits: NaN payloads, signed zeros, rounding, conversions, and two algorithms on bit patterns.
(module
  (memory (export "memory") 1)
  ;; Constants keep their payloads, signalling ones included, through moves that are not arithmetic.
  (func (export "nan32") (result i32) (i32.reinterpret_f32 (f32.const nan:0x200001)))
  (func (export "nan64") (result i64) (i64.reinterpret_f64 (f64.const -nan:0x4000000000123)))
  (func (export "carry") (param $bits i32) (result i32)
    (local $f f32)
    (local.set $f (f32.reinterpret_i32 (local.get $bits)))
    (f32.store (i32.const 8) (local.get $f))
    (i32.reinterpret_f32 (select (f32.load (i32.const 8)) (f32.const 1) (i32.const 1))))
  ;; neg, abs and copysign change the sign bit and nothing else.
  (func (export "neg_bits") (param i32) (result i32)
    (i32.reinterpret_f32 (f32.neg (f32.reinterpret_i32 (local.get 0)))))
  (func (export "abs_bits") (param i64) (result i64)
    (i64.reinterpret_f64 (f64.abs (f64.reinterpret_i64 (local.get 0)))))
  (func (export "copysign_bits") (param i64 i64) (result i64)
    (i64.reinterpret_f64 (f64.copysign (f64.reinterpret_i64 (local.get 0)) (f64.reinterpret_i64 (local.get 1)))))

  (func (export "min32") (param f32 f32) (result f32) (f32.min (local.get 0) (local.get 1)))
  (func (export "max32") (param f32 f32) (result f32) (f32.max (local.get 0) (local.get 1)))
  (func (export "min64") (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func (export "max64") (param f64 f64) (result f64) (f64.max (local.get 0) (local.get 1)))
  (func (export "nearest32") (param f32) (result f32) (f32.nearest (local.get 0)))
  (func (export "nearest64") (param f64) (result f64) (f64.nearest (local.get 0)))
  (func (export "round64") (param f64) (result f64 f64 f64)
    (f64.ceil (local.get 0))
    (f64.floor (local.get 0))
    (f64.trunc (local.get 0)))
  (func (export "sqrt64") (param f64) (result f64) (f64.sqrt (local.get 0)))
  (func (export "div64") (param f64 f64) (result f64) (f64.div (local.get 0) (local.get 1)))
  (func (export "demote") (param f64) (result f32) (f32.demote_f64 (local.get 0)))
  (func (export "promote") (param f32) (result f64) (f64.promote_f32 (local.get 0)))

  (func (export "trunc_i32") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "trunc_u32") (param f32) (result i32) (i32.trunc_f32_u (local.get 0)))
  (func (export "trunc_i64") (param f64) (result i64) (i64.trunc_f64_s (local.get 0)))
  (func (export "trunc_u64") (param f64) (result i64) (i64.trunc_f64_u (local.get 0)))
  (func (export "sat_i32") (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0)))
  (func (export "sat_u64") (param f32) (result i64) (i64.trunc_sat_f32_u (local.get 0)))
  (func (export "from_u64") (param i64) (result f32 f64)
    (f32.convert_i64_u (local.get 0))
    (f64.convert_i64_u (local.get 0)))
  (func (export "from_i64") (param i64) (result f32 f64)
    (f32.convert_i64_s (local.get 0))
    (f64.convert_i64_s (local.get 0)))

  ;; Six comparisons as one number, lt gt le ge eq ne from the highest bit: unordered is 1.
  (func (export "compare") (param $a f64) (param $b f64) (result i32)
    (i32.or
      (i32.or
        (i32.or (i32.shl (f64.lt (local.get $a) (local.get $b)) (i32.const 5))
                (i32.shl (f64.gt (local.get $a) (local.get $b)) (i32.const 4)))
        (i32.or (i32.shl (f64.le (local.get $a) (local.get $b)) (i32.const 3))
                (i32.shl (f64.ge (local.get $a) (local.get $b)) (i32.const 2))))
      (i32.or (i32.shl (f64.eq (local.get $a) (local.get $b)) (i32.const 1))
              (f64.ne (local.get $a) (local.get $b)))))

  ;; The class of a number: 0 zero, 1 subnormal, 2 normal, 3 infinite, 4 quiet NaN, 5 signalling NaN.
  (func $classify (export "classify") (param $v f64) (result i32)
    (local $b i64) (local $e i64) (local $m i64)
    (local.set $b (i64.reinterpret_f64 (local.get $v)))
    (local.set $e (i64.and (i64.shr_u (local.get $b) (i64.const 52)) (i64.const 0x7ff)))
    (local.set $m (i64.and (local.get $b) (i64.const 0xfffffffffffff)))
    (if (i64.eqz (local.get $e))
      (then (return (i64.ne (local.get $m) (i64.const 0)))))
    (if (i64.ne (local.get $e) (i64.const 0x7ff))
      (then (return (i32.const 2))))
    (if (i64.eqz (local.get $m))
      (then (return (i32.const 3))))
    (i32.sub (i32.const 5) (i32.wrap_i64 (i64.shr_u (local.get $m) (i64.const 51)))))

  ;; The next larger number, from its bits.
  (func $next_up (export "next_up") (param $v f64) (result f64)
    (local $b i64)
    (if (f64.ne (local.get $v) (local.get $v)) (then (return (local.get $v))))
    (if (f64.eq (local.get $v) (f64.const inf)) (then (return (local.get $v))))
    (if (f64.eq (local.get $v) (f64.const 0)) (then (return (f64.const 0x0.0000000000001p-1022))))
    (local.set $b (i64.reinterpret_f64 (local.get $v)))
    (f64.reinterpret_i64 (i64.add (local.get $b)
      (select (i64.const -1) (i64.const 1) (i64.lt_s (local.get $b) (i64.const 0))))))

  ;; How many representable numbers lie between two positive ones, by walking.
  (func (export "distance") (param $a f64) (param $b f64) (result i32)
    (local $n i32)
    block $end
      loop $next
        (br_if $end (i32.eqz (f64.lt (local.get $a) (local.get $b))))
        (local.set $a (call $next_up (local.get $a)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        br $next
      end
    end
    local.get $n)

  ;; The sum of 0.1 n times: naive, and with Kahan's compensation (which a compiler must not simplify away).
  (func (export "sums") (param $n i32) (result f64 f64)
    (local $naive f64) (local $sum f64) (local $c f64) (local $y f64) (local $t f64)
    block $end
      loop $next
        (br_if $end (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $naive (f64.add (local.get $naive) (f64.const 0.1)))
        (local.set $y (f64.sub (f64.const 0.1) (local.get $c)))
        (local.set $t (f64.add (local.get $sum) (local.get $y)))
        (local.set $c (f64.sub (f64.sub (local.get $t) (local.get $sum)) (local.get $y)))
        (local.set $sum (local.get $t))
        br $next
      end
    end
    local.get $naive
    local.get $sum)

  ;; Arithmetic on a signalling NaN gives a quiet one; x * 1 and x + 0 are not x.
  (func (export "quieted") (param $bits i64) (result f64 f64 f64)
    (f64.mul (f64.reinterpret_i64 (local.get $bits)) (f64.const 1))
    (f64.sub (f64.reinterpret_i64 (local.get $bits)) (f64.const 0))
    (f64.add (f64.reinterpret_i64 (local.get $bits)) (f64.const 0))))
