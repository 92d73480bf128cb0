package backchannel

import "time"

// How long it waits after failures.
//
// A notice that failed is put off, longer each time, and others pass it. With these
// numbers it is given up after a day.
//
// A client that cannot be reached, or refuses several in a row, rests, longer each time
// until it takes one: to try everything that waits would only use up its chances.
const (
	firstDelay   = time.Second
	longestDelay = time.Hour
	mostFailures = 36

	mostRefusals = 3
	longestRest  = time.Minute
)

// delay doubles with each failure, and is up to a quarter shorter, so that what
// failed together does not come again together.
func (d *Deliverer) delay(failures int, longest time.Duration) time.Duration {
	delay := min(firstDelay<<min(failures-1, 20), longest)
	return delay - time.Duration(d.Rand()*float64(delay/4))
}
