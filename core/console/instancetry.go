package console

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// tryPlugin asks for a message.
func (c *Console) tryPlugin(v *Visit) (*Answer, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return nil, err
	}
	i, p, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	return show(instancePage(v, i, "try", append(sampleBlocks(i, p), previewForm(v, i, p))...), nil)
}

func previewForm(v *Visit, i *admin.Instance, p *admin.Plugin) web.Form {
	sample := chosenSample(v, p)
	chosen := cmp.Or(v.Said("hook"), v.Ask("hook"), sample.Hook)
	hooks := web.Input{Name: "hook", Label: "Hook", Kind: "select", Value: chosen}
	for _, hook := range i.Hooks {
		hooks.Options = append(hooks.Options, web.Option{Value: hook, Label: hook})
	}
	return web.Form{
		ID: "try", Title: "Try a message", Text: "The plugin runs in a sandbox of its own, with the limits of this instance: without network, without secrets, without what it keeps. Nothing that is served changes.",
		Groups: []web.Group{{Inputs: []web.Input{
			hooks,
			{Name: "input", Label: "Message", Hint: "JSON, as sdk/abi.md section 6 describes it. It begins as a sample of its author.", Kind: "textarea", Rows: 14, Code: true, Value: sample.text()},
			{Name: "settings", Label: "Settings", Hint: "Those of the instance; others can be tried here.", Kind: "textarea", Rows: 5, Code: true, Value: indent(i.Settings)},
		}}},
		Buttons: []web.Button{{Label: "Run", Action: "try", Kind: "primary", ID: "run"}},
	}
}

// previewPlugin shows what came of a message. Nothing was changed, so it leads nowhere else.
func (c *Console) previewPlugin(v *Visit) (*Answer, error) {
	i, p, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	made, err := v.Desk.PreviewPlugin(v, admin.Preview{Instance: i.Name, Hook: v.Said("hook"), Input: []byte(v.Said("input")), Settings: []byte(v.Said("settings"))})
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return invalid(instancePage(v, i, "try", retyped(v, previewForm(v, i, p), wrong)))
	}
	if err != nil {
		return nil, err
	}
	form := retyped(v, previewForm(v, i, p), &admin.InvalidError{})
	return show(instancePage(v, i, "try", append(sampleBlocks(i, p), web.Split{Main: []web.Block{form}, Side: previewBlocks(made)})...), nil)
}

func previewBlocks(made *admin.Previewed) []web.Block {
	verdict := web.Message{Kind: "good", Title: "It answered", Text: fmt.Sprintf("In %s, with %s units of fuel and %.1f MiB of memory.", brief(made.Took), number(int(made.Fuel)), float64(made.Memory)/(1<<20))}
	if made.Failure != "" {
		verdict = web.Message{Kind: "wrong", Title: "It failed", Text: made.Failure}
	}
	blocks := []web.Block{verdict}
	if made.Output != nil {
		blocks = append(blocks, web.Code{ID: "output", Title: "What it gave", Text: indent(made.Output), Copies: true})
	}
	if made.Log != "" {
		blocks = append(blocks, web.Code{ID: "wrote", Title: "What it wrote", Text: made.Log})
	}
	for n, call := range made.Calls {
		blocks = append(blocks, web.Code{ID: "call-" + strconv.Itoa(n), Title: "It asked for " + call.Capability + ", which there is none of here", Text: indent(call.Request)})
	}
	return blocks
}

// sample is a message that the plugin's author wrote.
type sample struct {
	Hook  string
	Input map[string]json.RawMessage
	Calls []json.RawMessage
}

// text is the message without its settings: these are the instance's.
func (s sample) text() string {
	delete(s.Input, "settings")
	text, err := json.MarshalIndent(s.Input, "", "  ")
	if err != nil || s.Input == nil {
		return "{}"
	}
	return string(text)
}

func samplesOf(p *admin.Plugin) []sample {
	var manifest struct{ Samples []sample }
	if json.Unmarshal(p.Manifest, &manifest) != nil {
		return nil
	}
	return manifest.Samples
}

// chosenSample gives the one that was asked for, by its number, or else the first, of the
// hook if one was asked for.
func chosenSample(v *Visit, p *admin.Plugin) sample {
	samples := samplesOf(p)
	if n, err := strconv.Atoi(v.Ask("sample")); err == nil && n >= 1 && n <= len(samples) {
		return samples[n-1]
	}
	for _, s := range samples {
		if hook := v.Ask("hook"); hook == "" || s.Hook == hook {
			return s
		}
	}
	return sample{}
}

// mostSamples bounds how many are offered.
const mostSamples = 20

// sampleBlocks offers the samples, where there are several.
func sampleBlocks(i *admin.Instance, p *admin.Plugin) []web.Block {
	samples := samplesOf(p)
	if len(samples) < 2 {
		return nil
	}
	offer := web.Message{Title: "Samples of its author", Text: "Each fills in the message below."}
	for n, s := range samples[:min(len(samples), mostSamples)] {
		number := strconv.Itoa(n + 1)
		label := number + ": " + s.Hook
		if len(s.Calls) > 0 {
			label += ", with " + several(len(s.Calls), "call", "calls")
		}
		offer.Buttons = append(offer.Buttons, web.Button{Label: label, URL: with(at(instancesPath, i.Name)+"/try", "sample", number), ID: "sample-" + number})
	}
	return []web.Block{offer}
}
