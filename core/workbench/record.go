package workbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// Recording is a live call that was written down.
type Recording struct {
	Text    []byte // of the case
	Outcome Outcome
	// Warnings are what its author must know before the case is shared.
	Warnings []string
}

// Record makes a live call and writes it as a case that plays the same answers. No
// secret is in it: where the plugin got one, or the world said one, it is replaced,
// and the plugin is called once more with the replacement, so that whatever it makes
// of a secret is made of that.
func (m *Module) Record(ctx context.Context, name string, call Call) (Recording, error) {
	call.Live = true
	run, notes, err := m.prepare(&call)
	if err != nil {
		return Recording{}, err
	}
	ran, err := m.trial.Run(ctx, run)
	r := Recording{Outcome: outcomeOf(&run, &ran, notes)}
	if err != nil && !refuses(err) {
		return r, explain(err, true)
	}
	masks := newMask(m.world.Secrets)
	if masks.in(run.Input) || masks.in(appendCalls(nil, ran.Calls)) || masks.in(ran.Output) || err != nil && masks.in([]byte(err.Error())) {
		r.Warnings = append(r.Warnings, "secrets were replaced in the case by the words masked- and their names")
		if ran, err = m.rehearse(ctx, &run, masks, ran); err != nil && !refuses(err) {
			return r, err
		}
	}
	c := m.caseOf(name, &run, ran, err)
	r.Text = []byte(pretty(caseValue(c)))
	if masks.in(r.Text) {
		return r, wrong("let the host put secrets in: requests of http.fetch have secrets for that", "the plugin lets a secret out in a way that cannot be replaced, so nothing was written")
	}
	r.Warnings = append(r.Warnings, m.doubts(ctx, c)...)
	return r, nil
}

// refuses reports whether the plugin itself said no, which a case can expect.
func refuses(err error) bool {
	failure, ok := errors.AsType[*plugin.CallError](err)
	return ok && failure.Reason == plugin.ReasonRefused
}

// rehearse calls the plugin again, with answers and an input that have no secret.
func (m *Module) rehearse(ctx context.Context, run *plugin.Run, masks *mask, ran plugin.Ran) (plugin.Ran, error) {
	input, err := hook.Parse(run.Input)
	if err != nil {
		return plugin.Ran{}, err
	}
	run.Input = masks.value(input).AppendJSON(nil)
	run.Live, run.Loose, run.Plays, run.Grants, run.Secrets = false, true, masks.calls(ran.Calls), nil, nil
	again, err := m.trial.Run(ctx, *run)
	if err != nil && !refuses(err) {
		return again, &Error{
			"with other words in the place of its secrets the plugin does something else, so nothing was written: " + explain(err, false).Error(),
			"let the host put secrets in, as requests of http.fetch can, or write the case by hand", err,
		}
	}
	return again, err
}

func (m *Module) caseOf(name string, run *plugin.Run, ran plugin.Ran, err error) *replay.Case {
	c := &replay.Case{Name: name, Hook: run.Hook, Calls: ran.Calls}
	c.Input, _ = hook.Parse(run.Input)
	if len(m.trial.Manifests()) > 1 {
		c.Plugin = run.Plugin
	}
	if failure, ok := errors.AsType[*plugin.CallError](err); ok {
		c.Fails = reasonOf(failure)
		return c
	}
	c.Output = hook.FromObject(nil)
	if output := bytes.TrimSpace(ran.Output); len(output) > 0 {
		c.Output, _ = hook.Parse(output)
	}
	return c
}

// caseValue is the case as an object, without the empty members of its requests.
func caseValue(c *replay.Case) hook.Value {
	v, _ := hook.Parse(c.AppendJSON(nil))
	return v
}

// doubts says what may be wrong with a case that was recorded.
func (m *Module) doubts(ctx context.Context, c *replay.Case) (warnings []string) {
	v := Verdict{}
	ran, err := m.play(ctx, c)
	if v.judge(c, &ran, err); !v.OK {
		why := v.Problem
		if len(v.Differences) > 0 {
			why = v.Differences[0].String()
		}
		warnings = append(warnings, fmt.Sprintf("the case does not pass when it is played (%s): the plugin may use randomness, or the clock of its language", why))
	}
	if slices.ContainsFunc(c.Calls, func(call hook.HostCall) bool { return call.Capability != hook.Clock }) {
		warnings = append(warnings, "read the case before you share it: what the world answered is in it")
	}
	return warnings
}

// appendCalls writes calls as a JSON array.
func appendCalls(dst []byte, calls []hook.HostCall) []byte {
	dst = append(dst, '[')
	for n := range calls {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = calls[n].AppendJSON(dst)
	}
	return append(dst, ']')
}
