package console_test

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func TestServiceAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("olga")
	b.get("/admin/accounts/new").press("create", "name", "no good").wants(422, "is no name of a service account")
	b.press("create", "name", "terraform", "description", "Sets things up", "org", "partners")
	path := b.answer.To
	id := core.ID(strings.TrimPrefix(path, "/admin/accounts/"))
	b.follow().wants(200, "terraform", "Sets things up", "No token yet.", "None: no administrator.")
	b.get(path+"/edit").press("save", "description", "Terraform").leads(path, "terraform was changed")
	b.get(path).press("disable").leads(path, "its tokens work no more")
	b.follow().press("enable").leads(path, "enabled again")
	b.get("/admin/roles/new").press("grant", "login", "terraform", "home", "partners", "role", "administrator", "org", "partners").leads("/admin/roles?org=partners", "terraform (service account) is now administrator of partners")
	b.follow().wants(200, "service account of partners")
	w.tokenOf(b, path, id)
	b.get("/admin/accounts?org=partners").wants(200, "terraform")
	b.get(path+"/delete").wants(200, "What goes with it").press("delete", "confirm", "no").wants(422, "Nothing was deleted")
	b.press("delete").leads("/admin/accounts?org=partners", "terraform was deleted")
	b.get(path).wants(404)
}

// tokenOf makes a token: it is shown once, and never again.
func (w *world) tokenOf(b *tab, path string, id core.ID) {
	w.t.Helper()
	b.get(path+"/token").press("create", "name", "", "reach", "some").wants(422, "Tick what the token may.")
	b.press("create", "name", "", "reach", "all").wants(422, "The name of the token is missing")
	b.press("create", "name", "CI", "reach", "some", "permissions.users:read", "on", "permissions.groups:write", "on", "days", "7").wants(200, "The token is shown this once", "api_")
	text := strings.Fields(b.text()[strings.Index(b.text(), "api_"):])[0]
	tokens, err := w.store.APITokens(w.t.Context(), id)
	if err != nil || len(tokens) != 1 {
		w.t.Fatalf("%+v, %v", tokens, err)
	}
	made := tokens[0]
	if until := made.ExpiresAt.Sub(made.CreatedAt); until != 7*24*time.Hour || len(made.Permissions) != 2 || made.Name != "CI" {
		w.t.Errorf("%+v", made)
	}
	if given, ok := core.ParseCredential(core.KindAPI, text); !ok || !given.Hash().Matches(made.Hash) {
		w.t.Errorf("%q is not the token", text)
	}
	b.get(path).wants(200, "CI", "Users: read", "never").lacks(text)
	b.pressAbout("revoke").sure().leads(path, "works no more")
	b.follow().wants(200, "No token yet.")
	if event := w.event(core.EventAPITokenCreated); strings.Contains(event.Detail["name"]+event.Detail["token"], text) {
		w.t.Errorf("%+v", event)
	}
}

func TestOwnTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	b := w.as("help_desk-of-partners")
	b.get("/admin/tokens").wants(200, "No token yet.")
	b.get("/admin/tokens/new").press("create", "name", "script", "days", "999").wants(422, "366d")
	b.press("create", "days", "1").wants(200, "api_")
	b.get("/admin/tokens").wants(200, "script", "All that the roles allow")
	w.as("owner").get(w.path("help_desk-of-partners", "security")).wants(200, "script")
	w.as("help_desk").get("/admin/tokens").wants(200, "No token yet.")
	b.pressAbout("revoke").wants(200, "This cannot be undone").sure().leads("/admin/tokens", "works no more")
}

func TestSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	for i, name := range []string{"ben", "pia"} {
		id := core.NewID(w.now, rand.Reader)
		w.apply(core.StartSession{Session: core.Session{ID: id, Hash: core.HashSecret(name), UserID: w.users[name].ID, AuthTime: w.now, ACR: core.ACROne, CreatedAt: w.now, ExpiresAt: w.now.Add(1e14), IP: []string{"192.0.2.50", "192.0.2.51"}[i]}})
	}
	b := w.as("owner").get("/admin/sessions").wants(200, "ben", "pia", "192.0.2.50", "One factor")
	w.as("help_desk-of-partners").get("/admin/sessions").wants(200, "pia").lacks("ben")
	w.as("auditor").get("/admin/sessions").wants(200, "pia").lacks("End Unknown")
	b.pressAbout("end").leads("/admin/sessions", "signed out there")
	w.as("auditor-of-partners").get("/admin/sessions?org=built-in").wants(http.StatusNotFound)
}
