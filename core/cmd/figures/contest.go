package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/postern-id/postern/sdk/hook"
)

// way is one way to have the claims of a message mapped.
type way struct {
	name  string
	in    *hook.ClaimsInput
	call  func(context.Context, *hook.ClaimsInput) (hook.Object, error)
	ready func(context.Context) error // before each call, not measured; may be nil

	other int // process that does a part of the work; 0: none

	timing // the best of the rounds
}

// timing says how long calls take.
type timing struct {
	p50, p99 time.Duration
	// work is the time of processors that a call took, of all threads of all processes
	// that had a part in it; 0 where the system does not say. Others who use the machine
	// make a call wait, but hardly work more.
	work time.Duration
}

func (t timing) least(other timing) timing {
	return timing{min(t.p50, other.p50), min(t.p99, other.p99), min(t.work, other.work)}
}

// contest measures the ways in rounds, each of them in every round for the span, so
// that whatever else the machine does meets them all. Of the rounds the best counts:
// others only ever make a call slower.
func contest(ctx context.Context, ways []*way, rounds int, span time.Duration) error {
	if err := agree(ctx, ways); err != nil {
		return err
	}
	for round := range rounds {
		for _, w := range ways {
			got, err := w.measure(ctx, span)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			if round == 0 {
				w.timing = got
			}
			w.timing = w.timing.least(got)
		}
	}
	return nil
}

// agree holds that all ways give the same claims for the same message as the first of
// them.
func agree(ctx context.Context, ways []*way) error {
	want := map[*hook.ClaimsInput][]byte{}
	for _, w := range ways {
		claims, err := w.call(ctx, w.in)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		got := claims.AppendJSON(nil)
		if want[w.in] == nil {
			want[w.in] = got
		}
		if !bytes.Equal(got, want[w.in]) {
			return fmt.Errorf("%s gives %s, the first way gives %s", w.name, got, want[w.in])
		}
	}
	return nil
}

// measure calls for the span, and often enough for a 99th percentile.
func (w *way) measure(ctx context.Context, span time.Duration) (timing, error) {
	const warm, least = 5, 100
	var took []time.Duration
	before := w.worked()
	for begin := time.Now(); len(took) < warm+least || time.Since(begin) < span; {
		if err := ctx.Err(); err != nil {
			return timing{}, err
		}
		if w.ready != nil {
			if err := w.ready(ctx); err != nil {
				return timing{}, err
			}
		}
		start := time.Now()
		_, err := w.call(ctx, w.in)
		took = append(took, time.Since(start))
		if err != nil {
			return timing{}, err
		}
	}
	work := (w.worked() - before) / time.Duration(len(took))
	took = took[warm:]
	slices.Sort(took)
	return timing{took[len(took)/2], took[len(took)*99/100], work}, nil
}

// worked is the time of processors that was used so far.
func (w *way) worked() time.Duration {
	sum := processorTime(os.Getpid())
	if w.other != 0 {
		sum += processorTime(w.other)
	}
	return sum
}
