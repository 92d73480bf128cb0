package rust_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/sdk"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// TestWorkspace tests the crates beside this file, in one copy of them.
func TestWorkspace(t *testing.T) {
	root := checkout(t, "sdk/rust", "sdk/vectors")
	for _, part := range []struct {
		name string
		test func(*testing.T, string)
	}{{"natively", testCrates}, {"vectors", testVectors}, {"leaky", testLeaky}, {"messages", testMessages}, {"parser", testParser}} {
		t.Run(part.name, func(t *testing.T) { part.test(t, root) })
	}
}

// testCrates runs the tests of all crates, the vectors among them.
func testCrates(t *testing.T, root string) {
	output := cargo(t, root, "test", "--locked", "--workspace")
	for _, want := range []string{"test tests::cases ... ok", "test tests::valid_texts ... ok", "Doc-tests postern", "test mutated_texts ... ok"} {
		if !strings.Contains(output, want) {
			t.Errorf("the tests do not say %q:\n%s", want, output)
		}
	}
	if strings.Contains(output, "warning:") {
		t.Errorf("there are warnings:\n%s", output)
	}
}

// testVectors holds that the plugin of the vectors, as a module in the sandbox,
// says of itself and answers what all do, and that it imports what it calls.
func testVectors(t *testing.T, root string) {
	trial := plugintest.File(t, build(t, root, "vectors"))
	text, err := os.ReadFile("../vectors/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := hook.ParseManifests(text)
	if err != nil {
		t.Fatal(err)
	}
	if difference := replay.Difference("manifests", canonical(t, want), canonical(t, trial.Manifests())); difference != "" {
		t.Error(difference)
	}
	plugintest.Cases(t, trial, os.DirFS("../vectors/cases"))
	plugintest.RemembersNothing(t, trial)
	imports := []string{"answer_read", "log", "random"}
	for _, capability := range hook.Capabilities {
		imports = append(imports, strings.ReplaceAll(capability, ".", "_"))
	}
	plugintest.Imports(t, trial, imports...)
}

func canonical(t *testing.T, list []hook.Manifest) hook.Value {
	t.Helper()
	v, err := hook.Parse(hook.AppendManifests(nil, list))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// testLeaky holds that a plugin in Rust cannot remember a call, wherever it tries to
// keep it, and however the call before ended.
func testLeaky(t *testing.T, root string) {
	trial := plugintest.File(t, build(t, root, "leaky"))
	plugintest.Imports(t, trial, "log")
	call := func(subject, then string) (string, error) {
		in := hook.ClaimsInput{User: hook.User{ID: subject}, Settings: hook.FromObject(hook.Object{
			{Name: "remember", Value: hook.Bool(true)}, {Name: "then", Value: hook.String(then)},
		})}
		ran, err := trial.Run(t.Context(), plugin.Run{Input: in.AppendJSON(nil)})
		return string(ran.Output), err
	}
	for _, test := range []struct {
		then    string
		reasons []plugin.Reason // any of them
		says    string
	}{
		{"", nil, ""},
		{"fail", []plugin.Reason{plugin.ReasonRefused}, "told to fail"},
		{"panic", []plugin.Reason{plugin.ReasonTrap}, "told to panic"},
		// A machine that is busy ends it by the clock.
		{"loop", []plugin.Reason{plugin.ReasonFuel, plugin.ReasonTime}, "it "},
		{"recurse", []plugin.Reason{plugin.ReasonStack}, "too deeply"},
		{"grow", []plugin.Reason{plugin.ReasonTrap}, ""},
	} {
		for range 2 {
			output, err := call("u1", test.then)
			if failure, failed := errors.AsType[*plugin.CallError](err); failed != (test.reasons != nil) ||
				failed && (!slices.Contains(test.reasons, failure.Reason) || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("%q: %s, %v; want %v", test.then, output, err, test.reasons)
			}
			const want = `{"set":{"remembered":1,"subjects":["u2"]}}`
			if output, err := call("u2", ""); output != want || err != nil {
				t.Fatalf("after %q: %s, %v; want %s", test.then, output, err, want)
			}
		}
	}
}

// TestTemplate holds that a new project passes its tests, builds without a network,
// and answers its cases in the sandbox.
func TestTemplate(t *testing.T) {
	dir := checkout(t)
	project, err := sdk.Project("rust", "my-plugin")
	if err != nil {
		t.Fatal(err)
	}
	if len(project[".gitignore"]) == 0 {
		t.Error("it has no .gitignore")
	}
	for name, text := range project {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trial, module := tryProject(t, dir, "cases", "departments")
	plugintest.Imports(t, trial)
	if m := trial.Manifests()[0]; m.ID != "my-plugin" || m.Version != "0.1.0" || m.Description == "" {
		t.Errorf("it is called %q %q: %q", m.ID, m.Version, m.Description)
	}
	if bytes.Contains(module, []byte(dir)) {
		t.Error("the module has the folder in it in which it was built")
	}
}

// TestExample holds the same of the examples.
func TestExample(t *testing.T) {
	root := checkout(t, "sdk/rust/postern", "examples/plugin-email-domain", "examples/plugin-connector-rust")
	trial, _ := tryProject(t, filepath.Join(root, "examples/plugin-email-domain"), "cases", "decides", "patterns")
	plugintest.Imports(t, trial)
	if m := trial.Manifests()[0]; m.ID != "email-domain" || len(m.Samples) != 2 {
		t.Errorf("%+v", m)
	}
	trial, _ = tryProject(t, filepath.Join(root, "examples/plugin-connector-rust"), "cases", "knows_a_refusal_from_a_failure", "asks_for_nobody_elsewhere")
	plugintest.Imports(t, trial, "answer_read", "http_fetch", "log")
	if m := trial.Manifests()[0]; m.ID != "matrix" || len(m.Samples) != 2 {
		t.Errorf("%+v", m)
	}
}

// tryProject runs the commands of a project: its tests, which must say that those
// of these names passed, and its build.
func tryProject(t *testing.T, dir string, tests ...string) (*plugin.Trial, []byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postern.json"))
	if err != nil {
		t.Fatal(err)
	}
	var commands struct {
		Module      string
		Build, Test []string
	}
	if err := json.Unmarshal(text, &commands); err != nil {
		t.Fatal(err)
	}
	run(t, dir, commands.Build...)
	module := filepath.Join(dir, commands.Module)
	trial := plugintest.File(t, module)
	plugintest.Cases(t, trial, os.DirFS(filepath.Join(dir, "cases")))
	output := run(t, dir, commands.Test...)
	for _, name := range tests {
		if !strings.Contains(output, "test tests::"+name+" ... ok") {
			t.Errorf("the tests do not say that %s passed:\n%s", name, output)
		}
	}
	code, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	return trial, code
}
