package hook

// Names of the capabilities: what a plugin can ask the host to do during a call.
// To log and to draw randomness needs no grant.
const (
	Clock         = "clock"
	HTTPFetch     = "http.fetch"
	JWTVerify     = "jwt.verify"
	KV            = "kv"
	SecretGet     = "secret.get"
	OIDCExchange  = "oidc.exchange"
	OAuthExchange = "oauth.exchange"
	LDAPBind      = "ldap.bind"
	LDAPSearch    = "ldap.search"
)

// Capabilities are all names, in the order of sdk/abi.md.
var Capabilities = [...]string{Clock, HTTPFetch, JWTVerify, KV, SecretGet, OIDCExchange, OAuthExchange, LDAPBind, LDAPSearch}

// Codes of a [CapabilityError].
const (
	CodeDenied         = "denied"          // not granted; the message says how the operator grants it
	CodeInvalidRequest = "invalid_request" // the plugin's mistake
	CodeUnavailable    = "unavailable"     // the other side cannot be reached or makes no sense
	CodeTimeout        = "timeout"
	CodeTooLarge       = "too_large"
	CodeLimit          = "limit"   // too many calls, keys, ...
	CodeRefused        = "refused" // the other side, or the check, said no
)

// CapabilityError is the member error of an answer.
type CapabilityError struct {
	Code    string `json:"code"`
	Message string `json:"message"` // for the plugin's author
}

// Error has both.
func (e *CapabilityError) Error() string { return e.Code + ": " + e.Message }

// FetchRequest is what http.fetch gets: requests that the host sends side by side,
// at most 8.
type FetchRequest struct {
	Requests []Fetch `json:"requests"`
}

// Fetch is a request of HTTP.
type Fetch struct {
	Method     string `json:"method"` // empty: GET
	URL        string `json:"url"`
	Headers    Object `json:"headers"`     // strings
	Body       string `json:"body"`        // UTF-8, or
	BodyBase64 string `json:"body_base64"` // any bytes (RFC 4648 section 4)
	TimeoutMS  int    `json:"timeout_ms"`  // 0: as long as the host lets it
	// Secrets are put into headers by the host: the plugin need not read them.
	Secrets []FetchSecret `json:"secrets"`
	// Exchanged sends the access token that oidc.exchange or oauth.exchange got in
	// this call as a bearer token.
	Exchanged bool `json:"exchanged"`
}

// FetchSecret is a header whose value is Prefix and a secret of the plugin
// instance.
type FetchSecret struct {
	Header string `json:"header"`
	Name   string `json:"name"`
	Prefix string `json:"prefix"` // "Bearer "
}

// FetchAnswer has a response for each request, in their order.
type FetchAnswer struct {
	Error     *CapabilityError `json:"error"`
	Responses []FetchResponse  `json:"responses"`
}

// FetchResponse is what came back. Headers have lower-case names; several of one
// name are joined by ", ".
type FetchResponse struct {
	Error      *CapabilityError `json:"error"`
	Status     int              `json:"status"`
	Headers    Object           `json:"headers"`
	Body       string           `json:"body"`        // if it is UTF-8
	BodyBase64 string           `json:"body_base64"` // if it is not
}

// JWTVerifyRequest is what jwt.verify gets. The keys come from one of JWKS, JWKSURI,
// Secret, and else from the discovery document of the issuer.
type JWTVerifyRequest struct {
	Token      string   `json:"token"`
	Issuer     string   `json:"issuer"`     // must be iss, if given
	Audience   string   `json:"audience"`   // must be in aud, if given
	Algorithms []string `json:"algorithms"` // empty: RS256, PS256, ES256, EdDSA
	JWKSURI    string   `json:"jwks_uri"`
	JWKS       Object   `json:"jwks"`
	Secret     string   `json:"secret"` // name of a secret, for HS256
	// Leeway is in seconds, at most 300.
	Leeway int `json:"leeway"`
}

// JWTVerifyAnswer has what a valid token says.
type JWTVerifyAnswer struct {
	Error  *CapabilityError `json:"error"`
	Header Object           `json:"header"`
	Claims Object           `json:"claims"`
}

// Operations of [KVRequest].
const (
	KVGet    = "get"
	KVSet    = "set"
	KVAdd    = "add" // set, unless the key is there: Found says which
	KVDelete = "delete"
)

// KVRequest is what kv gets. Keys are of the plugin instance alone.
type KVRequest struct {
	Op    string `json:"op"`
	Key   string `json:"key"`   // at most 128 bytes
	Value string `json:"value"` // at most 4 KiB
	TTL   int    `json:"ttl"`   // seconds, 1 to 30 days; set and add need it
}

// KVAnswer says whether the key was there, and with get what it holds.
type KVAnswer struct {
	Error *CapabilityError `json:"error"`
	Found bool             `json:"found"`
	Value string           `json:"value"`
}

// SecretGetRequest is what secret.get gets.
type SecretGetRequest struct {
	Name string `json:"name"`
}

// SecretGetAnswer has the secret.
type SecretGetAnswer struct {
	Error *CapabilityError `json:"error"`
	Value string           `json:"value"`
}

// OIDCExchangeRequest is what oidc.exchange gets, at finish of connector.login/v1.
// The host has code, redirect URI, PKCE verifier and nonce, and verifies the ID
// token (OpenID Connect Core 1.0 section 3.1.3.7).
type OIDCExchangeRequest struct {
	Issuer   string `json:"issuer"`
	ClientID string `json:"client_id"`
	Secret   string `json:"secret"` // name of the client secret; empty: a public client
	// AuthMethod is how the client proves who it is. Empty: client_secret_basic with a
	// secret, none without; client_secret_post, none, or one for which the secret is a
	// private key in PEM: private_key_jwt (RFC 7523 section 2.2), signed_client_secret (a
	// JWT in the place of the client secret, as Apple wants it).
	AuthMethod string `json:"auth_method"`
	KeyID      string `json:"key_id"`     // kid of what the private key signs
	KeyIssuer  string `json:"key_issuer"` // iss of a signed_client_secret
	UserInfo   bool   `json:"userinfo"`   // ask the UserInfo endpoint too
	// AnyIssuer accepts an issuer that the discovery document writes with {tenantid},
	// filled in from the claim tid, as Microsoft Entra ID does.
	AnyIssuer bool `json:"any_issuer"`
}

// OIDCExchangeAnswer has the claims. Tokens stay with the host.
type OIDCExchangeAnswer struct {
	Error    *CapabilityError `json:"error"`
	Claims   Object           `json:"claims"`   // of the ID token
	UserInfo Object           `json:"userinfo"` // its sub was compared
	Scope    string           `json:"scope"`
}

// OAuthExchangeRequest is what oauth.exchange gets, at finish of connector.login/v1.
type OAuthExchangeRequest struct {
	TokenEndpoint string `json:"token_endpoint"`
	ClientID      string `json:"client_id"`
	Secret        string `json:"secret"`
	AuthMethod    string `json:"auth_method"` // as in [OIDCExchangeRequest]
	KeyID         string `json:"key_id"`
	KeyIssuer     string `json:"key_issuer"`
}

// OAuthExchangeAnswer says what was granted. The access token stays with the host;
// see [Fetch].
type OAuthExchangeAnswer struct {
	Error     *CapabilityError `json:"error"`
	TokenType string           `json:"token_type"`
	Scope     string           `json:"scope"`
	ExpiresIn int              `json:"expires_in"` // seconds; 0: it was not said
}

// LDAPServer says where a directory is and who asks it.
type LDAPServer struct {
	URL      string `json:"url"` // ldap://host:389, ldaps://host:636
	StartTLS bool   `json:"start_tls"`
	BindDN   string `json:"bind_dn"` // empty: nobody
	// BindSecret is the name of a secret with the password of BindDN.
	BindSecret string `json:"bind_secret"`
}

// LDAPBindRequest is what ldap.bind gets: does the password open the entry? An empty
// password is refused.
type LDAPBindRequest struct {
	Server   LDAPServer `json:"server"` // without BindDN and BindSecret
	DN       string     `json:"dn"`
	Password string     `json:"password"`
}

// LDAPBindAnswer says so.
type LDAPBindAnswer struct {
	Error *CapabilityError `json:"error"`
	OK    bool             `json:"ok"`
}

// LDAPSearchRequest is what ldap.search gets.
type LDAPSearchRequest struct {
	Server LDAPServer `json:"server"`
	BaseDN string     `json:"base_dn"`
	Scope  string     `json:"scope"` // empty: sub; base, one
	// Filter may have {0}, {1}, ..., which the host replaces by Values, escaped (RFC
	// 4515 section 3).
	Filter     string   `json:"filter"`
	Values     []string `json:"values"`
	Attributes []string `json:"attributes"` // empty: all
	Limit      int      `json:"limit"`      // 0: 100; at most 1,000
}

// LDAPSearchAnswer has the entries.
type LDAPSearchAnswer struct {
	Error   *CapabilityError `json:"error"`
	Entries []LDAPEntry      `json:"entries"`
	// Truncated says that there were more.
	Truncated bool `json:"truncated"`
}

// LDAPEntry is an entry. Attributes are arrays of strings by the name that the
// server gave; values that are no UTF-8, or begin with "base64:", are written in
// base64 after "base64:".
type LDAPEntry struct {
	DN         string `json:"dn"`
	Attributes Object `json:"attributes"`
}
