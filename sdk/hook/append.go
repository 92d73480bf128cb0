package hook

import (
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
		dst = o[i].Value.append(dst)
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
// else: the answers are application/json with nosniff, never part of a page.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	if isPlain(s) {
		return append(append(dst, s...), '"')
	}
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

// isPlain reports whether every byte stands in a string as it is. It looks at eight
// at a time: in a guest, each turn of a loop costs as much as a word.
func isPlain(s string) bool {
	for ; len(s) >= 8; s = s[8:] {
		if hasSpecial(word(s)) {
			return false
		}
	}
	for i := range len(s) {
		if !plain[s[i]] {
			return false
		}
	}
	return true
}

// word gives the first eight bytes of s. The compiler makes one load of it.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
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
