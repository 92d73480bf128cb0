package capability_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func TestOAuthExchange(t *testing.T) {
	const form = "application/x-www-form-urlencoded; charset=utf-8"
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    string // the answer, or
		code    string
		words   string
	}{
		"JSON":                {sends(200, "application/json", `{"access_token":"gho_16C7","scope":"read:user,user:email","token_type":"bearer"}`), `{"token_type":"bearer","scope":"read:user,user:email"}`, "", ""},
		"JSON that expires":   {sends(200, "application/json", `{"access_token":"gho_16C7","token_type":"Bearer","expires_in":3600,"refresh_token":"never"}`), `{"token_type":"Bearer","expires_in":3600}`, "", ""},
		"expires as text":     {sends(200, "application/json", `{"access_token":"gho_16C7","token_type":"Bearer","expires_in":"3600"}`), `{"token_type":"Bearer"}`, "", ""},
		"expires in the past": {sends(200, "application/json", `{"access_token":"gho_16C7","token_type":"Bearer","expires_in":-1}`), `{"token_type":"Bearer"}`, "", ""},
		"GitHub's form":       {sends(200, form, `access_token=gho_16C7&scope=read%3Auser%2Cuser%3Aemail&token_type=bearer`), `{"token_type":"bearer","scope":"read:user,user:email"}`, "", ""},
		"a form that expires": {sends(200, form, `access_token=gho_16C7&expires_in=5184000&token_type=bearer`), `{"token_type":"bearer","expires_in":5184000}`, "", ""},

		"GitHub's error":         {sends(200, "application/json", `{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired.","error_uri":"https://docs.github.com"}`), "", hook.CodeRefused, "bad_verification_code The code passed is incorrect or expired."},
		"GitHub's error as form": {sends(200, form, `error=incorrect_client_credentials&error_description=The+client_id+and%2For+client_secret+passed+are+incorrect.`), "", hook.CodeRefused, "incorrect_client_credentials The client_id and/or client_secret passed are incorrect."},
		"form twice":             {sends(200, form, `access_token=a&access_token=b&token_type=bearer`), "", hook.CodeUnavailable, "a name is there twice"},
		"form badly escaped":     {sends(200, form, `access_token=%zz&token_type=bearer`), "", hook.CodeUnavailable, "it is badly escaped"},
		"form with a line break": {sends(200, form, `access_token=a%0Ab&token_type=bearer`), "", hook.CodeUnavailable, "gave no access_token"},
		"form without token":     {sends(200, form, ``), "", hook.CodeUnavailable, "gave no access_token"},
		"text":                   {sends(200, "text/plain", `access_token=a&token_type=bearer`), "", hook.CodeUnavailable, "text/plain"},
		"not found":              {sends(404, "text/html", `<html>`), "", hook.CodeUnavailable, "the status 404"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := newIDP(w)
			p.answers["/token"] = test.handler
			caller := p.login("oauth.exchange idp.example.org")
			w.secret(caller, "key", "s3cr3t")
			const request = `{"token_endpoint":"https://idp.example.org/token","client_id":"client","secret":"key","auth_method":"client_secret_post"}`
			if test.code != "" {
				w.refuses(caller, hook.OAuthExchange, request, test.code, test.words)
				if caller.Exchanged != "" {
					t.Error("the access token can be used")
				}
				return
			}
			w.does(caller, hook.OAuthExchange, request, test.want)
			if caller.Exchanged != "gho_16C7" {
				t.Errorf("exchanged %q", caller.Exchanged)
			}
		})
	}
}

// TestOAuthExchangeThenFetch is the whole of a sign-in at GitHub: the plugin never
// sees the token.
func TestOAuthExchangeThenFetch(t *testing.T) {
	w := newWorld(t)
	p := newIDP(w)
	p.answers["/token"] = sends(200, "application/json", `{"access_token":"gho_16C7e42F292c6912E7","token_type":"bearer"}`)
	w.mux.HandleFunc("api.example.org/user", func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer gho_16C7e42F292c6912E7" {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		sendJSON(rw, map[string]any{"id": 583231})
	})
	caller := p.login("oauth.exchange idp.example.org", "http.fetch api.example.org")
	const fetch = `{"requests":[{"url":"https://api.example.org/user","exchanged":true}]}`
	w.refuses(caller, hook.HTTPFetch, fetch, hook.CodeInvalidRequest, "oidc.exchange or oauth.exchange comes first")
	w.does(caller, hook.OAuthExchange, `{"token_endpoint":"https://idp.example.org/token","client_id":"client"}`, `{"token_type":"bearer"}`)
	answer, code := w.call(caller, hook.HTTPFetch, fetch)
	if code != "" || !strings.Contains(answer, `"body":"{\"id\":583231}\n"`) {
		t.Errorf("%s (%s)", answer, code)
	}
}

func TestOAuthExchangeRefuses(t *testing.T) {
	w := newWorld(t)
	p := newIDP(w)
	caller := p.login("oauth.exchange idp.example.org")
	for _, test := range []struct{ endpoint, code, words string }{
		{"https://evil.example.org/token", hook.CodeDenied, "may not exchange codes at evil.example.org; the operator allows it with: postern plugin grant directory oauth.exchange evil.example.org"},
		{"https://idp.example.org:8443/token", hook.CodeDenied, "oauth.exchange idp.example.org:8443"},
		{"", hook.CodeInvalidRequest, "must begin with https://"},
	} {
		w.refuses(caller, hook.OAuthExchange, `{"token_endpoint":"`+test.endpoint+`","client_id":"client"}`, test.code, test.words)
	}
	w.refuses(w.caller("oauth.exchange idp.example.org"), hook.OAuthExchange, `{"token_endpoint":"https://idp.example.org/token","client_id":"client"}`, hook.CodeInvalidRequest, "there is no code to exchange")
	if p.asked != nil {
		t.Errorf("the code went out: %v", p.asked)
	}
	w.refuses(caller, hook.OAuthExchange, `{"token_endpoint":"http://idp.example.org/token","client_id":"client"}`, hook.CodeInvalidRequest, "use https")
}
