package token

import (
	"strconv"
	"time"

	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// Set is what a token request answers (RFC 6749 section 5.1, OpenID Connect Core
// section 3.1.3.3). It is full of secrets: never log it.
type Set struct {
	AccessToken  string
	ExpiresIn    time.Duration // of the access token
	Scopes       []string      // of the access token
	RefreshToken string        // empty if there is none
	IDToken      string        // empty without the scope openid
}

// JSON gives the response body.
func (s *Set) JSON() []byte {
	b := make([]byte, 0, 256+len(s.AccessToken)+len(s.RefreshToken)+len(s.IDToken))
	b = appendText(append(b, `{"access_token":`...), s.AccessToken)
	b = append(b, `,"token_type":"Bearer","expires_in":`...)
	b = strconv.AppendInt(b, int64(s.ExpiresIn/time.Second), 10)
	b = appendText(append(b, `,"scope":`...), oauth.FormatScope(s.Scopes))
	if s.RefreshToken != "" {
		b = appendText(append(b, `,"refresh_token":`...), s.RefreshToken)
	}
	if s.IDToken != "" {
		b = appendText(append(b, `,"id_token":`...), s.IDToken)
	}
	return append(b, '}')
}

func appendText(b []byte, s string) []byte { return hook.String(s).AppendJSON(b) }
