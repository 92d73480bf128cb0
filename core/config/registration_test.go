package config_test

import (
	"reflect"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/config"
)

func TestRegistration(t *testing.T) {
	c, problems := load(t, config.Input{Flags: map[string]string{"registration": "token"}}, map[string]string{
		"POSTERN_REGISTRATION_SCOPES": "openid  email", "POSTERN_REGISTRATION_GRANT_TYPES": "authorization_code, refresh_token",
		"POSTERN_REGISTRATION_REDIRECT_HOSTS": "app.example.org, *.apps.example.org,localhost",
	})
	want := core.RegistrationPolicy{
		Mode: core.RegistrationToken, Scopes: []string{"openid", "email"}, GrantTypes: []string{"authorization_code", "refresh_token"},
		RedirectHosts: []string{"app.example.org", "*.apps.example.org", "localhost"},
	}
	if len(problems) > 0 || !reflect.DeepEqual(c.Registration, want) || !c.Registration.On() {
		t.Errorf("got %+v, %v", c.Registration, problems)
	}
	if c, problems = load(t, config.Input{}, nil); len(problems) > 0 || c.Registration.On() {
		t.Errorf("registration is on by itself: %+v, %v", c.Registration, problems)
	}
}

func TestRegistrationMistakes(t *testing.T) {
	for name, values := range map[string][]string{
		"POSTERN_REGISTRATION":                {"yes", "Open", "on"},
		"POSTERN_REGISTRATION_SCOPES":         {" ", `a"b`, "a\tb"},
		"POSTERN_REGISTRATION_GRANT_TYPES":    {"password", "authorization_code,", "code"},
		"POSTERN_WEBFINGER_DOMAINS":           {"https://example.org", "*.example.org", "Example.org", "example.org,"},
		"POSTERN_REGISTRATION_REDIRECT_HOSTS": {"https://app.example.org", "app.example.org:8443", "App.example.org", "*", "a b", "app.example.org,"},
	} {
		for _, value := range values {
			_, problems := load(t, config.Input{}, map[string]string{name: value})
			if len(problems) != 1 || problems[0].Where != name || problems[0].Hint == "" {
				t.Errorf("%s=%q: %v", name, value, problems)
			}
		}
	}
}
