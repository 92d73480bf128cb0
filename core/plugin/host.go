package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// Source gives what is bound. It is asked in every call of a hook, so it must be
// cheap; the same pointer means that nothing changed.
type Source interface {
	Plugins(context.Context) (*core.PluginConfig, error)
}

// Options are what a [Host] needs from outside.
type Options struct {
	// Builtin is the module of the shipped plugins.
	Builtin []byte
	// CacheDir keeps compiled code between starts. It is made with mode 0700 and
	// must belong to this user, because what is in it is run. Empty: no cache.
	CacheDir string
	Source   Source
	Logger   *slog.Logger
	// Failed gets an audit event for each failed call; nil is legal.
	Failed func(context.Context, core.Event)
	Now    func() time.Time
	Rand   io.Reader // also what guests get

	// Instances bounds the instances of a module; 0 means the number of CPUs that
	// Go uses. Calls never wait for anything, so more would not be faster.
	Instances int
	// Wait is how long a call waits for an instance; 0 means one second.
	Wait time.Duration
}

// Host runs the plugins. Its methods may be called from many goroutines.
type Host struct {
	options Options
	plans   planner

	start   sync.Once
	loaded  chan struct{} // closed when builtin or loadErr is set
	builtin *module
	loadErr error
}

// ErrLoading says that the plugins are being compiled.
var ErrLoading = errors.New("the plugins are being prepared")

// New makes a host. It loads nothing yet: the module is loaded in the background
// by [Host.Warm] or [Host.Ready] if something is bound, and otherwise by whatever
// needs it first. The error says what is wrong with the cache directory.
func New(_ context.Context, options Options) (*Host, error) {
	if options.Instances <= 0 {
		options.Instances = runtime.GOMAXPROCS(0)
	}
	if options.Wait <= 0 {
		options.Wait = time.Second
	}
	if err := prepareCacheDir(options.CacheDir); err != nil {
		return nil, &CacheError{Dir: options.CacheDir, Err: err}
	}
	return &Host{options: options, loaded: make(chan struct{})}, nil
}

// Warm begins to load, in the background, what is bound. Calling it again does
// nothing.
func (h *Host) Warm(ctx context.Context) error {
	config, err := h.options.Source.Plugins(ctx)
	if err != nil {
		return fmt.Errorf("plugin bindings: %w", err)
	}
	if len(config.Bindings) > 0 {
		h.load()
	}
	return nil
}

// Ready reports whether whatever is bound can serve: nil if so, [ErrLoading] if it
// will in a moment, else what prevents it. It does not wait.
func (h *Host) Ready(ctx context.Context) error {
	config, err := h.options.Source.Plugins(ctx)
	if err != nil {
		return fmt.Errorf("plugin bindings: %w", err)
	}
	if len(config.Bindings) == 0 {
		return nil
	}
	h.load()
	select {
	case <-h.loaded:
		return h.loadErr
	default:
		return ErrLoading
	}
}

// load begins to load the module unless that was begun.
func (h *Host) load() {
	h.start.Do(func() {
		go func() {
			// Compiling leaves tens of megabytes that nothing needs again.
			defer debug.FreeOSMemory()
			defer close(h.loaded)
			h.builtin, h.loadErr = loadModule(context.Background(), &h.options)
			if h.loadErr != nil {
				h.loadErr = fmt.Errorf("the shipped plugins cannot be loaded: %w", h.loadErr)
				h.options.Logger.Error("plugins cannot be loaded", "error", h.loadErr)
			}
		}()
	})
}

// module waits for the module.
func (h *Host) module(ctx context.Context) (*module, error) {
	h.load()
	select {
	case <-h.loaded:
		return h.builtin, h.loadErr
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Manifests describes the plugins that there are, in the module's order. It waits
// for the module. The caller must not change them.
func (h *Host) Manifests() ([]hook.Manifest, error) {
	m, err := h.module(context.Background())
	if err != nil {
		return nil, err
	}
	return m.manifests, nil
}

// ErrUnknownPlugin says that no module has the plugin.
var ErrUnknownPlugin = errors.New("there is no such plugin")

// ValidateSettings checks settings, which must be a JSON object, against the
// schema of the plugin's manifest. It is an [ErrUnknownPlugin], or a
// [*SettingsError] that names what is wrong.
func (h *Host) ValidateSettings(plugin string, settings []byte) error {
	m, err := h.module(context.Background())
	if err != nil {
		return err
	}
	number, ok := m.plugin(plugin)
	if !ok {
		return ErrUnknownPlugin
	}
	object, err := hook.ParseObject(settings)
	if err != nil {
		return &SettingsError{Where: "settings", What: "not a JSON object: " + err.Error()}
	}
	return checkSettings(m.manifests[number].Settings, hook.FromObject(object))
}

// Close waits, as long as ctx lets it, for the calls in flight and gives back all
// memory. A host that is closed refuses every call.
func (h *Host) Close(ctx context.Context) error {
	h.start.Do(func() {
		h.loadErr = errClosed
		close(h.loaded)
	})
	select {
	case <-h.loaded:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if h.builtin == nil {
		return nil
	}
	return h.builtin.close(ctx)
}
