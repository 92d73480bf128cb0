package workbench

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCreate(t *testing.T) {
	for _, language := range Languages() {
		dir := filepath.Join(t.TempDir(), "made", language)
		files, err := Create(language, "my-plugin", dir)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(files, "postern.json") || !slices.Contains(files, "README.md") || !slices.IsSorted(files) {
			t.Errorf("%s: %v", language, files)
		}
		for _, file := range files {
			info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(file)))
			if err != nil || info.Mode()&0o200 == 0 || info.Mode()&0o007 > 5 {
				t.Errorf("%s: %v, %v", file, info, err)
			}
		}
		p, err := OpenProject(dir)
		if err != nil || p.Language != language || len(p.Test) == 0 || !strings.HasPrefix(p.ModuleFile(), dir) {
			t.Errorf("%+v, %v", p, err)
		}
		if cases, err := os.ReadDir(p.CasesDir()); err != nil || len(cases) == 0 {
			t.Errorf("%v, %v", cases, err)
		}
		_, err = Create(language, "my-plugin", dir)
		wants(t, err, "is not empty", "--dir")
	}
	if err := os.Mkdir(filepath.Join(t.TempDir(), "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Create("go", "a", t.TempDir()); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	for _, name := range []string{"", "A", "1a", "../a", "a_b", "a b", "postern", strings.Repeat("a", 64)} {
		_, err := Create("go", name, dir)
		wants(t, err, "cannot be the name of a plugin", "department")
	}
	_, err := Create("cobol", "a", dir)
	wants(t, err, `no SDK for "cobol"`, "choose one of")
	if _, err := os.Stat(dir); err == nil {
		t.Error("a refusal leaves a folder behind")
	}
	_, err = Create("go", "a", fileWith(t, "file", "x"))
	wants(t, err, "cannot be the project's folder", "--dir")
	_, err = Create("go", "a", filepath.Join(fileWith(t, "file", "x"), "inside"))
	wants(t, err, "cannot be the project's folder", "--dir")
}

func TestOpenProject(t *testing.T) {
	for text, want := range map[string]string{
		`{"language":"go","build":["go","build"],"module":"out/p.wasm","test":["go"]}`: "",
		`{"build":["make"],"module":"p.wasm"}`:                                         "",
		`{`:                                                                            "byte 1",
		`[]`:                                                                           "an object is expected",
		`{"build":["make"],"module":"p.wasm","tests":["x"]}`:    "no member tests",
		`{"build":"make","module":"p.wasm"}`:                    "build is of the wrong type",
		`{"build":["make",1],"module":"p.wasm"}`:                "build is of the wrong type",
		`{"build":["make"],"module":"p.wasm","test":"go test"}`: "test is of the wrong type",
		`{"build":["make"],"module":1}`:                         "module is of the wrong type",
		`{"build":["make"],"module":"p.wasm","language":[]}`:    "language is of the wrong type",
		`{"build":[],"module":"p.wasm"}`:                        "build must name a command",
		`{"build":[""],"module":"p.wasm"}`:                      "build must name a command",
		`{"build":["make"],"module":"../p.wasm"}`:               "module must be a path within",
		`{"build":["make"],"module":"/p.wasm"}`:                 "module must be a path within",
		`{"build":["make"]}`:                                    "module must be a path within",
		`{"build":["make"],"build":["make"],"module":"p.wasm"}`: "twice",
	} {
		dir := filepath.Dir(fileWith(t, "postern.json", text))
		p, err := OpenProject(dir)
		if want == "" {
			if err != nil || p.ModuleFile() != filepath.Join(dir, filepath.FromSlash(p.Module)) {
				t.Errorf("%s: %+v, %v", text, p, err)
			}
			continue
		}
		wants(t, err, want, `"build": ["go", "build"]`)
	}
	_, err := OpenProject(t.TempDir())
	wants(t, err, "there is no postern.json", "postern plugin new")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "postern.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = OpenProject(dir)
	wants(t, err, "cannot read", "")
}

// TestInterrupted holds that a command ends with whoever waits for it.
func TestInterrupted(t *testing.T) {
	p := &Project{Dir: t.TempDir(), Build: []string{"sleep", "60"}, Module: "p.wasm"}
	if !has("sleep") {
		t.Skip("there is no sleep")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Make(ctx, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
