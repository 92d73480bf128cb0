package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/cmd/figures/job"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/sdk/hook"
)

// TestMain is also the webhook: the figures start their own program for it, which is
// this one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == webhookCommand {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestPluginFigures measures for a moment: every language gives every figure, or is
// said to be missing. How large they are nobody asks.
func TestPluginFigures(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a plugin in each language")
	}
	f, err := measurePlugins(t.Context(), pluginOptions{rounds: 1, span: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := f.print(&text); err != nil {
		t.Fatal(err)
	}
	t.Log(text.String())
	for _, g := range f.missing {
		if !strings.Contains(text.String(), "MISSING: "+g.language) {
			t.Errorf("it is not said that %s is missing", g.language)
		}
		if g.language == "Go" {
			t.Error(g.missing)
		}
		t.Run(g.language, func(t *testing.T) { needs.Missing(t, g.missing.Error()) })
	}
	if len(f.costs)+len(f.missing) != len(tongues) || len(f.speeds) != 2*len(f.costs) {
		t.Errorf("%d costs, %d missing, %d speeds of %d languages", len(f.costs), len(f.missing), len(f.speeds), len(tongues))
	}
	for _, s := range f.speeds {
		for name, got := range map[string]timing{"sandbox": s.sandbox, "plain": s.plain, "limited": s.limited, "native": s.native, "webhook": s.webhook} {
			if got.p50 <= 0 || got.p99 < got.p50 || runtime.GOOS == "linux" && got.work <= 0 {
				t.Errorf("%s, %d bytes, %s: %+v", s.language, s.size, name, got)
			}
		}
	}
	for _, c := range f.costs {
		if c.size <= 0 || c.compile <= 0 || c.compile == time.Hour || c.cached <= 0 || c.cached == time.Hour || c.start <= 0 || c.instance <= 0 ||
			c.memory < 64<<10 || c.fuel <= 0 || c.pages <= 0 {
			t.Errorf("%+v", c)
		}
		if runtime.GOOS == "linux" && c.language == "Go" && c.resident <= 0 {
			t.Errorf("an instance takes %d bytes", c.resident)
		}
	}
}

// TestWithoutToolchains holds that a language whose tools are missing is said to be.
func TestWithoutToolchains(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	guests := buildGuests(t.Context(), "")
	if len(guests) != len(tongues) {
		t.Errorf("%d guests of %d languages", len(guests), len(tongues))
	}
	for _, g := range guests {
		if g.missing == nil || g.module != nil || !strings.Contains(g.missing.Error(), "executable file not found") {
			t.Errorf("%s: %v", g.language, g.missing)
		}
	}
	if only := buildGuests(t.Context(), "script"); len(only) != 1 || only[0].language != "TypeScript" {
		t.Errorf("got %+v", only)
	}
}

func TestMissedAims(t *testing.T) {
	speedOf := func(language string, size int, sandbox, plain, limited, webhook time.Duration) speed {
		at := func(d time.Duration) timing { return timing{p50: d * time.Microsecond} }
		return speed{language: language, size: size, sandbox: at(sandbox), plain: at(plain), limited: at(limited), webhook: at(webhook)}
	}
	for _, test := range []struct {
		speed speed
		want  string
	}{
		{speedOf("C", 1<<10, 10, 6, 30, 50), ""},
		{speedOf("C", 1<<10, 31, 30, 310, 310), "30 us"},
		{speedOf("C", 8<<10, 31, 30, 310, 310), ""},
		{speedOf("Go", 1<<10, 31, 30, 310, 310), ""},
		{speedOf("Go", 8<<10, 20, 10, 59, 99), "wazero limit webhook"},
	} {
		if got := strings.Join(test.speed.missed(), " "); got != test.want {
			t.Errorf("%+v misses %q, want %q", test.speed, got, test.want)
		}
	}
}

func TestPrint(t *testing.T) {
	f := pluginFigures{
		speeds: []speed{{
			language: "C", size: 1 << 10, sandbox: timing{12300, 45600, 14000}, plain: timing{p50: 10000}, limited: timing{p50: 123000},
			native: timing{p50: 4000}, webhook: timing{p50: 41000, work: 70000},
		}},
		costs: []cost{{
			language: "C", size: 11 << 10, compile: 16 * time.Millisecond, cached: 1300 * time.Microsecond, start: 300 * time.Microsecond,
			memory: 128 << 10, instance: 120 * time.Microsecond, resident: 36 << 10, pages: 4, fuel: 12345,
		}},
		missing: []guest{{language: "Rust", missing: errors.New("no cargo")}},
	}
	var text strings.Builder
	if err := f.print(&text); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(text.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range []string{
		"C 1 KB 12.3 us 45.6 us 4.0 us 10.0 us 1.2x as slow 123 us 10.0x as fast 41.0 us 3.3x as fast 14.0 us 70.0 us 5.0x as much [webhook]",
		"C 11 KB 16 ms 1300 us 300 us 128 KB 120 us 36 KB 4 12345",
		"MISSING: Rust is not measured: no cargo",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %q in\n%s", want, text.String())
		}
	}
}

// TestAgree holds that a way which answers something else is found out.
func TestAgree(t *testing.T) {
	in := job.Message(1 << 10)
	says := func(name, claim string) *way {
		return &way{name: name, in: in, call: func(context.Context, *hook.ClaimsInput) (hook.Object, error) {
			return hook.Object{{Name: claim}}, nil
		}}
	}
	if err := contest(t.Context(), []*way{says("a", "x"), says("b", "x")}, 1, 0); err != nil {
		t.Error(err)
	}
	if err := contest(t.Context(), []*way{says("a", "x"), says("b", "y")}, 1, 0); err == nil || !strings.Contains(err.Error(), "b gives") {
		t.Errorf("got %v", err)
	}
}
