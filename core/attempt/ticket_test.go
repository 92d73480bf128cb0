package attempt

import (
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func service(now *time.Time) *Service {
	return &Service{Issuer: "https://id.example", Key: [32]byte{1}, Now: func() time.Time { return *now }, Rand: rand.Reader}
}

// An attempt is of one client and one user, and of no other server.
func TestTicket(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := service(&now)
	address, err := url.Parse(s.Begin(&core.Client{ID: "wiki"}, "u1", admin.Attempt{Scopes: []string{"openid", "email"}, Prompt: "login", ACRValues: []string{"2", "1"}}))
	if err != nil {
		t.Fatal(err)
	}
	q := address.Query()
	for name, want := range map[string]string{
		"client_id": "wiki", "redirect_uri": "https://id.example/admin/try/return", "response_type": "code", "scope": "openid email", "prompt": "login", "acr_values": "2 1", "code_challenge_method": "S256",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	state := q.Get("state")
	if client, user, err := s.Of("code=x&state=" + state); err != nil || client != "wiki" || user != "u1" {
		t.Errorf("of %s by %s: %v", client, user, err)
	}
	if !s.Allows("wiki", s.Issuer+Path, state) {
		t.Error("the attempt itself is not allowed")
	}
	body, _, _ := strings.Cut(state, ".")
	forged := base64.RawURLEncoding.EncodeToString([]byte(`{"i":"1","c":"wiki","u":"u1","e":99999999999}`))
	for name, refused := range map[string]bool{
		"another client":                   s.Allows("other", s.Issuer+Path, state),
		"another address":                  s.Allows("wiki", s.Issuer+"/admin/try/return/", state),
		"another site":                     s.Allows("wiki", "https://evil.example"+Path, state),
		"no MAC":                           s.Allows("wiki", s.Issuer+Path, body),
		"another body":                     s.Allows("wiki", s.Issuer+Path, forged+"."+strings.TrimPrefix(state, body+".")),
		"a MAC of ours for something else": s.Allows("wiki", s.Issuer+Path, forged+"."+s.derive("verifier", forged)),
	} {
		if refused {
			t.Errorf("%s is allowed", name)
		}
	}
	other := service(&now)
	other.Key[0] = 2
	if _, _, err := other.Of("state=" + state); err == nil {
		t.Error("another key opens it")
	}
	now = now.Add(lifetime)
	if s.Allows("wiki", s.Issuer+Path, state) {
		t.Error("it is allowed after its time")
	}
}

// What is derived of one attempt says nothing about another, and fits a PKCE verifier.
func TestDerive(t *testing.T) {
	now := time.Now()
	s := service(&now)
	seen := map[string]bool{}
	for _, purpose := range []string{"verifier", "nonce", "state"} {
		for _, id := range []string{"a", "b"} {
			secret := s.derive(purpose, id)
			if len(secret) != 43 || seen[secret] || secret != s.derive(purpose, id) {
				t.Errorf("%s of %s is %q", purpose, id, secret)
			}
			seen[secret] = true
		}
	}
}

// Whatever comes as a state, nothing but what was signed is opened.
func FuzzOpen(f *testing.F) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := service(&now)
	good := s.sign(ticket{ID: "i", Client: "c", User: "u", Expires: now.Add(time.Minute).Unix()})
	f.Add(good)
	f.Add("e30.")
	f.Add(".")
	f.Fuzz(func(t *testing.T, state string) {
		if opened, ok := s.open(state); ok && state != good {
			t.Errorf("%q opens %+v", state, opened)
		}
	})
}
