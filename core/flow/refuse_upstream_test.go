package flow_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

// TestRefuseUpstream is [TestRefuse] for what comes back from other providers.
func TestRefuseUpstream(t *testing.T) {
	for name, test := range map[string]func(*testing.T, *world, *providers){
		"103_state_missing_or_forged":           refuseForgedState,
		"103_state_in_another_browser":          refuseStateElsewhere,
		"103_state_expired":                     refuseExpiredState,
		"103_state_at_another_connector":        refuseStateOfOther,
		"103_request_finished_meanwhile":        refuseStateOfFinishedRequest,
		"103_signed_in_meanwhile":               refuseSecondSignIn,
		"103_session_of_the_provider_is_old":    refuseOldSignIn,
		"104_callback_used_twice":               refuseUsedState,
		"104_one_of_many_callbacks":             refuseCallbackRace,
		"104_posted_callback_used_twice":        refuseUsedPost,
		"104_posted_callback_that_is_too_large": refuseLargePost,
		"106_link_without_a_session":            refuseLinkOfNobody,
		"106_link_of_an_old_session":            refuseLinkOfOldSession,
		"106_link_in_another_session":           refuseLinkOfOtherSession,
		"106_link_of_somebody_disabled":         refuseLinkOfDisabled,
		"106_link_of_another_step":              refuseLinkByOtherStep,
		"106_link_is_another_users":             refuseLinkedElsewhere,
		"106_unlink_of_others":                  refuseUnlinkOfOthers,
		"106_unlink_the_last_way_in":            refuseLastWayIn,
		"108_closed_connector":                  refuseClosedConnector,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.addClient("fast", skipConsent)
			test(t, w, w.signsInElsewhere())
		})
	}
}

func refuseForgedState(t *testing.T, w *world, p *providers) {
	b := w.browser().authorize("fast").at(flow.PathLogin).with("hub")
	state := b.sent("hub")
	w.events()
	b.got(b.Callback(t.Context(), "hub", callback("code", "ann"), false, b.from())).shown("state_missing")
	w.recorded("step.refused state_missing")
	good, _ := core.ParseCredential(core.KindState, state)
	forged := good
	forged.Secret[0] ^= 1
	for name, text := range map[string]string{
		"the identifier alone": forged.String(), "of another kind": strings.Replace(state, "state_", "browser_", 1), "cut": state[:len(state)-1],
		"longer": state + "=", "another's words": "af0ifjsldkj", "a cookie": b.binding,
	} {
		for _, posted := range []bool{false, true} {
			b.got(b.Callback(t.Context(), "hub", callback("state", text, "code", "ann"), posted, b.from())).shown("state_unknown")
			if w.recorded("step.refused state_unknown"); b.session != "" {
				t.Errorf("%s: signed in", name)
			}
		}
	}
	if len(p.finished) != 0 || w.attempts(state) != 1 {
		t.Errorf("finished %+v", p.finished)
	}
	b.calls("hub", state, "ann").grant("fast")
}

// An attacker's own answer of the provider signs nobody else in (login CSRF), and a
// victim's is of no use to the attacker; neither takes it from whom it is of.
func refuseStateElsewhere(t *testing.T, w *world, p *providers) {
	attacker := w.browser().authorize("fast").at(flow.PathLogin).with("hub")
	state := attacker.sent("hub")
	w.events()
	bare := w.browser()
	bare.calls("hub", state, "ben").shown("browser_unknown")
	w.recorded("step.refused browser_unknown")
	victim := w.browser().authorize("fast").at(flow.PathLogin)
	w.events()
	victim.calls("hub", state, "ben").shown("browser_other")
	w.recorded("step.refused browser_other")
	if victim.who() != "" || bare.who() != "" || len(p.finished) != 0 {
		t.Error("login CSRF: somebody is signed in")
	}
	// What was posted without a cookie waits for the browser that it is of.
	bare.got(bare.Callback(t.Context(), "hub", callback("state", state, "code", "ben"), true, bare.from()))
	victim.calls("hub", state, "").shown("browser_other")
	w.recorded("step.refused browser_other")
	attacker.calls("hub", state, "").grant("fast")
}

func refuseExpiredState(t *testing.T, w *world, p *providers) {
	b := w.browser().authorize("fast").at(flow.PathLogin)
	later(w, time.Minute)
	state := b.with("hub").sent("hub")
	later(w, 29*time.Minute)
	w.events()
	b.calls("hub", state, "ann").shown("state_unknown")
	w.recorded("step.refused state_unknown")
	if b.who() != "" || len(p.finished) != 0 {
		t.Error("signed in")
	}
}

// The redirect URI says whose answer it is (RFC 9700 section 4.4): the service behind
// learns which was called, and a post at another is not kept.
func refuseStateOfOther(t *testing.T, w *world, p *providers) {
	b := w.browser().authorize("fast").at(flow.PathLogin).with("hub")
	state := b.sent("hub")
	w.events()
	bare := w.browser()
	bare.got(bare.Callback(t.Context(), "lab", callback("state", state, "code", "ann"), true, bare.from())).shown("connector_other")
	w.recorded("step.refused connector_other")
	if attempt, err := p.Attempt(t.Context(), state); err != nil || attempt.Held != nil {
		t.Errorf("kept: %+v, %v", attempt, err)
	}
	p.refuse = &core.UpstreamRefused{Kind: core.UpstreamBroken, Reason: "connector_other"}
	b.calls("lab", state, "ann").elsewhere(core.UpstreamBroken, 502, "connector_other")
	w.recorded("upstream.refused connector_other")
	if got := p.finished[0]; got.Connector != "lab" || got.Attempt.Connector != "hub" || w.attempts(state) != 0 {
		t.Errorf("finished %+v", got)
	}
}

func refuseStateOfFinishedRequest(t *testing.T, w *world, p *providers) {
	b := w.browser().authorize("fast").at(flow.PathLogin)
	login := b.last
	state := b.with("hub").sent("hub")
	b.last = login
	b.signIn("ann").grant("fast")
	session := b.session
	w.events()
	b.calls("hub", state, "ben").shown("request_finished")
	w.recorded("step.refused request_finished")
	if b.session != session || b.who() != "ann" || len(p.finished) != 0 {
		t.Error("the session changed")
	}
}

// Who is signed in and takes another account signs in anew there too, if the client asks
// for a recent sign-in: a session at the provider may be of any age.
func refuseOldSignIn(t *testing.T, w *world, p *providers) {
	b := w.browser().authorize("fast", "idp_hint", "hub").returns("hub", "ann")
	b.authorize("fast", "prompt", "select_account", "max_age", "600").at(flow.PathSelect).choose(false).at(flow.PathLogin).with("hub").sent("hub")
	if begun := p.last(); !begun.Fresh {
		t.Errorf("max_age: another account is asked for by %+v", begun)
	}
	// The same where the request came before the sign-in in another window.
	b = w.browser().authorize("fast", "max_age", "600").at(flow.PathLogin)
	login := b.last
	b.authorize("fast", "idp_hint", "hub").returns("hub", "ann").grant("fast")
	b.last = login
	b.with("hub").sent("hub")
	if begun := p.last(); !begun.Fresh {
		t.Errorf("in another window: another account is asked for by %+v", begun)
	}
	b.authorize("fast", "prompt", "select_account").at(flow.PathSelect).choose(false).at(flow.PathLogin).with("hub").sent("hub")
	if begun := p.last(); begun.Fresh || !begun.SelectAccount {
		t.Errorf("nobody asks for a recent sign-in: %+v", begun)
	}
}

// Whoever signed in for the request in another window is who goes on.
func refuseSecondSignIn(t *testing.T, w *world, p *providers) {
	b := w.browser().authorize("rp").at(flow.PathLogin)
	login := b.last
	state := b.with("hub").sent("hub")
	b.last = login
	b.signIn("ann").at(flow.PathConsent)
	session := b.session
	b.calls("hub", state, "ben").at(flow.PathConsent)
	if b.session != session || b.who() != "ann" || len(p.finished) != 0 || w.attempts(state) != 0 {
		t.Error("a second sign-in for one request, or its state is left")
	}
}

func refuseUsedState(t *testing.T, w *world, p *providers) {
	b := w.browser().authorize("rp").at(flow.PathLogin).with("hub")
	state := b.sent("hub")
	b.calls("hub", state, "ann").at(flow.PathConsent)
	session := b.session
	w.events()
	for _, posted := range []bool{false, true} {
		b.got(b.Callback(t.Context(), "hub", callback("state", state, "code", "ben"), posted, b.from())).shown("state_unknown")
		w.recorded("step.refused state_unknown")
	}
	if b.session != session || b.who() != "ann" || len(p.finished) != 1 {
		t.Error("the second callback did something")
	}
	// One that was refused is used as well.
	other := w.browser().authorize("fast").at(flow.PathLogin).with("hub")
	state = other.sent("hub")
	p.refuse = &core.UpstreamRefused{Kind: core.UpstreamBroken, Reason: "id_token"}
	other.calls("hub", state, "ann")
	p.refuse = nil
	w.events()
	other.calls("hub", state, "ann").shown("state_unknown")
	w.recorded("step.refused state_unknown")
}

func refuseCallbackRace(t *testing.T, w *world, _ *providers) {
	b := w.browser().authorize("rp").at(flow.PathLogin).with("hub")
	state, from := b.sent("hub"), b.from()
	// Each looks the attempt up before any has finished it.
	ready := &gathering{Upstream: w.Upstream}
	ready.all.Add(10)
	w.Upstream = ready
	outcomes := make([]flow.Outcome, 10)
	var group sync.WaitGroup
	for i := range outcomes {
		group.Go(func() {
			outcomes[i] = b.Callback(t.Context(), "hub", callback("state", state, "code", "ann"), false, from)
		})
	}
	group.Wait()
	sessions := 0
	for _, out := range outcomes {
		switch {
		case out.Cookies.SetSession != "":
			sessions++
		case out.Error == nil || out.Error.Reason != "request_finished" || out.Cookies != (flow.Cookies{}):
			t.Errorf("got %+v (%v)", out, out.Error)
		}
	}
	if sessions != 1 {
		t.Errorf("%d sessions from one callback", sessions)
	}
	count := map[string]int{}
	for _, event := range w.events() {
		count[event]++
	}
	if count["signin.succeeded"] != 1 || count["step.refused request_finished"] != 9 {
		t.Errorf("recorded %v", count)
	}
}

// gathering waits with each finish until all are there.
type gathering struct {
	flow.Upstream
	lock sync.Mutex
	all  sync.WaitGroup
}

func (g *gathering) Finish(ctx context.Context, f core.UpstreamFinish) (*core.Proof, error) {
	g.all.Done()
	g.all.Wait()
	g.lock.Lock()
	defer g.lock.Unlock()
	return g.Upstream.Finish(ctx, f)
}

func refuseUsedPost(t *testing.T, w *world, p *providers) {
	b := w.browser().authorize("rp").at(flow.PathLogin).with("hub")
	state := b.sent("hub")
	bare := w.browser()
	post := func(code string) *browser {
		return bare.got(bare.Callback(t.Context(), "hub", callback("state", state, "code", code), true, bare.from()))
	}
	post("ann")
	w.events()
	post("ben").shown("request_finished")
	w.recorded("step.refused request_finished")
	b.calls("hub", state, "ben").at(flow.PathConsent)
	if b.who() != "ann" {
		t.Errorf("%q is signed in", b.who())
	}
	post("ben").shown("state_unknown")
	if len(p.finished) != 1 {
		t.Errorf("finished %+v", p.finished)
	}
}

func refuseLargePost(t *testing.T, w *world, p *providers) {
	b := w.browser().authorize("fast").at(flow.PathLogin).with("hub")
	state := b.sent("hub")
	w.events()
	bare := w.browser()
	bare.got(bare.Callback(t.Context(), "hub", callback("state", state, "code", strings.Repeat("a", 2<<10)), true, bare.from()))
	bare.elsewhere(core.UpstreamBroken, 502, "callback_too_large")
	w.recorded("upstream.refused callback_too_large")
	if bare.last.Back != flow.PathHome || len(p.finished) != 0 {
		t.Errorf("%+v", bare.last)
	}
	b.calls("hub", state, "ann").grant("fast")
}

// linking gives a browser of somebody who signed in just now.
func linking(t *testing.T, w *world, name string) *browser {
	b := w.browser()
	b.got(b.SignInHere(t.Context(), b.from())).at(flow.PathLogin).signIn(name)
	w.events()
	return b
}

func refuseLinkOfNobody(t *testing.T, w *world, p *providers) {
	b := linking(t, w, "ann")
	step := b.home().Step
	stranger := w.browser()
	stranger.got(stranger.Link(t.Context(), step, "hub", stranger.from())).shown("session_unknown")
	w.recorded("step.refused session_unknown")
	ben := linking(t, w, "ben")
	for name, forged := range map[string]string{"of another": step, "none": "", "a part": step[:20], "of a step": strings.TrimPrefix(b.authorize("rp").last.Redirect, "/consent?step=")} {
		ben.got(ben.Link(t.Context(), forged, "hub", ben.from())).shown("step_forged")
		w.recorded("step.refused step_forged")
		ben.got(ben.Unlink(t.Context(), forged, "hub", "x", ben.from())).shown("step_forged")
		if w.recorded("step.refused step_forged"); len(p.begun) != 0 {
			t.Errorf("%s: sent to a provider", name)
		}
	}
	later(w, 12*time.Hour)
	b.got(b.Link(t.Context(), step, "hub", b.from())).shown("session_unknown")
}

// Whoever finds a browser open adds no way in of their own.
func refuseLinkOfOldSession(t *testing.T, w *world, p *providers) {
	b := linking(t, w, "ann")
	w.apply(core.SaveLink{Link: core.Link{Connector: "hub", Subject: "7", UserID: w.user("ann").ID, CreatedAt: w.now, LastUsedAt: w.now}})
	later(w, 5*time.Minute+time.Millisecond)
	session := b.session
	b.link("hub").at(flow.PathLogin)
	b.unlink("hub", "7").at(flow.PathLogin)
	if len(p.begun) != 0 || w.links("ann") != "hub 7" {
		t.Errorf("sent to %+v, links %q", p.begun, w.links("ann"))
	}
	w.recorded()
	// The page does not go away for who is signed in, and the provider has to ask anew.
	if b.view(flow.PathLogin); page[*flow.LoginPage](b).Client != nil {
		t.Error("not the page of Postern itself")
	}
	if b.with("hub").sent("hub"); !p.last().Fresh || p.last().LinkTo != "" {
		t.Errorf("begun %+v", p.last())
	}
	b.returns("hub", "ann")
	if b.last.Redirect != flow.PathSecurity || b.session == session {
		t.Errorf("%+v", b.last)
	}
	b.link("hub").sent("hub")
	later(w, 5*time.Minute)
	b.unlink("hub", "7")
	if told := b.told(); told != "unlinked The Hub" || w.links("ann") != "" {
		t.Errorf("told %q, links %q", told, w.links("ann"))
	}
}

func refuseLinkOfOtherSession(t *testing.T, w *world, p *providers) {
	b := linking(t, w, "ann")
	state := b.link("hub").sent("hub")
	if got := p.last(); got.LinkTo != b.home().Session.ID || got.Request != "" || got.Client != nil || !got.SelectAccount || !got.ExpiresAt.Equal(w.now.Add(10*time.Minute)) {
		t.Errorf("begun %+v", got)
	}
	ann, binding := b.session, b.binding
	// Ben signs in on the same browser before the answer comes.
	b.authorize("fast", "prompt", "login").at(flow.PathLogin).signIn("ben").grant("fast")
	w.events()
	b.calls("hub", state, "x").shown("session_other")
	w.recorded("step.refused session_other")
	b.session = ""
	b.calls("hub", state, "x").shown("session_other")
	w.recorded("step.refused session_other")
	// And from another browser not even with Ann's session.
	other := &browser{world: w, session: ann}
	other.authorize("rp")
	w.events()
	other.calls("hub", state, "x").shown("browser_other")
	w.recorded("step.refused browser_other")
	if w.links("ann")+w.links("ben") != "" || len(p.finished) != 0 || binding != b.binding {
		t.Errorf("links %q and %q", w.links("ann"), w.links("ben"))
	}
}

// Who was disabled while at the provider gets no further way in.
func refuseLinkOfDisabled(t *testing.T, w *world, p *providers) {
	b := linking(t, w, "ann")
	state := b.link("hub").sent("hub")
	ann := *w.user("ann")
	ann.Disabled = true
	w.apply(core.UpdateUser{User: ann})
	w.events()
	b.calls("hub", state, "x").shown("session_other")
	w.recorded("step.refused session_other")
	if w.links("ann") != "" || len(p.finished) != 0 {
		t.Errorf("links %q", w.links("ann"))
	}
}

// A link of the same session to another step is none to the home page.
func refuseLinkByOtherStep(t *testing.T, w *world, p *providers) {
	b := linking(t, w, "ann")
	b.logout()
	logout := page[*flow.LogoutPage](b).Step
	account := b.home().Step
	w.events()
	b.got(b.Link(t.Context(), logout, "hub", b.from())).shown("step_forged")
	b.got(b.Unlink(t.Context(), logout, "hub", "x", b.from())).shown("step_forged")
	b.got(b.ConfirmLogout(t.Context(), account, b.from())).shown("step_forged")
	w.recorded("step.refused step_forged", "step.refused step_forged", "step.refused step_forged")
	if len(p.begun) != 0 || b.who() != "ann" {
		t.Errorf("begun %+v, signed in is %q", p.begun, b.who())
	}
}

func refuseLinkedElsewhere(t *testing.T, w *world, p *providers) {
	b := linking(t, w, "ann")
	state := b.link("hub").sent("hub")
	p.refuse = &core.UpstreamRefused{Kind: core.UpstreamUnknown, Reason: "link_of_other", Connector: "hub"}
	b.calls("hub", state, "x").elsewhere(core.UpstreamUnknown, 403, "link_of_other")
	w.recorded("upstream.refused link_of_other")
	if b.last.Back != flow.PathSecurity || w.links("ann") != "" || w.attempts(state) != 0 || b.who() != "ann" {
		t.Errorf("%+v, links %q", b.last, w.links("ann"))
	}
	p.refuse = nil
	state = b.link("hub").sent("hub")
	p.refuse = &core.UpstreamRefused{Kind: core.UpstreamCancelled, Reason: "link_of_other", Connector: "hub"}
	if b.calls("hub", state, "").told() != "cancelled The Hub" {
		t.Errorf("told %q", b.told())
	}
	p.refuse.Kind = core.UpstreamClosed
	b.link("hub").elsewhere(core.UpstreamClosed, 403, "link_of_other")
}

func refuseUnlinkOfOthers(t *testing.T, w *world, _ *providers) {
	w.apply(core.SaveLink{Link: core.Link{Connector: "hub", Subject: "7", UserID: w.user("ben").ID, CreatedAt: w.now, LastUsedAt: w.now}})
	b := linking(t, w, "ann")
	for _, subject := range []string{"7", "8", ""} {
		b.unlink("hub", subject)
		if out := b.last; out.Error == nil || out.Error.Reason != "link_unknown" || out.Error.Status != 404 || out.Back != flow.PathSecurity {
			t.Errorf("%q: %+v", subject, out)
		}
		w.recorded("request.refused link_unknown")
	}
	if w.links("ben") != "hub 7" {
		t.Error("Ben's link is gone")
	}
}

func refuseLastWayIn(t *testing.T, w *world, _ *providers) {
	ann := w.user("ann")
	link := core.Link{Connector: "hub", Subject: "7", UserID: ann.ID, Name: "ann@hub", CreatedAt: w.now, LastUsedAt: w.now}
	w.apply(core.SetPassword{UserID: ann.ID, At: w.now}, core.SaveLink{Link: link})
	b := w.browser()
	b.got(b.SignInHere(t.Context(), b.from())).at(flow.PathLogin).with("hub").returns("hub", "ann")
	w.events()
	if links := b.home().Links; len(links) != 1 || !links[0].Only || links[0].Title != "The Hub" || links[0].Name != "ann@hub" {
		t.Errorf("links %+v", links)
	}
	b.unlink("hub", "7")
	if out := b.last; out.Error == nil || out.Error.Reason != "last_way_in" || out.Error.Status != 409 || out.Back != flow.PathSecurity {
		t.Errorf("%+v", out)
	}
	w.recorded("request.refused last_way_in")
	link.Connector = "lab"
	w.apply(core.SaveLink{Link: link})
	if links := b.home().Links; len(links) != 2 || links[0].Only || links[1].Only || links[1].Title != "lab" {
		t.Errorf("links %+v", links)
	}
	// Of two at once, each of which is not the last, one is refused.
	from, step := b.from(), b.home().Step
	w.Store = &pausing{Store: w.Store, first: func() {
		if out := b.Unlink(t.Context(), step, "lab", "7", from); out.Redirect == "" {
			t.Errorf("the first: %+v", out)
		}
	}}
	b.got(b.Unlink(t.Context(), step, "hub", "7", from)).shown("request_finished")
	w.recorded("account.unlinked", "step.refused request_finished")
	if w.links("ann") != "hub 7" {
		t.Errorf("links %q", w.links("ann"))
	}
	w.apply(core.SaveLink{Link: link})
	b.unlink("hub", "7")
	w.recorded("account.unlinked")
	if w.links("ann") != "lab 7" {
		t.Errorf("links %q", w.links("ann"))
	}
}

// pausing lets something happen before the first changes that it is given.
type pausing struct {
	flow.Store
	first func()
}

func (s *pausing) Apply(ctx context.Context, changes ...core.Change) error {
	if first := s.first; first != nil {
		s.first = nil
		first()
	}
	return s.Store.Apply(ctx, changes...)
}

// The service behind knows which connectors are closed; a name that is not offered
// gets no further, and is not kept with the request.
func refuseClosedConnector(t *testing.T, w *world, p *providers) {
	b := w.browser().authorize("fast").at(flow.PathLogin)
	p.refuse = &core.UpstreamRefused{Kind: core.UpstreamClosed, Reason: "connector_unknown"}
	w.events()
	step := b.step()
	b.got(b.SignInWith(t.Context(), step, strings.Repeat("x", 1000), "", b.from())).elsewhere(core.UpstreamClosed, 403, "connector_unknown")
	w.recorded("upstream.refused connector_unknown")
	link := b.goesBack().last
	p.refuse = nil
	if b.last = link; b.with("hub").returns("hub", "ann").grant("fast").User.Name != "ann" {
		t.Error("not ann")
	}
	// It is closed while somebody is there.
	b.authorize("fast", "prompt", "login").at(flow.PathLogin).with("hub")
	state := b.sent("hub")
	p.refuse = &core.UpstreamRefused{Kind: core.UpstreamClosed, Reason: "connector_disabled", Connector: "hub"}
	w.events()
	b.calls("hub", state, "ben").elsewhere(core.UpstreamClosed, 403, "connector_disabled")
	w.recorded("upstream.refused connector_disabled")
	if b.who() != "ann" || w.attempts(state) != 0 {
		t.Errorf("%q is signed in", b.who())
	}
}

func TestLink(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	p.offers = append(p.offers, core.Offer{Connector: "lab", Org: "other", Title: "Lab of others"})
	b := linking(t, w, "ann")
	home := b.home()
	if len(home.Offers) != 1 || home.Offers[0].Connector != "hub" || len(home.Links) != 0 {
		t.Errorf("home %+v", home)
	}
	session := b.session
	b.link("hub").returns("hub", "ann@hub")
	if told := b.told(); told != "linked The Hub" || b.session != session || b.who() != "ann" {
		t.Errorf("told %q", told)
	}
	if got := p.finished[0]; got.For == nil || got.For.User.Name != "ann" || got.Client != nil || got.Event.UserID != w.user("ann").ID || got.Event.Actor == "" {
		t.Errorf("finished %+v", got)
	}
	links := b.home().Links
	if len(links) != 1 || links[0].Connector != "hub" || links[0].Subject != "subject of ann@hub" || links[0].Title != "The Hub" || links[0].Icon != "key" ||
		links[0].Only || !links[0].Since.Equal(w.now) {
		t.Errorf("links %+v", links)
	}
	w.recorded()
	b.unlink("hub", "subject of ann@hub")
	if unlinked, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventAccountUnlinked}); err != nil || len(unlinked) != 1 ||
		unlinked[0].Detail["subject"] != "subject of ann@hub" {
		t.Errorf("events %+v, %v", unlinked, err)
	}
	w.recorded("account.unlinked")
	if w.links("ann") != "" || b.who() != "ann" {
		t.Errorf("links %q", w.links("ann"))
	}
	// A browser that lost its cookie gets one to link with.
	b.binding = ""
	if b.link("hub").sent("hub"); b.binding == "" {
		t.Error("nothing binds the attempt to the browser")
	}
	b.returns("hub", "again")
	if w.links("ann") != "hub subject of again" {
		t.Errorf("links %q", w.links("ann"))
	}
}
