package upstream

import (
	"context"
	"encoding/json"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// maxData is the size in bytes of what a connector may keep until finish.
const maxData = 4 << 10

// Begin asks the connector where the browser goes. An error that is a
// *[core.UpstreamRefused] says that there is no such connector for the client, or that
// it failed; any other is the server's.
func (s *Service) Begin(ctx context.Context, b core.UpstreamBegin) (core.UpstreamStart, error) {
	o, err := s.open(ctx, b.Connector, hook.ConnectorLogin, b.Client)
	if err != nil {
		return core.UpstreamStart{}, s.refused(err, o.Connector, b.Event)
	}
	start, err := s.begin(ctx, o, b)
	if err != nil {
		return core.UpstreamStart{}, s.refused(err, o.Connector, b.Event)
	}
	return start, nil
}

func (s *Service) begin(ctx context.Context, o opened, b core.UpstreamBegin) (core.UpstreamStart, error) {
	out, err := s.askBegin(ctx, o, b)
	if err != nil {
		return core.UpstreamStart{}, err
	}
	data := out.Data.AppendJSON(nil)
	if len(data) > maxData {
		return core.UpstreamStart{}, broken("data_too_large", "the connector wants to keep more than 4 KiB")
	}
	to, err := s.destination(ctx, o, out.Redirect)
	if err != nil {
		return core.UpstreamStart{}, err
	}
	now := s.Now()
	state := core.NewCredential(core.KindState, core.NewID(now, s.Rand), s.Rand)
	redirect, err := to.url(s.ours(state, o.Instance, to))
	if err != nil {
		return core.UpstreamStart{}, err
	}
	text, err := json.Marshal(kept{Data: data, Issuer: to.issuer, Host: to.host, NamesItself: to.namesItself, NoPKCE: out.Redirect.NoPKCE})
	if err != nil {
		return core.UpstreamStart{}, err
	}
	sealed, err := s.sealUnder(state, forKept, text)
	if err != nil {
		return core.UpstreamStart{}, err
	}
	attempt := core.UpstreamAttempt{
		ID: state.ID, Hash: state.Hash(), BrowserHash: b.Browser, RequestID: b.Request, LinkTo: b.LinkTo, Connector: o.Instance,
		Fresh: b.Fresh, Sealed: sealed, CreatedAt: now, ExpiresAt: b.ExpiresAt,
	}
	begun := s.record(b.Event, now, core.EventUpstreamBegun, map[string]string{"connector": o.Instance})
	return core.UpstreamStart{Redirect: redirect, Changes: []core.Change{core.SaveAttempt{Attempt: attempt}, begun}}, nil
}

// askBegin calls the connector.
func (s *Service) askBegin(ctx context.Context, o opened, b core.UpstreamBegin) (*hook.LoginOutput, error) {
	out, err := s.ask(ctx, o, &hook.LoginInput{
		Phase: hook.PhaseBegin, Organisation: s.Organisation(o.org), Client: s.clientOf(b.Client),
		RedirectURI: s.redirectURI(o.Instance), LoginHint: b.LoginHint, Prompt: prompt(b),
		ACRValues: b.ACRValues, UILocales: b.UILocales,
	}, nil)
	if err == nil && out.Redirect == nil {
		err = broken("no_redirect", "the connector gave neither a redirect nor a refusal")
	}
	return out, err
}

// ask calls the connector. A refusal is an error.
func (s *Service) ask(ctx context.Context, o opened, in *hook.LoginInput, login *core.UpstreamLogin) (*hook.LoginOutput, error) {
	out, err := s.Connectors.Login(ctx, o.Instance, in, login)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, failedAt("connector_failed", err)
	case out.Deny:
		return nil, deniedBy(out.Reason)
	}
	return out, nil
}

// prompt asks for a new sign-in before a choice of accounts: the former has the latter.
func prompt(b core.UpstreamBegin) string {
	switch {
	case b.Fresh:
		return "login"
	case b.SelectAccount:
		return "select_account"
	}
	return ""
}

// deniedBy is what a connector that denies says. Its words are for the person.
func deniedBy(words string) *problem {
	words = oneLine(words, 300)
	return &problem{kind: core.UpstreamDenied, reason: "connector_denied", more: words, words: words}
}

// ours are the parameters that the host alone sets.
func (s *Service) ours(state core.Credential, instance string, to destination) []parameter {
	list := []parameter{
		{"response_type", "code"}, {"client_id", to.redirect.ClientID}, {"redirect_uri", s.redirectURI(instance)},
		{"scope", to.scope}, {"state", state.String()},
	}
	if !to.redirect.NoPKCE {
		list = append(list, parameter{"code_challenge", challengeOf(s.word(state, forVerifier))}, parameter{"code_challenge_method", "S256"})
	}
	if to.issuer != "" {
		list = append(list, parameter{"nonce", s.word(state, forNonce)})
	}
	if to.redirect.ResponseMode != "" {
		list = append(list, parameter{"response_mode", to.redirect.ResponseMode})
	}
	return list
}
