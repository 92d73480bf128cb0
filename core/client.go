package core

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Token endpoint authentication methods (OpenID Connect Core section 9).
const (
	AuthBasic = "client_secret_basic"
	AuthPost  = "client_secret_post"
	AuthNone  = "none"
	// AuthSecretJWT and AuthPrivateKeyJWT prove the secret, or the private key, by a
	// signature (RFC 7523 section 2.2).
	AuthSecretJWT     = "client_secret_jwt"
	AuthPrivateKeyJWT = "private_key_jwt"
)

// Grant types (RFC 6749).
const (
	GrantAuthorizationCode = "authorization_code"
	GrantRefreshToken      = "refresh_token"
	GrantClientCredentials = "client_credentials"
	GrantImplicit          = "implicit"
)

// Subject types (OpenID Connect Core section 8). A client that registered none is public.
const (
	SubjectPublic   = "public"
	SubjectPairwise = "pairwise"
)

// Client is a relying party.
type Client struct {
	ID          string // client_id
	Org         string
	Name        string // unique in Org regardless of case
	DisplayName string // what people see; empty means Name
	Preset      string // "confluence", "web", "spa", "native"
	SecretHash  Hash   // zero for a public client
	// AuthMethods are the token endpoint authentication methods that the client
	// may use; a public client has exactly AuthNone.
	AuthMethods            []string
	RedirectURIs           []string
	PostLogoutRedirectURIs []string
	GrantTypes             []string
	ResponseTypes          []string // each with its words sorted, as "code"
	Scopes                 []string // what it may ask for
	IDTokenAlg             string   // RS256, ES256, EdDSA or PS256
	Native                 bool     // RFC 8252: the port of a loopback redirect URI is free
	RequirePKCE            bool     // always true for public clients
	SkipConsent            bool     // the administrator consented for everybody
	// OfflineWithoutPrompt issues a refresh token for offline_access without
	// prompt=consent: the administrator's choice stands for the consent (OpenID
	// Connect Core section 11 allows other conditions).
	OfflineWithoutPrompt bool
	// QueryToken accepts ?accessToken= at the account endpoint (off by default,
	// RFC 9700 section 4.3.2).
	QueryToken bool
	Shared     bool // signs in people of every organisation
	// AllowedGroups, if there are any, are the groups of Org whose members may sign in;
	// nobody else may. Sorted.
	AllowedGroups []string
	Disabled      bool
	LogoURI       string
	ClientURI     string
	PolicyURI     string
	TermsURI      string
	// Lifetimes; zero means the server's default.
	AccessTTL  time.Duration
	IDTokenTTL time.Duration
	RefreshTTL time.Duration // of the whole family, from the sign-in
	// SignIn are its own rules, besides those of the person's organisation.
	SignIn SignInRules
	// Metadata is what else a client may register.
	Metadata ClientMetadata
	// SealedSecret is the secret, for clients that prove it by an HMAC (client_secret_jwt,
	// or a request object with HS256): a hash cannot check that. Nil for all others.
	SealedSecret []byte
	// RegistrationHash is of the registration access token (RFC 7592 section 3); zero for
	// clients that only administrators manage.
	RegistrationHash Hash
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// ClientMetadata is what OpenID Connect Dynamic Client Registration 1.0 section 2, the
// logout specifications and RFC 7591 let a client say of itself, besides what has its
// own field. It is stored as one JSON document whose members are those of the wire.
type ClientMetadata struct {
	ApplicationType string          `json:"application_type,omitempty"` // web (also when empty) or native
	Contacts        []string        `json:"contacts,omitempty"`
	JWKS            json.RawMessage `json:"jwks,omitempty"`
	JWKSURI         string          `json:"jwks_uri,omitempty"`

	SubjectType         string `json:"subject_type,omitempty"` // public (also when empty) or pairwise
	SectorIdentifierURI string `json:"sector_identifier_uri,omitempty"`

	// Algorithms: empty is none, or the default of the specification.
	TokenAuthAlg               string `json:"token_endpoint_auth_signing_alg,omitempty"`
	IDTokenEncryptionAlg       string `json:"id_token_encrypted_response_alg,omitempty"`
	IDTokenEncryptionEnc       string `json:"id_token_encrypted_response_enc,omitempty"`
	UserInfoAlg                string `json:"userinfo_signed_response_alg,omitempty"` // empty: plain JSON
	UserInfoEncryptionAlg      string `json:"userinfo_encrypted_response_alg,omitempty"`
	UserInfoEncryptionEnc      string `json:"userinfo_encrypted_response_enc,omitempty"`
	RequestObjectAlg           string `json:"request_object_signing_alg,omitempty"`
	RequestObjectEncryptionAlg string `json:"request_object_encryption_alg,omitempty"`
	RequestObjectEncryptionEnc string `json:"request_object_encryption_enc,omitempty"`

	RequestURIs      []string `json:"request_uris,omitempty"`
	DefaultMaxAge    *int     `json:"default_max_age,omitempty"` // seconds
	RequireAuthTime  bool     `json:"require_auth_time,omitempty"`
	DefaultACRValues []string `json:"default_acr_values,omitempty"`
	InitiateLoginURI string   `json:"initiate_login_uri,omitempty"`

	FrontchannelLogoutURI     string `json:"frontchannel_logout_uri,omitempty"`
	FrontchannelLogoutSession bool   `json:"frontchannel_logout_session_required,omitempty"`
	BackchannelLogoutURI      string `json:"backchannel_logout_uri,omitempty"`
	BackchannelLogoutSession  bool   `json:"backchannel_logout_session_required,omitempty"`

	SoftwareID      string `json:"software_id,omitempty"`
	SoftwareVersion string `json:"software_version,omitempty"`
}

// UsesSecret reports whether a secret proves who the client is, or signs its requests.
func (c *Client) UsesSecret() bool {
	return c.SignsWithSecret() || slices.ContainsFunc(c.AuthMethods, func(method string) bool {
		return method == AuthBasic || method == AuthPost
	})
}

// SignsWithSecret reports whether the client proves its secret by an HMAC, so that it
// must be kept.
func (c *Client) SignsWithSecret() bool {
	return slices.Contains(c.AuthMethods, AuthSecretJWT) || c.Metadata.RequestObjectAlg == "HS256"
}

// SecretPurpose is what [Client.SealedSecret] is sealed for.
func (c *Client) SecretPurpose() string { return "client-secret:" + c.ID }

// Registered reports whether the client registered itself.
func (c *Client) Registered() bool { return !c.RegistrationHash.IsZero() }

// Consented reports whether the administrator consented for everybody. Nobody chose a
// client that registered itself, so nobody can.
func (c *Client) Consented() bool { return c.SkipConsent && !c.Registered() }

// WebOrigin gives the origin of an address as a browser writes it (RFC 6454 section
// 6.2): without the port that is the scheme's own. Empty for what is of no web page.
func WebOrigin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return ""
	}
	host := strings.ToLower(u.Host)
	if port := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]; strings.HasSuffix(host, port) {
		host = strings.TrimSuffix(host, port)
	}
	return u.Scheme + "://" + host
}

// Public reports whether the client has no secret (RFC 6749 section 2.1).
func (c *Client) Public() bool { return slices.Contains(c.AuthMethods, AuthNone) }

// Title is what people see.
func (c *Client) Title() string {
	if c.DisplayName != "" {
		return c.DisplayName
	}
	return c.Name
}

// Allows reports whether the groups of somebody let them sign in to the client. A group
// of another organisation is another group, whatever it is called: a provider may name
// the groups there.
func (c *Client) Allows(u *User) bool {
	return len(c.AllowedGroups) == 0 ||
		u.Org == c.Org && slices.ContainsFunc(c.AllowedGroups, func(group string) bool { return slices.Contains(u.Groups, group) })
}

// Admits reports whether people of the organisation may sign in to the client.
func (c *Client) Admits(org string) bool { return c.Shared || c.Org == org }
