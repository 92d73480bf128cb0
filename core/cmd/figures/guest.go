package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// guest is the plugin of the figures in one language, or the reason why there is none.
type guest struct {
	language string
	module   []byte
	missing  error
}

// tongue says how the plugin is built in one language.
type tongue struct {
	language string
	build    func(ctx context.Context, dir string) (module string, err error)
}

// tongues are all languages that there is an SDK for.
var tongues = []tongue{
	{"Go", buildGo},
}

// buildGuests builds the plugin in each language whose name has that part, as anybody
// builds one.
func buildGuests(ctx context.Context, only string) []guest {
	var guests []guest
	for _, t := range tongues {
		if strings.Contains(strings.ToLower(t.language), strings.ToLower(only)) {
			guests = append(guests, t.make(ctx))
		}
	}
	return guests
}

func (t tongue) make(ctx context.Context) guest {
	g := guest{language: t.language}
	dir, err := os.MkdirTemp("", "postern-guest-")
	if err != nil {
		g.missing = err
		return g
	}
	defer os.RemoveAll(dir)
	name, err := t.build(ctx, dir)
	if err == nil {
		g.module, err = os.ReadFile(name)
	}
	g.missing = err
	return g
}

func buildGo(ctx context.Context, dir string) (string, error) { return linkGo(ctx, dir, "") }

// linkGo builds the plugin in Go, with more for the linker.
func linkGo(ctx context.Context, dir, flags string) (string, error) {
	name := filepath.Join(dir, "plugin.wasm")
	command := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid= "+flags,
		"-o", name, "github.com/postern-id/postern/core/cmd/figures/guests/go")
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOWASM=")
	return name, said(command)
}

// said runs a command. What it said is in the error, as far as it is of use.
func said(command *exec.Cmd) error {
	output, err := command.CombinedOutput()
	if err == nil {
		return nil
	}
	text := strings.TrimSpace(string(output))
	return fmt.Errorf("%s: %w: %s", strings.Join(command.Args, " "), err, text[max(0, len(text)-1000):])
}
