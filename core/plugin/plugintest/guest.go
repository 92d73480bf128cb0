package plugintest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// GoModule compiles a plugin in Go as anybody does.
func GoModule(t testing.TB, folder string) []byte {
	t.Helper()
	output := filepath.Join(t.TempDir(), "guest.wasm")
	command := exec.Command("go", "build",
		"-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", output, folder)
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOWASM=")
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	module, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return module
}
