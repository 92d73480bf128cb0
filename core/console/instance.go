package console

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/form"
	"github.com/postern-id/postern/web"
)

func (c *Console) instanceRoutes() []Route {
	return []Route{
		{Path: instancesPath + "/new", Menu: pluginsPath, Show: c.newInstance, Actions: map[string]Action{"create": {Do: c.createInstance}}},
		{Path: instancesPath + "/:name", Menu: pluginsPath, Show: c.instance, Actions: map[string]Action{
			"grant": {Fresh: true, Do: c.grantHere(instancesPath)}, "revoke": {Do: c.revokeHere(instancesPath)}, "secret": {Fresh: true, Do: c.secretHere(instancesPath)},
			"forget-secret": {Do: c.forgetSecret}, "unbind": {Do: c.unbind}, "bind": {Do: c.bind},
		}},
		{Path: instancesPath + "/:name/settings", Menu: pluginsPath, Fresh: true, Show: c.instanceSettings, Actions: map[string]Action{"save": {Do: c.saveInstanceSettings}}},
		{Path: instancesPath + "/:name/limits", Menu: pluginsPath, Show: c.instanceLimits, Actions: map[string]Action{"save": {Do: c.saveLimits}}},
		{Path: instancesPath + "/:name/log", Menu: pluginsPath, Show: c.instanceLog},
		{Path: instancesPath + "/:name/try", Menu: pluginsPath, Show: c.tryPlugin, Actions: map[string]Action{"try": {Do: c.previewPlugin}}},
		{Path: instancesPath + "/:name/delete", Menu: pluginsPath, Fresh: true, Show: c.leaveInstance, Actions: map[string]Action{"delete": {Do: c.deleteInstance}}},
	}
}

func instancePage(v *Visit, i *admin.Instance, here string, blocks ...web.Block) *web.Console {
	base := at(instancesPath, i.Name)
	page := &web.Console{
		Title: i.Name, Lead: "An instance of the plugin " + i.Plugin + " " + i.Version + ".", Badges: instanceBadges(i), Blocks: blocks,
		Crumbs: []web.Anchor{{Label: "Plugins", URL: pluginsPath}, {Label: i.Plugin, URL: at(pluginsPath, i.Plugin)}},
	}
	for _, tab := range []struct{ label, path string }{{"Overview", ""}, {"Settings", "settings"}, {"Limits", "limits"}, {"Log", "log"}, {"Try a message", "try"}} {
		writes := tab.path != "" && tab.path != "log"
		if writes && !v.May(core.WritePlugins, "") {
			continue
		}
		page.Tabs = append(page.Tabs, web.Tab{Label: tab.label, URL: strings.TrimSuffix(base+"/"+tab.path, "/"), Here: tab.path == here})
	}
	if v.May(core.WritePlugins, "") {
		page.Buttons = []web.Button{{Label: "Delete", URL: base + "/delete", Kind: "danger", ID: "delete"}}
	}
	return page
}

// theInstance gives the instance that the path names, with its plugin.
func (v *Visit) theInstance() (*admin.Instance, *admin.Plugin, error) {
	i, err := v.Desk.FindInstance(v, v.Param("name"))
	if err != nil {
		return nil, nil, err
	}
	p, err := v.Desk.FindPlugin(v, i.Plugin)
	if err != nil {
		p = &admin.Plugin{ID: i.Plugin} // its module is gone
	}
	return i, p, nil
}

// instance shows what an instance serves, and what it was given beside what it asks for.
func (c *Console) instance(v *Visit) (*Answer, error) {
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	writes := v.May(core.WritePlugins, "")
	bound := web.Table{ID: "bindings", Title: "Where it takes part", Columns: []string{"Hook", "For", "Place", ""}, Empty: "It is not bound: it takes part in nothing."}
	for _, b := range i.Bindings {
		row := web.Row{Cells: []web.Cell{{Text: b.Hook, Sub: hookWords(b.Hook), Badges: bindingBadges(b)}, {Text: v.boundTo(b.ClientID)}, {Text: strconv.Itoa(b.Position)}}}
		if writes {
			row.Buttons = []web.Button{{Label: "Unbind", About: b.Hook, Action: "unbind", Values: []web.Field{{Name: "hook", Value: b.Hook}, {Name: "client", Value: b.ClientID}}}}
		}
		bound.Rows = append(bound.Rows, row)
	}
	blocks := []web.Block{bound}
	if writes {
		bound.Buttons = []web.Button{{Label: "Put in order", URL: pluginsPath + "/order"}}
		blocks[0] = bound
		binding, err := v.bindForm(i)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, binding)
	}
	blocks = append(blocks, givenBlocks(v, i, at(instancesPath, i.Name))...)
	return show(instancePage(v, i, "", blocks...), nil)
}

func (v *Visit) bindForm(i *admin.Instance) (web.Form, error) {
	hooks := web.Input{Name: "hook", Label: "Hook", Kind: "select"}
	for _, hook := range i.Hooks {
		hooks.Options = append(hooks.Options, web.Option{Value: hook, Label: hook})
	}
	clients := web.Input{Name: "client", Label: "For", Kind: "select", Options: []web.Option{{Label: "All applications"}}}
	orgs, err := v.Desk.Organisations(v)
	if err != nil {
		return web.Form{}, err
	}
	for _, org := range orgs {
		list, err := v.Desk.Clients(v, org.Name)
		if err != nil {
			return web.Form{}, err
		}
		for n := range list {
			clients.Options = append(clients.Options, web.Option{Value: list[n].ID, Label: list[n].Title()})
		}
	}
	return web.Form{
		ID: "bind", Title: "Let it take part", Groups: []web.Group{{Inputs: []web.Input{
			hooks, clients, {Name: "position", Label: "Place", Kind: "number", Value: strconv.Itoa(admin.DefaultPosition), Min: "1", Hint: "Smaller runs first."},
			{Name: "shadow", Label: "As a shadow", Hint: "It runs, and what it would change is counted and not used.", Kind: "check"},
			{Name: "fail_open", Label: "Go on without it if it fails", Hint: "For claims alone.", Kind: "check"},
		}}},
		Buttons: []web.Button{{Label: "Bind", Action: "bind", Kind: "primary", ID: "bind-it"}},
	}, nil
}

func (c *Console) bind(v *Visit) (*Answer, error) {
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	place, _ := strconv.Atoi(v.Said("position"))
	_, err = v.Desk.BindPlugin(v, admin.Bind{
		Plugin: i.Plugin, Instance: i.Name, Hooks: []string{v.Said("hook")}, ClientID: v.Said("client"), Position: place, Shadow: v.Checked("shadow"), FailOpen: v.Checked("fail_open"),
	})
	if err != nil {
		return nil, err
	}
	return done(at(instancesPath, i.Name), i.Name+" takes part in "+v.Said("hook")+" for "+v.boundTo(v.Said("client"))+".")
}

func (c *Console) unbind(v *Visit) (*Answer, error) {
	name := v.Param("name")
	if _, err := v.Desk.UnbindPlugin(v, admin.Unbind{Instance: name, Hook: v.Said("hook"), ClientID: v.Said("client"), AllClients: v.Said("client") == ""}); err != nil {
		return nil, err
	}
	return done(at(instancesPath, name), name+" takes no part in "+v.Said("hook")+" for "+v.boundTo(v.Said("client"))+" any more.")
}

// givenBlocks are what the plugin asks for, and beside it what it was given.
func givenBlocks(v *Visit, i *admin.Instance, base string) []web.Block {
	table := web.Table{ID: "asked", Title: "Asked and given", Text: "A plugin can do what it was given, and nothing else.", Columns: []string{"It asks for", "Why", "Given", ""}, Empty: "It asks for nothing."}
	writes := v.May(core.WritePlugins, "")
	var secrets []web.Input
	for _, asked := range i.Asked {
		table.Rows = append(table.Rows, askedRow(&asked, base, writes))
		if asked.Secret != "" {
			secrets = append(secrets, web.Input{Name: "value." + asked.Secret, Label: upper(strings.ReplaceAll(asked.Secret, "_", " ")), Hint: asked.Reason, Kind: "password", Autocomplete: "off"})
		}
	}
	for _, grant := range i.Unasked.Grants {
		row := web.Row{Cells: []web.Cell{{Text: grantWords(grant), Code: true}, {Text: "It does not ask for it."}, {Badges: []web.Badge{{Text: "Given", Kind: "warn"}}}}}
		if writes {
			row.Buttons = []web.Button{revokeButton(grant, base)}
		}
		table.Rows = append(table.Rows, row)
	}
	blocks := []web.Block{table}
	if !writes {
		return blocks
	}
	if len(secrets) > 0 {
		blocks = append(blocks, web.Form{
			ID: "secrets", Title: "Secrets", Text: "They are sealed, and never shown again. What is left empty stays.", To: base, Groups: []web.Group{{Inputs: secrets}},
			Buttons: []web.Button{{Label: "Save the secrets", Action: "secret", ID: "save-secrets"}},
		})
	}
	return append(blocks, grantForm(i, base)...)
}

// grantForm gives a capability for what the plugin's settings say, such as another host.
func grantForm(i *admin.Instance, base string) []web.Block {
	input := web.Input{Name: "capability", Label: "Capability", Kind: "select"}
	seen := map[string]bool{}
	for _, asked := range i.Asked {
		if asked.Capability != "" && !seen[asked.Capability] {
			seen[asked.Capability] = true
			input.Options = append(input.Options, web.Option{Value: asked.Capability, Label: asked.Capability})
		}
	}
	if len(input.Options) == 0 {
		return nil
	}
	return []web.Block{web.Form{
		ID: "grant", Title: "Give it more", To: base, Groups: []web.Group{{Inputs: []web.Input{input,
			{Name: "target", Label: "For", Kind: "text", Code: true, Optional: true, Hint: "A host, like api.example.org or ldap.example.org:636; nothing for the clock."},
		}}},
		Buttons: []web.Button{{Label: "Grant", Action: "grant", ID: "grant-it"}},
	}}
}

func askedRow(asked *admin.Asked, base string, writes bool) web.Row {
	what := web.Cell{Text: strings.TrimSpace(asked.Capability + " " + asked.Target), Code: true}
	if asked.Secret != "" {
		what.Text = "secret " + asked.Secret
	}
	given := web.Cell{Badges: []web.Badge{{Text: "Not given"}}}
	switch {
	case asked.Given && asked.Secret != "":
		given = web.Cell{Badges: []web.Badge{{Text: "Set", Kind: "good"}}, Sub: "on " + asked.SetAt.UTC().Format("2 January 2006")}
	case asked.Given:
		given = web.Cell{Badges: []web.Badge{{Text: "Given", Kind: "good"}}, Sub: grantsWords(asked.Grants)}
	case !asked.Optional:
		given.Badges[0].Kind, given.Sub = "warn", "It does nothing without."
	}
	row := web.Row{Cells: []web.Cell{what, {Text: asked.Reason}, given}}
	if !writes {
		return row
	}
	switch {
	case asked.Secret != "" && asked.Given:
		row.Buttons = []web.Button{{Label: "Delete", About: asked.Secret, Action: "forget-secret", Values: []web.Field{{Name: "secret", Value: asked.Secret}}, To: at(instancesPath, asked.Instance)}}
	case asked.Secret != "":
	case asked.Given:
		for _, grant := range asked.Grants {
			row.Buttons = append(row.Buttons, revokeButton(grant, base))
		}
	case asked.Target != "" || asked.Capability == "clock" || asked.Capability == "kv":
		row.Buttons = []web.Button{{Label: "Grant", About: asked.Capability, Action: "grant", Kind: "primary", To: base, Values: []web.Field{{Name: "capability", Value: asked.Capability}, {Name: "target", Value: asked.Target}}}}
	}
	return row
}

func revokeButton(grant core.PluginGrant, base string) web.Button {
	return web.Button{Label: "Take away", About: grantWords(grant), Action: "revoke", To: base, Values: []web.Field{{Name: "capability", Value: grant.Capability}, {Name: "target", Value: grant.Target}}}
}

func grantWords(grant core.PluginGrant) string {
	return strings.TrimSpace(grant.Capability + " " + grant.Target)
}

func grantsWords(grants []core.PluginGrant) string {
	var targets []string
	for _, grant := range grants {
		if grant.Target != "" {
			targets = append(targets, grant.Target)
		}
	}
	return strings.Join(targets, ", ")
}

func (c *Console) grantHere(path string) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		name, grant := v.Param("name"), core.PluginGrant{Capability: v.Said("capability"), Target: v.Said("target")}
		if err := v.Desk.Grant(v, name, grant.Capability, grant.Target, false); err != nil {
			return nil, err
		}
		return done(at(path, name), name+" may use "+grantWords(grant)+" now.")
	}
}

func (c *Console) revokeHere(path string) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		name, grant := v.Param("name"), core.PluginGrant{Capability: v.Said("capability"), Target: v.Said("target")}
		if err := v.Desk.Revoke(v, name, grant.Capability, grant.Target); err != nil {
			return nil, err
		}
		return done(at(path, name), name+" may not use "+grantWords(grant)+" any more.")
	}
}

// secretHere sets the secrets that were typed.
func (c *Console) secretHere(path string) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		name := v.Param("name")
		i, err := v.instanceAt(path, name)
		if err != nil {
			return nil, err
		}
		set := 0
		for _, asked := range i.Asked {
			value := v.Raw("value." + asked.Secret)
			if asked.Secret == "" || value == "" {
				continue
			}
			if err := v.Desk.SetSecret(v, name, asked.Secret, []byte(value), false); err != nil {
				return nil, err
			}
			set++
		}
		return done(at(path, name), upper(several(set, "secret was", "secrets were"))+" saved.")
	}
}

// instanceAt gives the instance that a page is about: who may write a connector need not
// see the rest of the plugins.
func (v *Visit) instanceAt(path, name string) (*admin.Instance, error) {
	if path != connectorsPath {
		return v.Desk.FindInstance(v, name)
	}
	of, err := v.Desk.FindConnector(v, name)
	if err != nil {
		return nil, err
	}
	return &of.Plugin, nil
}

func (c *Console) forgetSecret(v *Visit) (*Answer, error) {
	if err := v.Desk.DeleteSecret(v, v.Param("name"), v.Said("secret")); err != nil {
		return nil, err
	}
	return done(at(instancesPath, v.Param("name")), "The secret was deleted.")
}

// newInstance asks for a name and settings.
func (c *Console) newInstance(v *Visit) (*Answer, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return nil, err
	}
	p, err := v.Desk.FindPlugin(v, v.Ask("plugin"))
	if err != nil {
		return nil, err
	}
	sheet, _, err := v.instanceSheet(p)
	return show(newInstancePage(p, sheet), err)
}

func (v *Visit) instanceSheet(p *admin.Plugin) (web.Form, []form.Field, error) {
	fields, err := v.settingsForm(p.Settings, []byte("{}"))
	groups := append([]web.Group{{Inputs: []web.Input{
		{Name: "name", Label: "Name", Kind: "text", Required: true, Code: true, Value: p.ID, Hint: "Lower-case letters, digits and hyphens. It stays."},
	}}}, settingsGroups(fields)...)
	return web.Form{
		Hidden: []web.Field{{Name: "plugin", Value: p.ID}}, Groups: groups,
		Buttons: []web.Button{{Label: "Make the instance", Action: "create", Kind: "primary", ID: "create"}}, Back: &web.Anchor{Label: "Cancel", URL: at(pluginsPath, p.ID)},
	}, fields, err
}

func newInstancePage(p *admin.Plugin, sheet web.Form) *web.Console {
	return &web.Console{
		Title: "New instance of " + p.ID, Lead: "It takes part in nothing until it is bound.",
		Crumbs: []web.Anchor{{Label: "Plugins", URL: pluginsPath}, {Label: p.ID, URL: at(pluginsPath, p.ID)}}, Blocks: []web.Block{sheet},
	}
}

func (c *Console) createInstance(v *Visit) (*Answer, error) {
	p, err := v.Desk.FindPlugin(v, v.Said("plugin"))
	if err != nil {
		return nil, err
	}
	sheet, fields, err := v.instanceSheet(p)
	if err != nil {
		return nil, err
	}
	settings, err := v.readSettings(fields, []byte("{}"))
	if err == nil {
		_, err = v.Desk.CreateInstance(v, v.Said("name"), p.ID, settings)
	}
	if wrong, ok := errors.AsType[*admin.InvalidError](placed(err, fields)); ok {
		return invalid(newInstancePage(p, retyped(v, sheet, wrong)))
	}
	if err != nil {
		return nil, err
	}
	return done(at(instancesPath, v.Said("name")), "The instance was made. It takes part in nothing until it is bound.")
}

// instanceSettings shows the settings by the schema of the plugin, or as JSON.
func (c *Console) instanceSettings(v *Visit) (*Answer, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return nil, err
	}
	i, p, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	fields, err := v.settingsForm(p.Settings, i.Settings)
	if err != nil {
		return nil, err
	}
	return show(v.settingsPage(i, v.settingsSheet(fields, at(instancesPath, i.Name))), nil)
}

// settingsPage is the page around the settings, with a way to the same as JSON, and back.
func (v *Visit) settingsPage(i *admin.Instance, sheet web.Form) *web.Console {
	page := instancePage(v, i, "settings", sheet)
	base := at(instancesPath, i.Name) + "/settings"
	other := web.Button{Label: "Edit as JSON", URL: base + "?as=" + asJSON, ID: "as-json"}
	if v.Ask("as") == asJSON || v.Said("as") == asJSON {
		other = web.Button{Label: "Show the form", URL: base, ID: "as-form"}
	}
	page.Buttons = append([]web.Button{other}, page.Buttons...)
	return page
}

func (c *Console) saveInstanceSettings(v *Visit) (*Answer, error) {
	i, p, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	fields, err := v.settingsForm(p.Settings, i.Settings)
	if err != nil {
		return nil, err
	}
	settings, err := v.readSettings(fields, i.Settings)
	if err == nil {
		err = v.Desk.SetSettings(v, i.Name, settings)
	}
	if wrong, ok := errors.AsType[*admin.InvalidError](placed(err, fields)); ok {
		return invalid(v.settingsPage(i, retyped(v, v.settingsSheet(fields, at(instancesPath, i.Name)), wrong)))
	}
	if err != nil {
		return nil, err
	}
	return done(at(instancesPath, i.Name)+"/settings", "The settings were saved, and hold from now on.")
}

// instanceLimits bounds each call.
func (c *Console) instanceLimits(v *Visit) (*Answer, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return nil, err
	}
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	return show(instancePage(v, i, "limits", limitsForm(i)), nil)
}

func limitsForm(i *admin.Instance) web.Form {
	whole := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	return saving(web.Form{
		Title: "Limits of each call", Text: "Empty: as the server has it. A call that goes beyond one fails, and what it did is undone.",
		Groups: []web.Group{{Inputs: []web.Input{
			{Name: "memory", Label: "Memory, in MiB", Kind: "number", Min: "1", Max: "256", Value: whole(int64(i.Limits.MemoryMiB)), Optional: true},
			{Name: "cpu", Label: "Work, in milliseconds", Kind: "number", Min: "1", Max: "1000", Value: whole(i.Limits.CPU.Milliseconds()), Optional: true},
			{Name: "wait", Label: "Waiting for others, in milliseconds", Kind: "number", Min: "10", Max: "30000", Value: whole(i.Limits.Wait.Milliseconds()), Optional: true},
		}}},
	}, at(instancesPath, i.Name))
}

func (c *Console) saveLimits(v *Visit) (*Answer, error) {
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	number := func(name string) int {
		n, err := strconv.Atoi(v.Said(name))
		if err != nil && v.Said(name) != "" {
			return -1 // which the desk refuses
		}
		return n
	}
	err = v.Desk.SetLimits(v, i.Name, core.PluginLimits{
		MemoryMiB: number("memory"), CPU: time.Duration(number("cpu")) * time.Millisecond, Wait: time.Duration(number("wait")) * time.Millisecond,
	})
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return invalid(instancePage(v, i, "limits", retyped(v, limitsForm(i), wrong)))
	}
	if err != nil {
		return nil, err
	}
	return done(at(instancesPath, i.Name), "The limits were saved.")
}

// leaveInstance says what goes with an instance.
func (c *Console) leaveInstance(v *Visit) (*Answer, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return nil, err
	}
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	text := "Its settings, secrets and values are deleted too."
	if hooks := hooksOf(i.Bindings); hooks != "" {
		text = "It takes part in " + hooks + ". " + text
	}
	page := instancePage(v, i, "delete", web.Form{
		Title: "Delete this instance?", Text: text, Groups: []web.Group{{Inputs: []web.Input{{Name: "confirm", Label: "Delete " + i.Name + " for good", Kind: "check"}}}},
		Buttons: []web.Button{{Label: "Delete", Action: "delete", Kind: "danger", ID: "delete-it"}}, Back: &web.Anchor{Label: "Cancel", URL: at(instancesPath, i.Name)},
	})
	page.Buttons = nil
	return show(page, nil)
}

func (c *Console) deleteInstance(v *Visit) (*Answer, error) {
	if err := v.confirmed(); err != nil {
		return nil, err
	}
	name := v.Param("name")
	if _, err := v.Desk.UnbindPlugin(v, admin.Unbind{Instance: name, Forget: true}); err != nil {
		return nil, err
	}
	return done(pluginsPath, "The instance "+name+" was deleted.")
}

// sampleOf gives a message of the hook that the plugin's author wrote, without its settings.
func sampleOf(p *admin.Plugin, hook string) string {
	var manifest struct {
		Samples []struct {
			Hook  string
			Input map[string]json.RawMessage
		}
	}
	if json.Unmarshal(p.Manifest, &manifest) != nil {
		return "{}"
	}
	for _, sample := range manifest.Samples {
		if sample.Hook == hook {
			delete(sample.Input, "settings")
			text, err := json.MarshalIndent(sample.Input, "", "  ")
			if err == nil {
				return string(text)
			}
		}
	}
	return "{}"
}
