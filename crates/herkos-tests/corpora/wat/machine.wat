;; State machines made of br_table: tables that carry values, share targets, and sit in loops.
(module
  (memory (export "memory") 1)
  ;; Class of a byte: 0 end, 1 digit, 2 sign, 3 point, 4 space, 5 anything else.
  (func $class (param $c i32) (result i32)
    (if (i32.eqz (local.get $c)) (then (return (i32.const 0))))
    (if (i32.lt_u (i32.sub (local.get $c) (i32.const 48)) (i32.const 10)) (then (return (i32.const 1))))
    block $other
      block $space
        block $point
          block $sign
            (br_table $space $other $other $other $other $other $other $other $other $other $other
                      $sign $other $sign $point $other
              (i32.sub (local.get $c) (i32.const 32)))
          end
          i32.const 2
          return
        end
        i32.const 3
        return
      end
      i32.const 4
      return
    end
    i32.const 5)

  ;; Reads the numbers of the zero-terminated text at $p; returns their count and the sum of all of them in thousandths.
  ;; States: 0 between numbers, 1 after a sign, 2 in the whole part, 3 in the fraction, 4 in a word to be skipped.
  (func (export "scan") (param $p i32) (result i32 i64)
    (local $state i32) (local $class i32) (local $c i32) (local $count i32) (local $negative i32)
    (local $value i64) (local $scale i64) (local $sum i64)
    loop $next
      (local.set $c (i32.load8_u (local.get $p)))
      (local.set $class (call $class (local.get $c)))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      block $finish_word
        block $finish_number
          block $fraction
            block $point
              block $digit
                block $sign
                  block $skip
                    block $invalid
                      ;; one row of six classes a state
                      (br_table
                        $finish_word $digit $sign $invalid $finish_word $invalid
                        $finish_word $digit $invalid $invalid $finish_word $invalid
                        $finish_number $digit $invalid $point $finish_number $invalid
                        $finish_number $fraction $invalid $invalid $finish_number $invalid
                        $finish_word $skip $skip $skip $finish_word $skip
                        $invalid
                        (i32.add (i32.mul (local.get $state) (i32.const 6)) (local.get $class)))
                    end
                    (local.set $state (i32.const 4))
                    br $next
                  end
                  br $next
                end
                (local.set $negative (i32.eq (local.get $c) (i32.const 45)))
                (local.set $state (i32.const 1))
                br $next
              end
              (local.set $value (i64.add (i64.mul (local.get $value) (i64.const 10))
                                         (i64.extend_i32_u (i32.sub (local.get $c) (i32.const 48)))))
              (local.set $scale (i64.const 1000))
              (local.set $state (i32.const 2))
              br $next
            end
            (local.set $state (i32.const 3))
            br $next
          end
          (if (i64.gt_u (local.get $scale) (i64.const 1))
            (then
              (local.set $value (i64.add (i64.mul (local.get $value) (i64.const 10))
                                         (i64.extend_i32_u (i32.sub (local.get $c) (i32.const 48)))))
              (local.set $scale (i64.div_u (local.get $scale) (i64.const 10)))))
          br $next
        end
        (local.set $value (i64.mul (local.get $value) (local.get $scale)))
        (local.set $sum (select
          (i64.sub (local.get $sum) (local.get $value))
          (i64.add (local.get $sum) (local.get $value))
          (local.get $negative)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
      end
      (local.set $state (i32.const 0))
      (local.set $value (i64.const 0))
      (local.set $negative (i32.const 0))
      (br_if $next (local.get $c))
    end
    local.get $count
    local.get $sum)

  ;; br_table that carries a value: each target adds its own mark to it on the way down.
  (func (export "cascade") (param $entry i32) (param $value i64) (result i64)
    block $c (result i64)
      block $b (result i64)
        block $a (result i64)
          local.get $value
          local.get $entry
          br_table $a $b $c $a
        end
        i64.const 10
        i64.mul
        i64.const 1
        i64.add
      end
      i64.const 10
      i64.mul
      i64.const 2
      i64.add
    end
    i64.const 10
    i64.mul
    i64.const 3
    i64.add)

  ;; A table in a loop whose continuation takes parameters: dispatches over the decimal digits of $program.
  ;; 1 doubles, 2 increments, 3 squares, 0 stops, anything else negates; the digits run from the lowest.
  (func (export "digits") (param $program i64) (param $start i32) (result i32)
    (local $acc i32) (local $op i32)
    local.get $start
    loop $step (param i32) (result i32)
      local.set $acc
      (local.set $op (i32.wrap_i64 (i64.rem_u (local.get $program) (i64.const 10))))
      (local.set $program (i64.div_u (local.get $program) (i64.const 10)))
      block $negate
        block $square
          block $increment
            block $double
              block $stop
                (br_table $stop $double $increment $square $negate (local.get $op))
              end
              local.get $acc
              return
            end
            (br $step (i32.shl (local.get $acc) (i32.const 1)))
          end
          (br $step (i32.add (local.get $acc) (i32.const 1)))
        end
        (br $step (i32.mul (local.get $acc) (local.get $acc)))
      end
      (br $step (i32.sub (i32.const 0) (local.get $acc)))
    end)

  ;; The function's label, an enclosing loop and an empty list, in tables.
  (func (export "to_function") (param $i i32) (result i32)
    block $inner (result i32)
      (br_table $inner 1 $inner 1 (i32.const 41) (local.get $i))
    end
    i32.const 7
    i32.add)
  (func (export "default_only") (param $i i32) (result i32)
    block (result i32)
      (br_table 0 (i32.const 5) (local.get $i))
    end)
  (func (export "countdown") (param $n i32) (result i32)
    (local $turns i32)
    block $out
      loop $top
        (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_table $out $top (i32.lt_s (i32.const 0) (local.get $n)))
      end
    end
    local.get $turns)

  (data (i32.const 64) "1 22 333\00")
  (data (i32.const 96) "1.5 -2.25 +3 x9 4.\00")
  (data (i32.const 128) "-7.12345 nope 1- 8\00")
  (data (i32.const 160) "   \00"))
