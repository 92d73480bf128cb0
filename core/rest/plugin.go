package rest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const (
	tagPlugins   = "plugins"
	tagInstances = "plugin instances"
)

// maxModule is a byte more than the size of a module, so that one that is too large is
// refused in words.
const maxModule = 32<<20 + 1

// PluginPath names a plugin.
type PluginPath struct {
	Plugin string `path:"plugin" maxLength:"64" doc:"Id of the plugin."`
}

type onePlugin struct{ PluginPath }

type installPlugin struct {
	Source        string   `query:"source" maxLength:"1024" doc:"Where the module came from, to be noted."`
	Signature     string   `query:"signature" maxLength:"4096" doc:"Content of its .minisig file, in base64url. It must be of a trusted key."`
	AllowUnsigned bool     `query:"allow_unsigned" doc:"Install it though no trusted key signed it."`
	Pin           string   `query:"pin" maxLength:"80" doc:"SHA-256 that it must have, now and when it is reloaded."`
	Plugins       []string `query:"plugins" maxItems:"64" doc:"Only these of the plugins that it has, with commas between."`
	Settings      string   `query:"settings" maxLength:"65536" doc:"New settings of instances, where the version needs others: a JSON object with one for each, by its name."`
	Once
}

func (r *routes) plugins() {
	get(r, operation{
		id: "list-plugins", path: "/plugins", tag: tagPlugins, summary: "List the plugins that can be bound", needs: core.ReadPlugins,
		desk: []string{"KnownPlugins"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{}) (*Answer[api.Page[api.Plugin]], error) {
		all, err := d.KnownPlugins(ctx)
		return listed(all, wire.Plugin, err)
	})
	get(r, operation{
		id: "list-sign-in-plugins", path: "/sign-in-plugins", tag: tagConnectors, summary: "List the plugins that a connector can be made of",
		needs: core.ReadConnectors, desk: []string{"SignInPlugins"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{}) (*Answer[api.Page[api.Plugin]], error) {
		all, err := d.SignInPlugins(ctx)
		return listed(all, wire.Plugin, err)
	})
	get(r, operation{
		id: "get-plugin", path: "/plugins/{plugin}", tag: tagPlugins, summary: "Read what a plugin says of itself", needs: core.ReadPlugins,
		desk: []string{"FindPlugin"},
	}, func(ctx context.Context, d *desk.Desk, in *onePlugin) (*Answer[api.Plugin], error) {
		plugin, err := d.FindPlugin(ctx, in.Plugin)
		if err != nil {
			return nil, err
		}
		return told(wire.Plugin(plugin), nil)
	})
	upload(r, http.MethodPost, operation{
		id: "install-plugin", path: "/plugins", tag: tagPlugins, summary: "Install the plugins of a module",
		more:  "It is tried first, and granted nothing. Instances of an earlier version run this one then, all of them or none.",
		needs: core.WritePlugins, desk: []string{"InstallPlugin"},
	}, maxModule, r.install)
	do(r, http.MethodPost, operation{
		id: "reload-plugins", path: "/plugins/reload", tag: tagPlugins, summary: "Load all modules anew", needs: core.WritePlugins, desk: []string{"ReloadPlugins"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }) error { return d.ReloadPlugins(ctx) })
	act(r, http.MethodDelete, operation{
		id: "remove-plugin", path: "/plugins/{plugin}", tag: tagPlugins, summary: "Delete an installed plugin with its releases", needs: core.WritePlugins,
		desk: []string{"RemovePlugin"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		PluginPath
		Force bool `query:"force" doc:"Delete its instances too, with bindings, secrets and values."`
	}) (*Answer[api.RemovedInstances], error) {
		gone, err := d.RemovePlugin(ctx, in.Plugin, in.Force)
		return told(api.RemovedInstances{Instances: append([]string{}, gone...)}, err)
	})
	r.releases()
}

func (r *routes) install(ctx context.Context, d *desk.Desk, in *installPlugin, code []byte) (*Answer[api.Installed], error) {
	signature, err := base64.RawURLEncoding.DecodeString(in.Signature)
	if err != nil {
		return nil, malformed("the signature is no base64url without padding")
	}
	input, err := r.server.Modules.Uploaded(code, signature, in.Source)
	if err != nil {
		return nil, err
	}
	input.Pin, input.AllowUnsigned, input.Plugins = in.Pin, in.AllowUnsigned, in.Plugins
	if input.Settings, err = in.settings(); err != nil {
		return nil, err
	}
	return installed(d.InstallPlugin(ctx, input))
}

// settings reads those of instances.
func (in *installPlugin) settings() (map[string][]byte, error) {
	if in.Settings == "" {
		return nil, nil
	}
	var given struct {
		Settings map[string]json.RawMessage `json:"settings"`
	}
	if err := decode([]byte(`{"settings":`+in.Settings+`}`), &given); err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for name, settings := range given.Settings {
		all[name] = settings
	}
	return all, nil
}

func (r *routes) releases() {
	get(r, operation{
		id: "list-releases", path: "/plugins/{plugin}/releases", tag: tagPlugins, summary: "List what ran for an installed plugin, the newest first",
		needs: core.ReadPlugins, desk: []string{"Releases"},
	}, func(ctx context.Context, d *desk.Desk, in *onePlugin) (*Answer[api.Page[api.Release]], error) {
		all, err := d.Releases(ctx, in.Plugin)
		return listed(all, wire.Release, err)
	})
	send(r, http.MethodPost, operation{
		id: "rollback-plugin", path: "/plugins/{plugin}/rollback", tag: tagPlugins, summary: "Go back to what ran before", needs: core.WritePlugins,
		desk: []string{"RollbackPlugin"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		PluginPath
		Once
	}, sent *api.Rollback) (*Answer[api.Installed], error) {
		input := admin.Rollback{Plugin: in.Plugin, To: sent.To, Settings: map[string][]byte{}}
		for name, settings := range sent.Settings {
			input.Settings[name] = settings
		}
		return installed(d.RollbackPlugin(ctx, input))
	})
	get(r, operation{
		id: "get-plugin-config", path: "/plugin-config", tag: tagPlugins, summary: "Read which modules are there, and what serves which hook",
		needs: core.ReadPlugins, desk: []string{"PluginConfig"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{}) (*Answer[api.PluginConfig], error) {
		config, err := d.PluginConfig(ctx)
		if err != nil {
			return nil, err
		}
		return told(wire.PluginConfig(config), nil)
	})
}

func installed(made *admin.Installed, err error) (*Answer[api.Installed], error) {
	if err != nil {
		return nil, err
	}
	return told(wire.Installed(made), nil)
}

// InstancePath names a plugin instance.
type InstancePath struct {
	Instance string `path:"instance" maxLength:"64" doc:"Name of the plugin instance."`
}

type oneInstance struct{ InstancePath }

type onceInstance struct {
	InstancePath
	IfMatch
	Once
}

type changeInstance struct {
	InstancePath
	IfMatch
}

func (r *routes) instances() {
	get(r, operation{
		id: "list-instances", path: "/instances", tag: tagInstances, summary: "List the plugin instances", needs: core.ReadPlugins, desk: []string{"Instances"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{}) (*Answer[api.Page[api.Instance]], error) {
		all, err := d.Instances(ctx)
		return listed(all, wire.Instance, err)
	})
	send(r, http.MethodPost, operation{
		id: "create-instance", path: "/instances", tag: tagInstances, summary: "Make a plugin instance that serves nothing yet", needs: core.WritePlugins,
		desk: []string{"CreateInstance"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewInstance) (*Object[api.Instance], error) {
		made, err := d.CreateInstance(ctx, sent.Name, sent.Plugin, sent.Settings)
		if err != nil {
			return nil, renamed(err, "instance", "name")
		}
		return anInstance(d.FindInstance(ctx, made.Name))
	})
	get(r, operation{
		id: "get-instance", path: "/instances/{instance}", tag: tagInstances, summary: "Read a plugin instance", needs: core.ReadPlugins,
		desk: []string{"FindInstance"},
	}, func(ctx context.Context, d *desk.Desk, in *oneInstance) (*Object[api.Instance], error) {
		return anInstance(d.FindInstance(ctx, in.Instance))
	})
	patch[changeInstance, api.Instance](r, operation{
		id: "update-instance", path: "/instances/{instance}", tag: tagInstances, summary: "Change settings and limits of a plugin instance",
		needs: core.WritePlugins, desk: []string{"UpdateInstance", "SetSettings", "SetLimits"},
	}, updateInstance)
	do(r, http.MethodDelete, operation{
		id: "delete-instance", path: "/instances/{instance}", tag: tagInstances, summary: "Delete a plugin instance with its bindings, settings and secrets",
		more: "A connector's is deleted with the connector.", needs: core.WritePlugins, desk: []string{"UnbindPlugin"},
	}, func(ctx context.Context, d *desk.Desk, in *changeInstance) error {
		_, err := d.UnbindPlugin(ctx, admin.Unbind{Instance: in.Instance, Forget: true})
		return err
	})
	r.grants()
	r.secrets()
	r.bindings()
}

func updateInstance(ctx context.Context, d *desk.Desk, in *changeInstance, sent api.Patch) (*Object[api.Instance], error) {
	return onRead(ctx, func() (*Object[api.Instance], error) { return patchInstance(ctx, d, in, sent) })
}

func patchInstance(ctx context.Context, d *desk.Desk, in *changeInstance, sent api.Patch) (*Object[api.Instance], error) {
	before, err := d.FindInstance(ctx, in.Instance)
	if err != nil {
		return nil, err
	}
	current := wire.Instance(before)
	after, err := merge(current, sent)
	if err != nil {
		return nil, err
	}
	was := cmp.Or(callOf(ctx).was, admin.Version(current.Version))
	err = d.UpdateInstance(ctx, in.Instance, was, func(i *core.PluginInstance) {
		if !sameJSON(after.Settings, current.Settings) {
			i.Settings = after.Settings
		}
		i.Limits = wire.CoreLimits(after.Limits)
	})
	if err != nil {
		return nil, within(err, "limits", "memory", "cpu", "wait")
	}
	return anInstance(d.FindInstance(ctx, in.Instance))
}

// sameJSON reports whether two texts are the same but for blanks and the order of members.
func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return bytes.Equal(a, b)
	}
	was, errWas := json.Marshal(x)
	is, errIs := json.Marshal(y)
	return errWas == nil && errIs == nil && bytes.Equal(was, is)
}

func anInstance(instance *admin.Instance, err error) (*Object[api.Instance], error) {
	if err != nil {
		return nil, err
	}
	told := wire.Instance(instance)
	return object(told.Version, told), nil
}

func (r *routes) grants() {
	send(r, http.MethodPost, operation{
		id: "grant-capability", path: "/instances/{instance}/grants", tag: tagInstances, summary: "Let a plugin instance use a capability",
		needs: core.WritePlugins, desk: []string{"Grant"},
	}, func(ctx context.Context, d *desk.Desk, in *onceInstance, sent *api.NewGrant) (*Object[api.Instance], error) {
		if err := d.Grant(ctx, in.Instance, sent.Capability, sent.Target, sent.Ahead); err != nil {
			return nil, renamed(err, "capabilities", "capability")
		}
		return anInstance(d.FindInstance(ctx, in.Instance))
	})
	do(r, http.MethodDelete, operation{
		id: "revoke-capability", path: "/instances/{instance}/grants", tag: tagInstances, summary: "Take a capability back", more: "From the next call on.",
		needs: core.WritePlugins, desk: []string{"Revoke"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		InstancePath
		IfMatch
		Capability string `query:"capability" required:"true" maxLength:"64" doc:"http.fetch, secret.get, ..."`
		Target     string `query:"target" maxLength:"512" doc:"What it was granted for."`
	}) error {
		return renamed(d.Revoke(ctx, in.Instance, in.Capability, in.Target), "capabilities", "capability")
	})
}

// SecretPath names a secret of an instance.
type SecretPath struct {
	InstancePath
	Secret string `path:"secret" maxLength:"64" doc:"Name of the secret."`
}

type oneSecret struct {
	SecretPath
	IfMatch
}

func (r *routes) secrets() {
	send(r, http.MethodPut, operation{
		id: "set-secret", path: "/instances/{instance}/secrets/{secret}", tag: tagInstances, summary: "Keep a secret of a plugin instance, sealed",
		more: "Nobody is ever told what it is.", needs: core.WritePlugins, desk: []string{"SetSecret"},
	}, func(ctx context.Context, d *desk.Desk, in *oneSecret, sent *api.NewSecret) (*Nothing, error) {
		value := []byte(sent.Value)
		switch {
		case sent.Value != "" && len(sent.Base64) > 0:
			return nil, invalid(api.FieldError{Field: "base64", Detail: "there are two values", Hint: "give one of value and base64"})
		case sent.Value == "":
			value = sent.Base64
		}
		return &Nothing{}, d.SetSecret(ctx, in.Instance, in.Secret, value, sent.Ahead)
	})
	do(r, http.MethodDelete, operation{
		id: "delete-secret", path: "/instances/{instance}/secrets/{secret}", tag: tagInstances, summary: "Forget a secret of a plugin instance",
		needs: core.WritePlugins, desk: []string{"DeleteSecret"},
	}, func(ctx context.Context, d *desk.Desk, in *oneSecret) error {
		return d.DeleteSecret(ctx, in.Instance, in.Secret)
	})
}

func (r *routes) bindings() {
	send(r, http.MethodPost, operation{
		id: "bind-plugin", path: "/bindings", tag: tagInstances, summary: "Let a plugin serve hooks, for a client or for all",
		more: "The instance is made if there is none.", needs: core.WritePlugins, desk: []string{"BindPlugin"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewBinding) (*Answer[api.Page[api.Binding]], error) {
		made, err := d.BindPlugin(ctx, wire.Bind(sent))
		return listed(made, wire.Binding, err)
	})
	act(r, http.MethodDelete, operation{
		id: "unbind-plugin", path: "/bindings", tag: tagInstances, summary: "Let a plugin instance serve hooks no more", more: "The answer has what is gone.",
		needs: core.WritePlugins, desk: []string{"UnbindPlugin"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		Instance   string `query:"instance" required:"true" maxLength:"64" doc:"Name of the plugin instance."`
		Hook       string `query:"hook" maxLength:"64" doc:"Only from this hook."`
		Client     string `query:"client" maxLength:"255" doc:"Only for this client_id."`
		AllClients bool   `query:"all_clients" doc:"Only the binding for all clients."`
		IfMatch
	}) (*Answer[api.Page[api.Binding]], error) {
		gone, err := d.UnbindPlugin(ctx, admin.Unbind{Instance: in.Instance, Hook: in.Hook, ClientID: in.Client, AllClients: in.AllClients})
		return listed(gone, wire.Binding, err)
	})
}
