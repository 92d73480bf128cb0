package meter

import "strings"

const (
	externFunction = iota
	externTable
	externMemory
	externGlobal
	externTag
)

var externNames = [...]string{"function", "table", "memory", "global", "tag"}

// readImports accepts functions only: memory, tables and globals of a guest are
// its own, or the host could not put them back.
func (m *module) readImports(r *reader) {
	for range r.count(maxImports, "imports") {
		from, name := r.name(), r.name()
		if len(from) > maxName || len(name) > maxName {
			refuse("imports a name of more than %d bytes", maxName)
		}
		kind := r.byte()
		if kind > externTag {
			malformed()
		}
		if kind != externFunction && m.Features&keptState == 0 {
			refuse("imports a %s (%s.%s); only functions can be imported", externNames[kind], from, name)
		}
		switch kind {
		case externFunction:
			m.functions = append(m.functions, r.index(len(m.types), "type"))
		case externTable:
			m.readTable(r)
		case externMemory:
			m.readMemory(r)
		case externGlobal:
			r.valueType(m, len(m.types))
			r.byte()
			m.globals++
		case externTag:
			m.readTag(r)
		}
	}
	m.imported = len(m.functions)
}

func (m *module) readFunctions(r *reader) {
	for range r.count(maxFuncs, "functions") {
		m.functions = append(m.functions, r.index(len(m.types), "type"))
	}
}

func (m *module) readTables(r *reader) {
	for range r.count(maxTables, "tables") {
		m.readTable(r)
	}
}

func (m *module) readTable(r *reader) {
	initial := false
	if r.more() && r.data[r.pos] == 0x40 {
		m.Features.need(TypedReferences, "a table with an initial value")
		r.byte()
		r.zero()
		initial = true
	}
	if kind := r.valueType(m, len(m.types)); kind >= 0x7b {
		malformed()
	}
	m.elements += int64(m.readLimits(r, "tables"))
	if m.elements > maxElements {
		refuse("has tables of %d elements, more than %d", m.elements, maxElements)
	}
	if initial {
		r.constant(m)
	}
	m.tables++
}

// readLimits gives the minimum.
func (m *module) readLimits(r *reader, what string) uint32 {
	flags := r.byte()
	switch {
	case flags&0xf8 != 0:
		malformed()
	case flags&4 != 0:
		refuse("uses 64-bit %s (memory64)", what)
	case flags&2 != 0:
		m.Features.need(Threads, "shared "+what)
	}
	least := r.u32()
	if flags&1 != 0 {
		r.u32()
	}
	return least
}

func (m *module) readMemories(r *reader) {
	for range r.count(1, "memories") {
		m.readMemory(r)
	}
}

func (m *module) readMemory(r *reader) {
	if pages := m.readLimits(r, "memory"); pages > maxPages {
		refuse("begins with a memory of %d pages, more than %d", pages, maxPages)
	}
	m.memories++
}

func (m *module) readTags(r *reader) {
	for range r.count(maxTags, "tags") {
		m.readTag(r)
	}
}

func (m *module) readTag(r *reader) {
	m.Features.need(Exceptions, "a tag")
	r.zero()
	r.index(len(m.types), "type")
	m.tags++
}

// readGlobals finds the mutable globals. Those that cannot be read and written
// through wazero's interface could not be put back after a call.
func (m *module) readGlobals(r *reader) {
	for range r.count(maxGlobals, "globals") {
		kind, mutability := r.valueType(m, len(m.types)), r.byte()
		switch {
		case mutability > 1:
			malformed()
		case mutability == 0:
		case kind >= 0x7c: // i32 i64 f32 f64
			m.mutable = append(m.mutable, uint32(m.globals))
		case kind == 0x7b && m.Features&keptState == 0:
			refuse("has a mutable global of type v128, which cannot be put back after a call")
		case m.Features&keptState == 0:
			refuse("has a mutable global of a reference type, which cannot be put back after a call")
		}
		r.constant(m)
		m.globals++
	}
}

// readExports refuses the names that are the host's.
func (m *module) readExports(r *reader) {
	for range r.count(maxExports, "exports") {
		name, kind := r.name(), r.byte()
		switch {
		case len(name) > maxName:
			refuse("exports a name of %d bytes, more than %d", len(name), maxName)
		case strings.HasPrefix(name, reserved):
			refuse("exports %q, a name that is the host's", name)
		}
		switch kind {
		case externFunction:
			r.index(len(m.functions), "function")
		case externTable:
			r.index(m.tables, "table")
		case externMemory:
			r.index(m.memories, "memory")
		case externGlobal:
			r.index(m.globals, "global")
		case externTag:
			r.index(m.tags, "tag")
		default:
			malformed()
		}
	}
}

func (m *module) readStart(r *reader) { r.index(len(m.functions), "function") }

func (m *module) readDataCount(r *reader) { m.data = int(min(r.u32(), maxData)) }

// readElements reads element segments, whose flags say which parts follow (core
// specification section 5.5.12).
func (m *module) readElements(r *reader) {
	for range r.count(maxSegments, "element segments") {
		flags := r.u32()
		if flags > 7 {
			malformed()
		}
		passive, indexed, expressions := flags&1 != 0, flags&2 != 0, flags&4 != 0
		if !passive {
			if indexed {
				r.index(m.tables, "table")
			}
			r.constant(m)
		}
		if passive || indexed {
			if !expressions {
				r.zero()
			} else if kind := r.valueType(m, len(m.types)); kind >= 0x7b {
				malformed()
			}
		}
		for range r.count(maxElements, "elements in a segment") {
			if expressions {
				r.constant(m)
			} else {
				r.index(len(m.functions), "function")
			}
		}
		m.segments++
	}
}

func (m *module) readData(r *reader) {
	for range r.count(maxData, "data segments") {
		switch r.u32() {
		case 0:
			r.constant(m)
		case 1:
		case 2:
			r.index(m.memories, "memory")
			r.constant(m)
		default:
			malformed()
		}
		r.take(int(r.u32()))
	}
}
