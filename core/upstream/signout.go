package upstream

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/postern-id/postern/core"
)

// maxHint is the longest ID token that is put into a URL, in bytes. Without the hint
// the provider goes by the client and its own session.
const maxHint = 4 << 10

// logoutPurpose is what the means to sign out are sealed for.
func logoutPurpose(connector string) string { return "upstream-logout:" + connector }

// logout is what it takes to sign out at a provider (OpenID Connect RP-Initiated
// Logout 1.0 section 2).
type logout struct {
	Endpoint string `json:"end_session_endpoint"`
	Hint     string `json:"id_token_hint,omitempty"`
	ClientID string `json:"client_id,omitempty"`
}

// logoutOf seals them; nil where there is nothing to do.
func (s *Service) logoutOf(a arrival) ([]byte, error) {
	if !a.Logout || a.linking != nil || a.tokens == nil || a.tokens.EndSession == "" {
		return nil, nil
	}
	l := logout{Endpoint: a.tokens.EndSession, ClientID: a.tokens.ClientID}
	if len(a.tokens.ID) <= maxHint {
		l.Hint = a.tokens.ID
	}
	text, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	return s.Sealer.Seal(text, logoutPurpose(a.Instance), s.Rand), nil
}

// SignOut gives where the browser signs out at the provider of the session, and comes
// back from to returnTo with state; empty if nowhere.
func (s *Service) SignOut(ctx context.Context, session *core.Session, returnTo, state string) (string, error) {
	if session.Upstream == nil || len(session.Upstream.Logout) == 0 {
		return "", nil
	}
	config, err := s.Store.Plugins(ctx)
	if err != nil {
		return "", fmt.Errorf("read the connectors: %w", err)
	}
	connector := connectorOf(config, session.Upstream.Connector)
	if connector == nil || connector.Disabled || !connector.Logout {
		return "", nil
	}
	text, err := s.Sealer.Unseal(session.Upstream.Logout, logoutPurpose(connector.Instance))
	if err != nil {
		return "", fmt.Errorf("open what it takes to sign out at %s: %w", connector.Instance, err)
	}
	var l logout
	if err := json.Unmarshal(text, &l); err != nil {
		return "", err
	}
	return l.url(returnTo, state)
}

// url keeps the query that the endpoint has.
func (l *logout) url(returnTo, state string) (string, error) {
	u, err := url.Parse(l.Endpoint)
	if err != nil {
		return "", fmt.Errorf("the end session endpoint: %w", err)
	}
	query := u.Query()
	for _, p := range []parameter{
		{"id_token_hint", l.Hint}, {"client_id", l.ClientID}, {"post_logout_redirect_uri", returnTo}, {"state", state},
	} {
		if p.value != "" {
			query.Set(p.name, p.value)
		}
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}
