package flow

import (
	"encoding/json"
	"time"

	"github.com/postern-id/postern/core"
)

// Ceremony is what a browser needs to use a passkey, or to make one.
type Ceremony struct {
	Options json.RawMessage // publicKey of WebAuthn, as JSON has it
	Signed  string          // comes back with the answer
	// Unknown is the identifier (base64url) of a passkey that was tried and is nobody's.
	Unknown string
}

// MailPage asks for the code of a mail, whether one was sent or not; it is posted to
// [PathMail].
type MailPage struct {
	Step    string
	Client  *core.Client
	Login   string        // that was typed
	Works   time.Duration // the code
	Back    string        // local URL of the login page
	Problem Problem
}

// TicketPage is what the link of a mail opens. Nothing has happened yet: a button posts
// Ticket to [PathTicket].
type TicketPage struct {
	Ticket string
	Client *core.Client
	// Gone, if it is set, says why the link does not work: used, expired or browser, or
	// unknown.
	Gone Gone
}

// Gone is why a link does not work.
type Gone string

// The reasons.
const (
	GoneUsed    Gone = "used"
	GoneExpired Gone = "expired"
	GoneBrowser Gone = "browser" // it was asked for in another one, where it still works
	GoneUnknown Gone = "unknown"
)

// FactorPage asks for a second factor; it is posted to [PathFactor].
type FactorPage struct {
	Step    string
	Client  *core.Client
	User    core.User
	Methods []string  // passkey, totp, recovery
	Passkey *Ceremony // with the method passkey
	Problem Problem
	Tried   string // the method that Problem is about
	// Trust is how long the browser may be trusted; zero: not at all. Trusted says that the
	// form that was wrong asked for it.
	Trust   time.Duration
	Trusted bool
}

// EnrolPage asks which second factor to enrol; it is posted to [PathEnrol].
type EnrolPage struct {
	Step    string
	Client  *core.Client
	User    core.User
	TOTP    bool
	Passkey *Ceremony // to make one; nil where that is not possible
	Problem Problem
}

// TOTPPage enrols an app; it is posted to [PathEnrol].
type TOTPPage struct {
	Step    string
	Client  *core.Client
	User    core.User
	Seed    string // sealed
	URI     string // that apps read
	Name    string // as typed
	Problem Problem
	// Only says that there is nothing else to choose.
	Only bool
}

// CodesPage shows recovery codes, this once; going on is posted to [PathEnrol].
type CodesPage struct {
	Step   string
	Client *core.Client
	User   core.User
	Codes  []string
	MadeAt time.Time
}
