package intake

import (
	"bytes"
	"encoding/json"
	"slices"
)

// marks are members that the document of a program has, and those of the others do not.
var marks = []struct {
	source, called string
	members        []string
}{
	{"casdoor", "an export of Casdoor", []string{"organizations", "applications"}},
	{"keycloak", "a realm of Keycloak", []string{"realm"}},
	{"dex", "a configuration of Dex", []string{"staticClients", "staticPasswords"}},
}

// mistaken reports whether the members are those of another program's document, and names
// it. A realm of Keycloak has users too, and would be an export of Casdoor in which nobody
// has a name.
func mistaken(source string, members map[string]json.RawMessage) (called, instead string) {
	for _, mark := range marks {
		has := slices.ContainsFunc(mark.members, func(name string) bool { return members[name] != nil })
		if mark.source == source && has {
			return "", ""
		}
		if mark.source != source && has {
			called, instead = mark.called, mark.source
		}
	}
	return called, instead
}

// checkSource refuses the file of another program, and says which it is.
func (f *File) checkSource(source string, members map[string]json.RawMessage) error {
	called, instead := mistaken(source, members)
	if instead == "" {
		return nil
	}
	return f.wrong("import it as what it is: "+instead, "it is %s", called)
}

// membersOf gives the members of a document, nil if it is none.
func membersOf(data []byte) (members map[string]json.RawMessage) {
	if json.Unmarshal(data, &members) != nil {
		return nil
	}
	return members
}

// isDatabase reports whether a file is a database of SQLite.
func isDatabase(data []byte) bool { return bytes.HasPrefix(data, []byte("SQLite format 3\x00")) }
