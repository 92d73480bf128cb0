package plugin_test

import (
	"os"
	"testing"

	"github.com/postern-id/postern/core/plugin/plugintest"
)

// TestVectors runs the vectors of all SDKs through the sandbox with the guest in Go,
// and holds item 135 for it. The tests of the other SDKs do so for theirs.
func TestVectors(t *testing.T) {
	trial := plugintest.Try(t, plugintest.GoModule(t, vectorsFolder))
	plugintest.Cases(t, trial, os.DirFS("../../sdk/vectors/cases"))
	t.Run("135_remembers_nothing", func(t *testing.T) { plugintest.RemembersNothing(t, trial) })
}

// TestPluginInText holds that a plugin which was written from sdk/abi.md alone is
// loaded and answers.
func TestPluginInText(t *testing.T) {
	module, err := os.ReadFile("../../sdk/testdata/team.wasm")
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{}
	s.install(module, nil)
	config := *s.config.Load()
	config.Instances[0].Plugin = "team"
	s.config.Store(&config)
	claims, _, err := hostOf(t, s, nil).MapClaims(t.Context(), inputFor("c"))
	if got := string(claims.AppendJSON(nil)); err != nil || got != `{"team":"a"}` {
		t.Errorf("%s, %v", got, err)
	}
}
