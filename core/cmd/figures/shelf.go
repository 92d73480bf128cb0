package main

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/cmd/figures/job"
	"github.com/postern-id/postern/core/plugin"
)

// shelf is a [plugin.Source]: modules, one of which the instance "figures" runs for all
// clients.
type shelf struct {
	mu      sync.Mutex
	modules map[string][]byte
	config  atomic.Pointer[core.PluginConfig]
}

// Plugins implements [plugin.Source].
func (s *shelf) Plugins(context.Context) (*core.PluginConfig, error) { return s.config.Load(), nil }

// PluginCode implements [plugin.Source].
func (s *shelf) PluginCode(_ context.Context, digest string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	code, ok := s.modules[digest]
	if !ok {
		return nil, core.ErrNotFound
	}
	return code, nil
}

// serve makes the module the one that runs. It is loaded anew, also if it was loaded
// before.
func (s *shelf) serve(module []byte) {
	digest := plugin.Digest(module)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.modules == nil {
		s.modules = map[string][]byte{}
	}
	s.modules[digest] = module
	next := &core.PluginConfig{
		Instances: []core.PluginInstance{{Name: "figures", Plugin: "figures", Module: digest, Settings: []byte(job.Settings)}},
		Bindings:  []core.PluginBinding{{ID: "1", Instance: "figures", Hook: core.HookClaims}},
	}
	if last := s.config.Load(); last != nil {
		next.Generation, next.Reload = last.Generation+1, last.Reload+1
	}
	s.config.Store(next)
}
