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

//go:wasmexport postern_call
func exportCall(plugin, hook int32) int32 {
	input := make([]byte, inputLen())
	inputRead(unsafe.Pointer(unsafe.SliceData(input)))
	output, err := registered.Call(int(plugin), int(hook), input)
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
