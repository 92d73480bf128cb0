package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/outbound"
)

func setRegistration(c *Config, value string) *mistake {
	modes := []string{core.RegistrationOff, core.RegistrationToken, core.RegistrationOpen}
	if !slices.Contains(modes, value) {
		return &mistake{fmt.Sprintf("%q does not say who may register clients", value), "use " + strings.Join(modes, ", ")}
	}
	c.Registration.Mode = value
	return nil
}

func setRegistrationScopes(c *Config, value string) *mistake {
	scopes, refusal := oauth.ParseScope(value)
	if refusal != nil || len(scopes) == 0 {
		return &mistake{fmt.Sprintf("%q is no list of scopes", value), "write it like openid profile email"}
	}
	c.Registration.Scopes = scopes
	return nil
}

func setRegistrationGrants(c *Config, value string) *mistake {
	known := oauth.Supported().GrantTypes
	c.Registration.GrantTypes = nil
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(known, name) {
			return &mistake{fmt.Sprintf("%q is no grant type", name), "use " + strings.Join(known, ", ")}
		}
		c.Registration.GrantTypes = append(c.Registration.GrantTypes, name)
	}
	return nil
}

func setWebfingerDomains(c *Config, value string) *mistake {
	c.WebfingerDomains = nil
	for domain := range strings.SplitSeq(value, ",") {
		domain = strings.TrimSpace(domain)
		if outbound.CheckHost(domain) != nil || strings.ContainsAny(domain, ":*") || domain != strings.ToLower(domain) {
			return &mistake{fmt.Sprintf("%q is no domain", domain), "write example.org, in lower case, as in the addresses of your people"}
		}
		c.WebfingerDomains = append(c.WebfingerDomains, domain)
	}
	return nil
}

func setRegistrationHosts(c *Config, value string) *mistake {
	c.Registration.RedirectHosts = nil
	for host := range strings.SplitSeq(value, ",") {
		host = strings.TrimSpace(host)
		if outbound.CheckHost(host) != nil || strings.Contains(host, ":") || host != strings.ToLower(host) {
			return &mistake{fmt.Sprintf("%q is no host", host), "write app.example.org, or *.example.org for all below it, in lower case and without a port"}
		}
		c.Registration.RedirectHosts = append(c.Registration.RedirectHosts, host)
	}
	return nil
}
