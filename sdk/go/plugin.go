package postern

import (
	"errors"
	"slices"

	"github.com/postern-id/postern/sdk/hook"
)

// Plugin is what a module offers. A nil function means that the plugin does not
// implement that hook. An error fails the call; its text goes to the operator's
// log, never to the person.
type Plugin struct {
	// Manifest needs ID, Version and Description. The host API version and the
	// hooks are filled in; without Settings there are none; and a hook without a
	// sample is tried on an empty message when the module is loaded.
	Manifest hook.Manifest

	// Claims is claims.map/v1.
	Claims func(*hook.ClaimsInput) (*hook.ClaimsOutput, error)
	// Account is account.shape/v1. The object is sent as it is, its members in
	// their order.
	Account func(*hook.AccountInput) (hook.Object, error)
	// Scopes is scope.policy/v1.
	Scopes func(*hook.ScopeInput) (*hook.ScopeOutput, error)
	// LoginBegin and LoginFinish are the phases of connector.login/v1.
	LoginBegin, LoginFinish func(*hook.LoginInput) (*hook.LoginOutput, error)
	// Password is connector.password/v1.
	Password func(*hook.PasswordInput) (*hook.PasswordOutput, error)
	// Event is event.sink/v1. After an error the event comes again, later.
	Event func(*hook.EventInput) error
}

// HostAPI is the version of the host's interface that this SDK speaks.
const HostAPI = 1

type handler struct {
	hook string
	// call appends the output for an input to out.
	call func(input, out []byte) ([]byte, error)
}

// handlers are in the order of [hook.Names].
func (p *Plugin) handlers() []handler {
	var list []handler
	if p.Claims != nil {
		list = append(list, handler{hook.ClaimsMap, serve(hook.ParseClaimsInput, p.Claims)})
	}
	if p.Account != nil {
		list = append(list, handler{hook.AccountShape, p.account})
	}
	if p.Scopes != nil {
		list = append(list, handler{hook.ScopePolicy, serve(hook.ParseScopeInput, p.Scopes)})
	}
	if p.LoginBegin != nil || p.LoginFinish != nil {
		list = append(list, handler{hook.ConnectorLogin, serve(hook.ParseLoginInput, p.login)})
	}
	if p.Password != nil {
		list = append(list, handler{hook.ConnectorPassword, serve(hook.ParsePasswordInput, p.Password)})
	}
	if p.Event != nil {
		list = append(list, handler{hook.EventSink, p.event})
	}
	return list
}

// serve puts a function between the texts of its messages. A plugin that gives
// neither an output nor an error has nothing to say.
func serve[In, Out any, P interface {
	*Out
	AppendJSON([]byte) []byte
}](parse func([]byte) (*In, error), answer func(*In) (P, error)) func(input, dst []byte) ([]byte, error) {
	return func(input, dst []byte) ([]byte, error) {
		in, err := parse(input)
		if err != nil {
			return nil, err
		}
		out, err := answer(in)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = new(Out)
		}
		return out.AppendJSON(dst), nil
	}
}

func (p *Plugin) account(input, dst []byte) ([]byte, error) {
	in, err := hook.ParseAccountInput(input)
	if err != nil {
		return nil, err
	}
	out, err := p.Account(in)
	if err != nil {
		return nil, err
	}
	return out.AppendJSON(dst), nil
}

func (p *Plugin) login(in *hook.LoginInput) (*hook.LoginOutput, error) {
	switch {
	case in.Phase == hook.PhaseBegin && p.LoginBegin != nil:
		return p.LoginBegin(in)
	case in.Phase == hook.PhaseFinish && p.LoginFinish != nil:
		return p.LoginFinish(in)
	default:
		return nil, errPhase
	}
}

func (p *Plugin) event(input, dst []byte) ([]byte, error) {
	in, err := hook.ParseEventInput(input)
	if err != nil {
		return nil, err
	}
	return dst, p.Event(in)
}

// Module is a set of plugins that answers as a guest does: the exports of a
// WebAssembly module are calls of it, and tests may call it natively.
type Module struct {
	plugins  []Plugin
	handlers [][]handler // by plugin, then by hook
}

// NewModule makes a module of plugins.
func NewModule(plugins ...Plugin) *Module {
	m := &Module{plugins: plugins}
	for i := range plugins {
		m.handlers = append(m.handlers, plugins[i].handlers())
	}
	return m
}

// Describe gives the manifests as the host reads them.
func (m *Module) Describe() []byte {
	list := make([]hook.Manifest, len(m.plugins))
	for i := range m.plugins {
		list[i] = m.plugins[i].Manifest
		list[i].HostAPI = HostAPI
		if list[i].Settings.Kind() == hook.KindNull {
			list[i].Settings = noSettings()
		}
		list[i].Hooks = nil
		for _, h := range m.handlers[i] {
			list[i].Hooks = append(list[i].Hooks, h.hook)
			if !slices.ContainsFunc(list[i].Samples, func(s hook.Sample) bool { return s.Hook == h.hook }) {
				list[i].Samples = append(list[i].Samples, emptySample(h.hook))
			}
		}
	}
	return hook.AppendManifests(nil, list)
}

// noSettings is the schema of an empty object.
func noSettings() hook.Value {
	return hook.FromObject(hook.Object{
		{Name: "type", Value: hook.String("object")},
		{Name: "additionalProperties", Value: hook.Bool(false)},
	})
}

func emptySample(name string) hook.Sample {
	settings := hook.FromObject(nil)
	var text []byte
	switch name {
	case hook.ClaimsMap:
		text = (&hook.ClaimsInput{Target: hook.TargetIDToken, Settings: settings}).AppendJSON(nil)
	case hook.AccountShape:
		text = (&hook.AccountInput{Settings: settings}).AppendJSON(nil)
	case hook.ScopePolicy:
		text = (&hook.ScopeInput{Settings: settings}).AppendJSON(nil)
	case hook.ConnectorLogin:
		text = (&hook.LoginInput{Phase: hook.PhaseBegin, Settings: settings}).AppendJSON(nil)
	case hook.ConnectorPassword:
		text = (&hook.PasswordInput{Settings: settings}).AppendJSON(nil)
	case hook.EventSink:
		text = (&hook.EventInput{Settings: settings}).AppendJSON(nil)
	}
	input, err := hook.Parse(text)
	if err != nil {
		panic(err) // what was just written
	}
	return hook.Sample{Hook: name, Input: input}
}

// Package fmt would cost every guest 0.8 MB.
var (
	errNoPlugin = errors.New("the module has no such plugin")
	errNoHook   = errors.New("the plugin has no such hook")
	errPhase    = errors.New("unknown phase of connector.login/v1")
)

// Call runs one hook. Both numbers are positions: of the plugin in the module, of
// the hook in its manifest.
func (m *Module) Call(plugin, number int, input []byte) ([]byte, error) {
	return m.call(plugin, number, input, nil)
}

func (m *Module) call(plugin, number int, input, out []byte) ([]byte, error) {
	if plugin < 0 || plugin >= len(m.handlers) {
		return nil, errNoPlugin
	}
	if number < 0 || number >= len(m.handlers[plugin]) {
		return nil, errNoHook
	}
	return m.handlers[plugin][number].call(input, out)
}
