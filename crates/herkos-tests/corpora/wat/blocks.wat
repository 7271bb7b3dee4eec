;; Blocks, loops and ifs with parameters and several results.
(module
  (type $pair_to_pair (func (param i64 i64) (result i64 i64)))
  (type $quad (func (param i32) (result i32 i32 i32 i32)))

  ;; Quotient and remainder: a function with two results.
  (func $divmod (export "divmod") (param $a i64) (param $b i64) (result i64 i64)
    local.get $a
    local.get $b
    i64.div_s
    local.get $a
    local.get $b
    i64.rem_s)

  ;; Euclid: the two numbers live on the operand stack, as the loop's parameters.
  (func (export "gcd") (param $a i64) (param $b i64) (result i64)
    (local $x i64) (local $y i64)
    local.get $a
    local.get $b
    loop $again (param i64 i64) (result i64)
      local.set $y
      local.set $x
      local.get $y
      i64.eqz
      if (result i64)
        local.get $x
      else
        local.get $y
        local.get $x
        local.get $y
        i64.rem_u
        br $again
      end
    end)

  ;; The extended algorithm: a * s + b * t = g, five values carried round the loop.
  (func (export "egcd") (param $a i64) (param $b i64) (result i64 i64 i64)
    (local $r0 i64) (local $r1 i64) (local $s0 i64) (local $s1 i64) (local $t0 i64) (local $t1 i64) (local $q i64)
    local.get $a
    local.get $b
    i64.const 1
    i64.const 0
    i64.const 0
    i64.const 1
    loop $step (param i64 i64 i64 i64 i64 i64)
      local.set $t1
      local.set $t0
      local.set $s1
      local.set $s0
      local.set $r1
      local.set $r0
      local.get $r1
      i64.const 0
      i64.ne
      if
        local.get $r0
        local.get $r1
        i64.div_s
        local.set $q
        local.get $r1
        (i64.sub (local.get $r0) (i64.mul (local.get $q) (local.get $r1)))
        local.get $s1
        (i64.sub (local.get $s0) (i64.mul (local.get $q) (local.get $s1)))
        local.get $t1
        (i64.sub (local.get $t0) (i64.mul (local.get $q) (local.get $t1)))
        br $step
      end
    end
    local.get $r0
    local.get $s0
    local.get $t0)

  ;; fib(n) and fib(n + 1): the loop's parameters are its results, the count is a local.
  (func (export "fib_pair") (param $n i32) (result i64 i64)
    (local $a i64) (local $b i64)
    i64.const 0
    i64.const 1
    block $done (type $pair_to_pair)
      loop $next (type $pair_to_pair)
        local.get $n
        i32.eqz
        br_if $done
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        local.set $b
        local.set $a
        local.get $b
        (i64.add (local.get $a) (local.get $b))
        br $next
      end
    end)

  ;; Values of four types pass through a block that leaves early or late.
  (func (export "mixed") (param $early i32) (result i32 i64 f32 f64)
    block $out (result i32 i64 f32 f64)
      i32.const 1
      i64.const 2
      f32.const 3.5
      f64.const 4.25
      local.get $early
      br_if $out
      f64.neg
      block (param i64 f32 f64) (result f64 i64)
        local.get $early
        i32.eqz
        if (param i64 f32 f64) (result f64 i64)
          drop
          f64.promote_f32
          block (param i64 f64) (result f64 i64)
            drop
            i64.const 1
            i64.add
            f64.const 0.5
            block (param i64 f64) (result f64 i64)
              drop
              drop
              f64.const -8
              i64.const 77
            end
          end
        else
          drop
          drop
          drop
          f64.const 0
          i64.const 0
        end
      end
      f32.const -3.5
      block (param f64 i64 f32) (result i64 f32 f64)
        drop
        drop
        i64.const -2
        f32.const 9
        block (param f64 i64 f32) (result i64 f32 f64)
          drop
          drop
          drop
          i64.const 20
          f32.const 30
          f64.const 40
        end
      end
    end)

  ;; A branch to the function's own label, over values that stay below and are thrown away.
  (func $sign (export "sign") (param $v i32) (result i32 i32)
    i64.const 99
    i32.const -1
    i32.const 100
    (br_if 0 (i32.lt_s (local.get $v) (i32.const 0)))
    drop
    drop
    i32.const 0
    i32.const 200
    (br_if 0 (i32.eqz (local.get $v)))
    drop
    drop
    drop
    i32.const 1
    i32.const 300
    return)

  ;; An if without else whose parameters are its results.
  (func (export "order") (param $a i32) (param $b i32) (result i32 i32)
    local.get $a
    local.get $b
    (i32.gt_s (local.get $a) (local.get $b))
    if (param i32 i32) (result i32 i32)
      local.set $a
      local.set $b
      local.get $a
      local.get $b
    end)

  ;; Four results of a call are the next call's parameters.
  (func $split (type $quad)
    (i32.and (local.get 0) (i32.const 255))
    (i32.and (i32.shr_u (local.get 0) (i32.const 8)) (i32.const 255))
    (i32.and (i32.shr_u (local.get 0) (i32.const 16)) (i32.const 255))
    (i32.shr_u (local.get 0) (i32.const 24)))
  (func $join (param i32 i32 i32 i32) (result i32)
    (i32.or
      (i32.or (i32.shl (local.get 0) (i32.const 24)) (i32.shl (local.get 1) (i32.const 16)))
      (i32.or (i32.shl (local.get 2) (i32.const 8)) (local.get 3))))
  (func (export "swap_bytes") (param i32) (result i32)
    (call $join (call $split (local.get 0))))

  ;; Dead code with a polymorphic stack after each kind of unconditional branch.
  (func (export "dead_code") (param $which i32) (result i32)
    block $b (result i32)
      block $a
        local.get $which
        br_table $a $a 0
        i32.add
        i64.const 1
        f32.const 2
        drop
        drop
        drop
      end
      local.get $which
      if (result i32)
        i32.const 11
        return
        i32.add
        select
      else
        i32.const 22
        br $b
        f64.add
        drop
        unreachable
      end
    end)

  ;; Collatz steps and peak, two nested loops' worth of values in one loop with parameters.
  (func (export "collatz") (param $n i64) (result i32 i64)
    (local $v i64) (local $peak i64) (local $steps i32)
    i32.const 0
    local.get $n
    local.get $n
    loop $go (param i32 i64 i64) (result i32 i64)
      local.set $v
      local.set $peak
      local.set $steps
      block $stop
        (br_if $stop (i64.le_u (local.get $v) (i64.const 1)))
        (i32.add (local.get $steps) (i32.const 1))
        (if (result i64) (i64.eqz (i64.and (local.get $v) (i64.const 1)))
          (then local.get $peak)
          (else
            (select
              (i64.add (i64.mul (local.get $v) (i64.const 3)) (i64.const 1))
              (local.get $peak)
              (i64.gt_u (i64.add (i64.mul (local.get $v) (i64.const 3)) (i64.const 1)) (local.get $peak)))))
        (if (result i64) (i64.eqz (i64.and (local.get $v) (i64.const 1)))
          (then (i64.shr_u (local.get $v) (i64.const 1)))
          (else (i64.add (i64.mul (local.get $v) (i64.const 3)) (i64.const 1))))
        br $go
      end
      local.get $steps
      local.get $peak
    end))
