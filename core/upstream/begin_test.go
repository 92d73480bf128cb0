package upstream_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/upstream"
	"github.com/postern-id/postern/sdk/hook"
)

func TestOffers(t *testing.T) {
	w := newWorld(t)
	w.store.config.Connectors = []core.Connector{
		{Instance: "a", Org: "built-in", Icon: "google", Domains: []string{"example.org"}, Hidden: true},
		{Instance: "b", Org: "built-in", DisplayName: "B"}, {Instance: "c", Org: "other"}, {Instance: "d", Org: "built-in", Disabled: true},
		{Instance: "e", Org: "built-in"},
	}
	w.store.config.Bindings = []core.PluginBinding{
		{Instance: "b", Hook: hook.ConnectorLogin}, {Instance: "b", Hook: hook.ConnectorLogin, ClientID: "rp"},
		{Instance: "no row", Hook: hook.ConnectorLogin}, {Instance: "d", Hook: hook.ConnectorLogin}, {Instance: "c", Hook: hook.ConnectorLogin},
		{Instance: "e", Hook: hook.ConnectorPassword}, {Instance: "a", Hook: hook.ConnectorLogin, ClientID: "rp"},
	}
	for name, test := range map[string]struct {
		client *core.Client
		want   []string
	}{
		"bound to it": {&core.Client{ID: "rp", Org: "built-in"}, []string{"b", "a"}},
		"another":     {&core.Client{ID: "other", Org: "built-in"}, []string{"b"}},
		"elsewhere":   {&core.Client{ID: "rp", Org: "other"}, []string{"c"}},
		"shared":      {&core.Client{ID: "x", Org: "other", Shared: true}, []string{"b", "c"}},
		"Postern":     {nil, []string{"b", "c"}},
	} {
		offers, err := w.Offers(t.Context(), test.client)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, offer := range offers {
			got = append(got, offer.Connector)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: offered %q, want %q", name, got, test.want)
		}
	}
	offers, err := w.Offers(t.Context(), &w.client)
	if err != nil || offers[0].Title != "B" || offers[1].Title != "a" || offers[1].Icon != "google" || !offers[1].Hidden || offers[1].Domains[0] != "example.org" {
		t.Errorf("%+v, %v", offers, err)
	}
}

// TestAuthorizationURL holds what the browser takes to the provider, and that what
// comes back opens with what is derived of the state alone.
func TestAuthorizationURL(t *testing.T) {
	w := newWorld(t)
	w.found.AuthorizationEndpoint += "?tenant=a%20b"
	w.plugin.begin.Redirect.Parameters = hook.Object{{Name: "prompt", Value: hook.String("login")}, {Name: "login_hint", Value: hook.String("a&b=c")}}
	w.plugin.begin.Redirect.ResponseMode = "form_post"
	w.plugin.begin.Data = hook.Object{{Name: "k", Value: hook.String("v")}}
	start, err := w.begin(func(b *core.UpstreamBegin) {
		b.LoginHint, b.SelectAccount, b.ACRValues, b.UILocales = "ann@example.org", true, []string{"2"}, []string{"de"}
	})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(start.Redirect)
	if err != nil || !strings.HasPrefix(start.Redirect, provider+"/authorize?tenant=a%20b&response_type=code&") {
		t.Fatalf("%s, %v", start.Redirect, err)
	}
	q := u.Query()
	state, challenge, nonce := q.Get("state"), q.Get("code_challenge"), q.Get("nonce")
	want := url.Values{
		"tenant": {"a b"}, "response_type": {"code"}, "client_id": {"us"}, "redirect_uri": {issuer + "/callback/up"}, "scope": {"openid email"},
		"state": {state}, "code_challenge": {challenge}, "code_challenge_method": {"S256"}, "nonce": {nonce}, "response_mode": {"form_post"},
		"prompt": {"login"}, "login_hint": {"a&b=c"},
	}
	if !maps.EqualFunc(q, want, slices.Equal) {
		t.Errorf("sent %v", q)
	}
	in := w.plugin.asked[0]
	if in.Phase != hook.PhaseBegin || in.LoginHint != "ann@example.org" || in.Prompt != "select_account" || in.ACRValues[0] != "2" || in.UILocales[0] != "de" ||
		in.RedirectURI != issuer+"/callback/up" || in.Organisation.Name != "built-in" || in.Client.ID != "rp" {
		t.Errorf("asked %+v", in)
	}
	w.apply(start.Changes)
	saved := start.Changes[0].(core.SaveAttempt).Attempt
	if saved.RequestID != "request" || saved.BrowserHash != (core.Hash{1}) || saved.Connector != "up" || saved.Fresh || !saved.ExpiresAt.Equal(w.now.Add(10*time.Minute)) {
		t.Errorf("saved %+v", saved)
	}
	for _, secret := range []string{state, nonce, challenge, provider, `"k"`} {
		if strings.Contains(string(saved.Sealed), secret) {
			t.Errorf("the store has %q", secret)
		}
	}
	w.connector().CreateUsers = true
	if _, err := (sent{w, q, state}).finish(nil); err != nil {
		t.Fatal(err)
	}
	login := w.plugin.login[1]
	sum := sha256.Sum256([]byte(login.CodeVerifier))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != challenge || len(login.CodeVerifier) != 43 || login.Nonce != nonce || login.Nonce == login.CodeVerifier ||
		login.Code != "the-code" || login.Issuer != provider || login.RedirectURI != issuer+"/callback/up" || login.Got != nil {
		t.Errorf("%+v", login)
	}
	if data := w.plugin.asked[1].Data; len(data) != 1 || data[0].Name != "k" || data[0].Value.Text() != "v" {
		t.Errorf("data %v", data)
	}
}

// What is derived differs with the server's key, so the state that a provider sees
// tells nobody the verifier.
func TestDerivedUnderTheKey(t *testing.T) {
	w := newWorld(t)
	w.connector().CreateUsers = true
	b := w.send(nil)
	w.Key[0]++
	if proof, err := b.finish(nil); err == nil || proof != nil {
		t.Errorf("another server opens the attempt: %+v", proof)
	}
	w.Key[0]--
	if _, err := b.finish(nil); err != nil {
		t.Error(err)
	}
}

func TestOAuthServer(t *testing.T) {
	w := newWorld(t)
	w.connector().CreateUsers = true
	w.plugin.begin.Redirect = &hook.LoginRedirect{AuthorizationEndpoint: "https://oauth.example/authorize", ClientID: "us", NoPKCE: true}
	b := w.send(nil)
	if got := slices.Sorted(maps.Keys(b.query)); !slices.Equal(got, []string{"client_id", "redirect_uri", "response_type", "state"}) {
		t.Errorf("sent %q", got)
	}
	for _, iss := range []string{"", "https://oauth.example", "https://oauth.example/login/oauth"} {
		b = w.send(nil)
		if _, err := b.finish(func(f *core.UpstreamFinish) { f.Params.Set("iss", iss) }); err != nil {
			t.Errorf("iss %q: %v", iss, err)
		}
	}
	if login := w.plugin.login[len(w.plugin.login)-1]; login.Nonce != "" || login.CodeVerifier != "" {
		t.Errorf("%+v", login)
	}
}

// A provider of many tenants is compared by the exchange, which knows the tenant.
func TestManyTenants(t *testing.T) {
	w := newWorld(t)
	w.connector().CreateUsers = true
	w.found.Issuer = provider + "/{tenantid}/v2.0"
	if _, err := w.send(nil).finish(func(f *core.UpstreamFinish) { f.Params.Set("iss", provider+"/t/v2.0") }); err != nil {
		t.Error(err)
	}
	if login := w.plugin.login[1]; login.Issuer != provider+"/t/v2.0" || login.Nonce == "" {
		t.Errorf("%+v", login)
	}
}

func TestBeginRefuses(t *testing.T) {
	long := strings.Repeat("x", 2049)
	text := hook.String
	for _, test := range []struct {
		name, reason string
		edit         func(*world, *hook.LoginRedirect)
	}{
		{"both", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.AuthorizationEndpoint = "https://a.example" }},
		{"neither", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.Issuer = "" }},
		{"no client", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.ClientID = "" }},
		{"odd client", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.ClientID = "a\nb" }},
		{"response mode", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.ResponseMode = "fragment" }},
		{"no openid", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.Scopes = []string{"email"} }},
		{"odd scope", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.Scopes = []string{"openid", "a b"} }},
		{"many scopes", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.Scopes = make([]string, 65) }},
		{"no text", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.Parameters = hook.Object{{Name: "a", Value: hook.Int(1)}} }},
		{"odd text", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.Parameters = hook.Object{{Name: "a", Value: text("b\r\nc")}} }},
		{"long text", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.Parameters = hook.Object{{Name: "a", Value: text(long)}} }},
		{"odd name", "redirect_malformed", func(_ *world, r *hook.LoginRedirect) { r.Parameters = hook.Object{{Name: "", Value: text("")}} }},
		{"state", "parameter_reserved", func(_ *world, r *hook.LoginRedirect) { r.Parameters = hook.Object{{Name: "state", Value: text("x")}} }},
		{"redirect URI", "parameter_reserved", func(_ *world, r *hook.LoginRedirect) {
			r.Parameters = hook.Object{{Name: "redirect_uri", Value: text("https://evil.example")}}
		}},
		{"request object", "parameter_reserved", func(_ *world, r *hook.LoginRedirect) {
			r.Parameters = hook.Object{{Name: "request_uri", Value: text("urn:x")}}
		}},
		{"twice", "parameter_twice", func(_ *world, r *hook.LoginRedirect) {
			r.Parameters = hook.Object{{Name: "a", Value: text("1")}, {Name: "a", Value: text("2")}}
		}},
		{"too long", "redirect_too_long", func(_ *world, r *hook.LoginRedirect) {
			for _, name := range []string{"a", "b", "c", "d", "e"} {
				r.Parameters = append(r.Parameters, hook.Member{Name: name, Value: text(long[1:])})
			}
		}},
		{"data", "data_too_large", func(w *world, _ *hook.LoginRedirect) {
			w.plugin.begin.Data = hook.Object{{Name: "d", Value: text(long + long)}}
		}},
		{"no redirect", "no_redirect", func(w *world, _ *hook.LoginRedirect) { w.plugin.begin.Redirect = nil }},
		{"plugin fails", "connector_failed", func(w *world, _ *hook.LoginRedirect) { w.plugin.fail = errors.New("trap") }},
		{"discovery fails", "discovery_failed", func(w *world, _ *hook.LoginRedirect) { w.lost = errors.New("denied") }},
		{"endpoint has the state", "parameter_twice", func(w *world, _ *hook.LoginRedirect) { w.found.AuthorizationEndpoint += "?state=x" }},
		{"endpoint has a request", "parameter_reserved", func(w *world, _ *hook.LoginRedirect) { w.found.AuthorizationEndpoint += "?request=x" }},
		{"endpoint with a fragment", "endpoint_malformed", func(w *world, _ *hook.LoginRedirect) { w.found.AuthorizationEndpoint += "#" }},
		{"endpoint with a bad query", "endpoint_malformed", func(w *world, _ *hook.LoginRedirect) { w.found.AuthorizationEndpoint += "?%zz" }},
		{"endpoint over http", "endpoint_malformed", func(w *world, _ *hook.LoginRedirect) {
			w.found.AuthorizationEndpoint = "http://login.provider.example/a"
		}},
		{"endpoint is a script", "endpoint_malformed", func(w *world, _ *hook.LoginRedirect) { w.found.AuthorizationEndpoint = "javascript:alert(1)" }},
		{"endpoint with a password", "endpoint_malformed", func(w *world, _ *hook.LoginRedirect) { w.found.AuthorizationEndpoint = "https://a:b@c.example" }},
		{"OAuth over http", "endpoint_malformed", func(_ *world, r *hook.LoginRedirect) {
			r.Issuer, r.AuthorizationEndpoint = "", "http://oauth.example/a"
		}},
	} {
		w := newWorld(t)
		test.edit(w, w.plugin.begin.Redirect)
		start, err := w.begin(nil)
		got, ok := errors.AsType[*core.UpstreamRefused](err)
		if !ok || start.Redirect != "" || len(start.Changes) != 0 {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		w.apply(got.Changes)
		w.refused(got, core.UpstreamBroken, test.reason)
	}
}

// Over http a browser is sent to where the discovery document came from in that way,
// and to its own machine.
func TestBeginOverHTTP(t *testing.T) {
	w := newWorld(t)
	w.found = upstream.Provider{Issuer: "http://10.0.0.7:8080", AuthorizationEndpoint: "http://10.0.0.7:8080/authorize"}
	if start, err := w.begin(nil); err != nil || !strings.HasPrefix(start.Redirect, "http://10.0.0.7:8080/authorize?") {
		t.Errorf("%q, %v", start.Redirect, err)
	}
	for _, host := range []string{"localhost:1", "127.0.0.2:1", "[::1]:1"} {
		w.plugin.begin.Redirect = &hook.LoginRedirect{AuthorizationEndpoint: "http://" + host, ClientID: "us"}
		if start, err := w.begin(nil); err != nil || !strings.HasPrefix(start.Redirect, "http://"+host+"?response_type=code&") {
			t.Errorf("%q, %v", start.Redirect, err)
		}
	}
}
