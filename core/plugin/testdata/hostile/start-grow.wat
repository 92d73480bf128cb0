;; A start function that takes all memory.
(module
  (import "postern" "input_len" (func $input_len (result i32)))
  (import "postern" "output_write" (func $output_write (param i32 i32)))
  (memory (export "memory") 2)
  (start $s)
  (func $s (loop $l (br_if $l (i32.ne (memory.grow (i32.const 100)) (i32.const -1)))) (unreachable))
  (func (export "postern_abi") (result i32) (i32.const 1))
  (func (export "postern_describe") (call $output_write (i32.const 0) (i32.const 172)))
  (func (export "postern_call") (param i32 i32) (result i32)
    ;; the sample is {}, real messages are longer
    (if (i32.gt_u (call $input_len) (i32.const 2)) (then ))
    (call $output_write (i32.const 1024) (i32.const 10))
    (i32.const 0))
  (data (i32.const 0) "[{\22id\22:\22evil\22,\22version\22:\221\22,\22description\22:\22Does harm.\22,\22host_api\22:1,\22hooks\22:[\22claims.map/v1\22],\22settings\22:{\22type\22:\22object\22},\22samples\22:[{\22hook\22:\22claims.map/v1\22,\22input\22:{}}]}]")
  (data (i32.const 1024) "{\22set\22:{}}"))
