package ticket_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/ticket"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// tickets is a store of tickets.
type tickets map[core.ID]core.Ticket

func (s tickets) Ticket(_ context.Context, id core.ID) (*core.Ticket, error) {
	if t, found := s[id]; found {
		return &t, nil
	}
	return nil, core.ErrNotFound
}

func maker() *ticket.Maker {
	return &ticket.Maker{Issuer: "https://id.example", Rand: rand.Reader}
}

func purposes() []core.TicketPurpose {
	return []core.TicketPurpose{core.TicketSignIn, core.TicketReset, core.TicketInvite, core.TicketRegister, core.TicketVerify, core.TicketEmail}
}

// credential cuts the ticket out of a link.
func credential(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("ticket")
}

func TestMake(t *testing.T) {
	seen := map[string]core.TicketPurpose{}
	for _, purpose := range purposes() {
		made, link := maker().Make(core.Ticket{Purpose: purpose, UserID: "u", Org: "built-in", Email: "ada@example.com"}, noon)
		if !strings.HasPrefix(link, "https://id.example/") {
			t.Errorf("%s: the link is %s", purpose, link)
		}
		path, _, _ := strings.Cut(link, "?")
		if other, taken := seen[path]; taken {
			t.Errorf("%s and %s lead to the same page", purpose, other)
		}
		seen[path] = purpose
		if made.CreatedAt != noon || made.ExpiresAt != noon.Add(ticket.Lifetime(purpose)) || made.UserID != "u" || made.Email != "ada@example.com" {
			t.Errorf("%s: %+v", purpose, made)
		}
		given, ok := core.ParseCredential(core.KindTicket, credential(t, link))
		if !ok || given.ID != made.ID || !made.Hash.Matches(given.Hash()) {
			t.Errorf("%s: the link does not hold the ticket", purpose)
		}
	}
}

func TestLifetimes(t *testing.T) {
	for purpose, want := range map[core.TicketPurpose]time.Duration{
		core.TicketSignIn: 10 * time.Minute, core.TicketReset: 30 * time.Minute, core.TicketInvite: 7 * 24 * time.Hour,
		core.TicketRegister: 24 * time.Hour, core.TicketVerify: 24 * time.Hour, core.TicketEmail: 24 * time.Hour,
	} {
		if got := ticket.Lifetime(purpose); got != want {
			t.Errorf("%s lives for %s, want %s", purpose, got, want)
		}
	}
}

// A ticket works for its own purpose, with its own secret, until its last second.
func TestFind(t *testing.T) {
	for _, purpose := range purposes() {
		made, link := maker().Make(core.Ticket{Purpose: purpose}, noon)
		store, text := tickets{made.ID: made}, credential(t, link)
		last := made.ExpiresAt.Add(-time.Second)
		found, err := ticket.Find(t.Context(), store, purpose, text, last)
		if err != nil || found.ID != made.ID {
			t.Errorf("%s: in its last second: %v, %v", purpose, found, err)
		}
		stranger := core.NewCredential(core.KindTicket, made.ID, rand.Reader).String()
		for name, c := range map[string]struct {
			store tickets
			text  string
			at    time.Time
			kind  ticket.Kind
		}{
			"expired to the second": {store, text, made.ExpiresAt, ticket.Expired},
			"expired and swept":     {nil, text, made.ExpiresAt, ticket.Expired},
			"used":                  {nil, text, last, ticket.Used},
			"another secret":        {store, stranger, last, ticket.Unknown},
			"cut":                   {store, text[:len(text)-1], last, ticket.Unknown},
			"longer":                {store, text + "A", last, ticket.Unknown},
			"nothing":               {store, "", last, ticket.Unknown},
			"another kind":          {store, "session_" + strings.TrimPrefix(text, "ticket_"), last, ticket.Unknown},
		} {
			found, err := ticket.Find(t.Context(), c.store, purpose, c.text, c.at)
			refused, ok := errors.AsType[*ticket.Refused](err)
			if found != nil || !ok || refused.Kind != c.kind || refused.Purpose != purpose || refused.Reason == "" {
				t.Errorf("%s, %s: %v, %v; want %s", purpose, name, found, err, c.kind)
			}
		}
		for _, other := range purposes() {
			if _, err := ticket.Find(t.Context(), store, other, text, last); (err == nil) != (other == purpose) {
				t.Errorf("a ticket for %s at %s: %v", purpose, other, err)
			}
		}
	}
}

func TestFindFails(t *testing.T) {
	_, link := maker().Make(core.Ticket{Purpose: core.TicketReset}, noon)
	_, err := ticket.Find(t.Context(), broken{}, core.TicketReset, credential(t, link), noon)
	if _, refused := errors.AsType[*ticket.Refused](err); !errors.Is(err, errBroken) || refused {
		t.Errorf("a store that fails: %v", err)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Ticket(context.Context, core.ID) (*core.Ticket, error) { return nil, errBroken }
