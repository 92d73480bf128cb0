// Package microsoft is the plugin that signs people in with Microsoft Entra ID, or with a
// personal Microsoft account (connector.login/v1).
//
// It owns what is Microsoft's own: tenants, what a person is known by, when an address
// may be believed, and where groups are when a token has no room for them. Package oidc
// does the rest. Package builtin imports it.
package microsoft

import (
	"errors"

	"github.com/postern-id/postern/plugins/oidc"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "microsoft"

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	world := cloudOf("global")
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Signs people in with Microsoft Entra ID or a personal Microsoft account.",
			Capabilities: []hook.CapabilityWish{
				{Name: hook.OIDCExchange, Reason: "It signs in at Microsoft: " + world.login + ", or that of another cloud."},
				{
					Name: hook.HTTPFetch, Optional: true,
					Reason: "It asks Microsoft Graph (" + world.graph + ") for groups, if the settings say so, and " + world.login + " for the id of a tenant that is set by its domain.",
				},
			},
			Secrets:  []hook.SecretWish{{Name: oidc.ClientSecret, Description: "Client secret of the app registration."}},
			Settings: schema(),
			Presets:  presets(),
			Samples:  samples(),
		},
		LoginBegin:  begin,
		LoginFinish: finish,
	}
}

// presets are for each cloud. None but the one that says so lets everybody in: the
// operator says whose accounts.
func presets() []hook.Preset {
	preset := func(name, title, of, settings string) hook.Preset {
		return hook.Preset{Name: name, Title: title, Icon: "microsoft", Settings: oidc.Constant(settings), Targets: []string{cloudOf(of).login}}
	}
	return []hook.Preset{
		preset(ID, "Microsoft (tenant: its id, organizations, consumers or common)", "global", `{}`),
		preset("microsoft-any", "Microsoft (work, school and personal accounts of everybody)", "global", `{"tenant":"common","prompt":"select_account"}`),
		preset("entra", "Microsoft Entra ID (tenant: its id)", "global", `{}`),
		preset("entra-us", "Microsoft Entra ID (US Government; tenant: its id)", "us", `{"cloud":"us"}`),
		preset("entra-china", "Microsoft Entra ID (China; tenant: its id)", "china", `{"cloud":"china"}`),
	}
}

func begin(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	id, err := s.findTenant()
	if err != nil {
		return nil, err
	}
	provider := s.provider(id)
	out := provider.Begin(in, s.ask)
	if id != s.tenant {
		out.Data = hook.Object{{Name: dataTenant, Value: hook.String(id)}}
	}
	return out, nil
}

// dataTenant keeps the id of a tenant from begin to finish.
const dataTenant = "tenant"

// Words for a person who may not sign in.
const (
	notPersonal = "Personal Microsoft accounts may not sign in here."
	notTenant   = "Microsoft accounts of your organisation may not sign in here."
)

func finish(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	id := s.tenant
	if !s.isFound() {
		kept, _ := in.Data.Get(dataTenant)
		id = kept.Text()
	}
	provider := s.provider(id)
	claims, err := provider.Finish()
	if err != nil {
		return nil, err
	}
	tid := claims.Text("tid")
	if reason := s.refuse(tid); reason != "" {
		return oidc.Refuse(reason), nil
	}
	identity, err := s.identity(claims, tid)
	if err != nil {
		return nil, err
	}
	return s.admission.Admit(identity), nil
}

// refuse says why people of a tenant may not sign in.
func (s *settings) refuse(tid string) (reason string) {
	switch {
	case tid == consumers && s.tenant == tenantOrganisations:
		return notPersonal
	case len(s.allowedTenants) > 0 && !oidc.HasFold(s.allowedTenants, tid):
		return notTenant
	}
	return ""
}

var errNobody = errors.New("the ID token has no tid or no oid that is an id: the app asks for the scope profile, which gives both")

func (s *settings) identity(claims oidc.Claims, tid string) (*hook.Identity, error) {
	oid := claims.Text("oid")
	if !isGUID(tid) || !isGUID(oid) {
		return nil, errNobody
	}
	identity, err := claims.Identity(s.mapping)
	if err != nil {
		return nil, err
	}
	identity.Subject = tid + "/" + oid
	identity.EmailVerified = identity.Email != "" && isEmailVerified(claims)
	identity.Groups, err = s.groups(claims, tid)
	return identity, err
}

// isEmailVerified reports whether Microsoft says that the domain of the address is the
// tenant's. Without that the address is whatever an administrator of any tenant wrote:
// who links accounts by it lets them in as anybody (nOAuth). The claim is optional, and is
// written true, 1 or "1".
func isEmailVerified(claims oidc.Claims) bool {
	v, _ := claims.Get("xms_edov")
	n, _ := v.Int()
	return v.Bool() || n == 1 || v.Kind() == hook.KindString && (v.Text() == "1" || v.Text() == "true")
}

func samples() []hook.Sample {
	return oidc.Samples(`{"tenant":"72f988bf-86f1-41af-91ab-2d7cd011db47","client_id":"6731de76-14a6-49ae-97bc-6eba6914391e"}`,
		`{"issuer":"https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0","client_id":"6731de76-14a6-49ae-97bc-6eba6914391e","secret":"client_secret","auth_method":"client_secret_post"}`,
		`{"claims":{"ver":"2.0","iss":"https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0","sub":"AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ","aud":"6731de76-14a6-49ae-97bc-6eba6914391e","exp":1767229200,"iat":1767225600,"nbf":1767225600,"name":"Abe Lincoln","preferred_username":"abeli@contoso.com","email":"abeli@contoso.com","xms_edov":true,"oid":"690222be-ff1a-4d56-abd1-7e4f7d38e474","tid":"72f988bf-86f1-41af-91ab-2d7cd011db47","nonce":"123523","aio":"Df2U","groups":["0bc65f9a-fc4d-4fcb-9e0c-46f7ad6fd5b1"]},"scope":"openid profile email"}`)
}
