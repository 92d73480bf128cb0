package plugin

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

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
	switch {
	case !regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`).MatchString(m.ID):
		return errors.New("the id must be lower-case letters, digits and hyphens, at most 63")
	case m.Version == "" || m.Description == "":
		return errors.New("version and description must be said")
	case m.HostAPI != abiVersion:
		return fmt.Errorf("it needs version %d of the host's interface, this is version %d", m.HostAPI, abiVersion)
	case len(m.Hooks) == 0:
		return errors.New("it implements no hook")
	}
	return errors.Join(checkHooks(m), checkCapabilities(m), checkSecrets(m), checkSchema(m.Settings), checkPresets(m))
}

func checkHooks(m *hook.Manifest) error {
	for i, name := range m.Hooks {
		switch {
		case !slices.Contains(hook.Names[:], name):
			return unfit("the hooks are "+strings.Join(hook.Names[:], ", "), "it implements %s, which this host does not know", name)
		case slices.Contains(m.Hooks[:i], name):
			return unfit("name it once", "it implements %s twice", name)
		case !slices.ContainsFunc(m.Samples, func(s hook.Sample) bool { return s.Hook == name }):
			return unfit("give one in samples: the host tries the module on it when it loads it", "it has no sample for %s", name)
		}
	}
	for _, sample := range m.Samples {
		if !slices.Contains(m.Hooks, sample.Hook) {
			return fmt.Errorf("it has a sample for %s, which it does not implement", sample.Hook)
		}
	}
	return nil
}

func checkCapabilities(m *hook.Manifest) error {
	seen := map[string]bool{}
	for _, wish := range m.Capabilities {
		switch {
		case !slices.Contains(hook.Capabilities[:], wish.Name):
			return unfit("the capabilities are "+strings.Join(hook.Capabilities[:], ", "),
				"it asks for the capability %s, which this host does not know", wish.Name)
		case seen[wish.Name]:
			return unfit("name all its targets in one", "it asks for the capability %s twice", wish.Name)
		}
		seen[wish.Name] = true
	}
	return nil
}

var secretName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func checkSecrets(m *hook.Manifest) error {
	seen := map[string]bool{}
	for _, wish := range m.Secrets {
		if !secretName.MatchString(wish.Name) || seen[wish.Name] {
			return fmt.Errorf("it asks for the secret %q: a name is lower-case letters, digits and underscores, at most 63, each once", wish.Name)
		}
		seen[wish.Name] = true
	}
	return nil
}
