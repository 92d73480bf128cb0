package console

import (
	"cmp"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/web"
)

const (
	pathAccounts = Path + "/accounts"
	pathAccount  = pathAccounts + "/:id"
)

func (c *Console) accountRoutes() []Route {
	return []Route{
		{Path: pathAccounts, Menu: pathAccounts, Show: c.accounts},
		{Path: pathAccounts + "/new", Menu: pathAccounts, Show: c.newAccount, Actions: map[string]Action{"create": {Do: c.createAccount}}},
		{Path: pathAccount, Menu: pathAccounts, Show: c.account, Actions: map[string]Action{
			"disable": {Do: c.switchAccount(true)},
			"enable":  {Do: c.switchAccount(false)},
			"revoke":  {Ask: askRevokeAccountToken, Do: c.revokeAccountToken},
		}},
		c.accountSheet(),
		{Path: pathAccount + "/token", Menu: pathAccounts, Fresh: true, Show: c.newAccountToken, Actions: map[string]Action{"create": {Fresh: true, Do: c.createAccountToken}}},
		{Path: pathAccount + "/delete", Menu: pathAccounts, Show: c.deleteAccountPage, Actions: map[string]Action{"delete": {Do: c.deleteAccount}}},
	}
}

// accounts lists the programs that administer.
func (c *Console) accounts(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.ReadAccounts); err != nil {
		return nil, err
	}
	scope, err := v.scope(core.ReadAccounts, false)
	if err != nil {
		return nil, err
	}
	list, err := v.Desk.ServiceAccounts(v, scope.Org)
	if err != nil {
		return nil, err
	}
	table := web.Table{ID: "accounts", Columns: []string{"Name", "For", "Tokens", "Created"}, Empty: "No program administers here yet. Add a service account for a pipeline, or for what provisions people by SCIM."}
	if inputs := scope.input(false); inputs != nil {
		table.Search = &web.Search{Action: pathAccounts, Inputs: inputs}
	}
	for _, a := range list {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: a.Name, URL: at(pathAccounts, string(a.ID)), Mark: "thing", Badges: disabled(a.Disabled)}, {Text: a.Description}, c.tokensCell(&a), {At: a.CreatedAt},
		}})
	}
	page := &web.Console{Title: "Service accounts", Lead: "Programs that administer, by the REST API and SCIM. They sign in with tokens alone.", Blocks: []web.Block{table}}
	if v.May(core.WriteAccounts, scope.Org) {
		page.Buttons = []web.Button{{Label: "Add a service account", URL: with(pathAccounts+"/new", "org", scope.Org), Kind: "primary", ID: "new"}}
	}
	return show(page, nil)
}

// tokensCell says how many tokens an account has, and when the first of them ends.
func (c *Console) tokensCell(a *core.ServiceAccount) web.Cell {
	cell := web.Cell{Text: several(a.Tokens, "token", "tokens")}
	if a.Tokens == 0 {
		return cell
	}
	cell.Sub = "the first ends " + day(a.TokensEnd)
	switch left := a.TokensEnd.Sub(c.Now()); {
	case left <= 0:
		cell.Sub, cell.Badges = "one ended "+day(a.TokensEnd), []web.Badge{{Text: "Ended", Kind: "wrong"}}
	case left <= core.SoonEnding:
		cell.Badges = []web.Badge{{Text: "Ends soon", Kind: "warn"}}
	}
	return cell
}

func accountFields() Sheet[core.ServiceAccount] {
	type A = core.ServiceAccount
	return Sheet[A]{Groups: []SheetGroup[A]{{Fields: []SheetField[A]{
		textOf(web.Input{Name: "name", Label: "Name", Required: true, Focus: true, Hint: "Letters, digits and . _ -"}, func(a *A) *string { return &a.Name }),
		textOf(web.Input{Name: "description", Label: "What it is for", Optional: true}, func(a *A) *string { return &a.Description }),
	}}}}
}

func (v *Visit) newAccountSheet() (Sheet[core.ServiceAccount], error) {
	inputs, hidden, err := v.orgInput(core.WriteAccounts)
	if err != nil {
		return Sheet[core.ServiceAccount]{}, err
	}
	sheet := accountFields()
	for _, input := range inputs {
		sheet.Groups[0].Fields = append(sheet.Groups[0].Fields, SheetField[core.ServiceAccount]{
			Input: input, Get: func(*core.ServiceAccount) string { return input.Value }, Set: func(a *core.ServiceAccount, text string) { a.Org = text },
		})
	}
	sheet.Fill = web.Form{
		Hidden: hidden, Text: "It may nothing until it gets a role.",
		Buttons: []web.Button{{Label: "Add", Action: "create", Kind: "primary", ID: "create"}}, Back: &web.Anchor{Label: "Cancel", URL: pathAccounts},
	}
	return sheet, nil
}

func newAccountPage(form web.Form) *web.Console {
	return &web.Console{Title: "Add a service account", Crumbs: []web.Anchor{{Label: "Service accounts", URL: pathAccounts}}, Blocks: []web.Block{form}}
}

func (c *Console) newAccount(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.WriteAccounts); err != nil {
		return nil, err
	}
	sheet, err := v.newAccountSheet()
	if err != nil {
		return nil, err
	}
	return show(newAccountPage(sheet.Form(&core.ServiceAccount{}, "")), nil)
}

func (c *Console) createAccount(v *Visit) (*Answer, error) {
	sheet, err := v.newAccountSheet()
	if err != nil {
		return nil, err
	}
	var made *core.ServiceAccount
	again, err := sheet.Make(v, func(a core.ServiceAccount) (err error) {
		made, err = v.Desk.CreateServiceAccount(v, admin.NewServiceAccount{Org: cmp.Or(a.Org, v.Said("org")), Name: a.Name, Description: a.Description})
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case again != nil:
		return invalid(newAccountPage(*again))
	}
	return done(at(pathAccounts, string(made.ID)), made.Name+" was added. Give it a role and a token.")
}

// program is a service account that a page is about.
type program struct {
	*core.ServiceAccount
	above bool
}

func (v *Visit) program() (*program, error) {
	account, err := v.Desk.ServiceAccount(v, core.ID(v.Param("id")))
	if err != nil {
		return nil, err
	}
	above, err := v.above(account.ID, false)
	return &program{account, above}, err
}

func (v *Visit) mayChange(p *program) bool { return !p.above && v.May(core.WriteAccounts, p.Org) }

func askRevokeAccountToken(v *Visit) (*Question, error) {
	p, err := v.program()
	if err != nil {
		return nil, err
	}
	if !v.mayChange(p) {
		return nil, &desk.DeniedError{Permission: core.WriteAccounts, Org: p.Org, Above: p.above && v.May(core.WriteAccounts, p.Org)}
	}
	return &Question{Title: "Revoke an API token of " + p.Name, Text: tokenEnds, Button: "Revoke it", Danger: true, Back: v.Here}, nil
}

func (c *Console) account(v *Visit) (*Answer, error) {
	p, err := v.program()
	if err != nil {
		return nil, err
	}
	tokens, err := v.Desk.APITokens(v, p.ID)
	if err != nil {
		return nil, err
	}
	may := v.mayChange(p)
	table := tokenTable(c.Now(), tokens, may)
	page := &web.Console{Title: p.Name, Lead: p.Description, Badges: disabled(p.Disabled), Crumbs: []web.Anchor{{Label: "Service accounts", URL: with(pathAccounts, "org", p.Org)}}}
	own := at(pathAccounts, string(p.ID))
	if may {
		page.Buttons = []web.Button{{Label: "Edit", URL: at(own, "edit"), ID: "edit"}, {Label: "Disable", Action: "disable", ID: "disable"}, {Label: "Delete", URL: at(own, "delete"), Kind: "danger", ID: "delete"}}
		if p.Disabled {
			page.Buttons[1] = web.Button{Label: "Enable", Action: "enable", ID: "enable"}
		}
		table.Buttons = []web.Button{{Label: "Make a token", URL: at(own, "token"), Kind: "primary", ID: "token"}}
	}
	roles, err := c.rolesTable(v, p.ID, p.Org, p.above)
	if err != nil {
		return nil, err
	}
	if p.above {
		page.Blocks = append(page.Blocks, web.Message{Kind: "info", Text: "This account may do more than you may: you see it, and change nothing of it."})
	}
	page.Blocks = append(page.Blocks, web.Split{Main: append([]web.Block{table}, roles...), Side: []web.Block{web.Details{Title: "About", Rows: []web.Detail{
		{Label: "Organisation", Value: web.Cell{Text: p.Org, URL: at(pathOrgs, p.Org)}}, {Label: "Identifier", Value: web.Cell{Text: string(p.ID), Code: true}},
		{Label: "Created", Value: web.Cell{At: p.CreatedAt}}, {Label: "Changed", Value: web.Cell{At: p.UpdatedAt}},
		{Label: "What it did", Value: web.Cell{Text: "In the audit log", URL: with(pathAudit, "actor", "service:"+string(p.ID))}},
	}}}})
	return show(page, nil)
}

func (c *Console) switchAccount(off bool) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		after, err := v.Desk.UpdateServiceAccount(v, core.ID(v.Param("id")), "", func(a *core.ServiceAccount) { a.Disabled = off })
		if err != nil {
			return nil, err
		}
		if off {
			return done(v.Here, after.Name+" is disabled: its tokens work no more.")
		}
		return done(v.Here, after.Name+" is enabled again.")
	}
}

func (c *Console) accountSheet() Route {
	return SheetPage[core.ServiceAccount]{
		Path: pathAccount + "/edit", Menu: pathAccounts, Permission: core.WriteAccounts,
		Read: func(v *Visit) (*core.ServiceAccount, string, admin.Version, error) {
			p, err := v.program()
			if err != nil {
				return nil, "", "", err
			}
			return p.ServiceAccount, p.Org, admin.VersionOf(p.UpdatedAt), nil
		},
		Sheet: func(*Visit, *core.ServiceAccount) Sheet[core.ServiceAccount] { return accountFields() },
		Page: func(_ *Visit, a *core.ServiceAccount, form web.Form) *web.Console {
			return belowAccount(a, "Edit "+a.Name, saving(form, at(pathAccounts, string(a.ID))))
		},
		Update: func(v *Visit, a *core.ServiceAccount, was admin.Version, edit func(*core.ServiceAccount)) (to, note string, err error) {
			after, err := v.Desk.UpdateServiceAccount(v, a.ID, was, edit)
			if err != nil {
				return "", "", err
			}
			return at(pathAccounts, string(a.ID)), after.Name + " was changed.", nil
		},
	}.Route()
}

func belowAccount(a *core.ServiceAccount, title string, blocks ...web.Block) *web.Console {
	return &web.Console{Title: title, Blocks: blocks, Crumbs: []web.Anchor{
		{Label: "Service accounts", URL: with(pathAccounts, "org", a.Org)}, {Label: a.Name, URL: at(pathAccounts, string(a.ID))},
	}}
}

func (c *Console) deleteAccountPage(v *Visit) (*Answer, error) {
	p, err := v.program()
	if err == nil {
		err = v.need(core.WriteAccounts, p.Org)
	}
	if err != nil {
		return nil, err
	}
	contents, err := v.Desk.ServiceAccountContents(v, p.ID)
	if err != nil {
		return nil, err
	}
	back := at(pathAccounts, string(p.ID))
	return show(belowAccount(p.ServiceAccount, "Delete "+p.Name, goesWith(contents, "Its tokens work no more from that moment."), sureForm("Delete "+p.Name, back, v.held(admin.VersionOf(p.UpdatedAt)))), nil)
}

func (c *Console) deleteAccount(v *Visit) (*Answer, error) {
	p, err := v.program()
	if err == nil {
		err = v.sure()
	}
	if err == nil {
		err = v.Desk.If(v.was()).DeleteServiceAccount(v, p.ID)
	}
	if err != nil {
		return nil, err
	}
	return done(with(pathAccounts, "org", p.Org), p.Name+" was deleted.")
}

// goesWith says what is deleted together with something.
func goesWith(contents []core.Content, text string) web.Block {
	details := web.Details{Title: "What goes with it", Text: text}
	for _, content := range contents {
		details.Rows = append(details.Rows, web.Detail{Label: upper(content.What), Value: web.Cell{Text: number(content.Count)}})
	}
	if len(contents) == 0 {
		details.Rows = []web.Detail{{Label: "Nothing else", Value: web.Cell{Text: "–"}}}
	}
	return details
}
