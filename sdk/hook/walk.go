package hook

import "strconv"

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
	have  bool   // reading: a member is at hand; the reader stands at its name
	known bool   // reading: the name was read, and the reader stands at the value
	name  string // reading: if it is known
	taken int    // reading: members read
	index int    // number of the member that is named next
	seen  uint64 // reading: by index
}

// appendMessage leaves empty members out: most of what could be said would be such.
func appendMessage(dst []byte, m message) []byte {
	w := walk{out: dst}
	w.message(m)
	return w.out
}

// parseOutput reads a message of a plugin.
func parseOutput(data []byte, m message) error {
	w := walk{in: newReader(data), strict: true}
	w.message(m)
	return w.in.end()
}

// parseInput reads a message of the host, which wrote it with appendMessage.
func parseInput(data []byte, m message) error {
	both := struct {
		walk
		reader
	}{reader: trustingReader(data)}
	both.in = &both.reader
	both.message(m)
	return both.end()
}

func (w *walk) message(m message) {
	outer := *w
	w.index, w.seen, w.taken, w.have, w.known = 0, 0, 0, false, false
	if w.in == nil {
		w.out = append(w.out, '{')
		m.members(w)
		w.out = append(w.out, '}')
	} else {
		w.read(m)
	}
	w.name, w.have, w.known, w.taken, w.index, w.seen = outer.name, outer.have, outer.known, outer.taken, outer.index, outer.seen
}

// read offers each member of the object to the message until none is left. One
// round does for members in the order of the message; each round that takes none
// has met one that the message does not know.
func (w *walk) read(m message) {
	unknown := w.in.openNames()
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
	unknown.close()
}

func (w *walk) arrive(more bool) {
	w.in.space()
	if more && !w.in.at('"') {
		w.in.fail("a member name is expected")
	}
	w.have, w.known = more && w.in.err == nil, false
}

// advance steps to the next member. What the host writes has no space between.
func (w *walk) advance() {
	if r := w.in; r.pos+1 < len(r.text) && r.text[r.pos] == ',' && r.text[r.pos+1] == '"' {
		r.pos++
		w.have, w.known = true, false
		return
	}
	w.arrive(w.in.next('}'))
}

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

// reads reports whether the member at hand has that name, and steps to its value.
// A message that is written in our order is read without looking for names: the
// expected one is compared where it should stand.
func (w *walk) reads(name string) bool {
	bit := uint64(1) << w.index
	w.index++
	if !w.have {
		return false
	}
	if !w.known {
		if rest, n := w.in.text[w.in.pos:], len(name); len(rest) > n+2 && rest[n+2] == ':' && rest[n+1] == '"' && rest[1:n+1] == name {
			w.in.pos += n + 3
			return w.takes(bit)
		}
		w.name, w.known = w.in.name(), true
	}
	return w.name == name && w.takes(bit)
}

func (w *walk) takes(bit uint64) bool {
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
	if w.in == nil {
		if *p != "" {
			w.writes(name)
			w.out = appendString(w.out, *p)
		}
	} else if w.reads(name) {
		*p = w.in.string()
		w.advance()
	}
}

func (w *walk) bool(name string, p *bool) {
	if w.in == nil {
		if *p {
			w.writes(name)
			w.out = strconv.AppendBool(w.out, *p)
		}
	} else if w.reads(name) {
		*p = w.in.bool()
		w.advance()
	}
}

func (w *walk) int(name string, p *int) {
	if w.in == nil {
		if *p != 0 {
			w.writes(name)
			w.out = strconv.AppendInt(w.out, int64(*p), 10)
		}
	} else if w.reads(name) {
		n, ok := w.in.value().Int()
		switch *p = int(n); {
		case !ok:
			w.in.fail("an integer is expected")
		case int64(*p) != n: // int has 32 bits where TinyGo made the guest
			w.in.fail("the integer is too large for this machine")
		}
		w.advance()
	}
}

func (w *walk) strings(name string, p *[]string) {
	if w.in == nil {
		if len(*p) > 0 {
			w.writes(name)
			w.out = appendStrings(w.out, *p)
		}
	} else if w.reads(name) {
		*p = w.in.strings()
		w.advance()
	}
}

// stringsOrNil tells an empty list from nil, which alone is left out.
func (w *walk) stringsOrNil(name string, p *[]string) {
	if w.in == nil && *p != nil && len(*p) == 0 {
		w.writes(name)
		w.out = append(w.out, '[', ']')
		return
	}
	w.strings(name, p)
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
	if w.in == nil {
		if len(*p) > 0 {
			w.writes(name)
			w.out = p.AppendJSON(w.out)
		}
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

// list is an array of messages.
func list[T any, P interface {
	*T
	message
}](w *walk, name string, p *[]T) {
	if w.in == nil {
		if len(*p) == 0 {
			return
		}
		w.writes(name)
		w.out = append(w.out, '[')
		for i := range *p {
			if i > 0 {
				w.out = append(w.out, ',')
			}
			w.message(P(&(*p)[i]))
		}
		w.out = append(w.out, ']')
	} else if w.reads(name) {
		for more := w.in.enter('[', ']', "an array is expected"); more; more = w.in.next(']') {
			*p = append(*p, *new(T))
			w.message(P(&(*p)[len(*p)-1]))
		}
		w.advance()
	}
}

// optional is a message that may be left out.
func optional[T any, P interface {
	*T
	message
}](w *walk, name string, p **T) {
	if w.in == nil {
		if *p != nil {
			w.writes(name)
			w.message(P(*p))
		}
	} else if w.reads(name) {
		*p = new(T)
		w.message(P(*p))
		w.advance()
	}
}
