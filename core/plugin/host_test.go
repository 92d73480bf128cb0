package plugin_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
)

type fakeSource struct {
	config *core.PluginConfig
	code   map[string][]byte // by digest
	err    error
}

func (s *fakeSource) Plugins(context.Context) (*core.PluginConfig, error) { return s.config, s.err }

func (s *fakeSource) PluginCode(_ context.Context, digest string) ([]byte, error) {
	code, ok := s.code[digest]
	if !ok {
		return nil, core.ErrNotFound
	}
	return code, nil
}

type zeroes struct{}

func (zeroes) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func options(module []byte, source plugin.Source, cache string) plugin.Options {
	return plugin.Options{
		Builtin: module, CacheDir: cache, Source: source, Logger: slog.New(slog.DiscardHandler),
		Now: time.Now, Rand: rand.Reader,
	}
}

// sharedCache keeps what tests compile. It is made once by TestMain, because
// compiling takes most of their time.
var sharedCache string

func TestMain(m *testing.M) {
	var err error
	if sharedCache, err = os.MkdirTemp("", "postern-plugin-test-*"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(sharedCache)
	os.Exit(code)
}

func newHost(t testing.TB, module []byte, source plugin.Source) *plugin.Host {
	t.Helper()
	h, err := plugin.New(t.Context(), options(module, source, sharedCache))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}
