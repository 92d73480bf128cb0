package web

import "time"

// Ceremony is what a browser needs to use a passkey, or to make one. The form that it
// belongs to sends Signed as "ceremony" and the browser's answer, JSON, as "response";
// where no script ran, "response" is empty.
type Ceremony struct {
	// Options are JSON as of PublicKeyCredential.parseRequestOptionsFromJSON, or
	// parseCreationOptionsFromJSON (WebAuthn Level 3 section 5.1.8 and 5.1.9).
	Options string
	Signed  string // signed challenge
	// Unknown is the base64url identifier of a passkey that was tried just now and that
	// is nobody's: the browser is told, so that it offers it no more. Empty: none.
	Unknown string
}

// MailSent says that there is something in the mailbox, whether there is or not.
type MailSent struct {
	// Purpose is that of the ticket: "signin", "reset", "register", "verify" or "email".
	Purpose string
	// Address is what was typed, or the address that the person has proved to know.
	Address string
	Minutes int // how long the link works; it is said in hours or days where it is longer
	Client  *Client
	// CanType shows the field for the code: Action gets Step and "code" with action "code".
	CanType bool
	Action  string
	Step    string
	Problem string // what was wrong with the code
	// CanSendAgain shows a button that sends Step with action "again" to Action.
	CanSendAgain bool
	// MailboxURL leads to the development mailbox, or is empty.
	MailboxURL string
	BackURL    string // where to go instead
}

// Ticket is what a link of a mail opens: nothing happens until the button is pressed, as
// programs that look for viruses open links too.
type Ticket struct {
	// Purpose is "signin", "verify" or "email".
	Purpose   string
	Action    string
	Ticket    string // hidden field "ticket"
	Step      string // hidden field "step", may be empty
	Client    *Client
	Name      string // whose account it is, shown if it is known
	Email     string // address that it is about: of "verify" and "email"
	ExpiresAt time.Time
}

// TicketGone says that a link does not work, and what to do instead.
type TicketGone struct {
	// Purpose is that of the ticket as far as it is known: "signin", "reset", "invite",
	// "register", "verify", "email", or empty.
	Purpose string
	// Reason is "used", "expired", "browser" (it was asked for in another one), "account"
	// (somebody else is signed in here), "closed" (what it is for is not possible any
	// more), or empty: it was never right.
	Reason string
	// NextURL is where to ask for another one, or to sign in; for the reason "account" it
	// is where to sign out. It may be empty.
	NextURL string
	Name    string // who is signed in here, for the reason "account"
}

// Factor asks for a second factor.
type Factor struct {
	Action string // gets step, and code, trust and action "totp", "recovery", "passkey" or "cancel"
	Step   string
	Client *Client
	Name   string // display name of who signs in
	Login  string
	// What they have: an app, recovery codes, a passkey.
	TOTP     bool
	Recovery bool
	Passkey  *Ceremony
	// Problem is what was wrong with the last try, of the method Wrong: "totp",
	// "recovery", "passkey", or empty if it is about none of them.
	Problem string
	Wrong   string
	// Notice says why the page is shown at all, where that needs words.
	Notice string
	// TrustDays is for how long this browser can be trusted (field "trust", "yes"); 0
	// where that is not offered.
	TrustDays int
	Trusted   bool // it was chosen in the form that was wrong
	CanCancel bool
}

// Enrol asks to set up a second factor: an app, or a passkey. Action gets step and action
// "totp" (shows [EnrolTOTP]), "passkey" (with ceremony and response) or "cancel".
type Enrol struct {
	Action    string
	Step      string
	Client    *Client
	Name      string // display name of who signs in
	Login     string
	TOTP      bool      // an app is allowed
	Passkey   *Ceremony // nil: not allowed
	Problem   string
	CanCancel bool
}

// EnrolTOTP sets up an app. Action gets step, seed, name and code, with action "totp", or
// "cancel" where there is no BackURL.
type EnrolTOTP struct {
	Action string
	Step   string
	Client *Client
	// URI is the otpauth address that the QR code holds, Secret is the seed in base32.
	URI    string
	Secret string
	Sealed string // hidden field "seed"
	Name   string // how the app shall be called, as typed
	// Problems by field: "code", "name"; "" for the form.
	Problems  map[string]string
	BackURL   string // a link in the place of the cancel button
	CanCancel bool
}

// EnrolPasskey makes a passkey. Action gets step, ceremony, response and name, with action
// "passkey", or "cancel" where there is no BackURL.
type EnrolPasskey struct {
	Action   string
	Step     string
	Client   *Client
	Passkey  Ceremony
	Name     string            // how it shall be called, as typed or proposed
	Problems map[string]string // by field: "name"; "" for the form
	BackURL  string            // a link in the place of the cancel button
	// CanCancel shows the button where there is no BackURL.
	CanCancel bool
}

// RecoveryCodes shows the codes, this once.
type RecoveryCodes struct {
	// Action gets step with action "codes": they were written down. Where it is empty, a
	// link leads to ContinueURL.
	Action      string
	Step        string
	ContinueURL string
	Client      *Client
	Codes       []string // "abcd-efgh-ijkl-mnop"
	Login       string
	Site        string // host of the issuer
	MadeAt      time.Time
}

func (MailSent) template() string      { return "mailsent" }
func (Ticket) template() string        { return "ticket" }
func (TicketGone) template() string    { return "ticketgone" }
func (Factor) template() string        { return "factor" }
func (Enrol) template() string         { return "enrol" }
func (EnrolTOTP) template() string     { return "enroltotp" }
func (EnrolPasskey) template() string  { return "enrolpasskey" }
func (RecoveryCodes) template() string { return "recoverycodes" }

func (p MailSent) title(l *Locale) string {
	return titled(l, l.Text("people.sent_title"), p.Problem != "")
}

func (p Ticket) title(l *Locale) string { return p.Heading(l) }

// Heading is what the page asks.
func (p Ticket) Heading(l *Locale) string {
	switch {
	case p.Purpose == "verify":
		return l.Text("people.ticket_verify_title")
	case p.Purpose == "email":
		return l.Text("people.ticket_email_title")
	case p.Client != nil && p.Client.Name != "":
		return l.Text("login.title_client", "client", p.Client.Name)
	}
	return l.Text("people.ticket_signin_title")
}

func (p TicketGone) title(l *Locale) string { return titled(l, p.Heading(l), true) }

// Heading says what is wrong with the link.
func (p TicketGone) Heading(l *Locale) string {
	switch p.Reason {
	case "used":
		return l.Text("people.gone_used_title")
	case "expired":
		return l.Text("people.gone_expired_title")
	case "browser":
		return l.Text("people.gone_browser_title")
	case "account":
		return l.Text("people.gone_account_title")
	}
	return l.Text("people.gone_title")
}

func (p Factor) title(l *Locale) string {
	return titled(l, l.Text("factor.title"), p.Problem != "")
}

func (p Enrol) title(l *Locale) string {
	return titled(l, l.Text("factor.enrol_title"), p.Problem != "")
}

func (p EnrolTOTP) title(l *Locale) string {
	return titled(l, l.Text("factor.totp_title"), len(p.Problems) > 0)
}

func (p EnrolPasskey) title(l *Locale) string {
	return titled(l, l.Text("factor.passkey_title"), len(p.Problems) > 0)
}

func (p RecoveryCodes) title(l *Locale) string { return l.Text("factor.codes_title") }

// titled puts what is wrong before the title: it is the first thing that a screen reader
// says.
func titled(l *Locale, title string, wrong bool) string {
	if wrong {
		return l.Text("common.error_title", "title", title)
	}
	return title
}
