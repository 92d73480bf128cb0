;; The least plugin: it reads its input, as far as it fits, and answers an empty
;; object at every hook. 'postern plugin bench' measures it beside a plugin.
;; Assemble it with: wat2wasm floor.wat -o floor.wasm
(module
  (import "postern" "input_len" (func $input_len (result i32)))
  (import "postern" "input_read" (func $input_read (param i32)))
  (import "postern" "output_write" (func $output_write (param i32 i32)))
  (memory (export "memory") 6)
  (func (export "postern_abi") (result i32) (i32.const 1))
  (func (export "postern_describe")
    (call $output_write (i32.const 16) (i32.const 476)))
  (func (export "postern_call") (param i32 i32) (result i32)
    (if (i32.le_u (call $input_len) (i32.const 327680))
      (then (call $input_read (i32.const 65536))))
    (call $output_write (i32.const 0) (i32.const 2))
    (i32.const 0))
  (data (i32.const 0) "{}")
  (data (i32.const 16) "[{\"id\":\"floor\",\"version\":\"1.0.0\",\"description\":\"Does nothing.\",\"host_api\":1,\"hooks\":[\"claims.map/v1\",\"account.shape/v1\",\"scope.policy/v1\",\"connector.login/v1\",\"connector.password/v1\",\"event.sink/v1\"],\"settings\":{\"type\":\"object\"},\"samples\":[{\"hook\":\"claims.map/v1\",\"input\":{}},{\"hook\":\"account.shape/v1\",\"input\":{}},{\"hook\":\"scope.policy/v1\",\"input\":{}},{\"hook\":\"connector.login/v1\",\"input\":{}},{\"hook\":\"connector.password/v1\",\"input\":{}},{\"hook\":\"event.sink/v1\",\"input\":{}}]}]"))
