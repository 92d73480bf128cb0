package standin

import (
	"context"
	"net/http"
	"strings"
)

// provider is what the discovery document says.
type provider struct {
	issuer, authorization, token, userInfo, jwks string
	scopes                                       []string // in document order
}

// readDiscovery fetches the document below the issuer. A redirect is not
// followed: only the status 200 counts.
func (c *Config) readDiscovery(ctx context.Context) (provider, error) {
	address := c.Issuer + discoveryPath
	came, err := c.get(ctx, address, "")
	if err != nil {
		return provider{}, fail(stepDiscovery, "%s does not answer: %v", address, err).hint("Is the provider running?")
	}
	if came.status != http.StatusOK {
		return provider{}, fail(stepDiscovery, "%s answers with status %d", address, came.status)
	}
	document, err := parseObject(came.body)
	if err != nil {
		return provider{}, fail(stepDiscovery, "the answer of %s is no JSON object: %v", address, err)
	}
	found := provider{
		issuer:        document.str("issuer"),
		authorization: document.str("authorization_endpoint"),
		token:         document.str("token_endpoint"),
		userInfo:      document.str("userinfo_endpoint"),
		jwks:          document.str("jwks_uri"),
	}
	scopes, _ := document.get("scopes_supported")
	found.scopes, _ = scopes.values()
	return found, nil
}

// discover is Atlassian's reading of it: everything has to be there.
func (c *Config) discover(ctx context.Context) (provider, error) {
	found, err := c.readDiscovery(ctx)
	if err != nil {
		return provider{}, err
	}
	if found.issuer != c.Issuer {
		return provider{}, fail(stepDiscovery, "the document's issuer is %q, and %q is configured", found.issuer, c.Issuer).
			hint("Both have to be equal to the letter.")
	}
	return found, found.need("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
}

// importDetails is miniOrange's button: it fills in what discovery has, and
// leaves the UserInfo URL as it was typed.
func (c *Config) importDetails(ctx context.Context) error {
	found, err := c.readDiscovery(ctx)
	if err != nil {
		return err
	}
	if err := found.need("authorization_endpoint", "token_endpoint"); err != nil {
		return err
	}
	c.AuthorizationURL, c.TokenURL = found.authorization, found.token
	if found.jwks != "" {
		c.JWKSURL = found.jwks
	}
	if len(found.scopes) > 0 {
		c.Scope = strings.Join(found.scopes, " ")
	}
	return nil
}

func (p provider) need(names ...string) error {
	values := map[string]string{
		"authorization_endpoint": p.authorization, "token_endpoint": p.token,
		"userinfo_endpoint": p.userInfo, "jwks_uri": p.jwks,
	}
	for _, name := range names {
		if !isHTTP(values[name]) {
			return fail(stepDiscovery, "the document has no %s that is a URL", name)
		}
	}
	return nil
}
