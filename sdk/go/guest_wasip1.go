package postern

import "unsafe"

//go:wasmimport postern input_len
func importInputLen() uint32

//go:wasmimport postern input_read
func importInputRead(ptr unsafe.Pointer)

//go:wasmimport postern output_write
func importOutputWrite(ptr unsafe.Pointer, length uint32)

//go:wasmimport postern fail
func importFail(ptr unsafe.Pointer, length uint32)

//go:wasmexport postern_abi
func exportABI() int32 { return HostAPI }

//go:wasmexport postern_describe
func exportDescribe() {
	text := registered.Describe()
	importOutputWrite(start(text), uint32(len(text)))
}

// Messages of the usual size need no memory of the heap, which costs a guest more
// than to work on them. Calls never overlap, and each finds the buffers empty.
var inputBuffer, outputBuffer [8 << 10]byte

//go:wasmexport postern_call
func exportCall(plugin, hook int32) int32 {
	input := inputBuffer[:]
	if length := int(importInputLen()); length <= len(input) {
		input = input[:length]
	} else {
		input = make([]byte, length)
	}
	importInputRead(start(input))
	output, err := registered.call(int(plugin), int(hook), input, outputBuffer[:0])
	if err != nil {
		reason := err.Error()
		importFail(unsafe.Pointer(unsafe.StringData(reason)), uint32(len(reason)))
		return 1
	}
	importOutputWrite(start(output), uint32(len(output)))
	return 0
}
