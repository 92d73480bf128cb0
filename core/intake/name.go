package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"
)

// mostName is how many bytes a name has at most.
const mostName = 64

// keyName gives a name the form of the keys here: lower-case letters, digits and hyphens.
// Empty is a name that has none of them.
func keyName(name string) string { return fitted(strings.ToLower(name), "-", "") }

// clientName gives a name the form of names of clients.
func clientName(name string) string { return fitted(name, "-", "._-ABCDEFGHIJKLMNOPQRSTUVWXYZ") }

// fitted puts a stand-in for each run of characters that a name cannot have, and cuts it.
func fitted(name, instead, more string) string {
	var b strings.Builder
	for _, r := range name {
		if r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune(more, r)) {
			b.WriteRune(r)
		} else if !strings.HasSuffix(b.String(), instead) {
			b.WriteString(instead)
		}
	}
	fitted := strings.Trim(b.String(), "._"+instead)
	return strings.TrimRight(fitted[:min(len(fitted), mostName)], instead)
}

// keys are the names that names there have here. Two of them never become one: what belongs
// to two organisations there would be together here.
type keys map[string]string

// newKeys gives each name its own key, and the empty name, which stands for none, the empty
// one. One that is no key as it is, and whose key is empty
// or that of another name too, gets a mark made of the name: the order of names does not
// count, so that a second export has the same.
func newKeys(names []string) keys {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	shared := map[string]int{}
	for _, name := range names {
		shared[keyName(name)]++
	}
	given := keys{}
	for _, name := range names {
		key := keyName(name)
		if name != "" && key != name && (key == "" || shared[key] > 1) {
			mark := sha256.Sum256([]byte(name))
			suffix := "-" + hex.EncodeToString(mark[:4])
			key = strings.TrimLeft(strings.TrimRight(key[:min(len(key), mostName-len(suffix))], "-")+suffix, "-")
		}
		given[name] = key
	}
	return given
}

// renamed notes that a name was changed to fit.
func renamed(notes []string, was, is string) []string {
	if was == is {
		return notes
	}
	return append(notes, "is called "+is+" here")
}
