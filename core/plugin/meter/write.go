package meter

import "unicode/utf8"

// addition is what is added to a module, after the guest's own.
type addition struct {
	types     [][]byte       // encoded
	byResult  map[string]int // types without parameters, by their results
	yieldType int
}

// Indices of the added globals. Stop comes last because it is the only i32.
func (m *module) fuel() uint32   { return uint32(m.globals) }
func (m *module) depth() uint32  { return uint32(m.globals) + 1 }
func (m *module) budget() uint32 { return uint32(m.globals) + 2 }
func (m *module) stop() uint32   { return uint32(m.globals) + 3 }

// yield is the index of the added function.
func (m *module) yield() uint32 { return uint32(len(m.functions)) }

// add decides on the types that are added.
func (m *module) add() {
	m.added.byResult = map[string]int{}
	for i, t := range m.types {
		if _, known := m.added.byResult[string(t.result)]; t.params == 0 && !known {
			m.added.byResult[string(t.result)] = i
		}
	}
	if m.Yield {
		m.added.yieldType = m.resultType(functionType{})
	}
}

// resultType gives a type without parameters and with t's results.
func (m *module) resultType(t functionType) int {
	if known, ok := m.added.byResult[string(t.result)]; ok {
		return known
	}
	i := len(m.types) + len(m.added.types)
	m.added.byResult[string(t.result)] = i
	encoded := appendU32([]byte{0x60, 0}, uint32(t.results))
	m.added.types = append(m.added.types, append(encoded, t.result...))
	return i
}

// write gives the new module, for whose size the old one's is a hint.
func (m *module) write(size int) []byte {
	code := m.writeCode(size) // may add types
	out := append(make([]byte, 0, len(code)+size), "\x00asm\x01\x00\x00\x00"...)
	for _, id := range sectionOrder {
		body := m.body[id]
		switch id {
		case sectionType:
			body = m.extend(body, len(m.added.types), func(out []byte) []byte {
				for _, t := range m.added.types {
					out = append(out, t...)
				}
				return out
			})
		case sectionFunction:
			if m.Yield {
				body = m.extend(body, 1, func(out []byte) []byte { return appendU32(out, uint32(m.added.yieldType)) })
			}
		case sectionGlobal:
			body = m.writeGlobals(body)
		case sectionExport:
			body = m.writeExports(body)
		case sectionCode:
			body = code
		}
		if body != nil {
			out = append(out, id)
			out = append(appendU32(out, uint32(len(body))), body...)
		}
	}
	return m.writeNames(out)
}

// extend adds items to a section, which may not exist yet.
func (m *module) extend(body []byte, items int, write func([]byte) []byte) []byte {
	if items == 0 {
		return body
	}
	r := &reader{data: body}
	count := uint32(0)
	if body != nil {
		count = r.u32()
	}
	out := appendU32(make([]byte, 0, len(body)+32*items), count+uint32(items))
	return write(append(out, r.data[r.pos:]...))
}

func (m *module) writeGlobals(body []byte) []byte {
	fuel, budget := m.Split(m.StartFuel)
	initial := []int64{fuel, int64(m.StartDepth)}
	if m.Yield {
		initial = append(initial, budget)
	}
	items := len(initial)
	if m.Yield {
		items++
	}
	return m.extend(body, items, func(out []byte) []byte {
		for _, n := range initial {
			out = append(appendSigned(append(out, 0x7e, 1, opI64Const), n), opEnd)
		}
		if m.Yield {
			out = append(out, 0x7f, 1, opI32Const, 0, opEnd)
		}
		return out
	})
}

func (m *module) writeExports(body []byte) []byte {
	type export struct {
		name  string
		index uint32
	}
	exports := []export{{FuelGlobal, m.fuel()}, {DepthGlobal, m.depth()}}
	if m.Yield {
		exports = append(exports, export{BudgetGlobal, m.budget()}, export{StopGlobal, m.stop()})
	}
	for n, index := range m.mutable {
		exports = append(exports, export{GlobalName(n), index})
	}
	return m.extend(body, len(exports), func(out []byte) []byte {
		for _, e := range exports {
			out = append(appendName(out, e.name), externGlobal)
			out = appendU32(out, e.index)
		}
		return out
	})
}

// writeCode rewrites all functions.
func (m *module) writeCode(size int) []byte {
	own := m.functions[m.imported:]
	if m.body[sectionCode] == nil {
		if len(own) > 0 {
			malformed()
		}
		if !m.Yield {
			return nil
		}
	}
	r := &reader{data: m.body[sectionCode]}
	if r.data != nil && r.count(maxFuncs, "functions") != len(own) {
		malformed()
	}
	items := len(own)
	if m.Yield {
		items++
	}
	out := appendU32(make([]byte, 0, size+size/8), uint32(items))
	var one []byte
	for _, t := range own {
		body := r.sub()
		if len(body.data) > maxBody {
			refuse("has a function of %d bytes, more than %d", len(body.data), maxBody)
		}
		f := m.readFunction(body, m.types[t])
		f.scan()
		one = f.emit(one[:0])
		out = append(appendU32(out, uint32(len(one))), one...)
		if len(out) > maxRewritten {
			refuse("has more than %d bytes with its meters", maxRewritten)
		}
	}
	r.end()
	if m.Yield {
		one = m.emitYield(one[:0])
		out = append(appendU32(out, uint32(len(one))), one...)
	}
	return out
}

// writeNames keeps the names of functions, for traces. All other custom sections
// are left out: wazero does not need them, and would believe the sizes that they
// claim.
func (m *module) writeNames(out []byte) []byte {
	names := m.functionNames()
	if names == nil {
		return out
	}
	body := append(appendName(nil, "name"), 1)
	body = append(appendU32(body, uint32(len(names))), names...)
	out = append(out, sectionCustom)
	return append(appendU32(out, uint32(len(body))), body...)
}

// functionNames gives the part with the names of functions, if it is well-formed.
func (m *module) functionNames() (names []byte) {
	defer func() {
		if _, wrong := recover().(failure); wrong {
			names = nil // names that cannot be read are no reason to refuse a module
		}
	}()
	for r := (&reader{data: m.names}); r.more(); {
		kind, part := r.byte(), r.sub()
		if kind != 1 {
			continue
		}
		for range part.count(maxFuncs, "names") {
			part.u32()
			if !utf8.ValidString(part.name()) {
				return nil
			}
		}
		part.end()
		names = part.data
	}
	return names
}
