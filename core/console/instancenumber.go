package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

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
