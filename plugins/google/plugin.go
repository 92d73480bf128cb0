// Package google is the plugin that signs people in with their Google account
// (connector.login/v1).
//
// It owns what is Google's own: the organisation in hd, which addresses Google itself
// vouches for, and what it knows of prompt. Package oidc does the rest. Package builtin
// imports it.
package google

import (
	"github.com/postern-id/postern/plugins/oidc"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "google"

const (
	host   = "accounts.google.com"
	issuer = "https://" + host
)

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Signs people in with their Google account.",
			Capabilities: []hook.CapabilityWish{{
				Name: hook.OIDCExchange, Targets: []string{host}, Reason: "It signs in at Google.",
			}},
			Secrets:  []hook.SecretWish{{Name: oidc.ClientSecret, Description: "Client secret of the OAuth client at Google."}},
			Settings: schema(),
			Presets: []hook.Preset{{
				Name: ID, Title: "Google", Icon: "google", Settings: hook.FromObject(nil), Targets: []string{host},
			}},
			Samples: samples(),
		},
		LoginBegin:  begin,
		LoginFinish: finish,
	}
}

func begin(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	return s.provider.Begin(in, s.ask), nil
}

// Words for a person who may not sign in.
const (
	notHosted    = "Only Google accounts of an organisation may sign in here, and yours is a personal one."
	notFromHosts = "Google accounts of your organisation may not sign in here."
)

func finish(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	claims, err := s.provider.Finish()
	if err != nil {
		return nil, err
	}
	// The parameter hd only shows the accounts of an organisation first; whoever edits it
	// out comes back with another. The claim decides.
	hd := claims.Text("hd")
	if len(s.hostedDomains) > 0 {
		switch {
		case hd == "":
			return oidc.Refuse(notHosted), nil
		case !oidc.HasFold(s.hostedDomains, hd):
			return oidc.Refuse(notFromHosts), nil
		}
	}
	identity, err := claims.Identity(s.mapping)
	if err != nil {
		return nil, err
	}
	identity.EmailVerified = identity.EmailVerified && (s.trustAll || vouchesFor(identity.Email, hd))
	return s.admission.Admit(identity), nil
}

// vouchesFor reports whether Google is the authority for an address: it hosts the mail,
// or the organisation's. Of others it saw once that the person read their mail, and who
// has the address now it does not know.
func vouchesFor(address, hd string) bool {
	return hd != "" || oidc.InDomains(address, []string{"gmail.com", "googlemail.com"})
}

func samples() []hook.Sample {
	return oidc.Samples(`{"client_id":"1234987819200.apps.googleusercontent.com","hosted_domains":["example.com"]}`,
		`{"issuer":"https://accounts.google.com","client_id":"1234987819200.apps.googleusercontent.com","secret":"client_secret","auth_method":"client_secret_post"}`,
		`{"claims":{"iss":"https://accounts.google.com","azp":"1234987819200.apps.googleusercontent.com","aud":"1234987819200.apps.googleusercontent.com","sub":"10769150350006150715113082367","at_hash":"HK6E_P6Dh8Y93mRNtsDB1Q","hd":"example.com","email":"jsmith@example.com","email_verified":true,"iat":1353601026,"exp":1353604926,"nonce":"0394852-3190485-2490358"},"scope":"openid profile email"}`)
}
