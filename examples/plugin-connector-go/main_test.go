package main

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestCases(t *testing.T) { posterntest.Run(t, module, "cases") }

const given = `{"url":"https://sso.example","client_id":"postern","company":"Acme","domains":["example.com"]}`

func at(phase hook.Phase) *hook.LoginInput {
	return &hook.LoginInput{Phase: phase, Settings: parse(given), RedirectURI: "https://id.example/callback/tickets"}
}

// sso is a host before which the single sign-on gives a ticket with these claims.
type sso struct {
	posterntest.Host
	claims hook.Object
}

func newSSO() *sso {
	s := &sso{claims: parse(verifyAnswer).Object()}
	v, _ := s.claims.Get("claims")
	s.claims = v.Object()
	s.KV = map[string]string{}
	s.ExchangeOAuth = func(*hook.OAuthExchangeRequest) (*hook.OAuthExchangeAnswer, error) {
		return &hook.OAuthExchangeAnswer{TokenType: "Bearer"}, nil
	}
	s.Fetch = func(request *hook.Fetch) (*hook.FetchResponse, error) {
		return &hook.FetchResponse{Status: 200, Body: "e30.e30.c2ln"}, nil
	}
	s.VerifyJWT = func(*hook.JWTVerifyRequest) (*hook.JWTVerifyAnswer, error) {
		return &hook.JWTVerifyAnswer{Claims: s.claims}, nil
	}
	return s
}

// TestTicketServesOnce holds that who shows a ticket again is not signed in, also
// when it failed the first time.
func TestTicketServesOnce(t *testing.T) {
	s := newSSO()
	s.Use(t)
	out, err := finish(at(hook.PhaseFinish))
	if err != nil || out.Identity.Subject != "E1024" || !out.Identity.EmailVerified {
		t.Fatalf("%+v, %v", out, err)
	}
	if out, err := finish(at(hook.PhaseFinish)); err == nil || !strings.Contains(err.Error(), "used before") {
		t.Errorf("a second time: %+v, %v", out, err)
	}
	s.claims.Set("jti", hook.String("t2"))
	if _, err := finish(at(hook.PhaseFinish)); err != nil {
		t.Errorf("another ticket: %v", err)
	}
}

// TestTicketRefused holds what a ticket must have, besides a signature: that the host
// verifies.
func TestTicketRefused(t *testing.T) {
	for name, test := range map[string]struct {
		claim string
		value hook.Value
		want  string
	}{
		"nobody":     {"sub", hook.String(""), "no sub"},
		"a list":     {"sub", hook.Array(hook.String("E1")), "no sub"},
		"no id":      {"jti", hook.Value{}, "no jti"},
		"long id":    {"jti", hook.String(strings.Repeat("x", 101)), "no jti"},
		"long life":  {"exp", hook.Int(1790184000 + 301), "longer than 5 minutes"},
		"no begin":   {"iat", hook.Value{}, "longer than 5 minutes"},
		"not a time": {"exp", hook.String("1790184120"), "longer than 5 minutes"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSSO()
			s.claims.Set(test.claim, test.value)
			s.Use(t)
			if out, err := finish(at(hook.PhaseFinish)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%+v, %v; want %q", out, err, test.want)
			}
		})
	}
}

// TestClosedAccount holds that only who is active is signed in, whatever else there
// may be, and reads why.
func TestClosedAccount(t *testing.T) {
	for _, status := range []hook.Value{hook.String("left"), hook.String(""), hook.String("Active"), hook.Bool(true), {}} {
		s := newSSO()
		s.claims.Set("status", status)
		s.Use(t)
		out, err := finish(at(hook.PhaseFinish))
		if err != nil || !out.Deny || out.Identity != nil || out.Reason != "Your account at Acme is closed." {
			t.Errorf("%s: %+v, %v", status.AppendJSON(nil), out, err)
		}
	}
}

// TestFailsAsTheHostDoes holds that nobody is signed in when a call of the host
// fails, and that an error has nothing of an answer in it.
func TestFailsAsTheHostDoes(t *testing.T) {
	refused := &hook.CapabilityError{Code: hook.CodeRefused, Message: "no"}
	for want, breaks := range map[string]func(*sso){
		"denied: the posterntest.Host": func(s *sso) { s.ExchangeOAuth = nil },
		"refused: no": func(s *sso) {
			s.VerifyJWT = func(*hook.JWTVerifyRequest) (*hook.JWTVerifyAnswer, error) { return nil, refused }
		},
		"status 403": func(s *sso) {
			s.Fetch = func(*hook.Fetch) (*hook.FetchResponse, error) {
				return &hook.FetchResponse{Status: 403, Body: "alice is locked"}, nil
			}
		},
		"denied: ": func(s *sso) { s.KV = nil },
	} {
		s := newSSO()
		breaks(s)
		s.Use(t)
		out, err := finish(at(hook.PhaseFinish))
		if out != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "alice") {
			t.Errorf("%+v, %v; want %q", out, err, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"alice@example.com": true, "alice@EXAMPLE.com": true, `"a@b"@example.com`: true, "alice@sub.example.com": false,
		"alice@notexample.com": false, "alice@example.com@evil.example": false, "@example.com": false, "example.com": false, "": false,
	} {
		if got := (settings{parse(given).Object()}).givesOut(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}
