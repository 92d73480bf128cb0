package hook

import (
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// Limits of the parser, beside the size of the text, which is the caller's.
const (
	// MaxDepth is how deep arrays and objects may be nested.
	MaxDepth = 64
	// MaxNumber is how long a number may be written (RFC 8259 section 9 allows
	// limits on the range and precision of numbers).
	MaxNumber = 64
)

// ParseError says where a text is not what it should be. It never quotes the
// text, which may be personal.
type ParseError struct {
	Offset int // in bytes
	What   string
}

func (e *ParseError) Error() string {
	return "byte " + strconv.Itoa(e.Offset) + ": " + e.What
}

// Parse reads one JSON value (RFC 8259). It refuses what parsers disagree about:
// members of the same name, text that is not UTF-8, halves of surrogate pairs,
// and anything after the value. The error is a [*ParseError].
func Parse(data []byte) (Value, error) {
	r := newReader(data)
	v := r.value()
	return v, r.end()
}

// ParseObject is [Parse] for a text that must be an object.
func ParseObject(data []byte) (Object, error) {
	r := newReader(data)
	o := r.object()
	return o, r.end()
}

// CheckObject reports whether [ParseObject] would accept the text, without
// building the object.
func CheckObject(data []byte) error {
	r := newReader(data)
	r.space()
	if !r.at('{') {
		r.fail("an object is expected")
	}
	r.skip()
	return r.end()
}

// reader reads values off a text. The first error sticks and moves to the end,
// so callers look at it once. Strings without escapes share the text's memory.
type reader struct {
	text  string
	pos   int
	depth int
	err   *ParseError
	names []string // see names
	// trusting reads what AppendJSON wrote. It looks for the end of things and not
	// for what AppendJSON never writes: a guest pays for every byte that is looked
	// at.
	trusting bool
}

// trustingReader reads the data in place: what was read shares its memory.
func trustingReader(data []byte) reader {
	return reader{text: unsafe.String(unsafe.SliceData(data), len(data)), trusting: true}
}

func newReader(data []byte) *reader {
	r := &reader{text: string(data)}
	if !utf8.ValidString(r.text) {
		r.fail("not UTF-8")
	}
	return r
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = &ParseError{Offset: r.pos, What: what}
	}
	r.pos = len(r.text)
}

func (r *reader) end() error {
	r.space()
	if r.pos < len(r.text) {
		r.fail("text after the value")
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

func (r *reader) space() {
	for r.pos < len(r.text) {
		switch r.text[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

func (r *reader) at(c byte) bool { return r.pos < len(r.text) && r.text[r.pos] == c }

// take steps over c, after space.
func (r *reader) take(c byte) bool {
	r.space()
	if !r.at(c) {
		return false
	}
	r.pos++
	return true
}

func (r *reader) word(word string) {
	end := r.pos + len(word)
	if end > len(r.text) || r.text[r.pos:end] != word {
		r.fail("a value is expected")
		return
	}
	r.pos = end
}

func (r *reader) value() Value {
	r.space()
	if r.pos >= len(r.text) {
		r.fail("a value is expected")
		return Value{}
	}
	switch r.text[r.pos] {
	case '{':
		return FromObject(r.object())
	case '[':
		return r.array()
	case '"':
		return String(r.string())
	case 't', 'f':
		return Bool(r.bool())
	case 'n':
		r.word("null")
		return Value{}
	default:
		return Value{kind: KindNumber, text: r.number()}
	}
}

// enter opens an array or an object; more says whether it has elements.
func (r *reader) enter(open, end byte, expected string) (more bool) {
	if !r.take(open) {
		r.fail(expected)
		return false
	}
	if r.depth++; r.depth > MaxDepth {
		r.fail("nested too deep")
		return false
	}
	if r.take(end) {
		r.depth--
		return false
	}
	return r.err == nil
}

// next stands after an element; more says whether another follows.
func (r *reader) next(end byte) (more bool) {
	if r.take(',') {
		return true
	}
	if !r.take(end) {
		r.fail("a comma or the end is expected")
	}
	r.depth--
	return false
}

func (r *reader) array() Value {
	list := []Value{}
	for more := r.enter('[', ']', "an array is expected"); more; more = r.next(']') {
		list = append(list, r.value())
	}
	return Array(list...)
}

func (r *reader) object() Object {
	o := Object{}
	names := r.openNames()
	for more := r.enter('{', '}', "an object is expected"); more; more = r.next('}') {
		if cap(o) == 0 {
			o = make(Object, 0, 16)
		}
		name := r.name()
		if !names.add(name) {
			r.fail("a member appears twice")
		}
		o = append(o, Member{name, r.value()})
	}
	names.close()
	return o
}

func (r *reader) name() string {
	r.space()
	if !r.at('"') {
		r.fail("a member name is expected")
		return ""
	}
	name := r.string()
	if !r.take(':') {
		r.fail("a colon is expected")
	}
	return name
}

func (r *reader) strings() []string {
	list := []string{}
	for more := r.enter('[', ']', "an array of strings is expected"); more; more = r.next(']') {
		if cap(list) == 0 {
			list = make([]string, 0, 8) // rather than to grow, which costs a guest dearly
		}
		list = append(list, r.string())
	}
	return list
}

func (r *reader) bool() bool {
	r.space()
	if r.at('t') {
		r.word("true")
		return r.err == nil
	}
	if !r.at('f') {
		r.fail("true or false is expected")
		return false
	}
	r.word("false")
	return false
}

// skip steps over a value with the same checks as value.
func (r *reader) skip() {
	r.space()
	switch {
	case r.at('{'):
		r.skipObject()
	case r.at('['):
		for more := r.enter('[', ']', ""); more; more = r.next(']') {
			r.skip()
		}
	default:
		r.value()
	}
}

func (r *reader) skipObject() {
	names := r.openNames()
	for more := r.enter('{', '}', ""); more; more = r.next('}') {
		if !names.add(r.name()) {
			r.fail("a member appears twice")
		}
		r.skip()
	}
	names.close()
}

// number checks the grammar of RFC 8259 section 6, which has no NaN, no infinity
// and no leading zero.
func (r *reader) number() string {
	start := r.pos
	if r.at('-') {
		r.pos++
	}
	if r.at('0') {
		r.pos++
	} else if r.digits() == 0 {
		r.fail("a value is expected")
		return "0"
	}
	if r.at('.') {
		r.pos++
		if r.digits() == 0 {
			r.fail("a digit is expected")
		}
	}
	if r.at('e') || r.at('E') {
		r.pos++
		if r.at('+') || r.at('-') {
			r.pos++
		}
		if r.digits() == 0 {
			r.fail("a digit is expected")
		}
	}
	if r.err == nil && r.pos-start > MaxNumber {
		r.fail("the number is too long")
	}
	if r.err != nil {
		return "0"
	}
	return r.text[start:r.pos]
}

func (r *reader) digits() (n int) {
	for r.pos < len(r.text) && r.text[r.pos]-'0' <= 9 {
		r.pos++
		n++
	}
	return n
}

// names finds names that appear twice in one object, with the names of all open
// objects on one stack.
type names struct {
	r     *reader
	start int
	// maybe has a bit for each name so far, so that most names are known to be
	// new without looking at the others.
	maybe uint64
	many  map[string]struct{}
}

func (r *reader) openNames() names { return names{r: r, start: len(r.names)} }

func (n *names) close() { n.r.names = n.r.names[:n.start] }

// add reports whether the name is new.
func (n *names) add(name string) bool {
	const few = 64
	if n.r.trusting {
		return true
	}
	if n.many != nil {
		_, known := n.many[name]
		n.many[name] = struct{}{}
		return !known
	}
	bit := uint64(1) << (hash(name) & 63)
	if n.maybe&bit != 0 {
		for _, earlier := range n.r.names[n.start:] {
			if earlier == name {
				return false
			}
		}
	}
	n.maybe |= bit
	if n.r.names == nil {
		n.r.names = make([]string, 0, few)
	}
	n.r.names = append(n.r.names, name)
	if len(n.r.names)-n.start > few {
		n.many = make(map[string]struct{}, 4*few)
		for _, earlier := range n.r.names[n.start:] {
			n.many[earlier] = struct{}{}
		}
	}
	return true
}

func hash(name string) uint32 {
	if name == "" {
		return 0
	}
	return uint32(len(name))*7 + uint32(name[0])*31 + uint32(name[len(name)-1])*131 + uint32(name[len(name)/2])*5
}
