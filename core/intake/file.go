package intake

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-id/postern/core/admin"
)

// MaxFile is more than any export needs, in bytes.
const MaxFile = 256 << 20

// File is one file of an export.
type File struct {
	Name string // to name it in errors
	Data []byte
	// Path, if it is given, is where the file is: a database is read there, in the place
	// of Data, so that what its log holds counts too.
	Path string
}

// FormError says that a file is not what it should be.
type FormError struct {
	File string
	text string
	hint string
}

func (e *FormError) Error() string { return e.File + ": " + e.text }

// Hint says what to do about it.
func (e *FormError) Hint() string { return e.hint }

func (f *File) wrong(hint, format string, args ...any) error {
	return &FormError{f.Name, fmt.Sprintf(format, args...), hint}
}

// Sources are the programs whose files can be read.
func Sources() []string { return []string{"casdoor", "keycloak", "dex", "csv"} }

// Read makes a plan of the files of one export: of Casdoor a database of SQLite or the
// JSON document of its -export, of Keycloak a realm and the files of its users, of Dex its
// configuration, or a CSV table of people. An error that is a *[FormError] says which file is
// not what it should be.
func Read(source string, files ...File) (*admin.ImportPlan, error) {
	readers := map[string]func([]File) (*admin.ImportPlan, error){"casdoor": readCasdoor, "keycloak": readKeycloak, "dex": readDex, "csv": readCSV}
	read := readers[source]
	if read == nil {
		return nil, fmt.Errorf("%q is none of %s", source, strings.Join(Sources(), ", "))
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no file to read")
	}
	for i := range files {
		// Editors on Windows put a mark in front.
		files[i].Data = bytes.TrimPrefix(files[i].Data, []byte("\xef\xbb\xbf"))
	}
	plan, err := read(files)
	if err != nil {
		return nil, err
	}
	plan.Source, plan.Groups = source, distinctGroups(plan.Groups)
	return plan, nil
}

// left adds a row for what there is no place for.
func left(plan *admin.ImportPlan, kind, org, name, reason string, args ...any) {
	plan.Left = append(plan.Left, admin.ImportRow{Kind: kind, Org: org, Name: name, Result: admin.ImportRefused, Reason: fmt.Sprintf(reason, args...)})
}

// note is what is to be said of an object that has something.
type note struct {
	has  bool
	text string
}

// noted gives the texts of those that it has.
func noted(notes []note) (texts []string) {
	for _, one := range notes {
		if one.has {
			texts = append(texts, one.text)
		}
	}
	return texts
}

// publicPreset gives the preset of a client without a secret: a program on a device has no
// address that begins with https.
func publicPreset(redirects []string) string {
	if len(redirects) > 0 && !slices.ContainsFunc(redirects, func(uri string) bool { return strings.HasPrefix(uri, "https://") }) {
		return admin.PresetNative
	}
	return admin.PresetSPA
}

// addGroup adds a group; [distinctGroups] leaves it once.
func addGroup(plan *admin.ImportPlan, group admin.ImportGroup) {
	plan.Groups = append(plan.Groups, group)
}

// distinctGroups gives each group once, as it came first.
func distinctGroups(groups []admin.ImportGroup) []admin.ImportGroup {
	seen := map[[2]string]bool{}
	return slices.DeleteFunc(groups, func(g admin.ImportGroup) bool {
		key := [2]string{g.Org, g.Name}
		again := seen[key]
		seen[key] = true
		return again
	})
}
