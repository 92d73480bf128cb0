package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
)

// logPause is how long --follow waits before it asks again.
const logPause = 2 * time.Second

// logLineView is a line of a plugin's log as JSON.
type logLineView struct {
	Number uint64     `json:"number"`
	At     *time.Time `json:"at"`
	Level  string     `json:"level"`
	Text   string     `json:"text"`
}

// running refuses what only the server that runs knows.
func running(s *session) error {
	if _, here := s.Desk.(local); here {
		return failf("sign in with 'postern login', and give the server's address with --server", "what plugins do is known to the server that runs, and not to its data directory")
	}
	return nil
}

func (p *program) pluginLog() *cobra.Command {
	c := &cobra.Command{
		Use: "log NAME", Short: "print what an instance wrote and what happened to it, the oldest first", Args: arguments("NAME"),
		Long:    "Print the newest lines that a plugin instance wrote, and what happened to it, as\nthe server keeps them in memory since its start.",
		Example: "  postern plugin log directory --server https://id.example.org --follow",
	}
	follow := c.Flags().Bool("follow", false, "go on with what comes, until interrupted")
	c.PreRunE = func(*cobra.Command, []string) error {
		if *follow && p.json {
			return usagef("leave one of them out", "--follow has no end, and so is no JSON document")
		}
		return nil
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		if err := running(s); err != nil {
			return err
		}
		lines, err := s.PluginLog(ctx, args[0], 0)
		if err != nil {
			return err
		}
		views := make([]logLineView, len(lines))
		for i, l := range lines {
			views[i] = logLineView{l.Number, jsonTime(l.At), l.Level, l.Text}
		}
		if err := p.print(views, func(w io.Writer) { writeLog(w, lines) }); err != nil || !*follow {
			return err
		}
		return p.followLog(ctx, s, args[0], lines)
	})
	return c
}

// followLog prints what comes behind the lines.
func (p *program) followLog(ctx context.Context, s *session, instance string, lines []admin.LogLine) error {
	var last uint64
	for {
		if len(lines) > 0 {
			last = lines[len(lines)-1].Number
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(logPause):
		}
		var err error
		if lines, err = s.PluginLog(ctx, instance, last); err != nil {
			return err
		}
		writeLog(p.Out, lines)
	}
}

func writeLog(w io.Writer, lines []admin.LogLine) {
	for _, l := range lines {
		for text := range strings.SplitSeq(l.Text, "\n") {
			fmt.Fprintf(w, "%s  %-5s  %s\n", stamp(l.At), l.Level, harmless(text))
		}
	}
}

// numbersView is what was counted of an instance as JSON.
type numbersView struct {
	Hooks      []hookNumbersView     `json:"hooks"`
	HostCalls  []hostCallNumbersView `json:"host_calls"`
	MemoryPeak int64                 `json:"memory_peak"` // bytes
	Suspended  bool                  `json:"suspended"`
	Shadow     struct {
		Same    int64 `json:"same"`
		Differs int64 `json:"differs"`
	} `json:"shadow"`
}

type hookNumbersView struct {
	Hook    string           `json:"hook"`
	Calls   int64            `json:"calls"`
	Failed  int64            `json:"failed"`
	Reasons map[string]int64 `json:"reasons"`
	Average int64            `json:"average_ns"`
	Half    int64            `json:"half_ns"`
	Slowest int64            `json:"slowest_ns"`
	Fuel    int64            `json:"fuel"`
}

type hostCallNumbersView struct {
	Capability string `json:"capability"`
	Result     string `json:"result"`
	Calls      int64  `json:"calls"`
	Average    int64  `json:"average_ns"`
}

func viewNumbers(n *admin.PluginNumbers) numbersView {
	v := numbersView{Hooks: []hookNumbersView{}, HostCalls: []hostCallNumbersView{}, MemoryPeak: n.MemoryPeak, Suspended: n.Suspended}
	v.Shadow.Same, v.Shadow.Differs = n.ShadowSame, n.ShadowDiffers
	for _, h := range n.Hooks {
		reasons := map[string]int64{}
		for _, r := range h.Reasons {
			reasons[r.Reason] = r.Calls
		}
		v.Hooks = append(v.Hooks, hookNumbersView{h.Hook, h.Calls, h.Failed, reasons, int64(h.Average), int64(h.Half), int64(h.Slowest), h.Fuel})
	}
	for _, c := range n.HostCalls {
		v.HostCalls = append(v.HostCalls, hostCallNumbersView{c.Capability, c.Result, c.Calls, int64(c.Average)})
	}
	return v
}

func (p *program) pluginNumbers() *cobra.Command {
	c := &cobra.Command{
		Use: "numbers NAME", Short: "print what was counted of an instance since the server was started", Args: arguments("NAME"),
		Long:    "Print what was counted of a plugin instance since the server was started: calls,\nfailures and their reasons, time and fuel, what it asked the server for.",
		Example: "  postern plugin numbers directory --server https://id.example.org",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		if err := running(s); err != nil {
			return err
		}
		numbers, err := s.PluginNumbers(ctx, args[0])
		if err != nil {
			return err
		}
		return p.print(viewNumbers(numbers), func(w io.Writer) { describeNumbers(w, numbers) })
	})
	return c
}

func describeNumbers(w io.Writer, n *admin.PluginNumbers) {
	var hooks, calls [][]string
	for _, h := range n.Hooks {
		var why []string
		for _, r := range h.Reasons {
			why = append(why, fmt.Sprintf("%s %d", r.Reason, r.Calls))
		}
		hooks = append(hooks, []string{h.Hook, countText(h.Calls), countText(h.Failed), durationText(h.Average), durationText(h.Half), durationText(h.Slowest), countText(h.Fuel), joined(why)})
	}
	table(w, "it was not called", []string{"HOOK", "CALLS", "FAILED", "AVERAGE", "50 % WITHIN", "99 % WITHIN", "FUEL", "WHY IT FAILED"}, hooks)
	for _, c := range n.HostCalls {
		calls = append(calls, []string{c.Capability, c.Result, strconv.FormatInt(c.Calls, 10), durationText(c.Average)})
	}
	fmt.Fprintln(w)
	table(w, "it asked the server for nothing", []string{"IT ASKED FOR", "RESULT", "CALLS", "AVERAGE"}, calls)
	fmt.Fprintln(w)
	rows := []admin.Row{{Field: "Most memory", Value: bytesText(n.MemoryPeak)}}
	if n.Suspended {
		rows = append(rows, admin.Row{Field: "State", Value: "it failed too often and rests"})
	}
	if n.ShadowSame+n.ShadowDiffers > 0 {
		rows = append(rows, admin.Row{Field: "As a shadow", Value: fmt.Sprintf("the answer was the same %d times, and another %d times", n.ShadowSame, n.ShadowDiffers)})
	}
	fields(w, rows)
}
