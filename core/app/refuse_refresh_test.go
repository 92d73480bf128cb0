package app_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

// grace is how long a rotated refresh token gives its successor again.
const grace = 10 * time.Second

func refreshRefusals() []refusal {
	return slices.Concat(rotationRefusals(), restartRefusals(), strangerRefusals(), endedRefusals(), policyRefusals(), lifetimeRefusals())
}

// family is the refresh tokens of one grant, at a client of its own.
type family struct {
	w       *world
	alice   *core.User
	rp      *relyingParty
	browser *browser
	set     answer // the last that was issued
}

func newFamily(t *testing.T, w *world, preset string, edits ...func(*core.Client)) *family {
	t.Helper()
	f := &family{w: w, alice: w.user("alice"), browser: newBrowser(t, w.issuer)}
	f.rp = w.registerPreset("rp", preset, func(c *core.Client) {
		withRefresh(c)
		c.PostLogoutRedirectURIs = []string{"https://rp.example/bye"}
		for _, edit := range edits {
			edit(c)
		}
	})
	f.set = f.rp.tokens(f.browser)
	return f
}

func (f *family) token() string { return f.set.text("refresh_token") }

// rotate uses the live refresh token and gives it.
func (f *family) rotate() (used string) {
	f.w.t.Helper()
	used = f.token()
	f.set = f.w.succeeds(f.rp.callRefresh(used))
	if next := f.token(); next == "" || next == used {
		f.w.t.Fatalf("not rotated: %s", f.set.body)
	}
	return used
}

// stolen presents a token that was used: the whole family must die of it.
func (f *family) stolen(used string) {
	f.w.t.Helper()
	f.w.recorded(core.EventReuseDetected, "refresh_token_reused", func() {
		f.w.t.Helper()
		f.w.send(f.rp.callRefresh(used)).isRefusal(f.w.t, http.StatusBadRequest, "invalid_grant")
	})
	f.dead()
}

// dead checks that neither the live refresh token nor the last access token of a
// revoked grant is good for anything.
func (f *family) dead() {
	f.w.t.Helper()
	f.w.refuses(f.rp.callRefresh(f.token()), http.StatusBadRequest, "invalid_grant", "grant_revoked")
	f.w.deniesAccess(f.set.text("access_token"), "grant_revoked")
}

// again presents a token within the grace: it must give the successor that it has.
func (f *family) again(used string) answer {
	f.w.t.Helper()
	a := f.w.succeeds(f.rp.callRefresh(used))
	if a.text("refresh_token") != f.token() {
		f.w.t.Error("the grace gave another successor")
	}
	return a
}

// 55, 56: rotation.

func rotationRefusals() []refusal {
	return []refusal{
		{"055_rotated_token_reused", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			used := f.rotate()
			w.clock.advance(grace)
			f.stolen(used)
		}},
		{"055_rotated_token_reused_of_a_public_client", func(t *testing.T, w *world) {
			f := newFamily(t, w, "spa")
			used := f.rotate()
			w.clock.advance(grace)
			f.stolen(used)
		}},
		{"055_rotated_token_reused_after_days", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			used := f.rotate()
			for range 5 {
				w.clock.advance(24 * time.Hour)
				f.rotate()
			}
			f.stolen(used)
		}},
		{"055_rotated_token_reused_when_its_successor_was_used", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			used := f.rotate()
			f.rotate() // the answer with the successor did arrive
			f.stolen(used)
		}},
		{"055_the_thief_rotated_first", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			honest := f.token()
			thief := w.succeeds(f.rp.callRefresh(honest))
			w.clock.advance(time.Hour - time.Second)
			w.serves(thief.text("access_token"))
			f.set = thief
			f.stolen(honest)
		}},
		{"055_other_families_live_on", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			other := f.rp.tokens(f.browser)
			used := f.rotate()
			w.clock.advance(grace)
			f.stolen(used)
			w.serves(other.text("access_token"))
			w.succeeds(f.rp.callRefresh(other.text("refresh_token")))
		}},
		{"056_50_parallel_refreshes", func(t *testing.T, w *world) { raceRefresh(t, w, "web") }},
		{"056_50_parallel_refreshes_of_a_public_client", func(t *testing.T, w *world) { raceRefresh(t, w, "spa") }},
		{"056_50_parallel_refreshes_after_the_grace", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			used := f.rotate()
			w.clock.advance(grace)
			for _, a := range w.race(contestants, f.rp.callRefresh(used)) {
				a.isRefusal(t, http.StatusBadRequest, "invalid_grant")
			}
			f.dead()
		}},
		{"056_parallel_refreshes_of_token_and_successor", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			used := f.rotate()
			answers := w.race(contestants/2, f.rp.callRefresh(used), f.rp.callRefresh(f.token()))
			live := liveSuccessors(t, answers[:contestants/2])
			delete(live, f.token())
			if len(live) > 0 {
				t.Errorf("the token gave %d successors besides its own", len(live))
			}
			if next := liveSuccessors(t, answers[contestants/2:]); len(next) > 1 {
				t.Errorf("its successor gave %d", len(next))
			}
			// Whatever came first, the old token is of no use any more.
			f.w.clock.advance(grace)
			f.rp.refresh(used).isRefusal(t, http.StatusBadRequest, "invalid_grant")
		}},
	}
}

// liveSuccessors gives the refresh tokens among answers that may only be tokens
// or a refused grant.
func liveSuccessors(t *testing.T, answers []answer) map[string]bool {
	t.Helper()
	live := map[string]bool{}
	for _, a := range answers {
		if a.status == http.StatusOK {
			live[a.text("refresh_token")] = true
			continue
		}
		a.isRefusal(t, http.StatusBadRequest, "invalid_grant")
	}
	return live
}

// raceRefresh: of many requests at once one rotates, and within the grace the
// others get what it got.
func raceRefresh(t *testing.T, w *world, preset string) {
	f := newFamily(t, w, preset)
	used, before := f.token(), len(w.events(core.EventFilter{Limit: 1000}))
	live := liveSuccessors(t, w.race(contestants, f.rp.callRefresh(used)))
	if len(live) != 1 || live[""] || live[used] {
		t.Fatalf("%d successors", len(live))
	}
	if got := len(w.events(core.EventFilter{Limit: 1000})) - before; got != contestants {
		t.Errorf("%d audit events for %d requests", got, contestants)
	}
	for token := range live {
		f.set = w.succeeds(f.rp.callRefresh(token))
	}
	f.stolen(used)
}

// 57: the same with a restart of the process in between.

func restartRefusals() []refusal {
	return []refusal{
		{"057_rotated_token_reused_after_restart", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			used := f.rotate()
			w.restart()
			w.clock.advance(grace)
			f.stolen(used)
			w.restart()
			f.dead()
		}},
		{"057_the_same_successor_after_restart", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			used := f.rotate()
			w.restart()
			f.again(used)
			w.clock.advance(grace - time.Millisecond)
			f.again(used)
			w.clock.advance(time.Millisecond)
			f.stolen(used)
		}},
		{"057_50_parallel_refreshes_after_restart", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			used := f.rotate()
			w.restart()
			live := liveSuccessors(t, w.race(contestants, f.rp.callRefresh(used)))
			if len(live) != 1 || !live[f.token()] {
				t.Errorf("%d successors", len(live))
			}
			f.rotate()
			f.stolen(used)
		}},
		{"057_used_successor_after_restart", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			used := f.rotate()
			f.rotate()
			w.restart()
			f.stolen(used)
		}},
		{"057_code_reused_after_restart", func(t *testing.T, w *world) {
			w.user("alice")
			rp := w.register("rp", withRefresh)
			code := rp.code(newBrowser(t, w.issuer), "alice", "scope", offlineScope)
			set := w.succeeds(rp.callCode(code))
			w.restart()
			w.serves(set.text("access_token"))
			w.reuse(rp.callCode(code))
			w.restart()
			w.deniesAccess(set.text("access_token"), "grant_revoked")
			w.refuses(rp.callRefresh(set.text("refresh_token")), http.StatusBadRequest, "invalid_grant", "grant_revoked")
		}},
	}
}

// 58: refresh by somebody else. The token must stay good for its client.

func strangerRefusals() []refusal {
	other := func(preset string) func(*testing.T, *family) *tokenCall {
		return func(_ *testing.T, f *family) *tokenCall {
			return f.w.registerPreset("other", preset, withRefresh).callRefresh(f.token())
		}
	}
	changed := func(change func(f *family, c *tokenCall)) func(*testing.T, *family) *tokenCall {
		return func(_ *testing.T, f *family) *tokenCall {
			c := f.rp.callRefresh(f.token())
			change(f, c)
			return c
		}
	}
	bad := func(name, owner string, status int, code, reason string, by func(*testing.T, *family) *tokenCall) refusal {
		return refusal{name, func(t *testing.T, w *world) {
			f := newFamily(t, w, owner)
			w.refuses(by(t, f), status, code, reason)
			f.rotate()
			w.serves(f.set.text("access_token"))
		}}
	}
	const grant, client = "invalid_grant", "invalid_client"
	return []refusal{
		bad("058_by_another_confidential_client", "web", http.StatusBadRequest, grant, "refresh_token_of_other_client", other("web")),
		bad("058_by_a_public_client", "web", http.StatusBadRequest, grant, "refresh_token_of_other_client", other("spa")),
		bad("058_of_a_public_client_by_a_confidential_one", "spa", http.StatusBadRequest, grant, "refresh_token_of_other_client", other("web")),
		bad("058_of_a_public_client_by_another", "spa", http.StatusBadRequest, grant, "refresh_token_of_other_client", other("native")),
		bad("058_without_authentication", "web", http.StatusUnauthorized, client, "client_auth_method", changed(func(f *family, c *tokenCall) {
			c.header.Del("Authorization")
			c.form.Set("client_id", f.rp.client.ID)
		})),
		bad("058_without_client", "web", http.StatusUnauthorized, client, "client_auth_missing", changed(func(_ *family, c *tokenCall) {
			c.header.Del("Authorization")
		})),
		bad("058_of_a_public_client_without_client_id", "spa", http.StatusUnauthorized, client, "client_auth_missing", changed(func(_ *family, c *tokenCall) {
			c.form.Del("client_id")
		})),
		bad("058_with_wrong_secret", "web", http.StatusUnauthorized, client, "client_secret_wrong", changed(func(f *family, c *tokenCall) {
			c.header.Set("Authorization", basic(f.rp.client.ID, "wrong"))
		})),
		bad("058_at_the_refresh_path_without_authentication", "web", http.StatusUnauthorized, client, "client_auth_missing", changed(func(_ *family, c *tokenCall) {
			c.path = oauth.PathRefresh
			c.header.Del("Authorization")
		})),
		{"058_reuse_by_another_client_revokes_nothing", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			used := f.rotate()
			w.clock.advance(grace)
			w.refuses(w.register("other", withRefresh).callRefresh(used), http.StatusBadRequest, grant, "refresh_token_of_other_client")
			f.rotate()
		}},
		{"058_with_a_secret_that_was_replaced", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			secret, err := w.app.Admin.RotateSecret(context.Background(), cli, f.rp.client.ID)
			if err != nil {
				t.Fatal(err)
			}
			w.hide(secret)
			w.refuses(f.rp.callRefresh(f.token()), http.StatusUnauthorized, client, "client_secret_wrong")
			f.rp.secret = secret
			f.rotate()
		}},
	}
}

// 59: what ended meanwhile.

func endedRefusals() []refusal {
	ended := func(name string, end func(t *testing.T, w *world, f *family)) refusal {
		return refusal{name, func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			end(t, w, f)
			f.dead()
			f.code(t)
		}}
	}
	byAdmin := func(name string, end func(*admin.Service, *family) error) refusal {
		return ended(name, func(t *testing.T, w *world, f *family) {
			if err := end(w.app.Admin, f); err != nil {
				t.Fatal(err)
			}
		})
	}
	ctx := context.Background()
	return []refusal{
		ended("059_after_logout", func(t *testing.T, _ *world, f *family) {
			if p := f.browser.get(oauth.PathEndSession).press("logout", nil); p.status != http.StatusOK {
				t.Fatalf("status %d: %s", p.status, p.body)
			}
		}),
		ended("059_after_logout_by_the_client", func(t *testing.T, _ *world, f *family) {
			q := url.Values{"id_token_hint": {f.set.text("id_token")}, "post_logout_redirect_uri": {"https://rp.example/bye"}, "state": {"s"}}
			p := f.browser.get(oauth.PathEndSession + "?" + q.Encode())
			if p.location == nil || p.location.String() != "https://rp.example/bye?state=s" {
				t.Fatalf("status %d, to %v: %s", p.status, p.location, p.body)
			}
		}),
		byAdmin("059_after_logout_by_an_administrator", func(s *admin.Service, f *family) error {
			return s.SignOutUser(ctx, cli, f.alice.ID)
		}),
		byAdmin("059_after_password_change", func(s *admin.Service, f *family) error {
			return s.SetPassword(ctx, cli, f.alice.ID, "another horse battery staple")
		}),
		byAdmin("059_after_user_disabled_and_enabled", func(s *admin.Service, f *family) error {
			if err := s.DisableUser(ctx, cli, f.alice.ID); err != nil {
				return err
			}
			return s.EnableUser(ctx, cli, f.alice.ID)
		}),
		{"059_after_consent_withdrawn", consentWithdrawn},
		{"059_code_after_logout", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			code := f.rp.code(f.browser, "alice")
			f.browser.get(oauth.PathEndSession).press("logout", nil)
			w.refuses(f.rp.callCode(code), http.StatusBadRequest, "invalid_grant", "grant_revoked")
		}},
		{"059_logout_spares_other_browsers", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			elsewhere := f.rp.tokens(newBrowser(t, w.issuer))
			f.browser.get(oauth.PathEndSession).press("logout", nil)
			f.dead()
			w.serves(elsewhere.text("access_token"))
			w.succeeds(f.rp.callRefresh(elsewhere.text("refresh_token")))
		}},
		{"059_after_scopes_taken_from_the_client", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			w.editClient(f.rp, func(c *core.Client) { c.Scopes = []string{"openid", "profile", "offline_access"} })
			f.rotate()
			f.has(t, "openid profile offline_access")
			w.editClient(f.rp, func(c *core.Client) { c.Scopes = []string{"openid", "profile"} })
			w.refuses(f.rp.callRefresh(f.token()), http.StatusBadRequest, "invalid_grant", "offline_access_withdrawn")
		}},
	}
}

// code checks that the browser's session is over: it gets no code silently.
func (f *family) code(t *testing.T) {
	t.Helper()
	f.w.recorded(core.EventAuthorizeRefused, "", func() {
		wantErrorRedirect(t, f.w, f.browser.get(f.rp.authorizeURL("prompt", "none")), "login_required")
	})
}

// has checks the scopes of the last access token, and that UserInfo tells no more.
func (f *family) has(t *testing.T, scopes string) {
	t.Helper()
	if got := f.set.text("scope"); got != scopes {
		t.Errorf("scope %q, want %q", got, scopes)
	}
	info := f.w.resource(oauth.PathUserInfo, f.set.text("access_token"))
	if _, told := info.json["email"]; info.status != http.StatusOK || told != strings.Contains(scopes, "email") {
		t.Errorf("UserInfo with scope %q: status %d: %s", scopes, info.status, info.body)
	}
}

func consentWithdrawn(t *testing.T, w *world) {
	alice, b := w.user("alice"), newBrowser(t, w.issuer)
	asks := func(c *core.Client) {
		withRefresh(c)
		c.SkipConsent = false
	}
	consented := func(name string) *family {
		f := &family{w: w, alice: alice, browser: b, rp: w.register(name, asks)}
		p := b.get(f.rp.authorizeURL("scope", offlineScope))
		if p.has("login") {
			p = p.signIn("alice", thePassword)
		}
		p = p.press("allow", nil)
		if p.location == nil {
			t.Fatalf("status %d: %s", p.status, p.body)
		}
		f.set = w.succeeds(f.rp.callCode(p.location.Query().Get("code")))
		f.rotate()
		return f
	}
	f, other := consented("rp"), consented("other")
	if err := w.app.Admin.WithdrawConsent(context.Background(), cli, alice.ID, f.rp.client.ID); err != nil {
		t.Fatal(err)
	}
	f.dead()
	if p := b.get(f.rp.authorizeURL("scope", offlineScope)); !p.has("allow") {
		t.Errorf("consent is not asked for again: status %d, to %v", p.status, p.location)
	}
	other.rotate()
}

// policyRefusals: the scope policy sees the groups of today.
func policyRefusals() []refusal {
	removed := func(name, rule string, after func(t *testing.T, w *world, f *family)) refusal {
		return refusal{name, func(t *testing.T, w *world) {
			ctx := context.Background()
			_, err := w.app.Admin.BindPlugin(ctx, cli, admin.Bind{Plugin: "scopes", Settings: []byte(`{"rules":[` + rule + `]}`)})
			if err != nil {
				t.Fatal(err)
			}
			alice := w.user("alice", func(u *admin.NewUser) { u.Groups = []string{"staff"} })
			f := &family{w: w, alice: alice, browser: newBrowser(t, w.issuer), rp: w.register("rp", withRefresh)}
			f.set = f.rp.tokens(f.browser)
			f.rotate()
			f.has(t, offlineScope)
			group, err := w.app.Admin.FindGroup(ctx, core.DefaultOrganisation, "staff")
			if err != nil {
				t.Fatal(err)
			}
			if err := w.app.Admin.RemoveMember(ctx, cli, group, alice); err != nil {
				t.Fatal(err)
			}
			after(t, w, f)
			// Who is back in the group has what the grant gave.
			if err := w.app.Admin.AddMember(ctx, cli, group, alice); err != nil {
				t.Fatal(err)
			}
			f.rotate()
			f.has(t, offlineScope)
		}}
	}
	refused := func(reason string) func(*testing.T, *world, *family) {
		return func(_ *testing.T, w *world, f *family) {
			w.refuses(f.rp.callRefresh(f.token()), http.StatusBadRequest, "invalid_grant", reason)
		}
	}
	return []refusal{
		removed("059_narrowed_after_group_removal", `{"scopes":["email"],"groups":["staff"]}`, func(t *testing.T, w *world, f *family) {
			f.rotate()
			f.has(t, "openid profile offline_access")
			// To ask for it does not bring it back.
			c := f.rp.callRefresh(f.token())
			c.form.Set("scope", "email")
			w.refuses(c, http.StatusBadRequest, "invalid_scope", "no_scope_left")
		}),
		removed("059_denied_after_group_removal", `{"scopes":["openid"],"groups":["staff"],"otherwise":"deny","reason":"Staff only."}`, refused("policy_denied")),
		removed("059_no_offline_access_after_group_removal", `{"scopes":["offline_access"],"groups":["staff"]}`, refused("offline_access_withdrawn")),
	}
}

// 60: the absolute lifetime.

func lifetimeRefusals() []refusal {
	expired := func(w *world, f *family) {
		w.refuses(f.rp.callRefresh(f.token()), http.StatusBadRequest, "invalid_grant", "refresh_token_expired")
		w.deniesAccess(f.set.text("access_token"), "token_expired")
	}
	hour := func(c *core.Client) { c.RefreshTTL = time.Hour }
	return []refusal{
		{"060_daily_rotation", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			for range 29 {
				w.clock.advance(24 * time.Hour)
				f.rotate()
			}
			w.clock.advance(23*time.Hour + 50*time.Minute)
			f.rotate()
			if got, _ := f.set.json["expires_in"].(float64); got <= 0 || got > 600 {
				t.Errorf("an access token for %v seconds, ten minutes before the end of its family", got)
			}
			w.serves(f.set.text("access_token"))
			w.clock.advance(10 * time.Minute)
			expired(w, f)
		}},
		{"060_lifetime_of_the_client", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web", hour)
			for range 3 {
				w.clock.advance(19 * time.Minute)
				f.rotate()
			}
			w.clock.advance(3 * time.Minute)
			expired(w, f)
		}},
		{"060_to_the_millisecond", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web", hour)
			w.clock.advance(time.Hour - time.Millisecond)
			f.rotate()
			w.clock.advance(time.Millisecond)
			expired(w, f)
		}},
		{"060_never_used", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			w.clock.advance(30 * 24 * time.Hour)
			expired(w, f)
		}},
		{"060_grace_does_not_extend", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web", hour)
			w.clock.advance(time.Hour - time.Second)
			used := f.rotate()
			w.clock.advance(time.Second)
			w.refuses(f.rp.callRefresh(used), http.StatusBadRequest, "invalid_grant", "refresh_token_expired")
			expired(w, f)
		}},
		{"060_longer_lifetime_is_for_new_families", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web", hour)
			w.editClient(f.rp, func(c *core.Client) { c.RefreshTTL = 48 * time.Hour })
			w.clock.advance(30 * time.Minute)
			f.rotate()
			w.clock.advance(30 * time.Minute)
			expired(w, f)
		}},
		{"060_restart_does_not_extend", func(t *testing.T, w *world) {
			f := newFamily(t, w, "web", hour)
			w.clock.advance(30 * time.Minute)
			f.rotate()
			w.restart()
			f.rotate()
			w.clock.advance(30 * time.Minute)
			expired(w, f)
		}},
	}
}
