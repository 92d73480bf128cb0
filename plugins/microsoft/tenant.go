package microsoft

import (
	"errors"
	"strconv"
	"strings"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// cloud is where Microsoft serves a part of the world by itself.
type cloud struct{ login, graph string } // hosts

// cloudOf gives the cloud of that name in the settings.
func cloudOf(name string) cloud {
	switch name {
	case "us":
		return cloud{"login.microsoftonline.us", "graph.microsoft.us"}
	case "china":
		return cloud{"login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"}
	default:
		return cloud{"login.microsoftonline.com", "graph.microsoft.com"}
	}
}

// Tenants that stand for many.
const (
	tenantCommon        = "common"
	tenantOrganisations = "organizations"
	tenantConsumers     = "consumers"
)

// consumers is the tenant of all personal accounts.
const consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"

// isMany reports whether people of several tenants come: then each has an issuer of its
// own.
func isMany(tenant string) bool { return tenant == tenantCommon || tenant == tenantOrganisations }

// issuer gives the issuer of a tenant that findTenant gave.
func (c cloud) issuer(tenant string) string { return "https://" + c.login + "/" + tenant + "/v2.0" }

// findTenant gives the tenant as its issuer has it. One that is set by its domain is
// asked for: the issuer has the id.
func (s *settings) findTenant() (string, error) {
	if s.isFound() {
		return s.tenant, nil
	}
	response, err := postern.Fetch(hook.Fetch{URL: s.cloud.issuer(s.tenant) + "/.well-known/openid-configuration"})
	if err != nil {
		return "", err
	}
	text, err := response.Bytes()
	if err != nil {
		return "", err
	}
	document, err := hook.ParseObject(text)
	if err != nil || response.Status != 200 {
		return "", errors.New("Microsoft has no tenant with the domain " + s.tenant + ": it answered with the status " + strconv.Itoa(response.Status))
	}
	issuer, _ := document.Get("issuer")
	id, _ := strings.CutPrefix(issuer.Text(), "https://"+s.cloud.login+"/")
	id, _ = strings.CutSuffix(id, "/v2.0")
	if !isGUID(id) {
		return "", errors.New("the discovery document of the tenant " + s.tenant + " has an issuer without the id of a tenant")
	}
	return id, nil
}

// isFound reports whether the tenant needs no asking.
func (s *settings) isFound() bool { return isMany(s.tenant) || isGUID(s.tenant) }

// isGUID reports whether a text is an id as Microsoft writes them in tokens.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}
