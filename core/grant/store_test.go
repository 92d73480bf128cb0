package grant

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store"
)

// The races and the restart once more, on the database itself.

func TestRefuseOnDatabase(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		test func(*testing.T)
	}{
		{"031_code_reused", refuse031OnDatabase},
		{"032_parallel_redemptions", refuse032OnDatabase},
		{"056_parallel_refreshes", refuse056OnDatabase},
		{"057_after_restart", refuse057OnDatabase},
		{"059_signed_out", refuse059OnDatabase},
		{"own_grant", refuseOwnGrantOnDatabase},
	} {
		t.Run(tt.name, tt.test)
	}
}

func openStore(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newDatabase has alice, who is signed in, and wiki.
func newDatabase(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "postern.db")
	s := openStore(t, path)
	err := s.Apply(t.Context(),
		core.CreateUser{User: alice()},
		core.CreateClient{Client: client("wiki", core.AuthBasic)},
		core.StartSession{Session: core.Session{
			ID: session, Hash: core.HashSecret("session"), UserID: alice().ID, AuthTime: noon,
			AMR: []string{"pwd"}, CreatedAt: noon, ExpiresAt: noon.Add(24 * time.Hour),
		}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func refuse032OnDatabase(t *testing.T) {
	t.Parallel()
	w := newWorldOn(t, openStore(t, newDatabase(t)))
	w.raceForCode(w.code(nil))
}

func refuse056OnDatabase(t *testing.T) {
	t.Parallel()
	w := newWorldOn(t, openStore(t, newDatabase(t)))
	w.raceForRotation(w.signIn().RefreshToken)
}

func refuse031OnDatabase(t *testing.T) {
	t.Parallel()
	s := openStore(t, newDatabase(t))
	w := newWorldOn(t, s)
	code := w.code(nil)
	first := w.get(byWiki(redeem(code)...))
	if _, refusal := w.send(byWiki(redeem(code)...)); refusal == nil || w.lives(first.AccessToken) {
		t.Errorf("031: refusal %v, the token lives: %v", refusal, w.lives(first.AccessToken))
	}
	events, err := s.Events(t.Context(), core.EventFilter{Type: core.EventReuseDetected})
	if err != nil || len(events) != 1 || events[0].ClientID != "wiki" || events[0].UserID != alice().ID || events[0].Detail["reason"] != "code_reused" {
		t.Errorf("audit events %+v, %v", events, err)
	}
}

// 057: the reuse of a rotated token is seen by a process that started later, and
// by another one that has the same database open.
func refuse057OnDatabase(t *testing.T) {
	t.Parallel()
	path := newDatabase(t)
	before := newWorldOn(t, openStore(t, path))
	first := before.signIn()
	second := before.get(byWiki(renew(first.RefreshToken)...))

	after := newWorldOn(t, openStore(t, path))
	after.random.block[0] = 1
	if again := after.get(byWiki(renew(first.RefreshToken)...)); again.RefreshToken != second.RefreshToken {
		t.Error("057: another successor after a restart")
	}
	after.sleep(time.Minute)
	if _, refusal := after.send(byWiki(renew(first.RefreshToken)...)); refusal == nil || refusal.Reason != "refresh_token_reused" {
		t.Errorf("057: reuse after a restart: %v", refusal)
	}
	if _, refusal := before.send(byWiki(renew(second.RefreshToken)...)); refusal == nil || refusal.Reason != "grant_revoked" {
		t.Errorf("057: the family lives in the other process: %v", refusal)
	}
}

// 059: signing out ends the family.
func refuse059OnDatabase(t *testing.T) {
	t.Parallel()
	s := openStore(t, newDatabase(t))
	w := newWorldOn(t, s)
	first := w.signIn()
	if err := s.Apply(t.Context(), core.EndSession{ID: session, At: noon}); err != nil {
		t.Fatal(err)
	}
	if _, refusal := w.send(byWiki(renew(first.RefreshToken)...)); refusal == nil || refusal.Reason != "grant_revoked" || w.lives(first.AccessToken) {
		t.Errorf("059: %v", refusal)
	}
}
