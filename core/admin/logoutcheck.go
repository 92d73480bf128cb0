package admin

import (
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// checkLogoutURIs checks where the client is told of the end of a session.
func checkLogoutURIs(p *problems, c *core.Client) {
	checkLogoutURI(p, "backchannel_logout_uri", c.Metadata.BackchannelLogoutURI)
}

// checkLogoutURI holds the address to the rules of redirect URIs: absolute, without
// fragment (OpenID Connect Back-Channel Logout 1.0 section 2.2), and https, or http at
// this machine.
func checkLogoutURI(p *problems, field, uri string) {
	if uri == "" {
		return
	}
	if refusal := oauth.CheckRedirectURI(uri, false); refusal != nil {
		p.add(field, strings.ReplaceAll(clause(refusal.Description), "redirect URI", "logout URI"), "%q cannot be a logout URI", shown(uri))
	}
}
