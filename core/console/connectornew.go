package console

import (
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/form"
	"github.com/postern-id/postern/web"
)

// newConnector asks which provider it is, then what that needs.
func (c *Console) newConnector(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.WriteConnectors); err != nil {
		return nil, err
	}
	plugins, err := v.Desk.SignInPlugins(v)
	if err != nil {
		return nil, err
	}
	plugin, preset := chosen(v, plugins)
	if plugin == nil {
		return show(chooseProvider(v, plugins), nil)
	}
	sheet, _, err := v.connectorSheet(plugin, preset)
	return show(newConnectorPage(plugin, preset, sheet), err)
}

// chosen gives what the visitor chose.
func chosen(v *Visit, plugins []admin.Plugin) (*admin.Plugin, *admin.PluginPreset) {
	id, name := v.Ask("plugin"), v.Ask("preset")
	if v.Form != nil {
		id, name = v.Said("plugin"), v.Said("preset")
	}
	i := slices.IndexFunc(plugins, func(p admin.Plugin) bool { return p.ID == id })
	if i < 0 {
		return nil, nil
	}
	for j := range plugins[i].Presets {
		if plugins[i].Presets[j].Name == name {
			return &plugins[i], &plugins[i].Presets[j]
		}
	}
	return &plugins[i], &admin.PluginPreset{}
}

func chooseProvider(v *Visit, plugins []admin.Plugin) *web.Console {
	known := web.Tiles{Title: "A provider", Text: "Its settings are filled in as far as they are the same for everybody."}
	others := web.Tiles{Title: "Your own plugins"}
	for _, plugin := range plugins {
		for _, preset := range plugin.Presets {
			title, about, _ := strings.Cut(strings.TrimSuffix(preset.Title, ")"), " (")
			known.Items = append(known.Items, web.Tile{
				Title: title, Text: strings.TrimSpace(about), Icon: preset.Icon,
				URL: with(connectorsPath+"/new", "plugin", plugin.ID, "preset", preset.Name, "org", v.Ask("org")),
			})
		}
		if len(plugin.Presets) == 0 {
			others.Items = append(others.Items, web.Tile{Title: plugin.ID, Text: plugin.Description, URL: with(connectorsPath+"/new", "plugin", plugin.ID, "org", v.Ask("org"))})
		}
	}
	slices.SortFunc(known.Items, func(a, b web.Tile) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	page := &web.Console{
		Title: "New connector", Lead: "Where do people sign in?", Crumbs: []web.Anchor{{Label: "Connectors", URL: connectorsPath}}, Blocks: []web.Block{known},
	}
	if len(others.Items) > 0 {
		page.Blocks = append(page.Blocks, others)
	}
	return page
}

func newConnectorPage(plugin *admin.Plugin, preset *admin.PluginPreset, sheet web.Form) *web.Console {
	title := plugin.ID
	if preset.Title != "" {
		title, _, _ = strings.Cut(preset.Title, " (")
	}
	return &web.Console{
		Title: "New connector: " + title, Lead: plugin.Description,
		Crumbs: []web.Anchor{{Label: "Connectors", URL: connectorsPath}, {Label: "New connector", URL: connectorsPath + "/new"}}, Blocks: []web.Block{sheet},
	}
}

// connectorSheet asks for what a connector needs to be made.
func (v *Visit) connectorSheet(plugin *admin.Plugin, preset *admin.PluginPreset) (web.Form, []form.Field, error) {
	in, err := v.scope(core.WriteConnectors, false)
	if err != nil {
		return web.Form{}, nil, err
	}
	settings := preset.Settings
	if len(settings) == 0 {
		settings = []byte("{}")
	}
	fields, err := v.settingsForm(plugin.Settings, settings)
	if err != nil {
		return web.Form{}, nil, err
	}
	name := preset.Name
	if name == "" {
		name = plugin.ID
	}
	title, _, _ := strings.Cut(preset.Title, " (")
	about := web.Group{Inputs: []web.Input{
		{Name: "name", Label: "Name", Kind: "text", Required: true, Code: true, Value: name, Hint: "A part of its address: lower-case letters, digits and hyphens. It stays."},
		{Name: "title", Label: "On the button", Kind: "text", Value: title},
	}}
	hidden := []web.Field{{Name: "plugin", Value: plugin.ID}, {Name: "preset", Value: preset.Name}}
	if len(in.Orgs) > 1 {
		about.Inputs = append(about.Inputs, web.Input{Name: "org", Label: "Organisation", Kind: "select", Value: in.Org, Options: in.options()})
	} else {
		hidden = append(hidden, web.Field{Name: "org", Value: in.Org})
	}
	groups := append([]web.Group{about}, settingsGroups(fields)...)
	groups = append(groups, secretGroup(plugin)...)
	groups = append(groups, grantGroup(plugin, preset)...)
	groups = append(groups, web.Group{Title: "Whom it names", Inputs: []web.Input{
		{Name: "create_users", Label: "Make accounts for whoever signs in for the first time", Kind: "check"},
		{Name: "sync_profile", Label: "Names follow the provider", Kind: "check"},
		{Name: "sync_groups", Label: "Groups follow the provider", Kind: "check"},
	}})
	return web.Form{
		Hidden: hidden, Groups: groups,
		Buttons: []web.Button{{Label: "Add the connector", Action: "create", Kind: "primary", ID: "create"}},
		Back:    &web.Anchor{Label: "Cancel", URL: connectorsPath},
	}, fields, nil
}

func secretGroup(plugin *admin.Plugin) []web.Group {
	group := web.Group{Title: "Secrets", Text: "They are sealed, and never shown again."}
	for _, wish := range plugin.Secrets {
		group.Inputs = append(group.Inputs, web.Input{
			Name: "secret." + wish.Name, Label: upper(strings.ReplaceAll(wish.Name, "_", " ")), Hint: wish.Description, Kind: "secret", Optional: wish.Optional,
		})
	}
	if len(group.Inputs) == 0 {
		return nil
	}
	return []web.Group{group}
}

// grantGroup asks what the plugin may reach. The presets know the hosts of their providers.
func grantGroup(plugin *admin.Plugin, preset *admin.PluginPreset) []web.Group {
	if len(plugin.Capabilities) == 0 {
		return nil
	}
	var reasons []string
	for _, wish := range plugin.Capabilities {
		reasons = append(reasons, wish.Name+": "+wish.Reason)
	}
	return []web.Group{{Title: "What it may reach", Inputs: []web.Input{{
		Name: "grants", Label: "Hosts", Kind: "textarea", Rows: 3, Code: true, Value: strings.Join(preset.Targets, "\n"),
		Hint: "One on each line, like login.example.com or ldap.example.com:636. It reaches nothing else. It asks for " + strings.Join(reasons, " "),
	}}}}
}

// createConnector makes the connector with everything that was typed.
func (c *Console) createConnector(v *Visit) (*Answer, error) {
	plugins, err := v.Desk.SignInPlugins(v)
	if err != nil {
		return nil, err
	}
	plugin, preset := chosen(v, plugins)
	if plugin == nil {
		return nil, &admin.MissingError{What: "plugin", Name: v.Said("plugin")}
	}
	sheet, fields, err := v.connectorSheet(plugin, preset)
	if err != nil {
		return nil, err
	}
	before := preset.Settings
	if len(before) == 0 {
		before = []byte("{}")
	}
	settings, err := readSettings(fields, before, v.Said)
	if err == nil {
		_, err = v.Desk.CreateConnector(v, v.connectorInput(plugin, preset, before, settings))
	}
	if wrong, ok := errors.AsType[*admin.InvalidError](placed(err, fields)); ok {
		return invalid(newConnectorPage(plugin, preset, retyped(v, sheet, wrong)))
	}
	if err != nil {
		return nil, err
	}
	return done(at(connectorsPath, v.Said("name")), "The connector was added.")
}

func (v *Visit) connectorInput(plugin *admin.Plugin, preset *admin.PluginPreset, before, settings []byte) admin.NewConnector {
	input := admin.NewConnector{
		Name: v.Said("name"), Plugin: plugin.ID, Preset: preset.Name, Org: v.Said("org"), Grants: lines(v.Said("grants")), Secrets: map[string][]byte{},
		Edit: func(of *core.Connector) {
			if title := v.Said("title"); title != "" {
				of.DisplayName = title
			}
			of.CreateUsers, of.SyncProfile, of.SyncGroups = v.Checked("create_users"), v.Checked("sync_profile"), v.Checked("sync_groups")
		},
	}
	if change, err := form.Patch(before, settings); err == nil {
		input.Settings = [][]byte{change}
	}
	for _, wish := range plugin.Secrets {
		if secret := v.secret("secret." + wish.Name); secret != "" {
			input.Secrets[wish.Name] = []byte(secret)
		}
	}
	return input
}
