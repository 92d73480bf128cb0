package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/form"
	"github.com/postern-id/postern/web"
)

const connectorsPath = Path + "/connectors"

func (c *Console) connectorRoutes() []Route {
	return []Route{
		{Path: connectorsPath, Menu: connectorsPath, Show: c.connectors},
		{Path: connectorsPath + "/new", Menu: connectorsPath, Fresh: true, Show: c.newConnector, Actions: map[string]Action{"create": {Do: c.createConnector}}},
		{Path: connectorsPath + "/:name", Menu: connectorsPath, Show: c.connector, Actions: map[string]Action{
			"enable": {Fresh: true, Do: c.switchConnector(true)}, "disable": {Do: c.switchConnector(false)},
			"grant": {Fresh: true, Do: c.grantHere(connectorsPath)}, "revoke": {Do: c.revokeHere(connectorsPath)}, "secret": {Fresh: true, Do: c.secretHere(connectorsPath)},
		}},
		{Path: connectorsPath + "/:name/settings", Menu: connectorsPath, Fresh: true, Show: c.connectorSettings, Actions: map[string]Action{"save": {Do: c.saveConnectorSettings}}},
		c.connectorRules(),
		{Path: connectorsPath + "/:name/delete", Menu: connectorsPath, Fresh: true, Show: c.leaveConnector, Actions: map[string]Action{"delete": {Do: c.deleteConnector}}},
	}
}

func connectorTitle(c *core.Connector) string { return cmp.Or(c.DisplayName, c.Instance) }

func (c *Console) connectors(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.ReadConnectors); err != nil {
		return nil, err
	}
	in, err := v.scope(core.ReadConnectors, false)
	if err != nil {
		return nil, err
	}
	list, err := v.Desk.Connectors(v, in.Org)
	if err != nil {
		return nil, err
	}
	table := web.Table{
		ID: "connectors", Columns: []string{"Connector", "Plugin", "For", "Accounts"}, Count: several(len(list), "connector", "connectors"),
		Empty: "Nobody signs in elsewhere yet: add GitHub, Google, a directory or another provider.",
	}
	if inputs := in.input(false); len(inputs) > 0 {
		table.Search = &web.Search{Action: connectorsPath, Inputs: inputs}
	}
	for i := range list {
		table.Rows = append(table.Rows, connectorRow(&list[i]))
	}
	page := &web.Console{Title: "Connectors", Lead: "Other providers and directories with which people sign in.", Blocks: []web.Block{table}}
	if v.May(core.WriteConnectors, in.Org) {
		page.Buttons = []web.Button{{Label: "Add a connector", URL: with(connectorsPath+"/new", "org", in.Org), Kind: "primary", ID: "new"}}
	}
	return show(page, nil)
}

func connectorRow(c *admin.Connector) web.Row {
	who := "everybody"
	if len(c.Domains) > 0 {
		who = "@" + strings.Join(c.Domains, ", @")
	}
	accounts := "of people who are known"
	if c.CreateUsers {
		accounts = "are made at the first sign-in"
	}
	name := web.Cell{Text: connectorTitle(&c.Connector), URL: at(connectorsPath, c.Instance), Mark: "thing", Badges: connectorBadges(c), Sub: c.Instance}
	return web.Row{Cells: []web.Cell{name, {Text: c.Plugin.Plugin}, {Text: who}, {Text: accounts}}}
}

func connectorBadges(c *admin.Connector) (badges []web.Badge) {
	switch {
	case len(c.Missing) > 0:
		badges = append(badges, web.Badge{Text: "Not ready", Kind: "warn"})
	case c.Disabled:
		badges = append(badges, web.Badge{Text: "Disabled", Kind: "warn"})
	default:
		badges = append(badges, web.Badge{Text: "In use", Kind: "good"})
	}
	if c.Hidden {
		badges = append(badges, web.Badge{Text: "Hidden"})
	}
	return badges
}

func connectorPage(v *Visit, of *admin.Connector, here string, blocks ...web.Block) *web.Console {
	base := at(connectorsPath, of.Instance)
	page := &web.Console{
		Title: connectorTitle(&of.Connector), Badges: connectorBadges(of), Blocks: blocks,
		Crumbs: []web.Anchor{{Label: "Connectors", URL: with(connectorsPath, "org", of.Org)}},
		Tabs:   []web.Tab{{Label: "Connection", URL: base, Here: here == ""}},
	}
	if !v.May(core.WriteConnectors, of.Org) {
		return page
	}
	page.Tabs = append(page.Tabs, web.Tab{Label: "Settings", URL: base + "/settings", Here: here == "settings"}, web.Tab{Label: "Accounts", URL: base + "/rules", Here: here == "rules"})
	switch {
	case len(of.Missing) > 0:
	case of.Disabled:
		page.Buttons = append(page.Buttons, web.Button{Label: "Enable", Action: "enable", To: base, Kind: "primary", ID: "enable"})
	default:
		page.Buttons = append(page.Buttons, web.Button{Label: "Disable", Action: "disable", To: base, ID: "disable"})
	}
	page.Buttons = append(page.Buttons, web.Button{Label: "Delete", URL: base + "/delete", Kind: "danger", ID: "delete"})
	return page
}

// connector says what the provider must be told, and what the connector still lacks.
func (c *Console) connector(v *Visit) (*Answer, error) {
	of, err := v.Desk.FindConnector(v, v.Param("name"))
	if err != nil {
		return nil, err
	}
	var main []web.Block
	if len(of.Missing) > 0 {
		main = append(main, v.notReady(of))
	}
	if slices.Contains(of.Plugin.Hooks, core.HookLogin) {
		main = append(main, web.Copies{Title: "For the provider", Text: "Register these addresses there.", Rows: []web.Copy{
			{Label: "Redirect URI", Value: admin.RedirectURI(c.Issuer, of.Instance)},
			{Label: "After signing out", Value: admin.LogoutReturnURI(c.Issuer), Hint: "If people sign out there too"},
		}})
	}
	facts := web.Details{Title: "In short", Rows: []web.Detail{
		{Label: "Plugin", Value: web.Cell{Text: of.Plugin.Plugin + " " + of.Plugin.Version}},
		{Label: "Organisation", Value: web.Cell{Text: of.Org}},
		{Label: "Accounts", Value: web.Cell{Text: connectorRow(of).Cells[3].Text}},
		{Label: "Linked by e-mail", Value: web.Cell{Text: yesNo(of.LinkByEmail)}},
		{Label: "Groups", Value: web.Cell{Text: map[bool]string{true: "follow the provider", false: "stay as they are"}[of.SyncGroups]}},
		{Label: "Changed", Value: web.Cell{At: of.UpdatedAt}},
	}}
	blocks := []web.Block{web.Split{Main: main, Side: []web.Block{facts}}}
	if v.May(core.WritePlugins, "") {
		blocks = append(blocks, givenBlocks(v, &of.Plugin, at(connectorsPath, of.Instance))...)
	}
	return show(connectorPage(v, of, "", blocks...), nil)
}

// notReady says what the connector lacks, and offers what can be given at once.
func (v *Visit) notReady(of *admin.Connector) web.Message {
	message := web.Message{Kind: "warn", Title: "It is not ready yet", Text: "It needs " + needWords(of.Missing) + ". Until then it is off."}
	for _, need := range of.Missing {
		if need.Capability != "" && need.Target != "" && v.May(core.WritePlugins, "") {
			message.Buttons = append(message.Buttons, web.Button{
				Label: "Let it reach " + need.Target, About: "by " + need.Capability, Action: "grant", To: at(connectorsPath, of.Instance),
				Values: []web.Field{{Name: "capability", Value: need.Capability}, {Name: "target", Value: need.Target}}, ID: "let-" + need.Capability,
			})
		}
	}
	return message
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func needWords(needs []admin.Need) string {
	texts := make([]string, len(needs))
	for i, need := range needs {
		need.Reason = ""
		texts[i] = need.String()
	}
	return strings.Join(texts, ", ")
}

func (c *Console) switchConnector(on bool) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		name := v.Param("name")
		change, note := v.Desk.DisableConnector, "The connector is off: nobody signs in with it."
		if on {
			change, note = v.Desk.EnableConnector, "The connector is on."
		}
		if err := change(v, name); err != nil {
			return nil, err
		}
		return done(at(connectorsPath, name), note)
	}
}

// connectorRules is the page on which one says how the server deals with whom a connector
// names.
func (c *Console) connectorRules() Route {
	read := func(v *Visit) (*core.Connector, string, admin.Version, error) {
		of, err := v.Desk.FindConnector(v, v.Param("name"))
		if err != nil {
			return nil, "", "", err
		}
		return &of.Connector, of.Org, of.Version(), nil
	}
	return SheetPage[core.Connector]{
		Path: connectorsPath + "/:name/rules", Menu: connectorsPath, Fresh: true, Permission: core.WriteConnectors, Read: read,
		Sheet: func(_ *Visit, of *core.Connector) Sheet[core.Connector] {
			return Sheet[core.Connector]{Groups: rulesOfConnector(), Fill: saving(web.Form{}, at(connectorsPath, of.Instance))}
		},
		Page: func(v *Visit, of *core.Connector, form web.Form) *web.Console {
			full, err := v.Desk.FindConnector(v, of.Instance)
			if err != nil {
				full = &admin.Connector{Connector: *of}
			}
			return connectorPage(v, full, "rules", form)
		},
		Update: func(v *Visit, of *core.Connector, was admin.Version, edit func(*core.Connector)) (string, string, error) {
			_, err := v.Desk.If(was).UpdateConnector(v, of.Instance, admin.ConnectorEdit{Edit: edit})
			return at(connectorsPath, of.Instance), "The connector was changed.", err
		},
	}.Route()
}

func rulesOfConnector() []SheetGroup[core.Connector] {
	type field = SheetField[core.Connector]
	icons := []web.Option{{Value: "", Label: "The first letter"}}
	for _, icon := range admin.ConnectorIcons() {
		icons = append(icons, web.Option{Value: icon, Label: upper(icon)})
	}
	return []SheetGroup[core.Connector]{
		{Title: "On the sign-in page", Fields: []field{
			textOf(web.Input{Name: "title", Label: "On the button", Kind: "text"}, func(c *core.Connector) *string { return &c.DisplayName }),
			textOf(web.Input{Name: "icon", Label: "Icon", Kind: "text", Suggest: optionValues(icons), Hint: "The name of a built-in one, or a data:image URI."}, func(c *core.Connector) *string { return &c.Icon }),
			linesOf(web.Input{Name: "domains", Label: "E-mail domains", Rows: 2, Optional: true, Hint: "Who types an address of one is sent there at once."}, func(c *core.Connector) *[]string { return &c.Domains }),
			boxOf(web.Input{Name: "hidden", Label: "No button", Hint: "Only its domains lead to it."}, func(c *core.Connector) *bool { return &c.Hidden }),
		}},
		{Title: "Whom it names", Fields: []field{
			boxOf(web.Input{Name: "create_users", Label: "Make accounts", Hint: "For whoever signs in for the first time. Else only people who are linked get in."}, func(c *core.Connector) *bool { return &c.CreateUsers }),
			boxOf(web.Input{Name: "link_by_email", Label: "Link by e-mail", Hint: "Take somebody for who has the same address here, if both sides verified it. Whoever runs the provider can become anybody then."}, func(c *core.Connector) *bool { return &c.LinkByEmail }),
			boxOf(web.Input{Name: "sync_profile", Label: "Names follow the provider"}, func(c *core.Connector) *bool { return &c.SyncProfile }),
			boxOf(web.Input{Name: "sync_groups", Label: "Groups follow the provider"}, func(c *core.Connector) *bool { return &c.SyncGroups }),
			textOf(web.Input{Name: "group_prefix", Label: "Their names begin with", Kind: "text", Optional: true}, func(c *core.Connector) *string { return &c.GroupPrefix }),
		}},
		{Title: "Besides", Folds: true, Fields: []field{
			boxOf(web.Input{Name: "keep_tokens", Label: "Keep the provider's tokens", Hint: "Sealed. No application ever gets them."}, func(c *core.Connector) *bool { return &c.KeepTokens }),
			boxOf(web.Input{Name: "logout", Label: "Sign out there too"}, func(c *core.Connector) *bool { return &c.Logout }),
		}},
	}
}

func optionValues(options []web.Option) (values []string) {
	for _, option := range options {
		if option.Value != "" {
			values = append(values, option.Value)
		}
	}
	return values
}

// connectorSettings are those of its plugin.
func (c *Console) connectorSettings(v *Visit) (*Answer, error) {
	of, err := v.Desk.FindConnector(v, v.Param("name"))
	if err != nil {
		return nil, err
	}
	if err := v.need(core.WriteConnectors, of.Org); err != nil {
		return nil, err
	}
	schema, err := v.connectorSchema(of)
	if err != nil {
		return nil, err
	}
	fields, err := v.settingsForm(schema, of.Plugin.Settings)
	if err != nil {
		return nil, err
	}
	sheet := v.settingsSheet(fields, at(connectorsPath, of.Instance))
	return show(connectorPage(v, of, "settings", sheet.Form(&writtenSettings{fields: fields}, of.Version())), nil)
}

// connectorSchema is that of the settings of its plugin; nil if there is no such plugin.
func (v *Visit) connectorSchema(of *admin.Connector) ([]byte, error) {
	plugins, err := v.Desk.SignInPlugins(v)
	if err != nil {
		return nil, err
	}
	for i := range plugins {
		if plugins[i].ID == of.Plugin.Plugin {
			return plugins[i].Settings, nil
		}
	}
	return nil, nil
}

func (c *Console) saveConnectorSettings(v *Visit) (*Answer, error) {
	of, err := v.Desk.FindConnector(v, v.Param("name"))
	if err != nil {
		return nil, err
	}
	schema, err := v.connectorSchema(of)
	if err != nil {
		return nil, err
	}
	again, status, err := v.saveSettings(schema, at(connectorsPath, of.Instance), func() ([]byte, admin.Version, error) {
		of, err := v.Desk.FindConnector(v, v.Param("name"))
		if err != nil {
			return nil, "", err
		}
		return of.Plugin.Settings, of.Version(), nil
	}, func(was admin.Version, before, after []byte) error {
		change, err := form.Patch(before, after)
		if err != nil {
			return err
		}
		_, err = v.Desk.If(was).UpdateConnector(v, of.Instance, admin.ConnectorEdit{Settings: [][]byte{change}})
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case again != nil:
		return &Answer{Status: status, Page: connectorPage(v, of, "settings", *again)}, nil
	}
	return done(at(connectorsPath, of.Instance), "The settings were saved.")
}

// leaveConnector says what goes with a connector.
func (c *Console) leaveConnector(v *Visit) (*Answer, error) {
	of, err := v.Desk.FindConnector(v, v.Param("name"))
	if err != nil {
		return nil, err
	}
	if err := v.need(core.WriteConnectors, of.Org); err != nil {
		return nil, err
	}
	contents, err := v.Desk.ConnectorContents(v, of.Instance)
	if err != nil {
		return nil, err
	}
	page := &web.Console{
		Title:  "Delete " + connectorTitle(&of.Connector),
		Crumbs: []web.Anchor{{Label: "Connectors", URL: connectorsPath}, {Label: connectorTitle(&of.Connector), URL: at(connectorsPath, of.Instance)}},
		Blocks: []web.Block{goesWith(contents, "The people themselves stay."), web.Form{
			Title: "Delete this connector?", Text: "Nobody signs in with it any more. Who has no other way in, such as a password, cannot sign in at all.",
			Groups: []web.Group{{Inputs: []web.Input{
				{Name: "confirm", Label: "Delete " + of.Instance + " for good", Kind: "check"},
				{Name: "forget", Label: "Forget its settings, its secrets and whom it linked too", Hint: "Else one of the same name finds them again.", Kind: "check"},
			}}},
			Hidden:  []web.Field{v.held(of.Version())},
			Buttons: []web.Button{{Label: "Delete", Action: "delete", Kind: "danger", ID: "delete"}},
			Back:    &web.Anchor{Label: "Cancel", URL: at(connectorsPath, of.Instance)},
		}},
	}
	return show(page, nil)
}

func (c *Console) deleteConnector(v *Visit) (*Answer, error) {
	if err := v.confirmed(); err != nil {
		return nil, err
	}
	if err := v.Desk.If(v.was()).DeleteConnector(v, v.Param("name"), v.Checked("forget")); err != nil {
		return nil, err
	}
	return done(connectorsPath, "The connector "+strconv.Quote(v.Param("name"))+" was deleted.")
}
