package grant

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

func (w *world) revoke(r request) *oauth.Error {
	w.t.Helper()
	values := url.Values{}
	for i := 0; i < len(r.params); i += 2 {
		values.Set(r.params[i], r.params[i+1])
	}
	ctx := r.ctx
	if ctx == nil {
		ctx = w.t.Context()
	}
	return w.endpoint.Revoke(ctx, Request{Params: oauth.ParamsOf(values), Authorization: r.authorization, IP: "192.0.2.7", Correlation: "c-1"})
}

// known reports whether the access token is still there, whatever its grant is worth.
func (w *world) known(accessToken string) bool {
	w.t.Helper()
	credential, ok := core.ParseCredential(core.KindAccess, accessToken)
	if !ok {
		w.t.Fatalf("no access token: %q", accessToken)
	}
	_, there := w.memory.access[credential.ID]
	return there
}

func TestRevokeRefreshToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hint    string
		prepare func(w *world, first answer) (presented string)
	}{
		"the live one":            {"refresh_token", func(_ *world, first answer) string { return first.RefreshToken }},
		"without a hint":          {"", func(_ *world, first answer) string { return first.RefreshToken }},
		"with the other hint":     {"access_token", func(_ *world, first answer) string { return first.RefreshToken }},
		"with a hint of nobody's": {"urn:x", func(_ *world, first answer) string { return first.RefreshToken }},
		"one that was rotated": {"refresh_token", func(w *world, first answer) string {
			w.get(byWiki(renew(first.RefreshToken)...))
			return first.RefreshToken
		}},
		"one that has expired": {"refresh_token", func(w *world, first answer) string {
			w.sleep(30 * 24 * time.Hour)
			return first.RefreshToken
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first, other := w.signIn(), w.signIn()
			presented := test.prepare(w, first)
			mark := w.mark()
			r := byWiki("token", presented)
			if test.hint != "" {
				r.params = append(r.params, "token_type_hint", test.hint)
			}
			if refusal := w.revoke(r); refusal != nil {
				t.Fatal(refusal)
			}
			events := w.eventsSince(mark)
			if len(events) != 1 || events[0].Type != core.EventTokenRevoked || events[0].ClientID != "wiki" || events[0].UserID != alice().ID ||
				events[0].GrantID == "" || events[0].Detail["token_type"] != "refresh_token" {
				t.Errorf("audit events %+v", events)
			}
			if w.lives(first.AccessToken) {
				t.Error("its access token lives on")
			}
			if !w.lives(other.AccessToken) {
				t.Error("the tokens of another grant are gone")
			}
			if _, refusal := w.send(byWiki(renew(presented)...)); refusal == nil || refusal.Reason != "grant_revoked" {
				t.Errorf("refreshed: %v", refusal)
			}
			// Once more is no error, and nothing to record.
			mark = w.mark()
			if refusal := w.revoke(byWiki("token", presented)); refusal != nil || w.mark() != mark {
				t.Errorf("again: %v, %d events", refusal, w.mark()-mark)
			}
		})
	}
}

func TestRevokeAccessToken(t *testing.T) {
	t.Parallel()
	for _, hint := range []string{"access_token", "refresh_token"} {
		w := newWorld(t)
		first := w.signIn()
		second := w.get(byWiki(renew(first.RefreshToken)...))
		mark := w.mark()
		if refusal := w.revoke(byWiki("token", first.AccessToken, "token_type_hint", hint)); refusal != nil {
			t.Fatal(refusal)
		}
		events := w.eventsSince(mark)
		if len(events) != 1 || events[0].Type != core.EventTokenRevoked || events[0].Detail["token_type"] != "access_token" {
			t.Errorf("audit events %+v", events)
		}
		if w.known(first.AccessToken) || !w.lives(second.AccessToken) {
			t.Error("not that one token alone")
		}
		w.get(byWiki(renew(second.RefreshToken)...))
	}
}

// A client's own token has no family.
func TestRevokeOwnToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	robot := client("robot", core.AuthBasic)
	robot.GrantTypes, robot.Scopes = []string{core.GrantClientCredentials}, []string{"read"}
	w.memory.clients["robot"] = robot
	set := w.get(request{authorization: basic("robot", secret), params: []string{"grant_type", core.GrantClientCredentials, "scope", "read"}})
	if refusal := w.revoke(request{authorization: basic("robot", secret), params: []string{"token", set.AccessToken}}); refusal != nil || w.known(set.AccessToken) {
		t.Errorf("%v, known: %v", refusal, w.known(set.AccessToken))
	}
}

func TestRevokeByPublicClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(func(g *core.Grant) {
		g.ClientID, g.Challenge = "spa", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	})
	set := w.get(request{params: redeem(code, "client_id", "spa", "code_verifier", verifier)})
	if refusal := w.revoke(request{params: []string{"client_id", "spa", "token", set.RefreshToken}}); refusal != nil || w.lives(set.AccessToken) {
		t.Errorf("%v, lives: %v", refusal, w.lives(set.AccessToken))
	}
}

// What is no token is none any more, which is all that the client wants.
func TestRevokeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn()
	// The identifier is right, the secret is not.
	forged := func(token string) string {
		last := "A"
		if strings.HasSuffix(token, last) {
			last = "Q"
		}
		return token[:len(token)-1] + last
	}
	for _, text := range []string{
		"x", "rt_", "rt_x", "at_" + strings.Repeat("A", 64), "rt_" + strings.Repeat("A", 64), "ä", "a.b", "a.b.c",
		forged(set.RefreshToken), forged(set.AccessToken), set.RefreshToken + "x", " " + set.RefreshToken,
	} {
		mark := w.mark()
		if refusal := w.revoke(byWiki("token", text)); refusal != nil || w.mark() != mark {
			t.Errorf("%q: %v, %d events", text, refusal, w.mark()-mark)
		}
	}
	if !w.lives(set.AccessToken) {
		t.Error("revoked")
	}
	w.get(byWiki(renew(set.RefreshToken)...))
}

func TestRefuse061Revocation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		send         func(w *world, set answer) request
		code, reason string
		status       int
	}{
		"unauthenticated": {func(_ *world, set answer) request {
			return request{params: []string{"token", set.RefreshToken}}
		}, oauth.CodeInvalidClient, "client_auth_missing", 401},
		"by name alone": {func(_ *world, set answer) request {
			return request{params: []string{"client_id", "wiki", "token", set.RefreshToken}}
		}, oauth.CodeInvalidClient, "client_auth_method", 401},
		"with a wrong secret": {func(_ *world, set answer) request {
			return request{authorization: basic("wiki", "tr0ub4dor"), params: []string{"token", set.RefreshToken}}
		}, oauth.CodeInvalidClient, "client_secret_wrong", 401},
		"by nobody": {func(_ *world, set answer) request {
			return request{params: []string{"client_id", "nobody", "token", set.RefreshToken}}
		}, oauth.CodeInvalidClient, "client_unknown", 401},
		"in two ways": {func(_ *world, set answer) request {
			return byWiki("client_secret", secret, "token", set.RefreshToken)
		}, oauth.CodeInvalidRequest, "client_auth_twice", 400},
		"by a disabled client": {func(w *world, set answer) request {
			c := w.memory.clients["wiki"]
			c.Disabled = true
			w.memory.clients["wiki"] = c
			return byWiki("token", set.RefreshToken)
		}, oauth.CodeInvalidClient, "client_disabled", 401},
		"no token": {func(*world, answer) request { return byWiki() }, oauth.CodeInvalidRequest, "no_token", 400},
		"an ID token": {func(*world, answer) request {
			return byWiki("token", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln")
		}, oauth.CodeUnsupportedTokenType, "unsupported_token_type", 400},
		"an API token": {func(w *world, _ answer) request {
			return byWiki("token", core.NewCredential(core.KindAPI, core.NewID(noon, w.random), w.random).String())
		}, oauth.CodeUnsupportedTokenType, "unsupported_token_type", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			set := w.signIn()
			r := test.send(w, set)
			mark := w.mark()
			refusal := w.revoke(r)
			w.wantRefusal(mark, refusal, test.code, test.reason, core.EventTokenRefused, set.RefreshToken, "tr0ub4dor")
			if refusal.Status != test.status || !w.lives(set.AccessToken) {
				t.Errorf("status %d, lives: %v", refusal.Status, w.lives(set.AccessToken))
			}
		})
	}
}

func TestRefuse061RevocationByOtherClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn()
	for _, token := range []string{set.RefreshToken, set.AccessToken} {
		for _, r := range []request{
			{authorization: basic("other", secret), params: []string{"token", token}},
			{params: []string{"client_id", "spa", "token", token}},
		} {
			mark := w.mark()
			if refusal := w.revoke(r); refusal != nil {
				t.Errorf("the client is told: %v", refusal)
			}
			if events := w.eventsSince(mark); len(events) != 1 || events[0].Type != core.EventTokenRefused ||
				events[0].Detail["reason"] != "token_of_other_client" || events[0].UserID != alice().ID || events[0].ClientID == "wiki" {
				t.Errorf("audit events %+v", events)
			}
		}
	}
	if !w.lives(set.AccessToken) {
		t.Error("revoked")
	}
	w.get(byWiki(renew(set.RefreshToken)...))
}

// A store that fails makes no success of it (CVE-2020-15223), neither for a token of the
// client's nor for another one.
func TestRefuse061RevocationWithoutStore(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(w *world){
		"no client is read": func(w *world) { w.memory.readErr = errTest },
		"no token is read":  func(w *world) { w.memory.rowErr = errTest },
		"nothing is written": func(w *world) {
			w.memory.applyErr = errTest
		},
	} {
		for _, by := range []string{"wiki", "other"} {
			w := newWorld(t)
			set := w.signIn()
			for _, token := range []string{set.RefreshToken, set.AccessToken} {
				spoil(w)
				refusal := w.revoke(request{authorization: basic(by, secret), params: []string{"token", token}})
				if refusal == nil || refusal.Status != http.StatusServiceUnavailable || refusal.Code != oauth.CodeTemporarilyUnavailable ||
					refusal.Cause == nil || strings.Contains(string(refusal.Body()), errTest.Error()) {
					t.Errorf("%s, by %s: %v", name, by, refusal)
				}
				w.memory.readErr, w.memory.rowErr, w.memory.applyErr = nil, nil, nil
			}
			if !w.lives(set.AccessToken) {
				t.Errorf("%s: revoked", name)
			}
		}
	}
}

// Whoever hangs up has revoked the token all the same.
func TestRevokeHungUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := byWiki("token", set.RefreshToken)
	r.ctx = ctx
	if refusal := w.revoke(r); refusal != nil || w.lives(set.AccessToken) {
		t.Errorf("%v, lives: %v", refusal, w.lives(set.AccessToken))
	}
}

// An assertion is used up by a revocation too, also by one without effect.
func TestRevokeByAssertion(t *testing.T) {
	t.Parallel()
	w := newSignedWorld(t)
	set := w.get(asserted("wiki.1.", redeem(w.code(nil))...))
	if refusal := w.revoke(asserted("wiki.2.", "token", "nothing")); refusal != nil || len(w.memory.used) != 2 {
		t.Errorf("%v, %d are used", refusal, len(w.memory.used))
	}
	mark := w.mark()
	w.wantRefusal(mark, w.revoke(asserted("wiki.2.", "token", set.RefreshToken)), oauth.CodeInvalidClient, "client_assertion_replayed", core.EventTokenRefused)
	if !w.lives(set.AccessToken) {
		t.Error("revoked by an assertion that was used")
	}
	if refusal := w.revoke(asserted("wiki.3.", "token", set.RefreshToken)); refusal != nil || w.lives(set.AccessToken) {
		t.Errorf("%v, lives: %v", refusal, w.lives(set.AccessToken))
	}
}
