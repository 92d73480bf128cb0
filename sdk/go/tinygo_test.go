package postern_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
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

// tinygoBuild is the command of sdk/README.md, without the output and the package.
var tinygoBuild = []string{
	"tinygo", "build", "-target=wasip1", "-buildmode=c-shared", "-scheduler=none", "-gc=leaking", "-opt=2", "-no-debug",
}

// TestReadmeOfTinyGo keeps the command in the README the one that is tested here.
func TestReadmeOfTinyGo(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(tinygoBuild, " ") + " -o plugin.wasm ."; !strings.Contains(string(readme), "\n"+want+"\n") {
		t.Errorf("sdk/README.md does not have the line %q", want)
	}
}

// TestTinyGo holds modules of TinyGo to what those of Go are held to. Where there is
// no TinyGo it passes and says so, and does not go by package needs: .ci/run, which
// wants all, could not install it.
func TestTinyGo(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds modules")
	}
	if _, err := exec.LookPath("tinygo"); err != nil {
		t.Log("NOT TESTED: tinygo is not on the PATH, so nothing was built with it")
		return
	}
	dir := tinygoModule(t)
	vectors, ok := buildWithTinyGo(t, filepath.Join(dir, "postern/sdk/vectors/go"))
	if !ok {
		return
	}
	t.Run("vectors", func(t *testing.T) { testVectorsOf(t, vectors) })
	for folder, cases := range map[string]fs.FS{
		"postern/examples/plugin-department": nil,
		".":                                  os.DirFS(filepath.Join(dir, "cases")),
	} {
		t.Run(folder, func(t *testing.T) {
			module, _ := buildWithTinyGo(t, filepath.Join(dir, folder))
			if got, want := importsOf(t, module), []string{"fail", "input_len", "input_read", "output_write"}; !slices.Equal(got, want) {
				t.Errorf("it imports %q, want %q", got, want)
			}
			trial := plugintest.Try(t, module) // which runs the samples
			if cases != nil {
				plugintest.Cases(t, trial, cases)
			}
		})
	}
}

// tinygoModule lays out a project as postern plugin new does, with the plugins of the
// repository in the module of its SDK: that module says go 1.24, and TinyGo takes no
// module that is newer than the Go that it knows.
func tinygoModule(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files, err := sdk.Project("go", "my-plugin")
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		"../vectors/go": "postern/sdk/vectors/go", "../../examples/plugin-department": "postern/examples/plugin-department",
	} {
		sources, err := filepath.Glob(from + "/*.go")
		if err != nil || len(sources) == 0 {
			t.Fatalf("%s has no sources: %v", from, err)
		}
		for _, source := range sources {
			if files[to+"/"+filepath.Base(source)], err = os.ReadFile(source); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// buildWithTinyGo builds the package of a folder. ok is false, and the log says why,
// where this TinyGo cannot work with the Go that it finds: every TinyGo refuses a Go
// that is newer than itself.
func buildWithTinyGo(t *testing.T, folder string) (module []byte, ok bool) {
	t.Helper()
	output := filepath.Join(t.TempDir(), "guest.wasm")
	args := append(slices.Clone(tinygoBuild[1:]), "-o", output, ".")
	command := exec.CommandContext(t.Context(), tinygoBuild[0], args...)
	command.Dir = folder
	command.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=off")
	if text, err := command.CombinedOutput(); err != nil {
		if strings.Contains(string(text), "requires go version") {
			t.Logf("NOT TESTED: tinygo %s; a script of that name, first on the PATH, can give it another GOROOT", strings.TrimSpace(string(text)))
			return nil, false
		}
		t.Fatalf("%q: %v\n%s", args, err, text)
	}
	module, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return module, true
}

// testVectorsOf holds that the plugin of the vectors, as a module in the sandbox,
// says of itself and answers what all do, and imports what it calls.
func testVectorsOf(t *testing.T, module []byte) {
	imports := []string{"answer_read", "fail", "input_len", "input_read", "log", "output_write", "random"}
	for _, capability := range hook.Capabilities {
		imports = append(imports, strings.ReplaceAll(capability, ".", "_"))
	}
	slices.Sort(imports)
	if got := importsOf(t, module); !slices.Equal(got, imports) {
		t.Errorf("it imports %q, want %q", got, imports)
	}
	trial := plugintest.Try(t, module)
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
	t.Run("135_remembers_nothing", func(t *testing.T) { plugintest.RemembersNothing(t, trial) })
	t.Run("texts", func(t *testing.T) { testTextsOf(t, trial) })
	t.Run("numbers", func(t *testing.T) { testNumbersOf(t, trial) })
}

func canonical(t *testing.T, list []hook.Manifest) hook.Value {
	t.Helper()
	v, err := hook.Parse(hook.AppendManifests(nil, list))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// testTextsOf lets the guest read and write the texts that every parser must.
func testTextsOf(t *testing.T, trial *plugin.Trial) {
	data, err := os.ReadFile("../vectors/json/valid.json")
	if err != nil {
		t.Fatal(err)
	}
	type text struct{ Name, Text, Compact string }
	var texts []text
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	const inMessage = hook.MaxDepth - 3 // the answer has it within three objects
	deepest := strings.Repeat(`{"a":`, inMessage) + "1" + strings.Repeat("}", inMessage)
	texts = append(texts, text{"as deep as a message can be", deepest, deepest})
	read := 0
	for _, text := range texts {
		input := []byte(`{"claims":{"v":` + text.Text + `}}`)
		if hook.CheckObject(input) != nil {
			continue // as deep as a text can be
		}
		read++
		ran, err := trial.Run(t.Context(), plugin.Run{Hook: hook.ClaimsMap, Input: input})
		if err != nil {
			t.Errorf("%s: %v", text.Name, err)
		} else if want := `"v_claims":{"v":` + text.Compact + `}`; !strings.Contains(string(ran.Output), want) {
			t.Errorf("%s: %s, want %s", text.Name, ran.Output, want)
		}
	}
	if read < 60 {
		t.Errorf("only %d texts", read)
	}
}

// testNumbersOf holds that a guest whose int has 32 bits says that a number is too
// large for it, and does not take it for another one.
func testNumbersOf(t *testing.T, trial *plugin.Trial) {
	for expires, fits := range map[string]bool{"2147483647": true, "4294967297": false} {
		request, err := hook.Parse([]byte(`{"token_endpoint":"https://issuer.example/token","client_id":"vectors"}`))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := hook.Parse([]byte(`{"token_type":"Bearer","expires_in":` + expires + `}`))
		if err != nil {
			t.Fatal(err)
		}
		ran, err := trial.Run(t.Context(), plugin.Run{
			Hook: hook.ConnectorLogin, Input: []byte(`{"phase":"finish","settings":{"calls":["oauth.exchange"]}}`),
			Plays: []hook.HostCall{{Capability: hook.OAuthExchange, Request: request, Answer: answer}},
		})
		if fits && (err != nil || !strings.Contains(string(ran.Output), `"expires_in":`+expires+`}`)) {
			t.Errorf("%s: %s, %v", expires, ran.Output, err)
		}
		if !fits && (err == nil || !strings.Contains(err.Error(), "too large")) {
			t.Errorf("%s: %s, %v", expires, ran.Output, err)
		}
	}
}
