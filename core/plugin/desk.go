package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/tetratelabs/wazero/api"
)

// Limits of the capabilities in one call.
const (
	maxCapabilityCalls = 64
	maxRequest         = 256 << 10
	maxAnswer          = 1 << 20
)

// desk is where a call of a guest asks the host for something.
type desk struct {
	h      *Host // nil where there is nobody to ask: then calls are played
	ctx    context.Context
	caller core.PluginCaller
	cpu    time.Duration
	wait   time.Duration // of all calls together
	asked  int
	waited time.Duration

	// Played calls stand for the world, in the self-test and in the tests of a
	// plugin's author. Where it plays and there is no play, the world is unavailable.
	plays bool
	play  script
	// record takes down each call; nil: nobody wants to know.
	record func(hook.HostCall)
	// wrong is a call that was not in the play: it fails the whole, whatever the
	// guest makes of the answer.
	wrong *stop
}

// capabilityImports are the functions of module "postern" that need a grant, by
// the capability that they belong to. All but the clock have one form.
func capabilityImports() map[string]string {
	imports := map[string]string{}
	for _, name := range hook.Capabilities {
		imports[importOf(name)] = name
	}
	return imports
}

// importOf gives the name of the function of a capability.
func importOf(capability string) string { return strings.ReplaceAll(capability, ".", "_") }

// blocking are the capabilities that wait for the world.
var blocking = []string{hook.HTTPFetch, hook.JWTVerify, hook.KV, hook.OIDCExchange, hook.OAuthExchange, hook.LDAPBind, hook.LDAPSearch}

func capabilityFunctions() []hostFunction {
	functions := []hostFunction{
		{importOf(hook.Clock), nil, []api.ValueType{i64}, func(i *instance, stack []uint64) {
			now, err := i.askClock()
			if err != nil {
				panic(err)
			}
			stack[0] = uint64(now.UnixMilli())
		}},
		{"answer_read", []api.ValueType{i32}, nil, func(i *instance, stack []uint64) { i.write(uint32(stack[0]), i.answer) }},
	}
	for _, name := range hook.Capabilities {
		if name == hook.Clock {
			continue
		}
		functions = append(functions, hostFunction{importOf(name), []api.ValueType{i32, i32}, []api.ValueType{i32}, func(i *instance, stack []uint64) {
			request := i.read(uint32(stack[0]), uint32(stack[1]))
			i.gauge.pause()
			i.answer = i.host.ask(name, request)
			i.gauge.resume()
			stack[0] = uint64(len(i.answer))
		}})
	}
	return functions
}

// askClock gives the time if that was granted.
func (i *instance) askClock() (time.Time, *stop) {
	d := &i.host
	switch {
	case d.plays && d.play == nil:
		return time.UnixMilli(0), nil
	case d.plays:
		ms, err := d.play.Now()
		d.amiss(err)
		return time.UnixMilli(ms), d.wrong
	case !d.granted(hook.Clock):
		d.deny(hook.Clock, "")
		return time.Time{}, &stop{ReasonDenied, d.howToGrant(hook.Clock)}
	}
	now := d.h.options.Now()
	if d.record != nil {
		d.record(hook.HostCall{
			Capability: hook.Clock, Request: hook.FromObject(nil),
			Answer: hook.FromObject(hook.Object{{Name: "now", Value: hook.Int(now.UnixMilli())}}),
		})
	}
	return now, nil
}

// ask carries out a call of a capability and gives its answer, which is valid JSON
// whatever happens.
func (d *desk) ask(capability string, request []byte) []byte {
	d.asked++
	switch {
	case d.asked > maxCapabilityCalls:
		return refusal(hook.CodeLimit, fmt.Sprintf("a call of a plugin may ask the host for at most %d things", maxCapabilityCalls))
	case len(request) > maxRequest:
		return refusal(hook.CodeTooLarge, fmt.Sprintf("a request has at most %d KiB", maxRequest>>10))
	case d.plays && d.play == nil:
		return refusal(hook.CodeUnavailable, "nothing is recorded for this call of "+capability)
	case d.plays:
		answer, err := d.play.Answer(capability, request)
		if d.amiss(err) {
			return refusal(hook.CodeUnavailable, err.Error())
		}
		return answer
	}
	answer := d.carryOut(capability, slices.Clone(request))
	if d.record != nil {
		sent, _ := hook.Parse(request)
		got, _ := hook.Parse(answer)
		d.record(hook.HostCall{Capability: capability, Request: sent, Answer: got})
	}
	return answer
}

func (d *desk) carryOut(capability string, request []byte) []byte {
	if !d.granted(capability) {
		d.deny(capability, "")
		return refusal(hook.CodeDenied, d.howToGrant(capability))
	}
	if d.h.options.Capabilities == nil {
		return refusal(hook.CodeUnavailable, "this host has no "+capability)
	}
	left := d.wait - d.waited
	if left <= 0 {
		return refusal(hook.CodeTimeout, fmt.Sprintf("the calls of the host took %v together, as long as they may", d.wait))
	}
	ctx, cancel := context.WithTimeout(d.ctx, left)
	defer cancel()
	begin := time.Now()
	answer, code := d.h.options.Capabilities.Call(ctx, &d.caller, capability, request)
	took := time.Since(begin)
	d.waited += took
	if len(answer) > maxAnswer {
		answer, code = refusal(hook.CodeTooLarge, fmt.Sprintf("the answer has more than %d MiB", maxAnswer>>20)), hook.CodeTooLarge
	}
	if code == hook.CodeDenied {
		d.deny(capability, targetMeant)
	}
	d.observe(capability, cmp.Or(code, resultOK), took)
	return answer
}

// resultOK is what is counted where nothing went wrong.
const resultOK = "ok"

func (d *desk) granted(capability string) bool {
	return slices.ContainsFunc(d.caller.Grants, func(g core.PluginGrant) bool { return g.Capability == capability })
}

func (d *desk) howToGrant(capability string) string {
	target := map[string]string{
		hook.HTTPFetch: " HOST", hook.JWTVerify: " HOST", hook.OIDCExchange: " HOST", hook.OAuthExchange: " HOST",
		hook.LDAPBind: " HOST:PORT", hook.LDAPSearch: " HOST:PORT", hook.SecretGet: " NAME",
	}[capability]
	return fmt.Sprintf("the capability %s is not granted to the instance %q; the operator grants it with: postern plugin grant %s %s%s",
		capability, d.caller.Instance, d.caller.Instance, capability, target)
}

// targetMeant says in the record of a denial that the capability was granted, but
// not for what the plugin wanted.
const targetMeant = "target"

func (d *desk) deny(capability, what string) {
	if what == "" {
		d.observe(capability, hook.CodeDenied, 0)
	}
	d.h.denied(d.ctx, &d.caller, capability, what)
}

func (d *desk) observe(capability, result string, took time.Duration) {
	d.h.options.Observer.PluginHostCall(d.caller.Instance, d.caller.Plugin, capability, result, took)
}

// amiss keeps the first call that was not in the play.
func (d *desk) amiss(err error) bool {
	if err != nil && d.wrong == nil {
		d.wrong = &stop{ReasonPlay, err.Error()}
	}
	return err != nil
}

func refusal(code, message string) []byte {
	return hook.FromObject(hook.Object{{Name: "error", Value: hook.FromObject(hook.Object{
		{Name: "code", Value: hook.String(code)}, {Name: "message", Value: hook.String(message)},
	})}}).AppendJSON(nil)
}
