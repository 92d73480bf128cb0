package admin

import (
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

const (
	maxACRs      = 32
	maxACRLength = 200
	mostMaxAge   = 10 * 365 * 24 * 60 * 60 // seconds; as in a request
)

// asksPeople reports whether people sign in to the client in a browser that it sends here.
func asksPeople(c *core.Client) bool {
	return slices.Contains(c.GrantTypes, core.GrantAuthorizationCode) || slices.Contains(c.GrantTypes, core.GrantImplicit)
}

// checkResponseTypes holds response types and grant types together (OpenID Connect
// Dynamic Client Registration section 2).
func checkResponseTypes(p *problems, c *core.Client) {
	if !asksPeople(c) && len(c.ResponseTypes) == 0 {
		return
	}
	checkKnown(p, "response_types", c.ResponseTypes, oauth.Supported().ResponseTypes...)
	front := false
	for _, kind := range c.ResponseTypes {
		if kind == oauth.ResponseTypeCode || !slices.Contains(oauth.ResponseTypes(), kind) {
			continue
		}
		front = true
		for _, grant := range oauth.GrantTypesFor(kind) {
			if !slices.Contains(c.GrantTypes, grant) {
				p.add("grant_types", "add "+grant, "the response type %q needs the grant type %s", kind, grant)
			}
		}
	}
	if slices.Contains(c.GrantTypes, core.GrantImplicit) && !front {
		p.add("response_types", "add one with id_token or token", "no response type uses the grant type implicit")
	}
	if slices.Contains(c.GrantTypes, core.GrantImplicit) && !c.Native {
		checkImplicitRedirects(p, c.RedirectURIs)
	}
}

// checkImplicitRedirects: a web client that gets tokens through the browser gets them by
// https, and not at whatever listens on the person's machine (OpenID Connect Dynamic
// Client Registration section 2, application_type: MUST).
func checkImplicitRedirects(p *problems, uris []string) {
	for _, uri := range uris {
		u, err := url.Parse(uri)
		if err == nil && (u.Scheme != "https" || u.Hostname() == "localhost") {
			p.add("redirect_uris", "register an https:// address that is not localhost", "%q cannot receive tokens from the authorization endpoint", shown(uri))
		}
	}
}

// checkMetadata checks what the authorization endpoint needs of the client's metadata.
func checkMetadata(p *problems, c *core.Client) {
	m := &c.Metadata
	checkAbout(p, c)
	if m.SubjectType != "" {
		checkKnown(p, "subject_type", []string{m.SubjectType}, oauth.Supported().SubjectTypes...)
	}
	if m.SectorIdentifierURI != "" {
		u, err := url.Parse(m.SectorIdentifierURI)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || !printable(m.SectorIdentifierURI, false) {
			p.add("sector_identifier_uri", "give an address that begins with https://", "%q is no sector identifier URI", shown(m.SectorIdentifierURI))
		}
	}
	if m.SubjectType == core.SubjectPairwise && oauth.Sector(c) == "" {
		p.add("sector_identifier_uri", "give it, or redirect URIs of one host", "a pairwise client needs a sector, and its redirect URIs do not name one host")
	}
	if age := m.DefaultMaxAge; age != nil && (*age < 0 || *age > mostMaxAge) {
		p.add("default_max_age", "", "default_max_age is not between 0 and ten years")
	}
	if len(m.DefaultACRValues) > maxACRs {
		p.add("default_acr_values", "", "there are more than %d default_acr_values", maxACRs)
	}
	for i, acr := range m.DefaultACRValues {
		switch {
		case acr == "" || len(acr) > maxACRLength || !printable(acr, false) || strings.ContainsAny(acr, " \"\\"):
			p.add("default_acr_values", "", "%q is no authentication context class", shown(acr))
		case slices.Contains(m.DefaultACRValues[:i], acr):
			p.add("default_acr_values", "", "%q is given twice", shown(acr))
		}
	}
}
