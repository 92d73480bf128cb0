package console_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// catalogue knows one plugin, with which people sign in, and which asks for much.
type managedCatalogue struct{}

func (managedCatalogue) Plugins(context.Context) ([]admin.Plugin, error) {
	return []admin.Plugin{{
		ID: "oidc", Version: "1.0.0", Module: core.BuiltinModule, Hooks: []string{core.HookLogin, core.HookClaims}, Settings: []byte(`{"type":"object"}`), Manifest: []byte(`{}`),
		Secrets: []core.PluginSecretWish{{Name: "said"}, {Name: "unsaid"}}, Capabilities: []core.PluginWish{{Name: "http.fetch", Optional: true}},
	}}, nil
}

func (managedCatalogue) ValidateSettings(context.Context, string, string, []byte) error { return nil }

func (managedCatalogue) Examine(context.Context, []byte) ([]admin.Plugin, error) {
	return nil, errors.New("it is no module")
}

func (managedCatalogue) Preview(context.Context, *admin.Plugin, admin.Preview, core.PluginLimits) (*admin.Previewed, error) {
	return nil, errors.New("nothing runs here")
}

type managedSealer struct{}

func (managedSealer) Seal(plaintext []byte, _ string) []byte { return plaintext }

// managedWorld has one object of each kind, which a file manages.
func managedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.admin.Plugins, w.admin.Sealer = managedCatalogue{}, managedSealer{}
	settings := []byte(`{}`)
	file := admin.Declaration{
		Source: "acme", File: "etc/acme.yaml",
		Organisations: []admin.DeclaredOrganisation{{Name: "partners", Edit: func(*core.Organisation) {}}},
		Groups:        []admin.DeclaredGroup{{Name: "staff", Edit: func(*core.Group) {}}},
		Clients:       []admin.DeclaredClient{{Name: "wiki", ID: "wiki", Edit: func(c *core.Client) { c.RedirectURIs = []string{"https://wiki.example/cb"} }}},
		Instances:     []admin.DeclaredInstance{{Name: "claims", Plugin: "oidc", Settings: settings, Secrets: map[string]string{"said": "x"}}},
		Connectors:    []admin.DeclaredConnector{{Name: "idp", Plugin: "oidc", Edit: func(*core.Connector) {}, Secrets: map[string]string{"said": "x"}}},
	}
	if _, err := w.admin.Apply(t.Context(), tester, []admin.Declaration{file}, admin.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	return w
}

// What a file manages is shown locked, with its file, on every page that edits it: there is
// no form and no button but for what the file does not say.
func TestManagedIsLocked(t *testing.T) {
	t.Parallel()
	w := managedWorld(t)
	for address, free := range map[string]string{
		"/admin/organisations/partners": "", "/admin/organisations/partners/edit": "", "/admin/organisations/partners/rules": "",
		"/admin/organisations/partners/look": "", "/admin/organisations/partners/delete": "",
		"/admin/groups/built-in/staff": "Add", "/admin/groups/built-in/staff/edit": "", "/admin/groups/built-in/staff/delete": "",
		"/admin/clients/wiki": "", "/admin/clients/wiki/edit": "", "/admin/clients/wiki/delete": "", "/admin/clients/wiki/secret": "Make a new secret",
		"/admin/connectors/idp": "Save the secrets", "/admin/connectors/idp/settings": "", "/admin/connectors/idp/rules": "", "/admin/connectors/idp/delete": "",
		"/admin/instances/claims": "Save the secrets", "/admin/instances/claims/settings": "", "/admin/instances/claims/limits": "", "/admin/instances/claims/delete": "",
		"/admin/instances/idp": "Save the secrets", "/admin/instances/idp/settings": "", "/admin/instances/idp/delete": "",
	} {
		b := w.as("olga").get(address).wants(http.StatusOK, "Managed by acme", "changed in the file etc/acme.yaml", "Let go of it")
		for _, words := range []string{"Delete", "Disable", "Enable", "Save", "Edit", "Grant", "Bind", "Rules", "Look"} {
			for _, button := range b.buttons() {
				if strings.HasPrefix(button, words) && button != free {
					t.Errorf("%s: there is the button %s", address, button)
				}
			}
		}
		for _, input := range []string{"value.said", "redirect_uris", "display_name", "settings", "memory"} {
			if strings.Contains(b.markup(), `name="`+input+`"`) {
				t.Errorf("%s: there is the field %s", address, input)
			}
		}
		if free != "" && !strings.Contains(b.text(), free) {
			t.Errorf("%s: %q is not offered any more", address, free)
		}
	}
	if b := w.as("olga").get("/admin/instances/claims"); !strings.Contains(b.markup(), `name="value.unsaid"`) {
		t.Error("a secret that the file does not say cannot be set")
	}
	w.as("olga").get("/admin/clients").wants(http.StatusOK, "Managed by a file")
	w.as("olga").get("/admin/groups").wants(http.StatusOK, "Managed by a file")
}

// Whoever sends a form that was open all the same is told by which file, and nothing changes.
func TestManagedFormsAreRefused(t *testing.T) {
	t.Parallel()
	w := managedWorld(t)
	w.apply(core.ReleaseManaged{Kind: core.ManagedClient, ID: "wiki"})
	b := w.as("olga").get("/admin/clients/wiki/edit").wants(http.StatusOK, "Short name")
	w.apply(core.Manage{Managed: core.Managed{Kind: core.ManagedClient, ID: "wiki", Source: "acme", ManagedAt: w.now}})
	b.press("save", "display_name", "Another").wants(http.StatusConflict, `The client "wiki" is managed by acme`)
	if client, err := w.store.Client(t.Context(), "wiki"); err != nil || client.DisplayName != "" {
		t.Errorf("%+v, %v", client, err)
	}
}

// An owner lets go of one object, after having been asked; nobody else is offered it.
func TestLetGo(t *testing.T) {
	t.Parallel()
	w := managedWorld(t)
	w.user("built-in", "adam", core.RoleAdministrator, "")
	w.as("adam").get("/admin/clients/wiki").wants(http.StatusOK, "Managed by acme").lacks("Let go of it")
	w.as("adam").get("/admin/managed/client/wiki").wants(http.StatusForbidden)
	w.as("olga").get("/admin/managed").wants(http.StatusOK, "wiki", "Plugin instance", "5 objects", "etc/acme.yaml")
	b := w.as("olga").get("/admin/managed/client/wiki").wants(http.StatusOK, "Let go of the client wiki", "undoes what was changed")
	b.press("release").leads("/admin/clients/wiki", "No file manages the client wiki any more.")
	w.as("olga").get("/admin/clients/wiki").wants(http.StatusOK, "Disable").lacks("Managed by")
	w.as("olga").get("/admin/managed/client/wiki").wants(http.StatusNotFound)
}
