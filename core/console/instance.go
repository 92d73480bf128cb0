package console

import (
	"strconv"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
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
		c.instanceLimits(),
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
	for _, tab := range []struct{ label, path string }{{"Overview", ""}, {"Settings", "settings"}, {"Limits", "limits"}, {"Activity", "log"}, {"Try a message", "try"}} {
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

// leaveInstance says what goes with an instance.
func (c *Console) leaveInstance(v *Visit) (*Answer, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return nil, err
	}
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	page := instancePage(v, i, "delete", v.goesWithInstance(i), web.Form{
		Title: "Delete this instance?", Text: "What it keeps is deleted too, and this cannot be undone. To leave it out for a while, unbind it.", Groups: []web.Group{{Inputs: []web.Input{{Name: "confirm", Label: "Delete " + i.Name + " for good", Kind: "check"}}}},
		Hidden:  []web.Field{v.held(admin.VersionOf(i.UpdatedAt))},
		Buttons: []web.Button{{Label: "Delete", Action: "delete", Kind: "danger", ID: "delete-it"}}, Back: &web.Anchor{Label: "Cancel", URL: at(instancesPath, i.Name)},
	})
	page.Buttons = nil
	return show(page, nil)
}

// goesWithInstance says what is lost with an instance.
func (v *Visit) goesWithInstance(i *admin.Instance) web.Details {
	goes := web.Details{Title: "What goes with it", Rows: []web.Detail{{Label: "Settings", Value: web.Cell{Text: several(len(memberNames(i.Settings)), "setting", "settings"), Sub: strings.Join(memberNames(i.Settings), ", ")}}}}
	for _, b := range i.Bindings {
		goes.Rows = append(goes.Rows, web.Detail{Label: "Takes part in", Value: web.Cell{Text: b.Hook, Sub: "for " + v.boundTo(b.ClientID)}})
	}
	for _, asked := range i.Asked {
		switch {
		case !asked.Given:
		case asked.Secret != "":
			goes.Rows = append(goes.Rows, web.Detail{Label: "Secret", Value: web.Cell{Text: asked.Secret, Code: true}})
		default:
			goes.Rows = append(goes.Rows, web.Detail{Label: "May use", Value: web.Cell{Text: asked.Capability, Code: true, Sub: grantsWords(asked.Grants)}})
		}
	}
	return goes
}

// memberNames names the settings that are set.
func memberNames(settings []byte) (names []string) {
	for _, m := range membersOf(settings) {
		names = append(names, m.name)
	}
	return names
}

func (c *Console) deleteInstance(v *Visit) (*Answer, error) {
	if err := v.confirmed(); err != nil {
		return nil, err
	}
	name := v.Param("name")
	if _, err := v.Desk.If(v.was()).UnbindPlugin(v, admin.Unbind{Instance: name, Forget: true}); err != nil {
		return nil, err
	}
	return done(pluginsPath, "The instance "+name+" was deleted.")
}
