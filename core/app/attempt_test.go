package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/attempt"
)

// attempt begins one as the client for the user, and gives the query that the browser comes
// back with.
func (rp *relyingParty) attempt(b *browser, user *core.User, input admin.Attempt) string {
	rp.w.t.Helper()
	address, err := rp.w.app.Admin.BeginAttempt(context.Background(), user.ID, rp.client.ID, input)
	if err != nil {
		rp.w.t.Fatal(err)
	}
	p := b.get(address)
	if p.location == nil {
		p = p.signIn(user.Name, thePassword)
	}
	if p.location == nil && p.url.Path != attempt.Path {
		rp.w.t.Fatalf("the attempt ends at %s: %s", p.url, p.body)
	}
	if p.location != nil {
		return p.location.RawQuery
	}
	return p.url.RawQuery
}

// An administrator sees what the client would, and nothing of it can be used.
func TestAttempt(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	rp := w.registerPreset("wiki", "confluence", nil)
	query := rp.attempt(newBrowser(t, w.issuer), alice, admin.Attempt{})
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	w.hide(values.Get("code"))
	tried, err := w.app.Admin.FinishAttempt(t.Context(), cli, alice.ID, query)
	if err != nil || tried.Refusal != nil {
		t.Fatalf("%+v, %v", tried, err)
	}
	var token, info, account map[string]any
	if json.Unmarshal(tried.IDToken, &token) != nil || json.Unmarshal(tried.UserInfo, &info) != nil || json.Unmarshal(tried.Account, &account) != nil {
		t.Fatalf("%s, %s, %s", tried.IDToken, tried.UserInfo, tried.Account)
	}
	if token["preferred_username"] != "alice" || info["email"] != "alice@example.com" || account["status"] != "ok" || token["aud"] != rp.client.ID {
		t.Errorf("%v, %v, %v", token, info, account)
	}
	if !strings.Contains(string(tried.IDTokenHeader), `"RS256"`) {
		t.Errorf("header %s", tried.IDTokenHeader)
	}
	text, err := json.Marshal(tried)
	if err != nil || strings.Contains(string(text), values.Get("code")) || strings.Contains(string(text), "at_") || strings.Contains(string(text), values.Get("state")) {
		t.Errorf("a secret is shown: %s", text)
	}

	for _, want := range []admin.Row{{Field: "client_id", Value: rp.client.ID}, {Field: "response_type", Value: "code"}, {Field: "code_challenge_method", Value: "S256"}} {
		if !slices.Contains(tried.Request, want) {
			t.Errorf("the request %v lacks %v", tried.Request, want)
		}
	}

	// The grant is revoked, its code is used, and the attempt is over.
	code, _ := core.ParseCredential(core.KindCode, values.Get("code"))
	granted, err := w.app.Store.Code(t.Context(), code.ID)
	if err != nil || !granted.Grant.Revoked() || granted.Grant.CodeUsedAt.IsZero() {
		t.Errorf("%+v, %v", granted, err)
	}
	if a := rp.redeem(values.Get("code"), "redirect_uri", w.issuer+attempt.Path); a.status == 200 {
		t.Error("the client could use the code")
	}
	if _, err := w.app.Admin.FinishAttempt(t.Context(), cli, alice.ID, query); !isInvalid(err) {
		t.Errorf("twice: %v", err)
	}
	events := w.events(core.EventFilter{Type: core.EventTried})
	if len(events) != 1 || events[0].ClientID != rp.client.ID || events[0].UserID != alice.ID || events[0].Detail["result"] != "ok" {
		t.Errorf("%+v", events)
	}
	w.checkSecrets()
}

// A refusal is shown as what it is: where, and why.
func TestAttemptThatIsRefused(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	rp := w.register("wiki", nil)
	b := newBrowser(t, w.issuer)
	address, err := w.app.Admin.BeginAttempt(t.Context(), alice.ID, rp.client.ID, admin.Attempt{Prompt: "none"})
	if err != nil {
		t.Fatal(err)
	}
	p := b.send(http.MethodGet, address, nil)
	query := p.url.RawQuery
	if p.location != nil {
		query = p.location.RawQuery
	}
	tried, err := w.app.Admin.FinishAttempt(t.Context(), cli, alice.ID, query)
	if err != nil || tried.Refusal == nil || tried.Refusal.Code != "login_required" || tried.IDToken != nil {
		t.Errorf("%+v, %v", tried, err)
	}
	for name, input := range map[string]admin.Attempt{"prompt": {Prompt: "dance"}, "scopes": {Scopes: []string{`a"b`}}, "acr_values": {ACRValues: []string{"a b"}}} {
		if _, err := w.app.Admin.BeginAttempt(t.Context(), alice.ID, rp.client.ID, input); !isInvalid(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	service := w.registerPreset("reporter", admin.PresetService, func(c *core.Client) { c.RedirectURIs, c.Scopes = nil, []string{"a"} })
	if _, err := w.app.Admin.BeginAttempt(t.Context(), alice.ID, service.client.ID, admin.Attempt{}); !isInvalid(err) {
		t.Errorf("a service: %v", err)
	}
	if _, err := w.app.Admin.BeginAttempt(t.Context(), "", rp.client.ID, admin.Attempt{}); !isInvalid(err) {
		t.Errorf("without a user: %v", err)
	}
}

// The return address is nobody's but an attempt's: of this client, by this user, in time.
func TestReturnAddressOfAttempts(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.user("alice"), w.user("bob")
	rp, other := w.register("wiki", nil), w.register("other", nil)
	b := newBrowser(t, w.issuer)
	address, err := w.app.Admin.BeginAttempt(t.Context(), alice.ID, rp.client.ID, admin.Attempt{})
	if err != nil {
		t.Fatal(err)
	}
	begun, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	state := begun.Query().Get("state")
	for name, edits := range map[string][]string{
		"no attempt":        {"redirect_uri", w.issuer + attempt.Path},
		"a forged state":    {"redirect_uri", w.issuer + attempt.Path, "state", state[:len(state)-2] + "xx"},
		"another address":   {"redirect_uri", w.issuer + attempt.Path + "/x", "state", state},
		"no state of ours":  {"redirect_uri", w.issuer + attempt.Path, "state", "a.b"},
		"an address abroad": {"redirect_uri", "https://evil.example" + attempt.Path, "state", state},
	} {
		if p := b.get(rp.authorizeURL(edits...)); p.status != 400 || p.location != nil {
			t.Errorf("%s: status %d at %s", name, p.status, p.url)
		}
	}
	if p := b.get(other.authorizeURL("redirect_uri", w.issuer+attempt.Path, "state", state)); p.status != 400 {
		t.Errorf("as another client: status %d", p.status)
	}
	query := rp.attempt(b, alice, admin.Attempt{})
	if _, err := w.app.Admin.FinishAttempt(t.Context(), cli, bob.ID, query); !isInvalid(err) {
		t.Errorf("by another user: %v", err)
	}
	for _, query := range []string{"", "code=x", "state=x", "state=a.b&code=x", "code=%zz"} {
		if _, err := w.app.Admin.FinishAttempt(t.Context(), cli, alice.ID, query); !isInvalid(err) {
			t.Errorf("%q: %v", query, err)
		}
	}
	w.clock.advance(10 * time.Minute)
	if p := b.get(address); p.status != 400 {
		t.Errorf("after its time: status %d at %s", p.status, p.url)
	}
	if _, err := w.app.Admin.FinishAttempt(t.Context(), cli, alice.ID, query); !isInvalid(err) {
		t.Errorf("too late: %v", err)
	}
}

func isInvalid(err error) bool {
	_, ok := errors.AsType[*admin.InvalidError](err)
	return ok
}
