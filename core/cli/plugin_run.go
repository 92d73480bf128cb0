package cli

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/workbench"
)

// outcomeView is a call as JSON.
type outcomeView struct {
	Plugin string          `json:"plugin"`
	Hook   string          `json:"hook"`
	Output json.RawMessage `json:"output"`      // null: there is none
	Text   string          `json:"output_text"` // the same, byte for byte
	Log    []string        `json:"log"`
	Fuel   int64           `json:"fuel"`
	Took   int64           `json:"took_ns"`
	Memory int             `json:"memory"` // bytes
}

func viewOutcome(o *workbench.Outcome) outcomeView {
	v := outcomeView{o.Plugin, o.Hook, o.Output, string(o.Output), logLines(o.Log), o.Fuel, int64(o.Took), o.Memory}
	if len(o.Output) == 0 {
		v.Output = json.RawMessage("null")
	}
	return v
}

func logLines(log string) []string {
	if log == "" {
		return []string{}
	}
	return strings.Split(log, "\n")
}

func (p *program) pluginRun() *cobra.Command {
	var of callFlags
	var may worldFlags
	var live bool
	c := &cobra.Command{
		Use: "run FILE", Short: "call a hook of a module", Args: arguments("FILE"),
		Long: "Call a hook of a module in the sandbox of a server, and print what it gives.\nIts log and what the call used go to standard error. What it asks the host for\nis played from --calls; with --live it is done, as far as --allow lets it.",
		Example: "  postern plugin run plugin.wasm --hook claims.map/v1 --input alice.json\n" +
			"  postern plugin run plugin.wasm --input - --live --allow http.fetch=api.example.org",
	}
	of.flags(c)
	c.Flags().StringVar(&of.calls, "calls", "", "`FILE` with the calls that are played, a JSON array as cases have it")
	c.Flags().BoolVar(&live, "live", false, "do what the plugin asks for")
	may.flags(c)
	c.PreRunE = func(*cobra.Command, []string) error {
		switch {
		case of.input == "":
			return usagef("give --input FILE, or - for standard input", "the input is missing")
		case live && of.calls != "":
			return usagef("give one of them", "--live and --calls exclude each other")
		case !live && may.given():
			return usagef("add --live", "without --live the plugin may not do anything")
		}
		return of.check()
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		call, err := of.call(p)
		if err != nil {
			return err
		}
		world, err := may.world()
		if err != nil {
			return err
		}
		call.Live = live
		return p.runHook(c.Context(), args[0], world, call)
	}
	return c
}

// runHook makes a call and prints what came of it.
func (p *program) runHook(ctx context.Context, file string, world *workbench.World, call workbench.Call) error {
	module, err := workbench.Open(ctx, file, world)
	if err != nil {
		return err
	}
	defer module.Close()
	outcome, err := module.Run(ctx, call)
	p.tell(&outcome)
	if err != nil {
		return err
	}
	if p.json {
		return p.print(viewOutcome(&outcome), nil)
	}
	if len(outcome.Output) > 0 {
		_, err = p.Out.Write(append(outcome.Output, '\n'))
	}
	return err
}

// tell says on standard error what came of a call beside its output.
func (p *program) tell(o *workbench.Outcome) {
	for _, note := range o.Notes {
		p.note("note: %s", note)
	}
	if p.json {
		return
	}
	for _, line := range logLines(o.Log) {
		p.lines("log: " + line)
	}
	if o.Took > 0 {
		p.lines("fuel " + countText(o.Fuel) + ", time " + durationText(o.Took) + ", memory " + bytesText(int64(o.Memory)))
	}
}
