package app

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/mail"
	"github.com/postern-id/postern/web"
)

// newComposer queues mails where they are sent, or shown in the mailbox of a server that
// serves this machine alone.
func (a *App) newComposer() *mail.Composer {
	return &mail.Composer{
		Seal: sealer{a.vault, a.rand}.Seal, Delivers: a.Config.Mail.Server != "" || a.Config.Local(), Rand: a.rand,
	}
}

// mailbox is where mails are shown that nobody sends; nil where they are sent, or where
// others than this machine come in.
func (a *App) mailbox() *mail.Mailbox {
	if a.Config.Mail.Server != "" || !a.Config.Local() {
		return nil
	}
	return &mail.Mailbox{Store: a.Store, Unseal: a.vault.Unseal, Writer: a.letters()}
}

// sendMails sends what is queued, in the background, where there is a mail server. end
// ends it and waits until the mail in flight has arrived.
func (a *App) sendMails(ctx context.Context) (end func()) {
	if a.Config.Mail.Server == "" {
		return func() {}
	}
	if a.Config.Mail.Security == mail.NoTLS {
		a.logger.Warn("mails and the links in them are not encrypted on their way to the mail server", "server", a.Config.Mail.Server)
	}
	deliverer := mail.Deliverer{
		Queue: a.Store, Unseal: a.vault.Unseal, Writer: a.letters(), Server: a.smtp(), Observer: a.Metrics, Logger: a.logger, Now: a.now,
		NewID: func(now time.Time) core.ID { return core.NewID(now, a.rand) }, Rand: rand.Float64,
	}
	return background(ctx, deliverer.Run)
}

// smtp is the mail server of the configuration.
func (a *App) smtp() *mail.SMTP {
	m := a.Config.Mail
	server := &mail.SMTP{
		Address: m.Server, Security: m.Security, User: m.User, Password: m.Password, From: m.From, FromName: m.FromName, RootCAs: a.mailRoots,
	}
	if at, err := url.Parse(a.Config.Issuer); err == nil && !a.Config.Local() {
		server.Hello = at.Hostname()
	}
	return server
}

// mailTester implements [admin.MailTester].
type mailTester struct{ *App }

// TestMail implements [admin.MailTester].
func (a mailTester) TestMail(ctx context.Context, to string) error {
	if a.Config.Mail.Server == "" {
		return &admin.InvalidError{Problems: []admin.Problem{{
			Text: "there is no mail server", Hint: "name one by mail_smtp, in the configuration file or as POSTERN_MAIL_SMTP",
		}}}
	}
	err := a.send(ctx, to)
	if failure, ok := errors.AsType[*mail.Failure](err); ok {
		return &admin.InvalidError{Problems: []admin.Problem{{Text: failure.Error(), Hint: failure.Hint()}}}
	}
	return err
}

// send sends the mail. Errors of the server are of type [*mail.Failure].
func (a mailTester) send(ctx context.Context, to string) error {
	now := a.now()
	m := &core.Mail{ID: core.NewID(now, a.rand), Org: core.DefaultOrganisation, To: to, Template: core.MailTest, CreatedAt: now}
	letter, err := a.letters().Write(ctx, m, nil)
	if err != nil {
		return err
	}
	conn, err := a.smtp().Open(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Send(ctx, mail.Message{ID: m.ID, To: to, Date: now, Letter: letter})
}

// letters implements [mail.Writer] by the templates of the pages.
type letters struct {
	organisation func(ctx context.Context, name string) (*core.Organisation, error)
	pages        func() (*web.Pages, error)
	host         string
}

func (a *App) letters() letters {
	return letters{organisation: a.Store.Organisation, pages: a.pages, host: web.MailHost(a.Config.Issuer)}
}

func (l letters) Write(ctx context.Context, m *core.Mail, words map[string]string) (mail.Letter, error) {
	pages, err := l.pages()
	if err != nil {
		return mail.Letter{}, err
	}
	org, err := l.organisation(ctx, m.Org)
	if errors.Is(err, core.ErrNotFound) { // it may be gone, with the account that was deleted
		org, err = &core.Organisation{Name: m.Org}, nil
	}
	if err != nil {
		return mail.Letter{}, err
	}
	name := cmp.Or(org.DisplayName, org.Name)
	written, err := pages.Mail(web.Mail{
		Template: m.Template, Organisation: name, Host: l.host, Words: words, Valid: m.ExpiresAt.Sub(m.CreatedAt),
		Accent: org.Theme.Accent, AccentDark: org.Theme.AccentDark,
	}, web.Look{Locale: pages.Locale(m.Locale)})
	if err != nil {
		return mail.Letter{}, err
	}
	return mail.Letter{Sender: name, Subject: written.Subject, Text: written.Text, HTML: written.HTML}, nil
}
