package web

// Page is what [Pages.Render] can show. The types below are the only ones.
type Page interface {
	template() string // name of its file, without ".html"
	title() string
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
}

// Login asks for a login name and a password.
type Login struct {
	Action   string // where the form is sent
	Step     string // signed step link, a hidden field named "step"
	Client   *Client
	Username string // typed before, or login_hint
	Problem  string // what was wrong with the last try: a sentence, or empty
	// Notice says why the page is shown at all, where that needs words: "Confluence
	// asks you to sign in again."
	Notice string
	// CanCancel shows the button that gives up and returns to the relying party.
	CanCancel bool
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

// SignedIn is the page of somebody who is signed in to Postern itself.
type SignedIn struct {
	Name         string
	Login        string
	Email        string
	Organisation string
	Admin        bool
	Since        string // "23 November 2026, 18:59 UTC"
	LogoutAction string
}

// Welcome is the front page when nobody is signed in.
type Welcome struct {
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

// Error is shown where nobody can be redirected. Empty fields are left out, an empty
// Title gets a general one.
type Error struct {
	Status      int
	Code        string // "invalid_request", shown as text
	Title       string // "This sign-in link does not work"
	Description string
	Hint        string // what the person can do
	Correlation string // id to tell the administrator
}

// Setup makes the first administrator.
type Setup struct {
	Action   string
	Token    string // hidden field "token"
	Username string
	Name     string
	Email    string
	Problems map[string]string // by field: "username", "name", "email", "password"; "" for the form
	// PasswordRule is what a password must be, "At least 8 characters.", or empty.
	PasswordRule string
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

// Field is a hidden field of a form.
type Field struct{ Name, Value string }

// every gives one page of each type.
func every() []Page {
	return []Page{
		Login{}, Select{}, Consent{}, SignedIn{}, Welcome{}, Logout{}, SignedOut{}, Error{}, Setup{}, SetupDone{}, FormPost{},
	}
}

func (Login) template() string     { return "login" }
func (Select) template() string    { return "select" }
func (Consent) template() string   { return "consent" }
func (SignedIn) template() string  { return "signedin" }
func (Welcome) template() string   { return "welcome" }
func (Logout) template() string    { return "logout" }
func (SignedOut) template() string { return "signedout" }
func (Error) template() string     { return "error" }
func (Setup) template() string     { return "setup" }
func (SetupDone) template() string { return "setupdone" }
func (FormPost) template() string  { return "formpost" }

// A title starts with what is wrong, if something is: it is the first thing that
// a screen reader says.

func (p Login) title() string {
	title := "Sign in" + to(p.Client, " to continue to ")
	if p.Problem != "" {
		return "Error: " + title
	}
	return title
}

func (p Select) title() string   { return "Choose an account" + to(p.Client, " to continue to ") }
func (p Consent) title() string  { return "Allow access" + to(p.Client, " for ") }
func (SignedIn) title() string   { return "Your account" }
func (Welcome) title() string    { return "Postern" }
func (Logout) title() string     { return "Sign out" }
func (SignedOut) title() string  { return "You are signed out" }
func (SetupDone) title() string  { return "Postern is ready" }
func (p FormPost) title() string { return "Returning" + to(p.Client, " to ") }

func (p Error) title() string {
	if p.Title == "" {
		return "Error: Something went wrong"
	}
	return "Error: " + p.Title
}

func (p Setup) title() string {
	if len(p.Problems) > 0 {
		return "Error: Set up Postern"
	}
	return "Set up Postern"
}

func to(client *Client, words string) string {
	if client == nil || client.Name == "" {
		return ""
	}
	return words + client.Name
}
