package app_test

import (
	"context"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/web"
)

// Every mail that is composed somewhere has a template, and every template a use.
func TestMailTemplatesAreKnown(t *testing.T) {
	known := []string{
		core.MailSignIn, core.MailReset, core.MailInvite, core.MailRegister, core.MailVerify, core.MailEmail, core.MailRegisterKnown,
		core.MailNoticePassword, core.MailNoticeAdded, core.MailNoticeRemoved, core.MailNoticeRecovery, core.MailNoticeDevice, core.MailNoticeEmail,
		core.MailNoticeDeleted, core.MailTest,
	}
	slices.Sort(known)
	if got := web.MailTemplates(); !slices.Equal(got, known) {
		t.Errorf("templates are %q, mails %q", got, known)
	}
}

// queue composes a mail with a secret, in an organisation.
func queue(t *testing.T, a *app.App, template, locale, secret string) core.Mail {
	t.Helper()
	now := time.Now()
	change := a.Mails().Compose(now, core.Mail{
		Org: core.DefaultOrganisation, UserID: "u", To: "ada@example.org", Template: template, Locale: locale, ExpiresAt: now.Add(30 * time.Minute),
	}, map[string]string{core.WordLink: a.Config.Issuer + "/reset?ticket=" + secret, core.WordName: "Ada"})
	if err := a.Store.Apply(context.Background(), change); err != nil {
		t.Fatal(err)
	}
	return change.Mail
}

// A server with a mail server sends what is queued in the name of the organisation, and
// tells nobody else what it says.
func TestServerSendsMails(t *testing.T) {
	exim := needs.Exim(t, "postern", "correct-horse-battery")
	log := &journal{}
	a, err := app.Open(context.Background(), config.Config{
		Data: freshData(t), Issuer: "https://id.example.org",
		Mail: config.Mail{Server: exim.Submission, Security: "starttls", User: "postern", Password: "correct-horse-battery", From: "no-reply@id.example.org"},
	}, app.Options{Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), MailRoots: exim.Roots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	if !a.Mails().Ready() {
		t.Fatal("a mail server is set, and mails are not ready")
	}
	org, err := a.Store.Organisation(context.Background(), core.DefaultOrganisation)
	if err != nil {
		t.Fatal(err)
	}
	queued := queue(t, a, core.MailReset, "", "the-secret-ticket")
	t.Cleanup(a.SendMails(context.Background()))
	var arrived []string
	for range 600 {
		if arrived = exim.Mails(); len(arrived) > 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if len(arrived) != 1 {
		t.Fatalf("%d mails arrived; the log says\n%s", len(arrived), log)
	}
	message, err := mail.ReadMessage(strings.NewReader(arrived[0]))
	if err != nil {
		t.Fatal(err)
	}
	from, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("From"))
	if err != nil || !strings.Contains(from, org.DisplayName) || !strings.Contains(from, "<no-reply@id.example.org>") {
		t.Errorf("from %q, %v", from, err)
	}
	body, err := io.ReadAll(message.Body)
	if err != nil || !strings.Contains(string(body), "the-secret-ticket") || !strings.Contains(string(body), "Hello Ada") {
		t.Errorf("it says %s, %v", body, err)
	}
	for _, secret := range []string{"the-secret-ticket", "correct-horse-battery"} {
		if strings.Contains(log.String(), secret) || strings.Contains(string(queued.Sealed), secret) {
			t.Errorf("a secret is in the log or in the database: %s", secret)
		}
	}
	events, err := a.Store.Events(context.Background(), core.EventFilter{Type: core.EventMailSent})
	for range 100 { // it is settled after it was taken
		if len(events) > 0 || err != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
		events, err = a.Store.Events(context.Background(), core.EventFilter{Type: core.EventMailSent})
	}
	if err != nil || len(events) != 1 || events[0].UserID != "u" || events[0].Detail["template"] != core.MailReset {
		t.Errorf("audited %+v, %v", events, err)
	}
	if err := a.Admin.TestMail(context.Background(), admin.Actor{}, "nobody@example.org"); err == nil || !strings.Contains(err.Error(), "no such mailbox") {
		t.Errorf("a test to nobody: %v", err)
	}
}

// Without a mail server mails are ready on a server of this machine alone, and shown in
// its mailbox.
func TestMailboxOfServer(t *testing.T) {
	w := newWorld(t)
	if !w.app.Mails().Ready() {
		t.Fatal("mails are not ready")
	}
	english := queue(t, w.app, core.MailReset, "", "first-ticket")
	queue(t, w.app, core.MailNoticeDeleted, "", "second-ticket")
	get := func(path string, header ...string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, w.issuer+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(header) > 0 {
			r.Header.Set(header[0], header[1])
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	status, page := get("/mailbox")
	if status != http.StatusOK || !strings.Contains(page, "Choose a new password") || !strings.Contains(page, w.issuer+"/reset?ticket=first-ticket") ||
		!strings.Contains(page, "Your account was deleted") {
		t.Errorf("%d\n%s", status, page)
	}
	frame := "/mailbox/" + string(english.ID)
	if status, document := get(frame); status != http.StatusOK || !strings.Contains(document, "Valid for one use, for 30 minutes.") {
		t.Errorf("%d\n%s", status, document)
	}
	for _, path := range []string{"/mailbox", frame} {
		if status, body := get(path, "X-Forwarded-For", "192.0.2.7"); status != http.StatusNotFound || strings.Contains(body, "ticket") {
			t.Errorf("%s through a proxy: %d", path, status)
		}
	}
	w.hide("first-ticket", "second-ticket")
	w.checkSecrets()
}

// Where others come in and no mail server is set, nothing is ready, and there is no
// mailbox; where one is set there is none either.
func TestNoMailbox(t *testing.T) {
	server := config.Mail{Server: "localhost:25", Security: "off", From: "no-reply@id.example.org"}
	for name, c := range map[string]struct {
		config config.Config
		ready  bool
	}{
		"public":                        {config.Config{Issuer: "https://id.example.org"}, false},
		"public, with a mail server":    {config.Config{Issuer: "https://id.example.org", Mail: server}, true},
		"this machine, and mail server": {config.Config{Issuer: "http://localhost:8000", Mail: server}, true},
	} {
		c.config.Data = freshData(t)
		a, err := app.Open(context.Background(), c.config, app.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if a.Mails().Ready() != c.ready {
			t.Errorf("%s: ready is %v", name, !c.ready)
		}
		handler, err := a.Handler(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		answer := ask(handler, c.config.Issuer+"/mailbox")
		if answer != http.StatusNotFound {
			t.Errorf("%s: the mailbox answers %d", name, answer)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}

// ask gives the status of a page, for a browser of this machine.
func ask(h http.Handler, url string) int {
	r := httptest.NewRequest(http.MethodGet, url, nil)
	r.RemoteAddr = "127.0.0.1:4711"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// A real browser shows the mail as it looks, and follows its button out of the frame. The
// frame is closed to tests as to everybody, so they press where the button must be.
func TestChromiumMailbox(t *testing.T) {
	b := newTab(t)
	w := newWorld(t)
	queue(t, w.app, core.MailReset, "", "the-ticket")
	b.do(
		chromedp.Navigate(w.issuer+"/mailbox"), chromedp.Click(chromedp.CSS("details summary")), chromedp.WaitVisible(chromedp.CSS("iframe")),
		chromedp.ScrollIntoView(chromedp.CSS("iframe")),
	)
	for y := range 300 { // from the top of the frame down, and again: it takes a while to be there
		corner, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]float64](`(({left, top}) => [left, top])(document.querySelector("iframe")?.getBoundingClientRect() ?? {left: 0, top: 0})`))
		if err != nil {
			t.Fatal(err)
		}
		b.do(chromedp.MouseClickXY(corner[0]+80, corner[1]+float64(20*(y%30))))
		time.Sleep(50 * time.Millisecond)
		at, err := chromedp.Run(b.ctx, chromedp.Location())
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(at, w.issuer+"/reset?ticket=the-ticket") {
			return
		}
	}
	t.Error("the button of the mail leads nowhere")
}
