package console

import (
	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

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
	sheet := v.settingsSheet(fields, at(instancesPath, i.Name))
	return show(v.settingsPage(i, sheet.Form(&writtenSettings{fields: fields}, admin.VersionOf(i.UpdatedAt))), nil)
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
	again, status, err := v.saveSettings(p.Settings, at(instancesPath, i.Name), func() ([]byte, admin.Version, error) {
		i, _, err := v.theInstance()
		if err != nil {
			return nil, "", err
		}
		return i.Settings, admin.VersionOf(i.UpdatedAt), nil
	}, func(was admin.Version, _, after []byte) error { return v.Desk.If(was).SetSettings(v, i.Name, after) })
	switch {
	case err != nil:
		return nil, err
	case again != nil:
		return &Answer{Status: status, Page: v.settingsPage(i, *again)}, nil
	}
	return done(at(instancesPath, i.Name)+"/settings", "The settings were saved, and hold from now on.")
}
