package flow

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// stateContext keeps the state of a browser apart from whatever else is made with the
// key.
const stateContext = "postern browser state 1\n"

// browserState is the OP browser state of a session (OpenID Connect Session Management
// 1.0 section 3.2). It tells nothing of the session but that it is another one.
func (d *Dispatcher) browserState(s *core.Session) string {
	mac := hmac.New(sha256.New, d.Key[:])
	mac.Write([]byte(stateContext))
	mac.Write(s.Hash[:])
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// watchable adds to an authorization response what its client needs to watch the session,
// and lets the browser keep what it is compared with.
func (d *Dispatcher) watchable(v *visit, response oauth.Response, scopes []string) oauth.Response {
	if !d.Watched || !slices.Contains(scopes, oauth.ScopeOpenID) {
		return response
	}
	d.showState(v)
	state := oauth.SessionState(v.client.ID, response.RedirectURI, v.cookies.SetState, d.salt())
	if state != "" {
		response.Fields = append(slices.Clip(response.Fields), oauth.Field{Name: "session_state", Value: state})
	}
	return response
}

// salt is 128 bits.
func (d *Dispatcher) salt() string {
	var salt [16]byte
	if _, err := io.ReadFull(d.Rand, salt[:]); err != nil {
		panic(err) // the operating system has no randomness
	}
	return base64.RawURLEncoding.EncodeToString(salt[:])
}

// showState lets scripts of ours see which session the browser has.
func (d *Dispatcher) showState(v *visit) {
	if d.Watched {
		v.cookies.SetState, v.cookies.StateExpires = d.browserState(&v.signedIn.Session), v.signedIn.Session.ExpiresAt
	}
}
