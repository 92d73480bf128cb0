package plugin

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// Trial is a module outside of a server: for its author, who examines, tries and
// measures it, and for whoever installs it. It has the sandbox and the limits of a
// server.
type Trial struct {
	host   *Host
	module *module
}

// TrialOptions are what a [Trial] needs. The zero TrialOptions are right for most.
type TrialOptions struct {
	CacheDir     string // as in [Options]
	Capabilities Capabilities
	Logger       *slog.Logger // nil: nothing is logged
	Now          func() time.Time
	Rand         io.Reader
	// Trusted loads the module as the shipped one is: it does not yield.
	Trusted bool
}

// Try loads a module and tests it on its samples. What is wrong with it the error
// says in words for its author; nothing of it stays in the cache then.
func Try(ctx context.Context, code []byte, o TrialOptions) (*Trial, error) {
	options := Options{CacheDir: o.CacheDir, Capabilities: o.Capabilities, Logger: o.Logger, Now: o.Now, Rand: o.Rand}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Rand == nil {
		options.Rand = rand.Reader
	}
	host, err := New(ctx, options)
	if err != nil {
		return nil, err
	}
	digest := Digest(code)
	if o.Trusted {
		digest = core.BuiltinModule
	}
	kept := compiledFiles(o.CacheDir)
	m, err := loadModule(ctx, &host.options, digest, code)
	if err != nil {
		dropCompiled(o.CacheDir, kept)
		return nil, err
	}
	return &Trial{host, m}, nil
}

// Manifests describes the plugins of the module. The caller must not change them.
func (t *Trial) Manifests() []hook.Manifest { return t.module.manifests }

// Facts are what is known of the module.
func (t *Trial) Facts() Facts { return t.module.facts }

// Close gives everything back.
func (t *Trial) Close(ctx context.Context) error { return t.module.close(ctx) }

// Run is one call of a hook.
type Run struct {
	Plugin string // empty: the module's only one
	Hook   string // empty: the plugin's only one
	Input  []byte // the message, JSON
	// Plays are the answers of the world, in their order. A call that is not among
	// them fails the run, unless Live lets the plugin ask the world.
	Plays []hook.HostCall
	// Loose plays them to whatever requests the plugin makes, if they are of the same
	// capabilities.
	Loose bool
	// Offline answers every call of a capability but the clock that it is unavailable: the
	// plugin has no world at all, and no secrets. What it asked for is kept.
	Offline bool
	Live    bool
	Grants  []core.PluginGrant
	Secrets []core.PluginSecret
	Login   *core.UpstreamLogin
	Limits  core.PluginLimits
	// Again does not take the output apart: the caller knows that it is right.
	Again bool
}

// Ran is what came of it, as far as it came.
type Ran struct {
	Output []byte
	Log    string
	Fuel   int64
	Memory int // bytes, at the end
	Pages  int // pages of memory that were put back after the call; zero if the instance was dropped
	Took   time.Duration
	Calls  []hook.HostCall // that it made; of a Live, Loose or Offline run
	// Left says which of Plays the plugin did not ask for. A call that ends well is
	// failed by that.
	Left error
}

// Run makes a call as a server would. The error is a [*CallError], or says what is
// wrong with the run.
func (t *Trial) Run(ctx context.Context, run Run) (Ran, error) {
	plugin, number, err := t.find(&run)
	if err != nil {
		return Ran{}, err
	}
	s := serve(&core.PluginInstance{
		Name: "trial", Plugin: run.Plugin, Grants: run.Grants, Secrets: run.Secrets, Limits: run.Limits,
	}, nil, nil)
	o := t.host.orderFor(ctx, t.module, s, run.Hook, run.Login)
	var ran Ran
	made := run.direct(&o.desk, t.host.options.Now)
	begin := time.Now()
	r, err := t.module.call(ctx, t.module.pool("trial", run.Live), plugin, number, written{text: run.Input}, o)
	ran.Took = time.Since(begin)
	ran.Output, ran.Log, ran.Fuel, ran.Memory, ran.Pages = r.output, strings.TrimSuffix(r.log, "\n"), r.fuel, r.memory, r.pages
	ran.Calls = made()
	if o.desk.play != nil {
		ran.Left = o.desk.play.End()
	}
	switch {
	case err != nil:
		return ran, t.host.finish(ctx, s, run.Hook, "", r, err, ran.Took)
	case run.Again:
		return ran, nil
	case ran.Left != nil:
		return ran, s.fail(run.Hook, ReasonPlay, ran.Left)
	}
	return ran, s.check(run.Hook, r.output)
}

// direct says who answers the calls of a run. made gives those that are kept.
func (r *Run) direct(d *desk, now func() time.Time) (made func() []hook.HostCall) {
	d.plays = !r.Live
	switch {
	case r.Offline:
		alone := &offline{now: now}
		d.play = alone
		return func() []hook.HostCall { return alone.made }
	case r.Live:
		var calls []hook.HostCall
		d.record = func(c hook.HostCall) { calls = append(calls, c) }
		return func() []hook.HostCall { return calls }
	case r.Loose:
		any := &loose{calls: r.Plays}
		d.play = any
		return func() []hook.HostCall { return any.made }
	}
	d.play = replay.NewPlayer(r.Plays)
	return func() []hook.HostCall { return nil }
}

// check reports whether the host would accept the output of a hook, as far as that
// can be told without the request.
func (s *served) check(hookName string, output []byte) error {
	if err := checkOutput(hookName, output); err != nil {
		return s.fail(hookName, ReasonOutput, Placed(output, "output", err))
	}
	if hookName == hook.ClaimsMap {
		_, err := s.claimsOf(output)
		return err
	}
	return nil
}

// find completes what was left out and gives the numbers of plugin and hook.
func (t *Trial) find(run *Run) (plugin, number int, err error) {
	manifests := t.module.manifests
	if run.Plugin == "" && len(manifests) == 1 {
		run.Plugin = manifests[0].ID
	}
	plugin, ok := t.module.plugin(run.Plugin)
	if !ok {
		return 0, 0, fmt.Errorf("the module has no plugin %q; it has %s", run.Plugin, idsOf(manifests))
	}
	m := &manifests[plugin]
	if run.Hook == "" && len(m.Hooks) == 1 {
		run.Hook = m.Hooks[0]
	}
	if number = slices.Index(m.Hooks, run.Hook); number < 0 {
		return 0, 0, fmt.Errorf("plugin %q has no hook %q; it has %s", m.ID, run.Hook, strings.Join(m.Hooks, ", "))
	}
	input, err := hook.ParseObject(run.Input)
	if err != nil {
		return 0, 0, fmt.Errorf("the input is no JSON object: %w", err)
	}
	settings, given := input.Get("settings")
	if !given {
		settings = hook.FromObject(nil)
	}
	if err := checkSettings(m.Settings, settings); err != nil {
		return 0, 0, fmt.Errorf("the input's %w", err)
	}
	return plugin, number, nil
}

func idsOf(manifests []hook.Manifest) string {
	ids := make([]string, len(manifests))
	for i := range manifests {
		ids[i] = manifests[i].ID
	}
	return strings.Join(ids, ", ")
}
