package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/workbench"
)

func (p *program) pluginBench() *cobra.Command {
	var of callFlags
	var each time.Duration
	c := &cobra.Command{
		Use: "bench FILE", Short: "measure what a module costs", Args: arguments("FILE"),
		Long: "Measure what a module costs, in the sandbox of a server and with its meters: to\ncompile it, to start it, and to call a hook. Beside it stands the least module\nthere can be, which is what any plugin costs. Without --input a sample of the\nmanifest is the message.",
		Example: "  postern plugin bench plugin.wasm\n" +
			"  postern plugin bench plugin.wasm --hook claims.map/v1 --input alice.json --time 10s",
	}
	of.flags(c)
	c.Flags().StringVar(&of.calls, "calls", "", "`FILE` with the calls that are played, a JSON array as cases have it")
	c.Flags().DurationVar(&each, "time", 2*time.Second, "how long calls are measured, each with one caller and with many")
	c.PreRunE = func(*cobra.Command, []string) error {
		if each <= 0 || each > time.Hour {
			return usagef("give a time such as 2s", "calls cannot be measured for %s", each)
		}
		return of.check()
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		call, err := of.call(p)
		if err != nil {
			return err
		}
		progress := p.progress()
		defer progress.clear()
		b, err := workbench.Measure(c.Context(), args[0], workbench.Trials{Call: call, Time: each, Tell: func(what string, done float64) {
			progress.say("%s: %.0f %%", what, 100*done)
		}})
		if err != nil {
			return err
		}
		progress.clear()
		return p.print(b, func(w io.Writer) { describeBench(w, &b) })
	}
	return c
}

func describeBench(w io.Writer, b *workbench.Bench) {
	fmt.Fprintf(w, "%s at %s: %s in, %s out\n\n", oneLine(b.Plugin), b.Hook, bytesText(int64(b.Input)), bytesText(int64(b.Output)))
	var rows [][]string
	add := func(what string, text func(f *workbench.Figures) string) {
		rows = append(rows, []string{what, text(&b.Module), text(&b.Floor)})
	}
	took := func(what string, of func(f *workbench.Figures) time.Duration) {
		add(what, func(f *workbench.Figures) string { return durationText(of(f)) })
	}
	size := func(what string, of func(f *workbench.Figures) int64) {
		add(what, func(f *workbench.Figures) string { return bytesText(of(f)) })
	}
	size("size", func(f *workbench.Figures) int64 { return int64(f.Size) })
	size("size with meters", func(f *workbench.Figures) int64 { return int64(f.Metered) })
	took("compile, cold", func(f *workbench.Figures) time.Duration { return f.CompileCold })
	took("compile, from the cache", func(f *workbench.Figures) time.Duration { return f.CompileCached })
	took("start of the guest", func(f *workbench.Figures) time.Duration { return f.Start })
	took("start with the self-test", func(f *workbench.Figures) time.Duration { return f.SelfTest })
	took("one more instance", func(f *workbench.Figures) time.Duration { return f.Instance })
	took("call, p50", func(f *workbench.Figures) time.Duration { return f.Median })
	took("call, p99", func(f *workbench.Figures) time.Duration { return f.P99 })
	add(fmt.Sprintf("calls a second, %d CPUs", b.CPUs), func(f *workbench.Figures) string { return countText(int64(f.PerSecond)) })
	add("fuel of a call", func(f *workbench.Figures) string { return countText(f.Fuel) })
	size("memory of an instance", func(f *workbench.Figures) int64 { return int64(f.Memory) })
	size("of that, its own", func(f *workbench.Figures) int64 { return f.Resident })
	table(w, "", []string{"", "THE MODULE", "THE LEAST"}, rows)
}
