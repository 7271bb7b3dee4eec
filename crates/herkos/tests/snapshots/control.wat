;; Control: values carried by branches, loop parameters, a switch, a conditional with results.
(module $control
  (func $sum_to (export "sum_to") (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $next (i32.gt_s (local.get $n) (i32.const 0))))
    (local.get $sum))

  (func (export "clamp") (param $x f64) (result f64)
    (block $done (result f64)
      (drop (br_if $done (f64.const 0) (f64.lt (local.get $x) (f64.const 0))))
      (drop (br_if $done (f64.const 1) (f64.gt (local.get $x) (f64.const 1))))
      (local.get $x)))

  (func $gcd (export "gcd") (param i64 i64) (result i64)
    (local.get 0) (local.get 1)
    (loop $again (param i64 i64) (result i64)
      (local.set 1)
      (local.set 0)
      (if (result i64) (i64.eqz (local.get 1))
        (then (local.get 0))
        (else
          (local.get 1)
          (i64.rem_u (local.get 0) (local.get 1))
          (br $again)))))

  (func (export "days") (param $month i32) (result i32)
    (block $long (block $short (block $february
      (br_table $long $february $long $short $long $short $long $long $short $long $short $long
                $long (local.get $month)))
      (return (i32.const 28)))
      (return (i32.const 30)))
    (i32.const 31))

  (func (export "div_mod") (param i32 i32) (result i32 i32)
    (i32.div_s (local.get 0) (local.get 1))
    (i32.rem_u (local.get 0) (i32.const 10))))
