package meter

import "fmt"

// immediate says what follows an opcode in the code.
type immediate uint8

const (
	immUnknown immediate = iota // no such opcode
	immNone
	immBlock       // block type
	immLabel       // label
	immLabels      // br_table
	immCatches     // try_table
	immFunction    // function
	immRefFunction // function, as a value
	immCall        // type and table
	immType        // type
	immLocal       // local
	immGlobal      // global
	immTag         // tag
	immTable       // table
	immTables      // two tables
	immTableInit   // element segment and table
	immElement     // element segment
	immData        // data segment
	immMemoryInit  // data segment and memory
	immMemory      // memory
	immMemories    // two memories
	immMemarg      // alignment and offset
	immMemargLane  // alignment, offset and lane
	immLane        // lane
	immInt32
	immInt64
	imm4     // four bytes
	imm8     // eight bytes
	imm16    // sixteen bytes
	immZero  // a zero
	immTypes // types of select
	immHeap  // heap type of ref.null
)

// Opcodes that are treated apart. Those with a prefix have it in the high byte.
const (
	opUnreachable        = 0x00
	opBlock              = 0x02
	opLoop               = 0x03
	opIf                 = 0x04
	opElse               = 0x05
	opEnd                = 0x0b
	opBr                 = 0x0c
	opBrIf               = 0x0d
	opReturn             = 0x0f
	opCall               = 0x10
	opCallIndirect       = 0x11
	opReturnCall         = 0x12
	opReturnCallIndirect = 0x13
	opCallRef            = 0x14
	opReturnCallRef      = 0x15
	opDrop               = 0x1a
	opSelect             = 0x1b
	opTryTable           = 0x1f
	opLocalGet           = 0x20
	opLocalSet           = 0x21
	opLocalTee           = 0x22
	opGlobalGet          = 0x23
	opGlobalSet          = 0x24
	opMemoryGrow         = 0x40
	opI32Const           = 0x41
	opI64Const           = 0x42
	opI64LtS             = 0x53
	opI64Add             = 0x7c
	opI64Sub             = 0x7d
	opI64Or              = 0x84
	opI64Shl             = 0x86
	opI64ShrU            = 0x88
	opI64ExtendI32U      = 0xad
	opMemoryInit         = 0xfc08
	opMemoryCopy         = 0xfc0a
	opMemoryFill         = 0xfc0b
	opTableInit          = 0xfc0c
	opTableCopy          = 0xfc0e
	opTableGrow          = 0xfc0f
	opTableFill          = 0xfc11

	prefixGC     = 0xfb
	prefixMisc   = 0xfc
	prefixVector = 0xfd
	prefixAtomic = 0xfe
)

// opcode is an instruction of WebAssembly (core specification section 5.4).
type opcode struct {
	imm  immediate
	cost uint16   // see cost.go
	need Features // that it belongs to; 0 for WebAssembly 2.0
	name string   // where a refusal names it
}

var (
	plainOps  = plainTable()
	miscOps   = miscTable()
	vectorOps = vectorTable()
	atomicOps = atomicTable()
)

// opcode reads an opcode. The second part of those with a prefix is a number, but
// wazero reads that of vector and atomic instructions as a single byte, and takes
// the byte 1 that follows vector instructions from 0x80 for another instruction,
// which does nothing. Other encodings of the number would mean something else to
// it.
func (r *reader) opcode() (code int, op *opcode) {
	first := r.byte()
	switch first {
	default:
		code, op = int(first), &plainOps[first]
	case prefixMisc:
		second := r.u32()
		if code = int(first)<<8 | int(second&0xff); second > 0xff {
			refuse("uses an unknown instruction (0xfc %#x)", second)
		}
		op = &miscOps[second]
	case prefixAtomic:
		second := r.byte()
		code, op = int(first)<<8|int(second), &atomicOps[second]
	case prefixVector:
		second := r.byte()
		code, op = int(first)<<8|int(second), &vectorOps[second]
		if second < 0x80 {
			break
		}
		if third := r.byte(); third > 1 && third < 0x80 {
			refuse("uses relaxed SIMD or later vector instructions (0xfd %#x)", int(second&0x7f)|int(third)<<7)
		} else if third != 1 {
			malformed()
		}
	}
	switch {
	case op.imm != immUnknown:
	case op.name != "":
		refuse("uses %s", op.name)
	default:
		refuse("uses an unknown instruction (%#x)", code)
	}
	return code, op
}

func fill(ops *[256]opcode, from, to int, op opcode) {
	for i := from; i <= to; i++ {
		ops[i] = op
	}
}

func plainTable() (ops [256]opcode) {
	fill(&ops, 0x00, 0x01, opcode{imm: immNone, cost: costPlain}) // unreachable, nop
	fill(&ops, opBlock, opIf, opcode{imm: immBlock, cost: costPlain})
	ops[opElse] = opcode{imm: immNone, cost: costPlain}
	for code, name := range map[int]string{0x06: "try", 0x07: "catch", 0x09: "rethrow", 0x18: "delegate", 0x19: "catch_all"} {
		ops[code].name = "exceptions of an early proposal (" + name + ")"
	}
	ops[0x08] = opcode{immTag, costException, Exceptions, "throw"}
	ops[0x0a] = opcode{immNone, costException, Exceptions, "throw_ref"}
	ops[opEnd] = opcode{imm: immNone, cost: costPlain}
	fill(&ops, opBr, opBrIf, opcode{imm: immLabel, cost: costPlain})
	ops[0x0e] = opcode{imm: immLabels, cost: costBranch}
	ops[opReturn] = opcode{imm: immNone, cost: costPlain}
	ops[opCall] = opcode{imm: immFunction, cost: costCall}
	ops[opCallIndirect] = opcode{imm: immCall, cost: costCall}
	ops[opReturnCall] = opcode{immFunction, costCall, TailCalls, "return_call"}
	ops[opReturnCallIndirect] = opcode{immCall, costCall, TailCalls, "return_call_indirect"}
	ops[opCallRef] = opcode{immType, costCall, TypedReferences, "call_ref"}
	ops[opReturnCallRef] = opcode{immType, costCall, TypedReferences | TailCalls, "return_call_ref"}
	fill(&ops, opDrop, opSelect, opcode{imm: immNone, cost: costPlain})
	ops[0x1c] = opcode{imm: immTypes, cost: costPlain}
	ops[opTryTable] = opcode{immCatches, costException, Exceptions, "try_table"}
	fill(&ops, opLocalGet, opLocalTee, opcode{imm: immLocal, cost: costPlain})
	fill(&ops, opGlobalGet, opGlobalSet, opcode{imm: immGlobal, cost: costPlain})
	ops[0x25] = opcode{imm: immTable, cost: costMemory}
	ops[0x26] = opcode{immTable, costMemory, keptState, "table.set"}
	fill(&ops, 0x28, 0x3e, opcode{imm: immMemarg, cost: costMemory}) // loads and stores
	ops[0x3f] = opcode{imm: immMemory, cost: costPlain}
	ops[opMemoryGrow] = opcode{imm: immMemory, cost: costRuntime}
	ops[opI32Const] = opcode{imm: immInt32, cost: costPlain}
	ops[opI64Const] = opcode{imm: immInt64, cost: costPlain}
	ops[0x43] = opcode{imm: imm4, cost: costPlain}
	ops[0x44] = opcode{imm: imm8, cost: costPlain}
	fill(&ops, 0x45, 0xc4, opcode{imm: immNone, cost: costPlain}) // arithmetic
	fill(&ops, 0x6d, 0x70, opcode{imm: immNone, cost: costDivide})
	fill(&ops, 0x7f, 0x82, opcode{imm: immNone, cost: costDivide})
	for _, code := range [...]int{0x91, 0x95, 0x9f, 0xa3} { // sqrt, div
		ops[code] = opcode{imm: immNone, cost: costDivide}
	}
	fill(&ops, 0xa8, 0xbb, opcode{imm: immNone, cost: costConvert})
	ops[0xd0] = opcode{imm: immHeap, cost: costPlain}
	ops[0xd1] = opcode{imm: immNone, cost: costPlain}
	ops[0xd2] = opcode{imm: immRefFunction, cost: costRuntime}
	ops[0xd3].name = "GC types (ref.eq)"
	ops[0xd4] = opcode{immNone, costPlain, TypedReferences, "ref.as_non_null"}
	ops[0xd5] = opcode{immLabel, costPlain, TypedReferences, "br_on_null"}
	ops[0xd6] = opcode{immLabel, costPlain, TypedReferences, "br_on_non_null"}
	ops[prefixGC].name = "GC types (instructions 0xfb)"
	return ops
}

func miscTable() (ops [256]opcode) {
	fill(&ops, 0x00, 0x07, opcode{imm: immNone, cost: costConvert}) // trunc_sat
	ops[0x08] = opcode{imm: immMemoryInit, cost: costBulk}
	ops[0x09] = opcode{immData, costPlain, keptState, "data.drop"}
	ops[0x0a] = opcode{imm: immMemories, cost: costBulk}
	ops[0x0b] = opcode{imm: immMemory, cost: costBulk}
	ops[0x0c] = opcode{immTableInit, costBulk, keptState, "table.init"}
	ops[0x0d] = opcode{immElement, costPlain, keptState, "elem.drop"}
	ops[0x0e] = opcode{immTables, costBulk, keptState, "table.copy"}
	ops[0x0f] = opcode{immTable, costRuntime, keptState, "table.grow"}
	ops[0x10] = opcode{imm: immTable, cost: costPlain}
	ops[0x11] = opcode{immTable, costBulk, keptState, "table.fill"}
	ops[0x13].name = "128-bit arithmetic"
	return ops
}

func vectorTable() (ops [256]opcode) {
	fill(&ops, 0x0c, 0xff, opcode{imm: immNone, cost: costVector})
	fill(&ops, 0x00, 0x0b, opcode{imm: immMemarg, cost: costVector})
	fill(&ops, 0x0c, 0x0d, opcode{imm: imm16, cost: costVector}) // v128.const, shuffle
	fill(&ops, 0x15, 0x22, opcode{imm: immLane, cost: costVector})
	fill(&ops, 0x54, 0x5b, opcode{imm: immMemargLane, cost: costVector})
	fill(&ops, 0x5c, 0x5d, opcode{imm: immMemarg, cost: costVector})
	for _, none := range [...]int{ // not assigned
		0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee,
	} {
		ops[none] = opcode{}
	}
	return ops
}

func atomicTable() (ops [256]opcode) {
	fill(&ops, 0x00, 0x02, opcode{immMemarg, costRuntime, Threads, "memory.atomic.wait or notify"})
	ops[0x03] = opcode{immZero, costAtomic, Threads, "atomic.fence"}
	for code := 0x10; code <= 0x4e; code++ {
		ops[code] = opcode{immMemarg, costAtomic, Threads, fmt.Sprintf("atomic instruction %#x", code)}
	}
	return ops
}
