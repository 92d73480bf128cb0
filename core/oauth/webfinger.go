package oauth

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// relIssuer is the relation by which clients ask for the issuer (OpenID Connect Discovery
// section 2).
const relIssuer = "http://openid.net/specs/connect/1.0/issuer"

const maxResource = 2048

// Webfinger answers the raw query of a webfinger request (RFC 7033 section 4): a resource
// acct:NAME@HOST or https://HOST/..., and any number of relations. Everybody at the hosts,
// which are in lower case, signs in at the issuer, so the answer is the same whether there
// is such a person or not.
//
// The refusal has status 400 for a request that is none, and 404 for a resource of
// somebody else.
func Webfinger(issuer, rawQuery string, hosts []string) ([]byte, *Error) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil || len(rawQuery) > MaxParamsBytes {
		return nil, Refuse(CodeInvalidRequest, "parameters_malformed", "The query is malformed.")
	}
	resource := query["resource"]
	if len(resource) != 1 || resource[0] == "" || len(resource[0]) > maxResource || !isText(resource[0]) {
		return nil, Refuse(CodeInvalidRequest, "webfinger_resource", "There must be one resource, of at most 2048 bytes.")
	}
	host, refusal := resourceHost(resource[0])
	if refusal != nil {
		return nil, refusal
	}
	if !slices.Contains(hosts, host) {
		refusal := Refuse(CodeInvalidRequest, "not_found", "The resource is not of this server.")
		refusal.Status = http.StatusNotFound
		return nil, refusal
	}
	type link struct {
		Rel  string `json:"rel"`
		Href string `json:"href"`
	}
	answer := struct {
		Subject string `json:"subject"`
		Links   []link `json:"links"`
	}{Subject: resource[0], Links: []link{}}
	// Section 4.3: relations that were not asked for are left out.
	if rels := query["rel"]; len(rels) == 0 || slices.Contains(rels, relIssuer) {
		answer.Links = append(answer.Links, link{relIssuer, issuer})
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err) // strings always become JSON
	}
	return body, nil
}

// resourceHost gives the host that a resource is at, in lower case and with its port if it
// has one.
func resourceHost(resource string) (string, *Error) {
	if account, ok := strings.CutPrefix(resource, "acct:"); ok {
		at := strings.LastIndexByte(account, '@')
		if at < 1 || at == len(account)-1 || strings.ContainsAny(account[at:], "/?# ") {
			return "", Refuse(CodeInvalidRequest, "webfinger_resource", "The resource must be like acct:name@host.")
		}
		return strings.ToLower(account[at+1:]), nil
	}
	u, err := url.Parse(resource)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return "", Refuse(CodeInvalidRequest, "webfinger_resource", "The resource must be like acct:name@host or https://host/name.")
	}
	return strings.ToLower(u.Host), nil
}

// WebfingerHosts gives the hosts that [Webfinger] answers for: the issuer's, with and
// without its port, and domains besides.
func WebfingerHosts(issuer string, domains []string) []string {
	hosts := slices.Clone(domains)
	if u, err := url.Parse(issuer); err == nil {
		hosts = append(hosts, u.Host, u.Hostname())
	}
	return hosts
}
