package observe

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of a [Logbook].
const (
	linesOfOwner = 200
	longestLine  = 8 << 10 // bytes, as much as a call of a plugin may write
	mostOwners   = 200
)

// Line is what was logged about an instance.
type Line struct {
	// Number rises by one with each line of the instance: where one is missing, a line was
	// dropped. An instance that was forgotten, because too many others wrote, goes on behind
	// all numbers that there were.
	Number uint64
	At     time.Time
	Level  slog.Level
	Text   string
}

// Logbook keeps the newest lines of the log that are about a plugin instance, so that they
// can be looked at while the server runs. It may be used by many goroutines at once.
type Logbook struct {
	mu     sync.Mutex
	most   uint64            // the highest number of all
	owners map[string][]Line // each the oldest first, and none without a line
	order  []string          // owners, the one that wrote last at the end
	forgot bool              // an owner
}

// NewLogbook gives an empty one.
func NewLogbook() *Logbook { return &Logbook{owners: map[string][]Line{}} }

// Lines gives the lines of the instance behind that number, the oldest first; all of them
// if there never was one of that number, as after a new start.
func (b *Logbook) Lines(instance string, after uint64) []Line {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.owners[instance]
	if len(lines) > 0 && after > lines[len(lines)-1].Number {
		after = 0
	}
	first, _ := slices.BinarySearchFunc(lines, after+1, func(l Line, number uint64) int {
		switch {
		case l.Number < number:
			return -1
		case l.Number > number:
			return 1
		}
		return 0
	})
	return slices.Clone(lines[first:])
}

func (b *Logbook) add(instance string, line Line) {
	b.mu.Lock()
	defer b.mu.Unlock()
	line.Number = 1
	if before := b.owners[instance]; len(before) > 0 {
		line.Number = before[len(before)-1].Number + 1
		b.order = slices.DeleteFunc(b.order, func(o string) bool { return o == instance })
	} else {
		b.makeRoom()
		if b.forgot {
			line.Number = b.most + 1
		}
	}
	b.most = max(b.most, line.Number)
	b.order = append(b.order, instance)
	lines := append(b.owners[instance], line)
	if len(lines) > linesOfOwner {
		lines = slices.Delete(lines, 0, len(lines)-linesOfOwner)
	}
	b.owners[instance] = lines
}

// makeRoom forgets the instance that wrote least lately, if there is no room for another.
func (b *Logbook) makeRoom() {
	if len(b.order) < mostOwners {
		return
	}
	delete(b.owners, b.order[0])
	b.order, b.forgot = slices.Delete(b.order, 0, 1), true
}

// Over gives a handler that writes to next what next wants, and keeps in the book what has
// the attribute "instance".
func (b *Logbook) Over(next slog.Handler) slog.Handler { return &booked{book: b, next: next} }

type booked struct {
	book     *Logbook
	next     slog.Handler
	instance string
	attrs    []slog.Attr
}

func (h *booked) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || h.next.Enabled(ctx, level)
}

func (h *booked) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelInfo {
		h.keep(record)
	}
	if !h.next.Enabled(ctx, record.Level) {
		return nil
	}
	return h.next.Handle(ctx, record)
}

func (h *booked) keep(record slog.Record) {
	instance, text := h.instance, ""
	var more []string
	take := func(a slog.Attr) bool {
		switch a.Key {
		case "instance":
			instance = a.Value.String()
		case "text":
			text = a.Value.String()
		default:
			more = append(more, fmt.Sprintf("%s=%v", a.Key, a.Value))
		}
		return true
	}
	for _, a := range h.attrs {
		take(a)
	}
	record.Attrs(take)
	if instance == "" {
		return
	}
	if text == "" {
		text = strings.Join(append([]string{record.Message}, more...), " ")
	}
	text = strings.TrimRight(text, "\n")
	text = strings.ToValidUTF8(text[:min(len(text), longestLine)], "\uFFFD")
	h.book.add(instance, Line{At: record.Time, Level: record.Level, Text: text})
}

func (h *booked) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.next, with.attrs = h.next.WithAttrs(attrs), slices.Concat(h.attrs, attrs)
	return &with
}

func (h *booked) WithGroup(name string) slog.Handler {
	with := *h
	with.next = h.next.WithGroup(name)
	return &with
}
