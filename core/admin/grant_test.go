package admin_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestGrant(t *testing.T) {
	w := newWorld(t)
	w.install("v1", directory("1.0.0"))
	w.instance("directory")
	w.event(core.EventPluginConfigured)
	for _, tt := range []struct {
		capability, target string
		ahead              bool
		want               string // text and hint; "" is no mistake
	}{
		{"clock", "", false, `plugin "directory" does not ask for "clock" | it asks for http.fetch, ldap.search, kv, secret.get`},
		{"clock", "", true, ""},
		{"telnet", "", true, `plugin "directory" does not ask for "telnet" | it asks for`},
		{"http.fetch", "", false, "http.fetch cannot be granted: the host is missing | the plugin asks for it for a.example.org, b.example.org:8443"},
		{"http.fetch", "https://A.example.org/x", false, `http.fetch cannot be granted: "https://A.example.org/x" is no host | `},
		{"ldap.search", "LDAPS://dc.example.org", false, `ldap.search cannot be granted: "LDAPS://dc.example.org" is no host | write dc.example.org:636`},
		{"kv", "x", false, `kv cannot be granted: kv is not granted for anything in particular | leave out "x"`},
		{"kv", "", false, ""},
		{"secret.get", "api_kei", false, "secret.get cannot be granted: plugin directory has no secret api_kei | it asks for api_key, spare"},
		{"secret.get", "api_kei", true, ""},
		{"secret.get", "api_key", false, ""},
		{"http.fetch", "a.example.org", false, ""},
		{"http.fetch", "*.example.org", false, ""},
	} {
		err := w.Grant(t.Context(), actor, "directory", tt.capability, tt.target, tt.ahead)
		granted := slices.Contains(w.stored("directory").Grants, core.PluginGrant{Capability: tt.capability, Target: tt.target})
		if granted != (tt.want == "") {
			t.Errorf("%s %q: granted: %v, %v", tt.capability, tt.target, granted, err)
			continue
		}
		if tt.want != "" {
			if got := says(t, err); len(got) != 1 || !strings.HasPrefix(got[0], tt.want) {
				t.Errorf("%s %q: got %q", tt.capability, tt.target, got)
			}
			w.silent()
			continue
		}
		detail := w.event(core.EventPluginGranted)
		if detail["instance"] != "directory" || detail["plugin"] != "directory" || detail["capability"] != tt.capability || detail["target"] != tt.target {
			t.Errorf("recorded %v", detail)
		}
		// Again it changes nothing.
		before := w.stored("directory")
		if err := w.Grant(t.Context(), actor, "directory", tt.capability, tt.target, tt.ahead); err != nil || !w.stored("directory").UpdatedAt.Equal(before.UpdatedAt) {
			t.Errorf("%s %q again: %v", tt.capability, tt.target, err)
		}
		w.silent()
	}
	if err := w.Grant(t.Context(), actor, "nothing", "clock", "", false); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

func TestGrantsAreBounded(t *testing.T) {
	w := newWorld(t)
	w.install("v1", directory("1.0.0"))
	w.instance("directory")
	grant := func(n int) error {
		return w.Grant(t.Context(), actor, "directory", "http.fetch", fmt.Sprintf("h%d.example", n), false)
	}
	for n := range 128 {
		if err := grant(n); err != nil {
			t.Fatal(err)
		}
	}
	if got := problems(t, grant(128)); !slices.Equal(got, []string{"capabilities"}) {
		t.Errorf("got %v", got)
	}
}

func TestRevoke(t *testing.T) {
	w := newWorld(t)
	w.install("v1", directory("1.0.0"))
	w.instance("directory")
	revoke := func(capability, target string) error {
		return w.Revoke(t.Context(), actor, "directory", capability, target)
	}
	if got := says(t, revoke("kv", "")); got[0] != `the instance "directory" was not granted kv | it was granted nothing` {
		t.Errorf("got %q", got)
	}
	for _, host := range []string{"a.example.org", "b.example.org"} {
		if err := w.Grant(t.Context(), actor, "directory", "http.fetch", host, false); err != nil {
			t.Fatal(err)
		}
	}
	if got := says(t, revoke("http.fetch", "")); got[0] != `the instance "directory" was not granted http.fetch | it was granted http.fetch a.example.org, http.fetch b.example.org` {
		t.Errorf("got %q", got)
	}
	if err := revoke("http.fetch", "a.example.org"); err != nil {
		t.Fatal(err)
	}
	if detail := w.event(core.EventPluginWithdrawn); detail["target"] != "a.example.org" || detail["capability"] != "http.fetch" {
		t.Errorf("recorded %v", detail)
	}
	if got := w.stored("directory").Grants; !slices.Equal(got, []core.PluginGrant{{Capability: "http.fetch", Target: "b.example.org"}}) {
		t.Errorf("left: %v", got)
	}
	if err := w.Revoke(t.Context(), actor, "nothing", "kv", ""); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

// Of many that change an instance at once nobody undoes what another did.
func TestGrantAndRevokeAtOnce(t *testing.T) {
	w := newWorld(t)
	w.install("v1", directory("1.0.0"))
	w.instance("directory")
	if err := w.Grant(t.Context(), actor, "directory", "kv", "", false); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var granted atomic.Int32
	retry := func(change func() error) {
		for range 1000 {
			err := change()
			if err == nil {
				return
			}
			wrong, ok := errors.AsType[*admin.InvalidError](err)
			if !ok || wrong.Problems[0].Field != "instance" {
				t.Errorf("got %v", err)
				return
			}
		}
		t.Error("it never had its turn")
	}
	for n := range 20 {
		wg.Go(func() {
			retry(func() error {
				return w.Grant(t.Context(), actor, "directory", "http.fetch", fmt.Sprintf("h%d.example", n), false)
			})
			granted.Add(1)
		})
	}
	wg.Go(func() { retry(func() error { return w.Revoke(t.Context(), actor, "directory", "kv", "") }) })
	wg.Wait()
	grants := w.stored("directory").Grants
	if len(grants) != int(granted.Load()) || slices.Contains(grants, core.PluginGrant{Capability: "kv"}) {
		t.Errorf("%d were told that it was granted, there are %v", granted.Load(), grants)
	}
}

func TestSecrets(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.install("v1", directory("1.0.0"))
	w.instance("directory")
	w.event(core.EventPluginConfigured)
	for _, tt := range []struct {
		name, value string
		ahead       bool
		want        string
	}{
		{"api_kei", "x", false, `plugin "directory" has no secret "api_kei" | it asks for api_key, spare`},
		{"api_key", "", false, "the secret is empty | "},
		{"api_key", strings.Repeat("x", 64<<10+1), false, "the secret is longer than 65536 bytes | "},
		{"api_key", "\xff", false, "the secret is no text | "},
		{"a key", "x", true, `"a key" is no name of a secret | `},
	} {
		err := w.SetSecret(ctx, actor, "directory", tt.name, []byte(tt.value), tt.ahead)
		if got := says(t, err); len(got) != 1 || !strings.HasPrefix(got[0], tt.want) {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
	w.silent()
	set := func(name, value string, ahead bool, replaced string) {
		t.Helper()
		if err := w.SetSecret(ctx, actor, "directory", name, []byte(value), ahead); err != nil {
			t.Fatal(err)
		}
		detail := w.event(core.EventPluginSecretSet)
		if detail["secret"] != name || detail["instance"] != "directory" || detail["replaced"] != replaced {
			t.Errorf("recorded %v", detail)
		}
		for _, text := range detail {
			if strings.Contains(text, value) {
				t.Errorf("the event holds the secret: %v", detail)
			}
		}
	}
	set("api_key", "hunter22", false, "")
	set("api_key", "correct horse", false, "true")
	set("coming", "battery staple", true, "")
	secrets := w.stored("directory").Secrets
	if len(secrets) != 2 || secrets[0].Name != "api_key" || !secrets[0].UpdatedAt.Equal(w.now.Add(-2*time.Second)) {
		t.Errorf("stored %+v", secrets)
	}
	want := sealer{}.Seal([]byte("correct horse"), "plugin-secret:directory:api_key")
	if string(secrets[0].Sealed) != string(want) {
		t.Errorf("sealed as %q", secrets[0].Sealed)
	}

	if err := w.DeleteSecret(ctx, actor, "directory", "api_key"); err != nil {
		t.Fatal(err)
	}
	if detail := w.event(core.EventPluginSecretGone); detail["secret"] != "api_key" || len(w.stored("directory").Secrets) != 1 {
		t.Errorf("recorded %v", detail)
	}
	if got := problems(t, w.DeleteSecret(ctx, actor, "directory", "api_key")); !slices.Equal(got, []string{"secrets"}) {
		t.Errorf("got %v", got)
	}
	for _, err := range []error{w.SetSecret(ctx, actor, "nothing", "api_key", []byte("x"), false), w.DeleteSecret(ctx, actor, "nothing", "api_key")} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Error(err)
		}
	}
	w.Sealer = nil
	if err := w.SetSecret(ctx, actor, "directory", "api_key", []byte("x"), false); err == nil {
		t.Error("a secret was kept without being sealed")
	}
}

func TestSetLimits(t *testing.T) {
	w := newWorld(t)
	w.install("v1", directory("1.0.0"))
	w.instance("directory")
	w.event(core.EventPluginConfigured)
	set := func(l core.PluginLimits) error { return w.SetLimits(t.Context(), actor, "directory", l) }
	for _, tt := range []struct {
		limits core.PluginLimits
		want   []string
	}{
		{core.PluginLimits{MemoryMiB: -1}, []string{"memory"}},
		{core.PluginLimits{MemoryMiB: 257}, []string{"memory"}},
		{core.PluginLimits{CPU: time.Millisecond - 1}, []string{"cpu"}},
		{core.PluginLimits{CPU: time.Second + 1}, []string{"cpu"}},
		{core.PluginLimits{CPU: 1500 * time.Microsecond}, []string{"cpu"}},
		{core.PluginLimits{Wait: 9 * time.Millisecond}, []string{"wait"}},
		{core.PluginLimits{MemoryMiB: 1000, CPU: -1, Wait: time.Minute}, []string{"memory", "cpu", "wait"}},
	} {
		if got := problems(t, set(tt.limits)); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: problems with %v", tt.limits, got)
		}
	}
	w.silent()
	least := core.PluginLimits{MemoryMiB: 1, CPU: time.Millisecond, Wait: 10 * time.Millisecond}
	most := core.PluginLimits{MemoryMiB: 256, CPU: time.Second, Wait: 30 * time.Second}
	for _, step := range []struct {
		limits        core.PluginLimits
		before, after string
	}{
		{least, "memory default, cpu default, wait default", "memory 1 MiB, cpu 1ms, wait 10ms"},
		{most, "memory 1 MiB, cpu 1ms, wait 10ms", "memory 256 MiB, cpu 1s, wait 30s"},
		{core.PluginLimits{}, "memory 256 MiB, cpu 1s, wait 30s", "memory default, cpu default, wait default"},
	} {
		if err := set(step.limits); err != nil || w.stored("directory").Limits != step.limits {
			t.Errorf("%+v: %v", step.limits, err)
		}
		if detail := w.event(core.EventPluginConfigured); detail["change"] != "limits" || detail["before"] != step.before || detail["after"] != step.after {
			t.Errorf("recorded %v", detail)
		}
	}
	if err := set(core.PluginLimits{}); err != nil {
		t.Error(err)
	}
	w.silent()
	if err := w.SetLimits(t.Context(), actor, "nothing", least); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}
