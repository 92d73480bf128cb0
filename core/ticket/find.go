package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postern-id/postern/core"
)

// Store is what a ticket is read from.
type Store interface {
	// Ticket gives a ticket, or [core.ErrNotFound].
	Ticket(ctx context.Context, id core.ID) (*core.Ticket, error)
}

// Kind says why a ticket does not work, as far as its holder may know.
type Kind string

// The kinds of refusal.
const (
	// Unknown is a link that was never made, or was cut on its way.
	Unknown Kind = "unknown"
	// Used is one that was used, or that a newer one took the place of.
	Used    Kind = "used"
	Expired Kind = "expired"
	// Other is one for somebody else than who is signed in with this browser.
	Other Kind = "other"
	// Closed is one for what is not possible any more: the account is disabled, or has
	// another address, or the rules have changed.
	Closed Kind = "closed"
)

// Refused says that a ticket does not work. Nothing was changed.
type Refused struct {
	Kind    Kind
	Purpose core.TicketPurpose
	Reason  string // one word for the audit log
	UserID  core.ID
}

func (e *Refused) Error() string {
	return "the " + string(e.Purpose) + " ticket is refused: " + e.Reason
}

// Find gives the ticket of the purpose whose credential this is, as long as it can be
// used. Any other is a *[Refused].
func Find(ctx context.Context, store Store, purpose core.TicketPurpose, credential string, now time.Time) (*core.Ticket, error) {
	refuse := func(kind Kind, reason string) (*core.Ticket, error) {
		return nil, &Refused{Kind: kind, Purpose: purpose, Reason: reason}
	}
	given, ok := core.ParseCredential(core.KindTicket, credential)
	if !ok {
		return refuse(Unknown, "ticket_malformed")
	}
	found, err := store.Ticket(ctx, given.ID)
	switch {
	case errors.Is(err, core.ErrNotFound) && now.Before(given.ID.Time().Add(Lifetime(purpose))):
		return refuse(Used, "ticket_gone")
	case errors.Is(err, core.ErrNotFound):
		// Expired tickets are swept, but their identifiers tell how old they are.
		return refuse(Expired, "ticket_expired")
	case err != nil:
		return nil, fmt.Errorf("read the ticket: %w", err)
	case !found.Hash.Matches(given.Hash()):
		return refuse(Unknown, "ticket_forged")
	case found.Purpose != purpose:
		return refuse(Unknown, "ticket_purpose")
	case !now.Before(found.ExpiresAt):
		return refuse(Expired, "ticket_expired")
	}
	return found, nil
}
