package capability

import (
	"context"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// secretName is what names a secret.
var secretName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// secret opens a secret of the caller's instance. Whoever calls it uses the secret
// for the guest; to give it to the guest needs a grant.
func (s *Set) secret(caller *core.PluginCaller, name string) (string, error) {
	if !secretName.MatchString(name) {
		return "", invalid("%.40q is no name of a secret", name)
	}
	i := slices.IndexFunc(caller.Secrets, func(s core.PluginSecret) bool { return s.Name == name })
	if i < 0 {
		return "", unavailable("the secret %s of the instance %q is not set; the operator sets it with: postern plugin secret set %s %s",
			name, caller.Instance, caller.Instance, name)
	}
	value, err := s.options.Unseal(caller.Secrets[i].Sealed, core.SecretPurpose(caller.Instance, name))
	if err != nil {
		return "", unavailable("the secret %s of the instance %q cannot be opened, as it was sealed under another master key; the operator sets it again with: postern plugin secret set %s %s",
			name, caller.Instance, caller.Instance, name)
	}
	if !utf8.Valid(value) {
		return "", unavailable("the secret %s of the instance %q is not UTF-8", name, caller.Instance)
	}
	return string(value), nil
}

// getSecret is secret.get.
func (s *Set) getSecret(_ context.Context, caller *core.PluginCaller, r *hook.SecretGetRequest) (*hook.SecretGetAnswer, error) {
	if !secretName.MatchString(r.Name) {
		return nil, invalid("%.40q is no name of a secret", r.Name)
	}
	if !slices.Contains(targets(caller, hook.SecretGet), r.Name) {
		return nil, denied(caller, hook.SecretGet, r.Name)
	}
	value, err := s.secret(caller, r.Name)
	if err != nil {
		return nil, err
	}
	return &hook.SecretGetAnswer{Value: value}, nil
}
