// Command figures prints how fast Postern is, how long it takes to start, and how
// big it is, each beside its limit: a bare handler that does nothing but the work
// itself, under the same load in the same run. Server, bare handler and load share
// the machine, so ratios count more than figures.
//
// `figures plugins` prints the same of plugins in each language, beside the work
// without a sandbox, with wazero's own limit of time, and as a webhook. `figures soak`
// loads modules anew again and again under load, and fails if anything is left of them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

// command runs what the first argument names; without one, the figures of the server.
func command(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "plugins":
			return runPlugins(ctx, args[1:])
		case "soak":
			return runSoak(ctx, args[1:])
		case webhookCommand:
			return serveWebhook()
		}
	}
	var o options
	flags := flag.NewFlagSet("figures", flag.ExitOnError)
	flags.DurationVar(&o.span, "span", 3*time.Second, "how long each figure is measured")
	flags.IntVar(&o.connections, "connections", 32, "connections at once")
	flags.StringVar(&o.only, "only", "", "measure only one of discovery, codes, refreshes, resources, sign-ins")
	flags.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile of the requests to this file")
	flags.BoolVar(&o.noStart, "no-start", false, "leave out starts, size and memory, which need the go command")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("there are no figures of %q: name plugins or soak, or nothing for the server", flags.Arg(0))
	}
	return run(ctx, o)
}

type options struct {
	span        time.Duration
	connections int
	only        string
	profile     string
	noStart     bool
}

// figure is a line of the table.
type figure struct {
	name  string
	value string
	limit string // what it is measured against
	ratio string
	aim   string
}

func run(ctx context.Context, o options) error {
	fmt.Printf("%s, %s/%s, %d processors, %d connections, %v each\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), o.connections, o.span)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "figure\tPostern\tlimit\tratio\taim\t")
	print := func(f figure) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", f.name, f.value, f.limit, f.ratio, f.aim)
	}
	stop, err := startProfile(o.profile)
	if err != nil {
		return err
	}
	err = measureRequests(ctx, o, print)
	stop()
	if err == nil && !o.noStart {
		err = measureStarts(ctx, print)
	}
	return errors.Join(table.Flush(), err)
}

// startProfile writes a CPU profile to the file until it is stopped. Without a name
// there is none.
func startProfile(name string) (stop func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { pprof.StopCPUProfile(); file.Close() }, nil
}

// perSecond makes a line of two rates of requests.
func perSecond(name string, ours, bare float64, aim string) figure {
	f := figure{name: name, value: fmt.Sprintf("%.0f/s", ours), aim: aim}
	if bare > 0 {
		f.limit, f.ratio = fmt.Sprintf("%.0f/s", bare), fmt.Sprintf("%.0f %%", 100*ours/bare)
	}
	return f
}
