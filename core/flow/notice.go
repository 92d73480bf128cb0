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
	user := &v.first.User
	words := map[string]string{
		core.WordName: user.DisplayName(), core.WordTime: v.now.UTC().Format(time.RFC3339), core.WordBrowser: browser, core.WordAddress: v.from.IP,
		core.WordLink: d.Issuer + PathSecurity,
	}
	if v.client != nil {
		words[core.WordClient] = v.client.Title()
	}
	// In the person's own language, or that of the server: that of the browser may be a
	// stranger's choice.
	to := core.Mail{Org: user.Org, UserID: user.ID, To: user.Email, Template: core.MailNoticeDevice, Locale: user.Profile.Locale}
	v.changes = append(v.changes, d.Mails.Compose(v.now, to, words))
	return nil
}

// noticeable reports whether the person may be told of the sign-in. The first one is with
// a new browser always. A recovery code has a notice of its own, with the same words. Of
// a sign-in at a provider, that tells.
func (f *First) noticeable() bool {
	first, further, _ := strings.Cut(f.Method, "+")
	return f.User.Email != "" && f.User.EmailVerified && !f.User.LastSignInAt.IsZero() && first != core.MethodUpstream && further != core.MethodRecovery
}
