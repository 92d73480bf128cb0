package oidc

import "github.com/postern-id/postern/sdk/hook"

// presets are for products that only differ in their claims. None has an issuer: where
// it is, only the operator knows.
func presets() []hook.Preset {
	preset := func(name, title, icon, settings string) hook.Preset {
		return hook.Preset{Name: name, Title: title, Icon: icon, Settings: Constant(settings)}
	}
	return []hook.Preset{
		preset(ID, "OpenID Connect (issuer: that of its discovery document)", "openid", `{}`),
		preset("postern", "Postern", "postern", `{}`),
		preset("keycloak", "Keycloak (issuer: https://HOST/realms/REALM)", "keycloak", `{"groups_claim":"groups"}`),
		preset("okta", "Okta (issuer: https://ORGANISATION.okta.com)", "okta", `{"scopes":["profile","email","groups"]}`),
		preset("auth0", "Auth0 (issuer: https://TENANT.auth0.com/ with the last slash)", "auth0", `{}`),
		preset("casdoor", "Casdoor (issuer: https://HOST)", "casdoor", `{"name_claim":"name","display_name_claim":"displayName","email_verified_claim":"emailVerified"}`),
		preset("authentik", "authentik (issuer: https://HOST/application/o/APPLICATION/)", "openid", `{}`),
		preset("zitadel", "Zitadel (issuer: https://HOST)", "openid",
			`{"scopes":["profile","email","urn:zitadel:iam:org:projects:roles"],"groups_claim":"urn:zitadel:iam:org:project:roles"}`),
	}
}
