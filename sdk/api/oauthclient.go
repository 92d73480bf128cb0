package api

import (
	"encoding/json"
	"time"
)

// Client is a relying party: a program that has people signed in here, or that acts for
// itself.
type Client struct {
	ID           string `json:"id" readOnly:"true" doc:"client_id"`
	Version      string `json:"version" readOnly:"true"`
	Organisation string `json:"organisation" readOnly:"true"`
	Preset       string `json:"preset" readOnly:"true" doc:"What it was made by."`
	Registered   bool   `json:"registered" readOnly:"true" doc:"Whether it registered itself (RFC 7591)."`
	Public       bool   `json:"public" readOnly:"true" doc:"Whether it has no secret."`
	LacksSecret  bool   `json:"lacks_secret" readOnly:"true" doc:"Whether it needs another secret than it has: see rotate-secret."`
	Name         string `json:"name" doc:"Unique in the organisation regardless of case."`
	ClientSettings
	ManagedBy *ManagedBy `json:"managed_by,omitempty" readOnly:"true" doc:"The file that manages it: it is changed there. Absent: none does."`
	CreatedAt time.Time  `json:"created_at" readOnly:"true"`
	UpdatedAt time.Time  `json:"updated_at" readOnly:"true"`
}

// ClientSettings is what can be said about a client.
type ClientSettings struct {
	DisplayName string `json:"display_name" required:"false" doc:"What people see; empty: the name."`
	Disabled    bool   `json:"disabled" required:"false"`

	AuthMethods            []string `json:"auth_methods" required:"false" doc:"client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, or none alone. A client cannot change between public and confidential."`
	RedirectURIs           []string `json:"redirect_uris" required:"false" doc:"Compared exactly."`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris" required:"false"`
	GrantTypes             []string `json:"grant_types" required:"false"`
	ResponseTypes          []string `json:"response_types" required:"false"`
	Scopes                 []string `json:"scopes" required:"false" doc:"What it may ask for."`
	IDTokenAlg             string   `json:"id_token_alg" required:"false" doc:"RS256, ES256, EdDSA, PS256, or none."`
	Native                 bool     `json:"native" required:"false" doc:"The port of a loopback redirect URI is free (RFC 8252)."`
	RequirePKCE            bool     `json:"require_pkce" required:"false" doc:"Always true for a public client."`
	SkipConsent            bool     `json:"skip_consent" required:"false" doc:"You consent for everybody."`
	OfflineWithoutPrompt   bool     `json:"offline_without_prompt" required:"false" doc:"Refresh tokens without prompt=consent."`
	QueryToken             bool     `json:"query_token" required:"false" doc:"Accept ?accessToken= at the account endpoint."`
	Shared                 bool     `json:"shared" required:"false" doc:"Sign in people of every organisation."`
	AllowedGroups          []string `json:"allowed_groups" required:"false" doc:"Groups of its organisation whose members may sign in, and nobody else; empty: everybody."`
	SignInMethods          []string `json:"sign_in_methods" required:"false" doc:"As of organisations; empty: whatever the person's organisation allows."`
	RequireSignIn          string   `json:"require_sign_in" required:"false" doc:"As of organisations."`

	LogoURI   string `json:"logo_uri" required:"false"`
	ClientURI string `json:"client_uri" required:"false"`
	PolicyURI string `json:"policy_uri" required:"false"`
	TermsURI  string `json:"terms_uri" required:"false"`

	AccessTTL  int64 `json:"access_ttl" required:"false" doc:"Seconds that its access tokens work; 0: the server's default."`
	IDTokenTTL int64 `json:"id_token_ttl" required:"false" doc:"Seconds."`
	RefreshTTL int64 `json:"refresh_ttl" required:"false" doc:"Seconds from the sign-in in which it may refresh."`

	ClientMetadata
}

// ClientMetadata is what else OpenID Connect lets a client say of itself, under its names.
// Empty members are absent.
type ClientMetadata struct {
	ApplicationType string          `json:"application_type,omitempty" doc:"web or native."`
	Contacts        []string        `json:"contacts,omitempty"`
	JWKS            json.RawMessage `json:"jwks,omitempty" doc:"Its public keys, a JSON Web Key Set."`
	JWKSURI         string          `json:"jwks_uri,omitempty" doc:"Where it publishes them instead."`

	SubjectType         string `json:"subject_type,omitempty" doc:"public or pairwise."`
	SectorIdentifierURI string `json:"sector_identifier_uri,omitempty"`

	TokenAuthAlg               string `json:"token_endpoint_auth_signing_alg,omitempty"`
	IDTokenEncryptionAlg       string `json:"id_token_encrypted_response_alg,omitempty"`
	IDTokenEncryptionEnc       string `json:"id_token_encrypted_response_enc,omitempty"`
	UserInfoAlg                string `json:"userinfo_signed_response_alg,omitempty"`
	UserInfoEncryptionAlg      string `json:"userinfo_encrypted_response_alg,omitempty"`
	UserInfoEncryptionEnc      string `json:"userinfo_encrypted_response_enc,omitempty"`
	RequestObjectAlg           string `json:"request_object_signing_alg,omitempty"`
	RequestObjectEncryptionAlg string `json:"request_object_encryption_alg,omitempty"`
	RequestObjectEncryptionEnc string `json:"request_object_encryption_enc,omitempty"`

	RequestURIs      []string `json:"request_uris,omitempty"`
	DefaultMaxAge    *int     `json:"default_max_age,omitempty" doc:"Seconds."`
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

// NewClient is a client to be made. Members of [ClientSettings] that are absent are as the
// preset has them.
type NewClient struct {
	Organisation string `json:"organisation,omitempty" doc:"built-in if it is absent."`
	Name         string `json:"name"`
	Preset       string `json:"preset,omitempty" doc:"What kind of client it is: see list-presets; web if it is absent."`
	// Settings are the members of [ClientSettings] that are to differ from the preset's.
	Settings Patch `json:"settings,omitempty" patch:"ClientSettings" doc:"What is to differ from the preset."`
}

// CreatedClient is a client that was made.
type CreatedClient struct {
	Client Client `json:"client"`
	Secret string `json:"secret,omitempty" secret:"true" doc:"client_secret; shown this once. Absent for a client that has none."`
}

// Secret is a new secret of a client.
type Secret struct {
	Secret string `json:"secret,omitempty" secret:"true" doc:"Shown this once."`
}

// Preset is a kind of client.
type Preset struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}
