package app_test

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// members change a JSON object: a nil takes one out.
type members map[string]any

// provider is an OpenID provider, with one client and one person who agrees to
// everything at once. It is right in everything that a test does not make wrong.
type provider struct {
	w      *world
	name   string // of its connector
	server *httptest.Server
	issuer string
	key    *rsa.PrivateKey
	secret string // of its client
	access string // the access token that it gives

	mu    sync.Mutex
	asked map[string]url.Values // the authorization request of each code
	seen  []string              // what it was asked: method and path

	// What is made wrong.
	discovery members                     // of the discovery document
	header    members                     // of the ID token
	claims    members                     // of the ID token
	answer    members                     // of the token endpoint
	userInfo  members                     // of the UserInfo endpoint
	back      func(url.Values)            // what the browser brings back
	token     func(string) string         // the ID token, signed
	instead   map[string]http.HandlerFunc // of an endpoint, by its path
	signer    crypto.Signer               // nil: key
}

const (
	pathProviderDiscovery = "/.well-known/openid-configuration"
	pathProviderAuthorize = "/authorize"
	pathProviderToken     = "/token"
	pathProviderKeys      = "/keys"
	pathProviderUserInfo  = "/userinfo"
	pathProviderLogout    = "/logout"
)

// providerKey takes a while to make.
var providerKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// newProvider starts a provider that the server may ask. name is that of its connector.
func (w *world) newProvider(name string) *provider {
	w.t.Helper()
	p := w.newForbiddenProvider(name)
	if !slices.Contains(w.private, loopback) {
		w.private = append(w.private, loopback)
		w.restart()
	}
	return p
}

// loopback is where providers of tests are.
const loopback = "127.0.0.1/32"

// newForbiddenProvider starts a provider at an address that the server may not ask,
// unless a test allows it.
func (w *world) newForbiddenProvider(name string) *provider {
	w.t.Helper()
	p := &provider{
		w: w, name: name, key: providerKey(), secret: "s3cret-" + rand.Text(), access: "access-" + rand.Text(),
		asked: map[string]url.Values{}, instead: map[string]http.HandlerFunc{},
		claims: members{}, discovery: members{}, header: members{}, answer: members{}, userInfo: members{},
	}
	p.server = httptest.NewServer(http.HandlerFunc(p.serve))
	w.t.Cleanup(p.server.Close)
	p.issuer = p.server.URL
	w.hide(p.secret, p.access)
	return p
}

// connect makes the connector, of the shipped plugin.
func (p *provider) connect(edit func(*admin.NewConnector, *core.Connector)) {
	p.w.t.Helper()
	if err := p.tryConnect(edit); err != nil {
		p.w.t.Fatal(err)
	}
}

func (p *provider) tryConnect(edit func(*admin.NewConnector, *core.Connector)) error {
	settings, err := json.Marshal(map[string]any{"issuer": p.issuer, "client_id": "postern"})
	if err != nil {
		return err
	}
	input := admin.NewConnector{
		Name: p.name, Plugin: "oidc", Settings: [][]byte{settings}, Secrets: map[string][]byte{"client_secret": []byte(p.secret)},
		Grants: []string{strings.TrimPrefix(p.issuer, "http://")},
	}
	var row core.Connector
	row.DisplayName, row.CreateUsers = "The Hub", true
	if edit != nil {
		edit(&input, &row)
	}
	input.Edit = func(c *core.Connector) { *c = row }
	made, err := p.w.app.Admin.CreateConnector(p.w.t.Context(), cli, input)
	if err == nil && len(made.Missing) > 0 {
		err = fmt.Errorf("the connector lacks %+v", made.Missing)
	}
	return err
}

func (p *provider) serve(rw http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen = append(p.seen, r.Method+" "+r.URL.Path)
	instead := p.instead[r.URL.Path]
	p.mu.Unlock()
	switch {
	case instead != nil:
		instead(rw, r)
	case r.URL.Path == pathProviderDiscovery:
		p.send(rw, members{
			"issuer": p.issuer, "authorization_endpoint": p.issuer + pathProviderAuthorize, "token_endpoint": p.issuer + pathProviderToken,
			"userinfo_endpoint": p.issuer + pathProviderUserInfo, "jwks_uri": p.issuer + pathProviderKeys, "end_session_endpoint": p.issuer + pathProviderLogout,
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		}, p.discovery)
	case r.URL.Path == pathProviderKeys:
		p.send(rw, members{"keys": []any{p.publicKey()}}, nil)
	case r.URL.Path == pathProviderAuthorize:
		p.authorize(rw, r)
	case r.URL.Path == pathProviderToken:
		p.redeem(rw, r)
	case r.URL.Path == pathProviderUserInfo && r.Header.Get("Authorization") == "Bearer "+p.access:
		p.send(rw, laid(members{"sub": "248289761001", "name": "Jane Doe"}, members{"sub": cmp.Or(p.claims["sub"], any("248289761001"))}), p.userInfo)
	default:
		http.NotFound(rw, r)
	}
}

func (p *provider) publicKey() members {
	return members{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": base64.RawURLEncoding.EncodeToString(p.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(p.key.E)).Bytes()),
	}
}

// authorize sends the browser back with a code.
func (p *provider) authorize(rw http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	code := "code-" + rand.Text()
	p.w.hide(code)
	p.mu.Lock()
	p.asked[code] = asked
	p.mu.Unlock()
	back := url.Values{"code": {code}, "state": {asked.Get("state")}}
	if p.back != nil {
		p.back(back)
	}
	http.Redirect(rw, r, asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

// redeem takes a code from its client alone, once, with the verifier of its challenge.
func (p *provider) redeem(rw http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if err := r.ParseForm(); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	asked, known := p.asked[r.PostForm.Get("code")]
	delete(p.asked, r.PostForm.Get("code"))
	p.mu.Unlock()
	verifier := r.PostForm.Get("code_verifier")
	p.w.hide(verifier, asked.Get("nonce"))
	if !known || id != "postern" || secret != p.secret || r.PostForm.Get("redirect_uri") != asked.Get("redirect_uri") ||
		challengeOf(verifier) != asked.Get("code_challenge") || asked.Get("code_challenge_method") != "S256" {
		rw.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(rw, `{"error":"invalid_grant"}`)
		return
	}
	idToken := p.idToken(asked)
	p.w.hide(idToken)
	p.send(rw, members{"access_token": p.access, "token_type": "Bearer", "expires_in": 3600, "id_token": idToken}, p.answer)
}

func (p *provider) idToken(asked url.Values) string {
	now := p.w.clock.Now().Unix()
	claims := laid(members{
		"iss": p.issuer, "aud": "postern", "sub": "248289761001", "iat": now, "exp": now + 3600, "nonce": asked.Get("nonce"),
		"preferred_username": "jane", "name": "Jane Doe", "email": "jane@hub.example", "email_verified": true,
	}, p.claims)
	signer := p.signer
	if signer == nil {
		signer = p.key
	}
	token := sign(p.w.t, signer, marshalled(laid(members{"alg": "RS256", "kid": "k1", "typ": "JWT"}, p.header)), marshalled(claims))
	if p.token != nil {
		token = p.token(token)
	}
	return token
}

func (p *provider) send(rw http.ResponseWriter, document, change members) {
	rw.Header().Set("Content-Type", "application/json")
	fmt.Fprint(rw, marshalled(laid(document, change)))
}

func marshalled(document members) string {
	text, err := json.Marshal(document)
	if err != nil {
		panic(err) // of the test's own values
	}
	return string(text)
}

func laid(under, over members) members {
	all := maps.Clone(under)
	maps.Copy(all, over)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

// requests gives what the provider was asked since the last call.
func (p *provider) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = nil
	return seen
}

// atProvider begins a sign-in with idp_hint, and gives where the browser is sent to.
func (b *browser) atProvider(rp *relyingParty, hint string, edits ...string) string {
	b.t.Helper()
	p := b.get(rp.authorizeURL(append([]string{"idp_hint", hint}, edits...)...))
	target := p.leaves()
	if target == "" {
		b.t.Fatalf("not sent to the provider: status %d, to %v:\n%s", p.status, p.location, p.body)
	}
	return target
}

// leaves gives where the page leads by itself, or its redirect; empty if it stays.
func (p *page) leaves() string {
	if p.location != nil {
		return p.location.String()
	}
	link := find(p.document(), "continue")
	if link == nil || p.status != http.StatusOK {
		return ""
	}
	return attribute(link, "href")
}

// throughProvider goes to the provider, and gives the callback that it sends to.
func (b *browser) throughProvider(target string) string {
	b.t.Helper()
	response, err := b.client.Get(target)
	if err != nil {
		b.t.Fatal(err)
	}
	response.Body.Close()
	location, err := response.Location()
	if err != nil {
		b.t.Fatalf("the provider answers %s", response.Status)
	}
	return location.String()
}

// upstreamCode signs somebody in at the provider, and gives the code for the client.
func (b *browser) upstreamCode(rp *relyingParty, hint string, edits ...string) string {
	b.t.Helper()
	p := b.get(b.throughProvider(b.atProvider(rp, hint, edits...)))
	sent, err := url.Parse(p.leaves())
	if err != nil || sent.Query().Get("code") == "" {
		b.t.Fatalf("no code: status %d, to %q:\n%s", p.status, p.leaves(), p.body)
	}
	rp.w.hide(sent.Query().Get("code"))
	return sent.Query().Get("code")
}

// callback begins a sign-in, goes to the provider, and gives the URL to come back to.
func (b *browser) callback(rp *relyingParty, hint string, edits ...string) string {
	b.t.Helper()
	return b.throughProvider(b.atProvider(rp, hint, edits...))
}

// signedIn reports whether somebody is signed in with the browser.
func (b *browser) signedIn() bool { return b.get("/").has("logout") }

// people counts the users.
func (w *world) people() int {
	w.t.Helper()
	users, err := w.app.Store.Users(w.t.Context(), core.UserFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(users)
}

func TestSignInThroughProvider(t *testing.T) {
	w := newWorld(t)
	rp := w.register("wiki", nil)
	p := w.newProvider("hub")
	p.connect(func(_ *admin.NewConnector, c *core.Connector) { c.SyncGroups, c.GroupPrefix = true, "hub:" })
	p.claims = members{"acr": "urn:example:key", "amr": []string{"hwk"}, "groups": []string{"staff"}}
	b := newBrowser(t, w.issuer)
	set := rp.redeem(b.upstreamCode(rp, "hub"))
	claims := idTokenClaims(t, set.text("id_token"))
	if claims["acr"] != "urn:example:key" || fmt.Sprint(claims["amr"]) != "[hwk]" {
		t.Errorf("ID token %v", claims)
	}
	info := w.resource("/api/userinfo", set.text("access_token"))
	if info.text("preferred_username") != "jane" || info.text("email") != "jane@hub.example" || info.json["email_verified"] != true || info.text("name") != "Jane Doe" {
		t.Errorf("UserInfo %s", info.body)
	}
	jane, err := w.app.Store.UserByLogin(t.Context(), core.DefaultOrganisation, "jane")
	if err != nil || len(jane.Groups) != 1 || jane.Groups[0] != "hub:staff" || jane.PasswordHash != "" || jane.Admin {
		t.Errorf("user %+v, %v", jane, err)
	}
	if claims["sub"] != string(jane.ID) {
		t.Errorf("sub %v of user %s", claims["sub"], jane.ID)
	}
	// The next time it is the same person, whatever they are called there.
	p.claims = members{"preferred_username": "janet", "email": "janet@hub.example"}
	again := newBrowser(t, w.issuer)
	if set := rp.redeem(again.upstreamCode(rp, "hub")); idTokenClaims(t, set.text("id_token"))["sub"] != string(jane.ID) {
		t.Errorf("another person: %s", set.body)
	}
	w.clock.advance(time.Minute)
	w.checkSecrets()
}

// A button of the login page does the same, without anything in the request.
func TestSignInByButton(t *testing.T) {
	w := newWorld(t)
	rp := w.register("wiki", nil)
	p := w.newProvider("hub")
	p.connect(nil)
	b := newBrowser(t, w.issuer)
	page := b.get(rp.authorizeURL()).press("upstream-hub", nil)
	back := b.get(b.throughProvider(page.leaves()))
	if sent := back.leaves(); !strings.HasPrefix(sent, theCallback+"?code=") {
		t.Fatalf("sent to %q: %s", sent, back.body)
	}
	w.checkSecrets()
}

func idTokenClaims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no ID token: %q", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
