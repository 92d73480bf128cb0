package core_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// An identifier tells when its row was made.
func TestIDTime(t *testing.T) {
	for _, at := range []time.Time{time.UnixMilli(0), time.UnixMilli(1), time.Date(2026, 11, 25, 12, 0, 0, 123_000_000, time.UTC), time.UnixMilli(1<<47 - 1)} {
		if got := core.NewID(at, rand.Reader).Time(); !got.Equal(at) {
			t.Errorf("made at %s, tells %s", at, got)
		}
	}
	for _, id := range []core.ID{"", "no identifier", "0191b1c2-0000-7000-8000-00000000000x"} {
		if got := id.Time(); !got.IsZero() {
			t.Errorf("%q tells %s", id, got)
		}
	}
}

func TestFirstID(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	first := core.FirstID(at)
	for range 100 {
		if before, then := core.NewID(at.Add(-time.Millisecond), rand.Reader), core.NewID(at, rand.Reader); before >= first || then <= first {
			t.Fatalf("%s is not between %s and %s", first, before, then)
		}
	}
}
