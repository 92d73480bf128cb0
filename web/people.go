package web

import "time"

// Recover asks whose password is lost. Action gets step and username with action "recover".
type Recover struct {
	Action   string
	Step     string
	Client   *Client
	Username string            // as typed
	Problems map[string]string // by field: "username"; "" for the form
	BackURL  string            // to the sign-in page
}

// NewPassword asks for a new password: of who lost it, or who changes it. Action gets
// step, ticket, current and password, with action "password".
type NewPassword struct {
	Action string
	Step   string
	Ticket string // hidden field "ticket"; empty: left out
	Client *Client
	Login  string // whose it is; password managers read it
	// Change says that it is changed, not recovered; AskCurrent that the old one is asked
	// for.
	Change       bool
	AskCurrent   bool
	PasswordRule string            // "At least 8 characters.", or empty
	Problems     map[string]string // by field: "current", "password"; "" for the form
	BackURL      string            // where to go instead, or empty
}

// Register asks for the address of who wants an account. Action gets step and email, with
// action "register".
type Register struct {
	Action       string
	Step         string
	Client       *Client
	Organisation string // display name
	Email        string // as typed
	Domains      []string
	Problems     map[string]string // by field: "email"; "" for the form
	BackURL      string            // to the sign-in page
}

// Chosen is what somebody chooses who gets an account: a name, and a password or a passkey.
// Action gets step, ticket, username, name and password with action "password", or
// ceremony and response with action "passkey".
type Chosen struct {
	Action       string
	Step         string // may be empty
	Ticket       string // hidden field "ticket"
	Client       *Client
	Organisation string // display name
	Email        string // shown, not asked
	// Username is as typed. With FixedUsername it is shown and not asked.
	Username      string
	FixedUsername bool
	Name          string
	Password      bool // a password is allowed
	PasswordRule  string
	// Passkey is nil where none is allowed. Its options get the names as they are typed.
	Passkey  *Ceremony
	Problems map[string]string // by field: "username", "name", "password"; "" for the form
}

// Invite takes over an account that an administrator made.
type Invite struct {
	Chosen
	Inviter string // display name, or empty
}

// RegisterConfirm makes the account of who has the address.
type RegisterConfirm struct{ Chosen }

// Done says that something is done, and what comes next.
type Done struct {
	// What is "password" (a new one is set), "verified", "email" (changed), "deleted",
	// "registered", "invited" or "left" (the sign-in goes on where it was begun).
	What        string
	Email       string // of "verified" and "email"
	ContinueURL string // "" where the page is the end
	Client      *Client
}

// Mailbox is what would have been sent, for who tries Postern without a mail server.
type Mailbox struct {
	Mails []MailboxMail // newest first
}

// MailboxMail is a mail of [Mailbox].
type MailboxMail struct {
	ID      string
	To      string
	Subject string
	Text    string // plain text
	// Links are addresses of ours that stand in it.
	Links []string
	At    time.Time
	// FrameURL is where the mail is as it looks, for a frame; empty: nowhere.
	FrameURL string
}

func (Recover) template() string         { return "recover" }
func (NewPassword) template() string     { return "newpassword" }
func (Register) template() string        { return "register" }
func (Invite) template() string          { return "invite" }
func (RegisterConfirm) template() string { return "registerconfirm" }
func (Done) template() string            { return "done" }
func (Mailbox) template() string         { return "mailbox" }

func (p Recover) title(l *Locale) string {
	return titled(l, l.Text("people.recover_title"), len(p.Problems) > 0)
}

func (p NewPassword) title(l *Locale) string { return titled(l, p.Heading(l), len(p.Problems) > 0) }

// Heading is what the page asks.
func (p NewPassword) Heading(l *Locale) string {
	if p.Change {
		return l.Text("people.password_change_title")
	}
	return l.Text("people.password_title")
}

func (p Register) title(l *Locale) string {
	return titled(l, l.Text("people.register_title"), len(p.Problems) > 0)
}

func (p Invite) title(l *Locale) string {
	return titled(l, l.Text("people.invite_title", "organisation", p.Organisation), len(p.Problems) > 0)
}

func (p RegisterConfirm) title(l *Locale) string {
	return titled(l, l.Text("people.confirm_title"), len(p.Problems) > 0)
}

func (p Done) title(l *Locale) string { return p.Heading(l) }

// Heading says what is done.
func (p Done) Heading(l *Locale) string {
	switch p.What {
	case "password":
		return l.Text("people.done_password_title")
	case "verified":
		return l.Text("people.done_verified_title")
	case "email":
		return l.Text("people.done_email_title")
	case "deleted":
		return l.Text("people.done_deleted_title")
	case "registered", "invited":
		return l.Text("people.done_account_title")
	}
	return l.Text("people.done_title")
}

func (p Mailbox) title(l *Locale) string { return l.Text("account.mailbox_title") }
