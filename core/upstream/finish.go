package upstream

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// maxSkew is how far a provider's clock may be behind ours.
const maxSkew = time.Minute

// Finish makes a person here of what came back from a provider. Whatever comes of it,
// the attempt is used: the changes of the proof, and those of a
// *[core.UpstreamRefused], end it and have the audit records. Any other error is a
// failure of the server.
func (s *Service) Finish(ctx context.Context, f core.UpstreamFinish) (*core.Proof, error) {
	end := core.FinishAttempt{ID: f.Attempt.ID}
	if f.For == nil {
		f.Event = stranger(f.Event)
	}
	o, err := s.open(ctx, f.Attempt.Connector, hook.ConnectorLogin, f.Client)
	if err != nil {
		return nil, s.refused(err, o.Connector, f.Event, end)
	}
	proof, err := s.finish(ctx, o, f)
	if err != nil {
		return nil, s.refused(err, o.Connector, f.Event, end)
	}
	proof.Changes = append([]core.Change{end}, proof.Changes...)
	return proof, nil
}

func (s *Service) finish(ctx context.Context, o opened, f core.UpstreamFinish) (*core.Proof, error) {
	state, k, params, err := s.reopen(f)
	if err != nil {
		return nil, err
	}
	answer, err := parseCallback(params, k)
	if err != nil {
		return nil, err
	}
	login := &core.UpstreamLogin{RedirectURI: s.redirectURI(o.Instance), Code: answer.code, Issuer: answer.issuer}
	if !k.NoPKCE {
		login.CodeVerifier = s.word(state, forVerifier)
	}
	if k.Issuer != "" {
		login.Nonce = s.word(state, forNonce)
	}
	if o.KeepTokens || o.Logout {
		login.Got = new(core.UpstreamTokens)
	}
	out, err := s.askFinish(ctx, o, f.Client, answer.others, k, login)
	if err != nil {
		return nil, err
	}
	p, err := readIdentity(out.Identity)
	if err != nil {
		return nil, err
	}
	if f.Attempt.Fresh && !p.authTime.IsZero() && p.authTime.Before(f.Attempt.CreatedAt.Add(-maxSkew)) {
		return nil, broken("upstream_not_fresh", "a new sign-in was asked for, and the provider gave one from before")
	}
	proof, err := s.receive(ctx, arrival{opened: o, client: f.Client, linking: f.For, event: f.Event, person: &p, tokens: login.Got})
	if err != nil {
		return nil, err
	}
	proof.Method, proof.AMR, proof.ACR = "upstream", p.amr, p.acr
	if now := s.Now(); p.authTime.Before(now) {
		proof.AuthTime = p.authTime
	}
	return proof, nil
}

// reopen checks that the attempt is the one that the callback is of, and opens what it
// kept.
func (s *Service) reopen(f core.UpstreamFinish) (state core.Credential, k kept, params url.Values, err error) {
	state, ok := core.ParseCredential(core.KindState, f.State)
	switch {
	case !ok || !belongs(state, f.Attempt):
		return state, k, nil, broken("state_other", "the state is not that of the attempt")
	case f.Connector != f.Attempt.Connector:
		return state, k, nil, broken("connector_other", "the callback came to the redirect URI of another connector")
	case (f.For == nil) != (f.Attempt.LinkTo == "") || f.For != nil && f.For.Session.ID != f.Attempt.LinkTo:
		return state, k, nil, broken("session_other", "whoever began to link is not who came back")
	}
	text, err := s.openUnder(state, forKept, f.Attempt.Sealed)
	if err != nil {
		return state, k, nil, err
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return state, k, nil, err
	}
	if f.Attempt.Held == nil {
		return state, k, f.Params, nil
	}
	params, err = s.unhold(state, f.Attempt.Held)
	return state, k, params, err
}

// askFinish calls the connector.
func (s *Service) askFinish(ctx context.Context, o opened, client *core.Client, others hook.Object, k kept, login *core.UpstreamLogin) (*hook.LoginOutput, error) {
	data, err := hook.ParseObject(k.Data)
	if err != nil {
		return nil, err
	}
	out, err := s.ask(ctx, o, &hook.LoginInput{
		Phase: hook.PhaseFinish, Organisation: s.Organisation(o.org), Client: s.clientOf(client),
		RedirectURI: login.RedirectURI, Parameters: others, Data: data,
	}, login)
	if err == nil && out.Identity == nil {
		err = broken("no_identity", "the connector gave neither an identity nor a refusal")
	}
	return out, err
}
