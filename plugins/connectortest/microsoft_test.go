package connectortest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/plugins/connectortest"
	"github.com/postern-id/postern/sdk/hook"
)

// microsoft is the discovery document of a tenant: what the URL has, and what the issuer
// has, which for many tenants is a template.
func microsoft(tenant, issuer string) string {
	return strings.NewReplacer("TENANT", tenant, "ISSUER", issuer).Replace(`{
	"token_endpoint": "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
	"token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic", "self_signed_tls_client_auth"],
	"jwks_uri": "https://login.microsoftonline.com/TENANT/discovery/v2.0/keys",
	"response_modes_supported": ["query", "fragment", "form_post"],
	"subject_types_supported": ["pairwise"],
	"id_token_signing_alg_values_supported": ["RS256"],
	"response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
	"scopes_supported": ["openid", "profile", "email", "offline_access"],
	"issuer": "https://login.microsoftonline.com/ISSUER/v2.0",
	"request_uri_parameter_supported": false,
	"userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
	"authorization_endpoint": "https://login.microsoftonline.com/TENANT/oauth2/v2.0/authorize",
	"http_logout_supported": true,
	"frontchannel_logout_supported": true,
	"end_session_endpoint": "https://login.microsoftonline.com/TENANT/oauth2/v2.0/logout",
	"tenant_region_scope": null,
	"cloud_instance_name": "microsoftonline.com",
	"cloud_graph_host_name": "graph.windows.net",
	"msgraph_host": "graph.microsoft.com"
}`)
}

const (
	contoso  = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	fabrikam = "11111111-2222-4333-8444-555555555555"
	personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
	abe      = "690222be-ff1a-4d56-abd1-7e4f7d38e474"
)

func newMicrosoft(t *testing.T, tenant, issuer, more string) (*connectortest.World, *connectortest.OpenID, connectortest.Instance) {
	t.Helper()
	w := connectortest.New(t)
	p := w.OpenID("https://login.microsoftonline.com/"+tenant+"/v2.0/.well-known/openid-configuration", microsoft(tenant, issuer))
	p.Callback = url.Values{"session_state": {"c0f5d2a1"}}
	p.Claims = map[string]any{
		"ver": "2.0", "iss": "https://login.microsoftonline.com/" + contoso + "/v2.0", "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
		"tid": contoso, "oid": abe, "name": "Abe Lincoln", "preferred_username": "abeli@contoso.com", "email": "abeli@contoso.com", "uti": "x", "rh": "0.A",
	}
	p.Refuse = func(rw http.ResponseWriter, code string) {
		connectortest.Send(rw, http.StatusUnauthorized, "application/json; charset=utf-8", `{"error":"`+code+`","error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215],"timestamp":"2026-01-01 00:00:00Z","trace_id":"255d1aef","correlation_id":"fd3c3c3e"}`)
	}
	return w, p, connectortest.Instance{
		Plugin: "microsoft", Settings: `{"tenant":"` + tenant + `","client_id":"client"` + more + `}`,
		Grants:  []string{"oidc.exchange login.microsoftonline.com", "http.fetch graph.microsoft.com", "http.fetch login.microsoftonline.com"},
		Secrets: map[string]string{"client_secret": p.ClientSecret},
	}
}

func TestMicrosoft(t *testing.T) {
	w, _, i := newMicrosoft(t, contoso, contoso, "")
	who := identity(t, w.SignIn(i, hook.LoginInput{Prompt: "login", LoginHint: "abeli@contoso.com"}))
	if who.Subject != contoso+"/"+abe || who.Name != "abeli@contoso.com" || who.Email != "abeli@contoso.com" || who.EmailVerified {
		t.Errorf("got %+v", who)
	}
}

// TestMicrosoftOfManyTenants holds that the issuer of each token is that of its tenant,
// and whose people may come.
func TestMicrosoftOfManyTenants(t *testing.T) {
	w, p, i := newMicrosoft(t, "common", "{tenantid}", "")
	if who := identity(t, w.SignIn(i, hook.LoginInput{})); who.Subject != contoso+"/"+abe {
		t.Errorf("got %+v", who)
	}
	// A tenant that says it were another.
	p.Claims["tid"] = fabrikam
	failed(t, w.SignIn(i, hook.LoginInput{}), "its issuer is another")
	w, p, i = newMicrosoft(t, "common", "{tenantid}", "")
	p.Claims["iss"] = "https://login.microsoftonline.com/common/v2.0"
	failed(t, w.SignIn(i, hook.LoginInput{}), "its issuer is another")
	w, p, i = newMicrosoft(t, "common", "{tenantid}", "")
	p.Key = w.Ring(jose.RS256)
	failed(t, w.SignIn(i, hook.LoginInput{}), "the ID token")
}

func TestMicrosoftAllowedTenants(t *testing.T) {
	w, p, i := newMicrosoft(t, "organizations", "{tenantid}", `,"allowed_tenants":["`+contoso+`"]`)
	identity(t, w.SignIn(i, hook.LoginInput{}))
	for _, tenant := range []string{fabrikam, personal} {
		p.Claims["tid"], p.Claims["iss"] = tenant, "https://login.microsoftonline.com/"+tenant+"/v2.0"
		if s := w.SignIn(i, hook.LoginInput{}); s.Err != nil || s.Output == nil || !s.Output.Deny {
			t.Errorf("%s: %v, %+v", tenant, s.Err, s.Output)
		}
	}
}

func TestMicrosoftConsumers(t *testing.T) {
	w, p, i := newMicrosoft(t, personal, personal, "")
	i.Settings = `{"tenant":"consumers","client_id":"client"}`
	p.Claims["tid"], p.Claims["iss"], p.Claims["oid"] = personal, "https://login.microsoftonline.com/"+personal+"/v2.0", "00000000-0000-0000-66f3-3332eca7ea81"
	p.Claims["xms_edov"] = "1"
	if who := identity(t, w.SignIn(i, hook.LoginInput{})); who.Subject != personal+"/00000000-0000-0000-66f3-3332eca7ea81" || !who.EmailVerified {
		t.Errorf("got %+v", who)
	}
}

// TestMicrosoftByDomain holds that a domain leads to the tenant's own issuer, and to no
// other place.
func TestMicrosoftByDomain(t *testing.T) {
	const document = "https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration"
	w, _, i := newMicrosoft(t, contoso, contoso, "")
	i.Settings = `{"tenant":"contoso.onmicrosoft.com","client_id":"client"}`
	w.JSON(document, microsoft(contoso, contoso))
	s := w.SignIn(i, hook.LoginInput{})
	if who := identity(t, s); who.Subject != contoso+"/"+abe || s.Begun.Redirect.Issuer != "https://login.microsoftonline.com/"+contoso+"/v2.0" {
		t.Errorf("got %+v, %+v", who, s.Begun.Redirect)
	}
	if asked := w.Requests(document); len(asked) != 1 {
		t.Errorf("the domain was looked up %d times", len(asked))
	}
	i.Settings = `{"tenant":"contoso.example","client_id":"client"}`
	w.Serve("https://login.microsoftonline.com/contoso.example/v2.0/.well-known/openid-configuration", http.StatusBadRequest, "application/json; charset=utf-8",
		`{"error":"invalid_tenant","error_description":"AADSTS90002: Tenant 'contoso.example' not found.","error_codes":[90002]}`)
	failed(t, w.SignIn(i, hook.LoginInput{}), "no tenant with the domain contoso.example")
}

const graph = "https://graph.microsoft.com/v1.0/me/transitiveMemberOf"

// TestMicrosoftGraph holds that groups come page by page, asked for with the access token
// that the plugin never sees.
func TestMicrosoftGraph(t *testing.T) {
	w, p, i := newMicrosoft(t, contoso, contoso, `,"groups":"graph","allowed_groups":["g-2"]`)
	w.Handle(graph, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+p.AccessToken() {
			connectortest.Send(rw, http.StatusUnauthorized, "application/json", `{"error":{"code":"InvalidAuthenticationToken","message":"Access token is empty."}}`)
			return
		}
		body := `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#directoryObjects(id,displayName)","@odata.nextLink":"` + graph + `?$select=id,displayName&$skiptoken=m~AQAn","value":[{"@odata.type":"#microsoft.graph.group","id":"g-1","displayName":"Staff"},{"@odata.type":"#microsoft.graph.directoryRole","id":"r-1","displayName":"Global Administrator"}]}`
		if r.URL.Query().Has("$skiptoken") {
			body = `{"value":[{"@odata.type":"#microsoft.graph.group","id":"g-2","displayName":"IT"}]}`
		}
		connectortest.Send(rw, http.StatusOK, "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8", body)
	})
	s := w.SignIn(i, hook.LoginInput{})
	if who := identity(t, s); strings.Join(who.Groups, " ") != "g-1 g-2" {
		t.Errorf("got %+v", who)
	}
	if !strings.Contains(s.Asked.Get("scope"), "User.Read") || strings.Contains(s.Log, p.AccessToken()) {
		t.Errorf("asked %v, logged %q", s.Asked, s.Log)
	}
	if asked := w.Requests(graph); len(asked) != 2 {
		t.Errorf("Graph was asked %d times", len(asked))
	}
}

func TestMicrosoftGraphRefuses(t *testing.T) {
	w, _, i := newMicrosoft(t, contoso, contoso, `,"groups":"graph"`)
	w.Serve(graph, http.StatusForbidden, "application/json", `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation.","innerError":{"date":"2026-01-01T00:00:00","request-id":"x"}}}`)
	failed(t, w.SignIn(i, hook.LoginInput{}), "status 403 Authorization_RequestDenied")
	w, _, i = newMicrosoft(t, contoso, contoso, `,"groups":"graph"`)
	i.Grants = i.Grants[:1]
	failed(t, w.SignIn(i, hook.LoginInput{}), "http.fetch")
}

func TestMicrosoftRefuses(t *testing.T) {
	w, p, i := newMicrosoft(t, contoso, contoso, "")
	p.ClientSecret = "another"
	failed(t, w.SignIn(i, hook.LoginInput{}), "AADSTS7000215")
	w, p, i = newMicrosoft(t, contoso, contoso, "")
	p.Claims["oid"] = nil
	failed(t, w.SignIn(i, hook.LoginInput{}), "no oid")
}
