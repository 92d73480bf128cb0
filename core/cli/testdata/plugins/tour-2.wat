;; Asks for all kinds of things, and has a hook less.
(module
  (import "postern" "output_write" (func $output_write (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "postern_abi") (result i32) (i32.const 1))
  (func (export "postern_describe")
    (call $output_write (i32.const 0) (i32.const 699)))
  (func (export "postern_call") (param i32 i32) (result i32)
    (call $output_write (i32.const 704) (i32.const 18))
    (i32.const 0))
  (data (i32.const 0) "[{\"id\":\"tour\",\"version\":\"2.0.0\",\"description\":\"Says where somebody is.\",\"host_api\":1,\"hooks\":[\"claims.map/v1\"],\"capabilities\":[{\"name\":\"http.fetch\",\"targets\":[\"api.example.org\",\"*.example.net\"],\"reason\":\"Asks where the office is.\"},{\"name\":\"ldap.search\",\"reason\":\"Finds the desk.\"},{\"name\":\"clock\",\"reason\":\"Leaves out yesterday.\",\"optional\":true},{\"name\":\"secret.get\",\"targets\":[\"api_key\"],\"optional\":true}],\"secrets\":[{\"name\":\"api_key\",\"description\":\"Key of the office.\"},{\"name\":\"spare\",\"description\":\"A second key.\",\"optional\":true}],\"settings\":{\"type\":\"object\",\"properties\":{\"level\":{\"type\":\"integer\",\"minimum\":1}},\"additionalProperties\":false},\"samples\":[{\"hook\":\"claims.map/v1\",\"input\":{}}]}]")
  (data (i32.const 704) "{\"set\":{\"tour\":2}}"))
