package connectortest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestServerTakesACodeOnce holds that the server of the tests is as strict as those that
// it stands for: a connector that passes with it must have proved itself.
func TestServerTakesACodeOnce(t *testing.T) {
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
	for name, test := range map[string]struct {
		challenge string
		change    url.Values
		status    int
	}{
		"good":              {challenge, nil, 200},
		"no verifier":       {challenge, url.Values{"code_verifier": nil}, 400},
		"another verifier":  {challenge, url.Values{"code_verifier": {strings.Repeat("a", 43)}}, 400},
		"no challenge":      {"", nil, 400},
		"neither":           {"", url.Values{"code_verifier": nil}, 200},
		"another code":      {challenge, url.Values{"code": {"x"}}, 400},
		"another redirect":  {challenge, url.Values{"redirect_uri": {"https://evil.example"}}, 400},
		"another secret":    {challenge, url.Values{"client_secret": {"x"}}, 401},
		"no secret":         {challenge, url.Values{"client_secret": nil}, 401},
		"another client":    {challenge, url.Values{"client_id": {"x"}}, 401},
		"another grant":     {challenge, url.Values{"grant_type": {"password"}}, 400},
		"the code was used": {challenge, url.Values{"code": {"used"}}, 400},
	} {
		s := &Server{ClientID: "c", ClientSecret: "s", Answer: func(rw http.ResponseWriter, _ Redeemed) { Send(rw, 200, "text/plain", "ok") }}
		s.codes = map[string]url.Values{"good": {"redirect_uri": {RedirectURI}, "code_challenge": {test.challenge}, "code_challenge_method": {"S256"}}}
		form := url.Values{
			"grant_type": {"authorization_code"}, "code": {"good"}, "redirect_uri": {RedirectURI}, "code_verifier": {verifier}, "client_id": {"c"}, "client_secret": {"s"},
		}
		for name, values := range test.change {
			form[name] = values
		}
		post := func() int {
			rw := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", typeForm)
			s.token(rw, r)
			return rw.Code
		}
		if got := post(); got != test.status {
			t.Errorf("%s: %d, want %d", name, got, test.status)
		}
		if got := post(); got == 200 {
			t.Errorf("%s: a second time it is good", name)
		}
	}
}
