package oauth_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

func TestParseBearer(t *testing.T) {
	for _, test := range []struct {
		header, form string
		token        string
		code, reason string
	}{
		{"Bearer at_abc", "", "at_abc", "", ""},
		{"bEARER  at_abc-._~+/==", "", "at_abc-._~+/==", "", ""},
		{"", "access_token=at_abc", "at_abc", "", ""},
		{"", "", "", oauth.CodeInvalidToken, oauth.ReasonTokenMissing},
		{"Basic eDp5", "", "", oauth.CodeInvalidToken, oauth.ReasonTokenMissing},
		{"Bearer at_abc", "access_token=at_abc", "", oauth.CodeInvalidRequest, "token_twice"},
		{"Bearer", "", "", oauth.CodeInvalidToken, "token_malformed"},
		{"Bearer ==", "", "", oauth.CodeInvalidToken, "token_malformed"},
		{"Bearer a b", "", "", oauth.CodeInvalidToken, "token_malformed"},
		{"Bearer a,Bearer b", "", "", oauth.CodeInvalidToken, "token_malformed"},
		{"Bearer a=b", "", "", oauth.CodeInvalidToken, "token_malformed"},
		{"Bearer \"x\"", "", "", oauth.CodeInvalidToken, "token_malformed"},
		{"Bearer " + strings.Repeat("a", 8<<10+1), "", "", oauth.CodeInvalidToken, "token_malformed"},
	} {
		token, refusal := oauth.ParseBearer(test.header, parse(t, test.form))
		if test.code == "" {
			if refusal != nil || token != test.token {
				t.Errorf("%q %q: %q, %v", test.header, test.form, token, refusal)
			}
			continue
		}
		refused(t, refusal, test.code)
		if token != "" || refusal.Reason != test.reason {
			t.Errorf("%.40q %q: %q, %s; want %s", test.header, test.form, token, refusal.Reason, test.reason)
		}
	}
}

func TestBearerChallenge(t *testing.T) {
	const realm = "https://id.example"
	missing := oauth.Refuse(oauth.CodeInvalidToken, oauth.ReasonTokenMissing, "There is no access token.")
	expired := oauth.Refuse(oauth.CodeInvalidToken, "token_expired", "The access token has expired.")
	narrow := oauth.Refuse(oauth.CodeInsufficientScope, "scope_missing", "The scope openid is needed.")
	for _, test := range []struct {
		got, want string
	}{
		{oauth.BearerChallenge(realm, nil, ""), `Bearer realm="https://id.example"`},
		{oauth.BearerChallenge(realm, missing, ""), `Bearer realm="https://id.example"`},
		{oauth.BearerChallenge(realm, expired, ""), `Bearer realm="https://id.example", error="invalid_token", error_description="The access token has expired."`},
		{oauth.BearerChallenge(realm, narrow, "openid"), `Bearer realm="https://id.example", error="insufficient_scope", error_description="The scope openid is needed.", scope="openid"`},
		{oauth.BearerChallenge("a\"b\\c\r\nd", nil, ""), `Bearer realm="a\"b\\cd"`},
		{oauth.BasicChallenge(realm), `Basic realm="https://id.example", charset="UTF-8"`},
	} {
		if test.got != test.want {
			t.Errorf("got  %s\nwant %s", test.got, test.want)
		}
	}
}

// FuzzParseBearer states that a token is one word, and that of two places one is
// used.
func FuzzParseBearer(f *testing.F) {
	f.Add("Bearer at_abc", "")
	f.Add("", "access_token=x")
	f.Add("bearer  =", "a=b")
	f.Fuzz(func(t *testing.T, header, form string) {
		p, err := oauth.ParseQuery(form)
		if err != nil {
			return
		}
		token, refusal := oauth.ParseBearer(header, p)
		if refusal != nil {
			return
		}
		if token == "" || strings.ContainsAny(token, " ,\"\t\r\n") || header != "" && p.Has("access_token") {
			t.Errorf("%q", token)
		}
		if again, refusal := oauth.ParseBearer("Bearer "+token, oauth.Params{}); refusal != nil || again != token {
			t.Errorf("%q read again is %q, %v", token, again, refusal)
		}
	})
}
