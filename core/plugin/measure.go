package plugin

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// Effort is how much a [Trial] measures.
type Effort struct {
	Time time.Duration // with one caller, and as long again with one for each CPU
	// Tell hears what is being done, and how far it is, from 0 to 1; nil is legal.
	Tell func(what string, done float64)
}

// Measured is what calls of a hook cost. Each has its time in the pool, the host's
// work for the message, the guest's, and the time to put memory back.
type Measured struct {
	Calls       int // of one caller
	Median, P99 time.Duration
	CPUs        int
	PerSecond   float64 // on all CPUs
	Fuel        int64   // of a call
	Instance    time.Duration
	// Resident is how much memory of the system each instance takes, in bytes; 0 where
	// the system does not say. It is no more than an estimate: others use memory too.
	Resident int64
}

// mostTimes bounds the durations that are kept, mostInstances the instances that
// are made to see what they cost.
const (
	mostTimes     = 1 << 18
	mostInstances = 16
)

// Measure makes a call again and again. Calls are played, never live.
func (t *Trial) Measure(ctx context.Context, run Run, effort Effort) (Measured, error) {
	run.Live = false
	first, err := t.Run(ctx, run)
	if err != nil {
		return Measured{}, err
	}
	plugin, number, err := t.find(&run)
	if err != nil {
		return Measured{}, err
	}
	r := rig{t, run, plugin, number, effort}
	measured := Measured{Fuel: first.Fuel, CPUs: runtime.GOMAXPROCS(0)}
	if measured.Instance, measured.Resident, err = r.instances(); err != nil {
		return Measured{}, err
	}
	took, err := r.alone(ctx)
	if err != nil {
		return Measured{}, err
	}
	slices.Sort(took)
	measured.Calls, measured.Median, measured.P99 = len(took), took[len(took)/2], took[len(took)*99/100]
	measured.PerSecond, err = r.together(ctx, measured.CPUs)
	return measured, err
}

// rig makes the calls of a measurement.
type rig struct {
	trial          *Trial
	run            Run
	plugin, number int
	effort         Effort
}

func (r *rig) tell(what string, done float64) {
	if r.effort.Tell != nil {
		r.effort.Tell(what, min(done, 1))
	}
}

// order is that of one call.
func (r *rig) order(ctx context.Context) *order {
	s := serve(&core.PluginInstance{Name: "trial", Plugin: r.run.Plugin, Limits: r.run.Limits}, nil, nil)
	o := r.trial.host.orderFor(ctx, r.trial.module, s, r.run.Hook, nil)
	o.desk.plays = true
	if len(r.run.Plays) > 0 {
		o.desk.play = replay.NewPlayer(r.run.Plays)
	}
	return o
}

func (r *rig) call(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	m := r.trial.module
	_, err := m.call(ctx, m.shared, r.plugin, r.number, written{text: r.run.Input}, r.order(ctx))
	return err
}

// instances makes some, each of which serves a call, and sees what they cost.
func (r *rig) instances() (each time.Duration, resident int64, err error) {
	m := r.trial.module
	all := make([]*instance, 0, mostInstances)
	defer func() {
		for _, i := range all {
			i.close()
		}
	}()
	var spent time.Duration
	before := residentMemory()
	for n := range mostInstances {
		r.tell("making instances", float64(n)/mostInstances)
		begin := time.Now()
		i, err := m.newInstance()
		if err != nil {
			return 0, 0, err
		}
		spent += time.Since(begin)
		all = append(all, i)
		i.begin(r.order(context.Background()))
		i.input = append(i.input, r.run.Input...)
		i.renew(i.run(r.plugin, r.number))
	}
	if after := residentMemory(); before > 0 {
		resident = max(after-before, 0) / mostInstances
	}
	return spent / mostInstances, resident, nil
}

// alone calls one after the other.
func (r *rig) alone(ctx context.Context) ([]time.Duration, error) {
	took := make([]time.Duration, 0, mostTimes)
	begin := time.Now()
	for last := begin; ; {
		if err := r.call(ctx); err != nil {
			return nil, err
		}
		now := time.Now()
		took = append(took, now.Sub(last))
		last = now
		if now.Sub(begin) >= r.effort.Time || len(took) == mostTimes {
			return took, nil
		}
		if len(took)%64 == 0 {
			r.tell("calling from one place", float64(now.Sub(begin))/float64(r.effort.Time))
		}
	}
}

// together calls from as many places as there are CPUs and gives the calls a
// second.
func (r *rig) together(ctx context.Context, callers int) (float64, error) {
	counts, errs := make([]int, callers), make([]error, callers)
	begin := time.Now()
	var all sync.WaitGroup
	for n := range callers {
		all.Go(func() {
			for errs[n] == nil && (counts[n] == 0 || time.Since(begin) < r.effort.Time) {
				errs[n] = r.call(ctx)
				if counts[n]++; n == 0 && counts[n]%64 == 0 {
					r.tell("calling from each CPU", float64(time.Since(begin))/float64(r.effort.Time))
				}
			}
		})
	}
	all.Wait()
	spent, calls := time.Since(begin), 0
	for n := range callers {
		if errs[n] != nil {
			return 0, errs[n]
		}
		calls += counts[n]
	}
	return float64(calls) / spent.Seconds(), nil
}

// residentMemory is what the process has of the machine's memory, in bytes; 0 where
// the system does not say.
func residentMemory() int64 {
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
