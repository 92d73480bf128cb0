package admin_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

var first = admin.SetupInput{Username: "root", Name: "The Root", Email: "root@example.org", Password: "long enough"}

func openSetup(t *testing.T, w *world) string {
	t.Helper()
	token, open, err := w.OpenSetup(t.Context())
	if err != nil || !open {
		t.Fatalf("open: %v, %v", open, err)
	}
	return token
}

func TestSetup(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if err := w.CheckSetup(ctx, ""); !errors.Is(err, admin.ErrSetupToken) {
		t.Errorf("before there is a link: %v", err)
	}
	old := openSetup(t, w)
	token := openSetup(t, w)
	if err := w.CheckSetup(ctx, old); !errors.Is(err, admin.ErrSetupToken) {
		t.Errorf("an older link: %v", err)
	}
	if err := w.CheckSetup(ctx, token); err != nil {
		t.Error(err)
	}
	user, err := w.CompleteSetup(ctx, admin.Actor{}, token, first)
	if err != nil || !user.Admin || !user.EmailVerified || user.PasswordHash == "" || user.Profile.DisplayName != "The Root" {
		t.Fatalf("%+v, %v", user, err)
	}
	if got := w.events(2); !slices.Contains(got, core.EventSetupDone) || !slices.Contains(got, core.EventUserCreated) {
		t.Errorf("events %v", got)
	}
	// Dead after its first use, at the next start too.
	w.now = w.now.Add(time.Second)
	if _, err := w.CompleteSetup(ctx, admin.Actor{}, token, first); !errors.Is(err, admin.ErrSetupClosed) {
		t.Error(err)
	}
	if got := w.events(1); got[0] != core.EventSetupRefused {
		t.Errorf("event %v", got)
	}
	if token, open, err := w.OpenSetup(ctx); err != nil || open || token != "" {
		t.Errorf("opened again: %v, %v", open, err)
	}
	if open, err := w.SetupOpen(ctx); err != nil || open {
		t.Errorf("still open: %v, %v", open, err)
	}
}

// Of fifty that race with the link, one makes the administrator (102).
func TestRefuse102SetupRace(t *testing.T) {
	w := newWorld(t)
	token := openSetup(t, w)
	var made atomic.Int32
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			input := first
			input.Username, input.Email = fmt.Sprintf("root%d", i), fmt.Sprintf("root%d@example.org", i)
			switch _, err := w.CompleteSetup(t.Context(), admin.Actor{}, token, input); {
			case err == nil:
				made.Add(1)
			case !errors.Is(err, admin.ErrSetupClosed):
				t.Error(err)
			}
		})
	}
	wait.Wait()
	users, err := w.Users(t.Context(), core.UserFilter{})
	if err != nil || made.Load() != 1 || len(users) != 1 {
		t.Errorf("%d succeeded, %d users, %v", made.Load(), len(users), err)
	}
}

// An administrator made by a command kills the link (102).
func TestRefuse102SetupAfterCommand(t *testing.T) {
	w := newWorld(t)
	token := openSetup(t, w)
	w.user(admin.NewUser{Name: "plain"})
	if err := w.CheckSetup(t.Context(), token); err != nil {
		t.Errorf("a user who is no administrator closed the set-up: %v", err)
	}
	w.user(admin.NewUser{Name: "root", Admin: true})
	w.user(admin.NewUser{Name: "second", Admin: true})
	if _, err := w.CompleteSetup(t.Context(), admin.Actor{}, token, first); !errors.Is(err, admin.ErrSetupClosed) {
		t.Error(err)
	}
	// Also one that was promoted.
	w = newWorld(t)
	token = openSetup(t, w)
	user := w.user(admin.NewUser{Name: "alice"})
	if _, err := w.UpdateUser(t.Context(), actor, user.ID, "", func(u *core.User) { u.Admin = true }); err != nil {
		t.Fatal(err)
	}
	if err := w.CheckSetup(t.Context(), token); !errors.Is(err, admin.ErrSetupClosed) {
		t.Error(err)
	}
}

func TestSetupInput(t *testing.T) {
	w := newWorld(t)
	token := openSetup(t, w)
	w.user(admin.NewUser{Name: "taken"})
	for _, tt := range []struct {
		input admin.SetupInput
		want  []string
	}{
		{admin.SetupInput{}, []string{"password", "username"}},
		{admin.SetupInput{Username: "a b", Name: "\x00", Email: "x", Password: "long enough"}, []string{"username", "email", "name"}},
		{admin.SetupInput{Username: "root", Password: "short"}, []string{"password"}},
		{admin.SetupInput{Username: "taken", Password: "long enough"}, []string{"username"}},
	} {
		_, err := w.CompleteSetup(t.Context(), admin.Actor{}, token, tt.input)
		if got := problems(t, err); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.input, got, tt.want)
		}
	}
	// The link survives mistakes.
	if _, err := w.CompleteSetup(t.Context(), admin.Actor{}, token, first); err != nil {
		t.Error(err)
	}
}

func TestSetupTokens(t *testing.T) {
	w := newWorld(t)
	token := openSetup(t, w)
	for _, wrong := range []string{"", "setup_", token + "A", token[:len(token)-1], "session" + token[len("setup"):], token[:40] + "AAAA" + token[44:]} {
		if _, err := w.CompleteSetup(t.Context(), admin.Actor{}, wrong, first); !errors.Is(err, admin.ErrSetupToken) {
			t.Errorf("%q: %v", wrong, err)
		}
		if got := w.events(1); got[0] != core.EventSetupRefused {
			t.Errorf("event %v", got)
		}
	}
}
