package console

import (
	"cmp"
	"strconv"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const registrationPath = clientsPath + "-registration"

func (c *Console) registrationRoutes() []Route {
	return []Route{
		{Path: registrationPath, Menu: clientsPath, Show: c.initials, Actions: map[string]Action{"revoke": {Do: c.revokeInitial}}},
		{Path: registrationPath + "/new", Menu: clientsPath, Fresh: true, Show: c.newInitial, Actions: map[string]Action{"create": {Fresh: true, Do: c.createInitial}}},
	}
}

// initials lists the tokens with which applications register themselves.
func (c *Console) initials(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.ReadClients); err != nil {
		return nil, err
	}
	in, err := v.scope(core.ReadClients, false)
	if err != nil {
		return nil, err
	}
	tokens, err := v.Desk.InitialTokens(v, in.Org)
	if err != nil {
		return nil, err
	}
	may := v.May(core.WriteClients, in.Org)
	table := web.Table{ID: "initials", Columns: actions([]string{"For", "Used", "Ends"}, may), Empty: "No token.", Count: several(len(tokens), "token", "tokens")}
	if inputs := in.input(false); len(inputs) > 0 {
		table.Search = &web.Search{Action: registrationPath, Inputs: inputs}
	}
	for i := range tokens {
		t := &tokens[i]
		ends := web.Cell{At: t.ExpiresAt}
		if !c.Now().Before(t.ExpiresAt) {
			ends.Badges = []web.Badge{{Text: "Ended", Kind: "wrong"}}
		}
		row := web.Row{Cells: []web.Cell{{Text: t.Name, Sub: "made " + day(t.CreatedAt)}, {Text: initialUses(t)}, ends}}
		if may {
			row.Buttons = []web.Button{{Label: "Revoke", About: t.Name + ", " + string(t.ID), Action: "revoke", Values: []web.Field{{Name: "id", Value: string(t.ID)}}, Kind: "danger"}}
		}
		table.Rows = append(table.Rows, row)
	}
	page := registrationPage("Registration by applications", table)
	page.Lead = "Whoever has one of these tokens registers applications of their own, if the server allows registration. What was registered stays when the token ends."
	if may {
		page.Buttons = []web.Button{{Label: "Make a token", URL: with(registrationPath+"/new", "org", in.Org), Kind: "primary", ID: "new"}}
	}
	return show(page, nil)
}

func registrationPage(title string, blocks ...web.Block) *web.Console {
	return &web.Console{Title: title, Crumbs: []web.Anchor{{Label: "Applications", URL: clientsPath}}, Blocks: blocks}
}

func initialUses(t *core.InitialToken) string {
	if t.MaxUses == 0 {
		return several(t.Uses, "time", "times")
	}
	return strconv.Itoa(t.Uses) + " of " + several(t.MaxUses, "time", "times")
}

// initial is a token to be made, as the form says it.
type initial struct{ name, uses, days, org string }

func (v *Visit) initialSheet() (Sheet[initial], error) {
	inputs, hidden, err := v.orgInput(core.WriteClients)
	if err != nil {
		return Sheet[initial]{}, err
	}
	fields := []SheetField[initial]{
		textOf(web.Input{Name: "name", Label: "For whom", Required: true, Focus: true, Hint: "Letters, digits and . _ -"}, func(i *initial) *string { return &i.name }),
		textOf(web.Input{Name: "uses", Label: "Registers", Kind: "select", Options: []web.Option{
			{Value: "1", Label: "One application"}, {Value: "10", Label: "10 applications"}, {Value: "0", Label: "Any number of applications"},
		}}, func(i *initial) *string { return &i.uses }),
		textOf(web.Input{Name: "days", Label: "Works for", Kind: "select", Options: []web.Option{
			{Value: "1", Label: "A day"}, {Value: "7", Label: "A week"}, {Value: "30", Label: "30 days"}, {Value: "366", Label: "A year"},
		}}, func(i *initial) *string { return &i.days }),
	}
	for _, input := range inputs {
		fields = append(fields, SheetField[initial]{
			Input: input, Get: func(*initial) string { return input.Value }, Set: func(i *initial, text string) { i.org = text },
		})
	}
	return Sheet[initial]{
		Aliases: map[string]string{"ttl": "days"}, Groups: []SheetGroup[initial]{{Fields: fields}},
		Fill: web.Form{
			Hidden: hidden, Text: "Whoever has the token registers applications that people of the organisation may sign in to.",
			Buttons: []web.Button{{Label: "Make the token", Action: "create", Kind: "primary", ID: "create"}}, Back: &web.Anchor{Label: "Cancel", URL: registrationPath},
		},
	}, nil
}

func (c *Console) newInitial(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.WriteClients); err != nil {
		return nil, err
	}
	sheet, err := v.initialSheet()
	if err != nil {
		return nil, err
	}
	return show(registrationPage("Make a token", sheet.Form(&initial{uses: "1", days: "1"}, "")), nil)
}

// createInitial makes a token, and shows it this once.
func (c *Console) createInitial(v *Visit) (*Answer, error) {
	if err := v.need(core.WriteClients, cmp.Or(v.Said("org"), core.DefaultOrganisation)); err != nil {
		return nil, err
	}
	sheet, err := v.initialSheet()
	if err != nil {
		return nil, err
	}
	var text string
	var made *core.InitialToken
	again, err := sheet.Make(v, func(i initial) (err error) {
		input := admin.NewInitialToken{Org: cmp.Or(i.org, v.Said("org")), Name: i.name}
		if input.MaxUses, err = strconv.Atoi(i.uses); err != nil {
			return &admin.InvalidError{Problems: []admin.Problem{{Field: "uses", Text: "say how many applications"}}}
		}
		days, err := strconv.Atoi(i.days)
		if err != nil {
			return &admin.InvalidError{Problems: []admin.Problem{{Field: "days", Text: "say how long it works"}}}
		}
		input.TTL = time.Duration(min(max(days, 0), 1000)) * 24 * time.Hour
		made, text, err = v.Desk.CreateInitialToken(v, input)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case again != nil:
		return invalid(registrationPage("Make a token", *again))
	}
	shown := registrationPage(made.Name,
		web.Message{Kind: "warn", Title: "The token is shown this once", Text: "Only its hash is kept. It works until " + day(made.ExpiresAt) + "."},
		web.Copies{Rows: []web.Copy{{Label: "Initial access token", Value: text}}})
	shown.Buttons = []web.Button{{Label: "Done", URL: with(registrationPath, "org", made.Org), Kind: "primary", ID: "done"}}
	return show(shown, nil)
}

func (c *Console) revokeInitial(v *Visit) (*Answer, error) {
	if err := v.Desk.RevokeInitialToken(v, core.ID(v.Said("id"))); err != nil {
		return nil, err
	}
	return done(v.Here, "The token registers nothing any more.")
}
