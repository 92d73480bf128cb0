package workbench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// Call is a call of a hook.
type Call struct {
	Plugin   string // empty: the module's only one
	Hook     string // empty: the plugin's only one
	Input    []byte // the message, a JSON object
	Settings []byte // a JSON object that takes the place of the input's; nil: it stays
	// Calls are the calls of capabilities that are played, a JSON array of what
	// sdk/abi.md section 10 describes; nil: there are none.
	Calls []byte
	// Live lets the plugin ask the world that the module was opened with.
	Live bool
}

// Outcome is what came of a call, as far as it came.
type Outcome struct {
	Plugin string
	Hook   string
	Output []byte
	Log    string // lines, without the end of the last
	Fuel   int64
	Memory int // bytes, at the end
	// Took is the time of the same call made once more, unless it was live: the first
	// finds cold memory.
	Took  time.Duration
	Calls []hook.HostCall // that the world answered
	// Notes are what is odd in the input, and no mistake.
	Notes []string
}

// Run makes a call. The outcome is of use with an error too.
func (m *Module) Run(ctx context.Context, call Call) (Outcome, error) {
	run, notes, err := m.prepare(&call)
	if err != nil {
		return Outcome{}, err
	}
	ran, err := m.trial.Run(ctx, run)
	if err == nil && !run.Live {
		if again, err := m.trial.Run(ctx, run); err == nil {
			ran.Took = again.Took
		}
	}
	return outcomeOf(&run, &ran, notes), explain(err, run.Live)
}

func outcomeOf(run *plugin.Run, ran *plugin.Ran, notes []string) Outcome {
	return Outcome{
		Plugin: run.Plugin, Hook: run.Hook, Output: ran.Output, Log: ran.Log, Fuel: ran.Fuel, Memory: ran.Memory, Took: ran.Took,
		Calls: ran.Calls, Notes: notes,
	}
}

// prepare reads the parts of a call and fills in what was left out.
func (m *Module) prepare(call *Call) (run plugin.Run, notes []string, err error) {
	if err := m.choose(call); err != nil {
		return plugin.Run{}, nil, err
	}
	input, err := hook.ParseObject(call.Input)
	if err != nil {
		return plugin.Run{}, nil, &Error{"the input is no JSON object: " + plugin.Placed(call.Input, "input", err).Error(), "the message of " + call.Hook + " is described in sdk/abi.md section 6", err}
	}
	if call.Settings != nil {
		settings, err := hook.ParseObject(call.Settings)
		if err != nil {
			return plugin.Run{}, nil, &Error{"the settings are no JSON object: " + plugin.Placed(call.Settings, "settings", err).Error(), "give {} for none", err}
		}
		input.Set("settings", hook.FromObject(settings))
	}
	if notes, err = strangers(call.Hook, input); err != nil {
		return plugin.Run{}, nil, err
	}
	run = plugin.Run{Plugin: call.Plugin, Hook: call.Hook, Input: input.AppendJSON(nil)}
	if call.Calls != nil {
		if run.Plays, err = hook.ParseHostCalls(call.Calls); err != nil {
			return plugin.Run{}, nil, &Error{"the calls cannot be read: " + plugin.Placed(call.Calls, "calls", err).Error(), `they are an array of {"capability": ..., "request": ..., "answer": ...}`, err}
		}
	}
	if call.Live {
		run.Live, run.Grants, run.Secrets = true, m.world.Grants, m.world.sealed()
	}
	return run, notes, nil
}

// choose finds the plugin and the hook that were left out.
func (m *Module) choose(call *Call) error {
	manifests := m.trial.Manifests()
	if call.Plugin == "" && len(manifests) == 1 {
		call.Plugin = manifests[0].ID
	}
	n := slices.IndexFunc(manifests, func(of hook.Manifest) bool { return of.ID == call.Plugin })
	if n < 0 {
		var ids []string
		for i := range manifests {
			ids = append(ids, manifests[i].ID)
		}
		if call.Plugin == "" {
			return wrong("name one with --plugin: "+strings.Join(ids, ", "), "the module has more than one plugin")
		}
		return wrong("it has "+strings.Join(ids, ", "), "the module has no plugin %q", call.Plugin)
	}
	hooks := manifests[n].Hooks
	if call.Hook == "" && len(hooks) == 1 {
		call.Hook = hooks[0]
	}
	switch {
	case call.Hook == "":
		return wrong("name one with --hook: "+strings.Join(hooks, ", "), "plugin %q has more than one hook", call.Plugin)
	case !slices.Contains(hooks, call.Hook):
		return wrong("it has "+strings.Join(hooks, ", "), "plugin %q has no hook %q", call.Plugin, call.Hook)
	}
	return nil
}

// strangers names the members of an input that the host never sends: most are
// misspelt. The error says that one is of the wrong type.
func strangers(hookName string, input hook.Object) ([]string, error) {
	text := input.AppendJSON(nil)
	known, err := asHostSends(hookName, text)
	if err != nil {
		return nil, &Error{"the input is not the message of " + hookName + ": " + plugin.Placed(text, "input", err).Error(), "the message is described in sdk/abi.md section 6", err}
	}
	var notes []string
	for m := range replay.Differences("input", hook.FromObject(input), known) {
		// What is empty is left out, and what is left out is written where it is an
		// object of the message: neither is strange.
		if value, err := hook.Parse([]byte(m.Want)); m.Got == "" && (err != nil || !isEmpty(value)) {
			notes = append(notes, fmt.Sprintf("the host never sends %s with %s", m.Path, hookName))
		}
	}
	return notes, nil
}

func isEmpty(v hook.Value) bool {
	switch v.Kind() {
	case hook.KindBool:
		return !v.Bool()
	case hook.KindNumber:
		return v.Text() == "0"
	case hook.KindString:
		return v.Text() == ""
	}
	return len(v.List())+len(v.Object()) == 0
}

// asHostSends reads a message and gives it as the host writes it.
func asHostSends(hookName string, text []byte) (hook.Value, error) {
	switch hookName {
	case hook.ClaimsMap:
		return again(hook.ParseClaimsInput(text))
	case hook.AccountShape:
		return again(hook.ParseAccountInput(text))
	case hook.ScopePolicy:
		return again(hook.ParseScopeInput(text))
	case hook.ConnectorLogin:
		return again(hook.ParseLoginInput(text))
	case hook.ConnectorPassword:
		return again(hook.ParsePasswordInput(text))
	default:
		return again(hook.ParseEventInput(text))
	}
}

func again[M interface{ AppendJSON([]byte) []byte }](message M, err error) (hook.Value, error) {
	if err != nil {
		return hook.Value{}, err
	}
	return hook.Parse(message.AppendJSON(nil))
}

// explain words the failure of a call for the plugin's author.
func explain(err error, live bool) error {
	if unfit, ok := errors.AsType[*plugin.SettingsError](err); ok {
		return &Error{"the plugin does not take such settings: " + unfit.Error(), "'postern plugin inspect' shows the schema of its settings", err}
	}
	failure, ok := errors.AsType[*plugin.CallError](err)
	if !ok {
		return err
	}
	what := string(failure.Reason)
	switch {
	case failure.Reason == plugin.ReasonDenied:
		what = "it reads the clock, which it may not"
	case failure.Claim != "":
		what = fmt.Sprintf("it sets or removes the claim %q, which is the host's", failure.Claim)
	case failure.Cause != nil:
		what = failure.Cause.Error()
	}
	return &Error{fmt.Sprintf("plugin %s failed at %s: %s", failure.Plugin, failure.Hook, what), adviseOn(failure, live), err}
}

func adviseOn(failure *plugin.CallError, live bool) string {
	switch failure.Reason {
	case plugin.ReasonPlay:
		return "give the calls that it makes with --calls, or let it ask the world with --live"
	case plugin.ReasonDenied:
		if live {
			return "allow it, as the operator would grant it: --allow clock"
		}
		return "ask for it in the manifest, and let it have it: --live --allow clock"
	case plugin.ReasonOutput, plugin.ReasonOutputSize:
		return "sdk/abi.md section 6 says what " + failure.Hook + " may give"
	case plugin.ReasonProtected:
		return "choose another name: sdk/abi.md section 6 lists the claims that are the host's"
	case plugin.ReasonFuel, plugin.ReasonTime:
		return "let it do less in a call; 'postern plugin bench' shows what a call uses, and the operator can give an instance more"
	case plugin.ReasonMemory:
		return "let it begin with less memory, or let the operator give the instance more"
	case plugin.ReasonStack:
		return "look for a function that calls itself without end"
	case plugin.ReasonTrap, plugin.ReasonExit:
		return "what it wrote before is its log; a panic and a failed assertion end this way"
	}
	return ""
}
