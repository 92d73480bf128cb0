package httpd

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/web"
)

const issuer = "https://id.example"

// world is a server with a client, a person without a password, and a provider where
// they sign in.
type world struct {
	t       *testing.T
	store   *store.Store
	hub     *hub
	log     bytes.Buffer
	server  *Server
	handler http.Handler
	ada     core.User
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "test.db"), Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	w := &world{t: t, store: db, ada: core.User{
		ID: core.NewID(now, rand.Reader), Org: "built-in", Name: "ada", Email: "ada@hub.example", CreatedAt: now, UpdatedAt: now,
	}}
	w.hub = &hub{w: w, now: now, origin: "https://hub.example", offers: []core.Offer{{Connector: "hub", Org: "built-in", Title: "The Hub", Icon: "github"}}}
	w.addClient("rp", "https://rp.example/cb")
	if err := db.Apply(t.Context(),
		core.CreateUser{User: w.ada},
		core.SaveInstance{Instance: core.PluginInstance{Name: "hub", Plugin: "oidc", Module: core.BuiltinModule, Settings: []byte("{}")}},
		core.SaveConnector{Connector: core.Connector{Instance: "hub", Org: "built-in", CreatedAt: now, UpdatedAt: now}},
	); err != nil {
		t.Fatal(err)
	}
	pages, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	w.server = &Server{
		Issuer: issuer, Pages: pages, Recorder: db, Organisations: db, Now: clock, Rand: rand.Reader,
		Logger: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Admin:  &admin.Service{Store: db, Now: clock, Rand: rand.Reader},
		Account: &account.Service{
			Store: db, Passwords: authn.New(db, authn.Options{Params: &authn.Params{Memory: 8, Time: 1, Threads: 1}, Now: clock}),
			Factors: &authn.Factors{Store: db, Issuer: issuer, Now: clock, Rand: rand.Reader}, Issuer: issuer, Now: clock, Rand: rand.Reader,
		},
		Flow: &flow.Dispatcher{Store: db, Upstream: w.hub, Issuer: issuer, Key: [32]byte{7}, Now: clock, Rand: rand.Reader},
	}
	w.handler = w.server.Handler()
	return w
}

func (w *world) addClient(id, redirectURI string) {
	w.t.Helper()
	if err := w.store.Apply(w.t.Context(), core.CreateClient{Client: core.Client{
		ID: id, Org: "built-in", Name: "Wiki " + id, RedirectURIs: []string{redirectURI}, SkipConsent: true,
		SecretHash: core.HashSecret("x"), AuthMethods: []string{core.AuthBasic}, GrantTypes: []string{core.GrantAuthorizationCode},
		ResponseTypes: []string{"code"}, Scopes: []string{"openid"}, IDTokenAlg: "RS256", CreatedAt: w.ada.CreatedAt, UpdatedAt: w.ada.CreatedAt,
	}}); err != nil {
		w.t.Fatal(err)
	}
}

// reasons gives why something was refused, as the audit log has it.
func (w *world) reasons() string {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), core.EventFilter{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	var reasons []string
	for _, event := range events {
		if reason := event.Detail["reason"]; reason != "" {
			reasons = append(reasons, string(event.Type)+" "+reason)
		}
	}
	return strings.Join(reasons, ", ")
}

// hub is a provider that says that everybody is ada, or refuses.
type hub struct {
	w      *world
	now    time.Time
	origin string
	offers []core.Offer
	begun  []core.UpstreamBegin
	held   url.Values
	refuse *core.UpstreamRefused
}

func (h *hub) Offers(context.Context, *core.Client) ([]core.Offer, error) { return h.offers, nil }

func (h *hub) Begin(_ context.Context, b core.UpstreamBegin) (core.UpstreamStart, error) {
	h.begun = append(h.begun, b)
	state := core.NewCredential(core.KindState, core.NewID(h.now, rand.Reader), rand.Reader)
	return core.UpstreamStart{
		Redirect: h.origin + "/authorize?state=" + state.String(),
		Changes: []core.Change{core.SaveAttempt{Attempt: core.UpstreamAttempt{
			ID: state.ID, Hash: state.Hash(), BrowserHash: b.Browser, RequestID: b.Request, LinkTo: b.LinkTo,
			Connector: b.Connector, CreatedAt: h.now, ExpiresAt: b.ExpiresAt,
		}}},
	}, nil
}

func (h *hub) Attempt(ctx context.Context, state string) (*core.UpstreamAttempt, error) {
	given, ok := core.ParseCredential(core.KindState, state)
	if !ok {
		return nil, core.ErrNotFound
	}
	return h.w.store.Attempt(ctx, given.ID)
}

func (h *hub) Hold(_ string, a *core.UpstreamAttempt, params url.Values) (core.HoldCallback, error) {
	h.held = params
	return core.HoldCallback{ID: a.ID, Held: []byte("sealed")}, nil
}

func (h *hub) Finish(_ context.Context, f core.UpstreamFinish) (*core.Proof, error) {
	changes := []core.Change{core.FinishAttempt{ID: f.Attempt.ID}}
	if h.refuse != nil {
		refusal := *h.refuse
		refusal.Changes = changes
		return nil, &refusal
	}
	if f.Params.Get("code") == "" && f.Attempt.Held == nil {
		return nil, errors.New("nothing came back")
	}
	proof := &core.Proof{User: &h.w.ada, Changes: changes, Method: core.MethodUpstream, Upstream: &core.Upstream{Connector: f.Connector}}
	if f.For != nil {
		proof.Changes = append(proof.Changes, core.SaveLink{Link: core.Link{
			Connector: f.Connector, Subject: "7", UserID: f.For.User.ID, Name: "ada-l", CreatedAt: h.now, LastUsedAt: h.now,
		}})
	}
	return proof, nil
}

func (h *hub) SignOut(context.Context, *core.Session, string, string) (string, error) {
	return "", nil
}

// tab is a browser that keeps its cookies.
type tab struct {
	*world
	cookies  map[string]string
	language string // Accept-Language, or empty
	last     *http.Response
	body     string
	page     *html.Node
}

func (w *world) tab() *tab { return &tab{world: w, cookies: map[string]string{}} }

// send sends a request as the browser does: with its cookies where the page that it
// came from is of this site.
func (b *tab) send(method, target, contentType, body, site string) *tab {
	b.t.Helper()
	r := httptest.NewRequest(method, issuer+target, strings.NewReader(body))
	r.Header.Set("Sec-Fetch-Site", site)
	if b.language != "" {
		r.Header.Set("Accept-Language", b.language)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if site == "same-origin" || method == http.MethodGet {
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	recorder := httptest.NewRecorder()
	b.handler.ServeHTTP(recorder, r)
	b.last, b.body = recorder.Result(), recorder.Body.String()
	for _, c := range b.last.Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	page, err := html.Parse(strings.NewReader(b.body))
	if err != nil {
		b.t.Fatal(err)
	}
	b.page = page
	return b
}

const formType = "application/x-www-form-urlencoded"

func (b *tab) get(target string) *tab {
	b.t.Helper()
	return b.send(http.MethodGet, target, "", "", "same-origin")
}

func (b *tab) post(target string, form url.Values) *tab {
	b.t.Helper()
	return b.send(http.MethodPost, target, formType, form.Encode(), "same-origin")
}

// follow goes where the redirect leads.
func (b *tab) follow() *tab {
	b.t.Helper()
	if b.last.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("status %d:\n%s", b.last.StatusCode, b.body)
	}
	return b.get(b.last.Header.Get("Location"))
}

// form gives what the button with this id sends, and where.
func (b *tab) form(id string) (action string, form url.Values) {
	b.t.Helper()
	button := b.find(id)
	if button == nil {
		b.t.Fatalf("no button %s:\n%s", id, b.body)
	}
	form = url.Values{attr(button, "name"): {attr(button, "value")}}
	owner := button.Parent
	for owner.Data != "form" {
		owner = owner.Parent
	}
	for node := range owner.Descendants() {
		if node.Data == "input" {
			form.Set(attr(node, "name"), attr(node, "value"))
		}
	}
	return attr(owner, "action"), form
}

// step is the signed link in the form of a button.
func (b *tab) step(id string) string {
	b.t.Helper()
	_, form := b.form(id)
	return form.Get("step")
}

// press sends the form of the button with this id.
func (b *tab) press(id string, more url.Values) *tab {
	b.t.Helper()
	action, form := b.form(id)
	for name, values := range more {
		form[name] = values
	}
	return b.post(action, form)
}

func (b *tab) find(id string) *html.Node {
	for node := range b.page.Descendants() {
		if attr(node, "id") == id {
			return node
		}
	}
	return nil
}

// wants checks status and words of the page.
func (b *tab) wants(status int, words ...string) *tab {
	b.t.Helper()
	if b.last.StatusCode != status {
		b.t.Errorf("status %d, want %d:\n%s", b.last.StatusCode, status, b.body)
	}
	for _, w := range words {
		if !strings.Contains(text(b.page), w) {
			b.t.Errorf("the page does not say %q:\n%s", w, text(b.page))
		}
	}
	return b
}

// away checks that the page leads to that address by itself, and gives the address.
func (b *tab) away(prefix string) string {
	b.t.Helper()
	var refresh string
	for node := range b.page.Descendants() {
		if attr(node, "http-equiv") == "refresh" {
			refresh = attr(node, "content")
		}
	}
	target, found := strings.CutPrefix(refresh, "0; url=")
	if b.last.StatusCode != http.StatusOK || !found || !strings.HasPrefix(target, prefix) {
		b.t.Fatalf("status %d, leads to %q, want %s:\n%s", b.last.StatusCode, refresh, prefix, b.body)
	}
	return target
}

// state is that of the provider that the page leads to.
func (b *tab) state() string {
	b.t.Helper()
	return strings.TrimPrefix(b.away("https://hub.example/authorize?state="), "https://hub.example/authorize?state=")
}

// signInAt asks for a sign-in to the client and comes to the sign-in page.
func (b *tab) signInAt(client string) *tab {
	b.t.Helper()
	query := url.Values{
		"client_id": {client}, "redirect_uri": {"https://" + client + ".example/cb"}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"},
	}
	return b.get(oauth.PathAuthorize + "?" + query.Encode()).follow()
}

// home signs in to the server itself, and looks at what there is to sign in with.
func (b *tab) home() *tab {
	b.t.Helper()
	b.get(pathLogin).follow().press("upstream-hub", nil)
	b.get("/callback/hub?code=c&state=" + b.state()).follow()
	return b.get(pathSecurity)
}

func attr(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(node *html.Node) string {
	var words strings.Builder
	for inner := range node.Descendants() {
		if inner.Type == html.TextNode {
			words.WriteString(inner.Data)
		}
	}
	return strings.Join(strings.Fields(words.String()), " ")
}
