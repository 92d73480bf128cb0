package remote

import (
	"context"
	"encoding/json"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// Instances is as of [desk.Desk].
func (d *Desk) Instances(ctx context.Context) ([]admin.Instance, error) {
	page, err := d.api.ListInstances(ctx)
	return listed(d, page, err, wire.AdminInstance)
}

// FindInstance is as of [desk.Desk].
func (d *Desk) FindInstance(ctx context.Context, name string) (*admin.Instance, error) {
	instance, err := d.api.GetInstance(ctx, name)
	return one(d, instance, err, wire.AdminInstance)
}

// CreateInstance is as of [desk.Desk].
func (d *Desk) CreateInstance(ctx context.Context, name, plugin string, settings []byte) (*core.PluginInstance, error) {
	if err := document(settings); err != nil {
		return nil, err
	}
	made, err := d.api.CreateInstance(ctx, api.NewInstance{Name: name, Plugin: plugin, Settings: settings})
	return one(d, made, err, func(i *api.Instance) core.PluginInstance { return wire.AdminInstance(i).PluginInstance })
}

// document refuses what cannot be part of a request.
func document(settings []byte) error {
	if settings != nil && !json.Valid(settings) {
		return noObject()
	}
	return nil
}

// noObject is what a desk here says of such settings.
func noObject() error {
	return &admin.InvalidError{Problems: []admin.Problem{{Field: "settings", Text: "the settings are no JSON object", Hint: `give a JSON object, such as {"group_prefix": true}`}}}
}

// SetSettings is as of [desk.Desk].
func (d *Desk) SetSettings(ctx context.Context, instance string, settings []byte) error {
	if err := document(settings); err != nil {
		return err
	}
	return d.changeInstance(ctx, instance, func(i *api.Instance) { i.Settings = settings })
}

// SetLimits is as of [desk.Desk].
func (d *Desk) SetLimits(ctx context.Context, instance string, limits core.PluginLimits) error {
	return d.changeInstance(ctx, instance, func(i *api.Instance) { i.Limits = wire.Limits(limits) })
}

func (d *Desk) changeInstance(ctx context.Context, name string, change func(*api.Instance)) error {
	_, err := edited(ctx, d, "", change, object[api.Instance, api.Instance]{
		what: "plugin instance", name: name, version: func(i *api.Instance) string { return i.Version },
		read: func(ctx context.Context) (*api.Instance, error) { return d.api.GetInstance(ctx, name) },
		send: func(ctx context.Context, patch api.Patch, version api.Option) (*api.Instance, error) {
			return d.api.UpdateInstance(ctx, name, patch, version)
		},
		turn: func(i *api.Instance) api.Instance { return *i }, back: func(i *api.Instance) api.Instance { return *i },
	})
	return err
}

// Grant is as of [desk.Desk].
func (d *Desk) Grant(ctx context.Context, instance, capability, target string, ahead bool) error {
	_, err := d.api.GrantCapability(ctx, instance, api.NewGrant{Grant: api.Grant{Capability: capability, Target: target}, Ahead: ahead})
	return d.told(err)
}

// Revoke is as of [desk.Desk].
func (d *Desk) Revoke(ctx context.Context, instance, capability, target string) error {
	return d.told(d.api.RevokeCapability(ctx, instance, api.RevokeCapabilityQuery{Capability: capability, Target: target}))
}

// SetSecret is as of [desk.Desk].
func (d *Desk) SetSecret(ctx context.Context, instance, name string, value []byte, ahead bool) error {
	secret := api.NewSecret{Ahead: ahead}
	if utf8.Valid(value) {
		secret.Value = string(value)
	} else {
		secret.Base64 = value
	}
	return d.told(d.api.SetSecret(ctx, instance, name, secret))
}

// DeleteSecret is as of [desk.Desk].
func (d *Desk) DeleteSecret(ctx context.Context, instance, name string) error {
	return d.told(d.api.DeleteSecret(ctx, instance, name))
}

// BindPlugin is as of [desk.Desk].
func (d *Desk) BindPlugin(ctx context.Context, input admin.Bind) ([]core.PluginBinding, error) {
	if err := document(input.Settings); err != nil {
		return nil, err
	}
	made, err := d.api.BindPlugin(ctx, wire.BindingToMake(&input))
	return listed(d, made, err, wire.CoreBinding)
}

// UnbindPlugin is as of [desk.Desk].
func (d *Desk) UnbindPlugin(ctx context.Context, input admin.Unbind) ([]core.PluginBinding, error) {
	switch {
	case input.Forget && (input.Hook != "" || input.ClientID != "" || input.AllClients):
		return nil, &admin.InvalidError{Problems: []admin.Problem{{Field: "forget", Text: "an instance is deleted with all of its bindings", Hint: "leave out what narrows it"}}}
	case input.Forget:
		return d.forget(ctx, input.Instance)
	}
	gone, err := d.api.UnbindPlugin(ctx, api.UnbindPluginQuery{Instance: input.Instance, Hook: input.Hook, Client: input.ClientID, AllClients: input.AllClients})
	return listed(d, gone, err, wire.CoreBinding)
}

// forget deletes an instance, and gives the bindings that it had.
func (d *Desk) forget(ctx context.Context, name string) ([]core.PluginBinding, error) {
	before, err := d.FindInstance(ctx, name)
	if err != nil {
		return nil, err
	}
	return before.Bindings, d.told(d.api.DeleteInstance(ctx, name))
}
