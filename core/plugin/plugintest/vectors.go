package plugintest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// Try loads a module for the time of a test. Its guests draw the bytes of no real
// randomness: see draws.
func Try(t testing.TB, module []byte) *plugin.Trial {
	t.Helper()
	trial, err := plugin.Try(t.Context(), module, plugin.TrialOptions{Rand: &draws{}})
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

// File is [Try] for a module in a file.
func File(t testing.TB, name string) *plugin.Trial {
	t.Helper()
	module, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return Try(t, module)
}

// Imports holds that a module imports the functions of the host that its plugins call,
// and no others: those that every plugin needs, and more.
func Imports(t testing.TB, trial *plugin.Trial, more ...string) {
	t.Helper()
	var want []string
	for _, name := range slices.Concat([]string{"fail", "input_len", "input_read", "output_write"}, more) {
		want = append(want, "postern."+name)
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(trial.Facts().Imports)); !slices.Equal(got, want) {
		t.Errorf("the module imports %q, want %q", got, want)
	}
}

// draws gives each draw a byte of its own, all through. A guest that compares two
// draws byte by byte finds the difference in the first, always: of random bytes every
// 256th pair begins alike, and then the same call takes more fuel.
type draws struct{ number atomic.Uint32 }

func (d *draws) Read(p []byte) (int, error) {
	number := byte(d.number.Add(1))
	for i := range p {
		p[i] = number
	}
	return len(p), nil
}

// Cases runs each case of the folder, twice: the second time takes the same fuel and
// gives the same.
func Cases(t *testing.T, trial *plugin.Trial, folder fs.FS) {
	t.Helper()
	cases, err := replay.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("there are no cases")
	}
	for i := range cases {
		c := &cases[i]
		t.Run(c.Name, func(t *testing.T) {
			run := plugin.Run{Plugin: c.Plugin, Hook: c.Hook, Input: c.Input.AppendJSON(nil), Plays: c.Calls}
			first, failed := trial.Run(t.Context(), run)
			if err := errors.Join(c.Check(first.Output, bare(failed)), first.Left); err != nil {
				t.Fatal(err)
			}
			second, _ := trial.Run(t.Context(), run)
			if first.Fuel != second.Fuel || first.Fuel <= 0 {
				t.Errorf("the same call takes %d and %d of fuel", first.Fuel, second.Fuel)
			}
			if string(first.Output) != string(second.Output) {
				t.Errorf("the same call gives %s and %s", first.Output, second.Output)
			}
		})
	}
}

// Forgets lets a plugin that tells of the calls before say the same each time.
func Forgets(t testing.TB, trial *plugin.Trial, id, input string) {
	t.Helper()
	first := ""
	for n := range 5 {
		ran, err := trial.Run(t.Context(), plugin.Run{Plugin: id, Hook: hook.ClaimsMap, Input: []byte(input)})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			first = string(ran.Output)
		} else if string(ran.Output) != first {
			t.Errorf("call %d says %s, the first said %s", n, ran.Output, first)
		}
	}
}

// bare takes off a failure what the host adds to the plugin's own words.
func bare(err error) error {
	if failure, ok := errors.AsType[*plugin.CallError](err); ok && failure.Reason == plugin.ReasonRefused {
		return errors.New(strings.TrimPrefix(failure.Cause.Error(), "the plugin says: "))
	}
	return err
}

// RemembersNothing lets the plugin of the vectors count its calls in a variable and
// on the heap. It must find both as they were when the module was loaded, whether the
// call before was answered or failed.
func RemembersNothing(t *testing.T, trial *plugin.Trial) {
	t.Helper()
	for n := range 30 {
		set, err := remember(t, trial, `{"calls":["remember"]}`)
		if err != nil {
			t.Fatal(err)
		}
		results, _ := set.Get("v_calls")
		if got, want := string(results.AppendJSON(nil)), `[{"step":"remember","result":[1,1]}]`; got != want {
			t.Fatalf("in call %d the guest says %s, want %s", n, got, want)
		}
		if _, err := remember(t, trial, `{"calls":["remember","no such step"]}`); err == nil {
			t.Fatal("it does not fail")
		}
	}
}

func remember(t *testing.T, trial *plugin.Trial, settings string) (hook.Object, error) {
	ran, err := trial.Run(t.Context(), plugin.Run{Hook: hook.ClaimsMap, Input: []byte(
		`{"target":"id_token","settings":` + settings + `,"user":{},"organisation":{},"client":{},"authentication":{}}`)})
	if err != nil {
		return nil, err
	}
	out, err := hook.ParseClaimsOutput(ran.Output)
	return out.Set, err
}
