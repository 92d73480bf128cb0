package postern_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/postern-id/postern/core/plugin/plugintest"
)

// TestImports holds that a module imports the capabilities that it calls and no
// others: the host refuses what the manifest does not ask for.
func TestImports(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds modules")
	}
	always := []string{"fail", "input_len", "input_read", "output_write"}
	for folder, more := range map[string][]string{
		"../../examples/plugin-department": nil,
		"./testdata/kv":                    {"answer_read", "kv"},
		"../vectors/go": {
			"answer_read", "clock", "http_fetch", "jwt_verify", "kv", "ldap_bind", "ldap_search", "log",
			"oauth_exchange", "oidc_exchange", "random", "secret_get",
		},
	} {
		want := slices.Concat(always, more)
		slices.Sort(want)
		if got := importsOf(t, plugintest.GoModule(t, folder)); !slices.Equal(got, want) {
			t.Errorf("%s imports %q, want %q", folder, got, want)
		}
	}
}

// importsOf reads the import section of a module and gives what it imports from
// postern, sorted. What it imports from elsewhere must be the runtime's.
func importsOf(t *testing.T, module []byte) (names []string) {
	t.Helper()
	const header, importSection = 8, 2
	reader := bytes.NewReader(module[header:])
	for {
		id, err := reader.ReadByte()
		if err != nil {
			t.Fatal("the module has no import section")
		}
		section := read(t, reader)
		if id != importSection {
			continue
		}
		reader = bytes.NewReader(section)
		break
	}
	for range number(t, reader) {
		from, name := string(read(t, reader)), string(read(t, reader))
		if kind, _ := reader.ReadByte(); kind != 0 {
			t.Fatalf("%s.%s is no function", from, name)
		}
		number(t, reader) // its type
		switch from {
		case "postern":
			names = append(names, name)
		case "wasi_snapshot_preview1":
		default:
			t.Errorf("imports %s.%s", from, name)
		}
	}
	slices.Sort(names)
	return names
}

func number(t *testing.T, r *bytes.Reader) uint64 {
	t.Helper()
	n, err := binary.ReadUvarint(r)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// read gives bytes after their length.
func read(t *testing.T, r *bytes.Reader) []byte {
	t.Helper()
	data := make([]byte, number(t, r))
	if _, err := r.Read(data); err != nil && len(data) > 0 {
		t.Fatal(err)
	}
	return data
}
