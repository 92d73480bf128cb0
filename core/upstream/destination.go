package upstream

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/sdk/hook"
)

// Limits of an authorization request.
const (
	maxURL        = 8 << 10 // bytes
	maxParameters = 32
	maxParameter  = 2 << 10 // bytes of a value
	maxScopes     = 64
	maxClientID   = 512
)

// reserved are the parameters of an authorization request that the host sets, or that
// would take the place of those that it sets (RFC 9101), and what only a callback or a
// token request has.
var reserved = []string{
	"response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "nonce", "response_mode",
	"request", "request_uri", "registration",
	"code", "code_verifier", "client_secret", "client_assertion", "client_assertion_type", "grant_type",
	"access_token", "id_token", "refresh_token", "iss", "error",
}

// parameter is a parameter of a URL.
type parameter struct{ name, value string }

// destination is an authorization endpoint, and what the connector wants there.
type destination struct {
	redirect    *hook.LoginRedirect
	endpoint    *url.URL
	issuer      string // empty for an OAuth 2 server
	host        string // of an OAuth 2 server
	namesItself bool
	scope       string
}

// destination finds the authorization endpoint and checks what the connector says.
func (s *Service) destination(ctx context.Context, o opened, r *hook.LoginRedirect) (destination, error) {
	d := destination{redirect: r}
	if (r.Issuer == "") == (r.AuthorizationEndpoint == "") {
		return d, broken("redirect_malformed", "the connector has to give one of issuer and authorization_endpoint")
	}
	if err := d.check(); err != nil {
		return d, err
	}
	if r.Issuer == "" {
		endpoint, err := parseEndpoint(r.AuthorizationEndpoint, false)
		if err != nil {
			return d, err
		}
		d.endpoint, d.host = endpoint, endpoint.Host
		return d, nil
	}
	provider, err := s.Providers.Discover(ctx, &o.caller, r.Issuer, r.AnyIssuer)
	switch {
	case ctx.Err() != nil:
		return d, context.Cause(ctx)
	case err != nil:
		return d, failedAt("discovery_failed", err)
	}
	d.issuer, d.namesItself = provider.Issuer, provider.NamesItself
	d.endpoint, err = parseEndpoint(provider.AuthorizationEndpoint, strings.HasPrefix(provider.Issuer, "http:"))
	return d, err
}

// check checks all but the endpoint.
func (d *destination) check() error {
	r := d.redirect
	d.scope = strings.Join(r.Scopes, " ")
	switch {
	case r.ClientID == "" || len(r.ClientID) > maxClientID || strings.ContainsFunc(r.ClientID, notPrintable):
		return broken("redirect_malformed", "the connector has to give a client_id of at most 512 printable characters")
	case r.ResponseMode != "" && r.ResponseMode != "query" && r.ResponseMode != "form_post":
		return broken("redirect_malformed", "response_mode is query, form_post or left out")
	case len(r.Scopes) > maxScopes || slices.ContainsFunc(r.Scopes, notScope):
		return broken("redirect_malformed", "a scope is malformed, or there are too many")
	case r.Issuer != "" && !slices.Contains(r.Scopes, "openid"):
		return broken("redirect_malformed", "the scope openid is needed at an issuer (OpenID Connect Core 1.0 section 3.1.2.1)")
	case len(r.Parameters) > maxParameters:
		return broken("redirect_malformed", "the connector adds more than 32 parameters")
	}
	for _, p := range r.Parameters {
		switch text := p.Value.Text(); {
		case slices.Contains(reserved, p.Name):
			return broken("parameter_reserved", "the connector may not set the parameter "+p.Name)
		case p.Name == "" || len(p.Name) > 64 || strings.ContainsFunc(p.Name, notPrintable):
			return broken("redirect_malformed", "the connector adds a parameter with a malformed name")
		case p.Value.Kind() != hook.KindString || len(text) > maxParameter || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
			return broken("redirect_malformed", "the parameter "+p.Name+" is no text of at most 2 KiB without control characters")
		}
	}
	return nil
}

// notPrintable is what is not visible in ASCII.
func notPrintable(c rune) bool { return c <= ' ' || c > '~' }

// notScope holds a scope to RFC 6749 section 3.3.
func notScope(scope string) bool {
	return scope == "" || len(scope) > maxParameter || strings.ContainsFunc(scope, notPrintable) || strings.ContainsAny(scope, `"\`)
}

// parseEndpoint accepts an https URL. With plain, where the discovery document itself
// came over http, which outbound lets happen for addresses alone that the operator
// listed, and at this very machine, it may be http: the browser must not carry a sign-in
// over a network that anybody reads.
func parseEndpoint(text string, plain bool) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxParameter || u.Host == "" || u.User != nil || u.Opaque != "" || strings.ContainsFunc(text, notPrintable):
		return nil, broken("endpoint_malformed", "the authorization endpoint is no https URL")
	case strings.Contains(text, "#"): // RFC 6749 section 3.1: MUST NOT
		return nil, broken("endpoint_malformed", "the authorization endpoint has a fragment")
	case u.Scheme != "https" && !(u.Scheme == "http" && (plain || isLoopback(u.Hostname()))):
		return nil, broken("endpoint_malformed", "the authorization endpoint is no https URL")
	}
	return u, nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// url gives the URL of the authorization request. The query that the endpoint has is
// kept (RFC 6749 section 3.1: MUST), unless it would say a second time what is said
// here.
func (d *destination) url(ours []parameter) (string, error) {
	there, err := url.ParseQuery(d.endpoint.RawQuery)
	if err != nil {
		return "", broken("endpoint_malformed", "the query of the authorization endpoint is malformed")
	}
	var b strings.Builder
	b.WriteString(d.endpoint.RawQuery)
	add := func(name, value string) error {
		if there.Has(name) {
			return broken("parameter_twice", "the parameter "+name+" is there twice")
		}
		there.Set(name, value)
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(value))
		return nil
	}
	for _, p := range ours {
		if p.name == "scope" && p.value == "" {
			continue // a provider without scopes
		}
		if err := add(p.name, p.value); err != nil {
			return "", err
		}
	}
	for _, p := range d.redirect.Parameters {
		if err := add(p.Name, p.Value.Text()); err != nil {
			return "", err
		}
	}
	for name := range there {
		if slices.Contains(reserved, name) && !slices.ContainsFunc(ours, func(p parameter) bool { return p.name == name }) {
			return "", broken("parameter_reserved", "the authorization endpoint has the parameter "+name)
		}
	}
	to := *d.endpoint
	to.RawQuery, to.ForceQuery = b.String(), false
	text := to.String()
	if len(text) > maxURL {
		return "", broken("redirect_too_long", "the URL of the authorization request has more than 8 KiB")
	}
	return text, nil
}
