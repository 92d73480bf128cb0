// Package typescript_test holds the SDK for TypeScript: its tests in Node.js, the modules
// that it builds, and the project that `postern plugin new --lang typescript` makes.
package typescript_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// run runs a program in a folder and gives what it said.
func run(t *testing.T, dir string, program ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program[0], program[1:]...)
	command.Dir = dir
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", program, err, output)
	}
	return string(output)
}

// TestSDK makes a project as `postern plugin new --lang typescript` does, and runs what
// its postern.json says; with the compiler that it installed it builds and tests the rest.
func TestSDK(t *testing.T) {
	needs.Program(t, "node")
	needs.Program(t, "npm")
	project := newProject(t, "my-plugin")
	run(t, project, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	t.Run("template", func(t *testing.T) { testProject(t, project) })

	root := copyTree(t, filepath.Join(project, "node_modules"))
	t.Run("unit", func(t *testing.T) {
		trial := testFolder(t, root, "unit")
		checkImports(t, trial, "answer_read", "http_fetch", "log")
		checkForgets(t, trial)
	})
	t.Run("vectors", func(t *testing.T) {
		trial := testFolder(t, root, "vectors")
		checkImports(t, trial, "answer_read", "clock", "http_fetch", "jwt_verify", "kv", "ldap_bind", "ldap_search", "log",
			"oauth_exchange", "oidc_exchange", "random", "secret_get")
		checkCases(t, trial, "../vectors/cases")
	})
	t.Run("plugin-groups-ldap", func(t *testing.T) {
		dir := filepath.Join(root, "examples", "plugin-groups-ldap")
		run(t, dir, "npm", "test")
		trial := try(t, filepath.Join(dir, "build", "plugin.wasm"))
		checkImports(t, trial, "answer_read", "ldap_search")
		checkCases(t, trial, filepath.Join(dir, "cases"))
	})
}

func testProject(t *testing.T, dir string) {
	t.Helper()
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
	if project.Language != "typescript" {
		t.Errorf("language %q", project.Language)
	}
	run(t, dir, project.Build...)
	trial := try(t, filepath.Join(dir, project.Module))
	checkImports(t, trial)
	checkCases(t, trial, filepath.Join(dir, "cases"))
	if output := run(t, dir, project.Test...); !strings.Contains(output, "fail 0\n") {
		t.Errorf("no tests ran:\n%s", output)
	}
}

// testFolder builds a module of the SDK's own and runs its tests.
func testFolder(t *testing.T, root, name string) *plugin.Trial {
	t.Helper()
	dir := filepath.Join(root, "sdk", "typescript", name)
	run(t, dir, "node", filepath.Join(root, "node_modules", "assemblyscript", "bin", "asc.js"))
	if output := run(t, dir, "node", "--test"); !strings.Contains(output, "fail 0\n") {
		t.Errorf("no tests ran:\n%s", output)
	}
	return try(t, filepath.Join(dir, "build", "plugin.wasm"))
}

// copyTree copies what is built, so that nothing is left in the sources, beside the
// installed compiler.
func copyTree(t *testing.T, compiler string) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, dir := range []string{"sdk/vectors", "sdk/typescript/postern", "sdk/typescript/unit", "sdk/typescript/vectors", "examples/plugin-groups-ldap"} {
		copyDir(t, filepath.Join("..", "..", dir), filepath.Join(root, dir))
	}
	if err := os.Rename(compiler, filepath.Join(root, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return root
}

// try loads a module as the server does: metered, tested on its samples.
func try(t *testing.T, name string) *plugin.Trial {
	t.Helper()
	code, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	trial, err := plugin.Try(t.Context(), code, plugin.TrialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := trial.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return trial
}

// checkImports holds that a module imports the functions that its plugins call, and no
// others.
func checkImports(t *testing.T, trial *plugin.Trial, more ...string) {
	t.Helper()
	var want []string
	for _, name := range slices.Concat([]string{"fail", "input_len", "input_read", "output_write"}, more) {
		want = append(want, "postern."+name)
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(trial.Facts().Imports)); !slices.Equal(got, want) {
		t.Errorf("imports %v, want %v", got, want)
	}
}

// checkCases plays the cases of a folder to a module in the server's sandbox.
func checkCases(t *testing.T, trial *plugin.Trial, dir string) {
	t.Helper()
	cases, err := replay.Load(os.DirFS(dir))
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases in %s: %v", len(cases), dir, err)
	}
	for _, c := range cases {
		t.Run(c.File, func(t *testing.T) {
			ran, err := trial.Run(t.Context(), plugin.Run{Plugin: c.Plugin, Hook: c.Hook, Input: c.Input.AppendJSON(nil), Plays: c.Calls})
			if err := errors.Join(c.Check(ran.Output, err), ran.Left); err != nil {
				t.Error(err)
			}
		})
	}
}

// checkForgets holds that a plugin that counts calls knows nothing of those before.
func checkForgets(t *testing.T, trial *plugin.Trial) {
	t.Helper()
	outputs := map[string]bool{}
	for range 3 {
		ran, err := trial.Run(t.Context(), plugin.Run{Plugin: "memory", Hook: hook.ClaimsMap, Input: []byte(`{"user":{"name":"alice"}}`)})
		if err != nil {
			t.Fatal(err)
		}
		outputs[string(ran.Output)] = true
	}
	if len(outputs) != 1 {
		t.Errorf("the calls gave %v", outputs)
	}
}

// newProject writes the files of a new project.
func newProject(t *testing.T, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	project, err := sdk.Project("typescript", name)
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range project {
		write(t, filepath.Join(dir, filepath.FromSlash(file)), text)
	}
	return dir
}

func write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// copyDir copies a folder without what was installed or built in it.
func copyDir(t *testing.T, from, to string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(from), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "build"):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		text, err := os.ReadFile(filepath.Join(from, path))
		if err == nil {
			write(t, filepath.Join(to, path), text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPins holds that the compiler is the same one everywhere, locked with its digests.
func TestPins(t *testing.T) {
	example := filepath.Join("..", "..", "examples", "plugin-groups-ldap")
	lock, err := os.ReadFile(filepath.Join("template", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(filepath.Join(example, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	if string(copied) != string(lock) {
		t.Error("the example has another package-lock.json than the template")
	}
	var locked struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	if err := json.Unmarshal(lock, &locked); err != nil {
		t.Fatal(err)
	}
	for name, entry := range locked.Packages {
		if name != "" && !strings.HasPrefix(entry.Integrity, "sha512-") {
			t.Errorf("%s is locked without a digest", name)
		}
	}
	version := locked.Packages["node_modules/assemblyscript"].Version
	for _, name := range []string{filepath.Join("template", "package.json.tmpl"), filepath.Join(example, "package.json")} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if version == "" || !strings.Contains(string(text), `"assemblyscript": "`+version+`"`) {
			t.Errorf("%s wants another version than %q", name, version)
		}
	}
}
