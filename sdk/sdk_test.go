package sdk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/sdk"
)

func TestFiles(t *testing.T) {
	for _, name := range []string{"go/plugin.go", "go/posterntest/run.go", "hook/value.go", "hook/replay/case.go", "go/template/postern.json", "c/postern/postern.h", "typescript/postern/index.ts"} {
		if text, err := fs.ReadFile(sdk.Files(), name); err != nil || len(text) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProjectRefuses(t *testing.T) {
	for _, name := range []string{"", "A", "1a", "a b", "../a", "a/b", "a.b", "{{.Name}}", "postern", strings.Repeat("a", 64)} {
		if _, err := sdk.Project("go", name); !errors.Is(err, sdk.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := sdk.Project("cobol", "a"); err == nil || !strings.Contains(err.Error(), "choose one of") || !strings.Contains(err.Error(), "go") {
		t.Errorf("got %v", err)
	}
}

// TestProjects holds what every project has, whatever its language.
func TestProjects(t *testing.T) {
	for _, language := range sdk.Languages() {
		project, err := sdk.Project(language, "my-plugin")
		if err != nil {
			t.Fatal(err)
		}
		var build struct {
			Language, Module string
			Build, Test      []string
		}
		decoder := json.NewDecoder(bytes.NewReader(project["postern.json"]))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&build); err != nil || build.Language != language || build.Module == "" || len(build.Build) == 0 || len(build.Test) == 0 {
			t.Errorf("%s: postern.json: %+v, %v", language, build, err)
		}
		cases := 0
		for name, text := range project {
			if !filepath.IsLocal(name) || strings.HasSuffix(name, ".tmpl") || bytes.Contains(text, []byte("{{.Name}}")) && !strings.HasPrefix(name, "postern/") {
				t.Errorf("%s: %s is not rendered", language, name)
			}
			if strings.HasPrefix(name, "cases/") {
				cases++
			}
		}
		if cases < 3 || !bytes.Contains(project["README.md"], []byte("my-plugin")) {
			t.Errorf("%s: %d cases, README %.40q", language, cases, project["README.md"])
		}
	}
}

// TestGoProject holds that a new project in Go passes its tests and builds, with
// nothing from anywhere.
func TestGoProject(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module")
	}
	dir := t.TempDir()
	project, err := sdk.Project("go", "my-plugin")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range project {
		if strings.HasPrefix(name, "postern/") && strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s is a test of the SDK", name)
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var build struct {
		Module      string
		Build, Test []string
	}
	if err := json.Unmarshal(project["postern.json"], &build); err != nil {
		t.Fatal(err)
	}
	output := run(t, dir, append(slices.Clone(build.Test), "-v")...)
	for _, want := range []string{"--- PASS: TestCases/department.json", "--- PASS: TestClaims", "sample_of_my-plugin"} {
		if !strings.Contains(output, want) {
			t.Errorf("the tests do not say %q:\n%s", want, output)
		}
	}
	// vet also reports what the Go of go.mod does not have yet.
	run(t, dir, "go", "vet", "./...")
	run(t, filepath.Join(dir, "postern"), "go", "vet", "./...")
	run(t, filepath.Join(dir, "postern"), "env", "GOOS=wasip1", "GOARCH=wasm", "go", "vet", "./...")
	if unformatted := run(t, dir, "gofmt", "-l", "."); unformatted != "" {
		t.Errorf("not formatted: %s", unformatted)
	}
	run(t, dir, build.Build...)
	module, err := os.ReadFile(filepath.Join(dir, build.Module))
	if err != nil || !bytes.HasPrefix(module, []byte("\x00asm\x01\x00\x00\x00")) || !bytes.Contains(module, []byte("my-plugin")) {
		t.Errorf("%d bytes of a module, %v", len(module), err)
	}
	if before := run(t, dir, "go", "mod", "tidy", "-diff"); before != "" {
		t.Errorf("go.mod is not tidy: %s", before)
	}
}

// run runs a command in a project, without a network.
func run(t *testing.T, dir string, command ...string) string {
	t.Helper()
	c := exec.Command(command[0], command[1:]...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off")
	output, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, output)
	}
	return string(output)
}

// TestPluginInText holds that testdata/team.wasm is the example of abi.md: assembled
// again where there is wat2wasm.
func TestPluginInText(t *testing.T) {
	text, err := os.ReadFile("abi.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```wat\n(.*?)```").FindSubmatch(text)
	if example == nil {
		t.Fatal("abi.md has no example")
	}
	committed, err := os.ReadFile("testdata/team.wasm")
	if err != nil {
		t.Fatal(err)
	}
	needs.Program(t, "wat2wasm")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "team.wat"), example[1], 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "wat2wasm", "team.wat", "-o", "team.wasm")
	assembled, err := os.ReadFile(filepath.Join(dir, "team.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(assembled, committed) {
		t.Errorf("testdata/team.wasm (%d bytes) is not the example of abi.md (%d bytes)", len(committed), len(assembled))
	}
}
