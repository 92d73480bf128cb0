package cache

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// How long a document is kept, whatever its Cache-Control says.
	minLife = 5 * time.Minute
	maxLife = time.Hour
	// failureLife is how long a failure is kept.
	failureLife = 30 * time.Second
	// minAge is how old a document is before it may be renewed: whoever sends tokens
	// with unknown keys must not make us fetch for each.
	minAge = time.Minute
	// fetchTime bounds one fetch, which no caller ends.
	fetchTime = 10 * time.Second
)

// Fetch gets the document and says how long it may be kept, for which [Life] is there.
type Fetch[T any] func(ctx context.Context, url string) (T, time.Duration, error)

// Options say what a cache keeps.
type Options struct {
	Now  func() time.Time
	Size int // documents; what was not asked for the longest makes room
	// Stale is how long a document serves after its time if no newer one can be had.
	Stale time.Duration
}

// Cache keeps documents by their URL. Of each there is one fetch at a time, which
// all who want it wait for. It belongs to none of them: a caller without patience
// neither ends it nor has it kept as a failure.
type Cache[T any] struct {
	options Options
	fetch   Fetch[T]

	mu      sync.Mutex
	entries map[string]*entry[T]
}

type entry[T any] struct {
	value   T
	err     error
	at      time.Time // of the last fetch
	until   time.Time
	stale   time.Time // when the value is not even good enough where there is no other
	used    time.Time
	running chan struct{} // nil if nobody fetches
}

// New makes an empty cache.
func New[T any](o Options, fetch Fetch[T]) *Cache[T] {
	return &Cache[T]{options: o, fetch: fetch, entries: map[string]*entry[T]{}}
}

// Get gives the document. With renew it is fetched again if it is older than a
// minute.
func (c *Cache[T]) Get(ctx context.Context, url string, renew bool) (T, error) {
	for {
		c.mu.Lock()
		now, e := c.options.Now(), c.entry(url)
		if now.Before(e.until) && (!renew || now.Sub(e.at) < minAge) {
			defer c.mu.Unlock()
			return e.value, e.err
		}
		done := c.start(e, url)
		c.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}

// entry gives the entry, for which it makes room.
func (c *Cache[T]) entry(url string) *entry[T] {
	e := c.entries[url]
	if e == nil {
		if len(c.entries) >= c.options.Size {
			delete(c.entries, c.oldest())
		}
		e = &entry[T]{}
		c.entries[url] = e
	}
	e.used = c.options.Now()
	return e
}

func (c *Cache[T]) oldest() (url string) {
	var used time.Time
	for key, e := range c.entries {
		if url == "" || e.used.Before(used) {
			url, used = key, e.used
		}
	}
	return url
}

func (c *Cache[T]) start(e *entry[T], url string) (done <-chan struct{}) {
	if e.running == nil {
		e.running = make(chan struct{})
		go c.run(e, url)
	}
	return e.running
}

func (c *Cache[T]) run(e *entry[T], url string) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	defer cancel()
	value, life, err := c.fetch(ctx, url)
	c.mu.Lock()
	defer c.mu.Unlock()
	e.at = c.options.Now()
	switch {
	case err == nil:
		e.value, e.err, e.until = value, nil, e.at.Add(life)
		e.stale = e.until.Add(c.options.Stale)
	case e.err == nil && !e.at.Before(e.until) && e.at.Before(e.stale):
		e.until = e.at.Add(failureLife)
	case e.err != nil || !e.at.Before(e.until): // there is no good one to go on with
		e.err, e.until = err, e.at.Add(failureLife)
	}
	close(e.running)
	e.running = nil
}

// Life says how long an answer may be kept (RFC 9111 section 5.2.2), within our
// bounds.
func Life(header http.Header) time.Duration {
	var age time.Duration
	for directive := range strings.SplitSeq(strings.Join(header.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return minLife
		case "max-age":
			if seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				age = time.Duration(seconds) * time.Second
			}
		}
	}
	return min(max(age, minLife), maxLife)
}
