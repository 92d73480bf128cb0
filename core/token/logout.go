package token

import (
	"cmp"
	"fmt"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/sdk/hook"
)

const (
	// logoutEvent is the one member of the claim events.
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
	// logoutLifetime is the longest that OpenID Connect Back-Channel Logout 1.0 section 4
	// recommends.
	logoutLifetime = 2 * time.Minute
	algNone        = "none"
)

// LogoutToken tells a client that a session has ended (OpenID Connect Back-Channel
// Logout 1.0 section 2.4). It has sub and sid as the client's ID tokens have them, and
// no nonce: nobody takes it for one of those. It is always signed, with the algorithm of
// ID tokens if those are.
func (i *Issuer) LogoutToken(client *core.Client, user, session core.ID, now time.Time) (string, error) {
	alg := cmp.Or(client.IDTokenAlg, defaultAlg)
	if alg == algNone {
		alg = defaultAlg
	}
	claims := hook.Object{
		{Name: "iss", Value: hook.String(i.Issuer)},
		{Name: "sub", Value: hook.String(i.Subjects.Of(client, user))},
		{Name: "aud", Value: hook.String(client.ID)},
		{Name: "exp", Value: seconds(now.Add(logoutLifetime))},
		{Name: "iat", Value: seconds(now)},
		{Name: "jti", Value: hook.String(string(core.NewID(now, i.Rand)))},
		{Name: "sid", Value: hook.String(string(session))},
		{Name: "events", Value: hook.FromObject(hook.Object{{Name: logoutEvent, Value: hook.FromObject(nil)}})},
	}
	signed, err := i.Keys.Sign(alg, jose.TypLogout, claims.AppendJSON(nil))
	if err != nil {
		return "", fmt.Errorf("sign the logout token: %w", err)
	}
	return signed, nil
}
