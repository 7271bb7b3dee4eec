;; Bulk memory and tables: passive and active segments, dropped ones, overlaps, and failures that write nothing.
(module
  (memory (export "memory") 1 1)
  (table $t (export "table") 8 8 funcref)
  (type $get (func (result i32)))
  (data $greeting "hello, world")
  (data $active (i32.const 100) "ACTIVE")
  (data $empty "")
  (elem $fs func $f0 $f1 $f2 $f3)
  (elem $active_elem (table $t) (i32.const 0) func $f3 $f2)
  (elem $declared declare func $f0)
  (func $f0 (result i32) i32.const 10)
  (func $f1 (result i32) i32.const 11)
  (func $f2 (result i32) i32.const 12)
  (func $f3 (result i32) i32.const 13)

  (func (export "init") (param i32 i32 i32)
    (memory.init $greeting (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init_active") (param i32 i32 i32)
    (memory.init $active (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init_empty") (param i32 i32 i32)
    (memory.init $empty (local.get 0) (local.get 1) (local.get 2)))
  (func (export "drop") (data.drop $greeting))
  (func (export "copy") (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "load64") (param i32) (result i64) (i64.load (local.get 0)))

  (func (export "table_init") (param i32 i32 i32)
    (table.init $t $fs (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table_init_active") (param i32 i32 i32)
    (table.init $t $active_elem (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table_init_declared") (param i32 i32 i32)
    (table.init $t $declared (local.get 0) (local.get 1) (local.get 2)))
  (func (export "elem_drop") (elem.drop $fs))
  (func (export "table_copy") (param i32 i32 i32)
    (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "call") (param i32) (result i32)
    (call_indirect $t (type $get) (local.get 0)))

  ;; A rolling sum of $len bytes from $p.
  (func (export "sum") (param $p i32) (param $len i32) (result i32)
    (local $h i32)
    block $end
      loop $next
        (br_if $end (i32.eqz (local.get $len)))
        (local.set $h (i32.add (i32.mul (local.get $h) (i32.const 31)) (i32.load8_u (local.get $p))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
        br $next
      end
    end
    local.get $h)

  ;; Doubles a pattern in place by copying it behind itself, log2 times.
  (func (export "double") (param $p i32) (param $len i32) (param $times i32) (result i32)
    loop $again
      (if (local.get $times)
        (then
          (memory.copy (i32.add (local.get $p) (local.get $len)) (local.get $p) (local.get $len))
          (local.set $len (i32.shl (local.get $len) (i32.const 1)))
          (local.set $times (i32.sub (local.get $times) (i32.const 1)))
          (br $again)))
    end
    local.get $len))
