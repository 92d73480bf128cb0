;; A plugin for tests that does something else with another secret: it reads the
;; clock if the answer is longer than that of its sample. Assemble it with:
;; wat2wasm fickle.wat -o fickle.wasm
(module
  (import "postern" "clock" (func $clock (result i64)))
  (import "postern" "secret_get" (func $secret_get (param i32 i32) (result i32)))
  (import "postern" "output_write" (func $output_write (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "postern_abi") (result i32) (i32.const 1))
  (func (export "postern_describe")
    (call $output_write (i32.const 64) (i32.const 578)))
  (func (export "postern_call") (param i32 i32) (result i32)
    (if (i32.gt_u (call $secret_get (i32.const 0) (i32.const 14)) (i32.const 30))
      (then (drop (call $clock))))
    (call $output_write (i32.const 16) (i32.const 2))
    (i32.const 0))
  (data (i32.const 0) "{\"name\":\"api\"}")
  (data (i32.const 16) "{}")
  (data (i32.const 64) "[{\"id\":\"fickle\",\"version\":\"1.0.0\",\"description\":\"Depends on its secret, for tests.\",\"host_api\":1,\"hooks\":[\"claims.map/v1\",\"event.sink/v1\"],\"capabilities\":[{\"name\":\"secret.get\",\"targets\":[\"api\"],\"reason\":\"For tests.\"},{\"name\":\"clock\",\"reason\":\"For tests.\"}],\"secrets\":[{\"name\":\"api\",\"description\":\"Any text.\"}],\"settings\":{\"type\":\"object\"},\"presets\":[{\"name\":\"often\",\"title\":\"Often\",\"icon\":\"key\",\"settings\":{\"every\":1},\"targets\":[\"a.example\"]},{\"name\":\"seldom\",\"title\":\"Seldom\",\"settings\":{}}],\"samples\":[{\"hook\":\"claims.map/v1\",\"input\":{}},{\"hook\":\"event.sink/v1\",\"input\":{}}]}]"))
