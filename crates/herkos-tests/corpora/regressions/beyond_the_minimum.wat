;; setup --opt-level 0
;; call x65646765 i32:00000000
;; call x65646765 i32:00000001
;; call x73756d i32:0000fde8 i32:00000007
;; call x73756d i32:0000fffa i32:000000ff
;; call x67726f77
;; call x65646765 i32:00000001
;; call x73756d i32:0000fffa i32:000000ff
;; call x73756d i32:00011170 i32:000000ff
;; call x73756d i32:ffffffff i32:000000ff
(module
  ;; Accesses whose addresses have a range that ends just beyond the memory's minimum, or that wraps.
  (memory (export "m") 1 2)
  (data (i32.const 65534) "\02\03")
  (func (export "grow") (result i32)
    (memory.grow (i32.const 1)))
  (func (export "edge") (param i32) (result i32)
    (i32.load8_u offset=65535 (i32.and (local.get 0) (i32.const 1))))
  (func (export "sum") (param i32 i32) (result i32)
    (i32.load8_u (i32.add (local.get 0) (i32.and (local.get 1) (i32.const 255))))))
