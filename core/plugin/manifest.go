package plugin

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/postern-id/postern/sdk/hook"
)

// checkManifests refuses what the host could not keep: hooks and capabilities
// that it does not know, settings that it could not check, a plugin that nothing
// can be tried on.
func checkManifests(list []hook.Manifest) error {
	if len(list) == 0 {
		return errors.New("the module has no plugin")
	}
	seen := map[string]bool{}
	for i := range list {
		m := &list[i]
		if err := checkManifest(m); err != nil {
			return fmt.Errorf("plugin %q: %w", m.ID, err)
		}
		if seen[m.ID] {
			return fmt.Errorf("plugin %q: another one has that id", m.ID)
		}
		seen[m.ID] = true
	}
	return nil
}

func checkManifest(m *hook.Manifest) error {
	known := []string{hook.ClaimsMap, hook.AccountShape, hook.ScopePolicy}
	switch {
	case !regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`).MatchString(m.ID):
		return errors.New("the id must be lower-case letters, digits and hyphens, at most 63")
	case m.Version == "" || m.Description == "":
		return errors.New("version and description must be said")
	case m.HostAPI != abiVersion:
		return fmt.Errorf("it needs version %d of the host's interface, this is version %d", m.HostAPI, abiVersion)
	case len(m.Hooks) == 0:
		return errors.New("it implements no hook")
	case len(m.Capabilities) > 0:
		return fmt.Errorf("it wants %s, which this host does not grant", m.Capabilities[0].Name)
	case len(m.Secrets) > 0:
		return fmt.Errorf("it wants the secret %s, which this host does not keep", m.Secrets[0].Name)
	}
	for i, name := range m.Hooks {
		if !slices.Contains(known, name) || slices.Contains(m.Hooks[:i], name) {
			return fmt.Errorf("it implements %s, which this host does not know, or twice", name)
		}
		if !slices.ContainsFunc(m.Samples, func(s hook.Sample) bool { return s.Hook == name }) {
			return fmt.Errorf("it has no sample for %s", name)
		}
	}
	for _, sample := range m.Samples {
		if !slices.Contains(m.Hooks, sample.Hook) {
			return fmt.Errorf("it has a sample for %s, which it does not implement", sample.Hook)
		}
	}
	return checkSchema(m.Settings)
}
