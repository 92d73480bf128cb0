package oauth_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

func TestParseScope(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{" ", ""},
		{"openid", "openid"},
		{"email openid", "email openid"},
		{"  email   openid email ", "email openid"},
		{"urn:x:y https://api.example/read!#$%", "urn:x:y https://api.example/read!#$%"},
	} {
		got, refusal := oauth.ParseScope(test.in)
		if refusal != nil || oauth.FormatScope(got) != test.want {
			t.Errorf("%q: %q, %v", test.in, got, refusal)
		}
	}
}

func TestCutScopes(t *testing.T) {
	allowed := []string{"openid", "email", "phone"}
	if got := oauth.CutScopes([]string{"phone", "admin", "openid"}, allowed); !slices.Equal(got, []string{"phone", "openid"}) {
		t.Errorf("cut to %q", got)
	}
	for _, test := range []struct {
		scopes string
		want   bool
	}{{"", true}, {"phone email", true}, {"phone admin", false}} {
		if got := oauth.WithinScopes(strings.Fields(test.scopes), allowed); got != test.want {
			t.Errorf("%q within %q: %v", test.scopes, allowed, got)
		}
	}
}

func TestScopeClaims(t *testing.T) {
	seen := map[string]string{}
	for _, scope := range oauth.StandardScopes() {
		for _, claim := range oauth.ScopeClaims(scope) {
			if other := seen[claim]; other != "" {
				t.Errorf("%s is asked for by %s and %s", claim, other, scope)
			}
			seen[claim] = scope
		}
	}
	// OpenID Connect Core section 5.1 has 20 claims.
	if len(seen) != 20 {
		t.Errorf("%d claims", len(seen))
	}
	if oauth.ScopeClaims("offline_access") != nil || oauth.ScopeClaims("unknown") != nil {
		t.Error("a scope without claims has some")
	}
}

func FuzzParseScope(f *testing.F) {
	for _, seed := range []string{"", "openid email", " a  a ", "\t", `"`, "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		scopes, refusal := oauth.ParseScope(s)
		if refusal != nil {
			return
		}
		again, refusal := oauth.ParseScope(oauth.FormatScope(scopes))
		if refusal != nil || !slices.Equal(again, scopes) {
			t.Errorf("%q read again is %q, %v", scopes, again, refusal)
		}
		for i, scope := range scopes {
			if scope == "" || strings.ContainsAny(scope, " \"\\\t") || slices.Contains(scopes[:i], scope) {
				t.Errorf("%q in %q", scope, scopes)
			}
		}
	})
}
