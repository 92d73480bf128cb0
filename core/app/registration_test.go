package app_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

// openRegistration starts the server again with registration for everybody.
func (w *world) openRegistration() {
	w.t.Helper()
	w.registration.Mode = core.RegistrationOpen
	w.restart()
}

// registrationCall is a request to the registration endpoints.
type registrationCall struct {
	method, path string
	token        string
	contentType  string // application/json if empty
	body         string // or
	document     map[string]any
}

func (w *world) callRegistration(c registrationCall) answer {
	w.t.Helper()
	if c.document != nil {
		text, err := json.Marshal(c.document)
		if err != nil {
			w.t.Fatal(err)
		}
		c.body = string(text)
	}
	r, err := http.NewRequest(c.method, w.issuer+c.path, strings.NewReader(c.body))
	if err != nil {
		w.t.Fatal(err)
	}
	if c.contentType == "" {
		c.contentType = "application/json"
	}
	r.Header.Set("Content-Type", c.contentType)
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return w.do(r)
}

// document is a registration with what nearly every test wants; edits are pairs of
// member and value.
func document(edits ...any) map[string]any {
	members := map[string]any{"redirect_uris": []string{theCallback}, "client_name": "Northwind"}
	for i := 0; i < len(edits); i += 2 {
		members[edits[i].(string)] = edits[i+1]
	}
	return members
}

// registersItself registers a client by the endpoint.
func (w *world) registersItself(token string, edits ...any) (*relyingParty, answer) {
	w.t.Helper()
	a := w.callRegistration(registrationCall{method: http.MethodPost, path: oauth.PathRegister, token: token, document: document(edits...)})
	if a.status != http.StatusCreated {
		w.t.Fatalf("status %d: %s", a.status, a.body)
	}
	client, err := w.app.Store.Client(context.Background(), a.text("client_id"))
	if err != nil {
		w.t.Fatal(err)
	}
	return &relyingParty{w: w, client: client, secret: a.text("client_secret")}, a
}

// TestRegisterByEndpoint goes the whole way of a client: it registers, signs somebody in,
// changes what it registered, and takes itself away.
func TestRegisterByEndpoint(t *testing.T) {
	w := newWorld(t)
	w.openRegistration()
	w.user("alice")
	discovery := w.resource(oauth.PathDiscovery, "")
	if discovery.text("registration_endpoint") != w.issuer+oauth.PathRegister {
		t.Errorf("discovery says %v", discovery.json["registration_endpoint"])
	}
	rp, a := w.registersItself("", "grant_types", []string{"authorization_code", "refresh_token"}, "scope", "openid email")
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" || a.json["client_secret_expires_at"] != 0.0 {
		t.Errorf("answered %v: %s", a.header, a.body)
	}
	b := newBrowser(t, w.issuer)
	p := b.get(rp.authorizeURL("scope", "openid email")).signIn("alice", thePassword)
	if !p.has("allow") {
		t.Fatalf("no consent page: status %d\n%s", p.status, p.body)
	}
	code := p.press("allow", nil).location.Query().Get("code")
	tokens := rp.redeem(code)
	if tokens.status != http.StatusOK || tokens.text("id_token") == "" {
		t.Fatalf("status %d: %s", tokens.status, tokens.body)
	}

	path := strings.TrimPrefix(a.text("registration_client_uri"), w.issuer)
	read := w.callRegistration(registrationCall{method: http.MethodGet, path: path, token: a.text("registration_access_token")})
	if read.status != http.StatusOK || read.text("scope") != "openid email" || read.text("client_secret") != "" || read.text("registration_access_token") != a.text("registration_access_token") {
		t.Errorf("status %d: %s", read.status, read.body)
	}
	changed := w.callRegistration(registrationCall{method: http.MethodPut, path: path, token: a.text("registration_access_token"),
		document: document("client_id", rp.client.ID, "redirect_uris", []string{"https://rp.example/new"}, "client_secret", rp.secret)})
	if changed.status != http.StatusOK || changed.text("registration_access_token") == a.text("registration_access_token") {
		t.Errorf("status %d: %s", changed.status, changed.body)
	}
	if p := newBrowser(t, w.issuer).get(rp.authorizeURL()); p.status != http.StatusBadRequest || p.location != nil {
		t.Errorf("the redirect URI that was replaced: status %d, to %v", p.status, p.location)
	}
	gone := w.callRegistration(registrationCall{method: http.MethodDelete, path: path, token: changed.text("registration_access_token")})
	if gone.status != http.StatusNoContent || len(gone.body) > 0 {
		t.Errorf("status %d: %s", gone.status, gone.body)
	}
	if a := w.resource(oauth.PathUserInfo, tokens.text("access_token")); a.status != http.StatusUnauthorized {
		t.Errorf("an access token of a client that is gone: status %d", a.status)
	}
	w.checkSecrets()
}

func TestRegisterByToken(t *testing.T) {
	w := newWorld(t)
	w.registration.Mode = core.RegistrationToken
	w.restart()
	_, text, err := w.app.Admin.CreateInitialToken(context.Background(), cli, admin.NewInitialToken{Name: "wiki", MaxUses: 1, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	w.hide(text)
	w.registersItself(text)
	again := w.callRegistration(registrationCall{method: http.MethodPost, path: oauth.PathRegister, token: text, document: document()})
	if again.status != http.StatusUnauthorized || !strings.Contains(again.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
		t.Errorf("status %d, %v", again.status, again.header)
	}
	none := w.callRegistration(registrationCall{method: http.MethodPost, path: oauth.PathRegister, document: document()})
	if none.status != http.StatusUnauthorized || none.header.Get("WWW-Authenticate") != `Bearer realm="`+w.issuer+`"` {
		t.Errorf("status %d, %v", none.status, none.header)
	}
	w.checkSecrets()
}

// 13, 109, 112 and 117: clients that register themselves.

func dynamicRefusals() []refusal {
	return []refusal{
		{"117_registration_is_off", registrationIsOff},
		{"117_registration_body", registrationBody},
		{"013_registration_of_redirect_uris", registrationOfRedirectURIs},
		{"117_registration_sets_no_privilege", registrationSetsNoPrivilege},
		{"117_registration_token_of_another_client", registrationTokenOfAnother},
		{"109_sector_document_of_a_private_address", sectorOfPrivateAddress},
		{"117_registration_rate", registrationRate},
		{"112_registered_client_asks_for_consent", registeredClientAsks},
	}
}

// refusesRegistrationCall checks the answer and the one audit event that tells of it.
func (w *world) refusesRegistrationCall(c registrationCall, status int, code, reason string) answer {
	w.t.Helper()
	var a answer
	w.recorded(core.EventRegistrationRefused, reason, func() { a = w.callRegistration(c) })
	if a.status != status || a.text("error") != code || a.header.Get("Cache-Control") != "no-store" {
		w.t.Errorf("%s %s: status %d: %s", c.method, c.path, a.status, a.body)
	}
	return a
}

func registrationIsOff(t *testing.T, w *world) {
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete} {
		for _, path := range []string{oauth.PathRegister, oauth.PathRegister + "/x"} {
			if a := w.callRegistration(registrationCall{method: method, path: path, document: document()}); a.status != http.StatusNotFound {
				t.Errorf("%s %s: status %d", method, path, a.status)
			}
		}
	}
	if _, there := w.resource(oauth.PathDiscovery, "").json["registration_endpoint"]; there {
		t.Error("discovery names it")
	}
}

func registrationBody(_ *testing.T, w *world) {
	w.openRegistration()
	post := registrationCall{method: http.MethodPost, path: oauth.PathRegister}
	for body, reason := range map[string]string{
		"": "registration_malformed", "[]": "registration_malformed", `{"redirect_uris":[],"redirect_uris":[]}`: "registration_malformed",
		`{"contacts":"x"}`: "registration_type",
	} {
		call := post
		call.body = body
		w.refusesRegistrationCall(call, http.StatusBadRequest, "invalid_client_metadata", reason)
	}
	form := post
	form.contentType, form.body = "application/x-www-form-urlencoded", "client_name=x"
	w.refusesRegistrationCall(form, http.StatusBadRequest, "invalid_client_metadata", "content_type")
	statement := post
	statement.body = `{"software_statement":"eyJhbGciOiJub25lIn0.e30."}`
	w.refusesRegistrationCall(statement, http.StatusBadRequest, "invalid_software_statement", "software_statement")
	basic := post
	basic.document = document()
	basic.token = "a b"
	w.refusesRegistrationCall(basic, http.StatusUnauthorized, "invalid_token", "token_malformed")
	large := post
	large.body = `{"client_name":"` + strings.Repeat("a", tooMuch) + `"}`
	w.recorded(core.EventRequestRefused, "body_too_large", func() {
		if a := w.callRegistration(large); a.status != http.StatusRequestEntityTooLarge {
			w.t.Errorf("status %d", a.status)
		}
	})
}

func registrationOfRedirectURIs(_ *testing.T, w *world) {
	w.openRegistration()
	for _, uri := range []string{
		"javascript:alert(1)", "data:text/html,x", "vbscript:x", "https://rp.example/cb#x", "https://*.rp.example/cb", "https://a:b@rp.example/cb",
		"https://rp.example/../cb", "https://rp.example/%2e%2e/cb", "http://rp.example/cb", "https://rp.example\\@evil.example/cb", "https://рp.example/cb", "//rp.example/cb",
	} {
		w.each(uri, func() {
			w.refusesRegistrationCall(registrationCall{method: http.MethodPost, path: oauth.PathRegister, document: document("redirect_uris", []string{uri})},
				http.StatusBadRequest, "invalid_redirect_uri", "registration_redirect_uris")
		})
	}
}

func registrationSetsNoPrivilege(t *testing.T, w *world) {
	w.openRegistration()
	rp, _ := w.registersItself("", "skip_consent", true, "trusted", true, "shared", true, "query_token", true, "offline_without_prompt", true,
		"preset", "confluence", "org", "acme", "client_id", "chosen", "client_secret", "chosen", "registration_access_token", "chosen", "client_id_issued_at", 1,
		"scope", "openid admin", "access_token_lifetime", 1e9, "audience", []string{"other"}, "allowed_groups", []string{})
	c := rp.client
	if c.SkipConsent || c.Shared || c.QueryToken || c.OfflineWithoutPrompt || c.Preset != "web" || c.Org != core.DefaultOrganisation || c.ID == "chosen" ||
		rp.secret == "chosen" || c.AccessTTL != 0 || len(c.Scopes) != 1 || c.CreatedAt.Unix() == 1 {
		t.Errorf("got %+v", c)
	}
}

func registrationTokenOfAnother(_ *testing.T, w *world) {
	w.openRegistration()
	_, one := w.registersItself("")
	_, two := w.registersItself("", "client_name", "Two")
	path := oauth.PathRegister + "/" + one.text("client_id")
	for _, call := range []registrationCall{
		{method: http.MethodGet, path: path}, {method: http.MethodDelete, path: path},
		{method: http.MethodPut, path: path, document: document("client_id", one.text("client_id"))},
		{method: http.MethodPut, path: path, document: document("client_id", two.text("client_id"))},
	} {
		call.token = two.text("registration_access_token")
		w.refusesRegistrationCall(call, http.StatusUnauthorized, "invalid_token", "registration_token_unknown")
		call.path = oauth.PathRegister + "/nobody"
		w.refusesRegistrationCall(call, http.StatusUnauthorized, "invalid_token", "registration_token_unknown")
		call.path, call.token = path, ""
		w.refusesRegistrationCall(call, http.StatusUnauthorized, "invalid_token", oauth.ReasonTokenMissing)
	}
	// Neither another token of the client nor its secret will do.
	for _, token := range []string{one.text("client_secret"), strings.Replace(one.text("registration_access_token"), "reg_", "at_", 1)} {
		w.refusesRegistrationCall(registrationCall{method: http.MethodGet, path: path, token: token}, http.StatusUnauthorized, "invalid_token", "registration_token_malformed")
	}
	if a := w.callRegistration(registrationCall{method: http.MethodGet, path: path, token: one.text("registration_access_token")}); a.status != http.StatusOK {
		w.t.Errorf("its own: status %d", a.status)
	}
}

func sectorOfPrivateAddress(t *testing.T, w *world) {
	w.openRegistration()
	asked := make(chan string, 100)
	listener := listenLocally(t, asked)
	for _, host := range []string{listener, "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "localhost"} {
		w.each(host, func() {
			a := w.refusesRegistrationCall(registrationCall{method: http.MethodPost, path: oauth.PathRegister,
				document: document("sector_identifier_uri", "https://"+host+"/sector.json")}, http.StatusBadRequest, "invalid_client_metadata", "registration_sector_identifier_uri")
			if strings.Contains(strings.ToLower(a.text("error_description")), "refused") || strings.Contains(a.text("error_description"), "forbidden") {
				t.Errorf("it tells what it saw: %s", a.body)
			}
		})
	}
	if len(asked) > 0 {
		t.Errorf("somebody was asked: %s", <-asked)
	}
}

func registrationRate(_ *testing.T, w *world) {
	w.openRegistration()
	call := registrationCall{method: http.MethodPost, path: oauth.PathRegister, document: document("redirect_uris", []string{"javascript:x"})}
	for range 300 {
		if a := w.callRegistration(call); a.status != http.StatusBadRequest {
			w.t.Fatalf("status %d: %s", a.status, a.body)
		}
	}
	a := w.refusesRegistrationCall(call, http.StatusTooManyRequests, "temporarily_unavailable", "registration_limit")
	if a.header.Get("Retry-After") == "" {
		w.t.Error("it does not say when to come back")
	}
}

// registeredClientAsks: whatever the database says, people are asked; what they allowed
// once is remembered, as with any client, and a new scope is asked about again.
func registeredClientAsks(t *testing.T, w *world) {
	w.openRegistration()
	w.user("alice")
	rp, _ := w.registersItself("")
	forced := *rp.client
	forced.SkipConsent = true
	if err := w.app.Store.Apply(context.Background(), core.UpdateClient{Client: forced}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, w.issuer)
	p := b.get(rp.authorizeURL("scope", "openid")).signIn("alice", thePassword)
	if !p.has("allow") {
		t.Fatalf("status %d at %s, to %v", p.status, p.url, p.location)
	}
	if silent := b.get(rp.authorizeURL("scope", "openid", "prompt", "none")); silent.location == nil || silent.location.Query().Get("error") != "consent_required" {
		t.Errorf("without a page: to %v", silent.location)
	}
	if p = p.press("deny", nil); p.location.Query().Get("error") != "access_denied" {
		t.Errorf("denied: to %v", p.location)
	}
	if p = b.get(rp.authorizeURL("scope", "openid")).press("allow", nil); p.location.Query().Get("code") == "" {
		t.Errorf("allowed: to %v", p.location)
	}
	if p = b.get(rp.authorizeURL("scope", "openid", "prompt", "none")); p.location == nil || p.location.Query().Get("code") == "" {
		t.Errorf("allowed before: to %v", p.location)
	}
	if p = b.get(rp.authorizeURL("scope", "openid email")); !p.has("allow") {
		t.Errorf("a new scope: status %d, to %v", p.status, p.location)
	}
}

// listenLocally gives the address of a listener that tells who connects.
func listenLocally(t *testing.T, asked chan<- string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			asked <- conn.RemoteAddr().String()
			conn.Close()
		}
	}()
	return listener.Addr().String()
}

// TestRegisteredMetadataIsShown has oidcc-registration-logo-uri, -policy-uri and -tos-uri.
func TestRegisteredMetadataIsShown(t *testing.T) {
	w := newWorld(t)
	w.openRegistration()
	w.user("alice")
	rp, a := w.registersItself("", "logo_uri", "https://images.example/logo.png", "policy_uri", "https://rp.example/policy", "tos_uri", "https://rp.example/tos")
	for member, want := range map[string]string{"logo_uri": "https://images.example/logo.png", "policy_uri": "https://rp.example/policy", "tos_uri": "https://rp.example/tos"} {
		if a.text(member) != want {
			t.Errorf("%s: %v", member, a.json[member])
		}
	}
	login := newBrowser(t, w.issuer).get(rp.authorizeURL())
	consent := login.signIn("alice", thePassword)
	for name, p := range map[string]*page{"login": login, "consent": consent} {
		for _, want := range []string{`src="https://images.example/logo.png"`, `href="https://rp.example/policy"`, `href="https://rp.example/tos"`, "nobody checked its name", "rp.example"} {
			if !strings.Contains(p.body, want) {
				t.Errorf("%s: the page has no %s:\n%s", name, want, p.body)
			}
		}
		if policy := p.header.Get("Content-Security-Policy"); !strings.Contains(policy, "img-src 'self' data: https://images.example;") {
			t.Errorf("%s: %s", name, policy)
		}
	}
	if !login.has("login") || !consent.has("allow") {
		t.Errorf("at %s and %s", login.url, consent.url)
	}
	// An operator's client loads nothing from elsewhere, and is not spoken of so.
	own := w.register("own", func(c *core.Client) { c.LogoURI = "https://images.example/logo.png" })
	p := newBrowser(t, w.issuer).get(own.authorizeURL())
	if strings.Contains(p.header.Get("Content-Security-Policy"), "images.example") || p.has("unchecked") || p.has("logo") {
		t.Errorf("%s\n%s", p.header.Get("Content-Security-Policy"), p.body)
	}
}

// TestWebfinger finds the issuer of somebody who exists and of somebody who does not, and
// cannot tell which is which.
func TestWebfinger(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	host := strings.TrimPrefix(w.issuer, "http://")
	ask := func(name string) answer {
		return w.resource(oauth.PathWebfinger+"?rel=http://openid.net/specs/connect/1.0/issuer&resource=acct:"+name+"@"+host, "")
	}
	alice, nobody := ask("alice"), ask("nobody")
	if alice.status != http.StatusOK || alice.header.Get("Content-Type") != "application/jrd+json" || alice.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("status %d, %v", alice.status, alice.header)
	}
	if got, want := string(alice.body), strings.ReplaceAll(string(nobody.body), "nobody", "alice"); got != want || !strings.Contains(got, `"href":"`+w.issuer+`"`) {
		t.Errorf("somebody: %s, nobody: %s", alice.body, nobody.body)
	}
	for resource, status := range map[string]int{"": http.StatusBadRequest, "acct:alice@elsewhere.example": http.StatusNotFound} {
		if a := w.resource(oauth.PathWebfinger+"?resource="+resource, ""); a.status != status || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%q: status %d, %v", resource, a.status, a.header)
		}
	}
}

// TestServerMetadata: RFC 8414 has the document of OpenID Connect Discovery, with what it
// demands (section 2), at its own address (section 3).
func TestServerMetadata(t *testing.T) {
	w := newWorld(t)
	w.openRegistration()
	openid, server := w.resource(oauth.PathDiscovery, ""), w.resource("/.well-known/oauth-authorization-server", "")
	if server.status != http.StatusOK || server.header.Get("Content-Type") != "application/json" || string(openid.body) != string(server.body) {
		t.Fatalf("status %d, %v: %s", server.status, server.header, server.body)
	}
	if server.text("issuer") != w.issuer {
		t.Errorf("issuer %s", server.text("issuer"))
	}
	for _, member := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"} {
		if !strings.HasPrefix(server.text(member), w.issuer+"/") {
			t.Errorf("%s is %q", member, server.text(member))
		}
	}
	for _, member := range []string{"response_types_supported", "response_modes_supported", "grant_types_supported", "token_endpoint_auth_methods_supported", "code_challenge_methods_supported", "scopes_supported"} {
		if list, _ := server.json[member].([]any); len(list) == 0 {
			t.Errorf("%s is %v", member, server.json[member])
		}
	}
}
