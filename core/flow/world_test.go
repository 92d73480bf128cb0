package flow_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/authn/authntest"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/mail"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/core/vault"
	"github.com/postern-id/postern/sdk/hook"
)

const issuer = "https://id.example"

// world is a dispatcher over a real database, with people, clients and a clock.
type world struct {
	*flow.Dispatcher
	t       *testing.T
	store   *store.Store
	commits *atomic.Int64
	// browsers counts how often was asked whether somebody had theirs before.
	browsers *atomic.Int64
	now      time.Time
	hints    hints
	policy   *fakePolicy
	mails    *mails
	period   int // of the audit log, see events
}

type mails struct{ ready bool }

func (m *mails) Ready() bool { return m.ready }

func (m *mails) Compose(now time.Time, to core.Mail, words map[string]string) core.SendMail {
	seal := func(plaintext []byte, purpose string) []byte {
		return testVault().Seal(plaintext, purpose, rand.Reader)
	}
	return (&mail.Composer{Seal: seal, Rand: rand.Reader}).Compose(now, to, words)
}

// hints are the ID tokens that verify.
type hints map[string]flow.Hint

func (h hints) Hint(_ context.Context, idToken string) (flow.Hint, error) {
	if hint, ok := h[idToken]; ok {
		return hint, nil
	}
	return flow.Hint{}, errors.New("not signed by this server")
}

// fakePolicy decides what it is told to.
type fakePolicy struct {
	decide func(*hook.ScopeInput) (hook.ScopeOutput, error)
	asked  []*hook.ScopeInput
}

func (p *fakePolicy) DecideScopes(_ context.Context, in *hook.ScopeInput) (hook.ScopeOutput, error) {
	p.asked = append(p.asked, in)
	return p.decide(in)
}

// counting counts the commits that somebody waits for.
type counting struct {
	*store.Store
	commits, browsers *atomic.Int64
}

func (c counting) SignedInWith(ctx context.Context, userID core.ID, browser string) (bool, error) {
	c.browsers.Add(1)
	return c.Store.SignedInWith(ctx, userID, browser)
}

func (c counting) Apply(ctx context.Context, changes ...core.Change) error {
	c.commits.Add(1)
	return c.Store.Apply(ctx, changes...)
}

// users of the world by login name: organisation and password.
var people = map[string]struct{ org, password string }{
	"ann":    {"built-in", "correct horse"},
	"ben":    {"built-in", "battery staple"},
	"olga":   {"other", "another place"},
	"closed": {"closed", "behind a door"},
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "test.db"), Readers: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, store: db, commits: new(atomic.Int64), browsers: new(atomic.Int64), now: time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC), hints: hints{}}
	counted := counting{db, w.commits, w.browsers}
	clock := func() time.Time { return w.now }
	passwords := authn.New(counted, authn.Options{Params: &authn.Params{Memory: 8, Time: 1, Threads: 1}, Now: clock})
	w.Dispatcher = &flow.Dispatcher{
		Store: counted, Passwords: passwords, Hints: w.hints, Question: token.Question,
		Issuer: issuer, Key: [32]byte{7}, Now: clock, Rand: rand.Reader,
	}
	w.mails = &mails{ready: true}
	w.Factors = &authn.Factors{
		Store: counted, Sealer: testVault(), Mailer: w.mails, Key: [32]byte{4}, Issuer: issuer, Now: clock, Rand: rand.Reader,
	}
	w.Synced, w.Mails = authn.Synced, w.mails
	w.populate(passwords)
	w.commits.Store(0)
	return w
}

func (w *world) populate(passwords *authn.Passwords) {
	for _, org := range []string{"other", "closed"} {
		w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: org, CreatedAt: w.now}})
	}
	for name, person := range people {
		hash, err := passwords.Hash(w.t.Context(), person.password)
		if err != nil {
			w.t.Fatal(err)
		}
		w.apply(core.CreateUser{User: core.User{
			ID: w.newID(), Org: person.org, Name: name, Email: name + "@example.org", PasswordHash: hash,
			CreatedAt: w.now, UpdatedAt: w.now, PasswordAt: w.now,
		}})
	}
	w.apply(core.UpdateOrganisation{Organisation: core.Organisation{Name: "closed", Disabled: true, CreatedAt: w.now}})
	w.addClient("rp", nil)
}

func (w *world) addClient(id string, edit func(*core.Client)) {
	w.t.Helper()
	client := core.Client{
		ID: id, Org: "built-in", Name: id, SecretHash: core.HashSecret("x"),
		AuthMethods: []string{core.AuthBasic}, RedirectURIs: []string{"https://" + id + ".example/cb"},
		PostLogoutRedirectURIs: []string{"https://" + id + ".example/bye", "https://" + id + ".example/bye?from=us"},
		GrantTypes:             []string{core.GrantAuthorizationCode, core.GrantRefreshToken}, ResponseTypes: []string{"code"},
		Scopes: []string{"openid", "profile", "email", "offline_access"}, IDTokenAlg: "RS256", CreatedAt: w.now, UpdatedAt: w.now,
	}
	if edit != nil {
		edit(&client)
	}
	w.apply(core.CreateClient{Client: client})
}

func (w *world) editClient(id string, edit func(*core.Client)) {
	w.t.Helper()
	found, err := w.store.Client(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	client := *found
	edit(&client)
	w.apply(core.UpdateClient{Client: client})
}

func skipConsent(c *core.Client) { c.SkipConsent = true }

func (w *world) apply(changes ...core.Change) {
	w.t.Helper()
	if err := w.store.Apply(w.t.Context(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) newID() core.ID { return core.NewID(w.now, rand.Reader) }

func (w *world) user(name string) *core.User {
	w.t.Helper()
	user, err := w.store.UserByLogin(w.t.Context(), "", name)
	if err != nil {
		w.t.Fatal(err)
	}
	return user
}

func (w *world) decides(decide func(*hook.ScopeInput) (hook.ScopeOutput, error)) {
	w.policy = &fakePolicy{decide: decide}
	w.Policy = w.policy
}

func (w *world) decidesAlways(out hook.ScopeOutput) {
	w.decides(func(*hook.ScopeInput) (hook.ScopeOutput, error) { return out, nil })
}

// events gives what was recorded since the last call as "type reason", in
// alphabetical order.
func (w *world) events() []string {
	w.t.Helper()
	all, err := w.store.Events(w.t.Context(), core.EventFilter{Correlation: w.correlation(), Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, event := range all {
		names = append(names, strings.TrimSpace(string(event.Type)+" "+event.Detail["reason"]))
	}
	slices.Sort(names)
	w.period++
	return names
}

// correlation is the same for all requests between two calls of events.
func (w *world) correlation() string { return fmt.Sprintf("request-%d", w.period) }

// recorded checks what events gives.
func (w *world) recorded(want ...string) {
	w.t.Helper()
	if got := w.events(); !slices.Equal(got, want) {
		w.t.Errorf("recorded %q, want %q", got, want)
	}
}

// browser keeps cookies as a real one does.
type browser struct {
	*world
	binding, session string
	device, first    string            // cookies of a trusted browser, and of a first factor
	keys             authntest.Browser // its authenticator
	agent            string            // its User-Agent; "test" if it is empty
	account          string            // the link of its home page, where a test needs it
	last             flow.Outcome
}

func (w *world) browser() *browser {
	return &browser{world: w, keys: authntest.Browser{Origin: issuer}}
}

func (b *browser) from() flow.Browser {
	return flow.Browser{
		BrowserCookie: b.binding, SessionCookie: b.session, DeviceCookie: b.device, FirstCookie: b.first, IP: "192.0.2.1", UserAgent: cmp.Or(b.agent, "test"), Correlation: b.correlation(),
	}
}

// got takes an outcome in: its cookies, and that it says exactly one thing.
func (b *browser) got(out flow.Outcome) *browser {
	b.t.Helper()
	said := 0
	for _, set := range []bool{out.Redirect != "", out.Form != nil, out.Page != nil, out.Error != nil} {
		if set {
			said++
		}
	}
	if said != 1 {
		b.t.Fatalf("the outcome says %d things: %+v", said, out)
	}
	if out.Cookies.SetBrowser != "" {
		b.binding = out.Cookies.SetBrowser
	}
	if out.Cookies.ClearBrowser {
		b.binding = ""
	}
	if out.Cookies.SetSession != "" {
		b.session = out.Cookies.SetSession
	}
	if out.Cookies.ClearSession {
		b.session = ""
	}
	if out.Cookies.ClearFirst {
		b.first = ""
	}
	if out.Cookies.SetFirst != "" {
		b.first = out.Cookies.SetFirst
	}
	if out.Cookies.SetDevice != "" {
		b.device = out.Cookies.SetDevice
	}
	b.last = out
	return b
}

// request makes the parameters of an authorization request of the client: name
// and value in turn. An empty value takes a parameter away.
func request(client string, pairs ...string) oauth.Params {
	values := url.Values{
		"client_id": {client}, "redirect_uri": {"https://" + client + ".example/cb"}, "response_type": {"code"},
		"scope": {"openid email"}, "state": {"st at&e=é\"<"}, "nonce": {"n-1"},
	}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return oauth.ParamsOf(values)
}

func (b *browser) authorize(client string, pairs ...string) *browser {
	b.t.Helper()
	return b.got(b.Dispatcher.Authorize(b.t.Context(), request(client, pairs...), b.from()))
}

// step gives the link of the redirect or page that the browser got last.
func (b *browser) step() string {
	b.t.Helper()
	switch page := b.last.Page.(type) {
	case *flow.LoginPage:
		return page.Step
	case *flow.MailPage:
		return page.Step
	case *flow.FactorPage:
		return page.Step
	case *flow.EnrolPage:
		return page.Step
	case *flow.TOTPPage:
		return page.Step
	case *flow.CodesPage:
		return page.Step
	case *flow.SelectPage:
		return page.Step
	case *flow.ConsentPage:
		return page.Step
	case *flow.DeviceCodePage:
		return page.Step
	case *flow.DevicePage:
		return page.Step
	case *flow.LogoutPage:
		return page.Step
	}
	_, step, found := strings.Cut(b.last.Redirect, "?step=")
	if !found {
		b.t.Fatalf("no link in %+v", b.last)
	}
	return step
}

// at checks that the browser was sent to the path, and follows.
func (b *browser) at(path string) *browser {
	b.t.Helper()
	if got, _, _ := strings.Cut(b.last.Redirect, "?"); got != path {
		b.t.Fatalf("sent to %q (%+v), want %s", b.last.Redirect, b.last, path)
	}
	return b.view(path)
}

func (b *browser) view(path string) *browser {
	b.t.Helper()
	return b.got(b.Dispatcher.View(b.t.Context(), path, b.step(), b.from()))
}

func (b *browser) login(name, password string) *browser {
	b.t.Helper()
	return b.got(b.Dispatcher.Login(b.t.Context(), b.step(), name, password, b.from()))
}

// signIn signs somebody in with the right password.
func (b *browser) signIn(name string) *browser {
	b.t.Helper()
	return b.login(name, people[name].password)
}

func (b *browser) consent(allow bool) *browser {
	b.t.Helper()
	return b.got(b.Dispatcher.Consent(b.t.Context(), b.step(), allow, b.from()))
}

func (b *browser) choose(keep bool) *browser {
	b.t.Helper()
	return b.got(b.Dispatcher.Select(b.t.Context(), b.step(), keep, b.from()))
}

func (b *browser) cancel() *browser {
	b.t.Helper()
	return b.got(b.Dispatcher.Cancel(b.t.Context(), b.step(), b.from()))
}

func (b *browser) logout(pairs ...string) *browser {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return b.got(b.Dispatcher.Logout(b.t.Context(), oauth.ParamsOf(values), b.from()))
}

func (b *browser) confirm() *browser {
	b.t.Helper()
	return b.got(b.ConfirmLogout(b.t.Context(), b.step(), b.from()))
}

// answer gives the parameters of the response that went to the client.
func (b *browser) answer(client string) url.Values {
	b.t.Helper()
	query, found := strings.CutPrefix(b.last.Redirect, "https://"+client+".example/cb?")
	if !found {
		b.t.Fatalf("no answer to %s: %+v", client, b.last)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		b.t.Fatal(err)
	}
	if values.Get("iss") != issuer || values.Get("state") != "st at&e=é\"<" {
		b.t.Errorf("27 the answer has iss %q and state %q", values.Get("iss"), values.Get("state"))
	}
	return values
}

// grant checks that the client got a code and gives what it stands for.
func (b *browser) grant(client string) core.Authorized {
	b.t.Helper()
	code, ok := core.ParseCredential(core.KindCode, b.answer(client).Get("code"))
	if !ok {
		b.t.Fatalf("no code in %q", b.last.Redirect)
	}
	found, err := b.store.Code(b.t.Context(), code.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	if !found.Grant.CodeHash.Matches(code.Hash()) {
		b.t.Error("the grant has another code")
	}
	return *found
}

// denied checks that the client got this error.
func (b *browser) denied(client, code string) *browser {
	b.t.Helper()
	values := b.answer(client)
	if values.Get("error") != code || values.Has("code") {
		b.t.Errorf("answer %v, want error %s", values, code)
	}
	return b
}

// shown checks that an error page came, and nothing else.
func (b *browser) shown(reason string) *browser {
	b.t.Helper()
	out := b.last
	if out.Error == nil || out.Error.Reason != reason || out.Error.Status != 400 || out.Cookies != (flow.Cookies{}) {
		b.t.Fatalf("got %+v (%v), want an error page for %s", out, out.Error, reason)
	}
	return b
}

// who gives the login name of whoever is signed in.
func (b *browser) who() string {
	b.t.Helper()
	home, err := b.Home(b.t.Context(), b.from())
	if err != nil {
		b.t.Fatal(err)
	}
	if home == nil {
		return ""
	}
	return home.User.Name
}

func page[P flow.Page](b *browser) P {
	b.t.Helper()
	p, ok := b.last.Page.(P)
	if !ok {
		b.t.Fatalf("got %+v, want a %T", b.last, p)
	}
	return p
}

// requestOf gives the authorization request that the browser's link leads to.
func (w *world) requestOf(b *browser) (core.ID, *core.AuthRequest) {
	w.t.Helper()
	text, _, _ := strings.Cut(b.step(), ".")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		w.t.Fatal(err)
	}
	id := core.ID(strings.Split(string(raw), "\n")[1])
	request, err := w.store.AuthRequest(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return id, request
}

func testVault() *vault.Vault { return vault.New([vault.KeySize]byte{3}) }
