package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/oauth"
)

// kids are those of the published keys for an algorithm.
func (w *world) kids(alg string) []string {
	w.t.Helper()
	_, keys := w.published()
	var all []string
	for _, key := range keys {
		if key["alg"] == alg {
			all = append(all, key["kid"].(string))
		}
	}
	return all
}

// kidOf is that of the key that signed.
func kidOf(t *testing.T, token string) string {
	t.Helper()
	var header map[string]string
	if err := json.Unmarshal([]byte(unencoded(t, strings.Split(token, ".")[0])), &header); err != nil {
		t.Fatal(err)
	}
	return header["kid"]
}

// TestRotation: a server that runs follows a rotation, which another process makes. The
// new key is published before it signs, what the old one signed is trusted until it
// has expired, and then the key is gone (081).
func TestRefuse081Rotation(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { c.PostLogoutRedirectURIs = []string{"https://rp.example/bye"} })
	b := newBrowser(t, w.issuer)
	idToken := func() string {
		t.Helper()
		a := rp.redeem(rp.code(b, "alice"))
		if a.status != http.StatusOK {
			t.Fatalf("status %d: %s", a.status, a.body)
		}
		return a.text("id_token")
	}
	trusted := func(token string) bool {
		p := b.get(rp.authorizeURL("prompt", "none", "id_token_hint", token))
		return p.location != nil && p.location.Query().Has("code")
	}
	old := w.kids("RS256")
	first := idToken()
	if len(old) != 1 || kidOf(t, first) != old[0] {
		t.Fatalf("kids %q, signed by %s", old, kidOf(t, first))
	}
	w.elsewhere(func(a *app.App) {
		if _, err := a.Admin.RotateKeys(context.Background(), cli, []string{"RS256"}, false); err != nil {
			t.Fatal(err)
		}
	})
	before := idToken()
	both := w.kids("RS256")
	if len(both) != 2 || both[0] != old[0] || kidOf(t, before) != old[0] {
		t.Errorf("kids %q, signed by %s", both, kidOf(t, before))
	}
	w.clock.advance(core.KeyLead)
	after := idToken()
	if kidOf(t, after) != both[1] || !slices.Contains(w.kids("RS256"), old[0]) || len(w.kids("ES256")) != 1 {
		t.Errorf("kids %q, signed by %s", w.kids("RS256"), kidOf(t, after))
	}
	if !trusted(first) || !trusted(before) || !trusted(after) {
		t.Errorf("trusted: %v, %v, %v", trusted(first), trusted(before), trusted(after))
	}
	w.clock.advance(core.KeyKept)
	if got := w.kids("RS256"); !slices.Equal(got, both[1:]) {
		t.Errorf("kids %q, want %q", got, both[1:])
	}
	rp.code(newBrowser(t, w.issuer), "alice")
	b = newBrowser(t, w.issuer)
	rp.code(b, "alice")
	if trusted(first) || !trusted(after) {
		t.Errorf("trusted: %v, %v", trusted(first), trusted(after))
	}
	if _, err := w.app.Store.Sweep(context.Background(), w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	stored, err := w.app.Store.SigningKeys(context.Background())
	if err != nil || len(stored) != 4 {
		t.Errorf("%d keys are stored, %v", len(stored), err)
	}
	w.restart()
	if got := w.kids("RS256"); !slices.Equal(got, both[1:]) {
		t.Errorf("after a restart: %q", got)
	}
}

// elsewhere does something on the data as another process would.
func (w *world) elsewhere(do func(*app.App)) {
	w.t.Helper()
	a, err := app.Open(context.Background(), config.Config{Data: w.dir, Issuer: w.issuer}, app.Options{Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	do(a)
	if err := a.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// TestRefuse081StolenKey: a key that is ended is ended at once, and another signs.
func TestRefuse081StolenKey(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	first := rp.redeem(rp.code(b, "alice")).text("id_token")
	if err := w.app.Admin.DeleteKey(context.Background(), cli, kidOf(t, first)); err != nil {
		t.Fatal(err)
	}
	kids := w.kids("RS256")
	second := rp.redeem(rp.code(b, "alice")).text("id_token")
	if len(kids) != 1 || kids[0] == kidOf(t, first) || kidOf(t, second) != kids[0] {
		t.Errorf("kids %q, signed by %s", kids, kidOf(t, second))
	}
	p := b.get(rp.authorizeURL("prompt", "none", "id_token_hint", first))
	if p.location == nil || p.location.Query().Get("error") != "login_required" {
		t.Errorf("a token of a stolen key is trusted: %d, %v", p.status, p.location)
	}
}

// TestRefuse080KeysStayInside: nothing of a private key gets into what can be seen of it.
func TestRefuse080KeysStayInside(t *testing.T) {
	w := newWorld(t)
	if _, err := w.app.Admin.RotateKeys(context.Background(), cli, nil, true); err != nil {
		t.Fatal(err)
	}
	document, keys := w.published()
	for _, key := range keys {
		for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "oth"} {
			if _, there := key[member]; there {
				t.Errorf("a published key has the member %s", member)
			}
		}
	}
	stored, err := w.app.Store.SigningKeys(context.Background())
	if err != nil || len(stored) != 8 || len(keys) != 8 {
		t.Fatalf("%d stored, %d published: %s, %v", len(stored), len(keys), document, err)
	}
	for _, key := range stored {
		w.hide(string(key.Sealed))
	}
	w.checkSecrets()
	views, err := w.app.Admin.Keys(context.Background())
	text, _ := json.Marshal(views)
	if err != nil || len(views) != 8 || strings.Contains(string(text), "ealed") {
		t.Errorf("%s, %v", text, err)
	}
}

// TestScheduledRotation: keys get successors when they are old enough, and once.
func TestScheduledRotation(t *testing.T) {
	w := newWorld(t)
	w.app.Config.KeysRotateEvery = 24 * time.Hour
	app.RotateKeys(w.app)
	if got := w.kids("RS256"); len(got) != 1 {
		t.Errorf("rotated at once: %q", got)
	}
	w.clock.advance(24 * time.Hour)
	app.RotateKeys(w.app)
	app.RotateKeys(w.app)
	for _, alg := range []string{"RS256", "ES256", "EdDSA", "PS256"} {
		if got := w.kids(alg); len(got) != 2 {
			t.Errorf("%s: %q", alg, got)
		}
	}
	events := w.events(core.EventFilter{Type: core.EventKeyRetired})
	if len(events) != 4 || events[0].Actor != "server" {
		t.Errorf("%+v", events)
	}
	w.clock.advance(24 * time.Hour)
	app.RotateKeys(w.app)
	if got := w.kids("RS256"); len(got) != 3 {
		t.Errorf("the next day: %q", got)
	}
	w.app.Config.KeysRotateEvery = 0
	w.clock.advance(1000 * time.Hour)
	app.RotateKeys(w.app)
	if got := w.kids("RS256"); len(got) != 1 {
		t.Errorf("rotated without being asked: %q", got)
	}
	if a := w.resource(oauth.PathDiscovery, ""); !strings.Contains(string(a.body), `"id_token_signing_alg_values_supported":["RS256","ES256","EdDSA","PS256","none"]`) {
		t.Errorf("discovery: %s", a.body)
	}
}
