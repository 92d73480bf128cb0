package admin

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// policy is what a client may be that registers itself.
type policy struct{ core.RegistrationPolicy }

func (s *Service) policy() policy { return policy{s.Registration} }

// scopes never have that of administration: an operator gives it to a client that they
// know.
func (r policy) scopes() []string {
	if len(r.Scopes) == 0 {
		return oauth.StandardScopes()
	}
	return slices.DeleteFunc(slices.Clone(r.Scopes), func(scope string) bool { return scope == core.ScopeAdministration })
}

func (r policy) grantTypes() []string {
	if len(r.GrantTypes) > 0 {
		return r.GrantTypes
	}
	// Of a device nothing is known but what it calls itself: not even where it is.
	return slices.DeleteFunc(oauth.Supported().GrantTypes, func(grant string) bool {
		return grant == core.GrantClientCredentials || grant == core.GrantDevice
	})
}

// fill makes the client what the registration says, within the policy. Scopes that the
// policy does not have are left out, and the answer says which are left (RFC 7591 section
// 3.2.1).
func (r policy) fill(c *core.Client, registration *oauth.Registration) *oauth.Error {
	if refusal := registration.Fill(c, r.scopes()); refusal != nil {
		return refusal
	}
	c.Scopes = oauth.CutScopes(c.Scopes, r.scopes())
	if c.DisplayName == "" {
		c.DisplayName = c.Name
		if len(c.RedirectURIs) > 0 {
			if u, err := url.Parse(c.RedirectURIs[0]); err == nil && u.Host != "" {
				c.DisplayName = u.Host
			}
		}
	}
	return nil
}

// check says what the policy has against a client, besides what is wrong with any.
func (r policy) check(c *core.Client) problems {
	var p problems
	if allowed := r.grantTypes(); slices.ContainsFunc(c.GrantTypes, func(grant string) bool { return !slices.Contains(allowed, grant) }) {
		p.add("grant_types", "use "+strings.Join(allowed, ", "), "a client that registers itself may not have all of the grant types")
	}
	for _, responseType := range c.ResponseTypes {
		for _, grant := range oauth.GrantTypesFor(responseType) {
			if !slices.Contains(c.GrantTypes, grant) {
				p.add("grant_types", "add "+grant, "the response type %q needs another grant type", shown(responseType))
			}
		}
	}
	r.checkHosts(&p, "redirect_uris", c.RedirectURIs)
	r.checkHosts(&p, "post_logout_redirect_uris", c.PostLogoutRedirectURIs)
	for _, link := range []struct{ field, uri string }{
		{"client_uri", c.ClientURI}, {"logo_uri", c.LogoURI}, {"policy_uri", c.PolicyURI}, {"terms_uri", c.TermsURI},
	} {
		checkSecureURL(&p, link.field, link.uri)
	}
	if mixesScripts(c.DisplayName) {
		p.add("display_name", "use the letters of one script", "the name has letters of several scripts")
	}
	return p
}

func (r policy) checkHosts(p *problems, field string, uris []string) {
	if len(r.RedirectHosts) == 0 {
		return
	}
	for _, uri := range uris {
		u, err := url.Parse(uri)
		if err != nil || !slices.ContainsFunc(r.RedirectHosts, func(host string) bool { return coversHost(host, u.Hostname()) }) {
			p.add(field, "use a host that the operator of this server allows", "%q is at a host that no client may register", shown(uri))
		}
	}
}

func coversHost(pattern, host string) bool {
	host = strings.ToLower(host)
	if domain, below := strings.CutPrefix(pattern, "*"); below {
		return strings.HasSuffix(host, domain) && host != domain
	}
	return host != "" && host == pattern
}

// mixesScripts reports whether a name has letters of scripts that nobody writes
// together, as one has that passes a Cyrillic letter off as a Latin one. Japanese, Korean
// and Chinese are written with several, and with Latin among them.
func mixesScripts(name string) bool {
	found := map[string]bool{}
	for _, r := range name {
		if !unicode.IsLetter(r) {
			continue
		}
		found[scriptOf(r)] = true
	}
	for _, script := range []string{"Han", "Hiragana", "Katakana", "Hangul", "Bopomofo"} {
		if found[script] {
			delete(found, script)
			delete(found, "Latin")
			found["East Asian"] = true
		}
	}
	delete(found, "Common")
	delete(found, "Inherited")
	return len(found) > 1
}

func scriptOf(r rune) string {
	if unicode.Is(unicode.Latin, r) {
		return "Latin" // nearly always
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}

// likeness folds a name so that those are equal which look the same: Cyrillic and Greek
// letters become the Latin ones that they are taken for.
func likeness(name string) string {
	return strings.NewReplacer(
		"а", "a", "в", "b", "е", "e", "к", "k", "м", "m", "н", "h", "о", "o", "р", "p", "с", "c", "т", "t", "у", "y", "х", "x",
		"і", "i", "ј", "j", "ѕ", "s", "ӏ", "l", "һ", "h", "ԁ", "d", "ԛ", "q", "ԝ", "w", "ё", "ë", "ѵ", "v", "ѡ", "w", "з", "3",
		"α", "a", "β", "b", "ε", "e", "ζ", "z", "η", "h", "ι", "i", "κ", "k", "μ", "m", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ", "y", "χ", "x", "ϲ", "c", "ϳ", "j",
		" ", "", "\u00a0", "", "-", "", "_", "", "0", "o", "1", "l", "ı", "i",
	).Replace(core.FoldName(name))
}
