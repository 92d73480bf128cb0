package core

import (
	"slices"
	"time"
)

// Token endpoint authentication methods (OpenID Connect Core section 9).
const (
	AuthBasic = "client_secret_basic"
	AuthPost  = "client_secret_post"
	AuthNone  = "none"
)

// Grant types (RFC 6749).
const (
	GrantAuthorizationCode = "authorization_code"
	GrantRefreshToken      = "refresh_token"
	GrantClientCredentials = "client_credentials"
)

// Client is a relying party. Only the administrator makes one.
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
	// AllowedGroups, if there are any, are the groups whose members may sign in; nobody
	// else may. Sorted.
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
	CreatedAt  time.Time
	UpdatedAt  time.Time
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

// Allows reports whether somebody of these groups may sign in to the client.
func (c *Client) Allows(groups []string) bool {
	return len(c.AllowedGroups) == 0 || slices.ContainsFunc(c.AllowedGroups, func(group string) bool { return slices.Contains(groups, group) })
}

// Admits reports whether people of the organisation may sign in to the client.
func (c *Client) Admits(org string) bool { return c.Shared || c.Org == org }
