package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// soakOptions are those of `figures soak`.
type soakOptions struct {
	reloads int // of a host of plugins
	server  int // of a whole server
	callers int
}

// soaked is what modules are loaded anew in, under load.
type soaked interface {
	// reload makes the nth change and waits until it was carried out.
	reload(ctx context.Context, n int) error
	// caller makes what calls as one of several, and what ends it.
	caller() (call func(context.Context) error, end func(), err error)
}

// soaking is what came of it.
type soaking struct {
	name          string
	reloads       int
	calls, failed int64
	failure       error // the first
	before, after footing
	took          time.Duration
}

// Tolerances. What is left of a module that went is found by its two files, of which
// none may be left, and by its mappings: of machine code, of its snapshot, of the memory
// of each instance. Memory is counted too, because a leak may be in none of these; but
// pages of the heap are given back in pieces, so there is a margin: a thousand reloads
// find what leaves 24 kB each, of the megabytes that a module in Go takes.
const (
	// spareFiles are those of readers of the database, two each, that are opened when
	// calls first come together.
	spareFiles    = 6
	spareMappings = 24       // Go's own heap is in mappings that come and go
	spareHeap     = 4 << 20  // bytes
	spareResident = 24 << 10 // kB
	// spareRelease is what the server has to remember of a release that was installed:
	// everything that ran is kept, so that one can go back.
	spareRelease = 2 << 10 // bytes
)

func runSoak(ctx context.Context, args []string) error {
	var o soakOptions
	flags := flag.NewFlagSet("figures soak", flag.ExitOnError)
	flags.IntVar(&o.reloads, "reloads", 1000, "how often a module is loaded anew in a host of plugins")
	flags.IntVar(&o.server, "server", 200, "how often one is installed, reloaded or refused in a whole server")
	flags.IntVar(&o.callers, "callers", 4, "callers at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	fmt.Printf("%s, %s/%s, %d processors, %d callers\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), o.callers)
	all, err := measureSoak(ctx, o)
	return errors.Join(printSoak(os.Stdout, all), err)
}

// measureSoak soaks a host of plugins, then a whole server. The error says what is not
// as it was.
func measureSoak(ctx context.Context, o soakOptions) ([]soaking, error) {
	dir, err := os.MkdirTemp("", "postern-soak-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	v, err := buildVersions(ctx, dir)
	if err != nil {
		return nil, err
	}
	var all []soaking
	var errs []error
	for _, part := range []struct {
		name    string
		reloads int
		open    func(context.Context, string, versions) (soaked, func() error, error)
	}{{"plugin host", o.reloads, newSoakedHost}, {"whole server", o.server, newSoakedServer}} {
		if part.reloads == 0 {
			continue
		}
		s, end, err := part.open(ctx, filepath.Join(dir, part.name), v)
		if err != nil {
			return all, fmt.Errorf("%s: %w", part.name, err)
		}
		got, err := soak(ctx, s, part.reloads, o.callers)
		got.name = part.name
		all = append(all, got)
		errs = append(errs, err, end())
		if err == nil {
			errs = append(errs, got.check())
		}
	}
	return all, errors.Join(errs...)
}

// soak warms up, looks at the process, reloads under load, and looks again.
func soak(ctx context.Context, s soaked, reloads, callers int) (got soaking, err error) {
	const warm = 20
	if err := got.load(ctx, s, min(warm, reloads), callers); err != nil {
		return got, err
	}
	if got.before, err = settled(footing{}); err != nil {
		return got, err
	}
	got.reloads, got.calls = reloads, 0
	begin := time.Now()
	if err := got.load(ctx, s, reloads, callers); err != nil {
		return got, err
	}
	got.took = time.Since(begin)
	got.after, err = settled(got.before)
	return got, err
}

// load reloads while callers call.
func (g *soaking) load(ctx context.Context, s soaked, reloads, callers int) error {
	ctx, stop := context.WithCancel(ctx)
	var (
		calls, failed atomic.Int64
		wait          sync.WaitGroup
		first         sync.Once
	)
	defer func() { stop(); wait.Wait() }()
	for range callers {
		call, end, err := s.caller()
		if err != nil {
			return err
		}
		wait.Go(func() {
			defer end()
			for ctx.Err() == nil {
				calls.Add(1)
				if err := call(context.WithoutCancel(ctx)); err != nil {
					failed.Add(1)
					first.Do(func() { g.failure = err })
				}
				time.Sleep(500 * time.Microsecond) // there are few processors, and loading needs some
			}
		})
	}
	var err error
	for n := 0; n < reloads && err == nil; n++ {
		err = s.reload(ctx, n)
	}
	stop()
	wait.Wait()
	g.calls, g.failed = g.calls+calls.Load(), g.failed+failed.Load()
	return err
}

// check says what is not as it was.
func (g *soaking) check() error {
	var errs []error
	hold := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s: "+format, append([]any{g.name}, args...)...))
		}
	}
	a, b := g.after, g.before
	hold(g.failed == 0, "%d of %d calls failed, the first: %w", g.failed, g.calls, g.failure)
	hold(a.files <= b.files+spareFiles, "%d files are open, %d were", a.files, b.files)
	hold(a.goroutines <= b.goroutines, "%d goroutines are there, %d were", a.goroutines, b.goroutines)
	hold(a.mappings <= b.mappings+spareMappings, "%d mappings are there, %d were", a.mappings, b.mappings)
	hold(a.heap <= b.heap+spareHeap+g.reloads*spareRelease, "the heap has %d kB, it had %d", a.heap>>10, b.heap>>10)
	hold(a.resident <= b.resident+spareResident, "the process has %d kB, it had %d", a.resident, b.resident)
	return errors.Join(errs...)
}

func printSoak(w io.Writer, all []soaking) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\treloads\ttook\tcalls\tfailed\t\tresident\theap\tmappings\tfiles\tgoroutines\t")
	for i := range all {
		g := &all[i]
		line := func(head, when string, f footing) {
			fmt.Fprintf(table, "%s%s\t%.1f MB\t%.1f MB\t%d\t%d\t%d\t\n", head, when,
				float64(f.resident)/1e3, float64(f.heap)/1e6, f.mappings, f.files, f.goroutines)
		}
		line(fmt.Sprintf("%s\t%d\t%v\t%d\t%d\t", g.name, g.reloads, g.took.Round(time.Second), g.calls, g.failed), "before", g.before)
		line("\t\t\t\t\t", "after", g.after)
	}
	return table.Flush()
}

// versions are modules of one plugin.
type versions struct {
	good    [2][]byte
	refused []byte // it fails its own sample
}

func buildVersions(ctx context.Context, dir string) (v versions, err error) {
	for flags, into := range map[string]*[]byte{
		"":                      &v.good[0],
		"-X main.version=2.0.0": &v.good[1],
		"-X main.failure=never": &v.refused,
	} {
		name, err := linkGo(ctx, dir, flags)
		if err != nil {
			return v, err
		}
		if *into, err = os.ReadFile(name); err != nil {
			return v, err
		}
	}
	return v, nil
}

// ledger is a log that counts the loads of modules which it is told of.
type ledger struct{ loaded, refused atomic.Int64 }

func (l *ledger) Enabled(context.Context, slog.Level) bool { return true }
func (l *ledger) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *ledger) WithGroup(string) slog.Handler            { return l }

func (l *ledger) Handle(_ context.Context, r slog.Record) error {
	switch r.Message {
	case "plugin module loaded":
		l.loaded.Add(1)
	case "plugin module cannot be loaded":
		l.refused.Add(1)
	}
	return nil
}

// await waits until one of the numbers has risen to what it should be.
func (l *ledger) await(ctx context.Context, loaded, refused int64) error {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		switch is, was := l.loaded.Load(), l.refused.Load(); {
		case is == loaded && was == refused:
			return nil
		case is > loaded || was > refused:
			return fmt.Errorf("%d modules were loaded and %d refused, not %d and %d", is, was, loaded, refused)
		case time.Now().After(deadline):
			return errors.New("a module was not loaded within a minute")
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
	}
}
