// Package typescript_test holds the SDK for TypeScript: its tests in Node.js, the modules
// that it builds, and the project that `postern plugin new --lang typescript` makes.
package typescript_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/sdk"
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
		plugintest.Imports(t, trial, "answer_read", "http_fetch", "log")
		plugintest.Forgets(t, trial, "memory", `{"user":{"name":"alice"}}`)
	})
	t.Run("vectors", func(t *testing.T) {
		trial := testFolder(t, root, "vectors")
		plugintest.Imports(t, trial, "answer_read", "clock", "http_fetch", "jwt_verify", "kv", "ldap_bind", "ldap_search", "log",
			"oauth_exchange", "oidc_exchange", "random", "secret_get")
		plugintest.Cases(t, trial, os.DirFS("../vectors/cases"))
	})
	t.Run("plugin-groups-ldap", func(t *testing.T) {
		dir := filepath.Join(root, "examples", "plugin-groups-ldap")
		run(t, dir, "npm", "test")
		trial := plugintest.File(t, filepath.Join(dir, "build", "plugin.wasm"))
		plugintest.Imports(t, trial, "answer_read", "ldap_search")
		plugintest.Cases(t, trial, os.DirFS(filepath.Join(dir, "cases")))
	})
	t.Run("plugin-connector-typescript", func(t *testing.T) {
		dir := filepath.Join(root, "examples", "plugin-connector-typescript")
		run(t, dir, "npm", "test")
		trial := plugintest.File(t, filepath.Join(dir, "build", "plugin.wasm"))
		plugintest.Imports(t, trial, "answer_read", "http_fetch", "oauth_exchange")
		plugintest.Cases(t, trial, os.DirFS(filepath.Join(dir, "cases")))
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
	trial := plugintest.File(t, filepath.Join(dir, project.Module))
	plugintest.Imports(t, trial)
	plugintest.Cases(t, trial, os.DirFS(filepath.Join(dir, "cases")))
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
	return plugintest.File(t, filepath.Join(dir, "build", "plugin.wasm"))
}

// copyTree copies what is built, so that nothing is left in the sources, beside the
// installed compiler.
func copyTree(t *testing.T, compiler string) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, dir := range []string{
		"sdk/vectors", "sdk/typescript/postern", "sdk/typescript/unit", "sdk/typescript/vectors", "examples/plugin-groups-ldap",
		"examples/plugin-connector-typescript",
	} {
		copyDir(t, filepath.Join("..", "..", dir), filepath.Join(root, dir))
	}
	if err := os.Rename(compiler, filepath.Join(root, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return root
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
	examples := []string{
		filepath.Join("..", "..", "examples", "plugin-groups-ldap"), filepath.Join("..", "..", "examples", "plugin-connector-typescript"),
	}
	lock, err := os.ReadFile(filepath.Join("template", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, example := range examples {
		copied, err := os.ReadFile(filepath.Join(example, "package-lock.json"))
		if err != nil {
			t.Fatal(err)
		}
		if string(copied) != string(lock) {
			t.Errorf("%s has another package-lock.json than the template", example)
		}
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
	packages := []string{filepath.Join("template", "package.json.tmpl")}
	for _, example := range examples {
		packages = append(packages, filepath.Join(example, "package.json"))
	}
	for _, name := range packages {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if version == "" || !strings.Contains(string(text), `"assemblyscript": "`+version+`"`) {
			t.Errorf("%s wants another version than %q", name, version)
		}
	}
}
