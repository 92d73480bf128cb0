package plugin

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/sdk/hook"
)

// The limits of sdk/abi.md, section 4, and of what a page and a terminal can show.
const (
	maxPresets     = 32
	maxPresetTitle = 64 // characters
	maxTargets     = 16
	maxTarget      = 255 // bytes
)

var (
	presetName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	iconName   = regexp.MustCompile(`^([a-z][a-z0-9-]{0,31})?$`)
)

// checkPresets refuses presets that an operator could not name or be shown, and
// those that could never become settings.
func checkPresets(m *hook.Manifest) error {
	if len(m.Presets) > maxPresets {
		return fmt.Errorf("it has %d presets: at most %d are shown", len(m.Presets), maxPresets)
	}
	seen := map[string]bool{}
	for i := range m.Presets {
		p := &m.Presets[i]
		if !presetName.MatchString(p.Name) || seen[p.Name] {
			return fmt.Errorf("it has the preset %q: a name is lower-case letters, digits and hyphens, at most 63, each once", p.Name)
		}
		seen[p.Name] = true
		if err := errors.Join(checkPreset(p), checkPresetSettings(m.Settings.Object(), p.Settings)); err != nil {
			return fmt.Errorf("preset %s: %w", p.Name, err)
		}
	}
	return nil
}

func checkPreset(p *hook.Preset) error {
	switch {
	case p.Title == "" || utf8.RuneCountInString(p.Title) > maxPresetTitle || !isPrintable(p.Title):
		return fmt.Errorf("the title must be a line of 1 to %d characters", maxPresetTitle)
	case !iconName.MatchString(p.Icon):
		return fmt.Errorf("%q is no name of an icon: lower-case letters, digits and hyphens, at most 32", p.Icon)
	case len(p.Targets) > maxTargets:
		return fmt.Errorf("it has %d targets, more than %d", len(p.Targets), maxTargets)
	}
	for _, target := range p.Targets {
		if target == "" || len(target) > maxTarget || !isPrintable(target) || strings.Contains(target, " ") {
			return fmt.Errorf("%q is no target, such as a host", target)
		}
	}
	return nil
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// checkPresetSettings checks each member by itself: what is required may come from
// the operator, and so may the rest of an object.
func checkPresetSettings(schema hook.Object, settings hook.Value) error {
	if settings.Kind() != hook.KindObject {
		return errors.New("the settings must be an object")
	}
	alone := append(hook.Object(nil), schema...)
	alone.Remove("required")
	for _, member := range settings.Object() {
		if isPart(schema, member) {
			continue
		}
		var found SettingsErrors
		if found.members("settings", alone, hook.Object{member}); len(found) > 0 {
			return found[0]
		}
	}
	return nil
}

// isPart reports whether the member is an object where the schema wants one.
func isPart(schema hook.Object, member hook.Member) bool {
	properties, _ := schema.Get("properties")
	property, _ := properties.Object().Get(member.Name)
	kind, _ := property.Object().Get("type")
	return member.Value.Kind() == hook.KindObject && kind.Text() == "object"
}
