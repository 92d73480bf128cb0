package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/observe"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/plugins"
	"github.com/postern-id/postern/sdk/hook"
)

// longestPreview is how long a preview may take with all that is around it. The call itself
// has the limits of the instance.
const longestPreview = 30 * time.Second

// Preview implements [admin.Plugins]. The plugin runs in a sandbox of its own, so that it
// takes no instance from those who sign in, and one preview at a time, as each has its
// memory.
func (c catalogue) Preview(ctx context.Context, of *admin.Plugin, input admin.Preview, limits core.PluginLimits) (*admin.Previewed, error) {
	message, err := messageOf(input)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, longestPreview)
	defer cancel()
	select {
	case c.app.previewing <- struct{}{}:
		defer func() { <-c.app.previewing }()
	case <-ctx.Done():
		return nil, fmt.Errorf("another message is being tried: %w", context.Cause(ctx))
	}
	code, err := c.code(ctx, of.Module)
	if err != nil {
		return nil, err
	}
	trial, err := plugin.Try(ctx, code, plugin.TrialOptions{
		CacheDir: c.app.cacheDir(), Now: c.app.now, Rand: c.app.rand, Trusted: of.Module == core.BuiltinModule,
	})
	if err != nil {
		return nil, fmt.Errorf("load the module: %w", err)
	}
	ran, err := trial.Run(ctx, plugin.Run{Plugin: of.ID, Hook: input.Hook, Input: message, Offline: true, Limits: limits})
	made := previewed(of, &ran)
	if err != nil {
		made.Output, made.Failure, err = nil, failureOf(err), nil
	}
	return made, errors.Join(err, trial.Close(context.WithoutCancel(ctx)))
}

// messageOf gives the message with the settings that are to be tried.
func messageOf(input admin.Preview) ([]byte, error) {
	message, err := hook.ParseObject(input.Input)
	if err != nil {
		return nil, &admin.PreviewError{Field: "input", Text: "the message is no JSON object: " + plugin.Placed(input.Input, "message", err).Error()}
	}
	if input.Settings == nil {
		return message.AppendJSON(nil), nil
	}
	settings, err := hook.ParseObject(input.Settings)
	if err != nil {
		return nil, &admin.PreviewError{Field: "settings", Text: "the settings are no JSON object: " + plugin.Placed(input.Settings, "settings", err).Error()}
	}
	message.Set("settings", hook.FromObject(settings))
	return message.AppendJSON(nil), nil
}

func (c catalogue) code(ctx context.Context, module string) ([]byte, error) {
	if module == core.BuiltinModule {
		return plugins.Builtin(), nil
	}
	return c.app.Store.PluginCode(ctx, module)
}

func previewed(of *admin.Plugin, ran *plugin.Ran) *admin.Previewed {
	made := &admin.Previewed{
		Plugin: of.ID, Module: of.Module, Output: ran.Output, Log: ran.Log, Fuel: ran.Fuel, Memory: ran.Memory, Took: ran.Took,
	}
	for _, call := range ran.Calls {
		made.Calls = append(made.Calls, admin.PreviewCall{Capability: call.Capability, Request: call.Request.AppendJSON(nil)})
	}
	return made
}

// failureOf words the failure of a preview for who looks at the plugin: what the plugin
// says is theirs to read.
func failureOf(err error) string {
	failure, ok := errors.AsType[*plugin.CallError](err)
	switch {
	case !ok:
		return err.Error()
	case failure.Claim != "":
		return fmt.Sprintf("it sets or removes the claim %q, which is the host's", failure.Claim)
	case failure.Cause != nil:
		return fmt.Sprintf("%s: %s", failure.Reason, failure.Cause)
	}
	return string(failure.Reason)
}

// watch tells admin what the plugins do.
type watch struct{ app *App }

// PluginNumbers implements [admin.Watch].
func (w watch) PluginNumbers(instance string) admin.PluginNumbers {
	counted := w.app.Metrics.PluginNumbers(instance)
	numbers := admin.PluginNumbers{
		MemoryPeak: counted.MemoryPeak, Suspended: counted.Suspended, ShadowSame: counted.Same, ShadowDiffers: counted.Differs,
	}
	for _, c := range counted.Calls {
		numbers.Hooks = addCalls(numbers.Hooks, c)
	}
	for i := range numbers.Hooks {
		if h := &numbers.Hooks[i]; h.Calls > 0 {
			h.Average /= time.Duration(h.Calls)
		}
	}
	for _, m := range counted.Minutes {
		numbers.Minutes = append(numbers.Minutes, admin.MinuteNumbers(m))
	}
	for _, c := range counted.HostCalls {
		average := time.Duration(0)
		if c.Total > 0 {
			average = c.Took / time.Duration(c.Total)
		}
		numbers.HostCalls = append(numbers.HostCalls, admin.HostCallNumbers{Capability: c.Capability, Result: c.Result, Calls: c.Total, Average: average})
	}
	return numbers
}

// addCalls adds the calls of one result to those of their hook, which come one behind the
// other. Until all are there, the average is the sum.
func addCalls(hooks []admin.HookNumbers, c observe.Calls) []admin.HookNumbers {
	if len(hooks) == 0 || hooks[len(hooks)-1].Hook != c.Hook {
		hooks = append(hooks, admin.HookNumbers{Hook: c.Hook, Fuel: c.Fuel, Half: c.Half, Slowest: c.Slowest})
	}
	h := &hooks[len(hooks)-1]
	h.Calls += c.Total
	h.Average += c.Took
	if c.Result != "ok" {
		h.Failed += c.Total
		h.Reasons = append(h.Reasons, admin.ReasonNumber{Reason: c.Result, Calls: c.Total})
	}
	return hooks
}

// PluginLog implements [admin.Watch].
func (w watch) PluginLog(instance string, after uint64) []admin.LogLine {
	var lines []admin.LogLine
	for _, line := range w.app.logbook.Lines(instance, after) {
		lines = append(lines, admin.LogLine{Number: line.Number, At: line.At, Level: levelOf(line), Text: line.Text})
	}
	return lines
}

func levelOf(line observe.Line) string {
	switch {
	case line.Level >= slog.LevelError:
		return "error"
	case line.Level >= slog.LevelWarn:
		return "warn"
	}
	return "info"
}
