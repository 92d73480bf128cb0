package app_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

// informed is a relying party that is told of the end of sessions.
type informed struct {
	*relyingParty
	status atomic.Int64
	tokens chan string
}

// logoutToken is what a relying party reads in a logout token that it trusts.
type logoutToken struct {
	raw    string
	Sub    string                    `json:"sub"`
	Sid    string                    `json:"sid"`
	Jti    string                    `json:"jti"`
	Nonce  *string                   `json:"nonce"`
	Events map[string]map[string]any `json:"events"`
}

// informedParty registers a relying party that listens at this machine.
func (w *world) informedParty(name string) *informed {
	w.t.Helper()
	rp := &informed{tokens: make(chan string, 100)}
	rp.status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		form, badForm := url.ParseQuery(string(body))
		if err != nil || badForm != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || len(form) != 1 {
			w.t.Errorf("%s got %s of type %q with %q", name, r.Method, r.Header.Get("Content-Type"), body)
		}
		rp.tokens <- form.Get("logout_token")
		out.WriteHeader(int(rp.status.Load()))
	}))
	w.t.Cleanup(server.Close)
	rp.relyingParty = w.register(name, func(c *core.Client) {
		c.PostLogoutRedirectURIs = []string{theFarewell}
		c.Metadata.BackchannelLogoutURI = server.URL + "/logout?from=postern"
	})
	return rp
}

// tells lets the server ask this machine, and tell clients until the test ends.
func (w *world) tells() {
	w.t.Helper()
	w.private = []string{loopback}
	w.restart()
	w.tellsAgain()
}

func (w *world) tellsAgain() {
	w.t.Helper()
	end, err := w.app.TellClients(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	stop := w.stop
	w.stop = func() { end(); stop() }
}

// told waits for a logout token, and trusts it only as OpenID Connect Back-Channel Logout
// 1.0 section 2.6 says.
func (rp *informed) told() logoutToken {
	t := rp.w.t
	t.Helper()
	var raw string
	select {
	case raw = <-rp.tokens:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s was told nothing", rp.client.Name)
	}
	provider, err := oidc.NewProvider(t.Context(), rp.w.issuer)
	if err != nil {
		t.Fatal(err)
	}
	verified, err := provider.Verifier(&oidc.Config{ClientID: rp.client.ID, Now: rp.w.clock.Now}).Verify(t.Context(), raw)
	if err != nil {
		t.Fatalf("%s: %v", rp.client.Name, err)
	}
	token := logoutToken{raw: raw}
	if err := verified.Claims(&token); err != nil {
		t.Fatal(err)
	}
	header, err := base64.RawURLEncoding.DecodeString(raw[:strings.IndexByte(raw, '.')])
	if err != nil || !strings.Contains(string(header), `"typ":"logout+jwt"`) {
		t.Errorf("header %s, %v", header, err)
	}
	event, there := token.Events["http://schemas.openid.net/event/backchannel-logout"]
	if !there || len(event) != 0 || len(token.Events) != 1 || token.Nonce != nil || token.Jti == "" ||
		verified.Expiry.Sub(verified.IssuedAt) > 2*time.Minute || len(verified.Audience) != 1 {
		t.Errorf("114 logout token %+v", token)
	}
	return token
}

// silent checks that nothing more was said.
func (rp *informed) silent() {
	rp.w.t.Helper()
	select {
	case raw := <-rp.tokens:
		rp.w.t.Errorf("%s was told more: %s", rp.client.Name, raw)
	default:
	}
}

// settled waits until nothing is left to say.
func (w *world) settled() {
	w.t.Helper()
	for range 2000 {
		queues, err := w.app.Store.LogoutQueues(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		if len(queues) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatal("something is left to say")
}

// A sign-out at one client is told to all that the person has visited since they signed in.
func TestBackchannelLogout(t *testing.T) {
	w := newWorld(t)
	w.tells()
	metadata := w.resource(oauth.PathDiscovery, "")
	if metadata.json["backchannel_logout_supported"] != true || metadata.json["backchannel_logout_session_supported"] != true {
		t.Errorf("discovery %s", metadata.body)
	}
	alice := w.user("alice")
	wiki, chat, elsewhere, plain := w.informedParty("wiki"), w.informedParty("chat"), w.informedParty("elsewhere"), w.register("plain", nil)
	b := newBrowser(t, w.issuer)
	hint := wiki.redeem(wiki.code(b, "alice")).text("id_token")
	claims := idTokenClaims(t, hint)
	chat.code(b, "alice")
	plain.code(b, "alice")
	other := newBrowser(t, w.issuer)
	elsewhere.code(other, "alice")

	p := b.get(w.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", theFarewell, "state", "s"))
	if p.location == nil || p.location.String() != theFarewell+"?state=s" {
		t.Fatalf("status %d, to %v", p.status, p.location)
	}
	for _, rp := range []*informed{wiki, chat} {
		if token := rp.told(); token.Sub != claims["sub"] || token.Sid != claims["sid"] || token.Sub != string(alice.ID) {
			t.Errorf("%s is told %+v, the ID token says %v", rp.client.Name, token, claims)
		}
	}
	w.settled()
	for _, rp := range []*informed{wiki, chat, elsewhere} {
		rp.silent()
	}
	delivered := w.events(core.EventFilter{Type: core.EventLogoutDelivered})
	if len(delivered) != 2 || delivered[0].UserID != alice.ID || string(delivered[0].SessionID) != claims["sid"] {
		t.Errorf("recorded %+v", delivered)
	}

	// Who signs in once more is the same to the clients until they sign out.
	b = newBrowser(t, w.issuer)
	first := idTokenClaims(t, wiki.redeem(wiki.code(b, "alice")).text("id_token"))
	again := b.get(chat.authorizeURL("prompt", "login")).signIn("alice", thePassword)
	if again.location == nil || again.location.Query().Get("code") == "" {
		t.Fatalf("status %d, to %v", again.status, again.location)
	}
	second := idTokenClaims(t, chat.redeem(again.location.Query().Get("code")).text("id_token"))
	w.settled()
	wiki.silent()
	b.get(w.logoutURL()).press("logout", nil)
	if token := wiki.told(); token.Sid != first["sid"] || first["sid"] == second["sid"] {
		t.Errorf("told of %s, the ID tokens say %v and %v", token.Sid, first["sid"], second["sid"])
	}
	if token := chat.told(); token.Sid != second["sid"] {
		t.Errorf("told of %s, the ID token says %v", token.Sid, second["sid"])
	}
	w.checkSecrets()
}

// However a session ends, the clients are told.
func TestBackchannelLogoutAtEveryEnd(t *testing.T) {
	w := newWorld(t)
	w.tells()
	wiki := w.informedParty("wiki")
	w.user("bob")
	ctx := context.Background()
	for name, end := range map[string]func(b *browser, user core.ID) error{
		"administrator": func(_ *browser, user core.ID) error { return w.app.Admin.SignOutUser(ctx, cli, user) },
		"disabled":      func(_ *browser, user core.ID) error { return w.app.Admin.DisableUser(ctx, cli, user) },
		"deleted":       func(_ *browser, user core.ID) error { return w.app.Admin.DeleteUser(ctx, cli, user) },
		"password": func(_ *browser, user core.ID) error {
			return w.app.Admin.SetPassword(ctx, cli, user, "another battery staple horse")
		},
		"promoted": func(_ *browser, user core.ID) error {
			_, err := w.app.Admin.UpdateUser(ctx, cli, user, "", func(u *core.User) { u.Admin = true })
			return err
		},
		"another-process": func(_ *browser, user core.ID) error { return newOffice(t, w.dir).Admin.SignOutUser(ctx, cli, user) },
		"another-person": func(b *browser, _ core.ID) error {
			b.get(wiki.authorizeURL("prompt", "login")).signIn("bob", thePassword)
			return nil
		},
	} {
		user := w.user(name)
		b := newBrowser(t, w.issuer)
		claims := idTokenClaims(t, wiki.redeem(wiki.code(b, name)).text("id_token"))
		if err := end(b, user.ID); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if token := wiki.told(); token.Sub != string(user.ID) || token.Sid != claims["sid"] {
			t.Errorf("%s: told %+v, the ID token says %v", name, token, claims)
		}
	}
	w.checkSecrets()
}

// Nothing is lost when the server ends before it told anybody.
func TestBackchannelLogoutAfterRestart(t *testing.T) {
	w := newWorld(t)
	w.private = []string{loopback}
	w.restart()
	w.user("alice")
	wiki := w.informedParty("wiki")
	b := newBrowser(t, w.issuer)
	claims := idTokenClaims(t, wiki.redeem(wiki.code(b, "alice")).text("id_token"))
	b.get(w.logoutURL()).press("logout", nil)
	wiki.silent()
	w.restart()
	w.tellsAgain()
	if token := wiki.told(); token.Sid != claims["sid"] {
		t.Errorf("told %+v", token)
	}
}

// logoutRefusals are of the ways to tell clients that somebody signed out.
func logoutRefusals() []refusal {
	return []refusal{
		{"072_logout_token_as_another", logoutTokenAsAnother},
		{"109_backchannel_logout_to_private_addresses", backchannelToPrivate},
		{"114_dead_client", deadClient},
		{"114_logout_uri", logoutURIs},
	}
}

// A logout token is nothing else: it is no id_token_hint, neither to sign out nor to
// sign in silently, and no access token.
func logoutTokenAsAnother(t *testing.T, w *world) {
	w.tells()
	w.user("alice")
	rp := w.informedParty("rp")
	b := newBrowser(t, w.issuer)
	rp.code(b, "alice")
	b.get(w.logoutURL()).press("logout", nil)
	token := rp.told().raw
	w.settled()
	rp.code(b, "alice")
	w.recorded(core.EventRequestRefused, "hint_untrusted", func() {
		p := b.get(w.logoutURL("id_token_hint", token, "post_logout_redirect_uri", theFarewell))
		if p.location != nil || !p.has("logout") || !b.signedIn() {
			t.Errorf("signed out: status %d, to %v", p.status, p.location)
		}
	})
	w.recorded(core.EventAuthorizeRefused, "", func() {
		p := b.get(rp.authorizeURL("prompt", "none", "id_token_hint", token))
		if p.location == nil || p.location.Query().Get("error") != "login_required" {
			t.Errorf("signed in silently: status %d, to %v", p.status, p.location)
		}
	})
	w.recorded(core.EventResourceRefused, "", func() {
		if a := w.resource(oauth.PathUserInfo, token); a.status != http.StatusUnauthorized {
			t.Errorf("UserInfo answers %d", a.status)
		}
	})
}

// What a client registers is an address that anybody may reach, or nobody is asked.
func backchannelToPrivate(t *testing.T, w *world) {
	w.tellsAgain()
	w.user("alice")
	rp := w.informedParty("rp")
	b := newBrowser(t, w.issuer)
	rp.code(b, "alice")
	b.get(w.logoutURL()).press("logout", nil)
	for range 2000 {
		if strings.Contains(w.log.String(), "a client did not take that a session has ended") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	rp.silent()
	if queues, err := w.app.Store.LogoutQueues(t.Context()); err != nil || len(queues) != 1 || queues[0].NextAt.IsZero() {
		t.Errorf("%+v, %v", queues, err)
	}
}

// A client that never answers keeps neither the person nor other clients waiting.
func deadClient(t *testing.T, w *world) {
	w.tells()
	w.user("alice")
	release := make(chan struct{})
	hole := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hole.Close()
	defer close(release)
	dead := w.register("dead", func(c *core.Client) { c.Metadata.BackchannelLogoutURI = hole.URL })
	alive := w.informedParty("alive")
	for range 3 {
		b := newBrowser(t, w.issuer)
		dead.code(b, "alice")
		claims := idTokenClaims(t, alive.redeem(alive.code(b, "alice")).text("id_token"))
		if p := b.get(w.logoutURL()).press("logout", nil); p.status != http.StatusOK || b.signedIn() {
			t.Errorf("status %d", p.status)
		}
		if token := alive.told(); token.Sid != claims["sid"] {
			t.Errorf("told %+v", token)
		}
	}
}

func logoutURIs(t *testing.T, w *world) {
	for _, uri := range []string{
		"javascript:alert(1)", "data:text/html,x", "http://rp.example/logout", "/logout", "https://rp.example/logout#f", "https://*.example/logout",
		"https://u:p@rp.example/logout", "https:///logout", "https://rp.example/a/../logout", "ftp://rp.example/", "com.example.app:/logout", "https://rp.example/\r\nx",
	} {
		for field, edit := range logoutFields(uri) {
			_, err := w.app.Admin.CreateClient(t.Context(), cli, admin.NewClient{Name: "x", Edit: func(c *core.Client) {
				c.RedirectURIs = []string{theCallback}
				edit(c)
			}})
			if err == nil || !strings.Contains(err.Error(), "cannot be a logout URI") {
				t.Errorf("%s %q: %v", field, uri, err)
			}
		}
	}
}

// logoutFields gives, by name, what registers a logout URI.
func logoutFields(uri string) map[string]func(*core.Client) {
	return map[string]func(*core.Client){
		"backchannel_logout_uri":  func(c *core.Client) { c.Metadata.BackchannelLogoutURI = uri },
		"frontchannel_logout_uri": func(c *core.Client) { c.Metadata.FrontchannelLogoutURI = uri },
	}
}
