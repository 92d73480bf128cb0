package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// MapClaims runs claims.map/v1: the instances bound for the client in their order,
// each on the claims that the one before left. It gives the claims and who set or
// removed which; the host fills Settings. Nothing bound gives in.Claims as they
// are. A failure is a [*CallError], unless the binding says that the request goes
// on without the plugin.
func (h *Host) MapClaims(ctx context.Context, in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) {
	list, err := h.bound(ctx, hook.ClaimsMap, in.Client.ID)
	if err != nil || len(list) == 0 {
		return in.Claims, nil, err
	}
	message := *in
	message.Claims = slices.Clone(in.Claims)
	var origins []hook.Origin
	for i := range list {
		message.Settings = list[i].settings
		out, err := h.mapClaims(ctx, &list[i], &message)
		if err != nil {
			h.audit(ctx, err, core.ID(in.User.ID), in.Client.ID)
			if list[i].failOpen {
				continue
			}
			return nil, nil, err
		}
		origins = apply(&message.Claims, out, &list[i], origins)
	}
	return message.Claims, origins, nil
}

func (h *Host) mapClaims(ctx context.Context, b *bound, in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
	text, err := h.call(ctx, b, hook.ClaimsMap, in)
	if err != nil {
		return nil, err
	}
	out, err := hook.ParseClaimsOutput(text)
	if err != nil {
		return nil, b.fail(hook.ClaimsMap, ReasonOutput, err)
	}
	if claim, ok := protectedIn(out); ok {
		failure := b.fail(hook.ClaimsMap, ReasonProtected, nil)
		failure.Claim = claim
		return nil, failure
	}
	return out, nil
}

// protectedIn finds a claim of the host among those that a plugin wants changed.
func protectedIn(out *hook.ClaimsOutput) (claim string, found bool) {
	for i := range out.Set {
		if hook.IsProtected(out.Set[i].Name) {
			return out.Set[i].Name, true
		}
	}
	for _, name := range out.Remove {
		if hook.IsProtected(name) {
			return name, true
		}
	}
	return "", false
}

// apply removes, then sets. Of several origins of one claim the last stays.
func apply(claims *hook.Object, out *hook.ClaimsOutput, b *bound, origins []hook.Origin) []hook.Origin {
	note := func(claim string, removed bool) {
		origins = slices.DeleteFunc(origins, func(o hook.Origin) bool { return o.Claim == claim })
		origins = append(origins, hook.Origin{Claim: claim, Instance: b.instance, Plugin: b.plugin, Removed: removed})
	}
	for _, name := range out.Remove {
		if _, had := claims.Get(name); had {
			claims.Remove(name)
			note(name, true)
		}
	}
	for i := range out.Set {
		claims.Set(out.Set[i].Name, out.Set[i].Value)
		note(out.Set[i].Name, false)
	}
	return origins
}

// ShapeAccount runs account.shape/v1. One instance answers: the first that is
// bound to this very client, else the first that is bound to all. Its JSON object
// is given byte for byte; bound is false if there is none. A failure is a
// [*CallError].
func (h *Host) ShapeAccount(ctx context.Context, in *hook.AccountInput) (doc []byte, bound bool, err error) {
	list, err := h.bound(ctx, hook.AccountShape, in.Client.ID)
	if err != nil || len(list) == 0 {
		return nil, false, err
	}
	b := &list[max(0, slices.IndexFunc(list, isSpecific))]
	message := *in
	message.Settings = b.settings
	doc, err = h.call(ctx, b, hook.AccountShape, &message)
	if err == nil {
		if wrong := hook.CheckObject(doc); wrong != nil {
			doc, err = nil, b.fail(hook.AccountShape, ReasonOutput, wrong)
		}
	}
	if err != nil {
		h.audit(ctx, err, core.ID(in.User.ID), in.Client.ID)
		return nil, true, err
	}
	return doc, true, nil
}

func isSpecific(b bound) bool { return b.specific }

// DecideScopes runs scope.policy/v1: every instance bound for the client, each on
// the scopes that the one before left, so none can widen another. A refusal ends
// it. The scopes of the answer are always the ones to grant, in the order asked
// for. A failure is a [*CallError], and means that nothing may be granted.
func (h *Host) DecideScopes(ctx context.Context, in *hook.ScopeInput) (hook.ScopeOutput, error) {
	list, err := h.bound(ctx, hook.ScopePolicy, in.Client.ID)
	if err != nil {
		return hook.ScopeOutput{Deny: true}, err
	}
	decided := hook.ScopeOutput{Scopes: in.Scopes}
	message := *in
	for i := range list {
		message.Settings, message.Scopes = list[i].settings, decided.Scopes
		out, err := h.decideScopes(ctx, &list[i], &message)
		if err == nil {
			err = narrow(&decided, out, &list[i])
		}
		if err != nil {
			h.audit(ctx, err, core.ID(in.User.ID), in.Client.ID)
			return hook.ScopeOutput{Deny: true}, err
		}
		if decided.Deny {
			break
		}
	}
	return decided, nil
}

func (h *Host) decideScopes(ctx context.Context, b *bound, in *hook.ScopeInput) (*hook.ScopeOutput, error) {
	text, err := h.call(ctx, b, hook.ScopePolicy, in)
	if err != nil {
		return nil, err
	}
	out, err := hook.ParseScopeOutput(text)
	if err != nil {
		return nil, b.fail(hook.ScopePolicy, ReasonOutput, err)
	}
	return out, nil
}

// narrow adds one policy's answer to those before it.
func narrow(decided, out *hook.ScopeOutput, b *bound) error {
	if out.Deny {
		*decided = hook.ScopeOutput{Deny: true, Reason: readable(out.Reason)}
		return nil
	}
	if out.Scopes != nil {
		for _, scope := range out.Scopes {
			if !slices.Contains(decided.Scopes, scope) {
				return b.fail(hook.ScopePolicy, ReasonWider, nil)
			}
		}
		kept := make([]string, 0, len(decided.Scopes))
		for _, scope := range decided.Scopes {
			if slices.Contains(out.Scopes, scope) {
				kept = append(kept, scope)
			}
		}
		decided.Scopes = kept
	}
	if out.ACR != "" {
		// Classes have no order that the host knows, so two different ones
		// cannot both be met.
		if decided.ACR != "" && decided.ACR != out.ACR {
			return b.fail(hook.ScopePolicy, ReasonConflict, errors.New("another policy asks for another acr"))
		}
		decided.ACR = out.ACR
	}
	decided.Fresh = decided.Fresh || out.Fresh
	decided.Consent = decided.Consent || out.Consent
	return nil
}

// readable makes a reason fit for a page: one line, not long.
func readable(reason string) string {
	const longest = 300
	reason = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, reason)
	if runes := []rune(reason); len(runes) > longest {
		reason = string(runes[:longest])
	}
	return reason
}

func (h *Host) bound(ctx context.Context, hookName, clientID string) ([]bound, error) {
	config, err := h.options.Source.Plugins(ctx)
	if err != nil {
		return nil, fmt.Errorf("plugin bindings: %w", err)
	}
	if len(config.Bindings) == 0 {
		return nil, nil
	}
	return h.plans.of(config, hookName, clientID), nil
}

// call runs one hook of one instance. The error is a [*CallError].
func (h *Host) call(ctx context.Context, b *bound, hookName string, message interface{ AppendJSON([]byte) []byte }) ([]byte, error) {
	if b.broken != nil || b.module != core.BuiltinModule {
		return nil, b.fail(hookName, ReasonUnavailable, b.broken)
	}
	m, err := h.module(ctx)
	if err != nil {
		return nil, b.fail(hookName, ReasonUnavailable, err)
	}
	plugin, number, ok := m.find(b.plugin, hookName)
	if !ok {
		return nil, b.fail(hookName, ReasonUnavailable, ErrUnknownPlugin)
	}
	output, err := m.call(ctx, b.instance, plugin, number, message)
	if err != nil {
		reason := ReasonUnavailable
		if inside, ok := errors.AsType[*stop](err); ok {
			reason = inside.reason
		}
		return nil, b.fail(hookName, reason, err)
	}
	return output, nil
}

func (b *bound) fail(hookName string, reason Reason, cause error) *CallError {
	return &CallError{Instance: b.instance, Plugin: b.plugin, Hook: hookName, Reason: reason, Cause: cause}
}

// audit reports a failed call, but not one whose caller went away.
func (h *Host) audit(ctx context.Context, err error, user core.ID, client string) {
	failure, ok := errors.AsType[*CallError](err)
	if !ok || ctx.Err() != nil {
		return
	}
	h.options.Logger.Warn("plugin failed", "instance", failure.Instance, "hook", failure.Hook, "reason", string(failure.Reason), "error", err)
	if h.options.Failed == nil {
		return
	}
	now := h.options.Now()
	detail := map[string]string{
		"instance": failure.Instance, "plugin": failure.Plugin, "hook": failure.Hook, "reason": string(failure.Reason),
	}
	if failure.Claim != "" {
		detail["claim"] = failure.Claim
	}
	h.options.Failed(ctx, core.Event{
		ID: core.NewID(now, h.options.Rand), At: now, Type: core.EventPluginFailed, UserID: user, ClientID: client, Detail: detail,
	})
}
