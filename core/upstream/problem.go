package upstream

import (
	"errors"
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// problem is why a sign-in comes to nothing, on its way to a [core.UpstreamRefused].
type problem struct {
	kind   core.UpstreamRefusal
	reason string // one word, for the audit log
	// detail are checked values, for the audit log.
	detail map[string]string
	// more is one readable line for the server's log alone: some of it was said by
	// others.
	more  string
	words string  // for the person
	user  core.ID // whom it concerns
}

func (p *problem) Error() string { return p.reason }

func broken(reason, more string) *problem {
	return &problem{kind: core.UpstreamBroken, reason: reason, more: more}
}

func closed(reason string) *problem { return &problem{kind: core.UpstreamClosed, reason: reason} }

// failedAt says what a connector or a provider failed with. The text of such an
// error is theirs, so one clean line of it is kept.
func failedAt(reason string, err error) *problem {
	p := broken(reason, oneLine(err.Error(), 600))
	p.detail = map[string]string{"cause": oneLine(err.Error(), 300)}
	return p
}

// refused makes a problem the error that callers get. Connector is nil if there is
// none; changes come before the record of it. Any other error stays as it is.
func (s *Service) refused(err error, connector *core.Connector, event core.Event, changes ...core.Change) error {
	p, ok := errors.AsType[*problem](err)
	if !ok {
		return err
	}
	out := &core.UpstreamRefused{Kind: p.kind, Reason: p.reason, Detail: p.more, Words: p.words}
	detail := map[string]string{"reason": p.reason}
	maps.Copy(detail, p.detail)
	if connector != nil {
		out.Connector, out.Title = connector.Instance, connector.Title()
		detail["connector"] = connector.Instance
	}
	kind := core.EventUpstreamRefused
	if p.kind == core.UpstreamBroken {
		kind = core.EventUpstreamFailed
	}
	if p.user != "" {
		event.UserID = p.user
	}
	out.Changes = append(changes, s.record(event, s.Now(), kind, detail))
	return out
}

// record fills in an event's template.
func (s *Service) record(event core.Event, now time.Time, kind core.EventType, detail map[string]string) core.Record {
	event.ID, event.At, event.Type, event.Detail = core.NewID(now, s.Rand), now, kind, detail
	return core.Record{Event: event}
}

// stranger takes whoever is signed in at the browser out of a template: they need not
// be who signs in.
func stranger(event core.Event) core.Event {
	event.UserID, event.Actor, event.SessionID = "", "", ""
	return event
}

// oneLine makes one readable line, of so many bytes at most, of what others say.
func oneLine(text string, most int) string {
	line := strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == utf8.RuneError {
			return ' '
		}
		return c
	}, text)
	line = strings.Join(strings.Fields(line), " ")
	return strings.ToValidUTF8(line[:min(len(line), most)], "")
}
