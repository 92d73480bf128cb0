package login_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/remote/login"
)

const pending = `{"error":"authorization_pending"}`

// signIn signs in at the server, with what it waited.
func signIn(t *testing.T, s *server) (*login.Server, *login.Tokens, *clock, error) {
	t.Helper()
	c := newClock()
	found, err := c.client().Find(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	d, err := found.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := found.Finish(t.Context(), d)
	return found, tokens, c, err
}

func TestSignIn(t *testing.T) {
	s := newServer(t, pending, `{"error":"slow_down"}`, pending, granted(1))
	found, tokens, c, err := signIn(t, s)
	if err != nil {
		t.Fatal(err)
	}
	want := login.Tokens{Access: accessToken + "-1", Refresh: refreshToken + "-1", ExpiresAt: c.now.Add(time.Hour)}
	if *tokens != want {
		t.Errorf("got %+v", tokens)
	}
	if want := []time.Duration{5 * time.Second, 5 * time.Second, 10 * time.Second, 10 * time.Second}; !slices.Equal(c.waits, want) {
		t.Errorf("waited %v, want %v", c.waits, want)
	}
	forms := s.sent()
	if want := "client_id=postern-cli&scope=openid+profile+offline_access+postern%3Aadministration"; forms[0] != want {
		t.Errorf("asked for %s", forms[0])
	}
	values, _ := url.ParseQuery(forms[1])
	if values.Get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code" || values.Get("device_code") != deviceCode || values.Get("client_id") != "postern-cli" {
		t.Errorf("sent %s", forms[1])
	}
	if name, err := found.Person(t.Context(), tokens); err != nil || name != "ada" {
		t.Errorf("signed in as %q, %v", name, err)
	}
	if done, err := found.Revoke(t.Context(), tokens); err != nil || !done {
		t.Errorf("revoked: %v, %v", done, err)
	}
	if last := s.sent()[5]; !strings.Contains(last, "token="+refreshToken+"-1") {
		t.Errorf("revoked by %s", last)
	}
}

func TestSignInRefused(t *testing.T) {
	for name, test := range map[string]struct {
		answers      []string
		what, advice string
	}{
		"denied":      {[]string{pending, refusedWith("access_denied")}, "refused in the browser", "role"},
		"expired":     {[]string{refusedWith("expired_token")}, "nobody confirmed", "postern login http"},
		"never":       {[]string{pending}, "nobody confirmed", "postern login http"},
		"away":        {[]string{"503"}, "nobody confirmed", ""},
		"other error": {[]string{refusedWith("invalid_grant")}, "invalid_grant: so it is", ""},
		"no role":     {[]string{strings.Replace(granted(1), " postern:administration", "", 1)}, "did not let the command line administer", "role"},
		"other type":  {[]string{strings.Replace(granted(1), "Bearer", "DPoP", 1)}, "gave no token", "log"},
		"no token":    {[]string{`{"token_type":"Bearer","access_token":7}`}, "gave no token", "log"},
	} {
		t.Run(name, func(t *testing.T) {
			_, tokens, c, err := signIn(t, newServer(t, test.answers...))
			if tokens != nil {
				t.Errorf("got %+v", tokens)
			}
			wantError(t, err, test.what, test.advice)
			if waited := c.now.Sub(newClock().now); waited > 10*time.Minute {
				t.Errorf("waited %s for a code of ten minutes", waited)
			}
		})
	}
}

// A server that is away for a moment is asked more slowly (RFC 8628 section 3.5).
func TestSignInOutage(t *testing.T) {
	_, tokens, c, err := signIn(t, newServer(t, "503", "503", granted(1)))
	if err != nil || tokens == nil {
		t.Fatal(err)
	}
	if want := []time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Second}; !slices.Equal(c.waits, want) {
		t.Errorf("waited %v, want %v", c.waits, want)
	}
}

func TestSignInInterrupted(t *testing.T) {
	s := newServer(t, pending)
	c := newClock()
	found, err := c.client().Find(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	d, err := found.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := found.Finish(ctx, d); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestBeginRefused(t *testing.T) {
	for name, test := range map[string]struct{ answer, what, advice string }{
		"no such client": {refusedWith("invalid_client"), "does not let the command line sign people in: invalid_client: so it is", "postern-cli"},
		"no code":        {`{"device_code":"x"}`, "gave no code", "log"},
		"no document":    {`hello`, "gave no code", "log"},
		"elsewhere":      {`{"device_code":"x","user_code":"y","verification_uri":"https://evil.example/device","expires_in":600}`, "elsewhere, at https://evil.example", "do not"},
		"half elsewhere": {`{"device_code":"x","user_code":"y","verification_uri":"URL/device","verification_uri_complete":"https://evil.example/device","expires_in":600}`, "elsewhere", "do not"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, pending)
			s.device = strings.ReplaceAll(test.answer, "URL", s.URL)
			found, err := newClock().client().Find(t.Context(), s.URL)
			if err != nil {
				t.Fatal(err)
			}
			_, err = found.Begin(t.Context())
			wantError(t, err, test.what, test.advice)
		})
	}
}

func TestRefreshRefused(t *testing.T) {
	old := &login.Tokens{Access: accessToken, Refresh: refreshToken}
	for name, test := range map[string]struct{ answer, what, advice string }{
		"over":   {refusedWith("invalid_grant"), "not signed in at http", "run 'postern login http"},
		"no use": {`{}`, "gave no token", "log"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := newClock().client().Find(t.Context(), newServer(t, test.answer).URL)
			if err != nil {
				t.Fatal(err)
			}
			_, err = found.Refresh(t.Context(), old)
			wantError(t, err, test.what, test.advice)
		})
	}
}

// A server that does not rotate refresh tokens gives none.
func TestRefreshKeepsToken(t *testing.T) {
	found, err := newClock().client().Find(t.Context(), newServer(t, `{"access_token":"new","token_type":"bearer"}`).URL)
	if err != nil {
		t.Fatal(err)
	}
	got, err := found.Refresh(t.Context(), &login.Tokens{Access: accessToken, Refresh: refreshToken})
	if err != nil || *got != (login.Tokens{Access: "new", Refresh: refreshToken}) {
		t.Errorf("got %+v, %v", got, err)
	}
}
