package app_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// Every kind of client that signs people in can be tried, and nothing of a try is left that
// works.
func TestConsoleTriesEveryKindOfClient(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	own := clientKeys(t)
	forEncryption := []byte(strings.Replace(string(own), `"sig"`, `"enc"`, 1))
	for name, test := range map[string]struct {
		preset string
		edit   func(*core.Client)
		notes  []string // on the form
		wants  []string // of the try
	}{
		"confidential": {"web", nil, []string{"is not tried"}, []string{"The sign-in works", "email_verified", "scope email", "Header of the ID token"}},
		"public":       {"spa", nil, nil, []string{"The sign-in works"}},
		"pairwise": {"web", func(c *core.Client) {
			c.RedirectURIs, c.Metadata.SubjectType = []string{"https://pair.example/cb"}, core.SubjectPairwise
		}, nil, []string{"The sign-in works"}},
		"private_key_jwt": {"web", func(c *core.Client) { c.AuthMethods, c.Metadata.JWKS = []string{core.AuthPrivateKeyJWT}, own }, []string{"private_key_jwt"}, []string{"The sign-in works"}},
		"encrypted": {"web", func(c *core.Client) {
			c.Metadata.JWKS, c.Metadata.IDTokenEncryptionAlg, c.Metadata.IDTokenEncryptionEnc = forEncryption, "RSA-OAEP-256", "A256GCM"
		}, []string{"Its ID tokens are encrypted"}, []string{"The sign-in works", "The ID token is encrypted: only the application can read it.", "UserInfo"}},
	} {
		t.Run(name, func(t *testing.T) {
			client := w.registerPreset(strings.ReplaceAll(name, "_", "-"), test.preset, test.edit).client
			p := b.get("/admin/clients/"+client.ID+"/try").wants(200, test.notes...).press("begin", nil)
			if name == "pairwise" && strings.Contains(p.words(), string(w.userID("root"))) {
				t.Error("the application is told who it is")
			}
			p.wants(200, test.wants...)
			p.revoked(w)
		})
	}
}

// revoked checks that nothing works of what a try ended with.
func (p *page) revoked(w *world) {
	w.t.Helper()
	code, ok := core.ParseCredential(core.KindCode, p.url.Query().Get("code"))
	if !ok {
		w.t.Fatalf("the try ended without a code: %s", p.url)
	}
	granted, err := w.app.Store.Code(w.t.Context(), code.ID)
	if err != nil || !granted.Grant.Revoked() {
		w.t.Errorf("%+v, %v", granted, err)
	}
}

// What is asked for in a request can be tried, and what is refused is told with its reason.
func TestConsoleTryIsRefused(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	rp := w.register("board", func(c *core.Client) { c.RequirePKCE = true })
	base := "/admin/clients/" + rp.client.ID + "/try"
	begin := func(fill map[string]string) *page { t.Helper(); return b.get(base).press("begin", fill) }
	begin(map[string]string{"claims": `{"id_token":{"email":null}}`, "scopes": "openid"}).wants(200, "The sign-in works", `{"id_token":{"email":null}}`, "root@example.com")
	for claims, want := range map[string]string{"{": "is not a JSON object", `{"id_token":1}`: "is not a JSON object", `{"id_token":{"` + strings.Repeat("x", 1100) + `":null}}`: "at most 1024 bytes"} {
		begin(map[string]string{"claims": claims}).wants(422, want, claims)
	}
	begin(map[string]string{"scopes": `a"b`}).wants(422, "is no scope")
	begin(map[string]string{"without_pkce": "on"}).wants(200, "The sign-in does not work", "invalid_request", "see Protocol in its settings")
	p := begin(map[string]string{"prompt": "consent"}).wants(200)
	p.press("deny", nil).wants(200, "The sign-in does not work", "access_denied", "Either you said no", "What the rules and policies say now")

	rules := []byte(`{"rules":[{"name":"nights","then":{"deny":"The office is closed."}}]}`)
	if _, err := w.app.Admin.BindPlugin(t.Context(), cli, admin.Bind{Plugin: "access", Instance: "door", Hooks: []string{core.HookScopes}, Settings: rules}); err != nil {
		t.Fatal(err)
	}
	// Whoever is denied is told so first, and goes back from there.
	_, back, _ := strings.Cut(begin(nil).wants(200, "The office is closed.").body, `href="`+w.issuer)
	back, _, _ = strings.Cut(back, `"`)
	b.get(html.UnescapeString(back)).wants(200, "access_denied", "The policy door", "refuses: The office is closed.")
	if err := w.app.Admin.SetLimits(t.Context(), cli, "door", core.PluginLimits{MemoryMiB: 1}); err != nil {
		t.Fatal(err)
	}
	begin(nil).wants(200, "The sign-in does not work", "The policy door", "failed:")
	if _, err := w.app.Admin.UnbindPlugin(t.Context(), cli, admin.Unbind{Instance: "door", Forget: true}); err != nil {
		t.Fatal(err)
	}
	w.diary()
	if err := w.app.Admin.SetLimits(t.Context(), cli, "diary", core.PluginLimits{MemoryMiB: 1}); err != nil {
		t.Fatal(err)
	}
	begin(nil).wants(200, "The sign-in does not work", "token endpoint", "server_error", "the activity of the plugins", "The plugin diary failed at claims.map/v1: out_of_memory").revoked(w)
	b.get("/admin/explain?user=root&client="+rp.client.ID).wants(200, "The plugin diary failed at claims.map/v1", "Refused")
}
