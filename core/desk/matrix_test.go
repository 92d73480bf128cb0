package desk_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
)

// reach is where a caller must have the permission.
type reach int

const (
	inOrg    reach = iota // the organisation of the thing
	server                // the whole server
	anywhere              // any organisation
	seenOnly              // the whole server, and who does not see the organisation is told that it is not there
)

// row says who may call a method, and calls it.
type row struct {
	permission core.Permission
	reach      reach
	call       func(w *world, d *desk.Desk, ctx context.Context) error
}

// matrix has a row for each method of a desk. What lists give without an organisation is in
// [TestListsOfEverything].
func matrix() map[string]row {
	const acme = "acme"
	return map[string]row{
		// Organisations.
		"Organisation": {core.ReadOrganisations, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.Organisation(ctx, acme)) }},
		"OrganisationContents": {core.ReadOrganisations, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.OrganisationContents(ctx, acme))
		}},
		"Counts": {core.ReadOrganisations, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.Counts(ctx, acme)) }},
		"UpdateOrganisation": {core.WriteOrganisations, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.UpdateOrganisation(ctx, acme, "", func(o *core.Organisation) { o.Rules.RememberDays = 3 }))
		}},
		"CreateOrganisation": {core.WriteOrganisations, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.CreateOrganisation(ctx, core.Organisation{Name: "new"}))
		}},
		"DeleteOrganisation": {core.WriteOrganisations, seenOnly, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.DeleteOrganisation(ctx, acme) }},

		// Users.
		"User":     {core.ReadUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.User(ctx, w.ann.ID)) }},
		"FindUser": {core.ReadUsers, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.FindUser(ctx, acme, "ann")) }},
		"Users": {core.ReadUsers, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.Users(ctx, core.UserFilter{Org: acme}))
		}},
		"AllUsers": {core.ReadUsers, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.AllUsers(ctx, core.UserFilter{Org: acme}))
		}},
		"CountUsers": {core.ReadUsers, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.CountUsers(ctx, core.UserFilter{Org: acme}))
		}},
		"UserContents": {core.ReadUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.UserContents(ctx, w.ann.ID)) }},
		"UserConsents": {core.ReadUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.UserConsents(ctx, w.ann.ID)) }},
		"UserSessions": {core.ReadUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.UserSessions(ctx, w.ann.ID)) }},
		"UserDevices":  {core.ReadUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.UserDevices(ctx, w.ann.ID)) }},
		"UserProofs":   {core.ReadUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.UserProofs(ctx, w.ann.ID)) }},
		"UserLinks":    {core.ReadUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.UserLinks(ctx, w.ann.ID)) }},
		"LiveSessions": {core.ReadUsers, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.LiveSessions(ctx, core.SessionFilter{Org: acme}))
		}},
		"CreateUser": {core.WriteUsers, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.CreateUser(ctx, admin.NewUser{Org: acme, Name: "new"}))
		}},
		"InviteUser": {core.WriteUsers, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.InviteUser(ctx, admin.NewUser{Org: acme, Name: "new"}, true))
		}},
		"UpdateUser": {core.WriteUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.UpdateUser(ctx, w.ann.ID, "", func(u *core.User) { u.Email = "new@acme.example" }))
		}},
		"ReviseUser": {core.WriteUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.ReviseUser(ctx, w.ann.ID, "", admin.UserRevision{Password: "long enough", Edit: func(u *core.User) { u.Profile.Title = "Boss" }}))
		}},
		"SetPassword": {core.WriteUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return d.SetPassword(ctx, w.ann.ID, "long enough")
		}},
		"DeleteUser": {core.WriteUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.DeleteUser(ctx, w.ann.ID) }},
		"LinkUser": {core.WriteUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.LinkUser(ctx, w.ann.ID, "idp", "s"))
		}},
		"DisableUser": {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.DisableUser(ctx, w.ann.ID) }},
		"EnableUser":  {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.EnableUser(ctx, w.ann.ID) }},
		"SignOutUser": {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.SignOutUser(ctx, w.ann.ID) }},
		"InviteAgain": {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.InviteAgain(ctx, w.ann.ID, true))
		}},
		"ResetLink": {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.ResetLink(ctx, w.ann.ID, false))
		}},
		"EndUserSession": {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.EndUserSession(ctx, w.ann.ID, "s") }},
		"ForgetDevice":   {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.ForgetDevice(ctx, w.ann.ID, "d") }},
		"ForgetDevices":  {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.ForgetDevices(ctx, w.ann.ID) }},
		"ResetProofs":    {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.ResetProofs(ctx, w.ann.ID)) }},
		"UnlinkUser": {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return d.UnlinkUser(ctx, w.ann.ID, "idp", "s")
		}},
		"WithdrawConsent": {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return d.WithdrawConsent(ctx, w.ann.ID, w.client.ID)
		}},
		"RemoveAuthenticator": {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return d.RemoveAuthenticator(ctx, w.ann.ID, "a")
		}},
		"NewRecoveryCodes": {core.HelpUsers, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.NewRecoveryCodes(ctx, w.ann.ID))
		}},

		// Groups.
		"Groups": {core.ReadGroups, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.Groups(ctx, acme)) }},
		"FindGroup": {core.ReadGroups, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.FindGroup(ctx, acme, "staff"))
		}},
		"FindGroups": {core.ReadGroups, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.FindGroups(ctx, core.GroupFilter{Org: acme}))
		}},
		"CountGroups": {core.ReadGroups, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.CountGroups(ctx, core.GroupFilter{Org: acme}))
		}},
		"GroupByID": {core.ReadGroups, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.GroupByID(ctx, w.group.ID)) }},
		"GroupContents": {core.ReadGroups, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.GroupContents(ctx, w.group.ID))
		}},
		"Members": {core.ReadGroups, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.Members(ctx, w.forged())) }},
		"CreateGroup": {core.WriteGroups, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.CreateGroup(ctx, acme, "new", ""))
		}},
		"ProvisionGroup": {core.WriteGroups, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.ProvisionGroup(ctx, admin.NewGroup{Org: acme, Name: "new", Members: []core.ID{w.ann.ID}}))
		}},
		"UpdateGroup": {core.WriteGroups, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.UpdateGroup(ctx, w.group.ID, "", func(g *core.Group) { g.Name = "new" }))
		}},
		"ReviseGroup": {core.WriteGroups, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.ReviseGroup(ctx, w.group.ID, "", admin.GroupRevision{Add: []core.ID{w.ann.ID}}))
		}},
		"DeleteGroup":  {core.WriteGroups, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.DeleteGroup(ctx, acme, "staff") }},
		"AddMember":    {core.WriteGroups, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.AddMember(ctx, w.forged(), w.ann) }},
		"RemoveMember": {core.WriteGroups, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.RemoveMember(ctx, w.forged(), w.ann) }},
		"ChangeMembers": {core.WriteGroups, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return d.ChangeMembers(ctx, w.forged(), []core.ID{w.ann.ID}, nil)
		}},

		// Clients.
		"Client": {core.ReadClients, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.Client(ctx, w.client.ID)) }},
		"FindClient": {core.ReadClients, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.FindClient(ctx, acme, "wiki"))
		}},
		"Clients": {core.ReadClients, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.Clients(ctx, acme)) }},
		"FindClients": {core.ReadClients, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.FindClients(ctx, core.ClientFilter{Org: acme}))
		}},
		"ClientContents": {core.ReadClients, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.ClientContents(ctx, w.client.ID))
		}},
		"ClientGuide": {core.ReadClients, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.ClientGuide(ctx, w.client.ID, ""))
		}},
		"MissingGroups": {core.ReadClients, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.MissingGroups(ctx, w.client)) }},
		"InitialTokens": {core.ReadClients, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.InitialTokens(ctx, acme)) }},
		"Explain": {core.ReadClients, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.Explain(ctx, admin.Inquiry{Client: w.client, User: w.ann}))
		}},
		"CreateClient": {core.WriteClients, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.CreateClient(ctx, admin.NewClient{Org: acme, Name: "new", Edit: func(c *core.Client) { c.RedirectURIs = []string{"https://rp.example/cb"} }}))
		}},
		"UpdateClient": {core.WriteClients, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.UpdateClient(ctx, w.client.ID, "", func(c *core.Client) { c.DisplayName = "new" }))
		}},
		"RotateSecret": {core.WriteClients, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.RotateSecret(ctx, w.client.ID))
		}},
		"DeleteClient": {core.WriteClients, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.DeleteClient(ctx, w.client.ID) }},
		"BeginAttempt": {core.WriteClients, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.BeginAttempt(ctx, w.client.ID, admin.Attempt{}))
		}},
		"CreateInitialToken": {core.WriteClients, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			token, _, err := d.CreateInitialToken(ctx, admin.NewInitialToken{Org: acme, Name: "new", TTL: time.Hour})
			return second(token, err)
		}},
		"RevokeInitialToken": {core.WriteClients, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return d.RevokeInitialToken(ctx, w.initial.ID)
		}},

		// Connectors.
		"Connectors":    {core.ReadConnectors, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.Connectors(ctx, acme)) }},
		"FindConnector": {core.ReadConnectors, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.FindConnector(ctx, "idp")) }},
		"ConnectorContents": {core.ReadConnectors, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.ConnectorContents(ctx, "idp"))
		}},
		"SignInPlugins": {core.ReadConnectors, anywhere, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.SignInPlugins(ctx)) }},
		"CreateConnector": {core.WriteConnectors, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.CreateConnector(ctx, admin.NewConnector{Org: acme, Name: "new", Plugin: "oidc"}))
		}},
		"UpdateConnector": {core.WriteConnectors, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.UpdateConnector(ctx, "idp", admin.ConnectorEdit{Edit: func(c *core.Connector) { c.LinkByEmail = true }}))
		}},
		"EnableConnector":  {core.WriteConnectors, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.EnableConnector(ctx, "idp") }},
		"DisableConnector": {core.WriteConnectors, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.DisableConnector(ctx, "idp") }},
		"DeleteConnector":  {core.WriteConnectors, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.DeleteConnector(ctx, "idp", true) }},

		// Who administers.
		"RoleHolders": {core.ReadRoles, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.RoleHolders(ctx, acme)) }},
		"RolesOf":     {core.ReadRoles, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.RolesOf(ctx, w.ann.ID)) }},
		"GrantRole": {core.WriteRoles, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return d.GrantRole(ctx, w.ann.ID, acme, core.RoleOwner)
		}},
		"RevokeRole": {core.WriteRoles, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return d.RevokeRole(ctx, w.ann.ID, acme) }},
		"ServiceAccount": {core.ReadAccounts, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.ServiceAccount(ctx, w.robot.ID))
		}},
		"FindServiceAccount": {core.ReadAccounts, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.FindServiceAccount(ctx, acme, "robot"))
		}},
		"ServiceAccounts": {core.ReadAccounts, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.ServiceAccounts(ctx, acme)) }},
		"ServiceAccountContents": {core.ReadAccounts, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.ServiceAccountContents(ctx, w.robot.ID))
		}},
		"APITokens": {core.ReadAccounts, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error { return second(d.APITokens(ctx, w.robot.ID)) }},
		"CreateServiceAccount": {core.WriteAccounts, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.CreateServiceAccount(ctx, admin.NewServiceAccount{Org: acme, Name: "new"}))
		}},
		"UpdateServiceAccount": {core.WriteAccounts, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return second(d.UpdateServiceAccount(ctx, w.robot.ID, "", func(a *core.ServiceAccount) { a.Disabled = true }))
		}},
		"DeleteServiceAccount": {core.WriteAccounts, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return d.DeleteServiceAccount(ctx, w.robot.ID)
		}},
		"CreateAPIToken": {core.WriteAccounts, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			token, _, err := d.CreateAPIToken(ctx, admin.NewAPIToken{Holder: w.robot.ID, Name: "new", TTL: time.Hour})
			return second(token, err)
		}},
		"RevokeAPIToken": {core.WriteAccounts, inOrg, func(w *world, d *desk.Desk, ctx context.Context) error {
			return d.RevokeAPIToken(ctx, w.robot.ID, w.token.ID)
		}},
		"Release": {core.WriteRoles, server, func(w *world, d *desk.Desk, ctx context.Context) error {
			return d.Release(ctx, core.ManagedGroup, string(w.kept.ID))
		}},
		"Events": {core.ReadAudit, inOrg, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.Events(ctx, core.EventFilter{Org: acme}))
		}},

		// The server.
		"Keys": {core.ReadKeys, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.Keys(ctx)) }},
		"RotateKeys": {core.WriteKeys, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.RotateKeys(ctx, []string{"none"}, false))
		}},
		"DeleteKey":      {core.WriteKeys, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.DeleteKey(ctx, "k") }},
		"QueuedMails":    {core.ReadMails, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.QueuedMails(ctx)) }},
		"ServerSettings": {core.ReadSettings, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.ServerSettings(ctx)) }},
		"TestMail":       {core.WriteMails, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.TestMail(ctx, "anna@example.org") }},
		"RetryMails":     {core.WriteMails, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.RetryMails(ctx, "m")) }},
		"Import": {core.Import, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.Import(ctx, &admin.ImportPlan{}, admin.ImportOptions{}))
		}},

		// Plugins.
		"FindPlugin":    {core.ReadPlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.FindPlugin(ctx, "p")) }},
		"KnownPlugins":  {core.ReadPlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.KnownPlugins(ctx)) }},
		"PluginConfig":  {core.ReadPlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.PluginConfig(ctx)) }},
		"Releases":      {core.ReadPlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.Releases(ctx, "p")) }},
		"Instances":     {core.ReadPlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.Instances(ctx)) }},
		"FindInstance":  {core.ReadPlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.FindInstance(ctx, "i")) }},
		"PluginNumbers": {core.ReadPlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.PluginNumbers(ctx, "i")) }},
		"PluginLog":     {core.ReadPlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.PluginLog(ctx, "i", 0)) }},
		"BindPlugin": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.BindPlugin(ctx, admin.Bind{}))
		}},
		"UnbindPlugin": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.UnbindPlugin(ctx, admin.Unbind{}))
		}},
		"MoveBinding": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return second(d.MoveBinding(ctx, "b", 1)) }},
		"Grant":       {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.Grant(ctx, "i", "clock", "", false) }},
		"Revoke":      {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.Revoke(ctx, "i", "clock", "") }},
		"InstallPlugin": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.InstallPlugin(ctx, admin.Install{}))
		}},
		"ExaminePlugin": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			_, _, err := d.ExaminePlugin(ctx, []byte("x"))
			return err
		}},
		"CreateInstance": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.CreateInstance(ctx, "new", "oidc", nil))
		}},
		"SetSettings": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.SetSettings(ctx, "i", []byte("{}")) }},
		"UpdateInstance": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return d.UpdateInstance(ctx, "i", "", func(i *core.PluginInstance) { i.Limits.MemoryMiB = 4 })
		}},
		"SetLimits": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return d.SetLimits(ctx, "i", core.PluginLimits{})
		}},
		"SetSecret": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return d.SetSecret(ctx, "i", "s", []byte("x"), false)
		}},
		"DeleteSecret": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.DeleteSecret(ctx, "i", "s") }},
		"RollbackPlugin": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.RollbackPlugin(ctx, admin.Rollback{}))
		}},
		"RemovePlugin": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.RemovePlugin(ctx, "p", false))
		}},
		"ReloadPlugins": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error { return d.ReloadPlugins(ctx) }},
		"PreviewPlugin": {core.WritePlugins, server, func(_ *world, d *desk.Desk, ctx context.Context) error {
			return second(d.PreviewPlugin(ctx, admin.Preview{}))
		}},
	}
}

// elsewhereTested are the methods without a row, and why.
func elsewhereTested() map[string]string {
	return map[string]string{
		"Caller":        "it says who calls, and does nothing",
		"Alongside":     "it gives the desk of the same caller: TestOnceBrokenOff of package rest",
		"If":            "it gives the desk of the same caller: TestVersions",
		"Organisations": "it gives those that the caller sees: TestOrganisationsAreThoseSeen",
		"Apply":         "each object needs what it needs by hand: TestApplyNeedsWhatHandsNeed",
		"Managed":       "it gives what the caller may read: TestManagedSeen",
		"FinishAttempt": "it is about what the caller began: without that there is nothing to refuse",
	}
}

// forged is the group as somebody would have it who wants its organisation to be another.
func (w *world) forged() *core.Group {
	g := *w.group
	g.Org = "other"
	return &g
}

// Every method of a desk is in the matrix.
func TestMatrixIsWhole(t *testing.T) {
	rows, without := matrix(), elsewhereTested()
	kind := reflect.TypeFor[*desk.Desk]()
	var names []string
	for i := range kind.NumMethod() {
		name := kind.Method(i).Name
		names = append(names, name)
		_, has := rows[name]
		if _, why := without[name]; has == why {
			t.Errorf("%s: in the matrix %v, said why not %v", name, has, why)
		}
	}
	for name := range rows {
		if !slices.Contains(names, name) {
			t.Errorf("there is no method %s", name)
		}
	}
}

// caller is who stands at the desk, and where they have which role.
type caller struct {
	name  string
	roles []core.RoleGrant
	only  []core.Permission
}

func callers() []caller {
	all := []caller{{name: "nobody"}}
	for _, role := range core.Roles() {
		all = append(all,
			caller{name: string(role) + " of the server", roles: []core.RoleGrant{{Role: role}}},
			caller{name: string(role) + " of acme", roles: []core.RoleGrant{{Org: "acme", Role: role}}},
			caller{name: string(role) + " of other", roles: []core.RoleGrant{{Org: "other", Role: role}}},
		)
	}
	return append(all, caller{name: "owner of other who is auditor of acme",
		roles: []core.RoleGrant{{Org: "acme", Role: core.RoleAuditor}, {Org: "other", Role: core.RoleOwner}}})
}

// expected says what must become of a call, from the roles alone.
func (r row) expected(c caller) outcome {
	allows := func(org string) bool {
		return slices.ContainsFunc(c.roles, func(grant core.RoleGrant) bool {
			return grant.Role.Allows(r.permission) && (grant.Org == "" || grant.Org == org && !r.permission.ServerWide()) &&
				(c.only == nil || slices.Contains(c.only, r.permission))
		})
	}
	sees := slices.ContainsFunc(c.roles, func(grant core.RoleGrant) bool { return grant.Org == "" || grant.Org == "acme" })
	switch {
	case r.reach == inOrg && allows("acme"), (r.reach == server || r.reach == seenOnly) && allows(""), r.reach == anywhere && (allows("acme") || allows("other")):
		return done
	case (r.reach == inOrg || r.reach == seenOnly) && !sees:
		return missing
	}
	return denied
}

// Each method for each role, of this organisation, of another one, and of the server: what
// is not allowed changes nothing, and what is not seen is not there (security 119).
func TestMatrix(t *testing.T) {
	w := newWorld(t)
	w.store.frozen = true
	for name, row := range matrix() {
		for _, c := range callers() {
			w.expect(name, row, c)
		}
		// Who may everything, by a token for everything but this, and for this alone.
		owner := []core.RoleGrant{{Role: core.RoleOwner}}
		// That the organisation is there is no secret for who has a role.
		but := slices.DeleteFunc(core.Permissions(), func(p core.Permission) bool { return p == row.permission })
		w.expect(name, row, caller{"a token for all but this", owner, but})
		w.expect(name, row, caller{"a token for nothing", owner, []core.Permission{}})
		if !slices.Contains([]string{"Explain", "CreateAPIToken", "GrantRole", "DeleteOrganisation"}, name) { // each needs more than one permission
			w.expect(name, row, caller{"a token for this alone", owner, []core.Permission{row.permission}})
		}
	}
}

func (w *world) expect(method string, r row, c caller) {
	w.Helper()
	w.store.applied = 0
	d := w.office.For(desk.Caller{Actor: admin.Actor{Name: "user:" + c.name}, ID: "caller", Roles: c.roles, Only: c.only})
	err := r.call(w, d, w.Context())
	want := r.expected(c)
	if got := outcomeOf(err); got != want {
		w.Errorf("%s by %s: %s (%v), want %s", method, c.name, got, err, want)
	}
	if want != done && w.store.applied > 0 {
		w.Errorf("%s by %s: it is %s, and changes something", method, c.name, want)
	}
	if denial := fmt.Sprint(err); want == missing && denial != fmt.Sprint(r.call(w, w.office.For(desk.Caller{ID: "caller"}), w.Context())) {
		w.Errorf("%s by %s: %s, which is not what nobody is told", method, c.name, denial)
	}
}
