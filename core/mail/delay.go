package mail

import "time"

// How long a mail waits that its recipient's server does not take now. It is put off,
// longer each time, and others pass it: servers that see a sender for the first time often
// take the mail some minutes later alone (RFC 6647). It is given up when it has expired.
const (
	firstDelay   = 10 * time.Second
	longestDelay = 15 * time.Minute
)
