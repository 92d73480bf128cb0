package account

import (
	"context"
	"errors"

	"github.com/postern-id/postern/core"
)

// Happening is something that happened to the account.
type Happening struct {
	core.Event
	// About is the title of a client or a connector, the name of an authenticator, an
	// address or a group; may be empty.
	About string
	// Browser is that of the person, "Firefox (Linux)"; may be empty.
	Browser string
	// ByOther says that an administrator did it. Where from is nobody else's business.
	ByOther bool
}

// Activity gives the newest most of what happened to the account. tells chooses the types
// of event.
func (s *Service) Activity(ctx context.Context, p Person, tells func(core.EventType) bool, most int) (list []Happening, more bool, err error) {
	events, err := s.Store.Events(ctx, core.EventFilter{UserID: p.User.ID, Activity: true, Limit: 4 * most})
	if err != nil {
		return nil, false, err
	}
	titles := map[string]string{}
	for _, e := range events {
		if !tells(e.Type) || e.UserID != p.User.ID || saidBySetup(e) {
			continue
		}
		if len(list) == most {
			return list, true, nil
		}
		h, err := s.happening(ctx, p, e, titles)
		if err != nil {
			return nil, false, err
		}
		list = append(list, h)
	}
	return list, len(events) == 4*most, nil
}

func (s *Service) happening(ctx context.Context, p Person, e core.Event, titles map[string]string) (Happening, error) {
	word := aboutWord(e.Type)
	h := Happening{Event: e, About: e.Detail[word], Browser: e.Detail["browser"], ByOther: p.byOther(e)}
	if h.ByOther {
		h.IP = ""
	}
	if e.ClientID == "" || word != "" { // of other events the client is where it happened
		return h, nil
	}
	title, known := titles[e.ClientID]
	if !known {
		client, err := s.Store.Client(ctx, e.ClientID)
		switch {
		case errors.Is(err, core.ErrNotFound):
		case err != nil:
			return h, err
		default:
			title = client.Title()
		}
		titles[e.ClientID] = title
	}
	h.About = title
	return h, nil
}

// actorSetup is who sets the server up: the person that the account is made for.
const actorSetup = "setup"

// saidBySetup reports whether it is part of the set-up, which is told as a whole.
func saidBySetup(e core.Event) bool { return e.Actor == actorSetup && e.Type != core.EventSetupDone }

// byOther reports whether somebody else did it, an administrator or a program of theirs.
func (p Person) byOther(e core.Event) bool {
	return e.Actor != "" && e.Actor != actorSetup && e.Actor != "user:"+string(p.User.ID)
}

// aboutWord is the detail of an event that says what it is about, if one does: "name" is
// that of an authenticator, of a group, or of the very person.
func aboutWord(kind core.EventType) string {
	switch kind {
	case core.EventAuthenticatorAdded, core.EventAuthenticatorRemoved, core.EventAuthenticatorRenamed:
		return "name"
	case core.EventMemberAdded, core.EventMemberRemoved:
		return "group"
	case core.EventEmailChanged, core.EventEmailVerified, core.EventTicketSent:
		return "email"
	case core.EventAccountLinked, core.EventAccountUnlinked, core.EventUserCreated, core.EventUserUpdated:
		return "connector"
	}
	return ""
}
