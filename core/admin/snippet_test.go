package admin_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/core/oauth"
)

// awkward has something that means something else to each language that snippets are in.
const awkward = `it's "a" $HOME $(id) ${x} #{1} %(y)s \n ; & ~ # ` + "`id`" + ` ä`

// awkwardly gives the snippets of a preset with such values in all places.
func awkwardly(t *testing.T, preset, title string) string {
	t.Helper()
	client := &core.Client{
		ID: "id", Preset: preset, AuthMethods: []string{core.AuthBasic}, GrantTypes: []string{core.GrantAuthorizationCode},
		RedirectURIs: []string{awkward + "/oauth2/callback"}, PostLogoutRedirectURIs: []string{awkward + "/left"},
	}
	c := admin.Connect(awkward, client, awkward+"secret")
	c.ClientID, c.Scopes = awkward+"client", []string{"openid", awkward, "two"}
	for _, snippet := range admin.GuideOf(client, c).Snippets {
		if strings.Contains(snippet.Title, title) {
			return snippet.Text
		}
	}
	t.Fatalf("the guide of %s has no snippet %q", preset, title)
	return ""
}

// words gives what a shell makes of commands: the words of each, commands are functions.
func words(t *testing.T, script string) [][]string {
	t.Helper()
	shell := needs.Program(t, "sh")
	const told = `told() { printf '%s\0' "$@"; printf '\1'; }; `
	script = told + `sudo() { told "$@"; }; gitea() { told "$@"; }; kubectl() { told "$@"; }; curl() { told "$@"; }; ` + script
	command := exec.Command(shell, "-c", script)
	command.Dir = t.TempDir()
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, output, script)
	}
	var commands [][]string
	for said := range strings.SplitSeq(strings.TrimSuffix(string(output), "\x01"), "\x01") {
		commands = append(commands, strings.Split(strings.TrimSuffix(said, "\x00"), "\x00"))
	}
	return commands
}

func TestShellSnippets(t *testing.T) {
	for _, tt := range []struct {
		preset, title string
		want          []string
	}{
		{admin.PresetGitea, "Terminal", []string{"--key", awkward + "client", "--secret", awkward + "secret", "--auto-discover-url", awkward + "/.well-known/openid-configuration", "--scopes", awkward, "--scopes", "two", "--group-claim-name"}},
		{admin.PresetNextcloud, "Terminal", []string{"--clientid=" + awkward + "client", "--clientsecret=" + awkward + "secret", "--discoveryuri=" + awkward + "/.well-known/openid-configuration", "--scope=openid " + awkward + " two"}},
		{admin.PresetKubernetes, "kubectl", []string{"--exec-arg=--oidc-issuer-url=" + awkward, "--exec-arg=--oidc-extra-scope=" + awkward, "--exec-arg=--oidc-extra-scope=two", "--exec-arg=--oidc-client-id=" + awkward + "client"}},
		{admin.PresetService, "Terminal", []string{"--user", awkward + "client:" + awkward + "secret", "--data", "grant_type=client_credentials", "--data-urlencode", "scope=openid " + awkward + " two", awkward + oauth.PathToken}},
		{admin.PresetDevice, "Terminal", []string{"--data-urlencode", "client_id=" + awkward + "client", "--data-urlencode", "scope=openid " + awkward + " two", awkward + oauth.PathDeviceAuthorization}},
	} {
		t.Run(tt.preset, func(t *testing.T) {
			got := words(t, awkwardly(t, tt.preset, tt.title))
			if at := slices.Index(got[0], tt.want[0]); at < 0 || !slices.Equal(got[0][at:min(len(got[0]), at+len(tt.want))], tt.want) {
				t.Errorf("got  %q\nwant %q", got[0], tt.want)
			}
		})
	}
	// Flags have no command.
	flags := words(t, "told "+strings.ReplaceAll(awkwardly(t, admin.PresetKubernetes, "Flags"), "\n", " "))[0]
	if want := []string{"--oidc-issuer-url=" + awkward, "--oidc-client-id=" + awkward + "client"}; !slices.Equal(flags[:2], want) || len(flags) != 6 {
		t.Errorf("got %q", flags)
	}
}

// reach goes down into what a parser gave.
func reach(t *testing.T, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			value = value.(map[string]any)[step]
		case int:
			value = value.([]any)[step]
		}
	}
	return value
}

func TestYAMLSnippets(t *testing.T) {
	var auth, jenkins map[string]any
	if err := yaml.Unmarshal([]byte(awkwardly(t, admin.PresetKubernetes, "Structured")), &auth); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(awkwardly(t, admin.PresetJenkins, "jenkins.yaml")), &jenkins); err != nil {
		t.Fatal(err)
	}
	// Jenkins puts its variables in when the file is parsed.
	inJenkins := strings.ReplaceAll(awkward, "${", "^${")
	realm := reach(t, jenkins, "jenkins", "securityRealm", "oic")
	for _, tt := range []struct {
		value any
		path  []any
		want  string
	}{
		{auth, []any{"jwt", 0, "issuer", "url"}, awkward},
		{auth, []any{"jwt", 0, "issuer", "audiences", 0}, awkward + "client"},
		{realm, []any{"clientId"}, inJenkins + "client"},
		{realm, []any{"clientSecret"}, inJenkins + "secret"},
		{realm, []any{"postLogoutRedirectUrl"}, inJenkins + "/left"},
		{realm, []any{"serverConfiguration", "wellKnown", "wellKnownOpenIDConfigurationUrl"}, inJenkins + "/.well-known/openid-configuration"},
		{realm, []any{"serverConfiguration", "wellKnown", "scopesOverride"}, "openid " + inJenkins + " two"},
		{realm, []any{"properties", 0}, "pkce"},
	} {
		if got := reach(t, tt.value, tt.path...); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.path, got, tt.want)
		}
	}
}

func TestTOMLSnippets(t *testing.T) {
	var proxy map[string]any
	if err := toml.Unmarshal([]byte(awkwardly(t, admin.PresetOAuth2Proxy, ".cfg")), &proxy); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"oidc_issuer_url": awkward, "client_id": awkward + "client", "client_secret": awkward + "secret", "scope": "openid " + awkward + " two",
		"redirect_url": awkward + "/oauth2/callback", "cookie_secure": true,
	} {
		if proxy[key] != want {
			t.Errorf("%s: got %q, want %q", key, proxy[key], want)
		}
	}
}

// The cookies of a page without TLS are lost if they are for TLS alone.
func TestProxyCookies(t *testing.T) {
	for address, want := range map[string]string{"http://localhost:4180": "cookie_secure = false", "https://app.example.org": "cookie_secure = true"} {
		client := &core.Client{Preset: admin.PresetOAuth2Proxy, RedirectURIs: []string{address + "/oauth2/callback"}}
		if text := admin.GuideOf(client, admin.Connect(issuer, client, "")).Snippets[0].Text; !strings.Contains(text, want) {
			t.Errorf("%s: no %q in:\n%s", address, want, text)
		}
	}
}

func TestRubySnippet(t *testing.T) {
	program := needs.Program(t, "ruby")
	script := "require 'json'\ngitlab_rails = {}\n" + awkwardly(t, admin.PresetGitLab, "gitlab.rb") + "\nputs JSON.generate(gitlab_rails)\n"
	output, err := exec.Command(program, "-Ku", "-e", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var rails map[string]any
	if err := json.Unmarshal(output, &rails); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	args := reach(t, rails, "omniauth_providers", 0, "args")
	for _, tt := range []struct {
		path []any
		want string
	}{
		{[]any{"issuer"}, awkward},
		{[]any{"scope", 1}, awkward},
		{[]any{"scope", 2}, "two"},
		{[]any{"client_options", "identifier"}, awkward + "client"},
		{[]any{"client_options", "secret"}, awkward + "secret"},
		{[]any{"client_options", "gitlab", "groups_attribute"}, "groups"},
	} {
		if got := reach(t, args, tt.path...); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.path, got, tt.want)
		}
	}
}

// Grafana's parser takes the rest of a line from # or ; on for a comment, unless the value
// is in three quotes; a plain value stays as it is.
func TestINISnippet(t *testing.T) {
	text := awkwardly(t, admin.PresetGrafana, "grafana.ini")
	for _, line := range []string{
		`client_secret = """` + awkward + `secret"""`, `scopes = """openid ` + awkward + ` two"""`, "role_attribute_path = contains(groups[*], 'grafana-admins') &&",
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("there is no line %s in:\n%s", line, text)
		}
	}
	client := &core.Client{ID: "id", Preset: admin.PresetGrafana, RedirectURIs: []string{"https://g.example/login/generic_oauth"}, PostLogoutRedirectURIs: []string{"https://g.example/login"}}
	plain := admin.GuideOf(client, admin.Connect(issuer, client, "s3cret")).Snippets[0].Text
	for _, line := range []string{"client_secret = s3cret", "signout_redirect_url = https://id.example.org/api/logout?post_logout_redirect_uri=https%3A%2F%2Fg.example%2Flogin"} {
		if !strings.Contains(plain+"\n", "\n"+line+"\n") {
			t.Errorf("there is no line %s in:\n%s", line, plain)
		}
	}
}
