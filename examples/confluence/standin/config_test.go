package standin

import (
	"strings"
	"testing"
)

func TestConfigRefuses(t *testing.T) {
	right := Config{ClientID: "id", ClientSecret: "secret", Issuer: "http://localhost:8000", BaseURL: "http://127.0.0.1:8090"}
	for _, test := range []struct {
		name   string
		change func(*Config)
		wrong  []string
	}{
		{"mode", func(c *Config) { c.Mode = "jira" }, []string{`mode "jira"`}},
		{"client authentication", func(c *Config) { c.ClientAuth = "digest" }, []string{`client authentication "digest"`}},
		{"body at Atlassian", func(c *Config) { c.Mode, c.ClientAuth = Atlassian, Post }, []string{"knows no client authentication but basic"}},
		{"http at Atlassian", func(c *Config) { c.Mode, c.BaseURL = Atlassian, "http://wiki.example.com" }, []string{"has to be https"}},
		{"relative URL", func(c *Config) { c.UserInfoURL = "/api/get-account" }, []string{`UserInfo URL "/api/get-account"`}},
		{"other scheme", func(c *Config) { c.Issuer = "ftp://localhost" }, []string{`issuer "ftp://localhost"`}},
		{"all at once", func(c *Config) { *c = Config{Mode: "x"} }, []string{`mode "x"`, "client id and client secret", "issuer", "base URL"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := right
			test.change(&config)
			_, err := New(config)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, wrong := range test.wrong {
				if !strings.Contains(err.Error(), wrong) {
					t.Errorf("%q does not say %q", err, wrong)
				}
			}
		})
	}
}

func TestConfigDefaultsAreTheGuides(t *testing.T) {
	site, err := New(Config{ClientID: "id", ClientSecret: "secret", Issuer: "http://localhost:8000/", BaseURL: "http://127.0.0.1:8090/"})
	if err != nil {
		t.Fatal(err)
	}
	config := site.Config()
	for _, test := range []struct{ what, got, want string }{
		{"mode", string(config.Mode), "miniorange-openid"},
		{"authorization", config.AuthorizationURL, "http://localhost:8000/login/oauth/authorize"},
		{"token", config.TokenURL, "http://localhost:8000/api/login/oauth/access_token"},
		{"UserInfo", config.UserInfoURL, "http://localhost:8000/api/get-account"},
		{"keys", config.JWKSURL, "http://localhost:8000/.well-known/jwks"},
		{"scopes", config.Scope, "address phone openid profile offline_access email"},
		{"callback", config.RedirectURI(), "http://127.0.0.1:8090/plugins/servlet/oauth/callback"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %s, want %s", test.what, test.got, test.want)
		}
	}
	config.Mode = Atlassian
	if got := config.RedirectURI(); got != "http://127.0.0.1:8090/plugins/servlet/oidc/callback" {
		t.Errorf("Atlassian's callback: got %s", got)
	}
}

func TestAtlassianRunsOnLoopbackAndHTTPS(t *testing.T) {
	for _, base := range []string{"http://127.0.0.1:8090", "http://[::1]:8090", "http://localhost:8090", "https://wiki.example.com"} {
		config := Config{Mode: Atlassian, ClientID: "id", ClientSecret: "secret", Issuer: "http://localhost:8000", BaseURL: base}
		if _, err := New(config); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}
