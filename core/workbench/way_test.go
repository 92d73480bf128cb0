package workbench

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/postern-id/postern/core/plugin"
)

// TestProjectInGo goes the way of an author: a new project is built, tested natively
// and in the sandbox, and measured.
func TestProjectInGo(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module")
	}
	t.Setenv("GOPROXY", "off")
	dir := filepath.Join(t.TempDir(), "p")
	// A name that a package of Go has too.
	if _, err := Create("go", "time", dir); err != nil {
		t.Fatal(err)
	}
	p, err := OpenProject(dir)
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	if err := p.TestNatively(t.Context(), &output); err != nil {
		t.Fatalf("%v\n%s", err, &output)
	}
	if err := p.Make(t.Context(), &output); err != nil {
		t.Fatalf("%v\n%s", err, &output)
	}
	m := open(t, p.ModuleFile(), nil)
	files, err := Cases(p.CasesDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if v := m.Test(t.Context(), file, false); !v.OK {
			t.Errorf("%+v", v)
		}
	}
	if i := m.Inspect(); i.Plugins[0].ID != "time" || len(i.Digest) != 64 || i.Metered <= i.Size || i.Signature != nil {
		t.Errorf("%+v", i)
	}
	// Built as a program it is refused, and the author is told why.
	program := filepath.Join(dir, "program.wasm")
	p.Build = slices.DeleteFunc(slices.Clone(p.Build), func(word string) bool { return word == "-buildmode=c-shared" })
	p.Build[slices.Index(p.Build, "plugin.wasm")] = program
	p.Module = "program.wasm"
	if err := p.Make(t.Context(), &output); err != nil {
		t.Fatalf("%v\n%s", err, &output)
	}
	_, err = Open(t.Context(), program, nil)
	wants(t, err, "program.wasm is refused: the module is a program: it exports _start and not _initialize", "Go with -buildmode=c-shared")
	if _, ok := errors.AsType[*plugin.ModuleError](err); !ok {
		t.Errorf("%T", err)
	}
}
