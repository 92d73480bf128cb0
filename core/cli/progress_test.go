package cli

import (
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	g := &progress{w: &out, width: func() int { return 12 }, now: func() time.Time { return now }}
	g.say("case %d of 3", 1)
	g.say("too soon")
	now = now.Add(often)
	g.say("é\x1b[31mred, and long")
	g.clear()
	g.clear()
	g.say("again")
	want := "\r\x1b[Kcase 1 of 3\r\x1b[Ké [31mred, \r\x1b[K\r\x1b[Kagain"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestProgressWithoutTerminal(t *testing.T) {
	p := &program{Streams: Streams{Err: &strings.Builder{}}}
	g := p.progress()
	g.say("nobody reads this")
	g.clear()
	if text := p.Err.(*strings.Builder).String(); text != "" {
		t.Errorf("%q", text)
	}
}
