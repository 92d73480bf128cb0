package plugin

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// Sections of a module (WebAssembly core specification section 5.5.2).
const (
	sectionImport = 2
	sectionGlobal = 6
	sectionExport = 7
)

// sectionOrder gives the place of a section among the others; custom sections may
// stand anywhere. Tag (13) and data count (12) stand out of their numbers' order.
var sectionOrder = [...]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 13: 6, 6: 7, 7: 8, 8: 9, 9: 10, 12: 11, 10: 12, 11: 13}

const (
	exportGlobal = 3
	// exposedPrefix begins the names under which the host finds mutable globals.
	// No module may export such a name itself.
	exposedPrefix = "postern:global:"
)

var errModule = errors.New("not a WebAssembly module")

// exposeGlobals gives the module with all its mutable globals exported, so that
// their values can be put back after each call, and their number. The result
// depends on the module alone.
func exposeGlobals(module []byte) (exposed []byte, mutable int, err error) {
	defer func() {
		// Every read is checked in cursor, which panics with errModule.
		if wrong := recover(); wrong == errModule {
			exposed, mutable, err = nil, 0, errModule
		} else if wrong != nil {
			panic(wrong)
		}
	}()
	c := &cursor{data: module}
	if !bytes.Equal(c.take(8), []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, 0, errModule
	}
	out := append(make([]byte, 0, len(module)+512), module[:8]...)
	var indices []uint32
	written, last := false, 0
	for c.pos < len(c.data) {
		start := c.pos
		id := c.byte()
		body := &cursor{data: c.take(int(c.u32()))}
		if id != 0 {
			if int(id) >= len(sectionOrder) || sectionOrder[id] <= last {
				return nil, 0, errModule
			}
			last = sectionOrder[id]
		}
		switch {
		case id == sectionImport:
			if err := refuseImports(body); err != nil {
				return nil, 0, err
			}
		case id == sectionGlobal:
			if indices, err = mutableGlobals(body); err != nil {
				return nil, 0, err
			}
		case id == sectionExport:
			if out, err = appendExports(out, body, indices); err != nil {
				return nil, 0, err
			}
			written = true
			continue
		case id != 0 && sectionOrder[id] > sectionOrder[sectionExport] && !written:
			if out, err = appendExports(out, &cursor{data: []byte{0}}, indices); err != nil {
				return nil, 0, err
			}
			written = true
		}
		out = append(out, module[start:c.pos]...)
	}
	if !written {
		out, err = appendExports(out, &cursor{data: []byte{0}}, indices)
	}
	return out, len(indices), err
}

// refuseImports accepts functions only: memory, tables and globals of a guest are
// its own, or the host could not put them back.
func refuseImports(c *cursor) error {
	for range c.u32() {
		module, name := c.name(), c.name()
		if kind := c.byte(); kind != 0 {
			return fmt.Errorf("the module imports %s.%s, which is no function", module, name)
		}
		c.u32()
	}
	return nil
}

func mutableGlobals(c *cursor) (indices []uint32, err error) {
	for i := range c.u32() {
		kind, mutability := c.byte(), c.byte()
		c.skipConstant()
		if mutability == 0 {
			continue
		}
		if kind < 0x7c || kind > 0x7f { // f64, f32, i64, i32
			return nil, fmt.Errorf("the module has a mutable global of type %#x, which cannot be put back after a call", kind)
		}
		indices = append(indices, i)
	}
	return indices, nil
}

// appendExports writes the export section with the globals added.
func appendExports(out []byte, c *cursor, globals []uint32) ([]byte, error) {
	count := c.u32()
	rest := c.data[c.pos:]
	for range count {
		if name := c.name(); len(name) >= len(exposedPrefix) && name[:len(exposedPrefix)] == exposedPrefix {
			return nil, fmt.Errorf("the module exports %q, a name that is the host's", name)
		}
		c.byte()
		c.u32()
	}
	body := appendU32(nil, count+uint32(len(globals)))
	body = append(body, rest...)
	for number, index := range globals {
		name := exposedPrefix + strconv.Itoa(number)
		body = append(appendU32(body, uint32(len(name))), name...)
		body = appendU32(append(body, exportGlobal), index)
	}
	out = appendU32(append(out, sectionExport), uint32(len(body)))
	return append(out, body...), nil
}

func appendU32(dst []byte, n uint32) []byte {
	for n >= 0x80 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n))
}

// cursor reads a module. It panics with errModule where the module ends too soon
// or is malformed; exposeGlobals turns that into an error.
type cursor struct {
	data []byte
	pos  int
}

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.data)-c.pos {
		panic(errModule)
	}
	c.pos += n
	return c.data[c.pos-n : c.pos]
}

func (c *cursor) byte() byte { return c.take(1)[0] }

func (c *cursor) name() string { return string(c.take(int(c.u32()))) }

// u32 reads an unsigned LEB128 number of at most 32 bits.
func (c *cursor) u32() uint32 {
	var n uint64
	for shift := 0; shift < 35; shift += 7 {
		b := c.byte()
		n |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			if n > 1<<32-1 {
				panic(errModule)
			}
			return uint32(n)
		}
	}
	panic(errModule)
}

// skipLEB steps over a signed or unsigned LEB128 number of at most 64 bits.
func (c *cursor) skipLEB() {
	for range 10 {
		if c.byte()&0x80 == 0 {
			return
		}
	}
	panic(errModule)
}

// skipConstant steps over a constant expression (WebAssembly core specification
// section 3.3.10, with the extended constant expressions).
func (c *cursor) skipConstant() {
	for {
		switch c.byte() {
		case 0x0b: // end
			return
		case 0x41, 0x42, 0x23, 0xd0, 0xd2: // i32.const i64.const global.get ref.null ref.func
			c.skipLEB()
		case 0x43: // f32.const
			c.take(4)
		case 0x44: // f64.const
			c.take(8)
		case 0xfd: // v128.const
			if c.u32() != 0x0c {
				panic(errModule)
			}
			c.take(16)
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add sub mul
		default:
			panic(errModule)
		}
	}
}
