package intake

import (
	"strings"
	"unicode/utf8"
)

// keyName gives a name the form of the keys here: lower-case letters, digits and hyphens.
func keyName(name string) string { return fitted(strings.ToLower(name), "-", "") }

// clientName gives a name the form of names of clients.
func clientName(name string) string { return fitted(name, "-", "._-ABCDEFGHIJKLMNOPQRSTUVWXYZ") }

// fitted puts a stand-in for each run of characters that a name cannot have, and cuts it.
func fitted(name, instead, more string) string {
	const most = 64
	var b strings.Builder
	for _, r := range name {
		if r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune(more, r)) {
			b.WriteRune(r)
		} else if !strings.HasSuffix(b.String(), instead) {
			b.WriteString(instead)
		}
	}
	fitted := strings.Trim(b.String(), "._"+instead)
	return strings.TrimRight(fitted[:min(len(fitted), most)], instead)
}

// renamed notes that a name was changed to fit.
func renamed(notes []string, was, is string) []string {
	if was == is {
		return notes
	}
	return append(notes, "is called "+is+" here")
}
