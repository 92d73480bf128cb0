package web

import (
	"cmp"
	"net/url"
	"slices"
	"time"
)

// Page is what [Pages.Render] can show. The types below are the only ones.
type Page interface {
	template() string // name of its file, without ".html"
	title(l *Locale) string
}

// Client is the relying party on a page. All strings are shown as they are,
// escaped. LogoURI is used only if it is a data:image URI in base64 (png, jpeg,
// gif, webp, avif, svg+xml) of up to 128 KiB, or a path under [AssetsPrefix]; else the
// page shows a monogram. The other three are shown only if they are http or https.
type Client struct {
	Name      string
	LogoURI   string
	ClientURI string
	PolicyURI string
	TermsURI  string
	// RemoteLogo is the https address of a logo, used where there is no LogoURI. Whoever
	// answers with the page allows the image.
	RemoteLogo string
	// Unchecked is the host of a client that registered itself, or Program says that it is
	// on a computer or phone: the page then says that nobody checked its name.
	Unchecked string
	Program   bool
}

// Login asks for a login name and a password, or offers to sign in elsewhere.
type Login struct {
	Action   string // where the forms are sent
	Step     string // signed step link, a hidden field named "step"
	Client   *Client
	Username string // typed before, or login_hint
	Problem  string // what was wrong with the last try: a sentence, or empty
	// FieldsRight says that nothing is wrong with what was typed: no field is marked.
	FieldsRight bool
	// Notice says why the page is shown at all, where that needs words: "Confluence
	// asks you to sign in again."
	Notice string
	// CanCancel shows the button that gives up and returns to the relying party.
	CanCancel bool
	// NameFirst asks for the name alone, and sends it with action "identify".
	NameFirst bool
	// OffersOnly leaves out the form with the name and the password.
	OffersOnly bool
	// Offers are sent with action "upstream", each by a form of its own.
	Offers []Offer
	// Passkey offers to sign in with one, by a form that sends step, ceremony and response
	// with action "passkey"; nil where none is allowed.
	Passkey *Ceremony
	// Email offers a link by mail: the name is sent with action "email". With EmailOnly
	// there is no password: the form asks for the name alone.
	Email     bool
	EmailOnly bool
	// RecoverURL is for who forgot their password, RegisterURL for who has no account;
	// empty: not offered.
	RecoverURL  string
	RegisterURL string
}

// Offer is a way to sign in elsewhere.
type Offer struct {
	Connector string // hidden field "connector"; a word of letters, digits and hyphens
	Title     string // "Google"
	// Icon is the name of an icon of ours, "google", or a data:image URI as of
	// [Client]; for everything else stands a monogram of the title.
	Icon string
}

// Select asks which account to go on with.
type Select struct {
	Action string
	Step   string
	Client *Client
	Name   string // display name
	Login  string
	Email  string
}

// Scope is a line of the consent page.
type Scope struct {
	Name        string // "email"
	Title       string // "Your e-mail address"
	Description string
}

// Consent asks whether the client may have the scopes.
type Consent struct {
	Action string
	Step   string
	Client *Client
	User   string // display name
	Login  string
	Scopes []Scope
	// ReturnTo is the host that the browser is sent to afterwards, or empty.
	ReturnTo string
}

// Link is an account at a provider. Its form sends step, connector and subject.
type Link struct {
	Connector string
	Subject   string
	Title     string // of the provider
	Icon      string // as of [Offer]
	Name      string // of the account there, or empty
	Since     time.Time
	// Only says that there is no other way in: it cannot be unlinked.
	Only bool
}

// Leaving goes on to another site, at once and by itself; where the browser does not,
// by its link. It stands in the place of a redirect where a form of a page may be what
// led here: browsers hold all redirects in answer to a form to the form-action of the
// page that the form was on, and no page can name all that may follow.
type Leaving struct {
	URL string // http, https or a private-use URI, else Render gives an error
	// Name is that of a provider, with its Icon as of [Offer]. If both it and Client
	// are missing, the page names the host.
	Name   string
	Icon   string
	Client *Client // where the browser goes back to a relying party
}

// Denied says that a person may not use the relying party, and leads back to it.
type Denied struct {
	Client *Client
	Reason string // a sentence, or empty
	// URL is where the answer goes, as of [Leaving]; or, if it goes by form_post, Action
	// with Fields as of [FormPost].
	URL    string
	Action string
	Fields []Field
}

// Welcome is the front page when nobody is signed in.
type Welcome struct {
	Name     string // of the organisation; empty: Postern
	LoginURL string
	// NeedsSetup says that there is no administrator yet: the page says where the
	// set-up link was printed.
	NeedsSetup bool
}

// Logout asks for confirmation.
type Logout struct {
	Action string
	Step   string
	Client *Client // who asked, or nil
	Name   string  // who is signed in
	// StayURL is where to go without signing out, "/" if empty. It is a link and no
	// button of the form, so that nothing but "logout" is ever sent to Action.
	StayURL string
}

// SignedOut says that it is done.
type SignedOut struct {
	LoginURL string
}

// SigningOut says that it is done, and loads a page of each application that wants to
// know (OpenID Connect Front-Channel Logout 1.0) in a hidden frame. If there is a URL, it
// goes on to it once they have loaded, by itself or by its link.
type SigningOut struct {
	Frames   []string // http or https, else Render gives an error
	URL      string   // as of [Leaving], or empty
	Name     string   // of where URL leads, as of [Leaving]
	Client   *Client  // where it leads back to a relying party
	LoginURL string   // shown where there is no URL
}

// CheckSession is the page that relying parties load in a frame and ask whether somebody
// is still signed in. Nobody sees it; a script of its own file answers.
type CheckSession struct{}

// Error is shown where nobody can be redirected. Empty fields are left out, an empty
// Title gets a general one.
type Error struct {
	Status      int
	Code        string // "invalid_request", shown as text
	Title       string // "This sign-in link does not work"
	Description string
	Hint        string // what the person can do
	Detail      string // for who develops the application, in English
	Correlation string // id to tell the administrator
	// BackURL leads to where one may try again, BackText are the words for it:
	// "Back to sign-in" if empty.
	BackURL  string
	BackText string
}

// Setup makes the first administrator.
type Setup struct {
	Action   string
	Token    string // hidden field "token"
	Username string
	Name     string
	Email    string
	Problems map[string]string // by field: "username", "name", "email", "password"; "" for the form
	// PasswordMin is how many characters a password must have; 0: the page does not say.
	PasswordMin int
}

// SetupDone says what to do next.
type SetupDone struct {
	Login    string
	LoginURL string
	Issuer   string
}

// FormPost sends an authorization response by form_post (OAuth 2.0 Form Post
// Response Mode). It is sent by a script of its own file, or by its button. Action
// must be http, https or a private-use URI, else Render gives an error.
type FormPost struct {
	Action string
	Fields []Field // in order
	Client *Client
}

// HasScript reports whether the page has a script of ours: its policy must allow it.
func HasScript(page Page) bool {
	switch p := page.(type) {
	case FormPost, CheckSession, EnrolPasskey, RecoveryCodes, Console:
		return true
	case SigningOut:
		return p.URL != ""
	case Login:
		return p.Passkey != nil
	case Factor:
		return p.Passkey != nil
	case Enrol:
		return p.Passkey != nil
	case Invite:
		return p.Passkey != nil
	case RegisterConfirm:
		return p.Passkey != nil
	case Security:
		return p.Signal != nil
	}
	return false
}

// Asks reports whether a script of the page asks the server for more: its policy must
// allow it.
func Asks(page Page) bool {
	console, is := page.(Console)
	return is && slices.ContainsFunc(console.Blocks, func(b Block) bool {
		log, is := b.(Log)
		return is && log.Live
	})
}

// Field is a hidden field of a form.
type Field struct{ Name, Value string }

// every gives one page of each type.
func every() []Page {
	return []Page{
		Login{}, Select{}, Consent{}, Welcome{}, Logout{}, SignedOut{}, SigningOut{}, CheckSession{}, Error{}, Setup{}, SetupDone{}, FormPost{}, Leaving{}, Denied{},
		MailSent{}, Ticket{}, TicketGone{}, Factor{}, Enrol{}, EnrolTOTP{}, EnrolPasskey{}, RecoveryCodes{},
		Recover{}, NewPassword{}, Register{}, RegisterConfirm{}, Invite{}, Done{}, Mailbox{},
		DeviceCode{}, Device{}, DeviceDone{},
		Profile{}, Security{}, Sessions{}, Applications{}, Activity{}, Data{}, DeleteAccount{}, EmailChange{},
	}
}

func (Login) template() string        { return "login" }
func (Select) template() string       { return "select" }
func (Consent) template() string      { return "consent" }
func (Welcome) template() string      { return "welcome" }
func (Logout) template() string       { return "logout" }
func (SignedOut) template() string    { return "signedout" }
func (SigningOut) template() string   { return "signingout" }
func (CheckSession) template() string { return "checksession" }
func (Error) template() string        { return "error" }
func (Setup) template() string        { return "setup" }
func (SetupDone) template() string    { return "setupdone" }
func (FormPost) template() string     { return "formpost" }
func (Leaving) template() string      { return "leaving" }
func (Denied) template() string       { return "denied" }

// A title starts with what is wrong, if something is: it is the first thing that
// a screen reader says.

func (p Login) title(l *Locale) string {
	return l.wrong(p.Problem != "", l.about("login.title", p.Client))
}

func (p Select) title(l *Locale) string     { return l.about("select.title", p.Client) }
func (p Consent) title(l *Locale) string    { return l.about("consent.title", p.Client) }
func (p Welcome) title(l *Locale) string    { return cmp.Or(p.Name, "Postern") }
func (Logout) title(l *Locale) string       { return l.Text("common.signout") }
func (SignedOut) title(l *Locale) string    { return l.Text("logout.done") }
func (CheckSession) title(l *Locale) string { return l.Text("logout.watched") }
func (SigningOut) title(l *Locale) string   { return l.Text("logout.done") }
func (SetupDone) title(l *Locale) string    { return l.Text("setup.ready") }
func (p FormPost) title(l *Locale) string   { return returning(l, p.Client) }

func (p Denied) title(l *Locale) string { return l.wrong(true, l.about("leaving.denied", p.Client)) }

func (p Leaving) title(l *Locale) string {
	if p.Client != nil {
		return returning(l, p.Client)
	}
	return l.Text("leaving.going", "place", l.where(p))
}

func returning(l *Locale, client *Client) string {
	if client == nil || client.Name == "" {
		return l.Text("leaving.title")
	}
	return l.Text("common.returning", "client", client.Name)
}

// leading is a page that goes on to another site.
type leading interface{ place() (name, uri string) }

func (p Leaving) place() (name, uri string) { return p.Name, p.URL }

func (p SigningOut) place() (name, uri string) {
	if p.Client != nil && p.Client.Name != "" {
		return p.Client.Name, p.URL
	}
	return p.Name, p.URL
}

// where is what a page calls the place that it leads to: by its name, else its host.
func (l *Locale) where(p leading) string {
	name, uri := p.place()
	if name != "" {
		return name
	}
	if at, err := url.Parse(uri); err == nil && at.Host != "" {
		return at.Host
	}
	return l.Text("leaving.application")
}

func (p Error) title(l *Locale) string {
	if p.Title == "" {
		return l.wrong(true, l.Text("error.title"))
	}
	return l.wrong(true, p.Title)
}

func (p Setup) title(l *Locale) string {
	return l.wrong(len(p.Problems) > 0, l.Text("setup.title"))
}
