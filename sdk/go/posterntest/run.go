//go:build !wasip1

package posterntest

import (
	"os"
	"testing"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// Run runs the test cases of a folder (sdk/abi.md section 10), each as a test of
// its own, and the samples of the manifests.
func Run(t *testing.T, module *postern.Module, dir string) {
	t.Helper()
	Samples(t, module)
	cases, err := replay.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatalf("%s has no test cases", dir)
	}
	manifests := describe(t, module)
	for _, c := range cases {
		t.Run(c.File, func(t *testing.T) { runCase(t, module, manifests, c) })
	}
}

func runCase(t testing.TB, module *postern.Module, manifests []hook.Manifest, c replay.Case) {
	t.Helper()
	plugin, number, err := c.Find(manifests)
	if err != nil {
		t.Fatal(err)
	}
	Play(t, c.Calls...)
	output, err := module.Call(plugin, number, c.Input.AppendJSON(nil))
	if err := c.Check(output, err); err != nil {
		t.Error(c.Name + ": " + err.Error())
	}
}

// Samples runs the samples of the manifests, as the host does when it loads the
// module: each must be answered.
func Samples(t *testing.T, module *postern.Module) {
	t.Helper()
	for plugin, m := range describe(t, module) {
		for _, sample := range m.Samples {
			t.Run("sample of "+m.ID+" for "+sample.Hook, func(t *testing.T) {
				c := replay.Case{Plugin: m.ID, Hook: sample.Hook}
				_, number, err := c.Find([]hook.Manifest{m})
				if err != nil {
					t.Fatal(err)
				}
				Play(t, sample.Calls...)
				if _, err := module.Call(plugin, number, sample.Input.AppendJSON(nil)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func describe(t *testing.T, module *postern.Module) []hook.Manifest {
	t.Helper()
	manifests, err := hook.ParseManifests(module.Describe())
	if err != nil {
		t.Fatalf("the manifests: %v", err)
	}
	return manifests
}
