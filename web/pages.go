package web

// Page is what [Pages.Render] can show. The types below are the only ones.
type Page interface{ page() }

// Client is the relying party on a page. All strings are shown as they are,
// escaped; LogoURI is used only if it is https or data:image.
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
	Problem  string // a sentence, or empty
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
}

// SignedOut says that it is done.
type SignedOut struct {
	LoginURL string
}

// Error is shown where nobody can be redirected.
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
}

// SetupDone says what to do next.
type SetupDone struct {
	Login    string
	LoginURL string
	Issuer   string
}

// FormPost sends an authorization response by form_post (OAuth 2.0 Form Post
// Response Mode). It is sent by a script of its own file, or by its button.
type FormPost struct {
	Action string
	Fields []Field // in order
	Client *Client
}

// Field is a hidden field of a form.
type Field struct{ Name, Value string }

func (Login) page()     {}
func (Select) page()    {}
func (Consent) page()   {}
func (SignedIn) page()  {}
func (Welcome) page()   {}
func (Logout) page()    {}
func (SignedOut) page() {}
func (Error) page()     {}
func (Setup) page()     {}
func (SetupDone) page() {}
func (FormPost) page()  {}
