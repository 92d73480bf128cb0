package attempt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// lifetime is how long an attempt may take: a sign-in with a second factor, and a look at
// the pages on the way.
const lifetime = 10 * time.Minute

// ticket is what an attempt is. It goes along as the state of its request.
type ticket struct {
	ID      core.ID `json:"i"`
	Client  string  `json:"c"`
	User    core.ID `json:"u"`
	Expires int64   `json:"e"` // Unix seconds
	// What else the request asked for, to show it once more at the end.
	Scope  string `json:"s"`
	Prompt string `json:"p,omitempty"`
	ACR    string `json:"a,omitempty"`
	Claims string `json:"l,omitempty"`
	Bare   bool   `json:"b,omitempty"` // without PKCE
}

// sign writes the ticket with a MAC over it.
func (s *Service) sign(t ticket) string {
	text, _ := json.Marshal(t) // strings and a number
	body := base64.RawURLEncoding.EncodeToString(text)
	return body + "." + s.derive("state", body)
}

// open gives a ticket that was signed here and is not over.
func (s *Service) open(state string) (t ticket, ok bool) {
	body, mac, found := strings.Cut(state, ".")
	if !found || !hmac.Equal([]byte(mac), []byte(s.derive("state", body))) {
		return t, false
	}
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || json.Unmarshal(text, &t) != nil {
		return ticket{}, false
	}
	return t, s.Now().Unix() < t.Expires
}

// derive gives what is secret about an attempt: 43 characters that fit a PKCE verifier (RFC
// 7636 section 4.1).
func (s *Service) derive(purpose, of string) string {
	mac := hmac.New(sha256.New, s.Key[:])
	mac.Write([]byte(purpose + "\x00" + of))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
