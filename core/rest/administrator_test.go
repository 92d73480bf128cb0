package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

func TestServiceAccount(t *testing.T) {
	w := newWorld(t)
	made := w.ask("owner", "POST /service-accounts", `{"name":"terraform","description":"of the team"}`).want(http.StatusCreated)
	made.has(map[string]any{"name": "terraform", "organisation": "built-in", "disabled": false})
	id := made.at("id").(string)
	path := "/service-accounts/" + id
	changed := w.ask("owner", "PATCH "+path, `{"disabled":true,"description":null}`, "If-Match: "+made.header.Get("ETag")).want(http.StatusOK)
	changed.has(map[string]any{"disabled": true, "description": "", "name": "terraform"})
	w.ask("owner", "PATCH "+path, `{"disabled":false}`, "If-Match: "+made.header.Get("ETag")).want(http.StatusPreconditionFailed)
	w.ask("auditor", "GET /service-accounts?name=TERRAFORM", "").want(http.StatusOK).has(map[string]any{"items.0.id": id})
	w.ask("auditor", "GET /service-accounts?name=none", "").want(http.StatusOK).has(map[string]any{"items": []any{}})

	token := w.ask("owner", "POST /holders/"+id+"/tokens", `{"name":"ci","ttl":3600,"permissions":["users:read"]}`).want(http.StatusCreated)
	text, _ := token.at("token").(string)
	if !strings.HasPrefix(text, "api_") {
		t.Errorf("the token is %q", text)
	}
	shown := w.ask("auditor", "GET /holders/"+id+"/tokens", "").want(http.StatusOK).has(map[string]any{"items.0.name": "ci", "items.0.permissions": []string{"users:read"}, "items.0.last_used_at": nil})
	if strings.Contains(string(shown.body), text) {
		t.Errorf("the token is in %s", shown.body)
	}
	for body, field := range map[string]string{`{"name":"ci","ttl":1}`: "ttl", `{"name":"ci","ttl":3600,"permissions":["all"]}`: "permissions", `{"ttl":3600}`: "name"} {
		w.ask("owner", "POST /holders/"+id+"/tokens", body).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": field})
	}
	w.ask("auditor", "POST /holders/"+id+"/tokens", `{"name":"ci","ttl":3600}`).want(http.StatusForbidden)
	w.ask("auditor", "GET "+path+"/contents", "").want(http.StatusOK).has(map[string]any{"items.0.count": 1})
	w.ask("owner", "DELETE /holders/"+id+"/tokens/"+token.at("api_token.id").(string), "").want(http.StatusNoContent)
	w.ask("owner", "DELETE /holders/"+id+"/tokens/"+token.at("api_token.id").(string), "").want(http.StatusNotFound)
	w.ask("owner", "DELETE "+path, "").want(http.StatusNoContent)
	w.ask("owner", "GET "+path, "").want(http.StatusNotFound)
}

func TestRoles(t *testing.T) {
	w := newWorld(t)
	id := strings.TrimPrefix(w.person(`{"name":"anna"}`), "/users/")
	w.ask("owner", "PUT /holders/"+id+"/roles?organisation=built-in", `{"role":"help_desk"}`).want(http.StatusNoContent)
	w.ask("auditor", "GET /roles?organisation=built-in", "").want(http.StatusOK).has(map[string]any{"items.0.grant.role": "help_desk", "items.0.holder.name": "anna", "items.0.holder.program": false})
	w.ask("auditor", "GET /holders/"+id+"/roles", "").want(http.StatusOK).has(map[string]any{"items.0.organisation": "built-in", "items.0.role": "help_desk"})
	w.ask("auditor", "GET /roles", "").want(http.StatusForbidden)
	w.ask("owner", "PUT /holders/"+id+"/roles", `{"role":"king"}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "role"})
	w.ask("auditor", "PUT /holders/"+id+"/roles?organisation=built-in", `{"role":"owner"}`).want(http.StatusForbidden)
	w.ask("owner", "DELETE /holders/"+id+"/roles?organisation=built-in", "").want(http.StatusNoContent)
	w.ask("owner", "DELETE /holders/"+string(w.newID())+"/roles", "").want(http.StatusNotFound)
	w.ask("auditor", "GET /users?administrators=true", "").want(http.StatusOK).has(map[string]any{"items": []any{}})
}

func TestCaller(t *testing.T) {
	w := newWorld(t)
	w.ask("auditor", "GET /caller", "").want(http.StatusOK).has(map[string]any{
		"actor": "user:auditor", "roles.0.role": "auditor", "may.0.organisation": "built-in", "may.0.permissions.0": "organisations:read", "may.1": nil,
	})
	narrow := w.callers["owner"]
	narrow.Only = []core.Permission{core.ReadKeys}
	w.callers["narrow"] = narrow
	w.ask("narrow", "GET /caller", "").want(http.StatusOK).has(map[string]any{"may.0.permissions": []string{"keys:read"}, "may.0.organisation": ""})
	w.ask("narrow", "GET /users", "").want(http.StatusForbidden).has(map[string]any{"detail": "this needs the permission users:read in the organisation built-in"})
}

func TestCountsAndContents(t *testing.T) {
	w := newWorld(t)
	path := w.person(`{"name":"anna","groups":["staff"]}`)
	w.ask("owner", "POST /organisations", `{"name":"acme"}`).want(http.StatusCreated)
	w.person(`{"name":"bob","organisation":"acme"}`)
	w.ask("auditor", "GET /counts", "").want(http.StatusOK).has(map[string]any{"users": 1, "groups": 1, "disabled_users": 0, "days.13.sign_ins": 0, "days.13.failures": 0})
	w.ask("owner", "GET /counts?organisation=*", "").want(http.StatusOK).has(map[string]any{"users": 2})
	w.ask("auditor", "GET /counts?organisation=*", "").want(http.StatusForbidden)
	w.ask("auditor", "GET "+path+"/contents", "").want(http.StatusOK)
	w.ask("auditor", "GET "+path+"/consents", "").want(http.StatusOK).has(map[string]any{"items": []any{}})
	w.ask("owner", "GET /organisations/acme/contents", "").want(http.StatusOK).has(map[string]any{"items.0.what": "users", "items.0.count": 1})
	w.ask("owner", "DELETE /organisations/acme", "", `If-Match: "x"`).want(http.StatusPreconditionFailed)
	w.ask("owner", "DELETE /organisations/acme", "").want(http.StatusNoContent)
	w.ask("owner", "GET /organisations/acme", "").want(http.StatusNotFound)
	w.ask("owner", "DELETE /organisations/built-in", "").want(http.StatusUnprocessableEntity)
}

func TestSessionPages(t *testing.T) {
	w := newWorld(t)
	id := core.ID(strings.TrimPrefix(w.person(`{"name":"anna"}`), "/users/"))
	var ids []core.ID
	for i := range 3 {
		w.now = w.now.Add(1e9)
		ids = append(ids, w.newID())
		err := w.store.Apply(t.Context(), core.StartSession{Session: core.Session{
			ID: ids[i], Hash: core.Hash{byte(i + 1)}, UserID: id, AuthTime: w.now, CreatedAt: w.now, ExpiresAt: w.now.Add(3600e9),
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	first := w.ask("auditor", "GET /sessions?limit=2", "").want(http.StatusOK)
	first.has(map[string]any{"items.0.session.id": ids[2], "items.0.name": "anna", "items.1.session.id": ids[1], "items.2": nil})
	w.ask("auditor", "GET /sessions?limit=2&after="+first.at("next").(string), "").want(http.StatusOK).has(map[string]any{"items.0.session.id": ids[0], "items.1": nil, "next": nil})
	w.ask("auditor", "GET /sessions?user="+string(w.newID()), "").want(http.StatusOK).has(map[string]any{"items": []any{}})
	w.ask("auditor", "GET /sessions?user=x&limit=2&after="+first.at("next").(string), "").want(http.StatusBadRequest)
}

func TestUserFilters(t *testing.T) {
	w := newWorld(t)
	anna := w.person(`{"name":"anna","email":"anna@example.org","profile":{"external_id":"x-1"}}`)
	w.person(`{"name":"bob","groups":["staff"]}`)
	w.ask("owner", "POST "+anna+"/disable", "").want(http.StatusNoContent)
	for query, name := range map[string]string{
		"search=EXAMPLE.org": "anna", "external_id=x-1": "anna", "state=disabled": "anna", "state=enabled": "bob", "group=staff": "bob", "login=anna@example.org": "anna",
		"organisation=*&login=bob": "bob",
	} {
		w.ask("owner", "GET /users?"+query, "").want(http.StatusOK).has(map[string]any{"items.0.name": name, "items.1": nil})
	}
	w.ask("owner", "GET /users?state=gone", "").want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "state"})
	w.ask("owner", "GET /users?group=none", "").want(http.StatusNotFound)
	w.ask("owner", "GET /clients?organisation=*&search=command", "").want(http.StatusOK).has(map[string]any{"items.0.id": "postern-cli", "items.1": nil})
}
