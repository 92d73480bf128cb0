// Package access is the plugin that decides by an ordered list of rules who may
// sign in where, when and how, and with which scopes (scope.policy/v1).
//
// It owns the rules of its settings: their conditions, what a condition says of
// something that is not known, and their effects. It only ever narrows, refuses or
// asks for more, and it never knows more than its message says: it has no clock, no
// network and no table of time zones. Package builtin imports it.
package access

import (
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "access"

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Says by rules who may sign in at which client, from where, when and how, and with which scopes.",
			Settings:    mustParse(schema),
			Samples:     samples(),
		},
		Scopes: Decide,
	}
}

// samples warm up every condition and effect but the refusal.
func samples() []hook.Sample {
	in := hook.ScopeInput{
		Settings: mustParse(`{"utc_offset": "+01:00", "rules": [
			{"name": "office", "when": {"clients": ["wiki"]}, "unless": {"networks": ["192.0.2.0/24", "2001:db8::/32"]}, "then": {"remove_scopes": ["email"]}},
			{"when": {
				"grant_types": ["authorization_code"], "scopes": ["openid"], "groups": {"any": ["staff"], "all": ["staff"], "none": ["guests"]},
				"organisations": ["built-in"], "email_domains": ["example.com"], "time": {"days": ["mon"], "from": "08:00", "to": "18:00"},
				"connectors": ["-"], "acr": ["1"], "amr": ["pwd"], "sign_in_older_than_minutes": 0
			}, "then": {"keep_scopes": ["openid"], "require_acr": "1", "max_age": 600, "consent": true, "stop": true}}
		]}`),
		GrantType: "authorization_code",
		User: hook.User{
			ID: "0694bc10-537e-41a8-ba9c-09e94317e6ba", Name: "alice", Email: "alice@example.com", EmailVerified: true, Groups: []string{"staff"},
		},
		Organisation:   hook.Organisation{Name: "built-in"},
		Client:         hook.Client{ID: "client", Name: "wiki"},
		Scopes:         []string{"openid", "profile", "email"},
		Address:        "2001:db8::7",
		Authentication: hook.Authentication{Time: "2026-11-23T09:00:00Z", AMR: []string{"pwd"}, ACR: "1"},
		Time:           "2026-11-23T09:30:00Z",
	}
	return []hook.Sample{{Hook: hook.ScopePolicy, Input: mustParse(string(in.AppendJSON(nil)))}}
}

func mustParse(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err) // of this package's own constants
	}
	return v
}
