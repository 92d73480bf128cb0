package core

import (
	"net/url"
	"time"
)

// Connector is a plugin instance with which people sign in elsewhere, and how the
// host deals with whom it names. A binding of the instance to connector.login/v1 or
// connector.password/v1 says at which clients it serves, and its place among others.
type Connector struct {
	// Instance is the plugin instance. Upstream subjects are namespaced by it.
	Instance string
	// Org is the organisation whose people sign in with it.
	Org         string
	DisplayName string // on the button; empty: Instance
	// Icon is the name of a built-in icon, or a data:image URI; empty: a monogram.
	Icon string
	// Domains are e-mail domains whose people are sent here when they type their
	// address: lower-case, sorted, each at one connector of an organisation.
	Domains []string
	// Hidden keeps it off the sign-in page: only its domains and the parameter idp_hint
	// lead to it.
	Hidden   bool
	Disabled bool
	// CreateUsers makes an account for whoever signs in for the first time.
	CreateUsers bool
	// LinkByEmail takes a person for the one here that has the same e-mail address, if
	// both sides have verified it.
	LinkByEmail bool
	// SyncProfile lets names, picture and the like follow the provider at each sign-in.
	SyncProfile bool
	// SyncGroups makes the person a member of the provider's groups, under names that
	// begin with GroupPrefix, and takes them out of those that the provider names no
	// more.
	SyncGroups  bool
	GroupPrefix string
	// KeepTokens keeps the provider's tokens, sealed, with the link. No relying party
	// ever gets them.
	KeepTokens bool
	// Logout signs out at the provider too, where it has an end session endpoint.
	Logout    bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Title is what people see.
func (c *Connector) Title() string {
	if c.DisplayName != "" {
		return c.DisplayName
	}
	return c.Instance
}

// Offer is a way to sign in elsewhere, for the sign-in page.
type Offer struct {
	Connector string // instance
	Org       string // whose people sign in with it
	Title     string
	Icon      string
	Domains   []string
	Hidden    bool
}

// Link says that a person at a provider is a user here. A person at a provider is at
// most one user; a user may have several links, also at one provider.
type Link struct {
	Connector string
	Subject   string // as the provider wrote it, at most 255 bytes
	UserID    ID
	Name      string // whom the provider takes them for, to show: a login name or an address
	// Groups are those that the connector made the user a member of, sorted.
	Groups     []string
	Tokens     []byte // sealed; nil where none are kept
	CreatedAt  time.Time
	LastUsedAt time.Time
}

// Linked is a link with its user and their organisation.
type Linked struct {
	Link Link
	User User
	Org  Organisation
}

// LinkTokensPurpose is what the tokens of a link are sealed for.
func LinkTokensPurpose(connector, subject string) string {
	return "upstream-tokens:" + connector + ":" + subject
}

// UpstreamAttempt is a browser that was sent to a provider and has not come back: the
// half of state that stays here. It is used once, and lives for minutes.
type UpstreamAttempt struct {
	ID          ID
	Hash        Hash // of the credential in state (KindState)
	BrowserHash Hash // of the browser cookie
	RequestID   ID   // of the authorization request; empty where LinkTo is set
	// LinkTo is the session whose user wants to link an account at the provider.
	LinkTo    ID
	Connector string
	// Fresh says that the person was to prove anew who they are.
	Fresh bool
	// Sealed is what the connector wants to have back, and what the host must know.
	Sealed []byte
	// Held is a callback that was posted and waits for the browser to come for it,
	// sealed; nil as long as there is none.
	Held      []byte
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Upstream is the provider's part of a sign-in, as a session and its grants keep it.
type Upstream struct {
	Connector string
	// Claims are handed to claims.map/v1: a JSON object of at most 16 KiB, or nil.
	Claims []byte
	// Logout is what it takes to sign out there, sealed; nil: nothing is to be done.
	// Grants have none.
	Logout []byte
}

// UpstreamTokens are what a provider gave. They never leave the host.
type UpstreamTokens struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token,omitempty"`
	ID        string `json:"id_token,omitempty"`
	Type      string `json:"token_type"`
	Scope     string `json:"scope,omitempty"`
	ExpiresIn int    `json:"expires_in,omitempty"` // seconds; 0: it was not said
	// EndSession is the provider's end session endpoint, if it has one.
	EndSession string `json:"end_session_endpoint,omitempty"`
	// ClientID is ours at the provider.
	ClientID string `json:"client_id,omitempty"`
}

// UpstreamBegin is what a sign-in at a provider begins with.
type UpstreamBegin struct {
	Connector string
	Client    *Client // nil: to Postern itself
	Request   ID      // the authorization request; empty where LinkTo is set
	LinkTo    ID      // the session whose user wants to link
	Browser   Hash    // of the browser cookie
	LoginHint string
	// Fresh asks the provider for a new sign-in (prompt=login), SelectAccount for a
	// choice of accounts.
	Fresh, SelectAccount bool
	ACRValues, UILocales []string
	Event                Event // a template: where it comes from
	ExpiresAt            time.Time
}

// UpstreamStart is where the browser goes, once Changes are applied.
type UpstreamStart struct {
	Redirect string
	Changes  []Change
}

// UpstreamFinish is what comes back from a provider.
type UpstreamFinish struct {
	Attempt *UpstreamAttempt
	State   string // as it came: the attempt is sealed under it
	// Connector is the one of the redirect URI that was called.
	Connector string
	// Params are those of the callback, one value each. Where Attempt has a held
	// callback, that counts instead.
	Params url.Values
	Client *Client
	// For is who wants to link; nil for a sign-in.
	For   *SignedIn
	Event Event // a template
}

// PasswordAttempt is a login name with a password that somebody typed.
type PasswordAttempt struct {
	Client          *Client // nil: to Postern itself
	Org             string  // where to look; empty: in every organisation
	Login, Password string
	Event           Event // a template: where it comes from
}

// Proof says who proved to be whom, and how.
type Proof struct {
	User *User // as the store has it once Changes are applied
	// Changes belong to the sign-in: the caller applies them with its own.
	Changes []Change
	// Method is [MethodPassword], [MethodUpstream], [MethodPasskey] or [MethodEmail], for the
	// audit log; of two factors both, as "password+totp".
	Method string
	AMR    []string
	ACR    string
	// AuthTime is when the person did so; zero: just now.
	AuthTime time.Time
	// Upstream is nil for who signed in here.
	Upstream *Upstream
}

// UpstreamRefused says that a sign-in at a provider came to nothing. Changes, if any,
// are to be applied: they tell the audit log why.
type UpstreamRefused struct {
	Kind UpstreamRefusal
	// Reason is for the audit log: one word of Postern's.
	Reason string
	// Detail says more, for the log alone. It has no secrets in it.
	Detail string
	// Words are shown to the person: what a connector said that denied. Plain text.
	Words     string
	Connector string // instance; empty if nobody knows
	Title     string // of the connector
	// Guessed says that a password was wrong at one connector, although another could
	// not be asked.
	Guessed bool
	Changes []Change
}

// UpstreamRefusal is a kind of refusal that the person may tell apart.
type UpstreamRefusal string

const (
	// UpstreamCancelled: the person gave up at the provider.
	UpstreamCancelled UpstreamRefusal = "cancelled"
	// UpstreamDenied: the connector, or the provider, says no to this person.
	UpstreamDenied UpstreamRefusal = "denied"
	// UpstreamUnknown: no account here goes with the person, whatever the reason.
	UpstreamUnknown UpstreamRefusal = "unknown"
	// UpstreamBroken: the provider, or the connector, did what it should not.
	UpstreamBroken UpstreamRefusal = "broken"
	// UpstreamClosed: there is no such connector here and now.
	UpstreamClosed UpstreamRefusal = "closed"
)

func (e *UpstreamRefused) Error() string {
	if e.Detail != "" {
		return "upstream sign-in refused: " + e.Reason + ": " + e.Detail
	}
	return "upstream sign-in refused: " + e.Reason
}
