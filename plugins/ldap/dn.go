package ldap

import (
	"strings"
	"unicode/utf8"

	"github.com/postern-id/postern/plugins/document"
)

// dn is a distinguished name in its parts, the entry's own first (RFC 4514).
type dn []rdn

// rdn is one part: mostly one attribute with its value, sometimes several.
type rdn []assertion

type assertion struct{ attribute, value string }

// below reports whether the entry is in base or below it, without regard to case, as
// nearly all attributes that names are made of.
func (d dn) below(base dn) bool {
	if len(d) < len(base) {
		return false
	}
	tail := d[len(d)-len(base):]
	for i := range base {
		if !tail[i].equal(base[i]) {
			return false
		}
	}
	return true
}

func (r rdn) equal(other rdn) bool {
	if len(r) != len(other) {
		return false
	}
	for i := range r {
		if document.Fold(r[i].attribute) != document.Fold(other[i].attribute) || document.Fold(r[i].value) != document.Fold(other[i].value) {
			return false
		}
	}
	return true
}

// first gives the value of an attribute in the entry's own part.
func (d dn) first(attribute string) (string, bool) {
	if len(d) == 0 {
		return "", false
	}
	for _, a := range d[0] {
		if document.Fold(a.attribute) == document.Fold(attribute) {
			return a.value, true
		}
	}
	return "", false
}

// parseDN reads the form of RFC 4514 section 3, with spaces around its signs, which
// servers write now and then. Values in hexadecimal (#04...) and in quotes, which only
// LDAPv2 had, are refused.
func parseDN(text string) (dn, bool) {
	var d dn
	part := rdn{}
	for {
		attribute, rest, ok := strings.Cut(text, "=")
		attribute = strings.TrimSpace(attribute)
		if !ok || attribute == "" || strings.ContainsAny(attribute, `,+\"`) {
			return nil, false
		}
		value, sign, after, ok := parseValue(strings.TrimLeft(rest, " "))
		if !ok {
			return nil, false
		}
		part = append(part, assertion{attribute, value})
		if sign != '+' {
			d, part = append(d, part), rdn{}
		}
		if sign == 0 {
			return d, true
		}
		text = after
	}
}

// parseValue reads a value up to the sign behind it; 0 at the end.
func parseValue(text string) (value string, sign byte, after string, ok bool) {
	var raw []byte
	end := 0 // of raw, without spaces at its end that nobody escaped
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ',', ';', '+':
			return string(raw[:end]), c, text[i+1:], end > 0 && utf8.Valid(raw[:end])
		case '"', '#':
			if c == '"' || i == 0 {
				return "", 0, "", false
			}
			raw = append(raw, c)
			end = len(raw)
		case '\\':
			escaped, size := unescape(text[i+1:])
			if size == 0 {
				return "", 0, "", false
			}
			raw = append(raw, escaped)
			i, end = i+size, len(raw)
		default:
			raw = append(raw, c)
			if c != ' ' {
				end = len(raw)
			}
		}
	}
	return string(raw[:end]), 0, "", end > 0 && utf8.Valid(raw[:end])
}

// unescape reads what stands behind a backslash: two hexadecimal digits, or a sign. size
// is 0 if it is neither.
func unescape(text string) (c byte, size int) {
	if len(text) >= 2 {
		high, low := digit(text[0]), digit(text[1])
		if high >= 0 && low >= 0 {
			return byte(high<<4 | low), 2
		}
	}
	if text != "" && strings.IndexByte(` "#+,;<=>\`, text[0]) >= 0 {
		return text[0], 1
	}
	return 0, 0
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
