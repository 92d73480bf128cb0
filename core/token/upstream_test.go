package token

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// What the provider said reaches the plugins with every document about the person,
// also at a refresh, and nobody else.
func TestUpstreamClaims(t *testing.T) {
	t.Parallel()
	i, a := newIssuer(), authorized("openid", "offline_access")
	a.Grant.Upstream = &core.Upstream{Connector: "github", Claims: []byte(`{"teams":["staff"]}`), Logout: []byte("sealed")}
	var seen []string
	i.Mapper = mapperFunc(func(in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) {
		seen = append(seen, string(in.Target)+" "+in.Authentication.Connector+" "+string(in.Upstream.AppendJSON(nil)))
		return in.Claims, nil, nil
	})
	first, _ := issue(t, i, wiki(), a, Order{Now: noon, Scopes: a.Grant.Scopes})
	presented, _ := core.ParseCredential(core.KindRefresh, first.RefreshToken)
	issue(t, i, wiki(), a, Order{Now: noon, Scopes: a.Grant.Scopes, Presented: &presented})
	doc := userInfo(t, i, &core.Access{Token: core.AccessToken{Scopes: a.Grant.Scopes}, Authorized: *a})
	const said = ` github {"teams":["staff"]}`
	if got := strings.Join(seen, "\n"); got != "id_token"+said+"\nid_token"+said+"\nuserinfo"+said {
		t.Errorf("the plugins saw\n%s", got)
	}
	for _, document := range []string{string(doc), payloadOf(t, first.IDToken)} {
		if strings.Contains(document, "staff") || strings.Contains(document, "github") {
			t.Errorf("without a plugin's doing: %s", document)
		}
	}
}

func TestUpstreamClaimsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	i, a := newIssuer(), authorized("openid")
	i.Mapper = mapperFunc(func(in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) { return in.Claims, nil, nil })
	a.Grant.Upstream = &core.Upstream{Connector: "github", Claims: []byte(`{"sub":"x","sub":"y"}`)}
	if set, changes, err := i.Issue(t.Context(), wiki(), a, Order{Now: noon, Scopes: a.Grant.Scopes}); err == nil || changes != nil {
		t.Errorf("issued %+v", set)
	}
	a.Grant.Upstream.Claims = nil
	if _, _, err := i.Issue(t.Context(), wiki(), a, Order{Now: noon, Scopes: a.Grant.Scopes}); err != nil {
		t.Errorf("a provider that said nothing: %v", err)
	}
}
