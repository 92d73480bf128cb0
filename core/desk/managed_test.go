package desk_test

import (
	"context"
	"errors"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
)

// lock says what becomes of a method where files manage what it is done to.
type lock struct {
	locked bool
	// call is done instead of what the matrix does, where that concerns nothing that is
	// managed.
	call func(w *world, d *desk.Desk, ctx context.Context) error
	// elsewhere says where it is tested instead.
	elsewhere string
}

// locks has a row for each method that changes something: a file that manages an object
// says what it is like, and people say who is in it and run it.
func locks() map[string]lock {
	const modules = "what files say of modules: TestManagedModule of package admin"
	closed, open := lock{locked: true}, lock{}
	of := func(call func(w *world, d *desk.Desk, ctx context.Context) error) lock {
		return lock{locked: true, call: call}
	}
	return map[string]lock{
		"UpdateOrganisation": closed, "DeleteOrganisation": closed, "CreateOrganisation": open,
		"UpdateGroup": closed, "DeleteGroup": closed, "CreateGroup": open, "ProvisionGroup": open,
		"AddMember": open, "RemoveMember": open, "ChangeMembers": open,
		"ReviseGroup": of(func(w *world, d *desk.Desk, ctx context.Context) error {
			if _, err := d.ReviseGroup(ctx, w.group.ID, "", admin.GroupRevision{Add: []core.ID{w.ann.ID}}); err != nil {
				return err
			}
			return second(d.ReviseGroup(ctx, w.group.ID, "", admin.GroupRevision{Edit: func(g *core.Group) { g.DisplayName = "x" }}))
		}),
		"UpdateClient": closed, "DeleteClient": closed, "CreateClient": open,
		"RotateSecret":       open, // the file says nothing of the secret
		"BeginAttempt":       open,
		"CreateInitialToken": open, "RevokeInitialToken": open,
		"CreateConnector": open, "UpdateConnector": closed, "DisableConnector": closed, "DeleteConnector": closed,
		"EnableConnector": of(func(_ *world, d *desk.Desk, ctx context.Context) error { return d.EnableConnector(ctx, "off") }),

		"CreateInstance": open,
		"SetSettings": of(func(_ *world, d *desk.Desk, ctx context.Context) error {
			return d.SetSettings(ctx, "idp", []byte(`{"a":1}`))
		}),
		"SetLimits": of(func(_ *world, d *desk.Desk, ctx context.Context) error {
			return d.SetLimits(ctx, "idp", core.PluginLimits{MemoryMiB: 4})
		}),
		"UpdateInstance": of(func(_ *world, d *desk.Desk, ctx context.Context) error {
			return d.UpdateInstance(ctx, "idp", "", func(i *core.PluginInstance) { i.Limits.MemoryMiB = 4 })
		}),
		"Grant": of(func(_ *world, d *desk.Desk, ctx context.Context) error {
			return d.Grant(ctx, "idp", "http.fetch", "a.example", true)
		}),
		"Revoke": of(func(_ *world, d *desk.Desk, ctx context.Context) error { return d.Revoke(ctx, "idp", "clock", "") }),
		"SetSecret": of(func(_ *world, d *desk.Desk, ctx context.Context) error {
			return d.SetSecret(ctx, "idp", "said", []byte("x"), true)
		}),
		"DeleteSecret": of(func(_ *world, d *desk.Desk, ctx context.Context) error { return d.DeleteSecret(ctx, "idp", "said") }),
		"BindPlugin": of(func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.BindPlugin(ctx, admin.Bind{Plugin: "oidc", Instance: "idp", ClientID: w.shared.ID}))
		}),
		"UnbindPlugin": of(func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.UnbindPlugin(ctx, admin.Unbind{Instance: "idp"}))
		}),
		"MoveBinding": of(func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.MoveBinding(ctx, w.bindingOf("idp"), 2))
		}),
		"InstallPlugin": {elsewhere: modules}, "RollbackPlugin": {elsewhere: modules}, "RemovePlugin": {elsewhere: modules},
		"ExaminePlugin": open, "PreviewPlugin": open, "ReloadPlugins": open,

		"CreateUser": open, "InviteUser": open, "UpdateUser": open, "ReviseUser": open, "SetPassword": open, "DeleteUser": open, "LinkUser": open, "DisableUser": open,
		"EnableUser": open, "SignOutUser": open, "InviteAgain": open, "ResetLink": open, "EndUserSession": open, "ForgetDevice": open, "ForgetDevices": open,
		"ResetProofs": open, "UnlinkUser": open, "WithdrawConsent": open, "RemoveAuthenticator": open, "NewRecoveryCodes": open,
		"GrantRole": open, "RevokeRole": open, "CreateServiceAccount": open, "UpdateServiceAccount": open, "DeleteServiceAccount": open,
		"CreateAPIToken": open, "RevokeAPIToken": open,
		"RotateKeys": open, "DeleteKey": open, "TestMail": open, "RetryMails": open, "Import": open, "Release": open,
	}
}

func (w *world) bindingOf(instance string) core.ID {
	w.Helper()
	config, err := w.admin.PluginConfig(w.Context())
	must(w, err)
	for _, b := range config.Bindings {
		if b.Instance == instance {
			return b.ID
		}
	}
	w.Fatalf("nothing is bound to %s", instance)
	return ""
}

// managed lets a file manage all that the matrix changes.
func (w *world) managed() {
	w.Helper()
	ctx := w.Context()
	must(w, second(w.admin.CreateConnector(ctx, tester, admin.NewConnector{Name: "off", Plugin: "oidc", Org: "acme"})))
	must(w, w.admin.DisableConnector(ctx, tester, "off"))
	must(w, w.admin.Grant(ctx, tester, "idp", "clock", "", true))
	must(w, w.store.Apply(ctx, core.SaveSecret{Instance: "idp", Secret: core.PluginSecret{Name: "said", Sealed: []byte("x"), UpdatedAt: w.now}}))
	for id, kind := range map[string]core.ManagedKind{
		"acme": core.ManagedOrganisation, string(w.group.ID): core.ManagedGroup, w.client.ID: core.ManagedClient,
		"idp": core.ManagedConnector, "off": core.ManagedConnector,
	} {
		must(w, w.store.Apply(ctx, core.Manage{Managed: core.Managed{Kind: kind, ID: id, Source: "acme.yaml", Members: []string{"secrets.said"}, ManagedAt: w.now}}))
	}
}

// What a file manages is changed by nobody else, whatever their role, and what it does not
// say stays as free as it was. Each method has its row.
func TestManaged(t *testing.T) {
	w := newWorld(t)
	w.managed()
	w.admin.Sealer = sealer{}
	w.store.frozen = true
	rows, locks := matrix(), locks()
	d := w.office.For(desk.Everything(tester))
	for name, row := range rows {
		lock, has := locks[name]
		switch {
		case has == row.permission.Reads():
			t.Errorf("%s: reads %v, in the table of locks %v", name, row.permission.Reads(), has)
			continue
		case lock.elsewhere != "":
			continue
		case lock.call == nil:
			lock.call = row.call
		}
		err := lock.call(w, d, t.Context())
		if held, locked := errors.AsType[*admin.ManagedError](err); locked != lock.locked || locked && held.Source != "acme.yaml" {
			t.Errorf("%s: %v (%T), want that it is locked: %v", name, err, err, lock.locked)
		}
	}
	for name := range locks {
		if _, is := rows[name]; !is {
			t.Errorf("there is no method %s in the matrix", name)
		}
	}
}

// applies gives a declaration of one object, which is what is done by hand in the matrix.
func applies(w *world) map[string]struct {
	permission core.Permission
	reach      reach
	one        admin.Declaration
} {
	edit := func(c *core.Client) { c.RedirectURIs = []string{"https://rp.example/cb"} }
	shared := func(c *core.Client) { edit(c); c.Shared = true }
	leave := func(*core.Organisation) {}
	type row = struct {
		permission core.Permission
		reach      reach
		one        admin.Declaration
	}
	return map[string]row{
		"an organisation":  {core.WriteOrganisations, inOrg, admin.Declaration{Organisations: []admin.DeclaredOrganisation{{Name: "acme", Edit: leave}}}},
		"a new one":        {core.WriteOrganisations, server, admin.Declaration{Organisations: []admin.DeclaredOrganisation{{Name: "new", Edit: leave}}}},
		"a group":          {core.WriteGroups, inOrg, admin.Declaration{Groups: []admin.DeclaredGroup{{Org: "acme", Name: "new", Edit: func(*core.Group) {}}}}},
		"a client":         {core.WriteClients, inOrg, admin.Declaration{Clients: []admin.DeclaredClient{{Org: "acme", Name: "wiki", Edit: edit}}}},
		"a new client":     {core.WriteClients, inOrg, admin.Declaration{Clients: []admin.DeclaredClient{{Org: "acme", Name: "new", Edit: edit}}}},
		"a shared client":  {core.WriteClients, seenOnly, admin.Declaration{Clients: []admin.DeclaredClient{{Org: "acme", Name: "new", Edit: shared}}}},
		"one made shared":  {core.WriteClients, seenOnly, admin.Declaration{Clients: []admin.DeclaredClient{{Org: "acme", Name: "wiki", Edit: shared}}}},
		"a connector":      {core.WriteConnectors, inOrg, admin.Declaration{Connectors: []admin.DeclaredConnector{{Org: "acme", Name: "idp"}}}},
		"a new connector":  {core.WriteConnectors, inOrg, admin.Declaration{Connectors: []admin.DeclaredConnector{{Org: "acme", Name: "new", Plugin: "oidc"}}}},
		"another's":        {core.WriteConnectors, server, admin.Declaration{Connectors: []admin.DeclaredConnector{{Org: "acme", Name: "spare", Plugin: "oidc"}}}},
		"a plugin":         {core.WritePlugins, server, admin.Declaration{Instances: []admin.DeclaredInstance{{Name: "spare", Plugin: "oidc"}}}},
		"what is released": {core.WriteGroups, inOrg, admin.Declaration{}},
	}
}

// Whoever applies a file needs for each object what they need to make it by hand, and gets
// no further by the file.
func TestApplyNeedsWhatHandsNeed(t *testing.T) {
	w := newWorld(t)
	must(w, second(w.admin.CreateInstance(t.Context(), tester, "spare", "oidc", nil)))
	must(w, w.store.Apply(t.Context(), core.Manage{Managed: core.Managed{Kind: core.ManagedGroup, ID: string(w.group.ID), Source: "f", ManagedAt: w.now}}))
	must(w, w.store.Apply(t.Context(), core.ReleaseManaged{Kind: core.ManagedGroup, ID: string(w.kept.ID)}))
	for name, row := range applies(w) {
		one := row.one
		if one.Source = "f"; name != "what is released" {
			one.Source = "g"
		}
		for _, c := range callers() {
			d := w.office.For(desk.Caller{Actor: tester, ID: "caller", Roles: c.roles})
			_, err := d.Apply(t.Context(), []admin.Declaration{one}, admin.ApplyOptions{DryRun: true})
			want := matrixRow(row.permission, row.reach).expected(c)
			if (err == nil) != (want == done) {
				t.Errorf("%s by %s: %v, want %s", name, c.name, err, want)
			}
		}
	}
}

func matrixRow(permission core.Permission, reach reach) row {
	return row{permission: permission, reach: reach}
}

// Who may read an object sees that a file manages it.
func TestManagedSeen(t *testing.T) {
	w := newWorld(t)
	w.managed()
	for _, test := range []struct {
		who  string
		role core.RoleGrant
		want int
	}{
		{"an auditor", core.RoleGrant{Role: core.RoleAuditor}, 6},
		{"an auditor of acme", core.RoleGrant{Org: "acme", Role: core.RoleAuditor}, 5},
		{"an owner of another one", core.RoleGrant{Org: "other", Role: core.RoleOwner}, 0},
	} {
		all, err := w.office.For(desk.Caller{Roles: []core.RoleGrant{test.role}}).Managed(t.Context(), core.ManagedFilter{})
		if err != nil || len(all) != test.want {
			t.Errorf("%s: %d, %v, want %d", test.who, len(all), err, test.want)
		}
	}
}
