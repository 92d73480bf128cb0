package intake_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/intake"
)

func TestDex(t *testing.T) {
	plan := readTestdata(t, "dex", "dex.yaml")
	const hash = "$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"
	admin := userOf(t, plan, "admin")
	if admin.ID != "08a8684b-db88-4b73-90a9-3cd1661f5466" || admin.Email != "admin@example.com" || !admin.EmailVerified || admin.PasswordHash != hash ||
		admin.Profile.DisplayName != "Admin" || !slices.Equal(admin.Groups, []string{"team-a", "team-a/admins"}) {
		t.Errorf("admin is %+v", admin)
	}
	jane := userOf(t, plan, "jane@example.com")
	if jane.PasswordHash != hash || jane.EmailVerified || jane.Profile.DisplayName != "Jane Doe" {
		t.Errorf("jane is %+v", jane)
	}
	if env := userOf(t, plan, "env"); env.PasswordHash != "" || !env.EmailVerified || !mentions(env.Notes, "environment of Dex") {
		t.Errorf("env is %+v", env)
	}
	if len(plan.Groups) != 2 || len(plan.Organisations) != 0 {
		t.Errorf("groups %+v, organisations %+v", plan.Groups, plan.Organisations)
	}
	if leftOf(plan, "setting", "experimental") == "" || leftOf(plan, "setting", "storage") != "" {
		t.Errorf("left %+v", plan.Left)
	}
}

func TestDexClients(t *testing.T) {
	plan := readTestdata(t, "dex", "dex.yaml")
	example := clientOf(t, plan, "example-app")
	if example.Secret != "ZXhhbXBsZS1hcHAtc2VjcmV0" || example.Preset != "web" || example.DisplayName != "Example App" ||
		!slices.Equal(example.RedirectURIs, []string{"http://127.0.0.1:5555/callback"}) || !mentions(example.Notes, "trusted peers") {
		t.Errorf("client %+v", example)
	}
	if device := clientOf(t, plan, "example-device-client"); device.Preset != "native" || device.Secret != "" {
		t.Errorf("client %+v", device)
	}
	if spa := clientOf(t, plan, "single-page"); spa.Preset != "spa" {
		t.Errorf("client %+v", spa)
	}
	if later := clientOf(t, plan, "later"); later.Preset != "web" || !mentions(later.Notes, "environment of Dex") || !mentions(later.Notes, "which connectors") {
		t.Errorf("client %+v", later)
	}
	if !strings.Contains(leftOf(plan, "client", "Production App"), "environment") {
		t.Errorf("left %+v", plan.Left)
	}
}

func TestDexConnectors(t *testing.T) {
	plan := readTestdata(t, "dex", "dex.yaml")
	google, settings := connectorOf(t, plan, "google")
	if google.Plugin != "google" || !reflect.DeepEqual(settings["hosted_domains"], []any{"example.com"}) || len(google.Secrets) != 0 || !mentions(google.Notes, "environment of Dex") {
		t.Errorf("connector %+v", google)
	}
	corp, settings := connectorOf(t, plan, "corp-sso")
	want := map[string]any{"client_id": "dex", "issuer": "https://sso.example.com", "auth_method": "client_secret_post", "scopes": []any{"profile", "email", "groups"}}
	if corp.Plugin != "oidc" || !reflect.DeepEqual(settings, want) || corp.Secrets["client_secret"] != "the secret of corp" || !mentions(corp.Notes, "is called corp-sso here") {
		t.Errorf("connector %+v", corp)
	}
	ldap, settings := connectorOf(t, plan, "ldap")
	want = map[string]any{
		"url": "ldaps://ldap.example.com:636", "user_base": "ou=People,dc=example,dc=com", "bind_dn": "cn=admin,dc=example,dc=com", "group_base": "ou=Groups,dc=example,dc=com",
		"user_filter": "(&(objectClass=person)(mail={0}))", "attributes": map[string]any{"subject": "DN", "email": "mail", "display_name": "cn"},
	}
	if ldap.Plugin != "ldap" || !reflect.DeepEqual(settings, want) || ldap.Secrets["bind_password"] != "the password of the reader" || !mentions(ldap.Notes, "certificates") {
		t.Errorf("connector %+v", ldap)
	}
	intranet, settings := connectorOf(t, plan, "intranet")
	paths := map[string]any{"subject": "uid", "name": "preferred_username", "email": "mail", "email_verified": "email_verified", "display_name": "user_name"}
	if intranet.Plugin != "oauth2" || settings["token_endpoint"] != "https://sso.example.com/token" || !reflect.DeepEqual(settings["paths"], paths) {
		t.Errorf("connector %+v", intranet)
	}
	if leftOf(plan, "connector", "mock") == "" || !strings.Contains(leftOf(plan, "connector", "saml"), "SAML") {
		t.Errorf("left %+v", plan.Left)
	}
}

func TestDexRefuses(t *testing.T) {
	for data, problem := range map[string]string{
		"":                           "nothing to move in",
		"issuer: x":                  "nothing to move in",
		"a: [":                       "no YAML",
		"staticClients: {a: 1}":      "no configuration of Dex",
		"staticClients: [{1: [2]}]":  "",
		"connectors: [{config: 'x'}": "no YAML",
		"a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\nconnectors: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n": "no YAML",
	} {
		_, err := intake.Read("dex", intake.File{Name: "f", Data: []byte(data)})
		_, is := errors.AsType[*intake.FormError](err)
		if problem == "" && err != nil && !is || problem != "" && (!is || !strings.Contains(err.Error(), problem)) {
			t.Errorf("%.40q: %v, want %q", data, err, problem)
		}
	}
}

// Each type of connector becomes one, or is said to be left out, with whom it let in.
func TestDexEveryConnector(t *testing.T) {
	plan := readTestdata(t, "dex", "dex-all.yaml")
	for name, want := range map[string]string{
		"github":    `{"allowed_organisations":["old","acme"],"allowed_teams":["octo/red","octo/blue"],"client_id":"gh","groups":"teams","url":"https://git.example.com"}`,
		"gitlab":    `{"allowed_groups":["acme/staff"],"client_id":"gl","issuer":"https://gitlab.example.com"}`,
		"google":    `{"client_id":"$GOOGLE_CLIENT_ID"}`,
		"microsoft": `{"client_id":"ms","tenant":"contoso.onmicrosoft.com"}`,
		"sso": `{"acr_values":["urn:acr:two"],"allowed_groups":["staff"],"client_id":"dex","display_name_claim":"full_name","email_claim":"mail",` +
			`"groups_claim":"roles","issuer":"https://sso.example.com","name_claim":"login"}`,
	} {
		if connector, _ := connectorOf(t, plan, name); string(connector.Settings) != want {
			t.Errorf("%s gets %s, want %s", name, connector.Settings, want)
		}
	}
	for name, notes := range map[string][]string{
		"github": {"teams are called as in their address", "known there by their login names"}, "gitlab": {"its secret is in the environment"},
		"google": {"its client_id is in the environment", "only who is in one of its groups"}, "microsoft": {"only who is in one of its groups"},
		"sso": {"its secret is in the environment", "hosted domains", "by the claim email"},
	} {
		connector, _ := connectorOf(t, plan, name)
		for _, note := range notes {
			if !mentions(connector.Notes, note) {
				t.Errorf("nothing says %q of %s: %q", note, name, connector.Notes)
			}
		}
		if strings.Contains(connector.Secrets["client_secret"], "$") {
			t.Errorf("%s has the secret %q", name, connector.Secrets["client_secret"])
		}
	}
	for _, name := range strings.Fields("saml gitea bitbucket linkedin openshift crowd proxy keystone mock mock2") {
		if leftOf(plan, "connector", name) == "" {
			t.Errorf("nothing is said of %s", name)
		}
	}
	wiki := clientOf(t, plan, "wiki")
	if !wiki.SkipConsent || !wiki.RequirePKCE || wiki.BackchannelLogoutURI == "" || len(wiki.PostLogoutRedirectURIs) != 1 || len(wiki.Notes) != 4 {
		t.Errorf("client %+v", wiki)
	}
	if leftOf(plan, "setting", "mfa") == "" {
		t.Errorf("left %+v", plan.Left)
	}
	_, err := intake.Read("dex", intake.File{Name: "f", Data: []byte("staticClients: [{redirectURIs: []}, 7]\n")})
	if err == nil || !strings.Contains(err.Error(), "staticClients cannot be a number") && !strings.Contains(err.Error(), "cannot be a number") || strings.Contains(err.Error(), "Go ") {
		t.Errorf("a number for a client: %v", err)
	}
}
