package meter

// emitYield writes the function that takes the next slice:
//
//	(func $yield (local $take i64)
//	  (if (i64.lt_s (global.get $depth) (i64.const 0)) (then unreachable))
//	  (drop (memory.grow (i32.const 0)))
//	  (if (global.get $stop) (then unreachable))
//	  (local.set $take (i64.sub (i64.const Slice) (global.get $fuel)))
//	  (if (i64.lt_s (global.get $budget) (local.get $take))
//	    (then (local.set $take (global.get $budget))))
//	  (global.set $budget (i64.sub (global.get $budget) (local.get $take)))
//	  (global.set $fuel (i64.add (global.get $fuel) (local.get $take)))
//	  (if (i64.lt_s (global.get $fuel) (i64.const 0)) (then unreachable)))
//
// Growing the memory by nothing is the cheapest way out of the machine code. A
// guest without memory has none; its fuel ends it all the same.
func (m *module) emitYield(out []byte) []byte {
	get := func(global uint32) { out = appendU32(append(out, opGlobalGet), global) }
	set := func(global uint32) { out = appendU32(append(out, opGlobalSet), global) }
	trap := func() { out = append(out, opIf, 0x40, opUnreachable, opEnd) }

	out = append(out, 1, 1, 0x7e) // $take
	get(m.depth())
	out = append(out, opI64Const, 0, opI64LtS)
	trap()
	if m.memories > 0 {
		out = append(out, opI32Const, 0, opMemoryGrow, 0, opDrop)
	}
	get(m.stop())
	trap()
	out = appendSigned(append(out, opI64Const), Slice)
	get(m.fuel())
	out = append(out, opI64Sub, opLocalSet, 0)
	get(m.budget())
	out = append(out, opLocalGet, 0, opI64LtS, opIf, 0x40)
	get(m.budget())
	out = append(out, opLocalSet, 0, opEnd)
	get(m.budget())
	out = append(out, opLocalGet, 0, opI64Sub)
	set(m.budget())
	get(m.fuel())
	out = append(out, opLocalGet, 0, opI64Add)
	set(m.fuel())
	get(m.fuel())
	out = append(out, opI64Const, 0, opI64LtS)
	trap()
	return append(out, opEnd)
}
