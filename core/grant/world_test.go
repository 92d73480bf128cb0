package grant

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/sdk/hook"
)

var errTest = errors.New("test")

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

const (
	secret      = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF_"
	redirectURI = "https://wiki.example/cb"
	session     = core.ID("01890000-0000-7000-8000-00000000005e")
	verifier    = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
)

// stream is deterministic randomness, safe for many goroutines.
type stream struct {
	mu    sync.Mutex
	block [32]byte
}

func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range p {
		if i%len(s.block) == 0 {
			s.block = sha256.Sum256(s.block[:])
		}
		p[i] = s.block[i%len(s.block)]
	}
	return len(p), nil
}

// plainSigner signs with a word, so that a test can read the payload.
type plainSigner struct{ err error }

func (s plainSigner) Sign(alg, typ string, payload []byte) (string, error) {
	return alg + "." + typ + "." + base64.RawURLEncoding.EncodeToString(payload), s.err
}

type policyFunc func(*hook.ScopeInput) (hook.ScopeOutput, error)

func (f policyFunc) DecideScopes(_ context.Context, in *hook.ScopeInput) (hook.ScopeOutput, error) {
	return f(in)
}

// backend is a store that a world can stand on: what the endpoint uses, and what
// looks at the outcome.
type backend interface {
	Store
	Access(ctx context.Context, id core.ID) (*core.Access, error)
}

// world is a token endpoint with clients, people and a clock.
type world struct {
	t        testing.TB
	store    backend
	memory   *memory // store, where it is one
	endpoint *Endpoint
	issuer   *token.Issuer
	random   *stream
	mu       sync.Mutex
	now      time.Time
}

var allScopes = []string{"openid", "profile", "email", "offline_access"}

func client(id string, methods ...string) core.Client {
	c := core.Client{
		ID: id, Org: core.DefaultOrganisation, Name: id, AuthMethods: methods, IDTokenAlg: "RS256",
		RedirectURIs: []string{redirectURI}, ResponseTypes: []string{"code"}, Scopes: allScopes,
		GrantTypes: []string{core.GrantAuthorizationCode, core.GrantRefreshToken}, CreatedAt: noon, UpdatedAt: noon,
	}
	if !c.Public() {
		c.SecretHash = core.HashSecret(secret)
	}
	return c
}

func alice() core.User {
	return core.User{
		ID: "01890000-0000-7000-8000-00000000a11c", Org: core.DefaultOrganisation, Name: "alice",
		Email: "alice@example.com", Groups: []string{"staff"}, CreatedAt: noon, UpdatedAt: noon,
	}
}

// newWorld stands on memory. Its clients are wiki (Basic), post (POST), other
// (both) and spa (public).
func newWorld(t testing.TB) *world {
	store := newMemory()
	store.orgs[core.DefaultOrganisation] = core.Organisation{Name: core.DefaultOrganisation}
	store.users[alice().ID] = alice()
	for _, c := range []core.Client{
		client("wiki", core.AuthBasic), client("post", core.AuthPost), client("other", core.AuthBasic, core.AuthPost), client("spa", core.AuthNone),
	} {
		store.clients[c.ID] = c
	}
	w := newWorldOn(t, store)
	w.memory = store
	return w
}

func newWorldOn(t testing.TB, store backend) *world {
	w := &world{t: t, store: store, random: new(stream), now: noon}
	clock := func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}
	w.issuer = &token.Issuer{Issuer: "https://id.example", Keys: plainSigner{}, Rand: w.random, Successors: [32]byte{1}}
	w.endpoint = &Endpoint{Store: store, Tokens: w.issuer, Now: clock, Rand: w.random}
	return w
}

func (w *world) sleep(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// grant is what a person allowed wiki just now.
func (w *world) grant(change func(*core.Grant)) core.Grant {
	now := w.endpoint.Now()
	g := core.Grant{
		ID: core.NewID(now, w.random), ClientID: "wiki", UserID: alice().ID, SessionID: session, Scopes: allScopes, Nonce: "n-0S6",
		AuthTime: now, AMR: []string{"pwd"}, RedirectURI: redirectURI, RedirectURIGiven: true,
		CodeExpiresAt: now.Add(time.Minute), CreatedAt: now, ExpiresAt: now.Add(30 * 24 * time.Hour),
	}
	if change != nil {
		change(&g)
	}
	return g
}

// code issues a code for the grant.
func (w *world) code(change func(*core.Grant)) string {
	w.t.Helper()
	g := w.grant(change)
	credential := core.NewCredential(core.KindCode, g.ID, w.random)
	g.CodeHash = credential.Hash()
	if err := w.store.Apply(w.t.Context(), core.IssueCode{Grant: g}); err != nil {
		w.t.Fatal(err)
	}
	return credential.String()
}

// request is a token request with its parameters as pairs.
type request struct {
	authorization string
	params        []string
	ctx           context.Context
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func (w *world) send(r request) ([]byte, *oauth.Error) {
	w.t.Helper()
	values := url.Values{}
	for i := 0; i < len(r.params); i += 2 {
		values.Set(r.params[i], r.params[i+1])
	}
	params, err := oauth.ParseForm("application/x-www-form-urlencoded", []byte(values.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	ctx := r.ctx
	if ctx == nil {
		ctx = w.t.Context()
	}
	return w.endpoint.Answer(ctx, Request{Params: params, Authorization: r.authorization, IP: "192.0.2.7", Correlation: "c-1"})
}

// byWiki is a request that wiki sends, authenticated.
func byWiki(params ...string) request {
	return request{authorization: basic("wiki", secret), params: params}
}

func redeem(code string, more ...string) []string {
	return append([]string{"grant_type", "authorization_code", "code", code, "redirect_uri", redirectURI}, more...)
}

func renew(refreshToken string, more ...string) []string {
	return append([]string{"grant_type", "refresh_token", "refresh_token", refreshToken}, more...)
}

// answer is a token response.
type answer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	Scope        string `json:"scope"`
	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
	Error        string `json:"error"`
}

func parseAnswer(t testing.TB, body []byte) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return a
}

// get wants tokens.
func (w *world) get(r request) answer {
	w.t.Helper()
	body, refusal := w.send(r)
	if refusal != nil {
		w.t.Fatalf("refused: %v (%s)", refusal, refusal.Reason)
	}
	return parseAnswer(w.t, body)
}

// signIn gives the first answer of a new grant.
func (w *world) signIn() answer {
	w.t.Helper()
	return w.get(byWiki(redeem(w.code(nil))...))
}

// lives says whether an access token still leads to a grant that stands.
func (w *world) lives(accessToken string) bool {
	w.t.Helper()
	credential, ok := core.ParseCredential(core.KindAccess, accessToken)
	if !ok {
		w.t.Fatalf("no access token: %q", accessToken)
	}
	a, err := w.store.Access(w.t.Context(), credential.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Token.Hash.Matches(credential.Hash()) && !a.Grant.Revoked()
}

// lastEvents are the audit events since the mark.
func (w *world) eventsSince(mark int) []core.Event {
	w.memory.mu.Lock()
	defer w.memory.mu.Unlock()
	return w.memory.events[mark:]
}

func (w *world) mark() int { return len(w.eventsSince(0)) }

// wantRefusal checks a refusal and that it left exactly one audit event, which
// holds nothing of what was presented.
func (w *world) wantRefusal(mark int, refusal *oauth.Error, code, reason string, event core.EventType, presented ...string) {
	w.t.Helper()
	if refusal == nil || refusal.Code != code || refusal.Reason != reason {
		w.t.Fatalf("refusal %v, want %s because of %s", refusal, code, reason)
	}
	events := w.eventsSince(mark)
	if len(events) != 1 {
		w.t.Fatalf("%d audit events: %+v", len(events), events)
	}
	e := events[0]
	if e.Type != event || e.Detail["reason"] != reason || e.IP != "192.0.2.7" || e.Correlation != "c-1" {
		w.t.Errorf("audit event %+v, want %s because of %s", e, event, reason)
	}
	text, err := json.Marshal([]any{e, string(refusal.Body()), refusal.Error()})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range presented {
		if s != "" && strings.Contains(string(text), s) {
			w.t.Errorf("%q is in the audit event or the answer", s)
		}
	}
}
