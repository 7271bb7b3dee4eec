;; Several tables: host references kept and moved around, and functions called through the second table.
(module
  (type $step (func (param i64) (result i64)))
  (table $objects (export "objects") 4 10 externref)
  (table $backup 2 externref)
  (table $steps (export "steps") 3 5 funcref)
  (table $empty 0 funcref)
  (global $favourite (export "favourite") (mut externref) (ref.null extern))
  (global $step_ref (mut funcref) (ref.func $double))
  (elem $twice (table $steps) (i32.const 0) funcref (ref.func $double) (ref.null func) (ref.func $plus_one))

  (func $double (type $step) (i64.mul (local.get 0) (i64.const 2)))
  (func $plus_one (type $step) (i64.add (local.get 0) (i64.const 1)))

  (func (export "put") (param $i i32) (param $o externref)
    (table.set $objects (local.get $i) (local.get $o)))
  (func (export "get") (param $i i32) (result externref)
    (table.get $objects (local.get $i)))
  (func (export "is_null") (param $i i32) (result i32)
    (ref.is_null (table.get $objects (local.get $i))))
  (func (export "size") (result i32 i32 i32)
    (table.size $objects)
    (table.size $backup)
    (table.size $steps))
  (func (export "grow") (param $n i32) (param $o externref) (result i32)
    (table.grow $objects (local.get $o) (local.get $n)))
  (func (export "fill") (param $i i32) (param $o externref) (param $n i32)
    (table.fill $objects (local.get $i) (local.get $o) (local.get $n)))
  (func (export "save") (param $to i32) (param $from i32) (param $n i32)
    (table.copy $backup $objects (local.get $to) (local.get $from) (local.get $n)))
  (func (export "restore") (param $to i32) (param $from i32) (param $n i32)
    (table.copy $objects $backup (local.get $to) (local.get $from) (local.get $n)))
  (func (export "choose") (param $c i32) (param $a externref) (param $b externref) (result externref)
    (select (result externref) (local.get $a) (local.get $b) (local.get $c)))
  (func (export "remember") (param $o externref) (result externref)
    global.get $favourite
    (global.set $favourite (local.get $o)))

  ;; How many entries are not null, and the first of them.
  (func (export "first") (result i32 externref)
    (local $i i32) (local $n i32) (local $o externref) (local $found externref)
    block $end
      loop $next
        (br_if $end (i32.ge_u (local.get $i) (table.size $objects)))
        (local.set $o (table.get $objects (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (ref.is_null (local.get $o)))
        (if (i32.eqz (local.get $n)) (then (local.set $found (local.get $o))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        br $next
      end
    end
    local.get $n
    local.get $found)

  (func (export "apply") (param $v i64) (param $i i32) (result i64)
    (call_indirect $steps (type $step) (local.get $v) (local.get $i)))
  (func (export "apply_empty") (param $v i64) (param $i i32) (result i64)
    (call_indirect $empty (type $step) (local.get $v) (local.get $i)))
  ;; Moves the function held by the global into entry $i and leaves the entry's old function in the global.
  (func (export "exchange") (param $i i32)
    (local $old funcref)
    (local.set $old (table.get $steps (local.get $i)))
    (table.set $steps (local.get $i) (global.get $step_ref))
    (global.set $step_ref (local.get $old)))
  (func (export "grow_steps") (param $n i32) (result i32)
    (table.grow $steps (ref.func $plus_one) (local.get $n)))
  ;; Applies every entry from the first to the last.
  (func (export "pipeline") (param $v i64) (result i64)
    (local $i i32)
    loop $next
      (if (i32.lt_u (local.get $i) (table.size $steps))
        (then
          (local.set $v (call_indirect $steps (type $step) (local.get $v) (local.get $i)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))
    end
    local.get $v))
