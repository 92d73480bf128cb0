package plugin

import (
	"context"
	"errors"
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
		b := &list[i]
		if b.shadow {
			h.shadowClaims(ctx, b, &message)
			continue
		}
		out, err := h.mapClaims(ctx, b, &message)
		if err != nil {
			h.audit(ctx, err, core.ID(in.User.ID), in.Client.ID)
			if b.failOpen {
				continue
			}
			return nil, nil, err
		}
		origins = apply(&message.Claims, out, b.served, origins)
	}
	return message.Claims, origins, nil
}

func (h *Host) mapClaims(ctx context.Context, b *bound, in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
	text, err := h.call(ctx, b.served, hook.ClaimsMap, writes(in, &in.Settings, in.User.ID), nil)
	if err != nil {
		return nil, err
	}
	return b.claimsOf(text)
}

// claimsOf reads the output of claims.map/v1.
func (s *served) claimsOf(text []byte) (*hook.ClaimsOutput, error) {
	out, err := hook.ParseClaimsOutput(text)
	if err != nil {
		return nil, s.fail(hook.ClaimsMap, ReasonOutput, err)
	}
	if claim, ok := protectedIn(out); ok {
		failure := s.fail(hook.ClaimsMap, ReasonProtected, nil)
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
func apply(claims *hook.Object, out *hook.ClaimsOutput, s *served, origins []hook.Origin) []hook.Origin {
	note := func(claim string, removed bool) {
		origins = slices.DeleteFunc(origins, func(o hook.Origin) bool { return o.Claim == claim })
		origins = append(origins, hook.Origin{Claim: claim, Instance: s.instance, Plugin: s.plugin, Removed: removed})
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
	message := *in
	b := answering(list)
	if b != nil {
		doc, err = h.call(ctx, b.served, hook.AccountShape, writes(&message, &message.Settings, in.User.ID), nil)
		if err == nil {
			if wrong := hook.CheckObject(doc); wrong != nil {
				doc, err = nil, b.fail(hook.AccountShape, ReasonOutput, wrong)
			}
		}
	}
	if err != nil {
		h.audit(ctx, err, core.ID(in.User.ID), in.Client.ID)
		return nil, true, err
	}
	for i := range list {
		if list[i].shadow {
			h.shadowAccount(ctx, &list[i], &message, doc)
		}
	}
	return doc, b != nil, nil
}

// answering chooses the instance that shapes the account; nil if there are shadows
// alone.
func answering(list []bound) (chosen *bound) {
	for i := range list {
		b := &list[i]
		if !b.shadow && (chosen == nil || b.specific && !chosen.specific) {
			chosen = b
		}
	}
	return chosen
}

// DecideScopes runs scope.policy/v1: every instance bound for the client, each on
// the scopes that the one before left, so none can widen another. A refusal ends
// it. The scopes of the answer are always the ones to grant, in the order asked
// for. A failure is a [*CallError], and means that nothing may be granted.
func (h *Host) DecideScopes(ctx context.Context, in *hook.ScopeInput) (hook.ScopeOutput, error) {
	return h.allScopes(ctx, in, nil)
}

// ExplainScopes is DecideScopes with what each instance said, in their order, as far
// as they were asked. Shadows are asked too, and waited for.
func (h *Host) ExplainScopes(ctx context.Context, in *hook.ScopeInput) ([]hook.Decision, hook.ScopeOutput, error) {
	var said []hook.Decision
	out, err := h.allScopes(ctx, in, func(d hook.Decision) { said = append(said, d) })
	return said, out, err
}

// allScopes tells each answer to told, if anybody wants to hear it.
func (h *Host) allScopes(ctx context.Context, in *hook.ScopeInput, told func(hook.Decision)) (hook.ScopeOutput, error) {
	list, err := h.bound(ctx, hook.ScopePolicy, in.Client.ID)
	if err != nil {
		return hook.ScopeOutput{Deny: true}, err
	}
	decided := hook.ScopeOutput{Scopes: in.Scopes}
	message := *in
	for i := range list {
		b := &list[i]
		message.Scopes = decided.Scopes
		if b.shadow && told == nil {
			h.shadowScopes(ctx, b, &message)
			continue
		}
		before := decided
		out, err := h.decideScopes(ctx, b, &message)
		if err == nil {
			err = narrow(&decided, out, b.served)
		}
		if told != nil {
			told(decisionOf(b, message.Scopes, out, err))
		}
		if b.shadow {
			decided = before
			continue
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

func decisionOf(b *bound, asked []string, out *hook.ScopeOutput, err error) hook.Decision {
	d := hook.Decision{Instance: b.instance, Plugin: b.plugin, Shadow: b.shadow, Asked: asked, Failure: err}
	if err == nil {
		d.Output = *out
		d.Output.Reason = readable(out.Reason)
	}
	return d
}

func (h *Host) decideScopes(ctx context.Context, b *bound, in *hook.ScopeInput) (*hook.ScopeOutput, error) {
	text, err := h.call(ctx, b.served, hook.ScopePolicy, writes(in, &in.Settings, in.User.ID), nil)
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
func narrow(decided, out *hook.ScopeOutput, s *served) error {
	if out.Deny {
		*decided = hook.ScopeOutput{Deny: true, Reason: readable(out.Reason)}
		return nil
	}
	if out.Scopes != nil {
		for _, scope := range out.Scopes {
			if !slices.Contains(decided.Scopes, scope) {
				return s.fail(hook.ScopePolicy, ReasonWider, nil)
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
			return s.fail(hook.ScopePolicy, ReasonConflict, errors.New("another policy asks for another acr"))
		}
		decided.ACR = out.ACR
	}
	decided.Fresh = decided.Fresh || out.Fresh
	decided.Consent = decided.Consent || out.Consent
	return nil
}

// readable makes a reason fit for a page: one line, not long.
func readable(reason string) string {
	return shortened(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, reason), 300)
}

func shortened(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}

// Login runs connector.login/v1 of an instance. login is the host's half, at
// finish; the plugin never sees it. A failure is a [*CallError].
func (h *Host) Login(ctx context.Context, instance string, in *hook.LoginInput, login *core.UpstreamLogin) (*hook.LoginOutput, error) {
	message := *in
	return connect(ctx, h, instance, hook.ConnectorLogin, writes(&message, &message.Settings, ""), login, hook.ParseLoginOutput)
}

// Password runs connector.password/v1 of an instance. A failure is a [*CallError].
func (h *Host) Password(ctx context.Context, instance string, in *hook.PasswordInput) (*hook.PasswordOutput, error) {
	message := *in
	return connect(ctx, h, instance, hook.ConnectorPassword, writes(&message, &message.Settings, in.Address), nil, hook.ParsePasswordOutput)
}

// Deliver runs event.sink/v1 of an instance. A failure is a [*CallError]: the event
// should be sent again.
func (h *Host) Deliver(ctx context.Context, instance string, event *hook.Event) error {
	message := hook.EventInput{Event: *event}
	_, err := connect(ctx, h, instance, hook.EventSink, writes(&message, &message.Settings, event.ID), nil, hook.ParseEventOutput)
	return err
}

// connect runs a hook of the one instance that is meant.
func connect[T any](ctx context.Context, h *Host, instance, hookName string, in writer, login *core.UpstreamLogin, parse func([]byte) (*T, error)) (*T, error) {
	p, err := h.current(ctx)
	if err != nil {
		return nil, err
	}
	s := p.instances[instance]
	if s == nil {
		return nil, &CallError{Instance: instance, Hook: hookName, Reason: ReasonUnavailable, Cause: ErrUnknownPlugin}
	}
	text, err := h.call(ctx, s, hookName, in, login)
	if err == nil {
		var out *T
		if out, err = parse(text); err == nil {
			return out, nil
		}
		err = s.fail(hookName, ReasonOutput, err)
	}
	if hookName != hook.EventSink { // an event about a failed event would have no end
		h.audit(ctx, err, "", "")
	}
	return nil, err
}

func (h *Host) bound(ctx context.Context, hookName, clientID string) ([]bound, error) {
	p, err := h.current(ctx)
	if err != nil || len(p.hooks) == 0 {
		return nil, err
	}
	return p.of(hookName, clientID), nil
}

func (s *served) fail(hookName string, reason Reason, cause error) *CallError {
	return &CallError{Instance: s.instance, Plugin: s.plugin, Hook: hookName, Reason: reason, Cause: cause}
}

// audit reports a failed call, but not one whose caller went away, and not each one
// of an instance that rests.
func (h *Host) audit(ctx context.Context, err error, user core.ID, client string) {
	failure, ok := errors.AsType[*CallError](err)
	if !ok || ctx.Err() != nil || failure.Reason == ReasonSuspended {
		return
	}
	h.options.Logger.Warn("plugin failed", "instance", failure.Instance, "hook", failure.Hook, "reason", string(failure.Reason), "error", err)
	detail := map[string]string{
		"instance": failure.Instance, "plugin": failure.Plugin, "hook": failure.Hook, "reason": string(failure.Reason),
	}
	if failure.Claim != "" {
		detail["claim"] = failure.Claim
	}
	h.options.record(ctx, core.Event{Type: core.EventPluginFailed, UserID: user, ClientID: client, Detail: detail})
}
