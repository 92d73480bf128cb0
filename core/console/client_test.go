package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// party makes a client of an organisation.
func (w *world) party(org, name, preset string) *core.Client {
	w.t.Helper()
	made, err := w.admin.CreateClient(w.t.Context(), tester, admin.NewClient{Org: org, Name: name, Preset: preset, Edit: func(c *core.Client) {
		c.RedirectURIs = []string{"https://rp.example/cb"}
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return &made.Client
}

// Applications are for who may see them, and their buttons for who may change them.
func TestClientsByRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	ours, theirs := w.party("built-in", "wiki", "web"), w.party("partners", "board", "spa")
	for _, test := range []struct{ who, path, want string }{
		{"owner", "/admin/clients", "/admin/clients-registration?org=built-in /admin/clients/new?org=built-in"},
		{"administrator", "/admin/clients?org=partners", "/admin/clients-registration?org=partners /admin/clients/new?org=partners"},
		{"administrator-of-partners", "/admin/clients", "/admin/clients-registration?org=partners /admin/clients/new?org=partners"},
		{"auditor", "/admin/clients", ""},
		{"help_desk", "/admin/clients", ""},
		{"owner", "/admin/clients/" + ours.ID, "/admin/clients/" + ours.ID + "/secret disable /admin/clients/" + ours.ID + "/delete"},
		{"administrator-of-partners", "/admin/clients/" + theirs.ID, "disable /admin/clients/" + theirs.ID + "/delete"},
		{"auditor", "/admin/clients/" + ours.ID, ""},
	} {
		b := w.as(test.who).get(test.path).wants(http.StatusOK)
		if got := strings.Join(b.buttons(), " "); got != test.want {
			t.Errorf("%s at %s is offered %q, want %q", test.who, test.path, got, test.want)
		}
	}
	for _, role := range core.Roles() {
		b := w.as(string(role) + "-of-partners")
		for _, page := range []string{"", "/edit", "/try", "/secret", "/delete"} {
			b.get("/admin/clients/" + ours.ID + page).wants(http.StatusNotFound)
		}
		b.get("/admin/clients").wants(http.StatusOK, "board").lacks("wiki")
		for _, path := range []string{"/admin/plugins", "/admin/plugins/order", "/admin/keys"} {
			b.get(path).wants(http.StatusForbidden)
		}
	}
	for _, page := range []string{"/edit", "/try", "/secret", "/delete"} {
		w.as("auditor").get("/admin/clients/" + ours.ID + page).wants(http.StatusForbidden)
	}
}

// Each preset has a page that asks for what it cannot know, and whatever is wrong is told
// beside its field, with what was typed.
func TestNewClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("olga")
	b.get("/admin/clients/new").wants(http.StatusOK, "Confluence (miniOrange)", "Kubernetes")
	for _, preset := range admin.Presets() {
		b.get("/admin/clients/new?preset="+preset.Name+"&org=built-in").wants(http.StatusOK, "Name that people see")
		if asks := b.find("address") != nil; asks != preset.Asks() {
			t.Errorf("%s asks for an address: %v", preset.Name, asks)
		}
	}
	b.get("/admin/clients/new?preset=grafana&org=built-in").press("create", "address", "grafana", "name", "dash board").wants(http.StatusUnprocessableEntity, "is no address of an application")
	if got := attr(b.find("name"), "value"); got != "dash board" {
		t.Errorf("what was typed is gone: %q", got)
	}
	b.get("/admin/clients/new?preset=web&org=built-in").press("create", "name", "app", "display_name", "The app", "redirect_uris", "http://app.example/cb").wants(http.StatusUnprocessableEntity, "begins with https://")
	b.press("create", "redirect_uris", "https://app.example/cb\nhttps://app.example/other").wants(http.StatusOK, "The app was added.", "shown this once")
	client, err := w.admin.FindClient(t.Context(), "", "app")
	if err != nil || len(client.RedirectURIs) != 2 || client.Title() != "The app" {
		t.Errorf("%+v, %v", client, err)
	}
}
