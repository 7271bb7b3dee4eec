(module
  (import "env" "memory" (memory 1))
  (import "env" "log" (func $log (param i32)))
  (func (export "run") (param i32) (call $log (i32.load (local.get 0)))))
