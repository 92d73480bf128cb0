package main

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/postern-id/postern/core/cmd/figures/job"
	"github.com/postern-id/postern/sdk"
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
	{"Rust", buildProject(source{
		language: "rust", file: "rust/lib.rs", place: "src/lib.rs",
		constants: "src/job.rs", constant: "pub const %s: &str = %q;\n",
	})},
	{"TypeScript", buildProject(source{
		language: "typescript", file: "typescript/plugin.ts", place: "plugin.ts",
		constants: "job.ts", constant: "export const %s: string = %q;\n",
		prepare: []string{"npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"},
	})},
	{"C", buildProject(source{
		language: "c", file: "c/plugin.c", place: "plugin.c",
		constants: "job.h", constant: "#define %s %q\n",
	})},
}

// foreign are the sources of the plugin in other languages than Go.
//
//go:embed guests/c guests/rust guests/typescript
var foreign embed.FS

// source says where the plugin of the figures is put in a project of its language.
type source struct {
	language    string // of the SDK
	file, place string
	// constants is a file for the schema and the sample of package job, constant how
	// one is written there.
	constants, constant string
	prepare             []string // a command that installs what is needed
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

// buildProject makes a project as `postern plugin new` does, with the plugin of the
// figures in the place of the template's, and builds it as its postern.json says.
func buildProject(from source) func(context.Context, string) (string, error) {
	return func(ctx context.Context, dir string) (string, error) {
		files, err := sdk.Project(from.language, "figures")
		if err != nil {
			return "", err
		}
		if files[from.place], err = foreign.ReadFile("guests/" + from.file); err != nil {
			return "", err
		}
		files[from.constants] = fmt.Appendf(fmt.Appendf(nil, from.constant, "SCHEMA", job.Schema), from.constant, "SAMPLE", job.Sample)
		for name, text := range files {
			if err := write(filepath.Join(dir, filepath.FromSlash(name)), text); err != nil {
				return "", err
			}
		}
		var how struct {
			Build  []string
			Module string
		}
		if err := json.Unmarshal(files["postern.json"], &how); err != nil {
			return "", fmt.Errorf("postern.json: %w", err)
		}
		for _, words := range [][]string{from.prepare, how.Build} {
			if len(words) == 0 {
				continue
			}
			command := exec.CommandContext(ctx, words[0], words[1:]...)
			command.Dir = dir
			if err := said(command); err != nil {
				return "", err
			}
		}
		return filepath.Join(dir, filepath.FromSlash(how.Module)), nil
	}
}

func write(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o600)
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
