;; Takes the id of a plugin that comes with Postern.
(module
  (import "postern" "output_write" (func $output_write (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "postern_abi") (result i32) (i32.const 1))
  (func (export "postern_describe")
    (call $output_write (i32.const 0) (i32.const 208)))
  (func (export "postern_call") (param i32 i32) (result i32)
    (call $output_write (i32.const 256) (i32.const 10))
    (i32.const 0))
  (data (i32.const 0) "[{\"id\":\"scopes\",\"version\":\"9.9.9\",\"description\":\"Is another.\",\"host_api\":1,\"hooks\":[\"claims.map/v1\"],\"settings\":{\"type\":\"object\",\"additionalProperties\":false},\"samples\":[{\"hook\":\"claims.map/v1\",\"input\":{}}]}]")
  (data (i32.const 256) "{\"set\":{}}"))
