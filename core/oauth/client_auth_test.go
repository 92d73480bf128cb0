package oauth_test

import (
	"encoding/base64"
	"net/url"
	"reflect"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

func TestParseClientAuth(t *testing.T) {
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, test := range []struct {
		name, header, form string
		want               oauth.ClientAuth
	}{
		{"basic", basic("confluence:s3cret-_"), "", oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{"s3cret-_"}}},
		{"basic beside its client_id", basic("confluence:s"), "client_id=confluence", oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{"s"}}},
		{"basic in lower case with blanks", "basic  " + basic("confluence:s")[6:], "", oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{"s"}}},
		{"basic, form-encoded", basic("confluence:a%2Bb"), "", oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{"a+b", "a%2Bb"}}},
		{"basic, not form-encoded", basic("confluence:a+b"), "", oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{"a b", "a+b"}}},
		{"basic with a colon in the secret", basic("confluence:a:b"), "", oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{"a:b"}}},
		{"basic without a secret", basic("confluence:"), "", oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{""}}},
		{"post", "", "client_id=confluence&client_secret=a%2Bb", oauth.ClientAuth{Method: core.AuthPost, ID: "confluence", Secrets: []string{"a+b"}}},
		{"none", "", "client_id=app", oauth.ClientAuth{Method: core.AuthNone, ID: "app"}},
		{"assertion", "", "client_assertion=a.b.c&client_assertion_type=" + oauth.AssertionJWT, oauth.ClientAuth{Assertion: "a.b.c"}},
		{"assertion beside its client_id", "", "client_id=app&client_assertion=a.b.c&client_assertion_type=" + oauth.AssertionJWT, oauth.ClientAuth{ID: "app", Assertion: "a.b.c"}},
		{"none with an empty secret", "", "client_id=app&client_secret=", oauth.ClientAuth{Method: core.AuthNone, ID: "app"}},
	} {
		got, refusal := oauth.ParseClientAuth(test.header, parse(t, test.form))
		if refusal != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, %v; want %+v", test.name, got, refusal, test.want)
		}
	}
}

func TestVerifyClient(t *testing.T) {
	for _, test := range []struct {
		auth   oauth.ClientAuth
		client *core.Client
	}{
		{oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{"s3cret-_"}}, confidential()},
		{oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{"other reading", "s3cret-_"}}, confidential()},
		{oauth.ClientAuth{Method: core.AuthPost, ID: "confluence", Secrets: []string{"s3cret-_"}}, confidential()},
		{oauth.ClientAuth{Method: core.AuthNone, ID: "app"}, public()},
	} {
		if refusal := test.auth.Verify(test.client); refusal != nil {
			t.Errorf("%+v: %v", test.auth, refusal)
		}
	}
}

// FuzzParseBasic states that a client which form-encodes its credentials, or
// does not, is understood.
func FuzzParseBasic(f *testing.F) {
	f.Add("confluence:s3cret")
	f.Add("a:b+c%20")
	f.Add("%zz:x")
	f.Add(":")
	f.Fuzz(func(t *testing.T, credentials string) {
		header := "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
		got, refusal := oauth.ParseClientAuth(header, oauth.Params{})
		if refusal != nil {
			if refusal.Code != oauth.CodeInvalidClient || refusal.Status != 401 {
				t.Errorf("refused with %v", refusal)
			}
			return
		}
		encoded := url.QueryEscape(got.ID) + ":" + url.QueryEscape(got.Secrets[0])
		header = "Basic " + base64.StdEncoding.EncodeToString([]byte(encoded))
		again, refusal := oauth.ParseClientAuth(header, oauth.Params{})
		if len(header) > 8<<10 {
			return
		}
		if refusal != nil || again.ID != got.ID || again.Secrets[0] != got.Secrets[0] {
			t.Errorf("%+v read again is %+v, %v", got, again, refusal)
		}
	})
}

// FuzzParseClientAuth feeds the header as it comes.
func FuzzParseClientAuth(f *testing.F) {
	f.Add("Basic Y29uZmx1ZW5jZTpzM2NyZXQ=", "client_id=confluence")
	f.Add("Bearer x", "client_id=x&client_secret=y")
	f.Add("", "client_assertion=x")
	f.Fuzz(func(t *testing.T, header, form string) {
		p, err := oauth.ParseQuery(form)
		if err != nil {
			return
		}
		got, refusal := oauth.ParseClientAuth(header, p)
		if refusal == nil && (got.ID == "" || (got.Method == core.AuthNone) != (len(got.Secrets) == 0)) {
			t.Errorf("%+v", got)
		}
	})
}
