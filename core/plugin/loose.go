package plugin

import (
	"fmt"
	"time"

	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// script gives the answers of calls that are played.
type script interface {
	Answer(capability string, asked []byte) ([]byte, error)
	Now() (int64, error)
	End() error
}

// loose is a script that takes any request of the right capability, and keeps what
// the plugin asked.
type loose struct {
	calls []hook.HostCall
	made  []hook.HostCall
}

func (l *loose) Answer(capability string, asked []byte) (answer []byte, err error) {
	request, err := hook.Parse(asked)
	if err != nil {
		return nil, err
	}
	err = l.play(capability, request, func(p *replay.Player) error {
		answer, err = p.Answer(capability, asked)
		return err
	})
	return answer, err
}

func (l *loose) Now() (now int64, err error) {
	err = l.play(hook.Clock, hook.FromObject(nil), func(p *replay.Player) error {
		now, err = p.Now()
		return err
	})
	return now, err
}

// play lets the next call be the one that is made, if it is of that capability.
func (l *loose) play(capability string, request hook.Value, make_ func(*replay.Player) error) error {
	rest := l.calls[len(l.made):]
	if len(rest) == 0 {
		return make_(replay.NewPlayer(nil))
	}
	call := rest[0]
	if call.Capability == capability {
		call.Request = request
	}
	if err := make_(replay.NewPlayer([]hook.HostCall{call})); err != nil {
		return err
	}
	l.made = append(l.made, call)
	return nil
}

func (l *loose) End() error {
	if rest := l.calls[len(l.made):]; len(rest) > 0 {
		return fmt.Errorf("the plugin did not make %d of the calls", len(rest))
	}
	return nil
}

// offline is a script in which nothing but the clock is to be had. It keeps what was asked.
type offline struct {
	now  func() time.Time
	made []hook.HostCall
}

func (o *offline) Answer(capability string, asked []byte) ([]byte, error) {
	request, err := hook.Parse(asked)
	if err != nil {
		request = hook.String("(no JSON)")
	}
	answer := refusal(hook.CodeUnavailable, "in a preview there is no "+capability)
	given, _ := hook.Parse(answer)
	o.made = append(o.made, hook.HostCall{Capability: capability, Request: request, Answer: given})
	return answer, nil
}

func (o *offline) Now() (int64, error) { return o.now().UnixMilli(), nil }
func (o *offline) End() error          { return nil }
