package rest_test

import (
	"net/http"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
)

func TestOrganisation(t *testing.T) {
	w := newWorld(t)
	made := w.ask("owner", "POST /organisations", `{"name":"acme","display_name":"Acme","sign_in_methods":["passkey"],"registration_domains":["acme.example"]}`).want(http.StatusCreated)
	made.has(map[string]any{"name": "acme", "sign_in_methods": []string{"passkey"}, "registration_domains": []string{"acme.example"}, "registration": false, "registration_groups": []any{}})
	tag := made.header.Get("ETag")
	w.now = w.now.Add(1e9)
	changed := w.ask("owner", "PATCH /organisations/acme", `{"sign_in_methods":null,"remember_days":30,"accent":"#1f6feb","name":"acme"}`, "If-Match: "+tag).want(http.StatusOK)
	changed.has(map[string]any{"sign_in_methods": []any{}, "remember_days": 30, "accent": "#1f6feb", "display_name": "Acme", "registration_domains": []string{"acme.example"}})
	w.ask("owner", "PATCH /organisations/acme", `{"remember_days":1}`, "If-Match: "+tag).want(http.StatusPreconditionFailed)
	for body, field := range map[string]string{
		`{"name":"other"}`: "name", `{"remember_days":1000}`: "remember_days", `{"accent":"#ffffff"}`: "accent", `{"rules":{}}`: "rules", `{"require_sign_in":"9"}`: "require_sign_in",
	} {
		w.ask("owner", "PATCH /organisations/acme", body).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": field})
	}
	w.ask("owner", "POST /organisations", `{"name":"acme"}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "name"})
	w.ask("owner", "GET /organisations?limit=1", "").want(http.StatusOK).has(map[string]any{"items.0.name": "acme", "items.1": nil})
}

// Whoever has no role in an organisation does not learn that there is one.
func TestOrganisationUnseen(t *testing.T) {
	w := newWorld(t)
	w.ask("owner", "POST /organisations", `{"name":"acme"}`).want(http.StatusCreated)
	user := w.person(`{"name":"anna","organisation":"acme"}`)
	client := w.ask("owner", "POST /clients", `{"name":"wiki","organisation":"acme","settings":{"redirect_uris":["https://wiki.example/cb"]}}`).want(http.StatusCreated).at("client.id").(string)
	w.callers["elsewhere"] = desk.Caller{Actor: admin.Actor{Name: "user:elsewhere"}, Roles: []core.RoleGrant{{Org: core.DefaultOrganisation, Role: core.RoleOwner}}}
	w.ask("elsewhere", "GET /organisations", "").want(http.StatusOK).has(map[string]any{"items.0.name": "built-in", "items.1": nil})
	for _, line := range []string{
		"GET /organisations/acme", "GET /users?organisation=acme", "GET /groups?organisation=acme", "GET /clients?organisation=acme", "GET /events?organisation=acme",
		"GET " + user, "DELETE " + user, "POST " + user + "/disable", "GET " + user + "/sessions", "GET /clients/" + client, "DELETE /clients/" + client,
		"POST /clients/" + client + "/secret",
	} {
		there := w.ask("elsewhere", line, "").want(http.StatusNotFound)
		if there.at("type") != "/problems/missing" {
			t.Errorf("%s: %s", line, there.body)
		}
	}
	w.ask("elsewhere", "POST /organisations", `{"name":"more"}`).want(http.StatusForbidden)
	w.ask("elsewhere", "GET /events", "").want(http.StatusForbidden)
	w.ask("elsewhere", "GET /keys", "").want(http.StatusForbidden)
}
