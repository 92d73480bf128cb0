package flow_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

// itself signs somebody in to Postern itself.
func (b *browser) itself(name string) *browser {
	b.t.Helper()
	return b.got(b.SignInHere(b.t.Context(), b.from())).at(flow.PathLogin).signIn(name)
}

func (b *browser) here() (*core.SignedIn, string) {
	b.t.Helper()
	in, step, err := b.Here(b.t.Context(), b.from())
	if err != nil {
		b.t.Fatal(err)
	}
	return in, step
}

func TestPerson(t *testing.T) {
	w := newWorld(t)
	b, other := w.browser(), w.browser()
	if in, step := b.here(); in != nil || step != "" {
		t.Fatalf("nobody is %+v", in)
	}
	b.itself("ann")
	other.itself("ben")
	w.events()
	in, step := b.here()
	if in == nil || in.User.Name != "ann" {
		t.Fatalf("here is %+v", in)
	}
	if got, done := b.Person(t.Context(), step, b.from()); done != nil || got.User.Name != "ann" {
		t.Errorf("Person = %+v, %+v", got, done)
	}
	w.recorded()
	for name, c := range map[string]struct {
		from   *browser
		step   string
		reason string
	}{
		"nobody":          {w.browser(), step, "session_unknown"},
		"another person":  {other, step, "step_forged"},
		"nothing":         {b, "", "step_forged"},
		"of another step": {b, b.authorize("rp").step(), "step_forged"},
	} {
		got, done := b.Person(t.Context(), c.step, c.from.from())
		if got != nil || done == nil {
			t.Fatalf("%s is taken for %+v", name, got)
		}
		c.from.got(*done).shown(c.reason)
		w.recorded("step.refused " + c.reason)
	}
}

func TestFreshPerson(t *testing.T) {
	w := newWorld(t)
	b := w.browser().itself("ann")
	_, step := b.here()
	w.now = w.now.Add(5 * time.Minute)
	if in, done := b.FreshPerson(t.Context(), step, b.from(), "/account/security"); done != nil || in.User.Name != "ann" {
		t.Fatalf("after five minutes: %+v, %+v", in, done)
	}
	w.now = w.now.Add(time.Millisecond)
	in, done := b.FreshPerson(t.Context(), step, b.from(), "/account/security?added=1")
	if in != nil || done == nil {
		t.Fatalf("97 later: %+v", in)
	}
	session := b.session
	b.got(*done).at(flow.PathLogin)
	if page[*flow.LoginPage](b).Problem != flow.ProblemAgain {
		t.Errorf("page %+v", b.last.Page)
	}
	b.signIn("ann")
	if b.last.Redirect != "/account/security?added=1" || b.session == session {
		t.Errorf("sent to %q", b.last.Redirect)
	}
	_, step = b.here()
	if in, done := b.FreshPerson(t.Context(), step, b.from(), "/account"); done != nil || in.User.Name != "ann" {
		t.Errorf("afterwards: %+v, %+v", in, done)
	}
}

// Where a sign-in leads is a path here, whatever it is told.
func TestSignInTo(t *testing.T) {
	w := newWorld(t)
	for back, want := range map[string]string{
		"/account": "/account", "": "/", "/": "/", "//evil": "/", "/\\evil": "/", "https://evil": "/", "/a\tb": "/", "/a b": "/", "/ü": "/", "account": "/",
	} {
		b := w.browser()
		b.got(b.SignInTo(t.Context(), back, b.from())).at(flow.PathLogin).signIn("ann")
		if b.last.Redirect != want {
			t.Errorf("26 %q leads to %q", back, b.last.Redirect)
		}
		if b.got(b.SignInTo(t.Context(), back, b.from())); b.last.Redirect != want {
			t.Errorf("26 %q leads who is signed in to %q", back, b.last.Redirect)
		}
	}
}

func TestRenew(t *testing.T) {
	w := newWorld(t)
	b := w.browser().itself("ann")
	in, step := b.here()
	before := *in
	w.now = w.now.Add(time.Minute)
	hash := "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"
	set := core.SetPassword{UserID: in.User.ID, Hash: hash, At: w.now}
	renewed, err := b.Renew(t.Context(), b.from(), in, set)
	if err != nil {
		t.Fatal(err)
	}
	if old, _ := b.here(); old != nil {
		t.Error("84 the old session still lives")
	}
	b.session = renewed.Cookies.SetSession
	now, _ := b.here()
	if now == nil || now.Session.ID == before.Session.ID || now.User.PasswordHash != hash || !now.Session.AuthTime.Equal(before.Session.AuthTime) ||
		!now.Session.ExpiresAt.Equal(before.Session.ExpiresAt) || now.Session.ACR != "1" || !renewed.Cookies.SessionExpires.Equal(before.Session.ExpiresAt) {
		t.Fatalf("84 renewed to %+v", now)
	}
	if _, done := b.Person(t.Context(), renewed.Step, b.from()); done != nil {
		t.Errorf("its step: %+v", done)
	}
	if _, done := b.Person(t.Context(), step, b.from()); done == nil {
		t.Error("84 the step of the old session is accepted")
	}
	// A session that has ended comes to no new life, and nothing is changed in it.
	w.apply(core.EndSession{ID: now.Session.ID, At: w.now})
	set.Hash = ""
	if _, err := b.Renew(t.Context(), b.from(), now, set); !errors.Is(err, core.ErrConflict) || w.user("ann").PasswordHash != hash {
		t.Errorf("84 Renew of an ended session = %v", err)
	}
}

// What is enrolled in a session is proved in it.
func TestProved(t *testing.T) {
	w := newWorld(t)
	w.Synced = func(a *core.Authenticator) bool { return a.Name == "synced" }
	b := w.browser().itself("ann")
	in, _ := b.here()
	app := &core.Authenticator{Kind: core.AuthenticatorTOTP}
	for _, c := range []struct {
		made *core.Authenticator
		acr  string
		amr  []string
	}{
		{app, "2", []string{"pwd", "otp", "mfa"}},
		{&core.Authenticator{Kind: core.AuthenticatorPasskey}, "phr", []string{"pwd", "hwk", "user", "mfa"}},
		{&core.Authenticator{Kind: core.AuthenticatorPasskey, Name: "synced"}, "phr", []string{"pwd", "swk", "user", "mfa"}},
	} {
		got := w.Proved(in, c.made)
		if got.Session.ACR != c.acr || !slices.Equal(got.Session.AMR, c.amr) || in.Session.ACR != "1" {
			t.Errorf("%+v: %+v", c.made, got.Session)
		}
		if again := w.Proved(got, app); again != got {
			t.Errorf("a session of %s is %s with an app", c.acr, again.Session.ACR)
		}
	}
	w.enrolApp("ann")
	in, _ = b.here()
	renewed, err := b.Renew(t.Context(), b.from(), w.Proved(in, app))
	if err != nil {
		t.Fatal(err)
	}
	b.session = renewed.Cookies.SetSession
	if _, done := b.FreshPerson(t.Context(), renewed.Step, b.from(), "/"); done != nil {
		t.Errorf("97 who proved an app just now proves it again: %+v", done)
	}
}

func proofOf(user *core.User) *core.Proof {
	return &core.Proof{User: user, Method: core.MethodInvite, AMR: []string{core.AMRPassword}, ACR: core.ACROne}
}

func TestEnter(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin)
	request, _ := w.requestOf(b)
	other := w.browser().itself("ben")
	other.got(other.Enter(t.Context(), other.from(), request, proofOf(w.user("ann"))))
	if other.last.Redirect != flow.PathHome || other.who() != "ann" {
		t.Errorf("85 in another browser: sent to %q as %q", other.last.Redirect, other.who())
	}
	b.got(b.Enter(t.Context(), b.from(), request, proofOf(w.user("ann")))).grant("fast")
	if b.who() != "ann" {
		t.Errorf("signed in is %q", b.who())
	}
	for name, id := range map[string]core.ID{"none": "", "finished": request, "unknown": w.newID()} {
		late := w.browser()
		late.binding = b.binding
		late.got(late.Enter(t.Context(), late.from(), id, proofOf(w.user("ben"))))
		if late.last.Redirect != flow.PathHome || late.who() != "ben" {
			t.Errorf("%s: sent to %+v", name, late.last)
		}
	}
}

func TestCeremony(t *testing.T) {
	w := newWorld(t)
	b, other := w.browser().itself("ann"), w.browser().itself("ann")
	in, step := b.here()
	signed, challenge := w.Ceremony(in)
	again, another := w.Ceremony(in)
	if len(challenge) != 32 || bytes.Equal(challenge, another) || signed == again {
		t.Errorf("challenges %x and %x", challenge, another)
	}
	got, expires, ok := w.Challenge(in, signed)
	if !ok || !bytes.Equal(got, challenge) || !expires.Equal(w.now.Add(10*time.Minute)) {
		t.Errorf("Challenge = %x until %v, %v", got, expires, ok)
	}
	theirs, _ := other.here()
	if _, _, ok := w.Challenge(theirs, signed); ok {
		t.Error("99 another session has the challenge")
	}
	for _, wrong := range []string{"", step, signed[1:], signed + "."} {
		if _, _, ok := w.Challenge(in, wrong); ok {
			t.Errorf("99 %q is a ceremony", wrong)
		}
	}
	w.now = w.now.Add(10 * time.Minute)
	if _, _, ok := w.Challenge(in, signed); ok {
		t.Error("99 the challenge outlives its ten minutes")
	}
}
