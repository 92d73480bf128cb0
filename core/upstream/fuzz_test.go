package upstream

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// FuzzCallback: whatever is accepted has one code, is of whom the browser was sent to,
// and hands nothing on that is the host's.
func FuzzCallback(f *testing.F) {
	for _, seed := range []string{
		"code=c&state=s&iss=https://p.example", "error=access_denied&error_description=no", "code=a&code=b", "code=&iss=", "code=c&id_token=t&user={}",
	} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, query string, oidc bool) {
		params, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		k := kept{Host: "p.example"}
		if oidc {
			k = kept{Issuer: "https://p.example", NamesItself: true}
		}
		c, err := parseCallback(params, k)
		if err != nil {
			if p, ok := err.(*problem); !ok || p.reason == "" || p.kind == "" || strings.ContainsFunc(p.more, unicode.IsControl) {
				t.Fatalf("%q: %#v", query, err)
			}
			return
		}
		if c.code == "" || len(c.code) > maxCode || params.Has("error") && params.Get("error") != "" || oidc && c.issuer != k.Issuer || c.issuer != "" && hostOf(c.issuer) != "p.example" {
			t.Fatalf("%q is read as %+v", query, c)
		}
		for _, m := range c.others {
			if slices.Contains(withheld, m.Name) || m.Value.Text() != params.Get(m.Name) {
				t.Fatalf("%q hands on %+v", query, m)
			}
		}
	})
}

// FuzzDestination: whatever URL comes out leads to the endpoint's host and says each of
// our parameters once.
func FuzzDestination(f *testing.F) {
	for _, seed := range []string{"https://p.example/authorize", "https://p.example?a=b&c", "http://127.0.0.1:1/", "https://p.example#x", "https://a@p.example", `https://p.example\@q.example`, "https://p.example?state=1"} {
		f.Add(seed, "prompt", "login")
	}
	f.Fuzz(func(t *testing.T, endpoint, name, value string) {
		d := destination{redirect: &hook.LoginRedirect{
			AuthorizationEndpoint: endpoint, ClientID: "us", Parameters: hook.Object{{Name: name, Value: hook.String(value)}},
		}}
		if d.check() != nil {
			return
		}
		u, err := parseEndpoint(endpoint, false)
		if err != nil {
			return
		}
		d.endpoint = u
		text, err := d.url([]parameter{{"client_id", "us"}, {"state", "the state"}})
		if err != nil {
			return
		}
		got, err := url.Parse(text)
		if err != nil || got.Host != u.Host || got.User != nil || got.Fragment != "" || strings.ContainsFunc(text, notPrintable) ||
			got.Scheme != "https" && !(got.Scheme == "http" && isLoopback(got.Hostname())) {
			t.Fatalf("%q becomes %q (%v)", endpoint, text, err)
		}
		query, err := url.ParseQuery(got.RawQuery)
		if err != nil || !slices.Equal(query["client_id"], []string{"us"}) || !slices.Equal(query["state"], []string{"the state"}) || !slices.Equal(query[name], []string{value}) {
			t.Fatalf("%q becomes %q (%v)", endpoint, text, err)
		}
	})
}

// FuzzIdentity: whatever a connector says of a person, what is stored is as an
// administrator may type it.
func FuzzIdentity(f *testing.F) {
	f.Add([]byte(`{"identity":{"subject":"1","name":"ann","email":"ann@example.org","email_verified":true,"groups":["a",";"],"claims":{"auth_time":1},"attributes":{"a":"b"}}}`))
	f.Add([]byte(`{"identity":{"subject":"1","name":"a@b","email":"a@b@c","picture":"javascript:1","locale":"de_CH","amr":["pwd",""],"acr":"\u00e9"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := hook.ParseLoginOutput(data)
		if err != nil || out.Identity == nil {
			return
		}
		p, err := readIdentity(out.Identity)
		if err != nil {
			return
		}
		if !utf8.ValidString(p.subject) || p.subject == "" || len(p.subject) > maxSubject || p.subject != out.Identity.Subject {
			t.Fatalf("subject %q", p.subject)
		}
		if p.email != "" && (!plainEmail(p.email) || p.email != out.Identity.Email) || p.verified && (p.email == "" || !out.Identity.EmailVerified) {
			t.Fatalf("address %q of %q, %v", p.email, out.Identity.Email, p.verified)
		}
		for _, name := range loginNames(&p, "up") {
			if !loginName.MatchString(name) || strings.Contains(name, "@") && !(p.verified && name == p.email) {
				t.Fatalf("login name %q of %+v", name, out.Identity)
			}
		}
		for _, group := range p.groupsOf(&core.Connector{GroupPrefix: "up:"}) {
			if !isGroup(group) || !strings.HasPrefix(group, "up:") {
				t.Fatalf("group %q", group)
			}
		}
		for _, text := range []string{p.profile.DisplayName, p.profile.GivenName, p.profile.FamilyName, p.profile.Picture, p.profile.Locale, p.profile.Phone, p.name, p.shown(), p.acr} {
			if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || utf8.RuneCountInString(text) > maxLongText {
				t.Fatalf("text %q", text)
			}
		}
	})
}
