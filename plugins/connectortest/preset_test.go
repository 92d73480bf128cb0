package connectortest_test

import (
	"slices"
	"testing"

	"github.com/postern-id/postern/plugins/connectortest"
	"github.com/postern-id/postern/sdk/hook"
)

// TestPresets holds that each preset of a connector has a name of its own and settings
// that its plugin has, and that none of them is enough to let everybody in.
func TestPresets(t *testing.T) {
	manifests := connectortest.Sandbox(t).Manifests()
	for i := range manifests {
		m := &manifests[i]
		if !slices.Contains(m.Hooks, hook.ConnectorLogin) && !slices.Contains(m.Hooks, hook.ConnectorPassword) {
			continue
		}
		properties, _ := m.Settings.Object().Get("properties")
		required, _ := m.Settings.Object().Get("required")
		seen := map[string]bool{}
		for _, preset := range m.Presets {
			if seen[preset.Name] || preset.Title == "" || preset.Icon == "" {
				t.Errorf("%s: the preset %q is there twice, or has no title or icon", m.ID, preset.Name)
			}
			seen[preset.Name] = true
			missing := required.Strings()
			for _, setting := range preset.Settings.Object() {
				if _, known := properties.Object().Get(setting.Name); !known {
					t.Errorf("%s: the preset %s sets %s, which is no setting", m.ID, preset.Name, setting.Name)
				}
				missing = slices.DeleteFunc(missing, func(name string) bool { return name == setting.Name })
			}
			if len(missing) == 0 {
				t.Errorf("%s: with the preset %s the operator need say nothing, not even who we are", m.ID, preset.Name)
			}
		}
	}
}
