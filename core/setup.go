package core

import "time"

// Setup is the state of the one-time link for the first administrator.
type Setup struct {
	Hash     Hash // of the link's credential; zero if none was made
	OpenedAt time.Time
	ClosedAt time.Time // zero until there is an administrator
}

// Open reports whether the first administrator is still to be made.
func (s Setup) Open() bool { return s.ClosedAt.IsZero() && !s.Hash.IsZero() }
