package flow_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// TestRefuse holds what must be refused, each under its number in the list of
// refusals. Everything refused leaves exactly one audit event, and no code.
func TestRefuse(t *testing.T) {
	for name, test := range map[string]func(*testing.T, *world){
		"001_unknown_client":                    refuseUnknownClient,
		"003_unregistered_redirect_uri":         refuseRedirectURI,
		"016_response_type":                     refuseResponseType,
		"018_prompt_none_login":                 refusePromptNoneLogin,
		"020_long_state_is_intact_or_refused":   refuseLongState,
		"025_hint_of_another_user":              refuseHint,
		"054_disabled_client":                   refuseDisabledClient,
		"054_disabled_people":                   refuseDisabledPeople,
		"084_session_changes_at_login":          refuseOldSession,
		"085_request_of_another_browser":        refuseOtherBrowser,
		"086_steps_in_order":                    refuseSkippedSteps,
		"086_request_finished":                  refuseFinishedRequest,
		"086_one_of_many_posts_finishes":        refuseRace,
		"086_request_expired":                   refuseExpiredRequest,
		"086_client_changed_meanwhile":          refuseChangedClient,
		"089_two_people_on_one_browser":         refuseFormerUser,
		"090_prompt_login_cancelled":            refuseCancelled,
		"098_step_up":                           refuseStepUp,
		"112_consent_denied":                    refuseConsent,
		"112_consent_of_another_user":           refuseOtherConsent,
		"112_consent_of_the_next_user":          refuseConsentOfNextUser,
		"112_consent_to_what_was_not_shown":     refuseUnseenConsent,
		"113_post_logout_redirect":              refuseLogoutRedirect,
		"137_policy_fails_closed":               refusePolicyFailure,
		"137_policy_denies":                     refusePolicyDenial,
		"organisation_that_is_not_admitted":     refuseForeignOrganisation,
		"session_cookie_that_is_not_the_secret": refuseForgedSession,
	} {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t)) })
	}
}

func refuseUnknownClient(t *testing.T, w *world) {
	for _, client := range []string{"nobody", "", "RP"} {
		w.browser().authorize(client).shown(map[bool]string{true: "client_missing", false: "client_unknown"}[client == ""])
		w.recorded("authorize.refused " + map[bool]string{true: "client_missing", false: "client_unknown"}[client == ""])
	}
}

func refuseRedirectURI(t *testing.T, w *world) {
	for _, uri := range []string{"https://evil.example/cb", "https://rp.example/cb/", "https://rp.example.evil.com/cb"} {
		b := w.browser().authorize("rp", "redirect_uri", uri).shown("redirect_uri_unregistered")
		if strings.Contains(b.last.Error.Error(), uri) {
			t.Error("the page repeats what was sent")
		}
		w.recorded("authorize.refused redirect_uri_unregistered")
	}
}

func refuseResponseType(t *testing.T, w *world) {
	for _, kind := range []string{"", "none", "unknown"} {
		b := w.browser().authorize("rp", "response_type", kind)
		if got := b.answer("rp").Get("error"); got != "invalid_request" && got != "unsupported_response_type" {
			t.Errorf("%q: error %q", kind, got)
		}
		if events := w.events(); len(events) != 1 || !strings.HasPrefix(events[0], "authorize.refused response_type") {
			t.Errorf("recorded %q", events)
		}
	}
}

func refusePromptNoneLogin(t *testing.T, w *world) {
	w.browser().authorize("rp", "prompt", "none login").denied("rp", "invalid_request")
	w.recorded("authorize.refused prompt_none")
	w.browser().authorize("rp", "max_age", "-1").denied("rp", "invalid_request")
	w.recorded("authorize.refused max_age")
}

func refuseLongState(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	state := strings.Repeat("s\"><script>\r\n", 4096)[:4096]
	b := w.browser().authorize("fast", "state", state, "nonce", state).at(flow.PathLogin).signIn("ann")
	sent, err := url.Parse(b.last.Redirect)
	if err != nil || sent.Query().Get("state") != state {
		t.Errorf("the state did not come back unchanged (%v)", err)
	}
	code, _ := core.ParseCredential(core.KindCode, sent.Query().Get("code"))
	if got, err := w.store.Code(t.Context(), code.ID); err != nil || got.Grant.Nonce != state {
		t.Errorf("the nonce was not kept unchanged (%v)", err)
	}
	w.events()
	w.browser().authorize("fast", "state", state+"s").shown("state_malformed")
	w.recorded("authorize.refused state_malformed")
}

func refuseHint(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	w.hints["ben's"] = flow.Hint{Subject: w.user("ben").ID, ClientID: "fast"}
	w.hints["ann's"] = flow.Hint{Subject: w.user("ann").ID, ClientID: "fast"}
	w.hints["ann's elsewhere"] = flow.Hint{Subject: w.user("ann").ID, ClientID: "rp"}
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
	b.authorize("fast", "prompt", "none", "id_token_hint", "ann's").grant("fast")
	w.events()
	for hint, reason := range map[string]string{
		"ben's": "prompt_none", "ann's elsewhere": "hint_untrusted", "eyJhbGciOiJub25lIn0.e30.": "hint_untrusted",
	} {
		b.authorize("fast", "prompt", "none", "id_token_hint", hint).denied("fast", "login_required")
		w.recorded("authorize.refused " + reason)
	}
	b.authorize("fast", "id_token_hint", "ben's").at(flow.PathLogin).signIn("ann").denied("fast", "login_required")
	w.recorded("authorize.refused hint_other_user", "signin.succeeded")
	b.authorize("fast", "id_token_hint", "ben's").at(flow.PathLogin).signIn("ben").grant("fast")
}

func refuseDisabledClient(t *testing.T, w *world) {
	w.addClient("off", func(c *core.Client) { c.Disabled = true })
	w.addClient("away", func(c *core.Client) { c.Org = "closed" })
	unknown := w.browser().authorize("nobody").shown("client_unknown").last.Error
	w.events()
	for client, reason := range map[string]string{"off": "client_disabled", "away": "organisation_disabled"} {
		got := w.browser().authorize(client).shown(reason).last.Error
		if got.Description != unknown.Description || got.Code != unknown.Code {
			t.Errorf("%s reads %q, an unknown client %q", client, got, unknown)
		}
		w.recorded("authorize.refused " + reason)
	}
}

func refuseDisabledPeople(t *testing.T, w *world) {
	w.addClient("fast", func(c *core.Client) { c.SkipConsent, c.Shared = true, true })
	b := w.browser().authorize("fast").at(flow.PathLogin)
	wrong := page[*flow.LoginPage](b.login("nobody", "x"))
	w.events()
	if got := page[*flow.LoginPage](b.signIn("closed")); got.Problem != wrong.Problem || b.last.Status != 422 {
		t.Errorf("a closed organisation shows: %+v", got)
	}
	w.recorded("signin.failed organisation_disabled")
	b.signIn("ann").grant("fast")
	ann := *w.user("ann")
	ann.Disabled = true
	w.apply(core.UpdateUser{User: ann})
	if b.who() != "" {
		t.Error("a disabled user is at home")
	}
	w.events()
	b.authorize("fast", "prompt", "none").denied("fast", "login_required")
	w.recorded("authorize.refused prompt_none")
	b.authorize("fast").at(flow.PathLogin).signIn("ann")
	if page[*flow.LoginPage](b).Problem != wrong.Problem {
		t.Error("a disabled user is told apart")
	}
	w.recorded("signin.failed user_disabled")
}

func refuseOldSession(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.session = core.NewCredential(core.KindSession, w.newID(), zeros{}).String() // planted before the sign-in
	planted := b.session
	b.authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
	if b.session == planted {
		t.Error("the planted session was taken over")
	}
	first := b.session
	b.authorize("fast", "prompt", "login").at(flow.PathLogin).signIn("ann").grant("fast")
	if b.session == first || (&browser{world: w, session: first}).who() != "" || (&browser{world: w, session: planted}).who() != "" {
		t.Error("an earlier session still lives")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func refuseOtherBrowser(t *testing.T, w *world) {
	attacker := w.browser().authorize("rp").at(flow.PathLogin)
	step := attacker.step()
	victim := w.browser()
	victim.got(victim.View(t.Context(), flow.PathLogin, step, victim.from())).shown("browser_unknown")
	w.recorded("step.refused browser_unknown")
	victim.authorize("rp").at(flow.PathLogin)
	w.events()
	victim.got(victim.View(t.Context(), flow.PathLogin, step, victim.from())).shown("step_forged")
	w.recorded("step.refused step_forged")
	victim.got(victim.Dispatcher.Login(t.Context(), step, "ann", people["ann"].password, victim.from())).shown("step_forged")
	w.recorded("step.refused step_forged")
	if victim.who() != "" {
		t.Error("login CSRF: the victim is signed in")
	}
}

func refuseSkippedSteps(t *testing.T, w *world) {
	b := w.browser().authorize("rp").at(flow.PathLogin)
	login := b.step()
	w.events()
	// A link to one step is of no use at another.
	b.got(b.Dispatcher.Consent(t.Context(), login, true, b.from())).shown("step_forged")
	w.recorded("step.refused step_forged")
	b.got(b.Dispatcher.Select(t.Context(), login, true, b.from())).shown("step_forged")
	w.recorded("step.refused step_forged")
	b.got(b.View(t.Context(), flow.PathConsent, login, b.from())).shown("step_other")
	w.recorded("step.refused step_other")
	for _, empty := range []func() flow.Outcome{
		func() flow.Outcome { return b.Dispatcher.Login(t.Context(), "", "", "", b.from()) },
		func() flow.Outcome { return b.Dispatcher.Select(t.Context(), "", true, b.from()) },
		func() flow.Outcome { return b.Dispatcher.Consent(t.Context(), "", true, b.from()) },
		func() flow.Outcome { return b.Dispatcher.Cancel(t.Context(), "", b.from()) },
	} {
		b.got(empty()).shown("step_forged")
		w.recorded("step.refused step_forged")
	}
	// The back button: who signed in comes to the consent page again.
	b.got(b.Dispatcher.Login(t.Context(), login, "ann", people["ann"].password, b.from())).at(flow.PathConsent)
	session := b.session
	b.got(b.View(t.Context(), flow.PathLogin, login, b.from())).at(flow.PathConsent)
	b.got(b.Dispatcher.Login(t.Context(), login, "ben", people["ben"].password, b.from())).at(flow.PathConsent)
	if b.session != session || b.who() != "ann" {
		t.Error("a second sign-in for one request")
	}
	// Without the session the consent page is out of reach.
	consent := b.step()
	thief := &browser{world: w, binding: b.binding}
	thief.got(thief.Dispatcher.Consent(t.Context(), consent, true, thief.from())).at(flow.PathLogin)
}

func refuseFinishedRequest(t *testing.T, w *world) {
	b := w.browser().authorize("rp").at(flow.PathLogin)
	login := b.step()
	b.signIn("ann").at(flow.PathConsent)
	consent := b.step()
	b.consent(true).grant("rp")
	w.events()
	for _, again := range []func() flow.Outcome{
		func() flow.Outcome { return b.Dispatcher.Consent(t.Context(), consent, true, b.from()) },
		func() flow.Outcome { return b.Dispatcher.Login(t.Context(), login, "ann", "x", b.from()) },
		func() flow.Outcome { return b.Dispatcher.Cancel(t.Context(), login, b.from()) },
		func() flow.Outcome { return b.View(t.Context(), flow.PathConsent, consent, b.from()) },
	} {
		b.got(again()).shown("request_finished")
		w.recorded("step.refused request_finished")
	}
}

func refuseRace(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin)
	step, from := b.step(), b.from()
	outcomes := make([]flow.Outcome, 20)
	var group sync.WaitGroup
	for i := range outcomes {
		group.Go(func() { outcomes[i] = b.Dispatcher.Login(t.Context(), step, "ann", people["ann"].password, from) })
	}
	group.Wait()
	codes := 0
	for _, out := range outcomes {
		switch {
		case strings.HasPrefix(out.Redirect, "https://fast.example/cb?code="):
			codes++
		case out.Error == nil || out.Error.Reason != "request_finished" || out.Cookies != (flow.Cookies{}):
			t.Errorf("got %+v (%v)", out, out.Error)
		}
	}
	if codes != 1 {
		t.Errorf("%d codes for one request", codes)
	}
	count := map[string]int{}
	for _, event := range w.events() {
		count[event]++
	}
	if count["code.issued"] != 1 || count["signin.succeeded"] != 1 || count["step.refused request_finished"] != 19 {
		t.Errorf("recorded %v", count)
	}
}

func refuseExpiredRequest(t *testing.T, w *world) {
	b := w.browser().authorize("rp").at(flow.PathLogin)
	w.now = w.now.Add(30*time.Minute - time.Millisecond)
	b.view(flow.PathLogin)
	page[*flow.LoginPage](b)
	w.now = w.now.Add(time.Millisecond)
	b.signIn("ann").shown("request_expired")
	w.recorded("step.refused request_expired")
}

func refuseChangedClient(t *testing.T, w *world) {
	b := w.browser().authorize("rp").at(flow.PathLogin)
	w.editClient("rp", func(c *core.Client) { c.RedirectURIs = []string{"https://rp.example/new"} })
	b.signIn("ann").shown("redirect_uri_unregistered")
	w.recorded("authorize.refused redirect_uri_unregistered")
	w.editClient("rp", func(c *core.Client) { c.RedirectURIs = []string{"https://rp.example/cb"} })
	b.authorize("rp").at(flow.PathLogin)
	w.editClient("rp", func(c *core.Client) { c.Disabled = true })
	b.signIn("ann").shown("client_disabled")
	w.recorded("authorize.refused client_disabled")
}

func refuseFormerUser(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	b := w.browser()
	// Ann leaves one request at its consent page, and signs in elsewhere.
	left := &browser{world: w}
	left.authorize("rp").at(flow.PathLogin).signIn("ann").at(flow.PathConsent)
	b.binding, b.session = left.binding, left.session
	b.authorize("fast")
	anns := b.grant("fast").Grant
	w.events()
	session, binding := b.session, b.binding
	b.logout()
	b.confirm()
	page[*flow.SignedOutPage](b)
	w.recorded("signout")
	if b.session != "" || b.binding != "" || b.who() != "" {
		t.Error("cookies stay")
	}
	if (&browser{world: w, session: session}).who() != "" {
		t.Error("the session lives on")
	}
	if got, err := w.store.Code(t.Context(), anns.ID); err != nil || !got.Grant.Revoked() {
		t.Error("her grant still stands")
	}
	b.authorize("fast", "prompt", "none").denied("fast", "login_required")
	// Even if the cookie of the browser had stayed, her request is not Ben's.
	b.binding = binding
	if b.authorize("fast").at(flow.PathLogin).signIn("ben").grant("fast").User.Name != "ben" {
		t.Error("not ben")
	}
	b.last = left.last
	b.consent(true).at(flow.PathLogin)
	b.signIn("ben").at(flow.PathConsent)
	if page[*flow.ConsentPage](b).User.Name != "ben" {
		t.Error("112 Ben sees the consent page of Ann")
	}
}

func refuseCancelled(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
	session := b.session
	w.events()
	b.authorize("fast", "prompt", "login").at(flow.PathLogin).cancel().denied("fast", "access_denied")
	w.recorded("signin.cancelled cancelled")
	if b.session != session || b.who() != "ann" {
		t.Error("the session changed")
	}
	b.authorize("fast", "prompt", "none").grant("fast")
}

func refuseStepUp(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
	w.decidesAlways(hook.ScopeOutput{Fresh: true})
	w.events()
	b.authorize("fast", "prompt", "none").denied("fast", "login_required")
	w.recorded("authorize.refused prompt_none")
	w.now = w.now.Add(time.Second)
	b.authorize("fast").at(flow.PathLogin).signIn("ann")
	if got := b.grant("fast").Grant; !got.AuthTime.Equal(w.now) {
		t.Error("an older sign-in counted")
	}
	w.decidesAlways(hook.ScopeOutput{ACR: "urn:example:two-factors"})
	w.events()
	b.authorize("fast").denied("fast", "unmet_authentication_requirements")
	w.recorded("authorize.refused acr_unmet")
}

func refuseConsent(t *testing.T, w *world) {
	b := w.browser().authorize("rp").at(flow.PathLogin).signIn("ann").at(flow.PathConsent)
	w.events()
	b.consent(false).denied("rp", "access_denied")
	w.recorded("consent.denied consent_denied")
	if _, err := w.store.Consent(t.Context(), w.user("ann").ID, "rp"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a consent is stored: %v", err)
	}
	if b.who() != "ann" {
		t.Error("the session ended with the denial")
	}
	b.authorize("rp", "prompt", "none").denied("rp", "consent_required")
	b.authorize("rp").at(flow.PathConsent)
}

func refuseOtherConsent(t *testing.T, w *world) {
	b := w.browser().authorize("rp").at(flow.PathLogin).signIn("ann").at(flow.PathConsent)
	ben := w.browser().authorize("rp").at(flow.PathLogin).signIn("ben").at(flow.PathConsent)
	w.events()
	ben.got(ben.Dispatcher.Consent(t.Context(), b.step(), true, ben.from())).shown("step_forged")
	w.recorded("step.refused step_forged")
	if _, err := w.store.Consent(t.Context(), w.user("ben").ID, "rp"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a consent is stored: %v", err)
	}
}

// Whoever was asked is who answers, also if nobody signed in for the request.
func refuseConsentOfNextUser(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
	b.authorize("rp").at(flow.PathConsent)
	asked := b.last
	b.authorize("fast", "prompt", "login").at(flow.PathLogin).signIn("ben").grant("fast")
	w.events()
	b.last = asked
	b.consent(true).at(flow.PathLogin)
	w.recorded()
}

func refuseUnseenConsent(t *testing.T, w *world) {
	b := w.browser().authorize("rp", "scope", "openid email profile").at(flow.PathLogin).signIn("ann")
	// The link that leads to the page is not the page's own.
	w.events()
	b.consent(true).at(flow.PathConsent)
	w.recorded()
	shown := b.step()
	w.decidesAlways(hook.ScopeOutput{Scopes: []string{"openid"}})
	b.view(flow.PathConsent)
	narrow := b.step()
	w.Policy = nil
	b.got(b.Dispatcher.Consent(t.Context(), narrow, true, b.from())).at(flow.PathConsent)
	w.recorded()
	if got := page[*flow.ConsentPage](b).Scopes; !slices.Equal(got, []string{"openid", "email", "profile"}) {
		t.Errorf("asked for %q", got)
	}
	w.decidesAlways(hook.ScopeOutput{Scopes: []string{"openid"}})
	if got := b.got(b.Dispatcher.Consent(t.Context(), shown, true, b.from())).grant("rp").Grant.Scopes; !slices.Equal(got, []string{"openid"}) {
		t.Errorf("137 granted %q", got)
	}
}

func refuseLogoutRedirect(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann")
	session := b.grant("fast").Grant.SessionID
	w.hints["good"] = flow.Hint{Subject: w.user("ann").ID, SessionID: session, ClientID: "fast"}
	w.events()
	const bye = "https://fast.example/bye"
	for _, c := range []struct {
		name, event string
		pairs       []string
	}{
		{"no parameters", "", nil},
		{"state alone", "", []string{"state", "s"}},
		{"no hint", "request.refused hint_missing", []string{"post_logout_redirect_uri", bye}},
		{"no hint, but a client", "request.refused hint_missing", []string{"post_logout_redirect_uri", bye, "client_id", "fast"}},
		{"forged hint", "request.refused hint_untrusted", []string{"post_logout_redirect_uri", bye, "id_token_hint", "forged"}},
		{"unregistered", "request.refused post_logout_redirect_uri_unregistered", []string{"post_logout_redirect_uri", "https://evil.example/bye", "id_token_hint", "good"}},
		{"query added", "request.refused post_logout_redirect_uri_unregistered", []string{"post_logout_redirect_uri", bye + "?a=b", "id_token_hint", "good"}},
		{"redirect URI of sign-ins", "request.refused post_logout_redirect_uri_unregistered", []string{"post_logout_redirect_uri", "https://fast.example/cb", "id_token_hint", "good"}},
		{"hint of another client", "request.refused hint_other_client", []string{"post_logout_redirect_uri", "https://rp.example/bye", "id_token_hint", "good", "client_id", "rp"}},
		{"unknown client", "request.refused client_unknown", []string{"client_id", "nobody"}},
		{"long state", "request.refused state_too_long", []string{"post_logout_redirect_uri", bye, "id_token_hint", "good", "state", strings.Repeat("s", 4097)}},
	} {
		b.logout(c.pairs...)
		if asked := page[*flow.LogoutPage](b); asked.User.Name != "ann" || b.last.FormTargets != nil || b.who() != "ann" {
			t.Errorf("%s: %+v, targets %q, signed in as %q", c.name, asked, b.last.FormTargets, b.who())
		}
		if c.event == "" {
			w.recorded()
			continue
		}
		w.recorded(c.event)
	}
	w.editClient("fast", func(c *core.Client) { c.Disabled = true })
	page[*flow.LogoutPage](b.logout("post_logout_redirect_uri", bye, "id_token_hint", "good"))
	w.recorded("request.refused post_logout_redirect_uri_unregistered")
	// What the person confirms leads nowhere but to our own page.
	b.confirm()
	page[*flow.SignedOutPage](b)
	w.recorded("signout")
}

func refusePolicyFailure(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	w.decides(func(*hook.ScopeInput) (hook.ScopeOutput, error) {
		return hook.ScopeOutput{Scopes: []string{"openid"}}, errors.New("trap")
	})
	b := w.browser().authorize("fast").at(flow.PathLogin)
	w.events()
	b.signIn("ann").denied("fast", "server_error")
	w.recorded("authorize.refused policy_failed", "signin.succeeded")
	b.authorize("fast", "prompt", "none").denied("fast", "server_error")
	w.recorded("authorize.refused policy_failed")
}

func refusePolicyDenial(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	w.decides(func(in *hook.ScopeInput) (hook.ScopeOutput, error) {
		return hook.ScopeOutput{Deny: in.User.Name == "ann", Reason: "Only \"staff\"\nmay enter."}, nil
	})
	b := w.browser().authorize("fast").at(flow.PathLogin)
	w.events()
	b.signIn("ann").denied("fast", "access_denied")
	if got := b.answer("fast").Get("error_description"); got != "Only staffmay enter." {
		t.Errorf("description %q", got)
	}
	if got := b.last.Denied; got == nil || got.Words != "Only \"staff\"\nmay enter." || got.Client.ID != "fast" {
		t.Errorf("the person reads %+v", got)
	}
	refused, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventAuthorizeRefused})
	if err != nil || len(refused) != 1 || refused[0].Detail["policy"] != "Only \"staff\"\nmay enter." {
		t.Errorf("the audit log does not have the policy's words: %+v, %v", refused, err)
	}
	w.recorded("authorize.refused policy_denied", "signin.succeeded")
	in := w.policy.asked[0]
	if in.GrantType != "authorization_code" || in.User.ID != string(w.user("ann").ID) || in.Client.ID != "fast" || in.Address != "192.0.2.1" ||
		!slices.Equal(in.Scopes, []string{"openid", "email"}) || in.Authentication.Time != "2026-11-23T19:00:00Z" ||
		in.Authentication.ACR != "1" || !slices.Equal(in.Authentication.AMR, []string{"pwd"}) ||
		in.Organisation.Name != w.user("ann").Org || in.Time != "2026-11-23T19:00:00Z" {
		t.Errorf("the policy was asked %+v", in)
	}
	b.authorize("fast", "prompt", "login").at(flow.PathLogin).signIn("ben").grant("fast")
}

func refuseForeignOrganisation(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	w.addClient("shared", func(c *core.Client) { c.Shared, c.SkipConsent = true, true })
	b := w.browser()
	b.authorize("shared").at(flow.PathLogin).signIn("olga").grant("shared")
	w.events()
	b.authorize("fast", "prompt", "none").denied("fast", "login_required")
	w.recorded("authorize.refused prompt_none")
	b.authorize("fast").at(flow.PathLogin).signIn("olga")
	if page[*flow.LoginPage](b).Problem != flow.ProblemWrong || b.who() != "olga" {
		t.Error("the client's organisation is told apart, or the session changed")
	}
	w.recorded("signin.failed unknown_user")
}

func refuseForgedSession(t *testing.T, w *world) {
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	good, _ := core.ParseCredential(core.KindSession, b.session)
	forged := good
	forged.Secret[31] ^= 1
	for _, cookie := range []string{forged.String(), b.session + "=", b.session[:len(b.session)-1], strings.Replace(b.session, "session_", "browser_", 1)} {
		thief := &browser{world: w, session: cookie}
		if thief.who() != "" {
			t.Errorf("%q is a session", cookie)
		}
		thief.authorize("fast", "prompt", "none").denied("fast", "login_required")
		thief.got(thief.Logout(t.Context(), oauth.Params{}, thief.from()))
		page[*flow.SignedOutPage](thief)
	}
	if b.who() != "ann" {
		t.Error("somebody else's forged cookie signed ann out")
	}
}
