package postern

import "unsafe"

//go:wasmimport postern input_len
func inputLen() uint32

//go:wasmimport postern input_read
func inputRead(ptr unsafe.Pointer)

//go:wasmimport postern output_write
func outputWrite(ptr unsafe.Pointer, length uint32)

//go:wasmimport postern fail
func hostFail(ptr unsafe.Pointer, length uint32)

//go:wasmimport postern log
func hostLog(ptr unsafe.Pointer, length uint32)

//go:wasmexport postern_abi
func exportABI() int32 { return HostAPI }

//go:wasmexport postern_describe
func exportDescribe() {
	text := registered.Describe()
	outputWrite(unsafe.Pointer(unsafe.SliceData(text)), uint32(len(text)))
}

// Messages of the usual size need no memory of the heap, which costs a guest more
// than to work on them. Calls never overlap, and each finds the buffers empty.
var inputBuffer, outputBuffer [8 << 10]byte

//go:wasmexport postern_call
func exportCall(plugin, hook int32) int32 {
	input := inputBuffer[:]
	if length := int(inputLen()); length <= len(input) {
		input = input[:length]
	} else {
		input = make([]byte, length)
	}
	inputRead(unsafe.Pointer(unsafe.SliceData(input)))
	output, err := registered.call(int(plugin), int(hook), input, outputBuffer[:0])
	if err != nil {
		reason := err.Error()
		hostFail(unsafe.Pointer(unsafe.StringData(reason)), uint32(len(reason)))
		return 1
	}
	outputWrite(unsafe.Pointer(unsafe.SliceData(output)), uint32(len(output)))
	return 0
}

// Log writes a line to the operator's log, as far as the host lets it: 8 KiB in a
// call, then silence.
func Log(line string) {
	hostLog(unsafe.Pointer(unsafe.StringData(line)), uint32(len(line)))
}
