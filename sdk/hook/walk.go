package hook

// message is a struct that goes over the wire. Its members method names each
// member once, in order, and serves both directions: writing and reading.
type message interface{ members(*walk) }

// walk goes over the members of a message. It reads if in is set, else it writes.
type walk struct {
	out []byte
	in  *reader
	// strict refuses members that nobody named: the host reads so what a plugin
	// gives, and a plugin ignores what a newer host adds.
	strict bool

	// Of the object at hand.
	name  string // reading: the member at hand
	have  bool   // reading: whether there is one
	taken int    // reading: members read
	index int    // number of the member that is named next
	seen  uint64 // reading: by index
}

func appendMessage(dst []byte, m message) []byte {
	w := walk{out: dst}
	w.message(m)
	return w.out
}

func parseMessage(data []byte, m message, strict bool) error {
	w := walk{in: newReader(data), strict: strict}
	w.message(m)
	return w.in.end()
}

func (w *walk) message(m message) {
	outer := *w
	w.index, w.seen, w.taken, w.have = 0, 0, 0, false
	if w.in == nil {
		w.out = append(w.out, '{')
		m.members(w)
		w.out = append(w.out, '}')
	} else {
		w.read(m)
	}
	w.name, w.have, w.taken, w.index, w.seen = outer.name, outer.have, outer.taken, outer.index, outer.seen
}

// read offers each member of the object to the message until none is left. One
// round does for members in the order of the message; each round that takes none
// has met one that the message does not know.
func (w *walk) read(m message) {
	var unknown nameSet
	w.arrive(w.in.enter('{', '}', "an object is expected"))
	for w.have {
		before := w.taken
		w.index = 0
		m.members(w)
		if !w.have || w.taken > before {
			continue
		}
		if w.strict {
			w.in.fail("an unknown member")
		}
		if !unknown.add(w.name) {
			w.in.fail("a member appears twice")
		}
		w.in.skip()
		w.advance()
	}
}

func (w *walk) arrive(more bool) {
	w.have = more
	if more {
		w.name = w.in.name()
	}
	if w.in.err != nil {
		w.have = false
	}
}

func (w *walk) advance() { w.arrive(w.in.next('}')) }

// writes writes the name of a member and reports whether its value is to be
// written.
func (w *walk) writes(name string) bool {
	if w.in != nil {
		return false
	}
	if w.index > 0 {
		w.out = append(w.out, ',')
	}
	w.index++
	w.out = append(w.out, '"')
	w.out = append(w.out, name...) // ours: nothing to escape
	w.out = append(w.out, '"', ':')
	return true
}

// reads reports whether the member at hand has that name.
func (w *walk) reads(name string) bool {
	bit := uint64(1) << w.index
	w.index++
	if !w.have || w.name != name {
		return false
	}
	if w.seen&bit != 0 {
		w.in.fail("a member appears twice")
		w.have = false
		return false
	}
	w.seen |= bit
	w.taken++
	return true
}

func (w *walk) string(name string, p *string) {
	if w.writes(name) {
		w.out = appendString(w.out, *p)
	} else if w.reads(name) {
		*p = w.in.string()
		w.advance()
	}
}

func (w *walk) bool(name string, p *bool) {
	if w.writes(name) {
		w.out = Bool(*p).AppendJSON(w.out)
	} else if w.reads(name) {
		*p = w.in.bool()
		w.advance()
	}
}

func (w *walk) int(name string, p *int) {
	if w.writes(name) {
		w.out = Int(int64(*p)).AppendJSON(w.out)
	} else if w.reads(name) {
		n, ok := w.in.value().Int()
		if !ok {
			w.in.fail("an integer is expected")
		}
		*p = int(n)
		w.advance()
	}
}

func (w *walk) strings(name string, p *[]string) {
	if w.writes(name) {
		w.out = appendStrings(w.out, *p)
	} else if w.reads(name) {
		*p = w.in.strings()
		w.advance()
	}
}

func (w *walk) value(name string, p *Value) {
	if w.writes(name) {
		w.out = p.AppendJSON(w.out)
	} else if w.reads(name) {
		*p = w.in.value()
		w.advance()
	}
}

func (w *walk) object(name string, p *Object) {
	if w.writes(name) {
		w.out = p.AppendJSON(w.out)
	} else if w.reads(name) {
		*p = w.in.object()
		w.advance()
	}
}

func (w *walk) nested(name string, m message) {
	if w.writes(name) {
		w.message(m)
	} else if w.reads(name) {
		w.message(m)
		w.advance()
	}
}
