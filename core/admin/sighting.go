package admin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

const (
	// lately is how many of the newest events of a kind are looked through for a mistake:
	// between two of them are some that say nothing about how the application is set up.
	lately = 20
	// latelyUnknown is how many are, where they may be of any application.
	latelyUnknown = 50
)

// sightings are what the audit log saw of a client: of each the newest, nil if there is
// none.
type sightings struct {
	code, token, refreshed *core.Event // that went well
	// What the application was refused, because of how it is set up.
	refused, tokenRefused, resourceRefused *core.Event
	now                                    time.Time
	// unknown is a request from a redirect URI of the client with a client ID that there
	// is not.
	unknown *core.Event
}

func (s *Service) sightings(ctx context.Context, client *core.Client) (*sightings, error) {
	seen := &sightings{now: s.Now()}
	for _, look := range []struct {
		kind core.EventType
		into **core.Event
	}{
		{core.EventCodeIssued, &seen.code}, {core.EventTokenIssued, &seen.token}, {core.EventTokenRefreshed, &seen.refreshed},
	} {
		events, err := s.Store.Events(ctx, core.EventFilter{Type: look.kind, ClientID: client.ID, Limit: 1})
		if err != nil {
			return nil, wrap("read the audit log", err)
		}
		if len(events) > 0 {
			*look.into = &events[0]
		}
	}
	for _, look := range []struct {
		kind core.EventType
		into **core.Event
	}{
		{core.EventAuthorizeRefused, &seen.refused}, {core.EventTokenRefused, &seen.tokenRefused}, {core.EventResourceRefused, &seen.resourceRefused},
	} {
		events, err := s.Store.Events(ctx, core.EventFilter{Type: look.kind, ClientID: client.ID, Limit: lately})
		if err != nil {
			return nil, wrap("read the audit log", err)
		}
		*look.into = newestMistake(events, client)
	}
	events, err := s.Store.Events(ctx, core.EventFilter{Type: core.EventAuthorizeRefused, Limit: latelyUnknown})
	if err != nil {
		return nil, wrap("read the audit log", err)
	}
	seen.unknown = newestUnknown(events, client)
	return seen, nil
}

// newestUnknown gives the newest event of an application that is answered where the client
// is, and that calls itself by a client ID that there is not.
func newestUnknown(events []core.Event, client *core.Client) *core.Event {
	i := slices.IndexFunc(events, func(e core.Event) bool {
		uri := e.Detail["redirect_uri"]
		return e.ClientID == "" && uri != "" && slices.ContainsFunc(client.RedirectURIs, func(own string) bool {
			own, _, _ = strings.Cut(own, "?")
			return own == uri
		})
	})
	if i < 0 {
		return nil
	}
	return &events[i]
}

// after reports whether the event came after all of the others; nil came never.
func after(event *core.Event, others ...*core.Event) bool {
	return event != nil && !slices.ContainsFunc(others, func(other *core.Event) bool {
		return other != nil && !other.At.Before(event.At)
	})
}

// signedIn is when somebody signed in last, without a code if the application wants none.
func (s *sightings) signedIn() *core.Event {
	if s.code == nil {
		return s.token
	}
	return s.code
}

// authorization tells of the newest: a mistake that was mended since is none.
func (s *sightings) authorization(client *core.Client) Check {
	const name = "authorization"
	good := s.signedIn()
	switch {
	case after(s.unknown, good, s.refused):
		return Check{
			Name: name, State: CheckWrong, At: s.unknown.At, Text: "An application at " + s.unknown.Detail["redirect_uri"] + " sent a client ID that there is not.",
			Hint: "Paste the client ID into it again: " + client.ID,
		}
	case after(s.refused, good):
		return wrong(name, s.refused, client)
	case good != nil:
		return Check{Name: name, State: CheckDone, Text: "Somebody signed in for the application.", At: good.At}
	}
	return Check{
		Name: name, State: CheckOpen, Text: "Somebody signed in for the application: not yet.",
		Hint: "Open the application and sign in. If it shows an error of its own, its addresses of Postern are not right, or it cannot reach them.",
	}
}

// exchangeTime is what an application may take from a code to its tokens.
const exchangeTime = time.Minute

// tokens tells of the exchange of a code, and of refreshes.
func (s *sightings) tokens(client *core.Client) Check {
	const name = "tokens"
	good := s.token
	if s.refreshed != nil && (good == nil || s.refreshed.At.After(good.At)) {
		good = s.refreshed
	}
	switch {
	case after(s.tokenRefused, good):
		return wrong(name, s.tokenRefused, client)
	case after(s.code, good) && s.now.Sub(s.code.At) > exchangeTime:
		return Check{
			Name: name, State: CheckOpen, Text: "The application got a code, and has not asked for tokens with it.", At: s.code.At,
			Hint: "See that its token endpoint is right, that its machine reaches it, and that it trusts the certificate there.",
		}
	case good != nil:
		return Check{Name: name, State: CheckDone, Text: "The application got tokens.", At: good.At}
	}
	return Check{Name: name, State: CheckOpen, Text: "The application got tokens: not yet.", Hint: "Go on with the steps: the application has not asked for tokens yet."}
}

// resources tells of UserInfo and account only if the application was refused there.
func (s *sightings) resources(client *core.Client) Check {
	if !after(s.resourceRefused, s.token) {
		return Check{}
	}
	return wrong("resources", s.resourceRefused, client)
}

func wrong(name string, event *core.Event, client *core.Client) Check {
	found, _ := mistakeIn(event, client)
	return Check{Name: name, State: CheckWrong, Text: found.text, Hint: found.hint, At: event.At}
}
