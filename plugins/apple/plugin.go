// Package apple is the plugin that signs people in with their Apple account
// (connector.login/v1).
//
// It owns what is Apple's own: the posted answer, the name that comes with it at the
// first time, the client secret that is a signed token, private e-mail addresses.
// Package oidc does the rest. Package builtin imports it.
package apple

import (
	"slices"

	"github.com/postern-id/postern/plugins/oidc"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "apple"

const (
	host   = "appleid.apple.com"
	issuer = "https://" + host
)

// privateEmail is the attribute of a person whose address Apple passes mail on from.
const privateEmail = "private_email"

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Signs people in with their Apple account.",
			Capabilities: []hook.CapabilityWish{{
				Name: hook.OIDCExchange, Targets: []string{host}, Reason: "It signs in at Apple.",
			}},
			Secrets:  []hook.SecretWish{{Name: oidc.PrivateKey, Description: "The key for Sign in with Apple: the file AuthKey_....p8."}},
			Settings: schema(),
			Presets: []hook.Preset{{
				Name: ID, Title: "Apple", Icon: "apple", Settings: hook.FromObject(nil), Targets: []string{host},
			}},
			Samples: samples(),
		},
		LoginBegin:  begin,
		LoginFinish: finish,
	}
}

func begin(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	return s.provider.Begin(in, oidc.Ask{}), nil
}

func finish(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	claims, err := s.provider.Finish()
	if err != nil {
		return nil, err
	}
	// Apple writes both as a string or as a boolean.
	identity, err := claims.Identity(oidc.Mapping{Trust: oidc.TrustText})
	if err != nil {
		return nil, err
	}
	if private, _ := claims.Get("is_private_email"); oidc.IsTrue(private) {
		identity.Attributes.Set(privateEmail, hook.String("true"))
	}
	given, family := names(in.Parameters)
	if given+family != "" {
		identity.GivenName, identity.FamilyName, identity.DisplayName = given, family, full(given, family)
	}
	return s.admission.Admit(identity), nil
}

// names reads the parameter user, which comes with the first sign-in of a person and
// never again. It comes by way of the browser and nobody has signed it, so it is good
// for what people may call themselves and for nothing else: its e-mail address could be
// anybody's.
func names(parameters hook.Object) (given, family string) {
	const most = 4 << 10
	v, _ := parameters.Get("user")
	if len(v.Text()) > most {
		return "", ""
	}
	user, err := hook.ParseObject([]byte(v.Text()))
	if err != nil {
		return "", ""
	}
	name, _ := user.Get("name")
	said := oidc.Claims{IDToken: name.Object()}
	return short(said.Text("firstName")), short(said.Text("lastName"))
}

// short leaves out what is no name of a person.
func short(name string) string {
	const most = 100 // bytes
	if len(name) > most {
		return ""
	}
	return name
}

func full(given, family string) string {
	if given == "" || family == "" {
		return given + family
	}
	return given + " " + family
}

func samples() []hook.Sample {
	list := oidc.Samples(`{"client_id":"com.example.signin","team_id":"TEAM123456","key_id":"KEY1234567"}`,
		`{"issuer":"https://appleid.apple.com","client_id":"com.example.signin","secret":"private_key","auth_method":"signed_client_secret","key_id":"KEY1234567","key_issuer":"TEAM123456"}`,
		`{"claims":{"iss":"https://appleid.apple.com","aud":"com.example.signin","exp":1767312000,"iat":1767225600,"sub":"001234.a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3.1234","nonce":"n","at_hash":"h","email":"x7f2k9@privaterelay.appleid.com","email_verified":"true","is_private_email":"true","auth_time":1767225590,"nonce_supported":true,"real_user_status":2}}`)
	// The person's first time: Apple posts the name.
	first := &list[len(list)-1]
	input := slices.Clone(first.Input.Object())
	input.Set("parameters", oidc.Constant(`{"user":"{\"name\":{\"firstName\":\"Jane\",\"lastName\":\"Doe\"},\"email\":\"x7f2k9@privaterelay.appleid.com\"}"}`))
	first.Input = hook.FromObject(input)
	return list
}
