package standin

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Mode is the client that the stand-in imitates.
type Mode string

// The clients that Confluence signs in with.
const (
	MiniOrangeOpenID Mode = "miniorange-openid" // miniOrange "Custom OpenID"
	MiniOrangeOAuth  Mode = "miniorange-oauth"  // miniOrange "Custom OAuth"
	Atlassian        Mode = "atlassian"         // Data Center's own OpenID Connect client
)

// ClientAuth is how the client shows its secret at the token endpoint.
type ClientAuth string

// The two ways that miniOrange offers.
const (
	Basic ClientAuth = "basic" // HTTP Basic
	Post  ClientAuth = "post"  // client_id and client_secret in the body
)

// Config is what the administrator of Confluence typed in, and what comes from
// outside. Zero fields have the defaults named at each.
type Config struct {
	Mode         Mode // MiniOrangeOpenID
	ClientID     string
	ClientSecret string
	Issuer       string // the provider, without a slash at the end
	BaseURL      string // where browsers find the stand-in, without a slash at the end

	ClientAuth ClientAuth // Basic
	State      bool       // miniOrange only: send state
	Nonce      bool       // miniOrange only: send nonce
	Scope      string     // the guide's

	// The URLs that are typed in for miniOrange; by default the guide's, below
	// Issuer. Atlassian's client takes them from discovery.
	AuthorizationURL string
	TokenURL         string
	UserInfoURL      string // if it ends in "=", the access token is appended
	JWKSURL          string

	// What becomes what: names of attributes for miniOrange, expressions such as
	// "${preferred_username}" for Atlassian, except Groups, which is a name in
	// both.
	UserName    string
	DisplayName string
	Email       string
	Groups      string

	// PostLogoutRedirectURI is sent with the sign-out at the provider, unless it
	// is empty. It has to be registered there.
	PostLogoutRedirectURI string

	HTTP *http.Client     // a client with a connect timeout of 10 seconds
	Now  func() time.Time // time.Now
	Rand io.Reader        // crypto/rand
}

const (
	guideScope     = "address phone openid profile offline_access email"
	atlassianScope = "openid profile email"

	authorizationPath = "/login/oauth/authorize"
	tokenPath         = "/api/login/oauth/access_token"
	userInfoPath      = "/api/get-account"
	jwksPath          = "/.well-known/jwks"
	logoutPath        = "/api/logout"
	discoveryPath     = "/.well-known/openid-configuration"

	miniOrangeCallback = "/plugins/servlet/oauth/callback"
	atlassianCallback  = "/plugins/servlet/oidc/callback"

	connectTimeout = 10 * time.Second
)

// RedirectURI is the callback that has to be registered at the provider.
func (c Config) RedirectURI() string {
	if c.Mode == Atlassian {
		return c.BaseURL + atlassianCallback
	}
	return c.BaseURL + miniOrangeCallback
}

// complete fills in the defaults and reports all mistakes at once.
func (c Config) complete() (Config, error) {
	if c.Mode == "" {
		c.Mode = MiniOrangeOpenID
	}
	if c.ClientAuth == "" {
		c.ClientAuth = Basic
	}
	c.Issuer = strings.TrimSuffix(c.Issuer, "/")
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	c.fillURLs()
	c.fillMapping()
	c.fillParts()
	return c, c.check()
}

func (c *Config) fillURLs() {
	setDefault(&c.AuthorizationURL, c.Issuer+authorizationPath)
	setDefault(&c.TokenURL, c.Issuer+tokenPath)
	setDefault(&c.UserInfoURL, c.Issuer+userInfoPath)
	setDefault(&c.JWKSURL, c.Issuer+jwksPath)
}

// fillMapping names what the guide's provider calls things: the ID token has
// them at the top, the account below "data".
func (c *Config) fillMapping() {
	switch c.Mode {
	case MiniOrangeOpenID:
		setDefault(&c.Scope, guideScope)
		setDefault(&c.UserName, "preferred_username")
		setDefault(&c.DisplayName, "displayName")
		setDefault(&c.Email, "email")
		setDefault(&c.Groups, "groups")
	case MiniOrangeOAuth:
		setDefault(&c.Scope, guideScope)
		setDefault(&c.UserName, "name")
		setDefault(&c.DisplayName, "displayName")
		setDefault(&c.Email, "email")
		setDefault(&c.Groups, "data.groups")
	case Atlassian:
		setDefault(&c.Scope, atlassianScope)
		setDefault(&c.UserName, "${preferred_username}")
		setDefault(&c.DisplayName, "${displayName}")
		setDefault(&c.Email, "${email}")
		setDefault(&c.Groups, "groups")
	}
}

func (c *Config) fillParts() {
	if c.HTTP == nil {
		dialer := &net.Dialer{Timeout: connectTimeout}
		c.HTTP = &http.Client{Timeout: 3 * connectTimeout, Transport: &http.Transport{DialContext: dialer.DialContext}}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
}

func setDefault(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

func (c *Config) check() error {
	var mistakes []error
	mistake := func(format string, args ...any) { mistakes = append(mistakes, fmt.Errorf(format, args...)) }
	switch c.Mode {
	case MiniOrangeOpenID, MiniOrangeOAuth, Atlassian:
	default:
		mistake("mode %q is none of %s, %s and %s", c.Mode, MiniOrangeOpenID, MiniOrangeOAuth, Atlassian)
	}
	switch {
	case c.ClientAuth != Basic && c.ClientAuth != Post:
		mistake("client authentication %q is neither %s nor %s", c.ClientAuth, Basic, Post)
	case c.Mode == Atlassian && c.ClientAuth != Basic:
		mistake("Atlassian's client knows no client authentication but %s", Basic)
	}
	if c.ClientID == "" || c.ClientSecret == "" {
		mistake("client id and client secret are needed: both come from the provider")
	}
	for _, url := range []struct{ name, value string }{
		{"issuer", c.Issuer}, {"base URL", c.BaseURL}, {"authorization URL", c.AuthorizationURL},
		{"token URL", c.TokenURL}, {"UserInfo URL", c.UserInfoURL}, {"JWKS URL", c.JWKSURL},
	} {
		if !isHTTP(url.value) {
			mistake("%s %q is no http or https URL", url.name, url.value)
		}
	}
	if c.Mode == Atlassian && isHTTP(c.BaseURL) && !secureOrLocal(c.BaseURL) {
		mistake("base URL %q has to be https: Atlassian's client works with nothing else", c.BaseURL)
	}
	return errors.Join(mistakes...)
}

func isHTTP(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && parsed.Host != "" && (parsed.Scheme == "http" || parsed.Scheme == "https")
}

// secureOrLocal lets the stand-in run on the machine of the person who tries it;
// the real client has no such exception.
func secureOrLocal(text string) bool {
	parsed, err := url.Parse(text)
	if err != nil {
		return false
	}
	ip := net.ParseIP(parsed.Hostname())
	return parsed.Scheme == "https" || parsed.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
