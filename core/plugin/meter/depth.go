package meter

// DefaultDepth is a depth that suits honest guests: some 10,000 calls in each
// other of a Go program. It is in bytes of stack, as frameSize estimates them;
// what honest guests really use is a half to four fifths of it, and 32 MiB is the
// most that a guest could be made to use that is written for it.
const DefaultDepth = 2 << 20

// size is what decides about a function's frame and about the time that it takes
// to compile.
type size struct {
	instructions int
	blocks       int
	loops        int // in each other
	calls        int
	values       int // that go in and out of calls and blocks
	globals      int // number of instructions on globals
	vectors      int // number of vector instructions
}

// add counts an instruction and the values that go in and out of what it calls or
// opens.
func (s *size) add(code, values int) {
	s.instructions++
	s.values += values
	switch code {
	case opBlock, opLoop, opIf, opTryTable:
		s.blocks++
	case opCall, opCallIndirect, opCallRef, opReturnCall, opReturnCallIndirect, opReturnCallRef:
		s.calls++
	case opGlobalGet, opGlobalSet:
		s.globals++
	}
	if code>>8 == prefixVector {
		s.vectors++
	}
}

// variables are what may have a value of its own after each block: locals,
// globals that the function uses, the two counters, and place and size of the
// memory.
func (f *function) variables() int { return f.count + min(f.size.globals, f.globals) + 4 }

// frameSize estimates the bytes of stack that a call of the function takes.
//
// wazero gives a place of its own in the frame to each value that is alive across
// a call. There are at most as many as instructions, values that calls and blocks
// give, and variables at each block, but in honest functions far fewer are alive
// at once. The quarter that is counted here was measured: frames of Go, TinyGo,
// Rust, Zig and C are mostly 0.5 to 0.8 of the estimate, at most 2.5 times it,
// and those that were made to be as large as possible 16 times.
func (f *function) frameSize() int64 {
	values := int64(f.size.instructions) + int64(f.size.values) + int64(f.variables())*int64(f.size.blocks) + 2*int64(f.size.calls)
	if f.size.vectors > 0 {
		values *= 2
	}
	return 96 + 8*int64(f.count) + values/4
}

// checkSize refuses functions that would take wazero's compiler unduly long: its
// time and its memory grow with the variables at each block, with the globals
// that are loaded anew after each call, and with the square of the variables in
// nested loops.
func (f *function) checkSize() {
	work := int64(f.size.instructions) + int64(f.size.values) +
		int64(f.variables())*int64(f.size.blocks) + int64(2+len(f.mutable))*int64(f.size.calls)
	if work > maxWork {
		refuse("has a function that is too large (%d instructions, %d blocks, %d calls, %d locals)",
			f.size.instructions, f.size.blocks, f.size.calls, f.count)
	}
	if f.variables()*f.size.loops > maxLoopWork {
		refuse("has a function with too many locals in too many loops in each other (%d, %d)", f.count, f.size.loops)
	}
}
