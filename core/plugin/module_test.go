package plugin_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

// shelf is a source whose configuration and modules can change.
type shelf struct {
	mu     sync.Mutex
	config atomic.Pointer[core.PluginConfig]
	code   map[string][]byte
}

func (s *shelf) Plugins(context.Context) (*core.PluginConfig, error) { return s.config.Load(), nil }

func (s *shelf) PluginCode(_ context.Context, digest string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	code, ok := s.code[digest]
	if !ok {
		return nil, core.ErrNotFound
	}
	return code, nil
}

// install makes the module the one that the instance "p" runs.
func (s *shelf) install(code []byte, change func(*core.PluginConfig)) (digest string) {
	digest = plugin.Digest(code)
	s.mu.Lock()
	if s.code == nil {
		s.code = map[string][]byte{}
	}
	s.code[digest] = code
	s.mu.Unlock()
	s.runs(digest, change)
	return digest
}

func (s *shelf) runs(digest string, change func(*core.PluginConfig)) {
	config := configOf("p")
	config.Instances[0].Module = digest
	if last := s.config.Load(); last != nil {
		config.Generation, config.Reload = last.Generation+1, last.Reload
	}
	if change != nil {
		change(config)
	}
	s.config.Store(config)
}

// saying is a module whose plugin "p" sets the claim "v", and does something before.
func saying(v string, before ...byte) []byte {
	return guest{
		manifests: manifestsOf(hook.ClaimsMap, "p"), outputs: []string{`{"set":{"v":"` + v + `"}}`}, evil: before,
	}.build()
}

func hostOf(t testing.TB, s *shelf, change func(*plugin.Options)) *plugin.Host {
	t.Helper()
	o := options(nil, nil, sharedCache)
	o.Source = s
	if change != nil {
		change(&o)
	}
	h, err := plugin.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return h
}

func said(t testing.TB, h *plugin.Host) string {
	t.Helper()
	claims, _, err := h.MapClaims(t.Context(), inputFor("c"))
	if err != nil {
		t.Fatal(err)
	}
	v, _ := claims.Get("v")
	return v.Text()
}

// eventually waits for what another goroutine does.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to pass that " + what)
		}
	}
}

// TestNewVersion holds that a newer module replaces an older one when it is ready,
// that one which is no good leaves the older serving, and that one can go back.
func TestNewVersion(t *testing.T) {
	s, events := &shelf{}, &eventLog{}
	first := s.install(saying("1"), nil)
	h := hostOf(t, s, func(o *plugin.Options) { o.Record = events.add })
	if got := said(t, h); got != "1" {
		t.Fatalf("the first says %q", got)
	}
	s.install(saying("2"), nil)
	eventually(t, "the second serves", func() bool { return said(t, h) == "2" })

	bad := s.install([]byte("\x00asm\x01\x00\x00\x00"), nil)
	for range 20 {
		if got := said(t, h); got != "2" {
			t.Fatalf("a bad version is installed, and %q is said", got)
		}
		time.Sleep(time.Millisecond)
	}
	s.runs(first, nil)
	eventually(t, "the first serves again", func() bool { return said(t, h) == "1" })

	refused := slices.IndexFunc(events.take(), func(e core.Event) bool { return e.Type == core.EventPluginRefused })
	if refused < 0 || events.take()[refused].Detail["module"] != bad || !strings.Contains(events.take()[refused].Detail["error"], "memory") {
		t.Errorf("events %+v", events.take())
	}
}

// TestDigest holds item 136: bytes that are not those which were installed do not
// run.
func TestDigest(t *testing.T) {
	s := &shelf{}
	digest := s.install(saying("1"), nil)
	s.code[digest] = saying("2")
	h := hostOf(t, s, nil)
	_, _, err := h.MapClaims(t.Context(), inputFor("c"))
	if reasonOf(err) != plugin.ReasonUnavailable || !strings.Contains(err.Error(), "was changed") {
		t.Errorf("got %v", err)
	}
	if err := h.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "was changed") {
		t.Errorf("ready: %v", err)
	}
}

// TestRefusedModuleIsTriedAgain holds that a module which could not be read is
// loaded when it can be.
func TestRefusedModuleIsTriedAgain(t *testing.T) {
	s := &shelf{}
	code := saying("1")
	digest := s.install(code, nil)
	delete(s.code, digest)
	h := hostOf(t, s, nil)
	if _, _, err := h.MapClaims(t.Context(), inputFor("c")); reasonOf(err) != plugin.ReasonUnavailable {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.code[digest] = code
	s.mu.Unlock()
	eventually(t, "it is loaded", func() bool {
		_, _, err := h.MapClaims(t.Context(), inputFor("c"))
		return err == nil
	})
}

// TestReload holds that a reload loads the same bytes anew, without a failed call.
func TestReload(t *testing.T) {
	s := &shelf{}
	digest := s.install(saying("1"), nil)
	counts := &tally{}
	h := hostOf(t, s, func(o *plugin.Options) { o.Observer = counts })
	said(t, h)
	s.runs(digest, func(c *core.PluginConfig) { c.Reload++ })
	eventually(t, "it was loaded again", func() bool {
		return said(t, h) == "1" && counts.of("load "+digest+" ok") == 2
	})
}

// TestSuspended holds that an instance which traps in a row for several people rests,
// that others of its module go on, and that it comes back.
func TestSuspended(t *testing.T) {
	// Plugin 0 traps for every input but the sample.
	module := guest{
		manifests: manifestsOf(hook.ClaimsMap, "p", "q"), outputs: []string{`{}`, `{"set":{"v":"q"}}`}, evil: []byte{opUnreachable},
	}.build()
	config := configOf("p", "q")
	config.Bindings = slices.DeleteFunc(config.Bindings, func(b core.PluginBinding) bool { return b.Hook != hook.ClaimsMap })
	for i := range config.Instances {
		config.Instances[i].Module = plugin.Digest(module)
		config.Bindings[i].ClientID = config.Instances[i].Name
	}
	s := &shelf{code: map[string][]byte{plugin.Digest(module): module}}
	s.config.Store(config)
	counts, events := &tally{}, &eventLog{}
	h := hostOf(t, s, func(o *plugin.Options) { o.Observer, o.Record = counts, events.add })
	call := func(client, user string) plugin.Reason {
		in := inputFor(client)
		in.User.ID = user
		_, _, err := h.MapClaims(t.Context(), in)
		return reasonOf(err)
	}
	for n := range 5 {
		if got := call("p", "mallory"); got != plugin.ReasonTrap {
			t.Fatalf("call %d: %s", n, got)
		}
	}
	if got := call("p", "mallory"); got != plugin.ReasonSuspended {
		t.Errorf("one person, after five traps: %s", got)
	}
	if counts.of("suspended p true") != 0 {
		t.Error("one person makes the plugin rest for all")
	}
	for _, user := range []string{"alice", "bob"} {
		if got := call("p", user); got != plugin.ReasonTrap {
			t.Errorf("%s: %s", user, got)
		}
	}
	if got := call("p", "carol"); got != plugin.ReasonSuspended {
		t.Errorf("after traps of three people: %s", got)
	}
	if got := call("q", "carol"); got != "" {
		t.Errorf("the other instance: %s", got)
	}
	eventually(t, "it may try again", func() bool { return call("p", "dave") == plugin.ReasonTrap })
	if got := call("p", "erin"); got != plugin.ReasonSuspended {
		t.Errorf("after another trap: %s", got)
	}
	if counts.of("suspended p true") != 1 {
		t.Errorf("counted %v", counts.all())
	}
	kinds := map[core.EventType]int{}
	for _, e := range events.take() {
		kinds[e.Type]++
	}
	if kinds[core.EventPluginSuspended] != 1 || kinds[core.EventPluginFailed] != 8 {
		t.Errorf("events %v", kinds)
	}
}

// TestLimitsOfInstance holds that memory and fuel are limited for the instance, not
// for the module: two instances of one module have their own.
func TestLimitsOfInstance(t *testing.T) {
	grow := slices.Concat(konst(64), []byte{opMemoryGrow, 0}, konst(1), []byte{opAdd, opEqz, opIf, noResult, opUnreachable, opEnd})
	spin := slices.Concat([]byte{opLoop, noResult, opGlobalGet, 1}, konst(1), []byte{opAdd, opGlobalSet, 1, opGlobalGet, 1},
		konst(3_000_000), []byte{opSub, opBrIf, 0, opEnd})
	for name, test := range map[string]struct {
		code   []byte
		limits core.PluginLimits
		want   plugin.Reason
	}{
		"memory enough":    {grow, core.PluginLimits{MemoryMiB: 5}, ""},
		"memory short":     {grow, core.PluginLimits{MemoryMiB: 4}, plugin.ReasonTrap},
		"fuel enough":      {spin, core.PluginLimits{CPU: time.Second}, ""},
		"fuel short":       {spin, core.PluginLimits{CPU: time.Millisecond}, plugin.ReasonFuel},
		"memory too small": {nil, core.PluginLimits{MemoryMiB: 1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shelf{}
			s.install(saying("1", test.code...), func(c *core.PluginConfig) {
				c.Instances[0].Limits = test.limits
				other := c.Instances[0]
				other.Name, other.Limits = "other", core.PluginLimits{CPU: time.Second}
				c.Instances = append(c.Instances, other)
				c.Bindings = []core.PluginBinding{
					{ID: "1", Instance: "p", Hook: hook.ClaimsMap, ClientID: "p"}, {ID: "2", Instance: "other", Hook: hook.ClaimsMap, ClientID: "other"},
				}
			})
			h := hostOf(t, s, func(o *plugin.Options) { o.Instances = 1 })
			for range 2 {
				if _, _, err := h.MapClaims(t.Context(), inputFor("p")); reasonOf(err) != test.want {
					t.Errorf("got %v, want %q", err, test.want)
				}
				if _, _, err := h.MapClaims(t.Context(), inputFor("other")); err != nil {
					t.Errorf("the other instance: %v", err)
				}
			}
		})
	}
}

// TestShadow holds that a shadow is asked and changes nothing, and that what it
// would have changed is logged without values.
func TestShadow(t *testing.T) {
	var text bytes.Buffer
	var mu sync.Mutex
	s, counts := &shelf{}, &tally{}
	s.install(saying("hidden"), func(c *core.PluginConfig) {
		for i := range c.Bindings {
			c.Bindings[i].Shadow = true
		}
	})
	h := hostOf(t, s, func(o *plugin.Options) {
		o.Observer, o.Logger = counts, slog.New(slog.NewTextHandler(&locked{&mu, &text}, nil))
	})
	in := inputFor("c")
	in.Claims = hook.Object{{Name: "a", Value: hook.String("b")}}
	claims, origins, err := h.MapClaims(t.Context(), in)
	if got := string(claims.AppendJSON(nil)); err != nil || got != `{"a":"b"}` || origins != nil {
		t.Errorf("%s, %v, %v", got, origins, err)
	}
	// The module has claims.map/v1 alone: at the other hooks the shadow fails, and
	// nobody is refused.
	if out, err := h.DecideScopes(t.Context(), &hook.ScopeInput{Client: hook.Client{ID: "c"}, Scopes: []string{"a"}}); err != nil || !slices.Equal(out.Scopes, []string{"a"}) {
		t.Errorf("%+v, %v", out, err)
	}
	if _, bound, err := h.ShapeAccount(t.Context(), &hook.AccountInput{Client: hook.Client{ID: "c"}}); err != nil || bound {
		t.Errorf("account: %v, %v", bound, err)
	}
	eventually(t, "the shadows have run", func() bool {
		return counts.of("shadow p claims.map/v1 true")+counts.of("shadow p scope.policy/v1 true")+counts.of("shadow p account.shape/v1 true") == 3
	})
	mu.Lock()
	defer mu.Unlock()
	if log := text.String(); !strings.Contains(log, "shadow differs") || !strings.Contains(log, "in=+v") || strings.Contains(log, "hidden") {
		t.Errorf("the log: %s", log)
	}
}

// locked is a writer for several goroutines.
type locked struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(b)
}

// tally is an observer that counts by what it was told.
type tally struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *tally) add(parts ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	c.seen[strings.TrimSuffix(fmt.Sprintln(parts...), "\n")]++
}

func (c *tally) of(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[what]
}

func (c *tally) all() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]int{}
	for what, n := range c.seen {
		all[what] = n
	}
	return all
}

func (c *tally) PluginCall(instance, plugin, hook, result string, _ time.Duration, _ int64) {
	c.add("call", instance, plugin, hook, result)
}
func (c *tally) PluginHostCall(instance, plugin, capability, result string, _ time.Duration) {
	c.add("host", instance, plugin, capability, result)
}
func (c *tally) PluginGranted(instance, capability string, n int) {
	c.add("granted", instance, capability, n)
}
func (c *tally) PluginMemory(string, string, int64)                {}
func (c *tally) PluginPool(string, int, int, int)                  {}
func (c *tally) PluginLoad(module, result string, _ time.Duration) { c.add("load", module, result) }
func (c *tally) PluginSuspended(instance string, on bool)          { c.add("suspended", instance, on) }
func (c *tally) PluginShadow(instance, hook string, differs bool) {
	c.add("shadow", instance, hook, differs)
}
func (c *tally) PluginGone(instance string)     { c.add("gone", instance) }
func (c *tally) PluginModuleGone(module string) { c.add("gone module", module) }
