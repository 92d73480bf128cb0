package meter

// Sections of a module (core specification section 5.5.2).
const (
	sectionCustom = iota
	sectionType
	sectionImport
	sectionFunction
	sectionTable
	sectionMemory
	sectionGlobal
	sectionExport
	sectionStart
	sectionElement
	sectionCode
	sectionData
	sectionDataCount
	sectionTag
	sections
)

// sectionOrder is the order in which sections stand. Custom ones may stand
// anywhere.
var sectionOrder = [...]byte{
	sectionType, sectionImport, sectionFunction, sectionTable, sectionMemory, sectionTag, sectionGlobal,
	sectionExport, sectionStart, sectionElement, sectionDataCount, sectionCode, sectionData,
}

// module is what is known of a module while it is rewritten.
type module struct {
	Options
	body  [sections][]byte // of each section; nil where there is none
	names []byte           // of the functions, as the custom section "name" has them

	types     []functionType
	functions []uint32 // the type of each, imported ones first
	imported  int      // how many functions are
	tables    int
	elements  int64 // of all tables
	memories  int
	tags      int
	globals   int
	mutable   []uint32 // indices of the guest's own
	segments  int      // element segments
	data      int      // data segments, as the data count section says

	added addition
}

type functionType struct {
	params  int
	results int
	result  []byte // the types of the results
}

// arity is the number of values that go in and out.
func (t functionType) arity() int { return t.params + t.results }

// split finds the sections of a module.
func (m *module) split(code []byte) {
	if len(code) > maxModule {
		refuse("has %d bytes, more than %d", len(code), maxModule)
	}
	r := &reader{data: code}
	if string(r.take(8)) != "\x00asm\x01\x00\x00\x00" {
		malformed()
	}
	order := sectionOrder[:]
	for r.more() {
		id := r.byte()
		body := r.sub()
		if id == sectionCustom {
			if body.name() == "name" {
				m.names = body.data[body.pos:]
			}
			continue
		}
		for {
			if len(order) == 0 {
				malformed()
			}
			next := order[0]
			order = order[1:]
			if next == id {
				break
			}
		}
		m.body[id] = body.data
	}
}

// parse reads all sections but the code.
func (m *module) parse() {
	for _, section := range [...]struct {
		id   byte
		read func(*reader)
	}{
		{sectionType, m.readTypes},
		{sectionImport, m.readImports},
		{sectionFunction, m.readFunctions},
		{sectionTable, m.readTables},
		{sectionMemory, m.readMemories},
		{sectionTag, m.readTags},
		{sectionGlobal, m.readGlobals},
		{sectionExport, m.readExports},
		{sectionStart, m.readStart},
		{sectionElement, m.readElements},
		{sectionDataCount, m.readDataCount},
		{sectionData, m.readData},
	} {
		if body := m.body[section.id]; body != nil {
			r := &reader{data: body}
			section.read(r)
			r.end()
		}
	}
}
