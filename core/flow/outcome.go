package flow

import (
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/ticket"
)

// Paths of the steps. Each takes GET with the query parameter "step" to show the
// page, and POST with the field "step" to do what it asks.
const (
	PathLogin   = "/login"
	PathMail    = "/login/mail"
	PathFactor  = "/factor"
	PathEnrol   = "/enrol"
	PathSelect  = "/select"
	PathConsent = "/consent"
	PathHome    = "/"
	// PathDevice is where people type the codes of programs without a browser; without a
	// step it takes the code as "user_code".
	PathDevice = oauth.PathDevice
	// PathSecurity is the page of what a person signs in with.
	PathSecurity = "/account/security"

	// PathTicket is where the link of a mail to sign in with leads. It takes GET and POST
	// with the parameter "ticket".
	PathTicket = ticket.PathSignIn
	// PathCallback is followed by the connector: it takes the answer of a provider, by
	// GET or by POST.
	PathCallback = oauth.PathCallback
	// PathLink and PathUnlink take POST alone, from [PathSecurity].
	PathLink   = "/link"
	PathUnlink = "/unlink"
	// PathLogoutReturn is where a provider sends who signed out there; GET.
	PathLogoutReturn = oauth.PathLogoutReturn
)

// Browser is what a request says of the browser that sent it.
type Browser struct {
	BrowserCookie string // value, empty if there is none
	SessionCookie string
	FirstCookie   string // of who proved a first factor
	DeviceCookie  string // of a browser that a person trusted
	Locale        string // BCP 47, of the pages that it gets
	IP            string // without port
	UserAgent     string
	Correlation   string
}

// Outcome is the answer. Exactly one of Redirect, Form, Page and Error is set.
type Outcome struct {
	// Redirect is where the browser is sent with status 303, which never repeats
	// a POST (RFC 9700 section 4.12): a redirect URI with the answer, or a local
	// path that begins with a single slash.
	Redirect string
	// Away is set with a Redirect that may follow a form whose page could not name
	// where it leads: to a provider, or from one to a client. Browsers apply form-action
	// to redirects, that of a provider's page too, so this one is to be made by a page.
	Away *Away
	// Denied is set with a Redirect or a Form that says access_denied because a scope
	// policy denied: the person is to read why before going back.
	Denied *Denied
	// Form is the answer by form_post.
	Form *FormPost
	// Page is what to show.
	Page Page
	// Error is shown with its Status. It reveals nothing that was sent.
	Error *oauth.Error
	// Over is set with an Error that says no more than that a step is over, has expired, or
	// is of another browser.
	Over bool
	// Elsewhere is set with an Error that ends a sign-in at a provider.
	Elsewhere *Elsewhere
	// Back, if it is set with an Error, is a local URL where the person can try another
	// way.
	Back string

	// Status is that of a Page; 0 means 200.
	Status int
	// RetryAfter, if it is not zero, goes with a Status of 429 or 503.
	RetryAfter time.Duration
	// Cookies to set or clear.
	Cookies Cookies
	// FormTargets are the origins, or schemes with their colon, that the page's
	// form may lead to, besides this server itself: for form-action of the
	// Content Security Policy, which browsers apply to redirects too.
	FormTargets []string
	// FrameTargets are the same of the page's frames, for frame-src.
	FrameTargets []string
	// For says who reads the answer, as far as is known.
	For Audience
}

// Audience is what decides on the language and the look of a page.
type Audience struct {
	Org     string     // whose page it is; empty: nobody's in particular
	Locales []string   // BCP 47 tags that the client asks for, the best first (ui_locales)
	Person  *core.User // who is signed in with the browser, or nil
}

// Cookies says what happens to the cookies; their names and attributes are the caller's.
// What is zero stays as it is.
type Cookies struct {
	SetBrowser   string
	ClearBrowser bool

	SetSession     string
	SessionExpires time.Time // of the session that SetSession names
	ClearSession   bool

	// SetFirst is of who proved a first factor, and has no session yet.
	SetFirst   string
	ClearFirst bool

	// SetDevice trusts the browser until DeviceExpires.
	SetDevice     string
	DeviceExpires time.Time

	// SetState is no secret: scripts of ours read it where another site's page has them
	// in a frame.
	SetState     string
	StateExpires time.Time
	ClearState   bool
}

// Away is what there is to say of where a redirect leads; all of it may be missing.
type Away struct {
	Title, Icon string       // of the connector, on the way to its provider
	Client      *core.Client // on the way back
}

// Denied is what a person is told whom a scope policy denied.
type Denied struct {
	Words  string // the policy's, one line; empty if it gave none
	Client *core.Client
}

// FormPost is an authorization response that a form sends (OAuth 2.0 Form Post
// Response Mode).
type FormPost struct {
	Action string
	Fields []oauth.Field // in order
	Client *core.Client
}

// Elsewhere says how a sign-in at a provider came to nothing.
type Elsewhere struct {
	Kind    core.UpstreamRefusal
	Title   string // of the connector; empty if nobody knows which
	Words   string // of the connector to the person; plain text, may be empty
	Linking bool   // they are signed in, and wanted to link an account there
}

// Page is what a step shows. The types below are the only ones.
type Page interface{ page() }

// LoginPage asks for a login name and a password, or for the name alone; it is posted
// to [PathLogin].
type LoginPage struct {
	Step     string
	Client   *core.Client // nil for a sign-in to Postern itself
	Username string       // typed before, or the login_hint
	// AskPassword says that there is a field for the password, and the form goes to
	// [Dispatcher.Login]. Else it asks for the name first and goes to
	// [Dispatcher.Identify].
	AskPassword bool
	// Password says that passwords are allowed at all, Email that the name can be sent to
	// [Dispatcher.RequestMail] too, Leads that it may lead to a provider. If none of them is
	// set nobody needs to type a name.
	Password, Email, Leads bool
	// Passkey is for who signs in with one; nil where none is allowed. It goes to
	// [Dispatcher.LoginWithPasskey].
	Passkey *Ceremony
	// Offers are other ways to sign in, without hidden ones; each goes to
	// [Dispatcher.SignInWith].
	Offers   []core.Offer
	Problem  Problem // why it is shown again; empty at first
	Provider string  // title of the connector that a ProblemCancelled is about
	// Cancellable says that Cancel leads somewhere.
	Cancellable bool
}

// Problem says why the sign-in did not succeed.
type Problem string

// The problems. A wrong name, a wrong password, a disabled account and a
// throttled one are the same problem; its text should say that after several
// failures one has to wait some minutes.
const (
	ProblemMissing     Problem = "missing"     // no name, or no password where there is a field for it; status 422
	ProblemName        Problem = "name"        // no name, for what needs no password; status 422
	ProblemWrong       Problem = "wrong"       // status 422
	ProblemThrottled   Problem = "throttled"   // too many failures from this address; status 429
	ProblemBusy        Problem = "busy"        // status 503
	ProblemUnavailable Problem = "unavailable" // who would know the password did not answer; status 503
	ProblemCancelled   Problem = "cancelled"   // the person gave up at Provider
	ProblemWeak        Problem = "weak"        // the scope policy asks for another sign-in than there was
	ProblemAgain       Problem = "again"       // to change how one signs in, one signs in first
	ProblemMethod      Problem = "method"      // the account may not sign in as was tried
	ProblemPasskey     Problem = "passkey"     // it proves nothing here; status 422
	ProblemScript      Problem = "script"      // the browser sent no passkey; status 422
	ProblemCode        Problem = "code"        // it is wrong; status 422
	ProblemExpired     Problem = "expired"     // it took too long, or too many tries: one begins again
)

// SelectPage asks whether to go on with the account that is signed in; it is
// posted to [PathSelect].
type SelectPage struct {
	Step   string
	Client *core.Client
	User   core.User
}

// ConsentPage asks whether the client may have the scopes and the claims; it is posted
// to [PathConsent].
type ConsentPage struct {
	Step   string
	Client *core.Client
	User   core.User
	Scopes []string
	// Claims are what the client gets besides, one by one: standard claims by name, and
	// [oauth.ClaimOther].
	Claims []string
}

// DeviceCodePage asks for the code that a program shows; it is posted to [PathDevice].
type DeviceCodePage struct {
	Step    string
	User    core.User
	Code    string  // as typed
	Problem Problem // missing, code, throttled or busy; empty at first
}

// DevicePage asks whether a program may have the scopes; it is posted to [PathDevice].
type DevicePage struct {
	Step   string
	Client *core.Client
	User   core.User
	Scopes []string
	Code   string // that the person typed, to compare
	IP     string // of the program
	// Same says that it has the address of this browser.
	Same    bool
	AskedAt time.Time
}

// DeviceDonePage says what became of it.
type DeviceDonePage struct {
	Program string
	Allowed bool
	// Reason is why it was not, in the words of the audit log; Words are the scope policy's,
	// may be empty.
	Reason string
	Words  string
}

// LogoutPage asks whether to sign out; it is posted to [oauth.PathEndSession].
type LogoutPage struct {
	Step   string
	Client *core.Client // that asked for it, or nil
	User   core.User
}

// SignedOutPage says that nobody is signed in any more.
type SignedOutPage struct {
	// Frames are the pages of clients that are to be loaded, so that they sign out too
	// (OpenID Connect Front-Channel Logout 1.0 section 3).
	Frames []string
	// Next is where the browser goes on to once they have loaded; empty: nowhere. It is
	// set with Frames only.
	Next string
	// Client is whose page Next is; nil if it is that of a provider, or of nobody known.
	Client *core.Client
}

func (*LoginPage) page()      {}
func (*MailPage) page()       {}
func (*TicketPage) page()     {}
func (*FactorPage) page()     {}
func (*EnrolPage) page()      {}
func (*TOTPPage) page()       {}
func (*CodesPage) page()      {}
func (*SelectPage) page()     {}
func (*ConsentPage) page()    {}
func (*LogoutPage) page()     {}
func (*DeviceCodePage) page() {}
func (*DevicePage) page()     {}
func (*DeviceDonePage) page() {}
func (*SignedOutPage) page()  {}
