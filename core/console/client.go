package console

import (
	"cmp"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const clientsPath = Path + "/clients"

func (c *Console) clientRoutes() []Route {
	return []Route{
		{Path: clientsPath, Menu: clientsPath, Show: c.clients},
		{Path: clientsPath + "/new", Menu: clientsPath, Show: c.newClient, Actions: map[string]Action{"create": {Do: c.createClient}}},
		{Path: clientsPath + "/:id", Menu: clientsPath, Show: c.clientGuide, Actions: map[string]Action{
			"disable": {Do: c.switchClient(true)}, "enable": {Do: c.switchClient(false)},
		}},
		c.clientSettings(),
		{Path: clientsPath + "/:id/secret", Menu: clientsPath, Fresh: true, Show: c.clientSecret, Actions: map[string]Action{"rotate": {Do: c.rotateSecret}}},
		{Path: clientsPath + "/:id/delete", Menu: clientsPath, Fresh: true, Show: c.leaveClient, Actions: map[string]Action{"delete": {Do: c.deleteClient}}},
		{Path: clientsPath + "/:id/try", Menu: clientsPath, Show: c.tryClient, Actions: map[string]Action{"begin": {Do: c.beginAttempt}}},
		{Path: Path + "/try/return", Menu: clientsPath, Show: c.tried},
	}
}

// clients lists those of an organisation.
func (c *Console) clients(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.ReadClients); err != nil {
		return nil, err
	}
	in, err := v.scope(core.ReadClients, false)
	if err != nil {
		return nil, err
	}
	list, err := v.Desk.Clients(v, in.Org)
	if err != nil {
		return nil, err
	}
	search := v.Ask("q")
	table := web.Table{
		ID: "clients", Columns: []string{"Application", "Kind", "Answered at", "Changed"}, Empty: "There is no application yet.",
		Search: &web.Search{Action: clientsPath, Inputs: append(in.input(false), web.Input{Name: "q", Label: "Search applications", Kind: "search", Placeholder: "Name or client ID", Value: search})},
	}
	for i := range list {
		if client := &list[i]; found(search, client.Name, client.DisplayName, client.ID) {
			table.Rows = append(table.Rows, clientRow(client))
		}
	}
	if search != "" {
		table.Search.Clear, table.Empty = with(clientsPath, "org", in.Org), "No application is called so."
	}
	table.Count = several(len(table.Rows), "application", "applications")
	page := &web.Console{Title: "Applications", Lead: "What people sign in to with their accounts here.", Blocks: []web.Block{table}}
	if v.May(core.WriteClients, in.Org) {
		page.Buttons = []web.Button{
			{Label: "Registration", URL: with(registrationPath, "org", in.Org), ID: "registration"},
			{Label: "Add an application", URL: with(clientsPath+"/new", "org", in.Org), Kind: "primary", ID: "new"},
		}
	}
	return show(page, nil)
}

// found reports whether one of the texts has what is searched for, regardless of case.
func found(search string, texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(search)) })
}

func clientRow(client *core.Client) web.Row {
	where := web.Cell{Text: "nobody signs in to it"}
	switch {
	case slices.Contains(client.GrantTypes, core.GrantDevice):
		where.Text = "on devices"
	case len(client.RedirectURIs) > 0:
		where = web.Cell{Text: cmp.Or(core.WebOrigin(client.RedirectURIs[0]), client.RedirectURIs[0])}
	}
	name := web.Cell{Text: client.Title(), URL: at(clientsPath, client.ID), Mark: "thing", Badges: clientBadges(client)}
	if client.Title() != client.Name {
		name.Sub = client.Name
	}
	return web.Row{Cells: []web.Cell{name, {Text: presetTitle(client.Preset)}, where, {At: client.UpdatedAt}}}
}

func clientBadges(client *core.Client) (badges []web.Badge) {
	if client.Disabled {
		badges = append(badges, web.Badge{Text: "Disabled", Kind: "warn"})
	}
	if client.Shared {
		badges = append(badges, web.Badge{Text: "All organisations"})
	}
	if client.Registered() {
		badges = append(badges, web.Badge{Text: "Registered itself"})
	}
	return badges
}

func presetTitle(name string) string {
	for _, preset := range admin.Presets() {
		if preset.Name == name {
			return preset.Title
		}
	}
	return cmp.Or(name, "Application")
}

// theClient gives the client that the path names.
func (v *Visit) theClient() (*core.Client, error) { return v.Desk.Client(v, v.Param("id")) }

// clientPage is the frame of the pages about a client.
func clientPage(v *Visit, client *core.Client, here string, blocks ...web.Block) *web.Console {
	base := at(clientsPath, client.ID)
	page := &web.Console{
		Title: client.Title(), Badges: clientBadges(client), Crumbs: []web.Anchor{{Label: "Applications", URL: with(clientsPath, "org", client.Org)}}, Blocks: blocks,
		Tabs: []web.Tab{{Label: "Guide", URL: base, Here: here == ""}},
	}
	if !v.May(core.WriteClients, client.Org) {
		return page
	}
	for _, tab := range []web.Tab{{Label: "Settings", URL: base + "/edit"}, {Label: "Try it", URL: base + "/try"}} {
		tab.Here = strings.HasSuffix(tab.URL, "/"+here) && here != ""
		if tab.Label != "Try it" || slices.Contains(client.GrantTypes, core.GrantAuthorizationCode) {
			page.Tabs = append(page.Tabs, tab)
		}
	}
	if client.UsesSecret() {
		page.Buttons = append(page.Buttons, web.Button{Label: "New secret", URL: base + "/secret", ID: "rotate"})
	}
	if client.Disabled {
		page.Buttons = append(page.Buttons, web.Button{Label: "Enable", Action: "enable", To: base})
	} else {
		page.Buttons = append(page.Buttons, web.Button{Label: "Disable", Action: "disable", To: base})
	}
	page.Buttons = append(page.Buttons, web.Button{Label: "Delete", URL: base + "/delete", Kind: "danger", ID: "delete"})
	return page
}

// clientGuide says how the application is set up, and how far that is.
func (c *Console) clientGuide(v *Visit) (*Answer, error) {
	client, err := v.theClient()
	if err != nil {
		return nil, err
	}
	blocks, err := c.guideBlocks(v, client, "")
	return show(clientPage(v, client, "", blocks...), err)
}

// guideBlocks is the guide with the checklist beside it. The secret is that which was just
// made, or empty.
func (c *Console) guideBlocks(v *Visit, client *core.Client, secret string) ([]web.Block, error) {
	guide, err := v.Desk.ClientGuide(v, client.ID, secret)
	if err != nil {
		return nil, err
	}
	var main []web.Block
	if len(guide.Steps) > 0 {
		steps := web.Steps{Title: "What to do", Items: guide.Steps}
		if guide.Source != "" {
			steps.Source = &web.Anchor{Label: "the documentation of " + product(guide.Title), URL: guide.Source}
		}
		main = append(main, steps)
	}
	for _, form := range guide.Forms {
		copies := web.Copies{Title: form.Title}
		for _, row := range form.Rows {
			copies.Rows = append(copies.Rows, web.Copy{Label: row.Field, Value: row.Value})
		}
		main = append(main, copies)
	}
	for i, snippet := range guide.Snippets {
		main = append(main, web.Code{ID: "snippet-" + string(rune('a'+i)), Title: snippet.Title, Text: snippet.Text, Copies: true})
	}
	side := []web.Block{checks(client, guide.Checks), clientFacts(client)}
	return []web.Block{web.Split{Main: main, Side: side}}, nil
}

func product(title string) string {
	name, _, _ := strings.Cut(title, " (")
	return name
}

func checks(client *core.Client, list []admin.Check) web.Block {
	items := make([]web.Check, len(list))
	done := 0
	for i, check := range list {
		items[i] = web.Check{Title: check.Text, Text: check.Hint, Done: check.State == admin.CheckDone, Wrong: check.State == admin.CheckWrong}
		if !check.At.IsZero() {
			items[i].Text = strings.TrimSpace(items[i].Text + " Seen last on " + check.At.UTC().Format("2 January 2006 at 15:04") + " UTC.")
		}
		if items[i].Done {
			done++
		}
	}
	text := number(done) + " of " + number(len(list)) + " done"
	if done == len(list) {
		text = "Everything works."
	}
	return web.Checklist{Title: "How far it is", Text: text, Items: items}
}

func clientFacts(client *core.Client) web.Block {
	who := "everybody in " + client.Org
	switch {
	case !asks(client):
		who = "nobody"
	case len(client.AllowedGroups) > 0:
		who = "members of " + strings.Join(client.AllowedGroups, ", ")
	case client.Shared:
		who = "people of every organisation"
	}
	consent := "each person is asked"
	if client.Consented() {
		consent = "given for everybody"
	}
	rows := []web.Detail{
		{Label: "Client ID", Value: web.Cell{Text: client.ID, Code: true}},
		{Label: "Kind", Value: web.Cell{Text: presetTitle(client.Preset)}},
		{Label: "Who may sign in", Value: web.Cell{Text: who}},
		{Label: "Consent", Value: web.Cell{Text: consent}},
		{Label: "Scopes", Value: web.Cell{Text: strings.Join(client.Scopes, " "), Code: true}},
		{Label: "Created", Value: web.Cell{At: client.CreatedAt}},
	}
	return web.Details{Title: "In short", Rows: rows}
}

// asks reports whether people sign in to the client.
func asks(client *core.Client) bool {
	return slices.Contains(client.GrantTypes, core.GrantAuthorizationCode) || slices.Contains(client.GrantTypes, core.GrantImplicit)
}

func (c *Console) switchClient(off bool) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		client, err := v.Desk.UpdateClient(v, v.Param("id"), "", func(c *core.Client) { c.Disabled = off })
		if err != nil {
			return nil, err
		}
		if off {
			return done(at(clientsPath, client.ID), client.Title()+" is disabled: nobody can sign in to it.")
		}
		return done(at(clientsPath, client.ID), client.Title()+" is enabled.")
	}
}

// clientSecret asks whether the secret is to be replaced.
func (c *Console) clientSecret(v *Visit) (*Answer, error) {
	client, err := v.theClient()
	if err != nil {
		return nil, err
	}
	if err := v.need(core.WriteClients, client.Org); err != nil {
		return nil, err
	}
	page := under(client, "New secret", web.Form{
		Title: "Make a new secret", Text: "The old one stops working at once: until the new one is entered in the application, nobody can sign in to it. People who are signed in stay so.",
		Hidden:  []web.Field{v.held(admin.VersionOf(client.UpdatedAt))},
		Buttons: []web.Button{{Label: "Make a new secret", Action: "rotate", Kind: "primary", ID: "rotate"}},
		Back:    &web.Anchor{Label: "Cancel", URL: at(clientsPath, client.ID)},
	})
	return show(page, nil)
}

// under is a page below those about a client.
func under(client *core.Client, title string, blocks ...web.Block) *web.Console {
	return &web.Console{Title: title, Blocks: blocks, Crumbs: []web.Anchor{
		{Label: "Applications", URL: with(clientsPath, "org", client.Org)}, {Label: client.Title(), URL: at(clientsPath, client.ID)},
	}}
}

// rotateSecret shows the new secret, this once: that is why it leads nowhere else.
func (c *Console) rotateSecret(v *Visit) (*Answer, error) {
	secret, err := v.Desk.If(v.was()).RotateSecret(v, v.Param("id"))
	if err != nil {
		return nil, err
	}
	client, err := v.theClient()
	if err != nil {
		return nil, err
	}
	return c.withSecret(v, client, secret, "The secret was replaced.")
}

// withSecret is the guide with a secret that is shown this once.
func (c *Console) withSecret(v *Visit, client *core.Client, secret, notice string) (*Answer, error) {
	blocks, err := c.guideBlocks(v, client, secret)
	if err != nil {
		return nil, err
	}
	if secret != "" {
		shown := web.Copies{Title: "Client secret", Text: "It is shown this once: only its hash is kept. Below it is filled in already.", Rows: []web.Copy{{Label: "Client secret", Value: secret}}}
		blocks = append([]web.Block{shown}, blocks...)
	}
	page := clientPage(v, client, "", blocks...)
	page.Notice = notice
	return show(page, nil)
}

// leaveClient says what goes with a client.
func (c *Console) leaveClient(v *Visit) (*Answer, error) {
	client, err := v.theClient()
	if err != nil {
		return nil, err
	}
	if err := v.need(core.WriteClients, client.Org); err != nil {
		return nil, err
	}
	contents, err := v.Desk.ClientContents(v, client.ID)
	if err != nil {
		return nil, err
	}
	page := under(client, "Delete "+client.Title(), goesWith(contents, "Its tokens work no more from that moment."), web.Form{
		Title: "Delete this application?", Text: "Its consents, grants and tokens, and the bindings of plugins to it, are deleted too. Nobody can sign in to it any more, and this cannot be undone. To keep people out for a while, disable it.",
		Groups:  []web.Group{{Inputs: []web.Input{{Name: "confirm", Label: "Delete " + client.Name + " for good", Kind: "check"}}}},
		Hidden:  []web.Field{v.held(admin.VersionOf(client.UpdatedAt))},
		Buttons: []web.Button{{Label: "Delete", Action: "delete", Kind: "danger", ID: "delete"}},
		Back:    &web.Anchor{Label: "Cancel", URL: at(clientsPath, client.ID)},
	})
	return show(page, nil)
}

func (c *Console) deleteClient(v *Visit) (*Answer, error) {
	client, err := v.theClient()
	if err != nil {
		return nil, err
	}
	if err := v.confirmed(); err != nil {
		return nil, err
	}
	if err := v.Desk.If(v.was()).DeleteClient(v, client.ID); err != nil {
		return nil, err
	}
	return done(with(clientsPath, "org", client.Org), client.Title()+" was deleted.")
}

// confirmed refuses who did not tick the box of a page that deletes.
func (v *Visit) confirmed() error {
	if v.Checked("confirm") {
		return nil
	}
	return &admin.InvalidError{Problems: []admin.Problem{{Field: "confirm", Text: "nothing was deleted", Hint: "tick the box if you are sure"}}}
}
