;; Two plugins, one of which wants settings.
(module
  (import "postern" "output_write" (func $output_write (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "postern_abi") (result i32) (i32.const 1))
  (func (export "postern_describe")
    (call $output_write (i32.const 0) (i32.const 530)))
  (func (export "postern_call") (param i32 i32) (result i32)
    (call $output_write (i32.const 576) (i32.const 10))
    (i32.const 0))
  (data (i32.const 0) "[{\"id\":\"left\",\"version\":\"1.0.0\",\"description\":\"Says left.\",\"host_api\":1,\"hooks\":[\"claims.map/v1\"],\"settings\":{\"type\":\"object\",\"additionalProperties\":false},\"samples\":[{\"hook\":\"claims.map/v1\",\"input\":{}}]},{\"id\":\"right\",\"version\":\"1.0.0\",\"description\":\"Says right.\",\"host_api\":1,\"hooks\":[\"claims.map/v1\"],\"secrets\":[{\"name\":\"token\",\"description\":\"Opens the door.\"}],\"settings\":{\"type\":\"object\",\"properties\":{\"url\":{\"type\":\"string\"}},\"required\":[\"url\"],\"additionalProperties\":false},\"samples\":[{\"hook\":\"claims.map/v1\",\"input\":{}}]}]")
  (data (i32.const 576) "{\"set\":{}}"))
