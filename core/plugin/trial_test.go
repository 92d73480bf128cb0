package plugin_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

// echo answers with what it was asked.
type echo struct{}

func (echo) Call(_ context.Context, _ *core.PluginCaller, _ string, request []byte) ([]byte, string) {
	return request, ""
}

// asking is a guest that runs code for every input that is longer than its sample's.
func asking(t *testing.T, code []byte) *plugin.Trial {
	t.Helper()
	g := guest{manifests: manifestsOf(hook.ClaimsMap, "p"), outputs: []string{`{}`}, asks: []string{"kv"}, evil: code}
	g.manifests = strings.Replace(g.manifests, `"settings":`, `"capabilities":[{"name":"kv"}],"settings":`, 1)
	trial, err := plugin.Try(t.Context(), g.build(), plugin.TrialOptions{Capabilities: echo{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trial.Close(context.Background()) })
	return trial
}

const long = `{"target":"id_token"}`

func kvCall(t *testing.T, request string) hook.HostCall {
	t.Helper()
	calls, err := hook.ParseHostCalls([]byte(`[{"capability":"kv","request":` + request + `,"answer":{}}]`))
	if err != nil {
		t.Fatal(err)
	}
	return calls[0]
}

// TestPlayedCalls holds that a run asks for what was recorded, all of it, and
// nothing else.
func TestPlayedCalls(t *testing.T) {
	const get, set = `{"op":"get","key":"a"}`, `{"op":"delete","key":"a"}`
	once := asking(t, ask(get))
	trapped := asking(t, append(ask(get), opUnreachable))
	for name, test := range map[string]struct {
		trial  *plugin.Trial
		plays  []hook.HostCall
		reason plugin.Reason
		want   string
	}{
		"as recorded":        {once, []hook.HostCall{kvCall(t, get)}, "", ""},
		"empty members":      {once, []hook.HostCall{kvCall(t, `{"key":"a","op":"get","ttl":0}`)}, "", ""},
		"another request":    {once, []hook.HostCall{kvCall(t, set)}, plugin.ReasonPlay, `call 1, kv: request.op is "get", want "delete"`},
		"nothing recorded":   {once, nil, plugin.ReasonPlay, "no further call was recorded"},
		"more is recorded":   {once, []hook.HostCall{kvCall(t, get), kvCall(t, set)}, plugin.ReasonPlay, `call 2: the plugin did not ask kv {"op":"delete","key":"a"}`},
		"other capability":   {once, []hook.HostCall{{Capability: hook.SecretGet, Request: hook.FromObject(nil)}}, plugin.ReasonPlay, "recorded is secret.get"},
		"a trap in its wake": {trapped, nil, plugin.ReasonPlay, "no further call was recorded"},
		"a trap of its own":  {trapped, []hook.HostCall{kvCall(t, get)}, plugin.ReasonTrap, "unreachable"},
	} {
		ran, err := test.trial.Run(t.Context(), plugin.Run{Input: []byte(long), Plays: test.plays})
		if reasonOf(err) != test.reason || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q, %q", name, err, test.reason, test.want)
		}
		if left := test.reason == plugin.ReasonPlay && len(test.plays) > 0; left != (ran.Left != nil) {
			t.Errorf("%s: left %v", name, ran.Left)
		}
	}
}

// TestLooseCalls holds that a loose run takes any request, and says which it got.
func TestLooseCalls(t *testing.T) {
	trial := asking(t, append(ask(`{"op":"get","key":"a"}`), ask(`{"op":"get","key":"b"}`)...))
	run := plugin.Run{Input: []byte(long), Loose: true, Plays: []hook.HostCall{kvCall(t, `{"op":"set"}`), kvCall(t, `{}`)}}
	ran, err := trial.Run(t.Context(), run)
	if err != nil || len(ran.Calls) != 2 || string(ran.Calls[1].AppendJSON(nil)) != `{"capability":"kv","request":{"op":"get","key":"b"},"answer":{}}` {
		t.Errorf("%+v, %v", ran.Calls, err)
	}
	run.Plays = append(run.Plays, kvCall(t, `{}`))
	if _, err = trial.Run(t.Context(), run); reasonOf(err) != plugin.ReasonPlay || !strings.Contains(err.Error(), "did not make 1 of the calls") {
		t.Errorf("a call is left: %v", err)
	}
	run.Plays[1].Capability = hook.SecretGet
	if _, err = trial.Run(t.Context(), run); reasonOf(err) != plugin.ReasonPlay || !strings.Contains(err.Error(), "recorded is secret.get") {
		t.Errorf("another capability: %v", err)
	}
	run.Plays = run.Plays[:1]
	if _, err = trial.Run(t.Context(), run); reasonOf(err) != plugin.ReasonPlay || !strings.Contains(err.Error(), "no further call") {
		t.Errorf("a call too many: %v", err)
	}
	if _, err = asking(t, ask(`{`)).Run(t.Context(), run); reasonOf(err) != plugin.ReasonPlay {
		t.Errorf("no JSON: %v", err)
	}
}

// TestRecordedCalls holds that a run that may ask the world takes down what it
// asked, and only asks for what was granted.
func TestRecordedCalls(t *testing.T) {
	trial := asking(t, ask(`{"op":"get","key":"a"}`))
	run := plugin.Run{Input: []byte(long), Live: true, Grants: []core.PluginGrant{{Capability: hook.KV}}}
	ran, err := trial.Run(t.Context(), run)
	if err != nil || len(ran.Calls) != 1 || string(ran.Calls[0].AppendJSON(nil)) != `{"capability":"kv","request":{"op":"get","key":"a"},"answer":{"op":"get","key":"a"}}` {
		t.Errorf("%+v, %v", ran.Calls, err)
	}
	if ran.Fuel <= 0 || ran.Memory <= 0 || string(ran.Output) != `{}` {
		t.Errorf("%+v", ran)
	}
	run.Grants = nil
	ran, err = trial.Run(t.Context(), run)
	if err != nil || len(ran.Calls) != 1 || !strings.Contains(string(ran.Calls[0].Answer.AppendJSON(nil)), `"code":"denied"`) {
		t.Errorf("not granted: %+v, %v", ran.Calls, err)
	}
}

func TestRunThatCannotBe(t *testing.T) {
	g := guest{manifests: manifestsOf(hook.ClaimsMap, "p", "q"), outputs: []string{`{}`, `{"set":{"sub":"x"}}`}}
	trial, err := plugin.Try(t.Context(), g.build(), plugin.TrialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer trial.Close(context.Background())
	if ids := []string{trial.Manifests()[0].ID, trial.Manifests()[1].ID}; !slices.Equal(ids, []string{"p", "q"}) || trial.Facts().Size != len(g.build()) {
		t.Errorf("%v, %+v", ids, trial.Facts())
	}
	for want, run := range map[string]plugin.Run{
		`the module has no plugin ""; it has p, q`:           {Input: []byte(`{}`)},
		`the module has no plugin "r"; it has p, q`:          {Plugin: "r", Input: []byte(`{}`)},
		`plugin "p" has no hook "event.sink/v1"; it has cla`: {Plugin: "p", Hook: hook.EventSink, Input: []byte(`{}`)},
		`the input is no JSON object`:                        {Plugin: "p", Input: []byte(`[]`)},
		`the input's settings must be an object`:             {Plugin: "p", Input: []byte(`{"settings":1}`)},
		`protected_claim sub`:                                {Plugin: "q", Input: []byte(`{}`)},
	} {
		_, err := trial.Run(t.Context(), run)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if _, failed := errors.AsType[*plugin.CallError](err); failed != strings.Contains(want, "protected") {
			t.Errorf("%T %v", err, err)
		}
	}
}

// TestMeasure holds that a measurement counts what it did, and that one whose call
// fails says so.
func TestMeasure(t *testing.T) {
	trial := asking(t, ask(`{"op":"get","key":"a"}`))
	var told []string
	run := plugin.Run{Input: []byte(long), Plays: []hook.HostCall{kvCall(t, `{"op":"get","key":"a"}`)}}
	effort := plugin.Effort{Time: 20 * time.Millisecond, Tell: func(what string, done float64) {
		if done < 0 || done > 1 {
			t.Errorf("%s: %f", what, done)
		}
		told = append(told, what)
	}}
	m, err := trial.Measure(t.Context(), run, effort)
	if err != nil {
		t.Fatal(err)
	}
	if m.Calls < 1 || m.Median <= 0 || m.P99 < m.Median || m.PerSecond <= 0 || m.CPUs < 1 || m.Instance <= 0 || m.Resident < 0 {
		t.Errorf("%+v", m)
	}
	ran, err := trial.Run(t.Context(), run)
	if err != nil || ran.Fuel != m.Fuel {
		t.Errorf("fuel %d, measured %d, %v", ran.Fuel, m.Fuel, err)
	}
	if !slices.Contains(told, "making instances") {
		t.Errorf("told %v", told)
	}
	run.Plays = nil
	if _, err := trial.Measure(t.Context(), run, effort); reasonOf(err) != plugin.ReasonPlay {
		t.Errorf("a call that fails: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run.Plays = []hook.HostCall{kvCall(t, `{"op":"get","key":"a"}`)}
	effort.Time = time.Hour
	if _, err := trial.Measure(ctx, run, effort); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestPages holds that the pages are counted which a call writes.
func TestPages(t *testing.T) {
	var code []byte
	for page := range 3 {
		code = slices.Concat(code, konst(page<<14), konst(7), []byte{opStore8, 0, 0})
	}
	trial := asking(t, append(code, answer(`{"set":{"v":1}}`)...))
	for range 3 {
		ran, err := trial.Run(t.Context(), plugin.Run{Input: []byte(long)})
		if err != nil || string(ran.Output) != `{"set":{"v":1}}` {
			t.Fatalf("%s, %v", ran.Output, err)
		}
		// The three pages of the code, and those of its answer.
		if ran.Pages < 4 || ran.Pages > 6 {
			t.Errorf("%d pages were put back", ran.Pages)
		}
	}
}

// TestOffline holds item 138: a preview has no world and no secrets, whatever was granted,
// and says what the plugin wanted of it.
func TestOffline(t *testing.T) {
	trial := asking(t, append(ask(`{"op":"get","key":"a"}`), ask(`{"op":"set"}`)...))
	ran, err := trial.Run(t.Context(), plugin.Run{
		Input: []byte(long), Offline: true, Grants: []core.PluginGrant{{Capability: hook.KV}}, Secrets: []core.PluginSecret{{Name: "key", Sealed: []byte("s")}},
	})
	if err != nil || len(ran.Calls) != 2 || string(ran.Output) != `{}` {
		t.Fatalf("%+v, %v", ran.Calls, err)
	}
	if got := string(ran.Calls[0].AppendJSON(nil)); !strings.Contains(got, `"request":{"op":"get","key":"a"}`) || !strings.Contains(got, `"code":"unavailable"`) {
		t.Error(got) // the world of these tests would have answered with the request
	}
	if ran, err = asking(t, ask(`{`)).Run(t.Context(), plugin.Run{Input: []byte(long), Offline: true}); err != nil || len(ran.Calls) != 1 {
		t.Errorf("no JSON: %+v, %v", ran.Calls, err)
	}
	// The limits of a server hold.
	if _, err := trial.Run(t.Context(), plugin.Run{Input: []byte(long), Offline: true, Limits: core.PluginLimits{MemoryMiB: 1}}); err != nil {
		t.Error(err)
	}
	busy := asking(t, []byte{opLoop, noResult, opBr, 0, opEnd})
	if _, err := busy.Run(t.Context(), plugin.Run{Input: []byte(long), Offline: true, Limits: core.PluginLimits{CPU: time.Millisecond}}); reasonOf(err) != plugin.ReasonFuel {
		t.Errorf("a loop without end: %v", err)
	}
}
