package console

import (
	"cmp"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/web"
)

// item is a line of the menu, for who has the permission anywhere.
type item struct {
	label, path, icon string
	permission        core.Permission
}

// shelf are items that belong together.
type shelf struct {
	title string
	items []item
}

// menu gives all of it. An item whose path is no page yet is left out.
func menu() []shelf {
	return []shelf{
		{"", []item{{"Overview", Path, "overview", ""}}},
		{"People", []item{
			{"Users", Path + "/users", "users", core.ReadUsers},
			{"Groups", Path + "/groups", "groups", core.ReadGroups},
			{"Organisations", Path + "/organisations", "organisations", core.ReadOrganisations},
			{"Sessions", Path + "/sessions", "sessions", core.ReadUsers},
		}},
		{"Sign-in", []item{
			{"Applications", Path + "/clients", "clients", core.ReadClients},
			{"Connectors", Path + "/connectors", "connectors", core.ReadConnectors},
			{"Plugins", Path + "/plugins", "plugins", core.ReadPlugins},
			{"Explain", Path + "/explain", "explain", core.ReadClients},
		}},
		{"Administration", []item{
			{"Roles", Path + "/roles", "roles", core.ReadRoles},
			{"Service accounts", Path + "/accounts", "accounts", core.ReadAccounts},
			{"Your API tokens", Path + "/tokens", "tokens", ""},
			{"Audit log", Path + "/audit", "audit", core.ReadAudit},
		}},
		{"Server", []item{
			{"Keys", Path + "/keys", "keys", core.ReadKeys},
			{"Mail", Path + "/mail", "mail", core.ReadMails},
			{"Import", Path + "/import", "import", core.Import},
			{"Files", Path + "/managed", "managed", core.ReadSettings},
			{"Settings", Path + "/settings", "settings", core.ReadSettings},
		}},
	}
}

// furnish fills in what all pages have.
func (c *Console) furnish(v *Visit, page *web.Console) {
	pages := map[string]bool{}
	for _, route := range c.Routes() {
		pages[route.Path] = true
	}
	for _, s := range menu() {
		group := web.MenuGroup{Title: s.title}
		for _, i := range s.items {
			if pages[i.path] && (i.permission == "" || v.MayAnywhere(i.permission)) {
				group.Items = append(group.Items, web.MenuItem{Label: i.label, URL: i.path, Icon: i.icon, Here: i.path == v.Route.Menu})
			}
		}
		if len(group.Items) > 0 {
			page.Menu = append(page.Menu, group)
		}
	}
	page.Notice, page.Problem, page.Action = cmp.Or(page.Notice, v.Notice), cmp.Or(page.Problem, v.Problem), v.Here
	page.Self.Name, page.Self.Login, page.Self.Role = v.Holder.User.DisplayName(), v.Holder.User.Name, roleLine(v.Holder.AllRoles())
}

// RoleName is what the pages call a role.
func RoleName(role core.Role) string {
	switch role {
	case core.RoleOwner:
		return "Owner"
	case core.RoleAdministrator:
		return "Administrator"
	case core.RoleHelpDesk:
		return "Help desk"
	case core.RoleAuditor:
		return "Auditor"
	}
	return string(role)
}

// roleLine says the role of somebody: that of the server, else those of organisations.
func roleLine(roles []core.RoleGrant) string {
	best := roles[0]
	for _, grant := range roles[1:] {
		switch {
		case grant.Org == "" && best.Org != "":
			best = grant
		case (grant.Org == "") == (best.Org == "") && grant.Role.Covers(best.Role):
			best = grant
		}
	}
	if best.Org == "" {
		return RoleName(best.Role) + " of the server"
	}
	return RoleName(best.Role) + " of " + best.Org
}
