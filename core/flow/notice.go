package flow

import (
	"context"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// noticeBrowser has the person told of the sign-in that is about to begin, if it is with a
// browser that they did not sign in with before. Nothing is read where nobody would be
// told.
func (d *Dispatcher) noticeBrowser(ctx context.Context, v *visit) error {
	if d.Mails == nil || !d.Mails.Ready() || !v.first.noticeable() {
		return nil
	}
	browser := core.BrowserName(v.from.UserAgent)
	seen, err := d.Store.SignedInWith(ctx, v.first.UserID, browser)
	if err != nil || seen {
		return err
	}
	words := map[string]string{}
	if v.client != nil {
		words[core.WordClient] = v.client.Title()
	}
	v.changes = append(v.changes, d.notice(v, core.MailNoticeDevice, words))
	return nil
}

// noticeAdded has the person told of the second factor that was enrolled on the way in:
// who knows the password alone could do so.
func (d *Dispatcher) noticeAdded(v *visit, made *core.Authenticator) []core.Change {
	user, _ := v.person()
	if d.Mails == nil || !d.Mails.Ready() || user.Email == "" {
		return nil
	}
	return []core.Change{d.notice(v, core.MailNoticeAdded, map[string]string{
		core.WordMethod: string(made.Kind), core.WordAuthenticator: made.Name,
	})}
}

// notice makes a mail to the person, in their own language, or that of the server: that of
// the browser may be a stranger's choice.
func (d *Dispatcher) notice(v *visit, template string, words map[string]string) core.SendMail {
	user, _ := v.person()
	words[core.WordName], words[core.WordTime] = user.DisplayName(), v.now.UTC().Format(time.RFC3339)
	words[core.WordBrowser], words[core.WordAddress] = core.BrowserName(v.from.UserAgent), v.from.IP
	words[core.WordLink] = d.Issuer + PathSecurity
	to := core.Mail{Org: user.Org, UserID: user.ID, To: user.Email, Template: template, Locale: user.Profile.Locale}
	return d.Mails.Compose(v.now, to, words)
}

// noticeable reports whether the person may be told of the sign-in. The first one is with
// a new browser always. A recovery code has a notice of its own, with the same words. Of
// a sign-in at a provider, that tells.
func (f *First) noticeable() bool {
	first, further, _ := strings.Cut(f.Method, "+")
	return f.User.Email != "" && f.User.EmailVerified && !f.User.LastSignInAt.IsZero() && first != core.MethodUpstream && further != core.MethodRecovery
}
