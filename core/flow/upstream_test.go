package flow_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

func TestSignInElsewhere(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	w.addClient("fast", skipConsent)
	authTime := w.now.Add(-3 * time.Minute)
	p.proof = core.Proof{AMR: []string{"hwk"}, ACR: "urn:example:key", AuthTime: authTime}
	b := w.browser()
	b.authorize("fast", "acr_values", "a b", "ui_locales", "de fr", "prompt", "select_account", "login_hint", "ann@example.org").at(flow.PathLogin)
	login := page[*flow.LoginPage](b)
	if !login.AskPassword || len(login.Offers) != 1 || login.Offers[0].Title != "The Hub" || login.Problem != "" {
		t.Errorf("login page %+v", login)
	}
	b.with("hub")
	state := b.sent("hub")
	begun := p.last()
	if begun.Connector != "hub" || begun.Client.ID != "fast" || begun.Request == "" || begun.LinkTo != "" || begun.Fresh || !begun.SelectAccount ||
		!slices.Equal(begun.ACRValues, []string{"a", "b"}) || !slices.Equal(begun.UILocales, []string{"de", "fr"}) ||
		begun.Event.IP != "192.0.2.1" || !begun.ExpiresAt.Equal(w.now.Add(30*time.Minute)) {
		t.Errorf("begun %+v", begun)
	}
	w.recorded()
	got := b.returns("hub", "ann").grant("fast").Grant
	if !got.AuthTime.Equal(authTime) || got.ACR != "urn:example:key" || !slices.Equal(got.AMR, []string{"hwk"}) || got.UserID != w.user("ann").ID {
		t.Errorf("grant %+v", got)
	}
	if got.Upstream == nil || got.Upstream.Connector != "hub" || string(got.Upstream.Claims) != `{"from":"there"}` || got.Upstream.Logout != nil {
		t.Errorf("its upstream part is %+v", got.Upstream)
	}
	if home := b.home(); home.Session.Upstream == nil || string(home.Session.Upstream.Logout) != "sealed" || home.User.Name != "ann" {
		t.Errorf("session %+v", home.Session)
	}
	events, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventSignedIn})
	if err != nil || len(events) != 1 || events[0].Detail["method"] != "upstream" || events[0].Detail["connector"] != "hub" || events[0].UserID != got.UserID {
		t.Errorf("recorded %+v, %v", events, err)
	}
	w.recorded("code.issued", "signin.succeeded")
	if w.attempts(state) != 0 {
		t.Error("the attempt is left")
	}
	// The session is one as any other.
	b.authorize("fast", "prompt", "none").grant("fast")
}

// A sign-in elsewhere has four commits with that of the token endpoint: one more for
// the attempt.
func TestCommitsElsewhere(t *testing.T) {
	w := newWorld(t)
	w.signsInElsewhere()
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast", "idp_hint", "hub")
	if n := w.commits.Swap(0); n != 1 {
		t.Errorf("to be sent there takes %d commits, want 1", n)
	}
	b.returns("hub", "ann").grant("fast")
	if n := w.commits.Swap(0); n != 1 {
		t.Errorf("to come back takes %d commits, want 1", n)
	}
}

func TestSignInElsewhereToPosternItself(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	b := w.browser()
	b.got(b.SignInHere(t.Context(), b.from())).at(flow.PathLogin).with("hub").returns("hub", "ben")
	if b.last.Redirect != flow.PathHome || b.who() != "ben" || p.last().Client != nil {
		t.Errorf("%+v, signed in as %q", b.last, b.who())
	}
}

func TestPostedCallback(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin).with("hub")
	state := b.sent("hub")
	w.events()
	// The browser leaves its cookies out of a POST that another site began.
	bare := &browser{world: w}
	bare.got(bare.Callback(t.Context(), "hub", callback("state", state, "code", "ann", "user", `{"name":"Ann"}`), true, bare.from()))
	if bare.last.Redirect != "/callback/hub?state="+state {
		t.Fatalf("sent to %q", bare.last.Redirect)
	}
	w.recorded()
	b.got(b.Callback(t.Context(), "hub", callback("state", state), false, b.from())).grant("fast")
	w.recorded("code.issued", "signin.succeeded")
	if len(p.finished) != 1 || p.finished[0].Params.Has("code") || string(p.finished[0].Attempt.Held) == "" {
		t.Errorf("finished %+v", p.finished)
	}
}

func TestCancelledElsewhere(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast", "idp_hint", "hub")
	state := b.sent("hub")
	p.refuse = &core.UpstreamRefused{Kind: core.UpstreamCancelled, Reason: "cancelled", Connector: "hub", Title: "The Hub"}
	w.events()
	b.returns("hub", "").at(flow.PathLogin)
	if login := page[*flow.LoginPage](b); login.Problem != flow.ProblemCancelled || login.Provider != "The Hub" || b.last.Status != 0 {
		t.Errorf("page %+v", login)
	}
	w.recorded("upstream.refused cancelled")
	if w.attempts(state) != 0 || b.session != "" {
		t.Error("the attempt is left, or somebody is signed in")
	}
	// The request lives on, and the hint sends nobody there twice.
	p.refuse = nil
	b.with("hub").returns("hub", "ann").grant("fast")
}

func TestRefusedElsewhere(t *testing.T) {
	for _, c := range []struct {
		refused core.UpstreamRefused
		status  int
		code    string
	}{
		{core.UpstreamRefused{Kind: core.UpstreamDenied, Reason: "connector_denied", Words: "You are not on the list."}, 403, "access_denied"},
		{core.UpstreamRefused{Kind: core.UpstreamUnknown, Reason: "no_account"}, 403, "access_denied"},
		{core.UpstreamRefused{Kind: core.UpstreamClosed, Reason: "connector_disabled"}, 403, "access_denied"},
		{core.UpstreamRefused{Kind: core.UpstreamBroken, Reason: "id_token", Detail: "nonce differs"}, 502, "server_error"},
	} {
		t.Run(string(c.refused.Kind), func(t *testing.T) {
			w := newWorld(t)
			p := w.signsInElsewhere()
			w.addClient("fast", skipConsent)
			b := w.browser().authorize("fast").at(flow.PathLogin).with("hub")
			state := b.sent("hub")
			c.refused.Connector, c.refused.Title = "hub", "The Hub"
			p.refuse = &c.refused
			w.events()
			b.returns("hub", "ann").elsewhere(c.refused.Kind, c.status, c.refused.Reason)
			w.recorded("upstream.refused " + c.refused.Reason)
			out := b.last
			if out.Elsewhere.Title != "The Hub" || out.Elsewhere.Words != c.refused.Words || out.Error.Code != c.code || out.Cookies != (flow.Cookies{}) {
				t.Errorf("%+v", out)
			}
			if strings.Contains(out.Error.Description, "nonce") || (out.Error.Cause != nil) != (c.status == 502) {
				t.Errorf("the page says %q, the log %v", out.Error.Description, out.Error.Cause)
			}
			if w.attempts(state) != 0 || b.session != "" || b.who() != "" {
				t.Error("the attempt is left, or somebody is signed in")
			}
			p.refuse = nil
			b.goesBack().signIn("ann").grant("fast")
		})
	}
}

// What cannot begin leaves the request as it is, and goes nowhere by itself again.
func TestNotSentAnywhere(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	w.addClient("fast", skipConsent)
	p.refuse = &core.UpstreamRefused{Kind: core.UpstreamBroken, Reason: "discovery_failed", Connector: "hub", Title: "The Hub"}
	b := w.browser().authorize("fast", "idp_hint", "hub").elsewhere(core.UpstreamBroken, 502, "discovery_failed")
	w.recorded("upstream.refused discovery_failed")
	b.goesBack().with("hub").elsewhere(core.UpstreamBroken, 502, "discovery_failed").goesBack().signIn("ann").grant("fast")
}

func TestProviderHint(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	w.addClient("fast", skipConsent)
	for _, hint := range []string{"nowhere", "HUB", "hub "} {
		w.browser().authorize("fast", "idp_hint", hint).at(flow.PathLogin)
	}
	if len(p.begun) != 0 {
		t.Fatalf("sent to %+v", p.begun)
	}
	// A hidden connector is found by who knows its name.
	b := w.browser().authorize("fast", "idp_hint", "cellar", "login_hint", "ann@example.org")
	if b.sent("cellar"); p.last().LoginHint != "ann@example.org" || p.last().Fresh {
		t.Errorf("begun %+v", p.last())
	}
	b.returns("cellar", "ann").grant("fast")
	// Who is signed in goes nowhere, and prompt=none never does.
	b.authorize("fast", "idp_hint", "hub").grant("fast")
	b.authorize("fast", "idp_hint", "hub", "prompt", "login").sent("hub")
	if !p.last().Fresh {
		t.Error("a session there would do for prompt=login")
	}
	w.events()
	w.browser().authorize("fast", "idp_hint", "hub", "prompt", "none").denied("fast", "login_required")
	w.recorded("authorize.refused prompt_none")
	// Another account is one at that provider.
	b.authorize("fast", "idp_hint", "hub", "prompt", "select_account").at(flow.PathSelect).choose(false).sent("hub")
	if !p.last().SelectAccount {
		t.Error("there is no choice of accounts there")
	}
	b.returns("hub", "ben").grant("fast")
	// The hint sends nobody there twice for a request.
	b.authorize("fast", "idp_hint", "hub", "prompt", "select_account").at(flow.PathSelect)
	selection := b.last
	b.choose(false).sent("hub")
	b.last = selection
	b.choose(false).at(flow.PathLogin).with("hub").returns("hub", "ann").grant("fast")
}

func TestIdentifierFirst(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	p.hasDomains()
	w.addClient("fast", skipConsent)
	identify := func(b *browser, name string) *browser {
		return b.got(b.Identify(t.Context(), b.step(), name, b.from()))
	}
	b := w.browser().authorize("fast", "login_hint", "ann@lab.example").at(flow.PathLogin)
	if login := page[*flow.LoginPage](b); login.AskPassword || login.Username != "ann@lab.example" || len(login.Offers) != 2 {
		t.Errorf("page %+v", login)
	}
	for _, name := range []string{"ann@lab.example", " Ann@LAB.example\t", "o'neil@xn--lab-hoa.example"} {
		identify(w.browser().authorize("fast").at(flow.PathLogin), name).sent("lab")
		if got := p.last(); got.LoginHint != strings.TrimSpace(name) {
			t.Errorf("%q is expected there", got.LoginHint)
		}
	}
	w.events()
	// Whether there is such an account shows nowhere.
	for _, name := range []string{"ann", "nobody", "ann@example.org", "@lab.example", "a@b@lab.example", "ann@sub.lab.example", "lab.example", "ann@"} {
		identify(b, name)
		login := page[*flow.LoginPage](b)
		if !login.AskPassword || login.Username != name || login.Problem != "" || b.last.Status != 0 || len(login.Offers) != 2 {
			t.Errorf("%q: %+v, status %d", name, login, b.last.Status)
		}
	}
	if identify(b, " "); page[*flow.LoginPage](b).Problem != flow.ProblemMissing || page[*flow.LoginPage](b).AskPassword || b.last.Status != 422 {
		t.Errorf("nothing: %+v", page[*flow.LoginPage](b))
	}
	w.recorded()
	b.login("ann", "wrong password")
	if login := page[*flow.LoginPage](b); !login.AskPassword || login.Problem != flow.ProblemWrong {
		t.Errorf("after a wrong password: %+v", login)
	}
	b.signIn("ann").grant("fast")
}

// The policy wants more than the sign-in was: the person is asked once.
func TestStepUpElsewhere(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	w.hasNoFactors()
	w.addClient("fast", skipConsent)
	w.decidesAlways(hook.ScopeOutput{ACR: "2"})
	b := w.browser().authorize("fast", "acr_values", "x 2").at(flow.PathLogin).signIn("ann").at(flow.PathLogin)
	if login := page[*flow.LoginPage](b); login.Problem != flow.ProblemWeak || b.last.Status != 0 {
		t.Errorf("page %+v", login)
	}
	p.proof.ACR = "2"
	if b.with("hub").sent("hub"); !slices.Equal(p.last().ACRValues, []string{"2", "x"}) {
		t.Errorf("asked for %q", p.last().ACRValues)
	}
	if got := b.returns("hub", "ann").grant("fast").Grant; got.ACR != "2" {
		t.Errorf("grant %+v", got)
	}
	// Who came from a provider and brought too little goes back there by itself.
	p.proof.ACR = ""
	other := w.browser().authorize("fast").at(flow.PathLogin).with("hub").returns("hub", "ben")
	if other.sent("hub"); !slices.Equal(p.last().ACRValues, []string{"2"}) {
		t.Errorf("asked for %q", p.last().ACRValues)
	}
	w.events()
	other.returns("hub", "ben").denied("fast", "unmet_authentication_requirements")
	w.recorded("authorize.refused acr_unmet", "signin.succeeded")
	// The next request asks anew.
	other.authorize("fast").sent("hub")
	p.proof.ACR = "2"
	other.returns("hub", "ben").grant("fast")
}

// Who gives up proving more may choose another way, and is not sent there again.
func TestStepUpCancelled(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	w.hasNoFactors()
	w.addClient("fast", skipConsent)
	w.decidesAlways(hook.ScopeOutput{ACR: "2"})
	b := w.browser().authorize("fast").at(flow.PathLogin).with("hub").returns("hub", "ann")
	p.refuse = &core.UpstreamRefused{Kind: core.UpstreamCancelled, Reason: "cancelled", Connector: "hub"}
	b.returns("hub", "").at(flow.PathLogin)
	if login := page[*flow.LoginPage](b); login.Problem != flow.ProblemCancelled {
		t.Errorf("page %+v", login)
	}
	b.signIn("ann").denied("fast", "unmet_authentication_requirements")
}

func TestPolicyKnowsTheConnector(t *testing.T) {
	w := newWorld(t)
	w.signsInElsewhere()
	w.addClient("fast", skipConsent)
	w.decidesAlways(hook.ScopeOutput{})
	w.browser().authorize("fast").at(flow.PathLogin).with("hub").returns("hub", "ann").grant("fast")
	if in := w.policy.asked[0]; in.Authentication.Connector != "hub" || in.Organisation.Name != "built-in" || in.Time != "2026-11-23T19:00:00Z" {
		t.Errorf("the policy was asked %+v", in)
	}
}

func TestLogoutElsewhere(t *testing.T) {
	for _, c := range []struct {
		name  string
		pairs []string
		want  string // after the provider
	}{
		{"to our own page", nil, ""},
		{"to the client", []string{"post_logout_redirect_uri", "https://fast.example/bye", "state", "s"}, "https://fast.example/bye?state=s"},
		{"to the client, with more than a provider gives back", []string{"post_logout_redirect_uri", "https://fast.example/bye", "state", strings.Repeat("s", 4000)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.signsInElsewhere()
			w.addClient("fast", skipConsent)
			b := w.browser().authorize("fast").at(flow.PathLogin).with("hub").returns("hub", "ann")
			w.hints["token"] = flow.Hint{Subject: w.user("ann").ID, SessionID: b.grant("fast").Grant.SessionID, ClientID: "fast"}
			w.events()
			b.logout(append([]string{"id_token_hint", "token"}, c.pairs...)...)
			w.recorded("signout")
			sent, err := url.Parse(b.last.Redirect)
			if err != nil || sent.Host != "hub.example" || sent.Query().Get("back") != issuer+flow.PathLogoutReturn || b.who() != "" || b.session != "" {
				t.Fatalf("sent to %q, %v", b.last.Redirect, err)
			}
			state := sent.Query().Get("state")
			if len(state) > 2<<10 {
				t.Errorf("a state of %d bytes", len(state))
			}
			b.got(b.LogoutReturn(state))
			if b.last.Redirect != c.want {
				t.Errorf("from there to %q, want %q", b.last.Redirect, c.want)
			}
			for _, forged := range []string{"", state[1:], state + "A", b.Dispatcher.Issuer} {
				page[*flow.SignedOutPage](b.got(b.LogoutReturn(forged)))
			}
			later(w, 30*time.Minute)
			page[*flow.SignedOutPage](b.got(b.LogoutReturn(state)))
		})
	}
}

// A provider that does not say where keeps nobody signed in here.
func TestLogoutElsewhereFails(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	b := w.browser()
	b.got(b.SignInHere(t.Context(), b.from())).at(flow.PathLogin).with("hub").returns("hub", "ann")
	p.signOut = func(*core.Session) (string, error) { return "", errDisk }
	b.logout().confirm()
	page[*flow.SignedOutPage](b)
	if b.who() != "" || b.session != "" {
		t.Error("still signed in")
	}
	events, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventSignedOut})
	if err != nil || len(events) != 1 || events[0].Detail["upstream"] != "failed" || events[0].Detail["connector"] != "hub" {
		t.Errorf("recorded %+v, %v", events, err)
	}
}

// Whatever fails behind it, nobody is let in and nobody learns the cause.
func TestUpstreamFails(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin)
	step := b.step()
	state := b.with("hub").sent("hub")
	home := w.browser()
	home.got(home.SignInHere(t.Context(), home.from())).at(flow.PathLogin).signIn("ann")
	account := home.home().Step
	p.err = errDisk
	for name, do := range map[string]func() flow.Outcome{
		"authorize": func() flow.Outcome { return b.Authorize(t.Context(), request("fast"), b.from()) },
		"with":      func() flow.Outcome { return b.SignInWith(t.Context(), step, "hub", "", b.from()) },
		"hold": func() flow.Outcome {
			return b.Callback(t.Context(), "hub", callback("state", state, "code", "ann"), true, b.from())
		},
		"callback": func() flow.Outcome {
			return b.Callback(t.Context(), "hub", callback("state", state, "code", "ann"), false, b.from())
		},
		"link": func() flow.Outcome { return home.Link(t.Context(), account, "hub", home.from()) },
	} {
		out := do()
		if out.Error == nil || out.Error.Status != 500 || strings.Contains(out.Error.Description, "disk") || out.Cookies != (flow.Cookies{}) || out.Redirect != "" {
			t.Errorf("%s: %+v", name, out)
		}
	}
	if _, err := home.Home(t.Context(), home.from()); err == nil {
		t.Error("the home page does not say that something failed")
	}
	p.err = nil
	b.got(b.Callback(t.Context(), "hub", callback("state", state, "code", "ann"), false, b.from())).grant("fast")
}

func TestNobodySignsInElsewhere(t *testing.T) {
	w := newWorld(t)
	b := w.browser().authorize("rp", "idp_hint", "hub").at(flow.PathLogin)
	step := b.step()
	w.events()
	b.with("hub").shown("connector_unknown")
	b.got(b.Callback(t.Context(), "hub", callback("state", "x"), false, b.from())).shown("connector_unknown")
	w.recorded("step.refused connector_unknown", "step.refused connector_unknown")
	b.got(b.Dispatcher.Login(t.Context(), step, "ann", people["ann"].password, b.from())).at(flow.PathConsent)
	home := b.home()
	if home.Links != nil || home.Offers != nil {
		t.Errorf("home %+v", home)
	}
	b.got(b.Link(t.Context(), home.Step, "hub", b.from())).shown("connector_unknown")
	b.got(b.Callback(t.Context(), "hub", oauth.Params{}, false, b.from())).shown("connector_unknown")
}
