package admin

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"slices"

	"github.com/postern-id/postern/core"
)

func (d *DeclaredInstance) apply(ctx context.Context, w *work) error {
	w.row.Name = d.Name
	begun := len(w.trial.changes)
	config, err := w.PluginConfig(ctx)
	if err != nil {
		return err
	}
	if err := w.may(ApplyStep{}); err != nil {
		return err
	}
	if connectorOf(config, d.Name) != nil {
		return invalid("name", "declare it among the connectors", "the plugin instance %q is a connector", d.Name)
	}
	if _, err := w.free(ctx, core.ManagedConnector, d.Name); err != nil {
		return err
	}
	there := instanceOf(config, d.Name)
	switch {
	case there != nil && there.Plugin != d.Plugin:
		return invalid("plugin", "choose another name", "the instance %q is of plugin %q", d.Name, there.Plugin)
	case there == nil:
		_, err = w.CreateInstance(ctx, w.a.actor, d.Name, d.Plugin, layered(d.Settings))
	default:
		err = w.settle(ctx, d.Name, d.Settings)
	}
	if err != nil {
		return err
	}
	if d.Settings != nil {
		w.members = append(w.members, "settings")
	}
	if d.Limits != nil {
		w.members = append(w.members, "limits")
		if err := w.SetLimits(ctx, w.a.actor, d.Name, *d.Limits); err != nil {
			return err
		}
	}
	var p problems
	for _, err := range []error{w.grants(ctx, d.Name, d.Grants), w.secrets(ctx, d.Name, d.Secrets)} {
		if p.join(err); err != nil && len(p) == 0 {
			return err
		}
	}
	if err := p.err(); err != nil {
		return err
	}
	if err := w.bindings(ctx, d); err != nil {
		return err
	}
	return w.done(ctx, d.Name, there == nil, begun)
}

// settle sets the settings, unless they say the same.
func (w *work) settle(ctx context.Context, instance string, settings []byte) error {
	before, err := w.findInstance(ctx, instance)
	if err != nil || settings == nil || bytes.Equal(layered(before.Settings), layered(settings)) {
		return err
	}
	return w.SetSettings(ctx, w.a.actor, instance, layered(settings))
}

// grants lets the instance use what is said, and nothing else.
func (w *work) grants(ctx context.Context, instance string, texts *[]string) error {
	if texts == nil {
		return nil
	}
	w.members = append(w.members, "grants")
	there, err := w.findInstance(ctx, instance)
	if err != nil {
		return err
	}
	plugin, err := w.pluginOf(ctx, there)
	if err != nil {
		return err
	}
	var p problems
	meant := newGrants(&p, plugin, nil, *texts)
	if err := p.err(); err != nil {
		return err
	}
	for _, grant := range there.Grants {
		if !slices.Contains(meant, grant) {
			if err := w.Revoke(ctx, w.a.actor, instance, grant.Capability, grant.Target); err != nil {
				return err
			}
		}
	}
	for _, grant := range meant {
		if err := w.Grant(ctx, w.a.actor, instance, grant.Capability, grant.Target, false); err != nil {
			return err
		}
	}
	return nil
}

// Unsealer is a [Sealer] that opens what it sealed: so a secret that a file gives is
// compared with the one that is kept. Without it, each is kept anew.
type Unsealer interface {
	Unseal(sealed []byte, purpose string) ([]byte, error)
}

// secrets keeps those that are said, if they are not kept already. Others stay.
func (w *work) secrets(ctx context.Context, instance string, values map[string]string) error {
	there, err := w.findInstance(ctx, instance)
	if err != nil {
		return err
	}
	var p problems
	for _, name := range sortedNames(values) {
		w.members = append(w.members, core.MemberSecrets+name)
		if w.keeps(there, name, values[name]) {
			continue
		}
		err := w.SetSecret(ctx, w.a.actor, instance, name, []byte(values[name]), false)
		if _, is := errors.AsType[*InvalidError](err); err != nil && !is {
			return err
		}
		before := len(p)
		for p.join(err); before < len(p); before++ {
			p[before].Field = core.MemberSecrets + name
		}
	}
	return p.err()
}

// keeps reports whether the instance has that very secret.
func (w *work) keeps(instance *core.PluginInstance, name, value string) bool {
	opener, can := w.Sealer.(Unsealer)
	at := slices.IndexFunc(instance.Secrets, func(s core.PluginSecret) bool { return s.Name == name })
	if !can || at < 0 {
		return false
	}
	kept, err := opener.Unseal(instance.Secrets[at].Sealed, core.SecretPurpose(instance.Name, name))
	return err == nil && subtle.ConstantTimeCompare(kept, []byte(value)) == 1
}

// bindings binds the instance as is said, and nowhere else but where presets of clients did.
func (w *work) bindings(ctx context.Context, d *DeclaredInstance) error {
	if d.Bindings == nil {
		return nil
	}
	w.members = append(w.members, "bindings")
	wanted, err := w.wanted(ctx, d)
	if err != nil {
		return err
	}
	config, err := w.PluginConfig(ctx)
	if err != nil {
		return err
	}
	same := func(a, b core.PluginBinding) bool {
		return a.Hook == b.Hook && a.ClientID == b.ClientID && a.Position == b.Position && a.FailOpen == b.FailOpen && a.Shadow == b.Shadow
	}
	for _, b := range selectBindings(config, Unbind{Instance: d.Name}) {
		at := slices.IndexFunc(wanted, func(one core.PluginBinding) bool { return same(one, b) })
		if at >= 0 {
			wanted = slices.Delete(wanted, at, at+1)
			continue
		}
		named := slices.ContainsFunc(wanted, func(one core.PluginBinding) bool { return one.Hook == b.Hook && one.ClientID == b.ClientID })
		if preset, err := w.ofPreset(ctx, &b); err != nil || preset && !named {
			if err != nil {
				return err
			}
			continue
		}
		gone := append([]core.Change{asRead(core.KindOfInstance, d.Name, instanceOf(config, d.Name).UpdatedAt)}, w.unbindChanges(w.a.actor, []core.PluginBinding{b})...)
		if err := w.apply(ctx, gone...); err != nil {
			return wrap("unbind the plugin", err)
		}
	}
	for _, b := range wanted {
		input := Bind{Plugin: d.Plugin, Instance: d.Name, Hooks: []string{b.Hook}, ClientID: b.ClientID, Position: b.Position, FailOpen: b.FailOpen, Shadow: b.Shadow}
		if _, err := w.BindPlugin(ctx, w.a.actor, input); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) wanted(ctx context.Context, d *DeclaredInstance) ([]core.PluginBinding, error) {
	var wanted []core.PluginBinding
	var p problems
	for _, b := range *d.Bindings {
		id := ""
		if b.Client != "" {
			client, err := w.FindClientAnywhere(ctx, b.Client)
			if err != nil {
				if p.missing("bindings", err); len(p) == 0 {
					return nil, err
				}
				continue
			}
			id = client.ID
			w.members = append(w.members, core.MemberClients+id)
		}
		if b.Position == 0 {
			b.Position = DefaultPosition
		}
		wanted = append(wanted, core.PluginBinding{Hook: b.Hook, ClientID: id, Position: b.Position, FailOpen: b.FailOpen, Shadow: b.Shadow})
	}
	return wanted, p.err()
}

// missing adds that something that is named does not exist.
func (p *problems) missing(field string, err error) {
	if missing, is := errors.AsType[*MissingError](err); is {
		p.add(field, "declare it too, or correct the name", "%s", missing)
	}
}

// FindClientAnywhere gives the client of that client_id, or the only one of that name.
func (s *Service) FindClientAnywhere(ctx context.Context, name string) (*core.Client, error) {
	client, err := s.Store.Client(ctx, name)
	if missing, err := absent(client, err); err != nil || !missing {
		return client, err
	}
	client, err = s.Store.ClientByName(ctx, "", name)
	return found(client, err, "client", name)
}

// ofPreset reports whether a binding is one that the preset of its client makes.
func (w *work) ofPreset(ctx context.Context, b *core.PluginBinding) (bool, error) {
	if b.ClientID == "" {
		return false, nil
	}
	client, err := w.Store.Client(ctx, b.ClientID)
	if missing, err := absent(client, err); missing || err != nil {
		return false, wrap("read the client", err)
	}
	preset, err := presetOf(client.Preset)
	if err != nil {
		return false, nil // of an older version
	}
	return slices.ContainsFunc(preset.bindings, func(one binding) bool { return one.instance == b.Instance && one.hook == b.Hook }), nil
}
