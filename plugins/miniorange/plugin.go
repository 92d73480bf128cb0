// Package miniorange is the plugin that gives relying parties built for Casdoor
// what they expect: the miniOrange app for Confluence and Jira, and others that
// read the same account.
//
// It owns the account document (account.shape/v1) and the claims that such a
// relying party takes from the ID token (claims.map/v1). It says nothing that the
// granted scopes do not cover, and it never touches a claim of the host. Package
// builtin imports it.
package miniorange

import (
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "miniorange"

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Claims and account for the miniOrange app of Confluence and Jira, and for other clients that were built for Casdoor.",
			Settings:    schema(),
			Samples:     samples(),
		},
		Claims:  Claims,
		Account: Account,
	}
}

func samples() []hook.Sample {
	empty := hook.FromObject(hook.Object{})
	user := hook.User{
		ID: "0694bc10-537e-41a8-ba9c-09e94317e6ba", Name: "alice", Email: "alice@example.com", EmailVerified: true,
		DisplayName: "Alice", Groups: []string{"confluence-users"},
	}
	scopes := []string{"openid", "profile", "email", "phone", "address"}
	claims := hook.ClaimsInput{Target: hook.TargetIDToken, Settings: empty, User: user, Scopes: scopes}
	account := hook.AccountInput{Settings: empty, User: user, Scopes: scopes}
	return []hook.Sample{
		{Hook: hook.ClaimsMap, Input: mustParse(claims.AppendJSON(nil))},
		{Hook: hook.AccountShape, Input: mustParse(account.AppendJSON(nil))},
	}
}

func mustParse(text []byte) hook.Value {
	v, err := hook.Parse(text)
	if err != nil {
		panic(err) // of this package's own constants
	}
	return v
}
