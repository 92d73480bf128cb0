package flow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

// requireTwo has the organisation want two factors.
func (w *world) requireTwo() { w.rules(func(r *core.OrgRules) { r.SignIn.Require = core.ACRTwo }) }

func TestEnrolApp(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.requireTwo()
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	w.recorded("signin.factor_wanted")
	if b.at(flow.PathEnrol); b.session != "" {
		t.Fatal("84 there is a session before the second factor")
	}
	choice := page[*flow.EnrolPage](b)
	if !choice.TOTP || choice.Passkey == nil || choice.User.Name != "ann" || choice.Client.ID != "fast" {
		t.Errorf("page %+v", choice)
	}
	b.enrol(flow.EnrolForm{Method: core.MethodTOTP})
	shown := page[*flow.TOTPPage](b)
	if shown.Seed == "" || !strings.HasPrefix(shown.URI, "otpauth://totp/") || shown.Only {
		t.Fatalf("page %+v", shown)
	}
	app := w.appOf(shown.URI)
	for _, c := range []struct {
		code    string
		problem flow.Problem
	}{{"", flow.ProblemMissing}, {app.wrong(), flow.ProblemCode}} {
		b.enrol(flow.EnrolForm{Method: core.MethodTOTP, Seed: shown.Seed, Code: c.code, Name: "My phone"})
		if again := page[*flow.TOTPPage](b); again.Problem != c.problem || again.Seed != shown.Seed || again.URI != shown.URI || again.Name != "My phone" || b.last.Status != 422 {
			t.Errorf("%q: %+v, status %d", c.code, again, b.last.Status)
		}
	}
	w.events()
	b.enrol(flow.EnrolForm{Method: core.MethodTOTP, Seed: shown.Seed, Code: app.code(), Name: "My phone"})
	codes := page[*flow.CodesPage](b)
	if len(codes.Codes) != 10 || codes.User.Name != "ann" || b.session == "" {
		t.Fatalf("page %+v, session %q", codes, b.session)
	}
	w.recorded("authenticator.added", "recovery_codes.made", "signin.succeeded")
	if s := b.signedIn(); s.ACR != "2" || !slices.Equal(s.AMR, []string{"pwd", "otp", "mfa"}) {
		t.Errorf("session %+v", s)
	}
	enrolled, err := w.store.Enrolled(t.Context(), w.user("ann").ID)
	if err != nil || enrolled != (core.Enrolled{TOTP: 1, RecoveryCodes: 10}) {
		t.Errorf("enrolled %+v, %v", enrolled, err)
	}
	b.got(b.Codes(t.Context(), b.step(), b.from()))
	if got := b.grant("fast").Grant; got.ACR != "2" {
		t.Errorf("grant %+v", got)
	}
	// Next time it is asked for, and nothing can be enrolled past it.
	w.now = w.now.Add(time.Minute)
	c := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	step := c.step()
	c.got(c.Dispatcher.Enrol(t.Context(), step, flow.EnrolForm{Method: core.MethodTOTP}, c.from())).shown("step_forged")
	c.last.Page = nil
	c.got(c.Factor(t.Context(), step, flow.FactorForm{Method: core.MethodTOTP, Code: app.code()}, c.from())).grant("fast")
}

func TestEnrolPasskey(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.rules(func(r *core.OrgRules) { r.SignIn.Require = core.ACRPhishingResistant })
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathEnrol)
	choice := page[*flow.EnrolPage](b)
	if choice.TOTP {
		t.Error("an app is offered where a passkey is wanted")
	}
	step := b.step()
	b.got(b.Dispatcher.Enrol(t.Context(), step, flow.EnrolForm{Method: core.MethodTOTP}, b.from())).shown("method_not_allowed")
	made, err := b.keys.Create(choice.Passkey.Options)
	if err != nil {
		t.Fatal(err)
	}
	form := flow.EnrolForm{Method: core.MethodPasskey, Ceremony: choice.Passkey.Signed, Response: string(made), Name: "Laptop"}
	for name, edit := range map[string]struct {
		edit    func(*flow.EnrolForm)
		problem flow.Problem
	}{
		"without a script":     {func(f *flow.EnrolForm) { f.Response = "" }, flow.ProblemScript},
		"another ceremony":     {func(f *flow.EnrolForm) { f.Ceremony = step }, flow.ProblemPasskey},
		"a newer ceremony":     {func(f *flow.EnrolForm) { f.Ceremony = page[*flow.EnrolPage](b).Passkey.Signed }, flow.ProblemPasskey},
		"nothing that is JSON": {func(f *flow.EnrolForm) { f.Response = "x" }, flow.ProblemPasskey},
	} {
		b.got(b.View(t.Context(), flow.PathEnrol, step, b.from()))
		wrong := form
		edit.edit(&wrong)
		b.got(b.Dispatcher.Enrol(t.Context(), step, wrong, b.from()))
		if got := page[*flow.EnrolPage](b); got.Problem != edit.problem || b.last.Status != 422 || b.session != "" {
			t.Errorf("99 %s: %+v", name, got)
		}
	}
	b.got(b.Dispatcher.Enrol(t.Context(), step, form, b.from()))
	if s := b.signedIn(); s.ACR != "phr" || !slices.Contains(s.AMR, "pwd") || !slices.Contains(s.AMR, "mfa") || !slices.Contains(s.AMR, "user") {
		t.Errorf("session %+v", s)
	}
	b.got(b.Codes(t.Context(), page[*flow.CodesPage](b).Step, b.from())).grant("fast")
	b.authorize("fast", "prompt", "login").at(flow.PathLogin).tapsFirst().grant("fast")
}

// Who has an app proves it before they enrol the passkey that is wanted.
func TestEnrolBehindApp(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.rules(func(r *core.OrgRules) { r.SignIn.Require = core.ACRPhishingResistant })
	app := w.enrolApp("ann")
	w.enrolCodes("ann")
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathFactor).types(app)
	if b.session != "" {
		t.Fatal("84 there is a session before the passkey")
	}
	b.at(flow.PathEnrol)
	passkey := page[*flow.EnrolPage](b).Passkey
	made, err := b.keys.Create(passkey.Options)
	if err != nil {
		t.Fatal(err)
	}
	b.enrol(flow.EnrolForm{Method: core.MethodPasskey, Ceremony: passkey.Signed, Response: string(made)})
	// There are recovery codes already.
	if got := b.grant("fast").Grant; got.ACR != "phr" || !slices.Contains(got.AMR, "otp") {
		t.Errorf("grant %+v", got)
	}
}

// A session of a minute may enrol what the client wants, an old one signs in first.
func TestEnrolInSession(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{"password", "totp"} })
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	before := *b.signedIn()
	w.now = w.now.Add(6 * time.Minute)
	b.authorize("fast", "claims", essentialTwo).at(flow.PathLogin)
	w.now = w.now.Add(-2 * time.Minute)
	b.authorize("fast", "claims", essentialTwo).at(flow.PathEnrol)
	shown := page[*flow.TOTPPage](b)
	if !shown.Only {
		t.Errorf("page %+v", shown)
	}
	b.enrol(flow.EnrolForm{Method: core.MethodTOTP, Seed: shown.Seed, Code: w.appOf(shown.URI).code()})
	after := b.signedIn()
	if after.ID == before.ID || after.ACR != "2" || !after.AuthTime.Equal(before.AuthTime) {
		t.Errorf("84 session %+v, was %+v", after, before)
	}
	b.got(b.Codes(t.Context(), page[*flow.CodesPage](b).Step, b.from())).grant("fast")
}

// A seed of another person, or an old one, is none.
func TestEnrolForeignSeed(t *testing.T) {
	w := newWorld(t)
	w.requireTwo()
	b := w.browser().authorize("rp").at(flow.PathLogin).signIn("ann").at(flow.PathEnrol)
	sealed, uri := w.Factors.NewTOTP(w.user("ben"))
	for name, seed := range map[string]string{"another's": sealed, "none": "x"} {
		b.enrol(flow.EnrolForm{Method: core.MethodTOTP, Seed: seed, Code: w.appOf(uri).code()})
		if got := page[*flow.TOTPPage](b); got.Problem != flow.ProblemExpired || got.Seed == seed || got.URI == uri {
			t.Errorf("97 %s: %+v", name, got)
		}
	}
	if b.session != "" {
		t.Error("97 signed in by another's seed")
	}
}
