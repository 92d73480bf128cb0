package console

import (
	"errors"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/form"
	"github.com/postern-id/postern/web"
)

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
	settings, err := readSettings(fields, []byte("{}"), v.Said)
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
