package meter

import (
	"errors"
	"fmt"
)

var errModule = errors.New("not a WebAssembly module")

// RefusedError names what a module has or does that is not accepted.
type RefusedError struct {
	What string // such as "imports a memory (env.memory)": what the module does
}

func (e *RefusedError) Error() string { return "the module " + e.What }

// failure is what the readers panic with, for Rewrite to return.
type failure struct{ error }

func refuse(format string, args ...any) {
	panic(failure{&RefusedError{fmt.Sprintf(format, args...)}})
}

func malformed() { panic(failure{errModule}) }

// reader reads a module. Where the module ends too soon or is malformed it panics
// with a failure.
//
// It is as strict as the specification and no more lenient than wazero: if the
// two took the same bytes for different instructions, a guest could hide a loop.
type reader struct {
	data []byte
	pos  int
}

func (r *reader) more() bool { return r.pos < len(r.data) }

// end holds that everything was read.
func (r *reader) end() {
	if r.more() {
		malformed()
	}
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.data)-r.pos {
		malformed()
	}
	r.pos += n
	return r.data[r.pos-n : r.pos : r.pos]
}

func (r *reader) byte() byte {
	if r.pos >= len(r.data) {
		malformed()
	}
	r.pos++
	return r.data[r.pos-1]
}

// zero reads a reserved byte.
func (r *reader) zero() {
	if r.byte() != 0 {
		malformed()
	}
}

// sub gives a reader for the next part, which begins with its length.
func (r *reader) sub() *reader { return &reader{data: r.take(int(r.u32()))} }

// u32 reads an unsigned LEB128 number of at most 32 bits.
func (r *reader) u32() uint32 {
	var n uint32
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		if shift == 28 && b > 0x0f {
			break
		}
		n |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	malformed()
	return 0
}

// skipSigned steps over a signed LEB128 number of at most so many bytes.
func (r *reader) skipSigned(most int) {
	for range most {
		if r.byte() < 0x80 {
			return
		}
	}
	malformed()
}

// index reads the index of one of so many things. Those that are added to the
// module come after the guest's, which cannot name them for that reason.
func (r *reader) index(space int, what string) uint32 {
	n := r.u32()
	if int64(n) >= int64(space) {
		refuse("names %s %d, but has only %d", what, n, space)
	}
	return n
}

// count reads the number of items of a vector, each of which takes a byte or more.
func (r *reader) count(most int, what string) int {
	n := int64(r.u32())
	if n > int64(most) {
		refuse("has %d %s, more than %d", n, what, most)
	}
	if n > int64(len(r.data)-r.pos) {
		malformed()
	}
	return int(n)
}

func (r *reader) name() string { return string(r.take(int(r.u32()))) }

func appendU32(dst []byte, n uint32) []byte {
	for n >= 0x80 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n))
}

// appendSigned writes a number for i32.const, i64.const or a block type.
func appendSigned(dst []byte, n int64) []byte {
	for n < -0x40 || n >= 0x40 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n)&0x7f)
}

func appendName(dst []byte, name string) []byte {
	return append(appendU32(dst, uint32(len(name))), name...)
}
