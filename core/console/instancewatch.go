package console

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// instanceLog shows what an instance did since the start, and what it wrote last.
func (c *Console) instanceLog(v *Visit) (*Answer, error) {
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	numbers, err := v.Desk.PluginNumbers(v, i.Name)
	if err != nil {
		return nil, err
	}
	lines, err := v.Desk.PluginLog(v, i.Name, 0)
	if err != nil {
		return nil, err
	}
	log := web.Log{Title: "Log", Live: v.Ask("live") != "", Empty: "It wrote nothing since the server was started."}
	for _, line := range lines {
		kind := map[string]string{"warn": "warn", "error": "wrong"}[line.Level]
		log.Lines = append(log.Lines, web.LogLine{At: line.At, Level: line.Level, Text: line.Text, Kind: kind})
	}
	blocks := numberBlocks(numbers)
	base := at(instancesPath, i.Name) + "/log"
	follow := web.Button{Label: "Follow", URL: base + "?live=on", ID: "follow"}
	if log.Live {
		follow = web.Button{Label: "Stop following", URL: base, ID: "follow"}
	}
	page := instancePage(v, i, "log", append(blocks, log)...)
	page.Buttons = append([]web.Button{follow, {Label: "Read anew", URL: v.Here + map[bool]string{true: "?live=on"}[log.Live]}}, page.Buttons...)
	return show(page, nil)
}

func numberBlocks(n *admin.PluginNumbers) []web.Block {
	var calls, failed int64
	var took time.Duration
	for _, h := range n.Hooks {
		calls, failed, took = calls+h.Calls, failed+h.Failed, took+h.Average*time.Duration(h.Calls)
	}
	average := "–"
	if calls > 0 {
		average = brief(took / time.Duration(calls))
	}
	stats := web.Stats{Items: []web.Stat{
		{Label: "Calls", Value: number(int(calls)), Text: "since the start"}, {Label: "Failed", Value: number(int(failed))},
		{Label: "On average", Value: average}, {Label: "Most memory", Value: fmt.Sprintf("%.1f MiB", float64(n.MemoryPeak)/(1<<20))},
	}}
	blocks := []web.Block{stats}
	if n.Suspended {
		blocks = append(blocks, web.Message{Kind: "wrong", Title: "It rests", Text: "It failed too often, and is tried again after a while."})
	}
	if len(n.Hooks)+len(n.HostCalls) == 0 {
		return blocks
	}
	table := web.Table{ID: "calls", Title: "Calls", Columns: []string{"What", "Calls", "Failed", "On average"}}
	for _, h := range n.Hooks {
		var reasons []string
		for _, r := range h.Reasons {
			reasons = append(reasons, strings.ReplaceAll(r.Reason, "_", " ")+" "+number(int(r.Calls)))
		}
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: h.Hook}, {Text: number(int(h.Calls))}, {Text: number(int(h.Failed)), Sub: strings.Join(reasons, ", ")}, {Text: brief(h.Average)}}})
	}
	for _, h := range n.HostCalls {
		bad := web.Cell{}
		if h.Result != "ok" {
			bad.Text = h.Result
		}
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: "asked for " + h.Capability}, {Text: number(int(h.Calls))}, bad, {Text: brief(h.Average)}}})
	}
	if n.ShadowSame+n.ShadowDiffers > 0 {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: "as a shadow", Sub: "would have changed " + number(int(n.ShadowDiffers))}, {Text: number(int(n.ShadowSame + n.ShadowDiffers))}, {}, {}}})
	}
	return append(blocks, table)
}

// brief writes how long something took: "1.2 ms".
func brief(d time.Duration) string {
	switch {
	case d >= time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d >= time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	}
	return strconv.FormatInt(d.Microseconds(), 10) + " µs"
}

// tryPlugin asks for a message.
func (c *Console) tryPlugin(v *Visit) (*Answer, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return nil, err
	}
	i, p, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	return show(instancePage(v, i, "try", previewForm(v, i, p)), nil)
}

func previewForm(v *Visit, i *admin.Instance, p *admin.Plugin) web.Form {
	chosen := cmp.Or(v.Said("hook"), v.Ask("hook"))
	hooks := web.Input{Name: "hook", Label: "Hook", Kind: "select", Value: chosen}
	for _, hook := range i.Hooks {
		hooks.Options = append(hooks.Options, web.Option{Value: hook, Label: hook})
	}
	if chosen == "" && len(i.Hooks) > 0 {
		chosen = i.Hooks[0]
	}
	return web.Form{
		ID: "try", Title: "Try a message", Text: "The plugin runs in a sandbox of its own, with the limits of this instance: without network, without secrets, without what it keeps. Nothing that is served changes.",
		Groups: []web.Group{{Inputs: []web.Input{
			hooks,
			{Name: "input", Label: "Message", Hint: "JSON, as sdk/abi.md section 6 describes it. This one is the author's sample.", Kind: "textarea", Rows: 14, Code: true, Value: sampleOf(p, chosen)},
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
	return show(instancePage(v, i, "try", web.Split{Main: []web.Block{form}, Side: previewBlocks(made)}), nil)
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
