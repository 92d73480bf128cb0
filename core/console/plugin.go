package console

import (
	"cmp"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const (
	pluginsPath   = Path + "/plugins"
	instancesPath = Path + "/instances"
)

// largestModule is what a form with a module may have: the module's own bound is smaller.
const largestModule = 33 << 20

func (c *Console) pluginRoutes() []Route {
	return []Route{
		{Path: pluginsPath, Menu: pluginsPath, Show: c.plugins, Actions: map[string]Action{"reload": {Do: c.reloadPlugins}}},
		{Path: pluginsPath + "/install", Menu: pluginsPath, Fresh: true, Upload: largestModule, Show: c.installPage, Actions: map[string]Action{
			"inspect": {Do: c.inspectModule}, "install": {Do: c.installModule},
		}},
		{Path: pluginsPath + "/order", Menu: pluginsPath, Show: c.pluginOrder, Actions: map[string]Action{"move": {Do: c.moveBinding}}},
		{Path: pluginsPath + "/:id", Menu: pluginsPath, Show: c.plugin, Actions: map[string]Action{"rollback": {Fresh: true, Do: c.rollbackPlugin}}},
		{Path: pluginsPath + "/:id/remove", Menu: pluginsPath, Fresh: true, Show: c.leavePlugin, Actions: map[string]Action{"remove": {Do: c.removePlugin}}},
	}
}

// plugins lists what serves, and what could.
func (c *Console) plugins(v *Visit) (*Answer, error) {
	instances, err := v.Desk.Instances(v)
	if err != nil {
		return nil, err
	}
	known, err := v.Desk.KnownPlugins(v)
	if err != nil {
		return nil, err
	}
	serving := web.Table{
		ID: "instances", Title: "Instances", Text: "A plugin with settings, secrets and what it may do. What is bound takes part in sign-ins.",
		Columns: []string{"Instance", "Plugin", "Serves", "State"}, Empty: "No plugin takes part yet.",
	}
	for i := range instances {
		serving.Rows = append(serving.Rows, instanceRow(&instances[i]))
	}
	all := web.Table{ID: "plugins", Title: "Plugins", Text: "What instances can be made of.", Columns: []string{"Plugin", "From", "Does"}}
	for i := range known {
		all.Rows = append(all.Rows, pluginRow(&known[i]))
	}
	page := &web.Console{Title: "Plugins", Lead: "WebAssembly in a sandbox, for what is particular to your organisation.", Blocks: []web.Block{serving, all}}
	if v.May(core.WritePlugins, "") {
		serving.Buttons = []web.Button{{Label: "Put in order", URL: pluginsPath + "/order", ID: "order"}}
		page.Blocks[0] = serving
		page.Buttons = []web.Button{{Label: "Install a plugin", URL: pluginsPath + "/install", Kind: "primary", ID: "install"}, {Label: "Load anew", Action: "reload", To: pluginsPath, ID: "reload"}}
	}
	return show(page, nil)
}

func instanceRow(i *admin.Instance) web.Row {
	return web.Row{Cells: []web.Cell{
		{Text: i.Name, URL: at(instancesPath, i.Name), Mark: "thing"}, {Text: i.Plugin, Sub: i.Version},
		{Text: cmp.Or(hooksOf(i.Bindings), "nothing")}, {Badges: instanceBadges(i)},
	}}
}

func instanceBadges(i *admin.Instance) []web.Badge {
	for _, asked := range i.Asked {
		if !asked.Given && !asked.Optional {
			return []web.Badge{{Text: "Lacks something", Kind: "warn"}}
		}
	}
	switch {
	case i.Version == "":
		return []web.Badge{{Text: "No module", Kind: "wrong"}}
	case len(i.Bindings) == 0:
		return []web.Badge{{Text: "Not bound"}}
	}
	return []web.Badge{{Text: "Bound", Kind: "good"}}
}

// hooksOf names the hooks of some bindings, each once.
func hooksOf(bindings []core.PluginBinding) string {
	var names []string
	seen := map[string]bool{}
	for _, b := range bindings {
		if !seen[b.Hook] {
			names = append(names, b.Hook)
		}
		seen[b.Hook] = true
	}
	return strings.Join(names, ", ")
}

func pluginRow(p *admin.Plugin) web.Row {
	return web.Row{Cells: []web.Cell{
		{Text: p.ID, URL: at(pluginsPath, p.ID), Sub: p.Description}, {Text: sourceWords(p), Sub: p.Version, Badges: signerBadges(p)}, {Text: strings.Join(p.Hooks, ", ")},
	}}
}

func sourceWords(p *admin.Plugin) string {
	if p.Module == core.BuiltinModule {
		return "comes with Postern"
	}
	return cmp.Or(p.Source, "a file")
}

func signerBadges(p *admin.Plugin) []web.Badge {
	switch {
	case p.Module == core.BuiltinModule:
		return nil
	case p.Signer == "":
		return []web.Badge{{Text: "Not signed", Kind: "warn"}}
	}
	return []web.Badge{{Text: "Signed by " + p.Signer, Kind: "good"}}
}

func (c *Console) reloadPlugins(v *Visit) (*Answer, error) {
	if err := v.Desk.ReloadPlugins(v); err != nil {
		return nil, err
	}
	return done(pluginsPath, "All modules are loaded anew.")
}

func aboutPlugin(p *admin.Plugin) web.Block {
	rows := []web.Detail{
		{Label: "Version", Value: web.Cell{Text: p.Version}}, {Label: "Serves", Value: web.Cell{Text: strings.Join(p.Hooks, ", ")}},
		{Label: "From", Value: web.Cell{Text: sourceWords(p), Badges: signerBadges(p)}},
	}
	if p.Module != core.BuiltinModule {
		rows = append(rows, web.Detail{Label: "Digest", Value: web.Cell{Text: p.Module, Code: true}})
	}
	return web.Details{Title: p.ID, Text: p.Description, Rows: rows}
}

// wishTable lists what a plugin asks for, in the words of its author.
func wishTable(p *admin.Plugin) web.Table {
	table := web.Table{ID: "wishes-" + p.ID, Title: "What it asks for", Columns: []string{"What", "For", "Why", "Needed"}, Empty: "It asks for nothing."}
	for _, wish := range p.Capabilities {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: wish.Name, Code: true}, {Text: wishedFor(wish)}, {Text: wish.Reason}, {Text: yesNo(!wish.Optional)},
		}})
	}
	for _, wish := range p.Secrets {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: "secret " + wish.Name, Code: true}, {}, {Text: wish.Description}, {Text: yesNo(!wish.Optional)}}})
	}
	return table
}

// wishedFor says what a capability is asked for; nothing where it is for nothing in
// particular.
func wishedFor(wish core.PluginWish) string {
	switch {
	case len(wish.Targets) > 0:
		return strings.Join(wish.Targets, ", ")
	case wish.Name == "clock" || wish.Name == "kv":
		return ""
	}
	return "what its settings say"
}

// plugin is all that is known of one.
func (c *Console) plugin(v *Visit) (*Answer, error) {
	p, err := v.Desk.FindPlugin(v, v.Param("id"))
	if err != nil {
		return nil, err
	}
	instances, err := v.Desk.Instances(v)
	if err != nil {
		return nil, err
	}
	own := web.Table{ID: "instances", Title: "Instances", Columns: []string{"Instance", "Plugin", "Serves", "State"}, Empty: "There is none yet."}
	for i := range instances {
		if instances[i].Plugin == p.ID {
			own.Rows = append(own.Rows, instanceRow(&instances[i]))
		}
	}
	page := &web.Console{Title: p.ID, Lead: p.Description, Badges: signerBadges(p), Crumbs: []web.Anchor{{Label: "Plugins", URL: pluginsPath}}}
	if v.May(core.WritePlugins, "") {
		page.Buttons = []web.Button{{Label: "New instance", URL: with(instancesPath+"/new", "plugin", p.ID), Kind: "primary", ID: "new"}}
		if p.Module != core.BuiltinModule {
			page.Buttons = append(page.Buttons, web.Button{Label: "Remove", URL: at(pluginsPath, p.ID) + "/remove", Kind: "danger", ID: "remove"})
		}
	}
	page.Blocks = []web.Block{web.Split{Main: []web.Block{own}, Side: []web.Block{aboutPlugin(p)}}, wishTable(p)}
	releases, err := v.releaseTable(p)
	if err != nil {
		return nil, err
	}
	if releases != nil {
		page.Blocks = append(page.Blocks, *releases)
	}
	page.Blocks = append(page.Blocks, web.Code{ID: "schema", Title: "Settings, as a JSON Schema", Text: indent(p.Settings)})
	return show(page, nil)
}

// releaseTable is the history of an installed plugin; nil of one that comes with Postern.
func (v *Visit) releaseTable(p *admin.Plugin) (*web.Table, error) {
	if p.Module == core.BuiltinModule {
		return nil, nil
	}
	releases, err := v.Desk.Releases(v, p.ID)
	if err != nil {
		return nil, err
	}
	table := &web.Table{ID: "releases", Title: "Versions", Text: "The newest first. Going back is under the same conditions as installing.", Columns: []string{"Version", "Since", "Digest", ""}}
	for _, r := range releases {
		row := web.Row{Cells: []web.Cell{{Text: r.Version}, {At: r.CreatedAt}, {Text: r.Module[:min(12, len(r.Module))], Code: true, Sub: r.Source}}}
		switch {
		case r.Running:
			row.Cells[0].Badges = []web.Badge{{Text: "Runs", Kind: "good"}}
		case r.Module != p.Module && v.May(core.WritePlugins, ""):
			row.Buttons = []web.Button{{Label: "Run this one", About: r.Version, Action: "rollback", Values: []web.Field{{Name: "to", Value: r.Module}}, To: at(pluginsPath, p.ID)}}
		}
		table.Rows = append(table.Rows, row)
	}
	return table, nil
}

func (c *Console) rollbackPlugin(v *Visit) (*Answer, error) {
	back, err := v.Desk.RollbackPlugin(v, admin.Rollback{Plugin: v.Param("id"), To: v.Said("to")})
	if err != nil {
		return nil, err
	}
	return done(at(pluginsPath, v.Param("id")), "Version "+back.Plugins[0].Version+" runs.")
}

// leavePlugin says what goes with a plugin.
func (c *Console) leavePlugin(v *Visit) (*Answer, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return nil, err
	}
	p, err := v.Desk.FindPlugin(v, v.Param("id"))
	if err != nil {
		return nil, err
	}
	instances, err := v.Desk.Instances(v)
	if err != nil {
		return nil, err
	}
	var goes []web.Detail
	for i := range instances {
		if instances[i].Plugin == p.ID {
			goes = append(goes, web.Detail{Label: instances[i].Name, Value: web.Cell{Text: cmp.Or(hooksOf(instances[i].Bindings), "not bound")}})
		}
	}
	form := web.Form{
		Title: "Remove this plugin?", Text: "All its versions are deleted.",
		Groups:  []web.Group{{Inputs: []web.Input{{Name: "confirm", Label: "Remove " + p.ID + " for good", Kind: "check"}}}},
		Buttons: []web.Button{{Label: "Remove", Action: "remove", Kind: "danger", ID: "remove"}}, Back: &web.Anchor{Label: "Cancel", URL: at(pluginsPath, p.ID)},
	}
	page := &web.Console{Title: "Remove " + p.ID, Crumbs: []web.Anchor{{Label: "Plugins", URL: pluginsPath}, {Label: p.ID, URL: at(pluginsPath, p.ID)}}}
	if len(goes) > 0 {
		page.Blocks = append(page.Blocks, web.Details{Title: "These instances go with it", Text: "With their settings, secrets and values, and, of connectors, whom they linked.", Rows: goes})
	}
	page.Blocks = append(page.Blocks, form)
	return show(page, nil)
}

func (c *Console) removePlugin(v *Visit) (*Answer, error) {
	if err := v.confirmed(); err != nil {
		return nil, err
	}
	if _, err := v.Desk.RemovePlugin(v, v.Param("id"), true); err != nil {
		return nil, err
	}
	return done(pluginsPath, "The plugin "+v.Param("id")+" was removed.")
}
