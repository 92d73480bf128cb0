package github

import (
	"errors"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

func schema() hook.Value {
	return mustParse(`{
		"type": "object",
		"additionalProperties": false,
		"required": ["client_id"],
		"properties": {
			"client_id": {
				"description": "Client ID of the OAuth app.",
				"type": "string", "minLength": 1, "maxLength": 255
			},
			"url": {
				"description": "Where a GitHub Enterprise is: https://github.example.com, or https://octocorp.ghe.com.",
				"type": "string", "maxLength": 255, "pattern": "^https://[^/?#@]+/?$", "examples": ["https://github.example.com"], "default": "https://github.com"
			},
			"groups": {
				"description": "What counts as a group: nothing, the organisations (octo-org), or the teams too (octo-org:justice-league).",
				"type": "string", "enum": ["none", "organisations", "teams"], "default": "none"
			},
			"allowed_organisations": {
				"description": "Only members of one of these may sign in, or of one of the allowed teams.",
				"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "minLength": 1}
			},
			"allowed_teams": {
				"description": "Only members of one of these may sign in, or of one of the allowed organisations. As octo-org/justice-league.",
				"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "pattern": "^[^/]+/[^/]+$", "examples": ["octo-org/justice-league"]}
			},
			"trust_email": {
				"description": "Whether addresses at an Enterprise Server, which verifies none, are known to be their people's.",
				"type": "boolean", "default": false
			},
			"allow_signup": {
				"description": "Whether GitHub offers to make an account to those who have none.",
				"type": "boolean", "default": true
			}
		}
	}`)
}

// settings are those of an instance. The host checked them against the schema.
type settings struct {
	clientID     string
	web, api     string // URLs without a slash at their end
	groups       string
	orgs, teams  []string // that are allowed
	noNewAccount bool
	trustEmail   bool
}

// isServer reports whether it is an Enterprise Server: there nobody verifies an e-mail
// address.
func (s *settings) isServer() bool { return strings.HasSuffix(s.api, serverAPI) }

// serverAPI is where an Enterprise Server has its API.
const serverAPI = "/api/v3"

// readSettings fails for a URL at which no GitHub can be.
func readSettings(v hook.Value) (settings, error) {
	o := v.Object()
	clientID, _ := o.Get("client_id")
	groups, _ := o.Get("groups")
	orgs, _ := o.Get("allowed_organisations")
	teams, _ := o.Get("allowed_teams")
	signup, isSaid := o.Get("allow_signup")
	s := settings{
		clientID: clientID.Text(), groups: groups.Text(), orgs: orgs.Strings(), teams: teams.Strings(),
		noNewAccount: isSaid && !signup.Bool(),
	}
	trusted, _ := o.Get("trust_email")
	s.trustEmail = trusted.Bool()
	url, _ := o.Get("url")
	var err error
	s.web, s.api, err = places(url.Text())
	return s, err
}

// places gives where browsers and where programs find a GitHub: the public one, one of
// Enterprise Cloud with data residency, or an Enterprise Server.
func places(url string) (web, api string, err error) {
	host, secure := strings.CutPrefix(strings.TrimSuffix(url, "/"), "https://")
	switch {
	case url == "" || secure && host == "github.com":
		return "https://github.com", "https://api.github.com", nil
	case !secure || host == "" || strings.ContainsAny(host, "/?#@"):
		return "", "", errors.New("the setting url is https:// and a host, and nothing behind it")
	case strings.HasSuffix(host, ".ghe.com"):
		return "https://" + host, "https://api." + host, nil
	}
	return "https://" + host, "https://" + host + serverAPI, nil
}

// asksOrgs reports whether membership of organisations matters, asksTeams that of
// teams.
func (s *settings) asksOrgs() bool {
	return s.groups == "organisations" || s.groups == "teams" || len(s.orgs) > 0
}

func (s *settings) asksTeams() bool { return s.groups == "teams" || len(s.teams) > 0 }

// scopes are the OAuth app's: the profile, the addresses, and membership where it
// matters.
func (s *settings) scopes() []string {
	scopes := []string{"read:user", "user:email"}
	if s.asksOrgs() || s.asksTeams() {
		scopes = append(scopes, "read:org")
	}
	return scopes
}
