package admin_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

const issuer = "https://id.example.org"

func confluence() *core.Client {
	return &core.Client{
		ID: "id", Preset: admin.PresetConfluence, AuthMethods: []string{core.AuthBasic}, GrantTypes: []string{core.GrantAuthorizationCode},
		RedirectURIs: []string{"https://wiki.example.org/wiki/plugins/servlet/oauth/callback"},
		Scopes:       []string{"address", "phone", "openid", "profile", "offline_access", "email"},
	}
}

// The table of miniOrange is that of the integration guide, word for word.
func TestGuideOfConfluence(t *testing.T) {
	guide := admin.GuideOf(confluence(), admin.Connect(issuer, confluence(), "secret"))
	want := []admin.Row{
		{Field: "Client ID", Value: "id"},
		{Field: "Client Secret", Value: "secret"},
		{Field: "Authorization server URL", Value: "https://id.example.org/login/oauth/authorize"},
		{Field: "Token server URL", Value: "https://id.example.org/api/login/oauth/access_token"},
		{Field: "UserInfo server URL", Value: "https://id.example.org/api/get-account"},
		{Field: "Scopes", Value: "address phone openid profile offline_access email"},
	}
	if len(guide.Forms) != 1 || !slices.Equal(guide.Forms[0].Rows, want) {
		t.Errorf("got %+v", guide.Forms)
	}
	if !strings.Contains(guide.Steps[1], "https://wiki.example.org/wiki/plugins/servlet/oauth/callback") {
		t.Errorf("the callback is not that of the client: %s", guide.Steps[1])
	}
	// Whoever registers the address of the other client is shown its form too.
	both := confluence()
	both.RedirectURIs = append(both.RedirectURIs, "https://wiki.example.org/plugins/servlet/oidc/callback")
	forms := admin.GuideOf(both, admin.Connect(issuer, both, "secret")).Forms
	if len(forms) != 2 || forms[1].Rows[0] != (admin.Row{Field: "Issuer URL", Value: issuer}) || forms[1].Rows[4].Value != "profile email" {
		t.Errorf("got %+v", forms)
	}
}

// Every guide is filled in, tells no secret that it does not have, and that of a product
// names the page that it was checked against.
func TestGuides(t *testing.T) {
	w := newWorld(t)
	left := regexp.MustCompile(`\{[a-z_]+\}`)
	for _, preset := range admin.Presets() {
		t.Run(preset.Name, func(t *testing.T) {
			input := admin.NewClient{Name: preset.Name, Preset: preset.Name, Edit: ready(&preset)}
			if preset.Asks() {
				input.Address = "https://app.example.org/base"
			}
			created, err := w.CreateClient(t.Context(), actor, input)
			if err != nil {
				t.Fatal(err)
			}
			client := &created.Client
			with, without := text(admin.GuideOf(client, admin.Connect(issuer, client, "s3cret"))), text(admin.GuideOf(client, admin.Connect(issuer, client, "")))
			if unfilled := left.FindAllString(strings.ReplaceAll(strings.ReplaceAll(with, "${preferred_username}", ""), "${email}", ""), -1); len(unfilled) > 0 {
				t.Errorf("not filled in: %v", unfilled)
			}
			if strings.Contains(with, "s3cret") == client.Public() || strings.Contains(without, "s3cret") {
				t.Errorf("the secret of %s:\n%s", preset.Name, with)
			}
			if !strings.Contains(with, client.ID) || !strings.Contains(with, issuer) {
				t.Errorf("it does not name the client and the issuer:\n%s", with)
			}
			guide := admin.GuideOf(client, admin.Connect(issuer, client, ""))
			if preset.Product != (guide.Source != "") || len(guide.Steps) == 0 || guide.Title != preset.Title {
				t.Errorf("%+v", guide)
			}
			if strange := admin.StrayRedirects(client).Redirects; len(strange) > 0 {
				t.Errorf("the preset's own redirect URIs are strange: %v", strange)
			}
		})
	}
}

// ready gives what a preset cannot know.
func ready(preset *admin.Preset) func(*core.Client) {
	return func(c *core.Client) {
		if len(c.RedirectURIs) == 0 && preset.Name != admin.PresetService && preset.Name != admin.PresetDevice {
			c.RedirectURIs = []string{"https://app.example.org/cb"}
		}
		if preset.Name == admin.PresetService {
			c.Scopes = []string{"reports.read"}
		}
	}
}

func text(g admin.Guide) string {
	lines := slices.Clone(g.Steps)
	for _, form := range g.Forms {
		for _, row := range form.Rows {
			lines = append(lines, row.Field+": "+row.Value)
		}
	}
	for _, snippet := range g.Snippets {
		lines = append(lines, snippet.Text)
	}
	return strings.Join(lines, "\n")
}

// Of the application's address a preset makes everything that the product listens at.
func TestAddressOfAnApplication(t *testing.T) {
	w := newWorld(t)
	cloud := w.create(t, admin.NewClient{Name: "cloud", Preset: admin.PresetNextcloud, Address: "https://cloud.example.org/"})
	if want := []string{"https://cloud.example.org/apps/user_oidc/code", "https://cloud.example.org/index.php/apps/user_oidc/code"}; !slices.Equal(cloud.RedirectURIs, want) {
		t.Errorf("redirect URIs %v", cloud.RedirectURIs)
	}
	if !slices.Equal(cloud.PostLogoutRedirectURIs, []string{"https://cloud.example.org/"}) ||
		cloud.Metadata.BackchannelLogoutURI != "https://cloud.example.org/index.php/apps/user_oidc/backchannel-logout/postern" {
		t.Errorf("%v, %q", cloud.PostLogoutRedirectURIs, cloud.Metadata.BackchannelLogoutURI)
	}
	for _, tt := range []struct{ preset, address string }{
		{admin.PresetGrafana, "grafana.example.org"}, {admin.PresetGrafana, "http://grafana.example.org"}, {admin.PresetGrafana, "https://g.example/?a=b"},
		{admin.PresetGrafana, "https://u@g.example"}, {admin.PresetGrafana, "javascript:alert(1)"}, {admin.PresetGrafana, "https://g.example/#x"},
		{admin.PresetWeb, "https://app.example.org"}, {admin.PresetKubernetes, "https://k8s.example.org"}, {admin.PresetGrafana, ""},
	} {
		_, err := w.CreateClient(t.Context(), actor, admin.NewClient{Name: "x", Preset: tt.preset, Address: tt.address})
		if got := problems(t, err); !slices.Equal(got, []string{"address"}) {
			t.Errorf("%s at %s: %v", tt.preset, tt.address, err)
		}
	}
}

// Whoever gives an address where there is none is told to leave it out, and not to give
// redirect URIs.
func TestAddressOfWhatHasNone(t *testing.T) {
	w := newWorld(t)
	for preset, hint := range map[string]string{admin.PresetKubernetes: "leave it out", admin.PresetService: "leave it out", admin.PresetDevice: "leave it out", admin.PresetWeb: "redirect URIs"} {
		_, err := w.CreateClient(t.Context(), actor, admin.NewClient{Name: "x", Preset: preset, Address: "https://app.example.org"})
		invalid, ok := errors.AsType[*admin.InvalidError](err)
		if !ok || !strings.Contains(invalid.Problems[0].Hint, hint) {
			t.Errorf("%s: %v", preset, err)
		}
	}
}

// The products that read names, e-mail and groups in the ID token get them there, with the
// full name as the name, but for miniOrange, which wants the login name.
func TestProductsReadTheIDToken(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		preset, instance, settings string
		hooks                      int
	}{
		{admin.PresetGitLab, "profile-in-id-token", `{"name":"full"}`, 1},
		{admin.PresetGrafana, "profile-in-id-token", `{"name":"full"}`, 1},
		{admin.PresetJira, "miniorange", `{}`, 2},
		{admin.PresetJiraAtlassian, "miniorange", `{}`, 1},
	} {
		client := w.create(t, admin.NewClient{Name: tt.preset, Preset: tt.preset, Address: "https://app.example.org"})
		config, err := w.PluginConfig(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var bound int
		for _, b := range config.Bindings {
			if b.ClientID == client.ID && b.Instance == tt.instance {
				bound++
			}
		}
		i := slices.IndexFunc(config.Instances, func(i core.PluginInstance) bool { return i.Name == tt.instance })
		if bound != tt.hooks || i < 0 || string(config.Instances[i].Settings) != tt.settings {
			t.Errorf("%s: %d bindings to %s", tt.preset, bound, tt.instance)
		}
	}
	config, err := w.PluginConfig(t.Context())
	if err != nil || len(config.Instances) != 2 {
		t.Errorf("each preset made an instance of its own: %v, %v", config.Instances, err)
	}
}

func (w *world) create(t *testing.T, input admin.NewClient) *core.Client {
	t.Helper()
	created, err := w.CreateClient(t.Context(), actor, input)
	if err != nil {
		t.Fatal(err)
	}
	return &created.Client
}
