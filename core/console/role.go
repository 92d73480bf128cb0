package console

import (
	"cmp"
	"errors"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const pathRoles = Path + "/roles"

func (c *Console) roleRoutes() []Route {
	return []Route{
		{Path: pathRoles, Menu: pathRoles, Show: c.roles, Actions: map[string]Action{"revoke": {Fresh: true, Ask: c.askRevokeRole, Do: c.revokeRole}}},
		{Path: pathRoles + "/new", Menu: pathRoles, Fresh: true, Show: c.newRole, Actions: map[string]Action{"grant": {Fresh: true, Do: c.grantRole}}},
	}
}

// roleOptions are the roles, each with what it may.
func roleOptions() []web.Option {
	return []web.Option{
		{Value: string(core.RoleOwner), Label: "Owner", Hint: "May everything, and says who has which role"},
		{Value: string(core.RoleAdministrator), Label: "Administrator", Hint: "Manages everything but roles"},
		{Value: string(core.RoleHelpDesk), Label: "Help desk", Hint: "Helps people who cannot sign in"},
		{Value: string(core.RoleAuditor), Label: "Auditor", Hint: "Sees everything and changes nothing"},
	}
}

// roles shows who has a role of the server, or of an organisation.
func (c *Console) roles(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.ReadRoles); err != nil {
		return nil, err
	}
	scope, err := v.scope(core.ReadRoles, true)
	if err != nil {
		return nil, err
	}
	holders, err := v.Desk.RoleHolders(v, scope.Org)
	if err != nil {
		return nil, err
	}
	may := v.May(core.WriteRoles, scope.Org)
	table := web.Table{ID: "roles", Columns: actions([]string{"Name", "Role", "Since"}, may), Empty: "Nobody has a role here."}
	if inputs := scope.input(true); inputs != nil {
		if inputs[0].Label = "Roles of"; scope.Server {
			inputs[0].Options[0].Label = "The whole server"
		}
		table.Search = &web.Search{Action: pathRoles, Inputs: inputs}
	}
	for _, h := range holders {
		table.Rows = append(table.Rows, holderRow(v, h, may))
	}
	page := &web.Console{Title: "Roles", Lead: "Who administers, and what they may.", Blocks: []web.Block{table, roleMeanings()}}
	if may {
		page.Buttons = []web.Button{{Label: "Give a role", URL: with(pathRoles+"/new", "org", scope.Org), Kind: "primary", ID: "new"}}
	}
	return show(page, nil)
}

func holderRow(v *Visit, h admin.RoleHolder, may bool) web.Row {
	name := web.Cell{Text: h.Holder.Title, Sub: h.Holder.Name + " of " + h.Holder.Org, Mark: "person", URL: at(pathUsers, string(h.Holder.ID)), Badges: disabled(h.Holder.Disabled)}
	if h.Holder.Program {
		name.Mark, name.URL, name.Sub = "thing", at(pathAccounts, string(h.Holder.ID)), "service account of "+h.Holder.Org
	}
	row := web.Row{Cells: []web.Cell{name, {Text: RoleName(h.Grant.Role)}, {At: h.Grant.CreatedAt}}}
	if may && v.Desk.Caller().Covers(h.Grant) {
		row.Buttons = []web.Button{{
			Label: "Take away", About: "the role of " + h.Holder.Title + ", " + h.Holder.Name, Action: "revoke", Kind: "danger",
			Values: []web.Field{{Name: "holder", Value: string(h.Holder.ID)}, {Name: "org", Value: h.Grant.Org}, {Name: version, Value: string(admin.RoleVersion(h.Grant.Role))}},
		}}
	}
	return row
}

func roleMeanings() web.Block {
	details := web.Details{Title: "What the roles may", Text: "A role of an organisation reaches no further than it: keys, plugins, mails and settings are for roles of the whole server. Nobody changes the account of somebody who may more."}
	for _, option := range roleOptions() {
		details.Rows = append(details.Rows, web.Detail{Label: option.Label, Value: web.Cell{Text: option.Hint}})
	}
	return details
}

func (c *Console) askRevokeRole(v *Visit) (*Question, error) {
	name, err := v.holderName(core.ID(v.Said("holder")))
	if err == nil {
		err = v.need(core.WriteRoles, v.Said("org"))
	}
	if err != nil {
		return nil, err
	}
	where := "The whole server"
	if v.Said("org") != "" {
		where = v.Said("org")
	}
	return &Question{
		Title: "Take a role away", Text: name + " may no longer administer there, and is signed out everywhere.", Concerns: []web.Cell{{Text: name, Sub: where}},
		Button: "Take it away", Danger: true, Back: with(pathRoles, "org", v.Said("org")),
	}, nil
}

func (c *Console) revokeRole(v *Visit) (*Answer, error) {
	name, err := v.holderName(core.ID(v.Said("holder")))
	if err == nil {
		err = v.Desk.If(v.was()).RevokeRole(v, core.ID(v.Said("holder")), v.Said("org"))
	}
	if err != nil {
		return nil, err
	}
	return done(with(pathRoles, "org", v.Said("org")), "The role is taken away from "+name+", who signs in again.")
}

// roleOrgs are where the visitor says who has which role.
func (v *Visit) roleOrgs() ([]web.Option, error) {
	scope, err := v.scope(core.WriteRoles, true)
	if err != nil {
		return nil, err
	}
	var options []web.Option
	if scope.Server {
		options = []web.Option{{Label: "The whole server"}}
	}
	for _, option := range scope.options() {
		option.Label = "The organisation " + option.Label
		options = append(options, option)
	}
	return options, nil
}

func (c *Console) newRole(v *Visit) (*Answer, error) { return c.newRoleWith(v, nil) }

func (c *Console) newRoleWith(v *Visit, problems map[string]string) (*Answer, error) {
	if err := v.needAnywhere(core.WriteRoles); err != nil {
		return nil, err
	}
	orgs, err := v.roleOrgs()
	if err != nil {
		return nil, err
	}
	form := web.Form{
		Text: "It takes the place of the role that they have there. People sign in again.", Problem: problems[""],
		Buttons: []web.Button{{Label: "Give the role", Action: "grant", Kind: "primary", ID: "grant"}}, Back: &web.Anchor{Label: "Cancel", URL: pathRoles},
	}
	whom, hidden, err := c.whom(v, problems)
	if err != nil {
		return nil, err
	}
	form.Hidden = hidden
	role := cmp.Or(v.Said("role"), string(core.RoleAuditor))
	form.Groups = []web.Group{{Inputs: append(whom,
		web.Input{Name: "org", Label: "Reaches over", Kind: "select", Options: orgs, Value: cmp.Or(v.Said("org"), v.Ask("org")), Problem: problems["org"]},
		web.Input{Name: "role", Label: "Role", Kind: "radio", Options: roleOptions(), Value: role, Problem: problems["role"]},
	)}}
	return show(&web.Console{Title: "Give a role", Crumbs: []web.Anchor{{Label: "Roles", URL: pathRoles}}, Blocks: []web.Block{form}}, nil)
}

// whom asks who is to have the role, unless the address says so.
func (c *Console) whom(v *Visit, problems map[string]string) (inputs []web.Input, hidden []web.Field, err error) {
	if id := cmp.Or(v.Ask("holder"), v.Said("holder")); id != "" {
		name, err := v.holderName(core.ID(id))
		if err != nil {
			return nil, nil, err
		}
		return []web.Input{{Name: "whom", Label: "Who", Value: name, Locked: "Chosen on the page before."}}, []web.Field{{Name: "holder", Value: id}}, nil
	}
	scope, err := v.scope(core.ReadUsers, false)
	if err != nil {
		return nil, nil, err
	}
	inputs = []web.Input{{Name: "login", Label: "User name, e-mail, or name of a service account", Required: true, Focus: true, Value: v.Said("login"), Problem: problems["login"]}}
	if len(scope.Orgs) > 1 {
		inputs = append(inputs, web.Input{Name: "home", Label: "Belongs to", Kind: "select", Options: scope.options(), Value: cmp.Or(v.Said("home"), scope.Org)})
	} else {
		hidden = []web.Field{{Name: "home", Value: scope.Org}}
	}
	return inputs, hidden, nil
}

// holderName gives what a user or a service account is called.
func (v *Visit) holderName(id core.ID) (string, error) {
	user, err := v.Desk.User(v, id)
	if err == nil {
		return user.DisplayName() + " (" + user.Name + ")", nil
	}
	if !errors.Is(err, core.ErrNotFound) {
		return "", err
	}
	account, err := v.Desk.ServiceAccount(v, id)
	if err != nil {
		return "", err
	}
	return account.Name + " (service account)", nil
}

// holder gives the identifier of who was named.
func (v *Visit) holder() (core.ID, error) {
	if id := v.Said("holder"); id != "" {
		return core.ID(id), nil
	}
	user, err := v.Desk.FindUser(v, v.Said("home"), v.Said("login"))
	if err == nil {
		return user.ID, nil
	}
	if !errors.Is(err, core.ErrNotFound) {
		return "", err
	}
	account, err := v.Desk.FindServiceAccount(v, v.Said("home"), v.Said("login"))
	if err != nil {
		return "", err
	}
	return account.ID, nil
}

func (c *Console) grantRole(v *Visit) (*Answer, error) {
	id, err := v.holder()
	if missing, ok := errors.AsType[*admin.MissingError](err); ok {
		if v.Said("holder") != "" || missing.What == "organisation" {
			return nil, err
		}
		return problem(c.newRoleWith(v, map[string]string{"login": "Nobody is called so there."}))
	}
	if err == nil {
		err = v.Desk.GrantRole(v, id, v.Said("org"), core.Role(v.Said("role")))
	}
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return problem(c.newRoleWith(v, byField(wrong)))
	}
	if err != nil {
		return nil, err
	}
	name, err := v.holderName(id)
	if err != nil {
		return nil, err
	}
	return done(with(pathRoles, "org", v.Said("org")), name+" is now "+roleLineOf(core.Role(v.Said("role")), v.Said("org"))+".")
}

func roleLineOf(role core.Role, org string) string {
	line := roleLine([]core.RoleGrant{{Role: role, Org: org}})
	return strings.ToLower(line[:1]) + line[1:]
}

// rolesTable shows the roles of somebody on their own page; nil where the visitor may not
// see them.
func (c *Console) rolesTable(v *Visit, id core.ID, org string, above bool) ([]web.Block, error) {
	if !v.May(core.ReadRoles, org) {
		return nil, nil
	}
	grants, err := v.Desk.RolesOf(v, id)
	if err != nil {
		return nil, err
	}
	table := web.Table{ID: "roles", Title: "Roles", Columns: []string{"Role", "Reaches over", "Since"}, Empty: "None: no administrator."}
	for _, grant := range grants {
		where := web.Cell{Text: "The whole server"}
		if grant.Org != "" {
			where = web.Cell{Text: grant.Org, URL: at(pathOrgs, grant.Org)}
		}
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: RoleName(grant.Role), URL: with(pathRoles, "org", grant.Org)}, where, {At: grant.CreatedAt}}})
	}
	if !above && v.MayAnywhere(core.WriteRoles) {
		table.Buttons = []web.Button{{Label: "Give a role", URL: with(pathRoles+"/new", "holder", string(id)), ID: "give-role"}}
	}
	return []web.Block{table}, nil
}
