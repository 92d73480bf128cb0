package oauth

// The paths of the endpoints below the issuer. There is one for each thing:
// discovery publishes them, and clients that have them typed in find the same.
const (
	PathDiscovery      = "/.well-known/openid-configuration"
	PathServerMetadata = "/.well-known/oauth-authorization-server" // RFC 8414; the same document
	PathWebfinger      = "/.well-known/webfinger"
	PathJWKS           = "/.well-known/jwks"
	PathAuthorize      = "/login/oauth/authorize"
	PathToken          = "/api/login/oauth/access_token"
	PathRefresh        = "/api/login/oauth/refresh_token" // takes the refresh grant too; not in discovery
	PathRevoke         = "/api/login/oauth/revoke"        // RFC 7009
	// PathDeviceAuthorization takes what a program without a browser begins with (RFC 8628
	// section 3.1), PathDevice is where its person goes (section 3.3).
	PathDeviceAuthorization = "/api/device-auth"
	PathDevice              = "/login/oauth/device"
	PathUserInfo            = "/api/userinfo"
	PathAccount             = "/api/get-account" // no member of discovery names it
	PathEndSession          = "/api/logout"
	PathCheckSession        = "/login/oauth/check-session"
	PathCallback            = "/callback/"          // the name of a connector follows: where its provider sends browsers back to
	PathLogoutReturn        = "/logout/return"      // where any provider sends who signed out there
	PathRegister            = "/api/oauth/register" // below it, a client's own is at its client_id (RFC 7592)
)
