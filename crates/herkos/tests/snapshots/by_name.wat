;; The by-name interface, with names that need care.
(module
  (global (export "count") (mut i32) (i32.const 7))
  (func (export "a-b") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
  (func (export "a_b") (param externref) (result externref) (local.get 0))
  (func (export "*/ \"quoted\"\n")))
