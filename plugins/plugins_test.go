package plugins_test

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins"
)

// TestBuiltinIsBuiltFromThisTree runs the command of go:generate and compares.
func TestBuiltinIsBuiltFromThisTree(t *testing.T) {
	rebuilt := rebuild(t)
	if bytes.Equal(rebuilt, plugins.Builtin()) {
		return
	}
	committed, here := goVersion(plugins.Builtin()), goVersion(rebuilt)
	if committed != here {
		t.Fatalf("plugins/builtin.wasm was built by %s and this is %s, so it cannot be compared: run go generate ./plugins with this version and commit it, or test with %s", committed, here, committed)
	}
	t.Fatalf("plugins/builtin.wasm (%d bytes) is not what this tree builds (%d bytes): run go generate ./plugins and commit it", len(plugins.Builtin()), len(rebuilt))
}

// rebuild runs the go:generate line of plugins.go with another output file.
func rebuild(t *testing.T) []byte {
	t.Helper()
	source, err := os.ReadFile("plugins.go")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^//go:generate env (.*) go (build .*) "(-ldflags=[^"]*)" -o builtin.wasm (\S+)$`).FindSubmatch(source)
	if line == nil {
		t.Fatal("plugins.go has no go:generate line that this test understands")
	}
	output := filepath.Join(t.TempDir(), "builtin.wasm")
	args := append(strings.Fields(string(line[2])), string(line[3]), "-o", output, string(line[4]))
	command := exec.Command("go", args...)
	command.Env = append(os.Environ(), strings.Fields(string(line[1]))...)
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	rebuilt, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return rebuilt
}

// goVersion finds the version that the linker left in the module.
func goVersion(module []byte) string {
	if info, err := buildinfo.Read(bytes.NewReader(module)); err == nil {
		return info.GoVersion
	}
	if version := regexp.MustCompile(`go1\.\d+(\.\d+)?`).Find(module); version != nil {
		return string(version)
	}
	return "an unknown version of Go"
}

func TestBuiltinTellsNoPath(t *testing.T) {
	directory, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(plugins.Builtin(), []byte(directory)) {
		t.Errorf("the module contains the path %s", directory)
	}
}
