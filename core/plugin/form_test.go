package plugin_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

// TestAdvice holds that who gives a wrong module is told what to do.
func TestAdvice(t *testing.T) {
	with := func(change func(*guest)) []byte {
		g := guest{manifests: manifestsOf(hook.ClaimsMap, "p"), outputs: []string{`{}`}}
		change(&g)
		return g.build()
	}
	imports := func(from, name string) []byte {
		return with(func(g *guest) { g.imports = [][2]string{{from, name}} })
	}
	manifest := func(from, to string) []byte {
		return with(func(g *guest) { g.manifests = strings.Replace(g.manifests, from, to, 1) })
	}
	for name, test := range map[string]struct {
		module       []byte
		what, advice string
	}{
		"empty file":     {nil, "the file is empty", "whether the build wrote it"},
		"not wasm":       {[]byte("\x7fELF"), `does not begin with "\0asm"`, "give the .wasm file"},
		"text form":      {[]byte("\n(module)"), "its text form", "wat2wasm"},
		"component":      {[]byte("\x00asm\x0d\x00\x01\x00\x00"), "a component of the component model", "build a core module"},
		"version":        {[]byte("\x00asm\x02\x00\x00\x00"), "of version 1", "version 1"},
		"cut off":        {with(func(*guest) {})[:200], "its sections are malformed", "cut off"},
		"program":        {with(func(g *guest) { g.exportToo = "_start" }), "it exports _start and not _initialize", "Go with -buildmode=c-shared, Rust as a cdylib"},
		"files":          {imports("wasi_snapshot_preview1", "fd_readdir"), "imports wasi_snapshot_preview1.fd_readdir, which does not exist", "Rust for wasm32-unknown-unknown"},
		"misspelt":       {imports("postern", "http_get"), "imports postern.http_get, which does not exist", "http_fetch, input_len"},
		"AssemblyScript": {imports("env", "abort"), "imports env.abort", "asc --use abort="},
		"undefined":      {imports("env", "memcpy"), "imports env.memcpy", "memcpy is defined nowhere"},
		"browser":        {imports("gojs", "runtime.ticks"), "imports gojs.runtime.ticks", "GOOS=wasip1"},
		"wasm-bindgen":   {imports("__wbindgen_placeholder__", "__wbindgen_describe"), "imports __wbindgen", "do without it"},
		"WASI 0.2":       {imports("wasi:cli/environment@0.2.0", "get-environment"), "imports wasi:cli", "WASI 0.2"},
		"another host":   {imports("extism:host/env", "alloc"), "imports extism:host/env.alloc", "a plugin imports from postern"},
		"not asked for":  {with(func(g *guest) { g.asks = []string{"kv"} }), "imports postern.kv, but no plugin of it asks for the capability kv", `add {"name": "kv", "reason": "..."} to the capabilities of the manifest`},
		"wrong form":     {imports("postern", "input_len"), "as (), the host has it in the form () -> i32", "sdk/abi.md"},
		"memory":         {with(func(g *guest) { g.importMem = true }), "imports a memory", "--import-memory"},
		"no memory":      {with(func(g *guest) { g.noExport = "memory" }), `export its memory as "memory"`, "under that name"},
		"no call":        {with(func(g *guest) { g.noExport = "postern_call" }), "does not export postern_call", "sdk/abi.md"},
		"hook":           {manifest(`"hooks":["claims.map/v1"]`, `"hooks":["claims.mapp/v1"]`), `plugin "p": it implements claims.mapp/v1`, "the hooks are claims.map/v1, account.shape/v1"},
		"sample":         {manifest(`"samples":[{"hook":"claims.map/v1","input":{}}]`, `"samples":[]`), "no sample for claims.map/v1", "give one in samples"},
		"capability":     {manifest(`"settings":`, `"capabilities":[{"name":"http"}],"settings":`), "the capability http,", "the capabilities are clock, http.fetch"},
		"twice":          {manifest(`"settings":`, `"capabilities":[{"name":"kv"},{"name":"kv"}],"settings":`), "kv twice", "in one"},
		"member":         {manifest(`"settings":`, `"color":"red","settings":`), `manifest: [0].color: byte`, ""},
		"output":         {with(func(g *guest) { g.outputs = []string{`{"set":{"a":"b"},"sett":{}}`} }), `output.sett: byte 24: an unknown member (there stands {}})`, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			trial, err := plugin.Try(t.Context(), test.module, plugin.TrialOptions{})
			if test.what == "" {
				if err != nil {
					t.Fatal(err)
				}
				_ = trial.Close(t.Context())
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.what) {
				t.Errorf("got %v, want %q in it", err, test.what)
			}
			hint := ""
			if with, ok := errors.AsType[interface {
				error
				Hint() string
			}](err); ok {
				hint = with.Hint()
			}
			if !strings.Contains(hint, test.advice) {
				t.Errorf("the hint is %q, want %q in it", hint, test.advice)
			}
		})
	}
}
