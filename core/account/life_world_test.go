package account_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/mail"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/core/ticket"
)

const thePassword = "correct horse battery staple"

// life is an entry on a database of its own.
type life struct {
	*account.Entry
	t     *testing.T
	store *store.Store
	now   atomic.Int64 // milliseconds
	mails *mail.Composer
	asked []account.Draft // of the policy
	deny  error           // what it says: nil to let in
}

func newLife(t *testing.T) *life {
	t.Helper()
	w := &life{t: t}
	w.now.Store(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).UnixMilli())
	opened, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "postern.db"), Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store = opened
	w.mails = &mail.Composer{Seal: func(plaintext []byte, _ string) []byte { return plaintext }, Delivers: true, Rand: rand.Reader}
	w.Entry = &account.Entry{
		Store: opened, Hasher: hasher{}, Passkeys: passkeys{}, Synced: func(*core.Authenticator) bool { return false }, Mail: w.mails,
		Tickets: &ticket.Maker{Issuer: "https://id.example", Rand: rand.Reader}, Policy: w, Now: w.clock, Rand: rand.Reader,
	}
	return w
}

func (w *life) clock() time.Time { return time.UnixMilli(w.now.Load()).UTC() }

func (w *life) advance(d time.Duration) { w.now.Add(d.Milliseconds()) }

var errPolicy = errors.New("the policy broke")

// denial is what the policy says who denies.
type denial string

func (d denial) Error() string { return string(d) }

func (w *life) Decide(_ context.Context, d account.Draft) (deny bool, words string, err error) {
	w.asked = append(w.asked, d)
	if said, ok := errors.AsType[denial](w.deny); ok {
		return true, string(said), nil
	}
	return false, "", w.deny
}

// hasher hashes without the work, and knows one rule.
type hasher struct{}

type weak struct{}

func (weak) Error() string { return "refused" }
func (weak) FieldProblem() core.FieldProblem {
	return core.FieldProblem{Field: "password", Kind: core.FieldShort, Limit: 8}
}

func (hasher) HashFor(_ context.Context, user *core.User, password string) (string, error) {
	if len(password) < 8 || password == user.Name || password == user.Profile.DisplayName {
		return "", weak{}
	}
	return "hash of " + password, nil
}

// passkeys takes the challenge itself for an answer to it.
type passkeys struct{}

func (passkeys) PasskeyCreation(_ context.Context, challenge []byte, user *core.User) (json.RawMessage, error) {
	return json.Marshal(map[string]any{"challenge": challenge, "user": user.ID})
}

func (passkeys) AddPasskey(_ context.Context, user *core.User, challenge []byte, expires time.Time, response []byte, name string, event core.Event) ([]core.Change, core.Authenticator, error) {
	var given struct {
		Challenge []byte
		User      core.ID
	}
	if err := json.Unmarshal(response, &given); err != nil || string(given.Challenge) != string(challenge) || given.User != user.ID {
		return nil, core.Authenticator{}, &core.SignInRefused{Kind: core.SignInWrong}
	}
	made := core.Authenticator{
		ID: core.NewID(expires, rand.Reader), UserID: user.ID, Kind: core.AuthenticatorPasskey, Name: name, Handle: challenge, Data: []byte("{}"), CreatedAt: expires,
	}
	event.ID, event.At, event.Type = core.NewID(expires, rand.Reader), expires, core.EventAuthenticatorAdded
	return []core.Change{core.AddAuthenticator{Authenticator: made}, core.Record{Event: event}}, made, nil
}

func (w *life) apply(changes ...core.Change) {
	w.t.Helper()
	if err := w.store.Apply(w.t.Context(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

// user makes a user with a password and an address that nobody proved; edit may be nil.
func (w *life) user(name string, edit func(*core.User)) *core.User {
	w.t.Helper()
	user := core.User{
		ID: core.NewID(w.clock(), rand.Reader), Org: core.DefaultOrganisation, Name: name, Email: name + "@example.com",
		PasswordHash: "old", CreatedAt: w.clock(), UpdatedAt: w.clock(),
	}
	if edit != nil {
		edit(&user)
	}
	w.apply(core.CreateUser{User: user})
	return w.again(&user)
}

// again reads the user anew.
func (w *life) again(user *core.User) *core.User {
	w.t.Helper()
	found, err := w.store.User(w.t.Context(), user.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// session signs the user in.
func (w *life) session(user *core.User) *core.SignedIn {
	w.t.Helper()
	id := core.NewID(w.clock(), rand.Reader)
	w.apply(core.StartSession{Session: core.Session{
		ID: id, Hash: core.HashSecret(string(id)), UserID: user.ID, AuthTime: w.clock(), CreatedAt: w.clock(), ExpiresAt: w.clock().Add(365 * 24 * time.Hour),
	}})
	found, err := w.store.SignedIn(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// live reports whether the session still stands.
func (w *life) live(s *core.SignedIn) bool {
	w.t.Helper()
	found, err := w.store.SignedIn(w.t.Context(), s.Session.ID)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		w.t.Fatal(err)
	}
	return err == nil && found.Session.Live(w.clock())
}

// rules changes the rules of the organisation.
func (w *life) rules(edit func(*core.OrgRules)) {
	w.t.Helper()
	org, err := w.store.Organisation(w.t.Context(), core.DefaultOrganisation)
	if err != nil {
		w.t.Fatal(err)
	}
	edit(&org.Rules)
	w.apply(core.UpdateOrganisation{Organisation: *org})
}

// from is a visitor of whom nothing is known.
func (w *life) from() *account.Visitor {
	return &account.Visitor{Locale: "de", Event: core.Event{IP: "192.0.2.1", Correlation: "c-1"}}
}

// as is a visitor who is signed in.
func (w *life) as(s *core.SignedIn) *account.Visitor {
	from := w.from()
	from.Here = s
	return from
}

// sent gives the mails that were queued since the last call, oldest first.
func (w *life) sent() []sent {
	w.t.Helper()
	mails, err := w.store.Mails(w.t.Context(), 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []sent
	for _, m := range mails {
		one := sent{Mail: m}
		if err := json.Unmarshal(m.Sealed, &one.words); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, one)
		w.apply(core.EndMail{ID: m.ID})
	}
	return all
}

type sent struct {
	core.Mail
	words map[string]string
}

// ticket cuts the credential out of the link.
func (s sent) ticket() string {
	u, err := url.Parse(s.words[core.WordLink])
	if err != nil {
		return ""
	}
	return u.Query().Get("ticket")
}

// one is the only mail that was sent, of that template and to that address.
func (w *life) one(template, to string) sent {
	w.t.Helper()
	mails := w.sent()
	if len(mails) != 1 || mails[0].Template != template || mails[0].To != to {
		w.t.Fatalf("mails: %+v, want one %s to %s", mails, template, to)
	}
	return mails[0]
}

// refused checks that the link was refused so, and that the audit log says why.
func (w *life) refused(err error, kind ticket.Kind, reason string) {
	w.t.Helper()
	refusal, ok := errors.AsType[*ticket.Refused](err)
	if !ok || refusal.Kind != kind || refusal.Reason != reason {
		w.t.Errorf("%v, want it refused as %s: %s", err, kind, reason)
	}
	if last := w.last(core.EventTicketRefused); last.Detail["reason"] != reason {
		w.t.Errorf("the audit log says %v, want %s", last.Detail, reason)
	}
	w.advance(time.Millisecond) // the next event is a later one
}

// last gives the newest event of the type.
func (w *life) last(kind core.EventType) core.Event {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), core.EventFilter{Type: kind, Limit: 1})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(events) == 0 {
		return core.Event{}
	}
	return events[0]
}

// invite makes an invitation, mailed to the address if there is one.
func (w *life) invite(user *core.User, address string) string {
	w.t.Helper()
	made, link := w.Tickets.Make(core.Ticket{Purpose: core.TicketInvite, UserID: user.ID, Org: user.Org, Email: address}, w.clock())
	w.apply(core.SaveTicket{Ticket: made})
	_, credential, _ := strings.Cut(link, "ticket=")
	return credential
}

func noPassword(u *core.User) { u.PasswordHash = "" }

// link makes the user one of a provider.
func (w *life) link(user *core.User) { w.Entry.Store = linked{w.store, user.ID} }

// linked is a store in which one user is linked to a provider.
type linked struct {
	*store.Store
	user core.ID
}

func (s linked) Links(_ context.Context, userID core.ID) ([]core.Link, error) {
	if userID != s.user {
		return nil, nil
	}
	return []core.Link{{Connector: "idp", Subject: "1", UserID: userID}}, nil
}

// writes notes what is written.
type writes struct {
	*store.Store
	kinds []string
}

func (s *writes) Apply(ctx context.Context, changes ...core.Change) error {
	for _, change := range changes {
		s.kinds = append(s.kinds, fmt.Sprintf("%T", change))
	}
	return s.Store.Apply(ctx, changes...)
}
