package remote

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// KnownPlugins is as of [desk.Desk].
func (d *Desk) KnownPlugins(ctx context.Context) ([]admin.Plugin, error) {
	page, err := d.api.ListPlugins(ctx)
	return listed(d, page, err, wire.AdminPlugin)
}

// FindPlugin is as of [desk.Desk].
func (d *Desk) FindPlugin(ctx context.Context, id string) (*admin.Plugin, error) {
	plugin, err := d.api.GetPlugin(ctx, id)
	return one(d, plugin, err, wire.AdminPlugin)
}

// InstallPlugin is as of [desk.Desk]. Whose signatures are trusted is the server's to say:
// what the input says of that does not count.
func (d *Desk) InstallPlugin(ctx context.Context, input admin.Install) (*admin.Installed, error) {
	given, err := settingsOf(input.Settings)
	if err != nil {
		return nil, err
	}
	settings := ""
	if len(given) > 0 {
		text, err := json.Marshal(given)
		if err != nil {
			return nil, err
		}
		settings = string(text)
	}
	made, err := d.api.InstallPlugin(ctx, api.InstallPluginQuery{
		Source: input.Source, Signature: base64.RawURLEncoding.EncodeToString(input.Signature), AllowUnsigned: input.AllowUnsigned, Pin: input.Pin, Plugins: input.Plugins, Settings: settings,
	}, input.Code)
	return one(d, made, err, wire.AdminInstalled)
}

// settingsOf are those of instances, by their names, as they are sent.
func settingsOf(given map[string][]byte) (map[string]json.RawMessage, error) {
	sent := map[string]json.RawMessage{}
	for name, settings := range given {
		if err := document(settings); err != nil {
			return nil, err
		}
		sent[name] = settings
	}
	return sent, nil
}

// ReloadPlugins is as of [desk.Desk].
func (d *Desk) ReloadPlugins(ctx context.Context) error {
	return d.told(d.api.ReloadPlugins(ctx))
}

// RemovePlugin is as of [desk.Desk].
func (d *Desk) RemovePlugin(ctx context.Context, plugin string, force bool) ([]string, error) {
	gone, err := d.api.RemovePlugin(ctx, plugin, api.RemovePluginQuery{Force: force})
	if err != nil {
		return nil, d.told(err)
	}
	return gone.Instances, nil
}

// Releases is as of [desk.Desk].
func (d *Desk) Releases(ctx context.Context, plugin string) ([]admin.Release, error) {
	page, err := d.api.ListReleases(ctx, plugin)
	return listed(d, page, err, wire.AdminRelease)
}

// RollbackPlugin is as of [desk.Desk].
func (d *Desk) RollbackPlugin(ctx context.Context, input admin.Rollback) (*admin.Installed, error) {
	settings, err := settingsOf(input.Settings)
	if err != nil {
		return nil, err
	}
	sent := api.Rollback{To: input.To, Settings: settings}
	made, err := d.api.RollbackPlugin(ctx, input.Plugin, sent)
	return one(d, made, err, wire.AdminInstalled)
}

// PluginConfig is as of [desk.Desk]. Instances and connectors are asked for besides: they
// are objects of their own there.
func (d *Desk) PluginConfig(ctx context.Context) (*core.PluginConfig, error) {
	told, err := d.api.GetPluginConfig(ctx)
	config, err := one(d, told, err, wire.CorePluginConfig)
	if err != nil {
		return nil, err
	}
	instances, err := d.Instances(ctx)
	if err != nil {
		return nil, err
	}
	for i := range instances {
		config.Instances = append(config.Instances, instances[i].PluginInstance)
	}
	return config, nil
}
