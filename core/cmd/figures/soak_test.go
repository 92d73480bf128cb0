package main

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestSoakForAMoment runs what the command runs, with few reloads: no call fails, and
// nothing is left.
func TestSoakForAMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds plugins, and a server")
	}
	all, err := measureSoak(t.Context(), soakOptions{reloads: 8, server: 8, callers: 2})
	var text strings.Builder
	if err := printSoak(&text, all); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + text.String())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].name != "plugin host" || all[1].name != "whole server" {
		t.Fatalf("got %+v", all)
	}
	for _, g := range all {
		if g.reloads != 8 || g.calls < 8 || g.failed != 0 || g.took <= 0 {
			t.Errorf("%+v", g)
		}
		for _, f := range []footing{g.before, g.after} {
			if f.heap <= 0 || f.goroutines <= 0 || runtime.GOOS == "linux" && (f.resident <= 0 || f.mappings <= 0 || f.files <= 0) {
				t.Errorf("%s: %+v", g.name, f)
			}
		}
	}
}

// TestSoakComplains holds that whatever is left is complained of.
func TestSoakComplains(t *testing.T) {
	before := footing{resident: 50_000, heap: 10 << 20, mappings: 80, files: 12, goroutines: 3}
	for want, change := range map[string]func(*soaking){
		"":                           func(*soaking) {},
		"1 of 100 calls failed":      func(g *soaking) { g.failed, g.failure = 1, errors.New("busy") },
		"19 files are open, 12 were": func(g *soaking) { g.after.files += 7 },
		"4 goroutines are there":     func(g *soaking) { g.after.goroutines++ },
		"130 mappings are there":     func(g *soaking) { g.after.mappings += 50 },
		"the heap has 20480 kB":      func(g *soaking) { g.after.heap += 10 << 20 },
		"the process has 90000 kB":   func(g *soaking) { g.after.resident += 40_000 },
	} {
		g := soaking{name: "host", reloads: 1000, calls: 100, before: before, after: before}
		change(&g)
		err := g.check()
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), "host: ") || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestPrintSoak(t *testing.T) {
	var text strings.Builder
	f := footing{resident: 51_234, heap: 12_345_678, mappings: 80, files: 12, goroutines: 3}
	if err := printSoak(&text, []soaking{{name: "plugin host", reloads: 1000, calls: 4321, took: 90 * time.Second, before: f, after: f}}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(text.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	if len(lines) != 3 || lines[1] != "plugin host 1000 1m30s 4321 0 before 51.2 MB 12.3 MB 80 12 3" || lines[2] != "after 51.2 MB 12.3 MB 80 12 3" {
		t.Errorf("got %q", lines)
	}
}
