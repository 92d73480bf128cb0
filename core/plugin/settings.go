package plugin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// ErrUnknownPlugin says that no module has the plugin.
var ErrUnknownPlugin = errors.New("there is no such plugin")

// ValidateSettings checks settings, which must be a JSON object, against the
// schema of the shipped plugin, and lets the plugin itself look at them: a schema
// cannot say everything. It is an [ErrUnknownPlugin], a [*SettingsError] that names
// what is wrong, or [SettingsErrors].
func (h *Host) ValidateSettings(ctx context.Context, plugin string, settings []byte) error {
	m, err := h.builtin(ctx)
	if err != nil {
		return err
	}
	if err := CheckSettings(m.manifests, plugin, settings); err != nil {
		return err
	}
	return h.trySettings(ctx, m, plugin, settings)
}

// CheckSettings checks against the schema alone, for the plugins of any module.
func CheckSettings(manifests []hook.Manifest, plugin string, settings []byte) error {
	for i := range manifests {
		if manifests[i].ID != plugin {
			continue
		}
		object, err := hook.ParseObject(settings)
		if err != nil {
			return &SettingsError{Where: "settings", What: "not a JSON object: " + err.Error()}
		}
		return checkSettings(manifests[i].Settings, hook.FromObject(object))
	}
	return ErrUnknownPlugin
}

// trySettings calls the plugin's samples with the settings. A refusal whose words
// begin with where in the settings it is ("settings.rules[0] ...") is about them;
// whatever else becomes of a sample under other settings than its own is not.
func (h *Host) trySettings(ctx context.Context, m *module, id string, settings []byte) error {
	number, _ := m.plugin(id)
	object, err := hook.ParseObject(settings)
	if err != nil {
		return err
	}
	s := serve(&core.PluginInstance{Name: id, Plugin: id}, nil, nil)
	for _, sample := range m.manifests[number].Samples {
		input := slices.Clone(sample.Input.Object())
		input.Set("settings", hook.FromObject(object))
		o := h.orderFor(ctx, m, s, sample.Hook, nil)
		o.desk.plays, o.desk.play = true, replay.NewPlayer(sample.Calls)
		at := slices.Index(m.manifests[number].Hooks, sample.Hook)
		_, err := m.call(ctx, m.shared, number, at, written{text: input.AppendJSON(nil)}, o)
		if said, ok := errors.AsType[*stop](err); ok && said.reason == ReasonRefused {
			if words, about := strings.CutPrefix(said.what, saysPrefix+"settings"); about {
				return &SettingsError{Where: "settings" + whereIn(words), What: strings.TrimLeft(words[len(whereIn(words)):], ": ")}
			}
		}
	}
	return nil
}

// whereIn gives the path that the words begin with: ".rules[0].when".
func whereIn(words string) string {
	end := strings.IndexAny(words, ": ")
	if end < 0 {
		return words
	}
	return words[:end]
}
