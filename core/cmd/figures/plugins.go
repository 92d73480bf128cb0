package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/postern-id/postern/core/cmd/figures/job"
	"github.com/postern-id/postern/core/observe"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

// pluginOptions are those of `figures plugins`.
type pluginOptions struct {
	rounds  int
	span    time.Duration // of each way in each round
	only    string
	profile string
}

// pluginFigures are what `figures plugins` measures.
type pluginFigures struct {
	speeds  []speed
	costs   []cost
	missing []guest
}

// speed is how long the claims of a message take to be mapped.
type speed struct {
	language string
	size     int    // bytes of the message
	sandbox  timing // through plugin.Host.MapClaims: fuel, limits, a fresh state after each call
	plain    timing // wazero alone, one instance for all calls
	limited  timing // the same, where wazero watches the time
	native   timing // the same work in Go, without WebAssembly
	webhook  timing // the same work in Go, in another process, over a connection on loopback
}

// Aims of a call.
const (
	aimPlain   = 2.0 // times the time of wazero alone, at most
	aimLimited = 3.0 // times as fast as with wazero's own limit, at least
	aimWebhook = 5.0 // times as fast as the webhook, at least
	// aimSmall is for the languages without a runtime of their own, at 1 KB.
	aimSmall = 30 * time.Microsecond
	// wazeroLimit is how long a call may take where wazero watches.
	wazeroLimit = time.Second
)

func runPlugins(ctx context.Context, args []string) error {
	var o pluginOptions
	flags := flag.NewFlagSet("figures plugins", flag.ExitOnError)
	flags.IntVar(&o.rounds, "rounds", 15, "rounds in which everything is measured; the best counts")
	flags.DurationVar(&o.span, "span", 50*time.Millisecond, "how long each way is measured in a round")
	flags.StringVar(&o.only, "only", "", "measure only the languages whose names have this part")
	flags.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile of the calls to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	fmt.Printf("%s, %s/%s, %d processors, the best of %d rounds of %v\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), o.rounds, o.span)
	stop, err := startProfile(o.profile)
	if err != nil {
		return err
	}
	f, err := measurePlugins(ctx, o)
	stop()
	if err != nil {
		return err
	}
	return f.print(os.Stdout)
}

// measurePlugins builds the plugin of the figures in all languages and measures them.
func measurePlugins(ctx context.Context, o pluginOptions) (f pluginFigures, err error) {
	var guests []guest
	for _, g := range buildGuests(ctx, o.only) {
		if g.missing != nil {
			f.missing = append(f.missing, g)
			continue
		}
		guests = append(guests, g)
	}
	for _, g := range guests {
		c, err := measureCost(ctx, g, min(o.rounds, 5))
		if err != nil {
			return f, fmt.Errorf("%s: %w", g.language, err)
		}
		f.costs = append(f.costs, c)
	}
	f.speeds, err = measureSpeeds(ctx, o, guests)
	return f, err
}

// measureSpeeds measures all guests and all messages in the same rounds.
func measureSpeeds(ctx context.Context, o pluginOptions, guests []guest) (speeds []speed, err error) {
	hooked, err := newWebhook()
	if err != nil {
		return nil, err
	}
	defer hooked.close()
	arenas := make([]*arena, len(guests))
	for i, g := range guests {
		if arenas[i], err = newArena(ctx, g.module); err != nil {
			return nil, fmt.Errorf("%s: %w", g.language, err)
		}
		defer arenas[i].close(ctx)
	}
	var ways []*way
	add := func(w way) *way { ways = append(ways, &w); return &w }
	var take []func() // the results
	for _, size := range []int{1 << 10, 8 << 10} {
		in := job.Message(size)
		text := in.AppendJSON(nil)
		alone := add(way{name: "native", in: in, call: func(context.Context, *hook.ClaimsInput) (hook.Object, error) {
			output, err := native(text)
			if err != nil {
				return nil, err
			}
			return applied(in, output)
		}})
		remote := add(way{name: "webhook", in: in, call: hooked.mapClaims, other: hooked.process.Process.Pid})
		for i, g := range guests {
			a := arenas[i]
			sandbox := add(way{name: g.language + ", sandbox", in: in, call: a.mapClaims})
			plain := add(way{name: g.language + ", wazero alone", in: in, call: a.plain.mapClaims, ready: a.plain.ready})
			limited := add(way{name: g.language + ", wazero with a limit", in: in, call: a.limited.mapClaims, ready: a.limited.ready})
			take = append(take, func() {
				speeds = append(speeds, speed{g.language, size, sandbox.timing, plain.timing, limited.timing, alone.timing, remote.timing})
			})
		}
	}
	err = contest(ctx, ways, o.rounds, o.span)
	for _, t := range take {
		t()
	}
	return speeds, err
}

// arena is a guest in all the ways that it is measured in.
type arena struct {
	host           *plugin.Host
	plain, limited *plain
}

func newArena(ctx context.Context, module []byte) (*arena, error) {
	s := &shelf{}
	s.serve(module)
	a := &arena{}
	var err error
	// As the server has it, with the metrics.
	if a.host, err = plugin.New(ctx, plugin.Options{
		Source: s, Logger: slog.New(slog.DiscardHandler), Observer: observe.New(time.Now), Now: time.Now, Rand: rand.Reader,
	}); err != nil {
		return nil, err
	}
	if a.plain, err = newPlain(ctx, module, 0); err != nil {
		return nil, err
	}
	a.limited, err = newPlain(ctx, module, wazeroLimit)
	return a, err
}

func (a *arena) mapClaims(ctx context.Context, in *hook.ClaimsInput) (hook.Object, error) {
	claims, _, err := a.host.MapClaims(ctx, in)
	return claims, err
}

func (a *arena) close(ctx context.Context) error {
	return errors.Join(a.host.Close(ctx), a.plain.close(ctx), a.limited.close(ctx))
}

// missed names the aims that the speed does not reach.
func (s *speed) missed() (names []string) {
	aim := func(name string, reached bool) {
		if !reached {
			names = append(names, name)
		}
	}
	aim("wazero", ratio(s.sandbox, s.plain) < aimPlain)
	aim("limit", ratio(s.limited, s.sandbox) >= aimLimited)
	aim("webhook", ratio(s.webhook, s.sandbox) >= aimWebhook)
	aim("30 us", s.language == "Go" || s.size > 1<<10 || s.sandbox.p50 < aimSmall)
	return names
}

func ratio(a, b timing) float64 { return float64(a.p50) / float64(max(b.p50, 1)) }

func (f *pluginFigures) print(w io.Writer) error {
	fmt.Fprintf(w, "\nclaims.map/v1, one call after the other, times of the median call (p50):\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "language\tmessage\tp50\tp99\tnative Go\twazero alone\t\twazero with its limit\t\twebhook\t\tprocessors\tthe webhook's\t\taims missed\t")
	for i := range f.speeds {
		s := &f.speeds[i]
		fmt.Fprintf(table, "%s\t%d KB\t%s\t%s\t%s\t%s\t%.1fx as slow\t%s\t%.1fx as fast\t%s\t%.1fx as fast\t%s\t%s\t%.1fx as much\t%s\t\n",
			s.language, s.size>>10, us(s.sandbox.p50), us(s.sandbox.p99), us(s.native.p50), us(s.plain.p50), ratio(s.sandbox, s.plain),
			us(s.limited.p50), ratio(s.limited, s.sandbox), us(s.webhook.p50), ratio(s.webhook, s.sandbox),
			us(s.sandbox.work), us(s.webhook.work), float64(s.webhook.work)/float64(max(s.sandbox.work, 1)), orNone(s.missed()))
	}
	err := table.Flush()
	fmt.Fprintf(w, "\naims: less than %.0fx as slow as wazero alone, which counts no fuel and keeps its state; at least %.0fx as fast as with wazero's own limit\n"+
		"(WithCloseOnContextDone); at least %.0fx as fast as a webhook on loopback; below %d us at 1 KB but in Go\n"+
		"processors: the time of all processors that a call takes, on both sides of a connection\n\n",
		aimPlain, aimLimited, aimWebhook, aimSmall.Microseconds())
	fmt.Fprintln(table, "language\tmodule\tcompile\tfrom the cache\tstart\tmemory\tinstance\tit takes\tpages written, 8 KB\tfuel, 8 KB\t")
	for i := range f.costs {
		c := &f.costs[i]
		fmt.Fprintf(table, "%s\t%d KB\t%s\t%s\t%s\t%d KB\t%s\t%d KB\t%d\t%d\t\n", c.language, c.size>>10, us(c.compile), us(c.cached), us(c.start),
			c.memory>>10, us(c.instance), c.resident>>10, c.pages, c.fuel)
	}
	err = errors.Join(err, table.Flush())
	for _, g := range f.missing {
		fmt.Fprintf(w, "\nMISSING: %s is not measured: %v\n", g.language, g.missing)
	}
	return err
}

// us prints three digits.
func us(d time.Duration) string {
	switch {
	case d < 100*time.Microsecond:
		return fmt.Sprintf("%.1f us", float64(d)/1e3)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%d us", d.Microseconds())
	default:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return fmt.Sprint(names)
}
