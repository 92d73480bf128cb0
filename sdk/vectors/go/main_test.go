package main

import (
	"os"
	"testing"

	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

func TestCases(t *testing.T) { posterntest.Run(t, module, "../cases") }

// TestManifest holds that the module describes what every SDK's module does.
func TestManifest(t *testing.T) {
	text, err := os.ReadFile("../manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := hook.ParseManifests(text)
	if err != nil {
		t.Fatal(err)
	}
	want, got := canonical(t, manifests), canonical(t, describe(t))
	if difference := replay.Difference("manifests", want, got); difference != "" {
		t.Error(difference)
	}
}

func canonical(t *testing.T, list []hook.Manifest) hook.Value {
	t.Helper()
	v, err := hook.Parse(hook.AppendManifests(nil, list))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func describe(t *testing.T) []hook.Manifest {
	t.Helper()
	manifests, err := hook.ParseManifests(module.Describe())
	if err != nil {
		t.Fatal(err)
	}
	return manifests
}

func TestEventsAreLogged(t *testing.T) {
	var lines []string
	(&posterntest.Host{Log: func(line string) { lines = append(lines, line) }}).Use(t)
	in := &hook.EventInput{Event: hook.Event{ID: "e1", Type: "signin.succeeded"}}
	if err := event(in); err != nil || len(lines) != 1 || lines[0] != "signin.succeeded e1" {
		t.Errorf("%q, %v", lines, err)
	}
}

// TestRandomnessIsTheHosts holds that the step would notice a host without any.
func TestRandomnessIsTheHosts(t *testing.T) {
	(&posterntest.Host{Rand: zeros{}}).Use(t)
	if drawTwice().Bool() {
		t.Error("two draws of zeros differ")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
