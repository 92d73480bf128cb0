package workbench

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// programs makes a folder with programs of those names, each a shell script, the
// only ones that are found.
func programs(t *testing.T, scripts map[string]string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the programs are shell scripts")
	}
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

func TestMake(t *testing.T) {
	programs(t, map[string]string{
		"good": "echo a word; echo another >&2; echo x >p.wasm", "bad": "exit 3", "idle": "exit 0", "where": "pwd",
	})
	for name, test := range map[string]struct {
		build        []string
		what, advice string
	}{
		"good":    {[]string{"good"}, "", ""},
		"bad":     {[]string{"bad", "word"}, "the build failed: 'bad word' ended with exit status 3", "stands above"},
		"nothing": {[]string{"idle"}, "the build left no module: there is no module", "p.wasm"},
		"absent":  {[]string{"absent"}, "the build failed: absent is missing", "install it"},
	} {
		p := &Project{Dir: t.TempDir(), Build: test.build, Module: "p.wasm"}
		var output bytes.Buffer
		err := p.Make(t.Context(), &output)
		if test.what != "" {
			wants(t, err, test.what, test.advice)
			continue
		}
		if err != nil || output.String() != "a word\nanother\n" {
			t.Errorf("%s: %q, %v", name, &output, err)
		}
	}
}

func TestNativeTests(t *testing.T) {
	programs(t, map[string]string{"good": "exit 0", "bad": "exit 1"})
	p := &Project{Dir: t.TempDir()}
	if err := p.TestNatively(t.Context(), &bytes.Buffer{}); !errors.Is(err, ErrNoTests) {
		t.Errorf("got %v", err)
	}
	p.Test = []string{"good"}
	if err := p.TestNatively(t.Context(), &bytes.Buffer{}); err != nil {
		t.Error(err)
	}
	p.Test = []string{"bad"}
	wants(t, p.TestNatively(t.Context(), &bytes.Buffer{}), "the native tests failed: 'bad' ended with exit status 1", "")
}

// TestMissing holds that who lacks a tool is told which, and how to get it.
func TestMissing(t *testing.T) {
	libraries := t.TempDir()
	for name, test := range map[string]struct {
		language      string
		there         map[string]string
		tests         bool
		what, install string // empty: nothing is missing
	}{
		"no go":      {"go", nil, false, "go", "apt install golang-go"},
		"old go":     {"go", map[string]string{"go": "echo go1.19.8"}, false, "Go 1.24 or later (there is go1.19.8)", "https://go.dev/dl"},
		"new go":     {"go", map[string]string{"go": "echo go1.26.1"}, false, "", ""},
		"odd go":     {"go", map[string]string{"go": "echo devel"}, false, "", ""},
		"no rust":    {"rust", nil, false, "cargo", "rustup target add wasm32-unknown-unknown"},
		"no target":  {"rust", map[string]string{"cargo": "", "rustc": "echo /nowhere"}, false, "Rust's target wasm32-unknown-unknown", "libstd-rust-dev-wasm32"},
		"rustc ends": {"rust", map[string]string{"cargo": "", "rustc": "exit 1"}, false, "Rust's target", "rustup target add"},
		"rust":       {"rust", map[string]string{"cargo": "", "rustc": "echo " + libraries}, false, "", ""},
		"no node":    {"typescript", nil, false, "Node with npm", "apt install nodejs npm"},
		"no asc":     {"typescript", map[string]string{"node": "", "npm": ""}, false, "the AssemblyScript compiler", "npm ci"},
		"no make":    {"c", nil, false, "make", "apt install make"},
		"no clang":   {"c", map[string]string{"make": ""}, false, "clang", "apt install clang-19 lld-19"},
		"no lld":     {"c", map[string]string{"make": "", "clang": ""}, false, "wasm-ld", "apt install lld-19"},
		"c":          {"c", map[string]string{"make": "", "clang-19": "", "wasm-ld-19": ""}, false, "", ""},
		"no cc":      {"c", map[string]string{"make": ""}, true, "a C compiler for the native tests", "apt install gcc"},
		"cc":         {"c", map[string]string{"make": "", "cc": ""}, true, "", ""},
		"another":    {"zig", nil, false, "", ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			programs(t, test.there)
			got := missing(t.Context(), &Project{Dir: t.TempDir(), Language: test.language}, test.tests)
			if test.what == "" && got.what != "" || !strings.Contains(got.what, test.what) || !strings.Contains(got.install, test.install) {
				t.Errorf("%+v", got)
			}
		})
	}
	if Setup("go") != "" || Setup("typescript") == "" {
		t.Error("the command before the first build")
	}
}
