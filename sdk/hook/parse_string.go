package hook

import (
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
		if end := ordinary(text, start); end < len(text) && text[end] == '"' {
			r.pos = end + 1
			return text[start:end]
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

// ordinary gives the place of the first quotation mark or backslash from start on, or
// the length of the text. It looks at eight bytes at a time, as appendString does:
// strings.IndexByte looks at each in a guest that TinyGo made, and twice is once too
// often in any.
func ordinary(text string, start int) int {
	end := start
	for ; len(text)-end >= 8 && !endsString(word(text[end:])); end += 8 {
	}
	for ; end < len(text) && text[end] != '"' && text[end] != '\\'; end++ {
	}
	return end
}

// endsString reports whether one of the eight bytes is a quotation mark or a backslash.
func endsString(w uint64) bool {
	const (
		ones = 0x0101010101010101
		high = 0x8080808080808080
	)
	quote, slash := w^ones*'"', w^ones*'\\'
	return ((quote-ones)&^quote|(slash-ones)&^slash)&high != 0
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
