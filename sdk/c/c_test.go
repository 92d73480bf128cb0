// Package c_test holds the SDK for C: its native tests, the modules that it builds,
// and the project that `postern plugin new --lang c` makes.
package c_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/sdk"
)

// needsClang wants a clang that builds for wasm32, which Apple's does not.
func needsClang(t *testing.T) {
	t.Helper()
	needs.Program(t, "make")
	needs.Program(t, "clang-19", "clang")
	probe := filepath.Join(t.TempDir(), "probe.c")
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	clang := "clang"
	if _, err := exec.LookPath("clang-19"); err == nil {
		clang = "clang-19"
	}
	link := exec.CommandContext(t.Context(), clang, "--target=wasm32", "-nostdlib", "-Wl,--no-entry", "-o", probe+".wasm", probe)
	if output, err := link.CombinedOutput(); err != nil {
		needs.Missing(t, fmt.Sprintf("%s does not build for wasm32 without wasm-ld beside it (%v: %s)", clang, err, output))
	}
}

// runMake runs make in a folder with what it builds elsewhere, and gives that folder
// and what was said.
func runMake(t *testing.T, dir string, arguments ...string) (build, output string, err error) {
	t.Helper()
	build = t.TempDir()
	command := exec.CommandContext(t.Context(), "make", append([]string{"BUILD=" + build, "WARNINGS=-Wall -Wextra -Werror"}, arguments...)...)
	command.Dir = dir
	said, err := command.CombinedOutput()
	return build, string(said), err
}

const exampleDir = "../../examples/plugin-rename-claims"

func TestNative(t *testing.T) {
	needs.Program(t, "make")
	needs.Program(t, "cc")
	vectors, err := filepath.Abs("../vectors")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"unit", "vectors", exampleDir} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			_, output, err := runMake(t, dir, "test", "TEST_ARGUMENTS="+vectors)
			if err != nil || !strings.Contains(output, " passed, 0 failed\n") {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}

// TestHarnessComplains holds that a native test fails for whatever a case says wrong.
func TestHarnessComplains(t *testing.T) {
	needs.Program(t, "make")
	needs.Program(t, "cc")
	const input = `"hook":"scope.policy/v1","input":{"settings":{"keep":["a"],"calls":["kv.add"]},"scopes":["a","b"]}`
	const calls = `"calls":[{"capability":"kv","request":{"op":"add","key":"once","value":"x","ttl":2592000},"answer":{}}]`
	wrong := map[string]string{
		"output":      `{"name":"","output":{"scopes":["b"]},` + calls + `,` + input + `}`,
		"more":        `{"name":"","output":{"scopes":["a"],"other":""},` + calls + `,` + input + `}`,
		"given":       `{"name":"","output":{},` + calls + `,` + input + `}`,
		"fails":       `{"name":"","fails":"x",` + calls + `,` + input + `}`,
		"no-call":     `{"name":"","output":{"scopes":["a"]},` + input + `}`,
		"other-call":  `{"name":"","output":{"scopes":["a"]},` + strings.Replace(calls, `"kv"`, `"clock"`, 1) + `,` + input + `}`,
		"request":     `{"name":"","output":{"scopes":["a"]},` + strings.Replace(calls, `"op"`, `"x":0,"op"`, 1) + `,` + input + `}`,
		"value":       `{"name":"","output":{"scopes":["a"]},` + strings.Replace(calls, `2592000`, `2592000.0`, 1) + `,` + input + `}`,
		"left":        `{"name":"","output":{"scopes":["a"]},` + strings.Replace(calls, `]`, `,{"capability":"kv"}]`, 1) + `,` + input + `}`,
		"outcomes":    `{"name":"","output":{"scopes":["a"]},"fails":"x",` + calls + `,` + input + `}`,
		"member":      `{"name":"","outptu":{"scopes":["a"]},` + calls + `,` + input + `}`,
		"plugin":      `{"name":"","plugin":"x","output":{"scopes":["a"]},` + calls + `,` + input + `}`,
		"json":        `{"name":"","name":""}`,
		"output-text": `{"name":"","output_text":"{\"scopes\": [\"a\"]}",` + calls + `,` + input + `}`,
	}
	right := `{"name":"","output":{"scopes":["a"],"deny":false,"reason":"","acr":""},` + strings.Replace(calls, `"op"`, `"value":"x","op"`, 1) + `,` + input + `}`
	right = strings.Replace(right, `"key":"once","value":"x"`, `"key":"once"`, 1)
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../vectors")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(folder, "cases")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "cases", "right.json"), []byte(right))
	for name, text := range wrong {
		write(t, filepath.Join(folder, "cases", name+".json"), []byte(text))
	}
	_, output, err := runMake(t, "vectors", "test", "TEST_ARGUMENTS="+folder)
	if err == nil {
		t.Error("the tests passed")
	}
	for name := range wrong {
		if !strings.Contains(output, "FAIL  "+name+".json: ") {
			t.Errorf("%s.json passed", name)
		}
	}
	if !strings.Contains(output, "ok    right.json\n") {
		t.Error("right.json failed")
	}
	if t.Failed() {
		t.Log(output)
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestModules holds that the server takes the modules, that each imports the functions
// that its plugins call and no others, and that it answers its cases in the sandbox.
func TestModules(t *testing.T) {
	needsClang(t)
	for dir, module := range map[string]struct {
		imports []string
		cases   string
	}{
		"vectors": {[]string{
			"answer_read", "clock", "http_fetch", "jwt_verify", "kv", "ldap_bind", "ldap_search", "log", "oauth_exchange", "oidc_exchange",
			"random", "secret_get",
		}, "../vectors/cases"},
		"unit":     {[]string{"answer_read", "http_fetch", "log"}, ""},
		exampleDir: {nil, exampleDir + "/cases"},
	} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			build, output, err := runMake(t, dir)
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			name := filepath.Join(build, "plugin.wasm")
			trial := plugintest.File(t, name)
			plugintest.Imports(t, trial, module.imports...)
			if module.cases != "" {
				plugintest.Cases(t, trial, os.DirFS(module.cases))
			}
			switch dir {
			case "unit":
				plugintest.Forgets(t, trial, "memory", `{"user":{"name":"alice"}}`)
			case exampleDir:
				checkArena(t, name, `{"target":"id_token","settings":{},"claims":{"long":"`+strings.Repeat("a", 10_000)+`"}}`)
			}
		})
	}
}

// TestTemplate makes a project as `postern plugin new --lang c` does, and runs what
// its postern.json says.
func TestTemplate(t *testing.T) {
	needsClang(t)
	needs.Program(t, "cc")
	dir := newProject(t, "my-plugin")
	var project struct {
		Language, Module string
		Build, Test      []string
	}
	text, err := os.ReadFile(filepath.Join(dir, "postern.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &project); err != nil {
		t.Fatal(err)
	}
	if project.Language != "c" {
		t.Errorf("language %q", project.Language)
	}
	for _, arguments := range [][]string{project.Build, project.Test} {
		command := exec.CommandContext(t.Context(), arguments[0], arguments[1:]...)
		command.Dir = dir
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", arguments, err, output)
		}
	}
	trial := plugintest.File(t, filepath.Join(dir, project.Module))
	plugintest.Imports(t, trial)
	plugintest.Cases(t, trial, os.DirFS(filepath.Join(dir, "cases")))
	if manifests := trial.Manifests(); len(manifests) != 1 || manifests[0].ID != "my-plugin" {
		t.Errorf("describes %+v", manifests)
	}
}

// newProject writes the files of a new project.
func newProject(t *testing.T, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	project, err := sdk.Project("c", name)
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range project {
		write(t, filepath.Join(dir, filepath.FromSlash(file)), text)
	}
	return dir
}
