package admin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// maxSecret is the size in bytes of a secret: room for a private key.
const maxSecret = 64 << 10

// Sealer encrypts what is stored.
type Sealer interface {
	// Seal encrypts plaintext for a purpose, which must be named again to open it.
	Seal(plaintext []byte, purpose string) []byte
}

// SetSecret keeps a secret of the instance, sealed, and replaces what it was. The
// plugin must ask for it, unless it is set ahead, for a version that is to be
// installed.
func (s *Service) SetSecret(ctx context.Context, actor Actor, instance, name string, value []byte, ahead bool) error {
	return s.onInstance(ctx, instance, func(of *core.PluginInstance) error { return s.setSecret(ctx, actor, of, name, value, ahead) })
}

func (s *Service) setSecret(ctx context.Context, actor Actor, of *core.PluginInstance, name string, value []byte, ahead bool) error {
	plugin, err := s.pluginOf(ctx, of)
	if err != nil {
		return err
	}
	if err := checkSecret(plugin, name, value, ahead).err(); err != nil {
		return err
	}
	if s.Sealer == nil {
		return errors.New("set the secret: nothing here can seal it")
	}
	detail := map[string]string{"secret": name}
	if holdsSecret(of, name) {
		detail["replaced"] = "true"
	}
	sealed := s.Sealer.Seal(value, core.SecretPurpose(of.Name, name))
	return s.applyInstance(ctx, "set the secret", of.Name, asRead(core.KindOfInstance, of.Name, of.UpdatedAt),
		core.SaveSecret{Instance: of.Name, Secret: core.PluginSecret{Name: name, Sealed: sealed, UpdatedAt: s.Now()}},
		s.instanceRecord(actor, core.EventPluginSecretSet, of, detail))
}

// DeleteSecret forgets a secret of the instance.
func (s *Service) DeleteSecret(ctx context.Context, actor Actor, instance, name string) error {
	return s.onInstance(ctx, instance, func(of *core.PluginInstance) error {
		if !holdsSecret(of, name) {
			return invalid("secrets", "run 'postern plugin secret list "+instance+"' to see them", "the instance %q has no secret %q", instance, shown(name))
		}
		return s.applyInstance(ctx, "delete the secret", instance, asRead(core.KindOfInstance, instance, of.UpdatedAt),
			core.DeleteSecret{Instance: instance, Name: name},
			s.instanceRecord(actor, core.EventPluginSecretGone, of, map[string]string{"secret": name}))
	})
}

// checkSecret accepts text only, because that is what a plugin can be given.
func checkSecret(plugin *Plugin, name string, value []byte, ahead bool) problems {
	var p problems
	switch {
	case !secretName.MatchString(name):
		p.add("secrets", secretNameHint, "%q is no name of a secret", shown(name))
	case !ahead && secretOf(plugin, name) == nil:
		p.add("secrets", secretsHint(plugin), "plugin %q has no secret %q", plugin.ID, name)
	}
	switch {
	case len(value) == 0:
		p.add("value", "give it a value, or delete it", "the secret is empty")
	case len(value) > maxSecret:
		p.add("value", "check that it is the right file", "the secret is longer than %d bytes", maxSecret)
	case !utf8.Valid(value):
		p.add("value", "encode it in base64 if the plugin can read that", "the secret is no text")
	}
	return p
}

func secretOf(plugin *Plugin, name string) *core.PluginSecretWish {
	i := slices.IndexFunc(plugin.Secrets, func(w core.PluginSecretWish) bool { return w.Name == name })
	if i < 0 {
		return nil
	}
	return &plugin.Secrets[i]
}

func secretsHint(plugin *Plugin) string {
	if len(plugin.Secrets) == 0 {
		return "it asks for none"
	}
	names := make([]string, len(plugin.Secrets))
	for i, wish := range plugin.Secrets {
		names[i] = wish.Name
	}
	return "it asks for " + strings.Join(names, ", ")
}

func holdsSecret(instance *core.PluginInstance, name string) bool {
	return slices.ContainsFunc(instance.Secrets, func(s core.PluginSecret) bool { return s.Name == name })
}
