// Package gitlab is the plugin that signs people in with their account at GitLab.com or
// at a GitLab of one's own (connector.login/v1).
//
// It owns what is GitLab's own: where it tells groups and roles, and what it knows of
// prompt. Package oidc does the rest. Package builtin imports it.
package gitlab

import (
	"slices"

	"github.com/postern-id/postern/plugins/oidc"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "gitlab"

// issuer is that of GitLab.com.
const issuer = "https://gitlab.com"

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Signs people in with their GitLab account.",
			Capabilities: []hook.CapabilityWish{{
				Name: hook.OIDCExchange, Reason: "It signs in at GitLab.com, or at the GitLab in the settings; grant it that host.",
			}},
			Secrets:  []hook.SecretWish{{Name: oidc.ClientSecret, Description: "Secret of the application at GitLab."}},
			Settings: schema(),
			Presets:  []hook.Preset{{Name: ID, Title: "GitLab", Icon: "gitlab", Settings: oidc.Constant(`{"issuer":"` + issuer + `"}`)}},
			Samples:  samples(),
		},
		LoginBegin:  begin,
		LoginFinish: finish,
	}
}

func begin(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	return s.provider.Begin(in, s.ask), nil
}

func finish(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	claims, err := s.provider.Finish()
	if err != nil {
		return nil, err
	}
	identity, err := claims.Identity(s.mapping)
	if err != nil {
		return nil, err
	}
	for _, claim := range s.groupClaims {
		for _, group := range claims.Names(claim) {
			if !slices.Contains(identity.Groups, group) {
				identity.Groups = append(identity.Groups, group)
			}
		}
	}
	return s.admission.Admit(identity), nil
}

// Claims with the paths of groups. Each of the last three has those in which the
// person has exactly that role, be it by a group above.
const (
	claimGroups     = "groups"        // of UserInfo: by groups above, too
	claimDirect     = "groups_direct" // of the ID token
	claimOwner      = "https://gitlab.org/claims/groups/owner"
	claimMaintainer = "https://gitlab.org/claims/groups/maintainer"
	claimDeveloper  = "https://gitlab.org/claims/groups/developer"
)

// groupClaims are the claims for a value of the setting groups. A role is at least that.
func groupClaims(which string) []string {
	switch which {
	case "none":
		return nil
	case "direct":
		return []string{claimDirect}
	case "owner":
		return []string{claimOwner}
	case "maintainer":
		return []string{claimOwner, claimMaintainer}
	case "developer":
		return []string{claimOwner, claimMaintainer, claimDeveloper}
	default:
		return []string{claimGroups}
	}
}

func samples() []hook.Sample {
	return oidc.Samples(`{"client_id":"0e3b71","allowed_groups":["example/staff"]}`,
		`{"issuer":"https://gitlab.com","client_id":"0e3b71","secret":"client_secret","userinfo":true}`,
		`{"claims":{"iss":"https://gitlab.com","sub":"574","aud":"0e3b71","exp":1767225720,"iat":1767225600,"nonce":"n","auth_time":1767220000,"sub_legacy":"90a9","name":"Jane Doe","nickname":"jane","preferred_username":"jane","email":"jane@example.com","email_verified":true,"profile":"https://gitlab.com/jane","picture":"https://gitlab.com/uploads/-/system/user/avatar/574/avatar.png","groups_direct":["example/staff"]},"userinfo":{"sub":"574","sub_legacy":"90a9","name":"Jane Doe","nickname":"jane","groups":["example/staff","example/staff/it"],"https://gitlab.org/claims/groups/owner":["example/staff"]},"scope":"openid profile email"}`)
}
