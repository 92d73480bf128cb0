package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// digest is what a module is named by, one for each letter.
func digest(letter string) string { return strings.Repeat(letter, 64) }

func (w *world) module(letter string, code []byte) core.PluginModule {
	w.Helper()
	m := core.PluginModule{Digest: digest(letter), Size: len(code), Source: "file:" + letter, Signer: "key " + letter,
		Manifests: []byte(`[{"id":"` + letter + `"}]`), CreatedAt: start.Add(time.Duration(letter[0]) * time.Second)}
	w.apply(core.AddModule{Module: m, Code: code})
	return m
}

func (w *world) release(plugin, version string, m core.PluginModule) core.PluginRelease {
	w.Helper()
	r := core.PluginRelease{ID: w.id(), Plugin: plugin, Version: version, Module: m.Digest, CreatedAt: start}
	w.apply(core.AddRelease{Release: r})
	return r
}

func (w *world) instance(name string) core.PluginInstance {
	w.Helper()
	i := core.PluginInstance{Name: name, Plugin: "p", Module: core.BuiltinModule, Settings: []byte("{}"), CreatedAt: start, UpdatedAt: start}
	w.apply(core.SaveInstance{Instance: i})
	return i
}

func (w *world) plugins() *core.PluginConfig {
	w.Helper()
	return must(w.store.Plugins(w.Context()))(w)
}

func testModules(t *testing.T, w *world) {
	ctx := t.Context()
	large := bytes.Repeat([]byte{0, 'a', 's', 'm', 0xff}, 400_000)
	b, a := w.module("b", large), w.module("a", []byte{0})
	same(w, w.plugins().Modules, nil, []core.PluginModule{a, b})
	code, err := w.store.PluginCode(ctx, b.Digest)
	same(w, len(code), err, len(large))
	if !bytes.Equal(code, large) {
		t.Error("the module changed on its way")
	}
	none, err := w.store.PluginCode(ctx, digest("c"))
	missing(w, none, err)

	// The same bytes again change where they come from, and nothing that they say.
	again := b
	again.Source, again.Signer, again.Pinned, again.Manifests, again.CreatedAt = "elsewhere", "", true, []byte("[]"), start
	w.apply(core.AddModule{Module: again, Code: large})
	b.Source, b.Signer, b.Pinned = again.Source, again.Signer, again.Pinned
	same(w, w.plugins().Modules, nil, []core.PluginModule{a, b})
	code, err = w.store.PluginCode(ctx, b.Digest)
	same(w, len(code), err, len(large))
	again.Pinned, b.Pinned = false, false
	w.apply(core.AddModule{Module: again, Code: large}, core.AddModule{Module: again, Code: large})
	same(w, w.plugins().Modules, nil, []core.PluginModule{a, b})
	a.Pinned = true
	w.apply(core.AddModule{Module: a, Code: []byte{0}}) // and is forgotten with the module, below
	short := core.PluginModule{Digest: digest("d"), Size: 2}
	if err := w.store.Apply(ctx, core.AddModule{Module: short, Code: []byte{1}}); err == nil {
		t.Error("a module of another size was accepted")
	}

	first, second, other := w.release("x", "1.0.0", a), w.release("x", "2.0.0", b), w.release("y", "2.0.0", b)
	back := w.release("x", "1.0.0", a)
	same(w, w.plugins().Releases, nil, []core.PluginRelease{first, second, other, back})
	w.refused(core.ErrNotFound, core.AddRelease{Release: core.PluginRelease{ID: w.id(), Plugin: "x", Module: digest("c")}})

	running := core.PluginInstance{Name: "i", Plugin: "x", Module: a.Digest, Settings: []byte("{}")}
	w.apply(core.SaveInstance{Instance: running})
	w.taken("plugin module", core.DeleteModule{Digest: a.Digest})
	running.Module = b.Digest
	w.apply(core.SaveInstance{Instance: running}, core.DeleteModule{Digest: a.Digest})
	w.refused(core.ErrNotFound, core.DeleteModule{Digest: a.Digest})
	none, err = w.store.PluginCode(ctx, a.Digest)
	missing(w, none, err)
	same(w, w.plugins().Releases, nil, []core.PluginRelease{second, other})
	w.apply(core.DeleteReleases{Plugin: "y"}, core.DeleteReleases{Plugin: "y"})
	same(w, w.plugins().Releases, nil, []core.PluginRelease{second})
	same(w, w.plugins().Modules, nil, []core.PluginModule{b})
}

func testReload(t *testing.T, w *world) {
	before := w.plugins()
	w.apply(core.ReloadPlugins{})
	after := w.plugins()
	if before.Reload != 0 || after.Reload != 1 || after.Generation <= before.Generation {
		t.Errorf("reload %d, then %d; generation %d, then %d", before.Reload, after.Reload, before.Generation, after.Generation)
	}
	w.instance("i")
	if got := w.plugins().Reload; got != 1 {
		t.Errorf("reload %d after something else", got)
	}
}

// timeless leaves out when instances were last changed, which secrets and bindings move on.
func timeless(instances ...core.PluginInstance) []core.PluginInstance {
	all := slices.Clone(instances)
	for i := range all {
		all[i].UpdatedAt = time.Time{}
	}
	return all
}

func testInstances(t *testing.T, w *world) {
	full := core.PluginInstance{
		Name: "full", Plugin: "ldap", Module: digest("a"), Settings: []byte(`{"a": 1}`),
		Grants: []core.PluginGrant{{Capability: "clock"}, {Capability: "http.fetch", Target: "a.example"}, {Capability: "http.fetch", Target: "b.example:8443"}},
		Limits: core.PluginLimits{MemoryMiB: 64, CPU: 20 * time.Millisecond, Wait: 3 * time.Second}, CreatedAt: start, UpdatedAt: start,
	}
	unsorted := full
	unsorted.Grants = []core.PluginGrant{full.Grants[2], full.Grants[0], full.Grants[1], full.Grants[0]}
	bare := w.instance("bare")
	w.apply(core.SaveInstance{Instance: unsorted})
	same(w, timeless(w.plugins().Instances...), nil, timeless(bare, full))

	z := core.PluginSecret{Name: "z", Sealed: []byte{1, 0, 2}, UpdatedAt: start}
	a := core.PluginSecret{Name: "a", Sealed: []byte{3}, UpdatedAt: start.Add(time.Hour)}
	generation := w.plugins().Generation
	w.apply(core.SaveSecret{Instance: "full", Secret: z}, core.SaveSecret{Instance: "full", Secret: a}, core.SaveSecret{Instance: "bare", Secret: a})
	full.Secrets, bare.Secrets = []core.PluginSecret{a, z}, []core.PluginSecret{a}
	same(w, timeless(w.plugins().Instances...), nil, timeless(bare, full))
	if w.plugins().Generation <= generation {
		t.Error("a secret does not raise the generation")
	}

	// Saving it again replaces everything but the secrets.
	full.Module, full.Settings, full.Limits, full.UpdatedAt = digest("b"), []byte(`{}`), core.PluginLimits{}, start.Add(time.Minute)
	full.Grants = []core.PluginGrant{{Capability: "kv"}}
	saved := full
	saved.Secrets = nil
	w.apply(core.SaveInstance{Instance: saved})
	same(w, timeless(w.plugins().Instances...), nil, timeless(bare, full))

	a.Sealed = []byte{4, 4}
	w.apply(core.SaveSecret{Instance: "full", Secret: a}, core.DeleteSecret{Instance: "full", Name: "z"})
	full.Secrets = []core.PluginSecret{a}
	same(w, timeless(w.plugins().Instances...), nil, timeless(bare, full))
	w.refused(core.ErrNotFound, core.DeleteSecret{Instance: "full", Name: "z"})
	w.refused(core.ErrNotFound, core.DeleteSecret{Instance: "nothing", Name: "a"})
	w.refused(core.ErrNotFound, core.SaveSecret{Instance: "nothing", Secret: a})
	if err := w.store.Apply(t.Context(), core.SaveSecret{Instance: "bare", Secret: core.PluginSecret{Name: "x"}}); err == nil {
		t.Error("a secret of nothing was accepted")
	}

	// Whoever read what is no longer so changes nothing.
	is := w.plugins().Instances[1].UpdatedAt
	stale := saved
	stale.Grants = []core.PluginGrant{{Capability: "clock"}}
	w.refused(core.ErrStale, core.SaveInstance{Instance: stale, Was: is.Add(-time.Millisecond)})
	w.refused(core.ErrNotFound, core.SaveInstance{Instance: core.PluginInstance{Name: "nothing", Settings: []byte("{}")}, Was: start})
	w.taken("plugin instance", core.SaveInstance{Instance: stale, New: true})
	same(w, timeless(w.plugins().Instances...), nil, timeless(bare, full))
	w.apply(core.SaveInstance{Instance: saved, Was: is})
	same(w, timeless(w.plugins().Instances...), nil, timeless(bare, full))

	// A new one of the name begins without what the old one had.
	w.apply(core.PutValue{Instance: "full", Key: "k", Value: "v", At: start, ExpiresAt: start.Add(time.Hour)})
	w.apply(core.DeleteInstance{Name: "full"})
	full.Grants, full.Secrets = nil, nil
	w.apply(core.SaveInstance{Instance: full})
	same(w, timeless(w.plugins().Instances...), nil, timeless(bare, full))
	if _, found, err := w.store.PluginValue(t.Context(), "full", "k", start); found || err != nil {
		t.Errorf("a value outlived its instance: %v", err)
	}
}

func testShadow(t *testing.T, w *world) {
	w.instance("i")
	var want []string
	for _, hook := range []string{core.HookClaims, core.HookAccount, core.HookScopes} {
		w.apply(core.AddBinding{Binding: core.PluginBinding{ID: w.id(), Instance: "i", Hook: hook, Shadow: true}})
		want = append(want, hook)
	}
	for _, hook := range []string{core.HookLogin, core.HookPassword, core.HookEvents} {
		shadow := core.PluginBinding{ID: w.id(), Instance: "i", Hook: hook, Shadow: true}
		if err := w.store.Apply(t.Context(), core.AddBinding{Binding: shadow}); err == nil {
			t.Errorf("%s may be a shadow", hook)
		}
		shadow.Shadow = false
		w.apply(core.AddBinding{Binding: shadow})
	}
	bindings := w.plugins().Bindings
	shadows := slices.DeleteFunc(slices.Clone(bindings), func(b core.PluginBinding) bool { return !b.Shadow })
	same(w, names(shadows, func(b core.PluginBinding) string { return b.Hook }), nil, want)
	if len(bindings) != 6 {
		t.Errorf("%d bindings", len(bindings))
	}
}

func testValues(t *testing.T, w *world) {
	w.instance("i")
	w.instance("other")
	put := func(key, value string, at, life time.Duration, ifAbsent bool) error {
		return w.store.Apply(t.Context(), core.PutValue{Instance: "i", Key: key, Value: value, At: start.Add(at), ExpiresAt: start.Add(at + life), IfAbsent: ifAbsent})
	}
	holds := func(key string, at time.Duration, want string) {
		t.Helper()
		got, found, err := w.store.PluginValue(t.Context(), "i", key, start.Add(at))
		if err != nil || got != want || found != (want != "") {
			t.Errorf("%s after %s: got %q, %v, %v, want %q", key, at, got, found, err, want)
		}
	}
	generation := w.plugins().Generation
	for _, step := range []struct {
		key, value string
		at, life   time.Duration
		ifAbsent   bool
		want       error
	}{
		{"k", "one", 0, time.Minute, true, nil},
		{"k", "two", time.Second, time.Minute, true, core.ErrConflict},
		{"k", "two", time.Second, time.Minute, false, nil},
		{"k", "three", time.Second + time.Minute - time.Millisecond, time.Minute, true, core.ErrConflict},
		{"k", "four", time.Second + time.Minute, time.Minute, true, nil}, // the other has expired
		{"\x00ü", "x", 0, time.Minute, false, nil},
	} {
		if err := put(step.key, step.value, step.at, step.life, step.ifAbsent); !errors.Is(err, step.want) || (err == nil) != (step.want == nil) {
			t.Errorf("put %s after %s: %v, want %v", step.value, step.at, err, step.want)
		}
	}
	holds("k", time.Second, "four")
	holds("k", time.Second+2*time.Minute-time.Millisecond, "four")
	holds("k", time.Second+2*time.Minute, "")
	holds("\x00ü", 0, "x")
	holds("absent", 0, "")
	if _, found, err := w.store.PluginValue(t.Context(), "other", "k", start); found || err != nil {
		t.Errorf("another instance has it: %v", err)
	}
	w.apply(core.DeleteValue{Instance: "i", Key: "k"}, core.DeleteValue{Instance: "i", Key: "k"}, core.DeleteValue{Instance: "nothing", Key: "k"})
	holds("k", time.Second, "")
	w.refused(core.ErrNotFound, core.PutValue{Instance: "nothing", Key: "k", At: start, ExpiresAt: start.Add(time.Second)})
	if err := w.store.Apply(t.Context(), core.PutValue{Instance: "i", Key: "k", At: start}); err == nil {
		t.Error("a value that never expires was accepted")
	}
	if got := w.plugins().Generation; got != generation {
		t.Errorf("values raised the generation from %d to %d", generation, got)
	}
}

func testValueLimit(t *testing.T, w *world) {
	w.instance("i")
	w.instance("other")
	put := func(instance string, n int, at time.Duration) core.PutValue {
		return core.PutValue{Instance: instance, Key: fmt.Sprint("key ", n), Value: "v", At: start.Add(at), ExpiresAt: start.Add(at + time.Hour)}
	}
	var many []core.Change
	for n := range 1000 {
		many = append(many, put("i", n, 0))
	}
	w.apply(many...)
	w.refused(core.ErrLimit, put("i", 1000, time.Minute))
	add := put("i", 0, time.Minute)
	add.IfAbsent = true
	w.refused(core.ErrConflict, add)
	w.apply(put("other", 0, 0), put("i", 0, time.Minute)) // another's, and one that is there
	w.apply(core.DeleteValue{Instance: "i", Key: "key 1"}, put("i", 1000, time.Minute))
	w.refused(core.ErrLimit, put("i", 1001, time.Minute))
	// What has expired does not count, swept or not.
	w.apply(put("i", 1001, time.Hour))
}

func testSweepValues(t *testing.T, w *world) {
	w.instance("i")
	ends := start.Add(time.Hour)
	w.apply(core.PutValue{Instance: "i", Key: "ends", Value: "v", At: start, ExpiresAt: ends},
		core.PutValue{Instance: "i", Key: "stays", Value: "v", At: start, ExpiresAt: ends.Add(time.Millisecond)})
	if deleted, err := w.store.Sweep(t.Context(), ends); err != nil || deleted != 1 {
		t.Errorf("deleted %d, %v", deleted, err)
	}
	for key, want := range map[string]bool{"ends": false, "stays": true} {
		if _, found, err := w.store.PluginValue(t.Context(), "i", key, start); found != want || err != nil {
			t.Errorf("%s: found %v, %v", key, found, err)
		}
	}
}
