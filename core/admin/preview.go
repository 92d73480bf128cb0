package admin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// Preview is a message that a plugin is given to see what it makes of it.
type Preview struct {
	// Instance is one that there is, with its settings and limits; without it Plugin names
	// the plugin, which runs with the limits of a new instance.
	Instance string
	Plugin   string
	Hook     string
	Input    []byte // the message, a JSON object
	Settings []byte // nil: those of the instance, or of the message
}

// Previewed is what came of a preview, as far as it came.
type Previewed struct {
	Plugin string
	Module string // digest, or core.BuiltinModule
	Output []byte // as the plugin wrote it; nil if it failed
	Log    string
	Fuel   int64
	Memory int // bytes
	Took   time.Duration
	// Calls are what it wanted of the world, which there is none of in a preview.
	Calls []PreviewCall
	// Failure says in words for its author why it failed; empty if it did not.
	Failure string
}

// PreviewCall is a call of a capability, with the answer that it is unavailable.
type PreviewCall struct {
	Capability string
	Request    []byte // JSON
}

// PreviewError says that a message could not be tried at all.
type PreviewError struct{ Field, Text string }

func (e *PreviewError) Error() string { return e.Text }

// maxPreview is how long a message is that is tried, in bytes.
const maxPreview = 256 << 10

// PreviewPlugin has a plugin answer a message in a sandbox of its own, under the limits of
// its instance. It asks nobody anything and has no secrets, and what it serves is not
// touched. That it was tried is recorded, the message is not.
func (s *Service) PreviewPlugin(ctx context.Context, actor Actor, input Preview) (*Previewed, error) {
	instance := &core.PluginInstance{Plugin: input.Plugin}
	if input.Instance != "" {
		there, err := s.findInstance(ctx, input.Instance)
		if err != nil {
			return nil, err
		}
		if instance = there; input.Settings == nil {
			input.Settings = there.Settings
		}
	}
	plugin, err := s.pluginOf(ctx, instance)
	if err != nil {
		return nil, err
	}
	if err := checkPreview(plugin, input).err(); err != nil {
		return nil, err
	}
	made, err := s.Plugins.Preview(ctx, plugin, input, instance.Limits)
	if wrong, ok := errors.AsType[*PreviewError](err); ok {
		return nil, invalid(wrong.Field, "", "%s", clean(wrong.Text))
	}
	if err != nil {
		return nil, wrap("try the message", err)
	}
	detail := withoutEmpty(map[string]string{"plugin": plugin.ID, "instance": input.Instance, "hook": input.Hook, "digest": plugin.Module})
	return made, wrap("record the preview", s.apply(ctx, s.record(actor, s.Now(), core.Event{Type: core.EventPreviewed, Detail: detail})))
}

func checkPreview(plugin *Plugin, input Preview) problems {
	var p problems
	if !slices.Contains(plugin.Hooks, input.Hook) {
		p.add("hook", "it has "+strings.Join(plugin.Hooks, ", "), "plugin %q has no hook %q", plugin.ID, shown(input.Hook))
	}
	if len(input.Input) > maxPreview || len(input.Settings) > maxPreview {
		p.add("input", "", "a message that is tried has at most %d KiB", maxPreview>>10)
	}
	return p
}
