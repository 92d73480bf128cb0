package core

import (
	"net/mail"
	"strings"
)

// maxEmail is the longest address (RFC 5321 section 4.5.3.1.3, without the angle brackets).
const maxEmail = 254

// IsEmail accepts a plain address in ASCII: look-alikes in other scripts have taken over
// accounts elsewhere.
func IsEmail(text string) bool {
	parsed, err := mail.ParseAddress(text)
	plain := err == nil && parsed.Name == "" && parsed.Address == text && strings.Count(text, "@") == 1
	return plain && len(text) <= maxEmail && !strings.ContainsAny(text, "\"\\ ") && strings.IndexFunc(text, beyondASCII) < 0
}

func beyondASCII(r rune) bool { return r <= ' ' || r > '~' }

// What may be wrong with an address, besides [FieldMissing] and [FieldForm].
const (
	FieldDomain FieldProblemKind = "domain" // of a domain that may not
	FieldSame   FieldProblemKind = "same"   // what it is already
)
