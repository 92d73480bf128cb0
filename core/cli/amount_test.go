package cli

import (
	"testing"
	"time"
)

func TestAmounts(t *testing.T) {
	for want, got := range map[string]string{
		"0 bytes": bytesText(0), "1023 bytes": bytesText(1023), "1.0 KiB": bytesText(1024), "1.9 MiB": bytesText(1_990_656),
		"0": countText(0), "999": countText(999), "1,000": countText(1000), "-12,345,678": countText(-12345678), "-123": countText(-123),
		"0 ns": durationText(0), "999 ns": durationText(999), "1.23 us": durationText(1234), "19.6 us": durationText(19_640),
		"344 ms": durationText(344 * time.Millisecond), "12.3 s": durationText(12_345 * time.Millisecond),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
