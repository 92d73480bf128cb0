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
			HostAPI: m.HostAPI, Hooks: m.Hooks, Capabilities: m.Capabilities, Secrets: m.Secrets,
			Settings: m.Settings.AppendJSON(nil),
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
