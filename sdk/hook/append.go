package hook

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends the value as compact JSON. Text that is not UTF-8 is written
// with U+FFFD in place of each wrong byte, so the result is always valid.
func (v Value) AppendJSON(dst []byte) []byte { return v.append(dst) }

// append has a pointer because a guest pays for every byte that is copied.
func (v *Value) append(dst []byte) []byte {
	switch v.kind {
	case KindString:
		return appendString(dst, v.text)
	case KindBool:
		return strconv.AppendBool(dst, v.flag)
	case KindNumber:
		return append(dst, v.text...)
	case KindArray:
		return appendArray(dst, v.List())
	case KindObject:
		return v.Object().AppendJSON(dst)
	default:
		return append(dst, "null"...)
	}
}

// AppendJSON appends the object as compact JSON, its members in their order. A
// nil object is written as an empty one.
func (o Object) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for i := range o {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, o[i].Name), ':')
		if v := &o[i].Value; v.kind == KindString {
			dst = appendString(dst, v.text)
		} else {
			dst = v.append(dst)
		}
	}
	return append(dst, '}')
}

func appendArray(dst []byte, list []Value) []byte {
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = list[i].append(dst)
	}
	return append(dst, ']')
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}

// appendString escapes what RFC 8259 section 7 says must be escaped, and nothing
// else: the answers are application/json with nosniff, never part of a page. It
// looks at eight bytes at a time while it copies them: in a guest each turn of a
// loop costs as much as a word, and each call more.
func appendString(dst []byte, s string) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(s)+2)
	to := dst[n : n+len(s)+2]
	to[0] = '"'
	to = to[1:]
	rest := s
	for ; len(rest) >= 8; rest, to = rest[8:], to[8:] {
		w := word(rest)
		if hasSpecial(w) {
			return appendEscaped(dst, s)
		}
		putWord(to, w)
	}
	for i := range len(rest) {
		if !plain[rest[i]] {
			return appendEscaped(dst, s)
		}
		to[i] = rest[i]
	}
	to[len(rest)] = '"'
	return dst[:n+len(s)+2]
}

func appendEscaped(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			dst = append(append(dst, s[from:i]...), "\uFFFD"...)
		} else {
			dst = appendEscape(append(dst, s[from:i]...), c)
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}

// word gives the first eight bytes of s. The compiler makes one load of it.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func putWord(to []byte, w uint64) {
	_ = to[7]
	to[0], to[1], to[2], to[3] = byte(w), byte(w>>8), byte(w>>16), byte(w>>24)
	to[4], to[5], to[6], to[7] = byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56)
}

// hasSpecial reports whether one of the eight bytes is a control character, a
// quotation mark, a backslash, or not ASCII.
func hasSpecial(w uint64) bool {
	const (
		ones = 0x0101010101010101
		high = 0x8080808080808080
	)
	quote, slash := w^ones*'"', w^ones*'\\'
	return (w|(w-ones*' ')|(quote-ones)|(slash-ones))&high != 0
}

// plain holds the ASCII characters that stand in a string as they are.
var plain = func() (table [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

func appendEscape(dst []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
	}
}
