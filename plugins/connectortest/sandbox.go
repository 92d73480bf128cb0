package connectortest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
)

// Sandbox gives the module of the shipped plugins, built from this tree and loaded as the
// server loads it, once for all tests of a package. The tests run in a folder beside
// builtin. Its plugins ask the world of the test that calls them.
func Sandbox(t testing.TB) *plugin.Trial {
	t.Helper()
	trial, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

var load = sync.OnceValues(func() (*plugin.Trial, error) {
	dir, err := os.MkdirTemp("", "connectortest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	output := filepath.Join(dir, "builtin.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", output, "../builtin")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOWASM=")
	if text, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	module, err := os.ReadFile(output)
	if err != nil {
		return nil, err
	}
	return plugin.Try(context.Background(), module, plugin.TrialOptions{Capabilities: switchboard{}, Trusted: true})
})

// switchboard connects a call with the world of its test.
type switchboard struct{}

type worldKey struct{}

func (switchboard) Call(ctx context.Context, caller *core.PluginCaller, capability string, request []byte) (answer []byte, code string) {
	return ctx.Value(worldKey{}).(*World).set.Call(ctx, caller, capability, request)
}
