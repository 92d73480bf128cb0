package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestUser(t *testing.T) {
	w := newWorld(t)
	made := w.ask("owner", "POST /users", `{"name":"anna","email":"anna@example.org","password":"correct horse","profile":{"nickname":"An"},"attributes":{"cost":"7"},"groups":["staff"]}`).want(http.StatusCreated)
	made.has(map[string]any{
		"user.name": "anna", "user.organisation": "built-in", "user.has_password": true, "user.groups": []string{"staff"}, "new_groups": []string{"staff"},
		"user.profile.nickname": "An", "user.attributes.cost": "7", "user.created_at": "2026-11-25T12:00:00Z", "user.password": nil,
	})
	if strings.Contains(string(made.body), "argon2") || strings.Contains(string(made.body), "horse") {
		t.Errorf("there is a secret in %s", made.body)
	}
	path := "/users/" + made.at("user.id").(string)
	read := w.ask("auditor", "GET "+path, "").want(http.StatusOK)
	tag := read.header.Get("ETag")
	if tag != `"`+read.at("version").(string)+`"` || tag != made.header.Get("ETag") {
		t.Errorf("ETag is %s of version %v, and was %s", tag, read.at("version"), made.header.Get("ETag"))
	}

	changed := w.ask("owner", "PATCH "+path, `{"email":null,"profile":{"nickname":null,"title":"Dr"},"attributes":{"cost":null,"room":"1"},"name":"anna"}`, "If-Match: "+tag).want(http.StatusOK)
	changed.has(map[string]any{
		"email": "", "profile": map[string]any{"title": "Dr"}, "attributes": map[string]any{"room": "1"}, "groups": []string{"staff"}, "has_password": true,
	})
	w.ask("owner", "PATCH "+path, `{"name":"hanna"}`, "If-Match: "+tag).want(http.StatusPreconditionFailed).has(map[string]any{"type": "/problems/stale", "instance": "c0ffee"})
	w.ask("owner", "DELETE "+path, "", "If-Match: "+tag).want(http.StatusPreconditionFailed)
	w.ask("owner", "DELETE "+path, "", "If-Match: "+changed.header.Get("ETag")).want(http.StatusNoContent)
	w.ask("owner", "GET "+path, "").want(http.StatusNotFound).has(map[string]any{"type": "/problems/missing", "title": "There is no such thing"})
}

func TestUserRefused(t *testing.T) {
	w := newWorld(t)
	id := w.ask("owner", "POST /users", `{"name":"anna"}`).want(http.StatusCreated).at("user.id").(string)
	for name, test := range map[string]struct {
		who, line, body string
		status          int
		kind, field     string
	}{
		"unknown member":      {"owner", "POST /users", `{"name":"bob","Name":"eve"}`, 422, "invalid", "Name"},
		"unknown inside":      {"owner", "POST /users", `{"name":"bob","profile":{"nick":"b"}}`, 422, "invalid", "profile.nick"},
		"another kind":        {"owner", "POST /users", `{"name":7}`, 422, "invalid", "name"},
		"null":                {"owner", "POST /users", `{"name":null}`, 422, "invalid", "name"},
		"element":             {"owner", "POST /users", `{"name":"bob","groups":["a",1]}`, 422, "invalid", "groups[1]"},
		"missing member":      {"owner", "POST /users", `{}`, 422, "invalid", "name"},
		"member twice":        {"owner", "POST /users", `{"name":"bob","name":"eve"}`, 400, "malformed", ""},
		"deep":                {"owner", "POST /users", `{"name":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`, 400, "malformed", ""},
		"no body":             {"owner", "POST /users", ``, 400, "malformed", ""},
		"list":                {"owner", "POST /users", `[]`, 400, "malformed", ""},
		"rule":                {"owner", "POST /users", `{"name":"b b"}`, 422, "invalid", "name"},
		"rule of the profile": {"owner", "POST /users", `{"name":"bob","profile":{"birthdate":"x"}}`, 422, "invalid", "profile.birthdate"},
		"weak password":       {"owner", "POST /users", `{"name":"bob","password":"x"}`, 422, "invalid", "password"},
		"taken":               {"owner", "POST /users", `{"name":"ANNA"}`, 422, "invalid", "name"},
		"no organisation":     {"owner", "POST /users", `{"name":"bob","organisation":"nowhere"}`, 404, "missing", ""},
		"denied":              {"auditor", "POST /users", `{"name":"bob"}`, 403, "denied", ""},
		"denied and wrong":    {"auditor", "PATCH /users/" + id, `{"id":"7"}`, 403, "denied", ""},
		"nobody":              {"", "GET /users/" + id, ``, 401, "unauthorized", ""},
		"fixed member":        {"owner", "PATCH /users/" + id, `{"disabled":true}`, 422, "invalid", "disabled"},
		"fixed member gone":   {"owner", "PATCH /users/" + id, `{"id":null}`, 422, "invalid", "id"},
		"patch unknown":       {"owner", "PATCH /users/" + id, `{"profile":{"x":1}}`, 422, "invalid", "profile.x"},
		"patch empties name":  {"owner", "PATCH /users/" + id, `{"name":null}`, 422, "invalid", "name"},
		"patch no object":     {"owner", "PATCH /users/" + id, `[]`, 400, "malformed", ""},
		"unknown parameter":   {"owner", "GET /users?nam=x", ``, 422, "invalid", "nam"},
		"parameter twice":     {"owner", "GET /users?limit=1&limit=2", ``, 400, "malformed", ""},
		"limit of 0":          {"owner", "GET /users?limit=0", ``, 422, "invalid", "limit"},
		"limit of 201":        {"owner", "GET /users?limit=201", ``, 422, "invalid", "limit"},
		"limit of words":      {"owner", "GET /users?limit=all", ``, 422, "invalid", "limit"},
		"made-up cursor":      {"owner", "GET /users?after=WyJhbm5hIl0", ``, 400, "malformed", ""},
		"nothing there":       {"owner", "GET /nothing", ``, 404, "missing", ""},
		"no such method":      {"owner", "PUT /users", `{}`, 405, "method", ""},
		"no such user":        {"owner", "GET /users/7", ``, 404, "missing", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := w.ask(test.who, test.line, test.body).want(test.status)
			got.has(map[string]any{"type": "/problems/" + test.kind, "status": test.status, "instance": "c0ffee"})
			if test.field != "" {
				got.has(map[string]any{"errors.0.field": test.field})
			}
		})
	}
	if w.log.Len() > 0 {
		t.Errorf("refusals are logged as failures: %s", &w.log)
	}
}

func TestUserPages(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"eve", "Anna", "carl", "bob", "dora"} {
		w.ask("owner", "POST /users", `{"name":"`+name+`"}`).want(http.StatusCreated)
	}
	first := w.ask("auditor", "GET /users?limit=2", "").want(http.StatusOK)
	first.has(map[string]any{"items.0.name": "Anna", "items.1.name": "bob", "items.2": nil})
	second := w.ask("auditor", "GET /users?limit=2&after="+first.at("next").(string), "").want(http.StatusOK)
	second.has(map[string]any{"items.0.name": "carl", "items.1.name": "dora"})
	w.ask("auditor", "GET /users?limit=2&after="+second.at("next").(string), "").want(http.StatusOK).has(map[string]any{"items.0.name": "eve", "items.1": nil, "next": nil})
	w.ask("auditor", "GET /users?login=EVE", "").want(http.StatusOK).has(map[string]any{"items.0.name": "eve", "items.1": nil})
	w.ask("auditor", "GET /users?login=nobody", "").want(http.StatusOK).has(map[string]any{"items": []any{}})

	w.ask("auditor", "GET /groups?after="+first.at("next").(string), "").want(http.StatusBadRequest)
	w.ask("owner", "POST /groups", `{"name":"staff"}`).want(http.StatusCreated)
	w.ask("auditor", "GET /users?group=staff&after="+first.at("next").(string), "").want(http.StatusBadRequest)
}
