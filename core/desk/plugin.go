package desk

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// BindPlugin is [admin.Service.BindPlugin].
func (d *Desk) BindPlugin(ctx context.Context, input admin.Bind) ([]core.PluginBinding, error) {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.BindPlugin(ctx, d.who.Actor, input)
}

// UnbindPlugin is [admin.Service.UnbindPlugin].
func (d *Desk) UnbindPlugin(ctx context.Context, input admin.Unbind) ([]core.PluginBinding, error) {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.UnbindPlugin(ctx, d.who.Actor, input)
}

// Grant is [admin.Service.Grant]; of a connector it is for who may write that.
func (d *Desk) Grant(ctx context.Context, instance, capability, target string, ahead bool) error {
	if err := d.configures(ctx, instance); err != nil {
		return err
	}
	return d.admin.Grant(ctx, d.who.Actor, instance, capability, target, ahead)
}

// Revoke is [admin.Service.Revoke]; of a connector it is for who may write that.
func (d *Desk) Revoke(ctx context.Context, instance, capability, target string) error {
	if err := d.configures(ctx, instance); err != nil {
		return err
	}
	return d.admin.Revoke(ctx, d.who.Actor, instance, capability, target)
}

// InstallPlugin is [admin.Service.InstallPlugin].
func (d *Desk) InstallPlugin(ctx context.Context, input admin.Install) (*admin.Installed, error) {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.InstallPlugin(ctx, d.who.Actor, input)
}

// CreateInstance is [admin.Service.CreateInstance].
func (d *Desk) CreateInstance(ctx context.Context, name, plugin string, settings []byte) (*core.PluginInstance, error) {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.CreateInstance(ctx, d.who.Actor, name, plugin, settings)
}

// SetSettings is [admin.Service.SetSettings].
func (d *Desk) SetSettings(ctx context.Context, instance string, settings []byte) error {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return err
	}
	return d.admin.SetSettings(ctx, d.who.Actor, instance, settings)
}

// SetLimits is [admin.Service.SetLimits].
func (d *Desk) SetLimits(ctx context.Context, instance string, limits core.PluginLimits) error {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return err
	}
	return d.admin.SetLimits(ctx, d.who.Actor, instance, limits)
}

// UpdateInstance is [admin.Service.UpdateInstance].
func (d *Desk) UpdateInstance(ctx context.Context, instance string, was admin.Version, edit func(*core.PluginInstance)) error {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return err
	}
	return d.admin.UpdateInstance(ctx, d.who.Actor, instance, was, edit)
}

// FindPlugin is [admin.Service.FindPlugin].
func (d *Desk) FindPlugin(ctx context.Context, id string) (*admin.Plugin, error) {
	if err := d.may(core.ReadPlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.FindPlugin(ctx, id)
}

// KnownPlugins is [admin.Service.KnownPlugins].
func (d *Desk) KnownPlugins(ctx context.Context) ([]admin.Plugin, error) {
	if err := d.may(core.ReadPlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.KnownPlugins(ctx)
}

// PluginConfig is [admin.Service.PluginConfig].
func (d *Desk) PluginConfig(ctx context.Context) (*core.PluginConfig, error) {
	if err := d.may(core.ReadPlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.PluginConfig(ctx)
}

// Releases is [admin.Service.Releases].
func (d *Desk) Releases(ctx context.Context, plugin string) ([]admin.Release, error) {
	if err := d.may(core.ReadPlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.Releases(ctx, plugin)
}

// RollbackPlugin is [admin.Service.RollbackPlugin].
func (d *Desk) RollbackPlugin(ctx context.Context, input admin.Rollback) (*admin.Installed, error) {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.RollbackPlugin(ctx, d.who.Actor, input)
}

// RemovePlugin is [admin.Service.RemovePlugin].
func (d *Desk) RemovePlugin(ctx context.Context, plugin string, force bool) ([]string, error) {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.RemovePlugin(ctx, d.who.Actor, plugin, force)
}

// ReloadPlugins is [admin.Service.ReloadPlugins].
func (d *Desk) ReloadPlugins(ctx context.Context) error {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return err
	}
	return d.admin.ReloadPlugins(ctx, d.who.Actor)
}

// SetSecret is [admin.Service.SetSecret]; of a connector it is for who may write that.
func (d *Desk) SetSecret(ctx context.Context, instance, name string, value []byte, ahead bool) error {
	if err := d.configures(ctx, instance); err != nil {
		return err
	}
	return d.admin.SetSecret(ctx, d.who.Actor, instance, name, value, ahead)
}

// DeleteSecret is [admin.Service.DeleteSecret]; of a connector it is for who may write that.
func (d *Desk) DeleteSecret(ctx context.Context, instance, name string) error {
	if err := d.configures(ctx, instance); err != nil {
		return err
	}
	return d.admin.DeleteSecret(ctx, d.who.Actor, instance, name)
}

// Instances is [admin.Service.Instances].
func (d *Desk) Instances(ctx context.Context) ([]admin.Instance, error) {
	if err := d.may(core.ReadPlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.Instances(ctx)
}

// FindInstance is [admin.Service.FindInstance].
func (d *Desk) FindInstance(ctx context.Context, name string) (*admin.Instance, error) {
	if err := d.may(core.ReadPlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.FindInstance(ctx, name)
}

// PreviewPlugin is [admin.Service.PreviewPlugin]. It needs the right to change plugins: a
// message makes the server work.
func (d *Desk) PreviewPlugin(ctx context.Context, input admin.Preview) (*admin.Previewed, error) {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.PreviewPlugin(ctx, d.who.Actor, input)
}

// PluginNumbers is [admin.Service.PluginNumbers].
func (d *Desk) PluginNumbers(ctx context.Context, instance string) (*admin.PluginNumbers, error) {
	if err := d.may(core.ReadPlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.PluginNumbers(ctx, instance)
}

// PluginLog is [admin.Service.PluginLog].
func (d *Desk) PluginLog(ctx context.Context, instance string, after uint64) ([]admin.LogLine, error) {
	if err := d.may(core.ReadPlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.PluginLog(ctx, instance, after)
}

// MoveBinding is [admin.Service.MoveBinding].
func (d *Desk) MoveBinding(ctx context.Context, id core.ID, place int) ([]core.PluginBinding, error) {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.MoveBinding(ctx, d.who.Actor, id, place)
}

// ExaminePlugin is [admin.Service.ExaminePlugin]. It needs the right to install: a module
// that is looked at is run.
func (d *Desk) ExaminePlugin(ctx context.Context, code []byte) (digest string, plugins []admin.Plugin, err error) {
	if err := d.may(core.WritePlugins, wholeServer); err != nil {
		return "", nil, err
	}
	return d.admin.ExaminePlugin(ctx, code)
}
