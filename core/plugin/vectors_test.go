package plugin_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// TestVectorsInGo runs the vectors of all SDKs through the sandbox, with the guest in
// Go. The guests in other languages are run so by the tests of their SDKs.
func TestVectorsInGo(t *testing.T) {
	runVectors(t, buildGuest(t, "../../sdk/vectors/go"))
}

// runVectors runs each case of sdk/vectors in the sandbox, and holds that the same
// input takes the same fuel, and that no call finds anything of another.
func runVectors(t *testing.T, module []byte) {
	t.Helper()
	trial, err := plugin.Try(t.Context(), module, plugin.TrialOptions{CacheDir: sharedCache})
	if err != nil {
		t.Fatal(err)
	}
	defer trial.Close(context.Background())
	cases, err := replay.Load(os.DirFS("../../sdk/vectors/cases"))
	if err != nil || len(cases) < 60 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for i := range cases {
		c := &cases[i]
		t.Run(c.Name, func(t *testing.T) {
			run := plugin.Run{Plugin: c.Plugin, Hook: c.Hook, Input: c.Input.AppendJSON(nil), Plays: c.Calls}
			first, failed := trial.Run(t.Context(), run)
			if failure, ok := errors.AsType[*plugin.CallError](failed); ok && failure.Reason == plugin.ReasonRefused {
				failed = errors.New(strings.TrimPrefix(failure.Cause.Error(), "the plugin says: "))
			}
			if err := c.Check(first.Output, failed); err != nil {
				t.Fatal(err)
			}
			second, _ := trial.Run(t.Context(), run)
			if first.Fuel != second.Fuel || first.Fuel <= 0 {
				t.Errorf("the same call takes %d and %d of fuel", first.Fuel, second.Fuel)
			}
		})
	}
}

// TestRemembersNothing holds item 135 in a guest of Go that tries: it counts its calls
// in a variable and in an object on the heap.
func TestRemembersNothing(t *testing.T) { remembersNothing(t, buildGuest(t, "../../sdk/vectors/go")) }

func remembersNothing(t *testing.T, module []byte) {
	t.Helper()
	trial, err := plugin.Try(t.Context(), module, plugin.TrialOptions{CacheDir: sharedCache})
	if err != nil {
		t.Fatal(err)
	}
	defer trial.Close(context.Background())
	ask := func(settings string) (hook.Object, error) {
		ran, err := trial.Run(t.Context(), plugin.Run{Hook: hook.ClaimsMap, Input: []byte(
			`{"target":"id_token","settings":` + settings + `,"user":{},"organisation":{},"client":{},"authentication":{}}`)})
		if err != nil {
			return nil, err
		}
		out, err := hook.ParseClaimsOutput(ran.Output)
		return out.Set, err
	}
	for range 30 {
		set, err := ask(`{"calls":["remember"]}`)
		if err != nil {
			t.Fatal(err)
		}
		results, _ := set.Get("v_calls")
		if got, want := string(results.AppendJSON(nil)), `[{"step":"remember","result":[1,1]}]`; got != want {
			t.Fatalf("the guest says %s, want %s", got, want)
		}
		if _, err := ask(`{"calls":["remember"],"fail":"after it counted"}`); err == nil {
			t.Fatal("it does not fail")
		}
	}
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
