package admin

import (
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// checkLogoutURIs checks where the client is told of the end of a session.
func checkLogoutURIs(p *problems, c *core.Client) {
	checkLogoutURI(p, "backchannel_logout_uri", c.Metadata.BackchannelLogoutURI)
	front := c.Metadata.FrontchannelLogoutURI
	if checkLogoutURI(p, "frontchannel_logout_uri", front) && !sameOriginAsOne(front, c.RedirectURIs) {
		p.add("frontchannel_logout_uri", "give one of the scheme, host and port of a redirect URI", "%q is not at the client", shown(front))
	}
}

// sameOriginAsOne reports whether the URI has scheme, host and port of one of the others
// (OpenID Connect Front-Channel Logout 1.0 section 2, MUST).
func sameOriginAsOne(uri string, others []string) bool {
	return slices.ContainsFunc(others, func(other string) bool { return oauth.RedirectOrigin(other) == oauth.RedirectOrigin(uri) })
}

// checkLogoutURI holds the address to the rules of redirect URIs: absolute, without
// fragment (OpenID Connect Back-Channel Logout 1.0 section 2.2), and https, or http at
// this machine. It reports whether there is one and nothing is wrong with it.
func checkLogoutURI(p *problems, field, uri string) bool {
	if uri == "" {
		return false
	}
	if refusal := oauth.CheckRedirectURI(uri, false); refusal != nil {
		p.add(field, strings.ReplaceAll(clause(refusal.Description), "redirect URI", "logout URI"), "%q cannot be a logout URI", shown(uri))
		return false
	}
	return true
}
