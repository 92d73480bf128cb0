package authn

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/ticket"
)

// Mails to sign in with.
const (
	mailDigits = 8
	mailTries  = 5 // wrong codes after which a ticket is gone
)

// Why no mail was sent, in the audit log alone.
const (
	reasonNoAddress    = "no_verified_address"
	reasonMailThrottle = "mail_throttled"
)

// mailLimit is for mails to one account: three in ten minutes.
func mailLimit() limit {
	return limit{Free: 3, First: 10 * time.Minute, Longest: 10 * time.Minute, Window: 10 * time.Minute}
}

// mailAddressLimit is for mails that one address asks for: a company may share one.
func mailAddressLimit() limit {
	return limit{Free: 30, First: time.Minute, Longest: 10 * time.Minute, Window: 10 * time.Minute}
}

func mailKey(key string) string { return "mail:" + key }

// RequestMail makes a ticket with a link and a code, and the mail that brings it. Whom
// nobody knows gets a ticket too, for nobody, and no mail: the answer, and what is written
// before it, is the same. The caller applies the changes.
func (f *Factors) RequestMail(ctx context.Context, given core.MailAttempt) (core.ID, []core.Change, error) {
	given.Event.UserID, given.Event.Actor = "", ""
	a := &asked{Factors: f, MailAttempt: given, now: f.Now(), address: mailKey(addressKey(given.Event.IP))}
	if err := a.heard(ctx); err != nil {
		return "", nil, err
	}
	reason, err := a.find(ctx)
	if err != nil {
		return "", nil, err
	}
	throttled, err := a.throttle(ctx)
	if err != nil {
		return "", nil, err
	}
	if throttled {
		reason = reasonMailThrottle
	}
	return a.answer(reason)
}

// asked is a mail that somebody asked for.
type asked struct {
	*Factors
	core.MailAttempt
	now              time.Time
	user             *core.User // whom it goes to; nil: nobody
	address, account string     // keys of the throttle
}

// heard refuses an address that has to wait.
func (a *asked) heard(ctx context.Context) error {
	counts, err := a.Store.Failures(ctx, a.address)
	if err != nil {
		return fmt.Errorf("read what was mailed: %w", err)
	}
	if wait := mailAddressLimit().waitFor(a.address, counts, a.now); wait > 0 {
		return a.throttled(ctx, reasonAddress, core.SignInRefused{Kind: core.SignInThrottled, RetryAfter: wait})
	}
	return nil
}

func (a *asked) throttled(ctx context.Context, reason string, refused core.SignInRefused) error {
	return a.refuse(ctx, a.event(core.EventSignInThrottled, a.Event, core.MethodEmail, reason), refused)
}

// throttle counts the mail before the next one is looked at, and says whether there were
// too many for the account already. Those are not counted for it: the wait would never
// end while somebody keeps asking.
func (a *asked) throttle(ctx context.Context) (throttled bool, err error) {
	if !a.turns.take(a.account) {
		return false, a.throttled(ctx, reasonBusy, core.SignInRefused{Kind: core.SignInBusy, RetryAfter: busyRetry})
	}
	defer a.turns.giveBack(a.account)
	counts, err := a.Store.Failures(ctx, a.account)
	if err != nil {
		return false, fmt.Errorf("read what was mailed: %w", err)
	}
	changes := []core.Change{a.counted(mailAddressLimit(), a.address)}
	if throttled = mailLimit().waitFor(a.account, counts, a.now) > 0; !throttled {
		changes = append(changes, a.counted(mailLimit(), a.account))
	}
	if err := a.Store.Apply(ctx, changes...); err != nil {
		return false, fmt.Errorf("count a mail: %w", err)
	}
	return throttled, nil
}

// find looks for the person, and gives the reason why there is no mail for them.
func (a *asked) find(ctx context.Context) (reason string, err error) {
	user, err := a.Store.UserByLogin(ctx, a.Org, a.Login)
	if errors.Is(err, core.ErrNotFound) {
		user, err = nil, nil
	}
	if err != nil {
		return "", fmt.Errorf("read the user: %w", err)
	}
	a.account = mailKey(accountKey(user, a.Org, a.Login))
	if user == nil {
		return reasonUnknown, nil
	}
	a.Event.UserID = user.ID
	if reason, err = a.mayEnter(ctx, user, a.Org, a.Client, core.MethodEmail); err != nil || reason != "" {
		return reason, err
	}
	if user.Email == "" || !user.EmailVerified {
		return reasonNoAddress, nil
	}
	a.user = user
	return "", nil
}

// answer gives the ticket with its mail; with a reason, for nobody and without a mail.
func (a *asked) answer(reason string) (core.ID, []core.Change, error) {
	code, err := a.newCode()
	if err != nil {
		return "", nil, err
	}
	maker := ticket.Maker{Issuer: a.Issuer, Rand: a.Rand}
	made, link := maker.Make(core.Ticket{
		Purpose: core.TicketSignIn, Org: a.Org, Email: a.account, BrowserHash: a.Browser, RequestID: a.Request,
	}, a.now)
	made.CodeHash = a.codeHash(made.ID, code)
	if reason != "" {
		// It ends, and is ended, as a ticket for somebody is: see [core.SaveTicket].
		record := a.event(core.EventTicketRefused, a.Event, core.MethodEmail, reason)
		return made.ID, []core.Change{core.SaveTicket{Ticket: made}, core.Record{Event: record}}, nil
	}
	made.UserID, made.Org, made.Email = a.user.ID, a.user.Org, a.user.Email
	mail, err := a.mail(&made, link, code)
	if err != nil {
		return "", nil, err
	}
	record := a.event(core.EventTicketSent, a.Event, core.MethodEmail, "")
	record.Detail["purpose"] = string(core.TicketSignIn)
	return made.ID, []core.Change{core.SaveTicket{Ticket: made}, core.SendMail{Mail: mail}, core.Record{Event: record}}, nil
}

// newCode makes a code of eight digits, each as likely as any other.
func (f *Factors) newCode() (string, error) {
	n, err := rand.Int(f.Rand, big.NewInt(100_000_000))
	if err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return fmt.Sprintf("%0*d", mailDigits, n), nil
}

// codeHash is keyed, because a code has few digits: who reads the database alone cannot
// try them all.
func (f *Factors) codeHash(ticket core.ID, code string) core.Hash {
	mac := hmac.New(sha256.New, f.Key[:])
	mac.Write([]byte("ticket code\n" + string(ticket) + "\n" + code))
	return core.Hash(mac.Sum(nil))
}

// mail puts the words of the mail under seal.
func (a *asked) mail(made *core.Ticket, link, code string) (core.Mail, error) {
	mail := core.Mail{
		ID: core.NewID(a.now, a.Rand), Org: a.user.Org, UserID: a.user.ID, To: a.user.Email, Template: core.MailSignIn,
		Locale: a.Locale, CreatedAt: a.now, ExpiresAt: made.ExpiresAt,
	}
	words := map[string]string{
		core.WordLink: link, core.WordCode: code, core.WordName: a.user.DisplayName(),
		core.WordAddress: a.Event.IP, core.WordTime: a.now.UTC().Format(time.RFC3339),
	}
	if a.Client != nil {
		words[core.WordClient] = a.Client.Title()
	}
	plain, err := json.Marshal(words)
	if err != nil {
		return core.Mail{}, fmt.Errorf("write a mail: %w", err)
	}
	mail.Sealed = a.Sealer.Seal(plain, core.MailPurpose(mail.ID), a.Rand)
	return mail, nil
}

// SignInWithTicket proves who somebody is by the link or the code of a mail, in the
// browser that asked for it.
func (f *Factors) SignInWithTicket(ctx context.Context, given core.TicketAttempt) (*core.Proof, error) {
	given.Event.UserID, given.Event.Actor = "", ""
	a := &brought{Factors: f, TicketAttempt: given}
	if err := a.heard(ctx); err != nil {
		return nil, err
	}
	if given.Link != "" {
		return a.byLink(ctx)
	}
	// One code after the other, each with the misses of those before it counted.
	turn := "ticket:" + string(given.ID)
	if !f.turns.take(turn) {
		event := f.event(core.EventSignInThrottled, a.Event, core.MethodEmail, reasonBusy)
		return nil, f.refuse(ctx, event, core.SignInRefused{Kind: core.SignInBusy, RetryAfter: busyRetry})
	}
	defer f.turns.giveBack(turn)
	return a.byCode(ctx)
}

// brought is a ticket that somebody came with.
type brought struct {
	*Factors
	core.TicketAttempt
}

// Why a ticket was refused, in the audit log alone.
const (
	reasonNoTicket       = "no_such_ticket"
	reasonOtherBrowser   = "other_browser"
	reasonOtherRequest   = "other_request"
	reasonAddressChanged = "address_changed"
)

func (a *brought) heard(ctx context.Context) error {
	address := addressKey(a.Event.IP)
	counts, err := a.Store.Failures(ctx, address)
	if err != nil {
		return fmt.Errorf("read failed sign-ins: %w", err)
	}
	if wait := addressLimit().waitFor(address, counts, a.Now()); wait > 0 {
		event := a.event(core.EventSignInThrottled, a.Event, core.MethodEmail, reasonAddress)
		return a.refuse(ctx, event, core.SignInRefused{Kind: core.SignInThrottled, RetryAfter: wait})
	}
	return nil
}

func (a *brought) byLink(ctx context.Context) (*core.Proof, error) {
	found, err := ticket.Find(ctx, a.Store, core.TicketSignIn, a.Link, a.Now())
	refused, isRefusal := errors.AsType[*ticket.Refused](err)
	switch {
	case isRefusal:
		return nil, a.wrong(ctx, refused.Reason, core.SignInExpired)
	case err != nil:
		return nil, err
	case !found.BrowserHash.Matches(a.Browser):
		// The link is good, and stays so: it may have come to the phone.
		event := a.event(core.EventTicketRefused, a.Event, core.MethodEmail, reasonOtherBrowser)
		return nil, a.refuse(ctx, event, core.SignInRefused{Kind: core.SignInElsewhere})
	}
	return a.accept(ctx, found, core.SignInExpired)
}

// byCode takes a ticket of another browser, or request, for none: its identifier is no
// secret, and nobody else may use up its tries.
func (a *brought) byCode(ctx context.Context) (*core.Proof, error) {
	ticket, err := found(a.Store.Ticket(ctx, a.ID))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the ticket: %w", err)
	case ticket == nil || ticket.Purpose != core.TicketSignIn || !a.Now().Before(ticket.ExpiresAt):
		return nil, a.wrong(ctx, reasonNoTicket, core.SignInExpired)
	case !ticket.BrowserHash.Matches(a.Browser):
		return nil, a.wrong(ctx, reasonOtherBrowser, core.SignInExpired)
	case ticket.RequestID != a.Request:
		return nil, a.wrong(ctx, reasonOtherRequest, core.SignInExpired)
	}
	code, ok := digits(a.Code, mailDigits)
	// A ticket for nobody takes no code, and just as long to say so.
	if !a.codeHash(ticket.ID, code).Matches(ticket.CodeHash) || !ok || ticket.UserID == "" {
		return nil, a.miss(ctx, ticket)
	}
	return a.accept(ctx, ticket, core.SignInFactor)
}

func (a *brought) miss(ctx context.Context, ticket *core.Ticket) error {
	kind := core.SignInFactor
	if ticket.Misses+1 >= mailTries {
		kind = core.SignInExpired
	}
	a.Event.UserID = ticket.UserID
	err := a.wrong(ctx, reasonWrongCode, kind, core.MissTicket{ID: ticket.ID, Most: mailTries})
	if errors.Is(err, core.ErrConflict) { // it was used or replaced meanwhile
		return a.wrong(ctx, reasonNoTicket, core.SignInExpired)
	}
	return err
}

// accept makes the proof, if the person may still sign in so, with the address that the
// mail went to.
func (a *brought) accept(ctx context.Context, ticket *core.Ticket, kind core.SignInRefusal) (*core.Proof, error) {
	if ticket.RequestID != a.Request {
		return nil, a.wrong(ctx, reasonOtherRequest, kind)
	}
	user, err := found(a.Store.User(ctx, ticket.UserID))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the user: %w", err)
	case user == nil:
		return nil, a.wrong(ctx, reasonUnknown, kind)
	}
	a.Event.UserID = user.ID
	reason, err := a.mayEnter(ctx, user, a.Org, a.Client, core.MethodEmail)
	if reason == "" && (user.Email != ticket.Email || !user.EmailVerified) {
		reason = reasonAddressChanged
	}
	switch {
	case err != nil:
		return nil, err
	case reason != "":
		return nil, a.wrong(ctx, reason, kind)
	}
	record := a.event(core.EventTicketUsed, a.Event, core.MethodEmail, "")
	record.Detail["purpose"] = string(ticket.Purpose)
	return &core.Proof{
		User: user, Method: core.MethodEmail, AMR: []string{core.AMROneTime, core.AMRMessenger}, ACR: core.ACROne,
		Changes: []core.Change{core.UseTicket{ID: ticket.ID}, core.ClearFailures{Key: mailKey(accountKey(user, "", ""))}, core.Record{Event: record}},
	}, nil
}

func (a *brought) wrong(ctx context.Context, reason string, kind core.SignInRefusal, changes ...core.Change) error {
	event := a.event(core.EventTicketRefused, a.Event, core.MethodEmail, reason)
	changes = append(slices.Clip(changes), a.counted(addressLimit(), addressKey(a.Event.IP)))
	return a.refuse(ctx, event, core.SignInRefused{Kind: kind}, changes...)
}
