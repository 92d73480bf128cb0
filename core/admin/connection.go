package admin

import (
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Connection is what a relying party must be told about Postern.
type Connection struct {
	ClientID              string   `json:"client_id"`
	ClientSecret          string   `json:"client_secret,omitempty"` // right after it was made, never again
	Issuer                string   `json:"issuer"`
	DiscoveryURI          string   `json:"discovery_uri"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	DeviceEndpoint        string   `json:"device_authorization_endpoint,omitempty"` // of a client that may use it
	UserInfoEndpoint      string   `json:"userinfo_endpoint"`
	AccountEndpoint       string   `json:"account_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	EndSessionEndpoint    string   `json:"end_session_endpoint"`
	Scopes                []string `json:"scopes"`
}

// Connect gives what the client's relying party must be told. The secret is
// empty where it is not known any more.
func Connect(issuer string, client *core.Client, secret string) Connection {
	c := Connection{
		ClientID: client.ID, ClientSecret: secret,
		Issuer:                issuer,
		DiscoveryURI:          issuer + oauth.PathDiscovery,
		AuthorizationEndpoint: issuer + oauth.PathAuthorize,
		TokenEndpoint:         issuer + oauth.PathToken,
		UserInfoEndpoint:      issuer + oauth.PathUserInfo,
		AccountEndpoint:       issuer + oauth.PathAccount,
		JWKSURI:               issuer + oauth.PathJWKS,
		EndSessionEndpoint:    issuer + oauth.PathEndSession,
		Scopes:                client.Scopes,
	}
	if slices.Contains(client.GrantTypes, core.GrantDevice) {
		c.DeviceEndpoint = issuer + oauth.PathDeviceAuthorization
	}
	return c
}

// RedirectURI is the address of a connector that its provider must be told.
func RedirectURI(issuer, connector string) string { return issuer + oauth.PathCallback + connector }

// LogoutReturnURI is the address that the provider of a connector must be told besides,
// if people are to come back from signing out there.
func LogoutReturnURI(issuer string) string { return issuer + oauth.PathLogoutReturn }
