package connectortest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/plugins/connectortest"
)

// TestCases runs the cases of all shipped plugins in the sandbox. Each plugin runs its
// own natively.
func TestCases(t *testing.T) {
	folders, err := filepath.Glob("../*/cases")
	if err != nil || len(folders) == 0 {
		t.Fatalf("found %v, %v", folders, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(filepath.Dir(folder)), func(t *testing.T) {
			plugintest.Cases(t, connectortest.Sandbox(t), os.DirFS(folder))
		})
	}
}
