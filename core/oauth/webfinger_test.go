package oauth_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

func TestWebfinger(t *testing.T) {
	const at, rel = "https://id.example:8443", "http://openid.net/specs/connect/1.0/issuer"
	hosts := oauth.WebfingerHosts(at, []string{"people.example"})
	links := `"links":[{"rel":"` + rel + `","href":"` + at + `"}]}`
	query := func(resource string, rels ...string) string {
		return url.Values{"resource": {resource}, "rel": rels, "unknown": {"1", "2"}}.Encode()
	}
	for _, tt := range []struct {
		name, query string
		status      int
		want        string
	}{
		{"account", query("acct:ada@id.example", rel), 200, `{"subject":"acct:ada@id.example",` + links},
		{"whoever", query("acct:nobody%40x@id.example:8443"), 200, `{"subject":"acct:nobody%40x@id.example:8443",` + links},
		{"at a domain of people", query("acct:ada@People.Example", "other", rel), 200, `{"subject":"acct:ada@People.Example",` + links},
		{"address", query("https://id.example:8443/ada", rel), 200, `{"subject":"https://id.example:8443/ada",` + links},
		{"host alone", query("https://id.example"), 200, `{"subject":"https://id.example",` + links},
		{"another relation", query("acct:ada@id.example", "http://webfinger.net/rel/avatar"), 200, `{"subject":"acct:ada@id.example","links":[]}`},
		{"escaped", query(`acct:"<script>@id.example`), 200, `{"subject":"acct:\"\u003cscript\u003e@id.example",` + links},
		{"somebody else's", query("acct:ada@elsewhere.example"), 404, ""},
		{"a host that ends alike", query("acct:ada@evil-id.example"), 404, ""},
		{"a host below", query("https://x.id.example/"), 404, ""},
		{"user in front", query("https://id.example@evil.example/"), 404, ""},
		{"nothing", "", 400, ""},
		{"empty", "resource=", 400, ""},
		{"twice", "resource=acct:a@id.example&resource=acct:b@id.example", 400, ""},
		{"no account", query("acct:ada"), 400, ""},
		{"no name", query("acct:@id.example"), 400, ""},
		{"no host", query("acct:ada@"), 400, ""},
		{"host with a path", query("acct:ada@id.example/x"), 400, ""},
		{"a word", query("ada"), 400, ""},
		{"a script", query("javascript:alert(1)"), 400, ""},
		{"relative", query("/ada"), 400, ""},
		{"long", query("acct:" + strings.Repeat("a", 3000) + "@id.example"), 400, ""},
		{"NUL", query("acct:a\x00@id.example"), 400, ""},
		{"badly encoded", "resource=%zz", 400, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, refusal := oauth.Webfinger(at, tt.query, hosts)
			switch {
			case tt.status != 200 && (refusal == nil || refusal.Status != tt.status || body != nil):
				t.Errorf("got %s, %v", body, refusal)
			case tt.status == 200 && (refusal != nil || string(body) != tt.want):
				t.Errorf("got  %s, %v\nwant %s", body, refusal, tt.want)
			}
		})
	}
}

func FuzzWebfinger(f *testing.F) {
	f.Add("resource=acct%3Aada%40id.example&rel=x")
	f.Add("resource=https://id.example/a?b#c")
	f.Fuzz(func(t *testing.T, query string) {
		body, refusal := oauth.Webfinger("https://id.example", query, oauth.WebfingerHosts("https://id.example", nil))
		var answer struct{ Subject string }
		switch {
		case refusal != nil && (refusal.Status != 400 && refusal.Status != 404 || body != nil):
			t.Errorf("got %s, %v", body, refusal)
		case refusal == nil && (json.Unmarshal(body, &answer) != nil || !strings.Contains(strings.ToLower(answer.Subject), "id.example")):
			t.Errorf("got %s", body)
		}
	})
}
