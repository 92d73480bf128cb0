package desk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
)

// is checks what became of a call.
func (w *world) is(what string, err error, want outcome) {
	w.Helper()
	if got := outcomeOf(err); got != want {
		w.Errorf("%s: %s (%v), want %s", what, got, err, want)
	}
}

// May and Covers are what everything here comes down to.
func TestCaller(t *testing.T) {
	grant := func(org string, role core.Role) core.RoleGrant { return core.RoleGrant{Org: org, Role: role} }
	narrowed := desk.Caller{Roles: []core.RoleGrant{grant("", core.RoleOwner)}, Only: []core.Permission{core.ReadUsers}}
	for _, test := range []struct {
		caller     desk.Caller
		permission core.Permission
		org        string
		want       bool
	}{
		{desk.Everything(tester), core.WriteKeys, "", true},
		{desk.Everything(tester), core.WriteUsers, "acme", true},
		{desk.Caller{}, core.ReadUsers, "acme", false},
		{desk.Caller{Roles: []core.RoleGrant{grant("acme", core.RoleOwner)}}, core.WriteRoles, "acme", true},
		{desk.Caller{Roles: []core.RoleGrant{grant("acme", core.RoleOwner)}}, core.WriteUsers, "other", false},
		{desk.Caller{Roles: []core.RoleGrant{grant("acme", core.RoleOwner)}}, core.WriteUsers, "", false},
		// No role of an organisation reaches what is the server's, whatever the organisation
		// is called.
		{desk.Caller{Roles: []core.RoleGrant{grant("acme", core.RoleOwner)}}, core.WritePlugins, "acme", false},
		{desk.Caller{Roles: []core.RoleGrant{grant("acme", core.RoleOwner)}}, core.ReadKeys, "", false},
		{desk.Caller{Roles: []core.RoleGrant{grant("", "god")}}, core.ReadUsers, "acme", false},
		{desk.Caller{Roles: []core.RoleGrant{grant("", core.RoleAdministrator)}}, core.WriteRoles, "acme", false},
		{narrowed, core.ReadUsers, "acme", true},
		{narrowed, core.WriteUsers, "acme", false},
		{desk.Caller{Roles: narrowed.Roles, Only: []core.Permission{}}, core.ReadUsers, "acme", false},
	} {
		if got := test.caller.May(test.permission, test.org); got != test.want {
			t.Errorf("%+v may %s in %q: %v", test.caller, test.permission, test.org, got)
		}
	}
	for _, test := range []struct {
		own, theirs core.RoleGrant
		want        bool
	}{
		{grant("", core.RoleOwner), grant("", core.RoleOwner), true},
		{grant("", core.RoleAdministrator), grant("acme", core.RoleAdministrator), true},
		{grant("", core.RoleAdministrator), grant("acme", core.RoleOwner), false},
		{grant("acme", core.RoleOwner), grant("acme", core.RoleOwner), true},
		{grant("acme", core.RoleOwner), grant("other", core.RoleAuditor), false},
		{grant("acme", core.RoleOwner), grant("", core.RoleAuditor), false},
		{grant("acme", core.RoleAuditor), grant("acme", core.RoleHelpDesk), false},
	} {
		if got := (desk.Caller{Roles: []core.RoleGrant{test.own}}).Covers(test.theirs); got != test.want {
			t.Errorf("%+v covers %+v: %v", test.own, test.theirs, got)
		}
	}
}

// touching are the methods that do something to a person.
func touching() []string {
	var names []string
	for name, row := range matrix() {
		if slices.Contains([]core.Permission{core.WriteUsers, core.HelpUsers}, row.permission) && name != "CreateUser" && name != "InviteUser" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Nobody touches who may more, by any method: not one's own superiors, and not somebody who
// may something elsewhere.
func TestNobodyTouchesWhoMayMore(t *testing.T) {
	w := newWorld(t)
	above := map[string]*core.User{
		"an owner of acme": w.appointed("acme", "owner", "acme", core.RoleOwner), "an auditor of other": w.appointed("acme", "guest", "other", core.RoleAuditor),
		"an auditor of the server": w.appointed("acme", "auditor", "", core.RoleAuditor),
	}
	root, err := w.admin.CreateUser(t.Context(), tester, admin.NewUser{Org: "acme", Name: "root", Admin: true})
	must(w, err)
	above["an owner by the field of the user"] = &root.User
	chief := w.appointed("acme", "chief", "acme", core.RoleAdministrator)
	owner, server := w.appointed("acme", "second", "acme", core.RoleOwner), w.appointed("other", "boss", "", core.RoleOwner)
	w.store.frozen = true
	for who, person := range above {
		w.ann = person
		for _, method := range touching() {
			row := matrix()[method]
			w.is(method+" by an administrator of acme to "+who, row.call(w, w.desk(chief), t.Context()), denied)
			w.is(method+" by an owner of the server to "+who, row.call(w, w.desk(server), t.Context()), done)
			want := denied
			if person == above["an owner of acme"] {
				want = done // they are equals
			}
			w.is(method+" by an owner of acme to "+who, row.call(w, w.desk(owner), t.Context()), want)
		}
	}
	if denied, ok := errors.AsType[*desk.DeniedError](w.desk(chief).DeleteUser(t.Context(), root.User.ID)); !ok || !denied.Above || denied.Error() == "" {
		t.Errorf("got %v", denied)
	}
}

// Who has a token for a part of what they may do gets no more by entering an account that
// may more than the token. What lets nobody in stays possible: who leaves is to lose access.
func TestTokensDoNotGrow(t *testing.T) {
	w := newWorld(t)
	boss := w.appointed("other", "boss", "", core.RoleOwner)
	w.ann = w.appointed("acme", "helper", "acme", core.RoleHelpDesk)
	w.store.frozen = true
	scim := []core.Permission{core.ReadUsers, core.WriteUsers, core.HelpUsers, core.ReadGroups, core.WriteGroups}
	enters := []string{"SetPassword", "UpdateUser", "ReviseUser", "LinkUser", "InviteAgain", "ResetLink", "RemoveAuthenticator", "ResetProofs", "NewRecoveryCodes"}
	for _, method := range touching() {
		want := done
		if slices.Contains(enters, method) {
			want = denied
		}
		w.is(method+" by a narrowed token", matrix()[method].call(w, w.desk(boss, scim...), t.Context()), want)
		w.is(method+" by a token for all that", matrix()[method].call(w, w.desk(boss, core.Permissions()...), t.Context()), done)
	}
	// What revises a user takes what each of its parts takes.
	for name, test := range map[string]struct {
		edit func(*core.User)
		only []core.Permission
		want outcome
	}{
		"a name":                       {func(u *core.User) { u.Profile.DisplayName = "H" }, scim, done},
		"disabled":                     {func(u *core.User) { u.Disabled = true }, scim, done},
		"an address":                   {func(u *core.User) { u.Email = "new@acme.example" }, scim, denied},
		"an owner":                     {func(u *core.User) { u.Admin = true }, scim, denied},
		"disabled by who does no help": {func(u *core.User) { u.Disabled = true }, []core.Permission{core.ReadUsers, core.WriteUsers}, denied},
		"a name by who may only help":  {func(u *core.User) { u.Profile.DisplayName = "H" }, []core.Permission{core.ReadUsers, core.HelpUsers}, denied},
	} {
		_, err := w.desk(boss, test.only...).ReviseUser(t.Context(), w.ann.ID, "", admin.UserRevision{Edit: test.edit})
		w.is(name, err, test.want)
	}
	// A name is no way in.
	_, err := w.desk(boss, scim...).UpdateUser(t.Context(), w.ann.ID, "", func(u *core.User) { u.Profile.DisplayName = "Helper" })
	w.is("another display name", err, done)
	if err := w.desk(boss, scim...).DisableUser(t.Context(), w.ann.ID); err != nil || w.store.applied == 0 {
		t.Errorf("disable: %v", err)
	}
}

// Only an owner of the server says who owns it, whatever way it is said.
func TestWhoMakesOwners(t *testing.T) {
	w := newWorld(t)
	boss, chief, local := w.appointed("other", "boss", "", core.RoleOwner), w.appointed("other", "chief", "", core.RoleAdministrator), w.appointed("acme", "local", "acme", core.RoleOwner)
	w.store.frozen = true
	ctx := t.Context()
	for name, test := range map[string]struct {
		d                 *desk.Desk
		ofServer, ofOwner outcome
	}{
		"an owner of the server":         {w.desk(boss), done, done},
		"an administrator of the server": {w.desk(chief), denied, denied},
		"an owner of acme":               {w.desk(local), denied, done},
		// roles:write alone would be everything, by way of somebody else's account.
		"a token for roles": {w.desk(boss, core.WriteRoles, core.WriteUsers), denied, denied},
	} {
		makes := func(u *core.User) { u.Admin = true }
		w.is(name+" makes an owner by the field", second(test.d.UpdateUser(ctx, w.ann.ID, "", makes)), test.ofServer)
		w.is(name+" grants ownership of the server", test.d.GrantRole(ctx, w.ann.ID, "", core.RoleOwner), test.ofServer)
		w.is(name+" grants ownership of acme", test.d.GrantRole(ctx, w.ann.ID, "acme", core.RoleOwner), test.ofOwner)
	}
	for name, d := range map[string]*desk.Desk{"an administrator": w.desk(chief), "an owner of acme": w.desk(local)} {
		w.is(name+" creates an owner", second(d.CreateUser(ctx, admin.NewUser{Org: "acme", Name: "new", Admin: true})), denied)
		w.is(name+" invites an owner", second(d.InviteUser(ctx, admin.NewUser{Org: "acme", Name: "new", Admin: true}, true)), denied)
	}
	w.is("an owner creates one", second(w.desk(boss).CreateUser(ctx, admin.NewUser{Org: "acme", Name: "new", Admin: true})), done)
	// Roles are for whom one sees.
	w.is("a role for a stranger", w.desk(local).GrantRole(ctx, w.elsewhere.ID, "acme", core.RoleAuditor), missing)
	w.is("a role elsewhere", w.desk(local).GrantRole(ctx, w.ann.ID, "other", core.RoleAuditor), missing)
	w.is("the role of one above", w.desk(local).RevokeRole(ctx, boss.ID, "acme"), missing)
	w.is("a role that there is not", w.desk(boss).GrantRole(ctx, w.ann.ID, "acme", "god"), done)
}

// Where somebody of an organisation may something elsewhere, its administrators do not say
// how people sign in there: a connector that links by address would make them that person.
func TestOrganisationOfSomebodyAbove(t *testing.T) {
	writes := []string{"CreateConnector", "UpdateConnector", "EnableConnector", "DisableConnector", "DeleteConnector", "UpdateOrganisation"}
	for who, appoint := range map[string]func(w *world){
		"an auditor of the server":  func(w *world) { w.appointed("acme", "x", "", core.RoleAuditor) },
		"a help desk of other":      func(w *world) { w.appointed("acme", "x", "other", core.RoleHelpDesk) },
		"a program with the server": func(w *world) { must(w, w.admin.GrantRole(w.Context(), tester, w.robot.ID, "", core.RoleAuditor)) },
		"an owner by the field": func(w *world) {
			must(w, second(w.admin.CreateUser(w.Context(), tester, admin.NewUser{Org: "acme", Name: "x", Admin: true})))
		},
	} {
		w := newWorld(t)
		local, chief := w.appointed("acme", "local", "acme", core.RoleOwner), w.appointed("other", "chief", "", core.RoleAdministrator)
		w.store.frozen = true
		for _, method := range writes {
			w.is(method+" before", matrix()[method].call(w, w.desk(local), t.Context()), done)
		}
		w.store.frozen = false
		appoint(w)
		w.store.frozen = true
		for _, method := range writes {
			w.is(method+" with "+who, matrix()[method].call(w, w.desk(local), t.Context()), denied)
			w.is(method+" by an administrator of the server", matrix()[method].call(w, w.desk(chief), t.Context()), done)
		}
		rename := func(o *core.Organisation) { o.DisplayName = "Acme" }
		w.is("its display name", second(w.desk(local).UpdateOrganisation(t.Context(), "acme", "", rename)), done)
		for what, edit := range map[string]func(*core.Organisation){
			"the theme": func(o *core.Organisation) { o.Theme.Accent = "#1f6feb" }, "disabling it": func(o *core.Organisation) { o.Disabled = true },
		} {
			w.is(what+" with "+who, second(w.desk(local).UpdateOrganisation(t.Context(), "acme", "", edit)), denied)
		}
	}
}

// Clients of all organisations, and those that administer, are for administrators of the
// whole server.
func TestClientsThatReachFurther(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	local, chief := w.appointed("acme", "local", "acme", core.RoleOwner), w.appointed("other", "chief", "", core.RoleAdministrator)
	further := map[string]func(*core.Client){
		"shared":     func(c *core.Client) { c.Shared = true },
		"that rules": func(c *core.Client) { c.Scopes = append(c.Scopes, core.ScopeAdministration) },
	}
	create := func(d *desk.Desk, name string, edit func(*core.Client)) (*admin.CreatedClient, error) {
		return d.CreateClient(ctx, admin.NewClient{Org: "acme", Name: name, Guard: func(*core.Client) error { return nil }, Edit: func(c *core.Client) {
			c.RedirectURIs = []string{"https://rp.example/cb"}
			edit(c)
		}})
	}
	for what, edit := range further {
		w.is("make one "+what, second(create(w.desk(local), "new", edit)), denied)
		w.is("make it one "+what, second(w.desk(local).UpdateClient(ctx, w.client.ID, "", edit)), denied)
		created, err := create(w.desk(chief), strings.ReplaceAll(what, " ", "-"), edit)
		must(w, err)
		plain := w.client
		w.client = &created.Client
		for _, method := range []string{"UpdateClient", "RotateSecret", "BeginAttempt", "DeleteClient"} {
			w.store.frozen = true
			w.is(method+" of one "+what, matrix()[method].call(w, w.desk(local), ctx), denied)
			w.is(method+" of one "+what+" by an administrator of the server", matrix()[method].call(w, w.desk(chief), ctx), done)
			w.store.frozen = false
		}
		w.is("make it plain", second(w.desk(local).UpdateClient(ctx, w.client.ID, "", func(c *core.Client) { c.Shared, c.Scopes = false, []string{"openid"} })), denied)
		w.is("see one "+what, second(w.desk(local).Client(ctx, w.client.ID)), done)
		w.client = plain
	}
	if client, err := w.admin.FindClient(ctx, "acme", w.client.ID); err != nil || client.Shared || slices.Contains(client.Scopes, core.ScopeAdministration) {
		t.Errorf("%+v, %v", client, err)
	}
}

func TestAPITokens(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	boss, local, helper := w.appointed("other", "boss", "", core.RoleOwner), w.appointed("acme", "local", "acme", core.RoleOwner), w.appointed("acme", "helper", "acme", core.RoleHelpDesk)
	issue := func(d *desk.Desk, holder core.ID, permissions ...core.Permission) error {
		_, _, err := d.CreateAPIToken(ctx, admin.NewAPIToken{Holder: holder, Name: "x", TTL: time.Hour, Permissions: permissions})
		return err
	}
	w.is("for oneself", issue(w.desk(helper), helper.ID), done)
	w.is("for oneself, without a role", issue(w.as(w.ann.ID, nil), w.ann.ID), missing)
	w.is("in the name of another person", issue(w.desk(boss), w.ann.ID), denied)
	w.is("by who may read the data directory", issue(w.office.For(desk.Everything(tester)), w.ann.ID), done)
	w.is("for a program", issue(w.desk(local), w.robot.ID), done)
	w.is("for a program, by the help desk", issue(w.desk(helper), w.robot.ID), denied)

	// A token makes tokens only if it may write service accounts, and none that may more.
	narrow := w.desk(boss, core.WriteAccounts, core.ReadUsers)
	w.is("a token for itself", issue(w.desk(boss, core.ReadUsers), boss.ID, core.ReadUsers), denied)
	w.is("as narrow a one", issue(narrow, w.robot.ID, core.ReadUsers), done)
	w.is("a wider one", issue(narrow, w.robot.ID, core.ReadUsers, core.WriteUsers), denied)
	w.is("one that is not narrowed", issue(narrow, w.robot.ID), denied)
	w.is("one of the holder that is not narrowed", issue(narrow, boss.ID), denied)

	// A program that may more than the caller is not the caller's.
	must(w, w.admin.GrantRole(ctx, tester, w.robot.ID, "", core.RoleAuditor))
	w.is("for a program above", issue(w.desk(local), w.robot.ID), denied)
	for _, method := range []string{"UpdateServiceAccount", "DeleteServiceAccount", "RevokeAPIToken"} {
		w.is(method+" of a program above", matrix()[method].call(w, w.desk(local), ctx), denied)
	}
	w.is("by an owner of the server", issue(w.desk(boss), w.robot.ID), done)

	// One's own are seen and ended by whoever has them, whatever else they may.
	mine := w.as(helper.ID, nil)
	tokens, err := mine.APITokens(ctx, helper.ID)
	if err != nil || len(tokens) != 1 || !tokens[0].Hash.IsZero() {
		t.Fatalf("%+v, %v", tokens, err)
	}
	if err := mine.RevokeAPIToken(ctx, helper.ID, tokens[0].ID); err != nil {
		t.Error(err)
	}
	if roles, err := mine.RolesOf(ctx, helper.ID); err != nil || len(roles) != 1 {
		t.Errorf("%+v, %v", roles, err)
	}
	w.is("the tokens of somebody else", second(mine.APITokens(ctx, boss.ID)), missing)
	w.is("the tokens of a person, by the help desk", second(w.desk(helper).APITokens(ctx, local.ID)), done)
	w.is("the token of one above", w.desk(helper).RevokeAPIToken(ctx, local.ID, "t"), denied)
}

func TestOrganisationsAreThoseSeen(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		roles []core.RoleGrant
		want  []string
	}{
		{nil, nil},
		{[]core.RoleGrant{{Org: "acme", Role: core.RoleHelpDesk}}, []string{"acme"}},
		{[]core.RoleGrant{{Org: "acme", Role: core.RoleHelpDesk}, {Org: "other", Role: core.RoleAuditor}}, []string{"acme", "other"}},
		{[]core.RoleGrant{{Role: core.RoleAuditor}}, []string{"acme", core.DefaultOrganisation, "other"}},
	} {
		orgs, err := w.as("x", test.roles).Organisations(t.Context())
		var names []string
		for _, org := range orgs {
			names = append(names, org.Name)
		}
		if err != nil || !slices.Equal(names, test.want) {
			t.Errorf("%+v sees %v, %v", test.roles, names, err)
		}
	}
}

// Without an organisation, lists and numbers are of all of them, for who may see all.
func TestListsOfEverything(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for name, call := range map[string]func(context.Context, *desk.Desk) error{
		"AllUsers":    func(ctx context.Context, d *desk.Desk) error { return second(d.AllUsers(ctx, core.UserFilter{})) },
		"CountUsers":  func(ctx context.Context, d *desk.Desk) error { return second(d.CountUsers(ctx, core.UserFilter{})) },
		"CountGroups": func(ctx context.Context, d *desk.Desk) error { return second(d.CountGroups(ctx, core.GroupFilter{})) },
		"FindGroups":  func(ctx context.Context, d *desk.Desk) error { return second(d.FindGroups(ctx, core.GroupFilter{})) },
		"FindClients": func(ctx context.Context, d *desk.Desk) error { return second(d.FindClients(ctx, core.ClientFilter{})) },
		"LiveSessions": func(ctx context.Context, d *desk.Desk) error {
			return second(d.LiveSessions(ctx, core.SessionFilter{}))
		},
		"Events":      func(ctx context.Context, d *desk.Desk) error { return second(d.Events(ctx, core.EventFilter{})) },
		"Counts":      func(ctx context.Context, d *desk.Desk) error { return second(d.Counts(ctx, "")) },
		"RoleHolders": func(ctx context.Context, d *desk.Desk) error { return second(d.RoleHolders(ctx, "")) },
		"Connectors":  func(ctx context.Context, d *desk.Desk) error { return second(d.Connectors(ctx, "")) },
	} {
		all := []core.RoleGrant{{Org: "acme", Role: core.RoleOwner}, {Org: "other", Role: core.RoleOwner}}
		w.is(name+" by an owner of some", call(ctx, w.as("x", all)), denied)
		w.is(name+" by an auditor of the server", call(ctx, w.as("x", []core.RoleGrant{{Role: core.RoleAuditor}})), done)
	}
	users, err := w.as("x", []core.RoleGrant{{Role: core.RoleAuditor}}).AllUsers(ctx, core.UserFilter{})
	if err != nil || len(users) != 2 {
		t.Errorf("%+v, %v", users, err)
	}
	// What is asked of one organisation is of no other.
	events, err := w.as("x", []core.RoleGrant{{Org: "acme", Role: core.RoleAuditor}}).Events(ctx, core.EventFilter{Org: "acme"})
	if err != nil || len(events) == 0 || slices.ContainsFunc(events, func(e core.Event) bool { return e.Org != "acme" }) {
		t.Errorf("%+v, %v", events, err)
	}
	// Who did it is named, unless they are of an organisation that is not there for the caller.
	chief, local := w.appointed("other", "chief", "", core.RoleAdministrator), w.appointed("acme", "local", "acme", core.RoleAdministrator)
	for _, by := range []*core.User{chief, local} {
		must(w, second(w.desk(by).UpdateOrganisation(ctx, "acme", "", func(o *core.Organisation) { o.DisplayName = by.Name })))
	}
	for i, want := range [][2]core.Called{
		{{Name: "local", Login: "local", Org: "acme"}, {Name: "chief", Login: "chief", Org: "other"}}, {{Name: "local", Login: "local", Org: "acme"}, {Hidden: true}},
	} {
		org := []string{"", "acme"}[i]
		events, err := w.as("x", []core.RoleGrant{{Org: org, Role: core.RoleAuditor}}).Events(ctx, core.EventFilter{Org: org, Type: core.EventOrgUpdated})
		if err != nil || len(events) < 2 || events[0].By != want[0] || events[1].By != want[1] {
			t.Errorf("an auditor of %q sees %+v, %v", org, events, err)
		}
	}
}

// A connector of an organisation is its administrators', with its secrets and grants; the
// rest of the plugins are the server's, and no connector is a way to them.
func TestConnectorsAndTheirInstances(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.admin.Sealer = sealer{}
	local, chief := w.appointed("acme", "local", "acme", core.RoleAdministrator), w.appointed("other", "chief", "", core.RoleAdministrator)
	foreign := w.appointed("other", "foreign", "other", core.RoleOwner)
	must(w, second(w.admin.CreateInstance(ctx, tester, "theirs", "oidc", nil)))
	calls := map[string]func(d *desk.Desk, instance string) error{
		"SetSecret":    func(d *desk.Desk, instance string) error { return d.SetSecret(ctx, instance, "s", []byte("x"), true) },
		"DeleteSecret": func(d *desk.Desk, instance string) error { return d.DeleteSecret(ctx, instance, "s") },
		"Grant":        func(d *desk.Desk, instance string) error { return d.Grant(ctx, instance, "clock", "", true) },
		"Revoke":       func(d *desk.Desk, instance string) error { return d.Revoke(ctx, instance, "clock", "") },
	}
	w.store.frozen = true
	for name, call := range calls {
		w.is(name+" of one's connector", call(w.desk(local), "idp"), done)
		w.is(name+" of the server's", call(w.desk(local), "theirs"), denied)
		w.is(name+" of what there is not", call(w.desk(local), "nothing"), denied)
		w.is(name+" of another's connector", call(w.desk(foreign), "idp"), denied)
		w.is(name+" by an administrator of the server", call(w.desk(chief), "theirs"), done)
		w.is(name+" by a token for connectors", call(w.desk(chief, core.WriteConnectors), "idp"), done)
		w.is(name+" by a token for users", call(w.desk(chief, core.WriteUsers), "idp"), denied)
	}
	take := admin.NewConnector{Org: "acme", Name: "theirs", Plugin: "oidc"}
	_, err := w.desk(local).CreateConnector(ctx, take)
	if wrong, is := errors.AsType[*admin.InvalidError](err); !is || wrong.Problems[0].Field != "name" {
		t.Errorf("an instance of the server is taken: %v", err)
	}
	w.store.frozen = false
	must(w, second(w.desk(chief).CreateConnector(ctx, take)))

	// One that does more besides is not theirs any more.
	binding := core.PluginBinding{ID: core.NewID(w.now, w.admin.Rand), Instance: "idp", Hook: core.HookEvents, Position: 1, CreatedAt: w.now}
	must(w, w.store.Apply(ctx, core.AddBinding{Binding: binding}))
	w.store.frozen = true
	for name, call := range calls {
		w.is(name+" of one that does more", call(w.desk(local), "idp"), denied)
	}
	for _, method := range []string{"UpdateConnector", "EnableConnector", "DisableConnector", "DeleteConnector"} {
		w.is(method+" of one that does more", matrix()[method].call(w, w.desk(local), ctx), denied)
		w.is(method+" of one that does more, by an administrator of the server", matrix()[method].call(w, w.desk(chief), ctx), done)
	}
}

// An import gives people passwords and addresses: it is no way around what a token is
// narrowed to.
func TestImportsDoNotGrow(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	boss, helper := w.appointed("other", "boss", "", core.RoleOwner), w.appointed("acme", "helper", "acme", core.RoleHelpDesk)
	plan := &admin.ImportPlan{Source: "elsewhere", Users: []admin.ImportUser{
		{Org: "other", ID: "1", Name: boss.Name, Email: "thief@evil.example", EmailVerified: true}, {Org: "acme", ID: "2", Name: helper.Name, PasswordHash: "$argon2id$x"},
		{Org: "acme", ID: "3", Name: w.ann.Name, Email: "ann@elsewhere.example"},
	}}
	results := func(d *desk.Desk) (results []admin.ImportResult) {
		report, err := d.Import(ctx, plan, admin.ImportOptions{Adopt: true, DryRun: true})
		must(w, err)
		for _, row := range report.Rows {
			results = append(results, row.Result)
		}
		return results
	}
	refused, updated := admin.ImportRefused, admin.ImportUpdated
	if got := results(w.desk(boss, core.Import)); !slices.Equal(got, []admin.ImportResult{refused, refused, updated}) {
		t.Errorf("by a token for imports: %v", got)
	}
	if got := results(w.desk(boss)); !slices.Equal(got, []admin.ImportResult{updated, updated, updated}) {
		t.Errorf("by an owner: %v", got)
	}
}
