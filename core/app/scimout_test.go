package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/core/scim"
	"github.com/postern-id/postern/sdk/hook"
)

// TestSCIMOut takes the plugin that keeps another system by SCIM from its module to our own
// server: whatever becomes of people in one organisation becomes of them in another.
func TestSCIMOut(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and compiles a plugin")
	}
	ctx := context.Background()
	data := freshData(t)
	r := serve(t, func(c *config.Config) { c.Data, c.OutboundAllowPrivate = data, []string{"127.0.0.0/8"} })
	url := r.said(`^Postern serves (\S+)$`)
	o := newOffice(t, data)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, org := range []string{"acme", "mirror"} {
		_, err := o.Admin.CreateOrganisation(ctx, cli, core.Organisation{Name: org})
		check(err)
	}
	tokens := map[string]string{
		"source": apiToken(t, o.Store, time.Now(), "acme", "acme", core.RoleAuditor),
		"target": apiToken(t, o.Store, time.Now(), "mirror", "mirror", core.RoleAdministrator),
	}
	_, err := o.Admin.InstallPlugin(ctx, cli, admin.Install{Code: plugintest.GoModule(t, "../../examples/plugin-scim-out"), Source: "scim-out.wasm"})
	check(err)
	_, err = o.Admin.CreateInstance(ctx, cli, "wiki", "scim-out", []byte(`{"source":"`+url+scim.Prefix+`","target":"`+url+scim.Prefix+`"}`))
	check(err)
	for name, token := range tokens {
		check(o.Admin.SetSecret(ctx, cli, "wiki", name, []byte(token), false))
	}
	check(o.Admin.Grant(ctx, cli, "wiki", hook.HTTPFetch, strings.TrimPrefix(url, "http://"), false))
	_, err = o.Admin.BindPlugin(ctx, cli, admin.Bind{Plugin: "scim-out", Instance: "wiki"})
	check(err)

	// there gives the copy of a user; nil if there is none.
	there := func(name string) *core.User {
		user, err := o.Store.UserByLogin(ctx, "mirror", name)
		if errors.Is(err, core.ErrNotFound) {
			return nil
		}
		check(err)
		return user
	}
	made, err := o.Admin.CreateUser(ctx, cli, admin.NewUser{
		Org: "acme", Name: "anna", Email: "anna@example.org", EmailVerified: true, Profile: core.Profile{DisplayName: "Anna", Title: "Boss"},
		Attributes: map[string]string{"department": "Sales"},
	})
	check(err)
	anna := made.User.ID
	r.eventually("she is there", func() bool { return there("anna") != nil })
	if got := there("anna"); got.Profile.ExternalID != string(anna) || got.Profile.DisplayName != "Anna" || got.Profile.Title != "Boss" || got.Email != "anna@example.org" ||
		got.EmailVerified || got.Attributes["department"] != "Sales" || got.PasswordHash != "" {
		t.Errorf("her copy is %+v", got)
	}
	_, err = o.Admin.UpdateUser(ctx, cli, anna, "", func(u *core.User) { u.Name, u.Profile.Title = "ann", "" })
	check(err)
	r.eventually("she has another name there", func() bool { return there("ann") != nil && there("anna") == nil })

	// members gives the members of the copy of a group; "-" if there is none.
	members := func(name string) string {
		group, err := o.Store.Group(ctx, "mirror", name)
		if errors.Is(err, core.ErrNotFound) {
			return "-"
		}
		check(err)
		users, err := o.Store.Members(ctx, group.ID)
		check(err)
		var names []string
		for _, user := range users {
			names = append(names, user.Name)
		}
		return strings.Join(names, " ")
	}
	staff, err := o.Admin.CreateGroup(ctx, cli, "acme", "Staff", "")
	check(err)
	r.eventually("there is a group", func() bool { return members("Staff") == "" })
	check(o.Admin.AddMember(ctx, cli, staff, &made.User))
	r.eventually("she is in it", func() bool { return members("Staff") == "ann" })
	bob, err := o.Admin.CreateUser(ctx, cli, admin.NewUser{Org: "acme", Name: "bob", Groups: []string{"Staff", "Sales"}})
	check(err)
	r.eventually("somebody comes with groups", func() bool { return members("Staff") == "ann bob" && members("Sales") == "bob" })
	_, err = o.Admin.UpdateGroup(ctx, cli, staff.ID, "", func(g *core.Group) { g.Name = "All" })
	check(err)
	r.eventually("the group has another name", func() bool { return members("All") == "ann bob" && members("Staff") == "-" })
	renamed, err := o.Admin.FindGroup(ctx, "acme", "All")
	check(err)
	check(o.Admin.RemoveMember(ctx, cli, renamed, &bob.User))
	r.eventually("somebody leaves it", func() bool { return members("All") == "ann" })
	check(o.Admin.DeleteGroup(ctx, cli, "acme", "Sales"))
	r.eventually("a group is gone", func() bool { return members("Sales") == "-" && there("bob") != nil })

	check(o.Admin.DisableUser(ctx, cli, anna))
	r.eventually("she may not sign in there", func() bool { return there("ann").Disabled })
	check(o.Admin.EnableUser(ctx, cli, anna))
	r.eventually("she may again", func() bool { return !there("ann").Disabled })
	check(o.Admin.DeleteUser(ctx, cli, anna))
	r.eventually("she is gone there", func() bool { return there("ann") == nil })
	r.eventually("nothing waits", func() bool { return o.waiting()["wiki"] == 0 })
	r.stop()
	log := r.log.String()
	if strings.Contains(log, "level=ERROR") || strings.Contains(log, tokens["source"]) || strings.Contains(log, tokens["target"]) {
		t.Error(log)
	}
}
