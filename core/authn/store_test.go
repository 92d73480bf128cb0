package authn_test

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/authn/authntest"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/core/vault"
)

// office is a database with one person in it.
type office struct {
	*authn.Factors
	*store.Store
	t   *testing.T
	now time.Time
	ann *core.User
}

func newOffice(t *testing.T) *office {
	t.Helper()
	w := &office{t: t, now: time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	opened, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "postern.db"), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Store = opened
	w.Factors = &authn.Factors{Store: opened, Sealer: vault.New([vault.KeySize]byte{1}), Issuer: "https://id.example.org", Now: clock, Rand: rand.Reader}
	w.ann = &core.User{ID: core.NewID(w.now, rand.Reader), Org: core.DefaultOrganisation, Name: "ann", Email: "ann@example.org", EmailVerified: true, CreatedAt: w.now, UpdatedAt: w.now}
	w.apply(core.CreateUser{User: *w.ann})
	return w
}

func (w *office) apply(changes ...core.Change) {
	w.t.Helper()
	if err := w.Apply(w.t.Context(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

// once applies the changes of a proof, and sees that they work once.
func (w *office) once(proof *core.Proof, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(proof.Changes...)
	if err := w.Apply(w.t.Context(), proof.Changes...); !errors.Is(err, core.ErrConflict) {
		w.t.Errorf("a second time: %v", err)
	}
}

func (w *office) second(method, code string) (*core.Proof, error) {
	first := core.Partial{UserID: w.ann.ID, Method: core.MethodPassword, AMR: []string{core.AMRPassword}, ACR: core.ACROne, At: w.now}
	return w.SecondFactor(w.t.Context(), core.FactorAttempt{User: w.ann, Request: "request", Method: method, Code: code}, first)
}

// What people prove is kept, and used once, by the database as well.
func TestFactorsInTheStore(t *testing.T) {
	t.Run("app", func(t *testing.T) {
		w := newOffice(t)
		sealed, text := w.NewTOTP(w.ann)
		uri, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(uri.Query().Get("secret"))
		if err != nil {
			t.Fatal(err)
		}
		changes, err := w.AddTOTP(t.Context(), w.ann, sealed, authntest.Code(seed, w.now), "Phone", core.Event{})
		if err != nil {
			t.Fatal(err)
		}
		w.apply(changes...)
		// A form that is sent twice enrols one app: with two of one seed a code would work twice.
		w.now = w.now.Add(30 * time.Second)
		if changes, err = w.AddTOTP(t.Context(), w.ann, sealed, authntest.Code(seed, w.now), "Phone", core.Event{}); err != nil {
			t.Fatal(err)
		}
		if err := w.Apply(t.Context(), changes...); !errors.Is(err, core.ErrConflict) {
			t.Errorf("96 a seed is enrolled twice: %v", err)
		}
		w.now = w.now.Add(time.Minute)
		w.once(w.second(core.MethodTOTP, authntest.Code(seed, w.now)))
		if enrolled, err := w.Factors.Enrolled(t.Context(), w.ann.ID); err != nil || enrolled != (core.Enrolled{TOTP: 1}) {
			t.Errorf("enrolled %+v, %v", enrolled, err)
		}
	})
	t.Run("recovery code", func(t *testing.T) {
		w := newOffice(t)
		codes, change := w.NewRecoveryCodes(w.ann)
		w.apply(change)
		w.once(w.second(core.MethodRecovery, codes[9]))
		if enrolled, err := w.Factors.Enrolled(t.Context(), w.ann.ID); err != nil || enrolled != (core.Enrolled{RecoveryCodes: 9}) {
			t.Errorf("enrolled %+v, %v", enrolled, err)
		}
	})
	t.Run("passkey", func(t *testing.T) {
		w := newOffice(t)
		b := &authntest.Browser{Origin: "https://id.example.org"}
		one, two, soon := []byte("a challenge of 16 bytes and more"), []byte("another one of 16 bytes and more"), w.now.Add(time.Minute)
		options, err := w.PasskeyCreation(t.Context(), one, w.ann)
		if err != nil {
			t.Fatal(err)
		}
		response, err := b.Create(options)
		if err != nil {
			t.Fatal(err)
		}
		changes, _, err := w.AddPasskey(t.Context(), w.ann, one, soon, response, "", core.Event{})
		if err != nil {
			t.Fatal(err)
		}
		w.apply(changes...)
		if options, err = w.PasskeyRequest(t.Context(), two, nil); err != nil {
			t.Fatal(err)
		}
		if response, err = b.Get(options); err != nil {
			t.Fatal(err)
		}
		w.once(w.SignInWithPasskey(t.Context(), core.PasskeyAttempt{Challenge: two, ExpiresAt: soon, Response: response}))
	})
	t.Run("mail", func(t *testing.T) {
		w := newOffice(t)
		org, err := w.Organisation(t.Context(), core.DefaultOrganisation)
		if err != nil {
			t.Fatal(err)
		}
		org.Rules.SignIn.Methods = []string{core.MethodEmail}
		w.apply(core.UpdateOrganisation{Organisation: *org})
		for _, login := range []string{"nobody", "ann"} { // the same for both, but for the mail
			id, changes, err := w.RequestMail(t.Context(), core.MailAttempt{Login: login, Request: "request", Browser: core.HashSecret("browser")})
			if err != nil {
				t.Fatal(err)
			}
			w.apply(changes...)
			_, err = w.SignInWithTicket(t.Context(), core.TicketAttempt{ID: id, Code: "no code", Request: "request", Browser: core.HashSecret("browser")})
			if refused, ok := errors.AsType[*core.SignInRefused](err); !ok || refused.Kind != core.SignInFactor {
				t.Errorf("%s: %v", login, err)
			}
			if ticket, err := w.Ticket(t.Context(), id); err != nil || ticket.Misses != 1 {
				t.Errorf("%s: the ticket is %+v, %v", login, ticket, err)
			}
		}
		if mails, err := w.Mails(t.Context(), 10); err != nil || len(mails) != 1 || mails[0].To != "ann@example.org" {
			t.Errorf("mails %+v, %v", mails, err)
		}
	})
}
