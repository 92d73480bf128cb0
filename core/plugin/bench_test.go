package plugin_test

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/plugins"
	"github.com/postern-id/postern/sdk/hook"
)

func BenchmarkShapeAccount(b *testing.B) {
	h := newHost(b, plugins.Builtin(), &fakeSource{config: configOf("miniorange")})
	in := accountInput()
	if _, _, err := h.ShapeAccount(b.Context(), in); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := h.ShapeAccount(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkShapeAccountParallel prints the calls a second of all CPUs together.
func BenchmarkShapeAccountParallel(b *testing.B) {
	h := newHost(b, plugins.Builtin(), &fakeSource{config: configOf("miniorange")})
	if _, _, err := h.ShapeAccount(b.Context(), accountInput()); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		in := accountInput()
		for pb.Next() {
			if _, _, err := h.ShapeAccount(context.Background(), in); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

func BenchmarkMapClaims(b *testing.B) {
	h := newHost(b, plugins.Builtin(), &fakeSource{config: configOf("miniorange")})
	in := claimsInput()
	if _, _, err := h.MapClaims(b.Context(), in); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := h.MapClaims(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSmallestGuest is what a call costs beside the guest's own work: its module
// yields, and writes few pages of a small memory.
func BenchmarkSmallestGuest(b *testing.B) {
	s := &shelf{}
	s.install(saying("1"), nil)
	h := hostOf(b, s, nil)
	in := claimsInput()
	if _, _, err := h.MapClaims(b.Context(), in); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := h.MapClaims(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNothingBound(b *testing.B) {
	h := newHost(b, plugins.Builtin(), &fakeSource{config: &core.PluginConfig{}})
	in := claimsInput()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := h.MapClaims(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadCached is a later start: from New to the first answer.
func BenchmarkLoadCached(b *testing.B) {
	source := &fakeSource{config: configOf("miniorange")}
	cache := b.TempDir()
	start := func() {
		h, err := plugin.New(b.Context(), options(plugins.Builtin(), source, cache))
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := h.ShapeAccount(b.Context(), accountInput()); err != nil {
			b.Fatal(err)
		}
		if err := h.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	start()
	for b.Loop() {
		start()
	}
}

// BenchmarkLoadCold is a first start: compiling included.
func BenchmarkLoadCold(b *testing.B) {
	source := &fakeSource{config: configOf("miniorange")}
	var resident atomic.Int64
	for b.Loop() {
		h, err := plugin.New(b.Context(), options(plugins.Builtin(), source, b.TempDir()))
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := h.ShapeAccount(b.Context(), accountInput()); err != nil {
			b.Fatal(err)
		}
		resident.Store(residentKiB())
		if err := h.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(resident.Load())/1024, "MiB-resident")
}

// residentKiB reads what the process holds; zero where the system does not say.
func residentKiB() (n int64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			for _, c := range strings.TrimSpace(rest) {
				if c < '0' || c > '9' {
					break
				}
				n = n*10 + int64(c-'0')
			}
		}
	}
	return n
}

func accountInput() *hook.AccountInput {
	in := claimsInput()
	return &hook.AccountInput{
		User: in.User, Organisation: in.Organisation, Client: in.Client, Scopes: in.Scopes, Authentication: in.Authentication, Claims: in.Claims,
	}
}

func claimsInput() *hook.ClaimsInput {
	return &hook.ClaimsInput{
		Target: hook.TargetIDToken,
		User: hook.User{
			ID: "0694bc10-537e-41a8-ba9c-09e94317e6ba", Name: "alice", Email: "alice@example.com", EmailVerified: true,
			DisplayName: "Alice Liddell", GivenName: "Alice", FamilyName: "Liddell", Locale: "en", Phone: "2025550123",
			CountryCode: "US", Location: "Berlin", Address: []string{"Street 1", "Berlin"}, Tag: "staff",
			Groups: []string{"confluence-users"}, Attributes: hook.Object{{Name: "department", Value: hook.String("R&D")}},
			CreatedAt: "2026-11-23T17:30:11Z", UpdatedAt: "2026-11-23T17:30:19Z", LastSignInAt: "2026-11-23T17:30:19Z",
			LastSignInIP: "127.0.0.1",
		},
		Organisation:   hook.Organisation{Name: "built-in", DisplayName: "Built-in organisation", CreatedAt: "2026-11-23T17:29:00Z"},
		Client:         hook.Client{ID: "confluence", Name: "wiki"},
		Scopes:         []string{"address", "phone", "openid", "profile", "offline_access", "email"},
		Authentication: hook.Authentication{Time: "2026-11-23T17:30:19Z", AMR: []string{"pwd"}},
		Claims: hook.Object{
			{Name: "iss", Value: hook.String("http://localhost:8000")}, {Name: "sub", Value: hook.String("0694bc10-537e-41a8-ba9c-09e94317e6ba")},
		},
	}
}

func configOf(names ...string) *core.PluginConfig {
	config := &core.PluginConfig{Generation: 1}
	for i, name := range names {
		config.Instances = append(config.Instances, core.PluginInstance{Name: name, Plugin: name, Module: core.BuiltinModule, Settings: []byte(`{}`)})
		for _, hookName := range []string{hook.ClaimsMap, hook.AccountShape, hook.ScopePolicy} {
			config.Bindings = append(config.Bindings, core.PluginBinding{
				ID: core.NewID(time.UnixMilli(int64(i)), zeroes{}), Instance: name, Hook: hookName, Position: i,
			})
		}
	}
	return config
}
