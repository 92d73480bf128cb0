package observe

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Each octave of times has this many steps, so that a quantile is less than a quarter too
// long.
const stepsOfOctave = 4

// shortest is the end of the first step, and octaves how often it is doubled.
const (
	shortest = 8 * time.Microsecond
	octaves  = 23 // to 67 seconds
)

// latency counts how long calls took, in steps. It may be used by many goroutines at once.
type latency struct {
	steps [octaves*stepsOfOctave + 1]atomic.Int64
}

func (l *latency) note(d time.Duration) { l.steps[stepOf(d)].Add(1) }

// stepOf gives the step that a time belongs to: the octave by its highest bit, the step
// within by the two bits below.
func stepOf(d time.Duration) int {
	if d <= shortest {
		return 0
	}
	n := uint64((d - 1) / (shortest / stepsOfOctave)) // at least stepsOfOctave
	octave := bits.Len64(n) - 3
	return min(1+octave*stepsOfOctave+int(n>>octave)-stepsOfOctave, octaves*stepsOfOctave)
}

// endOf gives the longest time of a step; of the last one it is the shortest.
func endOf(step int) time.Duration {
	if step == 0 {
		return shortest
	}
	octave, within := (step-1)/stepsOfOctave, (step-1)%stepsOfOctave
	return (shortest / stepsOfOctave) << octave * time.Duration(stepsOfOctave+within+1)
}

// quantile gives a time that this part of the calls, of 1, did not exceed; zero without
// calls.
func (l *latency) quantile(part float64) time.Duration {
	var counts [len(l.steps)]int64
	var all int64
	for i := range l.steps {
		counts[i] = l.steps[i].Load()
		all += counts[i]
	}
	wanted := float64(all) * part
	var seen int64
	for i, n := range counts {
		if seen += n; n > 0 && float64(seen) >= wanted {
			return endOf(i)
		}
	}
	return 0
}
