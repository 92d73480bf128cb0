package app

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// catalogue tells admin which plugins can be bound.
type catalogue struct{ app *App }

// Plugins implements [admin.Plugins].
func (c catalogue) Plugins(context.Context) ([]admin.Plugin, error) {
	host, err := c.app.host()
	if err != nil {
		return nil, err
	}
	manifests, err := host.Manifests()
	if err != nil {
		return nil, err
	}
	list := make([]admin.Plugin, len(manifests))
	for i, m := range manifests {
		list[i] = admin.Plugin{
			ID: m.ID, Version: m.Version, Description: m.Description, Module: core.BuiltinModule,
			HostAPI: m.HostAPI, Hooks: m.Hooks, Settings: m.Settings.AppendJSON(nil),
		}
		for _, wish := range m.Capabilities {
			list[i].Capabilities = append(list[i].Capabilities, wish.Name)
		}
		for _, wish := range m.Secrets {
			list[i].Secrets = append(list[i].Secrets, wish.Name)
		}
	}
	return list, nil
}

// ValidateSettings implements [admin.Plugins].
func (c catalogue) ValidateSettings(_ context.Context, plugin string, settings []byte) error {
	host, err := c.app.host()
	if err != nil {
		return err
	}
	return host.ValidateSettings(plugin, settings)
}
