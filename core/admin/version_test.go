package admin_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// Of changes that come at once, the audit log says of each what it overwrote and with what:
// each value that was there follows on another one, and the last one is stored.
func TestRecordsOfChangesAtOnce(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann, boss := w.user(admin.NewUser{Name: "ann"}), w.user(admin.NewUser{Name: "boss", Admin: true})
	client := w.client(admin.NewClient{Name: "app"})
	roles := []core.Role{core.RoleAuditor, core.RoleHelpDesk, core.RoleAdministrator, core.RoleOwner}
	for _, c := range []struct {
		name, field, first string
		kind               core.EventType
		change             func(i int) error
		last               func() string
	}{
		{"user", "profile.nickname", "", core.EventUserUpdated, func(i int) error {
			_, err := w.UpdateUser(ctx, actor, ann.ID, "", func(u *core.User) { u.Profile.Nickname = fmt.Sprint("n", i) })
			return err
		}, func() string { return must(w.Store.User(ctx, ann.ID)).Profile.Nickname }},
		{"client", "display_name", "", core.EventClientUpdated, func(i int) error {
			_, err := w.UpdateClient(ctx, actor, client.ID, "", func(c *core.Client) { c.DisplayName = fmt.Sprint("n", i) })
			return err
		}, func() string { return must(w.Store.Client(ctx, client.ID)).DisplayName }},
		{"role", "role", "", core.EventRoleGranted, func(i int) error {
			return w.GrantRole(ctx, actor, ann.ID, core.DefaultOrganisation, roles[i%len(roles)])
		}, func() string { return string(must(w.Store.Roles(ctx, ann.ID))[0].Role) }},
		{"owner", "role", "owner", core.EventRoleGranted, func(i int) error {
			return w.GrantRole(ctx, actor, boss.ID, "", roles[i%3])
		}, func() string {
			for _, grant := range must(w.RolesOf(ctx, boss.ID)) {
				return string(grant.Role)
			}
			return ""
		}},
	} {
		if c.name == "owner" {
			w.user(admin.NewUser{Name: "other", Admin: true}) // somebody stays
		}
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if err := c.change(i); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
			})
		}
		group.Wait()
		user := core.ID("")
		if c.name == "owner" {
			user = boss.ID
		} else if c.name == "role" {
			user = ann.ID
		}
		w.chained(c.name, c.kind, user, c.field, c.first, c.last())
	}
}

// chained follows what the events of a kind say that a field was and is, from the first value
// to the last.
func (w *world) chained(name string, kind core.EventType, user core.ID, field, first, last string) {
	w.t.Helper()
	events, err := w.Store.Events(w.t.Context(), core.EventFilter{Type: kind, UserID: user, Limit: 100})
	if err != nil || len(events) == 0 {
		w.t.Fatalf("%s: %d events, %v", name, len(events), err)
	}
	follows := map[string]int{}
	for _, event := range events {
		for _, f := range event.Fields {
			if f.Field == field {
				follows[f.Before]++
				follows[f.After]--
			}
		}
	}
	// Each value is left as often as it is come to, but for the first and the last.
	follows[first]--
	follows[last]++
	for value, n := range follows {
		if n != 0 {
			w.t.Errorf("%s: %q was left %d times more than it was there, in %+v", name, value, n, events)
		}
	}
}
