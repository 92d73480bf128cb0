package meter

import "slices"

// Parts of modules that are assembled by hand.

func wasm(parts ...[]byte) []byte {
	return append([]byte("\x00asm\x01\x00\x00\x00"), slices.Concat(parts...)...)
}

func section(id byte, body ...byte) []byte {
	return append(appendU32([]byte{id}, uint32(len(body))), body...)
}

// vector gives a section with items.
func vector(id byte, items ...[]byte) []byte {
	return section(id, append(appendU32(nil, uint32(len(items))), slices.Concat(items...)...)...)
}

// body gives a function without locals, which has its end already.
func body(code ...byte) []byte { return bodyWith([]byte{0}, code...) }

func bodyWith(locals []byte, code ...byte) []byte {
	content := append(slices.Concat(locals, code), opEnd)
	return append(appendU32(nil, uint32(len(content))), content...)
}

func text(s string) []byte { return appendName(nil, s) }

func bytesOf(b ...byte) []byte { return b }

var (
	typeNone = bytesOf(0x60, 0, 0)
	// one is a module with a function of a type without parameters and results,
	// up to the function's code.
	one = slices.Concat(vector(sectionType, typeNone), vector(sectionFunction, bytesOf(0)))
)

// withCode is a module with one function, a memory, a table and a mutable global.
func withCode(code ...byte) []byte {
	return wasm(one,
		vector(sectionTable, bytesOf(0x70, 0, 1)),
		vector(sectionMemory, bytesOf(0, 1)),
		vector(sectionGlobal, bytesOf(0x7f, 1, opI32Const, 0, opEnd)),
		vector(sectionElement, bytesOf(1, 0, 0)),
		section(sectionDataCount, 1),
		vector(sectionCode, body(code...)),
		vector(sectionData, bytesOf(1, 0)))
}
