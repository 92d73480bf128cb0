package admin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func anything(*core.User, *core.User) error { return nil }

func TestRevisesAUser(t *testing.T) {
	w := newWorld(t)
	ann := w.user(admin.NewUser{Name: "ann", Email: "ann@example.org", EmailVerified: true})
	client := w.client(admin.NewClient{Name: "app"})
	session, _ := w.signedIn(ann, client)
	w.now = w.now.Add(time.Minute)
	got, err := w.ReviseUser(t.Context(), actor, ann.ID, admin.VersionOf(ann.UpdatedAt), admin.UserRevision{
		Password: "long enough", Edit: func(u *core.User) { u.Name, u.Disabled, u.Groups, u.Org = "anna", true, []string{"x"}, "other" },
	}, anything)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := w.store.User(t.Context(), ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []*core.User{got, stored} {
		if u.Name != "anna" || !u.Disabled || u.PasswordHash == "" || !u.PasswordAt.Equal(w.now) || !u.UpdatedAt.Equal(w.now) || len(u.Groups) > 0 || u.Org != ann.Org {
			t.Errorf("revised to %+v", u)
		}
	}
	if got := slices.Sorted(slices.Values(w.events(3))); !slices.Equal(got, []core.EventType{core.EventUserDisabled, core.EventPasswordSet, core.EventUserUpdated}) {
		t.Errorf("recorded as %v", got)
	}
	sessions, err := w.store.Sessions(t.Context(), ann.ID)
	if err != nil || slices.ContainsFunc(sessions, func(s core.Session) bool { return s.ID == session && s.EndedAt.IsZero() }) {
		t.Errorf("the session goes on: %v, %v", sessions, err)
	}

	// Nothing is nothing, and another state is not changed.
	before := w.events(100)
	if again, err := w.ReviseUser(t.Context(), actor, ann.ID, "", admin.UserRevision{Edit: func(u *core.User) {}}, anything); err != nil || !again.UpdatedAt.Equal(stored.UpdatedAt) {
		t.Errorf("%+v, %v", again, err)
	}
	_, err = w.ReviseUser(t.Context(), actor, ann.ID, admin.VersionOf(ann.UpdatedAt), admin.UserRevision{Edit: func(u *core.User) { u.Disabled = false }}, anything)
	if !errors.Is(err, core.ErrStale) {
		t.Errorf("an old state is changed: %v", err)
	}
	refused := errors.New("no")
	_, err = w.ReviseUser(t.Context(), actor, ann.ID, "", admin.UserRevision{Edit: func(u *core.User) { u.Disabled = false }}, func(_, after *core.User) error {
		if after.Disabled {
			t.Error("the guard does not see what is about to be")
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("the guard is not heard: %v", err)
	}
	// All that is wrong is said at once.
	_, err = w.ReviseUser(t.Context(), actor, ann.ID, "", admin.UserRevision{Password: "x", Edit: func(u *core.User) { u.Name, u.Email, u.Disabled = "a b", "x", false }}, anything)
	if got := problems(t, err); !slices.Equal(got, []string{"name", "email", "password"}) {
		t.Errorf("fields %v", got)
	}
	if after := w.events(100); len(after) != len(before) {
		t.Errorf("recorded %v", after)
	}
	if now, err := w.store.User(t.Context(), ann.ID); err != nil || !now.Disabled || now.Name != "anna" || !now.UpdatedAt.Equal(stored.UpdatedAt) {
		t.Errorf("%+v, %v", now, err)
	}

	root := w.user(admin.NewUser{Name: "root", Admin: true})
	_, err = w.ReviseUser(t.Context(), actor, root.ID, "", admin.UserRevision{Password: "long enough", Edit: func(u *core.User) { u.Disabled = true }}, anything)
	if got := problems(t, err); !slices.Equal(got, []string{""}) {
		t.Errorf("the last owner: %v", got)
	}
	if now, err := w.store.User(t.Context(), root.ID); err != nil || now.Disabled || now.PasswordHash != "" {
		t.Errorf("%+v, %v", now, err)
	}
}

func TestRevisesAGroup(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.user(admin.NewUser{Name: "ann"}), w.user(admin.NewUser{Name: "bob"})
	group, err := w.ProvisionGroup(t.Context(), actor, admin.NewGroup{Name: "staff", Members: []core.ID{ann.ID}})
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Minute)
	rename := func(g *core.Group) { g.Name = "all" }
	got, err := w.ReviseGroup(t.Context(), actor, group.ID, admin.VersionOf(group.UpdatedAt), admin.GroupRevision{Edit: rename, Add: []core.ID{bob.ID}, Remove: []core.ID{ann.ID}})
	if err != nil || got.Name != "all" || !got.UpdatedAt.Equal(w.now) {
		t.Fatalf("%+v, %v", got, err)
	}
	if members, err := w.Members(t.Context(), group); err != nil || len(members) != 1 || members[0].ID != bob.ID {
		t.Errorf("members %v, %v", members, err)
	}
	if got := slices.Sorted(slices.Values(w.events(3))); !slices.Equal(got, []core.EventType{core.EventMemberAdded, core.EventMemberRemoved, core.EventGroupUpdated}) {
		t.Errorf("recorded as %v", got)
	}
	// Who comes and goes is another version; who is there already is none.
	if _, err := w.ReviseGroup(t.Context(), actor, group.ID, admin.VersionOf(group.UpdatedAt), admin.GroupRevision{Add: []core.ID{ann.ID}}); !errors.Is(err, core.ErrStale) {
		t.Errorf("an old state is changed: %v", err)
	}
	same, err := w.ReviseGroup(t.Context(), actor, group.ID, admin.VersionOf(got.UpdatedAt), admin.GroupRevision{Add: []core.ID{bob.ID}, Remove: []core.ID{ann.ID}})
	if err != nil || !same.UpdatedAt.Equal(got.UpdatedAt) {
		t.Errorf("%+v, %v", same, err)
	}
	next, err := w.ReviseGroup(t.Context(), actor, group.ID, "", admin.GroupRevision{Add: []core.ID{ann.ID}})
	if err != nil || !next.UpdatedAt.Equal(w.now.Add(time.Millisecond)) {
		t.Errorf("in the same millisecond %+v, %v", next, err)
	}
	for name, r := range map[string]admin.GroupRevision{
		"name":    {Edit: func(g *core.Group) { g.Name = ";" }, Add: []core.ID{bob.ID}, Remove: []core.ID{ann.ID}},
		"members": {Edit: func(g *core.Group) { g.Name = "other" }, Add: []core.ID{"nobody"}, Remove: []core.ID{ann.ID}},
	} {
		_, err := w.ReviseGroup(t.Context(), actor, group.ID, "", r)
		if got := problems(t, err); !slices.Equal(got, []string{name}) {
			t.Errorf("%s: fields %v", name, got)
		}
	}
	if now, err := w.GroupByID(t.Context(), group.ID); err != nil || now.Name != "all" || now.Members != 2 || !now.UpdatedAt.Equal(next.UpdatedAt) {
		t.Errorf("half a change is left: %+v, %v", now, err)
	}
}
