package store

import "time"

// Options say which database to open.
type Options struct {
	// Path is the database file. It is made, and its folder too, for the owner
	// alone.
	Path string
	// Readers is how many connections read at once; zero means two for each
	// processor, at least four.
	Readers int
	// BusyTimeout is how long a write waits for another process that writes;
	// zero means ten seconds.
	BusyTimeout time.Duration
	// Now gives the time for what the store itself makes; nil means the system's
	// clock.
	Now func() time.Time
}
