package schema_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the schemas")

func TestSchemasAreGenerated(t *testing.T) {
	want := schemas(readNormativeText(t))
	if *update {
		for name, text := range want {
			if err := os.WriteFile(name, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	there, err := filepath.Glob("*.json")
	if err != nil {
		t.Fatal(err)
	}
	if names := slices.Sorted(maps.Keys(want)); !slices.Equal(there, names) {
		t.Errorf("the folder has %q, the generator gives %q", there, names)
	}
	for name, text := range want {
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s is not what the generator gives (%v): run go generate ./sdk/schema", name, err)
		}
	}
}

// TestEveryMessageIsDescribed holds that the generator finds a table of sdk/abi.md
// for each message, so that no schema is without words.
func TestEveryMessageIsDescribed(t *testing.T) {
	text := readNormativeText(t)
	for _, m := range messages() {
		if m.typ.Kind() == reflect.Struct && m.typ.NumField() > 0 && text.descriptions(m.typ) == nil {
			t.Errorf("sdk/abi.md has no table with the members of %s", m.typ)
		}
	}
}
