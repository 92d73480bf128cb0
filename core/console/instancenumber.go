package console

import (
	"fmt"
	"strconv"
	"time"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// numberBlocks say what was counted of an instance since the server was started.
func numberBlocks(n *admin.PluginNumbers) []web.Block {
	blocks := []web.Block{numberStats(n)}
	if n.Suspended {
		blocks = append(blocks, web.Message{Kind: "wrong", Title: "It rests", Text: "It failed too often, and is tried again after a while."})
	}
	if len(n.Minutes) > 0 {
		blocks = append(blocks, minuteChart(n.Minutes))
	}
	for _, table := range []web.Table{callTable(n), failureTable(n), hostCallTable(n)} {
		if len(table.Rows) > 0 {
			blocks = append(blocks, table)
		}
	}
	return blocks
}

func numberStats(n *admin.PluginNumbers) web.Stats {
	var calls, failed int64
	var slowest time.Duration
	for _, h := range n.Hooks {
		calls, failed, slowest = calls+h.Calls, failed+h.Failed, max(slowest, h.Slowest)
	}
	share, nearly, memory := "", "–", "–"
	if calls > 0 {
		share, nearly = fmt.Sprintf("%.1f %%", 100*float64(failed)/float64(calls)), brief(slowest)
	}
	if n.MemoryPeak > 0 {
		memory = mebibytes(n.MemoryPeak)
	}
	return web.Stats{Items: []web.Stat{
		{Label: "Calls", Value: number(int(calls)), Text: "since the server was started"}, {Label: "Failed", Value: number(int(failed)), Text: share},
		{Label: "99 of 100 within", Value: nearly, Text: "with waiting"}, {Label: "Most memory", Value: memory, Text: "of one call"},
	}}
}

// minuteChart shows the last hour.
func minuteChart(minutes []admin.MinuteNumbers) web.Chart {
	var calls, failed, most int64
	chart := web.Chart{ID: "hour", Title: "The last hour", From: clock(minutes[0].At), To: clock(minutes[len(minutes)-1].At) + " UTC"}
	for _, m := range minutes {
		calls, failed, most = calls+m.Calls, failed+m.Failed, max(most, m.Calls)
		label := clock(m.At) + ": " + several(int(m.Calls), "call", "calls")
		if m.Failed > 0 {
			label += ", " + number(int(m.Failed)) + " failed"
		}
		chart.Bars = append(chart.Bars, web.Bar{Label: label, Value: m.Calls, Bad: m.Failed})
	}
	chart.Text = upper(several(int(calls), "call", "calls"))
	if failed > 0 {
		chart.Text += ", " + number(int(failed)) + " of them failed"
	}
	if chart.Text += "."; most > 0 {
		chart.Text += " At most " + number(int(most)) + " in a minute."
	}
	return chart
}

func callTable(n *admin.PluginNumbers) web.Table {
	table := web.Table{
		ID: "calls", Title: "Calls", Text: "With waiting for an instance. Fuel is what it works with: about one unit for each instruction.",
		Columns: []string{"Hook", "Calls", "Failed", "On average", "Fuel of a call"},
	}
	for _, h := range n.Hooks {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: h.Hook}, {Text: number(int(h.Calls))}, {Text: number(int(h.Failed))}, {Text: brief(h.Average), Sub: "half within " + brief(h.Half) + ", 99 of 100 within " + brief(h.Slowest)},
			{Text: number(int(h.Fuel / max(h.Calls, 1)))},
		}})
	}
	if n.ShadowSame+n.ShadowDiffers > 0 {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: "as a shadow", Sub: "would have changed " + number(int(n.ShadowDiffers))}, {Text: number(int(n.ShadowSame + n.ShadowDiffers))}, {}, {}, {},
		}})
	}
	return table
}

// failureTable says why calls failed, in words for who runs the server.
func failureTable(n *admin.PluginNumbers) web.Table {
	table := web.Table{ID: "failures", Title: "Why calls failed", Columns: []string{"Reason", "Hook", "Calls"}}
	for _, h := range n.Hooks {
		for _, r := range h.Reasons {
			table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: reasonWords(r.Reason), Sub: reasonMeaning(r.Reason)}, {Text: h.Hook}, {Text: number(int(r.Calls))}}})
		}
	}
	return table
}

// reasonMeaning says what a reason means; nothing of one that says it itself.
func reasonMeaning(reason string) string {
	return map[string]string{
		"unavailable": "There was no module to call.", "suspended": "It failed too often before, and rested.", "busy": "No instance became free in time.",
		"trap": "The code crashed.", "exit": "The code ended itself.", "stack_overflow": "The code called itself too deeply.", "out_of_fuel": "It worked for longer than its limit lets it.",
		"out_of_memory": "It needs more memory than its limit lets it have.", "denied": "It asked for what it was not given.", "bad_pointer": "It named memory that it does not have.",
		"output_too_large": "Its answer was too long.", "too_many_calls": "It asked the server too often in one call.", "too_slow": "It waited for longer than its limit lets it.",
		"plugin_error": "The plugin itself said no: its log may say why.", "invalid_output": "Its answer is not what the hook expects.", "protected_claim": "It set a claim that is the server's.",
		"wider_scope": "It granted more than was asked for.", "conflict": "Two policies want different sign-ins.",
	}[reason]
}

func hostCallTable(n *admin.PluginNumbers) web.Table {
	table := web.Table{ID: "host-calls", Title: "What it asked the server for", Columns: []string{"Capability", "Result", "Calls", "On average"}}
	for _, h := range n.HostCalls {
		result := web.Cell{Badges: []web.Badge{{Text: h.Result, Kind: "warn"}}}
		if h.Result == "ok" {
			result = web.Cell{Text: "ok"}
		}
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: h.Capability, Code: true}, result, {Text: number(int(h.Calls))}, {Text: brief(h.Average)}}})
	}
	return table
}

// clock writes the hour and the minute, UTC.
func clock(t time.Time) string { return t.UTC().Format("15:04") }

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

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
