package hook

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func (r *reader) string() string {
	text, start := r.text, r.pos+1
	if start > len(text) || text[start-1] != '"' {
		if !r.take('"') {
			r.fail("a string is expected")
			return ""
		}
		start = r.pos
	}
	if r.trusting {
		if end := strings.IndexByte(text[start:], '"'); end >= 0 && strings.IndexByte(text[start:start+end], '\\') < 0 {
			r.pos = start + end + 1
			return text[start : start+end]
		}
	}
	// The loop works on local variables: those of r would be read and written
	// back for every byte.
	i := start
	for ; i < len(text) && (plain[text[i]] || text[i] >= utf8.RuneSelf); i++ {
	}
	r.pos = i
	switch {
	case i == len(text):
		r.fail("a string without end")
	case text[i] == '"':
		r.pos++
		return text[start:i]
	case text[i] == '\\':
		return r.escaped(start)
	default:
		r.fail("a control character in a string")
	}
	return ""
}

// escaped reads on at the first escape of the string that began at start.
func (r *reader) escaped(start int) string {
	out := append(make([]byte, 0, r.pos-start+32), r.text[start:r.pos]...)
	for r.pos < len(r.text) {
		c := r.text[r.pos]
		switch {
		case c == '"':
			r.pos++
			return string(out)
		case c == '\\':
			r.pos++
			out = r.escape(out)
			continue
		case c < 0x20:
			r.fail("a control character in a string")
			return ""
		}
		out = append(out, c)
		r.pos++
	}
	r.fail("a string without end")
	return ""
}

// escape reads what follows a backslash.
func (r *reader) escape(out []byte) []byte {
	if r.pos >= len(r.text) {
		r.fail("a string without end")
		return out
	}
	c := r.text[r.pos]
	r.pos++
	switch c {
	case '"', '\\', '/':
		return append(out, c)
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'u':
		return utf8.AppendRune(out, r.unicode())
	default:
		r.fail("an unknown escape")
		return out
	}
}

// unicode reads the digits of \u, and the second half of a surrogate pair. Half a
// pair has no UTF-8 form, so it is refused (RFC 8259 section 8.2).
func (r *reader) unicode() rune {
	first := r.hex4()
	if !utf16.IsSurrogate(first) {
		return first
	}
	if r.pos+2 > len(r.text) || r.text[r.pos:r.pos+2] != `\u` {
		r.fail("half a surrogate pair")
		return 0
	}
	r.pos += 2
	c := utf16.DecodeRune(first, r.hex4())
	if c == utf8.RuneError {
		r.fail("half a surrogate pair")
	}
	return c
}

func (r *reader) hex4() (c rune) {
	if r.pos+4 > len(r.text) {
		r.fail("four hexadecimal digits are expected")
		return 0
	}
	for _, digit := range []byte(r.text[r.pos : r.pos+4]) {
		switch {
		case digit-'0' <= 9:
			digit -= '0'
		case digit|0x20-'a' <= 5:
			digit = digit | 0x20 - 'a' + 10
		default:
			r.fail("four hexadecimal digits are expected")
			return 0
		}
		c = c<<4 | rune(digit)
	}
	r.pos += 4
	return c
}
