package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

// registrar is the world with registration open, and documents that clients refer to.
func registrar(t *testing.T) *world {
	w := newWorld(t)
	w.Registration = core.RegistrationPolicy{Mode: core.RegistrationOpen}
	w.Issuer = "https://id.example"
	w.Documents = shelf{
		"https://rp.example/sector.json": `["https://rp.example/cb","https://rp.example/other"]`,
		"https://rp.example/object.json": `{"redirect_uris":["https://rp.example/cb"]}`,
		"https://rp.example/html":        `<html>`,
	}
	return w
}

// shelf has the documents by their URLs.
type shelf map[string]string

func (s shelf) Document(_ context.Context, url string) ([]byte, error) {
	text, there := s[url]
	if !there {
		return nil, errors.New("forbidden address 10.0.0.1")
	}
	return []byte(text), nil
}

// metadata is a registration with what nearly every test wants; edits are pairs of member
// and value, nil takes the member out.
func metadata(edits ...any) map[string]any {
	m := map[string]any{"redirect_uris": []string{"https://rp.example/cb"}, "client_name": "Wiki"}
	for i := 0; i < len(edits); i += 2 {
		m[edits[i].(string)] = edits[i+1]
	}
	maps.DeleteFunc(m, func(_ string, value any) bool { return value == nil })
	return m
}

func (w *world) parsed(members map[string]any) *oauth.Registration {
	w.t.Helper()
	w.now = w.now.Add(time.Millisecond) // events of one millisecond are in no order
	text, err := json.Marshal(members)
	if err != nil {
		w.t.Fatal(err)
	}
	r, refusal := oauth.ParseRegistration(text)
	if refusal != nil {
		w.t.Fatal(refusal)
	}
	return r
}

var stranger = admin.Actor{Name: "registration", IP: "192.0.2.7", Correlation: "c-7"}

func (w *world) registers(token string, edits ...any) *oauth.Registered {
	w.t.Helper()
	registered, refusal := w.Register(w.t.Context(), stranger, token, w.parsed(metadata(edits...)))
	if refusal != nil {
		w.t.Fatal(refusal)
	}
	return registered
}

// newest gives the newest audit event.
func (w *world) newest() core.Event {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), core.EventFilter{Limit: 1})
	if err != nil || len(events) != 1 {
		w.t.Fatal(events, err)
	}
	w.now = w.now.Add(time.Millisecond)
	return events[0]
}

func TestRegister(t *testing.T) {
	w := registrar(t)
	got := w.registers("", "scope", "openid email admin", "policy_uri", "https://rp.example/policy", "contacts", []string{"ops@rp.example"},
		"default_max_age", 60, "token_endpoint_auth_method", "client_secret_post", "sector_identifier_uri", "https://rp.example/sector.json")
	stored, err := w.store.Client(t.Context(), got.Client.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !stored.Registered() || stored.SecretHash != core.HashClientSecret(got.Secret) || stored.Org != core.DefaultOrganisation || stored.Preset != admin.PresetWeb {
		t.Errorf("got %+v", stored)
	}
	if stored.SkipConsent || stored.OfflineWithoutPrompt || stored.QueryToken || stored.Shared || stored.RequirePKCE {
		t.Errorf("it has what only an operator gives: %+v", stored)
	}
	if !slices.Equal(stored.Scopes, []string{"openid", "email"}) {
		t.Errorf("scopes %v", stored.Scopes)
	}
	if got.URI != "https://id.example/api/oauth/register/"+stored.ID || !strings.HasPrefix(got.Token, "reg_") {
		t.Errorf("got %+v", got)
	}
	e := w.newest()
	if e.Type != core.EventClientCreated || e.ClientID != stored.ID || e.Actor != "client:"+stored.ID || e.IP != stranger.IP || e.Detail["by"] != "registration" {
		t.Errorf("recorded %+v", e)
	}
	for _, value := range e.Detail {
		if value == got.Secret || value == got.Token {
			t.Error("a secret is in the audit log")
		}
	}

	native := w.registers("", "application_type", "native", "redirect_uris", []string{"com.example.app:/cb", "http://127.0.0.1/cb"}).Client
	if !native.Native || !native.Public() || !native.RequirePKCE || native.Preset != admin.PresetNative {
		t.Errorf("got %+v", native)
	}
	nameless := w.registers("", "client_name", nil).Client
	if nameless.Title() != "rp.example" {
		t.Errorf("it is called %q", nameless.Title())
	}
	if again := w.registers(""); again.Client.ID == got.Client.ID || again.Secret == got.Secret {
		t.Error("two registrations made one client")
	}
}

// TestRegisterRefuses has what may not be registered. Numbers are those of the list of
// what must be refused.
func TestRegisterRefuses(t *testing.T) {
	const redirect, other = oauth.CodeInvalidRedirectURI, oauth.CodeInvalidClientMetadata
	uris := func(uris ...string) []any { return []any{"redirect_uris", uris} }
	// Of RFC 7517 appendix A.1.
	const key = `{"kty":"EC","crv":"P-256","kid":"a","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`
	jwks := func(keys ...string) []any {
		return []any{"jwks", json.RawMessage(`{"keys":[` + strings.Join(keys, ",") + `]}`)}
	}
	w := registrar(t)
	w.client(admin.NewClient{Name: "confluence", Edit: func(c *core.Client) {
		c.RedirectURIs, c.DisplayName = []string{"https://wiki.example/cb"}, "Confluence"
	}})
	before := w.clients()
	for _, tt := range []struct {
		name   string
		edits  []any
		code   string
		member string // of the reason
	}{
		{"013_javascript", uris("javascript:alert(1)"), redirect, "redirect_uris"},
		{"013_data", uris("data:text/html,x"), redirect, "redirect_uris"},
		{"013_vbscript", uris("vbscript:x"), redirect, "redirect_uris"},
		{"013_fragment", uris("https://rp.example/cb#x"), redirect, "redirect_uris"},
		{"013_empty_fragment", uris("https://rp.example/cb#"), redirect, "redirect_uris"},
		{"013_wildcard", uris("https://*.example/cb"), redirect, "redirect_uris"},
		{"013_userinfo", uris("https://a@rp.example/cb"), redirect, "redirect_uris"},
		{"013_http", uris("http://rp.example/cb"), redirect, "redirect_uris"},
		{"013_relative", uris("/cb"), redirect, "redirect_uris"},
		{"013_one_of_two", uris("https://rp.example/cb", "javascript:x"), redirect, "redirect_uris"},
		{"013_scheme_of_a_web_client", uris("com.example.app:/cb"), redirect, "redirect_uris"},
		{"013_native_javascript", append(uris("javascript:x"), "application_type", "native"), redirect, "redirect_uris"},
		{"013_after_logout", []any{"post_logout_redirect_uris", []string{"javascript:x"}}, other, "post_logout_redirect_uris"},
		{"none", uris(), redirect, "redirect_uris"},
		{"many", uris(slices.Repeat([]string{"https://rp.example/cb"}, 33)...), redirect, "redirect_uris"},
		{"application type", []any{"application_type", "tv"}, other, "application_type"},
		{"confidential native", []any{"application_type", "native", "token_endpoint_auth_method", "client_secret_basic"}, other, "application_type"},
		{"auth method", []any{"token_endpoint_auth_method", "tls_client_auth"}, other, "token_endpoint_auth_method"},
		{"grant type", []any{"grant_types", []string{"authorization_code", "password"}}, other, "grant_types"},
		{"117_client_credentials", []any{"grant_types", []string{"client_credentials"}, "scope", "openid"}, other, "grant_types"},
		{"117_device", []any{"grant_types", []string{core.GrantDevice}, "redirect_uris", nil}, other, "grant_types"},
		{"117_administration", []any{"scope", core.ScopeAdministration}, other, "scope"},
		{"response type", []any{"response_types", []string{"magic"}}, other, "response_types"},
		{"response type without its grant", []any{"response_types", []string{"code"}, "grant_types", []string{"refresh_token"}}, other, "grant_types"},
		{"117_no_scope_is_left", []any{"scope", "admin root"}, other, "scope"},
		{"ID token algorithm", []any{"id_token_signed_response_alg", "HS1"}, other, "id_token_signed_response_alg"},
		{"algorithm of assertions", []any{"token_endpoint_auth_signing_alg", "nOnE"}, other, "token_endpoint_auth_signing_alg"},
		{"UserInfo algorithm", []any{"userinfo_signed_response_alg", "x"}, other, "userinfo_signed_response_alg"},
		{"077_encryption", []any{"id_token_encrypted_response_alg", "RSA1_5"}, other, "id_token_encrypted_response_alg"},
		{"content without a key", []any{"userinfo_encrypted_response_enc", "A128CBC-HS256"}, other, "userinfo_encrypted_response_enc"},
		{"subject type", []any{"subject_type", "secret"}, other, "subject_type"},
		{"contacts", []any{"contacts", slices.Repeat([]string{"x"}, 11)}, other, "contacts"},
		{"contact of lines", []any{"contacts", []string{"a\nb"}}, other, "contacts"},
		{"software", []any{"software_id", strings.Repeat("x", 2000)}, other, "software_id"},
		{"initiate_login_nohttps", []any{"initiate_login_uri", "http://rp.example/login"}, other, "initiate_login_uri"},
		{"initiate_login_script", []any{"initiate_login_uri", "javascript:x"}, other, "initiate_login_uri"},
		{"117_logo_script", []any{"logo_uri", "javascript:x"}, other, "logo_uri"},
		{"117_logo_data", []any{"logo_uri", "data:image/png;base64,AAAA"}, other, "logo_uri"},
		{"117_logo_http", []any{"logo_uri", "http://rp.example/l.png"}, other, "logo_uri"},
		{"117_policy_script", []any{"policy_uri", "javascript:x"}, other, "policy_uri"},
		{"117_terms_script", []any{"tos_uri", "JavaScript:x"}, other, "tos_uri"},
		{"117_home_data", []any{"client_uri", "data:text/html,x"}, other, "client_uri"},
		{"117_policy_user", []any{"policy_uri", "https://rp.example@evil.example/"}, other, "policy_uri"},
		{"117_name_of_another", []any{"client_name", "confluence"}, other, "client_name"},
		{"117_name_of_another_spaced", []any{"client_name", "C on-fluence "}, other, "client_name"},
		{"117_homograph_mixed", []any{"client_name", "Cоnfluence"}, other, "client_name"},
		{"117_homograph_digit", []any{"client_name", "C0nfluence"}, other, "client_name"},
		{"117_hidden_letters", []any{"client_name", "Wi\u200bki"}, other, "client_name"},
		{"117_bidi", []any{"client_name", "\u202eikiW"}, other, "client_name"},
		{"082_private", jwks(`{"kty":"EC","crv":"P-256","x":"x","y":"y","d":"d"}`), other, "jwks"},
		{"082_symmetric", jwks(`{"kty":"oct","k":"AAAA"}`), other, "jwks"},
		{"082_kid_twice", jwks(key, key), other, "jwks"},
		{"082_ten_thousand", jwks(slices.Repeat([]string{`{"kty":"EC"}`}, 10_000)...), other, "jwks"},
		{"082_weak", jwks(`{"kty":"RSA","n":"AQAB","e":"AQAB"}`), other, "jwks"},
		{"jwks twice", append(jwks(key), "jwks_uri", "https://rp.example/jwks"), other, "jwks_uri"},
		{"117_jwks_uri_http", []any{"jwks_uri", "http://169.254.169.254/latest"}, other, "jwks_uri"},
		{"117_jwks_uri_file", []any{"jwks_uri", "file:///etc/passwd"}, other, "jwks_uri"},
		{"070_none_through_the_browser", []any{"id_token_signed_response_alg", "none", "response_types", []string{"id_token code"}, "grant_types", []string{"implicit", "authorization_code"}},
			other, "id_token_signed_response_alg"},
		{"sector_bad", append(uris("https://rp.example/cb", "https://rp.example/third"), "sector_identifier_uri", "https://rp.example/sector.json"), other, "sector_identifier_uri"},
		{"sector_object", []any{"sector_identifier_uri", "https://rp.example/object.json"}, other, "sector_identifier_uri"},
		{"sector_html", []any{"sector_identifier_uri", "https://rp.example/html"}, other, "sector_identifier_uri"},
		{"sector_http", []any{"sector_identifier_uri", "http://rp.example/sector.json"}, other, "sector_identifier_uri"},
		{"109_sector_not_reachable", []any{"sector_identifier_uri", "https://10.0.0.1/sector.json"}, other, "sector_identifier_uri"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.now = w.now.Add(time.Hour) // each in an hour of its own
			_, refusal := w.Register(t.Context(), stranger, "", w.parsed(metadata(tt.edits...)))
			if refusal == nil || refusal.Code != tt.code || refusal.Status != http.StatusBadRequest || refusal.Reason != "registration_"+tt.member {
				t.Fatalf("got %+v", refusal)
			}
			if !strings.HasPrefix(refusal.Description, tt.member+": ") || strings.Contains(refusal.Description, "10.0.0.1 ") {
				t.Errorf("it says %q", refusal.Description)
			}
			if e := w.newest(); e.Type != core.EventRegistrationRefused || e.Detail["reason"] != refusal.Reason || e.IP != stranger.IP {
				t.Errorf("recorded %+v", e)
			}
		})
	}
	if got := w.clients(); !slices.Equal(got, before) {
		t.Errorf("clients %v", got)
	}
	// Japanese is written with three scripts, and Latin letters between them.
	for _, name := range []string{"社内Wikiのページ", "Große Ärzte-Wiki 2", "Вики", "ويكي"} {
		w.registers("", "client_name", name)
	}
}

func (w *world) clients() []string {
	w.t.Helper()
	clients, err := w.Clients(w.t.Context(), "")
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []string
	for _, c := range clients {
		ids = append(ids, c.ID)
	}
	return ids
}

// An operator may let devices register themselves. Nobody gets the scope of administration
// that way, whatever the policy says.
func TestRegistrationOfDevices(t *testing.T) {
	w := registrar(t)
	w.Registration = core.RegistrationPolicy{
		Mode: core.RegistrationOpen, Scopes: []string{"openid", core.ScopeAdministration}, GrantTypes: []string{core.GrantDevice, core.GrantRefreshToken},
	}
	for _, asked := range []any{nil, "openid " + core.ScopeAdministration} {
		got := w.registers("", "redirect_uris", nil, "grant_types", []string{core.GrantDevice}, "token_endpoint_auth_method", "none", "scope", asked).Client
		if got.Preset != admin.PresetDevice || !slices.Equal(got.Scopes, []string{"openid"}) || len(got.ResponseTypes) != 0 {
			t.Errorf("%+v", got)
		}
	}
	if !slices.Contains(w.Registration.Scopes, core.ScopeAdministration) {
		t.Error("the policy itself was changed")
	}
}

func TestRegistrationPolicy(t *testing.T) {
	w := registrar(t)
	w.Registration = core.RegistrationPolicy{
		Mode: core.RegistrationOpen, Scopes: []string{"openid", "reports.read"}, GrantTypes: []string{core.GrantAuthorizationCode, core.GrantClientCredentials},
		RedirectHosts: []string{"app.example.org", "*.apps.example.org"},
	}
	app := []string{"https://app.example.org/cb", "https://a.apps.example.org:8443/cb"}
	if got := w.registers("", "redirect_uris", app).Client; !slices.Equal(got.Scopes, w.Registration.Scopes) {
		t.Errorf("scopes %v", got.Scopes)
	}
	if got := w.registers("", "redirect_uris", nil, "grant_types", []string{"client_credentials"}, "scope", "reports.read").Client; got.Preset != admin.PresetService {
		t.Errorf("got %+v", got)
	}
	for _, tt := range []struct {
		edits  []any
		member string
	}{
		{[]any{"redirect_uris", []string{"https://rp.example/cb"}}, "redirect_uris"},
		{[]any{"redirect_uris", []string{"https://apps.example.org/cb"}}, "redirect_uris"},
		{[]any{"redirect_uris", []string{"https://evil-apps.example.org/cb"}}, "redirect_uris"},
		{[]any{"redirect_uris", []string{"https://app.example.org.evil.example/cb"}}, "redirect_uris"},
		{[]any{"redirect_uris", []string{"com.example.app:/cb"}, "application_type", "native"}, "redirect_uris"},
		{[]any{"redirect_uris", app, "post_logout_redirect_uris", []string{"https://rp.example/"}}, "post_logout_redirect_uris"},
		{[]any{"redirect_uris", app, "grant_types", []string{"authorization_code", "refresh_token"}}, "grant_types"},
		{[]any{"redirect_uris", app, "scope", "email"}, "scope"},
	} {
		_, refusal := w.Register(t.Context(), stranger, "", w.parsed(metadata(tt.edits...)))
		if refusal == nil || refusal.Reason != "registration_"+tt.member {
			t.Errorf("%v: %v", tt.edits, refusal)
		}
	}
}

func TestInitialTokens(t *testing.T) {
	w := registrar(t)
	ctx := t.Context()
	w.Registration.Mode = core.RegistrationToken
	if _, err := w.CreateOrganisation(ctx, actor, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Millisecond)
	token, text, err := w.CreateInitialToken(ctx, actor, admin.NewInitialToken{Org: "acme", Name: "wiki", MaxUses: 2, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if e := w.newest(); e.Type != core.EventInitialCreated || e.Detail["initial_token"] != string(token.ID) || strings.Contains(fmt.Sprint(e), text) {
		t.Errorf("recorded %+v", e)
	}
	refused := func(name, token, reason string) {
		t.Helper()
		_, refusal := w.Register(ctx, stranger, token, w.parsed(metadata()))
		if refusal == nil || refusal.Code != oauth.CodeInvalidToken || refusal.Status != http.StatusUnauthorized || refusal.Reason != reason {
			t.Errorf("%s: %v", name, refusal)
		}
	}
	refused("none", "", oauth.ReasonTokenMissing)
	refused("malformed", "x", "initial_token_malformed")
	refused("another kind", strings.Replace(text, "iat_", "reg_", 1), "initial_token_malformed")
	unknown := core.Credential{Kind: core.KindInitial, ID: token.ID}
	refused("wrong secret", unknown.String(), "initial_token_unknown")
	unknown.ID = core.NewID(w.now, w.Rand)
	refused("unknown", unknown.String(), "initial_token_unknown")

	registered := w.registers(text)
	if registered.Client.Org != "acme" || w.newest().Detail["initial_token"] != string(token.ID) {
		t.Errorf("got %+v, recorded %+v", registered.Client, w.newest())
	}
	// What is refused uses nothing up.
	if _, refusal := w.Register(ctx, stranger, text, w.parsed(metadata("redirect_uris", nil))); refusal == nil {
		t.Error("registered without a redirect URI")
	}
	// Of many at once no more register than may.
	var racers sync.WaitGroup
	var mu sync.Mutex
	won := 0
	document := w.parsed(metadata())
	for range 8 {
		racers.Go(func() {
			_, refusal := w.Register(ctx, stranger, text, document)
			mu.Lock()
			defer mu.Unlock()
			if refusal == nil {
				won++
			} else if refusal.Code != oauth.CodeInvalidToken {
				t.Error(refusal)
			}
		})
	}
	racers.Wait()
	if won != 1 {
		t.Errorf("%d registered with the last use", won)
	}
	refused("used up", text, "initial_token_ended")
	all, err := w.InitialTokens(ctx, "acme")
	if err != nil || len(all) != 1 || all[0].Uses != 2 {
		t.Errorf("got %+v, %v", all, err)
	}

	many, text, err := w.CreateInitialToken(ctx, actor, admin.NewInitialToken{Org: "acme", Name: "many", TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	// A token is asked for nowhere where everybody may register, but a wrong one is not let pass.
	w.Registration.Mode = core.RegistrationOpen
	w.registers("")
	w.registers(text)
	refused("wrong where none is needed", unknown.String(), "initial_token_unknown")
	w.Registration.Mode = core.RegistrationToken
	if _, err := w.UpdateOrganisation(ctx, actor, "acme", "", func(o *core.Organisation) { o.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	refused("054_disabled_organisation", text, "initial_token_organisation_disabled")
	if _, err := w.UpdateOrganisation(ctx, actor, "acme", "", func(o *core.Organisation) { o.Disabled = false }); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	refused("expired", text, "initial_token_ended")
	w.now = w.now.Add(time.Millisecond)
	if err := w.RevokeInitialToken(ctx, actor, many.ID); err != nil {
		t.Fatal(err)
	}
	if e := w.newest(); e.Type != core.EventInitialRevoked || e.Detail["name"] != "many" {
		t.Errorf("recorded %+v", e)
	}
	refused("revoked", text, "initial_token_unknown")
	if err := w.RevokeInitialToken(ctx, actor, many.ID); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
	for field, input := range map[string]admin.NewInitialToken{
		"name": {Name: "a b", TTL: time.Hour}, "uses": {Name: "a", MaxUses: -1, TTL: time.Hour}, "ttl": {Name: "a", TTL: time.Second},
	} {
		if _, _, err := w.CreateInitialToken(ctx, actor, input); !slices.Equal(problems(t, err), []string{field}) {
			t.Error(err)
		}
	}
}

// TestRegistrationLimit is the mass creation of 117. Every try counts.
func TestRegistrationLimit(t *testing.T) {
	w := registrar(t)
	ctx := t.Context()
	bad, good := w.parsed(metadata("redirect_uris", nil)), w.parsed(metadata())
	try := func(ip string, r *oauth.Registration) *oauth.Error {
		actor := stranger
		actor.IP = ip
		_, refusal := w.Register(ctx, actor, "", r)
		return refusal
	}
	for i := range 300 {
		if refusal := try(fmt.Sprintf("2001:db8::%x", i), bad); refusal == nil || refusal.Status != http.StatusBadRequest {
			t.Fatalf("try %d: %v", i, refusal)
		}
	}
	refusal := try("2001:db8::ffff", good)
	if refusal == nil || refusal.Status != http.StatusTooManyRequests || refusal.Reason != "registration_limit" {
		t.Errorf("got %v", refusal)
	}
	if refusal := try("2001:db8:0:1::1", good); refusal != nil {
		t.Errorf("another network: %v", refusal)
	}
	_, text, err := w.CreateInitialToken(ctx, actor, admin.NewInitialToken{Name: "x", TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if _, refusal := w.Register(ctx, admin.Actor{IP: "2001:db8::1"}, text, good); refusal != nil {
		t.Errorf("with a token: %v", refusal)
	}
	w.now = w.now.Add(time.Hour)
	if refusal := try("2001:db8::1", good); refusal != nil {
		t.Errorf("an hour later: %v", refusal)
	}
}

func TestManageRegistration(t *testing.T) {
	w := registrar(t)
	ctx := t.Context()
	first, second := w.registers(""), w.registers("", "client_name", "Other")
	id := first.Client.ID

	read, refusal := w.ReadRegistration(ctx, stranger, id, first.Token)
	if refusal != nil || read.Client.ID != id || read.Token != first.Token || read.Secret != "" {
		t.Errorf("got %+v, %v", read, refusal)
	}
	// What an operator decided stays, whatever the client registers.
	if _, err := w.UpdateClient(ctx, actor, id, "", func(c *core.Client) {
		c.AllowedGroups, c.AccessTTL, c.RegistrationHash, c.SealedSecret = []string{"staff"}, 5*time.Minute, core.Hash{}, []byte("x")
	}); err != nil {
		t.Fatal(err)
	}
	change := func(token string, edits ...any) (*oauth.Registered, *oauth.Error) {
		return w.ChangeRegistration(ctx, stranger, id, token, w.parsed(metadata(append([]any{"client_id", id}, edits...)...)))
	}
	changed, refusal := change(first.Token, "redirect_uris", []string{"https://rp.example/new"}, "client_secret", first.Secret, "scope", "openid")
	if refusal != nil {
		t.Fatal(refusal)
	}
	stored, err := w.store.Client(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if changed.Token == first.Token || changed.Secret != "" || !slices.Equal(stored.RedirectURIs, []string{"https://rp.example/new"}) ||
		!slices.Equal(stored.AllowedGroups, []string{"staff"}) || stored.AccessTTL != 5*time.Minute || stored.SecretHash != first.Client.SecretHash || stored.SealedSecret != nil {
		t.Errorf("got %+v, stored %+v", changed, stored)
	}
	if e := w.newest(); e.Type != core.EventClientUpdated || e.Actor != "client:"+id || e.Detail["fields"] != "redirect_uris scopes" {
		t.Errorf("recorded %+v", e)
	}

	for _, tt := range []struct {
		name, token, reason string
		status              int
		edits               []any
	}{
		{"117_token_that_was_replaced", first.Token, "registration_token_unknown", 401, nil},
		{"117_token_of_another_client", second.Token, "registration_token_unknown", 401, nil},
		{"no token", "", oauth.ReasonTokenMissing, 401, nil},
		{"an initial token", strings.Replace(changed.Token, "reg_", "iat_", 1), "registration_token_malformed", 401, nil},
		{"client_id of another", changed.Token, "registration_client_id", 400, []any{"client_id", second.Client.ID}},
		{"no client_id", changed.Token, "registration_client_id", 400, []any{"client_id", nil}},
		{"a secret of its choice", changed.Token, "registration_client_secret", 400, []any{"client_secret", "hunter2"}},
		{"its own token", changed.Token, "registration_server_member", 400, []any{"registration_access_token", "x"}},
		{"its own address", changed.Token, "registration_server_member", 400, []any{"registration_client_uri", "https://evil.example"}},
		{"its own time", changed.Token, "registration_server_member", 400, []any{"client_secret_expires_at", 1}},
		{"public now", changed.Token, "registration_token_endpoint_auth_method", 400, []any{"token_endpoint_auth_method", "none"}},
		{"013_javascript", changed.Token, "registration_redirect_uris", 400, []any{"redirect_uris", []string{"javascript:x"}}},
	} {
		_, refusal := change(tt.token, tt.edits...)
		if refusal == nil || refusal.Reason != tt.reason || refusal.Status != tt.status {
			t.Errorf("%s: %+v", tt.name, refusal)
		}
		if e := w.newest(); e.Type != core.EventRegistrationRefused || e.Detail["reason"] != tt.reason {
			t.Errorf("%s: recorded %+v", tt.name, e)
		}
	}
	for _, id := range []string{"unknown", second.Client.ID} {
		if _, refusal := w.ReadRegistration(ctx, stranger, id, changed.Token); refusal == nil || refusal.Status != http.StatusUnauthorized {
			t.Errorf("read %s: %v", id, refusal)
		}
		if refusal := w.Unregister(ctx, stranger, id, changed.Token); refusal == nil || refusal.Status != http.StatusUnauthorized {
			t.Errorf("deleted %s: %v", id, refusal)
		}
	}

	setDisabled := func(disabled bool) {
		if _, err := w.UpdateClient(ctx, actor, id, "", func(c *core.Client) { c.Disabled = disabled }); err != nil {
			t.Fatal(err)
		}
	}
	setDisabled(true)
	if _, refusal := change(changed.Token); refusal == nil || refusal.Status != http.StatusForbidden {
		t.Errorf("a disabled client changes itself: %v", refusal)
	}
	setDisabled(false)
	w.now = w.now.Add(time.Millisecond)
	if refusal := w.Unregister(ctx, stranger, id, changed.Token); refusal != nil {
		t.Fatal(refusal)
	}
	if e := w.newest(); e.Type != core.EventClientDeleted || e.Actor != "client:"+id {
		t.Errorf("recorded %+v", e)
	}
	if _, refusal := w.ReadRegistration(ctx, stranger, id, changed.Token); refusal == nil || refusal.Status != http.StatusUnauthorized {
		t.Errorf("read what is deleted: %v", refusal)
	}
}

// TestChangeAtOnce: of many changes with one token one happens, and its token works.
func TestChangeAtOnce(t *testing.T) {
	w := registrar(t)
	ctx := t.Context()
	registered := w.registers("")
	document := w.parsed(metadata("client_id", registered.Client.ID))
	var racers sync.WaitGroup
	tokens := make(chan string, 8)
	for range 8 {
		racers.Go(func() {
			changed, refusal := w.ChangeRegistration(ctx, stranger, registered.Client.ID, registered.Token, document)
			if refusal == nil {
				tokens <- changed.Token
			} else if refusal.Status != http.StatusUnauthorized {
				t.Error(refusal)
			}
		})
	}
	racers.Wait()
	close(tokens)
	if len(tokens) != 1 {
		t.Fatalf("%d changes with one token", len(tokens))
	}
	if _, refusal := w.ReadRegistration(ctx, stranger, registered.Client.ID, <-tokens); refusal != nil {
		t.Error(refusal)
	}
}

// TestOperatorKeepsConsent is 112: nobody consents for the people of a client that
// registered itself.
func TestOperatorKeepsConsent(t *testing.T) {
	w := registrar(t)
	registered := w.registers("")
	_, err := w.UpdateClient(t.Context(), actor, registered.Client.ID, "", func(c *core.Client) { c.SkipConsent = true })
	if got := problems(t, err); !slices.Equal(got, []string{"skip_consent"}) {
		t.Error(err)
	}
}

// TestSectorIsFetchedWhereItMatters: once for what was registered, and again when the
// redirect URIs change.
func TestSectorIsFetchedWhereItMatters(t *testing.T) {
	w := registrar(t)
	ctx := t.Context()
	const sector = "https://rp.example/sector.json"
	got := w.registers("", "sector_identifier_uri", sector)
	change := func(token, uri string) (*oauth.Registered, *oauth.Error) {
		return w.ChangeRegistration(ctx, stranger, got.Client.ID, token, w.parsed(metadata(
			"client_id", got.Client.ID, "sector_identifier_uri", sector, "redirect_uris", []string{uri})))
	}
	w.Documents = shelf{} // the document is gone
	same, refusal := change(got.Token, "https://rp.example/cb")
	if refusal != nil {
		t.Fatal(refusal)
	}
	if _, refusal := change(same.Token, "https://rp.example/other"); refusal == nil || refusal.Reason != "registration_sector_identifier_uri" {
		t.Errorf("got %v", refusal)
	}
	w.Documents = nil
	if _, refusal := change(same.Token, "https://rp.example/other"); refusal == nil || refusal.Reason != "registration_sector_identifier_uri" {
		t.Errorf("where nothing can be fetched: %v", refusal)
	}
	// An operator's client is not asked about.
	w.client(admin.NewClient{Name: "own", Edit: func(c *core.Client) {
		c.RedirectURIs, c.Metadata.SectorIdentifierURI = []string{"https://rp.example/cb"}, "https://rp.example/nowhere.json"
	}})
}
