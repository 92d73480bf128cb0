;; Fails its own sample.
(module
  (import "postern" "output_write" (func $output_write (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "postern_abi") (result i32) (i32.const 1))
  (func (export "postern_describe")
    (call $output_write (i32.const 0) (i32.const 272)))
  (func (export "postern_call") (param i32 i32) (result i32)
    (call $output_write (i32.const 320) (i32.const 18))
    (i32.const 1))
  (data (i32.const 0) "[{\"id\":\"tour\",\"version\":\"3.0.0\",\"description\":\"Says where somebody is.\",\"host_api\":1,\"hooks\":[\"claims.map/v1\"],\"settings\":{\"type\":\"object\",\"properties\":{\"level\":{\"type\":\"integer\",\"minimum\":1}},\"additionalProperties\":false},\"samples\":[{\"hook\":\"claims.map/v1\",\"input\":{}}]}]")
  (data (i32.const 320) "{\"set\":{\"tour\":3}}"))
