package admin

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Limits of what is stored about a client.
const (
	maxURIs   = 32
	maxScopes = 64
	maxGroups = 100
	minTTL    = time.Minute
	maxTTL    = 24 * time.Hour
	maxFamily = 400 * 24 * time.Hour
)

var (
	clientName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	// scopeToken is RFC 6749 section 3.3.
	scopeToken = regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]{1,100}$`)
	algorithms = oauth.SigningAlgs()
)

func checkClient(c *core.Client) problems {
	var p problems
	if !clientName.MatchString(c.Name) {
		p.add("name", "use 1 to 64 letters, digits and . _ -; what people see is the display name", "%q is no client name", shown(c.Name))
	}
	checkLine(&p, "display_name", c.DisplayName)
	checkRedirects(&p, c)
	checkAuthMethods(&p, c)
	checkClientKeys(&p, c)
	checkGrantTypes(&p, c)
	checkKnown(&p, "id_token_alg", []string{c.IDTokenAlg}, oauth.Supported().IDTokenAlgs...)
	checkScopes(&p, c)
	checkSignIn(&p, c.SignIn)
	checkAllowedGroups(&p, c.AllowedGroups)
	checkPreset(&p, c)
	checkMetadata(&p, c)
	checkLogo(&p, c.LogoURI)
	checkLogoutURIs(&p, c)
	checkURL(&p, "client_uri", c.ClientURI)
	checkURL(&p, "policy_uri", c.PolicyURI)
	checkURL(&p, "terms_uri", c.TermsURI)
	checkTTL(&p, "access_ttl", c.AccessTTL, maxTTL)
	checkTTL(&p, "id_token_ttl", c.IDTokenTTL, maxTTL)
	checkTTL(&p, "refresh_ttl", c.RefreshTTL, maxFamily)
	return p
}

func checkRedirects(p *problems, c *core.Client) {
	if len(c.RedirectURIs) == 0 && asksPeople(c) {
		p.add("redirect_uris", "give the address that the client gets its answers at", "the redirect URI is missing")
	}
	for _, list := range []struct {
		field string
		uris  []string
	}{{"redirect_uris", c.RedirectURIs}, {"post_logout_redirect_uris", c.PostLogoutRedirectURIs}} {
		if len(list.uris) > maxURIs {
			p.add(list.field, "", "there are more than %d %s", maxURIs, words(list.field))
			continue
		}
		for i, uri := range list.uris {
			if refusal := oauth.CheckRedirectURI(uri, c.Native); refusal != nil {
				p.add(list.field, clause(refusal.Description), "%q cannot be a redirect URI", shown(uri))
			} else if slices.Contains(list.uris[:i], uri) {
				p.add(list.field, "", "%q is given twice", shown(uri))
			}
		}
	}
}

// clause makes a description's sentence a hint.
func clause(description string) string {
	if description == "" {
		return ""
	}
	description = strings.TrimSuffix(description, ".")
	return strings.ToLower(description[:1]) + description[1:]
}

func checkAuthMethods(p *problems, c *core.Client) {
	checkKnown(p, "auth_methods", c.AuthMethods, oauth.Supported().AuthMethods...)
	if c.Public() && len(c.AuthMethods) > 1 {
		p.add("auth_methods", "", "a public client authenticates by %q alone", core.AuthNone)
	}
	// RFC 9700 section 2.1.1: public clients MUST use PKCE.
	if c.Public() && !c.RequirePKCE {
		p.add("require_pkce", "", "a public client must use PKCE")
	}
	if c.Native && !c.Public() {
		p.add("native", "", "a native application cannot keep a secret: it is a public client")
	}
}

// checkKnown accepts a list of known words without repetition.
func checkKnown(p *problems, field string, values []string, known ...string) {
	hint := "use " + strings.Join(known, ", ")
	if len(values) == 0 {
		p.add(field, hint, "%s is empty", words(field))
	}
	for i, value := range values {
		if !slices.Contains(known, value) {
			p.add(field, hint, "%q is not known", shown(value))
		} else if slices.Contains(values[:i], value) {
			p.add(field, "", "%q is given twice", value)
		}
	}
}

func checkGrantTypes(p *problems, c *core.Client) {
	checkKnown(p, "grant_types", c.GrantTypes, oauth.Supported().GrantTypes...)
	checkResponseTypes(p, c)
	if !slices.Contains(c.GrantTypes, core.GrantClientCredentials) {
		return
	}
	// RFC 6749 section 4.4: MUST only be used by confidential clients.
	if c.Public() {
		p.add("grant_types", "make a client that keeps a secret", "a public client cannot use client_credentials")
	}
	if len(c.Scopes) > 0 && !slices.ContainsFunc(c.Scopes, func(scope string) bool { return !oauth.IsPersonal(scope) }) {
		p.add("scopes", "give one of your own, such as reports.read", "none of the scopes can be a client's own, which client_credentials needs")
	}
}

func checkScopes(p *problems, c *core.Client) {
	if len(c.Scopes) == 0 {
		hint := "for example openid profile email"
		if !asksPeople(c) && !slices.Contains(c.GrantTypes, core.GrantDevice) {
			hint = "for example reports.read"
		}
		p.add("scopes", hint, "the scopes are missing")
	}
	if len(c.Scopes) > maxScopes {
		p.add("scopes", "", "there are more than %d scopes", maxScopes)
	}
	for i, scope := range c.Scopes {
		if !scopeToken.MatchString(scope) {
			p.add("scopes", "", "%q is no scope", shown(scope))
		} else if slices.Contains(c.Scopes[:i], scope) {
			p.add("scopes", "", "scope %q is given twice", scope)
		}
	}
}

func checkAllowedGroups(p *problems, groups []string) {
	if len(groups) > maxGroups {
		p.add("allowed_groups", "make one group of their members", "there are more than %d groups", maxGroups)
	}
	for i, group := range groups {
		if slices.Contains(groups[:i], group) {
			p.add("allowed_groups", "", "group %q is given twice", shown(group))
			continue
		}
		checkGroupName(p, "allowed_groups", group)
	}
}

func checkLogo(p *problems, logo string) {
	const mostEmbedded = 64 << 10
	u, err := url.Parse(logo)
	if err == nil && strings.HasPrefix(logo, "data:image/") && len(logo) <= mostEmbedded && printable(logo, false) {
		return
	}
	if err == nil && u.Scheme == "http" {
		p.add("logo_uri", "give an address that begins with https://", "%q is not shown on a page of another scheme", shown(logo))
		return
	}
	checkURL(p, "logo_uri", logo)
}

func checkTTL(p *problems, field string, ttl, most time.Duration) {
	if ttl != 0 && (ttl < minTTL || ttl > most) {
		p.add(field, "leave it out for the server's default", "%s of %s is not between %s and %s", words(field), ttl, minTTL, most)
	}
}
