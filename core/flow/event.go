package flow

import (
	"maps"

	"github.com/postern-id/postern/core"
)

// event begins an audit event with what is known of the visit.
func (v *visit) event(kind core.EventType) core.Event {
	event := core.Event{
		At: v.now, Type: kind, ClientID: v.clientID(), IP: v.from.IP, Correlation: v.from.Correlation,
	}
	if v.signedIn != nil {
		event.UserID, event.SessionID = v.signedIn.User.ID, v.signedIn.Session.ID
		event.Actor = "user:" + string(v.signedIn.User.ID)
	}
	return event
}

// eventOf is an event about whoever is asked for a second factor: they are not signed in.
func (v *visit) eventOf(kind core.EventType) core.Event {
	event := v.event(kind)
	if v.first != nil {
		event.UserID, event.SessionID, event.Actor = v.first.User.ID, "", ""
	}
	return event
}

// refused says why.
func refused(event core.Event, reason string) core.Event {
	detail := maps.Clone(event.Detail)
	if detail == nil {
		detail = map[string]string{}
	}
	detail["reason"] = reason
	event.Detail = detail
	return event
}

// record adds the event to what the visit writes. One that concerns a person says with
// which browser it was: they read it on their own pages.
func (d *Dispatcher) record(v *visit, event core.Event) {
	if browser := core.BrowserName(v.from.UserAgent); browser != "" && event.UserID != "" {
		detail := map[string]string{"browser": browser}
		maps.Copy(detail, event.Detail)
		event.Detail = detail
	}
	event.ID = core.NewID(v.now, d.Rand)
	v.changes = append(v.changes, core.Record{Event: event})
}
