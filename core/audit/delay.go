package audit

import "time"

// How long it waits after failures.
//
// An event that failed is put off, longer each time, and others pass it: a plugin
// that cannot do with some events gets the others. With these numbers it is given
// up after a day.
//
// A plugin that failed several times in a row, whatever the events, rests, longer
// each time until it takes one: it is down, and to try everything that waits would
// only use up its chances.
const (
	firstDelay   = time.Second
	longestDelay = time.Hour
	mostFailures = 36

	restAfter   = 3
	longestRest = time.Minute
)

// delay doubles with each failure, and is up to a quarter shorter, so that what
// failed together does not come again together.
func (d *Deliverer) delay(failures int, longest time.Duration) time.Duration {
	delay := min(firstDelay<<min(failures-1, 20), longest)
	return delay - time.Duration(d.Rand()*float64(delay/4))
}

// restAfter says how long a plugin rests after a round. What the store does not
// give cannot be tried at once either.
func (d *Deliverer) restAfter(r round) time.Duration {
	switch {
	case r.tired:
		return d.delay(r.rests, longestRest)
	case r.broken:
		return firstDelay
	}
	return 0
}
