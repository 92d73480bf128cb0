//go:build !wasip1

package posterntest

import (
	"crypto/rand"
	"testing"

	"github.com/postern-id/postern/sdk/go/internal/native"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// Call is a host call with its answer, both in JSON. It panics if they are not.
// The clock is Call(hook.Clock, `{}`, `{"now":1767225600000}`).
func Call(capability, request, answer string) hook.HostCall {
	return hook.HostCall{Capability: capability, Request: must(request), Answer: must(answer)}
}

func must(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic("posterntest.Call: " + err.Error() + ": " + text)
	}
	return v
}

// Value reads JSON, such as settings or a message. The test fails at once if it is none.
func Value(t testing.TB, text string) hook.Value {
	t.Helper()
	v, err := hook.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// Play answers what the plugin asks with calls, in their order. The test fails at
// once if the plugin asks something else, and at its end if a call was not made.
func Play(t testing.TB, calls ...hook.HostCall) {
	t.Helper()
	p := &player{t, replay.NewPlayer(calls)}
	use(t, p)
	t.Cleanup(func() {
		if err := p.End(); err != nil && !t.Failed() {
			t.Error(err)
		}
	})
}

// use makes host the stand-in until the test ends.
func use(t testing.TB, host native.Host) {
	t.Helper()
	restore, err := native.Use(host, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(restore)
}

type player struct {
	testing.TB
	*replay.Player
}

func (p *player) Answer(capability string, request []byte) []byte {
	p.Helper()
	answer, err := p.Player.Answer(capability, request)
	if err != nil {
		p.Fatal(err)
	}
	return answer
}

func (p *player) Now() int64 {
	p.Helper()
	now, err := p.Player.Now()
	if err != nil {
		p.Fatal(err)
	}
	return now
}

func (p *player) Random(b []byte) { rand.Read(b) } // never fails

func (p *player) Log(line string) { p.TB.Log("log: " + line) }
