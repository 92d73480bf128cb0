package flow_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

// cameFrom lets everybody in as somebody who came from a provider that signs people out.
type cameFrom struct{ w *world }

func (c cameFrom) SignIn(_ context.Context, a core.PasswordAttempt) (*core.Proof, error) {
	return &core.Proof{
		User: c.w.user(a.Login), Method: core.MethodUpstream, Upstream: &core.Upstream{Connector: "far", Logout: []byte("sealed")},
	}, nil
}

// signsOut is a provider where one can only sign out.
type signsOut struct{ flow.Upstream }

func (signsOut) Offers(context.Context, *core.Client) ([]core.Offer, error) {
	return []core.Offer{{Connector: "far", Title: "Far away", Icon: "key"}}, nil
}

func (signsOut) SignOut(_ context.Context, _ *core.Session, returnTo, state string) (string, error) {
	return "https://far.example/logout?back=" + url.QueryEscape(returnTo) + "&state=" + url.QueryEscape(state), nil
}

func (signsOut) Begin(_ context.Context, b core.UpstreamBegin) (core.UpstreamStart, error) {
	return core.UpstreamStart{Redirect: "https://far.example/authorize"}, nil
}

// A redirect to a provider, and one from a provider on to a client, is marked: it may
// follow a form whose page allowed neither. One that answers our own form is not.
func TestRedirectsThatLeave(t *testing.T) {
	w := newWorld(t)
	w.Upstream, w.Passwords = signsOut{}, cameFrom{w}
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast", "idp_hint", "far")
	if away := b.last.Away; away == nil || away.Title != "Far away" || away.Icon != "key" || away.Client != nil {
		t.Errorf("to the provider: %+v", away)
	}
	b = w.browser().authorize("fast")
	if b.last.Away != nil {
		t.Errorf("to our own page: %+v", b.last.Away)
	}
	b.at(flow.PathLogin).login("ann", "anything")
	if session := b.grant("fast").Grant.SessionID; b.last.Away != nil {
		t.Errorf("to the client, by our own form: %+v", b.last.Away)
	} else {
		w.hints["token"] = flow.Hint{Subject: w.user("ann").ID, SessionID: session, ClientID: "fast"}
	}
	b.logout("id_token_hint", "token", "post_logout_redirect_uri", "https://fast.example/bye")
	if b.last.Away == nil || b.last.Away.Client != nil || !strings.HasPrefix(b.last.Redirect, "https://far.example/logout?") || b.session != "" {
		t.Fatalf("to sign out: %+v, %+v", b.last, b.last.Away)
	}
	sent, err := url.Parse(b.last.Redirect)
	if err != nil {
		t.Fatal(err)
	}
	if out := w.LogoutReturn(sent.Query().Get("state")); out.Redirect != "https://fast.example/bye" || out.Away == nil {
		t.Errorf("back to the client: %+v", out)
	}
	if out := w.LogoutReturn("forged"); out.Redirect != "" || out.Away != nil {
		t.Errorf("a state that is not ours leads to %+v", out)
	}
}

// What the home page says was signed for the session, and not long ago.
func TestNote(t *testing.T) {
	w := newWorld(t)
	w.Upstream = hiddenOffer{}
	w.apply(core.SaveInstance{Instance: core.PluginInstance{Name: "far", Plugin: "oidc", Module: core.BuiltinModule, Settings: []byte("{}")}},
		core.SaveConnector{Connector: core.Connector{Instance: "far", Org: "built-in", CreatedAt: w.now, UpdatedAt: w.now}},
		core.SaveLink{Link: core.Link{Connector: "far", Subject: "7", UserID: w.user("ann").ID, CreatedAt: w.now}})
	b, other := w.browser(), w.browser()
	b.got(b.SignInHere(t.Context(), b.from())).at(flow.PathLogin).signIn("ann")
	other.got(other.SignInHere(t.Context(), other.from())).at(flow.PathLogin).signIn("ben")
	at := func(b *browser) *flow.Home {
		home, err := b.Home(t.Context(), b.from())
		if err != nil || home == nil {
			t.Fatal(home, err)
		}
		return home
	}
	b.got(b.Unlink(t.Context(), at(b).Step, "far", "7", b.from()))
	step := b.step()
	if note := b.Told(&at(b).SignedIn, step); note == nil || *note != (flow.Note{Kind: flow.NoteUnlinked, About: "far"}) || at(b).Title("far") != "Far away" {
		t.Errorf("the note is %+v", note)
	}
	for name, wrong := range map[string]string{"nothing": "", "forged": "x." + step, "of another step": at(b).Step} {
		if note := b.Told(&at(b).SignedIn, wrong); note != nil {
			t.Errorf("%s: %+v", name, note)
		}
	}
	if note := b.Told(&at(other).SignedIn, step); note != nil {
		t.Errorf("another person is told %+v", note)
	}
	w.now = w.now.Add(time.Minute)
	if note := b.Told(&at(b).SignedIn, step); note != nil {
		t.Errorf("a minute later: %+v", note)
	}
}

// hiddenOffer has a hidden offer, whose name the page knows all the same.
type hiddenOffer struct{ flow.Upstream }

func (hiddenOffer) Offers(context.Context, *core.Client) ([]core.Offer, error) {
	return []core.Offer{{Connector: "far", Org: "built-in", Title: "Far away", Hidden: true}}, nil
}

// Who wants to change how they sign in and has to sign in once more is told why.
func TestAgain(t *testing.T) {
	w := newWorld(t)
	w.Upstream = hiddenOffer{}
	b := w.browser()
	b.got(b.SignInHere(t.Context(), b.from())).at(flow.PathLogin)
	if problem := page[*flow.LoginPage](b).Problem; problem != "" {
		t.Errorf("at first: %s", problem)
	}
	b.signIn("ann")
	home, err := b.Home(t.Context(), b.from())
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(6 * time.Minute)
	b.got(b.Unlink(t.Context(), home.Step, "far", "7", b.from())).at(flow.PathLogin)
	if problem := page[*flow.LoginPage](b).Problem; problem != flow.ProblemAgain {
		t.Errorf("then: %q", problem)
	}
}

// An account elsewhere is not the last way in for who has a passkey, unless the
// organisation takes none.
func TestUnlinkBesideAPasskey(t *testing.T) {
	w := newWorld(t)
	w.Upstream = hiddenOffer{}
	ann := w.user("ann")
	w.apply(core.SaveInstance{Instance: core.PluginInstance{Name: "far", Plugin: "oidc", Module: core.BuiltinModule, Settings: []byte("{}")}},
		core.SaveConnector{Connector: core.Connector{Instance: "far", Org: "built-in", CreatedAt: w.now, UpdatedAt: w.now}},
		core.SaveLink{Link: core.Link{Connector: "far", Subject: "7", UserID: ann.ID, CreatedAt: w.now}})
	b := w.browser()
	b.got(b.SignInHere(t.Context(), b.from())).at(flow.PathLogin).signIn("ann")
	only := func() bool {
		home, err := b.Home(t.Context(), b.from())
		if err != nil || len(home.Links) != 1 {
			t.Fatal(home, err)
		}
		return home.Links[0].Only
	}
	if only() {
		t.Error("the password does not count")
	}
	w.apply(core.SetPassword{UserID: ann.ID, At: w.now})
	if !only() {
		t.Error("the last way in can be unlinked")
	}
	w.apply(core.AddAuthenticator{Authenticator: core.Authenticator{
		ID: w.newID(), UserID: ann.ID, Kind: core.AuthenticatorPasskey, Handle: []byte("k"), Data: []byte("{}"), CreatedAt: w.now,
	}})
	if only() {
		t.Error("the passkey does not count")
	}
	org := core.Organisation{Name: "built-in", CreatedAt: w.now}
	org.Rules.SignIn.Methods = []string{core.MethodPassword, core.MethodUpstream}
	w.apply(core.UpdateOrganisation{Organisation: org})
	if !only() {
		t.Error("a passkey counts that nobody can sign in with")
	}
	org.Rules = core.OrgRules{}
	w.apply(core.UpdateOrganisation{Organisation: org})
	if only() {
		t.Error("the passkey counts no more")
	}
}
