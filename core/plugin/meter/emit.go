package meter

// Labels around a function's code, from inside. A function that counts its frame
// has all three, one that does not count has no exit; where slices are taken
// there is no trap.
//
//	block $exit (results)
//	  block $trap
//	    block $body (results)
//	      … the guest's code, in which its own outermost label is $body …
//	    end
//	    br $exit
//	  end
//	  unreachable
//	end
//	… give the frame back …
//
// Because the guest's code is in a block of its own type, it is valid there if
// and only if it is valid as a function.

// emit writes the function with its meters.
func (f *function) emit(out []byte) []byte {
	out = f.emitLocals(out)
	if f.frame > 0 {
		out = f.emitBlock(out)
	}
	if !f.Yield {
		out = append(out, opBlock, 0x40)
		out = f.emitBlock(out)
	}
	out = f.emitCheck(f.emitEntry(out), 0)
	out = f.emitCode(out)
	if !f.Yield {
		// The guest's last end closed $body.
		if f.frame > 0 {
			out = append(out, opBr, 1)
		} else {
			out = append(out, opReturn)
		}
		out = append(out, opEnd, opUnreachable)
	}
	switch {
	case f.frame > 0 && !f.Yield:
		out = append(out, opEnd)
		out = f.emitLeave(out)
		return append(out, opEnd)
	case f.frame > 0:
		out = f.emitLeave(out)
		return append(out, opEnd)
	case !f.Yield:
		return append(out, opEnd)
	}
	return out
}

// emitLocals declares one local more for lengths, and one for the depth to which
// an exception leads back.
func (f *function) emitLocals(out []byte) []byte {
	groups := f.groups
	var more []byte
	if f.lengths {
		groups++
		more = append(more, 1, 0x7f) // i32
	}
	if f.restores() {
		groups++
		more = append(more, 1, 0x7e) // i64
	}
	out = append(appendU32(out, groups), f.locals...)
	return append(out, more...)
}

func (f *function) lengthLocal() uint32 { return uint32(f.count) }

func (f *function) depthLocal() uint32 {
	if f.lengths {
		return uint32(f.count) + 1
	}
	return uint32(f.count)
}

// restores says whether the function sets the depth anew where it may have caught
// an exception, which passed by frames that could not give back what they took.
func (f *function) restores() bool { return f.tries && f.frame > 0 }

// emitBlock opens a block with the function's results.
func (f *function) emitBlock(out []byte) []byte {
	out = append(out, opBlock)
	switch f.kind.results {
	case 0:
		return append(out, 0x40)
	case 1:
		return append(out, f.kind.result...)
	default:
		return appendSigned(out, int64(f.resultType(f.kind)))
	}
}

// emitTake subtracts a constant from a counter.
func emitTake(out []byte, global uint32, n int64) []byte {
	out = appendU32(append(out, opGlobalGet), global)
	out = appendSigned(append(out, opI64Const), n)
	return appendU32(append(out, opI64Sub, opGlobalSet), global)
}

func (f *function) emitEntry(out []byte) []byte {
	out = emitTake(out, f.fuel(), f.costs[0])
	if f.frame > 0 {
		out = emitTake(out, f.depth(), f.frame)
		if f.restores() {
			out = appendU32(append(out, opGlobalGet), f.depth())
			out = appendU32(append(out, opLocalSet), f.depthLocal())
		}
	}
	out = appendU32(append(out, opGlobalGet), f.fuel())
	if f.frame > 0 {
		// Below zero if one of the two is.
		out = appendU32(append(out, opGlobalGet), f.depth())
		out = append(out, opI64Or)
	}
	return out
}

// emitCheck traps, or takes the next slice, where what is on top of the stack is
// below zero.
func (f *function) emitCheck(out []byte, nesting int) []byte {
	out = append(out, opI64Const, 0, opI64LtS)
	if f.Yield {
		out = appendU32(append(out, opIf, 0x40, opCall), f.yield())
		return append(out, opEnd)
	}
	return appendU32(append(out, opBrIf), uint32(nesting)+1) // $trap
}

// emitLeave gives the frame back.
func (f *function) emitLeave(out []byte) []byte {
	if f.restores() {
		out = appendU32(append(out, opLocalGet), f.depthLocal())
	} else {
		out = appendU32(append(out, opGlobalGet), f.depth())
	}
	out = appendSigned(append(out, opI64Const), f.frame)
	return appendU32(append(out, opI64Add, opGlobalSet), f.depth())
}

// emitCode copies the code with what is put in.
func (f *function) emitCode(out []byte) []byte {
	from := 0
	for _, mark := range f.marks {
		out = append(out, f.code[from:mark.at]...)
		from = mark.at
		switch mark.kind {
		case markLoop:
			if f.restores() {
				out = f.emitCaught(out)
			}
			out = emitTake(out, f.fuel(), f.costs[mark.n])
			out = appendU32(append(out, opGlobalGet), f.fuel())
			out = f.emitCheck(out, mark.nest)
		case markReturn:
			if f.frame > 0 {
				out = appendU32(append(out, opBr), uint32(mark.nest)) // $body
				from++
			}
		case markLeave:
			if f.frame > 0 {
				out = f.emitLeave(out)
			}
		case markLength:
			out = f.emitLength(out, mark.n)
			out = f.emitCheck(out, mark.nest)
		case markCaught:
			if f.restores() {
				out = f.emitCaught(out)
			}
		}
	}
	return append(out, f.code[from:]...)
}

func (f *function) emitCaught(out []byte) []byte {
	out = appendU32(append(out, opLocalGet), f.depthLocal())
	return appendU32(append(out, opGlobalSet), f.depth())
}

// emitLength charges by the length on top of the stack, and leaves it there.
func (f *function) emitLength(out []byte, shift int) []byte {
	out = appendU32(append(out, opLocalTee), f.lengthLocal())
	out = appendU32(append(out, opGlobalGet), f.fuel())
	out = appendU32(append(out, opLocalGet), f.lengthLocal())
	out = append(out, opI64ExtendI32U, opI64Const, byte(max(shift, -shift)))
	if shift > 0 {
		out = append(out, opI64Shl)
	} else {
		out = append(out, opI64ShrU)
	}
	out = appendU32(append(out, opI64Sub, opGlobalSet), f.fuel())
	return appendU32(append(out, opGlobalGet), f.fuel())
}
