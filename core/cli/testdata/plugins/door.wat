;; Two plugins by which people sign in: one that sends them to a provider, with presets,
;; and one that asks for a password. Both let nobody in.
(module
  (import "postern" "output_write" (func $output_write (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "postern_abi") (result i32) (i32.const 1))
  (func (export "postern_describe")
    (call $output_write (i32.const 0) (i32.const 1345)))
  (func (export "postern_call") (param i32 i32) (result i32)
    (call $output_write (i32.const 1360) (i32.const 38))
    (i32.const 0))
  (data (i32.const 0) "[{\"id\":\"door\",\"version\":\"1.0.0\",\"description\":\"Signs people in at the door.\",\"host_api\":1,\"hooks\":[\"connector.login/v1\"],\"capabilities\":[{\"name\":\"oidc.exchange\",\"reason\":\"Signs in at the issuer.\"},{\"name\":\"http.fetch\",\"reason\":\"Reads the groups.\",\"optional\":true}],\"secrets\":[{\"name\":\"client_secret\",\"description\":\"Client secret at the provider.\"},{\"name\":\"spare\",\"description\":\"A second one.\",\"optional\":true}],\"settings\":{\"type\":\"object\",\"properties\":{\"client_id\":{\"type\":\"string\"},\"issuer\":{\"type\":\"string\"},\"claims\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"mail\":{\"type\":\"string\"}},\"additionalProperties\":false},\"level\":{\"type\":\"integer\"}},\"required\":[\"client_id\"],\"additionalProperties\":false},\"presets\":[{\"name\":\"front\",\"title\":\"Front Door (client_id)\",\"icon\":\"key\",\"settings\":{\"issuer\":\"https://front.example.org\",\"claims\":{\"name\":\"n\",\"mail\":\"m\"}},\"targets\":[\"front.example.org\"]},{\"name\":\"back\",\"title\":\"Back Door (issuer, client_id)\",\"icon\":\"openid\",\"settings\":{},\"targets\":[]}],\"samples\":[{\"hook\":\"connector.login/v1\",\"input\":{\"phase\":\"begin\",\"settings\":{\"client_id\":\"c\"}}}]},{\"id\":\"slot\",\"version\":\"1.0.0\",\"description\":\"Asks the slot for the password.\",\"host_api\":1,\"hooks\":[\"connector.password/v1\"],\"capabilities\":[],\"secrets\":[],\"settings\":{\"type\":\"object\"},\"samples\":[{\"hook\":\"connector.password/v1\",\"input\":{}}]}]")
  (data (i32.const 1360) "{\"deny\":true,\"reason\":\"It is closed.\"}"))
