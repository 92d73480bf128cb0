package flow_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
)

// broken fails at the n-th call, and at every one after it.
type broken struct {
	flow.Store
	left int
}

var errDisk = errors.New("disk on fire")

func (s *broken) fails() bool { s.left--; return s.left < 0 }

func (s *broken) Apply(ctx context.Context, changes ...core.Change) error {
	if s.fails() {
		return errDisk
	}
	return s.Store.Apply(ctx, changes...)
}

func (s *broken) Client(ctx context.Context, id string) (*core.Client, error) {
	if s.fails() {
		return nil, errDisk
	}
	return s.Store.Client(ctx, id)
}

func (s *broken) Organisation(ctx context.Context, name string) (*core.Organisation, error) {
	if s.fails() {
		return nil, errDisk
	}
	return s.Store.Organisation(ctx, name)
}

func (s *broken) SignedIn(ctx context.Context, id core.ID) (*core.SignedIn, error) {
	if s.fails() {
		return nil, errDisk
	}
	return s.Store.SignedIn(ctx, id)
}

func (s *broken) AuthRequest(ctx context.Context, id core.ID) (*core.AuthRequest, error) {
	if s.fails() {
		return nil, errDisk
	}
	return s.Store.AuthRequest(ctx, id)
}

func (s *broken) Links(ctx context.Context, user core.ID) ([]core.Link, error) {
	if s.fails() {
		return nil, errDisk
	}
	return s.Store.Links(ctx, user)
}

func (s *broken) Organisations(ctx context.Context) ([]core.Organisation, error) {
	if s.fails() {
		return nil, errDisk
	}
	return s.Store.Organisations(ctx)
}

func (s *broken) User(ctx context.Context, id core.ID) (*core.User, error) {
	if s.fails() {
		return nil, errDisk
	}
	return s.Store.User(ctx, id)
}

func (s *broken) Device(ctx context.Context, id core.ID) (*core.Device, error) {
	if s.fails() {
		return nil, errDisk
	}
	return s.Store.Device(ctx, id)
}

func (s *broken) Ticket(ctx context.Context, id core.ID) (*core.Ticket, error) {
	if s.fails() {
		return nil, errDisk
	}
	return s.Store.Ticket(ctx, id)
}

func (s *broken) Consent(ctx context.Context, user core.ID, client string) (*core.Consent, error) {
	if s.fails() {
		return nil, errDisk
	}
	return s.Store.Consent(ctx, user, client)
}

// Whatever the store does not answer, nothing is handed out: no code, no cookie,
// no word of the cause.
func TestStoreFails(t *testing.T) {
	type step struct {
		name  string
		begin func(*browser) // before the store breaks
		do    func(*browser) flow.Outcome
	}
	ctx := t.Context()
	// expire lets the session end, so that there is something to store.
	expire := func(b *browser) { b.now = b.now.Add(13 * time.Hour) }
	mailed := func(b *browser) {
		b.byMail()
		b.now = b.now.Add(time.Hour)
		b.authorize("rp").at(flow.PathLogin).mail("ann").at(flow.PathMail)
	}
	var codes []string
	atFactor := func(b *browser) {
		b.rules(func(r *core.OrgRules) { r.RememberDays = 7 })
		b.apply(core.DeleteAuthenticators{UserID: b.user("ann").ID})
		b.enrolApp("ann")
		codes = b.enrolCodes("ann")
		b.authorize("rp").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	}
	atConsent := func(b *browser) {
		b.authorize("rp", "prompt", "login consent").at(flow.PathLogin).signIn("ann").at(flow.PathConsent)
	}
	for _, s := range []step{
		{"authorize", func(b *browser) { atConsent(b) }, func(b *browser) flow.Outcome { return b.Dispatcher.Authorize(ctx, request("rp"), b.from()) }},
		{"here", func(b *browser) { atConsent(b); expire(b) }, func(b *browser) flow.Outcome { return b.SignInHere(ctx, b.from()) }},
		{"view", atConsent, func(b *browser) flow.Outcome { return b.View(ctx, flow.PathConsent, b.step(), b.from()) }},
		{"login", func(b *browser) { b.authorize("rp", "prompt", "login").at(flow.PathLogin) }, func(b *browser) flow.Outcome {
			return b.Dispatcher.Login(ctx, b.step(), "ann", people["ann"].password, b.from())
		}},
		{"consent", atConsent, func(b *browser) flow.Outcome { return b.Dispatcher.Consent(ctx, b.step(), true, b.from()) }},
		{"select", func(b *browser) {
			atConsent(b)
			b.authorize("rp", "prompt", "select_account").at(flow.PathSelect)
		}, func(b *browser) flow.Outcome { return b.Dispatcher.Select(ctx, b.step(), true, b.from()) }},
		{"cancel", func(b *browser) { b.authorize("rp", "prompt", "login").at(flow.PathLogin) }, func(b *browser) flow.Outcome {
			return b.Dispatcher.Cancel(ctx, b.step(), b.from())
		}},
		{"logout", func(b *browser) { atConsent(b) }, func(b *browser) flow.Outcome {
			return b.Dispatcher.Logout(ctx, oauth.ParamsOf(map[string][]string{"client_id": {"nobody"}}), b.from())
		}},
		{"with", func(b *browser) { b.authorize("rp").at(flow.PathLogin) }, func(b *browser) flow.Outcome {
			return b.SignInWith(ctx, b.step(), "hub", "", b.from())
		}},
		{"identify", func(b *browser) { b.authorize("rp").at(flow.PathLogin) }, func(b *browser) flow.Outcome {
			return b.Identify(ctx, b.step(), "ann", b.from())
		}},
		{"callback", func(b *browser) { b.authorize("rp").at(flow.PathLogin).with("hub") }, func(b *browser) flow.Outcome {
			return b.Callback(ctx, "hub", callback("state", b.sent("hub"), "code", "ann"), false, b.from())
		}},
		{"posted callback", func(b *browser) { b.authorize("rp").at(flow.PathLogin).with("hub") }, func(b *browser) flow.Outcome {
			return b.Callback(ctx, "hub", callback("state", b.sent("hub"), "code", "ann"), true, b.from())
		}},
		{"link", atConsent, func(b *browser) flow.Outcome { return b.Link(ctx, b.account, "hub", b.from()) }},
		{"callback to link", func(b *browser) { atConsent(b); b.link("hub") }, func(b *browser) flow.Outcome {
			return b.Callback(ctx, "hub", callback("state", b.sent("hub"), "code", "ann"), false, b.from())
		}},
		{"unlink", atConsent, func(b *browser) flow.Outcome { return b.Unlink(ctx, b.account, "hub", "7", b.from()) }},
		{"with a passkey", func(b *browser) {
			if len(b.keys.Passkeys) == 0 {
				b.enrolPasskey("ann")
			}
			b.authorize("rp").at(flow.PathLogin)
		}, func(b *browser) flow.Outcome {
			ceremony := page[*flow.LoginPage](b).Passkey
			return b.LoginWithPasskey(ctx, b.step(), ceremony.Signed, b.asserted(ceremony), b.from())
		}},
		{"mail", func(b *browser) {
			b.byMail()
			b.now = b.now.Add(time.Hour) // so many mails are too many else
			b.authorize("rp").at(flow.PathLogin)
		}, func(b *browser) flow.Outcome {
			return b.RequestMail(ctx, b.step(), "ann", b.from())
		}},
		{"code", mailed, func(b *browser) flow.Outcome { return b.Code(ctx, b.step(), b.mailed()["code"], b.from()) }},
		{"ticket", mailed, func(b *browser) flow.Outcome { return b.Ticket(ctx, ticketIn(t, b.mailed()["link"]), b.from()) }},
		{"ticket used", mailed, func(b *browser) flow.Outcome { return b.TicketSignIn(ctx, ticketIn(t, b.mailed()["link"]), b.from()) }},
		{"factor", atFactor, func(b *browser) flow.Outcome {
			return b.Factor(ctx, b.step(), flow.FactorForm{Method: core.MethodRecovery, Code: codes[0], Trust: true}, b.from())
		}},
		{"factor in a trusted browser", func(b *browser) {
			atFactor(b)
			b.device = core.NewCredential(core.KindDevice, b.newID(), strings.NewReader(strings.Repeat("x", 99))).String()
		}, func(b *browser) flow.Outcome { return b.View(ctx, flow.PathFactor, b.step(), b.from()) }},
		{"enrol", func(b *browser) {
			b.requireTwo()
			b.apply(core.DeleteAuthenticators{UserID: b.user("ann").ID})
			b.authorize("rp").at(flow.PathLogin).signIn("ann").at(flow.PathEnrol).enrol(flow.EnrolForm{Method: core.MethodTOTP})
		}, func(b *browser) flow.Outcome {
			shown := page[*flow.TOTPPage](b)
			return b.Dispatcher.Enrol(ctx, shown.Step, flow.EnrolForm{Method: core.MethodTOTP, Seed: shown.Seed, Code: b.appOf(shown.URI).code()}, b.from())
		}},
		{"fresh", func(b *browser) { atConsent(b); b.now = b.now.Add(time.Hour) }, func(b *browser) flow.Outcome {
			if _, done := b.FreshPerson(ctx, b.account, b.from(), "/account"); done != nil {
				return *done
			}
			return flow.Outcome{Redirect: "/account"}
		}},
		{"enter", func(b *browser) { b.authorize("rp").at(flow.PathLogin) }, func(b *browser) flow.Outcome {
			request, _ := b.requestOf(b)
			return b.Enter(ctx, b.from(), request, proofOf(b.user("ann")))
		}},
		{"confirm", func(b *browser) { atConsent(b); b.logout() }, func(b *browser) flow.Outcome { return b.ConfirmLogout(ctx, b.step(), b.from()) }},
	} {
		t.Run(s.name, func(t *testing.T) {
			w := newWorld(t)
			w.signsInElsewhere()
			good, failures := w.Store, 0
			for calls := 0; ; calls++ {
				b := w.browser()
				w.Store = good
				s.begin(b)
				if home, err := b.Home(ctx, b.from()); err == nil && home != nil {
					b.account = home.Step
				}
				failing := &broken{Store: good, left: calls}
				w.Store = failing
				out := s.do(b)
				if failing.left >= 0 {
					b.got(out)
					break
				}
				failures++
				if out.Error == nil || out.Error.Status != http.StatusInternalServerError || !errors.Is(out.Error, errDisk) || out.Cookies != (flow.Cookies{}) || out.Redirect != "" {
					t.Fatalf("call %d failed: %+v", calls, out)
				}
				if strings.Contains(out.Error.Description, "disk") {
					t.Errorf("the page says %q", out.Error.Description)
				}
			}
			if failures == 0 {
				t.Error("the step never used the store")
			}
		})
	}
}

func TestHomeFails(t *testing.T) {
	w := newWorld(t)
	b := w.browser().authorize("rp").at(flow.PathLogin).signIn("ann")
	w.Store = &broken{Store: w.Store}
	if _, err := b.Home(t.Context(), b.from()); !errors.Is(err, errDisk) {
		t.Errorf("Home = %v", err)
	}
}

// passwords answers with what it holds, after a while.
type passwords struct {
	answer func() (*core.User, error)
	events []core.Event
}

func (p *passwords) SignIn(_ context.Context, a core.PasswordAttempt) (*core.Proof, error) {
	p.events = append(p.events, a.Event)
	user, err := p.answer()
	return &core.Proof{User: user, Method: core.MethodPassword}, err
}

func TestRefusedSignIn(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		err     error
		problem flow.Problem
		status  int
		retry   time.Duration
	}{
		{&core.SignInRefused{Kind: core.SignInWrong}, flow.ProblemWrong, 422, 0},
		{&core.SignInRefused{Kind: core.SignInThrottled, RetryAfter: time.Minute}, flow.ProblemThrottled, 429, time.Minute},
		{&core.SignInRefused{Kind: core.SignInBusy, RetryAfter: time.Second}, flow.ProblemBusy, 503, time.Second},
		{&core.SignInRefused{Kind: core.SignInUnavailable, RetryAfter: time.Second}, flow.ProblemUnavailable, 503, time.Second},
	} {
		w.Passwords = &passwords{answer: func() (*core.User, error) { return nil, c.err }}
		b := w.browser().authorize("rp").at(flow.PathLogin)
		b.login("ann", "x")
		if got := page[*flow.LoginPage](b); got.Problem != c.problem || b.last.Status != c.status || b.last.RetryAfter != c.retry || b.session != "" {
			t.Errorf("%v: %+v, %+v", c.err, got, b.last)
		}
	}
	w.Passwords = &passwords{answer: func() (*core.User, error) { return nil, errDisk }}
	b := w.browser().authorize("rp").at(flow.PathLogin)
	if out := b.Dispatcher.Login(t.Context(), b.step(), "ann", "x", b.from()); out.Error == nil || out.Error.Status != 500 {
		t.Errorf("got %+v", out)
	}
}

// The time of the sign-in is when the password was found right.
func TestSlowPassword(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	ann := w.user("ann")
	slow := &passwords{answer: func() (*core.User, error) { w.now = w.now.Add(3 * time.Second); return ann, nil }}
	w.Passwords = slow
	b := w.browser().authorize("fast").at(flow.PathLogin)
	agent := strings.Repeat("é", 200)
	from := b.from()
	from.UserAgent = "x" + agent
	b.got(b.Dispatcher.Login(t.Context(), b.step(), "ann", "x", from))
	if got := b.grant("fast").Grant; !got.AuthTime.Equal(w.now) || !got.CodeExpiresAt.Equal(w.now.Add(time.Minute)) {
		t.Errorf("signed in at %v, the code lives until %v, now %v", got.AuthTime, got.CodeExpiresAt, w.now)
	}
	home, err := b.Home(t.Context(), b.from())
	if err != nil || len(home.Session.UserAgent) > 256 || !strings.HasPrefix("x"+agent, home.Session.UserAgent) || len(home.Session.UserAgent) < 250 {
		t.Errorf("session %+v, %v", home, err)
	}
	if event := slow.events[0]; event.IP != "192.0.2.1" || event.ClientID != "fast" || event.Correlation == "" {
		t.Errorf("template %+v", event)
	}
}
