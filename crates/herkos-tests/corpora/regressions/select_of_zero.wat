;; setup --opt-level 0
;; call x72756e i32:00000000
;; call x72756e i32:00000007
(module
  ;; wasmi 2.0.0 divides by zero here.
  (func (export "run") (param i32) (result i32)
    i32.const 8
    i32.const 1
    local.get 0
    local.get 0
    i32.eqz
    select
    i32.div_u))
