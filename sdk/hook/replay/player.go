package replay

import (
	"errors"
	"fmt"

	"github.com/postern-id/postern/sdk/hook"
)

// Player gives recorded answers in their order to a plugin that asks what was
// recorded. It serves one call of a hook and is not for concurrent use.
type Player struct {
	calls []hook.HostCall
	next  int
}

// NewPlayer makes a player of calls, which it does not change.
func NewPlayer(calls []hook.HostCall) *Player { return &Player{calls: calls} }

// Answer gives the answer of the next call. The error says what the plugin asked
// and what it should have, at the first member that differs; the player then
// stands where it was.
func (p *Player) Answer(capability string, asked []byte) ([]byte, error) {
	number := p.next + 1
	if p.next >= len(p.calls) {
		return nil, fmt.Errorf("call %d: the plugin asks %s %s, and no further call was recorded", number, capability, shortText(asked))
	}
	call := p.calls[p.next]
	if call.Capability != capability {
		return nil, fmt.Errorf("call %d: the plugin asks %s %s, recorded is %s %s",
			number, capability, shortText(asked), call.Capability, short(call.Request))
	}
	want, err := request(capability, call.Request.AppendJSON(nil))
	if err != nil {
		return nil, fmt.Errorf("call %d, %s: the recorded request is wrong: %w", number, capability, err)
	}
	got, err := request(capability, asked)
	if err != nil {
		return nil, fmt.Errorf("call %d, %s: the plugin's request %s is wrong: %w", number, capability, shortText(asked), err)
	}
	if difference := Difference("request", want, got); difference != "" {
		return nil, fmt.Errorf("call %d, %s: %s", number, capability, difference)
	}
	p.next++
	return call.Answer.AppendJSON(nil), nil
}

// Now is the reading of the clock that comes next, in milliseconds since 1970 in
// UTC.
func (p *Player) Now() (int64, error) {
	answer, err := p.Answer(hook.Clock, []byte("{}"))
	if err != nil {
		return 0, err
	}
	object, err := hook.ParseObject(answer)
	if err != nil {
		return 0, fmt.Errorf("clock: %w", err)
	}
	now, _ := object.Get("now")
	milliseconds, ok := now.Int()
	if !ok {
		return 0, errors.New(`clock: the recorded answer must be {"now": milliseconds}`)
	}
	return milliseconds, nil
}

// End reports the first call that was recorded and not made.
func (p *Player) End() error {
	if p.next >= len(p.calls) {
		return nil
	}
	call := p.calls[p.next]
	return fmt.Errorf("call %d: the plugin did not ask %s %s", p.next+1, call.Capability, short(call.Request))
}

func shortText(text []byte) string {
	v, err := hook.Parse(text)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return short(v)
}
