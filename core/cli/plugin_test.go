package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
)

// TestPluginModules holds that the modules of testdata/plugins are what their texts
// say.
func TestPluginModules(t *testing.T) {
	assembler := needs.Program(t, "wat2wasm")
	texts, err := filepath.Glob(filepath.Join("testdata", "plugins", "*.wat"))
	if err != nil || len(texts) == 0 {
		t.Fatalf("%v, %v", texts, err)
	}
	for _, text := range texts {
		output := filepath.Join(t.TempDir(), "module.wasm")
		if said, err := exec.Command(assembler, text, "-o", output).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		assembled, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		committed, err := os.ReadFile(strings.TrimSuffix(text, ".wat") + ".wasm")
		if err != nil || !bytes.Equal(assembled, committed) {
			t.Errorf("%s is not what its text says: %v", text, err)
		}
	}
}
