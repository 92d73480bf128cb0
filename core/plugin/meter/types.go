package meter

func (m *module) readTypes(r *reader) {
	for range r.count(maxTypes, "types") {
		first, group := r.byte(), 1
		switch first {
		case 0x4e:
			m.Features.need(TypedReferences, "recursive types")
			group = r.count(maxTypes-len(m.types), "types")
		case 0x50, 0x4f, 0x5e, 0x5f:
			refuse("uses GC types")
		}
		for range group {
			if first == 0x4e {
				if kind := r.byte(); kind != 0x60 {
					refuse("uses GC types")
				}
			} else if first != 0x60 {
				malformed()
			}
			m.readType(r)
		}
	}
	if len(m.types) > maxTypes {
		refuse("has more than %d types", maxTypes)
	}
}

func (m *module) readType(r *reader) {
	var t functionType
	// A type may refer to those of its own group, which are not read yet.
	t.params = r.count(maxParams, "parameters of a function")
	for range t.params {
		r.valueType(m, maxTypes)
	}
	t.results = r.count(maxParams, "results of a function")
	from := r.pos
	for range t.results {
		r.valueType(m, maxTypes)
	}
	t.result = r.data[from:r.pos:r.pos]
	m.types = append(m.types, t)
}

// valueType steps over a value type and gives its first byte.
func (r *reader) valueType(m *module, types int) byte {
	first := r.byte()
	switch first {
	case 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f: // i32 i64 f32 f64 v128 funcref externref
	case 0x69:
		m.Features.need(Exceptions, "exnref")
	case 0x63, 0x64:
		m.Features.need(TypedReferences, "a reference type")
		r.heapType(m, types)
	case 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x71, 0x72, 0x73, 0x74:
		refuse("uses GC types (%#x)", first)
	default:
		malformed()
	}
	return first
}

// heapType steps over an abstract heap type or the index of a type.
func (r *reader) heapType(m *module, types int) {
	if r.more() && r.data[r.pos]&0xc0 == 0x40 {
		switch first := r.byte(); first {
		case 0x70, 0x6f: // func, extern
		case 0x69:
			m.Features.need(Exceptions, "exnref")
		default:
			refuse("uses GC types (%#x)", first)
		}
		return
	}
	m.Features.need(TypedReferences, "a reference type")
	r.index(types, "type")
}

// constant steps over a constant expression (core specification section 3.3.10,
// with the extended constant expressions).
func (r *reader) constant(m *module) {
	for {
		switch r.byte() {
		case opEnd:
			return
		case opGlobalGet:
			r.index(m.globals, "global")
		case opI32Const:
			r.skipSigned(5)
		case opI64Const:
			r.skipSigned(10)
		case 0x43: // f32.const
			r.take(4)
		case 0x44: // f64.const
			r.take(8)
		case 0xd0: // ref.null
			r.heapType(m, len(m.types))
		case 0xd2: // ref.func
			r.index(len(m.functions), "function")
		case prefixVector:
			if r.byte() != 0x0c { // v128.const
				malformed()
			}
			r.take(16)
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add sub mul
		case prefixGC:
			refuse("uses GC types")
		default:
			malformed()
		}
	}
}
