package app_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// everyType registers a client for all response types.
func everyType(c *core.Client) {
	c.ResponseTypes = oauth.ResponseTypes()
	c.GrantTypes = append(c.GrantTypes, core.GrantImplicit)
}

func everyTypeAsked(c *core.Client) { everyType(c); c.SkipConsent = false }

// answered walks alice to the response of an authorization request. What it gives away
// is secret from then on.
func (rp *relyingParty) answered(b *browser, mode string, edits ...string) url.Values {
	b.t.Helper()
	p := b.get(rp.authorizeURL(edits...))
	if p.has("login") {
		p = p.signIn("alice", thePassword)
	}
	got, target, values := p.response()
	if got != mode || target != theCallback || values.Get("state") != "the-state" || values.Get("iss") != rp.w.issuer {
		b.t.Fatalf("answered by %s to %q, want %s: %v", got, target, mode, values)
	}
	p.isPrivate()
	rp.w.hide(values.Get("code"), values.Get("access_token"), values.Get("id_token"))
	return values
}

// verified checks an ID token of the front channel as a relying party of other people
// does, and both hashes by hand (OpenID Connect Core section 3.3.2.11).
func (rp *relyingParty) verified(answer url.Values) map[string]any {
	t := rp.w.t
	t.Helper()
	provider, err := oidc.NewProvider(context.Background(), rp.w.issuer)
	if err != nil {
		t.Fatal(err)
	}
	idToken, err := provider.Verifier(&oidc.Config{ClientID: rp.client.ID}).Verify(context.Background(), answer.Get("id_token"))
	if err != nil {
		t.Fatal(err)
	}
	if idToken.Nonce != "the-nonce" {
		t.Errorf("nonce %q", idToken.Nonce)
	}
	if answer.Has("access_token") {
		if err := idToken.VerifyAccessToken(answer.Get("access_token")); err != nil {
			t.Error(err)
		}
	}
	claims := claimsOf(t, answer.Get("id_token"))
	for hash, of := range map[string]string{"c_hash": answer.Get("code"), "at_hash": answer.Get("access_token")} {
		sum := sha256.Sum256([]byte(of))
		want := any(base64.RawURLEncoding.EncodeToString(sum[:16]))
		if of == "" {
			want = nil
		}
		if claims[hash] != want {
			t.Errorf("%s %v, want %v", hash, claims[hash], want)
		}
	}
	return claims
}

// TestFrontChannel takes every response type in every mode that there is for it.
func TestFrontChannel(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	rp := w.register("rp", everyType)
	b := newBrowser(t, w.issuer)
	for kind, gives := range map[string][]string{
		"code":                {"code"},
		"id_token":            {"id_token"},
		"id_token token":      {"access_token", "expires_in", "id_token", "scope", "token_type"},
		"token id_token":      {"access_token", "expires_in", "id_token", "scope", "token_type"},
		"code id_token":       {"code", "id_token"},
		"code token":          {"access_token", "code", "expires_in", "scope", "token_type"},
		"code id_token token": {"access_token", "code", "expires_in", "id_token", "scope", "token_type"},
	} {
		for _, mode := range []string{"", "fragment", "form_post"} {
			w.each(strings.ReplaceAll(kind, " ", "_")+"_"+mode, func() {
				want := mode
				if mode == "" {
					want = oauth.ModeFragment
				}
				if mode == "" && kind == "code" {
					want = oauth.ModeQuery
				}
				answer := rp.answered(b.at(w), want, "response_type", kind, "response_mode", mode)
				var names []string
				for name := range answer {
					if name != "state" && name != "iss" {
						names = append(names, name)
					}
				}
				if slices.Sort(names); !slices.Equal(names, gives) {
					t.Fatalf("the answer has %q", names)
				}
				rp.checkAnswer(answer, kind, alice)
			})
		}
	}
	w.checkSecrets()
}

// checkAnswer uses what a response gave.
func (rp *relyingParty) checkAnswer(answer url.Values, kind string, alice *core.User) {
	w := rp.w
	w.t.Helper()
	if answer.Has("id_token") {
		claims := rp.verified(answer)
		if claims["sub"] != string(alice.ID) || (claims["email"] != nil) != (kind == "id_token") || (claims["name"] != nil) != (kind == "id_token") {
			w.t.Errorf("ID token %v", claims)
		}
	}
	if token := answer.Get("access_token"); token != "" {
		if answer.Get("token_type") != "Bearer" || answer.Get("expires_in") != "3600" || answer.Get("scope") != "openid profile email" {
			w.t.Errorf("%v", answer)
		}
		if info := w.resource(oauth.PathUserInfo, token); info.text("sub") != string(alice.ID) || info.text("email") != alice.Email {
			w.t.Errorf("UserInfo: %s", info.body)
		}
	}
	if answer.Has("code") {
		set := w.succeeds(rp.callCode(answer.Get("code")))
		claims := claimsOf(w.t, set.text("id_token"))
		if claims["sub"] != string(alice.ID) || claims["nonce"] != "the-nonce" || set.text("access_token") == answer.Get("access_token") {
			w.t.Errorf("%s", set.body)
		}
		w.serves(set.text("access_token"))
	}
}

// consenting is a person who goes through sign-in and consent page.
func (rp *relyingParty) consenting(b *browser, edits ...string) *page {
	b.t.Helper()
	p := b.get(rp.authorizeURL(edits...))
	if p.has("login") {
		p = p.signIn("alice", thePassword)
	}
	if !p.has("allow") {
		b.t.Fatalf("no consent page: status %d, to %v:\n%s", p.status, p.location, p.body)
	}
	return p
}

func TestClaimsParameter(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { c.SkipConsent, c.OfflineWithoutPrompt = false, true })
	b := newBrowser(t, w.issuer)
	const claims = `{"userinfo":{"given_name":{"essential":true},"email":null,"birthdate":null,"nonsense-of-the-request":null},"id_token":{"family_name":null,"auth_time":{"essential":true}}}`
	p := rp.consenting(b, "scope", "openid offline_access", "claims", claims)
	for _, text := range []string{"e-mail address", "given name", "family name", "date of birth", "Other details"} {
		if !strings.Contains(p.body, text) {
			t.Errorf("the consent page says nothing of %q: %s", text, p.body)
		}
	}
	if strings.Contains(p.body, "nonsense") {
		t.Errorf("the consent page repeats the request: %s", p.body)
	}
	set := w.succeeds(rp.callCode(codeOf(t, p.press("allow", nil))))
	for range 2 {
		info := w.resource(oauth.PathUserInfo, set.text("access_token"))
		if info.text("given_name") != "Alice" || info.text("email") != "alice@example.com" || len(info.json) != 3 {
			t.Errorf("UserInfo: %s", info.body)
		}
		idToken := claimsOf(t, set.text("id_token"))
		if idToken["family_name"] != "Liddell" || idToken["given_name"] != nil || idToken["email"] != nil || idToken["auth_time"] == nil {
			t.Errorf("ID token: %v", idToken)
		}
		set = w.succeeds(rp.callRefresh(set.text("refresh_token")))
	}
	// The consent is remembered.
	w.succeeds(rp.callCode(rp.code(b, "alice", "scope", "openid offline_access", "claims", claims)))
	w.checkSecrets()
}

func TestPairwiseSubjects(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	pairwise := func(uris ...string) func(*core.Client) {
		return func(c *core.Client) {
			everyType(c)
			c.RedirectURIs, c.Metadata.SubjectType, c.PostLogoutRedirectURIs = uris, core.SubjectPairwise, []string{theFarewell}
		}
	}
	one := w.register("one", pairwise(theCallback, "https://rp.example/other"))
	same := w.register("same", pairwise(theCallback))
	apart := w.register("apart", pairwise("https://apart.example/cb"))
	b := newBrowser(t, w.issuer)
	subjects := map[string]string{}
	for name, rp := range map[string]*relyingParty{"one": one, "same": same, "apart": apart} {
		set := w.succeeds(rp.callCode(rp.code(b, "alice")))
		subject, _ := claimsOf(t, set.text("id_token"))["sub"].(string)
		for _, path := range []string{oauth.PathUserInfo, oauth.PathAccount} {
			if got := w.resource(path, set.text("access_token")); got.text("sub") != subject || strings.Contains(string(got.body), string(alice.ID)) {
				t.Errorf("%s: %s names %s", name, path, got.body)
			}
		}
		subjects[name] = subject
		// The hint is the client's own name for her.
		p := b.get(rp.authorizeURL("prompt", "none", "id_token_hint", set.text("id_token")))
		codeOf(t, p)
	}
	if subjects["one"] != subjects["same"] || subjects["one"] == subjects["apart"] || subjects["one"] == string(alice.ID) {
		t.Errorf("%v", subjects)
	}
	answer := one.answered(b, oauth.ModeFragment, "response_type", "id_token token")
	if got := one.verified(answer)["sub"]; got != subjects["one"] {
		t.Errorf("the authorization endpoint names %v", got)
	}
	w.restart()
	if got := one.verified(one.answered(b, oauth.ModeFragment, "response_type", "code id_token"))["sub"]; got != subjects["one"] {
		t.Errorf("after a restart it is %v", got)
	}
	// Signing out by such an ID token works as by any other.
	p := b.get(oauth.PathEndSession + "?" + url.Values{"id_token_hint": {answer.Get("id_token")}, "post_logout_redirect_uri": {theFarewell}}.Encode())
	if p.location == nil || p.location.String() != theFarewell {
		t.Errorf("status %d, to %v", p.status, p.location)
	}
	w.checkSecrets()
}

func TestAgeAndClassOfASignIn(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) {
		c.Metadata.DefaultMaxAge, c.Metadata.RequireAuthTime, c.Metadata.DefaultACRValues = new(3600), true, []string{"1"}
	})
	b := newBrowser(t, w.issuer)
	signedIn := w.clock.Now()
	check := func(edits ...string) {
		t.Helper()
		claims := claimsOf(t, w.succeeds(rp.callCode(rp.code(b, "alice", edits...))).text("id_token"))
		if claims["auth_time"] != float64(signedIn.Unix()) || claims["acr"] != core.ACRPassword {
			t.Errorf("auth_time %v, acr %v", claims["auth_time"], claims["acr"])
		}
	}
	check()
	w.clock.advance(time.Hour - 2*time.Second)
	check("acr_values", "2 1", "display", "popup", "ui_locales", "se", "claims_locales", "se")
	w.clock.advance(3 * time.Second)
	b.get(rp.authorizeURL("prompt", "none")).answersError(w, "", oauth.CodeLoginRequired)
	check("max_age", "7200", "prompt", "none")
	signedIn = w.clock.Now()
	check()
	check("claims", `{"id_token":{"acr":{"essential":true,"values":["phr","1"]}}}`)
	if a := w.resource(oauth.PathDiscovery, ""); a.json["claims_parameter_supported"] != true || a.status != http.StatusOK {
		t.Errorf("%s", a.body)
	}
}
