// Package scopes is the plugin that decides by groups which scopes a person may
// have at which client (scope.policy/v1).
//
// It owns the rules of its settings. It can only narrow or refuse, as every
// policy. Package builtin imports it.
package scopes

import (
	"slices"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "scopes"

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Says by groups who may have which scope at which client.",
			Settings:    schema(),
			Samples:     samples(),
		},
		Scopes: Decide,
	}
}

func schema() hook.Value {
	return mustParse(`{
		"type": "object",
		"additionalProperties": false,
		"required": ["rules"],
		"properties": {
			"rules": {
				"description": "A scope that a rule names is for the groups of that rule. Scopes that no rule names are for everybody.",
				"type": "array", "maxItems": 1000,
				"items": {
					"type": "object",
					"additionalProperties": false,
					"required": ["scopes", "groups"],
					"properties": {
						"clients": {
							"description": "Client ids or names that the rule holds for. Without it, it holds for all.",
							"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}
						},
						"scopes": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
						"groups": {
							"description": "Who may have them. An empty list is nobody.",
							"type": "array", "items": {"type": "string", "minLength": 1}
						},
						"otherwise": {
							"description": "What others get: the request without these scopes (narrow), or a refusal (deny).",
							"type": "string", "enum": ["narrow", "deny"], "default": "narrow"
						},
						"reason": {"description": "Shown to a person who is refused.", "type": "string", "maxLength": 200}
					}
				}
			}
		}
	}`)
}

func samples() []hook.Sample {
	in := hook.ScopeInput{
		Settings:  mustParse(`{"rules":[{"scopes":["email"],"groups":["staff"]}]}`),
		GrantType: "authorization_code",
		User:      hook.User{ID: "1", Name: "alice", Groups: []string{"staff"}},
		Scopes:    []string{"openid", "email"},
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

// Decide grants each scope that no rule restricts, or that a rule allows the
// person. Several rules for one scope at one client add up: any of them may allow
// it. If none does and one of them says deny, the request is refused.
func Decide(in *hook.ScopeInput) (*hook.ScopeOutput, error) {
	rules := readRules(in)
	out := &hook.ScopeOutput{Scopes: []string{}}
	for _, scope := range in.Scopes {
		decision := decide(rules, scope, in.User.Groups)
		if decision.refused {
			return &hook.ScopeOutput{Deny: true, Reason: decision.reason}, nil
		}
		if decision.granted {
			out.Scopes = append(out.Scopes, scope)
		}
	}
	return out, nil
}

type decision struct {
	granted, refused bool
	reason           string
}

func decide(rules []rule, scope string, groups []string) decision {
	d := decision{granted: true}
	for _, r := range rules {
		if !slices.Contains(r.scopes, scope) {
			continue
		}
		if slices.ContainsFunc(r.groups, func(group string) bool { return slices.Contains(groups, group) }) {
			return decision{granted: true}
		}
		d.granted = false
		if r.deny && !d.refused {
			d.refused, d.reason = true, r.reason
		}
	}
	return d
}

type rule struct {
	scopes, groups []string
	deny           bool
	reason         string
}

// readRules gives the rules that hold for the client. It trusts the host to have
// checked the settings against the schema.
func readRules(in *hook.ScopeInput) []rule {
	var rules []rule
	list, _ := in.Settings.Object().Get("rules")
	for _, v := range list.List() {
		o := v.Object()
		if clients, some := o.Get("clients"); some && !names(clients.Strings(), &in.Client) {
			continue
		}
		scopes, _ := o.Get("scopes")
		groups, _ := o.Get("groups")
		otherwise, _ := o.Get("otherwise")
		reason, _ := o.Get("reason")
		rules = append(rules, rule{scopes.Strings(), groups.Strings(), otherwise.Text() == "deny", reason.Text()})
	}
	return rules
}

func names(list []string, client *hook.Client) bool {
	return slices.Contains(list, client.ID) || slices.Contains(list, client.Name)
}
