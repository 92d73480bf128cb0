package capability

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/cache"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

// Provider is what an OpenID provider says of itself (OpenID Connect Discovery 1.0
// section 3). The URLs that it has are checked.
type Provider struct {
	// Issuer is as the document has it. With {tenantid} in it the issuer of each token
	// is another.
	Issuer                string
	AuthorizationEndpoint string
	TokenEndpoint         string
	UserInfoEndpoint      string
	JWKSURI               string
	// EndSessionEndpoint is where people sign out (OpenID Connect RP-Initiated Logout 1.0
	// section 2.1); empty if there is none.
	EndSessionEndpoint string
	// Algorithms sign ID tokens, as far as we verify them; at least one.
	Algorithms []string
	// NamesItself says that the provider puts iss into its callback (RFC 9207 section 3).
	NamesItself bool
}

// tenant stands in the issuer of a provider that serves many.
const tenant = "{tenantid}"

const (
	maxIssuer = 1 << 10 // bytes
	wellKnown = "/.well-known/openid-configuration"
)

// Discover gives the provider of an issuer that the caller was granted
// oidc.exchange for. The document must be of that very issuer (OpenID Connect
// Discovery section 4.3), or with anyIssuer of one with {tenantid} at the same
// host. Errors are as a guest gets them, of type [*hook.CapabilityError].
func (s *Set) Discover(ctx context.Context, caller *core.PluginCaller, issuer string, anyIssuer bool) (*Provider, error) {
	provider, err := s.discover(ctx, caller, hook.OIDCExchange, issuer, anyIssuer)
	if err == nil && (provider.AuthorizationEndpoint == "" || provider.TokenEndpoint == "") {
		err = unavailable("the issuer %.200q signs nobody in: its discovery document has no authorization_endpoint or no token_endpoint", issuer)
	}
	if err != nil {
		failure, _ := explain(ctx, err)
		return nil, failure
	}
	return provider, nil
}

func (s *Set) discover(ctx context.Context, caller *core.PluginCaller, capability, issuer string, anyIssuer bool) (*Provider, error) {
	if err := checkIssuer(issuer); err != nil {
		return nil, err
	}
	if err := mayAsk(caller, capability, issuer); err != nil {
		return nil, err
	}
	provider, err := s.providers.Get(ctx, strings.TrimSuffix(issuer, "/")+wellKnown, false)
	if err != nil {
		return nil, err
	}
	if provider.Issuer != issuer && !(anyIssuer && manyAt(provider.Issuer, issuer)) {
		return nil, refused("the discovery document of the issuer %.200q is of another one, %.200q: the setting must be exactly that", issuer, provider.Issuer)
	}
	return provider, nil
}

// checkIssuer holds an issuer to its form (OpenID Connect Discovery section 4.1):
// no query, no fragment. Braces are in documents alone, where a tenant is left out.
func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || len(issuer) > maxIssuer || u.RawQuery != "" || u.ForceQuery || strings.ContainsAny(issuer, "#{}") {
		return invalid("the issuer is no https URL without query and fragment")
	}
	return nil
}

// manyAt reports whether the issuer of a document is one of many tenants, at the
// host of the issuer that was asked for.
func manyAt(issuer, asked string) bool {
	if strings.Count(issuer, tenant) != 1 {
		return false
	}
	one, errOne := outbound.PlaceOf(strings.Replace(issuer, tenant, "t", 1))
	other, errOther := outbound.PlaceOf(asked)
	return errOne == nil && errOther == nil && one == other
}

func (s *Set) fetchProvider(ctx context.Context, url string) (*Provider, time.Duration, error) {
	response, err := s.fetchDocument(ctx, url, typeJSON)
	if err != nil {
		return nil, 0, err
	}
	object, err := parseDocument(response, url)
	if err != nil {
		return nil, 0, err
	}
	provider, err := parseProvider(object, url)
	if err != nil {
		return nil, 0, err
	}
	return provider, cache.Life(response.Header), nil
}

func parseProvider(object hook.Object, from string) (*Provider, error) {
	named, _ := object.Get("authorization_response_iss_parameter_supported")
	algs, _ := object.Get("id_token_signing_alg_values_supported")
	provider := &Provider{
		Issuer:                text(object, "issuer"),
		AuthorizationEndpoint: text(object, "authorization_endpoint"),
		TokenEndpoint:         text(object, "token_endpoint"),
		UserInfoEndpoint:      text(object, "userinfo_endpoint"),
		JWKSURI:               text(object, "jwks_uri"),
		EndSessionEndpoint:    text(object, "end_session_endpoint"),
		NamesItself:           named.Bool(),
	}
	if algs.Kind() == hook.KindNull { // it must be there, and is not always
		provider.Algorithms = jose.Algs()
	}
	for _, alg := range jose.ForeignAlgs() {
		if slices.Contains(algs.Strings(), alg) {
			provider.Algorithms = append(provider.Algorithms, alg)
		}
	}
	switch {
	case provider.Issuer == "" || len(provider.Issuer) > maxIssuer:
		return nil, unavailable("the discovery document of %s has no issuer", host(from))
	case len(provider.Algorithms) == 0:
		return nil, unavailable("the discovery document of %s has no algorithm for ID tokens that can be verified: %s", host(from), strings.Join(jose.ForeignAlgs(), ", "))
	}
	return provider, provider.check(from)
}

// check holds the endpoints to https, or to http if the document came so, which
// outbound lets happen only where the operator listed the address. Those that sign
// for machines alone have nothing but keys.
func (p *Provider) check(from string) error {
	plain := strings.HasPrefix(from, "http:")
	usable := func(url string) bool {
		_, err := outbound.PlaceOf(url)
		return err == nil && (plain || strings.HasPrefix(url, "https:"))
	}
	if !usable(p.EndSessionEndpoint) { // people sign in without it
		p.EndSessionEndpoint = ""
	}
	for _, endpoint := range []struct{ name, url string }{
		{"jwks_uri", p.JWKSURI}, {"authorization_endpoint", p.AuthorizationEndpoint},
		{"token_endpoint", p.TokenEndpoint}, {"userinfo_endpoint", p.UserInfoEndpoint},
	} {
		if endpoint.url == "" && endpoint.name != "jwks_uri" {
			continue
		}
		if !usable(endpoint.url) {
			return unavailable("the discovery document of %s has no %s that is an https URL", host(from), endpoint.name)
		}
	}
	return nil
}
