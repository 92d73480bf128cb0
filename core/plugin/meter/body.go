package meter

// mark is a place in a function's code where something is put in or replaced.
type mark struct {
	at   int // offset in the code
	kind markKind
	n    int // scope, nesting or shift
}

type markKind uint8

const (
	markLoop   markKind = iota // after a loop's header; n is its scope
	markReturn                 // return, to be replaced; n is the nesting
	markLeave                  // before a tail call
	markLength                 // before an instruction with a length; n is the shift
	markCaught                 // where an exception may have arrived
)

// function is a function's code as it is read and written.
type function struct {
	*module
	kind   functionType
	locals []byte // their declaration without the number of groups
	groups uint32
	count  int // of parameters and locals
	code   []byte

	// These are found by scan.
	nest    []block
	costs   []int64 // of each scope: the function and its loops
	marks   []mark
	depths  []int // nesting at each mark
	size    int   // number of instructions
	calls   bool  // it calls functions
	tries   bool  // it catches exceptions
	lengths bool  // it has instructions with a length
	frame   int64 // what it takes from DepthGlobal; 0 if it does not count
}

// block is a block, loop or if that is open.
type block struct {
	scope  int
	caught bool // a handler of exceptions ends here
}

// readFunction reads a function's declaration.
func (m *module) readFunction(r *reader, kind functionType) *function {
	f := &function{module: m, kind: kind, count: kind.params}
	f.groups = uint32(r.count(maxLocals, "groups of locals in a function"))
	from := r.pos
	for range f.groups {
		n := r.u32()
		if int64(n)+int64(f.count) > maxLocals {
			refuse("has a function with more than %d locals", maxLocals)
		}
		f.count += int(n)
		r.valueType(m, len(m.types))
	}
	f.locals = r.data[from:r.pos:r.pos]
	f.code = r.data[r.pos:]
	return f
}

// scan finds what each scope costs and where code must be put in.
func (f *function) scan() {
	r := &reader{data: f.code}
	f.nest = append(f.nest, block{})
	f.costs = append(f.costs, costPlain)
	for len(f.nest) > 0 {
		f.step(r)
	}
	r.end()
	if f.calls {
		f.frame = frameSize(f)
	}
}

func (f *function) mark(at int, kind markKind, n int) {
	f.marks = append(f.marks, mark{at, kind, n})
	f.depths = append(f.depths, len(f.nest)-1)
}

// step reads one instruction.
func (f *function) step(r *reader) {
	at := r.pos
	code, op := r.opcode()
	if op.need != 0 {
		f.Features.need(op.need, op.name)
	}
	f.size++
	cost := int64(op.cost)
	if shift, ok := charge(code); ok {
		f.lengths = true
		f.mark(at, markLength, shift)
	}
	switch code {
	case opReturn:
		f.mark(at, markReturn, len(f.nest)-1)
	case opReturnCall, opReturnCallIndirect, opReturnCallRef:
		f.calls = true
		f.mark(at, markLeave, 0)
	case opCall, opCallIndirect, opCallRef:
		f.calls = true
	case opTryTable:
		f.tries = true
	}
	if callee := f.skip(r, op.imm); callee >= 0 && callee < f.imported && op.imm == immFunction {
		cost = costImport
	}
	f.structure(code, r.pos)
	if len(f.nest) > 0 {
		f.costs[f.nest[len(f.nest)-1].scope] += cost
	}
}

// structure opens and closes blocks.
func (f *function) structure(code, after int) {
	switch code {
	case opBlock, opIf, opTryTable:
		f.open(f.nest[len(f.nest)-1].scope)
	case opLoop:
		f.costs = append(f.costs, costPlain)
		f.open(len(f.costs) - 1)
		f.mark(after, markLoop, len(f.costs)-1)
	case opEnd:
		closed := f.nest[len(f.nest)-1]
		f.nest = f.nest[:len(f.nest)-1]
		if closed.caught && len(f.nest) > 0 {
			f.mark(after, markCaught, 0)
		}
	}
}

func (f *function) open(scope int) {
	if len(f.nest) > maxNesting {
		refuse("has a function with more than %d blocks in each other", maxNesting)
	}
	f.nest = append(f.nest, block{scope: scope})
}

// label reads a label. The outermost is the function itself.
func (f *function) label(r *reader) *block {
	return &f.nest[len(f.nest)-1-int(r.index(len(f.nest), "label"))]
}

// skip steps over what follows an opcode. It gives an index that was read, or -1.
func (f *function) skip(r *reader, imm immediate) int {
	switch imm {
	case immBlock:
		r.blockType(f.module)
	case immLabel:
		f.label(r)
	case immLabels:
		for range r.count(maxBody, "labels") {
			f.label(r)
		}
		f.label(r)
	case immCatches:
		r.blockType(f.module)
		f.catches(r)
	case immFunction, immRefFunction:
		return int(r.index(len(f.functions), "function"))
	case immCall:
		r.index(len(f.types), "type")
		r.index(f.module.tables, "table")
	case immType:
		r.index(len(f.types), "type")
	case immLocal:
		r.index(f.count, "local")
	case immGlobal:
		r.index(f.globals, "global")
	case immTag:
		r.index(f.tags, "tag")
	default:
		f.skipRest(r, imm)
	}
	return -1
}

func (f *function) skipRest(r *reader, imm immediate) {
	switch imm {
	case immTable:
		r.index(f.module.tables, "table")
	case immTables:
		r.index(f.module.tables, "table")
		r.index(f.module.tables, "table")
	case immTableInit:
		r.index(f.segments, "element segment")
		r.index(f.module.tables, "table")
	case immElement:
		r.index(f.segments, "element segment")
	case immData:
		r.index(f.data, "data segment")
	case immMemoryInit:
		r.index(f.data, "data segment")
		r.zero()
	case immMemory, immZero:
		r.zero()
	case immMemories:
		r.zero()
		r.zero()
	case immMemarg, immMemargLane:
		if align := r.u32(); align >= 64 {
			refuse("uses several memories or 64-bit offsets")
		}
		r.u32()
		if imm == immMemargLane {
			r.byte()
		}
	case immLane:
		r.byte()
	case immInt32:
		r.skipSigned(5)
	case immInt64:
		r.skipSigned(10)
	case imm4:
		r.take(4)
	case imm8:
		r.take(8)
	case imm16:
		r.take(16)
	case immTypes:
		if r.byte() != 1 {
			malformed()
		}
		r.valueType(f.module, len(f.types))
	case immHeap:
		r.heapType(f.module, len(f.types))
	}
}

// blockType steps over the type of a block: none, a value type, or an index of at
// most 33 bits, signed.
func (r *reader) blockType(m *module) {
	if !r.more() {
		malformed()
	}
	switch first := r.data[r.pos]; {
	case first == 0x40:
		r.pos++
	case first&0xc0 == 0x40:
		r.valueType(m, len(m.types))
	default:
		r.index(len(m.types), "type")
	}
}

// catches reads the handlers of a try_table, whose labels are outside of it.
func (f *function) catches(r *reader) {
	for range r.count(maxBody, "handlers") {
		switch r.byte() {
		case 0, 1: // catch, catch_ref
			r.index(f.tags, "tag")
		case 2, 3: // catch_all, catch_all_ref
		default:
			malformed()
		}
		f.label(r).caught = true
	}
}
