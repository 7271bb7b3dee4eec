;; Memory: loads and stores, growth (after which the slice is taken again), bulk operations, data.
(module
  (memory (export "memory") 1 4)
  (data (i32.const 16) "tab\09quote\"backslash\\ zero\00 high\ff\n")
  (data $passive "later")
  (func (export "sum") (param $at i32) (param $count i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $sum))
  (func $reserve (export "reserve") (param $pages i32) (result i32)
    (i32.store8 (i32.const 0) (memory.size))
    (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then (unreachable)))
    (i32.store8 (i32.const 1) (memory.size))
    (memory.init $passive (i32.const 2) (i32.const 0) (i32.const 5))
    (data.drop $passive)
    (memory.copy (i32.const 100) (i32.const 0) (i32.const 8))
    (i32.load (i32.const 100)))
  ;; Sorting: which of two values from memory comes first is not predictable. Searching: it is.
  (func $child (export "child") (param $heap i32) (param $key i32) (result i32)
    (local $left i32) (local $right i32)
    (local.set $left (i32.load offset=4 (local.get $heap)))
    (local.set $right (i32.load offset=8 (local.get $heap)))
    (i32.add
      (select (i32.const 1) (i32.const 2) (i32.lt_u (local.get $left) (local.get $right)))
      (select (i32.const 4) (i32.const 8) (i32.lt_u (local.get $left) (local.get $key))))))
