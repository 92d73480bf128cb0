package meter

// Costs in units of fuel. A unit is about what a simple instruction takes in
// wazero's machine code, a fifth of a nanosecond; the others were measured
// against it and are rounded up. What a unit is worth in time differs from guest
// to guest, because a scope pays for all its instructions, also for those in
// branches that are not taken.
const (
	costPlain     = 1
	costMemory    = 2 // loads and stores
	costBranch    = 3 // br_table
	costConvert   = 4 // between floating point and integers, with its checks
	costVector    = 4
	costDivide    = 12
	costCall      = 10
	costAtomic    = 40
	costBulk      = 40
	costImport    = 250 // a call of a host function
	costRuntime   = 500 // leaving the machine code for the runtime and coming back
	costException = 10_000
)

// What is charged by length, in powers of two. With a length below 2^32 the charge
// stays below 2^48, so that no sum of fuel and charges overflows.
const (
	bytesPerUnit = 1  // shift right: memory.fill, memory.copy, memory.init
	unitsPerItem = 2  // shift left: table.fill, table.copy, table.init, table.grow
	unitsPerPage = 15 // shift left: memory.grow
)

// charge gives by how much to shift the length that is on top of the stack, to the
// left if positive.
func charge(code int) (shift int, byLength bool) {
	switch code {
	case opMemoryFill, opMemoryCopy, opMemoryInit:
		return -bytesPerUnit, true
	case opTableFill, opTableCopy, opTableInit, opTableGrow:
		return unitsPerItem, true
	case opMemoryGrow:
		return unitsPerPage, true
	default:
		return 0, false
	}
}
