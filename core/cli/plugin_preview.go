package cli

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// previewView is what came of a message that was tried, as JSON.
type previewView struct {
	Plugin  string            `json:"plugin"`
	Digest  string            `json:"digest"`
	Output  json.RawMessage   `json:"output"`      // null: there is none
	Text    string            `json:"output_text"` // the same, byte for byte
	Log     []string          `json:"log"`
	Fuel    int64             `json:"fuel"`
	Took    int64             `json:"took_ns"`
	Memory  int               `json:"memory"` // bytes
	Calls   []previewCallView `json:"calls"`  // what it wanted of the world
	Failure string            `json:"failure"`
}

type previewCallView struct {
	Capability string          `json:"capability"`
	Request    json.RawMessage `json:"request"`
}

func viewPreview(o *admin.Previewed) previewView {
	v := previewView{o.Plugin, o.Module, json.RawMessage("null"), string(o.Output), logLines(o.Log), o.Fuel, int64(o.Took), o.Memory, []previewCallView{}, o.Failure}
	if json.Valid(o.Output) {
		v.Output = o.Output
	}
	for _, call := range o.Calls {
		request := json.RawMessage("null")
		if json.Valid(call.Request) {
			request = call.Request
		}
		v.Calls = append(v.Calls, previewCallView{call.Capability, request})
	}
	return v
}

func (p *program) pluginPreview() *cobra.Command {
	var of callFlags
	c := &cobra.Command{
		Use: "preview NAME", Short: "have an instance, or a plugin, answer a message without any effect", Args: arguments("NAME"),
		Long: "Have an installed plugin answer a message in a sandbox of its own, under the\nlimits and with the settings of the instance NAME, or as the plugin NAME. It\n" +
			"reaches nobody and has no secrets; what it serves is not touched. For a module\nin a file see 'postern plugin run'.",
		Example: "  postern plugin preview miniorange --hook claims.map/v1 --input alice.json",
	}
	c.Flags().StringVar(&of.hook, "hook", "", "`HOOK` to call (default: the plugin's only one)")
	c.Flags().StringVar(&of.input, "input", "", "`FILE` with the message, a JSON object (- is standard input)")
	c.Flags().StringVar(&of.settings, "settings", "", "`FILE` with the settings, in place of the instance's (- is standard input)")
	c.PreRunE = func(*cobra.Command, []string) error {
		if of.input == "" {
			return usagef("give --input FILE, or - for standard input", "the input is missing")
		}
		return of.check()
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		call, err := of.call(p)
		if err != nil {
			return err
		}
		input, err := previewed(ctx, s, args[0], of.hook)
		if err != nil {
			return err
		}
		input.Input, input.Settings = call.Input, call.Settings
		made, err := s.PreviewPlugin(ctx, input)
		if err != nil {
			return err
		}
		return p.tellPreview(made)
	})
	return c
}

// previewed finds the instance or the plugin of that name, and its only hook if none is
// named.
func previewed(ctx context.Context, s *session, name, hook string) (admin.Preview, error) {
	input := admin.Preview{Instance: name, Hook: hook}
	var hooks []string
	instance, err := s.FindInstance(ctx, name)
	switch {
	case err == nil:
		hooks = instance.Hooks
	case errors.Is(err, core.ErrNotFound):
		plugin, err := s.FindPlugin(ctx, name)
		if err != nil {
			return input, err
		}
		input.Instance, input.Plugin, hooks = "", plugin.ID, plugin.Hooks
	default:
		return input, err
	}
	if hook == "" && len(hooks) != 1 {
		return input, usagef("name one of "+joined(hooks)+" with --hook", "%q has several hooks", name)
	}
	if hook == "" {
		input.Hook = hooks[0]
	}
	return input, nil
}

func (p *program) tellPreview(o *admin.Previewed) error {
	if p.json {
		return p.print(viewPreview(o), nil)
	}
	for _, line := range logLines(o.Log) {
		p.lines("log: " + line)
	}
	for _, call := range o.Calls {
		p.note("it asked for %s, which there is none of here: %s", call.Capability, call.Request)
	}
	p.lines("fuel " + countText(o.Fuel) + ", time " + durationText(o.Took) + ", memory " + bytesText(int64(o.Memory)))
	if o.Failure != "" {
		return failf("", "the plugin failed: %s", o.Failure)
	}
	_, err := p.Out.Write(append(o.Output, '\n'))
	return err
}
