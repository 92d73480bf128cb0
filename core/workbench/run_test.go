package workbench

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

const played = `[{"capability":"clock","request":{},"answer":{"now":1}},
	{"capability":"secret.get","request":{"name":"api"},"answer":{"value":"abc"}},
	{"capability":"kv","request":{"op":"set","key":"k","ttl":60,"value":"abc"},"answer":{"found":true}}]`

func TestRun(t *testing.T) {
	m := open(t, asks, nil)
	o, err := m.Run(t.Context(), Call{Input: []byte(`{"settings":{"name":1}}`), Settings: []byte(`{"name":"a"}`), Calls: []byte(played)})
	if err != nil {
		t.Fatal(err)
	}
	if string(o.Output) != `{"set":{"kv":{"found":true},"secret":{"value":"abc"}}}` || o.Plugin != "asks" || o.Hook != hook.ClaimsMap ||
		o.Log != "it asked" || o.Fuel <= 0 || o.Memory != 4<<16 || o.Took <= 0 || len(o.Calls)+len(o.Notes) != 0 {
		t.Errorf("%+v", o)
	}
}

// TestRunLive holds that a plugin may do what it was allowed, and nothing else.
func TestRunLive(t *testing.T) {
	world := allOf("s3cret")
	m := open(t, asks, world)
	o, err := m.Run(t.Context(), Call{Input: []byte(`{}`), Live: true})
	if err != nil || string(o.Output) != `{"set":{"kv":{},"secret":{"value":"s3cret"}}}` || len(o.Calls) != 3 {
		t.Errorf("%+v, %v", o, err)
	}
	world.Grants = world.Grants[:1]
	o, err = m.Run(t.Context(), Call{Input: []byte(`{}`), Live: true})
	if err != nil || strings.Count(string(o.Output), `"code":"denied"`) != 2 {
		t.Errorf("%s, %v", o.Output, err)
	}
	world.Grants = nil
	_, err = m.Run(t.Context(), Call{Input: []byte(`{}`), Live: true})
	wants(t, err, "plugin asks failed at claims.map/v1: it reads the clock, which it may not", "--allow clock")
	_, err = open(t, asks, nil).Run(t.Context(), Call{Input: []byte(`{}`), Live: true})
	wants(t, err, "it reads the clock, which it may not", "--allow clock")
}

func TestRunRefuses(t *testing.T) {
	asks, fickle := open(t, asks, nil), open(t, fickle, nil)
	for name, test := range map[string]struct {
		module       *Module
		call         Call
		what, advice string
	}{
		"no such plugin": {asks, Call{Plugin: "other"}, `the module has no plugin "other"`, "it has asks"},
		"no such hook":   {asks, Call{Hook: hook.EventSink}, `plugin "asks" has no hook "event.sink/v1"`, "it has claims.map/v1"},
		"which hook":     {fickle, Call{}, `plugin "fickle" has more than one hook`, "--hook: claims.map/v1, event.sink/v1"},
		"input":          {asks, Call{Input: []byte(`[]`)}, "the input is no JSON object: input: byte 0", "section 6"},
		"cut off":        {asks, Call{Input: []byte(`{"user":{"name":"a"`)}, "input.user: byte 19: ", "claims.map/v1"},
		"wrong type":     {asks, Call{Input: []byte(`{"user":{"groups":"a"}}`)}, "the input is not the message of claims.map/v1: input.user.groups: byte 18: ", "section 6"},
		"settings":       {asks, Call{Input: []byte(`{}`), Settings: []byte(`1`)}, "the settings are no JSON object: settings: byte 0", "{}"},
		"schema":         {asks, Call{Input: []byte(`{"settings":{"nam":"a"}}`)}, "the plugin does not take such settings: settings.nam is unknown", "postern plugin inspect"},
		"calls":          {asks, Call{Input: []byte(`{}`), Calls: []byte(`[{"name":"kv"}]`)}, "the calls cannot be read: calls[0].name: byte 9: an unknown member", `"capability"`},
		"nothing played": {asks, Call{Input: []byte(`{}`)}, "call 1: the plugin asks clock {}, and no further call was recorded", "--live"},
		"something else": {asks, Call{Input: []byte(`{}`), Calls: []byte(strings.Replace(played, `"ttl":60`, `"ttl":61`, 1))}, "call 3, kv: request.ttl is 60, want 61", "--calls"},
		"something left": {asks, Call{Input: []byte(`{}`), Calls: []byte(strings.Replace(played, `]`, `,{"capability":"clock"}]`, 1))}, "call 4: the plugin did not ask clock", "--calls"},
		"another value":  {asks, Call{Input: []byte(`{}`), Calls: []byte(strings.Replace(played, `"abc"}`, `"a\"c"}`, 1))}, `call 3, kv: request.value is "a\"c", want "abc"`, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			_, err := test.module.Run(t.Context(), test.call)
			wants(t, err, test.what, test.advice)
		})
	}
}

// TestStrangers holds that a misspelt member of the input is noticed, and what is
// free or left out is not.
func TestStrangers(t *testing.T) {
	for hookName, test := range map[string]struct {
		input string
		want  []string // paths
	}{
		hook.ClaimsMap: {
			`{"usr":{"name":"a"},"user":{"emial":"a","groups":[],"attributes":{"any":"x"}},"claims":{"x":[{"y":1}]},"settings":{"a":{"b":false}}}`,
			[]string{"input.usr", "input.user.emial"},
		},
		hook.AccountShape:      {`{"target":"id_token","claims":{"a":1}}`, []string{"input.target"}},
		hook.ScopePolicy:       {`{"grant_type":"x","ip":"1.2.3.4"}`, []string{"input.ip"}},
		hook.ConnectorLogin:    {`{"phase":"begin","data":{"x":1},"parameters":{"y":"z"},"code":"c"}`, []string{"input.code"}},
		hook.ConnectorPassword: {`{"name":"a","password":"b","otp":"c","empty":""}`, []string{"input.otp"}},
		hook.EventSink:         {`{"event":{"id":"e","detail":{"x":"y"},"user":"u"}}`, []string{"input.event.user"}},
	} {
		input, err := hook.ParseObject([]byte(test.input))
		if err != nil {
			t.Fatal(err)
		}
		notes, err := strangers(hookName, input)
		if err != nil || len(notes) != len(test.want) {
			t.Errorf("%s: %q, %v", hookName, notes, err)
			continue
		}
		for n := range notes {
			if !strings.HasPrefix(notes[n], "the host never sends "+test.want[n]+" with") {
				t.Errorf("%s: %q, want %q", hookName, notes[n], test.want[n])
			}
		}
	}
}

// TestExplain holds that each way to fail is said with the plugin, the hook, and
// what to do.
func TestExplain(t *testing.T) {
	for reason, advice := range map[plugin.Reason]string{
		plugin.ReasonPlay: "--calls", plugin.ReasonOutput: "section 6 says what claims.map/v1", plugin.ReasonOutputSize: "section 6",
		plugin.ReasonFuel: "postern plugin bench", plugin.ReasonTime: "less in a call", plugin.ReasonMemory: "less memory",
		plugin.ReasonStack: "calls itself", plugin.ReasonTrap: "log", plugin.ReasonExit: "log", plugin.ReasonRefused: "", plugin.ReasonDenied: "--live --allow clock",
	} {
		cause := errors.New("the cause")
		err := explain(&plugin.CallError{Instance: "trial", Plugin: "p", Hook: hook.ClaimsMap, Reason: reason, Cause: cause}, false)
		wants(t, err, "plugin p failed at claims.map/v1: ", advice)
		if !errors.Is(err, cause) || strings.Contains(err.Error(), "trial") {
			t.Errorf("%v", err)
		}
	}
	wants(t, explain(&plugin.CallError{Plugin: "p", Hook: hook.ClaimsMap, Reason: plugin.ReasonProtected, Claim: "sub"}, false), `the claim "sub"`, "choose another name")
	wants(t, explain(&plugin.CallError{Plugin: "p", Hook: hook.ClaimsMap, Reason: plugin.ReasonBusy}, false), "claims.map/v1: busy", "")
	if other := errors.New("other"); explain(other, true) != other || explain(nil, false) != nil {
		t.Error("an error of another kind is changed")
	}
}
