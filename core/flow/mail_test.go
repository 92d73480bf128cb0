package flow_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

// byMail has the organisation allow mails to sign in with, and ann an address that is
// hers.
func (w *world) byMail() {
	w.t.Helper()
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{"password", "email", "totp"} })
	ann := *w.user("ann")
	ann.EmailVerified = true
	w.apply(core.UpdateUser{User: ann})
}

func (b *browser) mail(login string) *browser {
	b.t.Helper()
	return b.got(b.RequestMail(b.t.Context(), b.step(), login, b.from()))
}

func (b *browser) code(code string) *browser {
	b.t.Helper()
	return b.got(b.Code(b.t.Context(), b.step(), code, b.from()))
}

// ticketIn gives the credential of a link in a mail.
func ticketIn(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(link, issuer+flow.PathTicket+"?") {
		t.Fatalf("link %q, %v", link, err)
	}
	return u.Query().Get("ticket")
}

func TestSignInByCode(t *testing.T) {
	w := newWorld(t)
	w.byMail()
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin)
	if login := page[*flow.LoginPage](b); !login.Email || !login.Password {
		t.Errorf("page %+v", login)
	}
	b.mail(" ann@example.org ").at(flow.PathMail)
	if shown := page[*flow.MailPage](b); shown.Login != "ann@example.org" || shown.Client.ID != "fast" || shown.Works != 10*time.Minute {
		t.Errorf("page %+v", shown)
	}
	w.recorded("ticket.sent")
	code := w.mailed()["code"]
	for _, c := range []struct {
		code    string
		problem flow.Problem
	}{{"", flow.ProblemMissing}, {"00000000", flow.ProblemCode}} {
		if b.code(c.code); page[*flow.MailPage](b).Problem != c.problem || b.last.Status != 422 || b.session != "" {
			t.Errorf("%q: %+v", c.code, b.last)
		}
	}
	w.events()
	if got := b.code(code).grant("fast").Grant; got.ACR != "1" || !slices.Equal(got.AMR, []string{"otp", "mca"}) {
		t.Errorf("grant %+v", got)
	}
	w.recorded("code.issued", "signin.succeeded", "ticket.used")
	// With an app besides it is two.
	app := w.enrolApp("ann")
	c := w.browser().authorize("fast").at(flow.PathLogin).mail("ann").at(flow.PathMail).code(w.mailed()["code"]).at(flow.PathFactor)
	if got := c.types(app).grant("fast").Grant; got.ACR != "2" || !slices.Equal(got.AMR, []string{"otp", "mca", "mfa"}) {
		t.Errorf("grant %+v", got)
	}
}

func TestSignInByLink(t *testing.T) {
	w := newWorld(t)
	w.byMail()
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin).mail("ann").at(flow.PathMail)
	link := ticketIn(t, w.mailed()["link"])
	// Whatever opens the link uses nothing up.
	for range 3 {
		b.got(b.Ticket(t.Context(), link, b.from()))
		if shown := page[*flow.TicketPage](b); shown.Ticket != link || shown.Gone != "" || shown.Client.ID != "fast" || b.session != "" {
			t.Errorf("87 page %+v", shown)
		}
	}
	phone := w.browser()
	for name, see := range map[string]func() flow.Outcome{
		"looked at": func() flow.Outcome { return phone.Ticket(t.Context(), link, phone.from()) },
		"used":      func() flow.Outcome { return phone.TicketSignIn(t.Context(), link, phone.from()) },
	} {
		if phone.got(see()); page[*flow.TicketPage](phone).Gone != flow.GoneBrowser || phone.session != "" || phone.last.Status != 410 {
			t.Errorf("100 %s in another browser: %+v", name, phone.last)
		}
	}
	b.got(b.TicketSignIn(t.Context(), link, b.from())).grant("fast")
	for name, c := range map[string]struct {
		link string
		gone flow.Gone
	}{
		"used":    {link, flow.GoneUsed},
		"cut":     {link[:20], flow.GoneUnknown},
		"nothing": {"", flow.GoneUnknown},
		"forged":  {core.NewCredential(core.KindTicket, w.newID(), strings.NewReader(strings.Repeat("x", 99))).String(), flow.GoneUsed},
	} {
		for _, out := range []flow.Outcome{b.Ticket(t.Context(), c.link, b.from()), b.TicketSignIn(t.Context(), c.link, b.from())} {
			if b.got(out); page[*flow.TicketPage](b).Gone != c.gone {
				t.Errorf("100 %s: %+v", name, b.last.Page)
			}
		}
	}
	late := w.browser().authorize("fast").at(flow.PathLogin).mail("ann").at(flow.PathMail)
	link = ticketIn(t, w.mailed()["link"])
	w.now = w.now.Add(10 * time.Minute)
	if late.got(late.TicketSignIn(t.Context(), link, late.from())); page[*flow.TicketPage](late).Gone != flow.GoneExpired {
		t.Errorf("100 after ten minutes: %+v", late.last.Page)
	}
}

// What comes of a name that nobody has looks the same.
func TestMailForNobody(t *testing.T) {
	w := newWorld(t)
	w.byMail()
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{"email"} })
	known, unknown := w.browser().authorize("rp").at(flow.PathLogin), w.browser().authorize("rp").at(flow.PathLogin)
	w.commits.Store(0)
	known.mail("ann").at(flow.PathMail)
	commits := w.commits.Swap(0)
	unknown.mail("somebody").at(flow.PathMail)
	if n := w.commits.Load(); n != commits || w.mailsQueued() != 1 {
		t.Errorf("91 %d commits, %d for somebody; %d mails", n, commits, w.mailsQueued())
	}
	a, b := *page[*flow.MailPage](known), *page[*flow.MailPage](unknown)
	a.Step, b.Step, a.Login, b.Login, a.Back, b.Back, a.Client, b.Client = "", "", "", "", "", "", nil, nil
	if a != b {
		t.Errorf("91 %+v and %+v", a, b)
	}
	for range 4 {
		if unknown.code("12345678"); page[*flow.MailPage](unknown).Problem != flow.ProblemCode {
			t.Errorf("91 %+v", unknown.last)
		}
	}
	unknown.code("12345678").at(flow.PathLogin)
	if page[*flow.LoginPage](unknown).Problem != flow.ProblemExpired {
		t.Errorf("%+v", unknown.last)
	}
}

func TestMailAgain(t *testing.T) {
	w := newWorld(t)
	w.byMail()
	b := w.browser().authorize("rp").at(flow.PathLogin).mail("ann").at(flow.PathMail)
	old := w.mailed()["code"]
	w.now = w.now.Add(time.Minute)
	b.got(b.MailAgain(t.Context(), b.step(), b.from())).at(flow.PathMail)
	if page[*flow.MailPage](b).Login != "ann" || w.mailsQueued() != 2 {
		t.Errorf("%+v, %d mails", b.last.Page, w.mailsQueued())
	}
	if newer := w.mailed()["code"]; newer != old {
		if b.code(old); page[*flow.MailPage](b).Problem != flow.ProblemCode {
			t.Errorf("100 the older code: %+v", b.last)
		}
	}
	b.code(w.mailed()["code"]).at(flow.PathConsent)
}

func TestMailRefused(t *testing.T) {
	w := newWorld(t)
	b := w.browser().authorize("rp").at(flow.PathLogin)
	if b.mail("ann"); page[*flow.LoginPage](b).Problem != flow.ProblemMethod || w.mailsQueued() != 0 {
		t.Errorf("not allowed: %+v", b.last.Page)
	}
	w.byMail()
	for _, login := range []string{"", " ", "ann\nbcc: x", strings.Repeat("a", 2<<10)} {
		if b.mail(login); page[*flow.LoginPage](b).Problem != flow.ProblemName || !page[*flow.LoginPage](b).AskPassword || b.last.Status != 422 {
			t.Errorf("%.20q: %+v", login, b.last.Page)
		}
	}
	step := b.step()
	b.got(b.Code(t.Context(), step, "12345678", b.from())).shown("step_forged")
	w.mails.ready = false
	b.got(b.RequestMail(t.Context(), step, "ann", b.from()))
	if got := page[*flow.LoginPage](b); got.Email || got.Problem != flow.ProblemMethod {
		t.Errorf("without a way to send mails: %+v", got)
	}
	// The code is bound to its request and browser by the link.
	w.mails.ready = true
	b.mail("ann").at(flow.PathMail)
	code, link := w.mailed()["code"], b.step()
	other := w.browser().authorize("rp").at(flow.PathLogin)
	other.got(other.Code(t.Context(), link, code, other.from())).shown("step_forged")
	b.got(b.Code(t.Context(), link, code, b.from())).at(flow.PathConsent)
}

// What may be used to sign in is on the page, and nothing else is heard.
func TestMethodsOnThePage(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	w.addClient("shared", func(c *core.Client) { c.Shared, c.SkipConsent = true, true })
	type methods struct {
		password, email, passkey bool
		offers                   int
	}
	of := func(l *flow.LoginPage) methods {
		return methods{l.Password, l.Email, l.Passkey != nil, len(l.Offers)}
	}
	for _, c := range []struct {
		org, client []string
		want        methods
		shared      methods // where people of the other organisation may come
	}{
		{nil, nil, methods{true, false, true, 1}, methods{true, false, true, 1}},
		{[]string{"passkey"}, nil, methods{false, false, true, 0}, methods{true, false, true, 1}},
		{[]string{"email", "upstream"}, nil, methods{false, true, false, 1}, methods{true, true, true, 1}},
		{nil, []string{"password"}, methods{true, false, false, 0}, methods{true, false, false, 0}},
		{[]string{"passkey"}, []string{"password"}, methods{}, methods{true, false, false, 0}},
	} {
		w.rules(func(r *core.OrgRules) { r.SignIn.Methods = c.org })
		for _, id := range []string{"rp", "shared"} {
			w.editClient(id, func(client *core.Client) { client.SignIn.Methods = c.client })
		}
		b := w.browser().authorize("rp").at(flow.PathLogin)
		if got := of(page[*flow.LoginPage](b)); got != c.want {
			t.Errorf("%q and %q: %+v, want %+v", c.org, c.client, got, c.want)
		}
		step := b.step()
		if !c.want.password {
			b.login("ann", people["ann"].password)
			if got := page[*flow.LoginPage](b); got.Problem != flow.ProblemMethod || b.session != "" || got.AskPassword {
				t.Errorf("%q: a password is taken: %+v", c.org, b.last)
			}
		}
		if c.want.offers == 0 {
			b.got(b.SignInWith(t.Context(), step, "hub", "", b.from())).shown("method_not_allowed")
		}
		if !c.want.passkey {
			b.got(b.LoginWithPasskey(t.Context(), step, "x", "{}", b.from()))
			if page[*flow.LoginPage](b).Problem != flow.ProblemMethod {
				t.Errorf("%q: a passkey is taken: %+v", c.org, b.last)
			}
		}
		b = w.browser().authorize("shared").at(flow.PathLogin)
		if got := of(page[*flow.LoginPage](b)); got != c.shared {
			t.Errorf("%q and %q, shared: %+v, want %+v", c.org, c.client, got, c.shared)
		}
	}
	// Where the page cannot know, the rules of the person count.
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{"passkey"} })
	w.editClient("shared", func(client *core.Client) { client.SignIn.Methods = nil })
	w.events()
	b := w.browser().authorize("shared").at(flow.PathLogin).signIn("ann").at(flow.PathLogin)
	if got := page[*flow.LoginPage](b); got.Problem != flow.ProblemMethod || b.session != "" {
		t.Errorf("%+v", got)
	}
	w.recorded("signin.failed method_not_allowed")
	b.with("hub").returns("hub", "ann").at(flow.PathLogin)
	if b.session != "" || len(p.finished) != 1 {
		t.Error("signed in elsewhere, which is not allowed")
	}
	b.signIn("olga").grant("shared")
}
