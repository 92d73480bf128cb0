package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/authn"
)

const another = "another good password"

// signsIn reports whether the password is ann's.
func (w *world) signsIn(password string) bool {
	w.t.Helper()
	_, err := w.Passwords.SignIn(w.t.Context(), core.PasswordAttempt{Org: core.DefaultOrganisation, Login: "ann", Password: password})
	if _, wrong := errors.AsType[*core.SignInRefused](err); err != nil && !wrong {
		w.t.Fatal(err)
	}
	return err == nil
}

func TestSetPassword(t *testing.T) {
	w := newWorld(t)
	w.session(w.ann.User.ID)
	w.apply(core.AddDevice{Device: core.Device{ID: w.newID(), UserID: w.ann.User.ID, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}})
	reset := core.Ticket{ID: w.newID(), Hash: core.HashSecret("t"), Purpose: core.TicketReset, UserID: w.ann.User.ID, Org: core.DefaultOrganisation, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}
	w.apply(core.SaveTicket{Ticket: reset})
	w.now = w.now.Add(6 * time.Minute)
	if !w.ann.AsksCurrent() {
		t.Fatal("whoever finds the browser open could set a password")
	}
	w.renewed(w.SetPassword(t.Context(), w.ann, password, another))
	if w.signsIn(password) || !w.signsIn(another) {
		t.Error("the old password still works, or the new one does not")
	}
	if ids := w.live(w.ann); !slices.Equal(ids, []core.ID{w.ann.Session.ID}) {
		t.Errorf("sessions: %v", ids)
	}
	if list, err := w.Devices(t.Context(), w.ann); err != nil || len(list) != 0 {
		t.Errorf("still trusted: %+v, %v", list, err)
	}
	if _, err := w.store.Ticket(t.Context(), reset.ID); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("the old link sets another one: %v", err)
	}
	if len(w.mailer.sent) != 1 || w.mailer.sent[0].Template != core.MailNoticePassword {
		t.Errorf("told of %+v", w.mailer.sent)
	}
	if e := w.events(core.EventPasswordSet, w.ann); len(e) != 1 || !w.again(w.ann).User.PasswordAt.Equal(e[0].At) {
		t.Errorf("recorded %+v", e)
	}
	if ids := w.live(w.ben); len(ids) != 1 {
		t.Errorf("the other one's sessions: %v", ids)
	}
}

// TestSetPasswordFresh: who signed in just now need not say the old one, nor who has none.
func TestSetPasswordFresh(t *testing.T) {
	w := newWorld(t)
	w.ann.Fresh = true
	if w.ann.AsksCurrent() {
		t.Error("asks for the old one")
	}
	w.renewed(w.SetPassword(t.Context(), w.ann, "", another))
	if !w.signsIn(another) {
		t.Error("the new one does not work")
	}
	w.apply(core.SetPassword{UserID: w.ann.User.ID, At: w.now})
	w.ann = w.again(w.ann)
	w.renewed(w.SetPassword(t.Context(), w.ann, "", password))
	if !w.signsIn(password) {
		t.Error("the first one does not work")
	}
}

func TestRefuseSetPassword(t *testing.T) {
	w := newWorld(t)
	w.now = w.now.Add(6 * time.Minute)
	unchanged := func() {
		t.Helper()
		if list := w.live(w.ann); len(list) != 1 || !w.signsIn(password) {
			t.Error("something has changed")
		}
	}
	t.Run("097_without_the_old_one", func(t *testing.T) {
		w.quiet(func() {
			_, err := w.SetPassword(t.Context(), w.ann, "", another)
			invalid(t, err, core.FieldProblem{Field: "current", Kind: core.FieldMissing})
		})
		unchanged()
	})
	t.Run("097_with_a_wrong_one", func(t *testing.T) {
		_, err := w.SetPassword(t.Context(), w.ann, "wrong", another)
		invalid(t, err, core.FieldProblem{Field: "current", Kind: core.FieldWrong})
		if e := w.all()[0]; e.Type != core.EventSignInFailed || e.UserID != w.ann.User.ID || e.IP != "192.0.2.7" {
			t.Errorf("recorded %+v", e)
		}
		unchanged()
	})
	t.Run("097_with_that_of_another", func(t *testing.T) {
		hash, err := w.Passwords.HashFor(t.Context(), &w.ben.User, "only of ben alone")
		if err != nil {
			t.Fatal(err)
		}
		w.apply(core.SetPassword{UserID: w.ben.User.ID, Hash: hash, At: w.now})
		_, err = w.SetPassword(t.Context(), w.ann, "only of ben alone", another)
		invalid(t, err, core.FieldProblem{Field: "current", Kind: core.FieldWrong})
		unchanged()
	})
	t.Run("097_without_one_and_not_fresh", func(t *testing.T) {
		bare := w.ben
		w.apply(core.SetPassword{UserID: bare.User.ID, At: w.now})
		_, err := w.SetPassword(t.Context(), w.again(bare), "", another)
		refused(t, err, account.RefusedStale)
	})
	t.Run("rules", func(t *testing.T) {
		_, err := w.SetPassword(t.Context(), w.ann, password, "")
		invalid(t, err, core.FieldProblem{Field: "password", Kind: core.FieldMissing})
		_, err = w.SetPassword(t.Context(), w.ann, password, "short")
		invalid(t, err, core.FieldProblem{Field: "password", Kind: core.FieldShort, Limit: authn.MinCharacters})
		unchanged()
	})
	t.Run("guesses", func(t *testing.T) {
		for range 20 {
			if _, err := w.SetPassword(t.Context(), w.ann, "wrong", another); err == nil {
				t.Fatal("it was right")
			}
		}
		// The right one does not help who guesses, and the wait ends by itself.
		if _, err := w.SetPassword(t.Context(), w.ann, password, another); err == nil {
			t.Error("guesses are not counted")
		}
		w.now = w.now.Add(2 * time.Hour)
		w.renewed(w.SetPassword(t.Context(), w.ann, password, strings.Repeat("x", 64)))
	})
	t.Run("not allowed", func(t *testing.T) {
		w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{core.MethodPasskey} })
		_, err := w.SetPassword(t.Context(), w.ann, password, another)
		refused(t, err, account.RefusedKept)
	})
}

// TestPasswordOfAnOrganisation: its rules hold, and one's own name is no password.
func TestPasswordOfAnOrganisation(t *testing.T) {
	w := newWorld(t)
	w.ann.Fresh = true
	w.rules(func(r *core.OrgRules) { r.PasswordMin = 12 })
	_, err := w.SetPassword(t.Context(), w.ann, "", "eleven char")
	invalid(t, err, core.FieldProblem{Field: "password", Kind: core.FieldShort, Limit: 12})
	_, err = w.SetPassword(t.Context(), w.ann, "", "ann@example.org")
	invalid(t, err, core.FieldProblem{Field: "password", Kind: core.FieldName})
	w.renewed(w.SetPassword(t.Context(), w.ann, "", "twelve chars"))
}
