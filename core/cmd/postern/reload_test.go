//go:build unix

package main_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/postern-id/postern/core"
)

// TestHangup: SIGHUP loads the plugins anew, and ends nothing.
func TestHangup(t *testing.T) {
	t.Parallel()
	data := usedData(t)
	module, err := filepath.Abs(filepath.Join("..", "..", "..", "sdk", "testdata", "team.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	must(t, "plugin", "install", module, "--data", data)
	must(t, "plugin", "bind", "team", "--all-clients", "--data", data)
	s := start(t, "--data", data)
	s.waitReady()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	happened := func(kind core.EventType) int {
		var events []struct{}
		mustJSON(t, &events, "audit", "list", "--data", data, "--type", string(kind))
		return len(events)
	}
	eventually(t, "the reload is on record", func() bool { return happened(core.EventPluginReloaded) == 1 })
	eventually(t, "the module is loaded anew", func() bool { return happened(core.EventPluginLoaded) == 2 })
	s.waitReady()
	if code := s.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	s.checkLog()
}
