package meter

// mark is a place in a function's code where something is put in or replaced.
type mark struct {
	at   int // offset in the code
	kind markKind
	n    int // scope or shift
	nest int // the number of blocks that are open
}

type markKind uint8

const (
	markLoop   markKind = iota // after a loop's header; n is its scope
	markReturn                 // return, to be replaced
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
	tries   bool // it catches exceptions
	lengths bool // it has instructions with a length
	size    size
	frame   int64 // what it takes from DepthGlobal; 0 if it does not count
}

// block is a block, loop or if that is open.
type block struct {
	scope  int
	loops  int  // how many are open
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
	f.checkSize()
	if f.size.calls > 0 {
		f.frame = f.frameSize()
	}
}

func (f *function) mark(at int, kind markKind, n int) {
	f.marks = append(f.marks, mark{at, kind, n, len(f.nest) - 1})
}

// step reads one instruction.
func (f *function) step(r *reader) {
	at := r.pos
	code, op := r.opcode()
	if op.need != 0 {
		f.Features.need(op.need, op.name)
	}
	cost := int64(op.cost)
	if shift, ok := charge(code); ok {
		f.lengths = true
		f.mark(at, markLength, shift)
	}
	switch code {
	case opReturn:
		f.mark(at, markReturn, 0)
	case opReturnCall, opReturnCallIndirect, opReturnCallRef:
		f.mark(at, markLeave, 0)
	case opCall:
		if callee := (&reader{data: r.data, pos: r.pos}).u32(); int64(callee) < int64(f.imported) {
			cost = costImport
		}
	}
	f.size.add(code, f.skip(r, op.imm))
	f.structure(code, r.pos)
	if len(f.nest) > 0 {
		f.costs[f.nest[len(f.nest)-1].scope] += cost
	}
}

// structure opens and closes blocks.
func (f *function) structure(code, after int) {
	switch code {
	case opTryTable:
		f.tries = true
		fallthrough
	case opBlock, opIf:
		f.open(0)
	case opLoop:
		f.costs = append(f.costs, costPlain)
		f.open(1)
		f.mark(after, markLoop, len(f.costs)-1)
	case opEnd:
		closed := f.nest[len(f.nest)-1]
		f.nest = f.nest[:len(f.nest)-1]
		if closed.caught && len(f.nest) > 0 {
			f.mark(after, markCaught, 0)
		}
	}
}

// open opens so many loops, which are scopes of their own, or a block.
func (f *function) open(loops int) {
	if len(f.nest) > maxNesting {
		refuse("has a function with more than %d blocks in each other", maxNesting)
	}
	inner := block{scope: f.nest[len(f.nest)-1].scope, loops: f.nest[len(f.nest)-1].loops + loops}
	if loops > 0 {
		inner.scope = len(f.costs) - 1
	}
	f.size.loops = max(f.size.loops, inner.loops)
	f.nest = append(f.nest, inner)
}

// label reads a label. The outermost is the function itself.
func (f *function) label(r *reader) *block {
	return &f.nest[len(f.nest)-1-int(r.index(len(f.nest), "label"))]
}

// skip steps over what follows an opcode. It gives the number of values that the
// function or block takes and gives, if the opcode calls one or opens one.
func (f *function) skip(r *reader, imm immediate) (values int) {
	switch imm {
	case immBlock:
		return r.blockType(f.module)
	case immLabel:
		f.label(r)
	case immLabels:
		for range r.count(maxBody, "labels") {
			f.label(r)
		}
		f.label(r)
	case immCatches:
		values = r.blockType(f.module)
		f.catches(r)
	case immFunction:
		return f.types[f.functions[r.index(len(f.functions), "function")]].arity()
	case immCall:
		values = f.types[r.index(len(f.types), "type")].arity()
		r.index(f.module.tables, "table")
	case immType:
		return f.types[r.index(len(f.types), "type")].arity()
	case immLocal:
		r.index(f.count, "local")
	case immGlobal:
		r.index(f.globals, "global")
	default:
		f.skipRest(r, imm)
	}
	return values
}

func (f *function) skipRest(r *reader, imm immediate) {
	switch imm {
	case immRefFunction:
		r.index(len(f.functions), "function")
	case immTag:
		r.index(f.tags, "tag")
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

// blockType steps over the type of a block: none, a value type, or the index of a
// type. It gives the number of its parameters and results.
func (r *reader) blockType(m *module) (values int) {
	if !r.more() {
		malformed()
	}
	switch first := r.data[r.pos]; {
	case first == 0x40:
		r.pos++
		return 0
	case first&0xc0 == 0x40: // a negative number of one byte
		r.valueType(m, len(m.types))
		return 1
	default:
		return m.types[r.index(len(m.types), "type")].arity()
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
