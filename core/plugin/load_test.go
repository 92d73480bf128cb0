package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/plugins"
	"github.com/postern-id/postern/sdk/hook"
)

// TestRefuseModules holds item 136: what is refused when a module is loaded, and
// that the error says why.
func TestRefuseModules(t *testing.T) {
	good := guest{manifests: manifestsOf(hook.ClaimsMap, "p"), outputs: []string{`{}`}}
	with := func(change func(*guest)) []byte {
		g := good
		change(&g)
		return g.build()
	}
	manifest := func(from, to string) []byte {
		return with(func(g *guest) { g.manifests = strings.Replace(g.manifests, from, to, 1) })
	}
	withPresets := func(list string) []byte {
		return manifest(`"settings":{"type":"object"}`, `"settings":`+presetSchema+`,"presets":[`+list+`]`)
	}
	for name, test := range map[string]struct {
		module []byte
		want   string
	}{
		"empty":              {nil, "not a WebAssembly module"},
		"text":               {[]byte("hello, world, how are you?"), "not a WebAssembly module"},
		"component":          {[]byte("\x00asm\x0d\x00\x01\x00"), "but a component"},
		"header alone":       {[]byte("\x00asm\x01\x00\x00\x00"), "does not export its memory"},
		"truncated":          {good.build()[:len(good.build())/2], "not a WebAssembly module"},
		"truncated by one":   {good.build()[:len(good.build())-1], "not a WebAssembly module"},
		"trailing byte":      {append(good.build(), 11), "not a WebAssembly module"},
		"sections swapped":   {swapSections(good.build()), "not a WebAssembly module"},
		"unknown function":   {with(func(g *guest) { g.imports = [][2]string{{"postern", "http_fetch"}} }), "imports postern.http_fetch as (), the host has it in the form (i32, i32) -> i32"},
		"unknown module":     {with(func(g *guest) { g.imports = [][2]string{{"env", "abort"}} }), "imports env.abort, which does not exist"},
		"wrong form":         {with(func(g *guest) { g.imports = [][2]string{{"postern", "log"}} }), "imports postern.log as (), the host has it in the form (i32, i32)"},
		"another's memory":   {with(func(g *guest) { g.importMem = true }), "imports a memory (postern.memory)"},
		"too much memory":    {with(func(g *guest) { g.pages = 4097 }), "memory"},
		"memory not named":   {with(func(g *guest) { g.exportAs = "mem" }), "does not export its memory"},
		"no version":         {with(func(g *guest) { g.noExport = "postern_abi" }), "does not export postern_abi"},
		"no description":     {with(func(g *guest) { g.noExport = "postern_describe" }), "does not export postern_describe"},
		"no call":            {with(func(g *guest) { g.noExport = "postern_call" }), "does not export postern_call"},
		"later version":      {with(func(g *guest) { g.version = 2 }), "speaks version 2"},
		"the host's name":    {with(func(g *guest) { g.exportAs = "postern:global:0" }), "a name that is the host's"},
		"no manifest":        {with(func(g *guest) { g.manifests = `[]` }), "no plugin"},
		"manifest, not JSON": {with(func(g *guest) { g.manifests = `[{]` }), "manifest"},
		"two of one id":      {with(func(g *guest) { g.manifests = manifestsOf(hook.ClaimsMap, "p", "p") }), "another one has that id"},
		"bad id":             {manifest(`"id":"p"`, `"id":"P/../x"`), "the id must be"},
		"no description text": {
			manifest(`"description":"For a test."`, `"description":""`), "description must be said",
		},
		"later host":       {manifest(`"host_api":1`, `"host_api":2`), "needs version 2"},
		"unknown hook":     {manifest(`"hooks":["claims.map/v1"]`, `"hooks":["claims.map/v2"]`), "claims.map/v2, which this host does not know"},
		"hook twice":       {manifest(`"hooks":["claims.map/v1"]`, `"hooks":["claims.map/v1","claims.map/v1"]`), "twice"},
		"no hook":          {manifest(`"hooks":["claims.map/v1"]`, `"hooks":[]`), "no hook"},
		"capability":       {manifest(`"settings":`, `"capabilities":[{"name":"http.get"}],"settings":`), "asks for the capability http.get, which this host does not know"},
		"secret":           {manifest(`"settings":`, `"secrets":[{"name":"A KEY"}],"settings":`), "asks for the secret"},
		"unknown member":   {manifest(`"settings":`, `"color":"red","settings":`), "unknown member"},
		"presets":          {withPresets(strings.Repeat(`{"name":"a","title":"A","settings":{}},`, 32) + `{"name":"b","title":"B","settings":{}}`), "33 presets"},
		"preset unnamed":   {withPresets(`{"title":"A","settings":{}}`), `the preset "": a name is`},
		"preset name":      {withPresets(`{"name":"A B","title":"A","settings":{}}`), `the preset "A B": a name is`},
		"preset long":      {withPresets(`{"name":"` + strings.Repeat("a", 64) + `","title":"A","settings":{}}`), "a name is"},
		"preset twice":     {withPresets(`{"name":"a","title":"A","settings":{}},{"name":"a","title":"B","settings":{}}`), "each once"},
		"preset untitled":  {withPresets(`{"name":"a","settings":{}}`), "preset a: the title must be"},
		"preset title":     {withPresets(`{"name":"a","title":"` + strings.Repeat("ä", 65) + `","settings":{}}`), "the title must be"},
		"preset escape":    {withPresets(`{"name":"a","title":"A\u001b[2J","settings":{}}`), "the title must be"},
		"preset sideways":  {withPresets(`{"name":"a","title":"A\u202eB","settings":{}}`), "the title must be"},
		"preset icon":      {withPresets(`{"name":"a","title":"A","icon":"https://x.example/a.svg","settings":{}}`), "no name of an icon"},
		"preset no object": {withPresets(`{"name":"a","title":"A","settings":["x"]}`), "preset a: the settings must be an object"},
		"preset empty":     {withPresets(`{"name":"a","title":"A"}`), "preset a: the settings must be an object"},
		"preset type":      {withPresets(`{"name":"a","title":"A","settings":{"n":"x"}}`), "settings.n must be an integer"},
		"preset unknown":   {withPresets(`{"name":"a","title":"A","settings":{"m":1}}`), "settings.m is unknown"},
		"preset part":      {withPresets(`{"name":"a","title":"A","settings":{"n":{}}}`), "settings.n must be an integer"},
		"preset targets":   {withPresets(`{"name":"a","title":"A","settings":{},"targets":[` + strings.Repeat(`"a.example",`, 16) + `"b"]}`), "17 targets"},
		"preset target":    {withPresets(`{"name":"a","title":"A","settings":{},"targets":[""]}`), `preset a: "" is no target`},
		"preset member":    {withPresets(`{"name":"a","title":"A","settings":{},"secret":"x"}`), "unknown member"},
		"no sample":        {manifest(`"samples":[{"hook":"claims.map/v1","input":{}}]`, `"samples":[]`), "no sample"},
		"sample elsewhere": {manifest(`"samples":[`, `"samples":[{"hook":"account.shape/v1","input":{}},`), "does not implement"},
		"schema":           {manifest(`"settings":{"type":"object"}`, `"settings":{"type":"object","contains":{}}`), `"contains" of JSON Schema is not supported`},
		"schema of text":   {manifest(`"settings":{"type":"object"}`, `"settings":{"type":"string"}`), `the type "object"`},
		"call not made":    {manifest(`"input":{}`, `"input":{},"calls":[{"capability":"kv","request":{"op":"get"},"answer":{}}]`), `call 1: the plugin did not ask kv {"op":"get"}`},
		"failing sample":   {with(func(g *guest) { g.outputs = []string{`{"sett":{}}`} }), "sample of plugin p for claims.map/v1"},
	} {
		t.Run("136_"+strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			h := newHost(t, test.module, &fakeSource{config: configOf("p")})
			_, err := h.Manifests()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "goroutine") {
				t.Errorf("the error has a stack trace: %v", err)
			}
			if _, _, err := h.MapClaims(t.Context(), inputFor("c")); reasonOf(err) != plugin.ReasonUnavailable {
				t.Errorf("a call: %v", err)
			}
			if err := h.Ready(t.Context()); err == nil {
				t.Error("the host is ready")
			}
		})
	}
}

// swapSections puts a data section before all others.
func swapSections(module []byte) []byte {
	return slices.Concat(module[:8], section(11, nil), module[8:])
}

func TestReady(t *testing.T) {
	source := &fakeSource{config: configOf("miniorange")}
	h := newHost(t, plugins.Builtin(), source)
	if err := h.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	err := h.Ready(t.Context())
	for ; errors.Is(err, plugin.ErrLoading) && time.Now().Before(deadline); err = h.Ready(t.Context()) {
		time.Sleep(5 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestManifestsOfBuiltin(t *testing.T) {
	h := newHost(t, plugins.Builtin(), &fakeSource{config: &core.PluginConfig{}})
	manifests, err := h.Manifests()
	if err != nil {
		t.Fatal(err)
	}
	hooks := map[string][]string{}
	for _, m := range manifests {
		hooks[m.ID] = m.Hooks
	}
	if !slices.Equal(hooks["miniorange"], []string{hook.ClaimsMap, hook.AccountShape}) || !slices.Equal(hooks["scopes"], []string{hook.ScopePolicy}) {
		t.Errorf("got %v", hooks)
	}
}

func TestValidateSettings(t *testing.T) {
	h := newHost(t, plugins.Builtin(), &fakeSource{config: &core.PluginConfig{}})
	for _, test := range []struct{ plugin, settings, want string }{
		{"miniorange", `{}`, ""},
		{"miniorange", `{"login":"email","group_names":"organisation","include_groups":["a*"],"exclude_groups":[],"rename_groups":{"a":"b"}}`, ""},
		{"miniorange", `{"login":"mail"}`, `settings.login must be one of ["name","email"]`},
		{"miniorange", `{"logins":"email"}`, `settings.logins is unknown`},
		{"miniorange", `{"include_groups":["a",1]}`, `settings.include_groups[1] must be a string`},
		{"miniorange", `{"include_groups":[""]}`, `settings.include_groups[0] must have at least 1 characters`},
		{"miniorange", `{"rename_groups":{"a":null}}`, `settings.rename_groups.a must be a string`},
		{"miniorange", `[]`, `settings not a JSON object`},
		{"miniorange", `{"login":"name","login":"email"}`, `a member appears twice`},
		{"miniorange", ``, `settings not a JSON object`},
		{"scopes", `{}`, `settings must have "rules"`},
		{"scopes", `{"rules":[{"scopes":["email"],"groups":["staff"],"clients":["wiki"],"otherwise":"deny","reason":"No."}]}`, ""},
		{"scopes", `{"rules":[{"scopes":[],"groups":[]}]}`, `settings.rules[0].scopes must have at least 1 elements`},
		{"scopes", `{"rules":[{"scopes":["a"]}]}`, `settings.rules[0] must have "groups"`},
		{"access", `{"rules":[{"when":{"networks":["192.0.2.0/24"]},"then":{"deny":"No."}}]}`, ""},
		{"access", `{"rules":[{"when":{"networks":["office"]},"then":{"deny":"No."}}]}`, `settings.rules[0].when.networks[0] must be written like "192.0.2.0/24"`},
		// What the schema lets through the plugin finds, whatever it would decide.
		{"access", `{"rules":[{"then":{"deny":"No."}},{"when":{"networks":["192.0.2.1/24"]},"then":{"deny":"No."}}]}`, `settings.rules[1].when.networks has 192.0.2.1/24, which is no network`},
		{"access", `{"rules":[{"then":{"require_acr":"a"}},{"then":{"require_acr":"b"}}]}`, ""},
		{"scopes", `{"rules":{}}`, `settings.rules must be an array`},
		{"miniorange", `{"login":"nick","include_groups":["a",1,2],"x":1}`, `settings.login must be one of ["name","email"]; settings.include_groups[1] must be a string; settings.include_groups[2] must be a string; settings.x is unknown`},
		{"miniorange", `{"include_groups":[` + strings.Repeat("1,", 30) + `1]}`, `settings.include_groups[19] must be a string`},
		{"scopes", `{"rules":[{"scopes":["a"],"groups":[],"reason":"` + strings.Repeat("é", 201) + `"}]}`, `at most 200 characters`},
	} {
		err := h.ValidateSettings(t.Context(), test.plugin, []byte(test.settings))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: %v, want %q", test.plugin, test.settings, err, test.want)
		}
		if several, are := err.(plugin.SettingsErrors); are && len(several) > 20 {
			t.Errorf("%s: %d problems", test.plugin, len(several))
		}
		var settingsError *plugin.SettingsError
		if err != nil && !errors.As(err, &settingsError) {
			t.Errorf("%s %s: %T", test.plugin, test.settings, err)
		}
	}
	if err := h.ValidateSettings(t.Context(), "absent", []byte(`{}`)); !errors.Is(err, plugin.ErrUnknownPlugin) {
		t.Errorf("an unknown plugin: %v", err)
	}
}

func TestCacheDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("the mode of a directory says nothing here")
		return
	}
	source := &fakeSource{config: &core.PluginConfig{}}
	parent := t.TempDir()
	fresh := filepath.Join(parent, "a", "b")
	if _, err := plugin.New(t.Context(), options(nil, source, fresh)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("a new directory: %v, %v", info.Mode(), err)
	}
	readable := filepath.Join(parent, "readable")
	writable := filepath.Join(parent, "writable")
	for dir, mode := range map[string]os.FileMode{readable: 0o755, writable: 0o777} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := plugin.New(t.Context(), options(nil, source, readable)); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(readable); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("a directory that others can read: %v, %v", info.Mode(), err)
	}
	if _, err := plugin.New(t.Context(), options(nil, source, writable)); err == nil || !strings.Contains(err.Error(), "can be written by others") {
		t.Errorf("a directory that others can write to: %v", err)
	}
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := plugin.New(t.Context(), options(nil, source, file)); err == nil {
		t.Error("a file passes for a directory")
	}
}

// TestCacheIsUsed holds that a later start compiles nothing, and that a damaged
// cache is no more than a slow start.
func TestCacheIsUsed(t *testing.T) {
	dir := t.TempDir()
	module := guest{manifests: manifestsOf(hook.ClaimsMap, "p"), outputs: []string{`{}`}}.build() // compiled in no time
	load := func() {
		t.Helper()
		h, err := plugin.New(t.Context(), options(module, &fakeSource{config: configOf("p")}, dir))
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close(context.Background())
		if _, err := h.Manifests(); err != nil {
			t.Fatal(err)
		}
	}
	load()
	files := cached(t, dir)
	load()
	if again := cached(t, dir); len(files) != 2 || !slices.Equal(files, again) {
		t.Errorf("the cache has %v, then %v", files, again)
	}
	compiled, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	overwritten := slices.Clone(compiled)
	overwritten[40] ^= 0x55 // where a function begins: outside of what the compiler's checksum covers
	for _, damaged := range [][]byte{compiled[:len(compiled)/2], overwritten} {
		if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		load()
		if healed, err := os.ReadFile(files[0]); err != nil || !bytes.Equal(healed, compiled) {
			t.Errorf("the cache was not made anew: %v", err)
		}
	}
}

// TestRefusedLeaveNothing holds that a module which is tried and refused leaves nothing
// behind, and takes nothing away that was compiled of others.
func TestRefusedLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	good := guest{manifests: manifestsOf(hook.ClaimsMap, "p"), outputs: []string{`{}`}}
	try := func(code []byte) error {
		t.Helper()
		trial, err := plugin.Try(t.Context(), code, plugin.TrialOptions{CacheDir: dir})
		if err == nil {
			err = trial.Close(t.Context())
		}
		return err
	}
	if err := try(good.build()); err != nil {
		t.Fatal(err)
	}
	files := cached(t, dir)
	silent, sample, broken := good, good, good
	silent.manifests = "nonsense"
	sample.outputs = []string{`{"set":1}`}
	broken.evil = []byte{opAdd, opAdd}
	for name, module := range map[string][]byte{"describes nothing": silent.build(), "fails its sample": sample.build(), "does not compile": broken.build()} {
		if err := try(module); err == nil {
			t.Errorf("%s: it was taken", name)
		}
		if left := cached(t, dir); len(files) != 2 || !slices.Equal(left, files) {
			t.Errorf("%s: the cache had %v, has %v", name, files, left)
		}
	}
}

func cached(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCloseWithoutLoading(t *testing.T) {
	h, err := plugin.New(t.Context(), plugin.Options{
		Builtin: plugins.Builtin(), Source: &fakeSource{config: configOf("miniorange")}, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Rand: zeroes{},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Manifests(); err == nil {
		t.Error("a closed host has manifests")
	}
	if _, _, err := h.MapClaims(t.Context(), claimsInput()); reasonOf(err) != plugin.ReasonUnavailable {
		t.Errorf("a closed host: %v", err)
	}
}
