package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func TestDepartment(t *testing.T) {
	in := &hook.ClaimsInput{User: hook.User{Attributes: hook.Object{{Name: "department", Value: hook.String("R&D")}}}}
	output, err := module.Call(0, 0, in.AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	out, err := hook.ParseClaimsOutput(output)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := out.Set.Get("department"); got.Text() != "R&D" || len(out.Set) != 1 {
		t.Errorf("%s", output)
	}
}

func TestModuleBuilds(t *testing.T) {
	name := filepath.Join(t.TempDir(), "department.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", name, ".")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	module, err := os.ReadFile(name)
	if err != nil || !strings.HasPrefix(string(module), "\x00asm") {
		t.Errorf("no WebAssembly module: %v", err)
	}
}

// TestReadme keeps the example of the README the one that is tested here.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```go\n"+string(source)+"```") {
		t.Error("README.md shows another plugin than main.go")
	}
}
