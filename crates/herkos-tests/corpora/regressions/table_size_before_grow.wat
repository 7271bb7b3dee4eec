;; setup --opt-level 0
;; call x72756e
(module
  ;; The table's size is read before it grows, and used afterwards.
  (table $t 3 20 funcref)
  (func (export "run") (result i32)
    (i32.add (i32.mul (table.size $t) (i32.const 100)) (table.grow $t (ref.null func) (table.size $t)))))
