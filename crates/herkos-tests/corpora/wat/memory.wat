;; Growth from nothing, and addresses at, past and far past the end, up to the top of the 32-bit range.
(module
  (memory (export "memory") 0 3)

  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load8") (param i32) (result i32) (i32.load8_s (local.get 0)))
  (func (export "load8_top") (param i32) (result i32) (i32.load8_u offset=0xffffffff (local.get 0)))
  (func (export "load16") (param i32) (result i32) (i32.load16_u (local.get 0)))
  (func (export "load32") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "load32_page") (param i32) (result i32) (i32.load offset=65536 (local.get 0)))
  (func (export "load32_high") (param i32) (result i32) (i32.load offset=0x80000000 (local.get 0)))
  (func (export "load32_wrap") (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func (export "load64") (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "load64_8s") (param i32) (result i64) (i64.load8_s offset=1 (local.get 0)))
  (func (export "load64_16s") (param i32) (result i64) (i64.load16_s (local.get 0)))
  (func (export "load64_32u") (param i32) (result i64) (i64.load32_u (local.get 0)))
  (func (export "load64_32s") (param i32) (result i64) (i64.load32_s (local.get 0)))
  (func (export "loadf64") (param i32) (result f64) (f64.load (local.get 0)))
  (func (export "store8") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "store16") (param i32 i64) (i64.store16 (local.get 0) (local.get 1)))
  (func (export "store32") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "store32_wrap") (param i32 i32) (i32.store offset=0xfffffffc (local.get 0) (local.get 1)))
  (func (export "store64") (param i32 i64) (i64.store offset=8 (local.get 0) (local.get 1)))
  (func (export "storef32") (param i32 f32) (f32.store (local.get 0) (local.get 1)))

  ;; Grows a page at a time, marking each; the number of pages that there were.
  (func (export "fill_pages") (result i32)
    (local $n i32)
    block $full
      loop $next
        (br_if $full (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))
        (i64.store (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8))
          (i64.extend_i32_u (memory.size)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        br $next
      end
    end
    local.get $n)

  ;; A growth in the middle of an expression: the load before it and the one after it are of one memory.
  (func (export "across") (param $p i32) (result i32)
    (i32.add
      (i32.add
        (i32.mul (i32.load (local.get $p)) (i32.const 100))
        (memory.grow (i32.const 1)))
      (i32.mul (i32.load8_u (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8))) (i32.const 10))))

  ;; A linked list through memory: a bump allocator that grows on demand, then a sum along the list.
  (global $top (mut i32) (i32.const 16))
  (func $allocate (param $size i32) (result i32)
    (local $p i32)
    (local.set $p (global.get $top))
    (global.set $top (i32.add (local.get $p) (local.get $size)))
    (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
      (then
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))))
    local.get $p)
  (func (export "list") (param $n i32) (param $padding i32) (result i64)
    (local $head i32) (local $node i32) (local $sum i64)
    block $built
      loop $next
        (br_if $built (i32.eqz (local.get $n)))
        (local.set $node (call $allocate (i32.add (local.get $padding) (i32.const 16))))
        (i32.store (local.get $node) (local.get $head))
        (i64.store offset=8 (local.get $node) (i64.extend_i32_s (local.get $n)))
        (local.set $head (local.get $node))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        br $next
      end
    end
    block $summed
      loop $next
        (br_if $summed (i32.eqz (local.get $head)))
        (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 3)) (i64.load offset=8 (local.get $head))))
        (local.set $head (i32.load (local.get $head)))
        br $next
      end
    end
    local.get $sum))
