package admin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestPresets(t *testing.T) {
	w := newWorld(t)
	for _, preset := range admin.Presets() {
		t.Run(preset.Name, func(t *testing.T) {
			created, err := w.CreateClient(t.Context(), actor, admin.NewClient{Name: preset.Name, Preset: preset.Name, Edit: func(c *core.Client) {
				c.RedirectURIs = []string{"https://rp.example/cb"}
				if preset.Name == admin.PresetService {
					c.Scopes = []string{"reports.read"}
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			c := created.Client
			if c.Public() != (created.Secret == "") || c.Public() != c.SecretHash.IsZero() || c.Public() && !c.RequirePKCE {
				t.Errorf("public %v, secret %q, PKCE %v", c.Public(), created.Secret, c.RequirePKCE)
			}
			if !c.Public() && c.SecretHash != core.HashClientSecret(created.Secret) {
				t.Error("the hash is not the secret's")
			}
			stored, err := w.FindClient(t.Context(), "", strings.ToUpper(preset.Name))
			if err != nil || stored.ID != c.ID || !slices.Equal(stored.Scopes, c.Scopes) {
				t.Errorf("%+v, %v", stored, err)
			}
			if byID, err := w.FindClient(t.Context(), "", c.ID); err != nil || byID.Name != preset.Name {
				t.Errorf("%+v, %v", byID, err)
			}
		})
	}
}

// The preset makes everything that miniOrange needs, and nothing of another
// client is touched.
func TestConfluencePreset(t *testing.T) {
	w := newWorld(t)
	wiki := w.client(admin.NewClient{Name: "wiki", Preset: admin.PresetConfluence})
	w.client(admin.NewClient{Name: "jira", Preset: admin.PresetConfluence})
	w.client(admin.NewClient{Name: "web"})
	if !wiki.SkipConsent || !wiki.OfflineWithoutPrompt || wiki.RequirePKCE || wiki.QueryToken || wiki.IDTokenAlg != "RS256" ||
		strings.Join(wiki.Scopes, " ") != "address phone openid profile offline_access email" ||
		!slices.Equal(wiki.AuthMethods, []string{core.AuthBasic, core.AuthPost}) {
		t.Errorf("%+v", wiki)
	}
	config, err := w.PluginConfig(t.Context())
	if err != nil || len(config.Instances) != 1 || config.Instances[0].Name != "miniorange" || len(config.Bindings) != 4 {
		t.Fatalf("%+v, %v", config, err)
	}
	var hooks []string
	for _, b := range config.Bindings {
		if b.ClientID == wiki.ID {
			hooks = append(hooks, b.Hook)
		}
	}
	slices.Sort(hooks)
	if !slices.Equal(hooks, []string{core.HookAccount, core.HookClaims}) {
		t.Errorf("hooks %v", hooks)
	}
}

// The settings that the operator gave the instance stay when another client is
// made.
func TestPresetKeepsSettings(t *testing.T) {
	w := newWorld(t)
	bind := admin.Bind{Plugin: "miniorange", Settings: []byte(`{"group_prefix":true}`)}
	if _, err := w.BindPlugin(t.Context(), actor, bind); err != nil {
		t.Fatal(err)
	}
	w.client(admin.NewClient{Name: "wiki", Preset: admin.PresetConfluence})
	config, err := w.PluginConfig(t.Context())
	if err != nil || string(config.Instances[0].Settings) != `{"group_prefix":true}` {
		t.Errorf("%s, %v", config.Instances[0].Settings, err)
	}
}

// What must not be registered as redirect URI is refused, with a reason (13).
func TestRefuse013RedirectURIs(t *testing.T) {
	w := newWorld(t)
	for _, uri := range []string{
		"", "javascript:alert(1)", "data:text/html,x", "vbscript:x", "https://rp.example/cb#f", "https://*.example/cb", "https://u@rp.example/cb",
		"http://rp.example/cb", "/cb", "https:///cb", "https://rp.example/a/../cb",
	} {
		for _, edit := range []func(*core.Client){
			redirectTo(uri),
			func(c *core.Client) {
				c.RedirectURIs, c.PostLogoutRedirectURIs = []string{"https://rp.example/cb"}, []string{uri}
			},
		} {
			_, err := w.CreateClient(t.Context(), actor, admin.NewClient{Name: "x", Edit: edit})
			if fields := problems(t, err); len(fields) != 1 || !strings.HasSuffix(fields[0], "redirect_uris") {
				t.Errorf("%q: problems with %v", uri, fields)
			}
		}
	}
}

// A device has no address to be answered at, and may be one that has.
func TestClientsWithoutABrowser(t *testing.T) {
	w := newWorld(t)
	device := w.client(admin.NewClient{Name: "tv", Preset: admin.PresetDevice, Edit: func(c *core.Client) {
		c.Scopes = append(c.Scopes, core.ScopeAdministration)
	}})
	if !device.Public() || !slices.Equal(device.GrantTypes, []string{core.GrantDevice, core.GrantRefreshToken}) || len(device.RedirectURIs)+len(device.ResponseTypes) != 0 {
		t.Errorf("%+v", *device)
	}
	if c := admin.Connect("https://id.example", device, ""); c.DeviceEndpoint != "https://id.example/api/device-auth" {
		t.Errorf("%+v", c)
	}
	web := w.client(admin.NewClient{Name: "web", Edit: func(c *core.Client) {
		c.RedirectURIs, c.GrantTypes = []string{"https://rp.example/cb"}, append(c.GrantTypes, core.GrantDevice)
	}})
	if !slices.Contains(web.GrantTypes, core.GrantDevice) || !slices.Contains(web.GrantTypes, core.GrantAuthorizationCode) {
		t.Errorf("%v", web.GrantTypes)
	}
}

func TestClientInput(t *testing.T) {
	w := newWorld(t)
	confidential := w.client(admin.NewClient{Name: "there"})
	public := w.client(admin.NewClient{Name: "public", Preset: admin.PresetSPA})
	for _, tt := range []struct {
		name string
		edit func(*core.Client)
		want []string
	}{
		{"nothing", func(*core.Client) {}, nil},
		{"name", func(c *core.Client) { c.Name = "a b" }, []string{"name"}},
		{"no name", func(c *core.Client) { c.Name = "" }, []string{"name"}},
		{"no redirect URI", redirectTo(), []string{"redirect_uris"}},
		{"twice", redirectTo("https://a.example", "https://a.example"), []string{"redirect_uris"}},
		{"many", redirectTo(make([]string, 33)...), []string{"redirect_uris"}},
		{"no methods", func(c *core.Client) { c.AuthMethods = nil }, []string{"auth_methods"}},
		{"unknown method", func(c *core.Client) { c.AuthMethods = []string{"tls_client_auth"} }, []string{"auth_methods"}},
		{"none and basic", func(c *core.Client) { c.AuthMethods = append(c.AuthMethods, core.AuthNone) }, []string{"auth_methods", "require_pkce"}},
		{"confidential native", func(c *core.Client) { c.Native = true }, []string{"native"}},
		{"grants", func(c *core.Client) { c.GrantTypes = []string{"password"} }, []string{"grant_types"}},
		{"device and browser", func(c *core.Client) {
			c.GrantTypes, c.RedirectURIs = []string{core.GrantDevice, core.GrantAuthorizationCode}, nil
		}, []string{"redirect_uris"}},
		{"client credentials", func(c *core.Client) {
			c.GrantTypes, c.Scopes = []string{core.GrantClientCredentials, core.GrantAuthorizationCode}, []string{"openid", "read"}
		}, nil},
		{"client credentials alone", func(c *core.Client) {
			c.GrantTypes, c.ResponseTypes, c.RedirectURIs = []string{core.GrantClientCredentials}, nil, nil
			c.Scopes = []string{"read"}
		}, nil},
		{"client credentials without a secret", func(c *core.Client) {
			c.AuthMethods, c.RequirePKCE, c.GrantTypes, c.Scopes = []string{core.AuthNone}, true, []string{core.GrantClientCredentials}, []string{"read"}
		}, []string{"grant_types", "auth_methods"}},
		{"client credentials for people", func(c *core.Client) {
			c.GrantTypes, c.Scopes = []string{core.GrantClientCredentials}, []string{"openid", "profile", "email", "address", "phone", "offline_access"}
		}, []string{"scopes"}},
		{"no response types", func(c *core.Client) {
			c.ResponseTypes, c.GrantTypes, c.RedirectURIs = nil, []string{core.GrantAuthorizationCode}, []string{"https://rp.example/cb"}
		}, []string{"response_types"}},
		{"response types", func(c *core.Client) { c.ResponseTypes = []string{"token"} }, []string{"response_types"}},
		{"all response types", func(c *core.Client) {
			c.ResponseTypes = []string{"code", "id_token", "token id_token", "id_token code", "token code", "token id_token code"}
			c.GrantTypes, c.RedirectURIs = []string{core.GrantAuthorizationCode, core.GrantImplicit}, []string{"https://rp.example/cb"}
		}, nil},
		{"response types in another order are the same", func(c *core.Client) { c.ResponseTypes[1] = "token code" }, []string{"response_types"}},
		{"tokens without the grant type", func(c *core.Client) { c.GrantTypes = []string{core.GrantAuthorizationCode} }, slices.Repeat([]string{"grant_types"}, 5)},
		{"ID tokens alone", func(c *core.Client) {
			c.ResponseTypes, c.GrantTypes = []string{"id_token"}, []string{core.GrantImplicit}
		}, nil},
		{"a code without its grant type", func(c *core.Client) { c.ResponseTypes = []string{"code id_token"} }, []string{"grant_types"}},
		{"tokens at http", func(c *core.Client) { c.RedirectURIs = []string{"http://127.0.0.1/cb", "https://localhost/cb"} }, []string{"redirect_uris", "redirect_uris"}},
		{"no redirect URI for tokens", redirectTo(), []string{"redirect_uris"}},
		{"implicit for nothing", func(c *core.Client) {
			c.ResponseTypes, c.GrantTypes = []string{"code"}, []string{core.GrantAuthorizationCode, core.GrantImplicit}
		}, []string{"response_types"}},
		{"codes again", func(c *core.Client) {
			c.ResponseTypes, c.GrantTypes = []string{"code"}, []string{core.GrantAuthorizationCode}
		}, nil},
		{"subject type", func(c *core.Client) { c.Metadata.SubjectType = "private" }, []string{"subject_type"}},
		{"pairwise", func(c *core.Client) { c.Metadata.SubjectType = core.SubjectPairwise }, nil},
		{"pairwise at two hosts", redirectTo("https://a.example/cb", "https://b.example/cb"), []string{"sector_identifier_uri"}},
		{"a sector in clear", func(c *core.Client) { c.Metadata.SectorIdentifierURI = "http://rp.example/s.json" }, []string{"sector_identifier_uri"}},
		{"a sector without host", func(c *core.Client) { c.Metadata.SectorIdentifierURI = "https:///s.json" }, []string{"sector_identifier_uri", "sector_identifier_uri"}},
		{"a sector", func(c *core.Client) {
			c.Metadata.SectorIdentifierURI, c.RedirectURIs = "https://rp.example/s.json", []string{"https://a.example/cb", "https://b.example/cb"}
		}, nil},
		{"ages", func(c *core.Client) { c.Metadata.DefaultMaxAge = new(-1) }, []string{"default_max_age"}},
		{"age of 20 years", func(c *core.Client) { c.Metadata.DefaultMaxAge = new(20 * 365 * 24 * 60 * 60) }, []string{"default_max_age"}},
		{"age of nothing", func(c *core.Client) { c.Metadata.DefaultMaxAge = new(0) }, nil},
		{"classes", func(c *core.Client) { c.Metadata.DefaultACRValues = []string{"", "a b", `"`, "1", "1"} }, slices.Repeat([]string{"default_acr_values"}, 4)},
		{"many classes", func(c *core.Client) {
			c.Metadata.DefaultACRValues = strings.Split("1 2 3 4 5 6 7 8 9 a b c d e f g h i j k l m n o p q r s t u v w x", " ")
		}, []string{"default_acr_values"}},
		{"algorithm none", func(c *core.Client) { c.IDTokenAlg = "none" }, nil},
		{"algorithm none through the browser", func(c *core.Client) {
			c.IDTokenAlg, c.ResponseTypes, c.RedirectURIs = "none", []string{"code", "code id_token"}, []string{"https://a.example/cb"}
			c.GrantTypes = []string{core.GrantAuthorizationCode, core.GrantImplicit}
		}, []string{"id_token_alg"}},
		{"algorithm none and no ID token through the browser", func(c *core.Client) {
			c.IDTokenAlg, c.ResponseTypes, c.RedirectURIs = "none", []string{"code", "code token"}, []string{"https://a.example/cb"}
			c.GrantTypes = []string{core.GrantAuthorizationCode, core.GrantImplicit}
		}, nil},
		{"codes alone", func(c *core.Client) {
			c.ResponseTypes, c.GrantTypes = []string{"code"}, []string{core.GrantAuthorizationCode}
			c.RedirectURIs = []string{"https://a.example/cb", "https://b.example/cb"}
		}, nil},
		{"algorithm NONE", func(c *core.Client) { c.IDTokenAlg = "NONE" }, []string{"id_token_alg"}},
		{"algorithm HS256", func(c *core.Client) { c.IDTokenAlg = "HS256" }, []string{"id_token_alg"}},
		{"no scopes", func(c *core.Client) { c.Scopes = nil }, []string{"scopes"}},
		{"bad scopes", func(c *core.Client) { c.Scopes = []string{"a b", "x\"", "openid", "openid"} }, []string{"scopes", "scopes", "scopes"}},
		{"groups", func(c *core.Client) { c.AllowedGroups = []string{"staff", "all hands"} }, nil},
		{"bad groups", func(c *core.Client) { c.AllowedGroups = []string{"", "a;b", "staff", "staff"} }, []string{"allowed_groups", "allowed_groups", "allowed_groups"}},
		{"many groups", func(c *core.Client) { c.AllowedGroups = strings.Split(strings.Repeat("g,", 101)+"g", ",")[:101] }, slices.Repeat([]string{"allowed_groups"}, 101)},
		{"logout URI", func(c *core.Client) { c.Metadata.BackchannelLogoutURI = "https://rp.example/out?a=b" }, nil},
		{"logout URI with fragment", func(c *core.Client) { c.Metadata.BackchannelLogoutURI = "https://rp.example/out#a" }, []string{"backchannel_logout_uri"}},
		{"logout page", func(c *core.Client) {
			c.RedirectURIs, c.Metadata.FrontchannelLogoutURI = []string{"https://other.example/", "https://rp.example/cb"}, "https://rp.example/out?a=b"
		}, nil},
		{"redirect URI away from the logout page", redirectTo("https://other.example/"), []string{"frontchannel_logout_uri"}},
		{"logout page elsewhere", func(c *core.Client) { c.Metadata.FrontchannelLogoutURI = "https://else.example/out" }, []string{"frontchannel_logout_uri"}},
		{"logout page at another port", func(c *core.Client) { c.Metadata.FrontchannelLogoutURI = "https://rp.example:8443/out" }, []string{"frontchannel_logout_uri"}},
		{"logout page by script", func(c *core.Client) { c.Metadata.FrontchannelLogoutURI = "javascript:x" }, []string{"frontchannel_logout_uri"}},
		{"logo by script", func(c *core.Client) { c.LogoURI = "javascript:x" }, []string{"logo_uri"}},
		{"logo in clear", func(c *core.Client) { c.LogoURI = "http://rp.example/l.png" }, []string{"logo_uri"}},
		{"logo inside", func(c *core.Client) { c.LogoURI = "data:image/png;base64,AAAA" }, nil},
		{"links", func(c *core.Client) { c.ClientURI, c.PolicyURI, c.TermsURI = "javascript:x", "data:x", "x" }, []string{"client_uri", "policy_uri", "terms_uri"}},
		{"lifetimes", func(c *core.Client) { c.AccessTTL, c.IDTokenTTL, c.RefreshTTL = time.Second, 25*time.Hour, -1 }, []string{"access_ttl", "id_token_ttl", "refresh_ttl"}},
		{"disabled", func(c *core.Client) { c.Disabled = true }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.UpdateClient(t.Context(), actor, confidential.ID, "", tt.edit)
			if tt.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			// A client that would become public is refused for that too.
			got := slices.DeleteFunc(problems(t, err), func(field string) bool { return tt.name == "none and basic" && field == "auth_methods" })
			want := slices.DeleteFunc(slices.Clone(tt.want), func(field string) bool { return tt.name == "none and basic" && field == "auth_methods" })
			if !slices.Equal(got, want) {
				t.Errorf("problems with %v, want %v", got, want)
			}
		})
	}
	_, err := w.UpdateClient(t.Context(), actor, public.ID, "", func(c *core.Client) { c.RequirePKCE = false })
	if got := problems(t, err); !slices.Equal(got, []string{"require_pkce"}) {
		t.Errorf("a public client without PKCE: %v", got)
	}
	_, err = w.UpdateClient(t.Context(), actor, public.ID, "", func(c *core.Client) { c.Name = "THERE" })
	if !errors.Is(err, core.ErrConflict) {
		t.Error(err)
	}
	_, err = w.CreateClient(t.Context(), actor, admin.NewClient{Name: "x", Preset: "tardis"})
	if got := problems(t, err); !slices.Equal(got, []string{"preset"}) {
		t.Error(err)
	}
}

func TestRotateSecret(t *testing.T) {
	w := newWorld(t)
	created, err := w.CreateClient(t.Context(), actor, admin.NewClient{Name: "web", Edit: redirectTo("https://rp.example/cb")})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := w.RotateSecret(t.Context(), actor, created.Client.ID)
	if err != nil || secret == created.Secret {
		t.Fatal(secret, err)
	}
	stored, err := w.FindClient(t.Context(), "", "web")
	if err != nil || stored.SecretHash != core.HashClientSecret(secret) {
		t.Errorf("%v", err)
	}
	public := w.client(admin.NewClient{Name: "spa", Preset: admin.PresetSPA})
	if _, err := w.RotateSecret(t.Context(), actor, public.ID); !slices.Equal(problems(t, err), []string{"client"}) {
		t.Error(err)
	}
	// No secret is ever recorded (123).
	events, err := w.store.Events(t.Context(), core.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		for _, value := range e.Detail {
			if strings.Contains(value, secret) || strings.Contains(value, created.Secret) {
				t.Errorf("event %s holds a secret", e.Type)
			}
		}
	}
}

func TestPlugins(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	client := w.client(admin.NewClient{Name: "web"})
	if bound, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "miniorange", ClientID: client.ID}); err != nil || len(bound) != 2 || bound[0].Position != admin.DefaultPosition {
		t.Fatalf("%v, %v", bound, err)
	}
	for _, tt := range []struct {
		name  string
		input admin.Bind
		want  string // field, or what is missing
	}{
		{"bound already", admin.Bind{Plugin: "miniorange", ClientID: client.ID, Hooks: []string{core.HookAccount}}, "hooks"},
		{"foreign hook", admin.Bind{Plugin: "scopes", Hooks: []string{core.HookClaims}}, "hooks"},
		{"policy fails open", admin.Bind{Plugin: "scopes", FailOpen: true}, "fail_open"},
		{"account fails open", admin.Bind{Plugin: "miniorange", Hooks: []string{core.HookAccount}, FailOpen: true}, "fail_open"},
		{"instance name", admin.Bind{Plugin: "scopes", Instance: "-"}, "instance"},
		{"instance of another plugin", admin.Bind{Plugin: "scopes", Instance: "miniorange"}, "instance"},
		{"settings no JSON", admin.Bind{Plugin: "scopes", Settings: []byte("{")}, "settings"},
		{"settings no object", admin.Bind{Plugin: "scopes", Settings: []byte("null")}, "settings"},
		{"settings against the schema", admin.Bind{Plugin: "scopes", Settings: []byte(`{"wrong":1}`)}, "settings"},
		{"no such plugin", admin.Bind{Plugin: "x"}, "plugin"},
		{"no such client", admin.Bind{Plugin: "scopes", ClientID: "x"}, "client"},
	} {
		_, err := w.BindPlugin(ctx, actor, tt.input)
		if missing, ok := errors.AsType[*admin.MissingError](err); ok {
			if missing.What != tt.want {
				t.Errorf("%s: %v", tt.name, err)
			}
		} else if got := problems(t, err); !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%s: problems with %v", tt.name, got)
		}
	}
	if _, err := w.UnbindPlugin(ctx, actor, admin.Unbind{Instance: "miniorange", AllClients: true}); !slices.Equal(problems(t, err), []string{"hooks"}) {
		t.Error(err)
	}
	if removed, err := w.UnbindPlugin(ctx, actor, admin.Unbind{Instance: "miniorange", Hook: core.HookClaims}); err != nil || len(removed) != 1 {
		t.Errorf("%v, %v", removed, err)
	}
	if removed, err := w.UnbindPlugin(ctx, actor, admin.Unbind{Instance: "miniorange", Forget: true}); err != nil || len(removed) != 1 {
		t.Errorf("%v, %v", removed, err)
	}
	if config, err := w.PluginConfig(ctx); err != nil || len(config.Instances)+len(config.Bindings) != 0 {
		t.Errorf("%+v, %v", config, err)
	}
	if _, err := w.UnbindPlugin(ctx, actor, admin.Unbind{Instance: "miniorange"}); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

func TestOrganisations(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if _, err := w.CreateOrganisation(ctx, actor, core.Organisation{Name: "Acme", Logo: "x", WebsiteURL: "javascript:x"}); !slices.Equal(problems(t, err), []string{"name", "website_url", "logo"}) {
		t.Error(err)
	}
	if _, err := w.CreateOrganisation(ctx, actor, core.Organisation{Name: core.DefaultOrganisation}); !errors.Is(err, core.ErrConflict) {
		t.Error(err)
	}
	org, err := w.UpdateOrganisation(ctx, actor, core.DefaultOrganisation, "", func(o *core.Organisation) { o.Name, o.Disabled = "x", true })
	if err != nil || org.Name != core.DefaultOrganisation || !org.Disabled {
		t.Errorf("%+v, %v", org, err)
	}
	if _, err := w.UpdateOrganisation(ctx, actor, "x", "", func(*core.Organisation) {}); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

func TestSentence(t *testing.T) {
	p := admin.Problem{Text: "öffnen fails", Hint: "use 1"}
	if got := p.Sentence(); got != "Öffnen fails. Use 1." {
		t.Errorf("got %q", got)
	}
	for in, want := range map[string]string{
		"": "", "x": "X", "dex.yaml: it is no JSON": "dex.yaml: it is no JSON", "client_credentials was left out": "client_credentials was left out",
		"wrong: see below": "Wrong: see below",
	} {
		if got := admin.Capital(in); got != want {
			t.Errorf("%q begins like %q", in, got)
		}
	}
}
