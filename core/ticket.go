package core

import "time"

// TicketPurpose says what a ticket lets its holder do. A ticket of one purpose is never
// accepted for another.
type TicketPurpose string

// The purposes of tickets.
const (
	TicketSignIn   TicketPurpose = "signin"   // sign in, by link or by code
	TicketReset    TicketPurpose = "reset"    // set a new password
	TicketInvite   TicketPurpose = "invite"   // take over an account that an administrator made
	TicketRegister TicketPurpose = "register" // make an account
	TicketVerify   TicketPurpose = "verify"   // prove that the address of the account is one's own
	TicketEmail    TicketPurpose = "email"    // make Email the address of the account
)

// Ticket is a link, or a code, that was sent by mail, or handed over by an administrator.
// It is used once, and expires to the second.
type Ticket struct {
	ID      ID
	Hash    Hash // of the credential in the link (KindTicket)
	Purpose TicketPurpose
	// UserID is whom it is for; empty for who has no account yet, and for a ticket that
	// stands for nobody, so that nobody learns who has an account.
	UserID ID
	Org    string
	Email  string // that it was sent to; empty if it was handed over
	// CodeHash is of the code that may be typed instead; zero where there is none.
	CodeHash Hash
	// BrowserHash is of the browser cookie that asked for it; zero where nobody did. A code
	// works in that browser alone.
	BrowserHash Hash
	RequestID   ID     // the authorization request to go on with; may be empty
	Data        []byte // JSON that the purpose needs, without secrets; may be nil
	Misses      int    // codes that were wrong
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

// Mail is a message that waits to be sent. Whatever was answered with "look into your
// mailbox" is on disk.
type Mail struct {
	ID       ID
	Org      string // whose name and look it has
	UserID   ID     // may be empty
	To       string // one address
	Template string // "reset", "invite", ...
	Locale   string // BCP 47; empty: the server's
	// Sealed is a JSON object with the words to fill in, links with tickets among them,
	// sealed for [MailPurpose].
	Sealed    []byte
	Failures  int // to send it
	NextAt    time.Time
	CreatedAt time.Time
	ExpiresAt time.Time // it is of no use afterwards
}

// MailPurpose is what the words of a mail are sealed for.
func MailPurpose(id ID) string { return "mail:" + string(id) }

// Avatar is a picture of somebody. Its ID is in its address: who has no link to it cannot
// find it, and a new picture has a new one.
type Avatar struct {
	ID        ID
	UserID    ID
	Type      string // image/png or image/jpeg
	Image     []byte // at most 256 KiB
	CreatedAt time.Time
}
