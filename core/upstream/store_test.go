package upstream_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/sdk/hook"
)

// TestOverTheDatabase goes through sign-ins with the store that a server has: what the
// proof says of a user is what is stored.
func TestOverTheDatabase(t *testing.T) {
	w := newWorld(t)
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "test.db"), Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Service.Store = db
	apply := func(changes ...core.Change) {
		t.Helper()
		if err := db.Apply(t.Context(), changes...); err != nil {
			t.Fatal(err)
		}
	}
	connector := core.Connector{
		Instance: "up", Org: "built-in", CreateUsers: true, LinkByEmail: true, SyncProfile: true, SyncGroups: true, GroupPrefix: "up:", KeepTokens: true,
		CreatedAt: w.now, UpdatedAt: w.now,
	}
	instance := core.PluginInstance{
		Name: "up", Plugin: "oidc", Module: core.BuiltinModule, Settings: []byte("{}"), CreatedAt: w.now, UpdatedAt: w.now,
		Grants: []core.PluginGrant{{Capability: hook.OIDCExchange, Target: "login.provider.example"}},
	}
	ben := core.User{ID: core.NewID(w.now, w.Rand), Org: "built-in", Name: "ben", Email: "ben@example.org", EmailVerified: true, CreatedAt: w.now, UpdatedAt: w.now}
	apply(core.SaveInstance{Instance: instance}, core.AddBinding{Binding: core.PluginBinding{ID: core.NewID(w.now, w.Rand), Instance: "up", Hook: core.HookLogin, CreatedAt: w.now}},
		core.SaveConnector{Connector: connector}, core.CreateUser{User: ben})

	arrive := func(subject, email string, groups ...string) *core.Proof {
		t.Helper()
		w.plugin.identity.Subject, w.plugin.identity.Email, w.plugin.identity.Groups = subject, email, groups
		w.plugin.got = core.UpstreamTokens{Access: "at"}
		proof := w.overDatabase(db)
		stored, err := db.Link(t.Context(), "up", subject)
		if err != nil {
			t.Fatal(err)
		}
		if got := proof.User; got.ID != stored.User.ID || got.Name != stored.User.Name || got.Email != stored.User.Email || got.EmailVerified != stored.User.EmailVerified ||
			got.Profile != stored.User.Profile || !slices.Equal(got.Groups, stored.User.Groups) || len(stored.Link.Tokens) == 0 {
			t.Errorf("the proof says %+v, the database %+v", got, stored.User)
		}
		return proof
	}
	first := arrive("sub-1", "ann@example.org", "b", "a")
	if first.User.Name != "ann" || !slices.Equal(first.User.Groups, []string{"up:a", "up:b"}) {
		t.Errorf("%+v", first.User)
	}
	if again := arrive("sub-1", "new@example.org", "b"); again.User.ID != first.User.ID || again.User.Email != "new@example.org" || !slices.Equal(again.User.Groups, []string{"up:b"}) {
		t.Errorf("%+v", again.User)
	}
	if linked := arrive("sub-2", "ben@example.org"); linked.User.ID != ben.ID {
		t.Errorf("%+v", linked.User)
	}
	events, err := db.Events(t.Context(), core.EventFilter{UserID: ben.ID})
	if err != nil || !slices.ContainsFunc(events, func(e core.Event) bool { return e.Type == core.EventAccountLinked && e.Detail["how"] == "email" }) {
		t.Errorf("%+v, %v", events, err)
	}
}

// overDatabase goes there and back. A second callback of the same state comes too late.
func (w *world) overDatabase(db *store.Store) *core.Proof {
	w.t.Helper()
	start, err := w.begin(func(b *core.UpstreamBegin) {
		b.Request, b.ExpiresAt = core.NewID(w.now, w.Rand), w.now.Add(time.Minute)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := db.Apply(w.t.Context(), start.Changes...); err != nil {
		w.t.Fatal(err)
	}
	b := w.sentTo(start)
	first, err := b.finish(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	second, err := b.finish(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := db.Apply(w.t.Context(), first.Changes...); err != nil {
		w.t.Fatal(err)
	}
	if err := db.Apply(w.t.Context(), second.Changes...); !errors.Is(err, core.ErrConflict) {
		w.t.Errorf("104: the second of two callbacks: %v", err)
	}
	if _, err := w.Attempt(w.t.Context(), b.state); !errors.Is(err, core.ErrNotFound) {
		w.t.Errorf("104: a used state: %v", err)
	}
	return first
}
