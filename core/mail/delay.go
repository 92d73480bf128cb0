package mail

import "time"

// How long it waits after failures.
//
// A mail that its recipient's server does not take now is put off, longer each time, and
// others pass it: servers that see a sender for the first time often take the mail some
// minutes later alone (RFC 6647). It is given up when it has expired.
//
// A mail server that cannot be used rests, longer each time until it takes a mail.
const (
	firstDelay   = 10 * time.Second
	longestDelay = 15 * time.Minute
	firstRest    = time.Second
	longestRest  = time.Minute
)

// delay doubles with each failure, and is up to a quarter shorter, so that what failed
// together does not come again together.
func (d *Deliverer) delay(first, longest time.Duration, failures int) time.Duration {
	delay := min(first<<min(failures-1, 20), longest)
	return delay - time.Duration(d.Rand()*float64(delay/4))
}
