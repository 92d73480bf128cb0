package hook

// Names of the hooks, with the version of their messages.
const (
	ClaimsMap         = "claims.map/v1"
	AccountShape      = "account.shape/v1"
	ScopePolicy       = "scope.policy/v1"
	ConnectorLogin    = "connector.login/v1"
	ConnectorPassword = "connector.password/v1"
	EventSink         = "event.sink/v1"
)

// Names are all hooks, in the order in which a manifest lists them.
var Names = [...]string{ClaimsMap, AccountShape, ScopePolicy, ConnectorLogin, ConnectorPassword, EventSink}

// Target says what claims are for.
type Target string

// The targets of claims.map/v1.
const (
	TargetIDToken     Target = "id_token"
	TargetUserInfo    Target = "userinfo"
	TargetAccessToken Target = "access_token"
)

// User is the person that a message is about. Strings are empty where nothing is
// known; times are RFC 3339 in UTC with whole seconds, or empty.
type User struct {
	ID            string   `json:"id"`   // the subject
	Name          string   `json:"name"` // login name
	Email         string   `json:"email"`
	EmailVerified bool     `json:"email_verified"`
	DisplayName   string   `json:"display_name"`
	GivenName     string   `json:"given_name"`
	FamilyName    string   `json:"family_name"`
	MiddleName    string   `json:"middle_name"`
	Nickname      string   `json:"nickname"`
	Profile       string   `json:"profile"`
	Picture       string   `json:"picture"`
	Website       string   `json:"website"`
	Gender        string   `json:"gender"`
	Birthdate     string   `json:"birthdate"`
	Zoneinfo      string   `json:"zoneinfo"`
	Locale        string   `json:"locale"`
	Phone         string   `json:"phone"`
	PhoneVerified bool     `json:"phone_verified"`
	CountryCode   string   `json:"country_code"`
	Region        string   `json:"region"`
	Location      string   `json:"location"`
	Address       []string `json:"address"` // lines
	Affiliation   string   `json:"affiliation"`
	Title         string   `json:"title"`
	Bio           string   `json:"bio"`
	Tag           string   `json:"tag"`
	Education     string   `json:"education"`
	ExternalID    string   `json:"external_id"`
	Admin         bool     `json:"admin"`
	Groups        []string `json:"groups"`
	// Attributes are sorted by name; their values are strings.
	Attributes   Object `json:"attributes"`
	CreatedAt    string `json:"created_at"`
	UpdatedAt    string `json:"updated_at"`
	LastSignInAt string `json:"last_sign_in_at"`
	LastSignInIP string `json:"last_sign_in_ip"`
}

// Organisation is the one that the user belongs to.
type Organisation struct {
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	WebsiteURL  string `json:"website_url"`
	Logo        string `json:"logo"`
	Favicon     string `json:"favicon"`
	CreatedAt   string `json:"created_at"`
}

// Client is the relying party.
type Client struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Authentication says how the user proved who they are; empty where no user took
// part.
type Authentication struct {
	Time string   `json:"time"`
	AMR  []string `json:"amr"`
	ACR  string   `json:"acr"`
	// Connector is the plugin instance that the user signed in with; empty where it
	// was a password of Postern's own.
	Connector string `json:"connector"`
}

// ClaimsInput is what claims.map/v1 gets.
type ClaimsInput struct {
	Target         Target         `json:"target"`
	Settings       Value          `json:"settings"` // of the plugin instance, an object
	User           User           `json:"user"`
	Organisation   Organisation   `json:"organisation"`
	Client         Client         `json:"client"`
	Scopes         []string       `json:"scopes"` // granted
	Authentication Authentication `json:"authentication"`
	// Claims are those so far: the standard's, then earlier plugins'.
	Claims Object `json:"claims"`
	// Requested are the members of the claims parameter for this target (OpenID
	// Connect Core 1.0 section 5.5), empty where the client asked for none.
	Requested Object `json:"requested"`
	// Upstream are the claims of the provider at which the user signed in, as the
	// connector gave them; empty where it was this one.
	Upstream Object `json:"upstream"`
}

// ClaimsOutput is what claims.map/v1 gives. Remove comes before Set. Naming one
// of [Protected] fails the call.
type ClaimsOutput struct {
	Set    Object   `json:"set"`
	Remove []string `json:"remove"`
}

// AccountInput is what account.shape/v1 gets. The output is the JSON document
// itself, sent byte for byte.
type AccountInput struct {
	Settings       Value          `json:"settings"`
	User           User           `json:"user"`
	Organisation   Organisation   `json:"organisation"`
	Client         Client         `json:"client"`
	Scopes         []string       `json:"scopes"`
	Authentication Authentication `json:"authentication"`
	// Claims are the standard's, as UserInfo has them before any plugin.
	Claims Object `json:"claims"`
}

// ScopeInput is what scope.policy/v1 gets.
type ScopeInput struct {
	Settings       Value          `json:"settings"`
	GrantType      string         `json:"grant_type"` // authorization_code, refresh_token, client_credentials, registration
	User           User           `json:"user"`       // all fields empty where no user took part
	Organisation   Organisation   `json:"organisation"`
	Client         Client         `json:"client"`
	Scopes         []string       `json:"scopes"`  // asked for, after the host's own rules
	Address        string         `json:"address"` // of the browser or the client, without port
	Authentication Authentication `json:"authentication"`
	// Time is now, so that a policy needs no clock: RFC 3339 in UTC with whole seconds.
	Time string `json:"time"`
}

// ScopeOutput is what scope.policy/v1 gives. What it does not say stays as it was.
type ScopeOutput struct {
	// Scopes to grant: nil leaves them as they were, an empty list grants none.
	// Others than those asked for fail the call.
	Scopes []string `json:"scopes"`
	// Deny refuses altogether; Reason is shown to the person and logged.
	Deny   bool   `json:"deny"`
	Reason string `json:"reason"`
	// ACR asks for a sign-in of that class, Fresh for a new sign-in, Consent for
	// the consent page although consent was given.
	ACR     string `json:"acr"`
	Fresh   bool   `json:"fresh"`
	Consent bool   `json:"consent"`
}

// Protected names the claims that the host alone sets. A plugin that sets or
// removes one of them fails.
var Protected = [...]string{
	"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "auth_time", "acr", "amr", "azp", "sid",
	"at_hash", "c_hash", "s_hash", "cnf", "client_id", "scope", "events", "act", "may_act", "typ",
}

// IsProtected reports whether the host alone sets the claim.
func IsProtected(claim string) bool {
	for _, name := range Protected {
		if name == claim {
			return true
		}
	}
	return false
}
