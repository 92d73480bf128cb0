package app_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/plugin/plugintest"
)

// singleSignOn is the server that examples/plugin-connector-go is for: OAuth 2, and a
// ticket for the access token.
type singleSignOn struct {
	p      *provider // its authorization endpoint and its key
	access string

	mu     sync.Mutex
	ticket members // changes the claims of tickets
	signer *rsa.PrivateKey
}

// newSingleSignOn starts one that the server may ask.
func (w *world) newSingleSignOn() *singleSignOn {
	w.t.Helper()
	s := &singleSignOn{access: "access-" + rand.Text(), signer: providerKey()}
	s.p = &provider{w: w, key: providerKey(), secret: "s3cret-" + rand.Text(), asked: map[string]url.Values{}}
	s.p.server = httptest.NewServer(http.HandlerFunc(s.serve))
	w.t.Cleanup(s.p.server.Close)
	s.p.issuer = s.p.server.URL
	w.hide(s.p.secret, s.access)
	w.private = append(w.private, strings.TrimPrefix(s.p.issuer, "http://"))
	w.restart()
	return s
}

func (s *singleSignOn) serve(rw http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "GET /oauth/authorize":
		s.p.authorize(rw, r)
	case "POST /oauth/token":
		s.redeem(rw, r)
	case "GET /oauth/keys":
		s.p.send(rw, members{"keys": []any{s.p.publicKey()}}, nil)
	case "GET /oauth/ticket":
		if r.Header.Get("Authorization") != "Bearer "+s.access {
			http.Error(rw, "whose ticket?", http.StatusUnauthorized)
			return
		}
		rw.Header().Set("Content-Type", "application/jwt")
		fmt.Fprint(rw, s.newTicket())
	default:
		http.NotFound(rw, r)
	}
}

// redeem takes a code from its client alone, once, with the verifier of its challenge.
func (s *singleSignOn) redeem(rw http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	code := r.PostFormValue("code")
	s.p.mu.Lock()
	asked, known := s.p.asked[code]
	delete(s.p.asked, code)
	s.p.mu.Unlock()
	if !known || id != "postern" || secret != s.p.secret || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") ||
		challengeOf(r.PostFormValue("code_verifier")) != asked.Get("code_challenge") {
		rw.WriteHeader(http.StatusBadRequest)
		s.p.send(rw, members{"error": "invalid_grant"}, nil)
		return
	}
	s.p.send(rw, members{"access_token": s.access, "token_type": "Bearer", "expires_in": 300}, nil)
}

func (s *singleSignOn) newTicket() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.p.w.clock.Now().Unix()
	claims := laid(members{
		"iss": s.p.issuer, "aud": "postern", "sub": "E1024", "jti": rand.Text(), "iat": now, "exp": now + 60, "status": "active",
		"login": "grace", "mail": "grace@acme.example", "name": "Grace Hopper", "units": []string{"Research"}, "level": "2", "auth_time": now - 30,
	}, s.ticket)
	return sign(s.p.w.t, s.signer, marshalled(members{"alg": "RS256", "kid": "k1", "typ": "JWT"}), marshalled(claims))
}

// change says what is different of the next tickets, and who signs them.
func (s *singleSignOn) change(ticket members, signer *rsa.PrivateKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ticket, s.signer = ticket, signer
}

// connect installs the example and makes a connector of it, as an operator does.
func (s *singleSignOn) connect() {
	w := s.p.w
	w.t.Helper()
	code := plugintest.GoModule(w.t, "../../examples/plugin-connector-go")
	plugintest.Cases(w.t, plugintest.Try(w.t, code), os.DirFS("../../examples/plugin-connector-go/cases"))
	if _, err := w.app.Admin.InstallPlugin(w.t.Context(), cli, admin.Install{Code: code, Source: "tickets.wasm"}); err != nil {
		w.t.Fatal(err)
	}
	settings := `{"url":"` + s.p.issuer + `","client_id":"postern","company":"Acme","domains":["acme.example"]}`
	made, err := w.app.Admin.CreateConnector(w.t.Context(), cli, admin.NewConnector{
		Name: "hub", Plugin: "tickets", Settings: [][]byte{[]byte(settings)},
		Secrets: map[string][]byte{"client_secret": []byte(s.p.secret)}, Grants: []string{strings.TrimPrefix(s.p.issuer, "http://"), "kv"},
		Edit: func(c *core.Connector) { c.DisplayName, c.CreateUsers, c.SyncGroups = "Acme", true, true },
	})
	if err != nil || len(made.Missing) > 0 {
		w.t.Fatalf("made %+v, %v", made, err)
	}
}

// TestConnectorOfSomebodyElse holds that a connector is added to a running server
// without touching the server: that of examples/plugin-connector-go, from its module to
// a person who is signed in at a relying party.
func TestConnectorOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rp := w.register("wiki", nil)
	s := w.newSingleSignOn()
	s.connect()

	b := newBrowser(t, w.issuer)
	page := b.get(rp.authorizeURL())
	if !strings.Contains(page.body, "Acme") {
		t.Fatalf("it is not offered:\n%s", page.body)
	}
	asked, err := url.Parse(page.press("upstream-hub", nil).leaves())
	if err != nil || asked.Query().Get("scope") != "ticket" || asked.Query().Get("redirect_uri") != w.issuer+"/callback/hub" {
		t.Fatalf("sent to %s, %v", asked, err)
	}
	back := b.get(b.throughProvider(asked.String()))
	sent, err := url.Parse(back.leaves())
	if err != nil || sent.Query().Get("code") == "" {
		t.Fatalf("no code: %s", back.body)
	}
	set := rp.redeem(sent.Query().Get("code"))
	claims := idTokenClaims(t, set.text("id_token"))
	grace, err := w.app.Store.UserByLogin(t.Context(), core.DefaultOrganisation, "grace")
	if err != nil || claims["sub"] != string(grace.ID) || claims["acr"] != "2" || claims["auth_time"] != float64(w.clock.Now().Unix()-30) {
		t.Fatalf("claims %v of user %+v, %v", claims, grace, err)
	}
	if grace.Email != "grace@acme.example" || !grace.EmailVerified || len(grace.Groups) != 1 || grace.Profile.DisplayName != "Grace Hopper" {
		t.Errorf("user %+v", grace)
	}
	w.checkSecrets()
}

// TestConnectorOfSomebodyElseRefuses holds that whatever goes wrong in a connector that
// is not ours ends as it does in one that is: nobody is signed in, and the log says why.
func TestConnectorOfSomebodyElseRefuses(t *testing.T) {
	w := newWorld(t)
	rp := w.register("wiki", nil)
	s := w.newSingleSignOn()
	s.connect()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		ticket members
		signer *rsa.PrivateKey
		page   string // what the person reads
		reason string // what the audit log says
	}{
		"account closed":  {members{"status": "left"}, s.p.key, "Your account at Acme is closed.", "connector_denied"},
		"another's key":   {nil, other, "", "connector_failed"},
		"for another":     {members{"aud": "intranet"}, s.p.key, "", "connector_failed"},
		"out of date":     {members{"iat": 1, "exp": 61}, s.p.key, "", "connector_failed"},
		"of nobody":       {members{"sub": nil}, s.p.key, "", "connector_failed"},
		"of a long life":  {members{"exp": w.clock.Now().Unix() + 3600}, s.p.key, "", "connector_failed"},
		"without a life":  {members{"exp": nil}, s.p.key, "", "connector_failed"},
		"not said active": {members{"status": nil}, s.p.key, "is closed", "connector_denied"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			s.change(test.ticket, test.signer)
			s.refused(t, rp, test.page, test.reason)
		})
	}
	t.Run("used_before", func(t *testing.T) {
		s.change(members{"jti": "the-same"}, s.p.key)
		newBrowser(t, w.issuer).upstreamCode(rp, "hub")
		s.refused(t, rp, "", "connector_failed")
	})
	w.checkSecrets()
}

// refused goes through the single sign-on in vain.
func (s *singleSignOn) refused(t *testing.T, rp *relyingParty, words, reason string) {
	t.Helper()
	w := s.p.w
	before := w.counted(reason)
	b := newBrowser(t, w.issuer)
	page := b.get(b.throughProvider(b.atProvider(rp, "hub")))
	if page.leaves() != "" || !strings.Contains(page.body, words) || strings.Contains(page.body, "the ticket") {
		t.Errorf("status %d, to %q:\n%s", page.status, page.leaves(), page.body)
	}
	if b.signedIn() {
		t.Error("somebody is signed in")
	}
	if got := w.counted(reason) - before; got != 1 {
		t.Errorf("%d events have the reason %s", got, reason)
	}
}

// counted gives how many events have that reason.
func (w *world) counted(reason string) (n int) {
	w.t.Helper()
	for _, event := range w.events(core.EventFilter{Limit: 10_000}) {
		if event.Detail["reason"] == reason {
			n++
		}
	}
	return n
}
