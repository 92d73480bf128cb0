package account

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
)

// ask is what somebody asks a mail for.
type ask struct {
	purpose  core.TicketPurpose
	template string // of the mail
	user     *core.User
	org      string
	to       string // address; empty: nobody gets a mail
	data     []byte // of the ticket
	words    map[string]string
	reason   string // why nobody gets one, for the audit log
	silent   bool   // the ticket is made as if there were a mail
}

// answer is what the asking leaves behind: the same for everybody, but for the mail. A
// ticket without a mail is nobody's: who sees how long the answer takes, or counts rows,
// does not learn who has an account.
func (e *Entry) answer(ctx context.Context, from *Visitor, limit *mailLimit, a ask) error {
	now := limit.now
	if limit.full() {
		a.to, a.reason = "", "account_throttled"
	}
	wanted := core.Ticket{Purpose: a.purpose, Org: a.org, BrowserHash: from.Browser, RequestID: from.Request}
	known := a.template == core.MailRegisterKnown
	if a.to != "" && !known {
		wanted.Email, wanted.Data = a.to, a.data
		if a.user != nil {
			wanted.UserID = a.user.ID
		}
	}
	made, link := e.Tickets.Make(wanted, now)
	changes := []core.Change{limit.count(), core.SaveTicket{Ticket: made}}
	detail := map[string]string{"purpose": string(a.purpose)}
	kind := core.EventTicketSent
	if a.to == "" || known || a.silent {
		kind, detail["reason"] = core.EventTicketRefused, a.reason
	}
	if a.to != "" && !a.silent {
		words := a.words
		words[core.WordLink] = link
		if known {
			words[core.WordLink] = e.Tickets.Issuer + "/login"
		}
		changes = append(changes, e.letter(a, from, made.ExpiresAt, words, now))
	}
	var userID core.ID
	if a.user != nil {
		userID = a.user.ID
	}
	return e.Store.Apply(ctx, append(changes, e.record(from, now, kind, userID, detail))...)
}

func (e *Entry) letter(a ask, from *Visitor, expires time.Time, words map[string]string, now time.Time) core.Change {
	mail := core.Mail{Org: a.org, To: a.to, Template: a.template, Locale: from.Locale, ExpiresAt: expires}
	if a.user != nil {
		mail.UserID = a.user.ID
		if a.user.Profile.Locale != "" {
			mail.Locale = a.user.Profile.Locale
		}
	}
	words[core.WordTime] = now.UTC().Format(time.RFC3339)
	words[core.WordAddress], words[core.WordBrowser] = from.Event.IP, core.BrowserName(from.UserAgent)
	if from.Client != nil {
		words[core.WordClient] = from.Client.Name
	}
	return e.Mail.Compose(now, mail, words)
}

// notice tells somebody at the address what was done to their account. Without a way to
// send mail there is none.
func (e *Entry) notice(user *core.User, address, template string, from *Visitor, words map[string]string, now time.Time) []core.Change {
	if address == "" || !e.Mail.Ready() {
		return nil
	}
	if words == nil {
		words = map[string]string{}
	}
	words[core.WordName], words[core.WordLink] = user.DisplayName(), e.Tickets.Issuer+PathSecurity
	a := ask{user: user, org: user.Org, to: address, template: template}
	return []core.Change{e.letter(a, from, time.Time{}, words, now)}
}

// throttled is a refusal of whoever is at the address.
func (e *Entry) throttled(ctx context.Context, from *Visitor, purpose core.TicketPurpose, wait time.Duration) error {
	detail := map[string]string{"reason": "address_throttled", "purpose": string(purpose)}
	if err := e.Store.Apply(context.WithoutCancel(ctx), e.record(from, e.Now(), core.EventTicketRefused, "", detail)); err != nil {
		return err
	}
	return &core.SignInRefused{Kind: core.SignInThrottled, RetryAfter: wait}
}
