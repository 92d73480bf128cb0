package ticket

import (
	"io"
	"net/url"
	"time"

	"github.com/postern-id/postern/core"
)

// Maker makes tickets. Its fields must be set.
type Maker struct {
	// Issuer is what links begin with, without a slash at its end. Nothing that a
	// request says of the server's name ever is.
	Issuer string
	Rand   io.Reader
}

// Paths of the pages that tickets lead to.
const (
	PathSignIn   = "/login/link"
	PathReset    = "/reset"
	PathInvite   = "/invite"
	PathRegister = "/register/confirm"
	PathVerify   = "/verify"
	PathEmail    = "/email"
)

// Path is where the link of a ticket leads.
func Path(purpose core.TicketPurpose) string {
	switch purpose {
	case core.TicketSignIn:
		return PathSignIn
	case core.TicketReset:
		return PathReset
	case core.TicketInvite:
		return PathInvite
	case core.TicketRegister:
		return PathRegister
	case core.TicketVerify:
		return PathVerify
	}
	return PathEmail
}

// Lifetime is how long a ticket can be used.
func Lifetime(purpose core.TicketPurpose) time.Duration {
	switch purpose {
	case core.TicketSignIn:
		return 10 * time.Minute
	case core.TicketReset:
		return 30 * time.Minute
	case core.TicketInvite:
		return 7 * 24 * time.Hour
	}
	return 24 * time.Hour
}

// Make completes a ticket that says what it is for and for whom, and gives its link. The
// link is a secret: it goes to whom it is for, and nowhere else.
func (m *Maker) Make(t core.Ticket, now time.Time) (made core.Ticket, link string) {
	credential := core.NewCredential(core.KindTicket, core.NewID(now, m.Rand), m.Rand)
	t.ID, t.Hash = credential.ID, credential.Hash()
	t.CreatedAt, t.ExpiresAt = now, now.Add(Lifetime(t.Purpose))
	return t, m.Issuer + Path(t.Purpose) + "?" + url.Values{"ticket": {credential.String()}}.Encode()
}
