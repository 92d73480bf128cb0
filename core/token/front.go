package token

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Front completes an answer of the authorization endpoint with what its response type
// asks for besides the code: an access token, an ID token. The changes are to apply,
// after the grant is stored, before anybody gets it; nothing has happened until then.
func (i *Issuer) Front(ctx context.Context, client *core.Client, a *core.Authorized, responseType string, now time.Time, answer *oauth.Answer) ([]core.Change, error) {
	words := strings.Fields(responseType)
	o := Order{Now: now, Scopes: a.Grant.Scopes}
	var changes []core.Change
	if slices.Contains(words, oauth.WordToken) {
		access, add := i.access(client, a, o)
		answer.AccessToken, answer.ExpiresIn, answer.Scopes = access.String(), add.Token.ExpiresAt.Sub(now), o.Scopes
		changes = append(changes, add)
	}
	if !slices.Contains(words, oauth.WordIDToken) {
		return changes, nil
	}
	var err error
	answer.IDToken, err = i.idToken(ctx, client, a, o, beside{code: answer.Code, access: answer.AccessToken})
	return changes, err
}
