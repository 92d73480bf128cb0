package flow

import (
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

func TestSentWith(t *testing.T) {
	for _, tt := range []struct {
		reason, name, value, want string
	}{
		{"redirect_uri_unregistered", "redirect_uri", "https://wiki.example.org/plugins/servlet/oauth/callback?a=secret", "https://wiki.example.org/plugins/servlet/oauth/callback"},
		{"client_unknown", "redirect_uri", "http://127.0.0.1:8090/a%2Fb", "http://127.0.0.1:8090/a%2Fb"},
		{"redirect_uri_unregistered", "redirect_uri", "https://user:pass@wiki.example.org/", ""},
		{"redirect_uri_unregistered", "redirect_uri", "/relative", ""},
		{"redirect_uri_unregistered", "redirect_uri", "https://wiki.example.org/" + strings.Repeat("x", 300), "https://wiki.example.org/" + strings.Repeat("x", 175)},
		{"scope_unregistered", "scope", "a b", "a b"},
		{"scope_unregistered", "scope", "a\nlevel=INFO", ""},
		{"response_type", "response_type", "token", "token"},
		{"challenge_method", "code_challenge_method", "plain", "plain"},
		{"prompt_none", "scope", "a b", ""},
		{"state_malformed", "state", "hidden", ""},
	} {
		params, refusal := oauth.ParseQuery(url.Values{tt.name: {tt.value}}.Encode())
		if refusal != nil {
			t.Fatal(refusal)
		}
		want := map[string]string{}
		if tt.want != "" {
			want[tt.name] = tt.want
		}
		if got := sentWith(tt.reason, params); !maps.Equal(got, want) {
			t.Errorf("%s, %s=%s: got %v, want %v", tt.reason, tt.name, tt.value, got, want)
		}
	}
}
