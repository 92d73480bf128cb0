package grant

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

func TestRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn()
	w.sleep(time.Hour)
	mark, reads, applies := w.mark(), w.memory.reads, w.memory.applies
	got := w.get(byWiki(renew(first.RefreshToken)...))
	if got.RefreshToken == "" || got.RefreshToken == first.RefreshToken || got.AccessToken == first.AccessToken || got.IDToken == "" ||
		got.Scope != first.Scope || got.ExpiresIn != 3600 || !w.lives(got.AccessToken) {
		t.Errorf("answer %+v", got)
	}
	events := w.eventsSince(mark)
	if len(events) != 1 || events[0].Type != core.EventTokenRefreshed || events[0].Detail != nil {
		t.Errorf("audit events %+v", events)
	}
	if w.memory.reads-reads != 1 || w.memory.applies-applies != 1 {
		t.Errorf("%d reads and %d writes, want one of each", w.memory.reads-reads, w.memory.applies-applies)
	}
}

func refuse055ReuseRevokesTheFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn()
	second := w.get(byWiki(renew(first.RefreshToken)...))
	w.sleep(time.Minute)
	if _, refusal := w.send(byWiki(renew(first.RefreshToken)...)); refusal == nil || refusal.Reason != "refresh_token_reused" {
		t.Fatalf("055: %v", refusal)
	}
	if _, refusal := w.send(byWiki(renew(second.RefreshToken)...)); refusal == nil || refusal.Reason != "grant_revoked" {
		t.Errorf("055: the live member outlived the reuse: %v", refusal)
	}
	if w.lives(first.AccessToken) || w.lives(second.AccessToken) {
		t.Error("055: an access token outlived the reuse")
	}
}

func TestGraceGivesTheSameSuccessor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn()
	lost := w.get(byWiki(renew(first.RefreshToken)...))
	w.sleep(grace - time.Millisecond)
	again := w.get(byWiki(renew(first.RefreshToken)...))
	if again.RefreshToken != lost.RefreshToken {
		t.Error("056: two live successors")
	}
	if again.AccessToken == lost.AccessToken || !w.lives(again.AccessToken) || !w.lives(lost.AccessToken) {
		t.Error("056: the repeated answer has no access token of its own")
	}
	w.get(byWiki(renew(again.RefreshToken)...))
}

// Strangers neither get the successor nor hurt the family.
func TestGraceIsForTheClientAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn()
	second := w.get(byWiki(renew(first.RefreshToken)...))
	for _, pause := range []time.Duration{0, time.Hour} {
		w.sleep(pause)
		if _, refusal := w.send(request{authorization: basic("other", secret), params: renew(first.RefreshToken)}); refusal == nil {
			t.Error("058: another client got tokens")
		}
	}
	w.get(byWiki(renew(second.RefreshToken)...))
}

func TestLosingTheRaceForARotationIsTheGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn()
	var winner answer
	w.memory.before = func() { winner = w.get(byWiki(renew(first.RefreshToken)...)) }
	loser := w.get(byWiki(renew(first.RefreshToken)...))
	if loser.RefreshToken != winner.RefreshToken {
		t.Error("056: two live successors")
	}
}

func refuse056ParallelRefreshes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.raceForRotation(w.signIn().RefreshToken)
	live := 0
	for _, row := range w.memory.refresh {
		if row.UsedAt.IsZero() {
			live++
		}
	}
	if live != 1 {
		t.Errorf("056: %d live members", live)
	}
}

func (w *world) raceForRotation(refreshToken string) {
	w.t.Helper()
	answers, refusals := w.race(50, byWiki(renew(refreshToken)...))
	if len(refusals) != 0 {
		w.t.Fatalf("056: refused within the grace: %v", refusals[0])
	}
	for _, a := range answers {
		if a.RefreshToken != answers[0].RefreshToken {
			w.t.Fatal("056: two live successors")
		}
		if !w.lives(a.AccessToken) {
			w.t.Error("056: an answer without a live access token")
		}
	}
	next := w.get(byWiki(renew(answers[0].RefreshToken)...))
	if !w.lives(next.AccessToken) {
		w.t.Error("056: the successor does not work")
	}
}

func refuse060RotationNeverExtends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	current := w.signIn().RefreshToken
	end := w.now.Add(30 * 24 * time.Hour)
	for w.now.Before(end.Add(-24 * time.Hour)) {
		w.sleep(24 * time.Hour)
		got := w.get(byWiki(renew(current)...))
		if expires := w.now.Add(time.Duration(got.ExpiresIn) * time.Second); expires.After(end) {
			t.Fatalf("060: an access token lives until %v, the family until %v", expires, end)
		}
		current = got.RefreshToken
	}
	w.sleep(24 * time.Hour)
	if _, refusal := w.send(byWiki(renew(current)...)); refusal == nil || refusal.Reason != "refresh_token_expired" {
		t.Errorf("060: after the end of the family: %v", refusal)
	}
}

func TestRefreshScopes(t *testing.T) {
	t.Parallel()
	out := func(scopes ...string) *hook.ScopeOutput { return &hook.ScopeOutput{Scopes: scopes} }
	tests := []struct {
		name         string
		scope        string
		policy       *hook.ScopeOutput
		clientScopes []string
		want         string
		identity     bool
	}{
		{"as granted", "", nil, allScopes, "openid profile email offline_access", true},
		{"narrowed", "openid email", nil, allScopes, "openid email", true},
		{"narrowed in another order", "email openid", nil, allScopes, "email openid", true},
		{"without openid", "email", nil, allScopes, "email", false},
		{"blanks alone", "  ", nil, allScopes, "openid profile email offline_access", true},
		{"the client lost one", "", nil, []string{"openid", "offline_access"}, "openid offline_access", true},
		{"the policy leaves all", "", out(allScopes...), allScopes, "openid profile email offline_access", true},
		{"the policy narrows", "", out("openid", "offline_access"), allScopes, "openid offline_access", true},
		{"the policy takes openid", "", out("email", "offline_access"), allScopes, "email offline_access", false},
		{"the policy cannot widen", "openid", out("openid", "email", "offline_access", "admin"), allScopes, "openid", true},
		{"the policy wants a weaker acr than there was", "", &hook.ScopeOutput{Scopes: allScopes, ACR: core.ACROne}, allScopes, "openid profile email offline_access", true},
		{"the policy wants the acr that was", "", &hook.ScopeOutput{Scopes: allScopes, ACR: "urn:pwd"}, allScopes, "openid profile email offline_access", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := w.get(byWiki(redeem(w.code(func(g *core.Grant) {
				g.ACR = "urn:pwd"
				if tt.policy != nil && tt.policy.ACR == core.ACROne {
					g.ACR = core.ACRTwo
				}
			}))...))
			changed := client("wiki", core.AuthBasic)
			changed.Scopes = tt.clientScopes
			w.memory.clients["wiki"] = changed
			if tt.policy != nil {
				w.endpoint.Policy = policyFunc(func(*hook.ScopeInput) (hook.ScopeOutput, error) { return *tt.policy, nil })
			}
			got := w.get(byWiki(renew(first.RefreshToken, "scope", tt.scope)...))
			if got.Scope != tt.want || (got.IDToken != "") != tt.identity {
				t.Errorf("got %+v, want the scopes %q", got, tt.want)
			}
			// The grant is as wide as before (RFC 6749 section 6).
			w.endpoint.Policy = nil
			w.memory.clients["wiki"] = client("wiki", core.AuthBasic)
			if next := w.get(byWiki(renew(got.RefreshToken)...)); next.Scope != first.Scope {
				t.Errorf("the grant became %q", next.Scope)
			}
		})
	}
}

func refuse059PolicySeesThePresentGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var seen *hook.ScopeInput
	w.endpoint.Policy = policyFunc(func(in *hook.ScopeInput) (hook.ScopeOutput, error) {
		seen = in
		return hook.ScopeOutput{Scopes: in.Scopes, Deny: !slices.Contains(in.User.Groups, "staff"), Reason: "for staff only"}, nil
	})
	first := w.signIn()
	if seen != nil {
		t.Error("the policy decided at the code, too")
	}
	second := w.get(byWiki(renew(first.RefreshToken)...))
	if seen.GrantType != core.GrantRefreshToken || seen.Client.ID != "wiki" || seen.Address != "192.0.2.7" ||
		!slices.Equal(seen.Scopes, allScopes) || !slices.Equal(seen.Authentication.AMR, []string{"pwd"}) ||
		seen.Organisation.Name != core.DefaultOrganisation || seen.Time != "2026-03-04T12:00:00Z" || seen.Authentication.Time != "2026-03-04T12:00:00Z" {
		t.Errorf("message %+v", seen)
	}
	u := alice()
	u.Groups = nil
	w.memory.users[u.ID] = u
	mark := w.mark()
	if _, refusal := w.send(byWiki(renew(second.RefreshToken)...)); refusal == nil || refusal.Reason != "policy_denied" ||
		!strings.Contains(refusal.Error(), "for staff only") || strings.Contains(string(refusal.Body()), "staff") {
		t.Errorf("059: %v", refusal)
	}
	if e := w.eventsSince(mark); len(e) != 1 || e[0].Detail["policy"] != "for staff only" {
		t.Errorf("059: the audit log does not have the policy's words: %+v", e)
	}
	// Nothing was rotated: once she is in the group again, the token works.
	w.memory.users[u.ID] = alice()
	w.get(byWiki(renew(second.RefreshToken)...))
}

func refuse048DoesNotBurnTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn()
	if _, refusal := w.send(byWiki(renew(first.RefreshToken, "scope", "openid admin")...)); refusal == nil || refusal.Code != oauth.CodeInvalidScope {
		t.Fatalf("048: %v", refusal)
	}
	w.get(byWiki(renew(first.RefreshToken)...))
}

func refuse057AfterRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn()
	second := w.get(byWiki(renew(first.RefreshToken)...))

	restarted := newWorldOn(t, w.store)
	restarted.memory = w.memory
	restarted.random.block[0] = 1
	restarted.now = w.now
	if again := restarted.get(byWiki(renew(first.RefreshToken)...)); again.RefreshToken != second.RefreshToken {
		t.Error("057: another successor after a restart")
	}
	restarted.sleep(time.Minute)
	if _, refusal := restarted.send(byWiki(renew(first.RefreshToken)...)); refusal == nil || refusal.Reason != "refresh_token_reused" {
		t.Errorf("057: reuse after a restart: %v", refusal)
	}
}

// A grant has its claims as long as it lives, so the policy, and the administrator, must
// still allow the scopes that they are of.
func TestRefreshWithClaims(t *testing.T) {
	t.Parallel()
	named := func(g *core.Grant) {
		g.Scopes = []string{"openid", "offline_access"}
		g.Claims = []byte(`{"userinfo":{"email":null,"badge":null},"id_token":{"sub":null,"name":null}}`)
	}
	for _, tt := range []struct {
		name   string
		leaves []string
		spoil  func(*world)
		reason string
	}{
		{"all of it", []string{"openid", "offline_access", "email", "profile"}, nil, ""},
		{"the policy takes a claim", []string{"openid", "offline_access", "email"}, nil, "claims_withdrawn"},
		{"the client may not have it any more", nil, func(w *world) {
			c := w.memory.clients["wiki"]
			c.Scopes = []string{"openid", "offline_access", "email"}
			w.memory.clients["wiki"] = c
		}, "claims_withdrawn"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := w.get(byWiki(redeem(w.code(named))...))
			var asked []string
			w.endpoint.Policy = policyFunc(func(in *hook.ScopeInput) (hook.ScopeOutput, error) {
				if asked = in.Scopes; tt.leaves == nil {
					return hook.ScopeOutput{Scopes: in.Scopes}, nil
				}
				return hook.ScopeOutput{Scopes: tt.leaves}, nil
			})
			if tt.spoil != nil {
				tt.spoil(w)
			}
			mark := w.mark()
			body, refusal := w.send(byWiki(renew(first.RefreshToken)...))
			if tt.reason != "" {
				w.wantRefusal(mark, refusal, oauth.CodeInvalidGrant, tt.reason, core.EventTokenRefused, first.RefreshToken)
				return
			}
			if refusal != nil || parseAnswer(t, body).Scope != "openid offline_access" {
				t.Errorf("%s, %v", body, refusal)
			}
			if !slices.Equal(asked, []string{"openid", "offline_access", "email", "profile"}) {
				t.Errorf("the policy was asked about %q", asked)
			}
		})
	}
	w := newWorld(t)
	first := w.get(byWiki(redeem(w.code(func(g *core.Grant) { g.Claims = []byte(`{"userinfo":{"email":null}}`) }))...))
	for id, broken := range w.memory.grants {
		broken.Claims = []byte(`{`)
		w.memory.grants[id] = broken
	}
	if _, refusal := w.send(byWiki(renew(first.RefreshToken)...)); refusal == nil || refusal.Code != oauth.CodeServerError {
		t.Errorf("claims that cannot be read: %v", refusal)
	}
}
