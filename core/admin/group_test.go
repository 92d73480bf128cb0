package admin_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestUpdateGroup(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann := w.user(admin.NewUser{Name: "ann", Groups: []string{"staff", "other"}})
	client := w.client(admin.NewClient{Name: "wiki", Edit: func(c *core.Client) {
		c.RedirectURIs, c.AllowedGroups = []string{"https://rp.example/cb"}, []string{"staff"}
	}})
	staff, err := w.FindGroup(ctx, "", "staff")
	if err != nil {
		t.Fatal(err)
	}
	seen := admin.VersionOf(staff.UpdatedAt)
	changed, err := w.UpdateGroup(ctx, actor, staff.ID, seen, func(g *core.Group) { g.Name, g.ExternalID, g.Org, g.Members = "crew", "x-1", "acme", 99 })
	if err != nil || changed.Name != "crew" || changed.Org != core.DefaultOrganisation || changed.Members != 1 {
		t.Fatalf("%+v, %v", changed, err)
	}
	if e := w.latest(core.EventGroupUpdated); !slices.Equal(e.Fields, []core.FieldChange{{Field: "name", Before: "staff", After: "crew"}, {Field: "external_id", After: "x-1"}}) || e.Org != core.DefaultOrganisation {
		t.Errorf("event %+v", e)
	}
	user, err := w.store.User(ctx, ann.ID)
	if err != nil || !slices.Equal(user.Groups, []string{"crew", "other"}) {
		t.Errorf("groups %v, %v", user.Groups, err)
	}
	if client, err = w.FindClient(ctx, "", client.ID); err != nil || !slices.Equal(client.AllowedGroups, []string{"crew"}) {
		t.Errorf("allowed %v, %v", client.AllowedGroups, err)
	}
	if _, err := w.UpdateGroup(ctx, actor, staff.ID, seen, func(g *core.Group) { g.DisplayName = "x" }); !errors.Is(err, core.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
	other, err := w.FindGroup(ctx, "", "other")
	if err != nil {
		t.Fatal(err)
	}
	for field, edit := range map[string]func(*core.Group){
		"name":         func(g *core.Group) { g.Name = "crew" },
		"external_id":  func(g *core.Group) { g.ExternalID = "x-1" },
		"display_name": func(g *core.Group) { g.DisplayName = "\x00" },
	} {
		if got := problems(t, second(w.UpdateGroup(ctx, actor, other.ID, "", edit))); !slices.Equal(got, []string{field}) {
			t.Errorf("%s: fields %v", field, got)
		}
	}
	if _, err := w.UpdateGroup(ctx, actor, "x", "", func(*core.Group) {}); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("no group: %v", err)
	}
}

func TestMembersAtOnce(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.org("acme")
	var ids []core.ID
	for _, name := range []string{"ann", "bob", "carl"} {
		ids = append(ids, w.user(admin.NewUser{Name: name}).ID)
	}
	stranger := w.user(admin.NewUser{Org: "acme", Name: "dora"})
	group, err := w.ProvisionGroup(ctx, actor, admin.NewGroup{Name: "staff", ExternalID: "x", Members: []core.ID{ids[0], ids[0], ids[1]}})
	if err != nil || group.Members != 2 || group.ExternalID != "x" {
		t.Fatalf("%+v, %v", group, err)
	}
	members := func() []string {
		t.Helper()
		users, err := w.Members(ctx, group)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, u := range users {
			names = append(names, u.Name)
		}
		return names
	}
	if err := w.ChangeMembers(ctx, actor, group, []core.ID{ids[2], ids[1]}, []core.ID{ids[0], stranger.ID}); err != nil {
		t.Fatal(err)
	}
	if got := members(); !slices.Equal(got, []string{"bob", "carl"}) {
		t.Errorf("members %v", got)
	}
	// All or nothing.
	for name, err := range map[string]error{
		"of another organisation": w.ChangeMembers(ctx, actor, group, []core.ID{ids[0], stranger.ID}, []core.ID{ids[1]}),
		"nobody":                  w.ChangeMembers(ctx, actor, group, []core.ID{ids[0], "x"}, nil),
	} {
		if got := problems(t, err); !slices.Equal(got, []string{"members"}) {
			t.Errorf("%s: fields %v", name, got)
		}
	}
	if got := problems(t, second(w.ProvisionGroup(ctx, actor, admin.NewGroup{Name: "other", Members: []core.ID{stranger.ID}}))); !slices.Equal(got, []string{"members"}) {
		t.Errorf("fields %v", got)
	}
	if _, err := w.FindGroup(ctx, "", "other"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("half a group was made: %v", err)
	}
	if got := members(); !slices.Equal(got, []string{"bob", "carl"}) {
		t.Errorf("members %v", got)
	}
}
