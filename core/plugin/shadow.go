package plugin

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/postern-id/postern/sdk/hook"
)

// A shadow is an instance that is asked like any other, whose answer is compared
// and thrown away. It runs beside the request, which does not wait for it.

// mostShadows bounds those that run or wait. What comes beyond is not asked.
const (
	mostShadows   = 64
	shadowTimeout = 10 * time.Second
)

type shadows struct {
	places chan struct{}
	work   *sync.WaitGroup
}

func newShadows() shadows { return shadows{make(chan struct{}, mostShadows), new(sync.WaitGroup)} }

func (s *shadows) close() { s.work.Wait() }

// written is a message that was written before, because what it was made of may
// change.
type written struct {
	text    []byte
	subject string
}

func (w written) AppendJSON(dst []byte) []byte { return append(dst, w.text...) }
func (written) use(hook.Value)                 {}
func (w written) about() string                { return w.subject }

// shadow asks an instance beside the request. differs names what its answer would
// have changed; nothing if it would not.
func (h *Host) shadow(ctx context.Context, b *bound, hookName string, in writer, differs func(output []byte) ([]string, error)) {
	if h.closed.Load() {
		return
	}
	select {
	case h.shadows.places <- struct{}{}:
	default:
		return
	}
	s := b.current()
	in.use(s.settings)
	text := written{in.AppendJSON(nil), in.about()}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shadowTimeout)
	h.shadows.work.Go(func() {
		defer func() { cancel(); <-h.shadows.places }()
		output, err := h.call(ctx, s, hookName, text, nil)
		var changes []string
		if err == nil {
			changes, err = differs(output)
		}
		if err != nil {
			h.options.Logger.Warn("shadow failed", "instance", s.instance, "hook", hookName, "error", err)
		} else if len(changes) > 0 {
			h.options.Logger.Info("shadow differs", "instance", s.instance, "hook", hookName, "in", strings.Join(changes, " "))
		}
		h.options.Observer.PluginShadow(s.instance, hookName, err != nil || len(changes) > 0)
	})
}

// shadowClaims names the claims that the instance would have set otherwise or
// removed. It tells no values: they are personal.
func (h *Host) shadowClaims(ctx context.Context, b *bound, in *hook.ClaimsInput) {
	message := *in
	claims := slices.Clone(in.Claims)
	h.shadow(ctx, b, hook.ClaimsMap, writes(&message, &message.Settings, in.User.ID), func(output []byte) ([]string, error) {
		out, err := b.claimsOf(output)
		if err != nil {
			return nil, err
		}
		return changedClaims(claims, out), nil
	})
}

func changedClaims(claims hook.Object, out *hook.ClaimsOutput) (names []string) {
	for _, name := range out.Remove {
		if _, there := claims.Get(name); there {
			names = append(names, "-"+name)
		}
	}
	for i := range out.Set {
		before, there := claims.Get(out.Set[i].Name)
		switch {
		case !there:
			names = append(names, "+"+out.Set[i].Name)
		case !equal(before, out.Set[i].Value):
			names = append(names, out.Set[i].Name)
		}
	}
	return names
}

func (h *Host) shadowAccount(ctx context.Context, b *bound, in *hook.AccountInput, doc []byte) {
	message := *in
	h.shadow(ctx, b, hook.AccountShape, writes(&message, &message.Settings, in.User.ID), func(output []byte) ([]string, error) {
		if err := hook.CheckObject(output); err != nil {
			return nil, b.fail(hook.AccountShape, ReasonOutput, err)
		}
		if !bytes.Equal(doc, output) {
			return []string{"document"}, nil
		}
		return nil, nil
	})
}

// shadowScopes names the scopes that the policy would have taken away, and what
// else it would have asked for.
func (h *Host) shadowScopes(ctx context.Context, b *bound, in *hook.ScopeInput) {
	message := *in
	h.shadow(ctx, b, hook.ScopePolicy, writes(&message, &message.Settings, in.User.ID), func(output []byte) ([]string, error) {
		out, err := hook.ParseScopeOutput(output)
		if err != nil {
			return nil, b.fail(hook.ScopePolicy, ReasonOutput, err)
		}
		decided := hook.ScopeOutput{Scopes: message.Scopes}
		if err := narrow(&decided, out, b.served); err != nil {
			return nil, err
		}
		return changedScopes(message.Scopes, &decided), nil
	})
}

func changedScopes(asked []string, decided *hook.ScopeOutput) (names []string) {
	if decided.Deny {
		return []string{"deny"}
	}
	for _, scope := range asked {
		if !slices.Contains(decided.Scopes, scope) {
			names = append(names, "-"+scope)
		}
	}
	if decided.ACR != "" {
		names = append(names, "acr")
	}
	if decided.Fresh {
		names = append(names, "fresh")
	}
	if decided.Consent {
		names = append(names, "consent")
	}
	return names
}
