package flow_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
)

// providers is sign-in elsewhere, with attempts in the database and people who are
// whom their code names.
type providers struct {
	w        *world
	offers   []core.Offer
	begun    []core.UpstreamBegin
	finished []core.UpstreamFinish
	proof    core.Proof // what every proof has besides the person
	refuse   *core.UpstreamRefused
	err      error
	signOut  func(*core.Session) (string, error)
}

// signsInElsewhere gives the world two connectors, hub for its own organisation and
// lab, of whose domain the login page makes use, and a hidden one.
func (w *world) signsInElsewhere() *providers {
	p := &providers{w: w, offers: []core.Offer{
		{Connector: "hub", Org: "built-in", Title: "The Hub", Icon: "key"},
		{Connector: "cellar", Org: "built-in", Title: "Cellar", Hidden: true},
	}}
	for _, name := range []string{"hub", "lab", "cellar"} {
		w.apply(core.SaveInstance{Instance: core.PluginInstance{Name: name, Plugin: "oidc", Module: core.BuiltinModule, Settings: []byte("{}")}},
			core.SaveConnector{Connector: core.Connector{Instance: name, Org: "built-in", CreatedAt: w.now, UpdatedAt: w.now}})
	}
	w.Upstream = p
	return p
}

// hasDomains adds the connector lab, which has a domain.
func (p *providers) hasDomains() {
	p.offers = append(p.offers, core.Offer{Connector: "lab", Org: "built-in", Title: "Lab", Domains: []string{"lab.example", "xn--lab-hoa.example"}})
}

func (p *providers) Offers(context.Context, *core.Client) ([]core.Offer, error) {
	return p.offers, p.err
}

func (p *providers) Begin(_ context.Context, b core.UpstreamBegin) (core.UpstreamStart, error) {
	p.begun = append(p.begun, b)
	if p.refuse != nil {
		return core.UpstreamStart{}, p.refuse
	}
	state := core.NewCredential(core.KindState, p.w.newID(), rand.Reader)
	attempt := core.UpstreamAttempt{
		ID: state.ID, Hash: state.Hash(), BrowserHash: b.Browser, RequestID: b.Request, LinkTo: b.LinkTo, Connector: b.Connector,
		Fresh: b.Fresh, CreatedAt: p.w.now, ExpiresAt: b.ExpiresAt,
	}
	return core.UpstreamStart{
		Redirect: "https://" + b.Connector + ".example/authorize?state=" + state.String(),
		Changes:  []core.Change{core.SaveAttempt{Attempt: attempt}},
	}, p.err
}

func (p *providers) Attempt(ctx context.Context, state string) (*core.UpstreamAttempt, error) {
	given, ok := core.ParseCredential(core.KindState, state)
	if !ok {
		return nil, core.ErrNotFound
	}
	attempt, err := p.w.store.Attempt(ctx, given.ID)
	if err != nil {
		return nil, err
	}
	if !attempt.Hash.Matches(given.Hash()) || !p.w.now.Before(attempt.ExpiresAt) {
		return nil, core.ErrNotFound
	}
	return attempt, p.err
}

var errTooLarge = &core.UpstreamRefused{Kind: core.UpstreamBroken, Reason: "callback_too_large", Connector: "hub"}

func (p *providers) Hold(_ string, a *core.UpstreamAttempt, params url.Values) (core.HoldCallback, error) {
	if len(params.Encode()) > 1<<10 {
		return core.HoldCallback{}, errTooLarge
	}
	return core.HoldCallback{ID: a.ID, Held: []byte(params.Encode())}, p.err
}

// Finish proves that the person is the one of the code.
func (p *providers) Finish(ctx context.Context, f core.UpstreamFinish) (*core.Proof, error) {
	p.finished = append(p.finished, f)
	if p.err != nil {
		return nil, p.err
	}
	changes := []core.Change{core.FinishAttempt{ID: f.Attempt.ID}}
	if p.refuse != nil {
		refused := *p.refuse
		event := f.Event
		event.ID, event.At, event.Type, event.Detail = p.w.newID(), p.w.now, core.EventUpstreamRefused, map[string]string{"reason": refused.Reason}
		refused.Changes = append(changes, core.Record{Event: event})
		return nil, &refused
	}
	code := f.Params.Get("code")
	if held, err := url.ParseQuery(string(f.Attempt.Held)); err == nil && f.Attempt.Held != nil {
		code = held.Get("code")
	}
	proof := p.proof
	proof.Method, proof.Upstream = core.MethodUpstream, &core.Upstream{Connector: f.Connector, Claims: []byte(`{"from":"there"}`), Logout: []byte("sealed")}
	if f.For != nil {
		proof.User = &f.For.User
		changes = append(changes, core.SaveLink{Link: core.Link{
			Connector: f.Connector, Subject: "subject of " + code, UserID: f.For.User.ID, Name: code, CreatedAt: p.w.now, LastUsedAt: p.w.now,
		}})
	} else {
		user, err := p.w.store.UserByLogin(ctx, "", code)
		if err != nil {
			return nil, err
		}
		proof.User = user
	}
	proof.Changes = changes
	return &proof, nil
}

func (p *providers) SignOut(_ context.Context, s *core.Session, returnTo, state string) (string, error) {
	if p.signOut != nil {
		return p.signOut(s)
	}
	return "https://" + s.Upstream.Connector + ".example/logout?back=" + url.QueryEscape(returnTo) + "&state=" + url.QueryEscape(state), nil
}

// last gives what the last sign-in elsewhere began with.
func (p *providers) last() core.UpstreamBegin {
	p.w.t.Helper()
	if len(p.begun) == 0 {
		p.w.t.Fatal("nobody was sent anywhere")
	}
	return p.begun[len(p.begun)-1]
}

// with presses the button of a connector.
func (b *browser) with(connector string) *browser {
	b.t.Helper()
	return b.got(b.SignInWith(b.t.Context(), b.step(), connector, "", b.from()))
}

// sent checks that the browser was sent to the provider, and gives the state.
func (b *browser) sent(connector string) string {
	b.t.Helper()
	state, found := strings.CutPrefix(b.last.Redirect, "https://"+connector+".example/authorize?state=")
	if !found {
		b.t.Fatalf("not sent to %s: %+v (%v)", connector, b.last, b.last.Error)
	}
	return state
}

func callback(pairs ...string) oauth.Params {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return oauth.ParamsOf(values)
}

// returns comes back from the provider with a code for that person.
func (b *browser) returns(connector, code string) *browser {
	b.t.Helper()
	return b.calls(connector, b.sent(connector), code)
}

func (b *browser) calls(connector, state, code string) *browser {
	b.t.Helper()
	return b.got(b.Callback(b.t.Context(), connector, callback("state", state, "code", code), false, b.from()))
}

// elsewhere checks that an error page with a way back came.
func (b *browser) elsewhere(kind core.UpstreamRefusal, status int, reason string) *browser {
	b.t.Helper()
	out := b.last
	if out.Error == nil || out.Error.Status != status || out.Error.Reason != reason || out.Elsewhere == nil || out.Elsewhere.Kind != kind || out.Back == "" {
		b.t.Fatalf("got %+v (%v)", out, out.Error)
	}
	return b
}

// goesBack follows the way back of an error page to the login page.
func (b *browser) goesBack() *browser {
	b.t.Helper()
	b.last = flow.Outcome{Redirect: b.last.Back}
	return b.at(flow.PathLogin)
}

// attempts counts the attempts of these states that are left.
func (w *world) attempts(states ...string) (left int) {
	w.t.Helper()
	for _, text := range states {
		state, ok := core.ParseCredential(core.KindState, text)
		if !ok {
			w.t.Fatalf("%q is no state", text)
		}
		_, err := w.store.Attempt(w.t.Context(), state.ID)
		switch {
		case err == nil:
			left++
		case !errors.Is(err, core.ErrNotFound):
			w.t.Fatal(err)
		}
	}
	return left
}

// home gives the home page.
func (b *browser) home() *flow.Home {
	b.t.Helper()
	home, err := b.Home(b.t.Context(), b.from())
	if err != nil || home == nil {
		b.t.Fatalf("nobody is at home: %v", err)
	}
	return home
}

// told checks that the browser was sent to the page of what the person signs in with, and
// gives what that says.
func (b *browser) told() string {
	b.t.Helper()
	if !strings.HasPrefix(b.last.Redirect, flow.PathSecurity+"?step=") {
		b.t.Fatalf("not sent there: %+v (%v)", b.last, b.last.Error)
	}
	home := b.home()
	note := b.Told(&home.SignedIn, b.step())
	if note == nil {
		b.t.Fatal("the page says nothing")
	}
	return string(note.Kind) + " " + home.Title(note.About)
}

func (b *browser) link(connector string) *browser {
	b.t.Helper()
	return b.got(b.Link(b.t.Context(), b.home().Step, connector, b.from()))
}

func (b *browser) unlink(connector, subject string) *browser {
	b.t.Helper()
	return b.got(b.Unlink(b.t.Context(), b.home().Step, connector, subject, b.from()))
}

func (w *world) links(name string) string {
	w.t.Helper()
	links, err := w.store.Links(w.t.Context(), w.user(name).ID)
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, l := range links {
		names = append(names, fmt.Sprint(l.Connector, " ", l.Subject))
	}
	return strings.Join(names, ", ")
}

func later(w *world, d time.Duration) { w.now = w.now.Add(d) }
