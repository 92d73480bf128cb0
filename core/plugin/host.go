package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// Source gives what is bound. Plugins is asked in every call of a hook, so it must
// be cheap; the same pointer means that nothing changed.
type Source interface {
	Plugins(context.Context) (*core.PluginConfig, error)
	// PluginCode gives the bytes of an installed module.
	PluginCode(ctx context.Context, digest string) ([]byte, error)
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
	// Capabilities carries out what plugins ask for; nil: there are none but the
	// clock.
	Capabilities Capabilities
	// Observer counts; nil is legal.
	Observer Observer
	// Record gets an audit event for each load, denial and failed call; nil is legal.
	Record func(context.Context, core.Event)
	Now    func() time.Time
	Rand   io.Reader // also what guests get

	// Instances bounds the instances of a module that serve plugins which wait for
	// nothing; 0 means the number of CPUs that Go uses.
	Instances int
	// Wait is how long a call waits for an instance; 0 means one second.
	Wait time.Duration
}

func (o *Options) record(ctx context.Context, event core.Event) {
	if o.Record == nil {
		return
	}
	event.At = o.Now()
	event.ID = core.NewID(event.At, o.Rand)
	o.Record(context.WithoutCancel(ctx), event)
}

// Host runs the plugins. Its methods may be called from many goroutines.
type Host struct {
	options Options
	modules library
	denials denials
	shadows shadows

	// adopting guards changes of plan; plan is read without it.
	adopting sync.Mutex
	plan     atomic.Pointer[plan]
	closed   atomic.Bool
}

// ErrLoading says that the plugins are being compiled.
var ErrLoading = errors.New("the plugins are being prepared")

// New makes a host. It loads nothing yet: a module is loaded in the background by
// [Host.Warm] or [Host.Ready] if something of it is bound, and otherwise by whatever
// needs it first. The error says what is wrong with the cache directory.
func New(_ context.Context, options Options) (*Host, error) {
	if options.Instances <= 0 {
		options.Instances = runtime.GOMAXPROCS(0)
	}
	if options.Wait <= 0 {
		options.Wait = time.Second
	}
	if options.Observer == nil {
		options.Observer = nobody{}
	}
	if err := prepareCacheDir(options.CacheDir); err != nil {
		return nil, &CacheError{Dir: options.CacheDir, Err: err}
	}
	h := &Host{options: options}
	h.modules = library{options: &h.options, shelf: map[edition]*loading{}, loaded: h.settle}
	h.shadows = newShadows()
	return h, nil
}

// current gives the plan of the newest configuration. It costs nothing as long as
// the configuration stays.
func (h *Host) current(ctx context.Context) (*plan, error) {
	config, err := h.options.Source.Plugins(ctx)
	if err != nil {
		return nil, fmt.Errorf("plugin bindings: %w", err)
	}
	if now := h.plan.Load(); now != nil && now.config == config {
		return now, nil
	}
	return h.adopt(config), nil
}

// adopt makes the plan of a configuration. What it needs begins to be loaded.
func (h *Host) adopt(config *core.PluginConfig) *plan {
	h.adopting.Lock()
	defer h.adopting.Unlock()
	before := h.plan.Load()
	if before != nil && (before.config == config || before.config.Generation > config.Generation) {
		return before
	}
	next := newPlan(config, before, h.modules.get)
	h.plan.Store(next)
	h.countGrants(before, next)
	h.tidy(next)
	return next
}

// countGrants tells what is granted to whom, and who is no more.
func (h *Host) countGrants(before, next *plan) {
	for name, s := range next.instances {
		targets := map[string]int{}
		if before != nil && before.instances[name] != nil {
			for _, g := range before.instances[name].grants {
				targets[g.Capability] = 0 // unless it is granted still
			}
		}
		for _, g := range s.grants {
			targets[g.Capability]++
		}
		for capability, n := range targets {
			h.options.Observer.PluginGranted(name, capability, n)
		}
	}
	if before == nil {
		return
	}
	for name := range before.instances {
		if next.instances[name] == nil {
			h.options.Observer.PluginGone(name)
		}
	}
}

// settle lets the modules go that were needed until another was loaded.
func (h *Host) settle() {
	h.adopting.Lock()
	defer h.adopting.Unlock()
	if now := h.plan.Load(); now != nil {
		h.tidy(now)
	}
}

func (h *Host) tidy(p *plan) {
	settled, needed := p.settle()
	h.plan.Store(settled)
	h.modules.keep(func(l *loading) bool { return needed[l] })
}

// Warm begins to load, in the background, what is bound. Calling it again does
// nothing.
func (h *Host) Warm(ctx context.Context) error {
	_, err := h.current(ctx)
	return err
}

// Ready reports whether whatever is bound can serve: nil if so, [ErrLoading] if it
// will in a moment, else what prevents it. It does not wait.
func (h *Host) Ready(ctx context.Context) error {
	p, err := h.current(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range p.instances {
		l := s.current().loading
		switch {
		case !l.finished():
			return ErrLoading
		case l.err != nil:
			errs = append(errs, fmt.Errorf("plugin instance %s: %w", s.instance, l.err))
		}
	}
	return errors.Join(errs...)
}

// remake makes the plan anew, so that what could not be loaded is tried again.
func (h *Host) remake(of *core.PluginConfig) {
	h.adopting.Lock()
	defer h.adopting.Unlock()
	if now := h.plan.Load(); now != nil && now.config == of {
		h.tidy(newPlan(of, now, h.modules.get))
	}
}

// builtin waits for the shipped module.
func (h *Host) builtin(ctx context.Context) (*module, error) {
	return h.modules.get(edition{digest: core.BuiltinModule}).wait(ctx)
}

// wait gives the module when it is there.
func (l *loading) wait(ctx context.Context) (*module, error) {
	select {
	case <-l.done:
		return l.module, l.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Manifests describes the shipped plugins, in the module's order. It waits for
// the module. The caller must not change them.
func (h *Host) Manifests() ([]hook.Manifest, error) {
	m, err := h.builtin(context.Background())
	if err != nil {
		return nil, err
	}
	return m.manifests, nil
}

// Close waits, as long as ctx lets it, for the calls in flight and gives back all
// memory. A host that is closed refuses every call.
func (h *Host) Close(ctx context.Context) error {
	h.closed.Store(true)
	h.shadows.close()
	return h.modules.close(ctx)
}
